//! `unsorry serve` in an editor: what only a real Lean can decide. The rest is tested in the process, in
//! `lsp-proxy/src/assistant/tests/`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;
use unsorry_tests::editor::Editor;

/// The document that most tests write into: its Lean worker is started once.
const MAIN: &str = "Main.lean";

struct Session {
    editor: Editor,
    folder: tempfile::TempDir,
}

static SESSION: Mutex<Option<Session>> = Mutex::new(None);

/// The shared session, one test at a time.
fn session() -> MutexGuard<'static, Option<Session>> {
    let mut session = SESSION.lock().unwrap_or_else(PoisonError::into_inner);
    let session_ = session.get_or_insert_with(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut editor = Editor::start(folder.path());
        editor.open(&format!("file://{}/{MAIN}", folder.path().display()), "");
        Session { editor, folder }
    });
    session_.editor.shown.clear();
    session_.editor.progress.clear();
    session
}

impl Session {
    fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.folder.path().display())
    }
}

/// Runs `test` on the shared session with `text` in the main document.
pub fn with(text: &str, test: impl FnOnce(&mut Editor, &str)) {
    let mut guard = session();
    let session = guard.as_mut().expect("a session");
    let uri = session.uri(MAIN);
    session.editor.set(&uri, text);
    test(&mut session.editor, &uri);
}

/// Every hole of `text` is proved, one after the other, nothing else changes, and Lean is content.
fn check(text: &str) {
    with(text, |editor, uri| {
        let (before, after) = (
            text.find("sorry").expect("a hole"),
            text.rfind("sorry").expect("a hole") + 5,
        );
        while editor.text(uri).contains("sorry") {
            let words = editor.prove(uri, 0);
            assert!(
                words.starts_with("proved with"),
                "{words}\n{}",
                editor.text(uri)
            );
        }
        let proved = editor.text(uri).to_owned();
        assert!(
            proved.starts_with(&text[..before]) && proved.ends_with(&text[after..]),
            "{proved}"
        );
        assert_eq!(editor.problems(uri), [""; 0], "{proved}");
    });
}

#[test]
fn one_line() {
    with(
        "theorem t (p q : Prop) (h : p ∧ q) : q ∧ p := by sorry\n",
        |editor, uri| {
            assert_eq!(editor.problems(uri), ["declaration uses `sorry`"]);
            let at = editor.hole(uri, 0);
            assert_eq!(
                editor.titles(uri, &at),
                ["Prove this sorry", "Prove every sorry in this file"]
            );
            let words = editor.prove(uri, 0);
            assert!(words.starts_with("proved with"), "{words}");
            assert_eq!(editor.problems(uri), [""; 0]);
            assert!(
                editor.shown.is_empty(),
                "success needs no pop-up: {:?}",
                editor.shown
            );
            // What was put there says how far it was checked, and others can take its place.
            let hover = editor.hover(uri, &at);
            assert!(
                hover.contains("proved by tactics · Lean-checked"),
                "{hover}"
            );
        },
    );
}

#[test]
fn every_place_a_hole_can_be_in() {
    check(
        "theorem in_have (a b : Nat) (h : a < b) : a ≤ b ∧ a < b + 1 := by
  have first : a ≤ b := sorry
  have second : a < b + 1 := by
    sorry
  exact ⟨first, second⟩

theorem in_calc (a b c : Nat) (h : a = b) (h' : b = c) : a = c := calc
  a = b := sorry
  _ = c := by sorry

theorem bullets (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor
  · sorry
  · sorry

theorem in_match (n : Nat) (h : n ≠ 0) : 0 < n :=
  match n, h with
  | 0, h => absurd rfl h
  | _ + 1, _ => sorry

theorem in_brackets (p q r : Prop) (hp : p) (hq : q) (hr : r) : p ∧ q ∧ r := ⟨hp, sorry, by sorry⟩

theorem semicolons (p q : Prop) (hp : p) (hq : q) : p ∧ q := by
  constructor; sorry; sorry
",
    );
}

#[test]
fn every_declaration_a_hole_can_be_in() {
    check(
        "structure Pair where
  a : Nat
  small : a < 3

/-- A doc comment. -/
@[simp] theorem with_attribute (n : Nat) : n + 0 = n := by
  sorry

def two : Pair where
  a := 2
  small := sorry

instance : Inhabited Pair := ⟨{ a := 1, small := by sorry }⟩

open Nat in
set_option maxRecDepth 600 in
example (n : Nat) : n * 0 = 0 := by
  sorry

mutual
theorem even (n : Nat) : n = n := sorry
theorem odd (n : Nat) : n = n := rfl
end

theorem outer (n : Nat) : n < n + 2 :=
  Nat.lt_of_lt_of_le step (Nat.le_refl _)
where
  step : n < n + 2 := by
    sorry
",
    );
}

#[test]
fn windows_line_ends() {
    let text = "theorem t (p q : Prop) (hp : p) (hq : q) : (p ∧ q) ∧ (q ∧ p) := by\r\n  sorry\r\n\r\nexample : True := trivial\r\n";
    with(text, |editor, uri| {
        editor.prove(uri, 0);
        assert!(
            !editor.text(uri).replace("\r\n", "").contains(['\r', '\n']),
            "{:?}",
            editor.text(uri)
        );
        assert_eq!(editor.problems(uri), [""; 0]);
    });
}

#[test]
fn letters_beyond_the_basic_plane() {
    check("theorem t (𝕏 𝕐 : Prop) (h𝕏 : 𝕏) (h𝕐 : 𝕐) : 𝕏 ∧ 𝕐 := ⟨sorry /- 𝔸 -/, sorry⟩ -- 𝔹\n");
}

#[test]
fn what_is_no_hole() {
    let text = "-- sorry\n/- sorry -/\ndef s := \"sorry\"\ntheorem sorry_lemma : True := trivial\ntheorem «sorry» : True := trivial\n\
        macro \"m\" : tactic => `(tactic| sorry)\n";
    with(text, |editor, uri| {
        for n in 0..text.matches("sorry").count() {
            let at = editor.hole(uri, n);
            let titles = editor.titles(uri, &at);
            assert!(
                !titles.contains(&"Prove this sorry".to_owned()),
                "{n}: {titles:?}"
            );
        }
    });
}

#[test]
fn errors_elsewhere_do_not_matter() {
    with(
        "theorem broken : 1 = 2 := by\n  simp\n\ntheorem t (a b : Nat) : a + b = b + a := by\n  sorry\n\ntheorem after : 1 = 3 := rfl\n",
        |editor, uri| {
            let before = editor.problems(uri);
            editor.prove(uri, 0);
            let after = editor.problems(uri);
            assert!(!editor.text(uri).contains("sorry"));
            assert_eq!(after.len() + 1, before.len(), "{after:?}");
        },
    );
}

#[test]
fn a_false_goal_gets_no_offer() {
    with(
        "theorem t (a : Nat) : a < a := by\n  sorry\n",
        |editor, uri| {
            let words = editor.prove(uri, 0);
            assert!(
                words.starts_with("this sorry is false, for a = 0"),
                "{words}"
            );
            assert!(editor.text(uri).contains("sorry"));
            editor.until("the message", |editor| {
                (!editor.shown.is_empty()).then_some(())
            });
            assert!(
                editor.shown[0].contains("this sorry is false"),
                "{:?}",
                editor.shown
            );
            let at = editor.hole(uri, 0);
            assert_eq!(
                editor.titles(uri, &at),
                ["Prove this sorry", "Prove every sorry in this file"]
            );
            let hover = editor.hover(uri, &at);
            assert!(
                hover.contains("⊢ a < a") && hover.contains("this sorry is false, for a = 0"),
                "{hover}"
            );
        },
    );
}

#[test]
fn data_is_left_to_the_user() {
    with("def f (n : Nat) : Nat := sorry\n", |editor, uri| {
        let words = editor.prove(uri, 0);
        assert!(words.contains("data of type `Nat`"), "{words}");
        assert!(editor.text(uri).contains("sorry"));
    });
}

#[test]
fn a_proof_that_leans_on_a_neighbour_is_told_apart() {
    let text = "opaque f : Nat → Nat\n\ntheorem helper (n : Nat) : f n = n := sorry\n\ntheorem t : f 3 = 3 := by\n  sorry\n";
    with(text, |editor, uri| {
        let words = editor.prove(uri, 1);
        assert!(words.contains("once helper is proved"), "{words}");
        assert_eq!(editor.text(uri), text, "it is not applied");
        let at = editor.hole(uri, 1);
        let titles = editor.titles(uri, &at);
        assert!(
            titles[0].contains("leans on helper, not proved yet"),
            "{titles:?}"
        );
        let title = titles[0].clone();
        editor.choose(uri, &at, &title);
        assert_eq!(editor.problems(uri), ["declaration uses `sorry`"]);
    });
}

#[test]
fn a_header_edit_and_another_file() {
    let mut guard = session();
    let session = guard.as_mut().expect("a session");
    let other = session.uri("Other.lean");
    let editor = &mut session.editor;
    editor.open(
        &other,
        "theorem t (a b : Nat) : a + b = b + a := by\n  sorry\n",
    );
    let at = editor.hole(&other, 0);
    editor.replace(&other, "theorem", "import Init.Data.List.Basic\n\ntheorem");
    let moved = editor.hole(&other, 0);
    assert_ne!(at, moved);
    assert!(editor.prove(&other, 0).starts_with("proved with"));
    assert_eq!(editor.problems(&other), [""; 0]);
    editor.set(
        &other,
        "import Nothing.There\n\ntheorem t (a b : Nat) : a + b = b + a := by\n  sorry\n",
    );
    editor.problems(&other);
    let at = editor.hole(&other, 0);
    let position = json!([other, at]);
    editor.request(
        "workspace/executeCommand",
        json!({"command": "unsorry.prove", "arguments": position}),
    );
    let words = editor.finished(1);
    assert!(
        words[0].contains("can't elaborate") && words[0].contains("Nothing"),
        "{words:?}"
    );
}
