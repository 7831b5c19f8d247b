//! `unsorry prove`, from a terminal.
