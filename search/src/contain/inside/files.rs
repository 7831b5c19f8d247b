//! Files and the network, closed by Landlock.

use std::path::Path;

use anyhow::Result;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, Scope,
};

/// The version of Landlock that is asked for; an older kernel gives what it has.
const LANDLOCK: ABI = ABI::V9;

/// Closes all files to writing but those in `scratch`, TCP, and whatever else Landlock knows to close.
pub(super) fn write_only_to(scratch: &Path) -> Result<()> {
    let write = AccessFs::from_write(LANDLOCK);
    let into = |path: &Path, access| anyhow::Ok(PathBeneath::new(PathFd::new(path)?, access));
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(write)?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(Scope::from_all(LANDLOCK))?
        .create()?
        .add_rule(into(scratch, write)?)?
        .add_rule(into(
            Path::new("/dev/null"),
            AccessFs::WriteFile | AccessFs::Truncate,
        )?)?
        .restrict_self()?;
    Ok(())
}
