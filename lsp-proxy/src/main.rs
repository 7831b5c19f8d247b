//! The program `unsorry`.

fn main() {}
