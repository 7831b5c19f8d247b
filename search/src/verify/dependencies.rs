//! The dependencies of a proof, by the names in its term: does it depend on a declaration of the same file
//! that is not proved itself, does it hold a `sorry`, does it trust compiled code?
//!
//! Lean's own `exact?`, `simp` and `grind` use an unproved neighbour like any other. `#print axioms`
//! tells that there is one, but not which, and not every Lean answers it. So the term is printed with
//! nothing left out, and the names in it are followed through the file. What can't be followed counts
//! against the proof.

use std::collections::BTreeSet;

use super::context::CheckContext;
use crate::check::checker::CheckError;
use crate::target::{NAME, Target};
use unsorry_syntax::{DeclarationKind, LineIndex, keyword};

/// The most names that are followed, the proof's own among them.
const MAX_NAMES: usize = 256;

/// Prints a term whole.
const PRINT: &str = "set_option pp.all true in set_option pp.proofs true in \
    set_option pp.deepTerms true in set_option pp.maxSteps 10000000 in #print";

/// The dependencies of a declaration, as far as a verdict needs them.
#[derive(Debug, Default)]
pub struct Dependencies {
    /// The declaration's own term holds a `sorry`.
    pub holds_sorry: bool,
    /// A constant that stands for trust in compiled code.
    pub native: Option<String>,
    /// Axioms of the file, used directly or through others.
    pub axioms: BTreeSet<String>,
    /// Declarations of the file, used directly or through others, whose terms hold a `sorry`.
    pub unproved: BTreeSet<String>,
    /// Lean did not show all of it.
    pub hidden: bool,
}

/// Follows the declaration of the target in `text`, which ends with it.
///
/// # Errors
/// When Lean can't be asked.
pub async fn dependencies(cx: CheckContext<'_>, text: &str) -> Result<Dependencies, CheckError> {
    let CheckContext {
        checker,
        target,
        limit,
        ..
    } = cx;
    let mut dependencies = Dependencies::default();
    let Some((text, own)) = named(target, text) else {
        dependencies.hidden = true;
        return Ok(dependencies);
    };
    let declared: Vec<&str> = target
        .outline
        .declarations
        .iter()
        .filter_map(|d| Some(&target.text[d.name.clone()?]))
        .collect();
    let first = LineIndex::new(&text).position(usize::MAX).line + 2;
    let mut seen: BTreeSet<String> = BTreeSet::from([own.clone()]);
    let mut round = vec![own.clone()];
    while !round.is_empty() {
        let commands: String = round
            .iter()
            .map(|name| format!("\n{PRINT} {name}"))
            .collect();
        // The steps of a `calc` would go on with `set_option … in`.
        let asked = format!("{text}\nsection{commands}\nend\n");
        let elaboration = match checker
            .elaborate(&target.uri, asked, Vec::new(), limit)
            .await
        {
            Err(CheckError::Unknown(_)) => {
                dependencies.hidden = true;
                return Ok(dependencies);
            }
            other => other?,
        };
        let mut next = Vec::new();
        for (name, line) in round.iter().zip(first..) {
            let printed = elaboration
                .diagnostics
                .iter()
                .find(|d| d.start().line == line);
            let Some(printed) = printed.filter(|d| !d.is_error() && !d.message.contains('⋯'))
            else {
                // Lean makes some constants when asked for, and can't print them: what they were
                // made of can be looked at.
                match parent(name, &declared) {
                    Some(parent) if seen.insert(parent.to_owned()) => next.push(parent.to_owned()),
                    Some(_) => {}
                    None => dependencies.hidden = true,
                }
                continue;
            };
            if is_axiom(&printed.message) {
                dependencies.axioms.insert(visible(name).to_owned());
            }
            for word in words(&printed.message) {
                if word == "sorryAx" {
                    if *name == own {
                        dependencies.holds_sorry = true;
                    } else {
                        dependencies.unproved.insert(visible(name).to_owned());
                    }
                } else if is_native(word) {
                    dependencies.native = Some(word.to_owned());
                } else if let Some(local) = local(word, &declared)
                    && seen.insert(local.to_owned())
                {
                    if seen.len() > MAX_NAMES {
                        dependencies.hidden = true;
                    } else {
                        next.push(local.to_owned());
                    }
                }
            }
        }
        round = next;
    }
    Ok(dependencies)
}

/// The text with a name for the target's declaration, and the name. An `example` becomes a theorem.
fn named(target: &Target, text: &str) -> Option<(String, String)> {
    let declaration = target.declaration();
    if let Some(name) = &declaration.name {
        return Some((text.to_owned(), target.text[name.clone()].to_owned()));
    }
    let after = text[declaration.keyword.end..].trim_start();
    let keyword = match declaration.kind {
        DeclarationKind::Example => "theorem",
        // A priority would stand before the name.
        DeclarationKind::Instance if !after.starts_with("(priority") => "instance",
        _ => return None,
    };
    Some((target.named(text, keyword), NAME.to_owned()))
}

/// The names in a printed term, and other words. What stands in `«»` is part of a name.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c: char| {
        quoted = c == '«' || (quoted && c != '»');
        !quoted && (c.is_whitespace() || "()[]{},@⟨⟩:;".contains(c))
    })
    .map(|word| word.trim_end_matches('.'))
    .filter(|word| !word.is_empty())
}

/// Whether a declaration is printed as an axiom: `private axiom a : False`.
fn is_axiom(printed: &str) -> bool {
    let mut modifiers = printed.split_whitespace();
    let modifier = |word: &&str| word.starts_with("@[") || keyword::MODIFIERS.contains(word);
    modifiers.find(|word| !modifier(word)) == Some("axiom")
}

/// Whether a constant is how `native_decide` and its like say that they trust the compiler.
fn is_native(word: &str) -> bool {
    [
        "ofReduceBool",
        "ofReduceNat",
        "trustCompiler",
        "_nativeDecide",
    ]
    .iter()
    .any(|part| word.contains(part))
}

/// The name by which a constant of this file can be printed; none for one of another file. Of a
/// module's private ones Lean shows the module, which can be a path.
fn local<'a>(word: &'a str, declared: &[&str]) -> Option<&'a str> {
    if let Some(private) = word.strip_prefix("_private.") {
        let split = if private.starts_with('«') {
            "».0."
        } else {
            ".0."
        };
        return private.split_once(split).map(|(_, name)| name);
    }
    let known = declared
        .iter()
        .any(|name| dotted(word, name) || dotted(name, word));
    (known || parent(word, declared).is_some()).then_some(word)
}

/// The declaration that brought a constant along: `foo` of `foo.helper` or `foo.match_1`.
fn parent<'a>(word: &'a str, declared: &[&str]) -> Option<&'a str> {
    let mut parents = word.match_indices('.').map(|(at, _)| &word[..at]);
    parents.rfind(|parent| declared.iter().any(|name| dotted(parent, name)))
}

/// Whether `long` is `short`, perhaps with more of its namespace.
fn dotted(long: &str, short: &str) -> bool {
    let short = short.strip_prefix("_root_.").unwrap_or(short);
    long.strip_suffix(short)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A name as a reader knows it: without what Lean added for an auxiliary constant.
fn visible(name: &str) -> &str {
    name.split_once("._").map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_file() {
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(
                local(word, &["foo", "A.bar", "_root_.baz"]),
                expected,
                "{word}"
            );
        };
        check("foo", Some("foo"));
        check("N.foo", Some("N.foo"));
        check("N.A.bar", Some("N.A.bar"));
        check("bar", Some("bar"));
        check("baz", Some("baz"));
        check("foo.helper", Some("foo.helper"));
        check("foo._proof_1", Some("foo._proof_1"));
        check("_private._unsorry7.0.N.x", Some("N.x"));
        check("_private.«external:file:///a.0.b».0.N.x", Some("N.x"));
        check("barfoo", None);
        check("Nat.add_comm", None);
        check("Nat.instOfNat", None);
    }

    #[test]
    fn words_of_a_term() {
        let all: Vec<&str> =
            words("@Eq.{1} Nat (_private.«file:a b».0.foo a)\n  sorryAx.{0} [x]").collect();
        assert_eq!(
            all,
            [
                "Eq",
                "1",
                "Nat",
                "_private.«file:a b».0.foo",
                "a",
                "sorryAx",
                "0",
                "x"
            ]
        );
    }
}
