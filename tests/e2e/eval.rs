//! The problem set in `problems/`, and `unsorry eval`.

#[cfg(unix)]
mod killed;
mod problems;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use unsorry_tests::editor::program;
use unsorry_tests::engine::Engine;

/// `unsorry eval` in `folder`, whose `unsorry/config.toml` is the user's.
fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command
        .arg("eval")
        .args(arguments)
        .current_dir(folder)
        .env("XDG_STATE_HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("UNSORRY_CACHE", folder.join("cache"))
        .env_remove("UNSORRY_MODEL");
    command
}

fn eval(folder: &Path, arguments: &[&str]) -> Output {
    let output = command(folder, arguments).output();
    output.expect("the program runs")
}

fn folder(config: &str, files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("unsorry")).expect("a folder");
    for (name, text) in [("unsorry/config.toml", config)].iter().chain(files) {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

fn report(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).expect(&stderr)
}

/// The lines of `results.jsonl`, as long as it is whole.
fn rows(out: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(out.join("results.jsonl")).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let rows = whole.lines();
    rows.map(|line| serde_json::from_str(line).expect(line))
        .collect()
}

fn problem(name: &str, category: &str) -> String {
    let row = json!({
        "name": name,
        "category": category,
        "header": "def twice (n : Nat) : Nat := 2 * n",
        "formal_statement": format!("theorem {name} (n : Nat) : twice n = n + n := by sorry"),
    });
    row.to_string()
}

/// Checks what must be so of any report: its sums are those of its rows.
fn check_sums(report: &Value, rows: &[Value]) {
    for engine in report["engines"].as_array().expect("engines") {
        let of = |row: &&Value| row["engine"] == engine["engine"];
        let sum = |key: &str| -> f64 {
            let rows = rows.iter().filter(of);
            rows.map(|row| row[key].as_f64().expect("a number")).sum()
        };
        let solved = rows.iter().filter(of).filter(|row| row["correct"] != 0);
        assert!(
            solved.clone().all(|row| row["proof"].is_string()),
            "{rows:?}"
        );
        assert_eq!(engine["done"], rows.iter().filter(of).count());
        assert_eq!(engine["solved"], solved.count());
        for key in ["tokens", "samples", "judged", "seconds"] {
            let told = engine[key].as_f64().expect("a number");
            assert!((told - sum(key)).abs() < 0.01, "{key}: {engine}");
        }
        let passes = engine["pass"].as_array().expect("pass");
        let values = passes.iter().map(|pass| {
            let of = |key: &str| pass[key].as_f64().expect("a number");
            assert!(of("low") <= of("value") && of("value") <= of("high"));
            of("value")
        });
        assert!(values.collect::<Vec<_>>().is_sorted(), "{engine}");
    }
}

#[test]
fn the_figures_are_those_of_the_answers() {
    // Of every four answers: none, two or four are right.
    let asked = AtomicUsize::new(0);
    let engine = Engine::start(Duration::ZERO, move |prompt| {
        let turn = asked.fetch_add(1, Ordering::Relaxed);
        let right = prompt.contains("always") || prompt.contains("half") && turn.is_multiple_of(2);
        let answer = if right {
            "simp only [twice]; omega"
        } else {
            "exact absurd rfl id"
        };
        vec![format!("{answer}\n```\n")]
    });
    let rows_file = [
        problem("always", "sure"),
        problem("half", "unsure"),
        problem("never", "unsure"),
        problem("broken", "unsure").replace("twice n =", "thrice n ="),
    ];
    let config = format!(
        "[search]\nbudget = '2min'\n[[remote]]\nname = 'script'\nurl = '{}'\nseed = 1\nconcurrency = 1\n",
        engine.address
    );
    let folder = folder(&config, &[("set.jsonl", &rows_file.join("\n"))]);
    let arguments = [
        "set.jsonl",
        "--json",
        "--engines",
        "remote,cascade",
        "--mode",
        "fast",
    ];
    let with_samples = [&arguments[..], &["--samples", "4"]].concat();
    let output = eval(folder.path(), &with_samples);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = report(&output);
    let out = folder.path().join("unsorry-eval-set");
    let rows = rows(&out);
    assert_eq!(rows.len(), 8);
    check_sums(&report, &rows);
    let counts: BTreeSet<_> = rows
        .iter()
        .filter(|row| row["engine"] == "remote-fast")
        .map(|row| {
            let of = |key: &str| row[key].as_u64().expect("a number");
            let name = row["problem"].as_str().expect("a name");
            (name, of("samples"), of("judged"), of("correct"))
        })
        .collect();
    let expected = [
        ("always", 4, 4, 4),
        ("broken", 4, 0, 0),
        ("half", 4, 4, 2),
        ("never", 4, 4, 0),
    ];
    assert_eq!(counts, BTreeSet::from(expected));
    let remote = &report["engines"][0];
    assert_eq!(
        (&remote["engine"], &remote["not_tried"]),
        (&json!("remote-fast"), &json!(1))
    );
    let pass: Vec<(u64, f64)> = remote["pass"]
        .as_array()
        .expect("pass")
        .iter()
        .map(|pass| {
            (
                pass["k"].as_u64().expect("k"),
                pass["value"].as_f64().expect("a value"),
            )
        })
        .collect();
    let expected = [(1, 1.5 / 4.0), (2, (1.0 + 5.0 / 6.0) / 4.0), (4, 2.0 / 4.0)];
    assert_eq!(pass.len(), expected.len(), "{pass:?}");
    for ((k, value), (expected_k, expected)) in pass.iter().zip(expected) {
        assert!(
            *k == expected_k && (value - expected).abs() < 1e-9,
            "{pass:?}"
        );
    }
    assert_eq!(
        remote["categories"][0]["name"], "unsure",
        "the largest first"
    );
    // The tactics prove all of it that can be proved.
    let cascade = &report["engines"][1];
    assert_eq!(
        (&cascade["engine"], &cascade["solved"]),
        (&json!("cascade"), &json!(3))
    );
    let page = std::fs::read_to_string(out.join("report.html")).expect("a page");
    assert!(page.contains("<svg") && page.contains("simp only [twice]; omega"));
    assert!(!page.contains("<script") && !page.contains("http"));

    assert!(
        !folder.path().join("cache").exists(),
        "remembered proofs would count as found"
    );

    // Nothing is left to do, so nobody is asked again.
    let prompts = engine.prompts().len();
    let again = eval(folder.path(), &with_samples);
    assert_eq!(again.status.code(), Some(0));
    assert_eq!(self::report(&again), report);
    assert_eq!(engine.prompts().len(), prompts);
    let other = eval(
        folder.path(),
        &[&arguments[..], &["--samples", "8"]].concat(),
    );
    assert_eq!(other.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&other.stderr);
    assert!(
        stderr.contains("other settings") && stderr.contains("--out"),
        "{stderr}"
    );
}

#[test]
fn what_can_not_be_evaluated_says_why() {
    let row = problem("a", "c");
    let folder = folder(
        "",
        &[
            ("set.jsonl", &row),
            ("bad.jsonl", &format!("{row}\n{{\"name\": \"b\"}}\n")),
        ],
    );
    let fails = |arguments: &[&str], parts: &[&str]| {
        let output = eval(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let stderr = String::from_utf8_lossy(&output.stderr);
        for part in parts {
            assert!(stderr.contains(part), "{stderr}");
        }
        assert!(!folder.path().join("unsorry-eval-set").exists());
    };
    fails(&["nothing.jsonl"], &["can't read nothing.jsonl"]);
    fails(&["bad.jsonl"], &["bad.jsonl:2", "`b`", "formal_statement"]);
    fails(&["unsorry"], &["no `sorry`"]);
    fails(&["set.jsonl", "--only", "z"], &["no problem `z`", "`a`"]);
    fails(&["set.jsonl", "--engines", "magic"], &["`magic`"]);
    fails(
        &["set.jsonl", "--engines", "local"],
        &["unsorry model pull"],
    );
    fails(&["set.jsonl", "--samples", "0"], &["--samples"]);
    fails(
        &["set.jsonl", "--lean", "no-such-lean --server"],
        &["no-such-lean"],
    );
}
