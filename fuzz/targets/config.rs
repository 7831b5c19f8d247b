//! A project's settings: an error or settings, and never more than a project may set.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unsorry::config::a_project_is_bounded;

fuzz_target!(|text: &str| a_project_is_bounded(text));
