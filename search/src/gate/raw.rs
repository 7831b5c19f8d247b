//! A candidate as a text that Lean may begin to read almost anywhere. Pure.
//!
//! After an error Lean looks for the next command from where it stopped: within a string, behind a bad
//! escape, in the midst of a number or a quoted name. Its versions differ in their letters and literals, too.
//! So nothing here knows of strings or comments: there are only runs of characters that names are made of,
//! and how sure it is that Lean takes such a run in one piece.

use unsorry_syntax::lexer::is_identifier_rest;

/// A run of characters that names are made of, as long as it can be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run<'a> {
    /// The candidate before the run.
    pub before: &'a str,
    /// The run.
    pub text: &'a str,
    /// The candidate behind the run.
    pub after: &'a str,
    /// The bytes of the run at whose beginnings Lean may begin to read besides its first.
    loose: usize,
    /// It goes on with a name that begins before it, as `end` in `x.end`.
    pub goes_on: bool,
}

/// The runs of a candidate, in order.
pub(super) fn runs(candidate: &str) -> impl Iterator<Item = Run<'_>> {
    let mut from = 0;
    let mut last: Option<Run<'_>> = None;
    std::iter::from_fn(move || {
        let start = from + candidate[from..].find(is_sure_rest)?;
        let rest = &candidate[start..];
        let end = start + rest.find(|c| !is_sure_rest(c)).unwrap_or(rest.len());
        from = end;
        let (before, text) = (&candidate[..start], &candidate[start..end]);
        let gap = last.map_or(before, |last| {
            &before[last.before.len() + last.text.len()..]
        });
        let begins = text.starts_with(begins_a_name);
        let loose = match last {
            _ if !begins || before.ends_with('\\') => text.len(),
            // A character's quote, perhaps: with what is behind it, it takes three characters.
            Some(last) if last.is_loose() && last.text.ends_with('\'') && is_one(gap) => {
                text.chars().next().map_or(0, char::len_utf8)
            }
            _ => 0,
        };
        let name_before = match last {
            Some(last) if gap == "." => !last.is_loose(),
            _ => gap.ends_with("»."),
        };
        let run = Run {
            before,
            text,
            after: &candidate[end..],
            loose,
            goes_on: begins && name_before,
        };
        last = Some(run);
        Some(run)
    })
}

impl<'a> Run<'a> {
    /// The words that Lean could read here: the run, and what it ends with where Lean may begin within it.
    pub fn words(self) -> impl Iterator<Item = &'a str> {
        let all = self.text.char_indices();
        all.filter(move |&(at, _)| match at {
            0 => !self.goes_on,
            _ => at <= self.loose,
        })
        .map(move |(at, _)| &self.text[at..])
    }

    /// Whether the run is all that stands between `«` and `»`.
    pub fn is_quoted(self) -> bool {
        self.before.ends_with('«') && self.after.starts_with('»')
    }

    /// The offset of a word that the run ends with.
    pub fn offset_of(self, word: &str) -> usize {
        self.before.len() + self.text.len() - word.len()
    }

    fn is_loose(self) -> bool {
        self.loose == self.text.len()
    }
}

/// Whether every version of Lean takes a character for part of a name, where one has begun. Latin letters with
/// accents (before lean4#9035) and `ⱼ` (before lean4#6679) are none to some.
fn is_sure_rest(c: char) -> bool {
    is_identifier_rest(c) && !matches!(c, '\u{c0}'..='\u{17f}' | '\u{2c7c}')
}

/// Whether a name may begin with a character that [`is_sure_rest`].
fn begins_a_name(c: char) -> bool {
    c == '_' || c.is_ascii_alphabetic() || (!c.is_ascii() && c.is_alphabetic() && !is_subscript(c))
}

fn is_subscript(c: char) -> bool {
    matches!(c, '\u{2080}'..='\u{209c}' | '\u{1d62}'..='\u{1d6a}')
}

fn is_one(gap: &str) -> bool {
    gap.chars().nth(1).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words that Lean could read in a text, by run.
    #[track_caller]
    fn check(text: &str, expected: &[&[&str]]) {
        let all: Vec<Vec<&str>> = runs(text).map(|run| run.words().collect()).collect();
        assert_eq!(all, expected, "{text}");
    }

    #[test]
    fn where_lean_could_begin_to_read() {
        check("exact h", &[&["exact"], &["h"]]);
        check("x.end", &[&["x"], &[]]);
        check("(x).end", &[&["x"], &["end"]]);
        check("«a».end", &[&["a"], &[]]);
        check("2nd", &[&["2nd", "nd", "d"]]);
        check("h.1.end", &[&["h"], &["1"], &["end"]]);
        check("\\nab", &[&["nab", "ab", "b"]]);
        check("'ab", &[&["'ab", "ab", "b"]]);
        check("' ab", &[&["'"], &["ab", "b"]]);
        check("x' ab", &[&["x'"], &["ab"]]);
        check("?_a", &[&["?_a", "_a", "a"]]);
        check("aéb", &[&["a"], &["b"]]);
        check("α₁b", &[&["α₁b"]]);
        check("₁b", &[&["₁b", "b"]]);
    }
}
