//! A module's compiled files: an error or constants, which can then be written for other kernels.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unsorry_olean::{LeanVersion, Terms, export, read};

/// What a file begins with: several follow each other.
const BEGIN: &[u8] = b"olean\x02";

fuzz_target!(|bytes: &[u8]| {
    let starts = (1..bytes.len()).filter(|at| bytes[*at..].starts_with(BEGIN));
    let mut files = Vec::new();
    let mut from = 0;
    for at in starts.chain([bytes.len()]) {
        files.push(&bytes[from..at]);
        from = at;
    }
    let mut terms = Terms::default();
    let Ok(module) = read(&files, &mut terms) else {
        return;
    };
    for constant in &module.constants {
        let _ = terms.show_name(constant.name).to_string();
        for expr in constant.exprs() {
            terms.constants_in(expr).for_each(drop);
        }
    }
    let lean = LeanVersion {
        version: &module.lean_version,
        githash: &module.githash,
    };
    let _ = export(&terms, &module.constants, lean, std::io::sink());
});
