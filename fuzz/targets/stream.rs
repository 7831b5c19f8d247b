//! A remote engine's stream: the same events in whatever pieces it comes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unsorry_model::remote::reply::heard;

fuzz_target!(|input: (&[u8], u8)| {
    let (bytes, size) = input;
    let pieces: Vec<&[u8]> = bytes.chunks(usize::from(size).max(1)).collect();
    assert_eq!(heard(&pieces), heard(&[bytes]));
});
