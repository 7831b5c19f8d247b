//! The bounds that no text that a project comes with can pass, whatever it says: for the fuzzer.

use std::path::Path;

use super::{Config, Origin};

/// Panics where a project's settings could do more than a project may; `text` need not be settings at all.
#[allow(clippy::missing_panics_doc)]
pub fn a_project_is_bounded(text: &str) {
    let mut config = Config::default();
    let before = config.clone();
    if config
        .add(text, Origin::Project, Path::new("/project"))
        .is_ok()
    {
        assert!(config.level >= before.level && config.replay >= before.replay);
        assert_eq!(config.container, before.container);
        assert!(config.remote.is_empty());
        assert_eq!(config.local.model, before.local.model);
        assert_eq!(config.cache.folder, before.cache.folder);
    }
    let _ = Config::default().add(text, Origin::User, Path::new("/home"));
    if let Ok(json) = serde_json::from_str(text) {
        let _ = Config::default().add_editors(&json);
    }
}
