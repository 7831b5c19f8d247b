use super::*;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use unsorry_model::{Ask, Proposal};

use crate::document::{Outline, Position};
use crate::lean::diagnostic::{Diagnostic, Range, Severity};
use crate::lean::shadow::{Elaboration, Goals};

/// Proposes what it is given, then what is sent to it.
struct Scripted(Mutex<Option<BoxStream<'static, Proposal>>>);

impl Prover for Scripted {
    fn propose(&self, ask: &Ask) -> BoxStream<'static, Proposal> {
        if ask.attempt.is_some() {
            return stream::empty().boxed();
        }
        let mut script = self.0.lock().expect("no panic");
        script.take().expect("it is asked once")
    }
}

fn engine(
    name: &'static str,
    script: impl futures_util::Stream<Item = Proposal> + Send + 'static,
) -> Engine {
    let prover = Arc::new(Scripted(Mutex::new(Some(script.boxed()))));
    Engine {
        name,
        prover,
        mode: None,
    }
}

fn candidate(text: &str) -> Proposal {
    Proposal::Candidate(Candidate::new(text, "scripted"))
}

fn candidates(texts: &[&str]) -> Vec<Proposal> {
    texts.iter().map(|text| candidate(text)).collect()
}

/// A Lean that refuses each line with the word `wrong`; over `heavy` ones it runs out of the
/// heartbeats that screening gives it.
fn lean(text: &str) -> Elaboration {
    let says = |line: usize, severity, message: &str| {
        let at = Position {
            line: line as u32,
            character: 0,
        };
        Diagnostic {
            range: Range { start: at, end: at },
            full_range: None,
            severity,
            message: message.to_owned(),
            lean_tags: Vec::new(),
        }
    };
    let limited = text.contains("maxHeartbeats");
    let diagnostics = text.lines().enumerate().filter_map(|(at, line)| {
        let says = |severity, message| Some(says(at, severity, message));
        if line.starts_with("#print axioms") {
            says(Severity::Information, "'t' does not depend on any axioms")
        } else if line.contains("heavy") && limited {
            says(Severity::Error, "maximum number of heartbeats")
        } else if line.contains("wrong") {
            says(Severity::Error, "no")
        } else {
            None
        }
    });
    Elaboration {
        diagnostics: diagnostics.collect(),
        answers: vec![Goals {
            tactic: Some(vec!["⊢ 1 = 1".into()]),
            term: None,
        }],
    }
}

/// What of the candidates Lean was asked about at once.
type Asked = Arc<Mutex<Vec<Vec<String>>>>;

/// Searches with `engines`. `heard` is told of each text of candidates before Lean answers.
async fn search(
    engines: Vec<Engine>,
    mut heard: impl FnMut(&[String]) + Send + 'static,
) -> (Outcome, Vec<String>, Vec<Vec<String>>) {
    const SOURCE: &str = "theorem t : 1 = 1 := by\n  sorry\n";
    let asked = Asked::default();
    let seen = asked.clone();
    let checker = Checker::scripted(move |text| {
        // Candidates stand on lines of their own, indented as the hole was.
        let lines = text.lines().filter(|line| !line.contains("sorry"));
        let candidates: Vec<String> = lines
            .filter_map(|line| Some(line.strip_prefix("  ")?.to_owned()))
            .collect();
        if !candidates.is_empty() {
            heard(&candidates);
            seen.lock().expect("no panic").push(candidates);
        }
        lean(text)
    });
    let search = Search {
        checker,
        engines,
        limits: Limits {
            budget: Duration::from_secs(20),
            check: Duration::from_secs(10),
            batch: 3,
            polish: Duration::ZERO,
            refute: false,
            ..Limits::default()
        },
    };
    let target = Target {
        uri: "file:///A.lean".into(),
        outline: Arc::new(Outline::of(SOURCE)),
        text: SOURCE.into(),
        hole: 0,
    };
    let (steps, mut watched) = unbounded_channel();
    let outcome = search.prove(&target, Vec::new(), steps).await;
    let mut working = Vec::new();
    while let Ok(step) = watched.try_recv() {
        if let Step::Working { engine, what } = step {
            working.push(format!("{engine}: {what}"));
        }
    }
    let asked = asked.lock().expect("no panic").clone();
    (outcome.expect("a goal"), working, asked)
}

fn proofs(outcome: &Outcome) -> Vec<&str> {
    outcome.proofs.iter().map(|proof| proof.proof()).collect()
}

#[tokio::test]
async fn what_is_ready_is_checked_in_full_batches() {
    let ready = candidates(&[
        "wrong 1", "wrong 2", "wrong 2", "wrong 3", "wrong 4", "right",
    ]);
    let (outcome, _, asked) = search(vec![engine("a", stream::iter(ready))], |_| {}).await;
    assert_eq!(outcome.ended, Ended::Proved);
    assert_eq!(proofs(&outcome), ["right"]);
    let expected: [&[&str]; 3] = [
        &["wrong 1", "wrong 2", "wrong 3"],
        &["wrong 4", "right"],
        &["right"], // confirmed
    ];
    assert_eq!(asked, expected);
    assert_eq!((outcome.proposed, outcome.checked), (6, 5));
}

/// A stream and what feeds it.
fn slow() -> (
    UnboundedSender<Proposal>,
    impl futures_util::Stream<Item = Proposal>,
) {
    let (sender, mut receiver) = unbounded_channel();
    (sender, stream::poll_fn(move |cx| receiver.poll_recv(cx)))
}

#[tokio::test]
async fn a_slow_engine_is_not_waited_for_while_there_is_something_to_check() {
    let (sender, script) = slow();
    let fast = engine(
        "fast",
        stream::iter(candidates(&["wrong 1", "heavy wrong"])),
    );
    let mut next = candidates(&["wrong 2", "wrong 3", "right"]).into_iter();
    // Each candidate comes only after Lean was asked about the one before.
    let heard = move |asked: &[String]| {
        if asked.len() == 1 {
            next.next()
                .into_iter()
                .for_each(|one| drop(sender.send(one)));
        }
    };
    let (outcome, _, asked) = search(vec![fast, engine("slow", script)], heard).await;
    assert_eq!(proofs(&outcome), ["right"]);
    let expected: [&[&str]; 6] = [
        &["wrong 1", "heavy wrong"],
        &["heavy wrong"], // again, without a limit, as nothing else is ready
        &["wrong 2"],
        &["wrong 3"],
        &["right"],
        &["right"],
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn an_engine_that_fails_ends_its_own_part() {
    let failing = vec![
        Proposal::Progress("loading".into()),
        candidate("wrong 1"),
        Proposal::Failed("no such file".into()),
    ];
    let engines = || engine("a", stream::iter(failing.clone()));
    let failure = Failure {
        engine: "a",
        message: "no such file".into(),
    };

    let other = engine("b", stream::iter(candidates(&["right"])));
    let (outcome, working, _) = search(vec![engines(), other], |_| {}).await;
    assert_eq!(outcome.ended, Ended::Proved);
    assert_eq!(outcome.failures, vec![failure.clone()]);
    assert_eq!(working, ["a: loading"]);

    let other = engine("b", stream::iter(candidates(&["wrong 2"])));
    let (outcome, _, _) = search(vec![engines(), other], |_| {}).await;
    assert_eq!(outcome.ended, Ended::Exhausted);
    assert_eq!(outcome.failures, vec![failure.clone()]);

    let (outcome, _, _) = search(vec![engines()], |_| {}).await;
    assert_eq!(outcome.ended, Ended::Failed);
    assert_eq!((outcome.checked, outcome.failures), (1, vec![failure]));
}

#[tokio::test]
async fn nothing_more_is_asked_of_engines_once_there_is_a_proof() {
    let (sender, script) = slow();
    let first = engine(
        "a",
        stream::iter(candidates(&["wrong 1", "wrong 2", "right"])).chain(script),
    );
    // Asked for a proposal, it would panic: it has no script.
    let second = Engine {
        name: "b",
        prover: Arc::new(Scripted(Mutex::new(None))),
        mode: None,
    };
    let (outcome, _, _) = search(vec![first, second], |_| {}).await;
    assert_eq!(outcome.ended, Ended::Proved);
    assert!(sender.is_closed(), "the stream was dropped");
}
