//! Candidates as Lean's own parser reads them where they will stand, nothing of them elaborated. Pure.
//!
//! Each stands between two words that nobody can know, which a command of ours begins and ends with: Lean has a
//! parser for it, and nothing that would elaborate it. It prints the trees of all commands that it comes to. Should
//! it find a command within a candidate, once that has an error, it has no depth left to elaborate it.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;

use unsorry_prover::{Candidate, HoleKind};
use unsorry_syntax::LineIndex;

use super::verdict::Complaint;
use crate::gate::{Refusal, Tree};
use crate::lean::diagnostic::Diagnostic;
use crate::target::Target;

/// What the trees are printed by, and why nothing more is done.
const OPTIONS: &str = "set_option pp.raw true\nset_option pp.raw.maxDepth 10000\n\
    set_option trace.Elab.command true\nset_option maxRecDepth 1\n";

/// A text for Lean with candidates to be read.
#[derive(Debug)]
pub struct Reading {
    /// The text.
    pub text: String,
    /// The words before and behind each candidate.
    words: [String; 2],
    /// The lines of each candidate, from 0, the words' own among them.
    lines: Vec<Range<u32>>,
}

/// What Lean's parser makes of a candidate.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// One block of tactics, or one term, with nothing in it that does harm.
    Block,
    /// One that does.
    Harmful(Refusal),
    /// Neither: Lean's words.
    Error(Complaint),
    /// This Lean does not say.
    Unknown,
}

impl Reading {
    /// Builds the text; none where what stands around the hole makes Lean read otherwise there than behind the
    /// declaration.
    pub fn of(target: &Target, kind: HoleKind, candidates: &[Candidate]) -> Option<Reading> {
        let prefix = prefix(target)?;
        let number = RandomState::new().build_hasher().finish();
        let words = ["begin", "end"].map(|word| format!("unsorry_{word}_{number:x}"));
        let [begin, end] = &words;
        let what = match kind {
            HoleKind::Tactic => "tacticSeq",
            HoleKind::Term => "term",
        };
        let mut text = target.head().to_owned();
        text += &format!("\n\nlocal syntax \"{begin}\" {what} \"{end}\" : command\n{OPTIONS}");
        let mut ranges = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let start = text.len();
            let indented = candidate.text.replace('\n', "\n  ");
            text += &format!("{prefix}{begin}\n  {indented}\n{end}\n");
            ranges.push(start..text.len());
        }
        let index = LineIndex::new(&text);
        let line = |at: usize| index.position(at).line;
        let lines = ranges.iter().map(|own| line(own.start)..line(own.end));
        Some(Reading {
            lines: lines.collect(),
            words,
            text,
        })
    }

    /// What Lean has read, candidate by candidate; sketches among them may leave a `sorry`.
    pub fn read(&self, diagnostics: &[Diagnostic], sketches: bool) -> Vec<Read> {
        let said = |lines: &Range<u32>| {
            let lines = lines.clone();
            diagnostics
                .iter()
                .filter(move |d| lines.contains(&d.start().line))
        };
        let read = self.lines.iter().map(|lines| {
            let judged = said(lines).find_map(|d| self.judged(d, sketches));
            judged.map_or(Read::Unknown, |judged| match judged {
                Ok(()) => Read::Block,
                Err(refusal) => Read::Harmful(refusal),
            })
        });
        let mut all: Vec<Read> = read.collect();
        // Where no tree is printed nothing is known.
        let knows = diagnostics.iter().any(|d| print(&d.message).is_some());
        for (read, lines) in all.iter_mut().zip(&self.lines) {
            if let (Read::Unknown, true) = (&read, knows)
                && let Some(error) = said(lines).find(|d| d.is_error() && !is_of_ours(d))
            {
                *read = Read::Error(Complaint::of(error, lines.start + 1));
            }
        }
        all
    }

    /// The judgement of the tree between the words, if the whole of a candidate is printed there.
    fn judged(&self, diagnostic: &Diagnostic, sketches: bool) -> Option<Result<(), Refusal>> {
        let [begin, end] = &self.words;
        let print = print(&diagnostic.message)?;
        let Some(tree) = Tree::read(print) else {
            return print
                .contains(end.as_str())
                .then_some(Err(Refusal::TooDeep));
        };
        match tree.between(begin, end)? {
            [block] => Some(block.judge(sketches)),
            _ => None,
        }
    }
}

/// Whether an error is what Lean always says of a command that it has only read.
fn is_of_ours(error: &Diagnostic) -> bool {
    let messages = ["elaboration function", "maximum recursion depth"];
    messages.iter().any(|ours| error.message.starts_with(ours))
}

/// What a message of Lean's prints of a command's tree, if it does.
fn print(message: &str) -> Option<&str> {
    message.trim_start().strip_prefix("[Elab.command]")
}

/// The `open … in` before the declaration, which stands before each candidate as well: it brings notation. None
/// where something of that kind stands behind the declaration's keyword.
fn prefix(target: &Target) -> Option<String> {
    let declaration = target.declaration();
    let (keyword, hole) = (declaration.keyword.start, target.hole().range.start);
    let tokens = target.outline.tokens.iter();
    let inside = tokens.filter(|token| declaration.block.contains(&token.range.start));
    let mut prefix = String::new();
    let mut open: Option<usize> = None;
    for token in inside {
        match token.text(&target.text) {
            "open" if token.range.start >= keyword && token.range.start < hole => return None,
            "open" if token.range.start < keyword => open = Some(token.range.start),
            "in" => {
                if let Some(start) = open.take() {
                    prefix += &target.text[start..token.range.end];
                    prefix.push(' ');
                }
            }
            _ => {}
        }
    }
    Some(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lean::diagnostic::{self, Severity};
    use std::sync::Arc;
    use unsorry_prover::Engine;
    use unsorry_syntax::{Outline, Position};

    fn target(text: &str) -> Target {
        let outline = Arc::new(Outline::of(text));
        Target {
            uri: "file:///A.lean".into(),
            text: text.into(),
            hole: outline.holes.len() - 1,
            outline,
        }
    }

    fn reading(text: &str, candidates: &[&str]) -> Option<Reading> {
        let candidate = |text: &&str| Candidate::new(*text, Engine::Local(None));
        let candidates: Vec<_> = candidates.iter().map(candidate).collect();
        Reading::of(&target(text), HoleKind::Tactic, &candidates)
    }

    fn says(line: u32, severity: Severity, message: String) -> Diagnostic {
        let at = Position { line, character: 0 };
        Diagnostic {
            range: diagnostic::Range { start: at, end: at },
            full_range: None,
            severity,
            message,
            lean_tags: Vec::new(),
        }
    }

    #[test]
    fn each_stands_between_words_behind_the_declaration() {
        let text = "/-- d -/\nopen Nat in\n@[simp] theorem t : 1 = 1 := by\n  sorry\n\ntheorem u : 1 = 1 := rfl\n";
        let reading = reading(text, &["simp\nrfl", "omega"]).expect("it can be read");
        let [begin, end] = &reading.words;
        let expected = format!(
            "/-- d -/\nopen Nat in\n@[simp] theorem t : 1 = 1 := by\n  sorry\n\n\
             local syntax \"{begin}\" tacticSeq \"{end}\" : command\n{OPTIONS}\
             open Nat in {begin}\n  simp\n  rfl\n{end}\nopen Nat in {begin}\n  omega\n{end}\n"
        );
        assert_eq!(reading.text, expected);
        assert_eq!(reading.lines, [10..14, 14..17]);
        let inside = "theorem t : 1 = 1 := by\n  open Nat in\n  sorry\n";
        assert!(super::tests::reading(inside, &["simp"]).is_none());
    }

    #[test]
    fn what_lean_says_of_each() {
        let text = "theorem t : 1 = 1 := by\n  sorry\n";
        let all = ["simp", "simp (maxSteps := pwn)", "rfl\nmycmd", "omega"];
        let reading = reading(text, &all).expect("it can be read");
        let [begin, end] = &reading.words;
        let first = |at: usize| reading.lines[at].start;
        let tree = |inner: &str, end: &str| {
            format!("[Elab.command] (a.b\n \"{begin}\" (Tactic.tacticSeq {inner}) {end})")
        };
        let whole = format!("\"{end}\"");
        let value = "(Tactic.valConfigItem \"(\" `maxSteps \":=\" `pwn \")\")";
        let error = |line, message: &str| says(line, Severity::Error, message.into());
        let told = |line, tree| says(line, Severity::Information, tree);
        let diagnostics = [
            error(
                first(0),
                "elaboration function for `a.b` has not been implemented",
            ),
            told(first(0), tree("[\"simp\"]", &whole)),
            told(first(1), tree(value, &whole)),
            error(first(2) + 2, "unknown tactic"),
            told(first(2), tree("(Tactic.unknown `mycmd <missing>)", "")),
        ];
        let read = reading.read(&diagnostics, false);
        assert_eq!(read[0], Read::Block);
        assert!(matches!(&read[1], Read::Harmful(refusal) if refusal.rule() == "option-value"));
        let Read::Error(complaint) = &read[2] else {
            panic!("{read:?}");
        };
        assert_eq!(
            (complaint.line, complaint.first_line()),
            (Some(1), "unknown tactic")
        );
        assert_eq!(read[3], Read::Unknown);
        let deep = "(a ".repeat(5000) + &")".repeat(5000);
        let read = reading.read(&[told(first(0), tree(&deep, &whole))], false);
        assert_eq!(read[0], Read::Harmful(Refusal::TooDeep));
        // A Lean that prints no trees has not read anything.
        let read = reading.read(&[error(first(2) + 2, "no")], false);
        assert!(read.iter().all(|read| *read == Read::Unknown), "{read:?}");
    }
}
