//! The sole maker of [`VerifiedProof`].

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use unsorry_prover::{Candidate, Engine};
use unsorry_syntax::Change;

use super::context::CheckContext;
use super::level::Level;
use super::passed::{Passed, pass};
use super::rejection::Rejection;
use super::requirements::Requirements;
use super::witness::{self, Testimony};
use crate::check::baseline::HEAD_LIMIT;
use crate::referee::{Claim, Claimed, NoWord, Word};
use crate::target::Target;

/// Whose word a proof has.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    /// The referee's.
    Referee(Word),
    /// There is no referee, and why: that of the Lean that has run it.
    Witness(Testimony, String),
}

/// A proof that holds in the user's own text, exactly where it will go, by the word of a referee who never ran
/// it; where this Lean can't have one, by that of the Lean which did, and then it says so first. It is made in
/// this module alone: its fields are private.
#[derive(Debug, Clone)]
pub struct VerifiedProof {
    proof: String,
    engine: Engine,
    hole: Range<usize>,
    change: Change,
    head: Arc<str>,
    source: Source,
    siblings: usize,
    plan: Option<Arc<str>>,
    took: Duration,
}

impl VerifiedProof {
    /// The proof as it was proposed.
    pub fn proof(&self) -> &str {
        &self.proof
    }

    /// The prover that proposed it.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The hole's token in the text that it was checked in.
    pub fn hole(&self) -> &Range<usize> {
        &self.hole
    }

    /// The change to the text that was checked, which takes in the hole, and perhaps blanks before it.
    pub fn change(&self) -> &Change {
        &self.change
    }

    /// The text that it was checked in, up to the end of the declaration, before the change.
    pub fn head(&self) -> &Arc<str> {
        &self.head
    }

    /// The level to which it was checked.
    pub fn level(&self) -> Level {
        match &self.source {
            Source::Referee(word) if word.unproved().is_empty() => Level::KernelReplayed,
            Source::Referee(_) => Level::LeanChecked,
            Source::Witness(testimony, _) => testimony.level,
        }
    }

    /// All axioms it rests on; none where nobody says which.
    pub fn axioms(&self) -> Option<&[String]> {
        match &self.source {
            Source::Referee(word) => Some(word.axioms()),
            Source::Witness(testimony, _) => testimony.axioms.as_deref(),
        }
    }

    /// Why there is no referee's word on it; none where there is.
    pub fn unconfirmed(&self) -> Option<&str> {
        match &self.source {
            Source::Referee(_) => None,
            Source::Witness(_, why) => Some(why),
        }
    }

    /// The declarations it uses that are not proved themselves; empty for a proof that stands on its own.
    pub fn depends_on(&self) -> &[String] {
        match &self.source {
            Source::Referee(word) => word.unproved(),
            Source::Witness(testimony, _) => &testimony.unproved,
        }
    }

    /// The number of other holes in its declaration.
    pub fn siblings(&self) -> usize {
        self.siblings
    }

    /// The plan that it came with.
    pub fn plan(&self) -> Option<&Arc<str>> {
        self.plan.as_ref()
    }

    /// The time that Lean took for it, with all that stands in its declaration.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// The level to which it was checked and what that leaves open, in words.
    pub fn standing(&self) -> String {
        let mut text = match &self.source {
            Source::Referee(word) => {
                let mut text = format!("Lean-checked, kernel-replayed by {}", word.kernel());
                if word.unproved().is_empty() && word.stated().is_empty() && self.siblings == 0 {
                    text += ", axioms clean";
                }
                if !word.stated().is_empty() {
                    let stated = word.stated().join(", ");
                    text += &format!("; what is stated rests on a sorry in {stated}");
                }
                text
            }
            Source::Witness(testimony, why) => {
                format!(
                    "not confirmed by a referee ({why}): {}",
                    testimony.standing()
                )
            }
        };
        if self.siblings > 0 {
            text += &format!("; {} more sorry in this declaration", self.siblings);
        }
        if !self.depends_on().is_empty() {
            text += &format!(
                "; leans on {}, not proved yet",
                self.depends_on().join(", ")
            );
        }
        text
    }

    fn of(target: &Target, passed: Passed, source: Source) -> VerifiedProof {
        VerifiedProof {
            proof: passed.candidate.text,
            engine: passed.candidate.engine,
            head: target.head().into(),
            hole: target.hole().range.clone(),
            change: passed.change,
            source,
            siblings: target.siblings().count(),
            plan: passed.candidate.plan,
            took: passed.took,
        }
    }
}

/// Has Lean check `candidate` alone, exactly where it will go, and the referee say that it is a proof.
///
/// # Errors
/// When it is anything but a proof as `requirements` has it, or when that can't be known.
pub async fn confirm(
    cx: CheckContext<'_>,
    requirements: &Requirements,
    candidate: &Candidate,
) -> Result<VerifiedProof, Rejection> {
    let passed = pass(cx, candidate).await?;
    confirm_passed(cx, requirements, passed).await
}

/// Has the referee say that what has passed is a proof.
///
/// # Errors
/// When it is anything but a proof as `requirements` has it, or when that can't be known.
pub async fn confirm_passed(
    cx: CheckContext<'_>,
    requirements: &Requirements,
    passed: Passed,
) -> Result<VerifiedProof, Rejection> {
    let claim = Claim {
        hole: cx.target.hole,
        is: Claimed::Proof(passed.change.clone()),
    };
    let source = match requirements
        .judge(cx.target, claim, HEAD_LIMIT + cx.limit)
        .await
    {
        Ok(word) => Source::Referee(word),
        Err(NoWord::Refused(why)) => return Err(Rejection::Referee(why)),
        Err(no @ NoWord::Unknown(_)) => return Err(Rejection::NoWord(no.to_string())),
        Err(NoWord::NoReferee(why)) => {
            Source::Witness(witness::testify(cx, &passed.text).await?, why)
        }
    };
    let proof = VerifiedProof::of(cx.target, passed, source);
    match proof.level() < requirements.least {
        true => {
            let why = proof
                .unconfirmed()
                .map_or(String::new(), |why| format!(": {why}"));
            Err(Rejection::Level(proof.level(), why))
        }
        false => Ok(proof),
    }
}

/// What the referee has said of what has passed at the hole of `target`, made a proof.
pub fn confirmed(target: &Target, passed: Passed, word: Word) -> VerifiedProof {
    VerifiedProof::of(target, passed, Source::Referee(word))
}
