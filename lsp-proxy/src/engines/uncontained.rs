//! The prover that stands for one whose proofs can't be checked here: what a model writes is a stranger's,
//! and this system has no container for it.

use std::path::Path;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use unsorry_prover::{Ask, Proposal, Prover};

/// Asks nobody, and says why and what to do about it.
pub struct Uncontained(String);

impl Uncontained {
    /// One for a user whose configuration is this file.
    pub fn new(users_file: &Path) -> Uncontained {
        Uncontained(format!(
            "it was not asked: Lean runs code while it checks, and on this system nothing keeps it from your files and the network. `contained = false` under `[check]` in {} has what models write checked all the same",
            users_file.display()
        ))
    }
}

impl Prover for Uncontained {
    fn propose(&self, _: &Ask) -> BoxStream<'static, Proposal> {
        stream::iter([Proposal::Failed(self.0.clone())]).boxed()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use unsorry_prover::{Context, Goal, HoleKind};

    use super::*;

    #[test]
    fn it_says_what_to_do() {
        let goals = ["⊢ True".to_owned()];
        let goal = Goal::parse(HoleKind::Tactic, &goals, Vec::new(), Context::default());
        let ask = Ask::from(goal.expect("a goal"));
        let proposals = Uncontained::new(Path::new("/home/a/config.toml")).propose(&ask);
        let proposals: Vec<_> = proposals.collect().now_or_never().expect("no waiting");
        let [Proposal::Failed(why)] = &proposals[..] else {
            panic!("{proposals:?}")
        };
        assert!(
            why.contains("`contained = false`") && why.contains("/home/a/config.toml"),
            "{why}"
        );
    }
}
