//! What is known of each word of a module's files.

use crate::post_order::State;

/// What is known of each word: whether an object begins there, which of the files' bytes are an object's, and what was
/// decoded of it.
pub(crate) struct Table(Vec<u32>);

/// What an object was decoded as.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Name = 1,
    Level = 2,
    Expr = 3,
}

impl Table {
    /// No object is known to have it.
    const FREE: u32 = 0;
    /// It is inside of an object.
    const INSIDE: u32 = 1 << 2;
    /// An object begins here.
    const OBJECT: u32 = 2 << 2;
    /// An object begins here whose parts are being decoded.
    const OPEN: u32 = 3 << 2;

    pub(super) fn new(words: usize) -> Table {
        Table(vec![Table::FREE; words])
    }

    /// Whether an object is known to begin at a word.
    pub(super) fn begins(&self, at: usize) -> bool {
        !matches!(self.0[at], Table::FREE | Table::INSIDE)
    }

    /// Makes these words an object's; false where one of them is another's.
    pub(super) fn claim(&mut self, words: std::ops::Range<usize>) -> bool {
        let Some(words) = self.0.get_mut(words) else {
            return false;
        };
        let are_free = words.iter().all(|word| *word == Table::FREE);
        if are_free && let Some((first, rest)) = words.split_first_mut() {
            *first = Table::OBJECT;
            rest.fill(Table::INSIDE);
        }
        are_free
    }

    /// The id of what was decoded of the object that begins at a word, where it was decoded as this.
    pub(super) fn id(&self, kind: Kind, at: usize) -> Option<u32> {
        let known = self.0[at];
        (known & 3 == kind as u32).then_some(known >> 2)
    }

    pub(super) fn state(&self, kind: Kind, at: usize) -> State {
        match self.0[at] {
            Table::OPEN => State::Open,
            known if known & 3 == kind as u32 => State::Done,
            _ => State::New,
        }
    }

    /// Whether nothing was decoded, or is being decoded, of the object that begins at a word.
    pub(super) fn is_new(&self, at: usize) -> bool {
        self.0[at] == Table::OBJECT
    }

    pub(super) fn open(&mut self, at: usize) {
        self.0[at] = Table::OPEN;
    }

    pub(super) fn close(&mut self, kind: Kind, at: usize, id: u32) {
        self.0[at] = id << 2 | kind as u32;
    }
}
