//! Hours of editing, and nothing grows.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use unsorry_tests::editor::Editor;

use crate::assistant::proves;
use crate::processes::{self, figure};

/// The time between two measurements.
const EVERY: Duration = Duration::from_secs(10);

/// The longest time that a person looks at what they have done, in milliseconds.
const MAX_PAUSE_MS: u64 = 1200;

/// The growth of memory that counts as none, in kilobytes, and of threads or files.
const MAX_GROWTH_KB: u64 = 3 << 10;
const MAX_GROWTH_PIECES: u64 = 2;

/// A measurement.
#[derive(Debug, Clone, Copy)]
struct Sample {
    seconds: u64,
    memory: u64,
    threads: u64,
    files: u64,
    children: u64,
}

impl Sample {
    fn take(start: Instant, pid: u32) -> Sample {
        let files = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("it runs");
        Sample {
            seconds: start.elapsed().as_secs(),
            memory: figure(pid, "VmRSS").expect("it runs"),
            threads: figure(pid, "Threads").expect("it runs"),
            files: files.count() as u64,
            children: processes::below(pid).len() as u64,
        }
    }
}

/// A figure of a sample.
type Figure = fn(&Sample) -> u64;

const FIGURES: [(&str, Figure); 4] = [
    ("memory", |sample| sample.memory),
    ("threads", |sample| sample.threads),
    ("files", |sample| sample.files),
    ("children", |sample| sample.children),
];

/// An editing person's session.
struct Desk {
    editor: Editor,
    random: StdRng,
    uri: String,
    /// A second document, and whether it is open.
    other: (String, bool),
    /// The number of goals.
    goals: u64,
    proved: u64,
    stopped: u64,
}

#[test]
#[ignore = "takes as long as it is told to: `cargo xtask faults soak`"]
fn soak() {
    let minutes = crate::set("MINUTES").unwrap_or(10);
    let folder = tempfile::tempdir().expect("a folder");
    let uri = |name: &str| format!("file://{}/{name}", folder.path().display());
    let mut desk = Desk {
        editor: Editor::with_cache(folder.path(), &folder.path().join("cache")),
        random: StdRng::seed_from_u64(crate::set("SEED").unwrap_or(1)),
        uri: uri("Main.lean"),
        other: (uri("Other.lean"), false),
        goals: 0,
        proved: 0,
        stopped: 0,
    };
    let pid = desk.editor.pid();
    let text = std::fs::read_to_string(example()).expect("the example");
    desk.editor.open(&desk.uri, &text);
    let start = Instant::now();
    let end = Duration::from_secs(60 * minutes);
    let mut samples: Vec<Sample> = Vec::new();
    while start.elapsed() < end {
        desk.works_on(&text);
        let due = samples
            .last()
            .is_none_or(|last| start.elapsed() >= Duration::from_secs(last.seconds) + EVERY);
        if due {
            samples.push(Sample::take(start, pid));
            write(&samples);
            if samples.len().is_multiple_of(6) {
                println!("soak: {:?}, {} jobs", samples.last(), desk.goals);
            }
        }
    }
    println!(
        "soak: {} jobs, {} proved, {} stopped; at most {} kB",
        desk.goals,
        desk.proved,
        desk.stopped,
        figure(pid, "VmHWM").expect("it runs")
    );
    let started = processes::below(pid);
    assert_eq!(desk.editor.quit(), Some(0));
    processes::assert_gone(&started);
    assert!(desk.proved > 0, "nothing was proved");
    assert_flat(&samples);
}

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/arithmetic.lean")
}

impl Desk {
    /// A goal at the end of the file `text`, a job for it, and what one does meanwhile.
    fn works_on(&mut self, text: &str) {
        self.goals += 1;
        let n = self.goals;
        let goal = match n % 3 {
            0 => {
                format!("theorem soak (a b : Nat) (h : a < b) : a + {n} < b + {n} := by\n  sorry\n")
            }
            1 => format!(
                "theorem soak (p q : Prop) (h : p ∧ q) (_ : {n} = {n}) : q ∧ p := by\n  sorry\n"
            ),
            _ => format!(
                "theorem soak (f : Nat → Nat) (h : ∀ n, f (f n) = n) : f {n} = 7 := by\n  sorry\n"
            ),
        };
        self.editor.set(&self.uri, &format!("{text}\n-- \n{goal}"));
        for _ in 0..self.random.random_range(0..3) {
            self.does_something();
        }
        let last = self.editor.text(&self.uri).matches("sorry").count() - 1;
        let at = self.editor.hole(&self.uri, last);
        proves(&mut self.editor, &self.uri, &at);
        for _ in 0..self.random.random_range(0..5) {
            self.does_something();
        }
        if n % 3 == 2 || self.random.random_bool(0.2) {
            let params = json!({"command": "unsorry.stop", "arguments": [self.uri]});
            self.editor.request("workspace/executeCommand", params);
        }
        let words = self.editor.finished(1).remove(0);
        self.proved += u64::from(words.starts_with("proved"));
        self.stopped += u64::from(words == "stopped");
        self.editor.shown.clear();
    }

    fn does_something(&mut self) {
        let pause = self.random.random_range(0..MAX_PAUSE_MS);
        self.editor.idle(Duration::from_millis(pause));
        let lines = self.editor.text(&self.uri).lines().count();
        // Lean 4.28 by itself never answers a completion within the `/-!` of the first line.
        let at = json!({"line": self.random.random_range(1..lines), "character": self.random.random_range(0..20)});
        let document = json!({"uri": self.uri});
        let params = json!({"textDocument": document, "position": at});
        match self.random.random_range(0..6) {
            0 => _ = self.editor.request("textDocument/hover", params),
            1 => _ = self.editor.request("textDocument/completion", params),
            2 => {
                let params = json!({"textDocument": document, "range": {"start": at, "end": at}, "context": {"diagnostics": []}});
                self.editor.request("textDocument/codeAction", params);
            }
            3 => {
                let (uri, is_open) = &mut self.other;
                match is_open {
                    true => self.editor.close(uri),
                    false => self
                        .editor
                        .open(uri, "theorem other : 1 = 1 := by\n  sorry\n"),
                }
                *is_open = !*is_open;
            }
            4 => _ = self.editor.request("$/lean/plainGoal", params),
            // In a comment before the goal: what was checked is checked again.
            _ => self.editor.replace(&self.uri.clone(), "\n-- ", "\n-- x"),
        }
    }
}

fn write(samples: &[Sample]) {
    let path = std::env::var_os("UNSORRY_FAULTS_CSV").map_or_else(
        || Path::new(env!("CARGO_TARGET_TMPDIR")).join("soak.csv"),
        PathBuf::from,
    );
    let mut text = "seconds,memory_kB,threads,files,children\n".to_owned();
    for sample in samples {
        let Sample {
            seconds,
            memory,
            threads,
            files,
            children,
        } = sample;
        let _ = writeln!(text, "{seconds},{memory},{threads},{files},{children}");
    }
    std::fs::write(path, text).expect("written");
}

/// The last quarter needs no more than the second one.
fn assert_flat(samples: &[Sample]) {
    let quarter = samples.len() / 4;
    assert!(quarter > 0, "too short to tell");
    let median = |from: usize, of: Figure| {
        let mut values: Vec<u64> = samples[from..from + quarter].iter().map(of).collect();
        values.sort_unstable();
        values[quarter / 2]
    };
    let mut grown = Vec::new();
    for (name, of) in FIGURES {
        let (before, after) = (median(quarter, of), median(samples.len() - quarter, of));
        println!("soak: {name} {before}, at last {after}");
        let more = match name {
            "memory" => MAX_GROWTH_KB.max(before / 10),
            _ => MAX_GROWTH_PIECES,
        };
        if after > before + more {
            grown.push(format!("{name} {before}, at last {after}"));
        }
    }
    assert!(grown.is_empty(), "it grows: {grown:?}");
}
