//! `unsorry shim`: under every question that Lean's VS Code extension asks of the programs it finds, and
//! with elan's way of naming a toolchain.
#![cfg(unix)]

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use unsorry_tests::editor::{Editor, program};

/// A folder made by `unsorry shim`, and a home of its own for what it starts.
struct Shim {
    home: tempfile::TempDir,
    folder: PathBuf,
}

impl Shim {
    fn make() -> Shim {
        let home = tempfile::tempdir().expect("a folder");
        let made = Command::new(program())
            .args(["shim".as_ref(), home.path().join("the shim").as_os_str()])
            .env("XDG_STATE_HOME", home.path().join("state"))
            .output()
            .expect("it starts");
        let stdout = String::from_utf8(made.stdout).expect("text");
        let folder = PathBuf::from(stdout.strip_suffix('\n').expect("one line"));
        assert!(folder.is_absolute() && made.stderr.is_empty(), "{stdout}");
        Shim { home, folder }
    }

    /// A PATH with the shim ahead of `others`, twice: as where an editor puts it before a PATH that has
    /// it already.
    fn path(&self, others: &[&Path]) -> OsString {
        let folders = [&*self.folder, &*self.folder].into_iter();
        std::env::join_paths(folders.chain(others.iter().copied())).expect("a PATH")
    }

    /// Asks the way an extension does: by name, with the PATH it has put together.
    fn ask(&self, others: &[&Path], words: &[&str]) -> Output {
        Command::new("/usr/bin/env")
            .args(words)
            .current_dir(&self.home)
            .env("PATH", self.path(others))
            .env("XDG_STATE_HOME", self.home.path().join("state"))
            .stdin(Stdio::null())
            .output()
            .expect("it starts")
    }
}

/// The folder of the Lean that the tests use.
fn real_lean() -> PathBuf {
    let path = std::env::var_os("PATH").expect("a PATH");
    let mut folders = std::env::split_paths(&path);
    folders
        .find(|folder| folder.join("lean").is_file() && folder.join("lake").is_file())
        .expect("a Lean on PATH")
}

/// A program that tells what it was given, as elan would have to see it.
fn teller(folder: &Path, name: &str) {
    std::fs::create_dir_all(folder).expect("made");
    let file = folder.join(name);
    let script = format!(
        "#!/bin/sh\necho {name}\nfor a in \"$@\"; do echo \"<$a>\"; done\necho \"$PATH\"\n/bin/cat\necho told >&2\nexit 7\n"
    );
    std::fs::write(&file, script).expect("written");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).expect("set");
}

#[test]
fn probes_get_the_real_answers() {
    let shim = Shim::make();
    let lean = real_lean();
    // Whether elan is here or not, it is asked as well.
    let elan = shim.home.path().join("elan");
    teller(&elan, "elan");
    std::fs::write(elan.join("elan"), "#!/bin/sh\necho elan \"$@\"\n").expect("written");
    // `node` and a shell may be what the real ones need.
    let path = std::env::var_os("PATH").expect("a PATH");
    let mut others: Vec<PathBuf> = vec![lean, elan];
    others.extend(std::env::split_paths(&path));
    let others: Vec<&Path> = others.iter().map(PathBuf::as_path).collect();
    let without = |words: &[&str]| {
        let output = Command::new("/usr/bin/env")
            .args(words)
            .current_dir(&shim.home)
            .env("PATH", std::env::join_paths(&others).expect("a PATH"))
            .stdin(Stdio::null())
            .output();
        output.expect("it starts")
    };
    for words in [
        &["lean", "--version"][..],
        &["lake", "--version"],
        &["lean", "--help"],
        &["lake", "build"],
        &["elan", "--version"],
        &["elan", "dump-state", "--no-net"],
    ] {
        let (ours, real) = (shim.ask(&others, words), without(words));
        assert_eq!(ours, real, "{words:?}");
    }
    let version = shim.ask(&others, &["lean", "--version"]);
    assert!(String::from_utf8_lossy(&version.stdout).contains("Lean (version"));
}

#[test]
fn all_but_a_server_passes_whole() {
    let shim = Shim::make();
    let elan = shim.home.path().join("elan");
    teller(&elan, "lake");
    teller(&elan, "lean");
    for words in [
        &["lake", "+leanprover/lean4:v4.28.0", "build", "a b", "", "ü"][..],
        &["lake", "env", "lean", "--server"],
        &["lake", "setup-file", "Main.lean", "-"],
        &["lean", "+nightly", "--print-prefix"],
        &["lean", "Main.lean", "--server"],
    ] {
        let output = shim.ask(&[&elan], words);
        let args: String = words[1..].iter().map(|a| format!("<{a}>\n")).collect();
        // Its children find the real ones.
        let expected = format!("{}\n{args}{}\n", words[0], elan.display());
        assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "told\n");
        assert_eq!(output.status.code(), Some(7));
    }
}

#[test]
fn a_server_gets_the_toolchain_and_the_arguments() {
    let shim = Shim::make();
    let elan = shim.home.path().join("elan");
    teller(&elan, "lake");
    teller(&elan, "lean");
    for words in [
        &["lake", "+leanprover/lean4:v4.28.0", "serve", "--", "/a b"][..],
        &["lake", "serve", "--", "-DmaxErrors=3"],
        &["lean", "+nightly", "--server", "/a b"],
        &["lean", "--server"],
    ] {
        let output = shim.ask(&[&elan], words);
        // What is no message is copied, so the teller's words come through; and its code.
        let stdout = String::from_utf8_lossy(&output.stdout);
        let args: String = words[1..].iter().map(|a| format!("<{a}>\n")).collect();
        assert!(
            stdout.starts_with(&format!("{}\n{args}", words[0])),
            "{stdout}"
        );
        assert_eq!(output.status.code(), Some(7), "{words:?}");
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "told\n",
            "Lean's own words"
        );
    }
}

#[test]
fn no_loop_where_there_is_no_lean() {
    let shim = Shim::make();
    for words in [
        &["lake", "serve"][..],
        &["lake", "build"],
        &["lean", "--version"],
    ] {
        let output = shim.ask(&[], words);
        assert_eq!(output.status.code(), Some(127));
        let stderr = String::from_utf8_lossy(&output.stderr);
        let says = format!("unsorry: there is no `{}` on PATH", words[0]);
        assert!(
            stderr.starts_with(&says) && stderr.lines().count() == 1,
            "{stderr}"
        );
    }
}

/// An editor that starts us, on a PATH that has the shim as well.
#[test]
fn nobody_stands_in_front_of_us() {
    let shim = Shim::make();
    let path = std::env::var_os("PATH").expect("a PATH");
    let others: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let others: Vec<&Path> = others.iter().map(PathBuf::as_path).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let mut serve = Command::new(program());
    serve
        .args(["serve", "--", "lake", "serve", "--"])
        .env("PATH", shim.path(&others));
    let mut editor = Editor::with_server(serve, folder.path(), Path::new("off"));
    let uri = "file:///no/such/folder/Once.lean";
    editor.open(uri, "theorem t (n : Nat) : n + 0 = n := by\n  sorry\n");
    editor.problems(uri);
    let hole = editor.hole(uri, 0);
    let titles = editor.titles(uri, &hole);
    let offers = titles.iter().filter(|title| *title == "Prove this sorry");
    assert_eq!(offers.count(), 1, "{titles:?}");
    editor.quit();
}

/// The whole way: an editor starts `lake serve` by its name, and a hole is proved.
#[test]
fn an_editor_that_starts_lake() {
    let shim = Shim::make();
    let folder = tempfile::tempdir().expect("a folder");
    let path = std::env::var_os("PATH").expect("a PATH");
    let others: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let others: Vec<&Path> = others.iter().map(PathBuf::as_path).collect();
    let mut lake = Command::new("/usr/bin/env");
    lake.args(["lake", "serve", "--"])
        .arg(folder.path())
        .env("PATH", shim.path(&others));
    let mut editor = Editor::with_server(lake, folder.path(), Path::new("off"));
    let uri = format!("file://{}/Main.lean", folder.path().display());
    editor.open(&uri, "example (a b : Nat) : a + b = b + a := by\n  sorry\n");
    editor.problems(&uri);
    let words = editor.prove(&uri, 0);
    assert!(words.starts_with("proved with"), "{words}");
    assert_eq!(editor.problems(&uri), [""; 0]);
}

/// A script ahead on PATH that calls `lake` by its name, as some people have one.
#[test]
fn no_loop_through_a_script() {
    let shim = Shim::make();
    let (own, real) = (shim.home.path().join("own"), shim.home.path().join("real"));
    teller(&real, "lake");
    let wrapper = |exec: &str| {
        teller(&own, "lake");
        let script = format!(
            "#!/bin/sh\n{exec} '{}/lake' \"$@\"\n",
            shim.folder.display()
        );
        std::fs::write(own.join("lake"), script).expect("written");
    };
    for exec in ["exec", ""] {
        wrapper(exec);
        for words in [&["lake", "build"][..], &["lake", "serve"]] {
            let output = shim.ask(&[&own, &real], words);
            let stdout = String::from_utf8_lossy(&output.stdout);
            let args: String = words[1..].iter().map(|a| format!("<{a}>\n")).collect();
            assert!(stdout.starts_with(&format!("lake\n{args}")), "{stdout}");
            assert_eq!(output.status.code(), Some(7), "{words:?}");
        }
    }
}
