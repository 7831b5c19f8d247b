//! `unsorry serve`: the proxy on stdio.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use unsorry_search::command::LeanCommand;

use crate::config::Engine;
use crate::serve::{Startup, run};

/// The arguments of `unsorry serve`.
#[derive(Debug, Default, clap::Args)]
pub struct Arguments {
    /// Which provers to ask, in this order: `tactics`, `local`, `remote` [default: as configured]
    #[arg(long = "engine", value_name = "NAME", value_delimiter = ',')]
    engines: Vec<Engine>,
    /// The command that starts Lean's server [default: `lake serve --` in a Lake project, else `lean
    /// --server`]
    #[arg(last = true, value_name = "COMMAND")]
    lean: Vec<OsString>,
}

impl Arguments {
    /// The arguments to stand in front of this Lean, with the engines as configured.
    pub fn before(lean: Vec<OsString>) -> Arguments {
        Arguments {
            lean,
            ..Arguments::default()
        }
    }
}

/// Relays between the editor on stdio and the Lean that was given, or that fits the working directory.
///
/// # Errors
/// When Lean can't be started, or a person at a terminal would have to be the editor.
pub fn serve(arguments: &Arguments, config: Option<&Path>) -> Result<ExitCode> {
    if io::stdin().is_terminal() {
        bail!(
            "`serve` is for an editor to start, which then speaks to it on stdin and stdout; \
             https://github.com/unsorry/unsorry/blob/main/docs/editors.md says how. In a terminal there are `unsorry prove FILE` and `unsorry doctor`."
        );
    }
    let cwd = std::env::current_dir().context("there is no working directory")?;
    run(Startup {
        config: config.map(Path::to_owned),
        engines: arguments.engines.clone(),
        command: LeanCommand::resolve(&arguments.lean, &cwd),
        cwd,
    })
}
