//! One direction of the relay: reads, has each message judged, and writes.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use unsorry_wire::frame::{Frame, Framer, Message};

use super::output::Output;
use super::tap::Tap;

/// The fate of a message.
pub(super) enum Fate {
    /// It goes on as it is.
    Pass,
    /// It goes on as it is, and its reader takes nothing of ours from here on.
    PassAndSeal,
    /// This goes on in its place.
    Replace(Message),
    /// It does not go on, or not now.
    Keep,
}

/// Reads `input` and writes what `fate` makes of it; a long message of which `passes` needs no more
/// than its beginning is not even collected. The output is held from before the assistant hears of a
/// message until that message is written: what the assistant then sends comes after it. Returns what is
/// there of a last message that breaks off.
pub(super) fn pump<W: Write>(
    mut input: impl Read,
    mut tap: Option<Tap>,
    output: &Output<W>,
    moved: &AtomicU64,
    passes: impl Fn(&[u8]) -> bool,
    fate: impl Fn(&Framer, Frame) -> Fate,
) -> io::Result<Vec<u8>> {
    let mut framer = Framer::default();
    loop {
        let most = framer.room().len();
        let tapped = tap.as_mut().map_or(0, |tap| tap.fill(framer.end(), most));
        let room = framer.room();
        let read = match tapped {
            0 => input.read(room),
            n => input.read_exact(&mut room[..n]).map(|()| n),
        };
        let n = match read {
            Ok(0) => return Ok(framer.rest().to_vec()),
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        framer.filled(n);
        if let Some(tap) = &mut tap {
            tap.was_read(n);
        }
        moved.fetch_add(1, Ordering::Relaxed);
        let mut writer = output.lock();
        // Where in the buffer what goes on as it is begins.
        let mut passed = framer.position();
        while let Some(frame) = framer.next_frame() {
            let instead = match fate(&framer, frame) {
                Fate::Pass => continue,
                Fate::PassAndSeal => {
                    writer.sealed = true;
                    continue;
                }
                Fate::Replace(message) => Some(message),
                Fate::Keep => None,
            };
            writer.pass(&framer, passed..frame.start, &mut tap)?;
            if let Some(message) = instead {
                writer.write(&message.bytes)?;
            }
            passed = frame.end;
        }
        let overflow = framer.overflow(&passes);
        writer.pass(&framer, passed..framer.position(), &mut tap)?;
        if let Some(tap) = &mut tap {
            tap.empty();
        }
        if let Some(length) = overflow
            && writer.copy(&mut input, length, moved)? < length
        {
            // Whatever came now would come in the middle of something.
            writer.sealed = true;
            return Ok(Vec::new());
        }
    }
}
