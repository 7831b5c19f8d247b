//! The requirements on a proof beside that Lean takes it.

use std::sync::Arc;
use std::time::Duration;

use super::level::Level;
use crate::referee::{Claim, FileAsItStands, NoWord, Referee, Word};
use crate::target::Target;

/// The requirements on a proof beside that Lean takes it.
#[derive(Debug, Clone, Default)]
pub struct Requirements {
    /// The level below which nothing is a proof.
    pub least: Level,
    /// Says what is a proof.
    pub referee: Option<Arc<Referee>>,
}

impl Requirements {
    /// The referee's word on a claim for a hole of the text of `target`.
    ///
    /// # Errors
    /// When it does not hold, or there is no referee.
    pub async fn judge(
        &self,
        target: &Target,
        claim: Claim,
        limit: Duration,
    ) -> Result<Word, NoWord> {
        let Some(referee) = &self.referee else {
            return Err(NoWord::NoReferee("there is none here".into()));
        };
        let file = FileAsItStands {
            uri: &target.uri,
            text: &target.text,
        };
        let words = referee
            .judge(file, std::slice::from_ref(&claim), limit)
            .await;
        let word = words.into_iter().next();
        word.unwrap_or_else(|| Err(NoWord::Refused("nothing was said of it".into())))
    }

    /// Has the referee prepare for claims for the text of `target`.
    pub async fn prepare(&self, target: &Target, limit: Duration) {
        if let Some(referee) = &self.referee {
            let file = FileAsItStands {
                uri: &target.uri,
                text: &target.text,
            };
            referee.prepare(file, limit).await;
        }
    }
}
