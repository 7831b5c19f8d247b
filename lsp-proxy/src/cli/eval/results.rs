//! The folder of an evaluation: what was asked for, and a line for each problem that is done. Whatever
//! ends the program, the next run goes on from there.

use std::collections::{BTreeSet, HashMap};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const SETTINGS: &str = "settings.json";
const RESULTS: &str = "results.jsonl";

/// The result of an engine on a problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The engine that tried.
    pub engine: String,
    /// The problem's name.
    pub problem: String,
    /// The number of candidates that it was given. One that did not come in time is one that is no proof.
    pub samples: usize,
    /// The number of them that came, and were judged.
    pub judged: usize,
    /// The number of them that Lean accepted.
    pub correct: usize,
    /// The tokens that a model wrote.
    pub tokens: u64,
    /// The time from the moment the goal was known.
    pub seconds: f64,
    /// The first proof.
    pub proof: Option<String>,
    /// The level to which the proof was checked.
    pub level: Option<String>,
    /// The reason why there is no proof, where there is none.
    pub message: Option<String>,
    /// Whether nothing could be tried: Lean has an error there, or wants data and no proof.
    #[serde(default)]
    pub not_tried: bool,
}

/// The folder, open: nobody else writes to it.
#[derive(Debug)]
pub struct Results {
    folder: PathBuf,
    file: File,
    done: HashMap<(String, String), Row>,
}

impl Results {
    /// Opens `folder`, which is made if it is not there, for a run with `settings`.
    ///
    /// # Errors
    /// When it has results of other settings, is in use, or can't be read or written.
    pub fn open(folder: &Path, settings: &Map<String, Value>) -> Result<Results> {
        let within = |what: &str| format!("can't {what} {}", folder.display());
        std::fs::create_dir_all(folder).with_context(|| within("make the folder"))?;
        let path = folder.join(RESULTS);
        let options = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .clone();
        let mut file = options.open(&path).with_context(|| within("write to"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!(
                "another `unsorry eval` is writing to {}: give this one another --out",
                folder.display()
            ),
            // Some file systems have no locks; then it is for the user to see to it.
            Err(TryLockError::Error(error)) => tracing::warn!(%error, "no lock on the results"),
        }
        check_settings(folder, settings)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)
            .with_context(|| within("read"))?;
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        if whole < text.len() {
            tracing::warn!(path = %path.display(), "the last line is torn, its problem is done again");
            file.set_len(whole as u64)
                .with_context(|| within("write to"))?;
            file.seek(SeekFrom::End(0))
                .with_context(|| within("write to"))?;
        }
        let text = std::str::from_utf8(&text[..whole]);
        let text = text.with_context(|| format!("{} is not UTF-8", path.display()))?;
        let mut done = HashMap::new();
        for (number, line) in (1..).zip(text.lines()) {
            let row: Row = serde_json::from_str(line).with_context(|| {
                format!(
                    "{}:{number} is no result of ours: delete the line, or give another --out",
                    path.display()
                )
            })?;
            done.insert((row.engine.clone(), row.problem.clone()), row);
        }
        Ok(Results {
            folder: folder.to_owned(),
            file,
            done,
        })
    }

    /// Returns the result on a problem, if it is done.
    pub fn get(&self, engine: &str, problem: &str) -> Option<&Row> {
        self.done.get(&(engine.to_owned(), problem.to_owned()))
    }

    /// Returns the engines that have results.
    pub fn engines(&self) -> BTreeSet<String> {
        self.done.keys().map(|(engine, _)| engine.clone()).collect()
    }

    /// Adds a line.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn add(&mut self, row: Row) -> Result<()> {
        let mut line = serde_json::to_string(&row)?;
        line.push('\n');
        // In one piece, so that what cuts it leaves a torn line at the end and nowhere else.
        self.file
            .write_all(line.as_bytes())
            .with_context(|| format!("can't write to {}", self.folder.join(RESULTS).display()))?;
        self.done
            .insert((row.engine.clone(), row.problem.clone()), row);
        Ok(())
    }

    /// Writes a file of the folder, whole or not at all.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        write(&self.folder, name, text)
    }
}

fn write(folder: &Path, name: &str, text: &str) -> Result<PathBuf> {
    let path = folder.join(name);
    let put = || -> std::io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(&path)?;
        Ok(())
    };
    put().with_context(|| format!("can't write {}", path.display()))?;
    Ok(path)
}

/// Sees to it that all results of a folder are of the same settings.
fn check_settings(folder: &Path, settings: &Map<String, Value>) -> Result<()> {
    let path = folder.join(SETTINGS);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = serde_json::to_string_pretty(settings)?;
            return write(folder, SETTINGS, &(text + "\n")).map(drop);
        }
        Err(error) => return Err(error).with_context(|| format!("can't read {}", path.display())),
    };
    let then: Map<String, Value> = serde_json::from_str(&text)
        .with_context(|| format!("{} is no JSON object", path.display()))?;
    let keys = settings.keys().chain(then.keys());
    let other: Vec<String> = keys
        .filter(|key| settings.get(*key) != then.get(*key))
        .map(|key| {
            let shown = |of: &Map<String, Value>| match of.get(key) {
                Some(value) => value.to_string(),
                None => "nothing".to_owned(),
            };
            format!("{key}: {} then, {} now", shown(&then), shown(settings))
        })
        .collect();
    match other.first() {
        None => Ok(()),
        Some(other) => bail!(
            "{} has results of other settings ({other}): give another --out, or the settings of then",
            folder.display()
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn settings(samples: u32) -> Map<String, Value> {
        let value = json!({"samples": samples, "set": "core"});
        value.as_object().expect("an object").clone()
    }

    fn row(problem: &str) -> Row {
        Row {
            engine: "tactics".into(),
            problem: problem.into(),
            samples: 1,
            judged: 1,
            correct: 1,
            tokens: 0,
            seconds: 0.25,
            proof: Some("omega".into()),
            level: Some("lean-checked".into()),
            message: None,
            not_tried: false,
        }
    }

    #[test]
    fn a_run_goes_on_where_the_last_one_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out/deeper");
        let mut results = Results::open(&path, &settings(4)).expect("new");
        results.add(row("a")).expect("written");
        results.add(row("b")).expect("written");
        drop(results);
        let file = path.join(RESULTS);
        let whole = std::fs::read_to_string(&file).expect("read");
        // Wherever the second line is cut, the first one stands and the next is put behind it.
        let first = whole.find('\n').expect("two lines") + 1;
        for cut in first..whole.len() {
            std::fs::write(&file, &whole[..cut]).expect("written");
            let mut results = Results::open(&path, &settings(4)).expect("again");
            assert_eq!(results.get("tactics", "a"), Some(&row("a")));
            assert_eq!(results.get("tactics", "b"), None);
            results.add(row("c")).expect("written");
            drop(results);
            let results = Results::open(&path, &settings(4)).expect("again");
            assert_eq!(results.get("tactics", "c"), Some(&row("c")), "{cut}");
        }
    }

    #[test]
    fn folders_that_are_not_for_this_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let fails = |samples, parts: &[&str]| {
            let error = Results::open(folder.path(), &settings(samples)).expect_err("refused");
            let error = format!("{error:#}");
            for part in parts {
                assert!(error.contains(part), "{error}");
            }
        };
        let open = Results::open(folder.path(), &settings(4)).expect("new");
        fails(4, &["another `unsorry eval`", "--out"]);
        drop(open);
        fails(8, &["samples: 4 then, 8 now", "--out"]);
        std::fs::write(folder.path().join(RESULTS), "{}\n").expect("written");
        fails(4, &["results.jsonl:1", "--out"]);
        std::fs::write(folder.path().join(SETTINGS), "[").expect("written");
        fails(4, &["settings.json"]);
    }
}
