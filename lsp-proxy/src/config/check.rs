//! `[check]`: how Lean checks candidates.

use std::time::Duration;

use unsorry_search::verify::Level;

use super::permission::keys;
use super::read;
use super::values::Config;

keys! {
    /// The keys of `[check]`.
    struct Keys of "check" for Config {
        #[serde(deserialize_with = "read::duration")]
        timeout: Duration => timeout, project: Free, editor: Free;
        #[serde(deserialize_with = "read::duration")]
        idle: Duration => idle, project: Free, editor: Forbidden,
            because "the checker is there before an editor says anything";
        // What the user asks of a proof others may only raise.
        level: Level => level, project: Raise, editor: Raise;
        replay: bool => replay, project: Raise, editor: Raise;
        contained: bool => container.contained, project: Forbidden, editor: Forbidden;
        #[serde(deserialize_with = "read::bytes")]
        memory: u64 => container.memory, project: Forbidden, editor: Forbidden;
    }
}
