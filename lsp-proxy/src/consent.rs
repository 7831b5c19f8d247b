//! Whether a file's text may be sent to an engine elsewhere. The user is asked once an address, and
//! what they decide for good is kept in a [`file`].

pub mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use tokio::sync::watch;
use tokio::time::{Duration, Instant};
use unsorry_model::remote::EndpointSettings;

use file::{Decision, Decisions};

/// The time that a job waits for an answer when nothing else is left to try. A later answer counts for the
/// jobs after it.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The answer about an address in this session, as far as there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Nobody has asked yet.
    Unasked,
    /// The question is before the user, and a job waits for the answer until then.
    Pending(Instant),
    /// The user wants no sending in this session.
    NotNow,
    /// The user has decided for good.
    Decided(Decision),
}

/// A question for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The address that the text would go to.
    pub address: String,
    /// The user's names for the engines there.
    names: Vec<String>,
    in_clear: bool,
}

impl Question {
    /// The possible answers; any other counts as the second.
    pub const ANSWERS: [&str; 3] = ["Send", "Not now", "Never"];
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Question { address, names, .. } = self;
        match named(names, address) {
            Some(names) => write!(f, "unsorry can ask {names} ({address}) for proofs.")?,
            None => write!(f, "unsorry can ask {address} for proofs.")?,
        }
        f.write_str(" Your file's text would be sent there")?;
        if self.in_clear {
            f.write_str(", unencrypted")?;
        }
        f.write_str(".")
    }
}

/// Returns those of `names` that say more than the address.
fn named(names: &[String], address: &str) -> Option<String> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| !address.starts_with(name.trim_end_matches('/')))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// The user's consent in one session. Clones share it.
#[derive(Debug, Clone)]
pub struct Consent {
    /// The endpoints with their addresses.
    endpoints: Arc<[(String, EndpointSettings)]>,
    file: Option<Arc<Path>>,
    /// The answers, by address.
    answers: Arc<watch::Sender<BTreeMap<String, Answer>>>,
}

impl Consent {
    /// Begins a session that may ask for `endpoints`; `file` has what was decided before.
    pub fn new(endpoints: &[EndpointSettings], file: Option<PathBuf>) -> Consent {
        // What has no address is never sent anything.
        let endpoints: Arc<[(String, EndpointSettings)]> = endpoints
            .iter()
            .filter_map(|settings| Some((settings.address().ok()?, settings.clone())))
            .collect();
        let decisions = match &file {
            Some(file) if !endpoints.is_empty() => file::load(file),
            _ => Decisions::new(),
        };
        let answers = endpoints.iter().map(|(address, _)| {
            let decision = decisions.get(address).copied();
            let answer = decision.map_or(Answer::Unasked, Answer::Decided);
            (address.clone(), answer)
        });
        Consent {
            answers: Arc::new(watch::Sender::new(answers.collect())),
            endpoints,
            file: file.map(Arc::from),
        }
    }

    /// Returns a session without endpoints, which asks nothing.
    pub fn none() -> Consent {
        Consent::new(&[], None)
    }

    /// Takes the questions that are to be asked now. Each is returned once: whoever takes it asks it.
    pub fn take_questions(&self) -> Vec<Question> {
        let mut taken: Vec<Question> = Vec::new();
        let until = Instant::now() + ANSWER_TIMEOUT;
        self.answers.send_if_modified(|answers| {
            for (address, settings) in self.endpoints.iter() {
                if let Some(question) = taken.iter_mut().find(|q| q.address == *address) {
                    question.names.push(settings.name.clone());
                } else if let Some(answer @ Answer::Unasked) = answers.get_mut(address) {
                    *answer = Answer::Pending(until);
                    taken.push(Question {
                        address: address.clone(),
                        names: vec![settings.name.clone()],
                        in_clear: settings.is_in_clear(),
                    });
                }
            }
            !taken.is_empty()
        });
        taken
    }

    /// Looks up what the user has decided in another session meanwhile. Reads the file.
    pub fn decided_elsewhere(&self, question: &Question) -> Option<Decision> {
        file::load(self.file.as_ref()?)
            .get(&question.address)
            .copied()
    }

    /// Takes one of [`Question::ANSWERS`], or that there was none. Returns the decision that is to be
    /// [recorded](Consent::record), if it is one.
    pub fn answer(&self, question: &Question, answer: Option<&str>) -> Option<Decision> {
        let [send, _, never] = Question::ANSWERS;
        let decision = match answer {
            Some(answer) if answer == send => Some(Decision::Send),
            Some(answer) if answer == never => Some(Decision::Never),
            _ => None,
        };
        self.set(question, decision.map_or(Answer::NotNow, Answer::Decided));
        decision
    }

    /// Takes over a decision of another session.
    pub fn adopt(&self, question: &Question, decision: Decision) {
        self.set(question, Answer::Decided(decision));
    }

    fn set(&self, question: &Question, answer: Answer) {
        self.answers.send_modify(|answers| {
            answers.insert(question.address.clone(), answer);
        });
    }

    /// Writes a decision into the file, for later sessions.
    ///
    /// # Errors
    /// When it can't be written: the next session asks again.
    pub fn record(&self, question: &Question, decision: Decision) -> Result<()> {
        let file = self.file.as_ref();
        let file = file.context("there is no home folder to keep it in")?;
        file::record(file, &question.address, decision)
    }

    /// Returns until when an answer is waited for, if nobody may be asked for proofs before it.
    fn waits_until(&self) -> Option<Instant> {
        let answers = self.answers.borrow();
        let agreed = |answer: &Answer| *answer == Answer::Decided(Decision::Send);
        if answers.values().any(agreed) {
            return None;
        }
        let pending = answers.values().filter_map(|answer| match answer {
            Answer::Pending(until) => Some(*until),
            _ => None,
        });
        pending.max().filter(|until| *until > Instant::now())
    }

    /// Returns whether an answer is waited for, and nobody may be asked for proofs before it.
    pub fn is_awaited(&self) -> bool {
        self.waits_until().is_some()
    }

    /// Waits as long as an answer is waited for; then returns the endpoints that may be asked.
    pub async fn agreed_endpoints(&self) -> Vec<EndpointSettings> {
        let mut watched = self.answers.subscribe();
        while let Some(until) = self.waits_until() {
            tokio::select! {
                changed = watched.changed() => if changed.is_err() { break },
                () = tokio::time::sleep_until(until) => break,
            }
        }
        let answers = self.answers.borrow();
        let agreed = |(address, _): &&(String, EndpointSettings)| {
            answers.get(address) == Some(&Answer::Decided(Decision::Send))
        };
        let agreed = self.endpoints.iter().filter(agreed);
        agreed.map(|(_, settings)| settings.clone()).collect()
    }

    /// Words which endpoints were left out and why, to be put after a sentence.
    pub fn note(&self) -> String {
        let answers = self.answers.borrow();
        let left_out = self.endpoints.iter().filter_map(|(address, settings)| {
            let why = match answers.get(address)? {
                Answer::Decided(Decision::Send) => return None,
                Answer::Decided(Decision::Never) => {
                    "you have said never, and `unsorry doctor` how to change that"
                }
                Answer::NotNow => "not in this session",
                Answer::Unasked | Answer::Pending(_) => "you have not said yet that it may be",
            };
            Some(format!("; {} was not asked: {why}", settings.name))
        });
        left_out.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    const LAB: &str = "http://lab:8000/v1";
    const OWN: &str = "http://127.0.0.1:8000/v1";

    fn endpoints(all: &[(&str, &str)]) -> Vec<EndpointSettings> {
        let settings =
            |(name, url): &(&str, &str)| EndpointSettings::new((*name).into(), (*url).into());
        all.iter().map(settings).collect()
    }

    #[test]
    fn what_is_recorded_is_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state/consent.toml");
        let all = endpoints(&[("lab", LAB), ("own", OWN)]);
        let consent = || Consent::new(&all, Some(file.clone()));
        let first = consent();
        let questions = first.take_questions();
        assert_eq!(questions.len(), 2);
        assert_eq!(first.decided_elsewhere(&questions[0]), None);
        for (question, decision) in questions.iter().zip([Decision::Send, Decision::Never]) {
            first.record(question, decision).expect("written");
        }
        assert_eq!(
            first.decided_elsewhere(&questions[1]),
            Some(Decision::Never)
        );
        let second = consent();
        assert_eq!(second.take_questions(), []);
        let agreed = second
            .agreed_endpoints()
            .now_or_never()
            .expect("no waiting");
        assert_eq!(agreed, all[..1]);
        assert!(
            second
                .note()
                .starts_with("; own was not asked: you have said never")
        );

        std::fs::write(&file, "\"").expect("written");
        assert_eq!(consent().take_questions().len(), 2);
        first
            .record(&questions[0], Decision::Send)
            .expect("written anew");
        assert_eq!(consent().take_questions().len(), 1);
    }

    #[test]
    fn questions() {
        let all = [
            ("lab", LAB),
            ("a", "https://a/v1/"),
            ("again", LAB),
            (OWN, OWN),
        ];
        let consent = Consent::new(&endpoints(&all), None);
        let questions: Vec<String> = consent
            .take_questions()
            .iter()
            .map(ToString::to_string)
            .collect();
        let expected = [
            "unsorry can ask lab, again (http://lab:8000/v1) for proofs. Your file's text would be sent there, unencrypted.",
            "unsorry can ask a (https://a/v1) for proofs. Your file's text would be sent there.",
            "unsorry can ask http://127.0.0.1:8000/v1 for proofs. Your file's text would be sent there.",
        ];
        assert_eq!(questions, expected);
        assert_eq!(consent.take_questions(), [], "asked once");
        assert_eq!(Consent::none().take_questions(), []);
    }

    #[test]
    fn answers() {
        let check = |answer: Option<&str>, decision: Option<Decision>, asked: bool| {
            let consent = Consent::new(&endpoints(&[("lab", LAB)]), None);
            let question = consent.take_questions().remove(0);
            assert!(consent.is_awaited());
            assert_eq!(consent.answer(&question, answer), decision);
            assert!(!consent.is_awaited());
            let agreed = consent
                .agreed_endpoints()
                .now_or_never()
                .expect("no waiting");
            assert_eq!(!agreed.is_empty(), asked, "{answer:?}");
            assert_eq!(consent.note().is_empty(), asked);
            assert_eq!(consent.take_questions(), [], "asked once");
        };
        check(Some("Send"), Some(Decision::Send), true);
        check(Some("Never"), Some(Decision::Never), false);
        check(Some("Not now"), None, false);
        check(Some("send "), None, false);
        check(None, None, false);
    }
}
