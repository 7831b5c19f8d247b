//! The provers that a configuration asks for, and the search with them.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, bail};
use unsorry_model::Tactics;
use unsorry_model::local::{Local, Settings};
use unsorry_model::remote::Remote;

use crate::config::{self, Config};
use crate::proof::checker::Checker;
use crate::proof::search::{Engine, Limits, Search};

/// How many candidates are checked together.
const BATCH: usize = 16;

/// The provers, to be made once a process: whoever searches shares their models.
///
/// # Errors
/// When one is asked for that lacks what it needs: the message says what to do.
pub fn engines(config: &Config) -> Result<Vec<Engine>> {
    let local = config.local.settings().map(|settings| Settings {
        model: config::model_path(&settings.model),
        ..settings
    });
    let names = match &config.engines {
        Some(names) => names.clone(),
        None => [
            Some(config::Engine::Tactics),
            local.as_ref().map(|_| config::Engine::Local),
            Some(config::Engine::Remote).filter(|_| !config.remote.is_empty()),
        ]
        .into_iter()
        .flatten()
        .collect(),
    };
    let mut engines: Vec<Engine> = Vec::new();
    for name in names {
        if engines.iter().any(|engine| engine.name == name.name()) {
            continue;
        }
        engines.push(match (name, &local) {
            (config::Engine::Tactics, _) => tactics(config),
            (config::Engine::Local, Some(settings)) if !settings.model.exists() => bail!(
                "the engine `local` has no model: there is no {}; `unsorry model pull` gets one that is known, `unsorry model list` says which",
                settings.model.display()
            ),
            (config::Engine::Local, Some(settings)) => Engine {
                name: name.name(),
                prover: Arc::new(Local::new(settings.clone())),
            },
            (config::Engine::Local, None) => bail!(
                "the engine `local` has no model: write `model = \"…\"` (a file) under `[local]` in {}, or set UNSORRY_MODEL; `unsorry model pull` gets one",
                users_file(config).display()
            ),
            (config::Engine::Remote, _) if config.remote.is_empty() => bail!(
                "the engine `remote` has no endpoint: write `[[remote]]` with `url = \"http://…/v1\"` in {}",
                users_file(config).display()
            ),
            (config::Engine::Remote, _) => Engine {
                name: name.name(),
                prover: Arc::new(Remote::new(config.remote.clone())?),
            },
        });
    }
    Ok(engines)
}

fn users_file(config: &Config) -> &Path {
    let file = config.users_file.as_deref();
    file.unwrap_or(Path::new("your config.toml"))
}

/// The portfolio, which is always there.
pub fn tactics(config: &Config) -> Engine {
    Engine {
        name: config::Engine::Tactics.name(),
        prover: Arc::new(Tactics::new(config.tactics.clone())),
    }
}

/// A search with `engines`, bounded as configured.
pub fn search(checker: Checker, config: &Config, engines: Vec<Engine>) -> Search {
    Search {
        checker,
        engines,
        limits: Limits {
            budget: config.budget,
            check: config.timeout,
            batch: BATCH,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_engines_there_are() {
        let names = |users: &str| {
            let mut config = Config::default();
            config
                .add(users, config::Origin::User, Path::new("/"))
                .expect("valid");
            let engines = engines(&config).map_err(|error| error.to_string())?;
            Ok::<_, String>(engines.iter().map(|engine| engine.name).collect::<Vec<_>>())
        };
        let check = |users: &str, expected: &[&str]| {
            assert_eq!(names(users).as_deref(), Ok(expected));
        };
        check("", &["tactics"]);
        let file = tempfile::NamedTempFile::new().expect("a file");
        let local = format!("[local]\nmodel = '{}'\n", file.path().display());
        check(&local, &["tactics", "local"]);
        check(
            &format!("{local}[search]\nengines = ['tactics']"),
            &["tactics"],
        );
        check(
            &format!("{local}[search]\nengines = ['local', 'tactics', 'local']"),
            &["local", "tactics"],
        );
        let error = names("[local]\nmodel = '/nowhere/a.gguf'").expect_err("no file");
        assert!(
            error.contains("/nowhere/a.gguf") && error.contains("unsorry model pull"),
            "{error}"
        );
        let error = names("[search]\nengines = ['tactics', 'local']").expect_err("no model");
        assert!(
            error.contains("`[local]`") && error.contains("unsorry model pull"),
            "{error}"
        );
    }
}
