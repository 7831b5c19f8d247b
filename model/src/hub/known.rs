//! The models that we know, and the names by which a file is asked for.

use anyhow::{Result, ensure};

/// A file that is known to work.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// The name by which it is asked for.
    pub name: &'static str,
    /// The repository that has it: `owner/repository`.
    pub repository: &'static str,
    /// The file's name there.
    pub file: &'static str,
    /// The repository that has the model's `tokenizer.json`.
    pub base: &'static str,
    /// The approximate size of the file, in 10⁹ bytes.
    pub gigabytes: f64,
    /// The bytes of memory that each position of text takes besides.
    pub position_bytes: u64,
    /// The longest text that the model was made for, in tokens.
    pub context: u64,
    /// A description for people.
    pub what: &'static str,
}

/// All known models, the usual choice first.
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

/// A file that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The repository that has it: `owner/repository`.
    pub repository: String,
    /// The file's path there.
    pub file: String,
    /// The repository that has the tokenizer, if it is known.
    pub base: Option<String>,
}

impl Wanted {
    /// Parses a name of [`KNOWN`], a file name there, or `owner/repository/file`.
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

    /// The name that the file gets on this machine.
    pub fn name(&self) -> &str {
        self.file.rsplit('/').next().unwrap_or(&self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_understood() {
        let known = Wanted::parse("DeepSeek-Prover-V2-7B-Q8_0.gguf").expect("known");
        assert_eq!(known.name(), "DeepSeek-Prover-V2-7B-Q8_0.gguf");
        assert_eq!(known.base.as_deref(), Some(PROVER));
        let any = Wanted::parse("owner/model/sub/a.gguf").expect("a file");
        assert_eq!(
            (any.repository.as_str(), any.file.as_str()),
            ("owner/model", "sub/a.gguf")
        );
        assert_eq!(any.name(), "a.gguf");
        for wrong in [
            "", "a", "a/b", "a/b/", "/a/b", "a/b/../c", "a/b/.c", "a/b/c\\d",
        ] {
            assert!(Wanted::parse(wrong).is_err(), "{wrong}");
        }
    }
}
