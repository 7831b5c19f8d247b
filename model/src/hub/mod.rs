//! Models from the Hugging Face hub: a download goes on where it was cut off, and a file gets its name
//! only when it is what the hub says.

mod checksum;
mod client;
mod download;
mod failure;
mod known;
mod login;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use client::{Hub, HubFile};
use download::OnProgress;
pub use download::Progress;
pub use known::{KNOWN, Known, Wanted};

/// Downloads a model and its tokenizer into `folder`, and returns the model's path. A file that is there
/// already is left alone; one of another size is an error. Dropping the future ends it at once, also
/// while a file is checked.
///
/// # Errors
/// When it can't be had. The message says why, what to do, and where to put the file by hand; what has
/// been downloaded is kept, and used when it is tried again.
pub async fn pull(
    wanted: &Wanted,
    folder: &Path,
    progress: &mut dyn FnMut(&str, Progress),
) -> Result<PathBuf> {
    pull_from(&Hub::of_environment()?, wanted, folder, progress).await
}

async fn pull_from(
    hub: &Hub,
    wanted: &Wanted,
    folder: &Path,
    progress: OnProgress<'_>,
) -> Result<PathBuf> {
    let path = folder.join(wanted.name());
    let file = HubFile {
        hub,
        repository: &wanted.repository,
        file: &wanted.file,
    };
    std::fs::create_dir_all(folder)
        .with_context(|| format!("can't make the folder {}", folder.display()))?;
    if let Ok(there) = path.metadata() {
        // Many repositories have files of the same name. Without a network nobody can say.
        if wanted.base.is_none()
            && let Ok(metadata) = file.metadata().await
        {
            ensure!(
                metadata.size == there.len(),
                "{} is another file than {}/{}: give it another name first",
                path.display(),
                wanted.repository,
                wanted.file
            );
        }
    } else {
        get(&file, &path, progress).await.with_context(|| {
            format!(
                "can't download it. You can also get {} in another way, and put it at {}",
                file.url(),
                path.display()
            )
        })?;
    }
    if let Some(base) = &wanted.base {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let beside = path.with_file_name(format!("{stem}.tokenizer.json"));
        let tokenizer = HubFile {
            hub,
            repository: base,
            file: "tokenizer.json",
        };
        // Most GGUF files can do without it.
        if !beside.is_file()
            && let Err(error) = get(&tokenizer, &beside, progress).await
        {
            tracing::warn!("no tokenizer.json from {base}: {error:#}");
        }
    }
    Ok(path)
}

async fn get(file: &HubFile<'_>, path: &Path, progress: OnProgress<'_>) -> Result<()> {
    let metadata = file.metadata().await?;
    download::download(file, &metadata, path, progress).await
}
