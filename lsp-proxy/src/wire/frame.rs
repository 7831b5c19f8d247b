//! Splits a byte stream into the base protocol's messages, losing no byte of it.
//!
//! Concatenating the chunks gives back the input, whatever it was: what can't be read as a message
//! comes out as [`Chunk::Opaque`], to be passed on as it is.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;

/// A header longer than this is not a header.
const MAX_HEADER: usize = 16 * 1024;

/// A body longer than this is passed on in pieces and never held or read.
const MAX_BODY: u64 = 256 * 1024 * 1024;

/// A piece of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chunk {
    /// A whole message.
    Message(Message),
    /// Bytes that are not (known to be) a message.
    Opaque(Bytes),
}

impl Chunk {
    /// The chunk exactly as it came.
    pub fn bytes(&self) -> &Bytes {
        match self {
            Chunk::Message(message) => &message.bytes,
            Chunk::Opaque(bytes) => bytes,
        }
    }
}

/// A message with its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Header and body exactly as they came.
    pub bytes: Bytes,
    /// Where the body begins in `bytes`.
    pub body_start: usize,
}

impl Message {
    /// A message of our own making.
    pub fn new(body: &[u8]) -> Message {
        let header = format!("Content-Length: {}\r\n\r\n", body.len());
        let mut bytes = BytesMut::with_capacity(header.len() + body.len());
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(body);
        Message {
            bytes: bytes.freeze(),
            body_start: header.len(),
        }
    }

    /// The JSON text.
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.body_start..]
    }
}

#[derive(Debug)]
enum State {
    Header,
    Body {
        start: usize,
        end: usize,
    },
    /// This many bytes of an oversized body are still to come.
    Oversized(u64),
    /// The stream made no sense; from here on it is only passed on.
    Lost,
}

/// Collects bytes and gives chunks.
#[derive(Debug)]
pub struct Framer {
    buffer: BytesMut,
    /// How much of `buffer` is known to hold no end of header.
    searched: usize,
    state: State,
}

impl Default for Framer {
    fn default() -> Self {
        Framer {
            buffer: BytesMut::new(),
            searched: 0,
            state: State::Header,
        }
    }
}

impl Framer {
    /// Where to append what was read. Call [`Framer::chunk`] until it gives none, then read again.
    pub fn buffer(&mut self) -> &mut BytesMut {
        if let State::Body { end, .. } = self.state {
            self.buffer.reserve(end.saturating_sub(self.buffer.len()));
        }
        &mut self.buffer
    }

    /// Whether the stream can no longer be read as messages.
    pub fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost)
    }

    /// The next chunk, if all of it is there.
    pub fn chunk(&mut self) -> Option<Chunk> {
        loop {
            match self.state {
                State::Header => {
                    let Some(length) = self.header_end() else {
                        if self.buffer.len() > MAX_HEADER {
                            self.state = State::Lost;
                            continue;
                        }
                        return None;
                    };
                    match content_length(&self.buffer[..length]) {
                        Some(body) if body <= MAX_BODY => {
                            let end = length + usize::try_from(body).ok()?;
                            self.state = State::Body { start: length, end };
                        }
                        Some(body) => {
                            self.state = State::Oversized(body);
                            return Some(Chunk::Opaque(self.buffer.split_to(length).freeze()));
                        }
                        None => {
                            self.state = State::Lost;
                        }
                    }
                }
                State::Body { start, end } => {
                    if self.buffer.len() < end {
                        return None;
                    }
                    self.state = State::Header;
                    return Some(Chunk::Message(Message {
                        bytes: self.buffer.split_to(end).freeze(),
                        body_start: start,
                    }));
                }
                State::Oversized(0) => self.state = State::Header,
                State::Oversized(left) => {
                    let n = self
                        .buffer
                        .len()
                        .min(usize::try_from(left).unwrap_or(usize::MAX));
                    if n == 0 {
                        return None;
                    }
                    self.state = State::Oversized(left - n as u64);
                    return Some(Chunk::Opaque(self.buffer.split_to(n).freeze()));
                }
                State::Lost => {
                    return (!self.buffer.is_empty()).then(|| Chunk::Opaque(self.rest()));
                }
            }
        }
    }

    /// What is left at the end of the stream: part of a message.
    pub fn rest(&mut self) -> Bytes {
        self.searched = 0;
        self.buffer.copy_to_bytes(self.buffer.len())
    }

    fn header_end(&mut self) -> Option<usize> {
        let from = self.searched.saturating_sub(3);
        match memmem::find(&self.buffer[from..], b"\r\n\r\n") {
            Some(at) => {
                self.searched = 0;
                Some(from + at + 4)
            }
            None => {
                self.searched = self.buffer.len();
                None
            }
        }
    }
}

/// The one Content-Length of a header, its name in any case; none when it is missing, said twice
/// differently, or not a number. Lines before it that are no fields (a program's stray output) are
/// passed over.
fn content_length(header: &[u8]) -> Option<u64> {
    let mut found = None;
    for line in header.split(|&b| b == b'\n') {
        let Some(colon) = line.iter().position(|&b| b == b':') else {
            continue;
        };
        if !line[..colon]
            .trim_ascii()
            .eq_ignore_ascii_case(b"content-length")
        {
            continue;
        }
        let length: u64 = std::str::from_utf8(line[colon + 1..].trim_ascii())
            .ok()?
            .parse()
            .ok()?;
        if found.is_some_and(|other| other != length) {
            return None;
        }
        found = Some(length);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chunks(pieces: &[&[u8]]) -> (Vec<Chunk>, Vec<u8>) {
        let mut framer = Framer::default();
        let mut all = Vec::new();
        for piece in pieces {
            framer.buffer().extend_from_slice(piece);
            while let Some(chunk) = framer.chunk() {
                all.push(chunk);
            }
        }
        (all, framer.rest().to_vec())
    }

    /// `input`, cut anywhere, gives these bodies; an opaque chunk is shown with a `!`.
    fn check(input: &str, expected: &[&str]) {
        for cut in 0..=input.len() {
            let (before, after) = input.as_bytes().split_at(cut);
            let (all, rest) = chunks(&[before, after]);
            let mut joined = all
                .iter()
                .flat_map(|c| c.bytes().to_vec())
                .collect::<Vec<u8>>();
            joined.extend(&rest);
            assert_eq!(joined, input.as_bytes());
            let seen: Vec<String> = all
                .iter()
                .filter_map(|chunk| match chunk {
                    Chunk::Message(m) => Some(String::from_utf8_lossy(m.body()).into_owned()),
                    Chunk::Opaque(_) => None,
                })
                .collect();
            assert_eq!(seen, expected, "cut at {cut}");
        }
    }

    #[test]
    fn messages() {
        check("Content-Length: 2\r\n\r\n{}", &["{}"]);
        check(
            "content-length:2\r\nX-More: yes\r\n\r\n{}Content-Length: 0\r\n\r\n",
            &["{}", ""],
        );
        check(
            "Content-Type: a; charset=utf-8\r\nContent-Length: 3\r\n\r\n[1]Content-Len",
            &["[1]"],
        );
        check("stray text\nContent-Length: 2\r\n\r\n{}", &["{}"]);
        check("Content-Length: 2\r\n\r\n{", &[]);
    }

    #[test]
    fn what_is_not_a_message_is_passed_on() {
        check("hello\r\n\r\nContent-Length: 2\r\n\r\n{}", &[]);
        check("Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", &[]);
        check("Content-Length: -2\r\n\r\n{}", &[]);
        check("Content-Length: 99999999999999999999999\r\n\r\n{}", &[]);
        let (all, rest) = chunks(&["x".repeat(MAX_HEADER + 1).as_bytes(), b"y"]);
        assert_eq!(all.len(), 2);
        assert!(rest.is_empty());
    }

    #[test]
    fn an_oversized_body_is_never_held() {
        let header = format!("Content-Length: {}\r\n\r\n", MAX_BODY + 1);
        let (all, rest) = chunks(&[header.as_bytes(), b"abc", b"def"]);
        assert_eq!(all.len(), 3);
        assert!(rest.is_empty());
    }

    proptest! {
        #[test]
        fn nothing_is_lost(pieces in prop::collection::vec(
            prop::collection::vec(prop::sample::select(b"Content-Length: 03\r\n\r\n{}x".to_vec()), 0..40), 0..20)) {
            let slices: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let (all, rest) = chunks(&slices);
            let mut joined: Vec<u8> = all.iter().flat_map(|c| c.bytes().to_vec()).collect();
            joined.extend(rest);
            prop_assert_eq!(joined, pieces.concat());
        }

        #[test]
        fn messages_survive_any_split(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8),
            size in 1usize..64,
        ) {
            let stream: Vec<u8> = bodies.iter().flat_map(|b| Message::new(b).bytes.to_vec()).collect();
            let pieces: Vec<&[u8]> = stream.chunks(size).collect();
            let (all, rest) = chunks(&pieces);
            prop_assert!(rest.is_empty());
            let seen: Vec<Vec<u8>> = all.iter().map(|c| match c {
                Chunk::Message(m) => m.body().to_vec(),
                Chunk::Opaque(b) => panic!("opaque {b:?}"),
            }).collect();
            prop_assert_eq!(seen, bodies);
        }
    }
}
