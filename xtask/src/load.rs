//! `cargo xtask load`: how many users a shared prover carries, by simulation. `docs/remote.md` has its assumptions.

mod random;
mod simulation;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};
use serde_json::json;

use simulation::{Engine, Length, Work, simulate};

/// The load: who asks which engine for what.
#[derive(Args)]
pub(crate) struct Load {
    /// The mode that the model is asked in
    #[arg(long, value_enum, default_value_t = Mode::Fast)]
    mode: Mode,
    /// Sequences that the engine decodes at once
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Tokens a second of one sequence alone
    #[arg(long, default_value_t = 120.0)]
    rate_1: f64,
    /// Tokens a second that ever larger batches come close to; by default 2500 in fast mode, 1000 in reasoning mode
    #[arg(long)]
    rate_max: Option<f64>,
    /// Tokens a second of prompts
    #[arg(long, default_value_t = 8000.0)]
    prefill: f64,
    /// The engine has no prefix cache: each candidate's prompt is read anew
    #[arg(long)]
    no_prefix_cache: bool,
    /// Holes that a user hands to this engine in an hour
    #[arg(long, default_value_t = 20.0)]
    jobs_per_hour: f64,
    /// Candidates for a hole
    #[arg(long, default_value_t = 16)]
    candidates: usize,
    /// The number asked for at once
    #[arg(long, default_value_t = 8)]
    concurrency: usize,
    /// Tokens of a prompt
    #[arg(long, default_value_t = 1000.0)]
    prompt: f64,
    /// Mean tokens of an answer; by default 443 in fast mode, 4489 in reasoning mode
    #[arg(long)]
    tokens: Option<f64>,
    /// The shape of the answers' lengths: the standard deviation of their logarithm
    #[arg(long, default_value_t = 0.6)]
    shape: f64,
    /// Tokens at which an answer is cut
    #[arg(long, default_value_t = 8192.0)]
    max_tokens: f64,
    /// The probability that a candidate proves, in a hole that can be proved
    #[arg(long, default_value_t = 0.15)]
    prove: f64,
    /// The share of holes that no candidate proves
    #[arg(long, default_value_t = 0.5)]
    hopeless: f64,
    /// Seconds within which 95 of 100 jobs should have ended; by default 60 in fast mode, 600 in reasoning mode
    #[arg(long)]
    limit: Option<f64>,
    /// Jobs that are simulated for each number of users
    #[arg(long, default_value_t = 10_000)]
    jobs: usize,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print one object of JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    /// The proof at once
    Fast,
    /// A plan first
    Reasoning,
}

/// The published means of the 7B's answers.
const FAST_TOKENS: f64 = 443.0;
const REASONING_TOKENS: f64 = 4489.0;

const USERS: [usize; 7] = [1, 2, 5, 10, 20, 50, 100];

/// No more are looked for.
const MAX_USERS: usize = 100_000;

pub(crate) fn run(load: &Load) -> Result<()> {
    load.check()?;
    let rows: Vec<Row> = USERS.iter().map(|users| load.row(*users)).collect();
    let limit = load.limit();
    let most = largest(MAX_USERS, |users| load.row(users).end.p95 <= limit);
    if load.json {
        let rows: Vec<_> = rows.iter().map(Row::json).collect();
        let object = json!({ "rows": rows, "limit": limit, "most_users": most, "seed": load.seed });
        println!("{object}");
        return Ok(());
    }
    println!(
        "{:>6}{:>22}{:>22}{:>9}{:>9}",
        "", "first proof", "end of a job", "", ""
    );
    println!(
        "{:>6}{:>12}{:>10}{:>12}{:>10}{:>9}{:>9}",
        "users", "mean", "p95", "mean", "p95", "batch", "tok/s"
    );
    for row in &rows {
        row.print();
    }
    println!("\nAt most {most} users have 95 of 100 jobs ended within {limit:.0} s.");
    if rows.iter().any(|row| row.overloaded) {
        println!("* more than the engine can do: the longer it lasts, the longer one waits");
    }
    Ok(())
}

impl Load {
    fn check(&self) -> Result<()> {
        let positive = [
            ("rate-1", self.rate_1),
            ("prefill", self.prefill),
            ("jobs-per-hour", self.jobs_per_hour),
            ("max-tokens", self.max_tokens),
            ("tokens", self.tokens()),
            ("limit", self.limit()),
        ];
        if let Some((name, _)) = positive
            .iter()
            .find(|(_, value)| value.is_nan() || *value <= 0.0)
        {
            bail!("--{name} must be more than 0");
        }
        if self.batch == 0 || self.candidates == 0 || self.concurrency == 0 || self.jobs == 0 {
            bail!("--batch, --candidates, --concurrency and --jobs must be at least 1");
        }
        if self.engine().rate_max < self.rate_1 {
            bail!("--rate-max must not be less than --rate-1");
        }
        if !(0.0..=1.0).contains(&self.prove) || !(0.0..=1.0).contains(&self.hopeless) {
            bail!("--prove and --hopeless lie between 0 and 1");
        }
        Ok(())
    }

    fn tokens(&self) -> f64 {
        self.tokens.unwrap_or(match self.mode {
            Mode::Fast => FAST_TOKENS,
            Mode::Reasoning => REASONING_TOKENS,
        })
    }

    fn limit(&self) -> f64 {
        self.limit.unwrap_or(match self.mode {
            Mode::Fast => 60.0,
            Mode::Reasoning => 600.0,
        })
    }

    fn engine(&self) -> Engine {
        // A longer context is more to read for each token.
        let rate_max = self.rate_max.unwrap_or(match self.mode {
            Mode::Fast => 2500.0,
            Mode::Reasoning => 1000.0,
        });
        Engine {
            batch: self.batch,
            rate_1: self.rate_1,
            rate_max,
            prefill: self.prefill,
            prefix_cache: !self.no_prefix_cache,
        }
    }

    fn work(&self) -> Work {
        Work {
            candidates: self.candidates,
            concurrency: self.concurrency,
            length: Length::Lognormal {
                mean: self.tokens(),
                shape: self.shape,
            },
            max_tokens: self.max_tokens,
            prompt: self.prompt,
            prove: self.prove,
            hopeless: self.hopeless,
        }
    }

    fn row(&self, users: usize) -> Row {
        let engine = self.engine();
        let arrivals = users as f64 * self.jobs_per_hour / 3600.0;
        let outcome = simulate(&engine, &self.work(), arrivals, self.jobs, self.seed);
        let proofs = outcome.jobs.iter().filter(|job| job.proved);
        Row {
            users,
            proof: Times::of(proofs.map(|job| job.time).collect()),
            end: Times::of(outcome.jobs.iter().map(|job| job.time).collect()),
            batch: outcome.rows / engine.batch as f64,
            tokens: outcome.tokens,
            overloaded: outcome.overloaded,
        }
    }
}

/// The figures of one number of users.
struct Row {
    users: usize,
    /// Figures of the jobs that were proved.
    proof: Times,
    /// Figures of all jobs; a proof ends one.
    end: Times,
    /// The share of the batch's places that is taken.
    batch: f64,
    tokens: f64,
    overloaded: bool,
}

impl Row {
    fn json(&self) -> serde_json::Value {
        json!({
            "users": self.users,
            "first_proof": { "mean": self.proof.mean, "p95": self.proof.p95 },
            "end": { "mean": self.end.mean, "p95": self.end.p95 },
            "batch": self.batch,
            "tokens_per_second": self.tokens,
            "overloaded": self.overloaded,
        })
    }

    fn print(&self) {
        println!(
            "{:>6}{:>10.1} s{:>8.1} s{:>10.1} s{:>8.1} s{:>7.0} %{:>9.0}{}",
            self.users,
            self.proof.mean,
            self.proof.p95,
            self.end.mean,
            self.end.p95,
            100.0 * self.batch,
            self.tokens,
            if self.overloaded { " *" } else { "" }
        );
    }
}

/// Seconds; not a number where there is nothing.
struct Times {
    mean: f64,
    p95: f64,
}

impl Times {
    fn of(mut times: Vec<f64>) -> Times {
        times.sort_by(f64::total_cmp);
        let rank = (0.95 * times.len() as f64).ceil() as usize;
        Times {
            mean: times.iter().sum::<f64>() / times.len() as f64,
            p95: times
                .get(rank.saturating_sub(1))
                .copied()
                .unwrap_or(f64::NAN),
        }
    }
}

/// The largest number up to `most` that is good, where each below a good one is; 0 if none is.
fn largest(most: usize, good: impl Fn(usize) -> bool) -> usize {
    let mut bad = 1;
    while bad <= most && good(bad) {
        bad *= 2;
    }
    let (mut low, mut high) = (bad / 2, bad.min(most + 1));
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if good(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        load: Load,
    }

    fn load(arguments: &str) -> Load {
        let arguments = format!("load {arguments}");
        <Arguments as clap::Parser>::parse_from(arguments.split_whitespace()).load
    }

    #[test]
    fn the_largest_is_found() {
        for most in [0, 1, 2, 3, 4, 5, 31, 32, 33, 99, 100] {
            assert_eq!(largest(100, |n| n <= most), most);
        }
        assert_eq!(largest(100, |_| true), 100);
    }

    #[test]
    fn the_p95_is_the_nearest_rank() {
        let times = |n: u32| Times::of((1..=n).rev().map(f64::from).collect());
        assert_eq!((times(100).mean, times(100).p95), (50.5, 95.0));
        assert_eq!(times(20).p95, 19.0);
        assert_eq!(times(1).p95, 1.0);
        assert!(times(0).p95.is_nan());
    }

    #[test]
    fn the_defaults_follow_the_mode() {
        let (fast, reasoning) = (load(""), load("--mode reasoning"));
        assert_eq!((fast.tokens(), fast.limit()), (443.0, 60.0));
        assert_eq!((reasoning.tokens(), reasoning.limit()), (4489.0, 600.0));
        assert_eq!(load("--mode reasoning --limit 9").limit(), 9.0);
        assert!(fast.check().is_ok() && reasoning.check().is_ok());
    }

    #[test]
    fn nonsense_is_refused() {
        for arguments in [
            "--batch 0",
            "--rate-1 0",
            "--rate-1 50 --rate-max 40",
            "--prove 1.5",
            "--limit=-1",
            "--jobs-per-hour NaN",
        ] {
            assert!(load(arguments).check().is_err(), "{arguments}");
        }
    }

    #[test]
    fn reasoning_takes_longer_and_carries_fewer() {
        let most = |arguments: &str| {
            let load = load(arguments);
            largest(MAX_USERS, |users| load.row(users).end.p95 <= load.limit())
        };
        let (fast, reasoning) = (
            most("--jobs 1000 --limit 600"),
            most("--jobs 1000 --limit 600 --mode reasoning"),
        );
        assert!(fast > reasoning, "{fast} and {reasoning}");
    }
}
