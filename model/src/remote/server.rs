//! The requests to one engine.

use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, redirect};
use serde_json::Value;

use super::key::Key;
use super::problem::junk::of_junk;
use super::problem::request::of_request;
use super::problem::status::of_status;
use super::problem::{Problem, Remedy, shown};
use super::reply::{Event, reply};
use super::{EndpointSettings, EngineKind, Template};
use crate::http;

/// The longest that a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The longest that a connection may be silent; jobs have a limit of their own, which the user sets.
const READ_TIMEOUT: Duration = Duration::from_secs(3600);

/// The longest that an engine may take to list its models.
const LIST_TIMEOUT: Duration = Duration::from_secs(10);

/// The most bytes of an answer that is read whole.
const MAX_ANSWER_BYTES: usize = 1 << 22;

/// The way in which an engine is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Api {
    /// `/completions`: it goes on with our text.
    Completions,
    /// `/chat/completions`: it answers a message.
    Chat,
}

/// The facts that are known of an engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Facts {
    /// The kind of engine.
    pub kind: EngineKind,
    /// The model that is asked for.
    pub model: String,
    /// All the models that it has.
    pub models: Vec<String>,
    /// The most tokens of prompt and answer together, if it says.
    pub context: Option<usize>,
    /// The way in which it is asked.
    pub api: Api,
    /// The template that we write the turns with, if it is not Prover-V2's.
    pub template: Option<String>,
}

/// One engine.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) settings: EndpointSettings,
    /// The address of its API.
    pub(super) address: String,
    key: Key,
    client: Client,
}

/// Returns the client that all servers are asked by.
///
/// # Errors
/// When the system's certificates can't be read.
pub(super) fn client() -> Result<Client> {
    http::client()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        // A redirect would take the user's code to a place that they did not name.
        .redirect(redirect::Policy::none())
        .build()
        .context("can't make connections")
}

impl Server {
    pub(super) fn new(settings: EndpointSettings, client: Client) -> Result<Server> {
        Ok(Server {
            address: settings.address()?,
            key: Key::new(settings.key.clone()),
            settings,
            client,
        })
    }

    /// Asks what it is and what it has.
    pub(super) async fn facts(&self) -> Result<Facts, Problem> {
        let EndpointSettings { model, kind, .. } = &self.settings;
        let list = self.models().await?;
        let kind = match kind {
            EngineKind::Auto => EngineKind::of(&list),
            kind => *kind,
        };
        let entries = list["data"].as_array().map_or(&[][..], Vec::as_slice);
        let id = |entry: &Value| entry["id"].as_str().map(str::to_owned);
        let models: Vec<String> = entries.iter().filter_map(id).collect();
        let model = match (model, &models[..]) {
            (Some(model), _) => model.clone(),
            (None, [only]) => only.clone(),
            (None, models) => {
                let what = format!("it has {}: name one as `model`", names(models));
                return Err(Problem::new(Remedy::Nothing, what));
            }
        };
        let is_it = |entry: &&Value| {
            let aliases = entry["aliases"].as_array();
            let aliases = aliases.into_iter().flatten();
            entry["id"] == *model || aliases.into_iter().any(|alias| *alias == *model)
        };
        let entry = entries.iter().find(is_it);
        // A service may list less than it has; an engine does not.
        if entry.is_none() && !models.is_empty() && kind != EngineKind::Hosted {
            let what = format!("it has no model `{model}`, but {}", names(&models));
            return Err(Problem::new(Remedy::Nothing, what));
        }
        let told = entry.and_then(EngineKind::context);
        let own = self.settings.context;
        let context = match (own, told) {
            (Some(own), Some(told)) => Some(own.min(told)),
            (own, told) => own.or(told),
        };
        let (api, template) = self.how(&model).await?;
        Ok(Facts {
            kind,
            model,
            models,
            context,
            api,
            template,
        })
    }

    /// Returns how a model is asked.
    async fn how(&self, model: &str) -> Result<(Api, Option<String>), Problem> {
        let is_prover_v2 = || {
            let letters = model.to_lowercase().replace(['-', '_', '.'], "");
            letters.contains("proverv2") && !letters.contains("goedel")
        };
        Ok(match &self.settings.template {
            Template::ProverV2 => (Api::Completions, None),
            Template::Auto if is_prover_v2() => (Api::Completions, None),
            Template::Auto | Template::Chat => (Api::Chat, None),
            Template::File(path) => match super::template::read(path).await {
                Ok(template) => (Api::Completions, Some(template)),
                Err(error) => return Err(Problem::new(Remedy::Nothing, format!("{error:#}"))),
            },
        })
    }

    /// Returns its list of models.
    async fn models(&self) -> Result<Value, Problem> {
        match self.list().await {
            // Who has no list may have answers.
            Err(problem) if problem.remedy == Remedy::OtherApi && self.settings.model.is_some() => {
                Ok(Value::Null)
            }
            Err(Problem {
                remedy: Remedy::OtherApi | Remedy::Shorten,
                what,
                ..
            }) => Err(Problem::new(Remedy::Nothing, what)),
            list => list,
        }
    }

    async fn list(&self) -> Result<Value, Problem> {
        let address = format!("{}/models", self.address);
        let request = self.client.get(&address).timeout(LIST_TIMEOUT);
        let response = self.send(request, &address).await?;
        let body = read(response, &address).await?;
        let list: Option<Value> = serde_json::from_str(&body).ok();
        list.filter(|list| list["data"].is_array())
            .ok_or_else(|| of_junk(&address, &body))
    }

    /// Sends a request, and returns its answer if that is a success.
    async fn send(
        &self,
        request: reqwest::RequestBuilder,
        address: &str,
    ) -> Result<Response, Problem> {
        let again = request.try_clone();
        let (key, mut response) = self.send_with_key(request, address).await?;
        // A command's key may have run out since it was printed.
        if response.status() == StatusCode::UNAUTHORIZED
            && key.is_some_and(|key| self.key.refused(&key))
            && let Some(again) = again
        {
            (_, response) = self.send_with_key(again, address).await?;
        }
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let after = response.headers().get(RETRY_AFTER);
        let after = after.and_then(|after| after.to_str().ok().map(str::to_owned));
        let body = read(response, address).await.unwrap_or_default();
        Err(of_status(status, address, after.as_deref(), &body))
    }

    /// Sends a request, and returns the key that it was sent with and its answer.
    async fn send_with_key(
        &self,
        request: reqwest::RequestBuilder,
        address: &str,
    ) -> Result<(Option<HeaderValue>, Response), Problem> {
        let key = self.key.header().await;
        let key = key.map_err(|error| Problem::new(Remedy::Nothing, format!("{error:#}")))?;
        let request = match &key {
            Some(key) => request.header(AUTHORIZATION, key.clone()),
            None => request,
        };
        let again = request.try_clone();
        let response = match (request.send().await, again) {
            // A connection that was kept may have been closed by the other side meanwhile.
            (Err(error), Some(again)) if closed(&error) => again.send().await,
            (response, _) => response,
        };
        let response = response.map_err(|error| of_request(address, &error))?;
        Ok((key, response))
    }

    /// Asks for answers; `on` is told of what comes, as it comes. Dropping the future closes the
    /// connection, which ends the engine's work.
    pub(super) async fn ask(
        &self,
        facts: &Facts,
        body: &Value,
        on: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), Problem> {
        let path = match facts.api {
            Api::Completions => "completions",
            Api::Chat => "chat/completions",
        };
        let address = format!("{}/{path}", self.address);
        tracing::trace!(%body, "request");
        let request = self.client.post(&address).json(body);
        let request = request.header(ACCEPT, "text/event-stream, application/json");
        let response = self.send(request, &address).await?;
        let kind = response.headers().get(CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let is_stream = kind.starts_with("text/event-stream");
        reply(response.bytes_stream(), is_stream, &address, on).await
    }
}

/// Returns whether the connection ended before there was an answer.
fn closed(error: &reqwest::Error) -> bool {
    error.is_request() && !error.is_connect() && !error.is_timeout()
}

fn too_long(address: &str, most: usize) -> Problem {
    let what = format!("{address} answered with more than {most} bytes");
    Problem::new(Remedy::Nothing, what)
}

/// Returns the text of an answer, if it has a reasonable length.
async fn read(response: Response, address: &str) -> Result<String, Problem> {
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(bytes) = stream.next().await {
        let bytes = bytes.map_err(|error| of_request(address, &error))?;
        body.extend_from_slice(&bytes);
        if body.len() > MAX_ANSWER_BYTES {
            return Err(too_long(address, MAX_ANSWER_BYTES));
        }
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

fn names(models: &[String]) -> String {
    const MAX_NAMED: usize = 12;
    if models.is_empty() {
        return "no model".into();
    }
    let named: Vec<String> = models
        .iter()
        .take(MAX_NAMED)
        .map(|model| format!("`{}`", shown(model)))
        .collect();
    let more = models.len().saturating_sub(MAX_NAMED);
    let rest = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!("{}{rest}", named.join(", "))
}
