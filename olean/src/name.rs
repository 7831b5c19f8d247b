//! Names.

use crate::{NameId, Nat};

/// A name: what stands before its last part, and that part.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// The empty name.
    Anonymous,
    /// A last part that is text.
    Str(NameId, Box<str>),
    /// A last part that is a number, as in names that Lean makes up.
    Num(NameId, Box<Nat>),
}
