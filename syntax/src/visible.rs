//! Text that anybody may have written, as a person is shown it: what a terminal would obey, what can't be
//! seen and what changes the order of its neighbours is spelt out. Pure.

use std::fmt::{self, Display, Write};

/// Whether a character can't be seen, or changes the order in which others are shown. Control characters
/// are not among them.
///
/// These are Unicode's ignorable characters, its separators of lines and its formatting ones, but for those
/// with a shape of their own and for the selectors U+FE00 to U+FE0F: these choose the look of the character
/// before them, and Lean's own messages have them (`✅️`).
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{70f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character is spelt out where a person is shown text on one line.
pub fn is_spelt_out(c: char) -> bool {
    (c.is_control() && c != '\t') || is_hidden(c)
}

/// Displays what it holds on one line, with nothing in it that is obeyed, unseen or reorders: an escape is
/// shown as `\u{1b}`, the end of a line as `\n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visible<T>(pub T);

/// Displays what it holds as [`Visible`] does, but with its lines on lines of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisibleLines<T>(pub T);

impl<T: Display> Display for Visible<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&self.0, f, false)
    }
}

impl<T: Display> Display for VisibleLines<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&self.0, f, true)
    }
}

/// Writes `what`, spelt out, with or without ends of `lines`; `{:#}` is for it to understand.
fn show(what: &impl Display, f: &mut fmt::Formatter<'_>, lines: bool) -> fmt::Result {
    let alternate = f.alternate();
    let mut out = Spelling { out: f, lines };
    match alternate {
        true => write!(out, "{what:#}"),
        false => write!(out, "{what}"),
    }
}

/// Spells out what is written to it.
struct Spelling<'a, W> {
    out: &'a mut W,
    /// Whether ends of lines are left as they are.
    lines: bool,
}

impl<W: Write> Write for Spelling<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        let spelt = |c: char| is_spelt_out(c) && !(self.lines && c == '\n');
        while let Some(at) = rest.find(spelt) {
            let (plain, from) = rest.split_at(at);
            self.out.write_str(plain)?;
            let mut chars = from.chars();
            match chars.next() {
                Some('\n') => self.out.write_str("\\n")?,
                Some('\r') => self.out.write_str("\\r")?,
                Some(c) => write!(self.out, "{}", c.escape_unicode())?,
                None => {}
            }
            rest = chars.as_str();
        }
        self.out.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_obeyed_unseen_or_reordered() {
        let check = |text: &str, line: &str, lines: &str| {
            assert_eq!(Visible(text).to_string(), line);
            assert_eq!(VisibleLines(text).to_string(), lines);
        };
        let same = |text: &str| check(text, text, text);
        same("");
        same("∀ x ∈ s, x ≤ \t y ∩\u{fe00} ✅\u{fe0f}");
        check(
            "\u{1b}]2;PWNED\u{7} \u{1b}[H \u{9b}J \u{7f}",
            "\\u{1b}]2;PWNED\\u{7} \\u{1b}[H \\u{9b}J \\u{7f}",
            "\\u{1b}]2;PWNED\\u{7} \\u{1b}[H \\u{9b}J \\u{7f}",
        );
        check("\u{202e} txet", "\\u{202e} txet", "\\u{202e} txet");
        check("a\r\nb\u{2028}c", "a\\r\\nb\\u{2028}c", "a\\r\nb\\u{2028}c");
        check(
            "x\u{200b}\u{e0041}",
            "x\\u{200b}\\u{e0041}",
            "x\\u{200b}\\u{e0041}",
        );
    }

    #[test]
    fn whatever_is_displayed() {
        struct Both;
        impl Display for Both {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(if f.alternate() { "long\u{1b}" } else { "short" })
            }
        }
        assert_eq!(
            format!("{} {:#}", Visible(Both), Visible(Both)),
            "short long\\u{1b}"
        );
        assert_eq!(
            Visible(format_args!("{}{}", '\u{9d}', 1)).to_string(),
            "\\u{9d}1"
        );
    }
}
