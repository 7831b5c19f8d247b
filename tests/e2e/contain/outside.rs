//! What can be reached outside of files.

use std::os::unix::net::UnixDatagram;
use std::process::Command;

use super::{Contained, PLENTY, both};

#[test]
fn it_has_no_network() {
    both(|folder, namespaces| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener
            .local_addr()
            .expect("an address")
            .port()
            .to_string();
        let script = include_str!("network.py");
        let command = ["python3", "-c", script, &port];
        let (code, told) = Contained::start(folder, &command, PLENTY, namespaces).end();
        assert_eq!((code, told.as_str()), (Some(0), "closed\n"));
    });
}

#[test]
fn it_reaches_nothing_outside() {
    both(|folder, namespaces| {
        std::fs::write(folder.join("mine"), "mine").expect("written");
        let socket = UnixDatagram::bind(folder.join("socket")).expect("a socket");
        socket.set_nonblocking(true).expect("it can be");
        let mut outside = Command::new("sleep")
            .arg("1000")
            .env("KEY", "sk-123")
            .spawn()
            .expect("it starts");
        // Numbers that are newer than the C library are the same everywhere.
        let script = include_str!("outside.py");
        let other = outside.id().to_string();
        let command = ["python3", "-c", script, &other];
        let (code, told) = Contained::start(folder, &command, PLENTY, namespaces).end();
        outside.kill().expect("it was still there");
        outside.wait().expect("it is gone");
        assert_eq!((code, told.as_str()), (Some(0), "tried 78\n"));
        assert!(socket.recv(&mut [0; 1]).is_err(), "something was sent");
    });
}
