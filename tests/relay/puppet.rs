//! A Lean whose strings are pulled by the test: it passes on its stdin to the address that it is
//! given, and says on stdout what comes from there. It ends when the connection does.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;

fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_default();
    let mut test = TcpStream::connect(address)?;
    let mut to_test = test.try_clone()?;
    thread::spawn(move || {
        let _ = pass_on(&mut std::io::stdin(), &mut to_test);
        let _ = to_test.shutdown(Shutdown::Write);
    });
    pass_on(&mut test, &mut std::io::stdout())
}

/// Passes on what comes as it comes, each byte at once.
fn pass_on(from: &mut impl Read, to: &mut impl Write) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let n = from.read(&mut buffer)?;
        if n == 0 {
            return Ok(());
        }
        to.write_all(&buffer[..n])?;
        to.flush()?;
    }
}
