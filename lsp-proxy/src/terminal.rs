//! The terminal: the one place that prints. Whatever a command says is spelt out on its way, as anybody may
//! have written parts of it: a file's name, a goal, a proof, an engine's words.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_types,
    clippy::disallowed_methods
)]

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt::{self, Display};
use std::io::{self, IsTerminal, Write};
use std::panic::PanicHookInfo;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use unsorry_syntax::{Visible, VisibleLines, is_spelt_out};

/// Prints a line on stdout, formatted as by `println!`. It is one line, whatever is in it.
macro_rules! say {
    ($($argument:tt)*) => {
        $crate::terminal::out_line(::std::format_args!($($argument)*))
    };
}
pub(crate) use say;

/// Prints a line on stderr, formatted as by `eprintln!`. It is one line, whatever is in it.
macro_rules! complain {
    ($($argument:tt)*) => {
        $crate::terminal::error_line(::std::format_args!($($argument)*))
    };
}
pub(crate) use complain;

/// See [`say!`].
pub fn out_line(line: fmt::Arguments<'_>) {
    println!("{}", Visible(line));
}

/// See [`complain!`].
pub fn error_line(line: fmt::Arguments<'_>) {
    eprintln!("{}", Visible(line));
}

/// Prints text of several lines on stdout.
pub fn say_lines(text: &str) {
    for line in text.lines() {
        say!("{line}");
    }
}

/// Prints text of several lines on stderr.
pub fn complain_lines(text: &str) {
    for line in text.lines() {
        complain!("{line}");
    }
}

/// Prints an error of the program's on stderr, and logs it. Its further lines are set in, so that none can
/// be taken for another message.
pub fn error(error: &anyhow::Error) {
    tracing::error!("{error:#}");
    complain_lines(&format!("unsorry: {error:#}").replace('\n', "\n  "));
}

/// Prints what a panic says on stderr: it may quote anything.
pub fn panicked(panic: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("<unnamed>");
    eprintln!("thread '{}' {}", Visible(name), VisibleLines(panic));
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        eprintln!("{}", VisibleLines(trace));
    }
}

/// Whether a person reads stdout.
pub fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether a person reads stdout who wants colours.
pub fn has_color() -> bool {
    stdout_is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// The look of a piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// As it is.
    Plain,
    /// In bold type.
    Bold,
    /// In less than full colour.
    Dim,
    /// In red.
    Red,
    /// In green.
    Green,
    /// In yellow.
    Yellow,
}

impl Look {
    /// The number by which terminals know it.
    fn code(self) -> Option<u8> {
        match self {
            Look::Plain => None,
            Look::Bold => Some(1),
            Look::Dim => Some(2),
            Look::Red => Some(31),
            Look::Green => Some(32),
            Look::Yellow => Some(33),
        }
    }
}

/// Prints a line of these pieces on stdout, with or without `color`.
pub fn say_painted(color: bool, pieces: &[(Look, &dyn Display)]) {
    println!("{}", painted(color, pieces));
}

fn painted(color: bool, pieces: &[(Look, &dyn Display)]) -> String {
    let pieces = pieces.iter().map(|(look, text)| {
        let text = Visible(text);
        match look.code().filter(|_| color) {
            Some(code) => format!("\x1b[{code}m{text}\x1b[0m"),
            None => text.to_string(),
        }
    });
    pieces.collect()
}

/// Returns a value as JSON on one line, in which nothing is for a terminal to obey or to reorder.
///
/// # Errors
/// Those of [`serde_json::to_string`].
pub fn json(value: &impl Serialize) -> serde_json::Result<String> {
    let plain = serde_json::to_string(value)?;
    let mut line = String::with_capacity(plain.len());
    // JSON leaves most of them as they are; they are all in its strings.
    for c in plain.chars() {
        match is_spelt_out(c) {
            true => {
                let units = &mut [0; 2];
                for unit in c.encode_utf16(units) {
                    line += &format!("\\u{unit:04x}");
                }
            }
            false => line.push(c),
        }
    }
    Ok(line)
}

/// Prints a value as JSON on one line of stdout.
///
/// # Errors
/// Those of [`serde_json::to_string`].
pub fn say_json(value: &impl Serialize) -> serde_json::Result<()> {
    println!("{}", json(value)?);
    Ok(())
}

/// The standard output, for [`Lines`].
pub fn stdout() -> impl Write {
    io::stdout().lock()
}

/// Lines for stdout that may be many, and whose reader may leave.
pub struct Lines<'a>(pub &'a mut dyn Write);

impl Lines<'_> {
    /// Writes a line.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn line(&mut self, line: impl Display) -> io::Result<()> {
        writeln!(self.0, "{}", Visible(line))
    }

    /// Writes a value as JSON on one line.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        writeln!(self.0, "{}", json(value)?)
    }

    /// Writes what is still held.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A display of progress on stderr, where that is a terminal.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// A display as this template of indicatif's has it, hidden where nobody would see it.
    pub fn new(template: &str, hidden: bool) -> Progress {
        let target = match !hidden && io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let style = ProgressStyle::with_template(template);
        Progress(
            ProgressBar::with_draw_target(Some(0), target)
                .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())),
        )
    }

    /// Shows that time passes, also where nothing is told.
    pub fn ticking(self) -> Progress {
        if !self.0.is_hidden() {
            self.0.enable_steady_tick(Duration::from_millis(100));
        }
        self
    }

    /// Shows what is done.
    pub fn say(&self, what: impl Display) {
        self.0.set_message(Visible(what).to_string());
    }

    /// Shows what it is done to.
    pub fn begin_with(&self, what: impl Display) {
        self.0.set_prefix(Visible(what).to_string());
    }

    /// Shows how much of how much is done.
    pub fn set(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }

    /// Shows that one more is done.
    pub fn one_more(&self) {
        self.0.inc(1);
    }

    /// Begins anew, if something else is done now.
    pub fn reset_for(&self, what: impl Display) {
        let what = Visible(what).to_string();
        if self.0.message() != what {
            self.0.reset();
            self.0.set_message(what);
        }
    }

    /// Takes the display away.
    pub fn end(&self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NASTY: &str = "a\u{1b}]2;PWNED\u{7}\u{9b}1m\u{202e}\u{200b}\u{e0041}\n✓ forged";

    #[test]
    fn only_our_own_looks_are_obeyed() {
        let pieces: [(Look, &dyn Display); 2] = [(Look::Plain, &"  "), (Look::Green, &NASTY)];
        let spelt = "a\\u{1b}]2;PWNED\\u{7}\\u{9b}1m\\u{202e}\\u{200b}\\u{e0041}\\n✓ forged";
        assert_eq!(painted(true, &pieces), format!("  \x1b[32m{spelt}\x1b[0m"));
        assert_eq!(painted(false, &pieces), format!("  {spelt}"));
    }

    #[test]
    fn json_is_harmless_and_the_same() {
        let line = json(&[NASTY]).expect("JSON");
        assert!(!line.chars().any(is_spelt_out), "{line}");
        let back: Vec<String> = serde_json::from_str(&line).expect("JSON");
        assert_eq!(back, [NASTY]);
    }

    #[test]
    fn lines_stay_lines() {
        let mut bytes = Vec::new();
        Lines(&mut bytes).line(NASTY).expect("written");
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}
