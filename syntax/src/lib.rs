//! The text of a Lean file: positions, tokens, holes, declarations, splicing. Pure: no IO.

pub mod command;
pub mod declaration;
pub mod edit;
mod header;
pub mod hole;
pub mod keyword;
pub mod lexer;
mod name;
mod outline;
pub mod pieces;
pub mod position;
pub mod scope;
#[cfg(test)]
mod scraps;
pub mod splice;
mod visible;

pub use command::{Command, commands};
pub use declaration::{Declaration, declarations};
pub use edit::{Change, diff, shift};
pub use header::{header_end, imports};
pub use hole::{Hole, HoleKind, holes, strays};
pub use keyword::DeclarationKind;
pub use lexer::{Token, TokenKind, lex, outside_brackets};
pub use name::name_parts;
pub use outline::Outline;
pub use pieces::Pieces;
pub use position::{LineIndex, Position};
pub use scope::{Scope, Scopes};
pub use splice::splice;
pub use visible::{Visible, VisibleLines, is_hidden, is_spelt_out};
