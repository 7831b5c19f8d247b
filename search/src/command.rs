//! Which Lean to start.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result};

/// Options for a server that only we ask: answers come without the delay meant for a reader, and
/// no error is left out.
const CHECKER_OPTIONS: [&str; 2] = ["-Dserver.reportDelayMs=0", "-DmaxErrors=0"];

/// The files that make a folder a Lake project.
const LAKEFILES: [&str; 2] = ["lakefile.toml", "lakefile.lean"];

/// A program with its arguments that speaks Lean's language-server protocol on stdio.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeanCommand {
    /// The program, looked up on PATH.
    pub program: OsString,
    /// The arguments.
    pub args: Vec<OsString>,
}

impl LeanCommand {
    /// The command that the user gave, or else Lake's server inside a Lake project and Lean's own
    /// elsewhere, as Lean's editors do.
    pub fn resolve(given: &[OsString], cwd: &Path) -> LeanCommand {
        if let Some((program, args)) = given.split_first() {
            return LeanCommand {
                program: program.clone(),
                args: args.to_vec(),
            };
        }
        let in_project = cwd.ancestors().any(Self::is_project);
        let (program, args): (_, &[&str]) = if in_project {
            ("lake", &["serve", "--"])
        } else {
            ("lean", &["--server"])
        };
        LeanCommand {
            program: program.into(),
            args: args.iter().map(Into::into).collect(),
        }
    }

    /// Whether `dir` is the folder of a Lake project.
    pub fn is_project(dir: &Path) -> bool {
        LAKEFILES.iter().any(|name| dir.join(name).is_file())
    }

    /// The command that asks the program for its version.
    pub fn asking_version(&self) -> LeanCommand {
        let toolchain = self.args.first();
        let toolchain = toolchain.filter(|arg| arg.to_string_lossy().starts_with('+'));
        LeanCommand {
            program: self.program.clone(),
            args: toolchain
                .cloned()
                .into_iter()
                .chain(["--version".into()])
                .collect(),
        }
    }

    /// The command that `text` says, split as a shell splits words.
    ///
    /// # Errors
    /// When quotes are left open or nothing is there.
    pub fn parse(text: &str) -> Result<LeanCommand> {
        let words = shell_words::split(text)
            .with_context(|| format!("can't read the Lean command `{text}`"))?;
        let (program, args) = words.split_first().context("the Lean command is empty")?;
        Ok(LeanCommand {
            program: program.into(),
            args: args.iter().map(Into::into).collect(),
        })
    }

    /// The compiler of the same Lean, where that can be told from the server's command.
    pub fn compiler(&self) -> Option<LeanCommand> {
        let at = |word: &str| self.args.iter().position(|arg| arg == word);
        let mut compiler = self.clone();
        if let Some(at) = at("--server") {
            compiler.args.remove(at);
        } else {
            let at = at("serve")?;
            let of_lake = ["serve", "--"].map(OsString::from);
            compiler.args = self.args[..at].to_vec();
            compiler.args.extend(["env", "lean"].map(Into::into));
            let rest = self.args[at..].iter();
            compiler
                .args
                .extend(rest.filter(|arg| !of_lake.contains(arg)).cloned());
        }
        Some(compiler)
    }

    /// The command by which Lake tells how it has the file at `path` compiled; none where this is no Lake's.
    pub fn setup(&self, path: &Path) -> Option<LeanCommand> {
        let at = self.args.iter().position(|arg| arg == "serve")?;
        let mut setup = self.clone();
        setup.args.truncate(at);
        let asked = [
            "setup-file".into(),
            path.into(),
            "--no-build".into(),
            "--no-cache".into(),
        ];
        setup.args.extend::<[OsString; 4]>(asked);
        Some(setup)
    }

    /// Returns the command that starts this Lean for checking.
    pub fn for_checker(&self) -> LeanCommand {
        let mut command = self.clone();
        let has = |word: &str| self.args.iter().any(|arg| arg == word);
        if has("serve") && !has("--") {
            command.args.push("--".into());
        }
        command.args.extend(CHECKER_OPTIONS.iter().map(Into::into));
        command
    }
}

impl std::fmt::Display for LeanCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.program.to_string_lossy())?;
        self.args
            .iter()
            .try_for_each(|arg| write!(f, " {}", arg.to_string_lossy()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checkers_command() {
        let check = |given: &str, expected: &str| {
            assert_eq!(
                LeanCommand::parse(given)
                    .expect("a command")
                    .for_checker()
                    .to_string(),
                expected
            );
        };
        let options = CHECKER_OPTIONS.join(" ");
        check("lean --server", &format!("lean --server {options}"));
        check("lake serve", &format!("lake serve -- {options}"));
        check(
            "lake +nightly serve -- -Dx=1",
            &format!("lake +nightly serve -- -Dx=1 {options}"),
        );
        let check = |given: &str, expected: Option<&str>| {
            let command = LeanCommand::parse(given).expect("a command");
            let compiler = command.compiler().map(|compiler| compiler.to_string());
            assert_eq!(compiler.as_deref(), expected, "{given}");
        };
        check("lean --server", Some("lean"));
        check("lean +nightly --server -Dx=1", Some("lean +nightly -Dx=1"));
        check("lake serve", Some("lake env lean"));
        check(
            "lake +nightly -d a serve -- -Dx=1",
            Some("lake +nightly -d a env lean -Dx=1"),
        );
        check("my-lean", None);
        let setup = |given: &str| {
            let command = LeanCommand::parse(given).expect("a command");
            let setup = command.setup(Path::new("/x/A.lean"));
            setup.map(|setup| setup.to_string())
        };
        assert_eq!(setup("lean --server"), None);
        assert_eq!(
            setup("lake +nightly serve -- -Dx=1").as_deref(),
            Some("lake +nightly setup-file /x/A.lean --no-build --no-cache")
        );
        assert!(LeanCommand::parse("lean 'x").is_err());
        assert!(LeanCommand::parse(" ").is_err());
    }

    #[test]
    fn lake_in_a_lake_project() {
        let dir = tempfile::tempdir().expect("a folder");
        let inner = dir.path().join("a/b");
        std::fs::create_dir_all(&inner).expect("a folder");
        assert_eq!(
            LeanCommand::resolve(&[], &inner).to_string(),
            "lean --server"
        );
        std::fs::write(dir.path().join("lakefile.toml"), "").expect("a file");
        assert_eq!(
            LeanCommand::resolve(&[], &inner).to_string(),
            "lake serve --"
        );
        assert_eq!(
            LeanCommand::resolve(&["x".into(), "y".into()], &inner).to_string(),
            "x y"
        );
    }
}
