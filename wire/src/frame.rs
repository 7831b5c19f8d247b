//! Splits a byte stream into the base protocol's messages, in the buffer that it is read into, so
//! that what is passed on is never copied.
//!
//! Every byte is accounted for: it belongs to a message, or it comes before [`Framer::position`]
//! after [`Framer::overflow`], or it is in the [`Framer::rest`].

use std::ops::Range;

use bytes::Bytes;
use memchr::memchr_iter;

/// The usual size of a read and of the buffer, in bytes. A message that does not fit
/// need not be held.
pub const BUFFER: usize = 256 * 1024;

/// A header longer than this is not a header.
const MAX_HEADER: usize = 16 * 1024;

/// A body longer than this is never held.
const MAX_BODY: u64 = 256 * 1024 * 1024;

/// A message of its own, with its header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Header and body exactly as they came.
    pub bytes: Bytes,
    /// The offset of the body in `bytes`.
    pub body_start: usize,
}

impl Message {
    /// A message of our own making.
    pub fn new(body: &[u8]) -> Message {
        let mut bytes = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        let body_start = bytes.len();
        bytes.extend_from_slice(body);
        Message {
            bytes: bytes.into(),
            body_start,
        }
    }

    /// The JSON text.
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.body_start..]
    }
}

/// The place of a whole message in the framer's buffer, until more is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The offset of its header.
    pub start: usize,
    /// The offset of its body.
    pub body: usize,
    /// The offset of its end.
    pub end: usize,
}

/// The progress of the message that begins at the position. Lengths count from there.
#[derive(Debug, Clone, Copy)]
enum State {
    /// The header ends after this many bytes, if not later.
    Header(usize),
    /// The header's length, the whole length, and how much of it there was when it was last asked
    /// whether it can be passed on unread.
    Body {
        header: usize,
        length: u64,
        asked: usize,
    },
    /// There is none: the stream made no sense, and from here on it is only passed on.
    Lost,
}

/// Collects bytes and finds messages in them.
#[derive(Debug)]
pub struct Framer {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    state: State,
}

impl Default for Framer {
    fn default() -> Self {
        Framer {
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            state: State::Header(0),
        }
    }
}

impl Framer {
    /// Room to read into; then say how much was read to [`Framer::filled`]. Frames lose their meaning.
    pub fn room(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if self.buffer.len() > BUFFER {
                self.buffer = vec![0; BUFFER];
            }
        } else if self.start > 0 && self.buffer.len() - self.end < BUFFER / 2 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.end, 0);
        }
        &mut self.buffer[self.end..]
    }

    /// Notes how many bytes were read into the [`Framer::room`].
    pub fn filled(&mut self, n: usize) {
        self.end += n;
    }

    /// The offset of the next message in the buffer.
    pub fn position(&self) -> usize {
        self.start
    }

    /// The offset at which what is read next begins in the buffer, after [`Framer::room`].
    pub fn end(&self) -> usize {
        self.end
    }

    /// Returns what stands in the buffer.
    pub fn bytes(&self, range: Range<usize>) -> &[u8] {
        &self.buffer[range]
    }

    /// The body of a message.
    pub fn body(&self, frame: Frame) -> &[u8] {
        &self.buffer[frame.body..frame.end]
    }

    /// A copy of a message.
    pub fn message(&self, frame: Frame) -> Message {
        Message {
            bytes: Bytes::copy_from_slice(&self.buffer[frame.start..frame.end]),
            body_start: frame.body - frame.start,
        }
    }

    /// The next message, if all of it is there.
    pub fn next_frame(&mut self) -> Option<Frame> {
        if let State::Header(searched) = self.state {
            self.state = self.read_header(searched);
        }
        let State::Body { header, length, .. } = self.state else {
            return None;
        };
        if length > (self.end - self.start) as u64 {
            return None;
        }
        let frame = Frame {
            start: self.start,
            body: self.start + header,
            // It is no longer than the buffer.
            end: self.start + usize::try_from(length).unwrap_or(usize::MAX),
        };
        self.start = frame.end;
        self.state = State::Header(0);
        Some(frame)
    }

    /// Returns how much more is to be passed on unread, when there is no whole message: what is missing of
    /// one that does not fit into the buffer and of whose body `passes` needs no more than this, or
    /// everything once the stream makes no sense. All that is in the buffer goes before it.
    pub fn overflow(&mut self, passes: impl FnOnce(&[u8]) -> bool) -> Option<u64> {
        let there = self.end - self.start;
        let missing = match &mut self.state {
            State::Header(_) => return None,
            State::Lost => u64::MAX,
            State::Body {
                header,
                length,
                asked,
            } => {
                let body = &self.buffer[self.start + *header..self.end];
                let absurd = *length - *header as u64 > MAX_BODY;
                if !absurd {
                    if *length <= BUFFER as u64 || there < 2 * *asked {
                        return None;
                    }
                    *asked = there;
                    if !passes(body) {
                        return None;
                    }
                }
                *length - there as u64
            }
        };
        self.start = self.end;
        if !self.is_lost() {
            self.state = State::Header(0);
        }
        Some(missing)
    }

    /// Whether the stream can no longer be read as messages.
    pub fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost)
    }

    /// Returns what is left at the end of the stream: part of a message.
    pub fn rest(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    fn read_header(&self, searched: usize) -> State {
        let text = self.rest();
        if let Some((header, body)) = usual_header(text) {
            return State::Body {
                header,
                length: body + header as u64,
                asked: 0,
            };
        }
        let from = searched.saturating_sub(3);
        let end = memchr_iter(b'\n', &text[from..])
            .map(|newline| from + newline + 1)
            .find(|&end| text[..end].ends_with(b"\r\n\r\n"));
        let Some(header) = end else {
            return if text.len() > MAX_HEADER {
                State::Lost
            } else {
                State::Header(text.len())
            };
        };
        match content_length(&text[..header]) {
            Some(body) => State::Body {
                header,
                length: body.saturating_add(header as u64),
                asked: 0,
            },
            None => State::Lost,
        }
    }
}

/// The length of a header and of the body after it, if it is all there and as nearly everyone
/// writes it.
fn usual_header(text: &[u8]) -> Option<(usize, u64)> {
    const NAME: &[u8] = b"Content-Length: ";
    const MAX_DIGITS: usize = 12;
    let digits = text.strip_prefix(NAME)?;
    let mut length = 0;
    for (at, &digit) in digits.iter().take(MAX_DIGITS).enumerate() {
        if !digit.is_ascii_digit() {
            let ends = at > 0 && digits[at..].starts_with(b"\r\n\r\n");
            return ends.then_some((NAME.len() + at + 4, length));
        }
        length = 10 * length + u64::from(digit - b'0');
    }
    None
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
mod tests;
