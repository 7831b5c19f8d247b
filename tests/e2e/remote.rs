//! Remote engines, with a real one: llama.cpp's server (`tests/engine`) with the pocket model.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use unsorry_tests::editor::Editor;

use crate::prove::prove;

/// The number of held-out goals that are tried in both ways.
const TRIED: usize = 24;

/// A running engine, which ends when it is dropped.
struct Engine {
    child: Child,
    address: String,
}

impl Engine {
    /// Starts llama.cpp with the pocket model in `slots`.
    fn start(slots: usize) -> Engine {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("engine");
        let install = Command::new("python3")
            .arg(folder.join("install.py"))
            .stderr(Stdio::inherit())
            .output()
            .expect("Python 3.10 or newer, which llama.cpp's server is installed with");
        assert!(install.status.success(), "llama.cpp is not installed");
        let python = String::from_utf8(install.stdout).expect("a path");
        let mut child = Command::new(python.trim())
            .arg(folder.join("serve.py"))
            .arg(pocket("pocket.gguf"))
            .args(["pocket", &slots.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the engine starts");
        let mut address = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout)
            .read_line(&mut address)
            .expect("its address");
        let address = address.trim().to_owned();
        assert!(address.starts_with("http://127.0.0.1:"), "{address}");
        Engine { child, address }
    }

    /// Returns the number of tokens that it has written so far.
    fn written(&self) -> u64 {
        let host = self.address.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("connected");
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("metrics");
        let line = answer
            .lines()
            .find_map(|line| line.strip_prefix("llamacpp:tokens_predicted_total "));
        line.expect("the metric").trim().parse().expect("a number")
    }

    /// A configuration that has it as its only prover.
    fn config(&self, keys: &str) -> String {
        format!(
            "[search]\nengines = ['remote']\nrefute = false\n[[remote]]\nname = 'pocket'\nurl = '{}'\ntemplate = 'prover-v2'\nmax_tokens = 112\n{keys}\n",
            self.address
        )
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn pocket(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("pocket")
        .join(name)
}

/// Returns which of the goals `unsorry prove` proves with `config`, each in a file of its own, so that the
/// prompts don't depend on how long tokens are thought to be.
fn proved(config: &str) -> Vec<bool> {
    let folder = tempfile::tempdir().expect("a folder");
    let text = std::fs::read_to_string(pocket("heldout.lean")).expect("the goals");
    let goals: Vec<&str> = text.split("\n\nnamespace G").take(TRIED).collect();
    let names: Vec<String> = (0..goals.len()).map(|at| format!("A{at}.lean")).collect();
    for (name, goal) in names.iter().zip(&goals) {
        let goal = match goal.starts_with("namespace") {
            true => (*goal).to_owned(),
            false => format!("namespace G{goal}"),
        };
        std::fs::write(folder.path().join(name), goal + "\n").expect("written");
    }
    let users = folder.path().join("unsorry");
    std::fs::create_dir(&users).expect("a folder");
    std::fs::write(users.join("config.toml"), config).expect("written");
    let names = names.iter().map(String::as_str);
    let arguments: Vec<&str> = ["--json"].into_iter().chain(names).collect();
    let output = prove(folder.path(), &arguments);
    let stdout = String::from_utf8_lossy(&output.stdout);
    let hole = |line: &str| {
        let report: Value = serde_json::from_str(line).expect("JSON");
        let status = report["holes"][0]["status"].as_str().expect("a status");
        assert_ne!(status, "error", "{report}");
        status == "proved"
    };
    let proved: Vec<bool> = stdout.lines().map(hole).collect();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(proved.len(), TRIED, "{stderr}");
    proved
}

/// The likeliest answer to each goal, from the same file: two programs round differently, but prove the
/// same.
#[test]
fn the_same_goals_are_proved_through_http_as_in_process() {
    let engine = Engine::start(4);
    let through_http = proved(&engine.config("temperature = 0"));
    assert!(engine.written() > 0);
    let in_process = proved(&format!(
        "[search]\nengines = ['local']\nrefute = false\n[local]\nmodel = '{}'\ntokenizer = '{}'\nmax_tokens = 112\ntemperature = 0\n",
        pocket("pocket.gguf").display(),
        pocket("tokenizer.json").display()
    ));
    let count = |proved: &[bool]| proved.iter().filter(|one| **one).count();
    let pairs = through_http.iter().zip(&in_process);
    let different = pairs.filter(|(a, b)| a != b).count();
    println!(
        "of {TRIED} goals: {} through HTTP, {} in process, {different} in one way only",
        count(&through_http),
        count(&in_process)
    );
    assert!(count(&in_process) >= TRIED / 4, "{in_process:?}");
    assert!(different <= TRIED / 8, "{through_http:?} {in_process:?}");
}

#[test]
fn stopping_a_job_stops_the_engine() {
    let engine = Engine::start(2);
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config/unsorry");
    std::fs::create_dir_all(&config).expect("a folder");
    let config = config.join("config.toml");
    std::fs::write(config, engine.config("candidates = 100000")).expect("written");
    let mut editor = Editor::start(folder.path());
    let uri = format!("file://{}/Main.lean", folder.path().display());
    let text = "theorem t (f : Nat → Nat) (h : ∀ n, f (f n) = n) : f 1 = 7 := by\n  sorry\n";
    editor.open(&uri, text);
    let at = editor.hole(&uri, 0);
    editor.choose(&uri, &at, "Prove this sorry");
    let token = editor.until("a token", |editor| {
        let begin = editor.progress.iter().find(|(_, v)| v["kind"] == "begin");
        begin.map(|(token, _)| token.clone())
    });
    editor.until("the question", |editor| {
        (!editor.questions.is_empty()).then_some(())
    });
    editor.say("Send");
    let begun = Instant::now();
    while engine.written() < 200 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it writes");
        editor.idle(Duration::from_millis(50));
    }
    editor.notify("window/workDoneProgress/cancel", json!({"token": token}));
    assert_eq!(editor.finished(1), ["stopped"]);
    std::thread::sleep(Duration::from_millis(500));
    let after = engine.written();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(engine.written(), after);
    editor.quit();
}
