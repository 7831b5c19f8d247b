//! The values that are configured, whoever said them.

use std::path::PathBuf;
use std::time::Duration;

use unsorry_model::remote::EndpointSettings;
use unsorry_prover::{Engine, PortfolioRow};
use unsorry_search::contain;
use unsorry_search::search::{Limits, Strategy};
use unsorry_search::verify::Level;

use super::cache::Cache;
use super::local::Local;

/// The settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The time for one hole.
    pub budget: Duration,
    /// The time for one text of candidates.
    pub timeout: Duration,
    /// The time after which the unused checker is ended.
    pub idle: Duration,
    /// The least that a proof must have passed.
    pub level: Level,
    /// Whether nothing is offered that has no referee's word: the same as the highest level.
    pub replay: bool,
    /// The limits of the container that Lean checks in.
    pub container: contain::ContainerConfig,
    /// The rows for the portfolio, before its own.
    pub tactics: Vec<PortfolioRow>,
    /// The most tokens that models write for one hole.
    pub tokens: Option<u64>,
    /// The most that one hole may cost, by the prices that are set.
    pub money: Option<f64>,
    /// The time that an engine is given before the next one is asked too.
    pub head_start: Duration,
    /// The most time for making a proof shorter.
    pub polish: Duration,
    /// Whether the contrary of a goal is tried beside it.
    pub refute: bool,
    /// The provers to ask, in this order; none where nobody has said.
    pub engines: Option<Vec<Engine>>,
    /// The model in this process.
    pub local: Local,
    /// The engines elsewhere.
    pub remote: Vec<EndpointSettings>,
    /// The memory of verified proofs.
    pub cache: Cache,
    /// The user's own file, whether it is there or not.
    pub users_file: Option<PathBuf>,
}

impl Config {
    /// The least that a proof must have passed, whichever key says so.
    pub fn least(&self) -> Level {
        match self.replay {
            true => Level::KernelReplayed,
            false => self.level,
        }
    }
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
            refute: Strategy::PROVE.refutes,
            timeout: limits.check,
            idle: Duration::from_secs(300),
            level: Level::LeanChecked,
            replay: false,
            container: contain::ContainerConfig::default(),
            tactics: Vec::new(),
            engines: None,
            local: Local::default(),
            remote: Vec::new(),
            cache: Cache::default(),
            users_file: None,
        }
    }
}
