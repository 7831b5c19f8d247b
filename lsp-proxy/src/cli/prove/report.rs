//! What `prove` prints.

use std::io::IsTerminal;
use std::time::Instant;

use anyhow::Result;
use serde::Serialize;
use unsorry_model::HoleKind;

use crate::assistant::count;
use crate::document::Change;

/// How a hole fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Lean has accepted a proof.
    Proved,
    /// None was found.
    Unproved,
    /// Lean has accepted a proof of the contrary.
    False,
    /// Lean could not be asked.
    Error,
}

/// What fills a hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Tactics.
    Tactic,
    /// A term.
    Term,
}

impl From<HoleKind> for Kind {
    fn from(kind: HoleKind) -> Kind {
        match kind {
            HoleKind::Tactic => Kind::Tactic,
            HoleKind::Term => Kind::Term,
        }
    }
}

/// A hole. The position is LSP's: from 0, in UTF-16 units.
#[derive(Debug, Serialize)]
pub struct HoleReport {
    pub line: u32,
    pub character: u32,
    pub kind: Option<Kind>,
    pub goal: Option<String>,
    pub status: Status,
    pub proof: Option<String>,
    pub level: Option<&'static str>,
    pub axioms: Option<Vec<String>>,
    pub engine: Option<&'static str>,
    pub candidates: usize,
    pub seconds: f64,
    pub message: String,
    #[serde(skip)]
    pub change: Option<Change>,
}

/// A file.
#[derive(Debug, Serialize)]
pub struct FileReport {
    pub file: String,
    pub lean: String,
    pub holes: Vec<HoleReport>,
    /// The text with the proofs in it, if there are any.
    #[serde(skip)]
    pub changed: Option<String>,
}

/// Prints for a person or a program.
pub struct Printer {
    json: bool,
    color: bool,
    started: Instant,
    proved: usize,
    all: usize,
    lean: String,
}

impl Printer {
    pub fn new(json: bool) -> Printer {
        let color = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Printer {
            json,
            color,
            started: Instant::now(),
            proved: 0,
            all: 0,
            lean: String::new(),
        }
    }

    pub fn is_json(&self) -> bool {
        self.json
    }

    /// A hole, as soon as it is done with.
    pub fn hole(&self, file: &FileReport, hole: &HoleReport) {
        if self.json {
            return;
        }
        println!(
            "{}",
            self.paint(
                "1",
                &format!("{}:{}:{}", file.file, hole.line + 1, hole.character + 1)
            )
        );
        for line in hole.goal.iter().flat_map(|goal| goal.lines()) {
            println!("    {}", self.paint("2", line));
        }
        let (mark, color) = match hole.status {
            Status::Proved => ("✓", "32"),
            Status::Unproved => ("·", "33"),
            Status::False => ("✗", "31"),
            Status::Error => ("✗", "31"),
        };
        let mut lines = hole.proof.iter().flat_map(|proof| proof.lines());
        match lines.next() {
            Some(first) => {
                println!("  {} {first}", self.paint(color, mark));
                for line in lines {
                    println!("    {line}");
                }
                let cost = format!(
                    "{} · {:.2} s · {}",
                    hole.message,
                    hole.seconds,
                    count(hole.candidates, "candidate")
                );
                println!("    {}", self.paint("2", &cost));
            }
            None => println!("  {} {}", self.paint(color, mark), hole.message),
        }
        println!();
    }

    /// A file, when all its holes are done with.
    pub fn file(&mut self, report: &FileReport) -> Result<()> {
        self.all += report.holes.len();
        self.proved += report
            .holes
            .iter()
            .filter(|hole| hole.status == Status::Proved)
            .count();
        self.lean.clone_from(&report.lean);
        if self.json {
            println!("{}", serde_json::to_string(report)?);
        }
        Ok(())
    }

    /// The last line.
    pub fn end(&self) {
        if !self.json {
            let seconds = self.started.elapsed().as_secs_f64();
            println!(
                "{} of {} proved in {seconds:.1} s, checked by {}",
                self.proved, self.all, self.lean
            );
        }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.color {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}
