//! The problem set in `problems/`, and `unsorry eval` on it.

mod problems;
