//! The settings of an endpoint.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use reqwest::Url;

use super::{EngineKind, Fields, KeySource};
use unsorry_prover::GenerationParams;

/// An engine elsewhere, and how it is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointSettings {
    /// The name that messages have for it.
    pub name: String,
    /// The address of its API, such as `http://127.0.0.1:8000/v1`.
    pub url: String,
    /// The model to ask for; by default the one that it has.
    pub model: Option<String>,
    /// The place that its key comes from.
    pub key: KeySource,
    /// The kind of engine.
    pub kind: EngineKind,
    /// The template that writes the turns of user and model.
    pub template: Template,
    /// The most tokens of prompt and answer together; by default what the engine says.
    pub context: Option<usize>,
    /// The number of answers that it writes for us at once; at least one.
    pub concurrency: usize,
    /// The longest that it may say nothing before an answer, or in it.
    pub silence: Duration,
    /// The tokens, of prompts and answers together, with which a minute is full: no request is begun until
    /// some of them are a minute old.
    pub tokens_per_minute: Option<u64>,
    /// The price of tokens.
    pub price: Price,
    /// The parameters that the model is asked with.
    pub generation: GenerationParams,
    /// The fields of a request that are sent otherwise than we would.
    pub fields: Fields,
}

/// The price of a million tokens, in whatever the user counts in; 0 where nobody has said.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Price {
    /// The price of tokens in prompts.
    pub read: f64,
    /// The price of tokens in answers.
    pub written: f64,
}

/// The template that writes the turns of user and model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Template {
    /// Ours for a model whose name says that it is Prover-V2, else the engine's.
    Auto,
    /// Ours, as Prover-V2 was trained.
    ProverV2,
    /// The engine does (`/chat/completions`); answers then can't begin at the hole.
    Chat,
    /// Ours, as the `chat_template` of this `tokenizer_config.json`, or this Jinja file, says.
    File(PathBuf),
}

impl EndpointSettings {
    /// Returns the defaults, for `url`.
    pub fn new(name: String, url: String) -> EndpointSettings {
        EndpointSettings {
            name,
            url,
            model: None,
            key: KeySource::None,
            kind: EngineKind::Auto,
            template: Template::Auto,
            context: None,
            concurrency: 8,
            silence: Duration::from_secs(120),
            tokens_per_minute: None,
            price: Price::default(),
            generation: GenerationParams::default(),
            fields: Fields::default(),
        }
    }

    /// Returns the address, without a slash at the end. A host alone means its `/v1`: some engines have other
    /// methods of the same names outside it.
    ///
    /// # Errors
    /// When it is none, or has a user's name, a password or a query: those would be shown in messages.
    pub fn address(&self) -> Result<String> {
        let EndpointSettings { name, url, .. } = self;
        let parsed = Url::parse(url);
        let parsed = parsed.with_context(|| {
            format!("`url` of `{name}` is no address such as http://127.0.0.1:8000/v1")
        })?;
        ensure!(
            matches!(parsed.scheme(), "http" | "https") && parsed.has_host(),
            "`url` of `{name}` must begin with http:// or https://"
        );
        ensure!(
            parsed.username().is_empty() && parsed.password().is_none(),
            "`url` of `{name}` has a name or a password in it: a key belongs into `api_key_env`, `api_key_file` or `api_key_command`"
        );
        ensure!(
            parsed.query().is_none() && parsed.fragment().is_none(),
            "`url` of `{name}` must end before `?` and `#`"
        );
        let address = parsed.as_str().trim_end_matches('/');
        Ok(match parsed.path() {
            "/" => format!("{address}/v1"),
            _ => address.to_owned(),
        })
    }

    /// Returns whether what is sent goes unencrypted to another machine.
    pub fn is_in_clear(&self) -> bool {
        let own = |url: &Url| match url.host_str() {
            Some("localhost" | "[::1]") => true,
            Some(host) => host
                .parse::<std::net::Ipv4Addr>()
                .is_ok_and(|ip| ip.is_loopback()),
            None => false,
        };
        let url = Url::parse(&self.url).ok();
        url.is_some_and(|url| url.scheme() == "http" && !own(&url))
    }

    /// Returns whether a key would be sent unencrypted to another machine.
    pub fn sends_key_in_clear(&self) -> bool {
        self.key != KeySource::None && self.is_in_clear()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> EndpointSettings {
        EndpointSettings::new("lab".into(), url.into())
    }

    #[test]
    fn addresses() {
        let check = |url: &str, expected: &str| {
            assert_eq!(settings(url).address().expect("an address"), expected);
        };
        check("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1");
        check("https://api.example/v1/", "https://api.example/v1");
        check("http://[::1]:8080", "http://[::1]:8080/v1");
        check("https://api.example/", "https://api.example/v1");
        let refused = |url: &str, why: &str| {
            let error = settings(url).address().expect_err("no address").to_string();
            assert!(error.contains("`lab`") && error.contains(why), "{error}");
        };
        refused("127.0.0.1:8000", "no address");
        refused("lab", "no address");
        refused("ftp://lab/v1", "http://");
        refused("http://me:secret@lab/v1", "api_key_env");
        refused("http://lab/v1?key=1", "`?`");
    }

    #[test]
    fn keys_in_the_clear() {
        let check = |url: &str, expected: bool| {
            let settings = EndpointSettings {
                key: KeySource::Env("K".into()),
                ..settings(url)
            };
            assert_eq!(settings.sends_key_in_clear(), expected, "{url}");
            assert_eq!(settings.is_in_clear(), expected, "{url}");
            let keyless = EndpointSettings {
                key: KeySource::None,
                ..settings
            };
            assert!(!keyless.sends_key_in_clear(), "{url}");
        };
        check("http://lab:8000/v1", true);
        check("https://lab/v1", false);
        check("http://127.0.0.1:8000/v1", false);
        check("http://localhost:8000/v1", false);
        check("http://[::1]:8000/v1", false);
        check("http://127.evil.example/v1", true);
    }
}
