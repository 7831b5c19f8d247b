//! `[local]`: the model in this process.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use unsorry_model::local::{DevicePreference, LocalSettings};

use super::generation::{self, generation_keys};
use super::permission::{Key, Permission};
use super::read;

generation_keys! {
/// The table in one file: a missing key is left to an earlier file, or to the default.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Local {
    /// The model: a file, or the name of a known one.
    pub model: Option<PathBuf>,
    tokenizer: Option<PathBuf>,
    device: Option<DevicePreference>,
    context: Option<NonZeroUsize>,
    batch: Option<NonZeroUsize>,
    threads: Option<NonZeroUsize>,
    #[serde(deserialize_with = "read::duration")]
    idle: Option<Duration>,
}
}

/// The keys. Others than the user may say how to ask a model, never what to run, or where.
pub(super) fn keys() -> impl Iterator<Item = Key> {
    let key = |name, permission| Key {
        table: Some("local"),
        name,
        project: permission,
        editor: permission,
        reason: None,
    };
    let forbidden = [
        "model",
        "tokenizer",
        "device",
        "context",
        "batch",
        "threads",
        "idle",
    ];
    let free = generation::NAMES.into_iter();
    free.map(move |name| key(name, Permission::Free)).chain(
        forbidden
            .into_iter()
            .map(move |name| key(name, Permission::Forbidden)),
    )
}

impl Local {
    /// Adds the keys of a later file, which win. Paths are relative to its `folder`; a model's name alone
    /// is no path.
    pub fn add(&mut self, later: Local, folder: &Path) {
        macro_rules! later_wins {
            ($($key:ident)*) => { $( self.$key = later.$key.or(self.$key); )* };
        }
        later_wins! { device context mode candidates batch temperature top_p top_k min_p seed max_tokens threads idle }
        let is_name = |path: &PathBuf| path.components().count() == 1;
        let model = later.model.map(|model| match is_name(&model) {
            true => model,
            false => folder.join(model),
        });
        self.model = model.or(self.model.take());
        let tokenizer = later.tokenizer.map(|tokenizer| folder.join(tokenizer));
        self.tokenizer = tokenizer.or(self.tokenizer.take());
    }

    /// Sets the number of candidates, whatever the files have.
    pub fn ask_for(&mut self, candidates: NonZeroUsize) {
        self.candidates = Some(candidates);
    }

    /// Returns whether a mode of answering is set.
    pub fn has_mode(&self) -> bool {
        self.mode.is_some()
    }

    /// Returns how to set up the model, if there is one.
    pub fn settings(&self) -> Option<LocalSettings> {
        let defaults = LocalSettings::new(self.model.clone()?);
        Some(LocalSettings {
            tokenizer: self.tokenizer.clone(),
            device: self.device.unwrap_or(defaults.device),
            context: self.context.map(NonZeroUsize::get),
            generation: self.generation(),
            batch: self.batch.map_or(defaults.batch, NonZeroUsize::get),
            threads: self.threads.map(NonZeroUsize::get),
            idle: self.idle.unwrap_or(defaults.idle),
            model: defaults.model,
        })
    }
}

#[cfg(test)]
mod tests {
    use unsorry_prover::GenerationParams;
    use unsorry_prover::Mode;

    use super::*;

    fn read(text: &str) -> Local {
        toml::from_str(text).expect("valid")
    }

    #[test]
    fn settings_come_from_all_files() {
        let mut local = Local::default();
        assert_eq!(local.settings(), None);
        let users = "model = 'weights/a.gguf'\ntokenizer = 't.json'\ndevice = 'cpu'\ntop_p = 0.9\nidle = '1min'";
        local.add(read(users), Path::new("/home/me/.config/unsorry"));
        local.add(
            read("mode = 'reasoning'\ntop_p = 1.0\nseed = 7\ntemperature = 0"),
            Path::new("/p"),
        );
        let expected = LocalSettings {
            tokenizer: Some("/home/me/.config/unsorry/t.json".into()),
            device: DevicePreference::Cpu,
            generation: GenerationParams {
                mode: Some(Mode::Reasoning),
                temperature: 0.0,
                top_p: Some(1.0),
                seed: Some(7),
                ..GenerationParams::default()
            },
            idle: Duration::from_secs(60),
            ..LocalSettings::new("/home/me/.config/unsorry/weights/a.gguf".into())
        };
        assert_eq!(local.settings(), Some(expected));
        local.add(read("model = 'known.gguf'"), Path::new("/p"));
        let model = local.settings().expect("a model").model;
        assert_eq!(model, Path::new("known.gguf"));
    }

    #[test]
    fn numbers_that_make_no_sense() {
        let check = |line: &str| {
            let error = toml::from_str::<Local>(line)
                .expect_err("invalid")
                .to_string();
            assert!(error.contains(line), "{error}");
        };
        check("candidates = 0");
        check("batch = -1");
        check("context = 2.5");
        check("temperature = -0.1");
        check("temperature = inf");
        check("top_p = 1.5");
        check("top_p = 0.0");
        check("min_p = nan");
        check("device = 'tpu'");
        check("mode = 'slow'");
        check("idle = 5");
    }
}
