//! The engines elsewhere: what they are, and what is sent there.

use unsorry_model::remote::{Api, EndpointSettings, Facts, Remote, Template};

use super::line::{Line, bad, good, plain, warning};
use crate::config::Config;
use crate::consent::file::{self, Decision, Decisions};

/// Asks each endpoint what it is.
pub(super) async fn remotes(config: &Config) -> Vec<Line> {
    if config.remote.is_empty() {
        return vec![plain("none: nothing is sent anywhere")];
    }
    let remote = match Remote::new(config.remote.clone()) {
        Ok(remote) => remote,
        Err(error) => return vec![bad(format!("{error:#}"))],
    };
    let path = file::path();
    let decisions = path.as_deref().map(file::load).unwrap_or_default();
    let file = path.map_or_else(|| "its file".into(), |path| path.display().to_string());
    let facts = remote.facts().await;
    let lines = facts
        .iter()
        .flat_map(|(settings, facts)| endpoint(settings, facts.as_deref(), &decisions, &file));
    lines.collect()
}

/// Describes one endpoint: what it is, and what is sent there. `file` has the user's `decisions` about that.
fn endpoint(
    settings: &EndpointSettings,
    facts: Result<&Facts, &String>,
    decisions: &Decisions,
    file: &str,
) -> Vec<Line> {
    let EndpointSettings { name, key, .. } = settings;
    let address = settings.address().unwrap_or_else(|_| settings.url.clone());
    let subject = match *name == settings.url || *name == address {
        true => address.clone(),
        false => format!("{name}, {address}"),
    };
    let mut lines = match facts {
        Ok(facts) => vec![
            good(format!("{subject}: {}", facts.kind.name())),
            plain(format!("model    {}", facts.model)),
            plain(match facts.context {
                Some(tokens) => format!("context  {tokens} tokens"),
                None => "context  not told: `context = …` sets it".into(),
            }),
            plain(format!("asked    {}", how(settings, facts))),
        ],
        Err(problem) => vec![bad(format!("{subject}: {problem}"))],
    };
    lines.push(plain(format!("key      {key}")));
    if settings.sends_key_in_clear() {
        let text =
            "the key is sent unencrypted to another machine: use https://, or a tunnel (`ssh -L`)";
        lines.push(warning(text));
    }
    lines.push(plain(format!(
        "sent     your file's text up to the hole as far as it fits (first what the goal names), and the declaration; nothing else\n         to {address}"
    )));
    lines.push(match settings.is_in_clear() {
        true => warning(
            "unencrypted: who is on the way can read it; use https://, or a tunnel (`ssh -L`)",
        ),
        false if address.starts_with("https:") => plain("         encrypted"),
        false => plain("         which is this machine, so unencrypted"),
    });
    lines.push(match decisions.get(&address) {
        Some(Decision::Send) => plain(format!(
            "agreed   yes; to take that back, remove its line from {file}"
        )),
        Some(Decision::Never) => plain(format!(
            "agreed   never, in an editor; to be asked again, remove its line from {file}"
        )),
        None => plain(
            "agreed   not asked yet: your editor asks at the first job; `unsorry prove` does not",
        ),
    });
    lines
}

/// Says who writes the turns of user and model.
fn how(settings: &EndpointSettings, facts: &Facts) -> String {
    match (facts.api, &settings.template) {
        (Api::Chat, _) => "/chat/completions, with its own template".into(),
        (Api::Completions, Template::File(path)) => {
            format!("/completions, with the template {}", path.display())
        }
        (Api::Completions, _) => "/completions, with Prover-V2's template".into(),
    }
}

#[cfg(test)]
mod tests {
    use unsorry_model::remote::{EngineKind, KeySource};

    use super::*;
    use crate::cli::doctor::line::shown;

    #[test]
    fn endpoints() {
        let lab = EndpointSettings {
            key: KeySource::Env("LAB_KEY".into()),
            ..EndpointSettings::new("lab".into(), "http://lab:8000".into())
        };
        let facts = Facts {
            kind: EngineKind::Vllm,
            model: "m".into(),
            models: vec!["m".into()],
            context: Some(32768),
            api: Api::Completions,
            template: None,
        };
        let decisions = Decisions::from([("http://lab:8000/v1".into(), Decision::Never)]);
        let good = shown(
            "Remote engines",
            &endpoint(&lab, Ok(&facts), &decisions, "F"),
        );
        let expected = "Remote engines
  ✓ lab, http://lab:8000/v1: vLLM
    model    m
    context  32768 tokens
    asked    /completions, with Prover-V2's template
    key      the key in LAB_KEY
  ! the key is sent unencrypted to another machine: use https://, or a tunnel (`ssh -L`)
    sent     your file's text up to the hole as far as it fits (first what the goal names), and the declaration; nothing else
             to http://lab:8000/v1
  ! unencrypted: who is on the way can read it; use https://, or a tunnel (`ssh -L`)
    agreed   never, in an editor; to be asked again, remove its line from F
";
        assert_eq!(good, expected);

        let own = EndpointSettings::new("http://127.0.0.1/v1".into(), "http://127.0.0.1/v1".into());
        let problem = "nobody is there".to_owned();
        let lines = endpoint(&own, Err(&problem), &decisions, "F");
        assert_eq!(lines[0], bad("http://127.0.0.1/v1: nobody is there"));
        let text = shown("", &lines);
        assert!(
            text.contains("not asked yet") && !text.contains('!'),
            "{text}"
        );
    }
}
