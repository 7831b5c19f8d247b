//! The report that `verify` prints.

use std::fmt::Display;
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use crate::terminal::{self, Look};
use unsorry_search::referee::{CompileError, Standing, Verdict, Verified};
use unsorry_search::search::wording::count;

/// A file.
#[derive(Debug, Serialize)]
pub struct FileReport {
    /// The file as it was, and as it is.
    pub before: String,
    pub after: String,
    /// Whether nothing is wrong.
    pub verified: bool,
    /// The kernel that has taken what is new or changed.
    pub kernel: Option<String>,
    /// What became of each declaration of the first file, then the new ones of the second; empty where it was
    /// not compared.
    pub declarations: Vec<DeclarationReport>,
    /// Lean's errors in the second.
    pub errors: Vec<ErrorReport>,
    /// The lines of the first, from 1, where commands with errors begin; they were left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<usize>,
    /// What is wrong beside those, or why it could not be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A declaration.
#[derive(Debug, Serialize)]
pub struct DeclarationReport {
    pub name: String,
    pub kind: &'static str,
    pub status: Status,
    /// The axioms that it rests on, `sorry` not among them.
    pub axioms: Vec<String>,
    /// The definitions that its statement rests on, and that were filled in.
    pub on_filled: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// How a declaration stands, for a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Unchanged,
    Reproved,
    Proved,
    Filled,
    New,
    Open,
    Changed,
    Gone,
    Axioms,
    Axiom,
    Refused,
    Unknown,
}

/// An error of Lean's; the line is counted from 1.
#[derive(Debug, Serialize)]
pub struct ErrorReport {
    pub line: usize,
    pub message: String,
}

impl FileReport {
    /// The report of what was said.
    pub fn of(before: &str, after: &Path, verified: Verified) -> FileReport {
        let mut report = FileReport {
            before: before.to_owned(),
            after: after.display().to_string(),
            verified: false,
            kernel: None,
            declarations: Vec::new(),
            errors: Vec::new(),
            left_out: Vec::new(),
            message: None,
        };
        match verified {
            Verified::Declarations {
                verdicts,
                kernel,
                left_out,
            } => {
                report.left_out = left_out.into_iter().map(|line| line + 1).collect();
                report.verified = verdicts.iter().all(|one| one.standing.is_well());
                report.kernel = Some(kernel);
                report.declarations = verdicts.into_iter().map(DeclarationReport::of).collect();
            }
            Verified::Errors(errors) => {
                report.errors = errors.into_iter().map(ErrorReport::of).collect();
            }
            Verified::Imports(why) => report.message = Some(why),
        }
        report
    }

    /// The report of what could not be said.
    pub fn not_run(before: &str, after: &Path, error: &anyhow::Error) -> FileReport {
        FileReport {
            before: before.to_owned(),
            after: after.display().to_string(),
            verified: false,
            kernel: None,
            declarations: Vec::new(),
            errors: Vec::new(),
            left_out: Vec::new(),
            message: Some(format!("{error:#}")),
        }
    }

    /// Whether nothing is wrong.
    pub fn is_well(&self) -> bool {
        self.verified
    }

    fn with(&self, statuses: &[Status]) -> usize {
        let all = self.declarations.iter();
        all.filter(|one| statuses.contains(&one.status)).count()
    }

    /// The last line.
    fn summary(&self) -> String {
        let mut parts = Vec::new();
        for (statuses, what) in [
            (&[Status::Proved][..], "proved"),
            (&[Status::Filled], "filled"),
            (&[Status::Open], "open"),
            (&[Status::Changed, Status::Gone], "changed or gone"),
            (&[Status::Axioms, Status::Axiom], "on other axioms"),
            (&[Status::Refused], "refused by the kernel"),
            (&[Status::Unknown], "not known"),
            (&[Status::Reproved], "proved in another way"),
            (&[Status::New], "new"),
            (&[Status::Unchanged], "as they were"),
        ] {
            match self.with(statuses) {
                0 => {}
                number => parts.push(format!("{number} {what}")),
            }
        }
        let said = match (self.verified, self.errors.len()) {
            (true, _) => "verified",
            (false, _) => "not verified",
        };
        let kernel = match &self.kernel {
            Some(kernel) => format!(", kernel-replayed by {kernel}"),
            None => String::new(),
        };
        let errors = match self.errors.len() {
            0 => String::new(),
            number => format!(": {}", count(number, "error")),
        };
        let parts = match parts.is_empty() {
            true => String::new(),
            false => format!(": {}", parts.join(", ")),
        };
        format!("{} {said}{errors}{parts}{kernel}", self.after)
    }
}

impl ErrorReport {
    fn of(error: CompileError) -> ErrorReport {
        ErrorReport {
            line: error.line + 1,
            message: error.message,
        }
    }
}

impl DeclarationReport {
    fn of(verdict: Verdict) -> DeclarationReport {
        let named = |names: &[String]| {
            let names = names.iter().map(|name| format!("`{name}`"));
            names.collect::<Vec<_>>().join(", ")
        };
        let (status, message) = match &verdict.standing {
            Standing::Unchanged => (Status::Unchanged, None),
            Standing::Reproved => (Status::Reproved, None),
            Standing::Proved => (Status::Proved, None),
            Standing::Filled => (Status::Filled, None),
            Standing::New => (Status::New, None),
            Standing::Open(others) if others.is_empty() => {
                (Status::Open, Some("it has a sorry".to_owned()))
            }
            Standing::Open(others) => {
                let others = named(others);
                (
                    Status::Open,
                    Some(format!("it rests on a sorry of {others}")),
                )
            }
            Standing::Changed(what) => (Status::Changed, Some(what.clone())),
            Standing::Gone => (Status::Gone, Some("it is not there any more".into())),
            Standing::Axioms(axioms) => {
                let axioms = named(axioms);
                (Status::Axioms, Some(format!("it rests on {axioms}")))
            }
            Standing::NewAxiom => (Status::Axiom, Some("it is a new axiom".into())),
            Standing::Refused(why) => {
                let why = format!("Lean's kernel does not take it: {why}");
                (Status::Refused, Some(why))
            }
            Standing::Unknown { line } => {
                let line = line + 1;
                let why = format!(
                    "Lean makes nothing of it in the file before, for an error at line {line}"
                );
                (Status::Unknown, Some(why))
            }
        };
        DeclarationReport {
            name: verdict.name,
            kind: verdict.kind,
            status,
            axioms: verdict.axioms,
            on_filled: verdict.on_filled,
            message,
        }
    }

    /// The line for a person; none where there is nothing to say.
    fn line(&self) -> Option<(&'static str, Look, String)> {
        let is_described = self.kind == "example" || self.name.starts_with("the ");
        let name = match is_described {
            true => self.name.clone(),
            false => format!("`{}`", self.name),
        };
        let axioms = match self.axioms.as_slice() {
            [] => "no axioms".to_owned(),
            axioms => axioms.join(", "),
        };
        let on_filled = match self.on_filled.as_slice() {
            [] => String::new(),
            filled => format!(" · its statement rests on {}", filled.join(", ")),
        };
        let word = match self.status {
            Status::Unchanged | Status::Reproved | Status::New => return None,
            Status::Proved => {
                return Some((
                    "✓",
                    Look::Green,
                    format!("proved {name} · {axioms}{on_filled}"),
                ));
            }
            Status::Filled => return Some(("✓", Look::Green, format!("filled {name} · {axioms}"))),
            Status::Open => "open",
            Status::Changed => "changed",
            Status::Gone => "gone",
            Status::Axioms | Status::Axiom => "on other axioms",
            Status::Refused => "refused",
            Status::Unknown => "not known",
        };
        let (mark, look) = match self.status {
            Status::Open => ("·", Look::Yellow),
            _ => ("✗", Look::Red),
        };
        let why = self.message.as_deref().unwrap_or_default();
        Some((mark, look, format!("{word} {name}: {why}")))
    }
}

/// The printer, for a person or a program.
pub struct Printer {
    json: bool,
    color: bool,
}

impl Printer {
    /// A printer.
    pub fn new(json: bool) -> Printer {
        Printer {
            json,
            color: terminal::has_color(),
        }
    }

    /// Prints a file's report.
    ///
    /// # Errors
    /// When it can't be printed.
    pub fn file(&mut self, report: &FileReport) -> Result<()> {
        if self.json {
            terminal::say_json(report)?;
            return Ok(());
        }
        for error in &report.errors {
            let first = error.message.lines().next().unwrap_or_default();
            let place = format!("{}:{}", report.after, error.line);
            self.line("✗", Look::Red, &format_args!("{place}: {first}"));
        }
        if !report.left_out.is_empty() {
            let lines: Vec<String> = report.left_out.iter().map(usize::to_string).collect();
            let lines = lines.join(", ");
            let said = format!(
                "{} has errors, which were left out: line {lines}",
                report.before
            );
            self.line("·", Look::Yellow, &said);
        }
        if let Some(message) = &report.message {
            self.line("✗", Look::Red, message);
        }
        for (mark, look, text) in report
            .declarations
            .iter()
            .filter_map(DeclarationReport::line)
        {
            self.line(mark, look, &text);
        }
        terminal::say!("{}", report.summary());
        Ok(())
    }

    fn line(&self, mark: &str, look: Look, text: &dyn Display) {
        terminal::say_painted(
            self.color,
            &[
                (Look::Plain, &"  "),
                (look, &mark),
                (Look::Plain, &" "),
                (Look::Plain, text),
            ],
        );
    }
}
