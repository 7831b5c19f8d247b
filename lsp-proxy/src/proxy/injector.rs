//! Messages of ours on their way into a direction.

use std::io::{self, Write};
use std::sync::{Arc, mpsc};

use unsorry_wire::frame::Message;

use super::output::{Output, Queue, lock};

/// Sends messages of ours into a direction without ever waiting for its reader.
#[derive(Debug, Clone)]
pub struct Injector {
    pub(super) queue: Queue,
    /// Rung for each message.
    pub(super) bell: mpsc::Sender<()>,
}

impl Injector {
    /// Starts the thread that writes to `output`. It ends with the last clone of the injector.
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
        Ok(Injector { queue, bell })
    }

    /// Sends a message. When the reader is gone it is dropped, as the reader would have done.
    pub fn send(&self, message: &Message) {
        lock(&self.queue).push_back(message.bytes.clone());
        if self.bell.send(()).is_err() {
            lock(&self.queue).clear();
        }
    }

    /// Sends a JSON-RPC message.
    pub fn send_json(&self, body: &serde_json::Value) {
        self.send(&Message::new(body.to_string().as_bytes()));
    }
}
