//! Candidates that are asked about one by one, because together they had no answer. Pure.

/// Candidates at the front of those that wait that are asked about one by one: together they had no answer,
/// and nothing says which of them is why.
#[derive(Debug, Default)]
pub(super) struct OneByOne {
    left: usize,
    /// The number that there were.
    all: usize,
    /// Whether one was found that is why.
    is_found: bool,
}

impl OneByOne {
    /// So many of them.
    pub fn of(all: usize) -> OneByOne {
        OneByOne {
            left: all,
            all,
            is_found: false,
        }
    }

    /// Whether the next one is asked about alone.
    pub fn goes_on(&self) -> bool {
        self.left > 0
    }

    /// Notes that one had its turn, and whether it was why. After the last one, where none was, returns the
    /// number that was too many together.
    pub fn next(&mut self, is_why: bool) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        self.is_found |= is_why;
        (self.left == 0 && !self.is_found).then_some(self.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_together_is_what_has_no_culprit() {
        let check = |turns: &[bool], expected| {
            let mut one_by_one = OneByOne::of(turns.len());
            let found = turns.iter().filter_map(|is_why| one_by_one.next(*is_why));
            assert_eq!(found.last(), expected);
            assert!(!one_by_one.goes_on() && one_by_one.next(false).is_none());
        };
        check(&[false, true, false], None);
        check(&[false, false, false], Some(3));
    }
}
