//! The settings that an editor sends.

use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

use super::permission::Origin;
use super::values::Config;

impl Config {
    /// Adds what an editor sends: the tables of a project's file, as JSON. What is null says nothing.
    ///
    /// # Errors
    /// The errors of [`Config::load`].
    pub fn add_editors(&mut self, settings: &serde_json::Value) -> Result<()> {
        let Some(settings) = without_nulls(settings) else {
            return Ok(());
        };
        let added = check_form(&settings)
            .and_then(|()| Ok(toml::to_string(&settings)?))
            .and_then(|text| {
                let added = self.add(&text, Origin::Editor, Path::new("."));
                added.map_err(|error| with_its_line(error, &text))
            });
        added.context("in the settings from your editor")
    }
}

/// Checks that settings are objects of objects, which is what tables of TOML are.
fn check_form(settings: &serde_json::Value) -> Result<()> {
    let settings = settings.as_object().context("they must be an object")?;
    for (name, table) in settings {
        let is_list = matches!(name.as_str(), "tactics" | "remote");
        ensure!(is_list || table.is_object(), "`{name}` must be an object");
        let nulls = table.as_object().into_iter().flatten();
        for (key, value) in nulls {
            let has_null = value
                .as_array()
                .is_some_and(|all| all.iter().any(|one| one.is_null()));
            ensure!(!has_null, "`{name}.{key}` holds a null");
        }
    }
    Ok(())
}

/// Returns `value` without what is null, which TOML does not know.
fn without_nulls(value: &serde_json::Value) -> Option<serde_json::Value> {
    use serde_json::Value::{Null, Object};
    match value {
        Null => None,
        Object(members) => {
            let members = members.iter();
            let members =
                members.filter_map(|(key, value)| Some((key.clone(), without_nulls(value)?)));
            Some(Object(members.collect()))
        }
        value => Some(value.clone()),
    }
}

/// Words an error of a `text` that nobody has seen: it shows the line, whose number would say nothing.
fn with_its_line(error: anyhow::Error, text: &str) -> anyhow::Error {
    let Some(wrong) = error.downcast_ref::<toml::de::Error>() else {
        return error;
    };
    let start = wrong.span().map_or(0, |span| span.start);
    let start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    anyhow!("`{line}`: {}", wrong.message().trim_end())
}
