//! The two requests that the hub is asked: what a file is, and its bytes.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use reqwest::header::{AUTHORIZATION, HeaderValue, RANGE};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::failure::{Failure, Target};
use super::login;
use crate::http;

/// The longest that a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest that the hub may send nothing: after that the download goes on over a new connection.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Times that a request is tried again without one byte of success.
const MAX_RETRIES: u32 = 4;

/// The pause before a request is tried again for the first time; each later one is twice as long.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// A hub, and how it is asked.
#[derive(Debug)]
pub(super) struct Hub {
    http: Client,
    address: Url,
    token: Option<HeaderValue>,
    retry_pause: Duration,
}

/// The hub's description of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Metadata {
    /// Bytes.
    pub(super) size: u64,
    /// Git's name for it, which follows from its contents.
    pub(super) oid: String,
    /// Whether Git has only a pointer to it (LFS).
    pub(super) is_large: bool,
}

/// A file of the hub.
#[derive(Debug, Clone, Copy)]
pub(super) struct HubFile<'a> {
    pub(super) hub: &'a Hub,
    pub(super) repository: &'a str,
    pub(super) file: &'a str,
}

/// Bytes of a file on their way.
pub(super) struct Bytes {
    pub(super) response: Response,
    /// Whether they are the part that was asked for, and not the whole file.
    pub(super) partial: bool,
}

/// An entry of the hub's list of files.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Entry {
    File {
        path: String,
        oid: String,
        size: u64,
        lfs: Option<IgnoredAny>,
    },
    #[serde(other)]
    Other,
}

impl Hub {
    /// The hub that the environment names, with the user's token.
    ///
    /// # Errors
    /// When its address is none.
    pub(super) fn of_environment() -> Result<Hub> {
        let variable = login::environment;
        Hub::new(
            &login::endpoint(variable),
            login::token(variable).as_deref(),
            RETRY_PAUSE,
        )
        .context("the hub's settings are unusable: look at HF_ENDPOINT and HF_TOKEN")
    }

    pub(super) fn new(address: &str, token: Option<&str>, retry_pause: Duration) -> Result<Hub> {
        let address = Url::parse(address.trim_end_matches('/')).context("that is no address")?;
        ensure!(
            matches!(address.scheme(), "http" | "https") && address.has_host(),
            "the address must begin with http:// or https://"
        );
        let token = token.map(|token| {
            let token = HeaderValue::try_from(format!("Bearer {token}"));
            let mut token = token.map_err(|_| anyhow!("the token has characters that none has"))?;
            token.set_sensitive(true);
            anyhow::Ok(token)
        });
        // On its way to another host a redirect loses the token: that is reqwest's.
        let http = http::client()
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .build();
        Ok(Hub {
            http: http.context("can't make connections")?,
            address,
            token: token.transpose()?,
            retry_pause,
        })
    }

    /// The hub's address, without a slash at its end.
    pub(super) fn address(&self) -> &str {
        self.address.as_str().trim_end_matches('/')
    }

    /// Waits before a request is tried for another time, after so many failures in a row; `false` when
    /// there were too many.
    pub(super) async fn pause(&self, failures: u32) -> bool {
        if failures > MAX_RETRIES {
            return false;
        }
        tokio::time::sleep(self.retry_pause * 2u32.pow(failures.saturating_sub(1))).await;
        true
    }

    /// The address of `path`, each part of it escaped.
    fn url<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.address.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn send(&self, request: RequestBuilder, target: Target<'_>) -> Result<Response, Failure> {
        let request = match &self.token {
            Some(token) => request.header(AUTHORIZATION, token.clone()),
            None => request,
        };
        let response = request.send().await;
        let response = response.map_err(|error| Failure::of_request(target, error))?;
        match response.status().is_success() {
            true => Ok(response),
            false => Err(Failure::of_response(target, &response)),
        }
    }
}

impl HubFile<'_> {
    /// Returns the file that is asked for, as messages name it.
    pub(super) fn target(&self) -> Target<'_> {
        Target {
            hub: self.hub.address(),
            repository: self.repository,
            file: self.file,
        }
    }

    /// Returns the address where anybody can get the file.
    pub(super) fn url(&self) -> Url {
        let path = self.repository.split('/').chain(["resolve", "main"]);
        self.hub.url(path.chain(self.file.split('/')))
    }

    /// Asks what it is.
    ///
    /// # Errors
    /// When the hub can't be asked, or has no such file.
    pub(super) async fn metadata(&self) -> Result<Metadata> {
        let mut failures = 0;
        loop {
            match self.ask_metadata().await {
                Ok(metadata) => return metadata.with_context(|| self.target().no_file()),
                Err(failure) => {
                    failures += 1;
                    if !failure.again || !self.hub.pause(failures).await {
                        return Err(failure.why);
                    }
                }
            }
        }
    }

    async fn ask_metadata(&self) -> Result<Option<Metadata>, Failure> {
        let path = ["api", "models"].into_iter();
        let path = path.chain(self.repository.split('/'));
        let url = self.hub.url(path.chain(["paths-info", "main"]));
        let body = serde_json::json!({ "paths": [self.file] });
        let request = self.hub.http.post(url).json(&body);
        let response = self.hub.send(request, self.target()).await?;
        let body = response.bytes().await;
        let body = body.map_err(|error| Failure::of_request(self.target(), error))?;
        let entries: Vec<Entry> = serde_json::from_slice(&body)
            .map_err(|error| Failure::of_junk(self.target(), error))?;
        let found = entries.into_iter().find_map(|entry| match entry {
            Entry::File {
                path,
                oid,
                size,
                lfs,
            } if path == self.file => Some(Metadata {
                size,
                oid,
                is_large: lfs.is_some(),
            }),
            Entry::File { .. } | Entry::Other => None,
        });
        Ok(found)
    }

    /// Asks for its bytes from `start` to `size`.
    pub(super) async fn bytes(&self, start: u64, size: u64) -> Result<Bytes, Failure> {
        let last = size.saturating_sub(1);
        let request = self.hub.http.get(self.url());
        let request = request.header(RANGE, format!("bytes={start}-{last}"));
        let response = self.hub.send(request, self.target()).await?;
        Ok(Bytes {
            partial: response.status() == StatusCode::PARTIAL_CONTENT,
            response,
        })
    }
}
