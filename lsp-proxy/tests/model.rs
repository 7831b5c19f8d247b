//! `unsorry model`, by running the program.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use expect_test::{Expect, expect};
use serde_json::json;

struct Home {
    folder: tempfile::TempDir,
    hub: String,
}

impl Home {
    /// A home whose hub is a port where nobody answers.
    fn new() -> Home {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let hub = format!("http://{}", listener.local_addr().expect("an address"));
        let folder = tempfile::tempdir().expect("a folder");
        Home { folder, hub }
    }

    fn models(&self) -> PathBuf {
        let models = self.folder.path().join("data/unsorry/models");
        std::fs::create_dir_all(&models).expect("a folder");
        models
    }

    /// The program, not started yet.
    fn command(&self, arguments: &[&str]) -> Command {
        let home = self.folder.path();
        let mut command = Command::new(env!("CARGO_BIN_EXE_unsorry"));
        command.arg("model").args(arguments).current_dir(home);
        for (name, folder) in [
            ("HOME", ""),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
            ("HF_HOME", "hub"),
        ] {
            command.env(name, home.join(folder));
        }
        command.env("HF_ENDPOINT", &self.hub);
        for name in [
            "UNSORRY_MODEL",
            "UNSORRY_CONFIG",
            "HF_TOKEN",
            "HTTP_PROXY",
            "http_proxy",
        ] {
            command.env_remove(name);
        }
        command
    }

    /// The program's exit code, and what it says on stdout and stderr.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        self.outcome(&self.command(arguments).output().expect("the program"))
    }

    fn outcome(&self, output: &Output) -> (Option<i32>, String, String) {
        let home = self.folder.path();
        let text = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.replace(&home.display().to_string(), "HOME")
                .replace(&self.hub, "http://HUB")
        };
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    }
}

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures/llama")
        .join(path)
}

fn check(home: &Home, arguments: &[&str], code: i32, expected: Expect) {
    let (found, out, err) = home.run(arguments);
    expected.assert_eq(&format!("{out}{err}"));
    assert_eq!(found, Some(code));
}

#[test]
fn a_files_contents_and_needs_are_told() {
    let home = Home::new();
    let models = home.models();
    std::fs::copy(fixture("yarn/model.gguf"), models.join("tiny.gguf")).expect("copied");
    // By its mere name.
    check(
        &home,
        &["info", "tiny.gguf"],
        0,
        expect![[r#"
        file          HOME/data/unsorry/models/tiny.gguf
        architecture  llama
        parameters    78144
        weights       0 MB: F32 0 MB in 21 tensors
        shape         2 layers of width 64, feed-forward 96, 4 heads of 16 on 2 for keys and values, 128 rows of vocabulary
        context       512 tokens
        positions     rotary, base 10000, YaRN by 16 from 32 tokens (β 32 and 1, attention factor 1.27726)
        tokenizer     none: there is no tokenizer: put the model's tokenizer.json into HOME/data/unsorry/models: the file's own vocabulary is of the kind `none`, which is not built here
        memory        537 MB for 512 tokens of text: fits
    "#]],
    );
    std::fs::create_dir(models.join("linear")).expect("a folder");
    for file in ["config.json", "model.safetensors"] {
        let from = fixture("linear").join(file);
        std::fs::copy(from, models.join("linear").join(file)).expect("copied");
    }
    check(
        &home,
        &["info", "linear"],
        0,
        expect![[r#"
        file          HOME/data/unsorry/models/linear/model.safetensors
        architecture  llama
        parameters    18528
        weights       0 MB: F32 0 MB in 12 tensors
        shape         1 layers of width 32, feed-forward 64, 2 heads of 16, 128 rows of vocabulary
        context       128 tokens
        positions     rotary, base 10000, linear scaling by 4
        tokenizer     none: there is no tokenizer: put the model's tokenizer.json into HOME/data/unsorry/models/linear: safetensors come without one
        memory        537 MB for 128 tokens of text: fits
    "#]],
    );
}

#[test]
fn what_is_no_model_is_told() {
    let home = Home::new();
    let models = home.models();
    check(
        &home,
        &["info"],
        2,
        expect![[r#"
        unsorry: no model is configured: name a file, or write `model = "…"` under `[local]` in your config.toml
    "#]],
    );
    check(
        &home,
        &["info", "tiny.gguf"],
        2,
        expect![[r#"
        unsorry: there is no HOME/data/unsorry/models/tiny.gguf; `unsorry model pull` gets a model that is known, `unsorry model list` says which
    "#]],
    );
    std::fs::write(models.join("tiny.gguf"), "<!DOCTYPE html>").expect("written");
    check(
        &home,
        &["info", "tiny.gguf"],
        2,
        expect![[r#"
        unsorry: can't use HOME/data/unsorry/models/tiny.gguf: it is a web page, perhaps an error that was saved in the file's place: get a GGUF file such as Q4_K_M or Q8_0, or safetensors
    "#]],
    );
    check(
        &home,
        &["check", "tiny.gguf"],
        2,
        expect![[r#"
        unsorry: can't use HOME/data/unsorry/models/tiny.gguf: it is a web page, perhaps an error that was saved in the file's place: get a GGUF file such as Q4_K_M or Q8_0, or safetensors
    "#]],
    );
    let whole = std::fs::read(fixture("yarn/model.gguf")).expect("readable");
    std::fs::write(models.join("tiny.gguf"), &whole[..whole.len() / 2]).expect("written");
    let (code, _, error) = home.run(&["check", "tiny.gguf"]);
    assert_eq!(code, Some(2));
    assert!(error.contains("get it again"), "{error}");
}

#[test]
fn models_are_listed() {
    let home = Home::new();
    let models = home.models();
    std::fs::copy(fixture("yarn/model.gguf"), models.join("tiny.gguf")).expect("copied");
    std::fs::write(models.join("DeepSeek-Prover-V2-7B-Q8_0.gguf"), "").expect("written");
    let (code, out, _) = home.run(&["list"]);
    assert_eq!(code, Some(0));
    let line = |start: &str| {
        let found = out.lines().find(|line| line.starts_with(start));
        found
            .unwrap_or_else(|| panic!("no {start} in {out}"))
            .to_owned()
    };
    assert!(line("prover-v2-7b ").contains(" not here; "));
    assert!(line("prover-v2-7b-q8 ").contains(" here; "));
    assert!(line("tiny.gguf ").contains(" MB  here"));
    assert!(line("Models are in HOME/data/unsorry/models.").contains("of memory free"));
}

#[test]
fn a_model_is_checked() {
    let home = Home::new();
    let models = home.models();
    std::fs::copy(fixture("yarn/model.gguf"), models.join("tiny.gguf")).expect("copied");
    let (code, _, error) = home.run(&["check", "tiny.gguf"]);
    assert_eq!(code, Some(2));
    assert!(
        error.contains("put the model's tokenizer.json into HOME"),
        "{error}"
    );
    std::fs::write(models.join("tokenizer.json"), tokenizer()).expect("written");
    let (code, out, error) = home.run(&["check", "--tokens", "8", "tiny.gguf"]);
    assert_eq!(code, Some(0), "{error}");
    for part in [
        "device    CPU",
        "prefill   ",
        " tok/s, ",
        "decode    ",
        "memory    ",
        "text  ",
    ] {
        assert!(out.contains(part), "{out}");
    }
}

#[test]
fn a_hub_out_of_reach_is_told() {
    let home = Home::new();
    let (code, _, error) = home.run(&["pull", "owner/model/a.gguf"]);
    assert_eq!(code, Some(2));
    for part in [
        "http://HUB can't be reached",
        "HTTPS_PROXY",
        "put it at HOME/data/unsorry/models/a.gguf",
    ] {
        assert!(error.contains(part), "{error}");
    }
    check(
        &home,
        &["pull", "other"],
        2,
        expect![[r#"
        unsorry: `other` is no model: name one of prover-v2-7b, prover-v2-7b-q8, or a file as owner/repository/file.gguf
    "#]],
    );
}

/// A download that is whole and waits to be checked takes minutes for that.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_ends_the_checking_of_a_file() {
    const SIZE: u64 = 1 << 38;
    let mut home = Home::new();
    let hub = TcpListener::bind("127.0.0.1:0").expect("a port");
    home.hub = format!("http://{}", hub.local_addr().expect("an address"));
    let part = home.models().join("a.gguf.0123456789ab.part");
    let file = std::fs::File::create(&part).expect("made");
    // It has no contents: they are read as zeros.
    file.set_len(SIZE).expect("its size");
    let mut command = home.command(&["pull", "owner/model/a.gguf"]);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let pulling = command.spawn().expect("the program");
    let oid = "0123456789abcdef0123456789abcdef01234567";
    let entry = json!([{ "type": "file", "path": "a.gguf", "size": SIZE, "oid": oid, "lfs": { "oid": "" } }]);
    answer_once(&hub, &entry.to_string());
    // It is checked as soon as it is open.
    let files = format!("/proc/{}/fd", pulling.id());
    within_seconds("the file is open", 60, || {
        let files = std::fs::read_dir(&files).into_iter().flatten().flatten();
        let mut files = files.filter_map(|file| std::fs::read_link(file.path()).ok());
        files.any(|file| file == part)
    });
    let pid = i32::try_from(pulling.id()).expect("an id");
    let pid = rustix::process::Pid::from_raw(pid).expect("an id");
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("sent");
    let (ended, waits) = std::sync::mpsc::channel();
    std::thread::spawn(move || ended.send(pulling.wait_with_output()));
    let output = waits.recv_timeout(std::time::Duration::from_secs(60));
    if output.is_err() {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
    let output = output.expect("an end, at once").expect("its output");
    let (code, _, error) = home.outcome(&output);
    assert_eq!(code, Some(2));
    assert!(
        error.contains("stopped; the next `unsorry model pull owner/model/a.gguf` goes on"),
        "{error}"
    );
    assert_eq!(part.metadata().expect("still there").len(), SIZE);
}

/// Answers the next request with a JSON `body`.
#[cfg(target_os = "linux")]
fn answer_once(listener: &TcpListener, body: &str) {
    use std::io::{Read, Write};
    let (mut stream, _) = listener.accept().expect("a connection");
    let mut request = Vec::new();
    while !String::from_utf8_lossy(&request).contains("}") {
        let mut bytes = [0; 4096];
        let read = stream.read(&mut bytes).expect("a request");
        assert_ne!(read, 0, "a whole request");
        request.extend_from_slice(&bytes[..read]);
    }
    let length = body.len();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    write!(stream, "{head}\r\ncontent-length: {length}\r\n\r\n{body}").expect("answered");
}

#[cfg(target_os = "linux")]
fn within_seconds(what: &str, seconds: u64, happened: impl Fn() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(seconds);
    while !happened() {
        assert!(std::time::Instant::now() < end, "in time: {what}");
        std::thread::yield_now();
    }
}

/// The tokenizer, in which each letter is a token.
fn tokenizer() -> String {
    let letters = ('!'..='~').chain(['Ġ', 'Ċ']).enumerate();
    let vocab: serde_json::Map<_, _> = letters
        .map(|(id, letter)| (letter.into(), id.into()))
        .collect();
    let bytes = json!({
        "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
    });
    json!({
        "version": "1.0",
        "added_tokens": [{
            "id": vocab.len(), "content": "<|EOT|>", "special": true, "normalized": false,
            "single_word": false, "lstrip": false, "rstrip": false,
        }],
        "normalizer": null, "post_processor": null, "pre_tokenizer": bytes, "decoder": bytes,
        "model": { "type": "BPE", "vocab": vocab, "merges": [], "unk_token": "?" },
    })
    .to_string()
}
