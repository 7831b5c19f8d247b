//! `unsorry cache`: the proofs that were kept, for their owner.
// Its output is for stdout.
#![allow(clippy::print_stdout)]

use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use unsorry_infer::memory::size;

use crate::config::{Config, parse_duration};
use unsorry_search::memory::{self, Bounds, FILE, Figures, Kept, Problem, Store};
use unsorry_search::search::wording::count;

/// How long other processes' writing is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many characters of a goal are shown in a line.
const WIDTH: usize = 100;

/// What `unsorry cache` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Say where the proofs are, and how many [this is the default]
    Show {
        /// Also list their goals, the newest first
        #[arg(long)]
        goals: bool,
    },
    /// Remove them
    Clear {
        /// Only what was not used for so long, such as `30d`
        #[arg(long, value_name = "TIME", value_parser = parse_duration)]
        older_than: Option<Duration>,
    },
    /// Write them out, for fine-tuning: goal, context and proof, one JSON object a line
    Export {
        /// Do it; without this, only say what would be written
        #[arg(long)]
        jsonl: bool,
        /// A file that is not there yet [default: stdout]
        file: Option<PathBuf>,
    },
}

/// Does it.
///
/// # Errors
/// When it can't be done: the message says why.
pub fn cache(arguments: &Arguments, config: Option<&Path>) -> Result<ExitCode> {
    let cwd = std::env::current_dir().context("there is no working directory")?;
    let config = Config::load(config, &cwd)?;
    let folder = config.cache.folder.as_deref();
    let folder = folder.context("there is no home folder to keep proofs in: set HOME")?;
    let mut out = BufWriter::new(io::stdout().lock());
    let done = match &arguments.command {
        None => show(folder, config.cache.enabled, false, &mut out),
        Some(Command::Show { goals }) => show(folder, config.cache.enabled, *goals, &mut out),
        Some(Command::Clear { older_than }) => clear(folder, *older_than, &mut out),
        Some(Command::Export { jsonl, file }) => export(folder, *jsonl, file.as_deref(), &mut out),
    };
    match done.and_then(|()| Ok(out.flush()?)) {
        // Whoever reads has seen enough.
        Err(error) if is_broken_pipe(&error) => Ok(ExitCode::SUCCESS),
        done => done.map(|()| ExitCode::SUCCESS),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
}

/// The store in `folder`; none where nothing was ever kept.
fn open(folder: &Path) -> Result<Option<Store>, Problem> {
    if !folder.join(FILE).is_file() {
        return Ok(None);
    }
    Store::open(folder, Bounds::default(), PATIENCE).map(Some)
}

/// What there is, in a few words, for those who only want to know whether it works.
///
/// # Errors
/// When the file can't be used.
pub fn state(folder: &Path) -> Result<String> {
    let figures = match open(folder)? {
        Some(store) => store.figures()?,
        None => Figures::default(),
    };
    let path = folder.join(FILE);
    Ok(format!("{}: {}", path.display(), summary(&figures)))
}

fn summary(figures: &Figures) -> String {
    match figures.proofs {
        0 => "no proofs yet".into(),
        _ => format!(
            "{} of {}, used again {}",
            number(figures.proofs, "proof"),
            number(figures.goals, "goal"),
            number(figures.hits, "time")
        ),
    }
}

fn number(n: i64, what: &str) -> String {
    count(usize::try_from(n).unwrap_or(0), what)
}

fn show(folder: &Path, enabled: bool, goals: bool, out: &mut dyn Write) -> Result<()> {
    let path = folder.join(FILE);
    let off = if enabled { "" } else { " (switched off)" };
    writeln!(out, "{}{off}", path.display())?;
    let Some(store) = open(folder)? else {
        writeln!(out, "{}", summary(&Figures::default()))?;
        return Ok(());
    };
    let figures = store.figures()?;
    writeln!(out, "{}", summary(&figures))?;
    writeln!(
        out,
        "{} of at most {}",
        on_disk(std::fs::metadata(&path).map_or(0, |file| file.len())),
        size(u64::try_from(Bounds::default().bytes).unwrap_or(0))
    )?;
    for (engine, proofs) in &figures.by_engine {
        let line = format!("{:<8} {}", plain(engine), number(*proofs, "proof"));
        writeln!(out, "{line}")?;
    }
    if let Some((oldest, newest)) = figures.found {
        writeln!(out, "oldest   {}\nnewest   {}", date(oldest), date(newest))?;
    }
    if goals {
        writeln!(out)?;
        let mut written = Ok(());
        store.each(true, |kept| {
            written = writeln!(out, "{}", in_a_line(&kept));
            written.is_ok()
        })?;
        written?;
    }
    Ok(())
}

fn on_disk(bytes: u64) -> String {
    match bytes {
        ..1_000_000 => format!("{} KB", bytes.div_ceil(1000)),
        _ => size(bytes),
    }
}

/// A proof and its goal, shortly.
fn in_a_line(kept: &Kept) -> String {
    let goal = kept
        .goal
        .rfind('⊢')
        .map_or(&*kept.goal, |at| &kept.goal[at..]);
    format!(
        "{}  {:<8} {}  ✓ {}",
        date(kept.found),
        plain(&kept.engine),
        short(goal),
        short(&kept.proof)
    )
}

fn short(text: &str) -> String {
    let text = plain(&text.split_whitespace().collect::<Vec<_>>().join(" "));
    match text.char_indices().nth(WIDTH) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}

/// `text` without what a terminal would obey, or what would make it read otherwise than it is.
fn plain(text: &str) -> String {
    let shown = |c| if is_obeyed(c) { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// To the second.
fn date(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

fn clear(folder: &Path, older_than: Option<Duration>, out: &mut dyn Write) -> Result<()> {
    let before = older_than.map(|age| SystemTime::now().checked_sub(age));
    let before = before.map(|before| before.unwrap_or(SystemTime::UNIX_EPOCH));
    let removed = match open(folder) {
        Ok(Some(mut store)) => store.clear(before)?,
        Ok(None) => 0,
        // Nothing of it is left either.
        Err(Problem::Broken(..)) if older_than.is_none() => {
            memory::set_aside(folder)?;
            0
        }
        Err(problem) => return Err(problem.into()),
    };
    let what = number(i64::try_from(removed).unwrap_or(i64::MAX), "proof");
    let left = if older_than.is_none() && memory::remove_aside(folder) {
        ", and a damaged file"
    } else {
        ""
    };
    let path = folder.join(FILE);
    writeln!(out, "{what} removed from {}{left}", path.display())?;
    Ok(())
}

fn export(folder: &Path, jsonl: bool, file: Option<&Path>, out: &mut dyn Write) -> Result<()> {
    let store = open(folder)?;
    if !jsonl {
        let figures = match &store {
            Some(store) => store.figures()?,
            None => Figures::default(),
        };
        writeln!(
            out,
            "{} would be written, each with its goal and up to 8 KB of your text before it, as one JSON object a line. \
             To do it: unsorry cache export --jsonl {}",
            number(figures.proofs, "proof"),
            file.map_or_else(|| "FILE".into(), |file| file.display().to_string())
        )?;
        return Ok(());
    }
    let Some(path) = file else {
        return rows(store.as_ref(), out).map(drop);
    };
    ensure!(
        !path.exists(),
        "there is already a {}: remove it, or name another file",
        path.display()
    );
    let place = path.parent().filter(|place| !place.as_os_str().is_empty());
    let failed = || format!("can't write {}", path.display());
    let new = tempfile::NamedTempFile::new_in(place.unwrap_or(Path::new(".")));
    let mut new = new.with_context(failed)?;
    let written = rows(store.as_ref(), &mut BufWriter::new(&mut new)).with_context(failed)?;
    if new.persist_noclobber(path).is_err() {
        bail!(failed());
    }
    writeln!(
        out,
        "{} written to {}",
        number(written, "proof"),
        path.display()
    )?;
    Ok(())
}

/// Writes a line for each proof; how many.
fn rows(store: Option<&Store>, out: &mut dyn Write) -> Result<i64> {
    let mut written = Ok(());
    let mut lines = 0;
    if let Some(store) = store {
        store.each(false, |kept| {
            written = writeln!(out, "{}", row(&kept));
            lines += 1;
            written.is_ok()
        })?;
    }
    written?;
    out.flush()?;
    Ok(lines)
}

fn row(kept: &Kept) -> String {
    let imports: Vec<&str> = kept
        .imports
        .split(' ')
        .filter(|one| !one.is_empty())
        .collect();
    let row = json!({
        "goal": kept.goal,
        "context": kept.context,
        "hole": kept.hole,
        "proof": kept.proof,
        "kind": kept.kind,
        "engine": kept.engine,
        "level": kept.level,
        "lean": kept.lean,
        "imports": imports,
        "found": date(kept.found),
    });
    let mut line = String::new();
    // JSON leaves some of them as they are, and stdout may be a terminal.
    for c in row.to_string().chars() {
        match is_obeyed(c) {
            true => line += &format!("\\u{:04x}", u32::from(c)),
            false => line.push(c),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use unsorry_prover::HoleKind;
    use unsorry_search::memory::{Key, Question};

    const NASTY: &str = "⊢ \u{1b}[2J\u{9b}31m\u{202e}p\u{7f}\r\nq";

    fn key(goals: &str) -> Key {
        Question {
            goals,
            kind: HoleKind::Tactic,
            imports: &[],
            lean: "",
            manifest: None,
        }
        .key()
    }

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// With two proofs of a goal, the second of them by a nasty engine.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let mut store = Store::open(folder.path(), Bounds::default(), PATIENCE).expect("a store");
        let kept = |proof: &str, engine: &str, second| Kept {
            proof: proof.to_owned(),
            goal: NASTY.into(),
            context: format!("-- {NASTY}\ntheorem t : p := by sorry"),
            hole: 3,
            kind: "tactic".into(),
            engine: engine.to_owned(),
            level: "axioms-clean".into(),
            lean: "Lean".into(),
            imports: "A B".into(),
            found: at(second),
            used: at(second),
            hits: 0,
        };
        let all = [
            kept("simp\nomega", "local", 100),
            kept("\u{1b}c", "a\u{1b}c", 200),
        ];
        store.keep(&key("⊢ p"), &all).expect("kept");
        folder
    }

    fn text(write: impl FnOnce(&mut dyn Write) -> Result<()>) -> String {
        let mut bytes = Vec::new();
        write(&mut bytes).expect("written");
        String::from_utf8(bytes).expect("UTF-8")
    }

    fn check_harmless(text: &str) {
        let obeyed: Vec<char> = text
            .chars()
            .filter(|c| *c != '\n' && is_obeyed(*c))
            .collect();
        assert!(obeyed.is_empty(), "{text:?}");
    }

    #[test]
    fn what_is_shown() {
        let folder = folder();
        let shown = text(|out| show(folder.path(), true, true, out));
        check_harmless(&shown);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines[0], folder.path().join(FILE).display().to_string());
        assert_eq!(lines[1], "2 proofs of 1 goal, used again 0 times");
        assert!(lines[2].ends_with(" KB of at most 64 MB"), "{shown}");
        let expected = [
            "a\u{fffd}c      1 proof",
            "local    1 proof",
            "oldest   1970-01-01T00:01:40Z",
            "newest   1970-01-01T00:03:20Z",
            "",
            "1970-01-01T00:03:20Z  a\u{fffd}c      ⊢ \u{fffd}[2J\u{fffd}31m\u{fffd}p\u{fffd} q  ✓ \u{fffd}c",
            "1970-01-01T00:01:40Z  local    ⊢ \u{fffd}[2J\u{fffd}31m\u{fffd}p\u{fffd} q  ✓ simp omega",
        ];
        assert_eq!(lines[3..], expected);
        let off = text(|out| show(folder.path(), false, false, out));
        assert!(
            off.contains("(switched off)") && !off.contains('⊢'),
            "{off}"
        );
    }

    #[test]
    fn what_is_exported() {
        let folder = folder();
        let lines = text(|out| export(folder.path(), true, None, out));
        check_harmless(&lines);
        let all: Vec<Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let expected = json!({
            "goal": NASTY,
            "context": format!("-- {NASTY}\ntheorem t : p := by sorry"),
            "hole": 3,
            "proof": "simp\nomega",
            "kind": "tactic",
            "engine": "local",
            "level": "axioms-clean",
            "lean": "Lean",
            "imports": ["A", "B"],
            "found": "1970-01-01T00:01:40Z",
        });
        assert_eq!(all[0], expected);
        assert_eq!(all[1]["proof"], "\u{1b}c");
        assert_eq!(all.len(), 2);

        let said = text(|out| export(folder.path(), false, None, out));
        assert!(said.starts_with("2 proofs would be written"), "{said}");
        let file = folder.path().join("rows.jsonl");
        let said = text(|out| export(folder.path(), true, Some(&file), out));
        assert!(said.starts_with("2 proofs written to"), "{said}");
        assert_eq!(std::fs::read_to_string(&file).expect("a file"), lines);
        let again = export(folder.path(), true, Some(&file), &mut io::sink());
        let error = again.expect_err("it is there already").to_string();
        assert!(error.contains("rows.jsonl"), "{error}");
    }

    #[test]
    fn what_is_cleared() {
        let folder = folder();
        let cleared = |older_than| text(|out| clear(folder.path(), older_than, out));
        let age = SystemTime::now().duration_since(at(150)).expect("the past");
        let said = cleared(Some(age));
        assert!(said.starts_with("1 proof removed from"), "{said}");
        assert!(cleared(Some(Duration::MAX)).starts_with("0 proofs"));
        assert!(cleared(None).starts_with("1 proof removed from"));
    }

    #[test]
    fn a_damaged_file_is_cleared_too() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), "secret").expect("written");
        let error = show(folder.path(), true, false, &mut io::sink()).expect_err("damaged");
        assert!(error.to_string().contains("is damaged"), "{error}");
        let said = text(|out| clear(folder.path(), None, out));
        assert!(said.ends_with("and a damaged file\n"), "{said}");
        let left = std::fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 0);
    }

    #[test]
    fn nothing_there_is_nothing_wrong() {
        let folder = tempfile::tempdir().expect("a folder");
        let shown = text(|out| show(folder.path(), true, true, out));
        assert!(shown.ends_with("no proofs yet\n"), "{shown}");
        assert_eq!(text(|out| export(folder.path(), true, None, out)), "");
        let said = text(|out| clear(folder.path(), None, out));
        assert!(said.starts_with("0 proofs"), "{said}");
        assert!(!folder.path().join(FILE).exists(), "to look makes no file");
    }
}
