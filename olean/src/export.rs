//! Constants as text that other kernels read: lean4export's NDJSON, version 3.1.

mod declare;
mod error;
mod order;
mod units;
mod writer;

use std::io::Write;

use crate::{Constant, Terms};
pub use error::ExportError;
use units::Units;
use writer::Writer;

/// Which Lean compiled what is written, as a [`Module`](crate::Module) has it.
#[derive(Clone, Copy, Debug)]
pub struct LeanVersion<'a> {
    /// Its version.
    pub version: &'a str,
    /// Its Git commit.
    pub githash: &'a str,
}

/// Writes constants, each after those it uses, an inductive type as one with those declared together with it, its
/// constructors and its recursors. A theorem that is given twice, or also as the axiom that importers see of it, is
/// written once. What is used and was not given is left out: a kernel will miss it.
///
/// Time and memory are linear in the constants, with what they share counted once, and in the size of `terms`. Where
/// constants use each other, as `unsafe` ones may, their order is no particular one.
///
/// # Errors
/// Where constants contradict each other, or writing fails; what has been written then is nothing whole.
pub fn export<'c>(
    terms: &Terms,
    constants: impl IntoIterator<Item = &'c Constant>,
    lean: LeanVersion,
    out: impl Write,
) -> Result<(), ExportError> {
    let units = Units::new(terms, constants)?;
    let mut writer = Writer::new(terms, out);
    writer.meta(lean.version, lean.githash)?;
    for unit in order::order(terms, &units) {
        for constant in units.constants(unit) {
            for expr in constant.exprs() {
                writer.expr(expr)?;
            }
        }
        writer.declare(units.get(unit))?;
    }
    Ok(writer.finish()?)
}
