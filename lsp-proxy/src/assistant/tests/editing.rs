//! Somebody types while a job runs.

use std::time::Duration;

use super::editor::{Editor, MAIN};
use super::prover::{Scripted, candidate};

#[tokio::test(start_paused = true)]
async fn an_edit_above_does_not_lose_the_proof() {
    let (prover, held) = Scripted::held();
    let mut editor = Editor::start(prover, "theorem t : easy := by\n  sorry\n").await;
    let at = editor.hole(MAIN, 0);
    editor.choose(MAIN, &at, "Prove this sorry").await;
    editor.settle().await;
    editor.replace(
        MAIN,
        "theorem t",
        "theorem above : 1 + 1 = 2 := rfl\n\ntheorem t",
    );
    held.propose(&candidate("right"));
    assert_eq!(editor.finished(1).await, ["proved with right"]);
    assert_eq!(
        editor.text(MAIN),
        "theorem above : 1 + 1 = 2 := rfl\n\ntheorem t : easy := by\n  right\n"
    );
}

#[tokio::test(start_paused = true)]
async fn a_proof_that_no_longer_holds_is_not_applied() {
    let (prover, held) = Scripted::held();
    let mut editor = Editor::start(prover, "theorem t : easy := by\n  sorry\n").await;
    editor.start_job(MAIN, 0).await;
    editor.settle().await;
    editor.replace(MAIN, "easy", "wrong");
    held.propose(&candidate("right"));
    let words = editor.finished(1).await.remove(0);
    assert_eq!(
        words,
        "a proof was verified, but the text has changed since"
    );
    assert_eq!(editor.message().await, format!("unsorry: {words}"));
    assert_eq!(editor.text(MAIN), "theorem t : wrong := by\n  sorry\n");
}

/// Thirty keys a second, before or behind the hole, until long after a proof was found.
#[tokio::test(start_paused = true)]
async fn typing_while_a_job_runs() {
    let theorem = "theorem t : easy := by\n  sorry\n";
    for (text, place) in [
        (format!("-- here\n{theorem}"), "before"),
        (format!("{theorem}-- here\n"), "behind"),
    ] {
        let (prover, held) = Scripted::held();
        let mut editor = Editor::start(prover, &text).await;
        editor.start_job(MAIN, 0).await;
        for key in 0..150 {
            if key == 30 {
                held.propose(&candidate("right"));
            }
            editor.replace(MAIN, "here", "xhere");
            editor.idle(Duration::from_millis(33)).await;
        }
        let words = editor.finished(1).await.remove(0);
        assert_eq!(words, "proved with right", "{place}");
        let typed = format!("-- {}here\n", "x".repeat(150));
        let expected = text.replace("-- here\n", &typed).replace("sorry", "right");
        assert_eq!(editor.text(MAIN), expected, "{place}");
    }
}
