//! The text of a Lean file: positions, tokens, holes, declarations, splicing. Pure: no IO.
