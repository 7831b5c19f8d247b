//! The base protocol as bytes: frames, and what of a JSON-RPC message can be read without
//! parsing the rest. Pure: no IO.

pub mod envelope;
pub mod frame;
pub mod json;
pub mod response;
