//! The report that `prove` prints.

use std::fmt::Display;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use serde::Serialize;
use unsorry_prover::{Engine, HoleKind, Spent};

use unsorry_search::check::baseline::NoGoal;
use unsorry_search::search::wording::{complaints, cost, count, one_line, summary};
use unsorry_search::search::{Ended, Outcome};
use unsorry_syntax::{Change, Position};

use super::confirming::Filling;
use super::refused::RefusedReport;
use crate::terminal::{self, Look, say};

/// The outcome for a hole.
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

/// The kind of proof that fills a hole.
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
    pub engine: Option<Engine>,
    /// The values for which the goal fails, if it is false: `n = 0`.
    pub counterexample: Option<String>,
    /// The sketch that there is of a proof, where there is no proof.
    pub sketch: Option<SketchReport>,
    /// The plan, as a model told it.
    pub plan: Option<String>,
    /// The tokens that models wrote.
    pub tokens: u64,
    /// The price of them, by the prices that are set.
    pub price: f64,
    /// The number of candidates that Lean was asked about.
    pub candidates: usize,
    /// Those that the gate refused before that, if there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<RefusedReport>,
    pub seconds: f64,
    /// What came closest to a proof, and what Lean says of it, where there is no proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closest: Option<ClosestReport>,
    pub message: String,
    #[serde(skip)]
    pub change: Option<Change>,
}

/// A candidate that is no proof.
#[derive(Debug, Serialize)]
pub struct ClosestReport {
    pub candidate: String,
    pub error: String,
}

/// A sketch that Lean takes but for its `sorry`s.
#[derive(Debug, Serialize)]
pub struct SketchReport {
    pub text: String,
    /// The number of steps that it has, and then the number of them that are not proved.
    pub steps: usize,
    pub open: usize,
}

impl HoleReport {
    /// The report of a hole that was searched.
    pub fn of(position: Position, outcome: &Outcome) -> HoleReport {
        let proof = outcome.proofs.first();
        HoleReport {
            line: position.line,
            character: position.character,
            kind: Some(outcome.baseline.goal.kind.into()),
            goal: Some(outcome.baseline.rendered.clone()),
            status: match &outcome.ended {
                Ended::Proved => Status::Proved,
                Ended::Passed | Ended::Exhausted | Ended::OutOfBudget => Status::Unproved,
                Ended::Failed | Ended::LeanGone(_) => Status::Error,
                Ended::Refuted => Status::False,
            },
            proof: proof.map(|proof| proof.proof().to_owned()),
            level: proof.map(|proof| proof.level().name()),
            axioms: proof.and_then(|proof| proof.axioms().map(<[String]>::to_vec)),
            engine: proof.map(|proof| proof.engine()),
            counterexample: outcome
                .refuted
                .as_ref()
                .and_then(|refuted| refuted.counterexample().map(str::to_owned)),
            sketch: outcome.sketch.as_ref().map(|sketch| SketchReport {
                text: sketch.text().to_owned(),
                steps: sketch.steps(),
                open: sketch.open(),
            }),
            plan: outcome.plan.as_deref().map(str::to_owned),
            tokens: outcome.spent.tokens,
            price: outcome.spent.money,
            candidates: outcome.checked,
            refused: RefusedReport::of(&outcome.refused),
            seconds: (outcome.took.as_secs_f64() * 1000.0).round() / 1000.0,
            closest: match outcome.ended {
                Ended::Exhausted | Ended::OutOfBudget => outcome.near_misses.first(),
                _ => None,
            }
            .map(|miss| ClosestReport {
                candidate: miss.candidate.text.clone(),
                error: miss.error.clone(),
            }),
            message: match proof {
                Some(proof) => proof.standing(),
                None => summary(outcome),
            } + &complaints(&outcome.failures),
            change: proof.map(|proof| proof.change().clone()),
        }
    }

    /// The report of a hole at which there is nothing to search for.
    pub fn without_goal(position: Position, error: &NoGoal) -> HoleReport {
        HoleReport {
            line: position.line,
            character: position.character,
            kind: None,
            goal: None,
            status: match error {
                NoGoal::Check(_) => Status::Error,
                NoGoal::Inert(_)
                | NoGoal::Broken(..)
                | NoGoal::Data(_)
                | NoGoal::Unneeded
                | NoGoal::Outside
                | NoGoal::Unsafe => Status::Unproved,
            },
            proof: None,
            level: None,
            axioms: None,
            engine: None,
            counterexample: None,
            sketch: None,
            plan: None,
            tokens: 0,
            price: 0.0,
            candidates: 0,
            refused: None,
            seconds: 0.0,
            closest: None,
            message: error.to_string(),
            change: None,
        }
    }
}

/// A file.
#[derive(Serialize)]
pub struct FileReport {
    pub file: String,
    /// The version of its Lean, once that is known.
    pub lean: Option<String>,
    /// The holes that were come to.
    pub holes: Vec<HoleReport>,
    /// The reason why its other holes were not come to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The file with the proofs in it, if there are any.
    #[serde(skip)]
    pub changed: Option<Filling>,
}

impl FileReport {
    /// A report of a file with nothing in it yet.
    pub fn new(path: &Path) -> FileReport {
        FileReport {
            file: path.display().to_string(),
            lean: None,
            holes: Vec::new(),
            error: None,
            changed: None,
        }
    }
}

/// The printer, for a person or a program.
pub struct Printer {
    json: bool,
    color: bool,
    started: Instant,
    proved: usize,
    refuted: usize,
    all: usize,
    /// The version of the last file's Lean that had something to tell.
    lean: Option<String>,
}

impl Printer {
    pub fn new(json: bool) -> Printer {
        Printer {
            json,
            color: terminal::has_color(),
            started: Instant::now(),
            proved: 0,
            refuted: 0,
            all: 0,
            lean: None,
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
        let place = format!("{}:{}:{}", file.file, hole.line + 1, hole.character + 1);
        self.line(&[(Look::Bold, &place)]);
        for line in hole.goal.iter().flat_map(|goal| goal.lines()) {
            self.set_in(Look::Dim, line);
        }
        let (mark, look) = match hole.status {
            Status::Proved => ("✓", Look::Green),
            Status::Unproved => ("·", Look::Yellow),
            Status::False => ("✗", Look::Red),
            Status::Error => ("✗", Look::Red),
        };
        let marked = |text: &str| {
            self.line(&[
                (Look::Plain, &"  "),
                (look, &mark),
                (Look::Plain, &" "),
                (Look::Plain, &text),
            ])
        };
        let mut lines = hole.proof.iter().flat_map(|proof| proof.lines());
        match lines.next() {
            Some(first) => {
                marked(first);
                lines.for_each(|line| self.set_in(Look::Plain, line));
                let cost = format!(
                    "{} · {:.2} s · {}",
                    hole.message,
                    hole.seconds,
                    count(hole.candidates, "candidate")
                );
                self.set_in(Look::Dim, &cost);
            }
            None => {
                marked(&hole.message);
                if let Some(ClosestReport { candidate, error }) = &hole.closest {
                    let closest = format!("closest: `{}`: {error}", one_line(candidate));
                    self.set_in(Look::Dim, &closest);
                }
                for line in hole.sketch.iter().flat_map(|sketch| sketch.text.lines()) {
                    self.set_in(Look::Dim, line);
                }
            }
        }
        let spent = Spent {
            tokens: hole.tokens,
            money: hole.price,
        };
        if let Some(cost) = cost(&spent) {
            self.set_in(Look::Dim, &cost);
        }
        self.line(&[]);
    }

    /// A file, when it is done with.
    pub fn file(&mut self, report: &FileReport) -> Result<()> {
        self.all += report.holes.len();
        let count = |status| {
            report
                .holes
                .iter()
                .filter(|hole| hole.status == status)
                .count()
        };
        self.proved += count(Status::Proved);
        self.refuted += count(Status::False);
        if report.error.is_none() || !report.holes.is_empty() {
            self.lean.clone_from(&report.lean);
        }
        if self.json {
            terminal::say_json(report)?;
        }
        Ok(())
    }

    /// The last line; none where nothing could be done.
    pub fn end(&self) {
        if let (false, Some(lean)) = (self.json, &self.lean) {
            let seconds = self.started.elapsed().as_secs_f64();
            let refuted = match self.refuted {
                0 => String::new(),
                refuted => format!(", {refuted} false"),
            };
            say!(
                "{} of {} proved{refuted} in {seconds:.1} s, checked by {}",
                self.proved,
                self.all,
                lean
            );
        }
    }

    fn set_in(&self, look: Look, line: &str) {
        self.line(&[(Look::Plain, &"    "), (look, &line)]);
    }

    fn line(&self, pieces: &[(Look, &dyn Display)]) {
        terminal::say_painted(self.color, pieces);
    }
}
