//! The prover that sends nothing before the user has agreed to it.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use unsorry_model::remote::EndpointSettings;
use unsorry_prover::{Ask, Proposal, Prover};

use crate::consent::Consent;

/// Makes a prover that asks these endpoints.
type Make = dyn Fn(Vec<EndpointSettings>) -> Result<Arc<dyn Prover>> + Send + Sync;

/// The prover that asks those endpoints that the user has agreed to, once they have.
#[derive(Clone)]
pub struct Consenting {
    consent: Consent,
    make: Arc<Make>,
    /// The last prover made, and the endpoints that it asks: it knows much of them.
    made: Arc<Mutex<Option<Made>>>,
}

type Made = (Vec<EndpointSettings>, Arc<dyn Prover>);

impl Consenting {
    /// Asks the provers that `make` makes, which is given only endpoints that the user has agreed to.
    pub fn new(
        consent: Consent,
        make: impl Fn(Vec<EndpointSettings>) -> Result<Arc<dyn Prover>> + Send + Sync + 'static,
    ) -> Consenting {
        Consenting {
            consent,
            make: Arc::new(make),
            made: Arc::default(),
        }
    }

    fn prover(&self, agreed: Vec<EndpointSettings>) -> Result<Arc<dyn Prover>> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, prover)) = made.as_ref().filter(|(who, _)| *who == agreed) {
            return Ok(prover.clone());
        }
        let prover = (self.make)(agreed.clone())?;
        *made = Some((agreed, prover.clone()));
        Ok(prover)
    }
}

impl Prover for Consenting {
    fn propose(&self, ask: &Ask) -> BoxStream<'static, Proposal> {
        let waiting = self.consent.is_awaited().then(|| {
            Proposal::Progress("waiting for you to say whether it may have your file's text".into())
        });
        let (this, ask) = (self.clone(), ask.clone());
        let proposals = async move {
            let agreed = this.consent.agreed_endpoints().await;
            if agreed.is_empty() {
                return stream::empty().boxed();
            }
            match this.prover(agreed) {
                Ok(prover) => prover.propose(&ask),
                Err(error) => stream::iter([Proposal::Failed(format!("{error:#}"))]).boxed(),
            }
        };
        stream::iter(waiting)
            .chain(stream::once(proposals).flatten())
            .boxed()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use unsorry_prover::{Candidate, Context, Goal, HoleKind};

    use super::*;

    const LAB: &str = "http://lab:8000/v1";
    const OWN: &str = "http://127.0.0.1:8000/v1";

    fn endpoints(all: &[(&str, &str)]) -> Vec<EndpointSettings> {
        let settings =
            |(name, url): &(&str, &str)| EndpointSettings::new((*name).into(), (*url).into());
        all.iter().map(settings).collect()
    }

    /// Proposes the names of the endpoints that it may ask.
    struct NamesEndpoints(Vec<EndpointSettings>);

    impl Prover for NamesEndpoints {
        fn propose(&self, _: &Ask) -> BoxStream<'static, Proposal> {
            let text = self.0.iter().map(|settings| settings.name.as_str());
            let text = text.collect::<Vec<_>>().join(" ");
            let engine = unsorry_prover::Engine::Remote(None);
            stream::iter([Proposal::Candidate(Candidate::new(text, engine))]).boxed()
        }
    }

    fn goal() -> Goal {
        let goals = ["⊢ 1 = 1".to_owned()];
        Goal::parse(HoleKind::Tactic, &goals, Vec::new(), Context::default()).expect("a goal")
    }

    fn consenting(consent: &Consent) -> Consenting {
        Consenting::new(consent.clone(), |agreed| {
            Ok(Arc::new(NamesEndpoints(agreed)))
        })
    }

    async fn candidates(mut stream: BoxStream<'static, Proposal>) -> Vec<String> {
        let mut texts = Vec::new();
        while let Some(proposal) = stream.next().await {
            if let Proposal::Candidate(candidate) = proposal {
                texts.push(candidate.text);
            }
        }
        texts
    }

    #[tokio::test]
    async fn nobody_is_asked_before_consent() {
        let all = endpoints(&[("lab", LAB), ("own", OWN)]);
        let consent = Consent::new(&all, None);
        let prover = consenting(&consent);
        let questions = consent.take_questions();
        let mut stream = prover.propose(&goal().into());
        assert!(matches!(stream.next().await, Some(Proposal::Progress(_))));
        assert!(stream.next().now_or_never().is_none());
        consent.answer(&questions[0], Some("Never"));
        assert!(stream.next().now_or_never().is_none());
        consent.answer(&questions[1], Some("Send"));
        assert_eq!(candidates(stream).await, ["own"]);
        assert_eq!(candidates(prover.propose(&goal().into())).await, ["own"]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_is_not_waited_for_long() {
        let consent = Consent::new(&endpoints(&[("lab", LAB)]), None);
        let prover = consenting(&consent);
        let question = consent.take_questions().remove(0);
        assert_eq!(candidates(prover.propose(&goal().into())).await, [""; 0]);
        assert!(!consent.is_awaited(), "waited for once");
        let next = candidates(prover.propose(&goal().into())).now_or_never();
        assert_eq!(next, Some(Vec::new()));
        consent.answer(&question, Some("Send"));
        assert_eq!(candidates(prover.propose(&goal().into())).await, ["lab"]);
    }
}
