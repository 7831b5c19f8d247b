//! A project's settings: an error or settings, and never more than a project may set.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::path::Path;
use unsorry::config::{Config, Origin};

fuzz_target!(|text: &str| {
    let mut config = Config::default();
    let before = config.clone();
    if config.add(text, Origin::Project, Path::new("/project")).is_ok() {
        assert!(config.level >= before.level && config.replay >= before.replay);
        assert_eq!(config.container, before.container);
        assert!(config.remote.is_empty());
    }
    let _ = Config::default().add(text, Origin::User, Path::new("/home"));
    if let Ok(json) = serde_json::from_str(text) {
        let _ = Config::default().add_editors(&json);
    }
});
