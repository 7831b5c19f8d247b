//! How it ends, and what is left.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use unsorry_search::command::LeanCommand;
use unsorry_search::contain::{self, ContainerConfig, Scratch};
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

/// A folder that is read from outside is removed by the last of both, its reader and its supervisor.
#[test]
fn the_last_one_removes_what_both_use() {
    let script = "echo x > $TMPDIR/mine; echo up; while read line; do cat $TMPDIR/mine; done";
    for reader_goes_first in [true, false] {
        let scratch = Scratch::new().expect("a folder");
        let path = scratch.path().to_owned();
        let limits = ContainerConfig {
            supervisor: program(),
            ..ContainerConfig::default()
        };
        let command = LeanCommand {
            program: "sh".into(),
            args: ["-c", script].map(Into::into).to_vec(),
        };
        let here = std::env::temp_dir();
        let prepared = contain::command(&command, &here, &limits, Some(&scratch));
        let (builder, container) = prepared.expect("prepared");
        let mut builder = builder.into_std();
        builder.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = builder.spawn().expect("it starts");
        drop(builder);
        let mut stdin = child.stdin.take().expect("a pipe");
        let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut lines = stdout.lines().map(|line| line.expect("text"));
        assert_eq!(lines.next().as_deref(), Some("up"));
        if reader_goes_first {
            drop(scratch);
            writeln!(stdin).expect("written");
            assert_eq!(lines.next().as_deref(), Some("x"));
            drop(container);
            child.wait().expect("it ends");
        } else {
            drop(stdin);
            child.wait().expect("it ends");
            let mine = std::fs::read_to_string(path.join("mine"));
            assert_eq!(mine.expect("it is there"), "x\n");
            drop(scratch);
        }
        assert!(!path.exists(), "{reader_goes_first}");
    }
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
