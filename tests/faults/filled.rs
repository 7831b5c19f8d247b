//! Disks that are full, and no file left to open.

use std::path::Path;
use std::process::Command;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tempfile::TempDir;
use unsorry_tests::editor::{Editor, program};
use unsorry_tests::relay::{Ended, Relay, frame};

use crate::assistant::{easy, proves};
use crate::processes;

/// The number of runs in `cargo test`.
const RUNS: u64 = 4;

/// A number of open files that is enough for anything.
const MAX_OPEN_FILES: u64 = 60;

#[test]
fn filled() {
    crate::storm("filled", RUNS, 1, run);
}

fn run(seed: u64) -> u64 {
    match seed % 4 {
        0 => full_cache(seed),
        1 => full_log(),
        _ => no_files(seed),
    }
    0
}

/// A script around the program, whose words `$0` are its name and arguments.
fn script(words: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", words]).arg(program()).arg("serve");
    command
}

/// Whether a user may have a disk of their own here.
fn may_mount() -> bool {
    let mounts = "mount -t tmpfs none /mnt";
    let outcome = Command::new("unshare")
        .args(["-Urm", "sh", "-c", mounts])
        .output();
    outcome.is_ok_and(|output| output.status.success())
}

/// The cache is on a disk that is full, from the beginning or soon.
fn full_cache(seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let kilobytes = [4, 8, 16, 40, 64, 100][random.random_range(0..6)];
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("cache");
    std::fs::create_dir(&cache).expect("a folder");
    let server = match may_mount() {
        true => {
            let words = format!(
                "mount -t tmpfs -o size={kilobytes}k none '{}' && exec \"$0\" \"$@\"",
                cache.display()
            );
            let mut command = Command::new("unshare");
            command
                .args(["-Urm", "sh", "-c", &words])
                .arg(program())
                .arg("serve");
            command
        }
        // No file may be longer, which is an error and no signal.
        false => script(&format!(
            "trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"",
            2 * kilobytes
        )),
    };
    crate::announce(&format!("a cache of {kilobytes} kB"));
    works(server, folder, Some(&cache), seed);
}

/// The log is on a full disk.
fn full_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state/unsorry");
    std::fs::create_dir_all(&state).expect("a folder");
    std::os::unix::fs::symlink("/dev/full", state.join("unsorry.log")).expect("a link");
    works(script("exec \"$0\" \"$@\""), folder, None, 0);
}

/// A session in which a hole is proved, and from which nothing is left.
fn works(server: Command, folder: TempDir, cache: Option<&Path>, seed: u64) {
    let cache = cache.unwrap_or(Path::new("off"));
    let mut editor = Editor::with_server(server, folder.path(), cache);
    let uri = format!("file://{}/Main.lean", folder.path().display());
    editor.open(&uri, "");
    for n in seed..seed + 2 {
        editor.set(&uri, &easy(n));
        let at = editor.hole(&uri, 0);
        proves(&mut editor, &uri, &at);
        let words = editor.finished(1).remove(0);
        assert!(words.starts_with("proved with"), "{words}");
    }
    let started = processes::below(editor.pid());
    assert_eq!(editor.quit(), Some(0));
    processes::assert_gone(&started);
}

/// Lets so few files be open that unsorry can't start, or can't start a checker. As long as it could start
/// Lean, Lean is there.
fn no_files(seed: u64) {
    let mut random = StdRng::seed_from_u64(seed);
    let files = random.random_range(3..MAX_OPEN_FILES);
    crate::announce(&format!("{files} files"));
    let folder = tempfile::tempdir().expect("a folder");
    let said = folder.path().join("said");
    // A Lean that says all that it hears.
    let mut command = script(&format!("ulimit -n {files}; exec \"$0\" \"$@\""));
    command
        .args(["--", "sh", "-c", "echo $$ > \"$0\"; exec cat"])
        .arg(&said);
    let mut relay = Relay::run(command);
    let pid = relay.pid();
    let mut stdin = relay.take_stdin();
    let body = |n: u32| format!(r#"{{"jsonrpc":"2.0","method":"n","params":{n}}}"#);
    let all: Vec<u8> = (0..100).flat_map(|n| frame(body(n))).collect();
    let sent = std::io::Write::write_all(&mut stdin, &all).is_ok();
    let started = processes::below(pid);
    drop(stdin);
    let ended: Ended = relay.ended();
    if ended.status.code() == Some(0) {
        assert!(sent, "{files} files");
        assert!(ended.rest == all, "{files} files: {}", ended.rest.len());
        assert_eq!(ended.errors, "", "{files} files");
    } else {
        // It did not begin, and says why.
        assert_eq!(ended.rest, b"", "{files} files");
        let lines = ended.errors.lines().count();
        assert!(lines >= 1, "{files} files: {}", ended.errors);
        assert!(
            !ended.errors.contains("panicked"),
            "{files} files: {}",
            ended.errors
        );
    }
    processes::assert_gone(&started);
}
