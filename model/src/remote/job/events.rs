//! The changes that a request's events make to its job.

use std::time::Instant;

use super::Job;
use super::request::RequestId;
use super::stream::RequestEvent;
use crate::remote::problem::{Problem, Remedy};
use crate::remote::reply::{End, Event};
use unsorry_prover::{Engine, Proposal};

impl Job {
    pub(super) fn handle(&mut self, id: RequestId, event: RequestEvent) {
        match event {
            RequestEvent::Asked {
                api,
                at_hole,
                prompt_tokens,
            } => {
                self.meter(id, Some(prompt_tokens), None);
                let Some(request) = self.requests.get_mut(&id) else {
                    return;
                };
                request.api = Some(api);
                if at_hole {
                    request.begin_at_hole(&self.ask.goal);
                }
            }
            RequestEvent::Reply(Event::Answer {
                index,
                text,
                reasoning,
                end,
            }) => self.take_piece(id, index, &text, &reasoning, end),
            // Where it was read it was counted for the endpoint.
            RequestEvent::Reply(Event::Usage(usage)) => {
                self.meter(id, Some(usage.prompt_tokens), Some(usage.completion_tokens));
            }
            RequestEvent::Adapted(how) => {
                if let Some(request) = self.requests.get(&id) {
                    self.tell(format!("{}: {how}", self.endpoint(request.endpoint).name()));
                }
            }
            RequestEvent::Ended(Ok(())) => self.ended(id),
            RequestEvent::Ended(Err(problem)) => self.failed(id, &problem),
        }
    }

    /// A piece of an answer has come.
    fn take_piece(
        &mut self,
        id: RequestId,
        index: usize,
        text: &str,
        reasoning: &str,
        end: Option<End>,
    ) {
        self.note_beginning(id);
        if let Some(request) = self.requests.get_mut(&id) {
            let was_silent = std::mem::take(&mut request.silences_told) > 0;
            let endpoint = &self.pool.endpoints[request.endpoint];
            endpoint.heard();
            request.heard_at = Instant::now();
            if was_silent {
                self.tell(format!("{} answers", endpoint.name()));
            }
        }
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        if request.heard(text.len() + reasoning.len()) {
            let problem = Problem::new(Remedy::Nothing, "it writes without an end");
            return self.failed(id, &problem);
        }
        let Some(answer) = request.answers.get_mut(index) else {
            return self.meter_estimate(id, false);
        };
        let proposals = &self.proposals;
        let on_plan = |plan| {
            let _ = proposals.unbounded_send(Proposal::Plan(plan));
        };
        let goal = &self.ask.goal;
        let Some(progress) = answer.push(goal, text, reasoning, end, on_plan) else {
            return self.meter_estimate(id, false);
        };
        self.meter_estimate(id, progress.answer.is_some());
        let Some(answer) = progress.answer else {
            return;
        };
        self.note_end_of_answer(id, progress.is_cut);
        if let Some(why) = answer.unread {
            let _ = self.proposals.unbounded_send(Proposal::Unread(why));
        }
        for candidate in answer.candidates(Engine::Remote(None)) {
            self.candidates += 1;
            let candidate = Proposal::Candidate(candidate);
            let _ = self.proposals.unbounded_send(candidate);
        }
    }

    /// Notes a request's first piece: it is no longer slow, and its twin is not needed.
    fn note_beginning(&mut self, id: RequestId) {
        let Some(request) = self.requests.get_mut(&id).filter(|one| !one.has_begun) else {
            return;
        };
        request.has_begun = true;
        let (at, twin) = (request.endpoint, request.twin.take());
        let endpoint = &self.pool.endpoints[at];
        let was_in_trouble = endpoint.trouble().is_some();
        endpoint.answered(request.sent.elapsed());
        self.views[at].failures = 0;
        if was_in_trouble {
            self.tell(format!("{} answers", endpoint.name()));
        }
        if let Some(twin) = twin {
            self.requests.remove(&twin);
        }
    }

    /// An answer is there: its place is free, and with the last one the request is complete.
    fn note_end_of_answer(&mut self, id: RequestId, is_cut: bool) {
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        request.slots.give_one_back();
        let endpoint = &self.pool.endpoints[request.endpoint];
        endpoint.finished();
        if request.unwritten().next().is_some() {
            return;
        }
        if is_cut {
            // Nobody reads the rest.
            endpoint.spent(request.estimated_usage());
            self.requests.remove(&id);
        } else {
            request.complete_since = Some(Instant::now());
        }
    }
}
