//! The goals of holes that somebody looks at. Lean is asked once about a hole of a text, whoever wants to know:
//! each question waits behind the editor's own.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use unsorry_prover::HoleKind;
use unsorry_search::check::baseline::shown;

use super::deadline::before_deadline;
use super::lean::Lean;
use super::state;
use super::state::document::View;
use super::state::known::Answer;

/// The questions to the user's Lean, and the memory of its answers. Clones share them.
#[derive(Clone)]
pub struct Goals {
    lean: Lean,
    state: state::Shared,
    asked: Arc<Mutex<HashMap<Place, Question>>>,
}

/// A document's URI and a hole in it.
type Place = (String, Range<usize>);

/// The answer to a question, for all who wait for it.
type Asked = Shared<BoxFuture<'static, Answer>>;

/// A question under way.
struct Question {
    /// The text that it is about.
    view: View,
    answer: Asked,
}

impl Goals {
    /// Creates the goals that `lean` is asked for, about the documents of `state`.
    pub fn new(lean: Lean, state: state::Shared) -> Goals {
        Goals {
            lean,
            state,
            asked: Arc::default(),
        }
    }

    /// Asks for the goals of the hole at `range` of `view`, unless they are known or asked for already. The
    /// question is sent now; what is returned waits for its answer. Whoever has a deadline does without what
    /// comes later: who asks next has it.
    pub fn of(
        &self,
        uri: &str,
        view: &View,
        range: &Range<usize>,
    ) -> impl Future<Output = Answer> + Send + use<> {
        let known = self.state.with(|state| {
            let known = state.documents.known(uri)?;
            Some((known.answer(range), known.kind(range)))
        });
        let (known, kind) = known.unwrap_or_default();
        let asked = match known {
            Some(answer) => Err(answer),
            None => Ok(self.ask(uri, view, range, kind)),
        };
        async move {
            match asked {
                Ok(asked) => before_deadline(asked.map(Some))
                    .await
                    .unwrap_or(Answer::Unknown),
                Err(known) => known,
            }
        }
    }

    /// Whether Lean elaborates the hole, asked as [`Goals::of`] does. It does if it once did; where Lean can't
    /// say, the search will find out.
    pub fn is_live(
        &self,
        uri: &str,
        view: &View,
        range: &Range<usize>,
    ) -> impl Future<Output = bool> + Send + use<> {
        let known = self
            .state
            .with(|state| state.documents.known(uri)?.is_live(range));
        let asked = match known {
            Some(live) => Err(live),
            None => Ok(self.of(uri, view, range)),
        };
        async move {
            match asked {
                Ok(answer) => !matches!(answer.await, Answer::None),
                Err(live) => live,
            }
        }
    }

    fn ask(&self, uri: &str, view: &View, range: &Range<usize>, kind: Option<HoleKind>) -> Asked {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, question| question.answer.peek().is_none());
        let place = (uri.to_owned(), range.clone());
        if let Some(question) = asked.get(&place).filter(|question| question.view.is(view)) {
            return question.answer.clone();
        }
        let (lean, state) = (self.lean.clone(), self.state.clone());
        let answer = ask(lean, state, uri, view, range, kind).boxed().shared();
        // It is remembered even where nobody waits for it any more.
        tokio::spawn(answer.clone());
        let question = Question {
            view: view.clone(),
            answer: answer.clone(),
        };
        asked.insert(place, question);
        answer
    }
}

/// Asks Lean, now, and remembers what it says.
fn ask(
    lean: Lean,
    state: state::Shared,
    uri: &str,
    view: &View,
    range: &Range<usize>,
    kind: Option<HoleKind>,
) -> impl Future<Output = Answer> + Send + use<> {
    let (uri, view, range) = (uri.to_owned(), view.clone(), range.clone());
    let positions = view.positions(&range);
    let first = lean.goals(&uri, positions.start, kind);
    async move {
        let Some(goals) = first.await else {
            return Answer::Unknown;
        };
        let mut found = shown(&goals, &positions);
        if found.is_none() && kind.is_some() {
            let Some(goals) = lean.goals(&uri, positions.start, None).await else {
                return Answer::Unknown;
            };
            found = shown(&goals, &positions);
        }
        // Lean may have heard of a change before the question.
        let now = state.with(|state| state.documents.view(&uri));
        if !now.is_some_and(|now| now.is(&view)) {
            return Answer::Unknown;
        }
        match found {
            Some(goals) => {
                let goals = Arc::new(goals);
                state.with(|state| state.documents.know(&uri, &view, &range, &goals));
                Answer::Goals(goals)
            }
            None => {
                state.with(|state| state.documents.know_inert(&uri, &view, &range));
                Answer::None
            }
        }
    }
}
