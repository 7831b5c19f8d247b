//! A problem as a row of JSON: what miniF2F, ProverBench and PutnamBench have, whatever its keys are
//! called. Pure.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};

use unsorry_syntax::Outline;

const NAMES: &[&str] = &[
    "name",
    "id",
    "problem_name",
    "problem_id",
    "theorem_name",
    "uuid",
];
const STATEMENTS: &[&str] = &[
    "formal_statement",
    "lean4_statement",
    "lean4_code",
    "lean_code",
    "statement",
];
const HEADERS: &[&str] = &["header", "lean4_header", "preamble"];
const CATEGORIES: &[&str] = &["category", "area", "subject", "tags"];
const DIFFICULTIES: &[&str] = &["difficulty", "level"];

/// The contents of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The problem's name.
    pub name: String,
    /// The part of the set that it belongs to: `test`.
    pub split: Option<String>,
    /// The fields of mathematics that it belongs to.
    pub categories: Vec<String>,
    /// The difficulty that its makers think it has.
    pub difficulty: Option<String>,
    /// The Lean text: header, comment and statement. What is to be proved is its last `sorry`.
    pub text: String,
}

/// Reads a row.
///
/// # Errors
/// When it is no JSON object, or lacks a name or a statement: the message says which keys were looked for.
pub fn read(line: &str) -> Result<Row> {
    let value: Value = serde_json::from_str(line).context("it is not JSON")?;
    let Value::Object(row) = value else {
        bail!("it is JSON, but no object");
    };
    let name = first(&row, NAMES).and_then(word);
    let name =
        name.with_context(|| format!("it has no name: none of the keys {} is a word", all(NAMES)))?;
    let statement = text(&row, STATEMENTS)?.with_context(|| {
        format!(
            "`{name}` has no statement: none of the keys {} is there",
            all(STATEMENTS)
        )
    })?;
    let header = text(&row, HEADERS)?.unwrap_or_default();
    // A statement in words that is no comment would be read as Lean.
    let comment = first(&row, &["informal_prefix"])
        .and_then(Value::as_str)
        .map(str::trim)
        .filter(|prefix| prefix.starts_with("/-") && prefix.ends_with("-/"));
    let parts = [header.trim(), comment.unwrap_or_default()];
    let mut text: String = parts
        .iter()
        .filter(|part| !part.is_empty())
        .map(|part| format!("{part}\n\n"))
        .collect();
    // A documentation comment stands right before what it is about.
    if comment.is_some() {
        text.pop();
    }
    text += &with_sorry(statement.trim());
    text.push('\n');
    ensure!(
        !Outline::of(&text).holes.is_empty(),
        "`{name}` has no `sorry` to prove in its statement"
    );
    Ok(Row {
        split: first(&row, &["split"]).and_then(word),
        categories: first(&row, CATEGORIES).map(words).unwrap_or_default(),
        difficulty: first(&row, DIFFICULTIES).and_then(word),
        text,
        name,
    })
}

/// The statement with a `sorry` where its proof goes.
fn with_sorry(statement: &str) -> String {
    if !Outline::of(statement).holes.is_empty() {
        return statement.to_owned();
    }
    match statement {
        open if open.ends_with(":= by") => format!("{open}\n  sorry"),
        open if open.ends_with(":=") => format!("{open} sorry"),
        closed => format!("{closed} := by\n  sorry"),
    }
}

fn first<'a>(row: &'a Map<String, Value>, keys: &[&str]) -> Option<&'a Value> {
    let mut found = keys.iter().filter_map(|key| row.get(*key));
    found.find(|value| !value.is_null())
}

fn text<'a>(row: &'a Map<String, Value>, keys: &[&str]) -> Result<Option<&'a str>> {
    let Some(value) = first(row, keys) else {
        return Ok(None);
    };
    let text = value.as_str();
    let text = text.with_context(|| format!("one of its keys {} is no text", all(keys)))?;
    Ok(Some(text))
}

fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(word) if !word.trim().is_empty() => Some(word.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().filter_map(word).collect(),
        value => word(value).into_iter().collect(),
    }
}

fn all(keys: &[&str]) -> String {
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(line: &str, expected: Expect) {
        let seen = match read(line) {
            Ok(row) => format!(
                "{} {:?} {:?} {:?}\n{}",
                row.name, row.split, row.categories, row.difficulty, row.text
            ),
            Err(error) => format!("{error:#}"),
        };
        expected.assert_eq(&seen);
    }

    #[test]
    fn rows_of_the_known_sets() {
        // miniF2F, as DeepSeek-Prover has it.
        check(
            r#"{"name": "mathd_x", "split": "valid", "informal_prefix": "/-- Say. -/\n", "formal_statement": "theorem mathd_x : 1 = 1 := by\n", "goal": "⊢ 1 = 1", "header": "import Mathlib\n\nopen Nat\n\n"}"#,
            expect![[r#"
                mathd_x Some("valid") [] None
                import Mathlib

                open Nat

                /-- Say. -/
                theorem mathd_x : 1 = 1 := by
                  sorry
            "#]],
        );
        // miniF2F, as others have it.
        check(
            r#"{"id": "mathd_x", "split": "test", "informal_stmt": "Say.", "header": "", "formal_statement": "theorem mathd_x : 1 = 1 := sorry"}"#,
            expect![[r#"
                mathd_x Some("test") [] None
                theorem mathd_x : 1 = 1 := sorry
            "#]],
        );
        // ProverBench.
        check(
            r#"{"name": "aime_1", "area": "AIME", "header": "open Nat", "formal_statement": "theorem aime_1 : 1 = 1 := by sorry"}"#,
            expect![[r#"
                aime_1 None ["AIME"] None
                open Nat

                theorem aime_1 : 1 = 1 := by sorry
            "#]],
        );
        // PutnamBench.
        check(
            r#"{"problem_name": "putnam_1", "lean4_statement": "abbrev s : Nat := 3 -- answer\ntheorem putnam_1 : s = 3 :=\nsorry", "tags": ["algebra", "analysis"]}"#,
            expect![[r#"
                putnam_1 None ["algebra", "analysis"] None
                abbrev s : Nat := 3 -- answer
                theorem putnam_1 : s = 3 :=
                sorry
            "#]],
        );
        // Ours.
        check(
            r#"{"name": "a", "category": "logic", "difficulty": "hard", "header": "", "formal_statement": "theorem a : 1 = 1"}"#,
            expect![[r#"
                a None ["logic"] Some("hard")
                theorem a : 1 = 1 := by
                  sorry
            "#]],
        );
    }

    proptest::proptest! {
        #[test]
        fn no_row_does_harm(line in ".{0,80}", words in proptest::collection::vec("[^\"\\\\]{0,40}", 4)) {
            let _ = read(&line);
            let row = serde_json::json!({
                "name": words[0], "header": words[1], "formal_statement": words[2],
                "informal_prefix": words[3], "tags": [words[3], 1, null],
            });
            if let Ok(row) = read(&row.to_string()) {
                proptest::prop_assert!(!Outline::of(&row.text).holes.is_empty());
            }
        }
    }

    #[test]
    fn rows_that_can_not_be_read() {
        check(
            "{",
            expect!["it is not JSON: EOF while parsing an object at line 1 column 1"],
        );
        check("[1]", expect!["it is JSON, but no object"]);
        check(
            r#"{"name": null, "id": [], "formal_statement": "theorem a : 1 = 1"}"#,
            expect![
                "it has no name: none of the keys `name`, `id`, `problem_name`, `problem_id`, `theorem_name`, `uuid` is a word"
            ],
        );
        check(
            r#"{"name": "a", "formal": "theorem a : 1 = 1"}"#,
            expect![
                "`a` has no statement: none of the keys `formal_statement`, `lean4_statement`, `lean4_code`, `lean_code`, `statement` is there"
            ],
        );
        check(
            r#"{"name": "a", "formal_statement": 5}"#,
            expect![
                "one of its keys `formal_statement`, `lean4_statement`, `lean4_code`, `lean_code`, `statement` is no text"
            ],
        );
        check(
            r#"{"name": 7, "formal_statement": "-- theorem a : 1 = 1"}"#,
            expect!["`7` has no `sorry` to prove in its statement"],
        );
    }
}
