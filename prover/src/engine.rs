//! The names of the provers.

use std::fmt;
use std::str::FromStr;

use crate::generation::Mode;
use serde::{Deserialize, Serialize};

/// A prover, as `[search] engines` and `--engine` name it. A model without a mode answers as its own
/// settings say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Engine {
    /// The portfolio of tactics.
    Tactics,
    /// The model in this process.
    Local(Option<Mode>),
    /// Models on other machines.
    Remote(Option<Mode>),
}

impl Engine {
    /// All of them.
    const ALL: [Engine; 7] = [
        Engine::Tactics,
        Engine::Local(None),
        Engine::Local(Some(Mode::Fast)),
        Engine::Local(Some(Mode::Reasoning)),
        Engine::Remote(None),
        Engine::Remote(Some(Mode::Fast)),
        Engine::Remote(Some(Mode::Reasoning)),
    ];

    /// The name that config, reports and the memory give it.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Tactics => "tactics",
            Engine::Local(None) => "local",
            Engine::Local(Some(Mode::Fast)) => "local-fast",
            Engine::Local(Some(Mode::Reasoning)) => "local-reasoning",
            Engine::Remote(None) => "remote",
            Engine::Remote(Some(Mode::Fast)) => "remote-fast",
            Engine::Remote(Some(Mode::Reasoning)) => "remote-reasoning",
        }
    }

    /// The form of a model's answers, if that is in the engine's name.
    pub fn mode(self) -> Option<Mode> {
        match self {
            Engine::Tactics => None,
            Engine::Local(mode) | Engine::Remote(mode) => mode,
        }
    }

    /// Whether it is the same prover, in whatever mode.
    pub fn is_like(self, other: Engine) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// Whether it sends text to other machines.
    pub fn is_remote(self) -> bool {
        matches!(self, Engine::Remote(_))
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<Engine> for &'static str {
    fn from(engine: Engine) -> &'static str {
        engine.name()
    }
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(name: &str) -> Result<Engine, String> {
        let mut all = Engine::ALL.into_iter();
        all.find(|engine| engine.name() == name).ok_or_else(|| {
            format!(
                "there is no engine `{name}`; there are `tactics`, `local` and `remote`, and the last two with `-fast` or `-reasoning` behind them"
            )
        })
    }
}

impl TryFrom<String> for Engine {
    type Error = String;

    fn try_from(name: String) -> Result<Engine, String> {
        name.parse()
    }
}
