//! The holes of a Lean text: every `sorry` in a declaration's code.

use std::ops::Range;

use super::declaration::Declaration;
use super::lexer::Token;

/// A `sorry` and what it takes to put something in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// The bytes of the token `sorry`.
    pub range: Range<usize>,
    /// The index of the declaration it stands in.
    pub declaration: usize,
    /// How many characters of its line stand before it.
    pub indent: usize,
    /// How many characters of white space its line starts with.
    pub line_indent: usize,
    /// What stands around it.
    pub seat: Seat,
}

/// What stands around a hole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The token of the declaration before the hole, comments aside.
    pub before: Option<Range<usize>>,
    /// The token of the declaration after the hole, comments aside.
    pub after: Option<Range<usize>>,
    /// The column at which the block that the hole's line belongs to starts: its indentation, or
    /// what follows the last `·`, `=>`, `by` or the like on it. A block nested in it has to stand
    /// right of that.
    pub block: usize,
}

/// The holes of `text`, in order. A `sorry` outside every declaration (`#eval sorry`) is none.
pub fn holes(text: &str, tokens: &[Token], declarations: &[Declaration]) -> Vec<Hole> {
    let mut found = Vec::new();
    let mut declarations = declarations.iter().enumerate().peekable();
    let mut code = tokens.iter().filter(|token| token.is_code()).peekable();
    let mut line = Line::default();
    let mut before: Option<&Token> = None;
    while let Some(token) = code.next() {
        while declarations
            .next_if(|(_, d)| d.extent.end <= token.range.start)
            .is_some()
        {}
        line.read(text, before, token);
        let home = declarations
            .peek()
            .filter(|(_, d)| d.extent.start <= token.range.start);
        if let Some((declaration, home)) = home
            && token.text(text) == "sorry"
            && !is_field(text, before, token)
        {
            let inside = |other: &&Token| {
                home.extent.start <= other.range.start && other.range.end <= home.extent.end
            };
            found.push(Hole {
                range: token.range.clone(),
                declaration: *declaration,
                indent: line.column,
                line_indent: line.indent,
                seat: Seat {
                    before: before.filter(inside).map(|before| before.range.clone()),
                    after: code
                        .peek()
                        .copied()
                        .filter(inside)
                        .map(|after| after.range.clone()),
                    block: line.block,
                },
            });
        }
        before = Some(token);
    }
    found
}

/// Whether a word is a field's name, as in `(f x).sorry`.
fn is_field(text: &str, before: Option<&Token>, token: &Token) -> bool {
    before.is_some_and(|before| {
        before.range.end == token.range.start && matches!(before.text(text), "." | "|>.")
    })
}

/// Where the reading of a line has come to.
#[derive(Default)]
struct Line {
    /// Up to where columns were counted.
    at: usize,
    /// The column there.
    column: usize,
    indent: usize,
    block: usize,
    /// The next token starts a block.
    opens: bool,
    /// A `fun` whose `=>` is yet to come.
    fun: bool,
}

impl Line {
    /// Moves on to the start of `token`.
    fn read(&mut self, text: &str, before: Option<&Token>, token: &Token) {
        let between = &text[self.at..token.range.start];
        match between.rfind('\n') {
            Some(newline) => {
                self.column = between[newline + 1..].chars().count();
                let gap_from = before.map_or(0, |before| before.range.end);
                if text[gap_from..token.range.start].contains('\n') {
                    let start = self.at + newline + 1;
                    let line = &text[start..token.range.start];
                    self.indent = line.chars().take_while(|c| c.is_whitespace()).count();
                    (self.block, self.opens, self.fun) = (self.column, false, false);
                }
            }
            None => self.column += between.chars().count(),
        }
        self.at = token.range.start;

        let word = token.text(text);
        let starts_block = std::mem::take(&mut self.opens);
        if starts_block && word != "by" && word != "sorry" {
            self.block = self.column;
        }
        match word {
            "fun" | "λ" => self.fun = true,
            "=>" | "↦" => self.opens = !std::mem::take(&mut self.fun),
            "by" | "do" | "·" | "." => {
                self.opens = word != "." || text[token.range.end..].starts_with(' ');
            }
            // A block in parentheses, as in `<;> (…)`.
            "(" => {
                self.opens = starts_block
                    || before.is_none_or(|before| {
                        matches!(
                            before.text(text),
                            "<;>"
                                | ";"
                                | "try"
                                | "repeat"
                                | "all_goals"
                                | "any_goals"
                                | "focus"
                                | "first"
                        )
                    })
            }
            _ => {}
        }
    }
}
