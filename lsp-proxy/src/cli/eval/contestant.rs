//! The contestants of an evaluation: an engine alone, or all of them as `prove` asks them.

use std::str::FromStr;

use anyhow::Result;
use unsorry_prover::Mode;

use crate::config::{Config, Engine};
use crate::engines;
use unsorry_search::search::{Search, Source, Strategy};

/// A name that `--engines` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// An engine alone.
    Alone(Engine),
    /// All engines together.
    Cascade,
}

impl FromStr for Name {
    type Err = String;

    fn from_str(name: &str) -> Result<Name, String> {
        match name {
            "cascade" => Ok(Name::Cascade),
            name => name
                .parse()
                .map(Name::Alone)
                .map_err(|error: String| format!("{error}; or `cascade`, which is all together")),
        }
    }
}

/// The engine that tries each problem, alone, or all together.
pub struct Contestant {
    /// The name in the report.
    pub name: &'static str,
    /// The number of candidates that each problem gets. None where it is one attempt, which ends with the
    /// first proof: a portfolio's tactics are no samples of anything.
    pub samples: Option<usize>,
    /// Whether the model in this process may be asked.
    pub is_local: bool,
    sources: Vec<Source>,
}

impl Contestant {
    /// A search as `base` is, with this contestant's engines and strategy.
    pub fn search(&self, base: &Search) -> Search {
        let mut search = Search {
            sources: self.sources.clone(),
            ..base.clone()
        };
        search.strategy = match self.samples {
            Some(_) => Strategy::JUDGE_ALL,
            None => Strategy {
                // A proof counts; its looks don't.
                polishes: false,
                refutes: self.name == "cascade" && base.strategy.refutes,
                ..base.strategy
            },
        };
        search
    }
}

/// `config` with all its models answering in `mode`, if that is given.
pub fn in_mode(config: Config, mode: Option<Mode>) -> Config {
    if mode.is_none() {
        return config;
    }
    let names = engines::names(&config).into_iter();
    let names = names.map(|engine| set_mode(engine, mode)).collect();
    Config {
        engines: Some(names),
        ..config
    }
}

fn set_mode(engine: Engine, mode: Option<Mode>) -> Engine {
    match (engine, mode) {
        (Engine::Local(_), Some(_)) => Engine::Local(mode),
        (Engine::Remote(_), Some(_)) => Engine::Remote(mode),
        (engine, _) => engine,
    }
}

/// Returns the contestants that `names` asks for, of a `config` that is [`in_mode`]; without any, all that
/// `prove` would ask, each alone. What they share is made once.
///
/// # Errors
/// When an engine lacks what it needs.
pub fn contestants(
    config: &Config,
    names: Vec<Name>,
    mode: Option<Mode>,
) -> Result<Vec<Contestant>> {
    let together = engines::names(config);
    let mut wanted: Vec<Name> = Vec::new();
    let default = match names.is_empty() {
        true => together.iter().map(|engine| Name::Alone(*engine)).collect(),
        false => Vec::new(),
    };
    for name in default.into_iter().chain(names) {
        let name = match name {
            Name::Alone(engine) => Name::Alone(set_mode(engine, mode)),
            Name::Cascade => Name::Cascade,
        };
        if !wanted.contains(&name) {
            wanted.push(name);
        }
    }
    let mut needed: Vec<Engine> = Vec::new();
    for name in &wanted {
        match name {
            Name::Alone(engine) => needed.push(*engine),
            Name::Cascade => needed.extend(&together),
        }
    }
    let made = engines::sources(
        &Config {
            engines: Some(needed),
            ..config.clone()
        },
        None,
    )?;
    let of = |engine: &Engine| {
        let mut found = made.iter().filter(|one| one.engine == *engine);
        found.next().cloned()
    };
    Ok(wanted
        .iter()
        .map(|name| match name {
            Name::Alone(engine) => Contestant {
                name: engine.name(),
                samples: samples(config, *engine),
                is_local: is_local(engine),
                sources: of(engine).into_iter().collect(),
            },
            Name::Cascade => Contestant {
                name: "cascade",
                samples: None,
                is_local: together.iter().any(is_local),
                sources: together.iter().filter_map(of).collect(),
            },
        })
        .collect())
}

fn is_local(engine: &Engine) -> bool {
    matches!(engine, Engine::Local(_))
}

fn samples(config: &Config, engine: Engine) -> Option<usize> {
    match engine {
        Engine::Tactics => None,
        Engine::Local(_) => Some(config.local.settings()?.generation.answers()),
        Engine::Remote(_) => {
            let answers = config.remote.iter().map(|one| one.generation.answers());
            answers.max()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_is_evaluated() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let local = format!(
            "[local]\nmodel = '{}'\ncandidates = 8\n",
            file.path().display()
        );
        let check =
            |users: &str, names: &[&str], mode, expected: &[(&str, Option<usize>, usize)]| {
                let mut config = Config::default();
                config
                    .add(users, crate::config::Origin::User, Path::new("/"))
                    .expect("valid");
                let config = in_mode(config, mode);
                let names = names.iter().map(|name| name.parse().expect("a name"));
                let contestants = contestants(&config, names.collect(), mode).expect("engines");
                let seen: Vec<_> = contestants
                    .iter()
                    .map(|one| (one.name, one.samples, one.sources.len()))
                    .collect();
                assert_eq!(seen, expected);
            };
        check("", &[], None, &[("tactics", None, 1)]);
        check("", &["cascade"], None, &[("cascade", None, 1)]);
        let both = [
            ("tactics", None, 1),
            ("local-fast", Some(8), 1),
            ("local-reasoning", Some(8), 1),
        ];
        check(&local, &[], None, &both);
        check(&local, &[], Some(Mode::Fast), &both[..2]);
        check(
            &local,
            &["local", "cascade", "local"],
            Some(Mode::Reasoning),
            &[("local-reasoning", Some(8), 1), ("cascade", None, 2)],
        );
        check(
            &local,
            &["local", "cascade"],
            None,
            &[("local", Some(8), 1), ("cascade", None, 3)],
        );
        let greedy = format!("{local}temperature = 0\n");
        check(&greedy, &["local"], None, &[("local", Some(1), 1)]);
        let error = "magic".parse::<Name>().expect_err("no engine");
        assert!(
            error.contains("`magic`") && error.contains("`cascade`"),
            "{error}"
        );
    }
}
