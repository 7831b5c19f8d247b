//! The program's commands, a file each.

pub mod prove;
pub mod serve;
