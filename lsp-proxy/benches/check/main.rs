//! Candidates checked a second: many in one text, as the search does it, beside one at a time, as
//! editors' tools do it. The same Lean, the same candidates, in one run; and whether verdicts are
//! right. `cargo xtask bench check` makes rows of it.
#![allow(clippy::print_stdout, clippy::print_stderr)] // its figures are its purpose

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use unsorry_prover::{Candidate, Proposal, Prover as _, Tactics};
use unsorry_search::check::baseline::{Baseline, baseline};
use unsorry_search::check::checker::Checker;
use unsorry_search::check::screen::{Judged, Screen, batch};
use unsorry_search::check::verdict::Verdict;
use unsorry_search::command::LeanCommand;
use unsorry_search::contain::ContainerConfig;
use unsorry_search::lean::server::Server;
use unsorry_search::lean::shadow::Shadow;
use unsorry_search::target::Target;
use unsorry_syntax::{Outline, splice};

mod verdicts;

/// The number of candidates that are checked together.
const TOGETHER: usize = 16;

/// The rounds in which each way is measured, after those that don't count; the median counts.
const ROUNDS: usize = 9;
const WARM: usize = 3;

/// The steps before the hole of a long declaration.
const STEPS: usize = 36;

/// The limit of a check, longer than any here may take.
const LIMIT: Duration = Duration::from_secs(300);

const SOURCE: &str = "theorem t (a b c : Nat) (xs : List Nat) (h : a < b) (h' : b < c) :
    a + 1 < c ∧ (xs ++ []).length = xs.length := by
  sorry
";

/// The limits of a Lean that is not contained: the program that would see to it is another one.
fn limits() -> ContainerConfig {
    ContainerConfig {
        contained: false,
        ..ContainerConfig::default()
    }
}

fn main() -> Result<()> {
    // `cargo test` builds and starts benches as well, with no such argument.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let number = |name: &str, default: u64| -> Result<u64> {
        let mut given = std::env::args().skip_while(|argument| argument != name);
        given.nth(1).map_or(Ok(default), |value| Ok(value.parse()?))
    };
    let checks = usize::try_from(number("--checks", 160)?)?;
    let seed = number("--seed", 1)?;
    tokio::runtime::Runtime::new()?.block_on(run(checks, seed))
}

async fn run(checks: usize, seed: u64) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let command = LeanCommand::resolve(&[], folder.path());
    let uri = format!("file://{}/A.lean", folder.path().display());
    let hole = target_of(SOURCE, &uri);
    let checker = Checker::new(command.clone(), folder.path().to_owned(), LIMIT, limits());
    let baseline = baseline(&checker, &hole).await?;
    let counted = verdicts::run(&checker, &uri, checks, seed, TOGETHER).await?;
    drop(checker);
    let candidates = candidates(&baseline);
    ensure!(
        candidates.len() == TOGETHER,
        "the portfolio has too few rows for this goal"
    );

    let mut fast = Bench::start(&command.for_checker(), &folder, &uri).await?;
    let [together, alone] = fast.rates(&baseline, &candidates).await?;
    let long = long();
    fast.source = &long;
    let [long_together, long_alone] = fast.rates(&baseline, &candidates).await?;
    drop(fast);
    let mut slow = Bench::start(&command, &folder, &uri).await?;
    let [delayed_together, delayed_alone] = slow.rates(&baseline, &candidates).await?;

    ensure!(
        [
            &alone.1,
            &delayed_alone.1,
            &delayed_together.1,
            &long_together.1,
            &long_alone.1
        ]
        .iter()
        .all(|verdicts| **verdicts == together.1),
        "the ways do not agree on a verdict"
    );
    // What others check: each candidate where it would go.
    let texts = candidates.iter().map(|candidate| {
        let kind = baseline.goal.kind;
        splice(
            SOURCE,
            target_of(SOURCE, &uri).hole(),
            kind,
            &candidate.text,
        )
        .apply(SOURCE)
    });
    let measured = json!({
        "together": together.0,
        "alone": alone.0,
        "delayed_together": delayed_together.0,
        "delayed_alone": delayed_alone.0,
        "long_together": long_together.0,
        "long_alone": long_alone.0,
        "texts": texts.collect::<Vec<String>>(),
        "verdicts": together.1,
        "checked": counted.checked,
        "wrong": counted.wrong,
        "kills": counted.kills,
        "asked_again": counted.asked_again,
        "checked_rate": counted.checked as f64 / counted.seconds,
    });
    println!("{measured}");
    Ok(())
}

/// Returns the same hole with much before it.
fn long() -> String {
    let steps = (0..STEPS).map(|n| format!("  have h{n} : a + {n} = {n} + a := by omega\n"));
    SOURCE.replace("  sorry", &format!("{}  sorry", steps.collect::<String>()))
}

fn target_of(text: &str, uri: &str) -> Target {
    Target {
        uri: uri.into(),
        outline: Arc::new(Outline::of(text)),
        text: text.into(),
        hole: 0,
    }
}

fn candidates(baseline: &Baseline) -> Vec<Candidate> {
    let stream = Tactics::new(Vec::new()).propose(&baseline.goal.clone().into());
    let all: Vec<Proposal> =
        futures_util::FutureExt::now_or_never(futures_util::StreamExt::collect(stream))
            .unwrap_or_default();
    all.into_iter()
        .filter_map(|proposal| match proposal {
            Proposal::Candidate(candidate) => Some(candidate),
            _ => None,
        })
        .filter(|candidate| !candidate.is_query())
        .take(TOGETHER)
        .collect()
}

struct Bench<'a> {
    server: Server,
    shadow: Shadow,
    uri: String,
    texts: usize,
    source: &'a str,
}

impl<'a> Bench<'a> {
    async fn start(
        command: &LeanCommand,
        folder: &tempfile::TempDir,
        uri: &str,
    ) -> Result<Bench<'a>> {
        let server = Server::start_exactly(command, folder.path(), &limits()).await?;
        Ok(Bench {
            server,
            shadow: Shadow::new(uri.replace("A.lean", "Scratch.lean")),
            uri: uri.to_owned(),
            texts: 0,
            source: SOURCE,
        })
    }

    /// Measures candidates a second, with the verdicts, true for a proof: together, and one at a time. Turn
    /// by turn, as Lean for wasm becomes faster while it runs.
    async fn rates(
        &mut self,
        baseline: &Baseline,
        candidates: &[Candidate],
    ) -> Result<[(f64, Vec<bool>); 2]> {
        let mut ways = [TOGETHER, 1].map(|together| (together, Vec::new(), Vec::new()));
        for round in 0..WARM + ROUNDS {
            for (together, times, verdicts) in &mut ways {
                let started = Instant::now();
                *verdicts = self.round(baseline, candidates, *together).await?;
                if round >= WARM {
                    times.push(started.elapsed());
                }
            }
        }
        Ok(ways.map(|(_, mut times, verdicts)| {
            times.sort();
            let median = times[ROUNDS / 2];
            (candidates.len() as f64 / median.as_secs_f64(), verdicts)
        }))
    }

    /// Checks all, at most `together` in a text; whether each is a proof.
    async fn round(
        &mut self,
        baseline: &Baseline,
        candidates: &[Candidate],
        together: usize,
    ) -> Result<Vec<bool>> {
        self.texts += 1;
        // What Lean has elaborated it does not elaborate again, be there another comment before it: each round
        // has another definition there.
        let source = format!("def round{0} := {0}\n\n{1}", self.texts, self.source);
        let target = &target_of(&source, &self.uri);
        let mut passed = vec![None; candidates.len()];
        while let Some(first) = passed.iter().position(Option::is_none) {
            let waiting = passed[first..].iter().take_while(|one| one.is_none());
            let waiting = &candidates[first..first + waiting.count()];
            let batch = &waiting[..batch(target, baseline, waiting, together)];
            let screen = Screen::new(target, baseline.goal.kind, batch, true);
            let never = CancellationToken::new();
            let elaboration = self
                .shadow
                .elaborate(&mut self.server, &screen.text, &[], LIMIT, None, &never)
                .await?;
            let judged = screen.judge(target, baseline, &elaboration.diagnostics);
            let Judged::Verdicts(verdicts) = judged else {
                bail!("the declaration is too much for a screening");
            };
            ensure!(verdicts.iter().any(Option::is_some), "no verdict at all");
            for (at, verdict) in verdicts.iter().enumerate() {
                let verdict = verdict.as_ref();
                passed[first + at] = verdict.map(|v| matches!(v, Verdict::Passed { .. }));
            }
        }
        Ok(passed.into_iter().flatten().collect())
    }
}
