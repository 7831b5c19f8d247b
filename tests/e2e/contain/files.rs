//! What can be opened, read and written.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::fs::FlockOperation;

use super::{Contained, PLENTY, both};

/// Nobody waits for what is opened.
const O_NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;

#[test]
fn it_writes_to_its_scratch_only() {
    both(|folder, namespaces| {
        std::fs::write(folder.join("mine"), "mine").expect("written");
        let script =
            "cat mine; echo x > $TMPDIR/a && cat $TMPDIR/a; echo x > /dev/null && echo null
            echo x > new; echo x >> mine; rm mine; mv mine other; ln mine $TMPDIR/b; mkdir dir
            chmod 777 mine; touch -d @1 mine; truncate -s 0 mine; echo ${SECRET:-no secret}
            echo x >&7; echo x > /proc/self/fd/7; echo x 1<> /proc/self/cwd/mine
            echo x > /dev/shm/unsorry-test; : > /tmp/unsorry-test-outside";
        let (_, told) = Contained::start(folder, &["sh", "-c", script], PLENTY, namespaces).end();
        assert_eq!(told, "minex\nnull\nno secret\n");
        let mine = std::fs::metadata(folder.join("mine")).expect("there");
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&mine) & 0o111, 0);
        let age = mine
            .modified()
            .expect("a time")
            .elapsed()
            .unwrap_or_default();
        assert!(age < Duration::from_secs(3600), "{age:?}");
        let text = std::fs::read_to_string(folder.join("mine"));
        assert_eq!(text.expect("it is there"), "mine");
        let open = std::fs::read_to_string(folder.join("left_open"));
        assert_eq!(open.expect("it is there"), "");
        for name in ["new", "other", "dir"] {
            assert!(!folder.join(name).exists(), "{name}");
        }
        assert!(!Path::new("/dev/shm/unsorry-test").exists());
        assert!(!Path::new("/tmp/unsorry-test-outside").exists());
    });
}

#[test]
fn it_opens_only_data() {
    both(|folder, namespaces| {
        std::fs::write(folder.join("mine"), "mine").expect("written");
        let fifo = folder.join("fifo");
        let made = Command::new("mkfifo").arg(&fifo).status();
        assert!(made.is_ok_and(|status| status.success()));
        // Both ends, so that somebody writes all the time.
        let mut options = File::options();
        let options = options.read(true).write(true).custom_flags(O_NONBLOCK);
        let mut typed = options.open(&fifo).expect("it opens");
        typed.write_all(b"typed").expect("written");
        let (mut user, terminal) = terminal();
        user.write_all(b"secret\n").expect("written");
        let paths = [fifo.display().to_string(), terminal];
        let command = [
            "python3",
            "-c",
            include_str!("reading.py"),
            &paths[0],
            &paths[1],
        ];
        let (code, told) = Contained::start(folder, &command, PLENTY, namespaces).end();
        assert_eq!((code, told.as_str()), (Some(0), "tried\n"));
        let mut left = [0; 16];
        assert_eq!(typed.read(&mut left).expect("it is left"), 5);
    });
}

/// Files are opened by somebody else, for whom a link to `self` leads to what they have open.
#[test]
fn it_opens_nothing_of_whoever_opens_files() {
    both(|folder, namespaces| {
        std::fs::write(folder.join("mine"), "mine").expect("written");
        let command = ["python3", "-c", include_str!("links.py")];
        let (code, told) = Contained::start(folder, &command, PLENTY, namespaces).end();
        assert_eq!((code, told.as_str()), (Some(0), "tried\n"));
    });
}

/// A terminal with a user, and its name.
fn terminal() -> (File, String) {
    let user = rustix::pty::openpt(rustix::pty::OpenptFlags::RDWR).expect("a terminal");
    rustix::pty::grantpt(&user).expect("ours");
    rustix::pty::unlockpt(&user).expect("open");
    let name = rustix::pty::ptsname(&user, Vec::new()).expect("a name");
    (File::from(user), name.into_string().expect("text"))
}

#[test]
fn it_locks_nothing_of_others() {
    both(|folder, namespaces| {
        for name in ["read.lock", "write.lock"] {
            std::fs::write(folder.join(name), "").expect("written");
        }
        let command = ["python3", "-c", include_str!("locks.py")];
        let mut contained = Contained::start(folder, &command, PLENTY, namespaces);
        contained.is_up();
        for name in ["read.lock", "write.lock"] {
            let mut options = File::options();
            // A lease would hold this up.
            let options = options.write(true).custom_flags(O_NONBLOCK);
            let file = options.open(folder.join(name)).expect("nobody holds it");
            file.try_lock().expect("nobody has locked it");
            let alone = FlockOperation::NonBlockingLockExclusive;
            rustix::fs::fcntl_lock(&file, alone).expect("nobody has locked it");
        }
    });
}
