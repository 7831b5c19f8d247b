//! Messages of ours on their way into a direction.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, mpsc};

use unsorry_wire::frame::Message;

use super::output::{Output, Queue, lock};

/// Sends messages of ours into a direction without ever waiting for its reader.
#[derive(Clone)]
pub struct Injector(Arc<dyn Fn(&Message) + Send + Sync>);

impl fmt::Debug for Injector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Injector")
    }
}

impl Injector {
    /// Starts the thread that writes to `output`. It ends with the last clone of the injector.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn new<W: Write + Send + 'static>(output: Arc<Output<W>>) -> io::Result<Injector> {
        let queue = output.ours.clone();
        let (bell, rung) = mpsc::channel();
        std::thread::Builder::new()
            .name("inject".into())
            .spawn(move || {
                while rung.recv().is_ok() {
                    let mut writer = output.lock();
                    if output.write_ours(&mut writer).is_err() {
                        break;
                    }
                }
            })?;
        Ok(Injector::queued(queue, bell))
    }

    /// An injector that puts each message into `queue` and rings the `bell` for it. Where nobody hears that
    /// any more, messages are dropped, as a reader that is gone would have done.
    pub(super) fn queued(queue: Queue, bell: mpsc::Sender<()>) -> Injector {
        Injector::through(move |message| {
            lock(&queue).push_back(message.bytes.clone());
            if bell.send(()).is_err() {
                lock(&queue).clear();
            }
        })
    }

    /// An injector that gives each message to `take`, which must not wait.
    pub fn through(take: impl Fn(&Message) + Send + Sync + 'static) -> Injector {
        Injector(Arc::new(take))
    }

    /// Sends a message.
    pub fn send(&self, message: &Message) {
        (self.0)(message);
    }

    /// Sends a JSON-RPC message.
    pub fn send_json(&self, body: &serde_json::Value) {
        self.send(&Message::new(body.to_string().as_bytes()));
    }
}
