//! `unsorry contained-probe`: finds out from within what a container does not close.
#![allow(clippy::print_stdout)] // The probe's words.

use std::process::ExitCode;

/// Says, a line each, what is open to it that a container closes.
pub fn run() -> ExitCode {
    let home = etcetera::home_dir().unwrap_or_else(|_| "/".into());
    let file = home.join(format!(".unsorry-probe-{}", std::process::id()));
    let writes = std::fs::write(&file, "").is_ok();
    let _ = std::fs::remove_file(&file);
    let listens = std::net::TcpListener::bind("127.0.0.1:0").is_ok();
    let sends = std::net::UdpSocket::bind("127.0.0.1:0").is_ok();
    let reaches = std::os::unix::net::UnixDatagram::pair().is_ok();
    // To what they are.
    let changes = std::fs::File::open(&home).and_then(|folder| {
        let times = std::fs::FileTimes::new().set_modified(folder.metadata()?.modified()?);
        folder.set_times(times)
    });
    let told = [
        (writes, "files outside its folder can be written"),
        (changes.is_ok(), "files' times can be changed"),
        (listens || sends, "the network can be reached"),
        (reaches, "other programs' sockets can be reached"),
    ];
    for (_, open) in told.iter().filter(|(is_open, _)| *is_open) {
        println!("{open}");
    }
    ExitCode::SUCCESS
}
