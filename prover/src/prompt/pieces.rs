//! A prompt in pieces: text, and the markers between.

/// A part of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A special token, by its name in the vocabulary.
    Marker(&'static str),
    /// Text, in which nothing is a special token, whatever it looks like.
    Text(String),
}

/// A prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The prompt up to where the assistant's turn starts.
    pub pieces: Vec<Piece>,
    /// The beginning of the assistant's turn, to be made tokens apart from what comes after it; may
    /// be empty. It never ends in blanks.
    pub prefill: String,
}

impl Prompt {
    /// The number of tokens of the prompt, where `count` gives that of a text.
    pub(super) fn tokens(&self, count: &dyn Fn(&str) -> usize) -> usize {
        let pieces = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => count(text),
            Piece::Marker(_) => 1,
        });
        pieces.sum::<usize>() + count(&self.prefill)
    }
}
