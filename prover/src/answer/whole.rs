//! Reads an answer in words and code, whatever its form.

use serde_json::Value;
use unsorry_syntax::lex;

use super::align::{self, Place};
use super::boundary::Boundary;
use super::layout::without_by;
use super::parts::{Part, PartKind, parts, thoughts};
use super::stop_detector::StopDetector;
use super::{Answer, Unread, body, plan, prose};
use crate::goal::{Context, Goal, HoleKind};
use crate::text::split;

/// The most pieces of code of one answer that are looked at, the last ones.
const MAX_PIECES: usize = 64;

/// The most readings of one answer, which may have several proofs in it.
const MAX_READINGS: usize = 4;

/// Reads an answer; `complete` says that the model has ended it itself.
///
/// Where the answer has the hole's declaration, only what stands at the hole is taken: what the model made of
/// the statement is thrown away. The declaration is found by its name, or else by its statement, and what
/// precedes and follows the hole in its body must be there word for word, but for white space and other
/// holes. An answer without any declaration may be what stands at the hole, and nothing else. Code is found
/// in fences, in tags, in the strings of a JSON value, or between words; what is not surely code is not read.
pub fn whole(goal: &Goal, text: &str, complete: bool) -> Answer {
    let text = plain(text);
    let (thought, said) = thoughts(&text);
    let mut code = Code::default();
    code.add(said, complete);
    let mut answer = code.answer(goal);
    if answer.candidates.is_empty() && answer.sketch.is_none() && !thought.is_empty() {
        let mut fenced = Code::default();
        let thought = parts(thought);
        fenced.add_parts(
            thought
                .into_iter()
                .filter(|part| part.kind == PartKind::Fenced),
        );
        let of_thoughts = fenced.answer(goal);
        if !of_thoughts.candidates.is_empty() {
            answer = of_thoughts;
        }
    }
    if answer.unread.is_some() && !complete {
        answer.unread = Some(Unread::CutOff);
    }
    answer.plan = plan(if said.is_empty() { &text } else { said });
    answer
}

/// An answer's text with the blanks and line ends that Lean has.
fn plain(text: &str) -> String {
    let mut text = text
        .trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .replace(['\r', '\u{2028}'], "\n")
        .replace('\t', "  ")
        .replace('\u{a0}', " ")
        .replace('\u{200b}', "");
    // Lean has none of these: the text was escaped once more than it was read.
    if text.contains("&lt;") || text.contains("&gt;") {
        let marks = [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
        text = marks
            .iter()
            .fold(text, |text, (from, to)| text.replace(from, to));
    }
    if !text.trim().contains('\n') && text.contains("\\n") && strings(&text).is_none() {
        text = text.replace("\\n", "\n");
    }
    text
}

/// The code of an answer, in the order of its text.
#[derive(Debug, Default)]
struct Code {
    /// What may have the declaration.
    files: Vec<String>,
    /// What may stand at the hole.
    blocks: Vec<String>,
}

impl Code {
    /// Adds the code of a text. What was cut off at its end is left out.
    fn add(&mut self, text: &str, complete: bool) {
        if let Some(strings) = strings(text) {
            strings.iter().for_each(|text| self.add(text, true));
            return;
        }
        let mut parts = parts(text);
        if !complete
            && parts
                .last()
                .is_some_and(|last| last.kind != PartKind::Fenced)
        {
            parts.pop();
        }
        self.add_parts(parts.into_iter());
    }

    fn add_parts(&mut self, parts: impl Iterator<Item = Part>) {
        for Part { kind, text } in parts {
            if let (PartKind::Fenced | PartKind::Foreign, Some(strings)) = (kind, strings(&text)) {
                strings.iter().for_each(|text| self.add(text, true));
                continue;
            }
            match kind {
                PartKind::Fenced => {
                    self.files.push(text.clone());
                    self.blocks.push(text);
                }
                PartKind::Foreign => self.files.push(text),
                PartKind::Open | PartKind::Words => {
                    let declarations = prose::declarations(&text);
                    if declarations.is_empty() {
                        self.blocks.extend(prose::proofs(&text));
                        let spans = prose::spans(&text);
                        self.files.extend(spans.iter().cloned());
                        self.blocks.extend(spans);
                    }
                    self.files.extend(declarations);
                }
            }
        }
    }

    fn answer(&self, goal: &Goal) -> Answer {
        let mut candidates = distinct(&self.files, |code| at_hole(goal, code, false));
        if candidates.is_empty() {
            candidates = distinct(&self.blocks, |code| block_at_hole(goal, code, false));
        }
        let sketch = sketch(&self.files, |code| at_hole(goal, code, true));
        let sketch =
            sketch.or_else(|| self::sketch(&self.blocks, |code| block_at_hole(goal, code, true)));
        let is_read = !candidates.is_empty() || sketch.is_some();
        Answer {
            unread: (!is_read).then(|| self.unread()),
            candidates,
            sketch,
            plan: None,
        }
    }

    /// Why nothing of it is read.
    fn unread(&self) -> Unread {
        let mut all = self.files.iter().chain(&self.blocks).peekable();
        let is_empty = all.peek().is_none();
        let unproved = |code: &String| {
            lex(code)
                .iter()
                .any(|token| matches!(token.word(code), "sorry" | "admit"))
        };
        match all.any(unproved) {
            _ if is_empty => Unread::NoCode,
            true => Unread::Unproved,
            false => Unread::OtherCode,
        }
    }
}

/// What is read of pieces of code, the last first.
fn distinct(code: &[String], read: impl Fn(&str) -> Option<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let code = code.iter().rev().take(MAX_PIECES);
    for text in code.filter_map(|code| read(code)) {
        if !all.contains(&text) && all.len() < MAX_READINGS {
            all.push(text);
        }
    }
    all
}

/// The last of what is read that has something left to prove, and something that is not.
fn sketch(code: &[String], read: impl Fn(&str) -> Option<String>) -> Option<String> {
    let code = code.iter().rev().take(MAX_PIECES);
    let mut sketches = code.filter_map(|code| read(code));
    sketches.find(|text| {
        let tokens = lex(text);
        let has = |word: &str| tokens.iter().any(|token| token.word(text) == word);
        // A lone `sorry` sketches nothing.
        has("sorry")
            && tokens
                .iter()
                .any(|token| !matches!(token.word(text), "sorry" | "by" | ""))
    })
}

/// The text of `code` where `goal` has its hole; `sketch` says whether it may leave a `sorry`.
fn at_hole(goal: &Goal, code: &str, sketch: bool) -> Option<String> {
    let Place { range, is_term } = align::place(&goal.context, code)?;
    let context = Context {
        before: code[..range.start].to_owned(),
        ..Context::default()
    };
    let kind = if is_term { HoleKind::Term } else { goal.kind };
    let mut detector = StopDetector::at(Boundary::of(kind, &context));
    if sketch {
        detector.takes_sorry();
    }
    detector.push(&code[range]);
    let text = detector.all()?;
    match is_term {
        true => body::exact(&text),
        false => Some(text),
    }
}

/// The same of code that is no declaration: all of the declaration's body, or what stands at the hole.
fn block_at_hole(goal: &Goal, code: &str, sketch: bool) -> Option<String> {
    let (_, head) = split(&goal.context.before, goal.context.declaration);
    let around = align::statement(head).and_then(|(statement, has_more)| {
        let tactics = without_by(&body::moved_left(code)).0;
        let tactics = tactics.replace('\n', "\n  ");
        let file = has_more.then(|| format!("{statement} by\n  {tactics}\n"))?;
        at_hole(goal, &file, sketch)
    });
    around.or_else(|| body::at_hole(goal, code, sketch))
}

/// The strings in a text that is a JSON value. The texts of one list, such as tactics, are lines of one.
fn strings(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    text.starts_with(['{', '[', '"']).then_some(())?;
    let value: Value = serde_json::from_str(text).ok()?;
    let mut found = Vec::new();
    collect(&value, &mut found);
    Some(found)
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(list) => {
            let lines: Option<Vec<&str>> = list.iter().map(Value::as_str).collect();
            match lines {
                Some(lines) => {
                    found.extend(lines.iter().map(|line| (*line).to_owned()));
                    found.push(lines.join("\n"));
                }
                None => list.iter().for_each(|one| collect(one, found)),
            }
        }
        Value::Object(map) => map.values().for_each(|one| collect(one, found)),
        _ => {}
    }
}
