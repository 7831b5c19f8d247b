//! What Lean compiled, read without Lean: the constants of `.olean` files, bounds-checked, as the file may have been
//! written by an attacker. Pure: bytes in, no IO.
//!
//! [`read`] gives the [`Module`] that the files of one Lean module hold; its names, universe levels and expressions are
//! in [`Terms`], where equal ones have equal ids, also across modules. [`export()`] writes constants for other kernels.
//!
//! Nothing here is checked to be true, or well-typed: that is a kernel's part. What is certain is only that each value
//! is what the file says, whatever it says.

mod constant;
mod error;
mod export;
mod expr;
mod id;
mod name;
mod post_order;
mod read;
mod show;
mod terms;
mod uses;

pub use constant::{
    Constant, ConstantKind, Hints, Import, Module, QuotKind, RecursorRule, Safety, Word,
};
pub use error::ReadError;
pub use export::{ExportError, LeanVersion, export};
pub use expr::{BinderInfo, Expr, Level};
pub use id::{ExprId, LevelId, NameId};
pub use name::Name;
pub use num_bigint::BigUint as Nat;
pub use read::read;
pub use terms::Terms;
pub use uses::Uses;
