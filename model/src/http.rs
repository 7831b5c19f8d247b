//! The HTTP client that the hub and the remote engines share.

use reqwest::{Client, ClientBuilder};
use rustls::crypto::ring;

/// Begins a client with our name and ring's cryptography. Verification is by the system's certificates.
pub fn client() -> ClientBuilder {
    // Another call has installed it already, or whoever embeds this crate has chosen another.
    let _ = ring::default_provider().install_default();
    Client::builder().user_agent(concat!("unsorry/", env!("CARGO_PKG_VERSION")))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn https_is_spoken_with_a_server_that_does_not() {
        let server = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = server.local_addr().expect("its address");
        let hello = tokio::spawn(async move {
            let (mut stream, _) = server.accept().await.expect("a connection");
            let mut first = [0; 3];
            stream.read_exact(&mut first).await.expect("a hello");
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            first
        });
        let client = super::client().build().expect("a client");
        let answer = client.get(format!("https://{address}/v1/models")).send();
        assert!(answer.await.expect_err("no TLS there").is_connect());
        // A TLS record of a handshake, of version 1.x.
        assert_eq!(hello.await.expect("no panic")[..2], [0x16, 3]);
    }
}
