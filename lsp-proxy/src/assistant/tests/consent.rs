//! Nothing is sent elsewhere before the user has agreed to it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

use super::editor::{Editor, MAIN, settings};
use super::prover::Scripted;

/// Something that listens, has nothing, and remembers what it was sent.
fn listener() -> (String, impl Fn() -> String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/v1", listener.local_addr().expect("bound"));
    let heard = Arc::new(Mutex::new(Vec::<u8>::new()));
    let hears = heard.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let hears = hears.clone();
            std::thread::spawn(move || {
                let _ = stream.set_read_timeout(Some(Duration::from_millis(500)));
                let mut bytes = [0; 4096];
                while let Ok(n @ 1..) = stream.read(&mut bytes) {
                    hears.lock().expect("no panic").extend(&bytes[..n]);
                }
                let _ = stream.write_all(
                    b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                );
            });
        }
    });
    let heard = move || String::from_utf8(heard.lock().expect("no panic").clone());
    (address, move || heard().expect("UTF-8"))
}

const TEXT: &str = "theorem known : easy := by\n  sorry\n\ntheorem secret : hard := by\n  sorry\n";

/// An editor whose assistant may ask what listens at `address`, and keeps in `consent` what is said to that.
async fn session(address: &str, consent: &Path) -> Editor {
    let config = format!(
        "[search]\nengines = ['remote', 'tactics']\n[[remote]]\nname = 'lab'\nurl = '{address}'\nmodel = 'm'\n"
    );
    let prover = Scripted::of_easy_goals();
    let settings = settings(&config, prover, Some(consent.to_owned()));
    let mut editor = Editor::serve(settings).await;
    editor.open(MAIN, TEXT);
    editor
}

fn question(editor: &mut Editor) -> Option<Value> {
    Some(editor.questions.first()?.1.clone())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_before_the_user_agrees() {
    let (address, heard) = listener();
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = session(&address, &folder.path().join("consent.toml")).await;
    // The question does not keep the tactics waiting.
    let words = editor.prove(MAIN, 0).await;
    assert_eq!(words, "proved with right");
    let asked = editor.until("a question", question).await;
    assert_eq!(
        asked["message"],
        format!(
            "unsorry can ask lab ({address}) for proofs. Your file's text would be sent there."
        )
    );
    let at = editor.hole(MAIN, 0);
    editor.choose(MAIN, &at, "Prove this sorry").await;
    editor.idle(Duration::from_secs(1)).await;
    assert_eq!(editor.questions.len(), 1, "two jobs ask once");
    editor.say("Not now");
    let words = editor.finished(1).await.remove(0);
    assert!(
        words.starts_with("no proof found")
            && words.contains("lab was not asked")
            && !words.contains("failed"),
        "{words}"
    );
    assert_eq!(editor.message().await, format!("unsorry: {words}"));
    let words = editor.prove(MAIN, 0).await;
    assert!(words.contains("lab was not asked"), "{words}");
    assert_eq!(editor.message().await, format!("unsorry: {words}"));
    assert!(editor.questions.is_empty(), "not in this session");
    assert_eq!(heard(), "");
}

#[tokio::test(start_paused = true)]
async fn a_question_that_nobody_answers_is_not_waited_for_for_ever() {
    let (address, heard) = listener();
    let folder = tempfile::tempdir().expect("a folder");
    let mut editor = session(&address, &folder.path().join("consent.toml")).await;
    let words = editor.prove(MAIN, 1).await;
    assert!(
        words.contains("lab was not asked: you have not said yet that it may be"),
        "{words}"
    );
    assert_eq!(editor.message().await, format!("unsorry: {words}"));
    assert_eq!(heard(), "");
    editor.say("Never");
    let words = editor.prove(MAIN, 1).await;
    assert!(words.contains("you have said never"), "{words}");
    assert_eq!(editor.message().await, format!("unsorry: {words}"));
    assert_eq!(heard(), "");
}

// A network is nothing that waits for a paused clock.
#[tokio::test]
async fn what_the_user_agrees_to_is_sent_and_kept() {
    let (address, heard) = listener();
    let folder = tempfile::tempdir().expect("a folder");
    let kept = folder.path().join("state/consent.toml");
    let mut editor = session(&address, &kept).await;
    let at = editor.hole(MAIN, 1);
    editor.choose(MAIN, &at, "Prove this sorry").await;
    editor.until("a question", question).await;
    assert_eq!(heard(), "");
    editor.say("Send");
    let words = editor.finished(1).await.remove(0);
    assert!(!words.contains("was not asked"), "{words}");
    assert_eq!(editor.message().await, format!("unsorry: {words}"));
    assert!(heard().contains("theorem secret"), "{}", heard());
    let kept = std::fs::read_to_string(kept).expect("what was said is kept");
    assert!(
        kept.contains(&format!("\"{address}\" = \"send\"")),
        "{kept}"
    );
}
