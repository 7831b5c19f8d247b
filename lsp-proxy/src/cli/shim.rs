//! `unsorry shim`: a folder that puts us in front of Lean in editors that start `lake serve` themselves.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use crate::config;
use crate::shim::{MARKER, NAMES, file_of, in_folder, own_file};
use crate::terminal::{complain_lines, say, stdout_is_terminal};

/// The text of the folder's marker.
const ABOUT: &str = "This folder was made by `unsorry shim`. Ahead of others on the PATH of an editor, its `lake` and `lean`
put unsorry in front of Lean's language server; everything else they pass on to the real ones.
`unsorry shim --remove` with this folder's name removes it.
";

/// The arguments of `unsorry shim`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The folder [default: `unsorry/shim` among your data, as `~/.local/share`]
    folder: Option<PathBuf>,
    /// Removes the folder
    #[arg(long)]
    remove: bool,
}

/// Makes the folder and prints its name, or removes it.
///
/// # Errors
/// When it can't, or when something is there that is not ours.
pub fn shim(arguments: &Arguments) -> Result<ExitCode> {
    let folder = arguments.folder.clone().or_else(config::shim_folder);
    let folder = folder.context("there is no home folder: name the folder to make")?;
    let folder = std::path::absolute(&folder).context("this folder has no absolute name")?;
    if arguments.remove {
        remove(&folder).with_context(|| format!("can't remove {}", folder.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    make(&folder, &own_name()?).with_context(|| format!("can't make {}", folder.display()))?;
    say!("{}", folder.display());
    if stdout_is_terminal() {
        complain_lines(
            "\nPut this folder ahead of others on the PATH that your editor sees: in VS Code into `lean4.envPathExtensions`.\nIts `lake serve` and `lean --server` are then answered by unsorry in front of Lean; all else goes to the real ones.",
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// The name that leads to our own file also after an update: the one we were called by, where that is not
/// the file itself but a link to it.
fn own_name() -> Result<PathBuf> {
    let own = own_file()?;
    let called = PathBuf::from(std::env::args_os().next().unwrap_or_default());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = match called.components().count() {
        1 => std::env::split_paths(&path)
            .filter_map(|folder| in_folder(&folder, &called.to_string_lossy()))
            .collect(),
        _ => vec![std::path::absolute(&called).unwrap_or_default()],
    };
    let leads = |name: &PathBuf| name.canonicalize().is_ok_and(|file| file == own);
    Ok(names.into_iter().find(leads).unwrap_or(own))
}

/// Makes `folder` with our file `own` under each of the names. One that we have made is made anew.
fn make(folder: &Path, own: &Path) -> Result<()> {
    let marker = folder.join(MARKER);
    // All of the folder is passed over where the real programs are looked for.
    if !marker.is_file() {
        let mut entries = folder.read_dir().into_iter().flatten();
        ensure!(
            entries.next().is_none(),
            "there is something in it already: name a folder that is to be made"
        );
    }
    ensure!(
        std::env::join_paths([folder]).is_ok(),
        "no PATH can hold this name"
    );
    std::fs::create_dir_all(folder)?;
    std::fs::write(&marker, ABOUT)?;
    for file in NAMES.map(|name| file_of(folder, name)) {
        remove_file(&file)?;
        link(own, &file)?;
    }
    Ok(())
}

#[cfg(unix)]
fn link(own: &Path, file: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(own, file)
}

/// Links `file` to our own file, or copies it: symbolic links are not for every user there.
#[cfg(not(unix))]
fn link(own: &Path, file: &Path) -> std::io::Result<()> {
    std::fs::hard_link(own, file).or_else(|_| std::fs::copy(own, file).map(drop))
}

/// Removes what we have made, and the folder if nothing else is in it.
fn remove(folder: &Path) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let marker = folder.join(MARKER);
    ensure!(marker.is_file(), "`unsorry shim` has not made it");
    for file in NAMES.map(|name| file_of(folder, name)) {
        remove_file(&file)?;
    }
    remove_file(&marker)?;
    // Something else in it is not ours to remove.
    let _ = std::fs::remove_dir(folder);
    Ok(())
}

fn remove_file(file: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_anew_and_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = own_file().expect("a file");
        let shim = folder.path().join("a b/shim");
        for _ in 0..2 {
            make(&shim, &own).expect("made");
            for name in NAMES {
                assert!(file_of(&shim, name).is_file());
            }
        }
        std::fs::write(shim.join("mine"), "").expect("written");
        remove(&shim).expect("removed");
        let left: Vec<_> = shim.read_dir().expect("there").flatten().collect();
        assert_eq!(left.len(), 1, "what is not ours stays: {left:?}");
        assert!(remove(&shim).is_err(), "and is no shim any more");
        assert!(remove(&folder.path().join("none")).is_ok());
    }

    #[test]
    fn what_is_not_ours_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let lake = file_of(folder.path(), "lake");
        std::fs::write(&lake, "real").expect("written");
        let error = make(folder.path(), &lake).expect_err("refused").to_string();
        assert!(error.contains("something in it already"), "{error}");
        assert_eq!(std::fs::read_to_string(&lake).expect("there"), "real");
    }
}
