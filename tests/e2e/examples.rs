//! The examples do what the README says of `examples/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use unsorry_tests::editor::program;

/// The one example whose holes are false, or too hard for tactics alone.
const OPEN: &str = "open.lean";

#[test]
fn every_hole_is_proved_but_the_open_ones() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let entries = std::fs::read_dir(&folder).expect("the examples");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let output = Command::new(program())
        .args(["prove", "--json"])
        .args(&files)
        .env("UNSORRY_CACHE", "off")
        .output()
        .expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    let reports: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(reports.len(), files.len());
    let (mut proved, mut refuted) = (0, 0);
    for report in &reports {
        let file = report["file"].as_str().expect("a name");
        for hole in report["holes"].as_array().expect("holes") {
            let open = file.ends_with(OPEN);
            assert_eq!(hole["status"] == "proved", !open, "{file}: {hole}");
            proved += usize::from(!open);
            refuted += usize::from(hole["status"] == "false");
        }
    }
    assert!(proved >= 100, "{proved}");
    assert_eq!(refuted, 3);
}
