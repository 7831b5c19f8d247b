//! The program under the names `lake` and `lean`, in a folder ahead on an editor's PATH: where the real
//! one would be asked to be a language server, we stand in front of it; for everything else it takes our
//! place. See `unsorry shim`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

/// The names that editors call.
pub const NAMES: [&str; 2] = ["lake", "lean"];

/// A file that is in every folder that `unsorry shim` makes, and says what that is.
pub const MARKER: &str = "unsorry-shim.txt";

/// The variable in the environment of what we start, with the programs that were started so, one in the other: a shim steps
/// aside there, or we would stand in front of ourselves; and does not start one again and again that leads
/// back to it, as a script would that calls `lake` by its name.
pub const INSIDE: &str = "UNSORRY_INSIDE";

/// The page that says how to get Lean.
pub const LEAN_INSTALL: &str = "https://lean-lang.org/install";

/// The most times that a program may be in [`INSIDE`].
const MAX_TURNS: usize = 3;

/// Returns which of the [`NAMES`] the program was called by.
pub fn called_as(program: &OsStr) -> Option<&'static str> {
    let stem = Path::new(program).file_stem()?.to_str()?;
    NAMES.into_iter().find(|name| match cfg!(windows) {
        true => stem.eq_ignore_ascii_case(name),
        false => stem == *name,
    })
}

/// Returns whether these arguments start a language server: `lake [+toolchain] serve …`,
/// `lean [+toolchain] --server …`.
pub fn starts_server(name: &str, args: &[OsString]) -> bool {
    let is_toolchain = |arg: &&OsString| arg.to_string_lossy().starts_with('+');
    let first = args.iter().find(|arg| !is_toolchain(arg));
    match name {
        "lake" => first.is_some_and(|arg| arg == "serve"),
        _ => first.is_some_and(|arg| arg == "--server"),
    }
}

/// The real program, and a PATH on which nobody finds us again.
#[derive(Debug, PartialEq, Eq)]
pub struct Real {
    /// The program's file.
    pub program: PathBuf,
    /// The PATH that its children see.
    pub path: OsString,
    /// The [`INSIDE`] that its children see.
    pub inside: OsString,
}

impl Real {
    /// Looks `name` up on `path` without the folders that `unsorry shim` has made, and without `own`,
    /// our own file, whatever it is called there; and without what was started too often `inside`.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(name: &str, path: &OsStr, inside: &OsStr, own: Option<&Path>) -> Result<Real> {
        let folders = std::env::split_paths(path);
        let folders: Vec<PathBuf> = folders
            .filter(|folder| !folder.join(MARKER).is_file())
            .collect();
        let mut started: Vec<PathBuf> = match inside.is_empty() {
            true => Vec::new(),
            false => std::env::split_paths(inside).collect(),
        };
        let is_own = |file: &Path| own.is_some() && file.canonicalize().ok().as_deref() == own;
        let turns = |file: &Path| started.iter().filter(|one| *one == file).count();
        let mut found = folders.iter().filter_map(|folder| in_folder(folder, name));
        let Some(program) = found.find(|file| !is_own(file) && turns(file) < MAX_TURNS) else {
            bail!(
                "there is no `{name}` on PATH that unsorry could stand in front of: is Lean installed? See {LEAN_INSTALL}"
            )
        };
        started.push(program.clone());
        Ok(Real {
            program,
            path: std::env::join_paths(&folders)?,
            inside: std::env::join_paths(&started)?,
        })
    }

    /// Becomes the real program, with `args`. Comes back only where a process can't become another one
    /// and so waits for it.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn run(&self, args: &[OsString]) -> Result<ExitCode> {
        let mut command = Command::new(&self.program);
        command
            .args(args)
            .env("PATH", &self.path)
            .env(INSIDE, &self.inside);
        become_it(&mut command).with_context(|| format!("can't start {}", self.program.display()))
    }
}

/// Returns our own file, through whatever link we were called.
///
/// # Errors
/// When the system can't say.
pub fn own_file() -> Result<PathBuf> {
    let own = std::env::current_exe().and_then(|own| own.canonicalize());
    own.context("can't tell where this program is")
}

/// Returns the file of the program of this name in `folder`.
pub fn file_of(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Looks up the program of this name in a folder of PATH, where an empty name is the working directory's.
pub fn in_folder(folder: &Path, name: &str) -> Option<PathBuf> {
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let file = file_of(folder, name);
    is_program(&file)
        .then(|| std::path::absolute(file).ok())
        .flatten()
}

#[cfg(unix)]
fn become_it(command: &mut Command) -> std::io::Result<ExitCode> {
    Err(std::os::unix::process::CommandExt::exec(command))
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> std::io::Result<ExitCode> {
    // Codes are larger there than [`ExitCode`] can tell.
    std::process::exit(command.status()?.code().unwrap_or(1))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file)
        .is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |program: &str, expected: Option<&str>| {
            assert_eq!(called_as(OsStr::new(program)), expected, "{program}");
        };
        check("lake", Some("lake"));
        check("/shim/lean", Some("lean"));
        check("/shim/lake.exe", Some("lake"));
        check("/lake/unsorry", None);
        check("leanchecker", None);
        check("", None);
    }

    #[test]
    fn what_starts_a_server() {
        let check = |line: &str, expected: bool| {
            let mut words = line.split(' ').map(OsString::from);
            let name = words.next().expect("a name");
            let args: Vec<OsString> = words.collect();
            let starts = starts_server(&name.to_string_lossy(), &args);
            assert_eq!(starts, expected, "{line}");
        };
        check("lake serve", true);
        check("lake serve -- /home/me/project -Dx=1", true);
        check("lake +leanprover/lean4:v4.28.0 serve --", true);
        check("lean --server", true);
        check("lean +nightly --server /home/me", true);
        check("lake build", false);
        check("lake +nightly build serve", false);
        check("lake --version", false);
        check("lake setup-file Serve.lean serve", false);
        check("lean --version", false);
        check("lean serve", false);
        check("lean Main.lean --server", false);
        check("lake +nightly", false);
    }

    #[cfg(unix)]
    #[test]
    fn the_real_one() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let write = |name: &str, mode: u32| {
            std::fs::create_dir_all(at(name).parent().expect("a folder")).expect("made");
            std::fs::write(at(name), "").expect("written");
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(at(name), mode).expect("set");
        };
        write("own/unsorry", 0o755);
        write("other/lake", 0o755);
        write("other/unsorry-shim.txt", 0o644);
        write("text/lake", 0o644);
        write("elan/lake", 0o755);
        std::fs::create_dir_all(at("byhand")).expect("made");
        symlink(at("own/unsorry"), at("byhand/lake")).expect("linked");
        let own = at("own/unsorry").canonicalize().expect("there");
        let find = |folders: &[&str]| {
            let path = std::env::join_paths(folders.iter().map(|name| at(name))).expect("a PATH");
            Real::find("lake", &path, OsStr::new(""), Some(&own)).ok()
        };
        let check = |folders: &[&str], program: &str, rest: &[&str]| {
            let path = std::env::join_paths(rest.iter().map(|name| at(name))).expect("a PATH");
            let program = at(program);
            let inside = program.clone().into();
            let real = Real {
                program,
                path,
                inside,
            };
            assert_eq!(find(folders), Some(real));
        };
        check(&["elan"], "elan/lake", &["elan"]);
        check(
            &["other", "byhand", "text", "none", "elan"],
            "elan/lake",
            &["byhand", "text", "none", "elan"],
        );
        assert_eq!(find(&["other", "byhand", "text"]), None);
        let turns = |many: usize| {
            let inside = std::env::join_paths(vec![at("elan/lake"); many]).expect("names");
            let path = at("elan").into_os_string();
            Real::find("lake", &path, &inside, Some(&own)).is_ok()
        };
        assert!(turns(2) && !turns(3));
    }
}
