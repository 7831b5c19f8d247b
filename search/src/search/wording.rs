//! The sentences of a search, worded once for editors, terminals and reports. Pure.

use std::collections::BTreeMap;

use unsorry_prover::answer::Unread;
use unsorry_prover::{Candidate, Spent};

use super::outcome::{Ended, Outcome};
use super::refused::Refused;
use super::sketch_progress::SketchProgress;
use super::stats::Failure;
use super::step::Step;

/// The most characters of a proof that are shown on one line.
const MAX_LINE_CHARS: usize = 60;

/// The sentence that says what a search does now; none where a step changes nothing of that.
pub fn progress(step: &Step) -> Option<String> {
    Some(match step {
        Step::Checking {
            candidate,
            checked,
            proposed,
        } => format!(
            "{} · {}, {checked} checked",
            one_line(candidate),
            count(*proposed, "candidate")
        ),
        Step::Working { engine, what } | Step::Delayed { engine, what } => {
            format!("{engine}: {what}")
        }
        Step::Plan(plan) => {
            let last = plan.lines().rfind(|line| !line.trim().is_empty());
            format!("plan: {}", one_line(last.unwrap_or_default()))
        }
        Step::Sketch(progress) => steps_proved(progress),
        Step::Passed(candidate) => {
            format!("{} passed, being confirmed", one_line(&candidate.text))
        }
        Step::Verified(_) => "proved; making it shorter".to_owned(),
        Step::Goal(_) | Step::Judged { .. } | Step::Refuted(_) => return None,
    })
}

/// `2 of 3 steps proved`
fn steps_proved(progress: &SketchProgress) -> String {
    let all = count(progress.steps.len(), "step");
    format!("{} of {all} proved", progress.proved())
}

/// The sentence that says what a search came to.
pub fn summary(outcome: &Outcome) -> String {
    let seconds = outcome.took.as_secs_f64();
    let unread = unread(&outcome.unread, outcome.proposed);
    let tried = match (outcome.proposed, unread) {
        (_, None) => format!("{} tried", count(outcome.checked, "candidate")),
        (0, Some(unread)) => unread,
        (_, Some(unread)) => format!("{} tried, {unread}", count(outcome.checked, "candidate")),
    };
    let tried = format!("{tried} in {seconds:.1} s");
    let unknown = match outcome.unknown {
        0 => String::new(),
        n => format!(", {n} of them too slow to judge"),
    };
    let unknown = unknown + &refused(&outcome.refused) + &unconfirmed(&outcome.unconfirmed);
    let sketch = match &outcome.sketch {
        Some(sketch) => format!(", but a sketch that holds ({})", sketch.standing()),
        None => String::new(),
    };
    match (&outcome.ended, outcome.conditional.first()) {
        (Ended::Proved, _) => {
            format!("{} verified; {tried}", count(outcome.proofs.len(), "proof"))
        }
        (Ended::Passed, _) => format!("a candidate passed, and is to be confirmed; {tried}"),
        (Ended::Refuted, _) => match &outcome.refuted {
            Some(refutation) => refutation.told(),
            None => format!("it is false: {tried}"),
        },
        (_, Some(conditional)) => format!(
            "no proof found that stands on its own; `{}` would do, once {} is proved; {tried}{unknown}",
            one_line(conditional.proof()),
            conditional.depends_on().join(", ")
        ),
        (Ended::Exhausted, None) => format!("no proof found{sketch}: {tried}{unknown}"),
        (Ended::OutOfBudget, None) => {
            format!("no proof found within the budget{sketch}: {tried}{unknown}")
        }
        (Ended::Failed, None) => format!("no engine could go on: {tried}{unknown}"),
        (Ended::LeanGone(why), None) => {
            format!("Lean can't be asked any more ({why}){sketch}: {tried}{unknown}")
        }
    }
}

/// The answers that could not be read, beside `proposed` candidates; none where there are none.
fn unread(unread: &BTreeMap<Unread, usize>, proposed: usize) -> Option<String> {
    let all: usize = unread.values().sum();
    let answers = count(all, "answer");
    let more = if proposed > 0 { " more" } else { "" };
    let reason = |why: &Unread| match why {
        Unread::NoCode => "with no Lean code in it",
        Unread::OtherCode => "with code that is not for this place",
        Unread::Unproved => "with nothing but a `sorry` left",
        Unread::CutOff => "cut off at `max_tokens`",
    };
    let mut reasons = unread.iter().map(|(why, n)| (reason(why), n));
    Some(match (reasons.next()?, reasons.next()) {
        _ if all > 1 && unread.len() == 1 && unread.contains_key(&Unread::NoCode) => {
            format!("{answers}{more}, none with Lean code in it")
        }
        ((why, _), None) if all == 1 => format!("{answers}{more} {why}"),
        ((why, _), None) => format!("{answers}{more}, each {why}"),
        (first, second) => {
            let reasons = [Some(first), second].into_iter().flatten().chain(reasons);
            let reasons: Vec<String> = reasons.map(|(why, n)| format!("{n} {why}")).collect();
            format!("{answers}{more}, none read ({})", reasons.join(", "))
        }
    })
}

/// The candidates that the gate refused, to be put after a sentence: how many by which rule, and the first with its
/// reason.
fn refused(refused: &Refused) -> String {
    let (Some(told), Some((first, refusal))) = (refused.told(), refused.first()) else {
        return String::new();
    };
    format!(
        ", {told}: the first, `{}`: {refusal}",
        one_line(&first.text)
    )
}

/// The candidates that Lean took and the referee did not, to be put after a sentence.
fn unconfirmed(unconfirmed: &[(Candidate, String)]) -> String {
    let Some((first, why)) = unconfirmed.first() else {
        return String::new();
    };
    format!(
        ", {} that Lean took refused by the referee: the first, `{}`: {why}",
        unconfirmed.len(),
        one_line(&first.text)
    )
}

/// The engines that failed, each with why, to be put after a sentence.
pub fn complaints(failures: &[Failure]) -> String {
    let mut told: Vec<&Failure> = Vec::new();
    for failure in failures {
        // The same model in another mode fails for the same reason.
        if !told.iter().any(|other| other.message == failure.message) {
            told.push(failure);
        }
    }
    told.iter().map(|failure| format!("; {failure}")).collect()
}

/// `1200 tokens written, at a price of 0.03`; none where nothing was spent.
pub fn cost(spent: &Spent) -> Option<String> {
    let price = match spent.money > 0.0 {
        true => format!(", at a price of {:.4}", spent.money),
        false => String::new(),
    };
    (spent.tokens > 0).then(|| format!("{} tokens written{price}", spent.tokens))
}

/// `1 proof`, `2 proofs`.
pub fn count(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// A proof for display, on one line and not too long.
pub fn one_line(proof: &str) -> String {
    let mut text = proof.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = text.char_indices().nth(MAX_LINE_CHARS) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{SketchStep, StepState};
    use std::sync::Arc;
    use unsorry_prover::Engine;

    #[test]
    fn what_is_being_done() {
        let check = |step: Step, expected: Option<&str>| {
            assert_eq!(progress(&step).as_deref(), expected);
        };
        let checking = Step::Checking {
            candidate: "intro h\nsimp".into(),
            checked: 3,
            proposed: 1,
        };
        check(checking, Some("intro h simp · 1 candidate, 3 checked"));
        let working = Step::Working {
            engine: Engine::Local(None),
            what: "loading the model".into(),
        };
        check(working, Some("local: loading the model"));
        let plan = Step::Plan("First this.\nThen that.\n\n".into());
        check(plan, Some("plan: Then that."));
        let step = |state| SketchStep {
            goal: String::new(),
            state,
        };
        let steps = vec![step(StepState::Proved("rfl".into())), step(StepState::Open)];
        let sketch = Step::Sketch(Arc::new(SketchProgress { steps }));
        check(sketch, Some("1 of 2 steps proved"));
    }

    #[test]
    fn answers_that_could_not_be_read() {
        let check = |unread: &[(Unread, usize)], proposed, expected: Option<&str>| {
            let unread = unread.iter().copied().collect();
            assert_eq!(super::unread(&unread, proposed).as_deref(), expected);
        };
        check(&[], 0, None);
        check(
            &[(Unread::NoCode, 3)],
            0,
            Some("3 answers, none with Lean code in it"),
        );
        check(
            &[(Unread::NoCode, 1)],
            0,
            Some("1 answer with no Lean code in it"),
        );
        check(
            &[(Unread::CutOff, 2)],
            3,
            Some("2 answers more, each cut off at `max_tokens`"),
        );
        check(
            &[(Unread::CutOff, 2), (Unread::NoCode, 1)],
            0,
            Some("3 answers, none read (1 with no Lean code in it, 2 cut off at `max_tokens`)"),
        );
    }

    #[test]
    fn a_reason_is_told_once() {
        let failure = |engine: &str, message: &str| Failure {
            engine: engine.parse().expect("an engine"),
            message: message.into(),
        };
        let failures = [
            failure("local-fast", "no file"),
            failure("local-reasoning", "no file"),
            failure("remote", "no endpoint"),
        ];
        assert_eq!(
            complaints(&failures),
            "; local-fast failed: no file; remote failed: no endpoint"
        );
    }
}
