//! A Lean that is gone, told from every other reason why there is no answer.

use crate::check::baseline::NoGoal;
use crate::check::checker::CheckError;
use crate::lean::elaboration::Unknown;
use crate::verify::Rejection;

/// The error that there is no Lean to ask any more: its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LeanGone(pub String);

/// An answer of Lean's that ends everything where Lean is gone.
pub(super) trait UnlessGone<T, E> {
    /// The answer, or why there is none.
    ///
    /// # Errors
    /// When Lean is gone.
    fn unless_gone(self) -> Result<Result<T, E>, LeanGone>;
}

impl<T> UnlessGone<T, Unknown> for Result<T, CheckError> {
    fn unless_gone(self) -> Result<Result<T, Unknown>, LeanGone> {
        match self {
            Ok(answer) => Ok(Ok(answer)),
            Err(CheckError::Unknown(why)) => Ok(Err(why)),
            Err(CheckError::NoLean(words)) => Err(LeanGone(words)),
        }
    }
}

impl<T> UnlessGone<T, Rejection> for Result<T, Rejection> {
    fn unless_gone(self) -> Result<Result<T, Rejection>, LeanGone> {
        match self {
            Err(Rejection::Check(CheckError::NoLean(words))) => Err(LeanGone(words)),
            answer => Ok(answer),
        }
    }
}

impl<T> UnlessGone<T, NoGoal> for Result<T, NoGoal> {
    fn unless_gone(self) -> Result<Result<T, NoGoal>, LeanGone> {
        match self {
            Err(NoGoal::Check(CheckError::NoLean(words))) => Err(LeanGone(words)),
            answer => Ok(answer),
        }
    }
}
