//! The sentences of a search, worded once for editors, terminals and reports. Pure.

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
        Step::Working { engine, what } => format!("{engine}: {what}"),
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
    let tried = format!(
        "{} tried in {seconds:.1} s",
        count(outcome.checked, "candidate")
    );
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
