//! The holes of a text that is being edited: read again only where it has changed.
//!
//! A text is cut where a command starts at the start of a line, outside of `mutual`. There the reading
//! of a text does not depend on what stands before; so a piece stays what it is as long as it still
//! starts with a command. After an edit the pieces around it are read anew, and more of them, as long
//! as the pieces beside those have not been found again where they were.

use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;

use super::declaration::declarations_and_cuts;
use super::lexer::lex_as_far_as_sure;
use super::{Change, holes};

/// The holes and declarations of a text that is being edited, piece by piece.
#[derive(Debug, Clone)]
pub struct Pieces {
    /// The pieces in order; the first starts at 0.
    pieces: Vec<Piece>,
    /// The length of the text in bytes.
    len: usize,
    /// The start of an interpolated string that never ends: what stands behind it depends on all that
    /// follows. The text's end if there is none.
    sure: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    start: usize,
    contents: Arc<Contents>,
}

/// The holes and declarations of a piece, in bytes from its start.
#[derive(Debug, Default, PartialEq, Eq)]
struct Contents {
    /// The tokens `sorry`.
    holes: Vec<Range<usize>>,
    declarations: Vec<Extent>,
}

#[derive(Debug, PartialEq, Eq)]
struct Extent {
    /// The start of the declaration.
    start: usize,
    /// The end of what is kept whole around it.
    end: usize,
}

impl Pieces {
    /// The pieces of `text`.
    pub fn of(text: &str) -> Pieces {
        let (pieces, sure) = read(text, 0);
        Pieces {
            pieces,
            len: text.len(),
            sure,
        }
    }

    /// Brings the pieces up to date with `change`, after which the text is `text`.
    pub fn change(&mut self, text: &Rope, change: &Change) {
        let Range { start, end } = change.range;
        let moved = |offset: usize| offset - change.range.len() + change.text.len();
        // What stands right behind a piece may join its last word, and a command is known by what follows it.
        let mut first = self.at(start.saturating_sub(1)).saturating_sub(2);
        let mut behind = self.pieces.len().min(self.at(end) + 2);
        loop {
            if self.sure < self.len && self.sure < self.end_of(behind) {
                first = first.min(self.at(self.sure).saturating_sub(1));
                behind = self.pieces.len();
            }
            let many = behind - first;
            let from = self.pieces[first].start;
            let next = self.pieces.get(behind).map(|next| moved(next.start));
            let to = self.end_of(behind);
            let window = text.byte_slice(from..moved(to)).to_string();
            let (mut read, sure) = read(&window, from);
            let second = self.pieces.get(first + 1).map(|second| second.start);
            let begins_as_before = first == 0
                || second
                    .is_some_and(|second| read.get(1).is_some_and(|piece| piece.start == second));
            let ends_as_before = match next {
                Some(next) => next <= sure && read.last().is_some_and(|last| last.start == next),
                None => true,
            };
            if begins_as_before && ends_as_before {
                if next.is_some() {
                    read.pop();
                }
                for piece in &mut self.pieces[behind..] {
                    piece.start = moved(piece.start);
                }
                self.sure = match next {
                    Some(_) => moved(self.sure),
                    None => sure,
                };
                self.len = moved(self.len);
                self.pieces.splice(first..behind, read);
                return;
            }
            if !begins_as_before {
                first = first.saturating_sub(many);
            }
            if !ends_as_before {
                behind = self.pieces.len().min(behind + many);
            }
        }
    }

    /// The piece in which the byte at `offset` is.
    fn at(&self, offset: usize) -> usize {
        self.pieces
            .partition_point(|piece| piece.start <= offset)
            .max(1)
            - 1
    }

    /// The end of a piece; the text's end for one that is not there.
    fn end_of(&self, piece: usize) -> usize {
        self.pieces
            .get(piece + 1)
            .map_or(self.len, |next| next.start)
    }

    /// The holes that `range` touches, if only at an end.
    pub fn holes(&self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let Range { start, end } = range;
        let pieces = &self.pieces[self.at(start.saturating_sub(1))..];
        pieces
            .iter()
            .take_while(move |piece| piece.start <= end)
            .flat_map(|piece| {
                let absolute =
                    |hole: &Range<usize>| piece.start + hole.start..piece.start + hole.end;
                piece.contents.holes.iter().map(absolute)
            })
            .filter(move |hole| hole.start <= end && start <= hole.end)
    }

    /// Whether a hole stands exactly there.
    pub fn is_hole(&self, range: &Range<usize>) -> bool {
        self.holes(range.clone()).any(|hole| hole == *range)
    }

    /// Whether there is any hole.
    pub fn have_holes(&self) -> bool {
        self.pieces
            .iter()
            .any(|piece| !piece.contents.holes.is_empty())
    }

    /// The last declaration that starts at or before `at`, to the end of what is kept whole around it. None
    /// where there is none in that piece.
    pub fn declaration(&self, at: usize) -> Option<Range<usize>> {
        let piece = &self.pieces[self.at(at)];
        let mut extents = piece.contents.declarations.iter().rev();
        let extent = extents.find(|extent| piece.start + extent.start <= at)?;
        Some(piece.start + extent.start..piece.start + extent.end)
    }
}

/// The pieces of a text that stands at `offset` of another, and up to where in that they are what they
/// are whatever follows.
fn read(text: &str, offset: usize) -> (Vec<Piece>, usize) {
    let (tokens, failure) = lex_as_far_as_sure(text);
    let (declarations, cuts) = declarations_and_cuts(text, &tokens);
    let mut holes = holes(text, &tokens, &declarations).into_iter().peekable();
    let mut declarations = declarations.iter().peekable();
    let starts = std::iter::once(0).chain(cuts.iter().copied().filter(|cut| *cut > 0));
    let ends = cuts
        .iter()
        .copied()
        .filter(|cut| *cut > 0)
        .chain([text.len()]);
    let pieces = starts
        .zip(ends)
        .map(|(start, end)| {
            let mut contents = Contents::default();
            while let Some(hole) = holes.next_if(|hole| hole.range.start < end) {
                contents
                    .holes
                    .push(hole.range.start - start..hole.range.end - start);
            }
            while let Some(declaration) = declarations.next_if(|d| d.extent.start < end) {
                contents.declarations.push(Extent {
                    start: declaration.extent.start - start,
                    end: declaration.block.end - start,
                });
            }
            Piece {
                start: offset + start,
                contents: Arc::new(contents),
            }
        })
        .collect();
    (pieces, offset + failure.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outline;
    use crate::scraps::text;
    use proptest::prelude::*;

    /// `pieces` know of `text` what its outline says.
    fn agree(pieces: &Pieces, text: &str) -> Result<(), TestCaseError> {
        let outline = Outline::of(text);
        let holes: Vec<_> = outline
            .holes
            .iter()
            .map(|hole| hole.range.clone())
            .collect();
        prop_assert_eq!(
            pieces.holes(0..text.len()).collect::<Vec<_>>(),
            holes.clone()
        );
        prop_assert_eq!(pieces.have_holes(), !holes.is_empty());
        for hole in &outline.holes {
            let block = &outline.declaration_of(hole).block;
            prop_assert!(pieces.is_hole(&hole.range));
            let start = outline.declaration_of(hole).extent.start;
            prop_assert_eq!(pieces.declaration(hole.range.start), Some(start..block.end));
        }
        prop_assert_eq!(&pieces.pieces, &Pieces::of(text).pieces);
        Ok(())
    }

    fn on_a_boundary(text: &str, at: usize) -> usize {
        (0..=at.min(text.len()))
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn whatever_is_edited(
            before in text(60),
            edits in prop::collection::vec((0usize..400, 0usize..12, text(3)), 1..12),
        ) {
            let mut plain = before;
            let mut pieces = Pieces::of(&plain);
            agree(&pieces, &plain)?;
            for (at, cut, text) in edits {
                let start = on_a_boundary(&plain, at % (plain.len() + 1));
                let end = on_a_boundary(&plain, start + cut);
                let change = Change { range: start..end.max(start), text };
                plain = change.apply(&plain);
                pieces.change(&Rope::from_str(&plain), &change);
                agree(&pieces, &plain)?;
            }
        }
    }
}
