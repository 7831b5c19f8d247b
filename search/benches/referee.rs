//! The referee's price: one pass over a file beside what Lean takes for the same file with all its proofs in it,
//! and a hole with the referee's word beside one without. `cargo xtask bench referee` makes rows of it.
#![allow(clippy::print_stdout, missing_docs)] // its figures are its purpose

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt as _, stream};
use serde_json::json;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;
use unsorry_prover::{Ask, Candidate, Engine, Proposal, Prover};
use unsorry_search::check::checker::Checker;
use unsorry_search::command::LeanCommand;
use unsorry_search::contain::ContainerConfig;
use unsorry_search::referee::{Claim, Claimed, FileAsItStands, Referee};
use unsorry_search::search::{Ended, Limits, Search, Source, Strategy};
use unsorry_search::target::Target;
use unsorry_search::verify::Requirements;
use unsorry_syntax::{HoleKind, Outline, splice};

/// The rounds in which each way is measured, in turns; the median counts.
const ROUNDS: usize = 5;

/// The holes of the file.
const HOLES: usize = 24;

/// Longer than anything here may take.
const LIMIT: Duration = Duration::from_secs(300);

const PROOF: &str = "omega";

fn main() -> Result<()> {
    // `cargo test` builds and starts benches as well, with no such argument.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    tokio::runtime::Runtime::new()?.block_on(run())
}

async fn run() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let text: String = (0..HOLES).map(|n| theorem(n, "sorry")).collect();
    let solved: String = (0..HOLES).map(|n| theorem(n, PROOF)).collect();
    let path = folder.path().join("A.lean");
    std::fs::write(&path, &solved)?;
    let uri = format!("file://{}", path.display());
    let command = LeanCommand::resolve(&[], folder.path());
    // The program that would see to a container is another one.
    let limits = ContainerConfig {
        contained: false,
        ..ContainerConfig::default()
    };
    let referee = Referee::new(command.clone(), folder.path().into(), LIMIT, limits.clone());
    let referee = Arc::new(referee);
    let outline = Outline::of(&text);
    let claims: Vec<Claim> = outline
        .holes
        .iter()
        .enumerate()
        .map(|(number, hole)| Claim {
            hole: number,
            is: Claimed::Proof(splice(&text, hole, HoleKind::Tactic, PROOF)),
        })
        .collect();
    let file = FileAsItStands {
        uri: &uri,
        text: &text,
    };
    referee.prepare(file, LIMIT).await;
    let checker = Checker::new(command.clone(), folder.path().into(), LIMIT, limits);
    let compiler = command.compiler().context("no compiler")?;
    let (mut lean, mut pass, mut with, mut without) = (vec![], vec![], vec![], vec![]);
    for round in 0..=ROUNDS {
        let started = Instant::now();
        let status = Command::new(&compiler.program)
            .args(&compiler.args)
            .arg(&path)
            .stdout(Stdio::null())
            .status()?;
        ensure!(status.success(), "Lean does not take the file");
        let of_lean = started.elapsed();
        let started = Instant::now();
        let words = referee.judge(file, &claims, LIMIT).await;
        let of_pass = started.elapsed();
        if let Some(no) = words.into_iter().find_map(Result::err) {
            anyhow::bail!("the referee says: {no}");
        }
        referee.prepare(file, LIMIT).await;
        let of_with = hole(&checker, Some(referee.clone()), &uri, &text).await?;
        referee.prepare(file, LIMIT).await;
        let of_without = hole(&checker, None, &uri, &text).await?;
        // The first round is to warm up.
        if round > 0 {
            lean.push(of_lean);
            pass.push(of_pass);
            with.push(of_with);
            without.push(of_without);
        }
    }
    let median = |mut all: Vec<Duration>| {
        all.sort();
        all[all.len() / 2].as_secs_f64() * 1000.0
    };
    let measured = json!({
        "lean": median(lean),
        "pass": median(pass),
        "hole": median(with),
        "hole_without": median(without),
    });
    println!("{measured}");
    Ok(())
}

fn theorem(n: usize, proof: &str) -> String {
    format!(
        "theorem t{n} (a b : Nat) (h : a ≤ b) : a < b + {} := by\n  {proof}\n\n",
        n + 1
    )
}

/// The time for the file's last hole in an editor whose Lean and referee know the file.
async fn hole(
    checker: &Checker,
    referee: Option<Arc<Referee>>,
    uri: &str,
    text: &str,
) -> Result<Duration> {
    let search = Search {
        checker: checker.clone(),
        requirements: Requirements {
            referee,
            ..Requirements::default()
        },
        sources: vec![Source {
            engine: Engine::Tactics,
            prover: Arc::new(One),
        }],
        memory: None,
        limits: Limits {
            polish: Duration::ZERO,
            ..Limits::default()
        },
        strategy: Strategy::PROVE,
    };
    let target = Target {
        uri: uri.into(),
        outline: Arc::new(Outline::of(text)),
        text: text.into(),
        hole: HOLES - 1,
    };
    let started = Instant::now();
    let (steps, _) = unbounded_channel();
    let outcome = search
        .prove(&target, Vec::new(), steps, &CancellationToken::new())
        .await?;
    ensure!(outcome.ended == Ended::Proved, "the hole was not proved");
    Ok(started.elapsed())
}

/// Proposes what the hole needs.
struct One;

impl Prover for One {
    fn propose(&self, _: &Ask) -> stream::BoxStream<'static, Proposal> {
        stream::iter([Proposal::Candidate(Candidate::new(PROOF, Engine::Tactics))]).boxed()
    }
}
