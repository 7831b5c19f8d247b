//! The sole maker of [`Refutation`].

use super::conditions;
use super::context::CheckContext;
use super::evidence::Evidence;
use super::level::Level;
use super::passed::Passed;
use super::rejection::Rejection;
use super::requirements::Requirements;
use crate::check::axioms::AxiomReport;
use crate::check::baseline::HEAD_LIMIT;
use crate::referee::NoWord;
use crate::rewrite::closed::{closed, theorems, with_axiom};
use crate::rewrite::negation::{NAME, Negation};

/// A refutation of a goal: a proof of its negation, its context generalised, which holds before the goal's
/// declaration, and contradicts that very goal. Only [`refute`] makes one.
#[derive(Debug, Clone)]
pub struct Refutation {
    /// `¬ (∀ (n : Nat), n < n)`
    statement: String,
    level: Level,
    unconfirmed: Option<String>,
    counterexample: Option<String>,
}

impl Refutation {
    /// The counterexample at which the goal fails: `n = 0`.
    pub fn counterexample(&self) -> Option<&str> {
        self.counterexample.as_deref()
    }

    /// The refutation in words, with what was proved.
    pub fn told(&self) -> String {
        let Refutation {
            statement, level, ..
        } = self;
        let values = match &self.counterexample {
            Some(values) => format!(", for {values}"),
            None => String::new(),
        };
        let first = match &self.unconfirmed {
            Some(why) => format!("not confirmed by a referee ({why}): "),
            None => String::new(),
        };
        format!(
            "{first}this sorry is false{values}: Lean has accepted a proof of {statement} ({})",
            level.title()
        )
    }
}

/// Concludes from what has `passed` as a proof of a negation that the goal of `cx` is false: what was proved
/// must be the contrary of that very goal, in the user's own text.
///
/// # Errors
/// When it is not, or that can't be known.
pub async fn refute(
    cx: CheckContext<'_>,
    requirements: &Requirements,
    negation: &Negation,
    passed: &Passed,
    counterexample: Option<String>,
) -> Result<Refutation, Rejection> {
    if cx.baseline.error_before {
        return Err(Rejection::because("an error stands before the declaration"));
    }
    let claim = negation.claim(cx.target, passed.change());
    let judged = requirements
        .judge(cx.target, claim, HEAD_LIMIT + cx.limit)
        .await;
    let (level, unconfirmed) = match judged {
        Ok(word) if word.unproved().is_empty() && word.stated().is_empty() => {
            (Level::KernelReplayed, None)
        }
        Ok(_) => return Err(Rejection::because("it leans on what is not proved")),
        Err(NoWord::Refused(why)) => return Err(Rejection::Referee(why)),
        Err(no @ NoWord::Unknown(_)) => return Err(Rejection::NoWord(no.to_string())),
        Err(NoWord::NoReferee(why)) => (testify_against(cx, negation, passed).await?, Some(why)),
    };
    if level < requirements.least {
        return Err(Rejection::Level(level, String::new()));
    }
    Ok(Refutation {
        statement: negation.statement().to_owned(),
        level,
        unconfirmed,
        counterexample,
    })
}

/// Asks the Lean that has run the proof of the negation whether it contradicts the goal.
async fn testify_against(
    cx: CheckContext<'_>,
    negation: &Negation,
    passed: &Passed,
) -> Result<Level, Rejection> {
    let stated = Evidence::inspected(
        CheckContext {
            target: negation.target(),
            ..cx
        },
        passed.text.clone(),
        Vec::new(),
    );
    let report = stated.await?.axioms();
    let level = conditions::level(&report, &AxiomReport::NotReported(String::new()))?;
    let target = &with_axiom(cx.target);
    let linked = async |theorem: &str| {
        let linked = negation.linked(cx.target, passed.change(), theorem);
        Evidence::of(CheckContext { target, ..cx }, closed(cx.target, &linked)).await
    };
    let evidence = linked(NAME).await?;
    if let Some(error) = evidence.errors().next() {
        return Err(Rejection::because(error.first_line()));
    }
    // The goal as it was compared: Lean might have filled in what is still open in it.
    let goal = evidence.said().find(|d| d.message.contains('⊢'));
    if !goal.is_some_and(|goal| is_settled(&goal.message)) {
        return Err(Rejection::because("its goal is not settled"));
    }
    let is_whole = |evidence: &Evidence<'_>| {
        let expected = theorems(cx.target).filter(|_| cx.baseline.reports_accomplished);
        // The negation is one more; an example may be data, of which Lean does not say so.
        let accomplished = expected.is_none_or(|(theorems, _)| evidence.accomplished() > theorems);
        accomplished && evidence.errors().next().is_none() && !evidence.says_sorry()
    };
    if !is_whole(&evidence) {
        return Err(Rejection::because("Lean does not report it as whole"));
    }
    // What would be taken whatever stands there says nothing.
    if is_whole(&linked("True.intro").await?) {
        return Err(Rejection::because("an error there would not be heard of"));
    }
    Ok(level)
}

/// Whether a goal, printed whole, has nothing in it that Lean is still to find.
fn is_settled(goal: &str) -> bool {
    let open = goal.match_indices('?').any(|(at, _)| {
        let before = goal[..at].chars().next_back();
        let after = goal[at + 1..].chars().next();
        let name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !name(before) && name(after)
    });
    !open && !goal.contains('⋯')
}
