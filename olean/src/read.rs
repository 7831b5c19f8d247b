//! From a module's files to its constants.

mod decoder;
mod expr;
mod level;
mod module;
mod object;
mod region;
mod table;

use crate::{Module, ReadError, Terms};
use decoder::Decoder;
use region::{Place, Region};

/// Reads what Lean compiled of one module.
///
/// `parts` are the bytes of its files, in this order: `X.olean`, and where the text begins with `module` also
/// `X.olean.server` and `X.olean.private`. Later ones point into earlier ones. What is given is what the last one
/// holds: of `X.olean` alone, only what importers see; of all three, everything.
///
/// The bytes may be anything: time and memory are linear in their number (about six bytes a byte, and two more to
/// export it), and what Lean would not write is an error, not a guess. What Lean computes beside an expression (hashes, flags) is not read. Of the file's extensions (`simp`
/// sets, compiled code) nothing is read either.
///
/// # Errors
/// Where something is damaged, not known here, or what no compiled constant has: free variables, metavariables, cycles,
/// objects in each other, two constants of one name, counts beyond 32 bits, names and numbers of more than 64 KiB, names
/// of more than 1,000 parts, and what Lean's kernel has no room for: bound variables from 2^20 − 1 on, levels more than
/// 65,536 deep. `terms` has then some terms more.
pub fn read(parts: &[&[u8]], terms: &mut Terms) -> Result<Module, ReadError> {
    let region = Region::new(parts)?;
    // What a file adds has a word of its own.
    if region.words() >= terms.room() {
        return Err(region.error(Place::default(), "too much has been read"));
    }
    Decoder::new(region, terms).module()
}
