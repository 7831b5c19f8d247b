//! The provers' names.

use std::str::FromStr;

use serde::Deserialize;

/// A prover, as `[search] engines` and `--engine` name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Engine {
    /// The portfolio of tactics.
    Tactics,
    /// A model in this process.
    Local,
    /// Models on other machines.
    Remote,
}

impl Engine {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Tactics => "tactics",
            Engine::Local => "local",
            Engine::Remote => "remote",
        }
    }
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(name: &str) -> Result<Engine, String> {
        match name {
            "tactics" => Ok(Engine::Tactics),
            "local" => Ok(Engine::Local),
            "remote" => Ok(Engine::Remote),
            _ => Err(format!(
                "there is no engine `{name}`; there are `tactics`, `local` and `remote`"
            )),
        }
    }
}

impl TryFrom<String> for Engine {
    type Error = String;

    fn try_from(name: String) -> Result<Engine, String> {
        name.parse()
    }
}
