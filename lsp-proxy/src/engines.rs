//! The provers that a configuration asks for, and the search with them.

mod consenting;
mod uncontained;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Result, bail};
use unsorry_model::local::{Local, LocalSettings};
use unsorry_model::remote::Remote;
use unsorry_prover::Mode;
use unsorry_prover::{Engine, Prover, Tactics};

use crate::config::{self, Config};
use crate::consent::Consent;
use consenting::Consenting;
use uncontained::Uncontained;
use unsorry_search::check::checker::Checker;
use unsorry_search::command::LeanCommand;
use unsorry_search::memory::Memory;
use unsorry_search::referee::Referee;
use unsorry_search::search::{Limits, Search, Source, Strategy};
use unsorry_search::verify::Requirements;

/// The provers that are asked, in this order: as configured, or all that have what they need.
pub fn names(config: &Config) -> Vec<Engine> {
    let all = match &config.engines {
        Some(names) => names.clone(),
        None => by_default(config),
    };
    let mut names = Vec::new();
    for name in all {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Returns all that have what they need, the cheapest first. A model that is not said how to answer is asked
/// for quick answers before it is asked for a plan.
fn by_default(config: &Config) -> Vec<Engine> {
    use Engine::{Local, Remote};
    let mut all = vec![Engine::Tactics];
    let modes = |said: bool| match said {
        true => &[None][..],
        false => &[Some(Mode::Fast), Some(Mode::Reasoning)],
    };
    if config.local.model.is_some() {
        all.extend(
            modes(config.local.has_mode())
                .iter()
                .map(|mode| Local(*mode)),
        );
    }
    if !config.remote.is_empty() {
        let said = config
            .remote
            .iter()
            .any(|one| one.generation.mode.is_some());
        all.extend(modes(said).iter().map(|mode| Remote(*mode)));
    }
    all
}

/// The configured model in this process, and where its file is.
pub fn local(config: &Config) -> Option<LocalSettings> {
    let mut settings = config.local.settings()?;
    settings.model = config::model_path(&settings.model);
    // It is loaded once, with room for the longest answers it is asked for.
    if names(config).contains(&Engine::Local(Some(Mode::Reasoning))) {
        settings.generation.mode = Some(Mode::Reasoning);
    }
    Some(settings)
}

/// Returns all that have what they need: those that are asked, in their order, then the others.
pub fn available(config: &Config) -> Vec<Engine> {
    let mut all = names(config);
    let others = by_default(config).into_iter();
    all.extend(others.filter(|name| !names(config).contains(name)));
    let has_model = local(config).is_some_and(|settings| settings.model.exists());
    all.retain(|name| has_model || !matches!(name, Engine::Local(_)));
    all
}

/// The provers, each made once a process: whoever searches shares their models.
#[derive(Default)]
pub struct Provers {
    /// The model in this process: one, whatever its mode.
    local: Option<(LocalSettings, Local)>,
    remote: Option<Arc<dyn Prover>>,
    /// The prover that stands in for the portfolio.
    tactics: Option<Arc<dyn Prover>>,
}

impl Provers {
    /// Provers of which `tactics` stands in for the portfolio.
    #[cfg(test)]
    pub fn with_tactics(tactics: Arc<dyn Prover>) -> Provers {
        Provers {
            tactics: Some(tactics),
            ..Provers::default()
        }
    }

    /// Returns those that are configured. With `consent`, nothing is sent anywhere before the user has agreed
    /// to it; without, they have. A prover that was made before stays, as long as its settings do; the
    /// endpoints elsewhere are those of the first time.
    ///
    /// # Errors
    /// When one is asked for that lacks what it needs: the message says what to do.
    pub fn sources(&mut self, config: &Config, consent: Option<&Consent>) -> Result<Vec<Source>> {
        let source = |engine: Engine| {
            let prover: Arc<dyn Prover> = match engine {
                Engine::Tactics => match &self.tactics {
                    None => return Ok(tactics(config)),
                    Some(prover) => prover.clone(),
                },
                // Told as a failure of its own, so that the tactics go on.
                _ if !config.container.holds_strangers() => {
                    Arc::new(Uncontained::new(users_file(config)))
                }
                Engine::Local(_) => Arc::new(self.local(config)?),
                Engine::Remote(_) => self.remote(config, consent)?,
            };
            Ok(Source { engine, prover })
        };
        names(config).into_iter().map(source).collect()
    }

    fn local(&mut self, config: &Config) -> Result<Local> {
        let Some(settings) = local(config) else {
            bail!(
                "the engine `local` has no model: write `model = \"…\"` (a file) under `[local]` in {}, or set UNSORRY_MODEL; `unsorry model pull` gets one",
                users_file(config).display()
            )
        };
        if !settings.model.exists() {
            bail!(
                "the engine `local` has no model: {}",
                no_such_model(&settings.model)
            )
        }
        let made = self.local.take().filter(|(made, _)| *made == settings);
        let (_, local) = self.local.insert(made.unwrap_or_else(|| {
            let local = Local::new(settings.clone());
            (settings, local)
        }));
        Ok(local.clone())
    }

    fn remote(&mut self, config: &Config, consent: Option<&Consent>) -> Result<Arc<dyn Prover>> {
        if config.remote.is_empty() {
            bail!(
                "the engine `remote` has no endpoint: write `[[remote]]` with `url = \"http://…/v1\"` in {}",
                users_file(config).display()
            )
        }
        let made = match self.remote.take() {
            Some(made) => made,
            None => remote(config, consent)?,
        };
        Ok(self.remote.insert(made).clone())
    }
}

/// Returns the provers that are configured, for whoever needs them once.
///
/// # Errors
/// The errors of [`Provers::sources`].
pub fn sources(config: &Config, consent: Option<&Consent>) -> Result<Vec<Source>> {
    Provers::default().sources(config, consent)
}

fn remote(config: &Config, consent: Option<&Consent>) -> Result<Arc<dyn Prover>> {
    // What is wrong with the settings is told now, whoever is asked later.
    let all = Remote::new(config.remote.clone())?;
    Ok(match consent {
        None => Arc::new(all),
        Some(consent) => Arc::new(Consenting::new(consent.clone(), |agreed| {
            Ok(Arc::new(Remote::new(agreed)?))
        })),
    })
}

/// Says that the model's `file` is not there, and how to get it.
pub fn no_such_model(file: &Path) -> String {
    format!(
        "there is no {}; `unsorry model pull` gets a model that is known, `unsorry model list` says which",
        file.display()
    )
}

/// Lists engines in the order that they are asked in.
pub fn in_order(engines: &[Engine]) -> String {
    let names: Vec<&str> = engines.iter().map(|engine| engine.name()).collect();
    names.join(", then ")
}

fn users_file(config: &Config) -> &Path {
    let file = config.users_file.as_deref();
    file.unwrap_or(Path::new("your config.toml"))
}

/// The portfolio, which is always there.
pub fn tactics(config: &Config) -> Source {
    Source {
        engine: Engine::Tactics,
        prover: Arc::new(Tactics::new(config.tactics.clone())),
    }
}

/// A search with `sources` that checks with `command` in `cwd`, bounded as configured. Needs a tokio
/// runtime.
pub fn search(command: LeanCommand, cwd: PathBuf, config: &Config, sources: Vec<Source>) -> Search {
    // A model may have written what is remembered.
    let memory = config.cache.folder_in_use();
    let memory = memory.filter(|_| config.container.holds_strangers());
    let memory = memory.map(|folder| {
        let contained = config.container.clone();
        Memory::new(folder, command.clone(), cwd.clone(), contained)
    });
    let referee = Referee::new(
        command.clone(),
        cwd.clone(),
        config.idle,
        config.container.clone(),
    );
    Search {
        checker: Checker::new(command, cwd, config.idle, config.container.clone()),
        requirements: Requirements {
            least: config.least(),
            referee: Some(Arc::new(referee)),
        },
        memory,
        sources,
        limits: limits(config),
        strategy: strategy(config),
    }
}

/// The bounds that are configured.
pub fn limits(config: &Config) -> Limits {
    Limits {
        budget: config.budget,
        tokens: config.tokens,
        money: config.money,
        check: config.timeout,
        head_start: config.head_start,
        polish: config.polish,
        ..Limits::default()
    }
}

/// Returns what a search does besides having candidates checked, as configured.
pub fn strategy(config: &Config) -> Strategy {
    Strategy {
        refutes: config.refute,
        ..Strategy::PROVE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_container_models_are_not_asked() {
        let mut config = Config::default();
        let users = "[[remote]]\nurl = 'http://lab/v1'";
        let added = config.add(users, config::Origin::User, Path::new("/"));
        added.expect("valid");
        let check = |config: &Config, remembers: bool| {
            let runtime = tokio::runtime::Runtime::new().expect("threads");
            let _entered = runtime.enter();
            let sources = sources(config, None).expect("all there");
            let names: Vec<_> = sources.iter().map(|one| one.engine.name()).collect();
            assert_eq!(names, ["tactics", "remote-fast", "remote-reasoning"]);
            let command = LeanCommand::resolve(&[], Path::new("/"));
            let search = search(command, "/".into(), config, sources);
            assert_eq!(search.memory.is_some(), remembers);
        };
        check(&config, config.cache.folder_in_use().is_some());
        config.container.closes = false;
        check(&config, false);
        config.container.contained = false;
        check(&config, config.cache.folder_in_use().is_some());
    }

    #[test]
    fn which_engines_there_are() {
        let names = |users: &str| {
            let mut config = Config::default();
            config
                .add(users, config::Origin::User, Path::new("/"))
                .expect("valid");
            let sources = sources(&config, None).map_err(|error| error.to_string())?;
            Ok::<_, String>(
                sources
                    .iter()
                    .map(|one| one.engine.name())
                    .collect::<Vec<_>>(),
            )
        };
        let check = |users: &str, expected: &[&str]| {
            assert_eq!(names(users).as_deref(), Ok(expected));
        };
        check("", &["tactics"]);
        let file = tempfile::NamedTempFile::new().expect("a file");
        let local = format!("[local]\nmodel = '{}'\n", file.path().display());
        check(&local, &["tactics", "local-fast", "local-reasoning"]);
        check(&format!("{local}mode = 'fast'"), &["tactics", "local"]);
        check(
            &format!("{local}[search]\nengines = ['tactics']"),
            &["tactics"],
        );
        check(
            &format!(
                "{local}[search]\nengines = ['local-reasoning', 'tactics', 'local-reasoning']"
            ),
            &["local-reasoning", "tactics"],
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
