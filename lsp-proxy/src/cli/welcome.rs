//! `unsorry` alone: what it is, and what to type next.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

use crate::config::{Config, Engine};
use crate::engines;
use crate::shim::{LEAN_INSTALL, Real, own_file};
use crate::terminal::{say, say_lines};

/// Says what this is, what is here, and what to type.
pub fn welcome(given: Option<&Path>) -> ExitCode {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let own = own_file().ok();
    let lean = match Real::find("lean", &path, OsStr::new(""), own.as_deref()) {
        Ok(real) => format!("Lean is here: {}", real.program.display()),
        Err(_) => {
            format!("There is no Lean on PATH: {LEAN_INSTALL} says how to get it")
        }
    };
    let config = std::env::current_dir()
        .map_err(anyhow::Error::from)
        .and_then(|cwd| Config::load(given, &cwd));
    let engines = match config {
        Ok(config) => {
            let names = engines::names(&config);
            match names.as_slice() {
                [Engine::Tactics] => "Proofs come from a portfolio of tactics; a model finds more: `unsorry model list`".into(),
                names => format!("Proofs come from {}", engines::in_order(names)),
            }
        }
        Err(error) => format!("The settings have a mistake: {:#}", error),
    };
    say!(
        "unsorry {} proves each `sorry` of Lean 4 files, and offers only what Lean has accepted.",
        env!("CARGO_PKG_VERSION")
    );
    say!("");
    say!("  unsorry prove FILE      proves the holes of a file, here");
    say!("  unsorry serve           is what your editor starts in place of `lake serve`");
    say!("  unsorry doctor          says what works here, and what to do about what does not");
    say!("  unsorry help            has all commands");
    say!("");
    say!("{lean}.");
    say_lines(&format!("{}.", engines.trim_end()));
    ExitCode::SUCCESS
}
