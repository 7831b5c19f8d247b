//! Which endpoint writes which answer.

use std::time::Instant;

use super::Job;
use super::request::{Request, RequestId, WantedAnswer};
use super::stream::{self, RequestEvent};
use crate::remote::endpoint::Slots;

impl Job {
    /// Asks for what nobody writes, as far as there is room.
    pub(super) fn assign(&mut self, now: Instant) {
        while !self.waiting.is_empty() {
            let Some(at) = self.least_busy(now, None) else {
                return;
            };
            let count = self.batch_size(at).min(self.waiting.len());
            let Some(slots) = self.endpoint(at).take(count, now) else {
                continue;
            };
            let wanted = self.waiting.drain(..slots.count()).collect();
            self.send(at, wanted, slots, None);
        }
    }

    /// Returns how many answers an endpoint can be asked for in one request.
    fn batch_size(&self, at: usize) -> usize {
        let endpoint = self.endpoint(at);
        // Each answer has a seed of its own.
        match endpoint.server.settings.generation.seed {
            Some(_) => 1,
            None => endpoint.batch_size(),
        }
    }

    /// Returns the endpoint with the largest share of room.
    fn least_busy(&self, now: Instant, but: Option<usize>) -> Option<usize> {
        let endpoints = self.pool.endpoints.iter().enumerate();
        let usable =
            endpoints.filter(|(at, _)| self.views[*at].left_out.is_none() && Some(*at) != but);
        let rooms = usable.map(|(at, endpoint)| {
            let (room, busy) = endpoint.room(now);
            let first_token = endpoint.first_token().unwrap_or_default();
            (at, room, busy, first_token)
        });
        let free = rooms.filter(|(_, room, ..)| *room > 0);
        let least = free.min_by(|a, b| a.2.total_cmp(&b.2).then(a.3.cmp(&b.3)));
        least.map(|(at, ..)| at)
    }

    /// Sends a request for these answers.
    fn send(
        &mut self,
        at: usize,
        wanted: Vec<WantedAnswer>,
        slots: Slots,
        twin: Option<RequestId>,
    ) -> RequestId {
        let id = self.next_id;
        self.next_id += 1;
        let (pool, ask, events) = (self.pool.clone(), self.ask.clone(), self.events_in.clone());
        let part = stream::Part {
            count: wanted.len(),
            first: wanted.first().map_or(0, |one| one.number),
            is_shortened: self.views[at].is_shortened,
        };
        let task = self.tasks.spawn(async move {
            let on = |event| {
                let _ = events.send((id, event));
            };
            let outcome = stream::run(&pool.endpoints[at], &ask, part, &on).await;
            on(RequestEvent::Ended(outcome));
        });
        let request = Request::new(at, wanted, slots, part.is_shortened, twin, task);
        self.requests.insert(id, request);
        id
    }

    /// Asks another endpoint for what a slow one has not begun to answer.
    pub(super) fn hedge(&mut self, now: Instant) {
        let slow: Vec<RequestId> = self
            .requests
            .iter()
            .filter(|(_, request)| self.slow_from(request).is_some_and(|from| from <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in slow {
            while self.hedge_one(id, now) {}
        }
    }

    /// Asks another endpoint for as many of a slow request's answers as it has room for. Returns
    /// whether some are left.
    fn hedge_one(&mut self, id: RequestId, now: Instant) -> bool {
        let Some(request) = self.requests.get(&id) else {
            return false;
        };
        let mut wanted: Vec<WantedAnswer> = request.unwritten().collect();
        let Some(at) = self.least_busy(now, Some(request.endpoint)) else {
            return false;
        };
        let count = self.batch_size(at).min(wanted.len());
        let Some(slots) = self.endpoint(at).take(count, now) else {
            return false;
        };
        tracing::debug!(
            slow = self.endpoint(request.endpoint).name(),
            instead = self.endpoint(at).name(),
            answers = slots.count(),
            "hedged"
        );
        if slots.count() == wanted.len() {
            let twin = self.send(at, wanted, slots, Some(id));
            if let Some(request) = self.requests.get_mut(&id) {
                request.twin = Some(twin);
            }
            return false;
        }
        // These are the other's from now on; the slow one may still write the rest.
        wanted.truncate(slots.count());
        if let Some(request) = self.requests.get_mut(&id) {
            request.give_away(wanted.len());
        }
        self.send(at, wanted, slots, None);
        true
    }

    /// Returns when a request is slow, if it has no twin yet.
    pub(super) fn slow_from(&self, request: &Request) -> Option<Instant> {
        let is_alone = self.pool.endpoints.len() == 1;
        if is_alone || request.has_begun || request.twin.is_some() {
            return None;
        }
        let usual = self.endpoint(request.endpoint).first_token();
        let usual = usual.unwrap_or_default().saturating_mul(4);
        Some(request.sent + usual.max(self.pool.timing.slow_after))
    }
}
