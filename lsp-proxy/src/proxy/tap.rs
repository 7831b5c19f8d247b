//! A second copy of what is read, made and passed on by the system without copying a byte: what nobody
//! here needs is read to see what it is, and then goes from Lean's pipe to the editor's by itself
//! (tee(2), splice(2)). Worth it where much is said at once.

#[cfg(target_os = "linux")]
pub use linux::Tap;

#[cfg(not(target_os = "linux"))]
pub use none::Tap;

#[cfg(not(target_os = "linux"))]
mod none {
    use std::ops::Range;

    /// The tap of a system that has none.
    #[derive(Debug)]
    pub enum Tap {}

    impl Tap {
        pub(in super::super) fn fill(&mut self, _: usize, _: usize) -> usize {
            match *self {}
        }

        pub(in super::super) fn was_read(&mut self, _: usize) {
            match *self {}
        }

        pub(in super::super) fn before(&self, _: &Range<usize>) -> Range<usize> {
            match *self {}
        }

        pub(in super::super) fn pass(&mut self, _: Range<usize>) -> Range<usize> {
            match *self {}
        }

        pub(in super::super) fn empty(&mut self) {
            match *self {}
        }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs::File;
    use std::io::{self, Read};
    use std::ops::Range;
    use std::os::fd::{AsFd, OwnedFd};

    use rustix::io::Errno;
    use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice, tee};

    use unsorry_wire::frame::BUFFER;

    /// The least that is worth it, in bytes: where less was read at once, the two more calls cost more than
    /// the copy.
    const ENOUGH: usize = 16 << 10;

    /// A pipe that holds what was read last.
    #[derive(Debug)]
    pub struct Tap {
        input: OwnedFd,
        output: OwnedFd,
        writing: OwnedFd,
        reading: File,
        /// The range of the buffer whose bytes the pipe holds.
        held: Range<usize>,
        /// The number of bytes that were read last.
        last: usize,
        /// Whether the system can't copy between these.
        useless: bool,
    }

    impl Tap {
        /// Taps the pipe `input`, of which nobody else reads, for `output`.
        ///
        /// # Errors
        /// When there are no more files to be had.
        pub fn new(input: impl AsFd, output: impl AsFd) -> io::Result<Tap> {
            let (reading, writing) = pipe_with(PipeFlags::CLOEXEC)?;
            let _ = fcntl_setpipe_size(&writing, BUFFER);
            Ok(Tap {
                input: input.as_fd().try_clone_to_owned()?,
                output: output.as_fd().try_clone_to_owned()?,
                writing,
                reading: reading.into(),
                held: 0..0,
                last: 0,
                useless: false,
            })
        }

        /// Takes a copy of what can be read next, `most` bytes of it at the most, if it looks like much:
        /// so many are to be read to `at`, no more and no less. 0 if there is no copy.
        pub(in super::super) fn fill(&mut self, at: usize, most: usize) -> usize {
            self.held = at..at;
            if self.useless || self.last < ENOUGH {
                return 0;
            }
            let n = loop {
                match tee(&self.input, &self.writing, most, SpliceFlags::empty()) {
                    Ok(n) => break n,
                    Err(Errno::INTR) => {}
                    Err(_) => {
                        self.useless = true;
                        break 0;
                    }
                }
            };
            self.held = at..at + n;
            n
        }

        /// Notes how much was read.
        pub(in super::super) fn was_read(&mut self, n: usize) {
            self.last = n;
        }

        /// Returns the part of a range of the buffer that is to be written before this can pass on the rest
        /// of it.
        pub(in super::super) fn before(&self, range: &Range<usize>) -> Range<usize> {
            range.start..range.end.min(self.held.start.max(range.start))
        }

        /// Passes on what it holds of a range of the buffer. Gives what of that is still to be written.
        pub(in super::super) fn pass(&mut self, range: Range<usize>) -> Range<usize> {
            self.skip(range.start);
            let start = range.start.max(self.held.start).min(range.end);
            let mut left = start..range.end;
            while !left.is_empty() && !self.held.is_empty() && !self.useless {
                let length = left.len().min(self.held.len());
                let (from, to) = (&self.reading, &self.output);
                match splice(from, None, to, None, length, SpliceFlags::empty()) {
                    Ok(n) if n > 0 => {
                        left.start += n;
                        self.held.start += n;
                    }
                    Err(Errno::INTR) => {}
                    // Writing tells what is wrong.
                    _ => self.useless = true,
                }
            }
            left
        }

        /// Lets go of what stands before `at`.
        fn skip(&mut self, at: usize) {
            let length = at.min(self.held.end).saturating_sub(self.held.start);
            let mut gone = (&self.reading).take(length as u64);
            // It is in the pipe: nobody waits.
            if length > 0 && io::copy(&mut gone, &mut io::sink()).is_err() {
                self.useless = true;
            }
            self.held.start += length;
        }

        /// Lets go of all.
        pub(in super::super) fn empty(&mut self) {
            self.skip(self.held.end);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{Read, Write, pipe};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Checks that any ranges of what is read are passed on, each by the tap or by hand.
        #[test]
        fn whatever_is_passed_on(
            kept in prop::collection::vec((0usize..9000, 0usize..9000), 0..6),
            before in 0usize..500,
        ) {
            let (input, mut writer) = pipe().expect("a pipe");
            let (mut reader, output) = pipe().expect("a pipe");
            let mut tap = Tap::new(&input, &output).expect("a tap");
            let text: Vec<u8> = (0..20_000u32).map(|n| (n * 7 % 251) as u8).collect();
            prop_assert_eq!(tap.fill(0, 100), 0); // it did not look like much
            tap.was_read(1 << 20);
            writer.write_all(&text).expect("there is room");
            // What was read before stands in front of it.
            let buffer = [&vec![b'x'; before][..], &text].concat();
            prop_assert_eq!(tap.fill(before, 1 << 20), text.len());
            let mut again = vec![0; text.len()];
            (&input).read_exact(&mut again).expect("it is still there");
            prop_assert_eq!(&again, &text);

            let (mut at, mut expected) = (0, Vec::new());
            let mut sent = Vec::new();
            for (skipped, length) in kept {
                let start = (at + skipped).min(buffer.len());
                let end = (start + length).min(buffer.len());
                expected.extend_from_slice(&buffer[start..end]);
                let by_hand = tap.before(&(start..end));
                sent.extend_from_slice(&buffer[by_hand.clone()]);
                let left = tap.pass(by_hand.end..end);
                prop_assert_eq!(left, end..end);
                let mut passed = vec![0; end - by_hand.end];
                reader.read_exact(&mut passed).expect("it is there");
                sent.extend(passed);
                at = end;
            }
            prop_assert!(sent == expected);
            // Nothing is left for the next time.
            tap.empty();
            writer.write_all(b"next").expect("there is room");
            prop_assert_eq!(tap.fill(3, 1 << 20), 4);
            prop_assert!(tap.pass(3..7).is_empty());
            let mut next = [0; 4];
            reader.read_exact(&mut next).expect("it is there");
            prop_assert_eq!(&next, b"next");
        }
    }
}
