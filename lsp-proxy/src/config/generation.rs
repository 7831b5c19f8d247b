//! The keys that say how a model is asked: the same for the local one and for remote ones.

use serde::de::{Deserialize, Deserializer, Error};

/// The keys, which a project may set too: how to ask a model, never what to run, or where.
pub(super) const GENERATION_KEYS: [&str; 8] = [
    "mode",
    "candidates",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "seed",
    "max_tokens",
];

/// Gives a table's struct these keys as well, and a method that reads them.
macro_rules! asked_as {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$of:meta])* $vis:vis $key:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[$of])* $vis $key: $ty,)*
            mode: Option<unsorry_prover::prompt::Mode>,
            candidates: Option<std::num::NonZeroUsize>,
            #[serde(default, deserialize_with = "crate::config::generation::not_negative")]
            temperature: Option<f64>,
            #[serde(default, deserialize_with = "crate::config::generation::positive_probability")]
            top_p: Option<f64>,
            top_k: Option<std::num::NonZeroUsize>,
            #[serde(default, deserialize_with = "crate::config::generation::probability")]
            min_p: Option<f64>,
            seed: Option<u64>,
            max_tokens: Option<std::num::NonZeroUsize>,
        }

        impl $name {
            /// How the model is asked.
            fn generation(&self) -> unsorry_prover::GenerationParams {
                let defaults = unsorry_prover::GenerationParams::default();
                unsorry_prover::GenerationParams {
                    mode: self.mode,
                    candidates: self.candidates.map_or(defaults.candidates, std::num::NonZeroUsize::get),
                    temperature: self.temperature.unwrap_or(defaults.temperature),
                    top_p: self.top_p.or(defaults.top_p),
                    top_k: self.top_k.map(std::num::NonZeroUsize::get),
                    min_p: self.min_p,
                    seed: self.seed,
                    max_tokens: self.max_tokens.map(std::num::NonZeroUsize::get),
                }
            }
        }
    };
}
pub(super) use asked_as;

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

pub(super) fn positive_probability<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    match probability(deserializer)? {
        Some(0.0) => Err(D::Error::custom("0 would leave no token to choose")),
        number => Ok(number),
    }
}
