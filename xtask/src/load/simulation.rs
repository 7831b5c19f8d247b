//! An engine that many share, event by event. Times are in seconds.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};

use super::random::Random;

/// An engine with continuous batching: every sequence in the batch gets a token a step.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    /// Sequences at once; who comes later waits, first come, first served.
    pub(crate) batch: usize,
    /// Tokens a second of one sequence alone.
    pub(crate) rate_1: f64,
    /// Tokens a second of all together, that ever larger batches come close to.
    pub(crate) rate_max: f64,
    /// Tokens a second of prompts. Nothing is decoded meanwhile.
    pub(crate) prefill: f64,
    /// Whether a job's candidates share its prompt.
    pub(crate) prefix_cache: bool,
}

impl Engine {
    /// The time of a step: reading the weights, and something for each sequence.
    fn step(&self, rows: usize) -> f64 {
        let row = 1.0 / self.rate_max;
        let weights = 1.0 / self.rate_1 - row;
        weights + row * rows as f64
    }

    /// Tokens a second of so many sequences together.
    #[cfg(test)]
    fn rate(&self, rows: usize) -> f64 {
        rows as f64 / self.step(rows)
    }
}

/// The lengths of answers, in tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    /// `shape` is the standard deviation of the logarithm.
    Lognormal { mean: f64, shape: f64 },
    /// A fixed length, for comparison with theory.
    #[cfg(test)]
    Exponential { mean: f64 },
}

impl Length {
    fn draw(self, random: &mut Random) -> f64 {
        match self {
            Length::Lognormal { mean, shape } => random.lognormal(mean, shape),
            #[cfg(test)]
            Length::Exponential { mean } => random.exponential(mean),
        }
    }
}

/// The answers that a job, that is a hole, asks for.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) candidates: usize,
    /// The number asked for at once.
    pub(crate) concurrency: usize,
    pub(crate) length: Length,
    /// A longer answer is cut here, and proves nothing.
    pub(crate) max_tokens: f64,
    pub(crate) prompt: f64,
    /// The probability that a candidate proves, in a job that is not hopeless.
    pub(crate) prove: f64,
    /// The share of jobs that no candidate proves.
    pub(crate) hopeless: f64,
}

/// The result of a job.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Done {
    /// The time from its arrival to the first proof, or else to the end of its last candidate.
    pub(crate) time: f64,
    pub(crate) proved: bool,
    /// Candidates that were begun.
    pub(crate) begun: usize,
}

/// The figures of a run, without its beginning.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// In the order of their arrival.
    pub(crate) jobs: Vec<Done>,
    /// Sequences in the batch, over time.
    pub(crate) rows: f64,
    /// Tokens a second, over time.
    pub(crate) tokens: f64,
    /// The work left at the last arrival was more than a tenth of all: the times only say how long was simulated.
    pub(crate) overloaded: bool,
}

/// Lets `jobs` arrive, at random, `arrivals` a second. The first tenth of them is not counted.
pub(crate) fn simulate(
    engine: &Engine,
    work: &Work,
    arrivals: f64,
    jobs: usize,
    seed: u64,
) -> Outcome {
    let mut simulation = Simulation {
        engine,
        work,
        now: 0.0,
        progress: 0.0,
        prefill_left: 0.0,
        rows: 0,
        row_seconds: 0.0,
        tokens: 0.0,
        running: BinaryHeap::new(),
        queue: VecDeque::new(),
        jobs: Vec::with_capacity(jobs),
    };
    // The same numbers for every load, so that loads can be compared: a job is the same, only its time differs.
    let mut gaps = Random::stream(seed, 0);
    for number in 0..jobs {
        let arrival = simulation.now + gaps.exponential(1.0 / arrivals);
        while let Some(end) = simulation.next_end().filter(|end| *end <= arrival) {
            simulation.end_one(end);
        }
        simulation.advance(arrival);
        simulation.arrive(Random::stream(seed, 1 + number as u64));
    }
    let last_arrival = simulation.now;
    while let Some(end) = simulation.next_end() {
        simulation.end_one(end);
    }

    Outcome {
        rows: simulation.row_seconds / simulation.now,
        tokens: simulation.tokens / simulation.now,
        overloaded: simulation.now > 1.1 * last_arrival,
        jobs: simulation.jobs[jobs / 10..].iter().map(Job::done).collect(),
    }
}

struct Simulation<'a> {
    engine: &'a Engine,
    work: &'a Work,
    now: f64,
    /// Tokens that a sequence would have had since the beginning. It is the same for all, so that a sequence is only
    /// the number of tokens at which it ends.
    progress: f64,
    /// Seconds of prompts to be read before anything is decoded.
    prefill_left: f64,
    rows: usize,
    row_seconds: f64,
    tokens: f64,
    /// Those of ended jobs are among them.
    running: BinaryHeap<Sequence>,
    queue: VecDeque<usize>,
    jobs: Vec<Job>,
}

struct Job {
    random: Random,
    hopeless: bool,
    arrived: f64,
    ended: Option<f64>,
    proved: bool,
    /// Candidates not asked for yet.
    left: usize,
    /// Asked for, and not ended.
    asked: usize,
    /// The requests that are in the batch.
    rows: usize,
    begun: usize,
}

struct Sequence {
    end: f64,
    job: usize,
    proves: bool,
}

impl Simulation<'_> {
    /// The time when the next candidate ends, if no job arrives before.
    fn next_end(&mut self) -> Option<f64> {
        while let Some(first) = self.running.peek() {
            if self.jobs[first.job].ended.is_none() {
                let tokens = (first.end - self.progress).max(0.0);
                return Some(self.now + self.prefill_left + tokens * self.engine.step(self.rows));
            }
            self.running.pop();
        }
        None
    }

    /// Nothing ends or arrives until `time`.
    fn advance(&mut self, time: f64) {
        let passed = time - self.now;
        let prefill = passed.min(self.prefill_left);
        self.prefill_left -= prefill;
        if self.rows > 0 {
            let tokens = (passed - prefill) / self.engine.step(self.rows);
            self.progress += tokens;
            self.tokens += tokens * self.rows as f64;
            self.row_seconds += passed * self.rows as f64;
        }
        self.now = time;
    }

    fn arrive(&mut self, mut random: Random) {
        let hopeless = random.uniform() < self.work.hopeless;
        let asked = self.work.concurrency.min(self.work.candidates);
        self.queue
            .extend(std::iter::repeat_n(self.jobs.len(), asked));
        self.jobs.push(Job {
            random,
            hopeless,
            arrived: self.now,
            ended: None,
            proved: false,
            left: self.work.candidates - asked,
            asked,
            rows: 0,
            begun: 0,
        });
        self.admit();
    }

    /// The candidate that ends next does so at `time`.
    fn end_one(&mut self, time: f64) {
        self.advance(time);
        let Some(sequence) = self.running.pop() else {
            return;
        };
        self.progress = sequence.end;
        let job = &mut self.jobs[sequence.job];
        job.rows -= 1;
        job.asked -= 1;
        self.rows -= 1;
        if sequence.proves {
            job.proved = true;
            job.ended = Some(time);
            self.rows -= job.rows; // the others are cancelled
        } else if job.left > 0 {
            job.left -= 1;
            job.asked += 1;
            self.queue.push_back(sequence.job);
        } else if job.asked == 0 {
            job.ended = Some(time);
        }
        self.admit();
    }

    /// Fills the batch from the queue.
    fn admit(&mut self) {
        while self.rows < self.engine.batch {
            let Some(number) = self.queue.pop_front() else {
                return;
            };
            let job = &mut self.jobs[number];
            if job.ended.is_some() {
                continue;
            }
            if job.begun == 0 || !self.engine.prefix_cache {
                self.prefill_left += self.work.prompt / self.engine.prefill;
            }
            let length = self.work.length.draw(&mut job.random);
            let lucky = job.random.uniform() < self.work.prove;
            let cut = length > self.work.max_tokens;
            self.running.push(Sequence {
                end: self.progress + length.min(self.work.max_tokens),
                job: number,
                proves: lucky && !cut && !job.hopeless,
            });
            job.begun += 1;
            job.rows += 1;
            self.rows += 1;
        }
    }
}

impl Job {
    fn done(&self) -> Done {
        Done {
            time: self.ended.unwrap_or(f64::INFINITY) - self.arrived,
            proved: self.proved,
            begun: self.begun,
        }
    }
}

/// The greatest is the one that ends first, which is what a heap gives.
impl Ord for Sequence {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.end.total_cmp(&self.end)).then_with(|| other.job.cmp(&self.job))
    }
}

impl PartialOrd for Sequence {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Sequence {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Sequence {}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGINE: Engine = Engine {
        batch: 16,
        rate_1: 100.0,
        rate_max: 1000.0,
        prefill: 5000.0,
        prefix_cache: true,
    };

    const WORK: Work = Work {
        candidates: 8,
        concurrency: 4,
        length: Length::Lognormal {
            mean: 400.0,
            shape: 0.6,
        },
        max_tokens: f64::INFINITY,
        prompt: 1000.0,
        prove: 0.2,
        hopeless: 0.3,
    };

    /// One candidate a job, of `mean` tokens, no prompt: nothing but a queue.
    fn queue(length: Length) -> Work {
        Work {
            candidates: 1,
            concurrency: 1,
            length,
            max_tokens: f64::INFINITY,
            prompt: 0.0,
            prove: 0.0,
            hopeless: 0.0,
        }
    }

    fn mean_time(outcome: &Outcome) -> f64 {
        outcome.jobs.iter().map(|job| job.time).sum::<f64>() / outcome.jobs.len() as f64
    }

    fn mean_begun(outcome: &Outcome) -> f64 {
        outcome.jobs.iter().map(|job| job.begun as f64).sum::<f64>() / outcome.jobs.len() as f64
    }

    #[track_caller]
    fn check_near(found: f64, expected: f64, tolerance: f64) {
        let off = (found / expected - 1.0).abs();
        assert!(off < tolerance, "{found}, not {expected}");
    }

    /// Erlang's formula: the probability that one who arrives has to wait for one of `servers`.
    fn erlang_c(servers: usize, load: f64) -> f64 {
        let blocked = (1..=servers).fold(1.0, |blocked, n| {
            load * blocked / (n as f64 + load * blocked)
        });
        let idle = 1.0 - load / servers as f64;
        blocked / (idle + (1.0 - idle) * blocked)
    }

    #[test]
    fn erlangs_formula_is_that_of_the_tables() {
        check_near(erlang_c(1, 0.7), 0.7, 1e-9);
        check_near(erlang_c(2, 1.0), 1.0 / 3.0, 1e-9);
    }

    /// Where a batch costs nothing, and each place in it is as fast as any, it is a queue with servers: M/M/c.
    #[test]
    fn places_of_constant_speed_wait_as_erlang_says() {
        for (servers, load) in [(1, 0.7), (4, 3.2), (16, 14.0)] {
            let engine = Engine {
                batch: servers,
                rate_max: f64::INFINITY,
                ..ENGINE
            };
            let work = queue(Length::Exponential { mean: 400.0 });
            let service = 400.0 / engine.rate_1;
            let outcome = simulate(&engine, &work, load / service, 400_000, 7);
            let free = servers as f64 - load;
            let expected = service * (1.0 + erlang_c(servers, load) / free);
            check_near(mean_time(&outcome), expected, 0.02);
            check_near(outcome.rows, load, 0.02);
        }
    }

    /// Where a batch gains nothing, all share one server: M/G/1 with processor sharing, whose mean time depends on the
    /// mean length alone.
    #[test]
    fn a_batch_that_gains_nothing_is_processor_sharing() {
        let engine = Engine {
            batch: usize::MAX,
            rate_max: ENGINE.rate_1,
            ..ENGINE
        };
        for shape in [0.0, 0.6] {
            let work = queue(Length::Lognormal { mean: 400.0, shape });
            let service = 400.0 / engine.rate_1;
            let outcome = simulate(&engine, &work, 0.7 / service, 200_000, 7);
            check_near(mean_time(&outcome), service / (1.0 - 0.7), 0.03);
            check_near(outcome.tokens, 0.7 * engine.rate_1, 0.02);
        }
    }

    #[test]
    fn a_job_alone_takes_what_can_be_counted_on_paper() {
        let alone = |concurrency, prefix_cache| {
            let engine = Engine {
                prefix_cache,
                ..ENGINE
            };
            let work = Work {
                concurrency,
                length: Length::Lognormal {
                    mean: 400.0,
                    shape: 0.0,
                },
                prove: 0.0,
                ..WORK
            };
            mean_time(&simulate(&engine, &work, 1e-6, 10, 7))
        };
        // A step is 9 ms, and 1 ms a row; a prompt 0.2 s; four rows at once, twice.
        check_near(alone(4, true), 0.2 + 2.0 * 400.0 * 0.013, 1e-6);
        check_near(alone(4, false), 8.0 * 0.2 + 2.0 * 400.0 * 0.013, 1e-6);
        check_near(alone(8, true), 0.2 + 400.0 * 0.017, 1e-6);
    }

    #[test]
    fn a_batch_is_faster_together_and_slower_for_each() {
        check_near(ENGINE.rate(1), ENGINE.rate_1, 1e-9);
        check_near(ENGINE.rate(1_000_000), ENGINE.rate_max, 1e-3);
        for rows in 1..64 {
            assert!(ENGINE.rate(rows) < ENGINE.rate(rows + 1));
            assert!(ENGINE.step(rows) < ENGINE.step(rows + 1));
        }
    }

    /// One after the other, `k` candidates of which each proves with probability p: (1 − (1 − p)^k) / p are begun.
    #[test]
    fn the_first_proof_ends_a_job() {
        let work = Work {
            concurrency: 1,
            hopeless: 0.0,
            prove: 0.2,
            ..WORK
        };
        let outcome = simulate(&ENGINE, &work, 1e-3, 50_000, 7);
        let none = 0.8f64.powi(8);
        check_near(mean_begun(&outcome), (1.0 - none) / 0.2, 0.02);
        let unproved = outcome.jobs.iter().filter(|job| !job.proved).count();
        check_near(unproved as f64 / outcome.jobs.len() as f64, none, 0.05);
    }

    #[test]
    fn what_is_hopeless_stays_unproved() {
        let work = Work { prove: 1.0, ..WORK };
        let outcome = simulate(&ENGINE, &work, 1e-3, 20_000, 7);
        let proved = outcome.jobs.iter().filter(|job| job.proved).count();
        check_near(proved as f64 / outcome.jobs.len() as f64, 0.7, 0.02);
    }

    #[test]
    fn stopping_early_reduces_the_load() {
        let with = |prove| simulate(&ENGINE, &Work { prove, ..WORK }, 0.1, 20_000, 7);
        let (never, seldom, often) = (with(0.0), with(0.1), with(0.5));
        check_near(mean_begun(&never), 8.0, 1e-9);
        assert!(seldom.tokens < never.tokens && often.tokens < seldom.tokens);
        assert!(mean_time(&seldom) < mean_time(&never) && mean_time(&often) < mean_time(&seldom));
        // Tokens of cancelled candidates are not counted as if they had been written.
        assert!(often.tokens < 0.8 * 0.1 * 400.0 * mean_begun(&often));
    }

    #[test]
    fn answers_are_cut_and_then_prove_nothing() {
        let work = Work {
            max_tokens: 1.0,
            prove: 1.0,
            ..WORK
        };
        let outcome = simulate(&ENGINE, &work, 1e-3, 100, 7);
        assert!(outcome.jobs.iter().all(|job| !job.proved && job.begun == 8));
    }

    #[test]
    fn more_users_never_shorten_the_mean() {
        for work in [WORK, Work { prove: 0.0, ..WORK }] {
            let times: Vec<f64> = (1..=30)
                .map(|users| mean_time(&simulate(&ENGINE, &work, f64::from(users) * 0.01, 5000, 7)))
                .collect();
            assert!(times.is_sorted(), "{times:?}");
        }
    }

    #[test]
    fn too_many_are_called_too_many() {
        let at = |share: f64| {
            let work = Work {
                prompt: 0.0,
                ..queue(WORK.length)
            };
            let arrivals = share * ENGINE.rate(ENGINE.batch) / 400.0;
            simulate(&ENGINE, &work, arrivals, 20_000, 7).overloaded
        };
        assert!(!at(0.9));
        assert!(at(1.3));
    }

    #[test]
    fn a_seed_is_a_result() {
        let with = |seed| simulate(&ENGINE, &WORK, 0.1, 1000, seed);
        assert_eq!(with(1), with(1));
        assert_ne!(with(1), with(2));
    }
}
