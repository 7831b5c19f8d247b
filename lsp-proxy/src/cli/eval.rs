//! `unsorry eval`: how many problems of a set each engine proves.

mod contestant;
mod html;
mod markup;
mod paper;
mod plot;
mod report;
mod results;
mod row;
mod set;
mod settings;
mod statistics;
mod trial;

use std::cell::RefCell;
use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures_util::future::try_join_all;
use unsorry_infer::memory;
use unsorry_prover::Mode;

use super::prove::{project_root, version};
use crate::config::{Config, parse_duration};
use crate::engines;
use crate::terminal::{self, Progress, complain, say};
use contestant::{Contestant, Name};
use results::Results;
use set::{Problem, Set};
use trial::Trial;
use unsorry_search::command::LeanCommand;
use unsorry_search::search::Search;

/// The memory that one Lean takes with Mathlib loaded.
const LEAN_BYTES: u64 = 4 << 30;

/// The number of trials in a row without a result that ends the run: the next ones would fare no better.
const MAX_FAILURES: usize = 3;

/// The arguments of `unsorry eval`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A folder of .lean files or one such file, of which each sorry is a problem, or a .jsonl file with
    /// a problem a line, as miniF2F, ProverBench and PutnamBench have them
    #[arg(value_name = "SET")]
    set: PathBuf,
    /// Only rows of this split: `test`
    #[arg(long)]
    split: Option<String>,
    /// Ask a model for this many candidates for each problem [default: as configured]
    #[arg(long, value_name = "N")]
    samples: Option<NonZeroUsize>,
    /// Which provers to evaluate, each alone; `cascade` is all together, as `prove` asks them [default:
    /// those that `prove` asks]
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    engines: Vec<Name>,
    /// All provers together, beside those of `--engines`
    #[arg(long)]
    cascade: bool,
    /// The mode in which models answer: `fast` or `reasoning` [default: as configured]
    #[arg(long, value_parser = parse_mode)]
    mode: Option<Mode>,
    /// The time that an engine may take for each problem
    #[arg(long, value_parser = parse_duration)]
    budget: Option<Duration>,
    /// The number of Leans that check at once [default: half as many as there are cores, if the memory does
    /// for them]
    #[arg(long, value_name = "N")]
    checkers: Option<NonZeroUsize>,
    /// The folder for the results; a run that was ended goes on from there [default: unsorry-eval-SET]
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Evaluate only this many problems, spread evenly over the set
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
    /// Only these problems
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    only: Vec<String>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// The command that starts Lean's server [default: `lake serve --` in a Lake project, else `lean
    /// --server`]
    #[arg(long, value_name = "CMD")]
    lean: Option<String>,
}

fn parse_mode(text: &str) -> Result<Mode, String> {
    match text {
        "fast" => Ok(Mode::Fast),
        "reasoning" => Ok(Mode::Reasoning),
        _ => Err(format!(
            "there is no mode `{text}`; there are `fast` and `reasoning`"
        )),
    }
}

/// Evaluates the engines. The exit code says: 0 all is done, 1 some problems have no result, 2 it could
/// not run, 130 it was stopped.
///
/// # Errors
/// When it could not run.
pub fn eval(arguments: &Arguments, config: Option<&Path>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Runtime::new().context("can't start threads")?;
    let code = runtime.block_on(run(arguments, config));
    runtime.shutdown_timeout(Duration::from_millis(200));
    code
}

async fn run(arguments: &Arguments, config: Option<&Path>) -> Result<ExitCode> {
    let cwd = std::env::current_dir().context("there is no working directory")?;
    let mut config = Config::load(config, &cwd)?;
    config.budget = arguments.budget.unwrap_or(config.budget);
    if let Some(samples) = arguments.samples {
        config.local.ask_for(samples);
        for endpoint in &mut config.remote {
            endpoint.generation.candidates = samples.get();
        }
    }
    // A proof that is remembered says nothing of who is asked now.
    config.cache.enabled = false;
    let config = contestant::in_mode(config, arguments.mode);
    let set = Set::read(&arguments.set, arguments.split.as_deref())?;
    let problems = select(&set.problems, arguments)?;
    let mut names = arguments.engines.clone();
    if arguments.cascade {
        names.push(Name::Cascade);
    }
    let contestants = contestant::contestants(&config, names, arguments.mode)?;
    let leans = Leans(arguments.lean.as_deref());
    let version = leans.command(&problems[0].file, &config).await?.1;
    let settings = settings::settings(&config, &set, &version);
    let folder = match &arguments.out {
        Some(folder) => folder.clone(),
        None => PathBuf::from(format!("unsorry-eval-{}", set.name)),
    };
    let results = RefCell::new(Results::open(&folder, &settings)?);
    let todo: VecDeque<(&Contestant, &Problem)> = contestants
        .iter()
        .flat_map(|one| problems.iter().map(move |problem| (one, *problem)))
        .filter(|(one, problem)| results.borrow().get(one.name, &problem.name).is_none())
        .collect();
    let all = contestants.len() * problems.len();
    let run = Run {
        config: &config,
        leans,
        bar: progress(arguments.json, all, all - todo.len()),
        todo: RefCell::new(todo),
        results,
        local: tokio::sync::Mutex::new(()),
        failed: RefCell::default(),
    };
    let checkers = arguments.checkers.map_or_else(checkers, NonZeroUsize::get);
    let workers = try_join_all((0..checkers).map(|_| run.work()));
    let ended = tokio::select! {
        done = workers => Some(done.map(drop)),
        _ = tokio::signal::ctrl_c() => None,
    };
    run.bar.end();
    // However it ended, what was done is told.
    let engines = engines_of(&contestants, &run.results.borrow());
    {
        let results = run.results.borrow();
        let report = report::report(
            (&set.name, &set.splits),
            &version,
            &problems,
            &engines,
            |engine, problem| results.get(engine, problem),
        );
        results.write(
            "report.json",
            &(serde_json::to_string_pretty(&report)? + "\n"),
        )?;
        let page = results.write("report.html", &html::page(&report))?;
        tell(&report, &page, arguments.json)?;
    }
    let failed = run.failed.into_inner();
    for (name, message) in failed.iter().take(MAX_FAILURES) {
        complain!("no result: {name}: {message}");
    }
    match ended {
        None => {
            complain!("stopped; the same command goes on from here");
            Ok(ExitCode::from(130))
        }
        Some(Err(error)) => Err(error),
        Some(Ok(())) if failed.is_empty() => Ok(ExitCode::SUCCESS),
        Some(Ok(())) => {
            complain!(
                "{} of {all} have no result; the same command tries them again",
                failed.len()
            );
            Ok(ExitCode::from(1))
        }
    }
}

/// The problems that were asked for.
fn select<'a>(problems: &'a [Problem], arguments: &Arguments) -> Result<Vec<&'a Problem>> {
    let has = |name: &String| problems.iter().any(|problem| problem.name == *name);
    if let Some(unknown) = arguments.only.iter().find(|name| !has(name)) {
        bail!(
            "{} has no problem `{unknown}`; its first is `{}`",
            arguments.set.display(),
            problems.first().map_or("", |problem| &problem.name)
        );
    }
    let only = &arguments.only;
    let wanted = problems
        .iter()
        .filter(|problem| only.is_empty() || only.contains(&problem.name));
    let wanted: Vec<&Problem> = wanted.collect();
    let most = arguments.limit.map_or(wanted.len(), NonZeroUsize::get);
    Ok(spread(&wanted, most))
}

/// Returns at most this many, as far from each other as can be: sets are often sorted by kind.
fn spread<T: Copy>(all: &[T], most: usize) -> Vec<T> {
    let count = most.min(all.len());
    (0..count).map(|at| all[at * all.len() / count]).collect()
}

/// Returns the number of Leans that this machine has room for.
fn checkers() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let room = (memory::available_main_memory() / LEAN_BYTES) as usize;
    (cores / 2).min(room).max(1)
}

/// Returns the engines that were evaluated now, and whatever others the folder has results of.
fn engines_of(contestants: &[Contestant], results: &Results) -> Vec<String> {
    let mut engines: Vec<String> = contestants.iter().map(|one| one.name.to_owned()).collect();
    for engine in results.engines() {
        if !engines.contains(&engine) {
            engines.push(engine);
        }
    }
    engines
}

/// The command that starts Lean, if one was given.
struct Leans<'a>(Option<&'a str>);

impl Leans<'_> {
    /// Returns the command that starts Lean for a file, with its folder, and Lean's version.
    async fn command(
        &self,
        file: &Path,
        config: &Config,
    ) -> Result<((LeanCommand, PathBuf), String)> {
        let root = project_root(file);
        let command = match self.0 {
            Some(text) => LeanCommand::parse(text)?,
            None => LeanCommand::resolve(&[], &root),
        };
        let version = version(&command, &root, config).await?;
        Ok(((command, root), version))
    }
}

/// The state that the workers share.
struct Run<'a> {
    config: &'a Config,
    leans: Leans<'a>,
    bar: Progress,
    todo: RefCell<VecDeque<(&'a Contestant, &'a Problem)>>,
    results: RefCell<Results>,
    /// The model in this process does one job at a time: a problem that waits must not use up its budget.
    local: tokio::sync::Mutex<()>,
    /// The problems without a result, and why.
    failed: RefCell<Vec<(String, String)>>,
}

impl Run<'_> {
    /// Does what there is to do with Leans of its own, one a project.
    async fn work(&self) -> Result<()> {
        let mut searches: HashMap<PathBuf, Search> = HashMap::new();
        let mut failures = 0;
        loop {
            let next = self.todo.borrow_mut().pop_front();
            let Some((contestant, problem)) = next else {
                return Ok(());
            };
            let root = project_root(&problem.file);
            let base = match searches.get(&root) {
                Some(known) => known.clone(),
                None => {
                    let ((command, root), _) =
                        self.leans.command(&problem.file, self.config).await?;
                    let search = engines::search(command, root.clone(), self.config, Vec::new());
                    searches.insert(root, search.clone());
                    search
                }
            };
            let search = contestant.search(&base);
            let _turn = match contestant.is_local {
                true => Some(self.local.lock().await),
                false => None,
            };
            let tell = |what: String| {
                let message = format!("{} {}: {what}", contestant.name, problem.name);
                self.bar.say(message);
            };
            match trial::trial(&search, contestant, problem, tell).await? {
                Trial::Done(row) => {
                    failures = 0;
                    self.results.borrow_mut().add(row)?;
                }
                Trial::Failed(why) => {
                    failures += 1;
                    if failures >= MAX_FAILURES {
                        bail!("{failures} problems in a row have no result: {why}");
                    }
                    let name = format!("{}, {}", contestant.name, problem.name);
                    self.failed.borrow_mut().push((name, why));
                }
            }
            self.bar.one_more();
        }
    }
}

fn progress(json: bool, all: usize, done: usize) -> Progress {
    let bar = Progress::new("{bar:24} {pos}/{len} {elapsed} {wide_msg}", json);
    bar.set(done as u64, all as u64);
    bar.ticking()
}

fn tell(report: &report::Report, page: &Path, json: bool) -> Result<()> {
    if json {
        terminal::say_json(report)?;
        return Ok(());
    }
    let widest = report
        .engines
        .iter()
        .map(|engine| engine.engine.len())
        .max();
    for engine in &report.engines {
        let passes: Vec<String> = engine
            .pass
            .iter()
            .map(|pass| format!("pass@{} {}", pass.k, markup::share(pass)))
            .collect();
        say!(
            "{:width$}  {} of {}{}  {}",
            engine.engine,
            engine.solved,
            engine.done,
            match engine.not_tried {
                0 => String::new(),
                count => format!(" ({count} could not be tried)"),
            },
            passes.join("  "),
            width = widest.unwrap_or(0)
        );
    }
    let untried = |row: &&results::Row| row.not_tried;
    let mut rows = report
        .results
        .iter()
        .flat_map(|one| one.by.iter().flatten());
    if let Some(row) = rows.find(untried) {
        let why = row.message.as_deref().unwrap_or_default();
        say!("could not be tried, for one: {}: {why}", row.problem);
    }
    say!("{}", page.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_spread_over_the_whole() {
        let check = |most, expected: &[u32]| {
            assert_eq!(spread(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], most), expected);
        };
        check(0, &[]);
        check(1, &[0]);
        check(3, &[0, 3, 6]);
        check(10, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        check(20, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert!(spread::<u32>(&[], 5).is_empty());
    }
}
