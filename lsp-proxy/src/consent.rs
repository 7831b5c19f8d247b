//! Whether a file's text may be sent to an engine elsewhere. The user is asked once an address, and
//! what they said for good is kept in a file of the state folder.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::watch;
use tokio::time::{Duration, Instant};
use unsorry_model::remote::Settings;
use unsorry_prover::{Ask, Proposal, Prover};

use crate::config;

/// The file's name.
const FILE: &str = "consent.toml";

/// How long a job waits for an answer when nothing else is left to try. A later one counts for the
/// jobs after it.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the user has said for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// The text may be sent.
    Send,
    /// It may not, and we are not to ask again.
    Never,
}

/// What was said, by address.
pub type Kept = BTreeMap<String, Said>;

/// Where it is kept.
pub fn file() -> Option<PathBuf> {
    Some(config::state_folder()?.join(FILE))
}

/// What the file at `path` says; a broken one, or none, says nothing.
pub fn load(path: &Path) -> Kept {
    std::fs::read_to_string(path).map_or_else(|_| Kept::new(), |text| read(&text))
}

/// What a file's `text` says: `"address" = "send"` or `"never"`, one a line. Anything unclear is no
/// consent.
fn read(text: &str) -> Kept {
    let table: toml::Table = toml::from_str(text).unwrap_or_default();
    let said = |value: &toml::Value| match value.as_str()? {
        "send" => Some(Said::Send),
        "never" => Some(Said::Never),
        _ => None,
    };
    table
        .into_iter()
        .filter_map(|(address, value)| Some((address, said(&value)?)))
        .collect()
}

/// The text of a file that says `kept`.
fn written(kept: &Kept) -> String {
    let said = |said: &Said| match said {
        Said::Send => "send",
        Said::Never => "never",
    };
    let line = |(address, what): (&String, &Said)| (address.clone(), said(what).into());
    let table: toml::Table = kept.iter().map(line).collect();
    format!(
        "# Where unsorry may send the text of your files: \"send\" or \"never\". Without its line, you are asked.\n{table}"
    )
}

/// Adds to the file at `path`, which is there whole, as it was or as it is to be.
fn keep(path: &Path, address: &str, said: Said) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut kept = load(path);
    kept.insert(address.to_owned(), said);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(written(&kept).as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)
        .with_context(|| format!("can't write {}", path.display()))?;
    Ok(())
}

/// How it stands with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nobody has asked yet.
    Unasked,
    /// The question is before the user; until then it is waited for.
    Asked(Instant),
    /// Not in this session.
    NotNow,
    /// For good.
    Said(Said),
}

/// A question for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Where the text would go.
    pub address: String,
    /// What the user calls what is there.
    names: Vec<String>,
    in_clear: bool,
}

impl Question {
    /// The answers that it has; any other means [`Question::ANSWERS`]' second.
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

/// The names that say more than the address.
fn named(names: &[String], address: &str) -> Option<String> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let names: Vec<&str> = names
        .into_iter()
        .filter(|name| !address.starts_with(name.trim_end_matches('/')))
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Who may be sent what, in one session. Clones share it.
#[derive(Debug, Clone)]
pub struct Consent {
    /// With their addresses.
    endpoints: Arc<[(String, Settings)]>,
    file: Option<Arc<Path>>,
    patience: Duration,
    standings: Arc<watch::Sender<BTreeMap<String, Standing>>>,
}

impl Consent {
    /// Of `endpoints`, as far as `file` says.
    pub fn new(endpoints: &[Settings], file: Option<PathBuf>) -> Consent {
        // What has no address is never sent anything.
        let endpoints: Arc<[(String, Settings)]> = endpoints
            .iter()
            .filter_map(|settings| Some((settings.address().ok()?, settings.clone())))
            .collect();
        let kept = match &file {
            Some(file) if !endpoints.is_empty() => load(file),
            _ => Kept::new(),
        };
        let standings = endpoints.iter().map(|(address, _)| {
            let said = kept.get(address).copied();
            (
                address.clone(),
                said.map_or(Standing::Unasked, Standing::Said),
            )
        });
        Consent {
            standings: Arc::new(watch::Sender::new(standings.collect())),
            endpoints,
            file: file.map(Arc::from),
            patience: PATIENCE,
        }
    }

    /// Of nobody.
    pub fn none() -> Consent {
        Consent::new(&[], None)
    }

    /// What is to be asked now. Whoever takes a question asks it: it is told once.
    pub fn questions(&self) -> Vec<Question> {
        let mut taken: Vec<Question> = Vec::new();
        let until = Instant::now() + self.patience;
        self.standings.send_if_modified(|standings| {
            for (address, settings) in self.endpoints.iter() {
                if let Some(question) = taken.iter_mut().find(|q| q.address == *address) {
                    question.names.push(settings.name.clone());
                } else if let Some(standing @ Standing::Unasked) = standings.get_mut(address) {
                    *standing = Standing::Asked(until);
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

    /// What another session has been told meanwhile. Reads the file.
    pub fn said_elsewhere(&self, question: &Question) -> Option<Said> {
        load(self.file.as_ref()?).get(&question.address).copied()
    }

    /// The user has answered `question` with one of [`Question::ANSWERS`], or not at all. Gives what
    /// is to be kept.
    pub fn answered(&self, question: &Question, answer: Option<&str>) -> Option<Said> {
        let [send, _, never] = Question::ANSWERS;
        let said = match answer {
            Some(answer) if answer == send => Some(Said::Send),
            Some(answer) if answer == never => Some(Said::Never),
            _ => None,
        };
        self.settle(question, said.map_or(Standing::NotNow, Standing::Said));
        said
    }

    /// It was said in another session.
    pub fn learnt(&self, question: &Question, said: Said) {
        self.settle(question, Standing::Said(said));
    }

    fn settle(&self, question: &Question, standing: Standing) {
        self.standings.send_modify(|standings| {
            standings.insert(question.address.clone(), standing);
        });
    }

    /// Keeps what was said. Writes the file.
    ///
    /// # Errors
    /// When it can't be written: the next session asks again.
    pub fn keep(&self, question: &Question, said: Said) -> Result<()> {
        let file = self.file.as_ref();
        let file = file.context("there is no home folder to keep it in")?;
        keep(file, &question.address, said)
    }

    /// Until when an answer is waited for, if nobody may be asked for proofs before it.
    fn waits_until(&self) -> Option<Instant> {
        let standings = self.standings.borrow();
        let agreed = |standing: &Standing| *standing == Standing::Said(Said::Send);
        if standings.values().any(agreed) {
            return None;
        }
        let asked = standings.values().filter_map(|standing| match standing {
            Standing::Asked(until) => Some(*until),
            _ => None,
        });
        asked.max().filter(|until| *until > Instant::now())
    }

    /// Whether an answer is waited for, and nobody may be asked for proofs before it.
    pub fn is_awaited(&self) -> bool {
        self.waits_until().is_some()
    }

    /// Waits as long as an answer is waited for; then, who may be asked.
    async fn agreed(&self) -> Vec<Settings> {
        let mut watched = self.standings.subscribe();
        while let Some(until) = self.waits_until() {
            tokio::select! {
                changed = watched.changed() => if changed.is_err() { break },
                () = tokio::time::sleep_until(until) => break,
            }
        }
        let standings = self.standings.borrow();
        let agreed = |(address, _): &&(String, Settings)| {
            standings.get(address) == Some(&Standing::Said(Said::Send))
        };
        let agreed = self.endpoints.iter().filter(agreed);
        agreed.map(|(_, settings)| settings.clone()).collect()
    }

    /// Who was left out and why, to be put after a sentence.
    pub fn note(&self) -> String {
        let standings = self.standings.borrow();
        let left_out = self.endpoints.iter().filter_map(|(address, settings)| {
            let why = match standings.get(address)? {
                Standing::Said(Said::Send) => return None,
                Standing::Said(Said::Never) => {
                    "you have said never, and `unsorry doctor` how to change that"
                }
                Standing::NotNow => "not in this session",
                Standing::Unasked | Standing::Asked(_) => "you have not said yet that it may be",
            };
            Some(format!("; {} was not asked: {why}", settings.name))
        });
        left_out.collect()
    }
}

/// Makes a prover of endpoints.
type Make = dyn Fn(Vec<Settings>) -> Result<Arc<dyn Prover>> + Send + Sync;

/// A prover of those endpoints that the user has agreed to, once they have.
#[derive(Clone)]
pub struct Consenting {
    consent: Consent,
    make: Arc<Make>,
    /// The last one, and whom it asks: it knows much of them.
    made: Arc<Mutex<Option<Made>>>,
}

type Made = (Vec<Settings>, Arc<dyn Prover>);

impl Consenting {
    /// With provers that `make` makes. Only those that the user has agreed to come to it.
    pub fn new(
        consent: Consent,
        make: impl Fn(Vec<Settings>) -> Result<Arc<dyn Prover>> + Send + Sync + 'static,
    ) -> Consenting {
        Consenting {
            consent,
            make: Arc::new(make),
            made: Arc::default(),
        }
    }

    fn prover(&self, agreed: Vec<Settings>) -> Result<Arc<dyn Prover>> {
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
            let agreed = this.consent.agreed().await;
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
    use super::*;
    use futures_util::FutureExt;
    use unsorry_prover::{Candidate, Context, Goal, HoleKind};

    const LAB: &str = "http://lab:8000/v1";
    const OWN: &str = "http://127.0.0.1:8000/v1";

    fn endpoints(all: &[(&str, &str)]) -> Vec<Settings> {
        let settings = |(name, url): &(&str, &str)| Settings::new((*name).into(), (*url).into());
        all.iter().map(settings).collect()
    }

    #[test]
    fn the_file() {
        let kept = Kept::from([
            (LAB.to_owned(), Said::Never),
            ("https://a/\"v1\"\n".to_owned(), Said::Send),
        ]);
        assert_eq!(read(&written(&kept)), kept);
        let check = |text: &str, expected: &[(&str, Said)]| {
            let expected = expected
                .iter()
                .map(|(address, said)| ((*address).into(), *said));
            assert_eq!(read(text), expected.collect(), "{text}");
        };
        check("", &[]);
        check("\"a\" = \"send\"\n\"b", &[]);
        check(
            "a = 'send'\nb = 'never'",
            &[("a", Said::Send), ("b", Said::Never)],
        );
        check("a = 'Send'\nb = true\n[c]\nd = 'send'", &[]);
    }

    #[test]
    fn what_is_kept_is_found_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("state/consent.toml");
        let all = endpoints(&[("lab", LAB), ("own", OWN)]);
        let consent = || Consent::new(&all, Some(file.clone()));
        let first = consent();
        let questions = first.questions();
        assert_eq!(questions.len(), 2);
        assert_eq!(first.said_elsewhere(&questions[0]), None);
        for (question, said) in questions.iter().zip([Said::Send, Said::Never]) {
            first.keep(question, said).expect("written");
        }
        assert_eq!(first.said_elsewhere(&questions[1]), Some(Said::Never));
        let second = consent();
        assert_eq!(second.questions(), []);
        let agreed = second.agreed().now_or_never().expect("no waiting");
        assert_eq!(agreed, all[..1]);
        assert!(
            second
                .note()
                .starts_with("; own was not asked: you have said never")
        );

        std::fs::write(&file, "\"").expect("written");
        assert_eq!(consent().questions().len(), 2);
        first.keep(&questions[0], Said::Send).expect("written anew");
        assert_eq!(consent().questions().len(), 1);
    }

    #[test]
    fn whom_to_ask() {
        let all = [
            ("lab", LAB),
            ("a", "https://a/v1/"),
            ("again", LAB),
            (OWN, OWN),
        ];
        let consent = Consent::new(&endpoints(&all), None);
        let questions: Vec<String> = consent
            .questions()
            .iter()
            .map(ToString::to_string)
            .collect();
        let expected = [
            "unsorry can ask lab, again (http://lab:8000/v1) for proofs. Your file's text would be sent there, unencrypted.",
            "unsorry can ask a (https://a/v1) for proofs. Your file's text would be sent there.",
            "unsorry can ask http://127.0.0.1:8000/v1 for proofs. Your file's text would be sent there.",
        ];
        assert_eq!(questions, expected);
        assert_eq!(consent.questions(), [], "asked once");
        assert_eq!(Consent::none().questions(), []);
    }

    #[test]
    fn answers() {
        let check = |answer: Option<&str>, said: Option<Said>, asked: bool| {
            let consent = Consent::new(&endpoints(&[("lab", LAB)]), None);
            let question = consent.questions().remove(0);
            assert!(consent.is_awaited());
            assert_eq!(consent.answered(&question, answer), said);
            assert!(!consent.is_awaited());
            let agreed = consent.agreed().now_or_never().expect("no waiting");
            assert_eq!(!agreed.is_empty(), asked, "{answer:?}");
            assert_eq!(consent.note().is_empty(), asked);
            assert_eq!(consent.questions(), [], "asked once");
        };
        check(Some("Send"), Some(Said::Send), true);
        check(Some("Never"), Some(Said::Never), false);
        check(Some("Not now"), None, false);
        check(Some("send "), None, false);
        check(None, None, false);
    }

    /// Proposes whom it may ask.
    struct Tells(Vec<Settings>);

    impl Prover for Tells {
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
        Consenting::new(consent.clone(), |agreed| Ok(Arc::new(Tells(agreed))))
    }

    async fn told(mut stream: BoxStream<'static, Proposal>) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(proposal) = stream.next().await {
            if let Proposal::Candidate(candidate) = proposal {
                told.push(candidate.text);
            }
        }
        told
    }

    #[tokio::test]
    async fn nobody_is_asked_before_consent() {
        let all = endpoints(&[("lab", LAB), ("own", OWN)]);
        let consent = Consent::new(&all, None);
        let prover = consenting(&consent);
        let questions = consent.questions();
        let mut stream = prover.propose(&goal().into());
        assert!(matches!(stream.next().await, Some(Proposal::Progress(_))));
        assert!(stream.next().now_or_never().is_none());
        consent.answered(&questions[0], Some("Never"));
        assert!(stream.next().now_or_never().is_none());
        consent.answered(&questions[1], Some("Send"));
        assert_eq!(told(stream).await, ["own"]);
        assert_eq!(told(prover.propose(&goal().into())).await, ["own"]);
    }

    #[tokio::test]
    async fn an_answer_is_not_waited_for_long() {
        let consent = Consent {
            patience: Duration::from_millis(50),
            ..Consent::new(&endpoints(&[("lab", LAB)]), None)
        };
        let prover = consenting(&consent);
        let question = consent.questions().remove(0);
        assert_eq!(told(prover.propose(&goal().into())).await, [""; 0]);
        assert!(!consent.is_awaited(), "waited for once");
        let next = told(prover.propose(&goal().into())).now_or_never();
        assert_eq!(next, Some(Vec::new()));
        consent.answered(&question, Some("Send"));
        assert_eq!(told(prover.propose(&goal().into())).await, ["lab"]);
    }
}
