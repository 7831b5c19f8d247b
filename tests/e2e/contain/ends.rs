//! How it ends, and what is left.

use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::process::Command;
use std::time::{Duration, Instant};

use unsorry_tests::editor::program;

use super::{Contained, PATIENCE, PLENTY, both, left, nothing_is_left, scratches};

#[test]
fn it_ends_with_whoever_started_it() {
    both(|folder, namespaces| {
        let script = "setsid sh -c 'sleep 1000 & setsid sleep 1000' & echo up; sleep 1000";
        let mut contained = Contained::start(folder, &["sh", "-c", script], PLENTY, namespaces);
        contained.is_up();
        assert!(left(folder) >= 3);
        drop(contained.lifeline.take());
        nothing_is_left(folder);
        contained.child.wait().expect("it has ended");
    });
}

#[test]
fn the_commands_end_is_passed_on() {
    both(|folder, namespaces| {
        let end = |script: &str| {
            let command = ["sh", "-c", script];
            Contained::start(folder, &command, PLENTY, namespaces)
                .end()
                .0
        };
        assert_eq!(end("exit 7"), Some(7));
        assert_eq!(end("setsid sleep 1000 & exit 3"), Some(3));
        if namespaces {
            // Without, no signal can be sent at all.
            assert_eq!(end("sh -c 'kill -9 $$'; exit $?"), Some(137));
        }
    });
}

/// A supervisor that is killed can remove nothing: the next one does, and nothing else.
#[test]
fn what_a_killed_supervisor_left_is_removed_by_the_next() {
    both(|folder, namespaces| {
        let script = "cd $TMPDIR && mkdir -p a/b && ln -s /tmp a/link && echo x > a/b/c && echo up && exec sleep 1000";
        let start = || {
            let command = ["sh", "-c", script];
            let mut contained = Contained::start(folder, &command, PLENTY, namespaces);
            contained.is_up();
            contained
        };
        let mut killed = start();
        let left_behind = scratches(folder);
        killed.child.kill().expect("killed");
        killed.child.wait().expect("it is gone");
        assert_eq!(scratches(folder), left_behind);
        let elsewhere = tempfile::tempdir().expect("a folder");
        std::fs::write(elsewhere.path().join("mine"), "").expect("written");
        let (link, own) = (
            folder.join("unsorry-contained-link"),
            folder.join("unsorry-of-a-user"),
        );
        std::os::unix::fs::symlink(elsewhere.path(), &link).expect("a link");
        std::fs::create_dir(&own).expect("a folder");
        let live = start();
        let begun = Instant::now();
        while left_behind[0].exists() {
            assert!(begun.elapsed() < PATIENCE, "it is still there");
            std::thread::sleep(Duration::from_millis(20));
        }
        let now = scratches(folder);
        let command = ["sh", "-c", "exit 5"];
        let (code, _) = Contained::start(folder, &command, PLENTY, namespaces).end();
        assert_eq!(code, Some(5));
        assert_eq!((scratches(folder).len(), now.len()), (3, 3));
        assert!(elsewhere.path().join("mine").exists());
        drop(live);
        std::fs::remove_file(link).expect("it is there");
        std::fs::remove_dir(own).expect("it is there");
    });
}

/// Whoever was started by a supervisor that is gone by then does nothing.
#[test]
fn without_a_supervisor_nothing_is_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let scratch = folder.path().display().to_string();
    let run = |stderr: OwnedFd| {
        let output = Command::new(program())
            .args(["contained-inside", "--scratch", &scratch])
            .args(["--memory", "1000000000", "--", "echo", "ran"])
            .env("XDG_STATE_HOME", folder.path())
            .stderr(stderr)
            .output()
            .expect("it starts");
        String::from_utf8(output.stdout).expect("text")
    };
    let (reader, writer) = std::io::pipe().expect("a pipe");
    assert_eq!(run(writer.into()), "ran\n");
    drop(reader);
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    assert_eq!(run(writer.into()), "");
}

#[test]
fn what_cannot_be_started_says_why() {
    both(|folder, namespaces| {
        let mut contained = Contained::start(folder, &["no-such-lean"], PLENTY, namespaces);
        assert_eq!(contained.child.wait().expect("it ends").code(), Some(2));
        let mut told = String::new();
        let mut lifeline = contained.lifeline.take().expect("it is open");
        lifeline.read_to_string(&mut told).expect("text");
        assert!(
            told.starts_with("unsorry: can't start `no-such-lean`: "),
            "{told}"
        );
        // The command's own words are not among them.
        let command = ["sh", "-c", "echo secret >&2; exit 2"];
        let mut contained = Contained::start(folder, &command, PLENTY, namespaces);
        contained.child.wait().expect("it ends");
        let mut lifeline = contained.lifeline.take().expect("it is open");
        let mut told = String::new();
        lifeline.read_to_string(&mut told).expect("text");
        assert_eq!(told, "");
    });
}
