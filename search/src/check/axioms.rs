//! Lean's answers about a declaration, to commands behind it: the axioms it depends on (`#print axioms`) and
//! its type (`#check`). Pure.

use crate::lean::diagnostic::Diagnostic;
use unsorry_syntax::{DeclarationKind, LineIndex};

use crate::target::{NAME, Target};

/// The axioms that Lean's own library rests on.
const STANDARD: [&str; 3] = ["propext", "Classical.choice", "Quot.sound"];

/// Prints a type whole, but for the proofs in it, which the hole may be part of.
const CHECK: &str = "set_option pp.all true in set_option pp.proofs false in \
    set_option pp.deepTerms true in set_option pp.maxSteps 10000000 in #check";

/// The axiom behind `sorry`.
const SORRY: &str = "sorryAx";

/// Lean's report of the axioms that a declaration depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AxiomReport {
    /// All the axioms, in Lean's order.
    Axioms(Vec<String>),
    /// Lean did not say, and this is why.
    NotReported(String),
}

impl AxiomReport {
    /// The axioms that are neither standard nor were there `before`.
    pub fn foreign(&self, before: &AxiomReport) -> Vec<&str> {
        let is_known = |name: &str| match before {
            AxiomReport::Axioms(before) => before.iter().any(|known| known == name),
            AxiomReport::NotReported(_) => false,
        };
        let own = |name: &&str| !STANDARD.contains(name) && *name != SORRY && !is_known(name);
        self.names().filter(own).collect()
    }

    /// Whether Lean has told all of them, and no `sorry` is among them.
    pub fn is_clean(&self) -> bool {
        matches!(self, AxiomReport::Axioms(_)) && self.names().all(|name| name != SORRY)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            AxiomReport::Axioms(names) => names.as_slice(),
            AxiomReport::NotReported(_) => &[],
        };
        names.iter().map(String::as_str)
    }
}

/// The questions about a declaration, to be put after it.
#[derive(Debug)]
pub struct Inspection {
    /// The text, its declaration under a name.
    named: String,
    commands: String,
    /// The line of `#print axioms`, from the text's first; `#check` is on the next one.
    line: Option<u32>,
}

impl Inspection {
    /// Asks about the declaration of `target` in `text`, which ends with it. What no command can name is
    /// asked about in the form of a copy behind it that has a name: an `example` as a theorem.
    pub fn of(target: &Target, text: &str) -> Inspection {
        let declaration = target.declaration();
        let (named, copy, name) = match (&declaration.kind, &declaration.name) {
            (_, Some(name)) => {
                let name = target.text[name.clone()].to_owned();
                (text.to_owned(), String::new(), name)
            }
            (DeclarationKind::Example | DeclarationKind::Instance, None)
                if declaration.block == declaration.extent =>
            {
                let named = match declaration.kind {
                    DeclarationKind::Example => target.named(text, "theorem"),
                    _ => target.named(text, "instance"),
                };
                let copy = format!("\n\n{}", &named[declaration.extent.start..]);
                (named, copy, NAME.to_owned())
            }
            _ => {
                return Inspection {
                    named: text.to_owned(),
                    commands: String::new(),
                    line: None,
                };
            }
        };
        let before = format!("{copy}\n\n");
        let line = LineIndex::new(&format!("{text}{before}"))
            .position(usize::MAX)
            .line;
        Inspection {
            named,
            commands: format!("{before}#print axioms {name}\n{CHECK} @{name}"),
            line: Some(line),
        }
    }

    /// The text, but what no command can name has a name there.
    pub fn named(&self) -> &str {
        &self.named
    }

    /// The commands to put after the text.
    pub fn commands(&self) -> &str {
        &self.commands
    }

    /// The declaration's name and type as Lean prints them, proofs left out; none where it does not.
    pub fn statement(&self, diagnostics: &[Diagnostic]) -> Option<String> {
        let line = self.line? + 1;
        let answer = diagnostics.iter().find(|d| d.start().line == line)?;
        (!answer.is_error()).then(|| answer.message.clone())
    }

    /// Reads Lean's answer about axioms.
    pub fn report(&self, diagnostics: &[Diagnostic]) -> AxiomReport {
        let Some(line) = self.line else {
            return AxiomReport::NotReported("the declaration has no name to ask about".into());
        };
        let mut answers = diagnostics.iter().filter(|d| d.start().line == line);
        match answers.next() {
            Some(answer) if !answer.is_error() => read(&answer.message)
                .unwrap_or_else(|| AxiomReport::NotReported(answer.first_line().to_owned())),
            Some(error) => AxiomReport::NotReported(error.first_line().to_owned()),
            None => AxiomReport::NotReported("Lean gave no answer".into()),
        }
    }
}

/// `'foo' depends on axioms: [propext, sorryAx]` or `'foo' does not depend on any axioms`.
fn read(message: &str) -> Option<AxiomReport> {
    if message.ends_with("does not depend on any axioms") {
        return Some(AxiomReport::Axioms(Vec::new()));
    }
    let (_, list) = message.split_once("depends on axioms:")?;
    let list = list.trim().strip_prefix('[')?.strip_suffix(']')?;
    Some(AxiomReport::Axioms(
        list.split(',').map(|name| name.trim().to_owned()).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leans_answers() {
        let check = |message: &str, expected: Option<&[&str]>| {
            let expected = expected
                .map(|names| AxiomReport::Axioms(names.iter().map(|&n| n.to_owned()).collect()));
            assert_eq!(read(message), expected, "{message}");
        };
        check("'a.b' does not depend on any axioms", Some(&[]));
        check(
            "'x' depends on axioms: [propext, Quot.sound]",
            Some(&["propext", "Quot.sound"]),
        );
        check(
            "'x' depends on axioms: [propext,\n Classical.choice,\n sorryAx]",
            Some(&["propext", "Classical.choice", "sorryAx"]),
        );
        check("something else", None);
    }
}
