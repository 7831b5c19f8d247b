//! `[[remote]]`: engines elsewhere.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Deserialize;
use unsorry_model::remote::{
    EndpointSettings, EngineKind, Fields, KeyCommand, KeySource, Price, Template,
};

use super::generation::generation_keys;

generation_keys! {
/// A table of `[[remote]]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    name: Option<String>,
    url: String,
    model: Option<String>,
    #[serde(default)]
    engine: EngineKind,
    template: Option<String>,
    context: Option<NonZeroUsize>,
    concurrency: Option<NonZeroUsize>,
    #[serde(default, deserialize_with = "super::read::duration")]
    silence: Option<Duration>,
    tokens_per_minute: Option<NonZeroUsize>,
    #[serde(default, deserialize_with = "super::read::not_negative")]
    price_read: Option<f64>,
    #[serde(default, deserialize_with = "super::read::not_negative")]
    price_written: Option<f64>,
    /// What becomes of a request's fields: `false` leaves one out, a string renames one of ours, any other
    /// value is sent.
    #[serde(default)]
    fields: BTreeMap<String, serde_json::Value>,
    api_key_env: Option<String>,
    api_key_file: Option<PathBuf>,
    api_key_command: Option<String>,
    /// A name in the system's keyring, which is no more read here.
    api_key_keyring: Option<String>,
}
}

impl Remote {
    /// Returns the endpoint's settings. Paths are relative to `folder`, which its file is in.
    ///
    /// # Errors
    /// When the address is unusable, or there is more than one key.
    pub fn settings(&self, folder: &Path) -> Result<EndpointSettings> {
        let name = self.name.clone().unwrap_or_else(|| self.url.clone());
        if let Some(user) = &self.api_key_keyring {
            let user = shell_words::quote(user);
            bail!(
                "`api_key_keyring` of `{name}` is no more: write `api_key_command = \"secret-tool lookup service unsorry username {user}\"` in its place, on a Mac `api_key_command = \"security find-generic-password -s unsorry -a {user} -w\"`"
            );
        }
        let command = self.api_key_command.as_deref();
        let command = command.map(|command| key_command(&name, command, folder));
        let keys = [
            self.api_key_env.clone().map(KeySource::Env),
            self.api_key_file
                .as_ref()
                .map(|path| KeySource::File(folder.join(path))),
            command.transpose()?.map(KeySource::Command),
        ];
        let mut keys = keys.into_iter().flatten();
        let key = keys.next().unwrap_or(KeySource::None);
        if keys.next().is_some() {
            bail!(
                "`{name}` has more than one key: keep one of `api_key_env`, `api_key_file` and `api_key_command`"
            );
        }
        let fields = Fields::of_settings(&self.fields).map_err(|field| {
            anyhow!("`fields` of `{name}` can't have `{field}`, which every request has")
        })?;
        let defaults = EndpointSettings::new(name, self.url.clone());
        let template = match self.template.as_deref() {
            None => Template::Auto,
            Some("prover-v2") => Template::ProverV2,
            Some("chat") => Template::Chat,
            Some(file) => Template::File(folder.join(file)),
        };
        let settings = EndpointSettings {
            fields,
            model: self.model.clone(),
            key,
            kind: self.engine,
            template,
            context: self.context.map(NonZeroUsize::get),
            concurrency: self
                .concurrency
                .map_or(defaults.concurrency, NonZeroUsize::get),
            silence: self.silence.unwrap_or(defaults.silence),
            tokens_per_minute: self.tokens_per_minute.map(|tokens| tokens.get() as u64),
            price: Price {
                read: self.price_read.unwrap_or(0.0),
                written: self.price_written.unwrap_or(0.0),
            },
            generation: self.generation(),
            ..defaults
        };
        settings.address()?;
        Ok(settings)
    }
}

/// Splits a `command` as a shell would. It runs in `folder`, and not where a project might have put
/// something; a program named by a path is relative to it.
fn key_command(name: &str, command: &str, folder: &Path) -> Result<KeyCommand> {
    let words = shell_words::split(command);
    let mut words = words
        .with_context(|| format!("`api_key_command` of `{name}` can't be read"))?
        .into_iter();
    let program = words.next().map(PathBuf::from);
    let program = program.with_context(|| format!("`api_key_command` of `{name}` is empty"))?;
    let folder = std::path::absolute(folder.join("."))?;
    let is_name = program.components().count() == 1 && !program.starts_with(".");
    Ok(KeyCommand {
        program: match is_name {
            true => program,
            false => folder.join(program),
        },
        arguments: words.collect(),
        folder,
    })
}

/// Returns the settings of all tables of a file in `folder`.
///
/// # Errors
/// When one of them makes no sense, or two have the same name.
pub fn settings(tables: &[Remote], folder: &Path) -> Result<Vec<EndpointSettings>> {
    let all: Result<Vec<EndpointSettings>> =
        tables.iter().map(|table| table.settings(folder)).collect();
    let all = all?;
    let mut names = HashSet::new();
    for EndpointSettings { name, .. } in &all {
        ensure!(
            names.insert(name),
            "two `[[remote]]` are called `{name}`: give them different names"
        );
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use unsorry_prover::GenerationParams;
    use unsorry_prover::Mode;

    fn read(text: &str) -> Result<Vec<EndpointSettings>, String> {
        #[derive(Deserialize)]
        struct File {
            remote: Vec<Remote>,
        }
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        settings(&file.remote, Path::new("/home/me")).map_err(|error| error.to_string())
    }

    #[test]
    fn tables() {
        let text = "
            [[remote]]
            name = 'lab'
            url = 'http://lab:8000/v1'
            model = 'm'
            engine = 'llama.cpp'
            template = 'chat.jinja'
            api_key_file = 'key'
            concurrency = 2
            tokens_per_minute = 5000
            price_written = 2.5
            mode = 'reasoning'
            seed = 1
            fields = { temperature = false, max_tokens = 'max_completion_tokens', reasoning_effort = 'low' }
            [[remote]]
            url = 'https://other/v1'";
        let fields = [
            ("temperature", false.into()),
            ("max_tokens", "max_completion_tokens".into()),
            ("reasoning_effort", "low".into()),
        ];
        let fields =
            fields.map(|(name, value): (&str, serde_json::Value)| (name.to_owned(), value));
        let fields = BTreeMap::from(fields);
        let expected = [
            EndpointSettings {
                model: Some("m".into()),
                kind: EngineKind::LlamaCpp,
                template: Template::File("/home/me/chat.jinja".into()),
                key: KeySource::File("/home/me/key".into()),
                concurrency: 2,
                tokens_per_minute: Some(5000),
                price: Price {
                    read: 0.0,
                    written: 2.5,
                },
                generation: GenerationParams {
                    mode: Some(Mode::Reasoning),
                    seed: Some(1),
                    ..GenerationParams::default()
                },
                fields: Fields::of_settings(&fields).expect("valid"),
                ..EndpointSettings::new("lab".into(), "http://lab:8000/v1".into())
            },
            EndpointSettings::new("https://other/v1".into(), "https://other/v1".into()),
        ];
        assert_eq!(read(text).as_deref(), Ok(&expected[..]));
    }

    #[test]
    fn commands_for_keys() {
        let check = |command: &str, program: &str, arguments: &[&str]| {
            let text = format!("[[remote]]\nurl = 'http://a/v1'\napi_key_command = {command:?}");
            let read = read(&text).expect("valid");
            let expected = KeySource::Command(KeyCommand {
                program: program.into(),
                arguments: arguments.iter().map(|&one| one.to_owned()).collect(),
                folder: "/home/me".into(),
            });
            assert_eq!(read[0].key, expected);
        };
        check("pass lab/key", "pass", &["lab/key"]);
        check("op read 'op://a b/$KEY'", "op", &["read", "op://a b/$KEY"]);
        check("bin/key", "/home/me/bin/key", &[]);
        check("./key", "/home/me/./key", &[]);
        check("/usr/bin/key", "/usr/bin/key", &[]);
    }

    #[test]
    fn what_makes_no_sense() {
        let check = |lines: &str, why: &str| {
            let error = read(&format!("[[remote]]\n{lines}")).expect_err("refused");
            assert!(error.contains(why), "{error}");
        };
        check("name = 'lab'", "url");
        check("url = 'lab'", "`url` of `lab`");
        check("url = 'http://a/v1'\napi_key = 'secret'", "api_key");
        check(
            "url = 'http://a/v1'\napi_key_env = 'A'\napi_key_command = 'B'",
            "more than one key",
        );
        check(
            "url = 'http://a/v1'\napi_key_command = 'pass \"lab'",
            "`api_key_command` of `http://a/v1` can't be read",
        );
        check(
            "url = 'http://a/v1'\napi_key_command = ' '",
            "`api_key_command` of `http://a/v1` is empty",
        );
        check(
            "url = 'http://a/v1'\napi_key_keyring = 'my lab'",
            "write `api_key_command = \"secret-tool lookup service unsorry username 'my lab'\"`",
        );
        check("url = 'http://a/v1'\nengine = 'gpt'", "engine");
        check("url = 'http://a/v1'\nfields = { model = 'm' }", "`model`");
        check("url = 'http://a/v1'\nconcurrency = 0", "concurrency = 0");
        check("url = 'http://a/v1'\ntop_p = 2.0", "top_p = 2.0");
        check(
            "url = 'http://a/v1'\nprice_read = -1.0",
            "price_read = -1.0",
        );
        check(
            "url = 'http://a/v1'\n[[remote]]\nurl = 'http://a/v1'",
            "different names",
        );
    }
}
