//! What Lean says of the text behind a declaration: a proof that goes on with it has it say something else. Pure.

use unsorry_syntax::Position;

use crate::lean::diagnostic::Diagnostic;

/// Lean's errors behind a declaration: where, counted from its end, and their words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Behind(Vec<(Position, String)>);

impl Behind {
    /// The errors among `diagnostics` that begin at `end` or behind it.
    pub fn of<'a>(end: Position, diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> Behind {
        let all = diagnostics.into_iter();
        let errors = all.filter(|d| d.is_error() && d.start() >= end);
        let mut errors: Vec<_> = errors
            .map(|error| (from(end, error.start()), error.message.clone()))
            .collect();
        errors.sort();
        Behind(errors)
    }

    /// The first line of an error that is here and not there; of one that is there and not here, if there is none.
    pub fn differs(&self, there: &Behind) -> Option<&str> {
        let only = |here: &'_ Behind, there: &Behind| {
            let mut errors = here.0.iter();
            errors.position(|error| !there.0.contains(error))
        };
        let error = match (only(self, there), only(there, self)) {
            (Some(at), _) => &self.0[at],
            (None, Some(_)) => return Some("an error that was there is gone"),
            (None, None) => return None,
        };
        error.1.lines().next()
    }
}

/// A position as one counted from another, which is before it.
fn from(start: Position, at: Position) -> Position {
    Position {
        line: at.line - start.line,
        character: match at.line == start.line {
            true => at.character - start.character,
            false => at.character,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lean::diagnostic::{Range, Severity};

    #[test]
    fn the_same_is_said_wherever_the_declaration_ends() {
        let said = |end: (u32, u32), errors: &[(u32, u32, &str)]| {
            let position = |(line, character): (u32, u32)| Position { line, character };
            let diagnostics: Vec<Diagnostic> = errors
                .iter()
                .map(|(line, character, message)| {
                    let at = position((*line, *character));
                    Diagnostic {
                        range: Range { start: at, end: at },
                        full_range: None,
                        severity: Severity::Error,
                        message: (*message).to_owned(),
                        lean_tags: Vec::new(),
                    }
                })
                .collect();
            Behind::of(position(end), &diagnostics)
        };
        let before = said((1, 7), &[(0, 2, "own"), (1, 9, "a"), (3, 4, "b\nc")]);
        let moved = said((5, 1), &[(5, 3, "a"), (5, 0, "own"), (7, 4, "b\nc")]);
        assert_eq!(moved.differs(&before), None);
        let more = said((5, 1), &[(5, 3, "a"), (6, 3, "x\ny"), (7, 4, "b\nc")]);
        assert_eq!(more.differs(&before), Some("x"));
        let other = said((5, 1), &[(5, 3, "a"), (7, 5, "b\nc")]);
        assert_eq!(other.differs(&before), Some("b"));
        let fewer = said((5, 1), &[(5, 3, "a")]);
        assert_eq!(
            fewer.differs(&before),
            Some("an error that was there is gone")
        );
    }
}
