//! The program's commands, a file each, and what they share.

pub mod cache;
pub mod doctor;
pub mod eval;
pub mod manual;
pub mod model;
pub mod prove;
pub mod serve;
pub mod shim;
pub mod verify;
pub mod welcome;
