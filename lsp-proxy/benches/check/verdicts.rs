//! Whether verdicts are right: candidates of which the truth is known go through the checker as the
//! search sends them, many in a text, while Lean is killed at random moments.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use unsorry_prover::Candidate;
use unsorry_search::check::baseline::{Baseline, baseline};
use unsorry_search::check::checker::{CheckError, Checker};
use unsorry_search::check::screen::{Judged, Screen};
use unsorry_search::check::verdict::Verdict;
use unsorry_search::gate::gate;
use unsorry_search::target::Target;
use unsorry_syntax::Outline;

/// The limit of a check, longer than any of these candidates takes.
const LIMIT: Duration = Duration::from_secs(60);

/// The most times that a candidate alone is asked about before we give up.
const TIMES: usize = 20;

/// The number of batches, on average, of which one has Lean killed under it.
const KILLED: u64 = 25;

/// The longest until a process is killed, in milliseconds: by then most batches are elaborated.
const LATEST: u64 = 400;

/// The number of candidates after which the progress is printed.
const PROGRESS: usize = 500;

/// A goal, what proves it, and what does not. `#` is a number that is another one each time, so that
/// Lean has no text twice.
struct Problem {
    statement: &'static str,
    proves: &'static [&'static str],
    fails: &'static [&'static str],
}

const PROBLEMS: &[Problem] = &[
    Problem {
        statement: "theorem t (a b : Nat) (h : a < b) : a + # < b + #",
        proves: &[
            "omega",
            "exact Nat.add_lt_add_right h #",
            "simpa using h",
            "have k := h\nomega",
            "apply Nat.add_lt_add_right\nexact h",
            "first\n  | rfl\n  | omega",
        ],
        fails: &[
            "rfl",
            "exact h",
            "assumption",
            "decide",
            "exact Nat.add_lt_add_left h #",
            "exact Nat.lt_irrefl _",
            "clear h\nomega",
            "have k : b < a := by omega\nomega",
            "apply Nat.add_lt_add_right",
            "no_such_tactic",
            "exact no_such_name h",
            "skip",
            "try rfl",
            "repeat simp",
            "constructor",
            "intro x",
        ],
    },
    Problem {
        statement: "theorem t (p q : Prop) (hp : p) (hq : q) (n : Nat) (_ : n = #) : q ∧ p",
        proves: &[
            "exact ⟨hq, hp⟩",
            "constructor <;> assumption",
            "refine ⟨?_, ?_⟩\n· exact hq\n· exact hp",
            "simp [hp, hq]",
            "exact And.intro hq hp",
            "and_intros\nall_goals assumption",
        ],
        fails: &[
            "exact ⟨hp, hq⟩",
            "constructor",
            "constructor\n· exact hq",
            "assumption",
            "left\nexact hq",
            "refine ⟨hq, ?_⟩",
            "exact hq",
            "cases hp",
            "omega",
            "rfl",
        ],
    },
    Problem {
        statement: "theorem t (xs : List Nat) : (xs ++ []).length + # = xs.length + #",
        proves: &[
            "simp",
            "rw [List.append_nil]",
            "simp only [List.append_nil]",
            "induction xs with\n| nil => rfl\n| cons _ _ _ => simp",
        ],
        fails: &[
            "rfl",
            "decide",
            "cases xs",
            "induction xs with\n| nil => rfl",
            "rw [List.nil_append]",
            "exact List.append_nil xs",
            "assumption",
            "contradiction",
        ],
    },
    Problem {
        statement: "theorem t (a b c : Nat) (h : a = b) (h' : b = c) : a + # = c + #",
        proves: &[
            "rw [h, h']",
            "subst h\nsubst h'\nrfl",
            "omega",
            "simp [h, h']",
            "exact congrArg (· + #) (h.trans h')",
            "calc\n  a + # = b + # := by rw [h]\n  _ = c + # := by rw [h']",
        ],
        fails: &[
            "rw [h]",
            "rfl",
            "exact h",
            "exact h.trans h'",
            "exact congrArg (· + #) h",
            "subst h\nassumption",
            "simp",
            "calc\n  a + # = b + # := by rw [h]",
            "cases h",
        ],
    },
    Problem {
        statement: "theorem t (a : Nat) : a + # < a + #",
        proves: &[],
        fails: &[
            "omega",
            "simp",
            "decide",
            "rfl",
            "grind",
            "exact Nat.lt_irrefl _",
            "induction a",
            "exact absurd rfl rfl",
            "have k : a < a := by omega\nomega",
            "contradiction",
            "cases a <;> simp",
            "exact Nat.lt_succ_self _",
        ],
    },
    Problem {
        statement: "theorem t : # + 1 = Nat.succ #",
        proves: &[
            "rfl",
            "decide",
            "exact rfl",
            "simp",
            "exact Eq.refl (# + 1)",
        ],
        fails: &[
            "exact Nat.succ_ne_self _",
            "intro h",
            "assumption",
            "exact Nat.le_refl _",
            "exact (rfl : # = #)",
            "contradiction",
        ],
    },
];

/// The counts of a run.
pub struct Counted {
    pub checked: usize,
    /// The verdicts that are not the truth.
    pub wrong: usize,
    /// The processes that were killed, and the texts that were asked about again for want of an answer.
    pub kills: usize,
    pub asked_again: usize,
    pub seconds: f64,
}

/// A candidate, by its problem, and whether it proves that.
#[derive(Clone, Copy)]
struct Known {
    problem: usize,
    text: &'static str,
    proves: bool,
}

/// Checks this many candidates, `together` in a text.
///
/// # Errors
/// When the table itself is wrong, or Lean does not come back.
pub async fn run(
    checker: &Checker,
    uri: &str,
    checks: usize,
    seed: u64,
    together: usize,
) -> Result<Counted> {
    let mut baselines = Vec::new();
    for at in 0..PROBLEMS.len() {
        baselines.push(baseline(checker, &target(uri, at, 0)).await?);
    }
    let all = known();
    let mut counted = Counted {
        checked: 0,
        wrong: 0,
        kills: 0,
        asked_again: 0,
        seconds: 0.0,
    };
    let ask = Ask {
        checker,
        uri,
        baselines: &baselines,
    };
    // The table is ours: one at a time and undisturbed it must be right.
    for (number, known) in all.iter().enumerate() {
        let kind = baselines[known.problem].goal.kind;
        gate(kind, known.text).with_context(|| format!("the gate stops `{}`", known.text))?;
        let (verdict, _) = ask.settle(&[*known], number + 1).await?;
        let passed = matches!(verdict[0], Verdict::Passed { .. });
        ensure!(
            passed == known.proves,
            "the table says that `{}` {} `{}`, and Lean: {:?}",
            known.text,
            if known.proves {
                "proves"
            } else {
                "does not prove"
            },
            PROBLEMS[known.problem].statement,
            verdict[0]
        );
    }

    let mut random = Random(seed);
    let kills = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let mut number = all.len() + 1;
    while counted.checked < checks {
        number += 1;
        // All of one text are of one problem, as a search's are.
        let problem = random.below(PROBLEMS.len() as u64) as usize;
        let of: Vec<Known> = all
            .iter()
            .filter(|one| one.problem == problem)
            .copied()
            .collect();
        let many = together.min(checks - counted.checked);
        let batch: Vec<Known> = (0..many)
            .map(|_| of[random.below(of.len() as u64) as usize])
            .collect();
        let killer = (random.below(KILLED) == 0).then(|| {
            let after = Duration::from_millis(random.below(LATEST));
            let which = random.next();
            let kills = kills.clone();
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                if kill_one(which) {
                    kills.fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        let (verdicts, again) = ask.settle(&batch, number).await?;
        counted.asked_again += again;
        for (known, verdict) in batch.iter().zip(verdicts) {
            counted.checked += 1;
            if matches!(verdict, Verdict::Passed { .. }) != known.proves {
                counted.wrong += 1;
                eprintln!(
                    "wrong: `{}` for `{}`: {verdict:?}",
                    known.text, PROBLEMS[known.problem].statement
                );
            }
            if counted.checked.is_multiple_of(PROGRESS) {
                eprintln!(
                    "{} checked, {} wrong, Lean killed {} times, {:.0} s",
                    counted.checked,
                    counted.wrong,
                    kills.load(Ordering::Relaxed),
                    started.elapsed().as_secs_f64()
                );
            }
        }
        if let Some(killer) = killer {
            killer.await?;
        }
    }
    counted.seconds = started.elapsed().as_secs_f64();
    counted.kills = kills.load(Ordering::Relaxed);
    Ok(counted)
}

fn known() -> Vec<Known> {
    let of = |problem: usize, texts: &'static [&'static str], proves: bool| {
        texts.iter().map(move |text| Known {
            problem,
            text,
            proves,
        })
    };
    let all = PROBLEMS.iter().enumerate();
    all.flat_map(|(at, problem)| of(at, problem.proves, true).chain(of(at, problem.fails, false)))
        .collect()
}

fn target(uri: &str, problem: usize, number: usize) -> Target {
    let statement = PROBLEMS[problem].statement;
    let text = format!("{statement} := by\n  sorry\n").replace('#', &number.to_string());
    Target {
        uri: uri.into(),
        outline: Arc::new(Outline::of(&text)),
        text: text.into(),
        hole: 0,
    }
}

/// The checker that is asked, and the hole that it is asked about.
struct Ask<'a> {
    checker: &'a Checker,
    uri: &'a str,
    baselines: &'a [Baseline],
}

impl Ask<'_> {
    /// The verdicts on all of `batch`, and how often there was none at first. What gets no answer is
    /// halved and asked again, as the search does it.
    async fn settle(&self, batch: &[Known], number: usize) -> Result<(Vec<Verdict>, usize)> {
        let problem = batch.first().context("nothing to check")?.problem;
        let target = target(self.uri, problem, number);
        let baseline = &self.baselines[problem];
        let mut verdicts: HashMap<usize, Verdict> = HashMap::new();
        let mut again = 0;
        let mut stack = vec![((0..batch.len()).collect::<Vec<usize>>(), 0)];
        while let Some((mut these, times)) = stack.pop() {
            let candidates: Vec<Candidate> = these
                .iter()
                .map(|at| {
                    let text = batch[*at].text.replace('#', &number.to_string());
                    Candidate::new(text, unsorry_prover::Engine::Tactics)
                })
                .collect();
            let screen = Screen::new(&target, baseline.goal.kind, &candidates, true);
            let text = screen.text.clone();
            let elaborated = self
                .checker
                .elaborate(self.uri, text, Vec::new(), LIMIT)
                .await;
            let before = these.len();
            match elaborated {
                Ok(elaboration) => {
                    let judged = screen.judge(&target, baseline, &elaboration.diagnostics);
                    let Judged::Verdicts(seen) = judged else {
                        bail!("a declaration is too much for a screening");
                    };
                    let mut seen = seen.into_iter();
                    these.retain(|at| match seen.next().flatten() {
                        Some(verdict) => {
                            verdicts.insert(*at, verdict);
                            false
                        }
                        None => true,
                    });
                }
                Err(CheckError::NoLean(why)) if times >= TIMES => bail!("Lean is gone: {why}"),
                Err(error) if times >= TIMES => bail!("no verdict after {times} times: {error}"),
                Err(_) => again += 1,
            }
            if these.len() < before {
                stack.extend((!these.is_empty()).then_some((these, 0)));
            } else {
                let second = these.split_off(these.len() / 2);
                stack.extend([second, these].map(|half| (half, times + 1)));
                stack.retain(|(half, _)| !half.is_empty());
            }
        }
        let verdicts = (0..batch.len()).map(|at| verdicts.remove(&at));
        let verdicts: Option<Vec<Verdict>> = verdicts.collect();
        Ok((verdicts.context("a candidate without a verdict")?, again))
    }
}

/// Kills one of the processes that we or those have started.
fn kill_one(which: u64) -> bool {
    let mut all = vec![std::process::id()];
    let mut at = 0;
    while at < all.len() {
        all.extend(children(all[at]));
        at += 1;
    }
    let Some(some) = all.get(1..).filter(|some| !some.is_empty()) else {
        return false;
    };
    let chosen = some[(which % some.len() as u64) as usize];
    let pid = i32::try_from(chosen).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| kill_process(pid, Signal::KILL).is_ok())
}

fn children(pid: u32) -> Vec<u32> {
    let tasks = Path::new("/proc").join(pid.to_string()).join("task");
    let tasks = std::fs::read_dir(tasks).into_iter().flatten().flatten();
    tasks
        .filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok())
        .flat_map(|line| {
            let pids = line.split_whitespace();
            pids.filter_map(|pid| pid.parse().ok())
                .collect::<Vec<u32>>()
        })
        .collect()
}

/// SplitMix64: the same on every machine, for every seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}
