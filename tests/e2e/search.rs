//! The search around a model: its plan, its sketches, repair, refuting, budgets. The model is a script that
//! answers as Prover-V2 does; Lean is real.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use unsorry_tests::editor::Editor;
use unsorry_tests::engine::Engine;

use crate::prove::prove;

/// A theorem that no tactic of the portfolio proves, but each of its steps.
const SQUARES: &str = "theorem squares (n : Nat) : n * n % 4 = 0 ∨ n * n % 4 = 1 := by\n  sorry\n";

/// The answer as the 671B gives it: a plan, a sketch, and a proof, which is wrong here.
const REASONED: &str = "### Detailed Proof and Analysis

Squares leave 0 or 1 when they are divided by 4.

### Step-by-Step Abstract Plan

1. **Remainders**: `n` leaves 0, 1, 2 or 3, see [here](http://example.org).
2. **Squares**: square each of them.

### Lean 4 Proof with `have` Statements

```lean4
theorem squares (n : Nat) : n * n % 4 = 0 ∨ n * n % 4 = 1 := by
  have h₁ : n % 4 = 0 ∨ n % 4 = 1 ∨ n % 4 = 2 ∨ n % 4 = 3 := by
    sorry
  have h₂ : ∀ r : Nat, r < 4 → r * r % 4 = 0 ∨ r * r % 4 = 1 := by
    sorry
  rcases h₁ with h | h | h | h <;> simp [Nat.mul_mod, h]
```

### Complete Lean 4 Proof

```lean4
theorem squares (n : Nat) : n * n % 4 = 0 ∨ n * n % 4 = 1 := by
  nlinarith [sq_nonneg n]
```
";

/// Splits a text into a piece a line, as it would be streamed.
fn lines(text: &str) -> Vec<String> {
    text.split_inclusive('\n').map(str::to_owned).collect()
}

fn config(engine: &Engine, engines: &str, keys: &str) -> String {
    format!(
        "[search]\nbudget = '5min'\npolish = '2min'\nengines = [{engines}]\n{keys}\n[check]\ntimeout = '10s'\n[[remote]]\nname = 'script'\nurl = '{}'\ntemperature = 0\n",
        engine.address
    )
}

/// Returns the report of `unsorry prove` on the only hole of `source`.
pub(crate) fn proved(source: &str, config: &str) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("A.lean"), source).expect("written");
    let users = folder.path().join("unsorry");
    std::fs::create_dir(&users).expect("a folder");
    std::fs::write(users.join("config.toml"), config).expect("written");
    let output = prove(folder.path(), &["--json", "A.lean"]);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let report: Value = serde_json::from_slice(&output.stdout).expect(&stderr);
    report["holes"][0].clone()
}

#[test]
fn a_sketch_is_proved_step_by_step() {
    let engine = Engine::start(Duration::ZERO, |_| lines(REASONED));
    let hole = proved(
        SQUARES,
        &config(&engine, "'tactics', 'remote-reasoning'", ""),
    );
    assert_eq!(hole["status"], "proved", "{hole:#}");
    assert_eq!(hole["engine"], "remote-reasoning");
    assert!(
        hole["plan"]
            .as_str()
            .expect("a plan")
            .contains("Remainders")
    );
    assert!(hole["tokens"].as_u64() > Some(10), "{hole:#}");
    // What it does not need is gone.
    let proof = hole["proof"].as_str().expect("a proof");
    assert!(proof.contains("h₁") && !proof.contains("h₂"), "{proof}");
}

#[test]
fn what_stands_of_a_sketch_is_called_no_proof() {
    // A step that tactics don't find.
    let sketch = REASONED.replace(
        "∀ r : Nat, r < 4 → r * r % 4 = 0 ∨ r * r % 4 = 1",
        "∀ p : Nat → Prop, ∃ x, p x → ∀ y, p y",
    );
    let engine = Engine::start(Duration::ZERO, move |_| lines(&sketch));
    let hole = proved(
        SQUARES,
        &config(&engine, "'tactics', 'remote-reasoning'", ""),
    );
    assert_eq!(hole["status"], "unproved", "{hole:#}");
    assert_eq!(hole["proof"], Value::Null);
    assert_eq!(
        (&hole["sketch"]["steps"], &hole["sketch"]["open"]),
        (&json!(2), &json!(1)),
        "{hole:#}"
    );
    let message = hole["message"].as_str().expect("words");
    assert!(
        message.contains("1 of 2 steps proved, 1 sorry left"),
        "{message}"
    );

    // In an editor it is offered as such, and not applied by itself.
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(&engine, "'tactics', 'remote-reasoning'", "");
    let (mut editor, uri) = editor(folder.path(), &config);
    editor.open(&uri, SQUARES);
    let at = editor.hole(&uri, 0);
    editor.choose(&uri, &at, "Prove this sorry");
    agree(&mut editor);
    let ended = editor.finished(1);
    assert!(ended[0].contains("1 of 2 steps proved"), "{ended:?}");
    assert_eq!(editor.text(&uri), SQUARES);
    let hover = editor.hover(&uri, &at);
    assert!(
        hover.contains("A sketch, no proof (1 of 2 steps"),
        "{hover}"
    );
    let title = "Use the sketch, which is no proof yet (1 of 2 steps proved, 1 sorry left)";
    let actions = editor.actions(&uri, &at);
    let action = actions.iter().find(|action| action["title"] == title);
    let action = action.expect("the sketch").clone();
    assert_ne!(action["isPreferred"], true);
    assert_eq!(editor.apply(&action["edit"])["applied"], true);
    assert_eq!(editor.text(&uri).matches("sorry").count(), 1);
    assert_eq!(editor.problems(&uri), ["declaration uses `sorry`"]);
    editor.quit();
}

#[test]
fn a_proof_that_almost_passes_is_sent_back() {
    let engine = Engine::start(Duration::ZERO, |prompt| {
        let right = "\n  have h : n % 4 = 0 ∨ n % 4 = 1 ∨ n % 4 = 2 ∨ n % 4 = 3 := by omega\n  rcases h with h | h | h | h <;> simp [Nat.mul_mod, h]\n```";
        let wrong = "\n  exact absurd n n\n```";
        match prompt.contains("Lean 4 says:") {
            true => lines(right),
            false => lines(wrong),
        }
    });
    let hole = proved(SQUARES, &config(&engine, "'remote-fast'", "refute = false"));
    assert_eq!(hole["status"], "proved", "{hole:#}");
    let prompts = engine.prompts();
    assert_eq!(prompts.len(), 2, "{prompts:#?}");
    assert!(prompts[1].contains("exact absurd n n") && prompts[1].contains("line 1:"));
}

#[test]
fn a_name_without_its_namespace_is_mended_without_a_model() {
    let engine = Engine::start(Duration::ZERO, |_| {
        lines("\n  exact lt_of_lt_of_le h g\n  simp\n```")
    });
    let source = "theorem t (a b c : Nat) (h : a < b) (g : b ≤ c) : a < c := by\n  sorry\n";
    let hole = proved(source, &config(&engine, "'remote-fast'", ""));
    assert_eq!(hole["proof"], "exact Nat.lt_of_lt_of_le h g", "{hole:#}");
    assert_eq!(engine.prompts().len(), 1);
}

#[test]
fn a_model_may_show_that_a_goal_is_false() {
    // No small values will do.
    let source = "theorem t (n : Nat) (h : 10 < n) : n * n < 200 := by\n  sorry\n";
    let engine = Engine::start(Duration::ZERO, |prompt| {
        match prompt.contains("unsorry_false") {
            true => lines("\n  intro h\n  exact absurd (h 20 (by decide)) (by decide)\n```"),
            false => lines("\n  omega\n```"),
        }
    });
    let hole = proved(source, &config(&engine, "'remote-fast'", ""));
    assert_eq!(hole["status"], "false", "{hole:#}");
    assert_eq!(hole["proof"], Value::Null);
}

#[test]
fn models_stop_at_their_budget() {
    let engine = Engine::start(Duration::from_millis(2), |_| {
        (0..20_000).map(|at| format!("thinking {at}\n")).collect()
    });
    for (keys, prices) in [
        ("tokens = 500", ""),
        ("money = 0.01", "price_written = 20\n"),
    ] {
        let config = config(&engine, "'remote-reasoning'", keys) + prices;
        let hole = proved(SQUARES, &config);
        assert_eq!(hole["status"], "unproved");
        let message = hole["message"].as_str().expect("words");
        assert!(message.contains("within the budget"), "{message}");
        let tokens = hole["tokens"].as_u64().expect("a number");
        assert!((450..1500).contains(&tokens), "{keys}: {tokens}");
    }
}

/// An editor in a folder, whose user has this configuration, and the URI of its file.
fn editor(folder: &Path, config: &str) -> (Editor, String) {
    let users = folder.join("config/unsorry");
    std::fs::create_dir_all(&users).expect("a folder");
    std::fs::write(users.join("config.toml"), config).expect("written");
    let uri = format!("file://{}/Main.lean", folder.display());
    (Editor::start(folder), uri)
}

/// Agrees to what the editor asks.
fn agree(editor: &mut Editor) {
    editor.until("the question", |editor| {
        (!editor.questions.is_empty()).then_some(())
    });
    editor.say("Send");
}

#[test]
fn the_plan_is_seen_while_it_is_written_and_after() {
    let slow = Engine::start(Duration::from_millis(60), |_| lines(REASONED));
    let folder = tempfile::tempdir().expect("a folder");
    let config = config(&slow, "'tactics', 'remote-reasoning'", "head_start = '1s'");
    let (mut editor, uri) = editor(folder.path(), &config);
    editor.open(
        &uri,
        &format!("{SQUARES}\ntheorem bad (n : Nat) : n < n := by\n  sorry\n"),
    );
    let at = editor.hole(&uri, 0);
    editor.choose(&uri, &at, "Prove this sorry");
    agree(&mut editor);
    editor.until("a plan", |editor| {
        let told = |value: &Value| {
            value["message"]
                .as_str()
                .is_some_and(|m| m.contains("plan:"))
        };
        editor
            .progress
            .iter()
            .any(|(_, value)| told(value))
            .then_some(())
    });
    let during = editor.hover(&uri, &at);
    assert!(during.contains("The plan:"), "{during}");
    let ended = editor.finished(1);
    assert!(ended[0].starts_with("proved with have h₁"), "{ended:?}");
    let after = editor.hover(&uri, &at);
    for part in [
        "proved by remote-reasoning",
        "**Remainders**",
        "\\[here\\](http: //example.org)",
        "2 of its 2 steps proved",
        "✓ `h₁ : n % 4 = 0",
        "tokens written",
    ] {
        assert!(after.contains(part), "{part} in {after}");
    }
    assert_eq!(editor.problems(&uri), ["declaration uses `sorry`"]);

    // And a goal that is false is called so.
    let at = editor.hole(&uri, 0);
    editor.choose(&uri, &at, "Prove this sorry");
    let ended = editor.finished(1);
    assert!(
        ended[0].contains("this sorry is false, for n = 0"),
        "{ended:?}"
    );
    assert!(
        editor
            .hover(&uri, &at)
            .contains("this sorry is false, for n = 0")
    );
    assert!(
        editor
            .shown
            .last()
            .expect("a message")
            .contains("this sorry is false")
    );
    editor.quit();
}
