//! The lines of a section of the doctor's report.

/// The state of a line's subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The subject works.
    Good,
    /// The subject was asked for and does not work.
    Bad,
    /// The subject works, and something should be known of it.
    Warning,
    /// The line states a fact.
    Plain,
}

/// A line of a section, with its mark.
pub(super) type Line = (Mark, String);

pub(super) fn good(text: impl Into<String>) -> Line {
    (Mark::Good, text.into())
}

pub(super) fn bad(text: impl Into<String>) -> Line {
    (Mark::Bad, text.into())
}

pub(super) fn plain(text: impl Into<String>) -> Line {
    (Mark::Plain, text.into())
}

pub(super) fn warning(text: impl Into<String>) -> Line {
    (Mark::Warning, text.into())
}

/// Returns a section as it is printed.
pub(super) fn shown(title: &str, lines: &[Line]) -> String {
    let mut text = match title {
        "" => String::new(),
        title => format!("{title}\n"),
    };
    for (mark, line) in lines {
        let mark = match mark {
            Mark::Good => '✓',
            Mark::Bad => '✗',
            Mark::Warning => '!',
            Mark::Plain => ' ',
        };
        text += &format!("  {mark} {}\n", line.trim_end().replace('\n', "\n    "));
    }
    text
}
