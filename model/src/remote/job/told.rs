//! The reports to others: progress, the end, and what it cost.

use std::time::Duration;

use super::Job;
use super::request::RequestId;
use crate::remote::endpoint::Endpoint;
use crate::remote::problem::Problem;
use crate::remote::reply::Usage;
use unsorry_prover::{Proposal, Spent};

/// Estimated tokens are metered this many at a time.
const METER_STEP_TOKENS: u64 = 64;

impl Job {
    pub(super) fn tell(&self, what: String) {
        let _ = self.proposals.unbounded_send(Proposal::Progress(what));
    }

    pub(super) fn tell_who_is_asked(&self) {
        let names: Vec<&str> = self.pool.endpoints.iter().map(Endpoint::name).collect();
        self.tell(format!("asking {}", names.join(", ")));
    }

    pub(super) fn tell_pause(&self, name: &str, problem: &Problem, pause: Duration) {
        let pause = pause.as_secs_f64();
        self.tell_delay(name, &format!("{}; again in {pause:.0} s", problem.what));
    }

    /// Tells why nothing comes for now.
    pub(super) fn tell_delay(&self, name: &str, what: &str) {
        let delayed = Proposal::Delayed(format!("{name}: {what}"));
        let _ = self.proposals.unbounded_send(delayed);
    }

    /// No endpoint is left: says why for each.
    pub(super) fn tell_failure(&self) {
        let reasons = self.views.iter().zip(&self.pool.endpoints);
        let reasons = reasons.filter_map(|(view, endpoint)| {
            let why = view.left_out.as_ref()?;
            Some(format!("{}: {why}", endpoint.name()))
        });
        let why = reasons.collect::<Vec<_>>().join("; ");
        let _ = self.proposals.unbounded_send(Proposal::Failed(why));
    }

    /// All is answered or given up: if nothing came of it, somebody must hear why.
    pub(super) fn tell_end(&self) {
        if let Some(why) = &self.given_up
            && self.candidates == 0
        {
            let failed = Proposal::Failed(why.clone());
            let _ = self.proposals.unbounded_send(failed);
        }
    }

    /// Meters what a request has written by now, as far as that can be told from its bytes: at its
    /// answers' ends, and now and then in between.
    pub(super) fn meter_estimate(&mut self, id: RequestId, at_end: bool) {
        let Some(request) = self.requests.get(&id) else {
            return;
        };
        let estimate = request.estimated_usage().completion_tokens;
        let step = if at_end { 1 } else { METER_STEP_TOKENS };
        if estimate >= request.metered.completion_tokens + step {
            self.meter(id, None, Some(estimate));
        }
    }

    /// Meters a request's prompt or its answers, which turn out to have as many tokens.
    pub(super) fn meter(&mut self, id: RequestId, prompt: Option<u64>, written: Option<u64>) {
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        let before = request.metered;
        let now = Usage {
            prompt_tokens: prompt.unwrap_or(before.prompt_tokens),
            completion_tokens: written.unwrap_or(before.completion_tokens),
        };
        request.metered = now;
        let tokens = now.completion_tokens.saturating_sub(request.most_metered);
        request.most_metered += tokens;
        let price = self.pool.endpoints[request.endpoint].server.settings.price;
        let cost = |usage: Usage| {
            usage.prompt_tokens as f64 * price.read + usage.completion_tokens as f64 * price.written
        };
        let spent = Spent {
            tokens,
            money: (cost(now) - cost(before)) / 1e6,
        };
        self.ask.meter.spend(spent);
    }
}
