//! Whatever comes, only a whole answer is offered.

use super::engine::{end, text};
use super::*;
use proptest::prelude::*;
use serde_json::json;

/// A part of a stream: one event, or less.
#[derive(Debug, Clone)]
enum Part {
    Text(&'static str),
    End(&'static str),
    Ping,
    Usage,
    Done,
    Error,
    Bytes(Vec<u8>),
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        4 => prop::sample::select(vec!["\n  exact h1", "\n  simp", "\n  exact ⟨α⟩"]).prop_map(Part::Text),
        2 => prop::sample::select(vec!["stop", "length"]).prop_map(Part::End),
        1 => Just(Part::Ping),
        1 => Just(Part::Usage),
        1 => Just(Part::Done),
        1 => Just(Part::Error),
        // A line of its own, whatever it is.
        1 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Part::Bytes),
    ]
}

impl Part {
    fn bytes(&self) -> Vec<u8> {
        let event = |value: serde_json::Value| format!("data: {value}\n\n").into_bytes();
        match self {
            Part::Text(piece) => event(text(0, piece)),
            Part::End(why) => event(end(0, why)),
            Part::Ping => b": ping\n\n".to_vec(),
            Part::Usage => event(json!({"choices": [], "usage": {"prompt_tokens": 1}})),
            Part::Done => b"data: [DONE]\n\n".to_vec(),
            Part::Error => event(json!({"error": "oops"})),
            Part::Bytes(bytes) => [b"data: ", &bytes[..], b"\n\n"].concat(),
        }
    }
}

/// The candidate in the first `sent` bytes of these parts, if it is certain; bytes that mean nothing
/// may break the stream or not.
fn whole(parts: &[Part], mut sent: usize) -> Option<String> {
    let mut written = String::new();
    for part in parts {
        let bytes = part.bytes();
        // The last event may lack the line behind it.
        if sent < bytes.trim_ascii_end().len() {
            return None;
        }
        sent = sent.saturating_sub(bytes.len());
        match part {
            Part::Text(piece) => written += piece,
            Part::End("length") => {
                let (lines, _) = written.rsplit_once('\n')?;
                return told(lines);
            }
            Part::End(_) | Part::Done => return told(&written),
            Part::Error => return None,
            Part::Ping | Part::Usage | Part::Bytes(_) => {}
        }
    }
    None
}

fn told(written: &str) -> Option<String> {
    let lines: Vec<&str> = written
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// The texts offered of a stream with this body, up to the first trouble.
async fn offered(body: Vec<u8>, chunk: usize) -> Vec<String> {
    let engine = Engine::new("vllm", move |_| {
        Act::Stream(
            body.chunks(chunk)
                .map(|bytes| Step::Bytes(bytes.to_vec()))
                .collect(),
        )
    })
    .await;
    let remote = remote([settings(&engine, 1)]);
    let proposals = propose(&remote, &goal())
        .take_while(|one| std::future::ready(matches!(one, Proposal::Candidate(_))));
    let proposals: Vec<Proposal> = timeout(HANGS_AFTER, proposals.collect())
        .await
        .expect("an end");
    texts(&proposals)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn bytes_are_no_answer(body in prop::collection::vec(any::<u8>(), 0..300), chunk in 20..300_usize) {
        prop_assert_eq!(run(offered(body, chunk)), [""; 0]);
    }

    #[test]
    fn only_whole_answers_are_offered(
        parts in prop::collection::vec(part(), 0..8),
        lost in prop_oneof![2 => Just(0), 1 => 0..80_usize],
        chunk in 40..400_usize,
    ) {
        let body: Vec<u8> = parts.iter().flat_map(Part::bytes).collect();
        let sent = body.len().saturating_sub(lost);
        let certain = !parts.iter().any(|part| matches!(part, Part::Bytes(_)));
        let offered = run(offered(body[..sent].to_vec(), chunk));
        let expected: Vec<String> = whole(&parts, sent).into_iter().collect();
        prop_assert!(offered == expected || !certain && offered.is_empty(), "{:?}, not {:?}", offered, expected);
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(future)
}
