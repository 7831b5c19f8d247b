//! An engine that answers as a script says, in the formats of Prover-V2's 7B and 671B behind vLLM: for
//! what a small real model can't be made to write.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

/// The script's answers to a prompt: the pieces of each.
pub type Script = dyn Fn(&str) -> Vec<String> + Send + Sync;

/// A running engine. Its threads end with the test.
pub struct Engine {
    /// The address: `http://127.0.0.1:40321/v1`.
    pub address: String,
    prompts: Arc<Mutex<Vec<String>>>,
}

impl Engine {
    /// Starts one that gives each piece of an answer `pause` after the one before.
    pub fn start(
        pause: Duration,
        script: impl Fn(&str) -> Vec<String> + Send + Sync + 'static,
    ) -> Engine {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let prompts = Arc::<Mutex<Vec<String>>>::default();
        let (script, seen) = (Arc::new(script), prompts.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, seen) = (script.clone(), seen.clone());
                std::thread::spawn(move || serve(&stream, pause, &*script, &seen));
            }
        });
        Engine { address, prompts }
    }

    /// The prompts so far.
    pub fn prompts(&self) -> Vec<String> {
        self.prompts.lock().expect("no panic").clone()
    }
}

/// Answers requests on a connection until it is closed.
fn serve(stream: &TcpStream, pause: Duration, script: &Script, seen: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    while let Some((path, body)) = request(&mut reader) {
        let answered = if path.ends_with("/models") {
            let models = json!({"object": "list", "data": [{
                "id": "deepseek-ai/DeepSeek-Prover-V2-7B", "owned_by": "vllm", "max_model_len": 32768,
            }]});
            whole(stream, &models)
        } else {
            let prompt = body["prompt"].as_str().unwrap_or_default().to_owned();
            seen.lock().expect("no panic").push(prompt.clone());
            let answer = script(&prompt);
            let count = body["n"].as_u64().unwrap_or(1);
            stream_of(stream, pause, &answer, count)
        };
        if answered.is_err() {
            return;
        }
    }
}

fn request(reader: &mut impl BufRead) -> Option<(String, Value)> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split_whitespace().nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, serde_json::from_slice(&body).unwrap_or_default()))
}

fn whole(mut stream: &TcpStream, body: &Value) -> std::io::Result<()> {
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Streams the same answer `count` times, as vLLM does.
fn stream_of(
    mut stream: &TcpStream,
    pause: Duration,
    pieces: &[String],
    count: u64,
) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )?;
    let mut send = |data: &str| {
        let event = format!("data: {data}\n\n");
        write!(stream, "{:x}\r\n{event}\r\n", event.len())?;
        stream.flush()
    };
    for piece in pieces {
        for index in 0..count {
            let choice = json!({"index": index, "text": piece, "finish_reason": null});
            send(&json!({"choices": [choice]}).to_string())?;
        }
        std::thread::sleep(pause);
    }
    for index in 0..count {
        let choice = json!({"index": index, "text": "", "finish_reason": "stop"});
        send(&json!({"choices": [choice]}).to_string())?;
    }
    let tokens = pieces.len() as u64 * count;
    let usage =
        json!({"choices": [], "usage": {"prompt_tokens": 100, "completion_tokens": tokens}});
    send(&usage.to_string())?;
    send("[DONE]")?;
    write!(stream, "0\r\n\r\n")
}
