//! The relay changes nothing that is not its business, whatever either side does.

#![cfg(unix)]

mod echo;
mod faults;
mod lean;
mod merged;
