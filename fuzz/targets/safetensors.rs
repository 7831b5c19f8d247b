//! A model's folder in safetensors.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unsorry_infer::weights::Weights;

fuzz_target!(|input: (&str, &[u8])| {
    let (config, bytes) = input;
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.json"), config).expect("written");
    std::fs::write(folder.path().join("model.safetensors"), bytes).expect("written");
    let _ = Weights::open(folder.path());
});
