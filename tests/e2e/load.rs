//! More at once than anybody asks for.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::serve::with;

/// The number that the environment variable `name` holds, if it is set.
fn set(name: &str, otherwise: usize) -> usize {
    match std::env::var(name) {
        Ok(value) => value.parse().expect("a number"),
        Err(_) => otherwise,
    }
}

/// Every hole of a long file, one for each forty lines; `UNSORRY_TEST_HOLES` says how many. A key is typed behind
/// them whenever there is news.
#[test]
fn a_long_file() {
    let holes = set("UNSORRY_TEST_HOLES", 6).max(1);
    let patience = Duration::from_secs(60 * holes as u64);
    let mut text = String::new();
    for n in 0..holes {
        for step in 0..35 {
            let _ = writeln!(
                text,
                "theorem u{n}_{step} (a : Nat) : a + {step} = {step} + a := by omega"
            );
        }
        let _ = writeln!(
            text,
            "theorem t{n} (a b : Nat) (h : a + {n} < b) : a < b := by\n  sorry\n\n"
        );
    }
    text += "-- here\n";
    with(&text, |editor, uri| {
        let start = Instant::now();
        let all = json!({"command": "unsorry.proveAll", "arguments": [uri]});
        let answer = editor.request("workspace/executeCommand", all);
        assert!(answer.get("error").is_none(), "{answer}");
        let (mut tenth, mut typed) = (0, 0);
        loop {
            let seen = editor.progress.len();
            editor.until("progress", |editor| {
                (editor.progress.len() > seen).then_some(())
            });
            let news = &editor.progress[seen..];
            if news.iter().any(|(_, value)| value["kind"] == "end") {
                break;
            }
            assert!(start.elapsed() < patience, "{:?}", editor.progress.last());
            editor.replace(uri, "here", "xhere");
            typed += 1;
            let left = editor.text(uri).matches("sorry").count();
            if 10 * (holes - left) / holes > tenth {
                tenth = 10 * (holes - left) / holes;
                println!("{} proved after {:.1?}", holes - left, start.elapsed());
            }
        }
        let words = editor.finished(1);
        assert_eq!(words, [format!("{holes} of {holes} proved")]);
        assert!(
            editor
                .text(uri)
                .ends_with(&format!("-- {}here\n", "x".repeat(typed)))
        );
        assert_eq!(editor.problems(uri), [""; 0]);
    });
}
