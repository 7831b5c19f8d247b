//! Does a proof lean on a declaration of the same file that is not proved itself?
//!
//! Lean's own `exact?`, `simp` and `grind` use such a neighbour like any other. `#print axioms` tells
//! that there is one, but not which, and not every Lean answers it. So the proof's term is printed,
//! and the names in it are followed through the file.

use std::collections::BTreeSet;
use std::time::Duration;

use super::checker::{CheckError, Checker};
use super::target::{Spliced, Target};
use crate::document::{DeclarationKind, LineIndex, TokenKind, lex};

/// How many times names are followed: a proof that uses a lemma that uses a lemma …
const ROUNDS: usize = 8;

/// How many names are followed in all.
const MOST_NAMES: usize = 64;

/// Prints terms whole.
const PRINT: &str = "set_option pp.proofs true in set_option pp.deepTerms true in set_option pp.maxSteps 1000000 in #print";

/// The name that an `example` gets to be printed.
const EXAMPLE: &str = "unsorry_printed";

/// The unproved neighbours that a proof uses.
#[derive(Debug, Default)]
pub struct Neighbours {
    /// By name, sorted.
    pub names: Vec<String>,
}

impl Neighbours {
    /// The names, or words for what is known to be there but was not found by name.
    pub fn or_unnamed(self) -> Vec<String> {
        if self.names.is_empty() {
            vec!["something that is".to_owned()]
        } else {
            self.names
        }
    }
}

/// Looks for unproved neighbours that the proof in `spliced` uses, directly or through others.
///
/// # Errors
/// When Lean can't be asked.
pub async fn leans_on(
    checker: &Checker,
    target: &Target,
    spliced: &Spliced,
    limit: Duration,
) -> Result<Neighbours, CheckError> {
    let outline = &target.outline;
    let unit = &target.declaration().unit;
    let earlier: Vec<(usize, &str)> = outline
        .declarations
        .iter()
        .enumerate()
        .filter(|(_, d)| d.extent.end <= unit.start)
        .filter_map(|(index, d)| Some((index, &target.text[d.name.clone()?])))
        .collect();
    let unproved: BTreeSet<&str> = earlier
        .iter()
        .filter(|(index, _)| outline.holes.iter().any(|hole| hole.declaration == *index))
        .map(|(_, name)| *name)
        .collect();
    if unproved.is_empty() {
        return Ok(Neighbours::default());
    }
    let declaration = target.declaration();
    let (text, own) = match &declaration.name {
        Some(name) => (spliced.text.clone(), target.text[name.clone()].to_owned()),
        None if declaration.kind == DeclarationKind::Example && *unit == declaration.extent => {
            let keyword = declaration.keyword.clone();
            let text = format!(
                "{}theorem {EXAMPLE}{}",
                &spliced.text[..keyword.start],
                &spliced.text[keyword.end..]
            );
            (text, EXAMPLE.to_owned())
        }
        // What can't be printed is looked for in the proof's own words.
        None => return Ok(mentioned(&spliced.change.text, &unproved)),
    };
    let mut found = BTreeSet::new();
    let mut seen: BTreeSet<String> = BTreeSet::from([own.clone()]);
    let mut round = vec![own];
    for _ in 0..ROUNDS {
        if round.is_empty() {
            break;
        }
        let commands: String = round
            .iter()
            .map(|name| format!("\n{PRINT} {name}"))
            .collect();
        let asked = format!("{text}\n{commands}\n");
        let first = LineIndex::new(&text).position(usize::MAX).line + 2;
        let elaboration = checker
            .elaborate(&target.uri, asked, Vec::new(), limit)
            .await?;
        round.clear();
        for printed in elaboration
            .diagnostics
            .iter()
            .filter(|d| d.start().line >= first)
        {
            for word in words(&printed.message) {
                if let Some(name) = unproved.iter().find(|name| same(name, word)) {
                    found.insert((*name).to_owned());
                } else if seen.len() < MOST_NAMES
                    && (word.contains("._") || earlier.iter().any(|(_, name)| same(name, word)))
                    && seen.insert(word.to_owned())
                {
                    round.push(word.to_owned());
                }
            }
        }
    }
    Ok(Neighbours {
        names: found.into_iter().collect(),
    })
}

fn mentioned(text: &str, unproved: &BTreeSet<&str>) -> Neighbours {
    let found: BTreeSet<String> = words(text)
        .filter_map(|word| unproved.iter().find(|name| same(name, word)))
        .map(|name| (*name).to_owned())
        .collect();
    Neighbours {
        names: found.into_iter().collect(),
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    lex(text)
        .into_iter()
        .filter(|token| token.kind == TokenKind::Word)
        .map(|token| &text[token.range])
}

/// Whether two names can mean the same declaration, one perhaps written with more of its namespace.
fn same(a: &str, b: &str) -> bool {
    let ends = |long: &str, short: &str| {
        long.strip_suffix(short)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    let trim = |name: &str| name.strip_prefix("_root_.").unwrap_or(name).to_owned();
    let (a, b) = (trim(a), trim(b));
    ends(&a, &b) || ends(&b, &a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_and_out_of_namespaces() {
        assert!(same("foo", "foo"));
        assert!(same("foo", "A.foo"));
        assert!(same("A.foo", "foo"));
        assert!(same("_root_.A.foo", "A.foo"));
        assert!(!same("foo", "barfoo"));
        assert!(!same("foo.bar", "foo"));
    }
}
