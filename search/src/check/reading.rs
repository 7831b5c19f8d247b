//! Candidates as Lean's own parser reads them where they will stand, nothing of them elaborated. Pure.
//!
//! Each stands between two words that nobody can know, which a command of ours begins and ends with: Lean has a
//! parser for it, and nothing that would elaborate it. It prints the trees of all commands that it comes to. Should
//! it find a command within a candidate, once that has an error, it has no depth left to elaborate it.
//!
//! Before them stands a harmless one of ours: where that is not read, this Lean reads none here.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::ops::Range;

use unsorry_prover::{Candidate, HoleKind};
use unsorry_syntax::LineIndex;
use unsorry_syntax::lexer::Token;

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
    /// The lines of our own one.
    ours: Range<u32>,
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
}

impl Reading {
    /// Builds the text.
    pub fn of(target: &Target, kind: HoleKind, candidates: &[Candidate]) -> Reading {
        let prefix = opened(target);
        let number = RandomState::new().build_hasher().finish();
        let words = ["begin", "end"].map(|word| format!("unsorry_{word}_{number:x}"));
        let [begin, end] = &words;
        let (what, ours) = match kind {
            HoleKind::Tactic => ("tacticSeq", "skip"),
            HoleKind::Term => ("term", "Type"),
        };
        let mut text = target.head().to_owned();
        text += &format!("\n\nlocal syntax \"{begin}\" {what} \"{end}\" : command\n{OPTIONS}");
        let mut add = |candidate: &str| {
            let start = text.len();
            let indented = candidate.replace('\n', "\n  ");
            text += &format!("{prefix}{begin}\n  {indented}\n{end}\n");
            start..text.len()
        };
        let ours = add(ours);
        let ranges: Vec<_> = candidates.iter().map(|one| add(&one.text)).collect();
        let index = LineIndex::new(&text);
        let line = |at: usize| index.position(at).line;
        let lines = |own: Range<usize>| line(own.start)..line(own.end);
        Reading {
            ours: lines(ours),
            lines: ranges.into_iter().map(lines).collect(),
            words,
            text,
        }
    }

    /// What Lean has read, candidate by candidate, and none for those of which it says nothing; sketches among them
    /// may leave a `sorry`. None where this Lean reads nothing here.
    pub fn read(&self, diagnostics: &[Diagnostic], sketches: bool) -> Option<Vec<Option<Read>>> {
        let read = |lines: &Range<u32>| {
            let said = || {
                let lines = lines.clone();
                diagnostics
                    .iter()
                    .filter(move |d| lines.contains(&d.start().line))
            };
            let judged = said().find_map(|d| self.judged(d, sketches));
            match judged {
                Some(Ok(())) => Some(Read::Block),
                Some(Err(refusal)) => Some(Read::Harmful(refusal)),
                None => {
                    let error = said().find(|d| d.is_error() && !is_of_ours(d))?;
                    Some(Read::Error(self.complaint(error, lines)))
                }
            }
        };
        let reads = read(&self.ours) == Some(Read::Block);
        reads.then(|| self.lines.iter().map(read).collect())
    }

    /// Lean's error of the candidate on `lines`, without our words.
    fn complaint(&self, error: &Diagnostic, lines: &Range<u32>) -> Complaint {
        let mut complaint = Complaint::of(error, lines.start + 1);
        let end = format!("'{}'", self.words[1]);
        complaint.message = complaint.message.replace(&end, "the end of the proof");
        complaint
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

/// Each `open … in` before the declaration and around the hole, which stands before each candidate as well: it brings
/// notation.
fn opened(target: &Target) -> String {
    let (block, hole) = (&target.declaration().block, target.hole().range.start);
    let tokens = target.outline.tokens.iter();
    let inside = |token: &&Token| block.contains(&token.range.start) && token.is_code();
    let tokens: Vec<&Token> = tokens.filter(inside).collect();
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text(&target.text));
    let keyword = target.declaration().keyword.start;
    let mut opened = String::new();
    for (at, token) in tokens.iter().enumerate() {
        if text(at) != "open" || token.range.start >= hole {
            continue;
        }
        let Some(end) = (at..tokens.len()).find(|end| text(*end) == "in") else {
            break;
        };
        let behind = tokens.get(end + 1..).unwrap_or_default();
        if token.range.start < keyword || reaches(behind, hole, &target.text) {
            opened += &target.text[token.range.start..tokens[end].range.end];
            opened.push(' ');
        }
    }
    opened
}

/// Whether what begins with the first of `tokens` goes on as far as the byte `hole`: no bracket around it is closed,
/// and no line stands left of it before.
fn reaches(tokens: &[&Token], hole: usize, text: &str) -> bool {
    let Some(first) = tokens.first() else {
        return false;
    };
    let mut depth = 0usize;
    for token in tokens.iter().skip(1) {
        if token.range.start > hole {
            break;
        }
        if depth == 0 && token.first_on_line && token.column < first.column {
            return false;
        }
        match token.text(text) {
            "(" | "[" | "{" | "⟨" => depth += 1,
            ")" | "]" | "}" | "⟩" => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return false,
            },
            _ => {}
        }
    }
    first.range.start <= hole
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

    fn reading(text: &str, candidates: &[&str]) -> Reading {
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
        let reading = reading(text, &["simp\nrfl", "omega"]);
        let [begin, end] = &reading.words;
        let expected = format!(
            "/-- d -/\nopen Nat in\n@[simp] theorem t : 1 = 1 := by\n  sorry\n\n\
             local syntax \"{begin}\" tacticSeq \"{end}\" : command\n{OPTIONS}\
             open Nat in {begin}\n  skip\n{end}\nopen Nat in {begin}\n  simp\n  rfl\n{end}\nopen Nat in {begin}\n  omega\n{end}\n"
        );
        assert_eq!(reading.text, expected);
        assert_eq!(
            (reading.ours, reading.lines),
            (10..13, vec![13..17, 17..20])
        );
    }

    #[test]
    fn what_is_opened_at_the_hole() {
        let check = |proof: &str, expected: &str| {
            let text = format!("open A in\ntheorem t : 1 = 1 := {proof}\n");
            let expected = format!("open A in {expected}");
            assert_eq!(opened(&target(&text)), expected, "{text}");
        };
        check("sorry", "");
        check("by\n  open B in\n  sorry", "open B in ");
        check("by\n  open B in\n  skip\n  sorry", "open B in ");
        check("by\n  open B in skip\n  sorry", "");
        check("by\n  · open B in\n    skip\n  · sorry", "");
        check(
            "open B in open C in f (by\n    open D in sorry)",
            "open B in open C in open D in ",
        );
        check("f (open B in g) sorry", "");
        check("by\n  sorry\n  open B in skip", "");
    }

    #[test]
    fn what_lean_says_of_each() {
        let text = "theorem t : 1 = 1 := by\n  sorry\n";
        let all = ["simp", "simp (maxSteps := pwn)", "rfl\nmycmd", "omega"];
        let reading = reading(text, &all);
        let [begin, end] = &reading.words;
        let first = |at: usize| reading.lines[at].start;
        let tree = |inner: &str, end: &str| {
            format!("[Elab.command] (a.b\n \"{begin}\" (Tactic.tacticSeq {inner}) {end})")
        };
        let whole = format!("\"{end}\"");
        let value = "(Tactic.valConfigItem \"(\" `maxSteps \":=\" `pwn \")\")";
        let error = |line, message: &str| says(line, Severity::Error, message.into());
        let told = |line, tree| says(line, Severity::Information, tree);
        let ours = told(reading.ours.start, tree("[\"skip\"]", &whole));
        let diagnostics = [
            ours.clone(),
            error(
                first(0),
                "elaboration function for `a.b` has not been implemented",
            ),
            told(first(0), tree("[\"simp\"]", &whole)),
            told(first(1), tree(value, &whole)),
            error(first(2) + 2, &format!("unexpected token; expected '{end}'")),
            told(first(2), tree("(Tactic.unknown `mycmd <missing>)", "")),
        ];
        let read = reading.read(&diagnostics, false).expect("it reads");
        assert_eq!(read[0], Some(Read::Block));
        assert!(
            matches!(&read[1], Some(Read::Harmful(refusal)) if refusal.rule() == "option-value")
        );
        let Some(Read::Error(complaint)) = &read[2] else {
            panic!("{read:?}");
        };
        assert_eq!(
            (complaint.line, complaint.first_line()),
            (Some(1), "unexpected token; expected the end of the proof")
        );
        assert_eq!(read[3], None);
        let deep = "(a ".repeat(5000) + &")".repeat(5000);
        let read = reading.read(&[ours, told(first(0), tree(&deep, &whole))], false);
        let read = read.expect("it reads");
        assert_eq!(read[0], Some(Read::Harmful(Refusal::TooDeep)));
        // A Lean that does not read what is ours reads nothing here.
        let read = reading.read(&diagnostics[1..], false);
        assert_eq!(read, None);
    }
}
