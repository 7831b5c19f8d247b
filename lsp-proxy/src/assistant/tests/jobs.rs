//! Jobs: how they are told of, stopped and ended.

use std::time::Duration;

use expect_test::expect;
use serde_json::{Value, json};
use unsorry_prover::Proposal;

use super::editor::{Editor, MAIN, settings};
use super::prover::{Scripted, candidate};

const TEXT: &str = "theorem t : easy := by\n  sorry\n";

/// Renders the progress displays, a line for each thing that was told.
fn told(editor: &mut Editor) -> String {
    let progress = std::mem::take(&mut editor.progress).into_iter();
    let line = |(_, value): (String, Value)| {
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let parts = [text("kind"), text("title"), text("message")];
        let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{}\n", parts.join(" | "))
    };
    progress.map(line).collect()
}

#[tokio::test(start_paused = true)]
async fn progress_is_shown() {
    let (prover, held) = Scripted::held();
    let mut editor = Editor::start(prover, TEXT).await;
    editor.start_job(MAIN, 0).await;
    let second = Duration::from_secs(1);
    editor.idle(second).await;
    let begun = editor.progress.first().expect("a display");
    assert_eq!(begun.1["cancellable"], true);
    for proposal in [
        Proposal::Progress("loading the model".into()),
        Proposal::Plan("First this.\nThen that.".into()),
        candidate("wrong"),
    ] {
        held.propose(&proposal);
        editor.idle(second).await;
    }
    let at = editor.hole(MAIN, 0);
    expect![[r#"
        **unsorry**

        ```lean
        ⊢ easy
        ```

        A proof is being searched for.

        The plan:

        > First this.
        > Then that.
    "#]]
    .assert_eq(&editor.hover(MAIN, &at).await);
    held.propose(&candidate("right"));
    editor.idle(second).await;
    expect![[r#"
        begin | Proving this sorry | asking Lean for the goal
        report | tactics: loading the model
        report | plan: Then that.
        report | wrong · 1 candidate, 0 checked
        report | right · 2 candidates, 1 checked
        end | proved with right
    "#]]
    .assert_eq(&told(&mut editor));
}

#[tokio::test(start_paused = true)]
async fn why_nothing_comes_is_told_at_once() {
    let (prover, held) = Scripted::held();
    let mut editor = Editor::start(prover, TEXT).await;
    editor.start_job(MAIN, 0).await;
    let second = Duration::from_secs(1);
    editor.idle(second).await;
    let delay = "lab: its model is loading; again in 2 s";
    held.propose(&Proposal::Delayed(delay.into()));
    editor.idle(second).await;
    let at = editor.hole(MAIN, 0);
    let hover = editor.hover(MAIN, &at).await;
    assert!(hover.contains(delay), "{hover}");
    held.propose(&Proposal::Progress("lab answers".into()));
    editor.idle(second).await;
    let hover = editor.hover(MAIN, &at).await;
    assert!(!hover.contains(delay), "{hover}");
    held.propose(&candidate("right"));
    editor.idle(second).await;
    expect![[r#"
        begin | Proving this sorry | asking Lean for the goal
        report | tactics: lab: its model is loading; again in 2 s
        report | tactics: lab answers
        report | right · 1 candidate, 0 checked
        end | proved with right
    "#]]
    .assert_eq(&told(&mut editor));
}

#[tokio::test(start_paused = true)]
async fn reports_do_not_come_thick_and_fast() {
    let (prover, held) = Scripted::held();
    let mut editor = Editor::start(prover, TEXT).await;
    editor.start_job(MAIN, 0).await;
    for percent in 0..100 {
        held.propose(&Proposal::Progress(format!("{percent} %")));
        editor.idle(Duration::from_millis(10)).await;
    }
    let reports = editor.progress.iter();
    let reports = reports
        .filter(|(_, value)| value["kind"] == "report")
        .count();
    assert!((4..=6).contains(&reports), "{reports}");
    held.propose(&candidate("right"));
    editor.finished(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_job_dies_with_its_hole() {
    let (prover, held) = Scripted::held();
    let mut editor = Editor::start(prover, TEXT).await;
    let at = editor.hole(MAIN, 0);
    editor.choose(MAIN, &at, "Prove this sorry").await;
    editor.replace(MAIN, "sorry", "skip");
    assert_eq!(editor.finished(1).await, ["stopped: the sorry has changed"]);
    editor.settle().await;
    assert_eq!(held.listeners(), 0, "nobody is asked any more");
    assert!(editor.shown.is_empty(), "{:?}", editor.shown);
}

#[tokio::test(start_paused = true)]
async fn a_job_ends_with_its_document() {
    let (prover, _held) = Scripted::held();
    let mut editor = Editor::start(prover, TEXT).await;
    editor.start_job(MAIN, 0).await;
    editor.settle().await;
    editor.close(MAIN);
    assert_eq!(editor.finished(1).await, ["stopped"]);
}

#[tokio::test(start_paused = true)]
async fn cancelling() {
    let (prover, held) = Scripted::held();
    let mut editor = Editor::start(prover, TEXT).await;
    let at = editor.hole(MAIN, 0);
    editor.choose(MAIN, &at, "Prove this sorry").await;
    let token = editor
        .until("a token", |editor| {
            let mut progress = editor.progress.iter();
            let begun = progress.find(|(_, value)| value["kind"] == "begin");
            begun.map(|(token, _)| token.clone())
        })
        .await;
    editor.notify("window/workDoneProgress/cancel", json!({"token": token}));
    assert_eq!(editor.finished(1).await, ["stopped"]);
    // The next job is not the worse for it.
    editor.start_job(MAIN, 0).await;
    editor.settle().await;
    held.propose(&candidate("right"));
    let words = editor.finished(1).await;
    assert_eq!(words, ["proved with right"]);
}

#[tokio::test(start_paused = true)]
async fn a_second_job_on_the_same_hole() {
    let (prover, held) = Scripted::held();
    let mut editor = Editor::start(prover, TEXT).await;
    let at = editor.hole(MAIN, 0);
    let action = editor.actions(MAIN, &at).await.remove(0);
    for _ in 0..2 {
        let command = action["command"].clone();
        editor.request("workspace/executeCommand", command).await;
    }
    editor.settle().await;
    assert_eq!(held.listeners(), 1);
    // There is nothing to choose while one is at work.
    assert_eq!(
        editor.titles(MAIN, &at).await,
        ["Prove every sorry in this file"]
    );
    held.propose(&candidate("right"));
    assert_eq!(editor.finished(1).await.len(), 1);
    editor.idle(Duration::from_secs(60)).await;
    assert!(editor.progress.is_empty(), "one job: {:?}", editor.progress);
    assert_eq!(editor.text(MAIN), TEXT.replace("sorry", "right"));
}

#[tokio::test(start_paused = true)]
async fn every_hole_of_a_file() {
    let text = "theorem a : easy := by sorry\n\ntheorem f : hard := by sorry\n\ntheorem b : easy too := by\n  sorry\n";
    let mut editor = Editor::start(Scripted::of_easy_goals(), text).await;
    let away = json!({"line": 1, "character": 0});
    let actions = editor.actions(MAIN, &away).await;
    assert_eq!(actions.len(), 1);
    assert_eq!(actions[0]["kind"], "source.unsorry");
    editor
        .choose(MAIN, &away, "Prove every sorry in this file")
        .await;
    let words = editor.finished(1).await;
    assert_eq!(words, ["2 of 3 proved; left: line 3"]);
    assert_eq!(
        editor.message().await,
        "unsorry: 2 of 3 proved; left: line 3"
    );
    expect![[r#"
        theorem a : easy := by right

        theorem f : hard := by sorry

        theorem b : easy too := by
          right
    "#]]
    .assert_eq(&editor.text(MAIN));
}

#[tokio::test(start_paused = true)]
async fn many_jobs_at_once() {
    const JOBS: usize = 8;
    let (prover, held) = Scripted::held();
    let text: String = (0..JOBS)
        .map(|n| format!("theorem t{n} : easy {n} := by\n  sorry\n\n"))
        .collect();
    let mut editor = Editor::start(prover, &text).await;
    for hole in 0..JOBS {
        editor.start_job(MAIN, hole).await;
    }
    editor.idle(Duration::from_secs(1)).await;
    assert_eq!(held.listeners(), 2, "the others wait for their turn");
    let status = editor.command("unsorry.status", json!([])).await;
    let jobs = status["jobs"].as_array().expect("jobs");
    let waiting = |job: &&Value| job["message"] == "waiting for other searches";
    assert_eq!(jobs.iter().filter(waiting).count(), JOBS - 2, "{status}");
    while editor.text(MAIN).contains("sorry") {
        held.propose(&candidate("right"));
        editor.idle(Duration::from_secs(1)).await;
    }
    let words = editor.finished(JOBS).await;
    assert_eq!(words, vec!["proved with right"; JOBS]);
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_fails_is_told_of() {
    let failing = Scripted::new(|_| vec![Proposal::Failed("there is no none.gguf".into())]);
    let text = "theorem a : easy := by sorry\n\ntheorem b : easy too := by sorry\n";
    let mut editor = Editor::start(failing, text).await;
    let away = json!({"line": 1, "character": 0});
    editor
        .choose(MAIN, &away, "Prove every sorry in this file")
        .await;
    let words = editor.finished(1).await;
    let told = "0 of 2 proved; left: lines 1, 3; tactics failed: there is no none.gguf";
    assert_eq!(words, [told]);
    assert_eq!(editor.message().await, format!("unsorry: {told}"));
    let at = editor.hole(MAIN, 0);
    expect![[r#"
        **unsorry**

        ```lean
        ⊢ easy
        ```

        no engine could go on: 0 candidates tried in … s; tactics failed: there is no none.gguf
    "#]]
    .assert_eq(&editor.hover(MAIN, &at).await);
}

// A model's thread is nothing that waits for a paused clock.
#[tokio::test]
async fn a_model_that_cannot_be_read_is_told_of_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let model = folder.path().join("none.gguf");
    std::fs::write(&model, "GGUF").expect("written");
    let config = format!(
        "[search]\nengines = ['local']\n[local]\nmodel = '{}'\n",
        model.display()
    );
    let settings = settings(&config, Scripted::of_easy_goals(), None);
    let mut editor = Editor::serve(settings).await;
    editor.open(
        MAIN,
        "theorem a : easy := by sorry\n\ntheorem b : easy too := by sorry\n",
    );
    let away = json!({"line": 1, "character": 0});
    editor
        .choose(MAIN, &away, "Prove every sorry in this file")
        .await;
    let words = editor.finished(1).await.remove(0);
    assert!(
        words.starts_with("0 of 2 proved; left: lines 1, 3; local failed:")
            && words.contains("none.gguf")
            && words.matches("local failed").count() == 1,
        "{words}"
    );
    assert_eq!(editor.message().await, format!("unsorry: {words}"));
    assert!(editor.shown.is_empty(), "once: {:?}", editor.shown);
    let at = editor.hole(MAIN, 0);
    let hover = editor.hover(MAIN, &at).await;
    assert!(
        hover.contains("no engine could go on") && hover.contains("local failed"),
        "{hover}"
    );
}
