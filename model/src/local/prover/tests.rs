//! Tests with the pocket prover (`tests/pocket`), and with files that are something else.

use std::path::{Path, PathBuf};

use futures_executor::block_on;

use super::*;
use unsorry_prover::{Context, GenerationParams, Goal, HoleKind, Meter};

fn pocket(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/pocket")
        .join(name)
}

fn settings(model: PathBuf) -> LocalSettings {
    LocalSettings {
        tokenizer: Some(pocket("tokenizer.json")),
        generation: generation(),
        threads: Some(1),
        ..LocalSettings::new(model)
    }
}

fn generation() -> GenerationParams {
    GenerationParams {
        seed: Some(1),
        candidates: 8,
        ..GenerationParams::default()
    }
}

fn goal() -> Goal {
    let before = "theorem pick (p q r : Prop) (h1 : p) (h2 : q) (h3 : r) : q := by\n  ";
    let context = Context {
        before: before.into(),
        declaration: 0,
        after: "\n".into(),
    };
    let shown = "p q r : Prop\nh1 : p\nh2 : q\nh3 : r\n⊢ q".to_owned();
    Goal::parse(HoleKind::Tactic, &[shown], Vec::new(), context).expect("a goal")
}

fn all(prover: &Local) -> Vec<Proposal> {
    block_on(prover.propose(&goal().into()).collect())
}

fn candidates(proposals: &[Proposal]) -> Vec<&str> {
    let texts = proposals.iter().filter_map(|proposal| match proposal {
        Proposal::Candidate(candidate) => Some(&*candidate.text),
        _ => None,
    });
    texts.collect()
}

/// Returns what an ask with these settings fails with.
fn failure(settings: LocalSettings) -> String {
    let proposals = all(&Local::new(settings));
    match proposals.last() {
        Some(Proposal::Failed(why)) => why.clone(),
        other => panic!("it has not failed: {other:?}"),
    }
}

#[test]
fn it_writes_different_candidates_and_the_same_ones_for_a_seed() {
    let prover = Local::new(settings(pocket("pocket.gguf")));
    let first = all(&prover);
    assert!(matches!(&first[0], Proposal::Progress(what) if what.contains("loading pocket.gguf")));
    let texts = candidates(&first);
    assert!(texts.contains(&"exact h2"), "{texts:?}");
    let mut sorted = texts.clone();
    sorted.sort();
    let mut distinct = sorted.clone();
    distinct.dedup();
    assert!(distinct.len() > 2, "{texts:?}");
    let ask = Ask {
        meter: Meter::new(Some(7), None).into(),
        ..Ask::from(goal())
    };
    let few: Vec<Proposal> = block_on(prover.propose(&ask).collect());
    assert!(candidates(&few).len() < texts.len(), "{few:?}");
    // Those that are written together have a token each before they are asked to stop.
    assert!(
        (7..20).contains(&ask.meter.spent().tokens),
        "{:?}",
        ask.meter
    );

    // The model is there now.
    let again = all(&prover);
    let loading = |one: &Proposal| matches!(one, Proposal::Progress(what) if what.contains("load"));
    assert!(!again.iter().any(loading));
    assert_eq!(candidates(&again), texts);
    let alone = LocalSettings {
        batch: 1,
        ..settings(pocket("pocket.gguf"))
    };
    // Written one after the other they are complete in another order.
    let alone = all(&Local::new(alone));
    let mut alone = candidates(&alone);
    alone.sort();
    assert_eq!(alone, sorted);
}

#[test]
fn a_stream_that_is_dropped_ends_its_work_and_not_the_next() {
    let endless = LocalSettings {
        generation: GenerationParams {
            candidates: 1_000_000,
            ..generation()
        },
        ..settings(pocket("pocket.gguf"))
    };
    let prover = Local::new(endless);
    for _ in 0..3 {
        let mut stream = prover.propose(&goal().into());
        let found = block_on(async {
            loop {
                match stream.next().await {
                    Some(Proposal::Candidate(candidate)) => break candidate,
                    Some(_) => {}
                    None => panic!("it ended by itself"),
                }
            }
        });
        assert_eq!(found.engine, unsorry_prover::Engine::Local(None));
    }
}

#[test]
fn an_unused_model_is_unloaded() {
    let settings = settings(pocket("pocket.gguf"));
    let asked = || {
        let (proposals, receiver) = unbounded();
        let ask = goal().into();
        (QueuedAsk { ask, proposals }, receiver)
    };
    let ((first, first_proposals), (second, second_proposals)) = (asked(), asked());
    let (idle, closed) = (RecvTimeoutError::Timeout, RecvTimeoutError::Disconnected);
    let mut script = [Ok(first), Err(idle), Ok(second), Err(closed)].into_iter();
    let mut loaded = Vec::new();
    serve(&settings, &mut |is_loaded| {
        loaded.push(is_loaded);
        script.next().expect("it ends when the queue is closed")
    });
    assert_eq!(loaded, [false, true, false, true]);
    for proposals in [first_proposals, second_proposals] {
        let first = block_on(proposals.into_future()).0;
        assert!(matches!(first, Some(Proposal::Progress(what)) if what.contains("loading")));
    }
}

#[test]
fn only_a_loaded_model_can_be_idle() {
    let (sender, queue) = mpsc::channel();
    let settings = LocalSettings {
        idle: std::time::Duration::ZERO,
        ..settings(pocket("pocket.gguf"))
    };
    let idle = wait(&settings, &queue, true).err();
    assert_eq!(idle, Some(RecvTimeoutError::Timeout));
    drop(sender);
    for loaded in [false, true] {
        let closed = wait(&settings, &queue, loaded).err();
        assert_eq!(closed, Some(RecvTimeoutError::Disconnected));
    }
}

#[test]
fn an_endless_answer_is_cut_short() {
    let short = LocalSettings {
        generation: GenerationParams {
            max_tokens: Some(1),
            ..generation()
        },
        ..settings(pocket("pocket.gguf"))
    };
    assert!(candidates(&all(&Local::new(short))).is_empty());
}

#[test]
fn files_that_are_no_model_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.gguf");
    let why = failure(settings(path.clone()));
    assert!(why.contains("model.gguf"), "{why}");

    let bytes = std::fs::read(pocket("pocket.gguf")).expect("the model");
    std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("written");
    let why = failure(settings(path.clone()));
    assert!(why.contains("model.gguf"), "{why}");

    // Once it is whole, the same prover works.
    let prover = Local::new(settings(path.clone()));
    assert!(matches!(all(&prover).last(), Some(Proposal::Failed(_))));
    std::fs::write(&path, &bytes).expect("written");
    assert!(!candidates(&all(&prover)).is_empty());

    let why = failure(LocalSettings {
        tokenizer: Some(folder.path().join("none.json")),
        ..settings(path)
    });
    assert!(why.contains("none.json"), "{why}");
}

#[test]
fn a_file_that_goes_away_while_it_is_read_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.gguf");
    std::fs::copy(pocket("pocket.gguf"), &path).expect("copied");
    let mut times = 0;
    let result = LoadedModel::load(&settings(path.clone()), &mut |_| {
        times += 1;
        let file = std::fs::OpenOptions::new().write(true).open(&path);
        file.and_then(|file| file.set_len(70_000)).expect("cut");
    });
    let error = result.err().expect("an error");
    assert!(format!("{error:#}").contains("model.gguf"), "{error:#}");
    assert!(times > 0);
}

#[test]
fn numbers_that_are_none_are_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.gguf");
    let mut bytes = std::fs::read(pocket("pocket.gguf")).expect("the model");
    // The last tensor's data: whatever it is, NaN in it comes to the logits.
    let end = bytes.len() - 40_000;
    bytes[end..].fill(0xff);
    std::fs::write(&path, bytes).expect("written");
    let why = failure(settings(path));
    assert!(why.contains("not a number"), "{why}");
}

#[test]
fn a_declaration_that_does_not_fit_is_an_error() {
    let why = failure(LocalSettings {
        context: Some(64),
        ..settings(pocket("pocket.gguf"))
    });
    assert!(why.contains("context"), "{why}");
}
