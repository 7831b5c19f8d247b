use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use std::time::Duration;

use expect_test::{Expect, expect};
use sha2::{Digest, Sha256};

use super::checksum::{git_blob, hexadecimal, pointer};
use super::*;

/// A hub that behaves as it is told.
#[derive(Default)]
struct Script {
    /// Contents by path in the repository.
    files: Vec<(&'static str, Vec<u8>)>,
    /// The bytes after which each download ends, in their order.
    cuts: Vec<usize>,
    /// The status of all answers.
    status: Option<&'static str>,
    /// Sends something else than it promised.
    lies: bool,
    /// Knows nothing of ranges.
    whole: bool,
    /// The requests, in order.
    asked: Vec<String>,
}

struct Scripted {
    script: Arc<Mutex<Script>>,
    hub: Hub,
    folder: tempfile::TempDir,
}

const REPOSITORY: &str = "owner/model";

impl Scripted {
    fn new(script: Script) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let script = Arc::new(Mutex::new(script));
        let served = script.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let script = served.clone();
                std::thread::spawn(move || serve(stream, &script));
            }
        });
        Scripted {
            script,
            hub: hub_at(&format!("http://{address}")),
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn pull(&self, file: &str) -> Result<PathBuf> {
        let wanted = Wanted {
            repository: REPOSITORY.into(),
            file: file.into(),
            base: Some(REPOSITORY.into()),
        };
        pull(&self.hub, &wanted, self.folder.path(), &mut |_, _| {})
    }

    fn asked(&self) -> Vec<String> {
        self.script.lock().expect("a script").asked.clone()
    }

    fn here(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

fn hub_at(address: &str) -> Hub {
    Hub::new(address, Some("secret"), Duration::from_millis(1)).expect("a hub")
}

fn pull(
    hub: &Hub,
    wanted: &Wanted,
    folder: &Path,
    progress: &mut dyn FnMut(&str, Progress),
) -> Result<PathBuf> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(pull_from(hub, wanted, folder, progress))
}

fn serve(mut stream: TcpStream, script: &Mutex<Script>) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let mut lines = Vec::new();
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        lines.push(std::mem::take(&mut line).trim().to_owned());
    }
    let header = |name: &str| {
        let lines = lines.iter().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.to_owned())
    };
    let length = header("content-length")
        .and_then(|it| it.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let request = lines.first().cloned().unwrap_or_default();
    let mut script = script.lock().expect("a script");
    let range = header("range");
    let asked = request.trim_end_matches(" HTTP/1.1");
    let asked = match &range {
        Some(range) => format!("{asked} {range}"),
        None => asked.to_owned(),
    };
    script.asked.push(asked);
    let mut words = request.split(' ');
    let (method, path) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
    let mut answer = |status: &str, headers: &str, length: usize, body: &[u8]| {
        let head = format!(
            "HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
        );
        let body = if method == "HEAD" { &[] } else { body };
        let _ = stream.write_all(&[head.as_bytes(), body].concat());
    };
    if let Some(status) = script.status {
        return answer(status, "", 0, b"");
    }
    if header("authorization").as_deref() != Some("Bearer secret") && !path.starts_with("/store/") {
        return answer("401 Unauthorized", "", 0, b"");
    }
    if path == format!("/api/models/{REPOSITORY}/paths-info/main") {
        let body = String::from_utf8_lossy(&body);
        let files = script.files.iter().filter(|(name, _)| body.contains(name));
        let entries: Vec<_> = files.map(|(name, bytes)| entry(name, bytes)).collect();
        let text = serde_json::json!(entries).to_string();
        return answer(
            "200 OK",
            "content-type: application/json\r\n",
            text.len(),
            text.as_bytes(),
        );
    }
    if let Some(name) = path.strip_prefix(&format!("/{REPOSITORY}/resolve/main/")) {
        let elsewhere = format!("location: /store/{name}\r\n");
        return answer("302 Found", &elsewhere, 0, b"");
    }
    let name = path.strip_prefix("/store/").unwrap_or("");
    let Some((_, bytes)) = script.files.iter().find(|(known, _)| *known == name) else {
        return answer("404 Not Found", "", 0, b"");
    };
    let mut bytes = bytes.clone();
    if script.lies {
        bytes[0] ^= 1;
    }
    let start = range.filter(|_| !script.whole).and_then(|range| {
        let (start, _) = range.strip_prefix("bytes=")?.split_once('-')?;
        start.parse::<usize>().ok()
    });
    let wanted = bytes.split_off(start.unwrap_or(0));
    let sent = match method == "GET" && !script.cuts.is_empty() {
        true => wanted.len().min(script.cuts.remove(0)),
        false => wanted.len(),
    };
    let status = if start.is_some() {
        "206 Partial Content"
    } else {
        "200 OK"
    };
    answer(status, "", wanted.len(), &wanted[..sent]);
}

/// A file as the hub lists it: a large one by its pointer.
fn entry(name: &str, bytes: &[u8]) -> serde_json::Value {
    let blob = |contents: &[u8]| {
        let mut hash = git_blob(contents.len() as u64);
        hash.update(contents);
        hexadecimal(&hash.finalize())
    };
    if name.ends_with(".json") {
        return serde_json::json!({ "type": "file", "path": name, "size": bytes.len(), "oid": blob(bytes) });
    }
    let sha256 = hexadecimal(&Sha256::digest(bytes));
    let pointer = pointer(&sha256, bytes.len() as u64);
    serde_json::json!({
        "type": "file", "path": name, "size": bytes.len(), "oid": blob(pointer.as_bytes()),
        "lfs": { "oid": sha256, "size": bytes.len(), "pointerSize": pointer.len() },
    })
}

fn bytes() -> Vec<u8> {
    (0..100_000u32)
        .map(|i| (i.wrapping_mul(i) >> 3) as u8)
        .collect()
}

fn files() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("sub/model.gguf", bytes()),
        ("tokenizer.json", b"{\"a\":1}".to_vec()),
    ]
}

#[test]
fn a_model_and_its_tokenizer_are_downloaded() {
    let hub = Scripted::new(Script {
        files: files(),
        ..Script::default()
    });
    let wanted = Wanted {
        repository: REPOSITORY.into(),
        file: "sub/model.gguf".into(),
        base: Some(REPOSITORY.into()),
    };
    let mut told = Vec::new();
    let path = pull(
        &hub.hub,
        &wanted,
        hub.folder.path(),
        &mut |name, progress| {
            told.push((name.to_owned(), progress));
        },
    );
    let path = path.expect("downloaded");
    assert_eq!(path, hub.folder.path().join("model.gguf"));
    assert_eq!(std::fs::read(path).expect("readable"), bytes());
    assert_eq!(hub.here(), ["model.gguf", "model.tokenizer.json"]);
    let of_model: Vec<_> = told
        .iter()
        .filter(|(name, _)| name == "model.gguf")
        .collect();
    assert_eq!(of_model[0].1, Progress::Loading(0, 100_000));
    assert_eq!(
        of_model[of_model.len() - 1].1,
        Progress::Checking(100_000, 100_000)
    );
    // What is there stays, if it is that file.
    let before = hub.asked().len();
    let path = hub.pull("sub/model.gguf").expect("there");
    assert_eq!(hub.asked().len(), before);
    let wanted = Wanted {
        base: None,
        ..wanted
    };
    let again = || pull(&hub.hub, &wanted, hub.folder.path(), &mut |_, _| {});
    assert_eq!(again().expect("there"), path);
    let after = &hub.asked()[before..];
    assert!(!after.iter().any(|asked| asked.contains("/store/")));
    std::fs::write(&path, "another").expect("written");
    let error = again().expect_err("another file");
    assert!(error.to_string().contains("another file"), "{error:#}");
}

#[test]
fn a_cut_download_goes_on() {
    let hub = Scripted::new(Script {
        files: files(),
        cuts: vec![30_000, 0, 20_000],
        ..Script::default()
    });
    let path = hub.pull("sub/model.gguf").expect("downloaded");
    assert_eq!(std::fs::read(path).expect("readable"), bytes());
    let asked = hub.asked();
    let gets: Vec<&str> = asked
        .iter()
        .filter_map(|asked| asked.strip_prefix("GET /store/sub/model.gguf "))
        .collect();
    assert_eq!(
        gets,
        [
            "bytes=0-99999",
            "bytes=30000-99999",
            "bytes=30000-99999",
            "bytes=50000-99999"
        ]
    );
}

#[test]
fn a_later_run_goes_on_too() {
    let hub = Scripted::new(Script {
        files: files(),
        cuts: vec![60_000, 0, 0, 0, 0, 0],
        ..Script::default()
    });
    let error = format!("{:#}", hub.pull("sub/model.gguf").expect_err("cut off"));
    assert!(error.contains("60000 of 100000 bytes are here"), "{error}");
    assert!(!hub.folder.path().join("model.gguf").exists());
    let path = hub.pull("sub/model.gguf").expect("downloaded");
    assert_eq!(std::fs::read(path).expect("readable"), bytes());
    assert!(hub.asked().last().is_some_and(|_| {
        hub.asked()
            .iter()
            .any(|it| it.ends_with("bytes=60000-99999"))
    }));
}

#[test]
fn a_server_without_ranges_is_survived() {
    let hub = Scripted::new(Script {
        files: files(),
        cuts: vec![60_000],
        whole: true,
        ..Script::default()
    });
    let path = hub.pull("sub/model.gguf").expect("downloaded");
    assert_eq!(std::fs::read(path).expect("readable"), bytes());
}

fn check(script: Script, file: &str, expected: Expect) {
    let hub = Scripted::new(script);
    let error = hub.pull(file).expect_err("refused");
    let folder = hub.folder.path().display().to_string();
    let text = format!("{error:#}").replace(&folder, "FOLDER");
    let text = text.replace(hub.hub.address(), "http://HUB");
    expected.assert_eq(&text);
    let left: Vec<String> = hub
        .here()
        .into_iter()
        .filter(|name| !name.ends_with(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn refusals_say_what_to_do() {
    let status = |status| Script {
        files: files(),
        status: Some(status),
        ..Script::default()
    };
    check(
        status("401 Unauthorized"),
        "sub/model.gguf",
        expect![
            "can't download it. You can also get http://HUB/owner/model/resolve/main/sub/model.gguf in another way, and put it at FOLDER/model.gguf: http://HUB has no owner/model for everybody: check the name, and if the model asks for a login, set HF_TOKEN to a token of yours, or log in with `hf auth login`: status 401 Unauthorized of http://HUB/api/models/owner/model/paths-info/main"
        ],
    );
    check(
        status("403 Forbidden"),
        "sub/model.gguf",
        expect![
            "can't download it. You can also get http://HUB/owner/model/resolve/main/sub/model.gguf in another way, and put it at FOLDER/model.gguf: http://HUB does not let you have owner/model: open its page there and accept its terms, or use the token of somebody who has: status 403 Forbidden of http://HUB/api/models/owner/model/paths-info/main"
        ],
    );
    check(
        status("404 Not Found"),
        "sub/model.gguf",
        expect![
            "can't download it. You can also get http://HUB/owner/model/resolve/main/sub/model.gguf in another way, and put it at FOLDER/model.gguf: owner/model has no file sub/model.gguf: look at http://HUB/owner/model/tree/main: status 404 Not Found of http://HUB/api/models/owner/model/paths-info/main"
        ],
    );
    check(
        status("503 Service Unavailable"),
        "sub/model.gguf",
        expect![
            "can't download it. You can also get http://HUB/owner/model/resolve/main/sub/model.gguf in another way, and put it at FOLDER/model.gguf: http://HUB is in trouble: try again later: status 503 Service Unavailable of http://HUB/api/models/owner/model/paths-info/main"
        ],
    );
    let fine = || Script {
        files: files(),
        ..Script::default()
    };
    check(
        fine(),
        "model.gguf",
        expect![
            "can't download it. You can also get http://HUB/owner/model/resolve/main/model.gguf in another way, and put it at FOLDER/model.gguf: owner/model has no file model.gguf: look at http://HUB/owner/model/tree/main"
        ],
    );
    check(
        Script {
            lies: true,
            ..fine()
        },
        "sub/model.gguf",
        expect![
            "can't download it. You can also get http://HUB/owner/model/resolve/main/sub/model.gguf in another way, and put it at FOLDER/model.gguf: what came is not what the hub has (its checksum differs), and was removed: try again, and if it stays so, ask who runs your network or proxy"
        ],
    );
}

#[test]
fn a_wrong_part_is_thrown_away() {
    let hub = Scripted::new(Script {
        files: files(),
        lies: true,
        ..Script::default()
    });
    hub.pull("sub/model.gguf").expect_err("wrong");
    assert!(hub.here().is_empty());
    hub.script.lock().expect("a script").lies = false;
    hub.pull("sub/model.gguf").expect("downloaded");
}

#[test]
fn without_a_network_it_says_where_to_put_the_file() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let folder = tempfile::tempdir().expect("a folder");
    let wanted = Wanted::parse("prover-v2-7b").expect("known");
    let error = pull(&hub_at(&endpoint), &wanted, folder.path(), &mut |_, _| {});
    let error = format!("{:#}", error.expect_err("offline"));
    let path = folder.path().join("DeepSeek-Prover-V2-7B-Q4_K_M.gguf");
    assert!(error.contains(&path.display().to_string()), "{error}");
    assert!(
        error.contains("can't be reached") && error.contains("HTTPS_PROXY"),
        "{error}"
    );
}
