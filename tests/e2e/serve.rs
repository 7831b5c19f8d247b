//! `unsorry serve` in an editor.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use unsorry_tests::editor::{Editor, Edits};

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
    session_.editor.edits = Edits::Accept;
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
fn progress_is_shown() {
    with(
        "theorem t (a b : Nat) (h : a < b) : ¬ b ≤ a := by\n  sorry\n",
        |editor, uri| {
            let at = editor.hole(uri, 0);
            editor.choose(uri, &at, "Prove this sorry");
            editor.until("the end", |editor| {
                editor
                    .progress
                    .iter()
                    .any(|(_, v)| v["kind"] == "end")
                    .then_some(())
            });
            let kinds: Vec<&str> = editor
                .progress
                .iter()
                .filter_map(|(_, v)| v["kind"].as_str())
                .collect();
            assert_eq!(kinds.first(), Some(&"begin"));
            assert!(kinds.contains(&"report"), "{kinds:?}");
            let report = editor
                .progress
                .iter()
                .find(|(_, v)| v["kind"] == "report")
                .expect("a report");
            assert!(
                report.1["message"]
                    .as_str()
                    .expect("words")
                    .contains("candidates"),
                "{report:?}"
            );
            editor.progress.clear();
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
fn a_refused_edit_is_offered_instead() {
    let text = "theorem t (a b : Nat) : a + b = b + a := by\n  sorry\n";
    with(text, |editor, uri| {
        editor.edits = Edits::Refuse;
        let words = editor.prove(uri, 0);
        assert!(words.contains("the user said no"), "{words}");
        assert_eq!(editor.text(uri), text);
        let at = editor.hole(uri, 0);
        let actions = editor.actions(uri, &at);
        assert_eq!(actions[0]["kind"], "quickfix");
        assert_eq!(actions[0]["isPreferred"], true);
        let title = actions[0]["title"].as_str().expect("a title").to_owned();
        assert!(
            title.starts_with("Prove with `") && title.ends_with("(Lean-checked)"),
            "{title}"
        );
        // Resolving ours gives it back whole, and does not trouble Lean.
        let resolved = editor.request("codeAction/resolve", actions[0].clone());
        assert_eq!(resolved["result"], actions[0]);
        let items = completions(editor, uri, &at);
        assert_eq!(items[0]["filterText"], "sorry");
        assert!(
            items[0]["detail"]
                .as_str()
                .expect("a detail")
                .contains("Lean-checked"),
            "{items:?}"
        );
        let resolved = editor.request("completionItem/resolve", items[0].clone());
        assert_eq!(resolved["result"], items[0]);
        let hover = editor.hover(uri, &at);
        assert!(
            hover.contains("⊢ a + b = b + a") && hover.contains("Lean-checked"),
            "{hover}"
        );
        // An edit above makes the offer stale: it is gone, and comes back with the text.
        editor.replace(uri, "theorem t", "theorem u");
        assert_eq!(editor.titles(uri, &at)[0], "Prove this sorry");
        editor.replace(uri, "theorem u", "theorem t");
        editor.choose(uri, &at, &title);
        assert_eq!(editor.problems(uri), [""; 0]);
    });
}

#[test]
fn an_editor_that_only_says_it_applied_the_edit() {
    let text = "theorem pretended (a b : Nat) : a + b = b + a := by\n  sorry\n";
    with(text, |editor, uri| {
        editor.edits = Edits::Pretend;
        let words = editor.prove(uri, 0);
        assert!(words.contains("the text is as before"), "{words}");
        let at = editor.hole(uri, 0);
        assert!(editor.titles(uri, &at)[0].starts_with("Prove with"));
    });
}

fn completions(editor: &mut Editor, uri: &str, at: &Value) -> Vec<Value> {
    let params = json!({"textDocument": {"uri": uri}, "position": at});
    let answer = editor.request("textDocument/completion", params);
    let result = &answer["result"];
    let items = result["items"]
        .as_array()
        .or(result.as_array())
        .expect("items");
    items
        .iter()
        .filter(|item| !item["data"]["unsorry"].is_null())
        .cloned()
        .collect()
}

#[test]
fn an_edit_above_does_not_lose_the_proof() {
    with(
        "theorem t (a b c : Nat) (h : a < b) (h' : b < c) : a + 1 < c := by\n  sorry\n",
        |editor, uri| {
            let at = editor.hole(uri, 0);
            editor.choose(uri, &at, "Prove this sorry");
            editor.edit_line_above(uri, "theorem above : 1 + 1 = 2 := rfl\n\n");
            let words = editor.finished(1);
            assert!(words[0].starts_with("proved with"), "{words:?}");
            assert_eq!(editor.problems(uri), [""; 0]);
            assert!(editor.text(uri).starts_with("theorem above"));
        },
    );
}

#[test]
fn a_job_dies_with_its_hole() {
    with(
        "theorem t (f : Nat → Nat) (h : ∀ n, f (f n) = n) : f 1 = 7 := by\n  sorry\n",
        |editor, uri| {
            let at = editor.hole(uri, 0);
            editor.choose(uri, &at, "Prove this sorry");
            editor.replace(uri, "sorry", "skip");
            assert_eq!(editor.finished(1), ["stopped: the sorry has changed"]);
            assert!(editor.shown.is_empty(), "{:?}", editor.shown);
        },
    );
}

#[test]
fn cancelling() {
    with(
        "theorem cancelled (f : Nat → Nat) (h : ∀ n, f (f n) = n) : f 1 = 7 := by\n  sorry\n",
        |editor, uri| {
            let at = editor.hole(uri, 0);
            editor.choose(uri, &at, "Prove this sorry");
            let token = editor.until("a token", |editor| {
                editor
                    .progress
                    .iter()
                    .find(|(_, v)| v["kind"] == "begin")
                    .map(|(token, v)| {
                        assert_eq!(v["cancellable"], true);
                        token.clone()
                    })
            });
            editor.notify("window/workDoneProgress/cancel", json!({"token": token}));
            assert_eq!(editor.finished(1), ["stopped"]);
            // The next job is not the worse for it.
            editor.set(
                uri,
                "theorem next_job (a b : Nat) : a + b = b + a := by\n  sorry\n",
            );
            assert!(editor.prove(uri, 0).starts_with("proved with"));
        },
    );
}

#[test]
fn a_second_job_on_the_same_hole() {
    with(
        "theorem twice (a b c : Nat) (h : a < b) (h' : b < c) : a + 1 < c := by\n  sorry\n",
        |editor, uri| {
            let at = editor.hole(uri, 0);
            let action = editor.actions(uri, &at).remove(0);
            editor.request("workspace/executeCommand", action["command"].clone());
            editor.request("workspace/executeCommand", action["command"].clone());
            editor.finished(1);
            editor.idle(Duration::from_millis(300));
            assert!(editor.progress.is_empty(), "one job: {:?}", editor.progress);
            assert_eq!(editor.problems(uri), [""; 0]);
        },
    );
}

#[test]
fn every_hole_of_a_file() {
    let text = "theorem a (p : Prop) (h : p) : p := sorry\n\ntheorem f (n : Nat) : n < n := sorry\n\n\
        theorem b (m n : Nat) : m + n = n + m := by\n  sorry\n";
    with(text, |editor, uri| {
        let away = json!({"line": 1, "character": 0});
        let actions = editor.actions(uri, &away);
        assert_eq!(actions.len(), 1);
        assert_eq!(actions[0]["kind"], "source.unsorry");
        editor.choose(uri, &away, "Prove every sorry in this file");
        assert_eq!(editor.finished(1), ["2 of 3 proved; left: line 3"]);
        assert_eq!(editor.text(uri).matches("sorry").count(), 1);
        assert!(
            editor
                .text(uri)
                .contains("theorem f (n : Nat) : n < n := sorry")
        );
        // The editor can ask for kinds.
        let ask = |editor: &mut Editor, kind: &str| {
            let at = editor.hole(uri, 0);
            let params = json!({"textDocument": {"uri": uri}, "range": {"start": at, "end": at}, "context": {"diagnostics": [], "only": [kind]}});
            editor.request("textDocument/codeAction", params)["result"].to_string()
        };
        assert!(!ask(editor, "refactor").contains("unsorry"));
        assert!(ask(editor, "quickfix").contains("Prove this sorry"));
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
    // A job ends with its document.
    editor.set(
        &other,
        "theorem t (f : Nat → Nat) (h : ∀ n, f (f n) = n) : f 1 = 7 := by\n  sorry\n",
    );
    let at = editor.hole(&other, 0);
    editor.choose(&other, &at, "Prove this sorry");
    editor.close(&other);
    assert_eq!(editor.finished(1), ["stopped"]);
}

#[test]
fn an_engine_that_fails_is_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config/unsorry");
    std::fs::create_dir_all(&config).expect("a folder");
    std::fs::write(
        config.join("config.toml"),
        "[search]\nengines = ['local']\n[local]\nmodel = './none.gguf'\n",
    )
    .expect("written");
    std::fs::write(config.join("none.gguf"), "GGUF").expect("written");
    let mut editor = Editor::start(folder.path());
    let uri = format!("file://{}/{MAIN}", folder.path().display());
    editor.open(
        &uri,
        "theorem a : 1 = 1 := by sorry\n\ntheorem b : 2 = 2 := by sorry\n",
    );
    let away = json!({"line": 1, "character": 0});
    editor.choose(&uri, &away, "Prove every sorry in this file");
    let words = editor.finished(1).remove(0);
    assert!(
        words.starts_with("0 of 2 proved; left: lines 1, 3; local failed:")
            && words.contains("none.gguf")
            && words.matches("local failed").count() == 1,
        "{words}"
    );
    let shown = editor.until("a message", |editor| editor.shown.pop());
    assert!(shown.contains("local failed"), "{shown}");
    assert!(editor.shown.is_empty(), "once: {:?}", editor.shown);
    let at = editor.hole(&uri, 0);
    let hover = editor.hover(&uri, &at);
    assert!(
        hover.contains("no engine could go on") && hover.contains("local failed"),
        "{hover}"
    );
    editor.quit();
}

#[test]
fn mistakes_are_answered() {
    with("theorem t : 1 = 1 := sorry\n", |editor, uri| {
        let mut fails = |command: &str, arguments: Value, part: &str| {
            let answer = editor.request(
                "workspace/executeCommand",
                json!({"command": command, "arguments": arguments}),
            );
            let message = answer["error"]["message"]
                .as_str()
                .unwrap_or_else(|| panic!("no error: {answer}"));
            assert!(message.contains(part), "{message}");
        };
        fails("unsorry.fly", json!([uri]), "unsorry.prove");
        fails("unsorry.prove", json!([]), "URI");
        fails("unsorry.prove", json!(["file:///none.lean"]), "is it open");
        fails(
            "unsorry.prove",
            json!([uri, {"line": 0, "character": 0}]),
            "no sorry at this position",
        );
    });
}

/// Something that listens, has nothing, and remembers what it was sent.
fn listener() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/v1", listener.local_addr().expect("bound"));
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = heard.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            hears.lock().expect("no panic").push(String::new());
            let hears = hears.clone();
            std::thread::spawn(move || {
                let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
                let mut bytes = [0; 4096];
                while let Ok(n @ 1..) = stream.read(&mut bytes) {
                    let text = String::from_utf8_lossy(&bytes[..n]).into_owned();
                    hears.lock().expect("no panic").push(text);
                }
                let _ = stream.write_all(
                    b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                );
            });
        }
    });
    (address, heard)
}

#[test]
fn nothing_is_sent_without_consent() {
    const TEXT: &str = "theorem easy (p : Prop) (h : p) : p := by\n  sorry\n\ntheorem secret (p : Nat → Prop) : ∃ x, p x → ∀ y, p y := by\n  sorry\n";
    let (address, heard) = listener();
    let heard = || heard.lock().expect("no panic").concat();
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config/unsorry");
    std::fs::create_dir_all(&config).expect("a folder");
    std::fs::write(
        config.join("config.toml"),
        format!(
            "[search]\nengines = ['remote', 'tactics']\n[[remote]]\nname = 'lab'\nurl = '{address}'\nmodel = 'm'\n"
        ),
    )
    .expect("written");
    let uri = format!("file://{}/A.lean", folder.path().display());

    let mut editor = Editor::start(folder.path());
    editor.open(&uri, TEXT);
    // The question does not keep the tactics waiting.
    let words = editor.prove(&uri, 0);
    assert!(words.starts_with("proved with"), "{words}");
    let (_, question) = editor.questions.first().expect("a question").clone();
    assert_eq!(
        question["message"],
        format!(
            "unsorry can ask lab ({address}) for proofs. Your file's text would be sent there."
        )
    );
    let at = editor.hole(&uri, 0);
    editor.choose(&uri, &at, "Prove this sorry");
    editor.idle(Duration::from_secs(1));
    assert_eq!(editor.questions.len(), 1, "two jobs ask once");
    editor.say("Not now");
    let words = editor.finished(1).remove(0);
    assert!(
        words.starts_with("no proof found")
            && words.contains("lab was not asked")
            && !words.contains("failed"),
        "{words}"
    );
    let words = editor.prove(&uri, 0);
    assert!(words.contains("lab was not asked"), "{words}");
    assert!(editor.questions.is_empty(), "not in this session");
    assert_eq!(heard(), "");
    editor.quit();

    let mut editor = Editor::start(folder.path());
    editor.open(&uri, TEXT);
    let at = editor.hole(&uri, 1);
    editor.choose(&uri, &at, "Prove this sorry");
    editor.until("the question", |editor| {
        (!editor.questions.is_empty()).then_some(())
    });
    assert_eq!(heard(), "");
    editor.say("Send");
    let words = editor.finished(1).remove(0);
    assert!(!words.contains("was not asked"), "{words}");
    assert!(heard().contains("theorem secret"), "{}", heard());
    let kept = folder.path().join("state/unsorry/consent.toml");
    let kept = std::fs::read_to_string(kept).expect("what was said is kept");
    assert!(
        kept.contains(&format!("\"{address}\" = \"send\"")),
        "{kept}"
    );
    editor.quit();
}

/// Runs a command of ours and gives its result.
fn command(editor: &mut Editor, name: &str, arguments: Value) -> Value {
    let params = json!({"command": name, "arguments": arguments});
    let answer = editor.request("workspace/executeCommand", params);
    assert!(answer.get("error").is_none(), "{answer}");
    answer["result"].clone()
}

#[test]
fn the_status_tells_news() {
    let text = "theorem t (n : Nat) : n + 0 = n := by\n  sorry\n";
    with(text, |editor, uri| {
        editor.problems(uri);
        let now = command(editor, "unsorry.status", json!([]));
        assert_eq!(now["engines"], json!(["tactics"]));
        assert_eq!(now["available"], json!(["tactics"]));
        assert_eq!(now["documents"], json!([uri]));
        assert_eq!(
            (&now["jobs"], &now["complaint"]),
            (&json!([]), &Value::Null)
        );
        let since = json!({"command": "unsorry.status", "arguments": [{"since": now["revision"]}]});
        let news = editor.ask("workspace/executeCommand", since);
        // The question waits, and holds up nothing.
        let at = editor.hole(uri, 0);
        command(editor, "unsorry.prove", json!([uri, at]));
        let begun = editor.answer(&news)["result"].clone();
        assert_eq!(begun["jobs"][0]["uri"], uri, "{begun}");
        assert_eq!(begun["jobs"][0]["holes"], 1, "{begun}");
        let mut seen = begun;
        while seen["jobs"] != json!([]) {
            assert_ne!(seen["jobs"][0]["message"], "", "{seen}");
            let since = json!([{"since": seen["revision"]}]);
            seen = command(editor, "unsorry.status", since);
        }
        // Who does not want to wait any more is answered.
        let since =
            json!({"command": "unsorry.status", "arguments": [{"since": seen["revision"]}]});
        let news = editor.ask("workspace/executeCommand", since);
        editor.notify("$/cancelRequest", json!({"id": news}));
        let answer = editor.answer(&news);
        assert_eq!(answer["error"]["code"], -32800, "{answer}");
        let last = &seen["last"];
        assert_eq!(
            (last["job"].is_u64(), &last["uri"], &last["proved"]),
            (true, &json!(uri), &json!(1)),
            "{seen}"
        );
        let message = last["message"].as_str().expect("a sentence");
        assert!(message.starts_with("proved with"), "{seen}");
    });
}

#[test]
fn offers_do_not_outlive_their_imports() {
    let text = "theorem t (n : Nat) : n + 0 = n := by\n  sorry\n";
    with(text, |editor, uri| {
        editor.edits = Edits::Refuse;
        editor.prove(uri, 0);
        let at = editor.hole(uri, 0);
        let offers = |titles: &[String]| titles.iter().any(|t| t.starts_with("Prove with"));
        assert!(offers(&editor.titles(uri, &at)));
        let changed =
            |name: &str| json!({"changes": [{"uri": format!("file:///p/{name}"), "type": 2}]});
        editor.notify("workspace/didChangeWatchedFiles", changed("A.txt"));
        assert!(offers(&editor.titles(uri, &at)));
        editor.notify("workspace/didChangeWatchedFiles", changed("A.ilean"));
        assert!(!offers(&editor.titles(uri, &at)));
        editor.edits = Edits::Accept;
        let words = editor.prove(uri, 0);
        assert!(words.starts_with("proved with"), "{words}");
    });
}

#[test]
fn settings_hold_from_the_next_job_on() {
    let hard = "theorem t (a b c n : Nat) (h : a ^ (n + 3) + b ^ (n + 3) = c ^ (n + 3)) : a * b * c = 0 := by\n  sorry\n";
    with(hard, |editor, uri| {
        editor.problems(uri);
        let wrong =
            json!({"command": "unsorry.settings", "arguments": [{"local": {"model": "/a"}}]});
        let answer = editor.request("workspace/executeCommand", wrong);
        assert!(
            answer["error"].to_string().contains("`local.model`"),
            "{answer}"
        );
        command(
            editor,
            "unsorry.settings",
            json!([{"search": {"budget": "1s"}}]),
        );
        let words = editor.prove(uri, 0);
        assert!(
            words.contains("no proof found within the budget"),
            "{words}"
        );
        // As editors do that know nothing of our commands.
        let settings = json!({"unsorry": {"search": {"engines": ["remote"]}}, "other": 1});
        editor.notify(
            "workspace/didChangeConfiguration",
            json!({"settings": settings}),
        );
        let warned = editor.until("a warning", |editor| {
            editor
                .shown
                .iter()
                .find(|told| told.contains("keeps its settings"))
                .cloned()
        });
        assert!(warned.contains("has no endpoint"), "{warned}");
        let again = json!({"settings": {"unsorry": null}});
        editor.notify("workspace/didChangeConfiguration", again);
        // Every job stops at once.
        let at = editor.hole(uri, 0);
        command(editor, "unsorry.prove", json!([uri, at]));
        command(editor, "unsorry.stop", json!([]));
        let status = command(editor, "unsorry.status", json!([]));
        assert_eq!(status["jobs"], json!([]), "{status}");
    });
}
