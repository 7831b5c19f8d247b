//! The recovery of answers that did not come.

use std::time::Instant;

use super::Job;
use super::request::RequestId;
use crate::remote::problem::{Problem, Remedy};
use crate::remote::server::Api;

/// Times that an endpoint may fail in a row before this job does without it.
const MAX_FAILURES: u32 = 4;

/// Times that one answer is asked for.
const MAX_TRIES: u32 = 4;

impl Job {
    /// A stream has come to its end.
    pub(super) fn ended(&mut self, id: RequestId) {
        let Some(request) = self.requests.get(&id) else {
            return;
        };
        if request.unwritten().next().is_none() {
            self.requests.remove(&id);
        } else if request.answers.len() > 1 {
            // Fewer answers than were asked for: they are asked for one by one.
            self.endpoint(request.endpoint).is_single();
            self.give_up(id, true, "it gave fewer answers than it was asked for");
        } else {
            let problem = Problem::new(Remedy::Retry, "its answer was cut off");
            self.failed(id, &problem);
        }
    }

    /// Takes a request away; what of it is unanswered is for somebody else.
    fn give_up(&mut self, id: RequestId, has_tried: bool, why: &str) {
        let Some(request) = self.requests.remove(&id) else {
            return;
        };
        if let Some(twin) = request.twin
            && let Some(twin) = self.requests.get_mut(&twin)
        {
            twin.twin = None;
            return;
        }
        for answer in request.answers.iter().rev() {
            let mut wanted = answer.wanted;
            wanted.tries += u32::from(has_tried);
            if answer.written.is_none() {
                continue;
            }
            if wanted.tries < MAX_TRIES {
                self.waiting.push_front(wanted);
            } else {
                let name = self.pool.endpoints[request.endpoint].name();
                self.given_up = Some(format!("{name}: {why}"));
            }
        }
    }

    /// A request has failed.
    pub(super) fn failed(&mut self, id: RequestId, problem: &Problem) {
        self.meter_estimate(id, true);
        let Some(request) = self.requests.get(&id) else {
            return;
        };
        let (at, sent, has_begun) = (request.endpoint, request.sent, request.has_begun);
        let (is_shortened, api) = (request.is_shortened, request.api);
        let several = request.answers.len() > 1;
        self.give_up(id, has_begun, &problem.what);
        let pool = self.pool.clone();
        let endpoint = &pool.endpoints[at];
        tracing::debug!(endpoint = endpoint.name(), ?problem, "a request failed");
        let view = &mut self.views[at];
        // Engines have limits on the answers of one request: it may be just that.
        if problem.remedy == Remedy::Nothing && several {
            endpoint.is_single();
            return;
        }
        // What was under way in the same way fails in the same way: that says nothing new.
        match problem.remedy {
            Remedy::Shorten if !is_shortened => {
                view.is_shortened = true;
                return;
            }
            Remedy::OtherApi if api == Some(Api::Completions) && endpoint.falls_back() => return,
            Remedy::Shorten | Remedy::OtherApi | Remedy::Nothing => {
                view.left_out = Some(problem.what.clone());
                endpoint.failed(problem, sent, pool.timing);
                return;
            }
            Remedy::Retry | Remedy::Wait(_) => {}
        }
        if has_begun {
            endpoint.ease();
        }
        // Those that were under way together fail together: that is one failure.
        if view.last_failure.is_some_and(|failed| sent < failed) {
            return;
        }
        let now = Instant::now();
        view.last_failure = Some(now);
        let began = if has_begun { now } else { sent };
        let (pause, is_too_long) = endpoint.failed(problem, began, pool.timing);
        view.failures += u32::from(problem.remedy == Remedy::Retry);
        if view.failures >= MAX_FAILURES || is_too_long {
            view.left_out = Some(problem.what.clone());
            return;
        }
        self.tell_pause(endpoint.name(), problem, pause);
    }
}
