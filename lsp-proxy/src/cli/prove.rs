//! `unsorry prove`: every hole of files, for a terminal or CI.

mod confirming;
mod refused;
#[cfg(unix)]
mod replace;
mod report;
mod write;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::config::{Config, Engine, parse_duration};
use crate::engines::{search, sources};
use crate::terminal::{self, Progress};
use confirming::{Filling, Judged};
use report::{FileReport, HoleReport, Status};
use unsorry_prover::Candidate;
use unsorry_search::check::baseline::{HEAD_LIMIT, NoGoal};
use unsorry_search::check::checker::CheckError;
use unsorry_search::command::LeanCommand;
use unsorry_search::contain;
use unsorry_search::lean::elaboration::Unknown;
use unsorry_search::search::wording;
use unsorry_search::search::{Ended, Outcome, Search, Source, Strategy};
use unsorry_search::target::Target;
use unsorry_syntax::{Outline, Position};

/// The longest that the whole file may take to elaborate at the end.
const FILE_LIMIT: Duration = Duration::from_secs(1800);

/// The longest that Lean may take to say its version.
pub(super) const LEAN_TIMEOUT: Duration = Duration::from_secs(120);

/// The arguments of `unsorry prove`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Lean files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the verified proofs into the files
    #[arg(long)]
    write: bool,
    /// Print one JSON object a file
    #[arg(long)]
    json: bool,
    /// Only the hole at this line and column, counted from 1, as the output shows them
    #[arg(long, value_name = "L:C", value_parser = parse_hole)]
    hole: Option<Position>,
    /// Which provers to ask, in this order: `tactics`, `local`, `remote` [default: as configured]
    #[arg(long = "engine", value_name = "NAME", value_delimiter = ',')]
    engines: Vec<Engine>,
    /// The time to try each hole; `0s` only lists the holes with their goals
    #[arg(long, value_parser = parse_duration)]
    budget: Option<Duration>,
    /// Take nothing for a proof that no referee has confirmed: the same as `level = "kernel-replayed"`
    #[arg(long)]
    replay: bool,
    /// Neither recall proofs of earlier searches nor keep those of this one
    #[arg(long)]
    no_cache: bool,
    /// The command that starts Lean's server [default: `lake serve --` in a Lake project, else `lean
    /// --server`]
    #[arg(long, value_name = "CMD")]
    lean: Option<String>,
}

fn parse_hole(text: &str) -> Result<Position, String> {
    let parse = || {
        let (line, column) = text.split_once(':')?;
        let from_one = |n: &str| n.parse::<u32>().ok()?.checked_sub(1);
        Some(Position {
            line: from_one(line)?,
            character: from_one(column)?,
        })
    };
    parse().ok_or_else(|| format!("`{text}` is no line and column such as 12:3, counted from 1"))
}

/// Proves the holes of the files. The exit code says: 0 all proved, 1 some left, 2 could not run, 130 it
/// was stopped.
///
/// # Errors
/// When it could not run.
pub fn prove(arguments: &Arguments, config: Option<&Path>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("can't start threads")?;
    let code = runtime.block_on(async {
        let stop = CancellationToken::new();
        let stops = stop.clone();
        tokio::spawn(async move {
            if tokio::signal::ctrl_c().await.is_ok() {
                stops.cancel();
            }
        });
        run(arguments, config, &stop).await
    });
    runtime.shutdown_timeout(Duration::from_millis(200));
    code
}

async fn run(
    arguments: &Arguments,
    config: Option<&Path>,
    stop: &CancellationToken,
) -> Result<ExitCode> {
    let cwd = std::env::current_dir().context("there is no working directory")?;
    let mut config = Config::load(config, &cwd)?;
    config.budget = arguments.budget.unwrap_or(config.budget);
    config.cache.enabled &= !arguments.no_cache;
    config.replay |= arguments.replay;
    if !arguments.engines.is_empty() {
        config.engines = Some(arguments.engines.clone());
    }
    // Who configured an endpoint and typed this has agreed to what is sent there.
    let sources = sources(&config, None)?;
    let mut searches = Searches {
        config: &config,
        sources,
        lean: arguments.lean.as_deref(),
        known: HashMap::new(),
    };
    let mut printer = report::Printer::new(arguments.json);
    let (mut all_proved, mut all_ran) = (true, true);
    // A mistyped name is told before an hour of proving, not after.
    let files = arguments.files.iter().map(|path| read(path));
    for file in files.collect::<Result<Vec<_>>>()? {
        let mut report = FileReport::new(file.path);
        let done = tokio::select! {
            done = prove_file(arguments, &mut searches, &printer, &file, &mut report) => done,
            () = stop.cancelled() => Err(anyhow!("stopped")),
        };
        report.error = done.as_ref().err().map(|error| format!("{error:#}"));
        printer.file(&report)?;
        let written = async {
            match (done, report.changed.take()) {
                (Ok(()), Some(filling)) if arguments.write => {
                    let left = || format!("{} is left as it was", file.path.display());
                    let written = write_file(&mut searches, &file, filling).await;
                    written.with_context(left)
                }
                (done, _) => done.map(|()| true),
            }
        };
        let written = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(ExitCode::from(130)),
            written = written => written,
        };
        match written {
            Ok(whole) => all_proved &= whole,
            Err(error) => {
                terminal::error(&error);
                all_ran = false;
            }
        }
        let mut holes = report.holes.iter();
        all_proved &= holes.all(|hole| hole.status == Status::Proved);
    }
    printer.end();
    Ok(match (all_ran, all_proved) {
        (false, _) => ExitCode::from(2),
        (true, false) => ExitCode::from(1),
        (true, true) => ExitCode::SUCCESS,
    })
}

/// The searches that were made, one for each project.
struct Searches<'a> {
    config: &'a Config,
    sources: Vec<Source>,
    /// The command that starts Lean, if one was given.
    lean: Option<&'a str>,
    known: HashMap<PathBuf, (Search, String)>,
}

impl Searches<'_> {
    /// The search for a file, and the version of its Lean.
    async fn of(&mut self, file: &Path) -> Result<(Search, String)> {
        let root = project_root(file);
        if let Some(known) = self.known.get(&root) {
            return Ok(known.clone());
        }
        let command = match self.lean {
            Some(text) => LeanCommand::parse(text)?,
            None => LeanCommand::resolve(&[], &root),
        };
        let version = version(&command, &root, self.config).await?;
        let search = search(command, root.clone(), self.config, self.sources.clone());
        self.known.insert(root, (search.clone(), version.clone()));
        Ok((search, version))
    }
}

/// Asks for the version of the Lean that `command` starts in `root`, as contained as it is when it checks.
pub(super) async fn version(command: &LeanCommand, root: &Path, config: &Config) -> Result<String> {
    let version = contain::version(command, root, &config.container, LEAN_TIMEOUT).await;
    version.with_context(|| format!("`{command}`"))
}

/// A Lean file that is named by an argument.
pub(super) struct File<'a> {
    /// The name as it was given.
    pub path: &'a Path,
    /// The file itself, past all links.
    pub real: PathBuf,
    /// Its text.
    pub text: String,
}

/// Reads a file.
///
/// # Errors
/// When it is none, can't be read, or is not UTF-8.
pub(super) fn read(path: &Path) -> Result<File<'_>> {
    let failed = || format!("can't read {}", path.display());
    // A project may have a pipe among its files, for which one would wait.
    ensure!(
        path.metadata().with_context(failed)?.is_file(),
        "{} is no file",
        path.display()
    );
    let text = std::fs::read(path).with_context(failed)?;
    let text =
        String::from_utf8(text).with_context(|| format!("{} is not UTF-8", path.display()))?;
    let real = path.canonicalize().with_context(failed)?;
    Ok(File { path, real, text })
}

/// Returns the folder to run Lean in, which decides by it what project a file belongs to.
pub(super) fn project_root(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new("/"));
    folder
        .ancestors()
        .find(|dir| LeanCommand::is_project(dir))
        .unwrap_or(folder)
        .to_owned()
}

/// The URI of a file, which need not be there.
pub(super) fn file_uri(path: &Path) -> Result<String> {
    let uri = tower_lsp_server::ls_types::Uri::from_file_path(path)
        .with_context(|| format!("{} can't be named by a URI", path.display()))?;
    Ok(uri.as_str().to_owned())
}

/// Proves the holes of `file`, each of which goes into the `report` as soon as it is done with.
///
/// # Errors
/// When that could not be done to the end.
async fn prove_file(
    arguments: &Arguments,
    searches: &mut Searches<'_>,
    printer: &report::Printer,
    file: &File<'_>,
    report: &mut FileReport,
) -> Result<()> {
    let (search, version) = searches.of(&file.real).await?;
    report.lean = Some(version);
    let mut filling = Filling::of(file_uri(&file.real)?.into(), &file.text);
    let outline = filling.outline();
    if let Some(wanted) = arguments.hole {
        has_hole(file, &outline, wanted)?;
    }
    // The file is compiled as it stands while the first hole is searched.
    let preparing = outline.holes.first().map(|_| {
        let (requirements, target) = (search.requirements.clone(), filling.target(0));
        let prepared = async move { requirements.prepare(&target, HEAD_LIMIT).await };
        AbortOnDropHandle::new(tokio::spawn(prepared))
    });
    let deferring = Search {
        strategy: Strategy {
            defers: true,
            ..search.strategy
        },
        ..search.clone()
    };
    let position = |hole: usize| outline.lines.position(outline.holes[hole].range.start);
    let wanted = |hole: &usize| {
        arguments
            .hole
            .is_none_or(|wanted| wanted == position(*hole))
    };
    let mut reports: Vec<(usize, HoleReport)> = Vec::new();
    let mut gone = None;
    // Proofs go in as they are found: what comes later may use what was proved.
    for hole in (0..outline.holes.len()).filter(wanted) {
        let target = filling.target(hole);
        let bar = progress(printer, position(hole), file.path);
        let fared = prove_hole(&deferring, &target, Vec::new(), &bar).await;
        bar.end();
        match fared {
            Ok(outcome) => {
                if let Ended::LeanGone(why) = &outcome.ended {
                    gone = Some(why.clone());
                }
                if let Some(outcome) = filling.wait(hole, target, outcome) {
                    reports.push((hole, HoleReport::of(position(hole), &outcome)));
                }
            }
            Err(error) => match lean_gone(&error) {
                Some(why) => gone = Some(why),
                None => reports.push((hole, HoleReport::without_goal(position(hole), &error))),
            },
        }
        if filling.is_full() || gone.is_some() {
            let confirmed = confirm(&search, &mut filling, printer, file, &position).await;
            reports.extend(confirmed);
        }
        if filling.waiting() == 0 {
            tell(&mut reports, printer, report);
        }
        if gone.is_some() {
            break;
        }
    }
    reports.extend(confirm(&search, &mut filling, printer, file, &position).await);
    // A whole file is asked about, with what no declaration has.
    if arguments.hole.is_none() && gone.is_none() {
        let strays = unsorry_syntax::strays(&file.text, &outline.tokens, &outline.holes);
        let outside = strays.into_iter().enumerate().map(|(number, stray)| {
            let position = outline.lines.position(stray.start);
            let told = HoleReport::without_goal(position, &NoGoal::Outside);
            (outline.holes.len() + number, told)
        });
        reports.extend(outside);
    }
    tell(&mut reports, printer, report);
    drop(preparing);
    report.changed = Some(filling).filter(Filling::is_changed);
    gone.map_or(Ok(()), |why| Err(lean_is_gone(&why)))
}

/// Has the referee judge all that has passed in a file. A hole whose proof is none, or leans on another hole, is
/// searched again, with the referee asked about each candidate.
async fn confirm(
    search: &Search,
    filling: &mut Filling,
    printer: &report::Printer,
    file: &File<'_>,
    position: &impl Fn(usize) -> Position,
) -> Vec<(usize, HoleReport)> {
    let mut reports = Vec::new();
    if filling.waiting() == 0 {
        return reports;
    }
    let bar = progress(printer, position(0), file.path);
    let proofs = wording::count(filling.waiting(), "proof");
    bar.say(format_args!("{proofs} passed, being confirmed"));
    let judged = filling.judge(search).await;
    bar.end();
    for (hole, judged) in judged {
        let candidate = match judged {
            Judged::Told(outcome) => {
                reports.push((hole, HoleReport::of(position(hole), &outcome)));
                continue;
            }
            Judged::Again(candidate) => candidate,
        };
        let target = filling.target(hole);
        let bar = progress(printer, position(hole), file.path);
        let fared = prove_hole(search, &target, vec![candidate], &bar).await;
        bar.end();
        let report = match fared {
            Ok(outcome) => HoleReport::of(position(hole), &outcome),
            Err(error) => HoleReport::without_goal(position(hole), &error),
        };
        if let Some(change) = &report.change {
            filling.fill(hole, change);
        }
        reports.push((hole, report));
    }
    reports
}

/// Tells of holes in the order in which they stand in the file.
fn tell(
    reports: &mut Vec<(usize, HoleReport)>,
    printer: &report::Printer,
    report: &mut FileReport,
) {
    reports.sort_by_key(|(hole, _)| *hole);
    for (_, hole) in reports.drain(..) {
        printer.hole(report, &hole);
        report.holes.push(hole);
    }
}

/// Lean's last words, if it is gone.
fn lean_gone(error: &NoGoal) -> Option<String> {
    match error {
        NoGoal::Check(error @ (CheckError::NoLean(_) | CheckError::Unknown(Unknown::Died))) => {
            Some(error.to_string())
        }
        _ => None,
    }
}

/// The error of a Lean that has died: the file's other holes fare no better.
fn lean_is_gone(why: &str) -> anyhow::Error {
    anyhow!("Lean can't be asked; `lean FILE` may say more: {why}")
}

fn has_hole(file: &File<'_>, outline: &Outline, wanted: Position) -> Result<()> {
    let holes = outline.holes.iter();
    let holes = holes.map(|hole| outline.lines.position(hole.range.start));
    let holes: Vec<Position> = holes.collect();
    if holes.contains(&wanted) {
        return Ok(());
    }
    let shown = |at: &Position| format!("{}:{}", at.line + 1, at.character + 1);
    let all = match holes.is_empty() {
        true => "none".to_owned(),
        false => holes.iter().map(shown).collect::<Vec<_>>().join(", "),
    };
    bail!(
        "{} has no sorry at {}; it has {all}",
        file.path.display(),
        shown(&wanted)
    )
}

/// Puts the proofs into the file, once Lean has taken it whole; those with which it does not are left out, and told.
/// Returns whether none was.
async fn write_file(
    searches: &mut Searches<'_>,
    file: &File<'_>,
    mut filling: Filling,
) -> Result<bool> {
    let (search, _) = searches.of(&file.real).await?;
    let uri = file_uri(&file.real)?;
    let mut is_whole = true;
    while filling.is_changed() {
        let text = filling.current();
        let new_error =
            write::check_whole(&search.checker, &uri, &file.text, &text, FILE_LIMIT).await?;
        let Some(error) = new_error else {
            write::replace(&file.real, &file.text, &text)?;
            break;
        };
        is_whole = false;
        let Some(hole) = filling.take_out(error.line) else {
            break;
        };
        let outline = filling.outline();
        let at = outline.lines.position(outline.holes[hole].range.start);
        terminal::error(&anyhow!(
            "{}:{}:{}: its proof is not written: with it, line {} has a new error: {}",
            file.path.display(),
            at.line + 1,
            at.character + 1,
            error.line + 1,
            error.message
        ));
    }
    Ok(is_whole)
}

async fn prove_hole(
    search: &Search,
    target: &Target,
    known: Vec<Candidate>,
    bar: &Progress,
) -> Result<Outcome, NoGoal> {
    let (steps, mut watched) = unbounded_channel();
    let watch = async {
        while let Some(step) = watched.recv().await {
            if let Some(what) = wording::progress(&step) {
                bar.say(what);
            }
        }
    };
    let stop = CancellationToken::new(); // Nobody does but by dropping it.
    let (outcome, ()) = tokio::join!(search.prove(target, known, steps, &stop), watch);
    outcome
}

fn progress(printer: &report::Printer, position: Position, path: &Path) -> Progress {
    let template = "{spinner} {prefix} {elapsed} {wide_msg}";
    let bar = Progress::new(template, printer.is_json());
    bar.begin_with(format_args!(
        "{}:{}:{}",
        path.display(),
        position.line + 1,
        position.character + 1
    ));
    bar.say("asking Lean for the goal");
    bar.ticking()
}
