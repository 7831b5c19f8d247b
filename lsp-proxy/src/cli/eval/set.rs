//! A set of problems: a folder of Lean files, one Lean file, or a file of rows.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

use super::row;
use unsorry_search::command::LeanCommand;
use unsorry_syntax::Outline;

/// A problem: something to prove.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The name, which no other problem of the set has.
    pub name: String,
    /// The categories that it belongs to.
    pub categories: Vec<String>,
    /// The difficulty that its makers think it has.
    pub difficulty: Option<String>,
    /// The file that its text is, or would be.
    pub file: PathBuf,
    /// The text that it stands in.
    pub text: Arc<str>,
    /// The outline of `text`.
    pub outline: Arc<Outline>,
    /// The index of the hole in the text.
    pub hole: usize,
}

/// Problems that are evaluated together.
#[derive(Debug, Clone)]
pub struct Set {
    /// The file's or folder's name.
    pub name: String,
    /// The splits that its problems are of.
    pub splits: Vec<String>,
    /// The problems to prove.
    pub problems: Vec<Problem>,
}

impl Set {
    /// Reads what `path` names; of rows with a split only those of `split`, if one is given.
    ///
    /// # Errors
    /// When it can't be read, or has no problem: the message names file and line.
    pub fn read(path: &Path, split: Option<&str>) -> Result<Set> {
        let real = path.canonicalize();
        let real = real.with_context(|| format!("can't read {}", path.display()))?;
        let name = real.file_stem().unwrap_or(real.as_os_str());
        let mut set = Set {
            name: name.to_string_lossy().into_owned(),
            splits: Vec::new(),
            problems: Vec::new(),
        };
        let is = |ending: &str| real.extension().is_some_and(|found| found == ending);
        if real.is_dir() {
            let mut files = Vec::new();
            lean_files(&real, &mut files)?;
            files.sort();
            for file in &files {
                set.add_file(file, &real)?;
            }
            set.use_names();
        } else if is("lean") {
            set.add_file(&real, real.parent().unwrap_or(Path::new("/")))?;
            set.use_names();
        } else if is("jsonl") {
            set.add_rows(&real, split)?;
        } else {
            bail!(
                "{} is no set of problems: give a folder of .lean files, a .lean file, or a .jsonl file with a problem a line",
                path.display()
            );
        }
        let of = split.map_or(String::new(), |split| format!(" of the split `{split}`"));
        ensure!(
            !set.problems.is_empty(),
            "{} has no problem{of}: there is no `sorry` to prove",
            path.display()
        );
        Ok(set)
    }

    /// Returns the digest that tells this set from another of the same name.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for problem in &self.problems {
            let place = problem.outline.holes[problem.hole].range.start;
            for part in [&problem.name, &*problem.text, &place.to_string()] {
                hash.update(part.as_bytes());
                hash.update([0]);
            }
        }
        let bytes = hash.finalize();
        bytes
            .iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    fn add_file(&mut self, file: &Path, set: &Path) -> Result<()> {
        let text = text_of(file)?;
        let outline = Arc::new(Outline::of(&text));
        let text: Arc<str> = text.into();
        let within = file.strip_prefix(set).unwrap_or(file);
        let shown = within.display();
        // A file with one problem is no category of its own, but its folder may be.
        let category = match outline.holes.len() {
            0 | 1 => within.parent().filter(|parent| *parent != Path::new("")),
            _ => Some(within),
        };
        let categories: Vec<String> = category
            .map(|path| path.with_extension("").display().to_string())
            .into_iter()
            .collect();
        for (hole, found) in outline.holes.iter().enumerate() {
            let at = outline.lines.position(found.range.start);
            self.problems.push(Problem {
                name: format!("{shown}:{}:{}", at.line + 1, at.character + 1),
                categories: categories.clone(),
                difficulty: None,
                file: file.to_owned(),
                text: text.clone(),
                outline: outline.clone(),
                hole,
            });
        }
        Ok(())
    }

    /// Names the problems of files after what declares them, where nothing else is called so.
    fn use_names(&mut self) {
        let declared = |problem: &Problem| {
            let hole = &problem.outline.holes[problem.hole];
            let name = problem.outline.declaration_of(hole).name.clone()?;
            Some(problem.text[name].to_owned())
        };
        let names: Vec<Option<String>> = self.problems.iter().map(declared).collect();
        let mut count: HashMap<&String, usize> = HashMap::new();
        for name in names.iter().flatten() {
            *count.entry(name).or_default() += 1;
        }
        for (problem, name) in self.problems.iter_mut().zip(&names) {
            if let Some(name) = name.as_ref().filter(|name| count[name] == 1) {
                problem.name.clone_from(name);
            }
        }
    }

    fn add_rows(&mut self, file: &Path, split: Option<&str>) -> Result<()> {
        let text = text_of(file)?;
        let folder = project_of_rows(file);
        let mut lines: HashMap<String, usize> = HashMap::new();
        let rows = text.strip_prefix('\u{feff}').unwrap_or(&text).lines();
        for (number, line) in (1..).zip(rows) {
            if line.trim().is_empty() {
                continue;
            }
            let at = || format!("{}:{number}", file.display());
            let row = row::read(line).with_context(at)?;
            if split.is_some() && row.split.as_deref() != split {
                continue;
            }
            if let Some(earlier) = lines.insert(row.name.clone(), number) {
                bail!("{}: `{}` is the name of line {earlier} too", at(), row.name);
            }
            if let Some(split) = row.split
                && !self.splits.contains(&split)
            {
                self.splits.push(split);
            }
            let outline = Outline::of(&row.text);
            self.problems.push(Problem {
                name: row.name,
                categories: row.categories,
                difficulty: row.difficulty,
                file: folder.join("eval.lean"),
                text: row.text.into(),
                hole: outline.holes.len() - 1,
                outline: Arc::new(outline),
            });
        }
        Ok(())
    }
}

/// Returns the project in which the texts of rows stand, for Lean: the Lake project that the file is in, or
/// else that of the working folder, since a downloaded set is seldom inside of one.
fn project_of_rows(file: &Path) -> PathBuf {
    let own = file.parent().unwrap_or(Path::new("/"));
    let around = |folder: &Path| {
        let mut folders = folder.ancestors();
        folders
            .find(|dir| LeanCommand::is_project(dir))
            .map(Path::to_owned)
    };
    let working = || around(&std::env::current_dir().ok()?);
    around(own).or_else(working).unwrap_or(own.to_owned())
}

fn lean_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let failed = || format!("can't read {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        let path = entry.path();
        let kind = entry.file_type().with_context(failed)?;
        // `.lake` has the packages that a project depends on.
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            lean_files(&path, files)?;
        } else if path.extension().is_some_and(|ending| ending == "lean") {
            files.push(path);
        }
    }
    Ok(())
}

fn text_of(file: &Path) -> Result<String> {
    let bytes = std::fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
    String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        folder
    }

    fn names(set: &Set) -> Vec<(&str, &[String])> {
        let problems = set.problems.iter();
        problems.map(|one| (&*one.name, &*one.categories)).collect()
    }

    #[test]
    fn each_sorry_of_a_folder() {
        let folder = folder(&[
            (
                "B.lean",
                "theorem b : 1 = 1 := by\n  sorry\n\ntheorem c : 2 = 2 ∧ 1 = 1 := ⟨sorry, sorry⟩\nexample : 1 = 1 := sorry\n",
            ),
            ("In/A.lean", "theorem a : 1 = 1 := sorry\n"),
            ("done.lean", "theorem d : 1 = 1 := rfl\n"),
            (".lake/D.lean", "theorem d : 1 = 1 := sorry\n"),
            ("README.md", "sorry"),
        ]);
        let set = Set::read(folder.path(), None).expect("a set");
        let both = &["B".to_owned()][..];
        let expected = [
            ("b", both),
            ("B.lean:4:31", both),
            ("B.lean:4:38", both),
            ("B.lean:5:20", both),
            ("a", &["In".to_owned()][..]),
        ];
        assert_eq!(names(&set), expected);
        let one = Set::read(&folder.path().join("B.lean"), None).expect("a set");
        assert_eq!((one.problems.len(), &*one.name), (4, "B"));
        assert_ne!(one.digest(), set.digest());
    }

    const ROWS: &str = "{\"name\":\"a\",\"split\":\"test\",\"formal_statement\":\"theorem a : 1 = 1\"}\n\n\
        {\"name\":\"b\",\"split\":\"valid\",\"formal_statement\":\"theorem x : 1 = 1 := sorry\\ntheorem b : 2 = 2 := sorry\"}\r\n";

    #[test]
    fn each_row_of_a_file() {
        let folder = folder(&[("rows.jsonl", ROWS)]);
        let path = folder.path().join("rows.jsonl");
        let set = Set::read(&path, None).expect("a set");
        assert_eq!(names(&set), [("a", &[][..]), ("b", &[][..])]);
        assert_eq!(set.splits, ["test", "valid"]);
        // The theorem comes last; what stands before it may be an answer left out.
        assert_eq!(set.problems[1].hole, 1);
        let test = Set::read(&path, Some("test")).expect("a set");
        assert_eq!(names(&test), [("a", &[][..])]);
    }

    #[test]
    fn what_is_no_set() {
        let twice = ROWS.replace("\"b\"", "\"a\"");
        let folder = folder(&[
            ("rows.jsonl", ROWS),
            ("twice.jsonl", &twice),
            (
                "bad.jsonl",
                "{\"name\":\"a\",\"formal_statement\":\"theorem a : 1 = 1\"}\n{\"name\":\"b\"}\n",
            ),
            ("done.lean", "theorem d : 1 = 1 := rfl\n"),
            ("rows.csv", "a,b"),
        ]);
        std::fs::write(folder.path().join("latin.jsonl"), [0xe9]).expect("written");
        let check = |name: &str, split: Option<&str>, parts: &[&str]| {
            let error = Set::read(&folder.path().join(name), split).expect_err("no set");
            let error = format!("{error:#}");
            for part in [name].iter().chain(parts) {
                assert!(error.contains(part), "{error}");
            }
        };
        check("rows.jsonl", Some("train"), &["`train`", "no problem"]);
        check("twice.jsonl", None, &["twice.jsonl:3:", "`a`", "line 1"]);
        check(
            "bad.jsonl",
            None,
            &["bad.jsonl:2:", "`b`", "`formal_statement`"],
        );
        check("done.lean", None, &["no `sorry`"]);
        check("rows.csv", None, &[".jsonl"]);
        check("latin.jsonl", None, &["not UTF-8"]);
        check("nothing.jsonl", None, &["can't read"]);
    }
}
