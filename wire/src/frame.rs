//! Splits a byte stream into the base protocol's messages, in the buffer that it is read into, so
//! that what is passed on is never copied.
//!
//! Every byte is accounted for: it belongs to a message, or it comes before [`Framer::position`]
//! after [`Framer::overflow`], or it is in the [`Framer::rest`].

use std::ops::Range;

use bytes::Bytes;
use memchr::memchr_iter;

/// What is usually read at once, in bytes, and the buffer's usual size. A message that does not fit
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
    /// Where the body begins in `bytes`.
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

/// Where a whole message is in the framer's buffer, until more is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Where its header begins.
    pub start: usize,
    /// Where its body begins.
    pub body: usize,
    /// Where it ends.
    pub end: usize,
}

/// What is known of the message that begins at the position. Lengths count from there.
#[derive(Debug, Clone, Copy)]
enum State {
    /// Its header ends after so many bytes, if not later.
    Header(usize),
    /// Its header's length, its whole length, and how much of it there was when it was last asked
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

    /// So many bytes were read into the [`Framer::room`].
    pub fn filled(&mut self, n: usize) {
        self.end += n;
    }

    /// Where the next message begins in the buffer.
    pub fn position(&self) -> usize {
        self.start
    }

    /// Where what is read next begins in the buffer, after [`Framer::room`].
    pub fn end(&self) -> usize {
        self.end
    }

    /// What stands in the buffer.
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

    /// How much more is to be passed on unread, when there is no whole message: what is missing of
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

    /// What is left at the end of the stream: part of a message.
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What comes out of a framer: whole bodies, what is passed on beside them, and all of it joined.
    #[derive(Default)]
    struct Seen {
        bodies: Vec<Vec<u8>>,
        unread: Vec<u8>,
        all: Vec<u8>,
        lost: bool,
        /// The most that the buffer held.
        held: usize,
    }

    /// Reads `pieces` as a relay does, which holds only the long messages that `passes` refuses.
    fn read(pieces: &[&[u8]], passes: impl Fn(&[u8]) -> bool) -> Seen {
        let mut framer = Framer::default();
        let mut seen = Seen::default();
        let mut overflow = 0u64;
        for mut piece in pieces.iter().copied() {
            while !piece.is_empty() {
                if overflow > 0 {
                    let n = piece
                        .len()
                        .min(usize::try_from(overflow).unwrap_or(usize::MAX));
                    seen.unread.extend(&piece[..n]);
                    seen.all.extend(&piece[..n]);
                    piece = &piece[n..];
                    overflow -= n as u64;
                    continue;
                }
                let room = framer.room();
                let n = piece.len().min(room.len());
                room[..n].copy_from_slice(&piece[..n]);
                framer.filled(n);
                piece = &piece[n..];
                while let Some(frame) = framer.next_frame() {
                    seen.bodies.push(framer.body(frame).to_vec());
                    seen.all.extend(framer.bytes(frame.start..frame.end));
                }
                let from = framer.position();
                if let Some(more) = framer.overflow(&passes) {
                    overflow = more;
                    let bytes = framer.bytes(from..framer.position());
                    seen.unread.extend(bytes);
                    seen.all.extend(bytes);
                }
                seen.held = seen.held.max(framer.buffer.len());
            }
        }
        seen.all.extend(framer.rest());
        seen.lost = framer.is_lost();
        seen
    }

    /// `input`, cut anywhere, gives these bodies and is made sense of to its end or not.
    fn check(input: &str, expected: &[&str], lost: bool) {
        for cut in 0..=input.len() {
            let (before, after) = input.as_bytes().split_at(cut);
            let seen = read(&[before, after], |_| true);
            assert_eq!(seen.all, input.as_bytes());
            let bodies: Vec<_> = seen
                .bodies
                .iter()
                .map(|body| String::from_utf8_lossy(body).into_owned())
                .collect();
            assert_eq!(bodies, expected, "cut at {cut}");
            assert_eq!(seen.lost, lost, "cut at {cut}");
        }
    }

    #[test]
    fn messages() {
        check("Content-Length: 2\r\n\r\n{}", &["{}"], false);
        check(
            "content-length:2\r\nX-More: yes\r\n\r\n{}Content-Length: 0\r\n\r\n",
            &["{}", ""],
            false,
        );
        check(
            "Content-Type: a; charset=utf-8\r\nContent-Length: 3\r\n\r\n[1]Content-Len",
            &["[1]"],
            false,
        );
        check("stray text\nContent-Length: 2\r\n\r\n{}", &["{}"], false);
        check("Content-Length: 2\r\n\r\n{", &[], false);
    }

    #[test]
    fn what_is_not_a_message_is_passed_on() {
        check("hello\r\n\r\nContent-Length: 2\r\n\r\n{}", &[], true);
        check(
            "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ",
            &[],
            true,
        );
        check("Content-Length: -2\r\n\r\n{}", &[], true);
        check(
            "Content-Length: 99999999999999999999999\r\n\r\n{}",
            &[],
            true,
        );
        let seen = read(&["x".repeat(MAX_HEADER + 1).as_bytes(), b"y"], |_| true);
        assert_eq!(seen.unread.len(), MAX_HEADER + 2);
    }

    /// A long message, and a short one after it.
    fn long(body: usize) -> Vec<u8> {
        let mut stream = Message::new("x".repeat(body).as_bytes()).bytes.to_vec();
        stream.extend_from_slice(&Message::new(b"{}").bytes);
        stream
    }

    #[test]
    fn a_long_message_is_held_only_where_it_is_needed() {
        let stream = long(5 * BUFFER);
        let pieces: Vec<_> = stream.chunks(1000).collect();
        let passed = read(&pieces, |body| body.len() > 2000);
        assert_eq!(passed.bodies, [b"{}"]);
        assert_eq!(passed.all, stream);
        assert_eq!(passed.held, BUFFER);
        let held = read(&pieces, |_| false);
        assert_eq!(held.bodies.len(), 2);
        assert_eq!(held.all, stream);
        assert_eq!(held.unread, b"");
    }

    #[test]
    fn an_absurdly_long_message_is_never_held() {
        for length in [MAX_BODY + 1, u64::MAX] {
            let header = format!("Content-Length: {length}\r\n\r\n");
            let seen = read(&[header.as_bytes(), b"abc", b"def"], |_| false);
            assert_eq!(seen.unread.len(), header.len() + 6);
            assert_eq!(seen.held, BUFFER);
        }
    }

    #[test]
    fn the_buffer_is_small_again_after_a_long_message() {
        let mut framer = Framer::default();
        let stream = long(3 * BUFFER);
        let mut left = &stream[..];
        while !left.is_empty() {
            let room = framer.room();
            let n = left.len().min(room.len());
            room[..n].copy_from_slice(&left[..n]);
            framer.filled(n);
            left = &left[n..];
            while framer.next_frame().is_some() {}
            assert_eq!(framer.overflow(|_| false), None);
        }
        assert_eq!(framer.room().len(), BUFFER);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(pieces in prop::collection::vec(
            prop::collection::vec(prop::sample::select(b"Content-Length: 03\r\n\r\n{}x".to_vec()), 0..40), 0..20)) {
            let slices: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            prop_assert_eq!(read(&slices, |_| true).all, pieces.concat());
        }

        #[test]
        fn messages_survive_any_split(
            bodies in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..8),
            size in 1usize..64,
        ) {
            let stream: Vec<u8> = bodies.iter().flat_map(|b| Message::new(b).bytes.to_vec()).collect();
            let pieces: Vec<&[u8]> = stream.chunks(size).collect();
            prop_assert_eq!(read(&pieces, |_| false).bodies, bodies);
        }
    }
}
