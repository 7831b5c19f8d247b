//! What a constant's name says: whose it is, and how a reader knows it. Pure.

use serde_json::Value;
use unsorry_olean::{Name, NameId, Terms};

/// Beginnings of the last part of the name of a theorem or function that Lean makes of another declaration when
/// it is first needed, in whatever file that is.
const REALIZED: &[&str] = &[
    "below",
    "brecOn",
    "casesOn",
    "congr_",
    "ctor",
    "elim",
    "eq_",
    "ext",
    "fun_cases",
    "hcongr_",
    "hinj",
    "induct",
    "inj",
    "mutual_induct",
    "noConfusion",
    "partial_correctness",
    "recOn",
    "sizeOf",
    "splitter",
];

/// Whether a part of a name is one of these words with a number behind it.
fn numbered(part: &str, words: &[&str]) -> bool {
    let numbers = words.iter().filter_map(|word| part.strip_prefix(word));
    let is_number = |number: &str| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    numbers.into_iter().any(is_number)
}

/// The parts of a name; a number has a character in front that no word has.
pub fn parts_of(terms: &Terms, mut name: NameId) -> Vec<String> {
    let mut parts = Vec::new();
    loop {
        match terms.name(name) {
            Name::Anonymous => break,
            Name::Str(rest, part) => {
                parts.push(part.to_string());
                name = *rest;
            }
            Name::Num(rest, part) => {
                parts.push(number(part));
                name = *rest;
            }
        }
    }
    parts.reverse();
    parts
}

/// The parts of a name, for the kernel.
pub fn name_json(terms: &Terms, name: NameId) -> Value {
    let parts = parts_of(terms, name).into_iter();
    parts
        .map(|part| match part.strip_prefix('\0') {
            Some(number) => number
                .parse()
                .map_or(Value::Null, |number: u64| number.into()),
            None => Value::from(part),
        })
        .collect()
}

/// A part that is a number, among those of [`parts_of`].
pub fn number(part: impl std::fmt::Display) -> String {
    format!("\0{part}")
}

/// The parts of a name as Lean shows them: one with a dot in it stands in `«»`, so that no name passes for
/// another.
pub fn joined(parts: &[String]) -> String {
    let part = |part: &String| match part.contains(['.', '«', '»']) {
        true => format!("«{part}»"),
        false => part.trim_start_matches('\0').to_owned(),
    };
    parts.iter().map(part).collect::<Vec<_>>().join(".")
}

/// A name as a reader knows it: without what makes it private to its file.
pub fn shown(terms: &Terms, name: NameId) -> String {
    joined(&own_parts(terms, name))
}

/// The parts of a name without those that make it private to its file.
pub fn own_parts(terms: &Terms, name: NameId) -> Vec<String> {
    let mut parts = parts_of(terms, name);
    if parts.first().is_some_and(|first| first == "_private") {
        let own = parts.iter().position(|part| part.starts_with('\0'));
        parts.drain(..own.map_or(0, |at| at + 1));
    }
    parts
}

/// Whether a name begins like `_private.Module`, behind which a number comes.
fn is_private_prefix(terms: &Terms, mut name: NameId) -> bool {
    while let Name::Str(rest, part) = terms.name(name) {
        if matches!(terms.name(*rest), Name::Anonymous) {
            return &**part == "_private";
        }
        name = *rest;
    }
    false
}

/// The last part of a name, where that is a word.
pub fn last(terms: &Terms, name: NameId) -> &str {
    match terms.name(name) {
        Name::Str(_, part) => part,
        _ => "",
    }
}

/// The name without its last part; none where nothing of the user's is left then.
pub fn parent(terms: &Terms, name: NameId) -> Option<NameId> {
    let rest = match terms.name(name) {
        Name::Anonymous => return None,
        Name::Str(rest, _) => *rest,
        Name::Num(rest, _) if is_private_prefix(terms, *rest) => return None,
        Name::Num(rest, _) => *rest,
    };
    let is_left = match terms.name(rest) {
        Name::Anonymous => false,
        Name::Str(..) => true,
        Name::Num(before, _) => !is_private_prefix(terms, *before),
    };
    is_left.then_some(rest)
}

/// The names without their last part, without the last two, and so on, as far as anything of the user's is left.
pub fn ancestors(terms: &Terms, name: NameId) -> impl Iterator<Item = NameId> {
    std::iter::successors(parent(terms, name), |name| parent(terms, *name))
}

/// Whether Lean gives such a name to what it makes for a declaration: `t._proof_1`, `t.match_1`.
pub fn is_made(terms: &Terms, name: NameId) -> bool {
    match terms.name(name) {
        Name::Anonymous => false,
        Name::Num(..) => true,
        Name::Str(_, part) => part.starts_with('_') || numbered(part, &["match_", "proof_"]),
    }
}

/// Whether Lean gives such a name to what it makes of a declaration when it is first needed.
pub fn is_realized(terms: &Terms, name: NameId) -> bool {
    let last = last(terms, name);
    REALIZED.iter().any(|realized| last.starts_with(realized))
}

/// Whether the last parts of a name are these.
pub fn ends_with(terms: &Terms, mut name: NameId, parts: &[String]) -> bool {
    let mut parts = parts.iter().rev();
    parts.all(|part| match terms.name(name) {
        Name::Str(rest, last) => {
            name = *rest;
            **last == **part
        }
        _ => false,
    })
}
