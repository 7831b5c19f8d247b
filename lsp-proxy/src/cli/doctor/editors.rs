//! The program and the shims that editors find.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::line::{Line, bad, good, plain, warning};
use crate::config;
use crate::shim::{MARKER, NAMES, file_of, in_folder, own_file};

/// Says whether editors find `unsorry`, and what there is for those that start `lake serve` themselves.
pub(super) fn editors() -> Vec<Line> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut lines = vec![named(&path, own_file().ok().as_deref())];
    lines.extend(before_lake(&path));
    if let Some(folder) = config::shim_folder() {
        lines.push(shim(&folder));
    }
    lines
}

fn on_path(path: &OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path).find_map(|folder| in_folder(&folder, name))
}

fn named(path: &OsStr, own: Option<&Path>) -> Line {
    match on_path(path, "unsorry") {
        Some(file) if own.is_some() && file.canonicalize().ok().as_deref() != own => warning(
            format!("`unsorry` on PATH is another one: {}", file.display()),
        ),
        Some(file) => good(format!("`unsorry` on PATH is {}", file.display())),
        None => warning(
            "`unsorry` is not on PATH: editors need its whole name, or `cargo install --path lsp-proxy`",
        ),
    }
}

/// Says that `lake` is us, for whoever sees this PATH.
fn before_lake(path: &OsStr) -> Option<Line> {
    let lake = on_path(path, "lake")?;
    let folder = lake.parent()?;
    let ours = folder.join(MARKER).is_file();
    ours.then(|| {
        good(format!(
            "`lake` on PATH is the shim in {}",
            folder.display()
        ))
    })
}

/// Says how it is with the folder that `unsorry shim` makes.
fn shim(folder: &Path) -> Line {
    let shown = folder.display();
    if !folder.join(MARKER).is_file() {
        return plain(
            "no shim; `unsorry shim` makes one, for editors that start `lake serve` themselves",
        );
    }
    match NAMES.iter().find(|name| !file_of(folder, name).is_file()) {
        None => good(format!("there is a shim in {shown}")),
        Some(name) => bad(format!(
            "the shim in {shown} is broken, its `{name}` leads nowhere: `unsorry shim` mends it"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::line::Mark;

    #[test]
    fn shims() {
        let folder = tempfile::tempdir().expect("a folder");
        let check = |expected: Mark| assert_eq!(shim(folder.path()).0, expected);
        let write = |name: &str| std::fs::write(folder.path().join(name), "").expect("written");
        check(Mark::Plain);
        write(MARKER);
        check(Mark::Bad);
        for name in NAMES {
            program(&file_of(folder.path(), name));
        }
        check(Mark::Good);
        let path = folder.path().as_os_str();
        assert!(before_lake(path).is_some_and(|line| line.0 == Mark::Good));
        assert_eq!(named(path, None).0, Mark::Warning);
        let own = file_of(folder.path(), "unsorry");
        program(&own);
        let real = own.canonicalize().expect("there");
        assert_eq!(named(path, Some(&real)).0, Mark::Good);
        assert_eq!(named(path, Some(Path::new("/other"))).0, Mark::Warning);
    }

    fn program(file: &Path) {
        std::fs::write(file, "").expect("written");
        #[cfg(unix)]
        {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
            std::fs::set_permissions(file, mode).expect("set");
        }
    }
}
