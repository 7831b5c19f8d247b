//! What a person types: `cargo xtask demo`, `test`, `bench`.

fn main() {}
