use super::*;
use proptest::prelude::*;

/// The output of a framer: whole bodies, what is passed on beside them, and all of it joined.
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
