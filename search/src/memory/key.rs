//! The keys that proofs are looked up by. Pure.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use unsorry_prover::HoleKind;

/// The form of the keys. It changes when what is below does: older rows are then no longer found, and go
/// in time.
const KEY_FORM: &str = "unsorry goal 1";

/// Marks a name that Lean made up.
const DAGGER: char = '✝';

/// A goal in its surroundings, as one number. Two that are alike here need not be the same to Lean: what
/// is found by a key is a candidate and nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(pub(super) [u8; 32]);

/// The parts that a key is made of.
#[derive(Debug, Clone, Copy)]
pub struct KeyParts<'a> {
    /// The goals, as Lean shows them.
    pub goals: &'a str,
    /// The kind of text that fills the hole.
    pub kind: HoleKind,
    /// The imports of the hole's file.
    pub imports: &'a [String],
    /// The version that Lean tells.
    pub lean: &'a str,
    /// The text of the project's `lake-manifest.json`.
    pub manifest: Option<&'a [u8]>,
}

impl KeyParts<'_> {
    /// Makes the key.
    pub fn key(&self) -> Key {
        let mut imports: Vec<&str> = self.imports.iter().map(String::as_str).collect();
        imports.sort_unstable();
        imports.dedup();
        let manifest = self.manifest.map(Sha256::digest);
        let mut hash = Sha256::new();
        // Each with its length: no part runs into the next.
        for part in [
            KEY_FORM.as_bytes(),
            normal(self.goals).as_bytes(),
            kind_name(self.kind).as_bytes(),
            imports.join(" ").as_bytes(),
            self.lean.trim().as_bytes(),
            manifest.as_ref().map_or(&[], |hash| &hash[..]),
        ] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Key(hash.finalize().into())
    }
}

/// The name of a hole's kind in a row.
pub fn kind_name(kind: HoleKind) -> &'static str {
    match kind {
        HoleKind::Tactic => "tactic",
        HoleKind::Term => "term",
    }
}

/// `goals` without what a proof can't depend on, or hardly: blanks and line breaks within an entry,
/// the tags of cases, and what Lean called what has no name of its own.
fn normal(goals: &str) -> String {
    let mut entries: Vec<String> = Vec::new();
    for line in goals.lines() {
        let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
        match entries.last_mut() {
            // The goal goes on, or the type of a name.
            Some(entry) if line.starts_with(char::is_whitespace) => {
                entry.push(' ');
                entry.push_str(&words);
            }
            _ if line.starts_with("case ") => {}
            _ => entries.push(words),
        }
    }
    renamed(entries.join("\n").trim())
}

/// `text` with the names that end in [`DAGGER`] replaced by numbers, in the order of their appearance.
fn renamed(text: &str) -> String {
    let mut seen: Vec<String> = Vec::new();
    let mut renamed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(DAGGER) {
        let start = name_start(&rest[..at]);
        let after = &rest[at + DAGGER.len_utf8()..];
        // `x✝` and `x✝¹` are two.
        let raised = after.len() - after.trim_start_matches(is_raised).len();
        let name = &rest[start..at + DAGGER.len_utf8() + raised];
        let number = seen.iter().position(|one| one == name).unwrap_or_else(|| {
            seen.push(name.to_owned());
            seen.len() - 1
        });
        renamed.push_str(&rest[..start]);
        let _ = write!(renamed, "{DAGGER}{number}");
        rest = &after[raised..];
    }
    renamed + rest
}

/// The start of the name that `text` ends with.
fn name_start(text: &str) -> usize {
    let mut quoted = false;
    let outside = |c: char| {
        let inside = quoted || c == '»';
        quoted = inside && c != '«';
        !(inside || c.is_alphanumeric() || matches!(c, '_' | '.' | '\'' | '!' | '?'))
    };
    let last = text.rfind(outside);
    let after = |at: usize| text[at..].chars().next().map_or(0, char::len_utf8);
    last.map_or(0, |at| at + after(at))
}

fn is_raised(c: char) -> bool {
    matches!(c, '⁰' | '¹' | '²' | '³' | '⁴'..='⁹')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOALS: &str = "a b : Nat\nh : a < b\n⊢ a ≤ b";

    fn question(goals: &str) -> KeyParts<'_> {
        KeyParts {
            goals,
            kind: HoleKind::Tactic,
            imports: &[],
            lean: "Lean (version 4.28.0)",
            manifest: None,
        }
    }

    #[test]
    fn goals_that_are_alike() {
        let check = |a: &str, b: &str, alike: bool| {
            assert_eq!(question(a).key() == question(b).key(), alike, "{a}\n\n{b}");
        };
        check(GOALS, GOALS, true);
        check(GOALS, "a  b : Nat\nh :\n  a <\n    b\n⊢ a ≤\n    b\n", true);
        check(GOALS, "case succ.h\na b : Nat\nh : a < b\n⊢ a ≤ b", true);
        check("x✝ : p\n⊢ p", "a✝ : p\n⊢ p", true);
        check(
            "x✝¹ : p\nx✝ : x✝¹ = q\n⊢ p",
            "a✝ : p\nh✝ : a✝ = q\n⊢ p",
            true,
        );
        check("«a b»✝ : p\n⊢ f (¬«a b»✝)", "x.y✝ : p\n⊢ f (¬x.y✝)", true);
        // A proof may say these names, or mean another of two.
        check(GOALS, "a c : Nat\nh : a < c\n⊢ a ≤ c", false);
        check("x : p\n⊢ p", "x✝ : p\n⊢ p", false);
        check("x✝¹ x✝ : p\n⊢ q x✝", "x✝¹ x✝ : p\n⊢ q x✝¹", false);
        check("h : p\nq : r\n⊢ s", "h : p q : r\n⊢ s", false);
        check("⊢ p", "⊢ p\n\n⊢ p", false);
    }

    #[test]
    fn names_that_lean_made_up() {
        let check = |goals: &str, expected: &str| assert_eq!(normal(goals), expected);
        check(
            "inst✝ : C α\nx✝² y.z✝ : α\n⊢ x✝².1 = ↑y.z✝",
            "✝0 : C α\n✝1 ✝2 : α\n⊢ ✝1.1 = ↑✝2",
        );
        check("✝", "✝0");
        check("", "");
    }

    #[test]
    fn surroundings_that_are_not() {
        let all = |imports: &[&str], lean: &str, manifest: Option<&[u8]>, kind: HoleKind| {
            let imports: Vec<String> = imports.iter().map(|one| (*one).to_owned()).collect();
            KeyParts {
                imports: &imports,
                lean,
                manifest,
                kind,
                goals: GOALS,
            }
            .key()
        };
        let (tactic, term) = (HoleKind::Tactic, HoleKind::Term);
        let first = all(&["A", "B"], "4.28", Some(b"{}"), tactic);
        assert_eq!(first, all(&["B", "A", "B"], "4.28\n", Some(b"{}"), tactic));
        for other in [
            all(&["A"], "4.28", Some(b"{}"), tactic),
            all(&["A", "B"], "4.29", Some(b"{}"), tactic),
            all(&["A", "B"], "4.28", Some(b"{ }"), tactic),
            all(&["A", "B"], "4.28", None, tactic),
            all(&["A", "B"], "4.28", Some(b"{}"), term),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn a_key_stays_what_it_is() {
        let imports = ["A".to_owned()];
        let question = KeyParts {
            imports: &imports,
            manifest: Some(b"{}"),
            ..question("x✝ : p\n⊢ p")
        };
        let key: String = question.key().0.map(|byte| format!("{byte:02x}")).concat();
        // Rows of users are found by this: where it changes, KEY_FORM does too.
        assert_eq!(
            key,
            "b46d4b4f97720219055e25bfb80e4300b410be2ee2320734b93bf03574b0d81f"
        );
    }
}
