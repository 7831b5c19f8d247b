//! What is configured, and may be configured anew by the editor while we run:
//! `initializationOptions.unsorry`, `workspace/didChangeConfiguration`, `unsorry.settings`.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use serde_json::Value;

use crate::config::{Config, Engine};
use crate::consent::Consent;
use crate::engines::{self, Provers};
use unsorry_search::command::LeanCommand;
use unsorry_search::memory::Memory;
use unsorry_search::search::Search;

/// The settings, and the search that they make.
#[derive(Clone)]
pub struct Settings(Arc<Mutex<Inner>>);

struct Inner {
    /// What files and the environment say.
    files: Config,
    /// What the command line says, which wins over all.
    named: Vec<Engine>,
    /// What holds now.
    config: Config,
    provers: Provers,
    memory: Option<Memory>,
    search: Search,
    consent: Consent,
    /// A mistake in the files.
    of_files: Option<String>,
    /// A mistake in what the editor sent when it began.
    of_editor: Option<String>,
}

impl Settings {
    /// What holds until the editor says anything: `files`, with the engines that the command line has
    /// `named`, if any. A `mistake` in the files is a complaint. Needs a tokio runtime.
    pub fn new(
        (files, mistake): (Config, Option<anyhow::Error>),
        named: &[Engine],
        consent_file: Option<PathBuf>,
        command: LeanCommand,
        cwd: PathBuf,
    ) -> Settings {
        let search = engines::search(command, cwd, &files, vec![engines::tactics(&files)]);
        let mut inner = Inner {
            config: files.clone(),
            named: named.to_owned(),
            provers: Provers::default(),
            memory: search.memory.clone(),
            search,
            consent: Consent::new(&files.remote, consent_file),
            of_files: mistake.map(|error| format!("unsorry works without this file: {error:#}")),
            of_editor: None,
            files,
        };
        // With nothing from the editor it takes what it can.
        let _ = inner.apply(&Value::Null);
        Settings(Arc::new(Mutex::new(inner)))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the editor's settings, in place of those that it sent before: the next job goes by them.
    ///
    /// # Errors
    /// When they make no sense, or are not for an editor to set: all stays as it was.
    pub fn set(&self, editors: &Value) -> Result<()> {
        let mut inner = self.lock();
        inner.apply(editors)?;
        inner.of_editor = None;
        Ok(())
    }

    /// The same when the editor begins, which hears of a mistake later.
    pub fn begin_with(&self, editors: &Value) {
        let mut inner = self.lock();
        if let Err(error) = inner.apply(editors) {
            inner.of_editor = Some(format!("unsorry goes by its files alone: {error:#}"));
        }
    }

    /// What jobs search with.
    pub fn search(&self) -> Search {
        self.lock().search.clone()
    }

    /// Who may be sent a file's text; nobody where no engine that is asked would send it.
    pub fn consent(&self) -> Consent {
        let inner = self.lock();
        let asked = engines::names(&inner.config);
        match asked.into_iter().any(Engine::is_remote) {
            true => inner.consent.clone(),
            false => Consent::none(),
        }
    }

    /// The engines that are asked, in this order, and all that could be.
    pub fn engines(&self) -> (Vec<Engine>, Vec<Engine>) {
        let inner = self.lock();
        let asked = inner.search.sources.iter().map(|source| source.engine);
        (asked.collect(), engines::available(&inner.config))
    }

    /// A mistake in the configuration.
    pub fn complaint(&self) -> Option<String> {
        let inner = self.lock();
        let all = inner.of_files.iter().chain(&inner.of_editor);
        let all: Vec<&str> = all.map(String::as_str).collect();
        (!all.is_empty()).then(|| all.join("\n"))
    }

    /// The user's own file, whether it is there or not.
    pub fn users_file(&self) -> Option<PathBuf> {
        self.lock().files.users_file.clone()
    }
}

impl Inner {
    /// Applies the editor's settings. Where they name no engine, and one of the others lacks what it needs,
    /// the tactics are asked alone.
    fn apply(&mut self, editors: &Value) -> Result<()> {
        let mut config = self.files.clone();
        config.add_editors(editors)?;
        let of_editor = config.engines != self.files.engines;
        if !self.named.is_empty() {
            config.engines = Some(self.named.clone());
        }
        self.search.sources = match self.provers.sources(&config, Some(&self.consent)) {
            Ok(sources) => sources,
            Err(error) if of_editor => return Err(error),
            Err(error) => {
                let error = format!("unsorry works with its tactics alone: {error:#}");
                self.of_files.get_or_insert(error);
                vec![engines::tactics(&config)]
            }
        };
        self.search.limits = engines::limits(&config);
        self.search.strategy = engines::strategy(&config);
        self.search.requirements.least = config.level;
        self.search.requirements.replay = config.replay;
        self.search.memory = self.memory.clone().filter(|_| config.cache.enabled);
        self.config = config;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use unsorry_prover::prompt::Mode;

    use super::*;
    use crate::config::Origin;

    fn settings(users: &str, named: &[Engine]) -> Settings {
        let mut config = Config::default();
        let added = config.add(users, Origin::User, "/".as_ref());
        let command = LeanCommand::resolve(&[], "/".as_ref());
        Settings::new((config, added.err()), named, None, command, "/".into())
    }

    #[tokio::test]
    async fn the_editor_chooses() {
        let users = "[search]\nbudget = '9s'\n[[remote]]\nurl = 'http://127.0.0.1:9/v1'";
        let settings = settings(users, &[]);
        let remote = |mode| Engine::Remote(Some(mode));
        let all = vec![Engine::Tactics, remote(Mode::Fast), remote(Mode::Reasoning)];
        assert_eq!(settings.engines(), (all.clone(), all.clone()));
        assert!(!settings.consent().take_questions().is_empty());
        let chosen = json!({"search": {"engines": ["tactics"], "budget": "3s"}});
        settings.set(&chosen).expect("valid");
        assert_eq!(settings.engines(), (vec![Engine::Tactics], all.clone()));
        assert!(settings.consent().take_questions().is_empty());
        assert_eq!(settings.search().limits.budget.as_secs(), 3);
        let wrong = json!({"search": {"engines": ["local"]}});
        let error = settings.set(&wrong).expect_err("no model").to_string();
        assert!(error.contains("`local` has no model"), "{error}");
        assert_eq!(settings.engines().0, [Engine::Tactics], "as it was");
        settings.set(&Value::Null).expect("valid");
        assert_eq!(settings.engines().0, all);
        assert_eq!(settings.search().limits.budget.as_secs(), 9);
    }

    #[tokio::test]
    async fn the_command_line_wins() {
        let settings = settings("", &[Engine::Tactics]);
        let other = json!({"search": {"engines": ["remote"]}});
        settings.set(&other).expect("valid");
        assert_eq!(settings.engines().0, [Engine::Tactics]);
    }

    #[tokio::test]
    async fn what_is_wrong_is_a_complaint() {
        let check = |users: &str, complaint: &str| {
            let settings = settings(users, &[]);
            let told = || settings.complaint().expect("a complaint");
            assert!(told().contains(complaint), "{}", told());
            let tactics = vec![Engine::Tactics];
            assert_eq!(settings.engines(), (tactics.clone(), tactics));
            // The editor's are taken all the same, and mend nothing in the files.
            let budget = json!({"search": {"budget": "3s"}});
            settings.set(&budget).expect("valid");
            assert_eq!(settings.search().limits.budget.as_secs(), 3);
            assert!(told().contains(complaint), "{}", told());
            settings.begin_with(&json!({"search": {"engines": ["remote"]}}));
            assert!(told().contains("has no endpoint"), "{}", told());
            settings.set(&budget).expect("valid");
            assert!(!told().contains("has no endpoint"), "{}", told());
        };
        check("[serch]", "without this file");
        check(
            "[local]\nmodel = '/nowhere/a.gguf'",
            "with its tactics alone",
        );
    }
}
