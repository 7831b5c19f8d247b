//! What others have written, as it reaches a terminal and the log: nothing in it is obeyed.

use std::path::Path;

use serde_json::Value;

use crate::prove::prove;

/// Opens with what would change a terminal's title, clear it and turn its text around.
const NASTY: &str =
    "\u{1b}]2;PWNED\u{7}\u{1b}[H\u{1b}[J\u{1b}c\u{9b}2J\u{202e}txet\u{200b}\u{e0041}";

/// What a person sees of it.
const SPELT: &str = "\\u{1b}]2;PWNED\\u{7}\\u{1b}[H\\u{1b}[J\\u{1b}c\\u{9b}2J\\u{202e}txet";

/// Checks that nothing in `told` is obeyed or hidden, and that something of [`NASTY`] is spelt out.
fn check(told: &[u8]) -> String {
    let told = String::from_utf8(told.to_vec()).expect("UTF-8");
    let hidden = |c: char| (c.is_control() && c != '\n') || "\u{202e}\u{200b}\u{e0041}".contains(c);
    assert!(!told.chars().any(hidden), "{told:?}");
    told
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("written");
}

/// The text in a string of TOML's.
fn toml(text: &str) -> String {
    let escaped = |c: char| match c.is_control() {
        true => format!("\\u{:04x}", u32::from(c)),
        false => c.to_string(),
    };
    text.chars().map(escaped).collect()
}

#[test]
fn nothing_that_is_printed_is_obeyed() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let name = format!("{NASTY}.lean");
    let source = format!("theorem t : \"{NASTY}\" = \"\" := by\n  sorry\n");
    write(folder, &name, &source);
    let output = prove(folder, &[&name]);
    let told = check(&output.stdout);
    assert!(
        told.contains(&format!("{SPELT}\\u{{200b}}\\u{{e0041}}.lean:2:3")),
        "{told}"
    );
    assert!(
        told.contains("\\u{202e}txet\\u{200b}\\u{e0041}\" = \"\""),
        "{told}"
    );
    check(&output.stderr);

    let output = prove(folder, &[&name, "--json", "--hole", "2:3"]);
    let told = check(&output.stdout);
    let report: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(report["file"], name);

    // A file that is not there, a configuration that makes no sense, an argument that is none.
    let fails = |arguments: &[&str], config: &str| {
        write(folder, ".unsorry.toml", config);
        let output = prove(folder, arguments);
        assert_eq!(output.status.code(), Some(2));
        let told = check(&output.stderr);
        // Of an argument clap itself leaves out what a terminal obeys.
        assert!(told.contains("\\u{202e}txet"), "{told}");
    };
    fails(&[&format!("{NASTY}.not")], "");
    fails(&[&format!("--{NASTY}")], "");
    fails(&[&name, "--engine", NASTY], "");
    // TOML refuses control characters but in its escapes, and quotes the line.
    fails(&[&name], &format!("[search]\n\"{}\" = 1\n", toml(NASTY)));
    let log = std::fs::read(folder.join("unsorry/unsorry.log")).expect("a log");
    assert!(check(&log).contains("\\u{202e}txet"));
}
