use super::*;
use crate::check::checker::Checker;
use crate::lean::diagnostic::{Diagnostic, Range, Severity};
use crate::lean::elaboration::{Elaboration, Goals};
use crate::search::{Limits, Outcome, Search, Source, Strategy};
use crate::target::Target;
use crate::verify::Requirements;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;
use unsorry_prover::Mode;
use unsorry_prover::{Ask, Goal, HoleKind, Proposal, Prover};
use unsorry_syntax::{Outline, Position};

struct Proposes(Vec<String>);

impl Prover for Proposes {
    fn propose(&self, _: &Ask) -> BoxStream<'static, Proposal> {
        let candidate = |text: String| Proposal::Candidate(Candidate::new(text, Tactics));
        stream::iter(self.0.clone().into_iter().map(candidate)).boxed()
    }
}

fn memory(folder: &Path, lean: &str) -> Memory {
    let command = LeanCommand::parse(lean).expect("a command");
    Memory::new(folder.to_owned(), command, folder.to_owned(), no_limits())
}

/// The program that would contain Lean is another one.
fn no_limits() -> ContainerConfig {
    ContainerConfig {
        contained: false,
        ..ContainerConfig::default()
    }
}

fn baseline(goals: &str) -> Baseline {
    let rendered = [goals.to_owned()];
    let context = Context {
        before: "theorem t : p := ".into(),
        after: String::new(),
        declaration: 0,
    };
    let goal = Goal::parse(HoleKind::Term, &rendered, Vec::new(), context);
    Baseline {
        goal: goal.expect("a goal"),
        rendered: goals.to_owned(),
        reports_accomplished: true,
        axioms: crate::check::axioms::AxiomReport::Axioms(Vec::new()),
        statement: None,
        error_before: false,
        behind: crate::check::behind::Behind::default(),
    }
}

/// Keeps a proof by `engine`, as a search does once Lean has accepted it.
async fn keep(memory: &Memory, proof: &str, engine: &str) {
    let (key, lean) = memory.key(&baseline("⊢ p")).await.expect("a key");
    let now = SystemTime::now();
    let kept = Kept {
        proof: proof.to_owned(),
        goal: "⊢ p".into(),
        context: String::new(),
        hole: 0,
        kind: "term".into(),
        engine: engine.to_owned(),
        level: "lean-checked".into(),
        lean,
        imports: String::new(),
        found: now,
        used: now,
        hits: 0,
    };
    memory
        .with_store(move |store| store.keep(&key, std::slice::from_ref(&kept)))
        .await;
}

/// The proofs that are recalled for those engines.
async fn recalled(memory: &Memory, engines: &[Engine]) -> Vec<(String, Engine)> {
    let all = memory.recall(&baseline("⊢ p"), engines).await;
    all.into_iter().map(|one| (one.text, one.engine)).collect()
}

use unsorry_prover::Engine::{Local, Remote, Tactics};

#[tokio::test]
async fn who_found_it_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = memory(folder.path(), "echo");
    assert_eq!(recalled(&memory, &[Tactics]).await, []);
    keep(&memory, "one", "local").await;
    keep(&memory, "three", "oracle").await;
    assert_eq!(
        recalled(&memory, &[Tactics, Local(Some(Mode::Fast))]).await,
        [("one".into(), Local(None))]
    );
    assert_eq!(recalled(&memory, &[Tactics, Remote(None)]).await, []);
    // As another process sees it, and with another Lean.
    let other = self::memory(folder.path(), "echo");
    assert_eq!(recalled(&other, &[Local(None)]).await.len(), 1);
    let other = self::memory(folder.path(), "echo +another");
    assert_eq!(recalled(&other, &[Local(None)]).await, []);
    // Another goal.
    assert_eq!(memory.recall(&baseline("⊢ q"), &[]).await, []);
}

#[tokio::test]
async fn of_one_project() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = memory(folder.path(), "echo");
    keep(&memory, "one", "local").await;
    let manifest = folder.path().join("lake-manifest.json");
    let check = async |expected: usize| {
        assert_eq!(recalled(&memory, &[Local(None)]).await.len(), expected);
    };
    std::fs::write(&manifest, "{}").expect("written");
    check(1).await;
    std::fs::write(folder.path().join("lakefile.toml"), "").expect("written");
    check(0).await;
    keep(&memory, "two", "local").await;
    check(1).await;
    std::fs::write(&manifest, "{ }").expect("written");
    check(0).await;
}

#[tokio::test]
async fn a_damaged_file_is_moved_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(FILE), "no database").expect("written");
    let memory = memory(folder.path(), "echo");
    keep(&memory, "one", "local").await;
    assert_eq!(recalled(&memory, &[Local(None)]).await.len(), 1);
    assert!(remove_aside(folder.path()));
}

#[tokio::test]
async fn what_can_not_be_is_not_tried_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = async |place: &Path, lean: &str| {
        let memory = memory(folder.path(), lean);
        let memory = Memory::new(
            place.to_owned(),
            memory.0.command.clone(),
            place.to_owned(),
            no_limits(),
        );
        assert_eq!(recalled(&memory, &[Local(None)]).await, []);
        assert!(memory.0.off.load(Ordering::Relaxed), "{place:?} {lean}");
        assert_eq!(recalled(&memory, &[Local(None)]).await, []);
    };
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    check(&file.join("in a file"), "echo").await;
    check(folder.path(), "no-such-lean").await;
}

#[tokio::test]
async fn a_file_that_does_not_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = memory(folder.path(), "echo");
    memory.0.lean.set(Some("Lean".into())).expect("not set yet");
    let held = memory.0.clone();
    let (release, wait) = std::sync::mpsc::channel();
    let (tell, holding) = std::sync::mpsc::channel();
    let holder = std::thread::spawn(move || {
        let _held = held.store.lock().expect("no panic");
        tell.send(()).expect("heard");
        wait.recv().expect("told");
    });
    holding.recv().expect("held");
    let asked = async || {
        let begun = std::time::Instant::now();
        let work = |store: &mut Store| store.figures();
        (memory.with_store(work).await.is_some(), begun.elapsed())
    };
    let (answered, took) = asked().await;
    assert!(!answered && took >= STORE_TIMEOUT, "{took:?}");
    let (answered, took) = asked().await;
    assert!(!answered && took < STORE_TIMEOUT, "{took:?}");
    release.send(()).expect("heard");
    holder.join().expect("it ends");
    // The one that was not waited for may be at it still.
    let begun = std::time::Instant::now();
    while !asked().await.0 {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "it answers again"
        );
    }
}

/// The texts that Lean is asked about in a search whose one engine proposes these, until it accepts one of
/// those with the word `right`.
async fn asked(memory: &Memory, proposed: &[&str], right: &'static str) -> (Outcome, Vec<String>) {
    const SOURCE: &str = "theorem t : 1 = 1 := by\n  sorry\n";
    let (tell, mut told) = unbounded_channel();
    let checker = Checker::scripted(move |text| {
        let own = |line: &&str| !line.contains("sorry") && !line.contains("@_root_.ite");
        let lines = text.lines().filter(own);
        let tried = lines.filter_map(|line| line.strip_prefix("  "));
        let tried: Vec<&str> = tried.map(|line| line.trim_start_matches("· ")).collect();
        // The same in parentheses belongs to its confirmation; what is only to be read is not tried.
        let is_read = text.contains("trace.Elab.command");
        if !is_read && !tried.is_empty() && tried[0] != "(" {
            let _ = tell.send(tried.join(" "));
        }
        let mut diagnostics = Vec::new();
        let mut refused = false;
        for (line, text) in text.lines().enumerate() {
            let (severity, message) = if text.starts_with("#print axioms") {
                (Severity::Information, "'t' does not depend on any axioms")
            } else if text.contains("unsorry_passed") && !refused {
                (Severity::Error, "unsorry_passed")
            } else if own(&text) && text.starts_with("  ") && !matches!(text, "  (" | "  )") {
                refused = !text.contains(right);
                if !refused {
                    continue;
                }
                (Severity::Error, "no")
            } else {
                continue;
            };
            let at = Position {
                line: u32::try_from(line).unwrap_or_default(),
                character: 0,
            };
            diagnostics.push(Diagnostic {
                range: Range { start: at, end: at },
                full_range: None,
                severity,
                message: message.to_owned(),
                lean_tags: Vec::new(),
            });
        }
        Elaboration {
            diagnostics,
            took: Duration::ZERO,
            answers: vec![Goals {
                tactic: Some(vec!["⊢ 1 = 1".into()]),
                term: None,
            }],
        }
    });
    let search = Search {
        checker,
        requirements: Requirements::default(),
        sources: vec![Source {
            engine: Tactics,
            prover: Arc::new(Proposes(
                proposed.iter().map(|one| (*one).to_owned()).collect(),
            )),
        }],
        limits: Limits {
            batch: 2,
            ..Limits::default()
        },
        strategy: Strategy {
            refutes: false,
            ..Strategy::PROVE
        },
        memory: Some(memory.clone()),
    };
    let target = Target {
        uri: "file:///A.lean".into(),
        outline: Arc::new(Outline::of(SOURCE)),
        text: SOURCE.into(),
        hole: 0,
    };
    let (steps, _watched) = unbounded_channel();
    let outcome = search
        .prove(&target, Vec::new(), steps, &CancellationToken::new())
        .await;
    let mut asked = Vec::new();
    while let Ok(one) = told.try_recv() {
        asked.push(one);
    }
    (outcome.expect("a goal"), asked)
}

#[tokio::test]
async fn a_search_remembers() {
    let folder = tempfile::tempdir().expect("a folder");
    let memory = memory(folder.path(), "echo");
    let all = ["first", "second", "third"];
    let (_, tried) = asked(&memory, &all, "second").await;
    assert_eq!(tried, ["first second", "second", "second"]);
    let (outcome, tried) = asked(&memory, &all, "second").await;
    assert_eq!(tried, ["second", "second"]);
    assert_eq!((outcome.proposed, outcome.checked), (1, 1));
    assert_eq!(outcome.proofs[0].engine(), Tactics);
    // What is no proof any more costs one check, and is not tried again.
    let (outcome, tried) = asked(&memory, &all, "third").await;
    assert_eq!(tried[0], "second");
    assert_eq!(outcome.proofs[0].proof(), "third");
    let (_, tried) = asked(&memory, &all, "third").await;
    assert_eq!(tried, ["third", "third"]);
}

#[test]
fn what_stands_around_a_hole() {
    let check = |before: &str, declaration: &str, after: &str, expected: (&str, i64)| {
        let context = Context {
            before: format!("{before}{declaration}"),
            after: after.to_owned(),
            declaration: before.len(),
        };
        let (text, hole) = around(&context);
        assert_eq!((text.as_str(), hole), expected);
    };
    check("", "theorem t : p := ", "", ("theorem t : p := sorry", 17));
    check(
        "-- 𝕏\n\n",
        "def a := ⟨",
        "⟩",
        ("-- 𝕏\n\ndef a := ⟨sorry⟩", 16),
    );
    let line = "-- αααααααααααααααααα\n";
    let long = line.repeat(1000);
    let context = Context {
        before: format!("{long}example : p := "),
        after: " -- end".into(),
        declaration: long.len(),
    };
    let (text, hole) = around(&context);
    let lines = MAX_CONTEXT_BYTES / line.len();
    let expected = format!("{}example : p := sorry -- end", line.repeat(lines));
    assert_eq!(text, expected);
    let upto: String = text
        .chars()
        .take(usize::try_from(hole).expect("a place"))
        .collect();
    assert!(upto.ends_with("p := "));
}
