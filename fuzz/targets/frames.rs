//! Frames: whatever comes in, in whatever pieces, all of it comes out, and the same messages are seen.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unsorry_wire::frame::Framer;

/// The bodies that are seen, and all that comes out.
fn read(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut framer = Framer::default();
    let (mut bodies, mut all) = (Vec::new(), Vec::new());
    let mut unread = 0u64;
    for mut piece in stream.chunks(size) {
        while !piece.is_empty() {
            if unread > 0 {
                let n = piece.len().min(usize::try_from(unread).unwrap_or(usize::MAX));
                all.extend(&piece[..n]);
                piece = &piece[n..];
                unread -= n as u64;
                continue;
            }
            let room = framer.room();
            let n = piece.len().min(room.len());
            room[..n].copy_from_slice(&piece[..n]);
            framer.filled(n);
            piece = &piece[n..];
            while let Some(frame) = framer.next_frame() {
                bodies.push(framer.body(frame).to_vec());
                all.extend(framer.bytes(frame.start..frame.end));
            }
            let from = framer.position();
            if let Some(more) = framer.overflow(|_| false) {
                unread = more;
                all.extend(framer.bytes(from..framer.position()));
            }
        }
    }
    all.extend(framer.rest());
    (bodies, all)
}

fuzz_target!(|input: (u8, &[u8])| {
    let (size, stream) = input;
    let (whole, all) = read(stream, stream.len().max(1));
    assert_eq!(all, stream);
    let (pieces, all) = read(stream, usize::from(size).max(1));
    assert_eq!(all, stream);
    assert_eq!(pieces, whole);
});
