use super::*;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc::unbounded_channel;
use unsorry_prover::answer::Unread;
use unsorry_prover::{Ask, Engine, Proposal, Prover, Spent};

use crate::check::checker::CheckError;
use crate::lean::diagnostic::{Diagnostic, Range, Severity};
use crate::lean::elaboration::{Elaboration, Goals};
use unsorry_syntax::{Outline, Position};

const SOURCE: &str = "theorem t : 1 = 1 := by\n  sorry\n";

/// The contrary would be heard of among what Lean is asked.
const ALONE: Strategy = Strategy {
    refutes: false,
    ..Strategy::PROVE
};

/// Two engines that are no tactics.
const A: Engine = Engine::Local(None);
const B: Engine = Engine::Remote(None);

/// Proposes what it is given, then what is sent to it.
struct Scripted(Mutex<Option<BoxStream<'static, Proposal>>>);

impl Prover for Scripted {
    fn propose(&self, ask: &Ask) -> BoxStream<'static, Proposal> {
        if let Some(attempt) = &ask.attempt {
            // It repairs what is only almost wrong.
            let mended = attempt.text.strip_prefix("almost wrong").map(candidate);
            return stream::iter(mended).boxed();
        }
        let mut script = self.0.lock().expect("no panic");
        script.take().expect("it is asked once")
    }
}

fn source(
    engine: Engine,
    script: impl futures_util::Stream<Item = Proposal> + Send + 'static,
) -> Source {
    let prover = Arc::new(Scripted(Mutex::new(Some(script.boxed()))));
    Source { engine, prover }
}

fn candidate(text: &str) -> Proposal {
    Proposal::Candidate(Candidate::new(text, A))
}

fn candidates(texts: &[&str]) -> Vec<Proposal> {
    texts.iter().map(|text| candidate(text)).collect()
}

/// A Lean that refuses each line with the word `wrong`; over `heavy` ones it runs out of the
/// heartbeats that screening gives it, and comes no further; nor over a `silent` one among several. Of
/// `deadly` it dies, but behind an `antidote`, and is not started again.
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
    let mut diagnostics = Vec::new();
    let mut refused = false;
    for (at, line) in text.lines().enumerate() {
        let mut says = |severity, message| diagnostics.push(says(at, severity, message));
        refused &= !line.starts_with("  · ");
        if line.starts_with("#print axioms") {
            says(Severity::Information, "'t' does not depend on any axioms");
        } else if line.contains("silent") && line.contains('·') {
            break;
        } else if line.contains("heavy") && limited {
            says(Severity::Error, "maximum number of heartbeats");
            break;
        } else if line.contains("wrong") {
            says(Severity::Error, "no");
            refused = true;
        } else if line.contains("unsorry_passed") && !refused {
            says(Severity::Error, "unsorry_passed");
        }
    }
    Elaboration {
        diagnostics,
        took: Duration::ZERO,
        answers: vec![Goals {
            tactic: Some(vec!["⊢ 1 = 1".into()]),
            term: None,
        }],
    }
}

/// The candidates that Lean was asked about at once, text by text.
type Asked = Arc<Mutex<Vec<Vec<String>>>>;

/// Searches with `sources`. `heard` is told of each text of candidates before Lean answers.
async fn search(
    sources: Vec<Source>,
    heard: impl FnMut(&[String]) + Send + 'static,
) -> (Outcome, Vec<String>, Vec<Vec<String>>) {
    let (outcome, steps, asked) = bounded(sources, Limits::default(), heard).await;
    let working = steps.into_iter().filter_map(|step| match step {
        Step::Working { engine, what } | Step::Delayed { engine, what } => {
            Some(format!("{engine}: {what}"))
        }
        _ => None,
    });
    (outcome, working.collect(), asked)
}

/// Searches within `limits`, and returns all steps.
async fn bounded(
    sources: Vec<Source>,
    limits: Limits,
    heard: impl FnMut(&[String]) + Send + 'static,
) -> (Outcome, Vec<Step>, Vec<Vec<String>>) {
    of(SOURCE, sources, (limits, ALONE), heard).await
}

/// Searches in the text `source`.
async fn of(
    source: &str,
    sources: Vec<Source>,
    (limits, strategy): (Limits, Strategy),
    mut heard: impl FnMut(&[String]) + Send + 'static,
) -> (Outcome, Vec<Step>, Vec<Vec<String>>) {
    let asked = Asked::default();
    let seen = asked.clone();
    let mut gone = false;
    let checker = Checker::scripted_with(move |text| {
        // Nothing is said of what is only to be read.
        if text.contains("trace.Elab.command") {
            return Ok(lean(""));
        }
        // Candidates stand on lines of their own, indented as the hole was; among several each has a dot.
        let own = |line: &&str| !line.contains("sorry") && !line.contains("@_root_.ite");
        let candidates: Vec<String> = text
            .lines()
            .filter(own)
            .filter_map(|line| {
                let line = line.strip_prefix("  ")?;
                Some(line.strip_prefix("· ").unwrap_or(line).to_owned())
            })
            .collect();
        // The same in parentheses belongs to its confirmation.
        let again = candidates.first().is_some_and(|first| first == "(");
        if !candidates.is_empty() && !again {
            heard(&candidates);
            seen.lock().expect("no panic").push(candidates);
        }
        let mut lines = text.lines().zip(text.lines().skip(1));
        gone |= lines.any(|(before, line)| line.contains("deadly") && !before.contains("antidote"));
        match gone {
            true => Err(CheckError::NoLean("Lean is gone".into())),
            false => Ok(lean(text)),
        }
    });
    let search = Search {
        checker,
        requirements: Requirements::default(),
        sources,
        memory: None,
        limits: Limits { batch: 3, ..limits },
        strategy,
    };
    let target = Target {
        uri: "file:///A.lean".into(),
        outline: Arc::new(Outline::of(source)),
        text: source.into(),
        hole: 0,
    };
    let (steps, mut watched) = unbounded_channel();
    let outcome = search
        .prove(&target, Vec::new(), steps, &CancellationToken::new())
        .await;
    let steps = std::iter::from_fn(|| watched.try_recv().ok()).collect();
    let asked = asked.lock().expect("no panic").clone();
    (outcome.expect("a goal"), steps, asked)
}

fn proofs(outcome: &Outcome) -> Vec<&str> {
    outcome.proofs.iter().map(|proof| proof.proof()).collect()
}

#[tokio::test]
async fn what_the_gate_refuses_is_told() {
    let ready = candidates(&[
        "#eval 1",
        "simp (maxSteps := f 1)",
        "simp (maxSteps := pwn)",
    ]);
    let (outcome, _, asked) = search(vec![source(A, stream::iter(ready))], |_| ()).await;
    assert!(asked.is_empty(), "{asked:?}");
    assert_eq!((outcome.proposed, outcome.refused.count()), (3, 3));
    let summary = wording::summary(&outcome);
    let (before, after) = summary.split_once(" tried in ").expect("words");
    let (_, after) = after.split_once(" s, ").expect("more words");
    assert_eq!(before, "no proof found: 0 candidates");
    assert_eq!(
        after,
        "3 refused by the gate (command 1, option-value 2): the first, `#eval 1`: \
         it holds `#eval`: it is a command, and a proof holds none"
    );
}

#[tokio::test]
async fn a_limit_is_not_lifted() {
    let ready = candidates(&["set_option maxHeartbeats 0 in\nright"]);
    let (outcome, ..) = search(vec![source(A, stream::iter(ready))], |_| ()).await;
    assert_eq!(proofs(&outcome), ["right"]);
}

#[tokio::test]
async fn what_is_ready_is_checked_in_full_batches() {
    let ready = candidates(&[
        "wrong 1", "wrong 2", "wrong 2", "wrong 3", "wrong 4", "right",
    ]);
    let (outcome, _, asked) = search(vec![source(A, stream::iter(ready))], |_| {}).await;
    assert_eq!(outcome.ended, Ended::Proved);
    assert_eq!(proofs(&outcome), ["right"]);
    let expected: [&[&str]; 4] = [
        &["wrong 1", "wrong 2", "wrong 3"],
        &["wrong 4", "right"],
        &["right"], // confirmed
        &["right"], // and asked about, as there is no referee
    ];
    assert_eq!(asked, expected);
    assert_eq!((outcome.proposed, outcome.checked), (6, 5));
}

#[tokio::test]
async fn who_had_no_turn_is_asked_about_again() {
    let texts = ["wrong 1", "heavy 1, wrong", "wrong 2", "heavy 2", "wrong 3"];
    let sources = vec![source(A, stream::iter(candidates(&texts)))];
    let (outcome, _, asked) = search(sources, |_| {}).await;
    assert_eq!(proofs(&outcome), ["heavy 2"]);
    let expected: [&[&str]; 8] = [
        &["wrong 1", "heavy 1, wrong", "wrong 2"],
        &["heavy 1, wrong", "wrong 2", "heavy 2"], // it had not all of a screening's heartbeats before
        &["wrong 2", "heavy 2", "wrong 3"],
        &["heavy 2", "wrong 3"],
        &["wrong 3"],
        &["heavy 1, wrong"], // again, without a limit, as nothing else is ready
        &["heavy 2"],
        &["heavy 2"],
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn where_lean_says_nothing_of_several_they_are_halved() {
    let texts = ["silent 1", "wrong 1", "wrong 2", "wrong 3"];
    let sources = vec![source(A, stream::iter(candidates(&texts)))];
    let (outcome, _, asked) = search(sources, |_| {}).await;
    assert_eq!(proofs(&outcome), ["silent 1"]);
    let expected: [&[&str]; 4] = [
        &["silent 1", "wrong 1", "wrong 2"],
        &["silent 1"],
        &["silent 1"],
        &["silent 1"],
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn a_declaration_that_is_too_much_by_itself_has_the_users_limit() {
    const SOURCE: &str = "theorem t : 1 = 1 := by\n  skip -- heavy\n  sorry\n";
    let texts = ["wrong 1", "wrong 2", "right"];
    let sources = vec![source(A, stream::iter(candidates(&texts)))];
    let (outcome, _, asked) = of(SOURCE, sources, (Limits::default(), ALONE), |_| {}).await;
    assert_eq!(proofs(&outcome), ["right"]);
    let first = |text: &&Vec<String>| text.contains(&"wrong 1".to_owned());
    assert_eq!(asked.iter().filter(first).count(), 2, "{asked:?}");
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
    let fast = source(A, stream::iter(candidates(&["wrong 1", "heavy wrong"])));
    let mut next = candidates(&["wrong 2", "wrong 3", "right"]).into_iter();
    // Each candidate comes only after Lean was asked about the one before, the heavy one without a limit.
    let mut alone = 0;
    let heard = move |asked: &[String]| {
        alone += usize::from(asked.len() == 1);
        if asked.len() == 1 && alone > 1 {
            next.next()
                .into_iter()
                .for_each(|one| drop(sender.send(one)));
        }
    };
    let (outcome, _, asked) = search(vec![fast, source(B, script)], heard).await;
    assert_eq!(proofs(&outcome), ["right"]);
    let expected: [&[&str]; 8] = [
        &["wrong 1", "heavy wrong"],
        &["heavy wrong"], // with all of a screening's heartbeats
        &["heavy wrong"], // again, without a limit, as nothing else is ready
        &["wrong 2"],
        &["wrong 3"],
        &["right"],
        &["right"],
        &["right"],
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn why_nothing_has_come_is_told() {
    let delayed = |what: &str| Proposal::Delayed(what.into());
    let delays = [delayed("loading"), delayed("still loading")];
    let (outcome, working, _) = search(vec![source(A, stream::iter(delays.clone()))], |_| {}).await;
    assert_eq!(outcome.ended, Ended::Failed);
    let failure = Failure {
        engine: A,
        message: "still loading".into(),
    };
    assert_eq!(outcome.failures, [failure]);
    assert_eq!(working, ["local: loading", "local: still loading"]);

    // Whatever comes then, it has passed.
    for (then, ended) in [
        (candidate("wrong 1"), Ended::Exhausted),
        (candidate("right"), Ended::Proved),
    ] {
        let delays = delays.clone().into_iter().chain([then]);
        let (outcome, _, _) = search(vec![source(A, stream::iter(delays))], |_| {}).await;
        assert_eq!((outcome.ended, outcome.failures), (ended, Vec::new()));
    }

    let other = source(B, stream::iter(candidates(&["right"])));
    let (outcome, _, _) = search(vec![source(A, stream::iter(delays)), other], |_| {}).await;
    assert_eq!(
        (outcome.ended, outcome.failures),
        (Ended::Proved, Vec::new())
    );
}

#[tokio::test]
async fn answers_that_could_not_be_read_are_counted() {
    let unread = |why| Proposal::Unread(why);
    let answers = [
        unread(Unread::NoCode),
        unread(Unread::NoCode),
        unread(Unread::CutOff),
    ];
    let (outcome, _, _) = search(vec![source(A, stream::iter(answers))], |_| {}).await;
    assert_eq!(outcome.ended, Ended::Exhausted);
    let unread: Vec<(Unread, usize)> = outcome.unread.into_iter().collect();
    assert_eq!(unread, [(Unread::NoCode, 2), (Unread::CutOff, 1)]);
}

#[tokio::test]
async fn an_engine_that_fails_ends_its_own_part() {
    let failing = vec![
        Proposal::Progress("loading".into()),
        candidate("wrong 1"),
        Proposal::Failed("no such file".into()),
    ];
    let failed = || source(A, stream::iter(failing.clone()));
    let failure = Failure {
        engine: A,
        message: "no such file".into(),
    };

    let other = source(B, stream::iter(candidates(&["right"])));
    let (outcome, working, _) = search(vec![failed(), other], |_| {}).await;
    assert_eq!(outcome.ended, Ended::Proved);
    assert_eq!(outcome.failures, vec![failure.clone()]);
    assert_eq!(working, ["local: loading"]);

    let other = source(B, stream::iter(candidates(&["wrong 2"])));
    let (outcome, _, _) = search(vec![failed(), other], |_| {}).await;
    assert_eq!(outcome.ended, Ended::Exhausted);
    assert_eq!(outcome.failures, vec![failure.clone()]);

    let (outcome, _, _) = search(vec![failed()], |_| {}).await;
    assert_eq!(outcome.ended, Ended::Failed);
    assert_eq!((outcome.checked, outcome.failures), (1, vec![failure]));
}

#[tokio::test]
async fn nothing_more_is_asked_of_engines_once_there_is_a_proof() {
    let (sender, script) = slow();
    let first = source(
        A,
        stream::iter(candidates(&["wrong 1", "wrong 2", "right"])).chain(script),
    );
    // Asked for a proposal, it would panic: it has no script.
    let second = Source {
        engine: B,
        prover: Arc::new(Scripted(Mutex::new(None))),
    };
    let (outcome, _, _) = search(vec![first, second], |_| {}).await;
    assert_eq!(outcome.ended, Ended::Proved);
    assert!(sender.is_closed(), "the stream was dropped");
}

#[tokio::test]
async fn the_next_engine_is_asked_once_the_first_has_had_its_head_start() {
    let (sender, script) = slow();
    let right = source(B, stream::iter(candidates(&["right"])));
    let limits = Limits {
        head_start: Duration::from_millis(50),
        ..Limits::default()
    };
    let (outcome, ..) = bounded(vec![source(A, script), right], limits, |_| {}).await;
    assert_eq!(proofs(&outcome), ["right"]);
    assert_eq!(outcome.proofs[0].engine(), B);
    assert!(sender.is_closed());
}

#[tokio::test]
async fn every_candidate_is_judged_where_all_are_wanted() {
    let all = [
        "wrong 1",
        "right",
        "wrong 1",
        "right",
        "sorry",
        "run_tac x",
        "right 2",
    ];
    let sources = vec![source(A, stream::iter(candidates(&all)))];
    let bounds = (Limits::default(), Strategy::JUDGE_ALL);
    let (outcome, steps, _) = of(SOURCE, sources, bounds, |_| {}).await;
    let judged = steps.iter().filter_map(|step| match step {
        Step::Judged { candidate, error } => Some((candidate.text.as_str(), error.is_none())),
        _ => None,
    });
    let mut judged: Vec<_> = judged.collect();
    judged.sort_unstable();
    let expected = [
        ("right", true),
        ("right", true),
        ("right 2", true),
        ("run_tac x", false),
        ("sorry", false),
        ("wrong 1", false),
        ("wrong 1", false),
    ];
    assert_eq!(judged, expected);
    assert_eq!(proofs(&outcome), ["right", "right 2"]);
}

#[tokio::test]
async fn models_are_stopped_where_they_have_used_up_what_they_may() {
    for (tokens, money) in [(Some(100), None), (None, Some(0.5))] {
        let costly = Source {
            engine: A,
            prover: Arc::new(Costly),
        };
        let sources = vec![costly, source(B, stream::iter(candidates(&["right"])))];
        let limits = Limits {
            tokens,
            money,
            ..Limits::default()
        };
        let (outcome, ..) = bounded(sources, limits, |_| {}).await;
        assert_eq!(outcome.ended, Ended::OutOfBudget);
        assert_eq!((outcome.spent.tokens, outcome.checked), (120, 1));
    }
}

/// Proposes what is wrong, and spends until it may not.
struct Costly;

impl Prover for Costly {
    fn propose(&self, ask: &Ask) -> BoxStream<'static, Proposal> {
        while !ask.meter.is_used_up() {
            ask.meter.spend(Spent {
                tokens: 60,
                money: 0.3,
            });
        }
        stream::iter([candidate("wrong 1")]).boxed()
    }
}

#[tokio::test]
async fn what_almost_passes_is_sent_back_once_there_is_nothing_else_to_do() {
    let all = candidates(&["wrong 1", "almost wrongright", "wrong 2", "wrong 3"]);
    let (outcome, _, asked) = search(vec![source(A, stream::iter(all))], |_| {}).await;
    assert_eq!(proofs(&outcome), ["right"]);
    assert_eq!(
        asked.last().map(Vec::as_slice),
        Some(&["right".to_owned()][..])
    );
    assert_eq!(outcome.checked, 5);
}

#[tokio::test]
async fn what_failed_is_told_those_of_models_first() {
    let tactics = source(
        Engine::Tactics,
        stream::iter(candidates(&["wrong 1", "wrong 2"])),
    );
    let model = source(A, stream::iter(candidates(&["wrong 3", "wrong 4"])));
    let (outcome, ..) = search(vec![tactics, model], |_| {}).await;
    let near_misses = outcome.near_misses.iter();
    let near_misses: Vec<_> = near_misses
        .map(|one| (one.candidate.text.as_str(), one.error.as_str()))
        .collect();
    assert_eq!(
        near_misses,
        [("wrong 3", "no"), ("wrong 4", "no"), ("wrong 1", "no")]
    );
}

#[tokio::test]
async fn a_proof_is_made_shorter_while_the_first_is_there_already() {
    let long = source(
        A,
        stream::iter(candidates(&["intro x\nright\nsimp [a, b]"])),
    );
    let (outcome, steps, _) = bounded(vec![long], Limits::default(), |_| {}).await;
    let verified = steps.iter().filter_map(|step| match step {
        Step::Verified(proof) => Some(proof.proof()),
        _ => None,
    });
    let verified: Vec<&str> = verified.collect();
    assert_eq!(verified.first(), Some(&"intro x\nright\nsimp [a, b]"));
    // This Lean takes whatever is not wrong, the shortest first.
    assert_eq!(outcome.proofs[0].proof(), "intro x");
    let unpolished = Limits {
        polish: Duration::ZERO,
        ..Limits::default()
    };
    let long = source(A, stream::iter(candidates(&["intro x\nright"])));
    let (outcome, ..) = bounded(vec![long], unpolished, |_| {}).await;
    assert_eq!(proofs(&outcome), ["intro x\nright"]);
}

#[tokio::test]
async fn where_lean_is_gone_what_was_found_is_kept() {
    let gone = Ended::LeanGone("Lean is gone".into());
    let search = async |texts: &[&str], strategy: Strategy| {
        let sources = vec![source(A, stream::iter(candidates(texts)))];
        let bounds = (Limits::default(), strategy);
        of(SOURCE, sources, bounds, |_| {}).await.0
    };
    let outcome = search(&["wrong 1", "deadly"], ALONE).await;
    assert_eq!((&outcome.ended, proofs(&outcome)), (&gone, vec![]));
    assert_eq!(outcome.proposed, 2);
    // While a proof is made shorter.
    let outcome = search(&["antidote\ndeadly"], ALONE).await;
    assert_eq!(outcome.ended, Ended::Proved);
    assert_eq!(proofs(&outcome), ["antidote\ndeadly"]);
    // While the others are judged: who counts them must know.
    let texts = ["right", "wrong 1", "wrong 2", "deadly"];
    let outcome = search(&texts, Strategy::JUDGE_ALL).await;
    assert_eq!((&outcome.ended, proofs(&outcome)), (&gone, vec!["right"]));
}
