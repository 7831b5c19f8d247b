//! The relay between an editor and a Lean that both do what chance wants.

mod check;
mod editor;

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rustix::process::Signal;
use unsorry_tests::editor::program;
use unsorry_tests::relay::{Relay, assert_group_is_gone, written_pid};

use crate::processes::{self, signal};
use editor::Editor;

/// The number of runs in `cargo test`.
const RUNS: u64 = 60;

/// The most memory that a session may need, in kilobytes: a few messages of 2 MB are under way at a time.
const MAX_MEMORY_KB: u64 = 100 << 10;

/// The time that the end may take, on a crowded machine.
const GRACE: Duration = Duration::from_secs(20);

/// The end of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The editor says so when all is answered.
    Exit,
    /// The editor closes its end when all is answered, or when much is not.
    Closes { early: bool },
    /// The editor dies.
    HangsUp,
    /// We are asked to end.
    Terminated,
    /// We are killed.
    Killed,
    /// Lean is killed.
    LeanKilled,
    /// Lean is stopped for good, and the editor leaves.
    LeanStopped,
    /// Lean exits in the middle of a message.
    LeanExits,
    /// Lean says nothing any more.
    LeanClosesStdout,
    /// Lean takes nothing any more; the editor leaves.
    LeanClosesStdin,
}

impl End {
    /// Whether all that was sent to Lean must have arrived.
    pub(crate) fn lean_hears_all(self) -> bool {
        matches!(self, End::Exit | End::Closes { .. })
    }

    /// Whether all that Lean has said must have arrived.
    pub(crate) fn editor_hears_all(self) -> bool {
        !matches!(self, End::HangsUp | End::Terminated | End::Killed)
    }

    /// Whether every request gets an answer.
    fn all_is_answered(self) -> bool {
        matches!(self, End::Exit | End::Closes { early: false })
    }

    /// Returns the name on the command line of `storm-lean`.
    fn of_lean(self) -> Option<&'static str> {
        match self {
            End::LeanExits => Some("exits"),
            End::LeanClosesStdout => Some("closes-stdout"),
            End::LeanClosesStdin => Some("closes-stdin"),
            _ => None,
        }
    }
}

/// A trouble that is over after a while.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    LeanPauses(Duration),
    WePause(Duration),
    EditorStopsReading(Duration),
    EditorDrips,
}

/// A session, drawn from its seed.
#[derive(Debug)]
struct Plan {
    steps: usize,
    troubles: Vec<(usize, Trouble)>,
    end: End,
    end_at: usize,
    /// Returns what Lean does to itself, and after how many messages.
    leans: (&'static str, usize),
    proves: bool,
}

impl Plan {
    fn draw(random: &mut StdRng) -> Plan {
        let steps = random.random_range(5..60);
        let end = match random.random_range(0..200) {
            0 => End::LeanStopped,
            n => *[
                End::Exit,
                End::Exit,
                End::Closes { early: false },
                End::Closes { early: true },
                End::HangsUp,
                End::Terminated,
                End::Killed,
                End::LeanKilled,
                End::LeanExits,
                End::LeanClosesStdout,
                End::LeanClosesStdin,
            ]
            .get(n % 11)
            .expect("so many"),
        };
        let after = random.random_range(1..steps);
        let slow = ["none", "slow-reads", "slow-writes"]
            .choose(random)
            .expect("one of them");
        let troubles = (0..random.random_range(0..3)).map(|_| {
            let time = Duration::from_millis(random.random_range(1..40));
            let trouble = match random.random_range(0..4) {
                0 => Trouble::LeanPauses(time),
                1 => Trouble::WePause(time),
                2 => Trouble::EditorStopsReading(time),
                _ => Trouble::EditorDrips,
            };
            (random.random_range(0..steps), trouble)
        });
        Plan {
            troubles: troubles.collect(),
            steps,
            end,
            end_at: random.random_range(0..steps),
            leans: (end.of_lean().unwrap_or(slow), after),
            proves: random.random_bool(0.05),
        }
    }
}

#[test]
fn relay() {
    let most = crate::storm("relay", RUNS, 2, run);
    println!("relay: at most {} MB", most >> 10);
}

/// A session, checked. The most memory that it took.
fn run(seed: u64) -> u64 {
    let mut random = StdRng::seed_from_u64(seed);
    let plan = Plan::draw(&mut random);
    crate::announce(&plan);
    let folder = tempfile::tempdir().expect("a folder");
    let temporary = folder.path().join("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    let mut command = Command::new(program());
    command
        .args(["serve", "--", env!("CARGO_BIN_EXE_storm-lean")])
        .arg(seed.to_string())
        .arg(folder.path())
        .args([plan.leans.0, &plan.leans.1.to_string()])
        .env("TMPDIR", &temporary);
    let relay = Relay::run(command);
    let lean = written_pid(&folder.path().join("pid"));
    let unsorry = relay.pid();
    let mut editor = Editor::new(relay);
    editor.begins();
    for step in 0..plan.steps {
        if plan.end_at == step && ends_early(plan.end) {
            break;
        }
        for (_, trouble) in plan.troubles.iter().filter(|(at, _)| *at == step) {
            match *trouble {
                Trouble::LeanPauses(time) => pauses(lean, time),
                Trouble::WePause(time) => pauses(unsorry, time),
                Trouble::EditorStopsReading(time) => editor.stops_reading(time),
                Trouble::EditorDrips => editor.drips(),
            }
        }
        editor.says_something(&mut random, plan.proves);
        if random.random_bool(0.3) {
            thread::sleep(Duration::from_micros(random.random_range(0..500)));
        }
    }
    if plan.end.all_is_answered() {
        editor.waits_for_answers();
    }
    let memory = processes::figure(unsorry, "VmHWM").unwrap_or_default();
    assert!(memory < MAX_MEMORY_KB, "{memory} kB, {plan:?}");
    match plan.end {
        End::Terminated => signal(unsorry, Signal::TERM),
        End::Killed => signal(unsorry, Signal::KILL),
        End::LeanKilled => signal(lean, Signal::KILL),
        End::LeanStopped => signal(lean, Signal::STOP),
        _ => {}
    }
    let sent = editor.ends(plan.end);
    assert!(sent.ended.time < GRACE, "{:?}, {plan:?}", sent.ended.time);
    assert_eq!(sent.ended.errors, "", "{plan:?}");
    assert_code(&plan, sent.ended.status);
    assert_group_is_gone(lean);
    let name = folder.path().to_str().expect("UTF-8");
    processes::assert_nobody_has(name);
    assert_is_empty(&temporary);
    let log = |name: &str| std::fs::read(folder.path().join(name)).expect("a log");
    let written = log("written");
    let written = written
        .try_into()
        .map_or(0, |bytes: [u8; 8]| u64::from_le_bytes(bytes));
    let output = check::LeanOutput {
        bytes: log("said"),
        written: usize::try_from(written).expect("it fits"),
    };
    let checked = check::to_lean(&sent, &log("heard"), plan.end)
        .and_then(|()| check::to_editor(&sent, &output, plan.end));
    if let Err(problem) = checked {
        panic!("{problem}, {plan:?}");
    }
    memory
}

/// Whether the end comes in the middle of what the editor has to say.
fn ends_early(end: End) -> bool {
    !end.all_is_answered() && end.of_lean().is_none()
}

fn assert_code(plan: &Plan, status: std::process::ExitStatus) {
    use std::os::unix::process::ExitStatusExt;
    let codes: &[i32] = match plan.end {
        End::Exit | End::Closes { .. } | End::HangsUp | End::LeanClosesStdout => &[0],
        End::Terminated => &[128 + 15],
        End::LeanKilled => &[128 + 9],
        // It may have been about to go on.
        End::LeanStopped => &[128 + 9, 0],
        // It may not have come so far.
        End::LeanExits | End::LeanClosesStdin => &[42, 0],
        End::Killed => {
            assert_eq!(status.signal(), Some(9), "{plan:?}");
            return;
        }
    };
    let code = status.code();
    let right = code.is_some_and(|code| codes.contains(&code));
    assert!(right, "{status}, {plan:?}");
}

/// The supervisor of a killed unsorry takes its time to remove its folder.
fn assert_is_empty(folder: &Path) {
    let left = || -> Vec<_> {
        let entries = std::fs::read_dir(folder).expect("it is there").flatten();
        entries.map(|entry| entry.path()).collect()
    };
    for _ in 0..1000 {
        if left().is_empty() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("left behind: {:?}", left());
}

fn pauses(pid: u32, time: Duration) {
    signal(pid, Signal::STOP);
    thread::spawn(move || {
        thread::sleep(time);
        signal(pid, Signal::CONT);
    });
}
