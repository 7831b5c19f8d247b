//! Text that anybody may have written, as a person is shown it: what a terminal would obey, what can't be
//! seen and what changes the order of its neighbours is spelt out. Pure.

use std::fmt::{self, Display, Write};

/// Whether a character can't be seen, or changes how others are shown or in what order. Control characters are not
/// among them.
///
/// These are Unicode's ignorable and formatting characters, and others that show nothing: its separators of lines, the
/// sign for an object, a blank of Braille and a joiner of Brahmi's.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}'
        | '\u{8e2}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffc}' | '\u{1107f}' | '\u{110bd}'
        | '\u{110cd}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a character is spelt out wherever a person is shown text on one line. One that selects the look of the sign
/// before it is so behind anything else: Lean's own messages have it behind signs (`✅️`).
pub fn is_spelt_out(c: char) -> bool {
    (c.is_control() && c != '\t') || (is_hidden(c) && !selects(c))
}

/// Whether a character selects the look of the one before it.
fn selects(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}')
}

/// Whether a character is a sign that may have several looks.
fn is_a_sign(c: char) -> bool {
    !c.is_ascii() && !c.is_alphanumeric() && !c.is_whitespace() && !is_hidden(c)
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
    let mut out = Spelling {
        out: f,
        lines,
        before: ' ',
    };
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
    /// What was written last.
    before: char,
}

impl<W: Write> Write for Spelling<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        let (lines, mut before) = (self.lines, self.before);
        self.before = text.chars().next_back().unwrap_or(before);
        let mut spelt = |c: char| {
            let before = std::mem::replace(&mut before, c);
            (is_spelt_out(c) && !(lines && c == '\n')) || (selects(c) && !is_a_sign(before))
        };
        while let Some(at) = rest.find(&mut spelt) {
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
    fn a_selector_is_shown_with_its_sign_alone() {
        let check = |text: &str, line: &str| assert_eq!(Visible(text).to_string(), line);
        check("a\u{fe00}b", "a\\u{fe00}b");
        check("\u{fe0f}", "\\u{fe0f}");
        check("✅\u{fe0f}\u{fe0f}", "✅\u{fe0f}\\u{fe0f}");
        assert_eq!(
            Visible(format_args!("{}{}", '✅', '\u{fe0f}')).to_string(),
            "✅\u{fe0f}"
        );
    }

    #[test]
    fn the_table_is_unicodes() {
        use icu_properties::props::{
            BinaryProperty, DefaultIgnorableCodePoint, EnumeratedProperty, GeneralCategory,
        };
        let own = ['\u{2028}', '\u{2029}', '\u{2800}', '\u{fffc}', '\u{1107f}'];
        let wrong: Vec<_> = ('\0'..=char::MAX)
            .filter(|&c| {
                let is_format = GeneralCategory::for_char(c) == GeneralCategory::Format;
                let hidden =
                    is_format || DefaultIgnorableCodePoint::for_char(c) || own.contains(&c);
                is_hidden(c) != hidden
            })
            .map(char::escape_unicode)
            .map(|c| c.to_string())
            .collect();
        assert_eq!(wrong, [""; 0]);
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
