//! One request, from its prompt to the end of its stream.

use super::usage::{Heard, tokens};
use crate::remote::body::{Input, body};
use crate::remote::endpoint::Endpoint;
use crate::remote::problem::{Problem, Remedy};
use crate::remote::reply::Event;
use crate::remote::server::{Api, Facts};
use crate::remote::template;
use unsorry_prover::Mode;
use unsorry_prover::prompt::prompt;
use unsorry_prover::{Ask, GenerationParams};

/// The context of an engine that does not say, in tokens.
const DEFAULT_CONTEXT_TOKENS: usize = 8192;

/// The most times that a request is sent otherwise, since its engine refuses a field of it.
const MAX_ADAPTATIONS: usize = 12;

/// The longest prompt, in tokens.
const MAX_PROMPT_TOKENS: usize = 16384;

/// An event of a request, as its job hears it.
#[derive(Debug)]
pub(super) enum RequestEvent {
    /// The request is made in this way.
    Asked {
        api: Api,
        /// Whether the answers begin at the hole.
        at_hole: bool,
        /// An estimate.
        prompt_tokens: u64,
    },
    Reply(Event),
    /// The endpoint has refused a field of the request, and is asked otherwise.
    Adapted(String),
    Ended(Result<(), Problem>),
}

/// The part of a job's answers that one request asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// The number of answers.
    pub(super) count: usize,
    /// The number of the first.
    pub(super) first: usize,
    /// Whether the prompt is only half as long as it could be.
    pub(super) is_shortened: bool,
}

/// Asks an endpoint; `on` is told of what comes.
pub(super) async fn run(
    endpoint: &Endpoint,
    ask: &Ask,
    part: Part,
    on: &(dyn Fn(RequestEvent) + Send + Sync),
) -> Result<(), Problem> {
    let facts = endpoint.facts().await?;
    let generation = &ask.generation_params(&endpoint.server.settings.generation);
    let (input, max_tokens) = input(ask, generation, &facts, part.is_shortened)?;
    let (Input::Text(text, _) | Input::Message(text)) = &input;
    on(RequestEvent::Asked {
        api: facts.api,
        at_hole: matches!(input, Input::Text(_, true)),
        prompt_tokens: tokens(text.len()) as u64,
    });
    let body = body(
        facts.kind,
        &facts.model,
        &input,
        generation,
        max_tokens,
        part.count,
        part.first,
    );
    let mut heard = Heard::new(text.len(), max_tokens.saturating_mul(part.count));
    let mut reply = |mut event: Event| {
        if let Some((believed, more)) = heard.note(&event) {
            endpoint.spent(more);
            event = Event::Usage(believed);
        }
        on(RequestEvent::Reply(event));
    };
    let fitting = || {
        let mut body = body.clone();
        endpoint.fit(&mut body);
        body
    };
    let mut sent = fitting();
    for _ in 0..MAX_ADAPTATIONS {
        let asked = endpoint.server.ask(&facts, &sent, &mut reply).await;
        let Err(problem) = &asked else {
            return asked;
        };
        if problem.refusal.is_none() {
            return asked;
        }
        if let Some(how) = endpoint.learn(problem, &sent) {
            on(RequestEvent::Adapted(how));
        }
        // Another request may have learned it meanwhile.
        let again = fitting();
        if again == sent {
            return asked;
        }
        sent = again;
    }
    endpoint.server.ask(&facts, &sent, &mut reply).await
}

/// Returns what the model is given, and the most tokens of its answer.
fn input(
    ask: &Ask,
    generation: &GenerationParams,
    facts: &Facts,
    is_shortened: bool,
) -> Result<(Input, usize), Problem> {
    let context = facts.context.unwrap_or(DEFAULT_CONTEXT_TOKENS);
    let max_tokens = generation.answer_tokens(context);
    let room = MAX_PROMPT_TOKENS.min(context.saturating_sub(max_tokens));
    let budget = if is_shortened { room / 2 } else { room };
    let Some(prompt) = prompt(ask, generation.mode(), budget, &|text| tokens(text.len())) else {
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
