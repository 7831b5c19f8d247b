//! Settings: the user's `config.toml`, then a project's `.unsorry.toml`, each key of the later file
//! winning, then `UNSORRY_MODEL` and `UNSORRY_CACHE`. What a project may set is preference only: no
//! command, no endpoint, no file.

mod cache;
mod generation;
mod local;
mod remote;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use etcetera::BaseStrategy;
use serde::{Deserialize, Deserializer};
use unsorry_model::remote::Settings as Endpoint;
use unsorry_prover::PortfolioRow;

use unsorry_search::contain;
use unsorry_search::search::Limits;
use unsorry_search::verify::Level;

pub use cache::Cache;
pub use local::Local;
use remote::Remote;
pub use unsorry_prover::Engine;

/// A project's file, looked for in the working directory and above.
const PROJECT_FILE: &str = ".unsorry.toml";

/// All settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// For one hole.
    pub budget: Duration,
    /// For one text of candidates.
    pub timeout: Duration,
    /// After which the unused checker is ended.
    pub idle: Duration,
    /// The least that a proof must have passed.
    pub level: Level,
    /// Whether each proof is replayed in Lean's kernel.
    pub replay: bool,
    /// What holds Lean for checking.
    pub container: contain::Limits,
    /// Rows for the portfolio, before its own.
    pub tactics: Vec<PortfolioRow>,
    /// For one hole: most tokens that models write.
    pub tokens: Option<u64>,
    /// For one hole: the most it may cost, by the prices that are set.
    pub money: Option<f64>,
    /// How long an engine is given before the next one is asked too.
    pub head_start: Duration,
    /// How long a proof is made shorter, at the most.
    pub polish: Duration,
    /// Whether the contrary of a goal is tried beside it.
    pub refute: bool,
    /// Which provers to ask, in this order; none where nobody has said.
    pub engines: Option<Vec<Engine>>,
    /// The model in this process.
    pub local: Local,
    /// Engines elsewhere.
    pub remote: Vec<Endpoint>,
    /// The memory of verified proofs.
    pub cache: Cache,
    /// The user's own file, whether it is there or not.
    pub users_file: Option<PathBuf>,
}

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The user's own.
    User,
    /// A project's, which may come from anywhere.
    Project,
    /// What an editor sends, which may come from the project as well.
    Editor,
}

impl Default for Config {
    fn default() -> Self {
        let limits = Limits::default();
        Config {
            budget: limits.budget,
            tokens: limits.tokens,
            money: limits.money,
            head_start: limits.head_start,
            polish: limits.polish,
            refute: limits.refute,
            timeout: limits.check,
            idle: Duration::from_secs(300),
            level: Level::LeanChecked,
            replay: false,
            container: contain::Limits::default(),
            tactics: Vec::new(),
            engines: None,
            local: Local::default(),
            remote: Vec::new(),
            cache: Cache::default(),
            users_file: None,
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    search: Search,
    check: Check,
    local: Local,
    remote: Vec<Remote>,
    cache: cache::Keys,
    tactics: Vec<PortfolioRow>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Search {
    #[serde(deserialize_with = "duration")]
    budget: Option<Duration>,
    tokens: Option<u64>,
    #[serde(deserialize_with = "generation::not_negative")]
    money: Option<f64>,
    #[serde(deserialize_with = "duration")]
    head_start: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    polish: Option<Duration>,
    refute: Option<bool>,
    engines: Option<Vec<Engine>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Check {
    #[serde(deserialize_with = "duration")]
    timeout: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    idle: Option<Duration>,
    level: Option<Level>,
    replay: Option<bool>,
    contained: Option<bool>,
    #[serde(deserialize_with = "bytes")]
    memory: Option<u64>,
}

/// Reads `8GB` or `4GiB`.
fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let size = text.parse::<bytesize::ByteSize>().map_err(|error| {
        serde::de::Error::custom(format!(
            "`{text}` is no amount of memory such as `8GB`: {error}"
        ))
    })?;
    Ok(Some(size.as_u64()))
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text)
        .map(Some)
        .map_err(serde::de::Error::custom)
}

/// Reads `60s`, `2min`, `500ms`.
///
/// # Errors
/// When `text` is no duration.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    // Longer ones can't be added to a time.
    const LONGEST: Duration = Duration::from_secs(100 * 366 * 24 * 3600);
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("`{text}` is no duration such as `60s`: {error}"))?;
    match duration <= LONGEST {
        true => Ok(duration),
        false => Err(format!("`{text}` is longer than a lifetime")),
    }
}

impl Config {
    /// Reads the user's file (`given`, or the one in the user's config folder if it is there) and the
    /// project's.
    ///
    /// # Errors
    /// When a file can't be read or says what is not known: the message names file and key.
    pub fn load(given: Option<&Path>, cwd: &Path) -> Result<Config> {
        match Config::as_far_as_possible(given, cwd) {
            (config, None) => Ok(config),
            (_, Some(mistake)) => Err(mistake),
        }
    }

    /// The same without the files that have a mistake, for whoever has to go on, and the first mistake.
    pub fn as_far_as_possible(given: Option<&Path>, cwd: &Path) -> (Config, Option<anyhow::Error>) {
        let mut config = Config {
            users_file: given.map(Path::to_owned).or_else(users_file),
            ..Config::default()
        };
        let mut mistake = None;
        for (path, origin) in Config::files(given, cwd) {
            let mut with = config.clone();
            match with.add_file(&path, origin) {
                Ok(()) => config = with,
                Err(error) => mistake = mistake.or(Some(error)),
            }
        }
        config.add_environment();
        // What can't be read may say that nothing is to be kept.
        config.cache.enabled &= mistake.is_none();
        (config, mistake)
    }

    /// The files that there are to read, in this order: the user's, be it the `given` one or that of
    /// the config folder, and the project's.
    pub fn files(given: Option<&Path>, cwd: &Path) -> Vec<(PathBuf, Origin)> {
        let users = given.map(Path::to_owned).or_else(users_file);
        let users = users.filter(|path| given.is_some() || path.is_file());
        let projects = cwd
            .ancestors()
            .map(|dir| dir.join(PROJECT_FILE))
            .find(|path| path.is_file());
        let users = users.map(|path| (path, Origin::User));
        let projects = projects.map(|path| (path, Origin::Project));
        users.into_iter().chain(projects).collect()
    }

    /// Adds what the file at `path` says.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn add_file(&mut self, path: &Path, origin: Origin) -> Result<()> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("can't read {}", path.display()))?;
        let folder = path.parent().unwrap_or(Path::new("."));
        self.add(&text, origin, folder)
            .with_context(|| format!("in {}", path.display()))
    }

    /// Adds what an editor sends: the tables of a project's file, as JSON. What is null says nothing.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn add_editors(&mut self, settings: &serde_json::Value) -> Result<()> {
        let Some(settings) = said(settings) else {
            return Ok(());
        };
        let added = well_formed(&settings)
            .and_then(|()| Ok(toml::to_string(&settings)?))
            .and_then(|text| {
                let added = self.add(&text, Origin::Editor, Path::new("."));
                added.map_err(|error| on_its_line(error, &text))
            });
        added.context("in the settings from your editor")
    }

    /// Adds what the environment says, which wins over files.
    pub fn add_environment(&mut self) {
        let model = std::env::var_os("UNSORRY_MODEL").filter(|model| !model.is_empty());
        self.local.model = model.map(PathBuf::from).or(self.local.model.take());
        self.cache.add_environment();
    }

    /// Adds what the `text` of a file in `folder` says.
    ///
    /// # Errors
    /// When a key is unknown, a value makes no sense, or the key is not for this origin to set.
    pub fn add(&mut self, text: &str, origin: Origin, folder: &Path) -> Result<()> {
        let File {
            search,
            check,
            local,
            remote,
            cache,
            tactics,
        } = toml::from_str(text)?;
        if origin != Origin::User {
            local::check_project(text)?;
            ensure!(
                remote.is_empty(),
                "`remote` is not for a project or an editor to set, only for your own config.toml: a project must not be able to send your code anywhere"
            );
        }
        ensure!(
            origin == Origin::User || (check.contained.is_none() && check.memory.is_none()),
            "`check.contained` and `check.memory` are not for a project or an editor to set, only for your own config.toml"
        );
        if !remote.is_empty() {
            self.remote = remote::settings(&remote, folder)?;
        }
        ensure!(
            origin != Origin::Editor || check.idle.is_none(),
            "`check.idle` is for files to set: the checker is there before an editor says anything"
        );
        if let Some(engines) = search.engines {
            ensure!(
                !engines.is_empty(),
                "`search.engines` names no engine: leave it out for the default"
            );
            self.engines = Some(engines);
        }
        self.local.add(local, folder);
        self.cache.add(&cache, origin);
        let set = |place: &mut Duration, value: Option<Duration>| *place = value.unwrap_or(*place);
        set(&mut self.budget, search.budget);
        set(&mut self.head_start, search.head_start);
        set(&mut self.polish, search.polish);
        self.refute = search.refute.unwrap_or(self.refute);
        // What the user spends a project may only lower.
        let lower = origin != Origin::User;
        self.tokens = match (search.tokens, self.tokens) {
            (Some(new), Some(old)) if lower => Some(new.min(old)),
            (new, old) => new.or(old),
        };
        self.money = match (search.money, self.money) {
            (Some(new), Some(old)) if lower => Some(new.min(old)),
            (new, old) => new.or(old),
        };
        set(&mut self.timeout, check.timeout);
        set(&mut self.idle, check.idle);
        // What the user asks for a project may only raise.
        self.level = match check.level {
            Some(level) if lower => level.max(self.level),
            Some(level) => level,
            None => self.level,
        };
        self.replay = match check.replay {
            Some(replay) if lower => replay || self.replay,
            Some(replay) => replay,
            None => self.replay,
        };
        self.container.contained = check.contained.unwrap_or(self.container.contained);
        self.container.memory = check.memory.unwrap_or(self.container.memory);
        self.tactics.extend(tactics);
        Ok(())
    }
}

/// That settings are objects of objects, which is what tables of TOML are.
fn well_formed(settings: &serde_json::Value) -> Result<()> {
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

/// JSON without what is null, which TOML does not know.
fn said(value: &serde_json::Value) -> Option<serde_json::Value> {
    use serde_json::Value::{Null, Object};
    match value {
        Null => None,
        Object(members) => {
            let members = members.iter();
            let members = members.filter_map(|(key, value)| Some((key.clone(), said(value)?)));
            Some(Object(members.collect()))
        }
        value => Some(value.clone()),
    }
}

/// The user's own file, whether it is there or not.
pub fn users_file() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("unsorry").join("config.toml"))
}

/// Where models are, if nothing else is said.
pub fn models_folder() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.data_dir().join("unsorry").join("models"))
}

/// Where the model is that a configuration names: a mere name, be it a file's or that of one we know, is
/// looked up among the models that `unsorry model pull` gets, and never in the working directory, where
/// a cloned repository may have one of the same name.
pub fn model_path(named: &Path) -> PathBuf {
    let mere_name = named.as_os_str() == named.file_name().unwrap_or_default();
    let Some(folder) = models_folder().filter(|_| mere_name) else {
        return named.to_owned();
    };
    let known = unsorry_model::hub::KNOWN;
    let known = known.iter().find(|known| named == Path::new(known.name));
    folder.join(known.map_or(named, |known| Path::new(known.file)))
}

/// Where `unsorry shim` makes its folder, if nothing else is said.
pub fn shim_folder() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.data_dir().join("unsorry").join("shim"))
}

/// Where the log is.
pub fn log_file() -> Option<PathBuf> {
    Some(state_folder()?.join("unsorry.log"))
}

/// Where logs go, and what was said once and for all.
pub fn state_folder() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(
        base.state_dir()
            .unwrap_or_else(|| base.cache_dir())
            .join("unsorry"),
    )
}

/// What is wrong in a `text` that nobody has seen, so that the number of a line says nothing.
fn on_its_line(error: anyhow::Error, text: &str) -> anyhow::Error {
    let Some(wrong) = error.downcast_ref::<toml::de::Error>() else {
        return error;
    };
    let start = wrong.span().map_or(0, |span| span.start);
    let start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or_default();
    anyhow!("`{line}`: {}", wrong.message().trim_end())
}

/// Panics where a project's settings could do more than a project may; `text` need not be settings at all.
#[cfg(any(test, fuzzing))]
#[allow(clippy::missing_panics_doc)]
pub fn a_project_is_bounded(text: &str) {
    let mut config = Config::default();
    let before = config.clone();
    if config
        .add(text, Origin::Project, Path::new("/project"))
        .is_ok()
    {
        assert!(config.level >= before.level && config.replay >= before.replay);
        assert_eq!(config.container, before.container);
        assert!(config.remote.is_empty());
    }
    let _ = Config::default().add(text, Origin::User, Path::new("/home"));
    if let Ok(json) = serde_json::from_str(text) {
        let _ = Config::default().add_editors(&json);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    proptest! {
        #[test]
        fn whatever_a_project_says(
            lines in prop::collection::vec((
                prop::sample::select(vec![
                    "[check]", "[search]", "[engine.remote]", "[[engine.remote]]", "[engine.local]", "[cache]", "timeout",
                    "level", "replay", "contained", "memory", "budget", "engines", "tokens", "money", "url", "model", "max",
                ]),
                prop::sample::select(vec![
                    "", "= true", "= false", "= 0", "= -1", "= 1e400", "= 'never'", "= 'kernel-replayed'", "= 'lean-checked'",
                    "= ['remote', 'tactics']", "= 'http://127.0.0.1:1/v1'", "= '5s'", "= '99999999999999999999 years'", "= {}", "= \"",
                ]),
            ), 0..8),
        ) {
            let lines: Vec<String> = lines.into_iter().map(|(key, value)| format!("{key} {value}")).collect();
            a_project_is_bounded(&lines.join("\n"));
        }
    }

    #[test]
    fn later_files_win() {
        let mut config = Config::default();
        let mut add = |text: &str, origin| config.add(text, origin, Path::new("/")).expect("valid");
        add(
            "[search]\nbudget = '5s'\nengines = ['tactics']\n[check]\ntimeout = '1s 500ms'",
            Origin::User,
        );
        add(
            "[search]\nbudget = '2min'\nengines = ['local', 'tactics']",
            Origin::Project,
        );
        assert_eq!(config.budget, Duration::from_secs(120));
        assert_eq!(
            config.engines,
            Some(vec![Engine::Local(None), Engine::Tactics])
        );
        assert_eq!(config.timeout, Duration::from_millis(1500));
    }

    #[test]
    fn a_project_spends_no_more_than_the_user_would() {
        let mut config = Config::default();
        let mut add = |text: &str, origin| {
            config.add(text, origin, Path::new("/")).expect("valid");
            (config.tokens, config.money)
        };
        let users = "[search]\ntokens = 500\nmoney = 0.5";
        assert_eq!(add(users, Origin::User), (Some(500), Some(0.5)));
        let more = "[search]\ntokens = 9000\nmoney = 7";
        assert_eq!(add(more, Origin::Project), (Some(500), Some(0.5)));
        let less = "[search]\ntokens = 20\nmoney = 0.1";
        assert_eq!(add(less, Origin::Project), (Some(20), Some(0.1)));
    }

    #[test]
    fn an_editors_settings_are_preferences() {
        let mut config = Config::default();
        let mut add = |settings| config.add_editors(&settings).map_err(|e| format!("{e:#}"));
        assert_eq!(add(serde_json::Value::Null), Ok(()));
        assert_eq!(
            add(json!({"search": {"tokens": null}, "local": {}})),
            Ok(())
        );
        let settings = json!({"search": {"engines": ["tactics"], "budget": "5s"}, "cache": {"enabled": false}});
        assert_eq!(add(settings), Ok(()));
        let mut refused = |settings, part: &str| {
            let error = add(settings).expect_err("refused");
            assert!(error.contains(part) && error.contains("editor"), "{error}");
        };
        refused(
            json!({"search": {"budgt": "5s"}}),
            ": `budgt = \"5s\"`: unknown field `budgt`",
        );
        refused(
            json!({"search": {"refute": true, "budget": "soon"}}),
            ": `budget = \"soon\"`: `soon` is no duration such as `60s`",
        );
        refused(json!({"local": {"model": "/tmp/a.gguf"}}), "`local.model`");
        refused(json!({"remote": [{"url": "http://a/v1"}]}), "`remote`");
        refused(json!({"check": {"idle": "1s"}}), "`check.idle`");
        refused(json!(["search"]), "must be an object");
        refused(json!({"search": ["5s"]}), "`search` must be an object");
        refused(
            json!({"search": {"engines": [null]}}),
            "`search.engines` holds a null",
        );
        assert_eq!(config.budget, Duration::from_secs(5));
        assert_eq!(config.engines, Some(vec![Engine::Tactics]));
        assert!(!config.cache.enabled);
    }

    #[test]
    fn a_project_can_only_raise_the_level() {
        let mut config = Config::default();
        let mut level = |text: &str, origin| {
            config.add(text, origin, Path::new("/")).expect("valid");
            config.level
        };
        let (clean, checked) = (
            "[check]\nlevel = 'axioms-clean'",
            "[check]\nlevel = 'lean-checked'",
        );
        assert_eq!(level("", Origin::User), Level::LeanChecked);
        assert_eq!(level(clean, Origin::Project), Level::AxiomsClean);
        assert_eq!(level(checked, Origin::Editor), Level::AxiomsClean);
        assert_eq!(level(checked, Origin::User), Level::LeanChecked);
    }

    #[test]
    fn models_are_found_by_name() {
        let folder = models_folder().expect("a home");
        let check = |named: &str, expected: PathBuf| {
            assert_eq!(model_path(Path::new(named)), expected);
        };
        check("a.gguf", folder.join("a.gguf"));
        check(
            "prover-v2-7b-q8",
            folder.join("DeepSeek-Prover-V2-7B-Q8_0.gguf"),
        );
        check("./a.gguf", "./a.gguf".into());
        check("/models/a.gguf", "/models/a.gguf".into());
        // There is one in this package's folder.
        check("Cargo.toml", folder.join("Cargo.toml"));
    }

    #[test]
    fn mistakes_are_named() {
        let check = |text: &str, part: &str| {
            let added = Config::default().add(text, Origin::Project, Path::new("/"));
            let error = format!("{:#}", added.expect_err("invalid"));
            assert!(error.contains(part), "{error}");
        };
        check("[serch]\nbudget = '5s'", "serch");
        check("[search]\nbudgt = '5s'", "budgt");
        check("[search]\nbudget = 'soon'", "soon");
        check("[search]\nbudget = 5", "budget");
        check(
            "[search]\nbudget = '292277026596y'",
            "longer than a lifetime",
        );
        check("[remote]\nurl = 'http://example.org'", "remote");
        check("[search]\nengines = ['tactic']", "no engine `tactic`");
        check("[search]\nengines = []", "search.engines");
        check("[local]\nmodle = 'a.gguf'", "modle");
        check("[local]\nmodel = 'a.gguf'", "`local.model`");
        check("[check]\ncontained = false", "`check.contained`");
        check("[check]\nmemory = '1GB'", "`check.memory`");
        check("[check]\nmemory = 'much'", "much");
    }
}
