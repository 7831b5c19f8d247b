//! Whatever dies, leaves or stops: the rest ends in order, or goes on.

use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
#[cfg(target_os = "linux")]
use unsorry_tests::relay::assert_group_is_gone;
use unsorry_tests::relay::{PATIENCE, Puppet, Relay, frame, written_pid};
use unsorry_wire::frame::BUFFER;

/// The longest that Lean may take to end, what is said of it included, and some more on a crowded machine.
const GRACE: Duration = Duration::from_secs(20);

const PUPPET: &str = env!("CARGO_BIN_EXE_puppet-lean");

const HELLO: &str = r#"{"jsonrpc":"2.0","method":"hello"}"#;

/// The length of messages of which the relay can't pass on all while nobody takes any, and which it takes all
/// the same. That much is written without waiting, whether or not the system lets pipes be widened.
const STUCK_BYTES: usize = BUFFER + BUFFER / 4;

/// Says messages for ever, and tells of it when they are [`STUCK_BYTES`] long.
fn much() -> String {
    let count = STUCK_BYTES / frame(HELLO).len();
    format!("i=0; while printf %s \"$HELLO\"; do i=$((i + 1)); [ $i = {count} ] && : > much; done")
}

/// A relay in front of a shell script, in whose words `$HELLO` is a message, and the script's process.
fn scripted(script: &str) -> (Relay, u32) {
    let hello = String::from_utf8(frame(HELLO)).expect("UTF-8");
    let script = format!("HELLO='{hello}'; echo $$ > pid; {script}");
    let relay = Relay::start(&["sh", "-c", &script]);
    let pid = written_pid(&relay.folder.path().join("pid"));
    (relay, pid)
}

/// Waits for a file that the script makes.
fn wait_for(relay: &Relay, name: &str) {
    let path = relay.folder.path().join(name);
    let start = Instant::now();
    while !path.exists() {
        assert!(start.elapsed() < PATIENCE, "there is no `{name}`");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Returns messages of this length together.
fn messages(length: usize) -> Vec<u8> {
    let message = frame(HELLO);
    message.repeat(length / message.len() + 1)
}

#[cfg(not(target_os = "linux"))]
fn assert_group_is_gone(_: u32) {}

#[test]
fn the_editor_closes_its_end() {
    let (mut relay, lean) = scripted("cat; printf %s \"$HELLO\"; exit 5");
    relay.say(HELLO);
    assert_eq!(relay.message(), HELLO);
    let ended = relay.leave();
    assert_eq!(ended.status.code(), Some(5));
    // What Lean says in the end arrives too.
    assert_eq!(ended.rest, frame(HELLO));
    assert_eq!(ended.errors, "");
    assert_group_is_gone(lean);
}

#[test]
fn a_lean_that_does_not_end_is_ended() {
    let (mut relay, lean) =
        scripted("trap '' TERM INT HUP; printf %s \"$HELLO\"; while :; do sleep 1; done");
    assert_eq!(relay.message(), HELLO);
    let ended = relay.leave();
    assert!(ended.time < GRACE, "{:?}", ended.time);
    assert_eq!(ended.status.code(), Some(128 + 9));
    assert_group_is_gone(lean);
}

#[test]
fn the_editor_says_exit() {
    let (mut relay, lean) = Puppet::behind_relay(PUPPET);
    let exit = r#"{"jsonrpc":"2.0","method":"exit"}"#;
    relay.say(exit);
    assert_eq!(lean.message(), exit);
    lean.end();
    // The editor's end of the pipe is still open.
    let ended = relay.ended();
    assert!(ended.status.success(), "{}", ended.status);
    assert_eq!(ended.errors, "");
}

#[test]
fn the_editor_is_gone() {
    // Nobody reads what Lean says.
    let (relay, lean) = scripted(&format!("{}; cat", much()));
    wait_for(&relay, "much");
    let ended = relay.hang_up();
    assert!(ended.time < GRACE, "{:?}", ended.time);
    assert_eq!(ended.errors, "");
    assert_group_is_gone(lean);
}

#[test]
fn the_editor_leaves_a_lean_that_takes_nothing() {
    let (mut relay, lean) = scripted("printf %s \"$HELLO\"; exec sleep 1000");
    assert_eq!(relay.message(), HELLO);
    relay.send(messages(STUCK_BYTES));
    drop(relay.take_stdin());
    let ended = relay.ended();
    assert!(ended.time < GRACE, "{:?}", ended.time);
    assert_eq!(ended.errors, "");
    assert_group_is_gone(lean);
}

#[test]
fn signals_end_both() {
    for (signal, number) in [(Signal::TERM, 15), (Signal::INT, 2), (Signal::HUP, 1)] {
        let (mut relay, lean) =
            scripted("trap '' TERM INT HUP; printf %s \"$HELLO\"; while :; do sleep 1; done");
        assert_eq!(relay.message(), HELLO);
        relay.signal(signal);
        let ended = relay.ended();
        assert_eq!(ended.status.code(), Some(128 + number));
        assert_eq!(ended.errors, "");
        assert_group_is_gone(lean);
    }
}

#[test]
fn a_signal_ends_a_relay_that_is_stuck() {
    // Lean takes nothing, and the editor has much to say.
    let (mut relay, lean) = scripted("exec sleep 1000");
    relay.send(messages(STUCK_BYTES));
    relay.signal(Signal::TERM);
    let ended = relay.ended();
    assert_eq!(ended.status.code(), Some(128 + 15));
    assert!(ended.time < GRACE, "{:?}", ended.time);
    assert_group_is_gone(lean);

    // Lean says much, and the editor takes nothing.
    let (mut relay, lean) = scripted(&much());
    wait_for(&relay, "much");
    relay.signal(Signal::TERM);
    relay.ends_unread();
    let ended = relay.ended();
    assert_eq!(ended.status.code(), Some(128 + 15));
    assert_group_is_gone(lean);

    // The editor stops in the middle of a long message.
    let (mut relay, lean) = scripted("exec cat");
    relay.send("Content-Length: 9000000\r\n\r\n{\"method\":\"x\"");
    relay.send("x".repeat(1 << 20));
    relay.signal(Signal::TERM);
    let ended = relay.ended();
    assert_eq!(ended.status.code(), Some(128 + 15));
    assert_group_is_gone(lean);
}

#[test]
fn killed_it_leaves_lean_the_end_of_its_input() {
    let (mut relay, _) = scripted("printf %s \"$HELLO\"; cat > /dev/null; echo end > end");
    assert_eq!(relay.message(), HELLO);
    relay.signal(Signal::KILL);
    wait_for(&relay, "end");
    assert_eq!(relay.ended().status.signal(), Some(9));
}

#[test]
fn lean_ends_by_itself() {
    for (script, code) in [
        ("exit 0", 0),
        ("exit 7", 7),
        ("exit 255", 255),
        ("kill -9 $$", 128 + 9),
        ("kill -15 $$", 128 + 15),
    ] {
        let (relay, _) = scripted(&format!("printf %s \"$HELLO\"; {script}"));
        let ended = relay.ended();
        assert_eq!(ended.status.code(), Some(code), "{script}");
        assert_eq!(ended.rest, frame(HELLO));
        assert_eq!(ended.errors, "");
    }
}

#[test]
fn leans_last_words_arrive() {
    // More than any pipe holds, and the last message is cut off.
    let script = much().replace("while", "while [ $i -lt 30000 ] &&");
    let (mut relay, _) = scripted(&format!(
        "{script}; printf 'Content-Length: 9\\r\\n\\r\\n{{'; exit 3"
    ));
    wait_for(&relay, "much");
    let expected = [
        frame(HELLO).repeat(30_000),
        b"Content-Length: 9\r\n\r\n{".to_vec(),
    ]
    .concat();
    relay.received();
    let ended = relay.ended();
    assert_eq!(ended.status.code(), Some(3));
    assert!(
        ended.rest == expected,
        "{} of {} bytes",
        ended.rest.len(),
        expected.len()
    );
}

#[test]
fn a_dead_lean_is_noticed_behind_its_children() {
    // The child has Lean's end of the pipe.
    let (relay, lean) = scripted("sleep 1000 & printf %s \"$HELLO\"; exit 3");
    let ended = relay.ended();
    assert!(ended.time < GRACE, "{:?}", ended.time);
    assert_eq!(ended.status.code(), Some(3));
    assert_eq!(ended.rest, frame(HELLO));
    assert_group_is_gone(lean);
}

#[test]
fn what_lean_says_on_stderr_stays_there() {
    let (relay, _) = scripted("echo 'Watchdog error' >&2; exit 1");
    let ended = relay.ended();
    assert_eq!(ended.errors, "Watchdog error\n");
    assert_eq!(ended.status.code(), Some(1));
}

#[test]
fn there_is_no_lean() {
    let ended = Relay::start(&["/no/such/lean", "--server"]).ended();
    assert_eq!(ended.status.code(), Some(2));
    assert_eq!(ended.rest, b"");
    assert!(
        ended
            .errors
            .starts_with("unsorry: can't start `/no/such/lean --server`"),
        "{}",
        ended.errors
    );
    assert!(ended.errors.contains("No such file"), "{}", ended.errors);
    assert_eq!(ended.errors.lines().count(), 1, "{}", ended.errors);
}

#[test]
fn lean_says_no_more_but_lives() {
    let (relay, lean) = scripted("printf %s \"$HELLO\"; exec >&-; cat > /dev/null; exit 4");
    let ended = relay.ended();
    assert_eq!(ended.status.code(), Some(4));
    assert_eq!(ended.rest, frame(HELLO));
    assert_group_is_gone(lean);

    let (relay, lean) = scripted("exec >&-; exec sleep 1000");
    let ended = relay.ended();
    assert!(ended.time < GRACE, "{:?}", ended.time);
    assert_eq!(ended.status.code(), Some(128 + 9));
    assert_group_is_gone(lean);
}

#[test]
fn lean_takes_no_more_but_lives() {
    let (mut relay, lean) = scripted(
        "exec <&-; while [ ! -e go ]; do sleep 0.1; done; printf %s \"$HELLO\"; exec sleep 1000",
    );
    // More than any pipe holds.
    for _ in 0..100 {
        relay.send(frame("x".repeat(10_000)));
    }
    // It may still speak.
    std::fs::write(relay.folder.path().join("go"), "").expect("a file");
    assert_eq!(relay.message(), HELLO);
    let ended = relay.leave();
    assert!(ended.time < GRACE, "{:?}", ended.time);
    assert_group_is_gone(lean);
}

/// A message of about this length.
fn long(length: usize) -> Vec<u8> {
    frame(format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":"{}"}}"#,
        "y".repeat(length)
    ))
}

/// The most memory that a relay needs, idle or busy, in megabytes.
#[cfg(target_os = "linux")]
const MEMORY: u64 = 50;

#[cfg(not(target_os = "linux"))]
fn assert_little_memory(_: &Relay) {}

#[cfg(target_os = "linux")]
fn assert_little_memory(relay: &Relay) {
    let peak = relay.peak_memory();
    assert!(peak < MEMORY, "{peak} MB");
}

#[test]
fn the_editor_stops_reading_for_a_while() {
    for length in [1000, 1_000_000] {
        let (mut relay, mut lean) = Puppet::behind_relay(PUPPET);
        let message = long(length);
        let times = 100_000_000 / message.len();
        let expected = message.len() * times;
        let writer = thread::spawn(move || {
            let block = message.repeat((1 << 16) / message.len() + 1);
            let all = message.len() * times;
            for _ in 0..all / block.len() {
                lean.send(&block);
            }
            lean.send(&block[..all % block.len()]);
            lean
        });
        thread::sleep(Duration::from_secs(1));
        assert!(!writer.is_finished(), "somebody holds all of it");
        assert_little_memory(&relay);
        let start = Instant::now();
        while relay.received().len() < expected {
            assert!(start.elapsed() < PATIENCE, "it does not arrive");
            thread::sleep(Duration::from_millis(10));
        }
        assert_little_memory(&relay);
        let message = long(length);
        writer.join().expect("all was said").end();
        let ended = relay.ended();
        assert!(ended.rest == message.repeat(times), "it is not the same");
        assert_eq!(ended.errors, "");
    }
}

#[test]
fn lean_stops_reading_for_a_while() {
    for length in [1000, 1_000_000] {
        let (mut relay, _) = scripted("while [ ! -e go ]; do sleep 0.1; done; exec cat");
        let message = long(length);
        let times = 50_000_000 / message.len();
        let input = message.repeat(times);
        let mut stdin = relay.take_stdin();
        let writer = thread::spawn(move || {
            stdin.write_all(&input).expect("it reads");
            input
        });
        thread::sleep(Duration::from_secs(1));
        assert!(!writer.is_finished(), "somebody holds all of it");
        assert_little_memory(&relay);
        std::fs::write(relay.folder.path().join("go"), "").expect("a file");
        relay.received();
        let input = writer.join().expect("all was written");
        let ended = relay.ended();
        assert!(ended.rest == input, "it is not the same");
        assert_eq!(ended.errors, "");
    }
}
