//! The settings in force, and what is made of them: the search, and the consent to send text away.

use std::path::PathBuf;
#[cfg(test)]
use std::sync::Arc;

use anyhow::Result;
use serde_json::Value;
#[cfg(test)]
use unsorry_prover::Prover;
#[cfg(test)]
use unsorry_search::check::checker::Checker;
use unsorry_search::command::LeanCommand;
use unsorry_search::memory::Memory;
use unsorry_search::search::Search;

use crate::config::{Config, Engine};
use crate::consent::Consent;
use crate::engines::{self, Provers};

/// The settings that hold, and what they make.
#[derive(Clone)]
pub struct Current {
    /// The search that jobs begin with.
    pub search: Search,
    /// The user's consent to send a file's text; empty where no engine that is asked would send it.
    pub consent: Consent,
    /// The engines that are asked, in this order.
    pub engines: Vec<Engine>,
    /// The engines that could be asked.
    pub available: Vec<Engine>,
    /// A mistake in the configuration.
    pub complaint: Option<String>,
    /// The user's own file, whether it is there or not.
    pub users_file: Option<PathBuf>,
}

/// The configuration of files, environment, command line and editor. Making and changing it reads files and
/// makes provers, which may take long.
pub struct Configured {
    /// The settings of files and environment.
    files: Config,
    /// The engines that the command line names, which win over all.
    named: Vec<Engine>,
    /// The settings that hold now.
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

impl Configured {
    /// The configuration until the editor says anything: `files`, with the engines that the command line has
    /// `named`, if any. A `mistake` in the files is a complaint. Needs a tokio runtime.
    pub fn new(
        (files, mistake): (Config, Option<anyhow::Error>),
        named: &[Engine],
        consent_file: Option<PathBuf>,
        command: LeanCommand,
        cwd: PathBuf,
    ) -> Configured {
        let search = engines::search(command, cwd, &files, vec![engines::tactics(&files)]);
        let mut configured = Configured {
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
        let _ = configured.apply(&Value::Null);
        configured
    }

    /// Returns the same configuration with `tactics` in the place of the portfolio, and a `checker` in the
    /// place of Lean's.
    #[cfg(test)]
    pub fn scripted(mut self, tactics: Arc<dyn Prover>, checker: Checker) -> Configured {
        self.provers = Provers::with_tactics(tactics);
        self.search.checker = checker;
        let _ = self.apply(&Value::Null);
        self
    }

    /// Takes the editor's settings, in place of those that it sent before.
    ///
    /// # Errors
    /// When they make no sense, or are not for an editor to set: all stays as it was.
    pub fn set(&mut self, editors: &Value) -> Result<()> {
        self.apply(editors)?;
        self.of_editor = None;
        Ok(())
    }

    /// Takes the settings that the editor begins with; a mistake in them is told later.
    pub fn begin_with(&mut self, editors: &Value) {
        if let Err(error) = self.apply(editors) {
            self.of_editor = Some(format!("unsorry goes by its files alone: {error:#}"));
        }
    }

    /// Returns what holds now.
    pub fn current(&self) -> Current {
        let asked = engines::names(&self.config);
        let complaints = self.of_files.iter().chain(&self.of_editor);
        let complaints: Vec<&str> = complaints.map(String::as_str).collect();
        Current {
            search: self.search.clone(),
            consent: match asked.into_iter().any(Engine::is_remote) {
                true => self.consent.clone(),
                false => Consent::none(),
            },
            engines: self
                .search
                .sources
                .iter()
                .map(|source| source.engine)
                .collect(),
            available: engines::available(&self.config),
            complaint: (!complaints.is_empty()).then(|| complaints.join("\n")),
            users_file: self.files.users_file.clone(),
        }
    }

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
        self.search.requirements.least = config.least();
        self.search.memory = self.memory.clone().filter(|_| config.cache.enabled);
        self.config = config;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use unsorry_prover::Mode;

    use super::*;
    use crate::config::Origin;

    fn configured(users: &str, named: &[Engine]) -> Configured {
        let mut config = Config::default();
        let added = config.add(users, Origin::User, "/".as_ref());
        let command = LeanCommand::resolve(&[], "/".as_ref());
        Configured::new((config, added.err()), named, None, command, "/".into())
    }

    #[tokio::test]
    async fn the_editor_chooses() {
        let users = "[search]\nbudget = '9s'\n[[remote]]\nurl = 'http://127.0.0.1:9/v1'";
        let mut configured = configured(users, &[]);
        let remote = |mode| Engine::Remote(Some(mode));
        let all = vec![Engine::Tactics, remote(Mode::Fast), remote(Mode::Reasoning)];
        assert_eq!(
            (configured.current().engines, configured.current().available),
            (all.clone(), all.clone())
        );
        assert!(!configured.current().consent.take_questions().is_empty());
        let chosen = json!({"search": {"engines": ["tactics"], "budget": "3s"}});
        configured.set(&chosen).expect("valid");
        assert_eq!(
            (configured.current().engines, configured.current().available),
            (vec![Engine::Tactics], all.clone())
        );
        assert!(configured.current().consent.take_questions().is_empty());
        assert_eq!(configured.current().search.limits.budget.as_secs(), 3);
        let wrong = json!({"search": {"engines": ["local"]}});
        let error = configured.set(&wrong).expect_err("no model").to_string();
        assert!(error.contains("`local` has no model"), "{error}");
        assert_eq!(configured.current().engines, [Engine::Tactics], "as it was");
        configured.set(&Value::Null).expect("valid");
        assert_eq!(configured.current().engines, all);
        assert_eq!(configured.current().search.limits.budget.as_secs(), 9);
    }

    #[tokio::test]
    async fn the_command_line_wins() {
        let mut configured = configured("", &[Engine::Tactics]);
        let other = json!({"search": {"engines": ["remote"]}});
        configured.set(&other).expect("valid");
        assert_eq!(configured.current().engines, [Engine::Tactics]);
    }

    #[tokio::test]
    async fn what_is_wrong_is_a_complaint() {
        let check = |users: &str, complaint: &str| {
            let mut configured = configured(users, &[]);
            let told = |configured: &Configured| {
                let complaint = configured.current().complaint;
                complaint.expect("a complaint")
            };
            assert!(
                told(&configured).contains(complaint),
                "{}",
                told(&configured)
            );
            let tactics = vec![Engine::Tactics];
            assert_eq!(
                (configured.current().engines, configured.current().available),
                (tactics.clone(), tactics)
            );
            // The editor's are taken all the same, and repair nothing in the files.
            let budget = json!({"search": {"budget": "3s"}});
            configured.set(&budget).expect("valid");
            assert_eq!(configured.current().search.limits.budget.as_secs(), 3);
            assert!(
                told(&configured).contains(complaint),
                "{}",
                told(&configured)
            );
            configured.begin_with(&json!({"search": {"engines": ["remote"]}}));
            assert!(
                told(&configured).contains("has no endpoint"),
                "{}",
                told(&configured)
            );
            configured.set(&budget).expect("valid");
            assert!(
                !told(&configured).contains("has no endpoint"),
                "{}",
                told(&configured)
            );
        };
        check("[serch]", "without this file");
        check(
            "[local]\nmodel = '/nowhere/a.gguf'",
            "with its tactics alone",
        );
    }
}
