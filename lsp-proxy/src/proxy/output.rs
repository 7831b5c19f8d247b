//! The writing end of a direction.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use unsorry_wire::frame::{BUFFER, Framer, Message};

use super::tap::Tap;

/// The writing end of a direction, shared by its relay thread and the assistant.
#[derive(Debug)]
pub struct Output<W> {
    writer: Mutex<Writer<W>>,
    /// The messages of ours that nobody has had the time to write.
    pub(super) ours: Queue,
}

/// The messages of ours in their order.
pub(super) type Queue = Arc<Mutex<VecDeque<Bytes>>>;

#[derive(Debug)]
pub(super) struct Writer<W> {
    /// The pipe; none once it is closed: what comes then is dropped.
    pipe: Option<W>,
    /// The reader takes nothing of ours any more.
    pub(super) sealed: bool,
}

impl<W: Write> Writer<W> {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.pipe {
            Some(pipe) if !bytes.is_empty() => {
                pipe.write_all(bytes)?;
                pipe.flush()
            }
            _ => Ok(()),
        }
    }

    /// Writes what stands in a buffer, or lets the `tap` pass it on.
    pub(super) fn pass(
        &mut self,
        framer: &Framer,
        range: Range<usize>,
        tap: &mut Option<Tap>,
    ) -> io::Result<()> {
        let Some(tap) = tap.as_mut().filter(|_| self.pipe.is_some()) else {
            return self.write(framer.bytes(range));
        };
        let before = tap.before(&range);
        self.write(framer.bytes(before.clone()))?;
        let left = tap.pass(before.end..range.end);
        self.write(framer.bytes(left))
    }

    /// Passes on `length` bytes of `input`, or what there is of them. Returns how many.
    pub(super) fn copy(
        &mut self,
        input: &mut impl Read,
        length: u64,
        moved: &AtomicU64,
    ) -> io::Result<u64> {
        let mut copied = 0;
        while copied < length {
            let piece = (length - copied).min(BUFFER as u64);
            let mut input = input.by_ref().take(piece);
            let n = match &mut self.pipe {
                Some(pipe) => io::copy(&mut input, pipe)?,
                None => io::copy(&mut input, &mut io::sink())?,
            };
            moved.fetch_add(1, Ordering::Relaxed);
            copied += n;
            if n < piece {
                break;
            }
        }
        Ok(copied)
    }
}

impl<W: Write> Output<W> {
    /// Writes to `pipe`.
    pub fn new(pipe: W) -> Self {
        Output {
            writer: Mutex::new(Writer {
                pipe: Some(pipe),
                sealed: false,
            }),
            ours: Queue::default(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Writer<W>> {
        lock(&self.writer)
    }

    /// Whether somebody is in the middle of writing.
    #[cfg(test)]
    pub(super) fn is_held(&self) -> bool {
        self.writer.try_lock().is_err()
    }

    /// Writes the oldest message of ours, if there is one.
    pub(super) fn write_ours(&self, writer: &mut Writer<W>) -> io::Result<()> {
        match lock(&self.ours).pop_front() {
            Some(bytes) if !writer.sealed => writer.write(&bytes),
            _ => Ok(()),
        }
    }

    /// Writes what is left of ours, then the last `messages`, and the `rest` of what will never be a message.
    pub(super) fn finish(&self, messages: &[Message], rest: &[u8]) -> io::Result<()> {
        let mut writer = self.lock();
        if !writer.sealed {
            while !lock(&self.ours).is_empty() {
                self.write_ours(&mut writer)?;
            }
            messages
                .iter()
                .try_for_each(|message| writer.write(&message.bytes))?;
        }
        writer.sealed = true;
        writer.write(rest)
    }

    /// Closes the pipe, as soon as what is being written is written.
    pub fn close(&self) {
        self.lock().pipe = None;
    }
}

/// Locks a mutex of which no panic leaves anything half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
