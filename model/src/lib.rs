//! Provers that are language models: in this process ([`local`]), and on other machines ([`remote`]).

pub mod http;
pub mod hub;
pub mod local;
pub mod remote;
