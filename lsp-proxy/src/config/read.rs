//! Reading values: durations, amounts of memory, numbers within bounds.

use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error};

/// The longest duration that is taken: longer ones can't be added to a time.
const MAX_DURATION: Duration = Duration::from_secs(100 * 366 * 24 * 3600);

/// Parses `60s`, `2min`, `500ms`.
///
/// # Errors
/// When `text` is no duration, or a longer one than 100 years.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("`{text}` is no duration such as `60s`: {error}"))?;
    match duration <= MAX_DURATION {
        true => Ok(duration),
        false => Err(format!("`{text}` is longer than a lifetime")),
    }
}

/// Reads a duration.
pub(super) fn duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text).map(Some).map_err(D::Error::custom)
}

/// Reads an amount of memory, as `8GB` or `4GiB`, in bytes.
pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let size = text.parse::<bytesize::ByteSize>().map_err(|error| {
        D::Error::custom(format!(
            "`{text}` is no amount of memory such as `8GB`: {error}"
        ))
    })?;
    Ok(Some(size.as_u64()))
}

/// Reads a finite number from 0 up.
pub(super) fn not_negative<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if number.is_finite() && number >= 0.0 {
        Ok(Some(number))
    } else {
        Err(D::Error::custom(format!("{number} is no number from 0 up")))
    }
}

/// Reads a number from 0 to 1.
pub(super) fn probability<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    let number = f64::deserialize(deserializer)?;
    if (0.0..=1.0).contains(&number) {
        Ok(Some(number))
    } else {
        Err(D::Error::custom(format!(
            "{number} is no number from 0 to 1"
        )))
    }
}

/// Reads a number above 0, up to 1.
pub(super) fn positive_probability<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    match probability(deserializer)? {
        Some(0.0) => Err(D::Error::custom("0 would leave no token to choose")),
        number => Ok(number),
    }
}
