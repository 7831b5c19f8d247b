//! One problem, one engine: a search, and what came of it.

use anyhow::{Result, anyhow};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;

use super::contestant::Contestant;
use super::results::Row;
use super::set::Problem;
use crate::cli::prove::file_uri;
use unsorry_search::check::baseline::NoGoal;
use unsorry_search::check::checker::CheckError;
use unsorry_search::lean::elaboration::Unknown;
use unsorry_search::search::wording::{complaints, summary};
use unsorry_search::search::{Ended, Outcome, Search, Step};
use unsorry_search::target::Target;

/// The end of a trial.
pub enum Trial {
    /// A result.
    Done(Row),
    /// No result: the engine or Lean could not do its part, and may the next time.
    Failed(String),
}

/// The candidates that were judged on the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Judged {
    all: usize,
    correct: usize,
}

/// Has `contestant` try `problem`; `tell` hears what it does.
///
/// # Errors
/// When there is no Lean to ask.
pub async fn trial(
    search: &Search,
    contestant: &Contestant,
    problem: &Problem,
    tell: impl Fn(String),
) -> Result<Trial> {
    let target = Target {
        uri: file_uri(&problem.file)?.into(),
        text: problem.text.clone(),
        outline: problem.outline.clone(),
        hole: problem.hole,
    };
    let (steps, mut watched) = unbounded_channel();
    let watch = async {
        let mut judged = Judged::default();
        while let Some(step) = watched.recv().await {
            match step {
                Step::Judged { error, .. } => {
                    judged.all += 1;
                    judged.correct += usize::from(error.is_none());
                    tell(format!(
                        "{} candidates, {} proofs",
                        judged.all, judged.correct
                    ));
                }
                Step::Working { what, .. } | Step::Delayed { what, .. } => tell(what),
                _ => {}
            }
        }
        judged
    };
    tell("asking Lean for the goal".into());
    let stop = CancellationToken::new(); // Nobody does but by dropping it.
    let (outcome, judged) = tokio::join!(search.prove(&target, Vec::new(), steps, &stop), watch);
    let gone = |why: String| {
        anyhow!(why).context(format!(
            "Lean can't be asked about `{}`; what was done before it is kept",
            problem.name
        ))
    };
    match outcome {
        Ok(Outcome {
            ended: Ended::LeanGone(why),
            ..
        }) => Err(gone(why)),
        Ok(outcome) => Ok(of_outcome(contestant, problem, &outcome, judged)),
        Err(NoGoal::Check(
            error @ (CheckError::NoLean(_) | CheckError::Unknown(Unknown::Died)),
        )) => Err(gone(error.to_string())),
        Err(NoGoal::Check(error)) => Ok(Trial::Failed(error.to_string())),
        Err(error) => Ok(Trial::Done(Row {
            samples: contestant.samples.unwrap_or(1),
            message: Some(error.to_string()),
            not_tried: true,
            ..nothing(contestant, problem)
        })),
    }
}

fn of_outcome(
    contestant: &Contestant,
    problem: &Problem,
    outcome: &Outcome,
    judged: Judged,
) -> Trial {
    let proof = outcome.proofs.first();
    let solved = proof.is_some();
    let (samples, correct) = count(contestant.samples, judged, solved);
    // An engine that broke off has not had its say.
    let cut = contestant
        .samples
        .is_some_and(|samples| judged.all < samples);
    if !outcome.failures.is_empty() && (cut || !solved) {
        return Trial::Failed(complaints(&outcome.failures).trim().to_owned());
    }
    Trial::Done(Row {
        samples,
        judged: judged.all,
        correct,
        tokens: outcome.spent.tokens,
        seconds: (outcome.took.as_secs_f64() * 1000.0).round() / 1000.0,
        proof: proof.map(|proof| proof.proof().to_owned()),
        level: proof.map(|proof| proof.level().name().to_owned()),
        message: (!solved).then(|| summary(outcome)),
        ..nothing(contestant, problem)
    })
}

/// Counts candidates and proofs among them. Whatever is missing of the `wanted` ones (it did not come in
/// time, or left a `sorry`) is no proof.
fn count(wanted: Option<usize>, judged: Judged, solved: bool) -> (usize, usize) {
    match wanted {
        None => (1, usize::from(solved)),
        // A candidate that asks Lean (`exact?`) is judged as such; that its answer is a proof counts too.
        Some(wanted) => (
            wanted.max(judged.all),
            judged.correct.max(usize::from(solved)),
        ),
    }
}

fn nothing(contestant: &Contestant, problem: &Problem) -> Row {
    Row {
        engine: contestant.name.to_owned(),
        problem: problem.name.clone(),
        samples: 0,
        judged: 0,
        correct: 0,
        tokens: 0,
        seconds: 0.0,
        proof: None,
        level: None,
        message: None,
        not_tried: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_as_a_candidate() {
        let check = |wanted, all, correct, solved, expected| {
            let judged = Judged { all, correct };
            assert_eq!(count(wanted, judged, solved), expected);
        };
        check(None, 40, 0, false, (1, 0));
        check(None, 40, 1, true, (1, 1));
        check(Some(8), 8, 3, true, (8, 3));
        check(Some(8), 5, 0, false, (8, 0));
        check(Some(8), 9, 9, true, (9, 9));
        check(Some(8), 8, 0, true, (8, 1));
    }
}
