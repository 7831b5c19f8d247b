//! A model's file in GGUF: an error or a model, and no more memory than the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unsorry_infer::weights::Weights;

fuzz_target!(|bytes: &[u8]| {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.gguf");
    std::fs::write(&path, bytes).expect("written");
    if let Ok(weights) = Weights::open(&path) {
        let names: Vec<String> = weights.tensors().map(|(name, _)| name.to_owned()).collect();
        let mut read = Vec::new();
        for name in names {
            let _ = weights.read(&name, &mut read);
        }
    }
});
