//! Models from the Hugging Face hub.
//!
//! hf-hub finds the hub, the token and the proxy, and speaks with it. What it does not do is done here:
//! a download goes on where it was cut off, and a file gets its name only when it is what the hub says.
//! Its `get_file_metadata` is of no use for that: it follows the hub to where large files are, and there
//! nobody knows their checksum.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail, ensure};
use futures_util::StreamExt;
use hf_hub::repository::RepoTreeEntry;
use hf_hub::{HFClient, HFError};
use sha1::Sha1;
use sha2::{Digest, Sha256};

#[cfg(test)]
mod tests;

/// A file that we know to work.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// What it is called here.
    pub name: &'static str,
    /// Where it is: `owner/repository`.
    pub repository: &'static str,
    /// Its name there.
    pub file: &'static str,
    /// The repository that has the model's `tokenizer.json`.
    pub base: &'static str,
    /// About how many bytes it has, in 10⁹.
    pub gigabytes: f64,
    /// Bytes that each position of text takes beside it.
    pub position_bytes: u64,
    /// Most positions it was made for.
    pub context: u64,
    /// What it is, for people.
    pub what: &'static str,
}

/// All that we know, the usual choice first.
pub const KNOWN: [Known; 2] = [
    Known {
        name: "prover-v2-7b",
        repository: "unsloth/DeepSeek-Prover-V2-7B-GGUF",
        file: "DeepSeek-Prover-V2-7B-Q4_K_M.gguf",
        base: PROVER,
        gigabytes: 4.22,
        position_bytes: 491_520,
        context: 65_536,
        what: "DeepSeek-Prover-V2-7B in 4 bits a weight",
    },
    Known {
        name: "prover-v2-7b-q8",
        repository: "unsloth/DeepSeek-Prover-V2-7B-GGUF",
        file: "DeepSeek-Prover-V2-7B-Q8_0.gguf",
        base: PROVER,
        gigabytes: 7.35,
        position_bytes: 491_520,
        context: 65_536,
        what: "DeepSeek-Prover-V2-7B in 8 bits a weight: nearest to the original",
    },
];

const PROVER: &str = "deepseek-ai/DeepSeek-Prover-V2-7B";

/// Times that a download is tried again without one byte of success.
const TRIES: u32 = 4;

/// Before a download is tried again for the first time.
const PAUSE: Duration = Duration::from_millis(100);

/// What to download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// `owner/repository`.
    pub repository: String,
    /// The file's path there.
    pub file: String,
    /// The repository that has the tokenizer, if we know.
    pub base: Option<String>,
}

impl Wanted {
    /// A name of [`KNOWN`], a file name there, or `owner/repository/file`.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn parse(text: &str) -> Result<Wanted> {
        if let Some(known) = KNOWN.iter().find(|it| it.name == text || it.file == text) {
            return Ok(Wanted {
                repository: known.repository.into(),
                file: known.file.into(),
                base: Some(known.base.into()),
            });
        }
        let parts: Vec<&str> = text.split('/').collect();
        let names: Vec<&str> = KNOWN.iter().map(|known| known.name).collect();
        let sound =
            |part: &&str| !part.is_empty() && !part.starts_with('.') && !part.contains('\\');
        ensure!(
            parts.len() >= 3 && parts.iter().all(sound),
            "`{text}` is no model: name one of {}, or a file as owner/repository/file.gguf",
            names.join(", ")
        );
        Ok(Wanted {
            repository: parts[..2].join("/"),
            file: parts[2..].join("/"),
            base: None,
        })
    }

    /// What the file is called here.
    pub fn name(&self) -> &str {
        self.file.rsplit('/').next().unwrap_or(&self.file)
    }
}

/// How far a download is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Bytes that are here, of all.
    Loading(u64, u64),
    /// Bytes that were checked, of all.
    Checking(u64, u64),
}

/// Downloads a model and its tokenizer into `folder`, and says where it is. A file that is there already
/// is left alone; one of another size is an error.
///
/// # Errors
/// When it can't be had. The message says why, what to do, and where to put the file by hand; what has
/// been downloaded is kept, and used when it is tried again.
pub async fn pull(
    wanted: &Wanted,
    folder: &Path,
    progress: &mut dyn FnMut(&str, Progress),
) -> Result<PathBuf> {
    let client = HFClient::builder()
        .cache_enabled(false)
        .build()
        .context("the hub's settings are unusable: look at HF_ENDPOINT")?;
    pull_from(&client, wanted, folder, progress).await
}

async fn pull_from(
    client: &HFClient,
    wanted: &Wanted,
    folder: &Path,
    progress: &mut dyn FnMut(&str, Progress),
) -> Result<PathBuf> {
    let path = folder.join(wanted.name());
    let by_hand = || {
        let Wanted {
            repository, file, ..
        } = wanted;
        format!(
            "can't download it. You can also get {}/{repository}/resolve/main/{file} in another way, \
             and put it at {}",
            client.endpoint(),
            path.display()
        )
    };
    std::fs::create_dir_all(folder)
        .with_context(|| format!("can't make the folder {}", folder.display()))?;
    if let Ok(there) = path.metadata() {
        // Many repositories have files of the same name. Without a network nobody can say.
        if wanted.base.is_none()
            && let Ok(file) = Remote::find(client, &wanted.repository, &wanted.file).await
        {
            ensure!(
                file.size == there.len(),
                "{} is another file than {}/{}: give it another name first",
                path.display(),
                wanted.repository,
                wanted.file
            );
        }
    } else {
        let file = Remote::find(client, &wanted.repository, &wanted.file).await;
        let got = match file {
            Ok(file) => file.fetch(&path, progress).await,
            Err(error) => Err(error),
        };
        got.with_context(by_hand)?;
    }
    if let Some(base) = &wanted.base {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let beside = path.with_file_name(format!("{stem}.tokenizer.json"));
        if !beside.is_file() {
            // Most GGUF files can do without it.
            let got = async {
                let file = Remote::find(client, base, "tokenizer.json").await?;
                file.fetch(&beside, progress).await
            };
            if let Err(error) = got.await {
                tracing::warn!("no tokenizer.json from {base}: {error:#}");
            }
        }
    }
    Ok(path)
}

/// A file on the hub.
struct Remote<'a> {
    client: &'a HFClient,
    repository: &'a str,
    file: &'a str,
    size: u64,
    /// Git's name for it, which follows from its contents.
    oid: String,
    /// Git has only a pointer to it.
    large: bool,
}

impl<'a> Remote<'a> {
    async fn find(client: &'a HFClient, repository: &'a str, file: &'a str) -> Result<Remote<'a>> {
        let (owner, name) = hf_hub::split_id(repository);
        let model = client.model(owner, name);
        let found = model.get_paths_info().paths(vec![file.to_owned()]).send();
        let found = found
            .await
            .map_err(|error| explain(error, client, repository, file))?;
        for entry in found {
            match entry {
                RepoTreeEntry::File {
                    oid,
                    size,
                    path,
                    lfs,
                    ..
                } if path == file => {
                    return Ok(Remote {
                        client,
                        repository,
                        file,
                        size,
                        oid,
                        large: lfs.is_some(),
                    });
                }
                _ => {}
            }
        }
        bail!(no_file(client, repository, file))
    }

    async fn fetch(&self, path: &Path, progress: &mut dyn FnMut(&str, Progress)) -> Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        // A part belongs to one version of the file.
        let letters = self.oid.chars().filter(char::is_ascii_alphanumeric);
        let version: String = letters.take(12).collect();
        let part = path.with_file_name(format!("{name}.{version}.part"));
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&part)
            .with_context(|| format!("can't write {}", part.display()))?;
        // Not every file system has locks.
        if matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
            bail!("another unsorry is downloading {name}");
        }
        let mut failures = 0;
        loop {
            let before = file.metadata()?.len();
            let mut on = |done| progress(&name, Progress::Loading(done, self.size));
            let outcome = self.go_on(&mut file, &mut on);
            let Err(error) = outcome.await else { break };
            let moved = file.metadata()?.len() > before;
            failures = if moved { 0 } else { failures + 1 };
            if failures > TRIES || !error.again {
                return Err(error.why.context(format!(
                    "{} of {} bytes are here, and the next try goes on from there",
                    file.metadata()?.len(),
                    self.size
                )));
            }
            tracing::warn!("{name} was cut off: {:#}", error.why);
            tokio::time::sleep(PAUSE * 2u32.pow(failures)).await;
        }
        self.check(&mut file, &part, &mut |done| {
            progress(&name, Progress::Checking(done, self.size));
        })?;
        file.sync_all()?;
        std::fs::rename(&part, path)
            .with_context(|| format!("can't give {} its name", path.display()))
    }

    /// Downloads what is missing.
    async fn go_on(&self, file: &mut File, progress: &mut dyn FnMut(u64)) -> Result<(), Failure> {
        let mut done = file.seek(SeekFrom::End(0)).map_err(Failure::of_disk)?;
        if done > self.size {
            file.set_len(0).map_err(Failure::of_disk)?;
            done = file.seek(SeekFrom::Start(0)).map_err(Failure::of_disk)?;
        }
        progress(done);
        if done == self.size {
            return Ok(());
        }
        let (owner, name) = hf_hub::split_id(self.repository);
        let repository = self.client.model(owner, name);
        let request = repository
            .download_file_stream()
            .filename(self.file)
            .range(done..self.size);
        let (length, mut stream) = request.send().await.map_err(|error| self.failure(error))?;
        // Some proxies ignore that only a part is asked for.
        if done > 0 && length == Some(self.size) {
            file.set_len(0).map_err(Failure::of_disk)?;
            done = file.seek(SeekFrom::Start(0)).map_err(Failure::of_disk)?;
        }
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| self.failure(error))?;
            done += chunk.len() as u64;
            if done > self.size {
                let _ = file.set_len(0);
                let why = anyhow!("more bytes came than {} has", self.file);
                return Err(Failure { why, again: false });
            }
            file.write_all(&chunk).map_err(Failure::of_disk)?;
            progress(done);
        }
        if done < self.size {
            let why = anyhow!("the connection ended early");
            return Err(Failure { why, again: true });
        }
        Ok(())
    }

    /// That the file has the name in Git that the hub says. For a large file that is the name of the
    /// pointer to it: <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>.
    fn check(&self, file: &mut File, part: &Path, progress: &mut dyn FnMut(u64)) -> Result<()> {
        file.seek(SeekFrom::Start(0))?;
        let mut whole = Sha256::new();
        let mut blob = git_blob(self.size);
        let mut buffer = vec![0; 1 << 20];
        let mut done = 0;
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            if self.large {
                whole.update(&buffer[..read]);
            } else {
                blob.update(&buffer[..read]);
            }
            done += read as u64;
            progress(done);
        }
        if self.large {
            let pointer = format!(
                "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {done}\n",
                hexadecimal(&whole.finalize())
            );
            blob = git_blob(pointer.len() as u64);
            blob.update(pointer);
        }
        if hexadecimal(&blob.finalize()) != self.oid {
            std::fs::remove_file(part)
                .with_context(|| format!("can't remove {}", part.display()))?;
            bail!(
                "what came is not what the hub has (its checksum differs), and was removed: try again, \
                 and if it stays so, ask who runs your network or proxy"
            );
        }
        Ok(())
    }

    fn failure(&self, error: HFError) -> Failure {
        let again = match &error {
            HFError::Request { .. } | HFError::Xet { .. } | HFError::Io(_) => true,
            HFError::Http { context } => context.status.is_server_error(),
            HFError::RateLimited { .. } => true,
            _ => false,
        };
        let why = explain(error, self.client, self.repository, self.file);
        Failure { why, again }
    }
}

/// What Git hashes before a file's contents.
fn git_blob(size: u64) -> Sha1 {
    Sha1::new_with_prefix(format!("blob {size}\0"))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why a download ended, and whether it makes sense to try again at once.
struct Failure {
    why: Error,
    again: bool,
}

impl Failure {
    fn of_disk(error: std::io::Error) -> Failure {
        let full = matches!(
            error.kind(),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded
        );
        let why = Error::new(error).context(match full {
            true => "the disk is full: make room",
            false => "can't write the file",
        });
        Failure { why, again: false }
    }
}

/// What to do about an error.
fn explain(error: HFError, client: &HFClient, repository: &str, file: &str) -> Error {
    let hub = client.endpoint();
    let advice = match &error {
        HFError::AuthRequired { .. } => format!(
            "{hub} has no {repository} for everybody: check the name, and if the model asks for a login, \
             set HF_TOKEN to a token of yours, or log in with `hf auth login`"
        ),
        HFError::Forbidden { .. } => format!(
            "{hub} does not let you have {repository}: open its page there and accept its terms, or use \
             the token of somebody who has"
        ),
        HFError::RepoNotFound { .. } => format!("{hub} has no {repository}: check the name"),
        HFError::EntryNotFound { .. } | HFError::RevisionNotFound { .. } => {
            no_file(client, repository, file)
        }
        HFError::RateLimited { .. } => {
            format!("{hub} has had too many requests: wait some minutes")
        }
        HFError::Http { context } if context.status.as_u16() == 407 => {
            "your proxy asks for a login: put it into HTTPS_PROXY".into()
        }
        HFError::Http { .. } => format!("{hub} is in trouble: try again later"),
        HFError::Request { .. } => format!(
            "{hub} can't be reached: are you online? Behind a proxy set HTTPS_PROXY, with a mirror \
             HF_ENDPOINT"
        ),
        _ => format!("{hub} gave no usable answer"),
    };
    let what = without_queries(&format!("{:#}", Error::new(error)));
    anyhow!(what).context(advice)
}

/// `text` with its addresses cut at `?`: what follows may be a signature that opens the file.
fn without_queries(text: &str) -> String {
    let mut cut = String::new();
    for (at, part) in text.split("://").enumerate() {
        if at == 0 {
            cut += part;
            continue;
        }
        let end = part.find([' ', ')', '"', '\n']).unwrap_or(part.len());
        let (address, rest) = part.split_at(end);
        cut += "://";
        cut += address.split('?').next().unwrap_or_default();
        cut += rest;
    }
    cut
}

fn no_file(client: &HFClient, repository: &str, file: &str) -> String {
    let hub = client.endpoint();
    format!("{repository} has no file {file}: look at {hub}/{repository}/tree/main")
}
