//! `unsorry doctor`: what works, and what to do about what does not.
// Its output is for stdout.
#![allow(clippy::print_stdout)]

mod editors;
mod lean;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use unsorry_infer::memory::size;
use unsorry_model::local;
use unsorry_model::remote::{Api, EndpointSettings, Facts, Remote, Template};

use super::cache;
use super::shim::own_file;
use crate::config::{self, Config, Engine};
use crate::consent::file::{self as consent, Decision, Decisions};
use crate::engines;

/// What `unsorry doctor` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// What a line says of its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// It works.
    Good,
    /// It was asked for and does not.
    Bad,
    /// It works, and should be known of.
    Warning,
    /// It is so.
    Plain,
}

type Line = (Mark, String);

fn good(text: impl Into<String>) -> Line {
    (Mark::Good, text.into())
}

fn bad(text: impl Into<String>) -> Line {
    (Mark::Bad, text.into())
}

fn plain(text: impl Into<String>) -> Line {
    (Mark::Plain, text.into())
}

fn warning(text: impl Into<String>) -> Line {
    (Mark::Warning, text.into())
}

/// Says what works. The exit code says whether all does that is configured.
///
/// # Errors
/// When nothing could be looked at.
pub fn doctor(_: &Arguments, given: Option<&Path>) -> Result<ExitCode> {
    let cwd = std::env::current_dir().context("there is no working directory")?;
    let runtime = tokio::runtime::Runtime::new().context("can't start threads")?;
    let mut works = true;
    let mut section = |title: &str, lines: Vec<Line>| {
        works &= lines.iter().all(|(mark, _)| *mark != Mark::Bad);
        print!("{}", shown(title, &lines));
    };
    section("Program", program());
    let (config, lines) = settings(given, &cwd);
    section("Settings", lines);
    // That takes a while.
    println!("Lean");
    let _ = std::io::stdout().flush();
    section("", runtime.block_on(lean::lean(&cwd, &config)));
    section("Editors", editors::editors());
    section("Engines", asked(&config));
    section("Local model", local_model(&config));
    section("Remote engines", runtime.block_on(remotes(&config)));
    section("Kept proofs", vec![kept_proofs(&config)]);
    runtime.shutdown_timeout(Duration::from_millis(200));
    Ok(match works {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// A section as it is printed.
fn shown(title: &str, lines: &[Line]) -> String {
    let mut text = match title {
        "" => String::new(),
        title => format!("{title}\n"),
    };
    for (mark, line) in lines {
        let mark = match mark {
            Mark::Good => '✓',
            Mark::Bad => '✗',
            Mark::Warning => '!',
            Mark::Plain => ' ',
        };
        text += &format!("  {mark} {}\n", line.trim_end().replace('\n', "\n    "));
    }
    text
}

/// Which unsorry this is, and where it writes what it does.
fn program() -> Vec<Line> {
    let version = env!("CARGO_PKG_VERSION");
    let own = own_file();
    let own = own.map_or_else(|_| String::new(), |own| format!(", {}", own.display()));
    let mut lines = vec![plain(format!("unsorry {version}{own}"))];
    if let Some(log) = config::log_file() {
        lines.push(plain(format!(
            "log: {}; UNSORRY_LOG=debug makes it say more",
            log.display()
        )));
    }
    lines
}

/// The settings as far as they can be read, and from where.
fn settings(given: Option<&Path>, cwd: &Path) -> (Config, Vec<Line>) {
    let users = given.map(Path::to_owned).or_else(config::users_file);
    let mut config = Config {
        users_file: users.clone(),
        ..Config::default()
    };
    let files = Config::files(given, cwd);
    let mut lines = Vec::new();
    if let Some(users) = users.filter(|users| files.iter().all(|(path, _)| path != users)) {
        lines.push(plain(format!(
            "{}: not there, all is as by default",
            users.display()
        )));
    }
    for (path, origin) in files {
        lines.push(match config.add_file(&path, origin) {
            Ok(()) => good(path.display().to_string()),
            Err(error) => bad(format!(
                "{}\nuntil that is mended, `unsorry serve` does without it and `unsorry prove` refuses",
                format!("{error:#}").trim_end(),
            )),
        });
    }
    config.add_environment();
    (config, lines)
}

/// Who is asked, in which order.
fn asked(config: &Config) -> Vec<Line> {
    let names = engines::names(config);
    let list: Vec<&str> = names.iter().map(|name| name.name()).collect();
    let whose = match config.engines {
        Some(_) => "as configured",
        None => "by default",
    };
    let mut lines = vec![plain(format!("{}, {whose}", list.join(", then ")))];
    for name in &names {
        // What is there has a section of its own.
        let lacks = match name {
            Engine::Tactics => false,
            Engine::Local(_) => config.local.model.is_none(),
            Engine::Remote(_) => config.remote.is_empty(),
        };
        let alone = Config {
            engines: Some(vec![*name]),
            ..config.clone()
        };
        if let Some(error) = lacks
            .then(|| engines::sources(&alone, None).err())
            .flatten()
        {
            lines.push(bad(format!("{error:#}")));
        }
    }
    let local = names.iter().any(|name| matches!(name, Engine::Local(_)));
    let remote = names.iter().any(|name| matches!(name, Engine::Remote(_)));
    let unasked = [
        ("local", config.local.model.is_some() && !local),
        ("remote", !config.remote.is_empty() && !remote),
    ];
    for (name, _) in unasked.iter().filter(|(_, unasked)| *unasked) {
        let text = format!("`{name}` is set up, but not in `search.engines`: it is not asked");
        lines.push(warning(text));
    }
    lines
}

/// The model in this process, which is not loaded for this.
fn local_model(config: &Config) -> Vec<Line> {
    let Some(settings) = engines::local(config) else {
        return vec![plain("none; `unsorry model list` says which there are")];
    };
    let file = settings.model.display().to_string();
    if !settings.model.exists() {
        return vec![bad(format!(
            "there is no {file}: `unsorry model pull` gets a model that is known, `unsorry model list` says which"
        ))];
    }
    match local::survey(&settings) {
        Ok(survey) => vec![
            good(file),
            good(survey.device),
            good(format!(
                "fits: {} for {} tokens of text",
                size(survey.plan.total_bytes),
                survey.plan.context
            )),
        ],
        Err(error) => {
            let error = format!("{error:#}");
            let named = error.contains(&file);
            vec![bad(match named {
                true => error,
                false => format!("{file}: {error}"),
            })]
        }
    }
}

/// The memory of verified proofs.
fn kept_proofs(config: &Config) -> Line {
    match config.cache.folder_in_use() {
        None => plain("switched off: none is kept, none recalled"),
        Some(folder) => match cache::state(&folder) {
            Ok(state) => good(state),
            Err(error) => bad(format!("{error:#}")),
        },
    }
}

async fn remotes(config: &Config) -> Vec<Line> {
    if config.remote.is_empty() {
        return vec![plain("none: nothing is sent anywhere")];
    }
    let remote = match Remote::new(config.remote.clone()) {
        Ok(remote) => remote,
        Err(error) => return vec![bad(format!("{error:#}"))],
    };
    let file = consent::path();
    let decisions = file.as_deref().map(consent::load).unwrap_or_default();
    let file = file.map_or_else(|| "its file".into(), |file| file.display().to_string());
    let facts = remote.facts().await;
    let lines = facts
        .iter()
        .flat_map(|(settings, facts)| endpoint(settings, facts.as_deref(), &decisions, &file));
    lines.collect()
}

/// One endpoint: what it is, and what is sent there. `file` has the user's `decisions` about that.
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
        lines.push((Mark::Warning, text.into()));
    }
    lines.push(plain(format!(
        "sent     your file's text up to the hole as far as it fits (first what the goal names), and the declaration; nothing else\n         to {address}"
    )));
    lines.push(match settings.is_in_clear() {
        true => (
            Mark::Warning,
            "unencrypted: who is on the way can read it; use https://, or a tunnel (`ssh -L`)"
                .into(),
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

/// Who writes the turns of user and model.
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
    use super::*;
    use crate::config::Origin;
    use unsorry_model::remote::{EngineKind, KeySource};

    fn config(text: &str) -> Config {
        let mut config = Config::default();
        let added = config.add(text, Origin::User, Path::new("/"));
        added.expect("valid");
        config
    }

    #[test]
    fn engines_in_order() {
        let check = |text: &str, expected: &str| {
            let shown = shown("Engines", &asked(&config(text)));
            assert!(
                shown.starts_with(&format!("Engines\n{expected}")),
                "{shown}"
            );
        };
        check("", "    tactics, by default\n");
        check(
            "[[remote]]\nurl = 'http://lab/v1'",
            "    tactics, then remote-fast, then remote-reasoning, by default\n",
        );
        check(
            "[search]\nengines = ['remote', 'tactics', 'remote']",
            "    remote, then tactics, as configured\n  ✗ the engine `remote` has no endpoint",
        );
        check(
            "[search]\nengines = ['tactics']\n[local]\nmodel = 'm'",
            "    tactics, as configured\n  ! `local` is set up, but not",
        );
    }

    #[test]
    fn a_broken_file_does_not_hide_the_rest() {
        let folder = tempfile::tempdir().expect("a folder");
        let users = folder.path().join("config.toml");
        std::fs::write(&users, "[serch]").expect("written");
        std::fs::write(
            folder.path().join(".unsorry.toml"),
            "[search]\nbudget = '5s'",
        )
        .expect("written");
        let (config, lines) = settings(Some(&users), folder.path());
        assert_eq!(config.budget, Duration::from_secs(5));
        let marks: Vec<Mark> = lines.iter().map(|(mark, _)| *mark).collect();
        assert_eq!(marks, [Mark::Bad, Mark::Good]);
        assert!(lines[0].1.contains("serch"), "{}", lines[0].1);
    }

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
