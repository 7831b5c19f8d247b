//! Files and the network, closed by Landlock.

use std::path::{Path, PathBuf};

use anyhow::Result;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, Scope,
};

/// The version of Landlock that is asked for; an older kernel gives what it has.
const LANDLOCK: ABI = ABI::V9;

/// The devices that can be read.
const DEVICES: [&str; 4] = ["null", "full", "random", "urandom"];

/// Closes all files to writing but those in `scratch`, all devices but a few
/// to reading, TCP, and whatever else Landlock knows to close.
pub(super) fn restrict(scratch: &Path) -> Result<()> {
    let write = AccessFs::from_write(LANDLOCK);
    // Files, links and folders: nothing that somebody waits at.
    let special =
        AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::MakeFifo | AccessFs::MakeSock;
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(write | AccessFs::ReadFile)?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?;
    let inside = (write & !special) | AccessFs::ReadFile;
    rules = rules.add_rule(PathBeneath::new(PathFd::new(scratch)?, inside))?;
    rules = allow(rules, Path::new("/dev/null"), write_file())?;
    for device in DEVICES {
        rules = allow(rules, &Path::new("/dev").join(device), AccessFs::ReadFile)?;
    }
    for folder in readable()? {
        rules = allow(rules, &folder, AccessFs::ReadFile)?;
    }
    rules.restrict_self()?;
    Ok(())
}

fn write_file() -> BitFlags<AccessFs> {
    AccessFs::WriteFile | AccessFs::Truncate
}

/// Allows this at a path, where there is something.
fn allow(
    rules: RulesetCreated,
    path: &Path,
    access: impl Into<BitFlags<AccessFs>>,
) -> Result<RulesetCreated> {
    Ok(match PathFd::new(path) {
        Ok(place) => rules.add_rule(PathBeneath::new(place, access))?,
        Err(_) => rules,
    })
}

/// What is in the root folder, but for devices: rules can only allow.
fn readable() -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in Path::new("/").read_dir()? {
        let entry = entry?;
        if entry.file_name() != "dev" {
            all.push(entry.path());
        }
    }
    Ok(all)
}
