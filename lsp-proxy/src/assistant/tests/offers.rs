//! The offers at a hole and at a proof of ours.

use expect_test::expect;
use serde_json::{Value, json};

use super::editor::{Editor, Edits, MAIN};
use super::prover::Scripted;

const TEXT: &str = "theorem t : easy := by\n  sorry\n";

#[tokio::test(start_paused = true)]
async fn one_hole() {
    let mut editor = Editor::start(Scripted::of_easy_goals(), TEXT).await;
    let at = editor.hole(MAIN, 0);
    assert_eq!(
        editor.titles(MAIN, &at).await,
        ["Prove this sorry", "Prove every sorry in this file"]
    );
    expect![[r#"
        **unsorry**

        ```lean
        ⊢ easy
        ```

        To have it proved, use the code action *Prove this sorry*.
    "#]]
    .assert_eq(&editor.hover(MAIN, &at).await);
    expect!["proved with right"].assert_eq(&editor.prove(MAIN, 0).await);
    assert!(
        editor.shown.is_empty(),
        "success needs no pop-up: {:?}",
        editor.shown
    );
    expect![[r#"
        theorem t : easy := by
          right
    "#]]
    .assert_eq(&editor.text(MAIN));
    // What was put there says how far it was checked.
    expect![[r#"
        **unsorry**: proved by tactics · not confirmed by a referee (which Lean `no-lean` starts can't be told): Lean-checked, axioms clean
    "#]]
    .assert_eq(&editor.hover(MAIN, &at).await);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_hole() {
    let text = "-- sorry\n/- sorry -/\ndef s := \"sorry\"\ntheorem sorry_lemma : True := trivial\ntheorem «sorry» : True := trivial\n\
        macro \"m\" : tactic => `(tactic| sorry)\n";
    let mut editor = Editor::start(Scripted::of_easy_goals(), text).await;
    for n in 0..text.matches("sorry").count() {
        let at = editor.hole(MAIN, n);
        let titles = editor.titles(MAIN, &at).await;
        assert!(
            !titles.contains(&"Prove this sorry".to_owned()),
            "{n}: {titles:?}"
        );
    }
    let at = editor.hole(MAIN, 5);
    expect![[""]].assert_eq(&editor.hover(MAIN, &at).await);
}

#[tokio::test(start_paused = true)]
async fn a_hole_that_is_not_proved_tells_what_was_tried() {
    let mut editor = Editor::start(Scripted::of_easy_goals(), &TEXT.replace("easy", "hard")).await;
    let words = editor.prove(MAIN, 0).await;
    assert_eq!(editor.message().await, format!("unsorry: {words}"));
    assert_eq!(editor.text(MAIN), TEXT.replace("easy", "hard"));
    let at = editor.hole(MAIN, 0);
    assert_eq!(
        editor.titles(MAIN, &at).await,
        ["Prove this sorry", "Prove every sorry in this file"]
    );
    expect![[r#"
        **unsorry**

        ```lean
        ⊢ hard
        ```

        no proof found: 1 candidate tried in … s

        What failed:

        - `wrong` (tactics): `no`
    "#]]
    .assert_eq(&editor.hover(MAIN, &at).await);
}

#[tokio::test(start_paused = true)]
async fn a_refused_edit_is_offered_instead() {
    let mut editor = Editor::start(Scripted::of_easy_goals(), TEXT).await;
    editor.edits = Edits::Refuse;
    let words = editor.prove(MAIN, 0).await;
    assert!(words.contains("the user said no"), "{words}");
    assert_eq!(editor.message().await, format!("unsorry: {words}"));
    assert_eq!(editor.text(MAIN), TEXT);
    let at = editor.hole(MAIN, 0);
    let actions = editor.actions(MAIN, &at).await;
    assert_eq!(actions[0]["kind"], "quickfix");
    assert_eq!(actions[0]["isPreferred"], true);
    let title = actions[0]["title"].as_str().expect("a title").to_owned();
    assert_eq!(title, "Prove with `right` (axioms clean)");
    // Resolving ours gives it back whole, and does not trouble Lean.
    let resolved = editor
        .request("codeAction/resolve", actions[0].clone())
        .await;
    assert_eq!(resolved["result"], actions[0]);
    let items = editor.completions(MAIN, &at).await;
    assert_eq!(items[0]["filterText"], "sorry");
    let detail = items[0]["detail"].as_str().expect("a detail");
    assert!(detail.contains("Lean-checked"), "{items:?}");
    let resolved = editor
        .request("completionItem/resolve", items[0].clone())
        .await;
    assert_eq!(resolved["result"], items[0]);
    expect![[r#"
        **unsorry**

        ```lean
        ⊢ easy
        ```

        1 proof verified; 2 candidates tried in … s

        ```lean
        right
        ```
        not confirmed by a referee (which Lean `no-lean` starts can't be told): Lean-checked, axioms clean
    "#]]
    .assert_eq(&editor.hover(MAIN, &at).await);
    // An edit above makes the offer stale: it is gone, and comes back with the text.
    editor.replace(MAIN, "theorem t", "theorem u");
    assert_eq!(editor.titles(MAIN, &at).await[0], "Prove this sorry");
    editor.replace(MAIN, "theorem u", "theorem t");
    editor.choose(MAIN, &at, &title).await;
    assert_eq!(editor.text(MAIN), TEXT.replace("sorry", "right"));
}

#[tokio::test(start_paused = true)]
async fn an_editor_that_only_says_it_applied_the_edit() {
    let mut editor = Editor::start(Scripted::of_easy_goals(), TEXT).await;
    editor.edits = Edits::Pretend;
    let words = editor.prove(MAIN, 0).await;
    assert!(words.contains("the text is as before"), "{words}");
    assert_eq!(editor.message().await, format!("unsorry: {words}"));
    let at = editor.hole(MAIN, 0);
    assert!(editor.titles(MAIN, &at).await[0].starts_with("Prove with"));
}

#[tokio::test(start_paused = true)]
async fn offers_do_not_outlive_their_imports() {
    let mut editor = Editor::start(Scripted::of_easy_goals(), TEXT).await;
    editor.edits = Edits::Refuse;
    editor.prove(MAIN, 0).await;
    editor.message().await;
    let at = editor.hole(MAIN, 0);
    let offers = |titles: &[String]| titles.iter().any(|t| t.starts_with("Prove with"));
    assert!(offers(&editor.titles(MAIN, &at).await));
    let changed =
        |name: &str| json!({"changes": [{"uri": format!("file:///p/{name}"), "type": 2}]});
    editor.notify("workspace/didChangeWatchedFiles", changed("A.txt"));
    assert!(offers(&editor.titles(MAIN, &at).await));
    editor.notify("workspace/didChangeWatchedFiles", changed("A.ilean"));
    assert!(!offers(&editor.titles(MAIN, &at).await));
    editor.edits = Edits::Accept;
    let words = editor.prove(MAIN, 0).await;
    assert!(words.starts_with("proved with"), "{words}");
}

#[tokio::test(start_paused = true)]
async fn an_editor_asks_for_kinds() {
    let mut editor = Editor::start(Scripted::of_easy_goals(), TEXT).await;
    let at = editor.hole(MAIN, 0);
    let context = |kind: &str| json!({"diagnostics": [], "only": [kind]});
    let refactor = editor.actions_of(MAIN, &at, &context("refactor")).await;
    assert_eq!(refactor, [Value::Null; 0]);
    let fixes = editor.actions_of(MAIN, &at, &context("quickfix")).await;
    assert_eq!(fixes[0]["title"], "Prove this sorry");
    // Away from holes it is a source action.
    let away = json!({"line": 0, "character": 0});
    let actions = editor.actions(MAIN, &away).await;
    assert_eq!(actions.len(), 1);
    assert_eq!(actions[0]["kind"], "source.unsorry");
}
