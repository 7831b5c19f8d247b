//! The container of macOS: a profile for `sandbox-exec` that denies whatever it does not name.
//! It has been tried on no macOS yet.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::command::LeanCommand;

/// What every program needs: libraries of the system, its shell and tools, where programs are installed, and
/// itself. Links and modes of files may be looked at anywhere, or no path could be followed.
const SYSTEM: &str = r#"(version 1)
(deny default)
(allow process-exec process-fork)
(allow process-info* signal (target same-sandbox))
(allow sysctl-read)
(allow mach-lookup (global-name "com.apple.system.opendirectoryd.libinfo"))
(allow file-read-metadata)
(allow file-read* (literal "/"))
(allow file-read* (literal "/dev/null") (literal "/dev/zero") (literal "/dev/random") (literal "/dev/urandom"))
(allow file-write-data (literal "/dev/null"))
"#;

/// Folders of the system and of whoever installs programs for all users.
const FOLDERS: [&str; 10] = [
    "/System",
    "/usr",
    "/bin",
    "/sbin",
    "/opt",
    "/nix",
    "/Library/Apple",
    "/Library/Developer",
    "/private/etc",
    "/private/var/db",
];

/// Variables that name folders, each or many, in which Lean looks for what it needs.
const VARIABLES: [&str; 6] = [
    "ELAN_HOME",
    "LAKE_HOME",
    "LEAN_SYSROOT",
    "LEAN_PATH",
    "LEAN_SRC_PATH",
    "DYLD_LIBRARY_PATH",
];

/// The kinds of files that are data: nobody waits at them, and none is a terminal.
const DATA: &str =
    "(require-any (vnode-type REGULAR-FILE) (vnode-type DIRECTORY) (vnode-type SYMLINK))";

/// The arguments for `sandbox-exec` by which what follows may read `readable` and the system, and write to
/// `scratch` alone. All paths are without links, since the system compares them so.
pub(super) fn arguments(readable: &[PathBuf], scratch: Option<&Path>) -> Vec<OsString> {
    let mut profile = SYSTEM.to_owned();
    let mut arguments = Vec::new();
    let folders = FOLDERS.iter().map(Path::new);
    let readable = folders.chain(readable.iter().map(PathBuf::as_path));
    // A path is a parameter, so that none can be read as rules.
    let mut parameter = |name: &str, path: &Path| {
        let mut argument = OsString::from(format!("-D{name}="));
        argument.push(path);
        arguments.push(argument);
    };
    for (number, path) in readable.enumerate() {
        let name = format!("READ{number}");
        parameter(&name, path);
        profile +=
            &format!("(allow file-read* (require-all (subpath (param \"{name}\")) {DATA}))\n");
    }
    if let Some(scratch) = scratch {
        parameter("SCRATCH", scratch);
        profile += &format!(
            "(allow file-read* file-write* (require-all (subpath (param \"SCRATCH\")) {DATA}))\n"
        );
        profile += "(deny file-write-setugid)\n";
    }
    arguments.extend(["-p".into(), profile.into()]);
    arguments
}

/// The folders and files that `command` needs in `cwd`: its program and what is beside that, the project,
/// elan's toolchains, what the environment names, and what its arguments do.
pub(super) fn needs(
    command: &LeanCommand,
    cwd: &Path,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Vec<PathBuf> {
    let home = variable("HOME").map(PathBuf::from);
    let project = cwd
        .ancestors()
        .filter(|folder| LeanCommand::is_project(folder));
    let mut all = vec![project.last().unwrap_or(cwd).to_owned()];
    let path = variable("PATH").unwrap_or_default();
    let program = Path::new(&command.program);
    let places: Vec<PathBuf> = match program.components().count() {
        1 => std::env::split_paths(&path)
            .map(|folder| folder.join(program))
            .collect(),
        _ => vec![cwd.join(program)],
    };
    if let Some(found) = places.into_iter().find(|place| place.is_file()) {
        // `bin` is beside the libraries, both where its link is and where that leads.
        let real = found.canonicalize().ok();
        let beside = [Some(found), real].into_iter().flatten();
        let beside = beside.filter_map(|file| Some(file.parent()?.parent()?.to_owned()));
        // A program of the home or the root itself does not open all of that.
        all.extend(
            beside.filter(|folder| folder.parent().is_some() && Some(folder) != home.as_ref()),
        );
    }
    all.extend(home.iter().map(|home| home.join(".elan")));
    for name in VARIABLES {
        let value = variable(name).unwrap_or_default();
        all.extend(std::env::split_paths(&value).filter(|path| path.is_absolute()));
    }
    let arguments = command.args.iter().map(PathBuf::from);
    all.extend(arguments.filter(|path| path.is_absolute()));
    let mut real: Vec<PathBuf> = all
        .iter()
        .filter_map(|path| path.canonicalize().ok())
        .collect();
    real.sort();
    real.dedup();
    real
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(readable: &[&str], scratch: Option<&str>) -> (Vec<String>, String) {
        let readable: Vec<PathBuf> = readable.iter().map(PathBuf::from).collect();
        let all = arguments(&readable, scratch.map(Path::new));
        let mut all: Vec<String> = all
            .into_iter()
            .map(|one| one.into_string().expect("text"))
            .collect();
        let profile = all.pop().expect("a profile");
        assert_eq!(all.pop().as_deref(), Some("-p"));
        (all, profile)
    }

    #[test]
    fn what_is_allowed() {
        let odd = "/Users/a/x\") (allow default) (\"";
        let (parameters, profile) = profile(&["/Users/a/p", odd], Some("/private/tmp/s"));
        assert!(profile.starts_with("(version 1)\n(deny default)\n"));
        assert!(!profile.contains("(allow default)"), "{profile}");
        let has = |parameter: &str| parameters.iter().any(|one| one == parameter);
        assert!(has("-DREAD10=/Users/a/p") && has(&format!("-DREAD11={odd}")));
        assert!(has("-DSCRATCH=/private/tmp/s"));
        for name in ["READ10", "READ11", "SCRATCH"] {
            assert!(profile.contains(&format!("(param \"{name}\")")), "{name}");
        }
        // Each line is whole, and the only things written are nothing and what is in the folder.
        let count = |text: &str, c: char| text.chars().filter(|one| *one == c).count();
        for line in profile.lines() {
            assert_eq!(count(line, '('), count(line, ')'), "{line}");
            assert_eq!(count(line, '"') % 2, 0, "{line}");
        }
        let written: Vec<&str> = profile
            .lines()
            .filter(|line| line.contains("write"))
            .collect();
        assert_eq!(written.len(), 3, "{written:?}");
        for denied in ["network", "apple", "ipc", "iokit", "file-ioctl"] {
            assert!(!profile.contains(&format!("(allow {denied}")), "{denied}");
        }
    }

    #[test]
    fn without_a_folder_nothing_is_written() {
        let (_, profile) = profile(&[], None);
        let written: Vec<&str> = profile
            .lines()
            .filter(|line| line.contains("write"))
            .collect();
        assert_eq!(written, ["(allow file-write-data (literal \"/dev/null\"))"]);
    }

    #[test]
    fn what_lean_needs() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("there");
        for made in [
            "home/.elan",
            "home/bin",
            "tool/bin",
            "project/sub",
            "lib",
            "secret",
        ] {
            std::fs::create_dir_all(root.join(made)).expect("made");
        }
        for file in [
            "tool/bin/lean",
            "home/bin/own",
            "project/lakefile.toml",
            "A.olean",
        ] {
            std::fs::write(root.join(file), "").expect("written");
        }
        let check = |program: &str, argument: &str, expected: &[&str]| {
            let command = LeanCommand {
                program: program.into(),
                args: vec!["-o".into(), root.join(argument).into()],
            };
            let found = needs(&command, &root.join("project/sub"), |name| match name {
                "HOME" => Some(root.join("home").into()),
                "PATH" => std::env::join_paths([root.join("home/bin"), root.join("tool/bin")]).ok(),
                "LEAN_PATH" => std::env::join_paths([root.join("lib"), "relative".into()]).ok(),
                _ => None,
            });
            let mut expected: Vec<PathBuf> = expected.iter().map(|path| root.join(path)).collect();
            expected.sort();
            assert_eq!(found, expected, "{program}");
        };
        check(
            "lean",
            "A.olean",
            &["A.olean", "home/.elan", "lib", "project", "tool"],
        );
        // What is beside a program in the home is all that its owner has.
        check("own", "nowhere", &["home/.elan", "lib", "project"]);
        check(
            "no-such",
            "A.olean",
            &["A.olean", "home/.elan", "lib", "project"],
        );
    }
}
