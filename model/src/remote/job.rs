//! One goal, many answers, some endpoints: who writes which answer, and what happens when they don't.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_channel::mpsc::{UnboundedSender, unbounded};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::task::AbortOnDropHandle;

use super::endpoint::{Endpoint, Pool, Slots};
use super::problem::{Problem, Remedy};
use super::reply::{End, Event, Usage};
use super::request::{Input, body};
use super::server::{Api, Facts};
use super::template;
use unsorry_prover::answer::PartialAnswer;
use unsorry_prover::prompt::{Mode, prompt};
use unsorry_prover::{Ask, Engine, Proposal, Spent};

/// Times that an endpoint may fail in a row before this job does without it.
const MAX_FAILURES: u32 = 4;

/// Times that one answer is asked for.
const MAX_TRIES: u32 = 4;

/// An endpoint is slow when its first token takes longer than this, and than four times its usual.
const SLOW: Duration = Duration::from_secs(3);

/// How long the end of a stream is waited for after the last answer in it: it tells the tokens.
const LINGER: Duration = Duration::from_millis(500);

/// Context of an engine that does not say, in tokens.
const CONTEXT: usize = 8192;

/// Most tokens of a prompt.
const PROMPT: usize = 16384;

/// Most bytes of an answer: an engine that ignores `max_tokens` must not fill our memory.
const LONGEST: usize = 1 << 20;

/// Tokens are told of so many at a time.
const TOLD: u64 = 64;

/// Candidates for what is asked. Dropping the stream closes all connections that work for it.
pub(super) fn propose(pool: Arc<Pool>, ask: Ask) -> impl Stream<Item = Proposal> + Send + 'static {
    let (proposals, receiver) = unbounded();
    let job = tokio::spawn(async move { Job::new(pool, ask, proposals).run().await });
    let state = (receiver, AbortOnDropHandle::new(job));
    stream::unfold(state, |(mut receiver, job)| async move {
        let proposal = receiver.next().await?;
        Some((proposal, (receiver, job)))
    })
}

struct Job {
    pool: Arc<Pool>,
    ask: Arc<Ask>,
    proposals: UnboundedSender<Proposal>,
    /// Answers that nobody writes now.
    waiting: VecDeque<Wanted>,
    requests: HashMap<u64, Request>,
    next: u64,
    /// What this job knows of each endpoint.
    views: Vec<View>,
    /// How many candidates there were.
    found: usize,
    tasks: JoinSet<()>,
    /// Why an answer was given up, the last time.
    lost: Option<String>,
    said: mpsc::UnboundedReceiver<(u64, Said)>,
    say: mpsc::UnboundedSender<(u64, Said)>,
}

/// An answer that is wanted.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    number: usize,
    tries: u32,
}

#[derive(Debug, Clone, Default)]
struct View {
    /// Why this job does without it.
    out: Option<String>,
    /// Failures in a row, of requests that were begun after the one before.
    failures: u32,
    failed: Option<Instant>,
    /// Its prompt is only half as long as it could be.
    shortened: bool,
}

struct Request {
    endpoint: usize,
    answers: Vec<Answer>,
    slots: Slots,
    begun: Instant,
    /// Something has come.
    begins: bool,
    /// Whether its prompt was a shortened one.
    shortened: bool,
    /// How it was asked, once that is known.
    api: Option<Api>,
    /// Another request for the same answers: the first that begins to answer stays.
    twin: Option<u64>,
    task: AbortHandle,
    /// Since when all its answers are there.
    done: Option<Instant>,
    /// What was told of its tokens.
    told: Usage,
}

struct Answer {
    wanted: Wanted,
    /// `None` when it is done with.
    written: Option<PartialAnswer>,
    bytes: usize,
    reasoning: String,
}

/// What a request's task says.
enum Said {
    /// It is asked in this way.
    Asks {
        api: Api,
        /// Whether the answers begin at the hole.
        at_hole: bool,
        /// About how many tokens the prompt has.
        prompt: u64,
    },
    Event(Event),
    Ended(Result<(), Problem>),
}

impl Job {
    fn new(pool: Arc<Pool>, ask: Ask, proposals: UnboundedSender<Proposal>) -> Job {
        let answers = pool.endpoints.iter();
        let answers = answers.map(|endpoint| {
            ask.generation_params(&endpoint.server.settings.generation)
                .answers()
        });
        let answers = answers.max().unwrap_or(0);
        let (say, said) = mpsc::unbounded_channel();
        Job {
            ask: Arc::new(ask),
            proposals,
            waiting: (0..answers)
                .map(|number| Wanted { number, tries: 0 })
                .collect(),
            requests: HashMap::new(),
            next: 0,
            views: vec![View::default(); pool.endpoints.len()],
            found: 0,
            tasks: JoinSet::new(),
            lost: None,
            said,
            say,
            pool,
        }
    }

    async fn run(mut self) {
        let names: Vec<&str> = self.pool.endpoints.iter().map(Endpoint::name).collect();
        self.tell(format!("asking {}", names.join(", ")));
        loop {
            while self.tasks.try_join_next().is_some() {}
            let pool = self.pool.clone();
            let changed = pool.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();
            if self.ask.meter.is_used_up() {
                return;
            }
            let now = Instant::now();
            self.let_go(now);
            self.begin(now);
            self.hedge(now);
            if self.requests.is_empty() {
                if self.waiting.is_empty() {
                    return self.end();
                }
                if self.views.iter().all(|view| view.out.is_some()) {
                    return self.fail();
                }
            }
            let wakes = self.wakes(now);
            let wakes = async {
                match wakes {
                    Some(wakes) => tokio::time::sleep_until(wakes.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some((id, said)) = self.said.recv() => self.hear(id, said),
                () = changed => {}
                () = wakes => {}
            }
        }
    }

    fn endpoint(&self, at: usize) -> &Endpoint {
        &self.pool.endpoints[at]
    }

    fn tell(&self, what: String) {
        let _ = self.proposals.unbounded_send(Proposal::Progress(what));
    }

    fn fail(&self) {
        let reasons = self.views.iter().zip(&self.pool.endpoints);
        let reasons = reasons.filter_map(|(view, endpoint)| {
            let why = view.out.as_ref()?;
            Some(format!("{}: {why}", endpoint.name()))
        });
        let why = reasons.collect::<Vec<_>>().join("; ");
        let _ = self.proposals.unbounded_send(Proposal::Failed(why));
    }

    /// All is answered or given up: if nothing came of it, somebody must hear why.
    fn end(&self) {
        if let Some(why) = &self.lost
            && self.found == 0
        {
            let failed = Proposal::Failed(why.clone());
            let _ = self.proposals.unbounded_send(failed);
        }
    }

    /// Asks for what nobody writes, as far as there is room.
    fn begin(&mut self, now: Instant) {
        while !self.waiting.is_empty() {
            let Some(at) = self.least_busy(now, None) else {
                return;
            };
            let together = self.together(at).min(self.waiting.len());
            let Some(slots) = self.endpoint(at).take(together, now) else {
                continue;
            };
            let wanted = self.waiting.drain(..slots.count()).collect();
            self.request(at, wanted, slots, None);
        }
    }

    /// How many answers an endpoint can be asked for in one request.
    fn together(&self, at: usize) -> usize {
        let endpoint = self.endpoint(at);
        // Each answer has a seed of its own.
        match endpoint.server.settings.generation.seed {
            Some(_) => 1,
            None => endpoint.together(),
        }
    }

    /// The endpoint with the largest share of room.
    fn least_busy(&self, now: Instant, but: Option<usize>) -> Option<usize> {
        let endpoints = self.pool.endpoints.iter().enumerate();
        let usable = endpoints.filter(|(at, _)| self.views[*at].out.is_none() && Some(*at) != but);
        let rooms = usable.map(|(at, endpoint)| {
            let (room, busy) = endpoint.room(now);
            let first_token = endpoint.first_token().unwrap_or_default();
            (at, room, busy, first_token)
        });
        let free = rooms.filter(|(_, room, ..)| *room > 0);
        let least = free.min_by(|a, b| a.2.total_cmp(&b.2).then(a.3.cmp(&b.3)));
        least.map(|(at, ..)| at)
    }

    fn request(&mut self, at: usize, wanted: Vec<Wanted>, slots: Slots, twin: Option<u64>) -> u64 {
        let id = self.next;
        self.next += 1;
        let (pool, asked, say) = (self.pool.clone(), self.ask.clone(), self.say.clone());
        let (count, first) = (wanted.len(), wanted.first().map_or(0, |one| one.number));
        let shortened = self.views[at].shortened;
        let task = self.tasks.spawn(async move {
            let say = |said| {
                let _ = say.send((id, said));
            };
            let endpoint = &pool.endpoints[at];
            let ended = ask(endpoint, &asked, shortened, count, first, &say).await;
            say(Said::Ended(ended));
        });
        let answers = wanted.into_iter().map(|wanted| Answer {
            wanted,
            written: Some(PartialAnswer::Whole(String::new())),
            bytes: 0,
            reasoning: String::new(),
        });
        let request = Request {
            endpoint: at,
            answers: answers.collect(),
            slots,
            begun: Instant::now(),
            begins: false,
            shortened,
            api: None,
            twin,
            task,
            done: None,
            told: Usage::default(),
        };
        self.requests.insert(id, request);
        id
    }

    /// Asks another endpoint for what a slow one has not begun to answer.
    fn hedge(&mut self, now: Instant) {
        let slow: Vec<u64> = self
            .requests
            .iter()
            .filter(|(_, request)| self.slow_from(request).is_some_and(|from| from <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in slow {
            while self.hedge_one(id, now) {}
        }
    }

    /// Asks another endpoint for as many of a slow request's answers as it has room for. Whether
    /// some are left.
    fn hedge_one(&mut self, id: u64, now: Instant) -> bool {
        let Some(request) = self.requests.get(&id) else {
            return false;
        };
        let wanted = request.answers.iter();
        let wanted = wanted.filter(|answer| answer.written.is_some());
        let mut wanted: Vec<Wanted> = wanted.map(|answer| answer.wanted).collect();
        let Some(at) = self.least_busy(now, Some(request.endpoint)) else {
            return false;
        };
        let together = self.together(at).min(wanted.len());
        let Some(slots) = self.endpoint(at).take(together, now) else {
            return false;
        };
        tracing::debug!(
            slow = self.endpoint(request.endpoint).name(),
            instead = self.endpoint(at).name(),
            answers = slots.count(),
            "hedged"
        );
        if slots.count() == wanted.len() {
            let twin = self.request(at, wanted, slots, Some(id));
            if let Some(request) = self.requests.get_mut(&id) {
                request.twin = Some(twin);
            }
            return false;
        }
        // These are the other's from now on; the slow one may still write the rest.
        wanted.truncate(slots.count());
        if let Some(request) = self.requests.get_mut(&id) {
            let answers = request.answers.iter_mut();
            let theirs = answers.filter(|answer| answer.written.is_some());
            for answer in theirs.take(wanted.len()) {
                answer.written = None;
            }
        }
        self.request(at, wanted, slots, None);
        true
    }

    /// When a request is slow, if it has no twin yet.
    fn slow_from(&self, request: &Request) -> Option<Instant> {
        let alone = self.pool.endpoints.len() == 1;
        if alone || request.begins || request.twin.is_some() {
            return None;
        }
        let usual = self.endpoint(request.endpoint).first_token();
        let usual = usual.unwrap_or_default().saturating_mul(4);
        Some(request.begun + usual.max(SLOW))
    }

    /// When something has to be done even if nothing happens.
    fn wakes(&self, now: Instant) -> Option<Instant> {
        let slow = self
            .requests
            .values()
            .filter_map(|request| self.slow_from(request))
            .filter(|from| *from > now);
        let done = self.requests.values().filter_map(|request| request.done);
        let usable = self.views.iter().zip(&self.pool.endpoints);
        let usable = usable.filter(|(view, _)| view.out.is_none() && !self.waiting.is_empty());
        let awake = usable.filter_map(|(_, endpoint)| endpoint.wakes(now));
        slow.chain(done.map(|done| done + LINGER))
            .chain(awake)
            .min()
    }

    /// Ends requests of which nothing more is wanted.
    fn let_go(&mut self, now: Instant) {
        self.requests.retain(|_, request| {
            let over = request.done.is_some_and(|done| done + LINGER <= now);
            if over {
                request.task.abort();
            }
            !over
        });
    }

    fn hear(&mut self, id: u64, said: Said) {
        match said {
            Said::Asks {
                api,
                at_hole,
                prompt,
            } => {
                self.spent(id, Some(prompt), None);
                let Some(request) = self.requests.get_mut(&id) else {
                    return;
                };
                request.api = Some(api);
                if at_hole {
                    let written = request.answers.iter_mut();
                    for written in written.filter_map(|answer| answer.written.as_mut()) {
                        *written = PartialAnswer::at_hole(&self.ask.goal);
                    }
                }
            }
            Said::Event(Event::Answer {
                index,
                text,
                reasoning,
                end,
            }) => self.answer(id, index, &text, &reasoning, end),
            // Where it was heard it was counted for the endpoint.
            Said::Event(Event::Usage(usage)) => {
                self.spent(id, Some(usage.prompt_tokens), Some(usage.completion_tokens));
            }
            Said::Ended(Ok(())) => self.ended(id),
            Said::Ended(Err(problem)) => self.failed(id, &problem),
        }
    }

    /// A request's prompt or its answers turn out to have so many tokens.
    fn spent(&mut self, id: u64, prompt: Option<u64>, written: Option<u64>) {
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        let before = request.told;
        let now = Usage {
            prompt_tokens: prompt.unwrap_or(before.prompt_tokens),
            completion_tokens: written.unwrap_or(before.completion_tokens),
        };
        request.told = now;
        let price = self.pool.endpoints[request.endpoint].server.settings.price;
        let cost = |usage: Usage| {
            usage.prompt_tokens as f64 * price.read + usage.completion_tokens as f64 * price.written
        };
        let spent = Spent {
            tokens: now
                .completion_tokens
                .saturating_sub(before.completion_tokens),
            money: (cost(now) - cost(before)) / 1e6,
        };
        self.ask.meter.spend(spent);
    }

    fn answer(&mut self, id: u64, index: usize, text: &str, reasoning: &str, end: Option<End>) {
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        let at = request.endpoint;
        if !request.begins {
            request.begins = true;
            self.pool.endpoints[at].answered(request.begun.elapsed());
            self.views[at].failures = 0;
            if let Some(twin) = request.twin.take()
                && let Some(twin) = self.requests.remove(&twin)
            {
                twin.task.abort();
            }
        }
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        let Some(answer) = request.answers.get_mut(index) else {
            return;
        };
        let Some(written) = &mut answer.written else {
            return;
        };
        answer.bytes += text.len() + reasoning.len();
        answer.reasoning += reasoning;
        let cut = written.push(text) || answer.bytes > LONGEST;
        if answer.wanted.number == 0
            && let Some(plan) = written.plan(text)
        {
            let _ = self.proposals.unbounded_send(Proposal::Plan(plan));
        }
        let ends = cut || end.is_some();
        let answered = if ends {
            let complete = cut || end == Some(End::Stop);
            let reasoning = std::mem::take(&mut answer.reasoning);
            let goal = &self.ask.goal;
            answer.written.take().map(|written| {
                let whole = matches!(written, PartialAnswer::Whole(_));
                let said = written.answer(goal, complete);
                if whole && said.candidate.is_none() && said.sketch.is_none() {
                    // Some engines call all of an answer reasoning.
                    return PartialAnswer::Whole(reasoning).answer(goal, complete);
                }
                said
            })
        } else {
            None
        };
        let guessed = request.guessed_usage().completion_tokens;
        if guessed >= request.told.completion_tokens + TOLD || ends {
            self.spent(id, None, Some(guessed));
        }
        if !ends {
            return;
        }
        let Some(request) = self.requests.get_mut(&id) else {
            return;
        };
        request.slots.give_one_back();
        self.pool.endpoints[at].finished();
        if request
            .answers
            .iter()
            .all(|answer| answer.written.is_none())
        {
            if cut {
                // Nobody reads the rest.
                if let Some(request) = self.requests.remove(&id) {
                    request.task.abort();
                    self.pool.endpoints[at].spent(request.guessed_usage());
                }
            } else {
                request.done = Some(Instant::now());
            }
        }
        for candidate in answered
            .into_iter()
            .flat_map(|said| said.candidates(Engine::Remote(None)))
        {
            self.found += 1;
            let candidate = Proposal::Candidate(candidate);
            let _ = self.proposals.unbounded_send(candidate);
        }
    }

    /// A stream came to its end.
    fn ended(&mut self, id: u64) {
        let Some(request) = self.requests.get(&id) else {
            return;
        };
        if request
            .answers
            .iter()
            .all(|answer| answer.written.is_none())
        {
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
    fn give_up(&mut self, id: u64, tried: bool, why: &str) {
        let Some(request) = self.requests.remove(&id) else {
            return;
        };
        request.task.abort();
        if let Some(twin) = request.twin
            && let Some(twin) = self.requests.get_mut(&twin)
        {
            twin.twin = None;
            return;
        }
        for answer in request.answers.iter().rev() {
            let mut wanted = answer.wanted;
            wanted.tries += u32::from(tried);
            if answer.written.is_none() {
                continue;
            }
            if wanted.tries < MAX_TRIES {
                self.waiting.push_front(wanted);
            } else {
                let name = self.pool.endpoints[request.endpoint].name();
                self.lost = Some(format!("{name}: {why}"));
            }
        }
    }

    fn failed(&mut self, id: u64, problem: &Problem) {
        let Some(request) = self.requests.get(&id) else {
            return;
        };
        let (at, begun, begins) = (request.endpoint, request.begun, request.begins);
        let (shortened, api) = (request.shortened, request.api);
        let several = request.answers.len() > 1;
        self.give_up(id, begins, &problem.what);
        let pool = self.pool.clone();
        let endpoint = &pool.endpoints[at];
        let name = endpoint.name();
        tracing::debug!(endpoint = name, ?problem, "a request failed");
        let view = &mut self.views[at];
        // Engines have limits on the answers of one request: it may be just that.
        if problem.remedy == Remedy::Nothing && several {
            endpoint.is_single();
            return;
        }
        // What was under way in the same way fails in the same way: that says nothing new.
        match problem.remedy {
            Remedy::Shorten if !shortened => {
                view.shortened = true;
                return;
            }
            Remedy::OtherApi if api == Some(Api::Completions) && endpoint.falls_back() => return,
            Remedy::Shorten | Remedy::OtherApi | Remedy::Nothing => {
                view.out = Some(problem.what.clone());
                endpoint.failed(problem);
                return;
            }
            Remedy::Retry | Remedy::Wait(_) => {}
        }
        if begins {
            endpoint.ease();
        }
        // Those that were under way together fail together: that is one failure.
        if view.failed.is_some_and(|failed| begun < failed) {
            return;
        }
        view.failed = Some(Instant::now());
        let pause = endpoint.failed(problem);
        if problem.remedy == Remedy::Retry {
            view.failures += 1;
            if view.failures >= MAX_FAILURES {
                view.out = Some(problem.what.clone());
                return;
            }
        }
        let pause = pause.as_secs_f64();
        self.tell(format!("{name}: {}; again in {pause:.0} s", problem.what));
    }
}

impl Request {
    /// About what it took, where the engine was not let say it.
    fn guessed_usage(&self) -> Usage {
        let bytes: usize = self.answers.iter().map(|answer| answer.bytes).sum();
        Usage {
            prompt_tokens: 0,
            completion_tokens: tokens(bytes) as u64,
        }
    }
}

/// About so many tokens have so many bytes of Lean's text.
fn tokens(bytes: usize) -> usize {
    bytes.div_ceil(3)
}

/// Asks an endpoint for `count` answers, the first of which is number `first`.
async fn ask(
    endpoint: &Endpoint,
    asked: &Ask,
    shortened: bool,
    count: usize,
    first: usize,
    say: &(dyn Fn(Said) + Send + Sync),
) -> Result<(), Problem> {
    let facts = endpoint.facts().await?;
    let generation = &asked.generation_params(&endpoint.server.settings.generation);
    let (input, max_tokens) = input(asked, generation, &facts, shortened)?;
    let (Input::Text(text, _) | Input::Message(text)) = &input;
    say(Said::Asks {
        api: facts.api,
        at_hole: matches!(input, Input::Text(_, true)),
        prompt: tokens(text.len()) as u64,
    });
    let body = body(
        facts.kind,
        &facts.model,
        &input,
        generation,
        max_tokens,
        count,
        first,
    );
    let mut on = |event: Event| {
        if let Event::Usage(usage) = event {
            endpoint.spent(usage);
        }
        say(Said::Event(event));
    };
    endpoint.server.ask(&facts, &body, &mut on).await
}

/// What the model is given, and most tokens of its answer.
fn input(
    asked: &Ask,
    generation: &unsorry_prover::GenerationParams,
    facts: &Facts,
    shortened: bool,
) -> Result<(Input, usize), Problem> {
    let context = facts.context.unwrap_or(CONTEXT);
    let max_tokens = generation.answer_tokens(context);
    let room = PROMPT.min(context.saturating_sub(max_tokens));
    let budget = if shortened { room / 2 } else { room };
    let Some(prompt) = prompt(asked, generation.mode(), budget, &|text| tokens(text.len())) else {
        let what = format!(
            "the declaration is longer than the about {budget} tokens that {} has for it: a smaller `max_tokens` makes room",
            facts.model
        );
        return Err(Problem::new(Remedy::Nothing, what));
    };
    let at_hole = generation.mode() == Mode::Fast;
    let input = match (facts.api, &facts.template) {
        (Api::Chat, _) => Input::Message(template::message(&prompt)),
        (Api::Completions, None) => Input::Text(template::prover_v2(&prompt), at_hole),
        (Api::Completions, Some(template)) => {
            let text = template::rendered(template, &prompt);
            let text = text.map_err(|error| Problem::new(Remedy::Nothing, format!("{error:#}")));
            Input::Text(text?, at_hole)
        }
    };
    Ok((input, max_tokens))
}
