//! Envelopes: of what is JSON they say what a full parse says.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unsorry_wire::envelope::agrees_with_a_full_parse;

fuzz_target!(|body: &[u8]| agrees_with_a_full_parse(body));
