//! Provers on other machines, behind the API that vLLM, SGLang, llama.cpp, Ollama, Xinference and MLX
//! share with OpenAI (<https://platform.openai.com/docs/api-reference/completions>).
//!
//! Several endpoints are one prover: whichever is least busy is asked, and what one of them fails to
//! answer another is asked for.

mod body;
mod endpoint;
mod engine_kind;
mod fields;
mod job;
mod key;
mod problem;
#[cfg(not(fuzzing))]
mod reply;
#[cfg(fuzzing)]
pub mod reply;
mod server;
mod settings;
mod template;
#[cfg(test)]
mod tests;
mod timing;

pub use engine_kind::EngineKind;
pub use fields::{Field, Fields};
pub use key::{KeyCommand, KeySource};
pub use server::{Api, Facts};
pub use settings::{EndpointSettings, Price, Template};

use std::sync::Arc;

use anyhow::Result;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;

use endpoint::Pool;
use timing::Timing;
use unsorry_prover::{Ask, Proposal, Prover};

/// The prover. Clones share what is known of the endpoints.
#[derive(Debug, Clone)]
pub struct Remote {
    pool: Arc<Pool>,
}

impl Remote {
    /// Returns a prover that asks nobody until it is asked.
    ///
    /// # Errors
    /// When an address or a setting is unusable, or the system's certificates can't be read.
    pub fn new(endpoints: Vec<EndpointSettings>) -> Result<Remote> {
        Remote::with_timing(endpoints, Timing::default())
    }

    fn with_timing(endpoints: Vec<EndpointSettings>, timing: Timing) -> Result<Remote> {
        Ok(Remote {
            pool: Arc::new(Pool::new(endpoints, timing)?),
        })
    }

    /// Returns what each endpoint says of itself, or what is wrong with it, in the order of the settings.
    pub async fn facts(&self) -> Vec<(&EndpointSettings, Result<Arc<Facts>, String>)> {
        let asked = self.pool.endpoints.iter().map(|endpoint| async move {
            let facts = endpoint.facts().await;
            (
                &endpoint.server.settings,
                facts.map_err(|problem| problem.to_string()),
            )
        });
        futures_util::future::join_all(asked).await
    }
}

impl Prover for Remote {
    fn propose(&self, ask: &Ask) -> BoxStream<'static, Proposal> {
        job::propose(self.pool.clone(), ask.clone()).boxed()
    }
}
