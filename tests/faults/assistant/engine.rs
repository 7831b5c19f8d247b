//! An engine that can do everything but prove.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// An engine's act upon a request for an answer.
#[derive(Debug, Clone, Copy)]
enum Act {
    /// The engine accepts, and never answers.
    Hangs,
    /// The answer breaks off.
    Dies,
    /// The answer comes byte by byte.
    Drips,
    /// The answer is something else.
    Garbage,
    /// The answer has no end.
    Floods,
    /// The answer is one event without an end.
    FloodsLine,
    /// The engine refuses.
    Refuses,
}

const ACTS: [Act; 7] = [
    Act::Hangs,
    Act::Dies,
    Act::Drips,
    Act::Garbage,
    Act::Floods,
    Act::FloodsLine,
    Act::Refuses,
];

/// A running engine. Its threads end with the test.
pub(super) struct Engine {
    pub(super) address: String,
    act: Act,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the engine: mostly {:?}", self.act)
    }
}

impl Engine {
    /// Makes an engine whose acts are drawn from the seed: mostly the same.
    pub(super) fn start(seed: u64) -> Engine {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}/v1", listener.local_addr().expect("an address"));
        let mut random = StdRng::seed_from_u64(seed);
        let act = *ACTS.choose(&mut random).expect("one of them");
        let hangs_at_once = random.random_bool(0.1);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let act = match random.random_bool(0.7) {
                    true => act,
                    false => *ACTS.choose(&mut random).expect("one of them"),
                };
                // A reader that is gone is no trouble of ours.
                thread::spawn(move || _ = serve(&stream, act, hangs_at_once));
            }
        });
        Engine { address, act }
    }
}

/// Answers requests on a connection until it is closed.
fn serve(mut stream: &TcpStream, act: Act, hangs_at_once: bool) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let path = request(&mut reader)?;
        if path.ends_with("/models") && !hangs_at_once {
            let body = r#"{"object":"list","data":[{"id":"deepseek-ai/DeepSeek-Prover-V2-7B","owned_by":"vllm","max_model_len":32768}]}"#;
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )?;
            continue;
        }
        let begin = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
        let event = |text: &str| {
            format!(
                "data: {{\"choices\":[{{\"index\":0,\"text\":\"{text}\",\"finish_reason\":null}}]}}\n\n"
            )
        };
        match act {
            Act::Hangs => {
                // Until the other side has enough.
                std::io::copy(&mut reader, &mut std::io::sink())?;
            }
            Act::Dies => {
                write!(stream, "{begin}{}data: {{\"cho", event("simp"))?;
            }
            Act::Drips => {
                for byte in format!("{begin}{}", event("nonsense at all").repeat(100)).bytes() {
                    stream.write_all(&[byte])?;
                    thread::sleep(Duration::from_millis(1));
                }
            }
            Act::Garbage => {
                let noise: Vec<u8> = (0..10_000u32).map(|n| (n * 31 % 251) as u8).collect();
                write!(stream, "{begin}data: ")?;
                stream.write_all(&noise)?;
            }
            Act::Floods => {
                stream.write_all(begin.as_bytes())?;
                loop {
                    stream.write_all(event("  simp\\n").repeat(100).as_bytes())?;
                }
            }
            Act::FloodsLine => {
                write!(stream, "{begin}data: ")?;
                loop {
                    stream.write_all(&[b'x'; 4096])?;
                }
            }
            Act::Refuses => {
                write!(
                    stream,
                    "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                )?;
            }
        }
        return Ok(());
    }
}

/// The path of the next request.
fn request(reader: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split_whitespace().nth(1);
    let path = path.ok_or(std::io::ErrorKind::UnexpectedEof)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    Ok(path)
}
