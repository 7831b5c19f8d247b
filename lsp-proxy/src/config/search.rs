//! `[search]`: what is spent on a hole, and who is asked for proofs.

use std::time::Duration;

use serde::de::{Deserialize, Deserializer, Error};
use unsorry_prover::Engine;

use super::permission::{Permission, Place, keys};
use super::read;
use super::values::Config;

keys! {
    /// The keys of `[search]`.
    struct Keys of "search" for Config {
        #[serde(deserialize_with = "read::duration")]
        budget: Duration => budget, project: Free, editor: Free;
        // What the user spends others may only lower.
        tokens: u64 => tokens, project: Lower, editor: Lower;
        #[serde(deserialize_with = "read::not_negative")]
        money: f64 => money, project: Lower, editor: Lower;
        #[serde(deserialize_with = "read::duration")]
        head_start: Duration => head_start, project: Free, editor: Free;
        #[serde(deserialize_with = "read::duration")]
        polish: Duration => polish, project: Free, editor: Free;
        refute: bool => refute, project: Free, editor: Free;
        engines: EngineList => engines, project: Free, editor: Free;
    }
}

/// The engines to ask, at least one.
#[derive(Debug)]
struct EngineList(Vec<Engine>);

impl<'de> Deserialize<'de> for EngineList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Vec::deserialize(deserializer)? {
            engines if engines.is_empty() => Err(D::Error::custom(
                "`search.engines` names no engine: leave it out for the default",
            )),
            engines => Ok(EngineList(engines)),
        }
    }
}

impl Place<EngineList> for Option<Vec<Engine>> {
    fn put(&mut self, EngineList(engines): EngineList, permission: Permission) {
        // Lists are neither more nor less than others.
        if permission == Permission::Free {
            *self = Some(engines);
        }
    }
}
