//! The names of our commands.

use crate::proxy::route::COMMAND_PREFIX;

/// A command of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Proves the hole at `[uri, position]`.
    Prove,
    /// Proves every hole of `[uri]`.
    ProveAll,
    /// Stops every job of `[uri]`, or every one.
    Stop,
    /// Says how we stand; after a `[{since}]` when there is news.
    Status,
    /// Takes the editor's settings, `[settings]`, in place of those before.
    Settings,
}

const COMMANDS: [(&str, Command); 5] = [
    ("prove", Command::Prove),
    ("proveAll", Command::ProveAll),
    ("stop", Command::Stop),
    ("status", Command::Status),
    ("settings", Command::Settings),
];

/// The name under which a command is announced. It differs from process to process: VS Code refuses
/// a second client that announces the same one. The plain name, `unsorry.prove`, is obeyed as well.
pub fn announced(command: Command) -> String {
    let name = COMMANDS
        .iter()
        .find(|(_, c)| *c == command)
        .map_or("", |(name, _)| name);
    format!("{COMMAND_PREFIX}{name}.{}", std::process::id())
}

/// Returns all announced names.
pub fn command_names() -> Vec<String> {
    COMMANDS
        .iter()
        .map(|(_, command)| announced(*command))
        .collect()
}

/// Finds the command with this name, announced or plain.
///
/// # Errors
/// When there is none: the plain names of those that there are.
pub fn find(name: &str) -> Result<Command, Vec<String>> {
    let plain = name.strip_prefix(COMMAND_PREFIX).unwrap_or_default();
    let suffix = format!(".{}", std::process::id());
    let plain = plain.strip_suffix(&suffix).unwrap_or(plain);
    let found = COMMANDS.iter().find(|(known, _)| *known == plain);
    let found = found.map(|(_, command)| *command);
    found.ok_or_else(|| {
        let names = COMMANDS.map(|(name, _)| format!("{COMMAND_PREFIX}{name}"));
        names.to_vec()
    })
}
