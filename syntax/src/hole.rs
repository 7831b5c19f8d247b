//! The holes of a Lean text: every `sorry` or `admit` in a declaration's code.

use std::ops::Range;

use super::declaration::Declaration;
use super::lexer::{Token, TokenKind};

/// The kind of a hole: where it stands, and so what can fill it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoleKind {
    /// A hole among tactics, filled by a tactic block.
    Tactic,
    /// A hole in a term, filled by a term.
    Term,
}

/// A `sorry`, or the tactic `admit`, which is another word for it; and what it takes to put something in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// The bytes of the token.
    pub range: Range<usize>,
    /// The index of the declaration it stands in.
    pub declaration: usize,
    /// The number of characters before it on its line.
    pub indent: usize,
    /// The number of characters of white space that its line starts with.
    pub line_indent: usize,
    /// The hole's neighbours and the block it stands in.
    pub insertion: InsertionContext,
}

/// The neighbourhood of a hole, as far as it says how a proof must be laid out there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsertionContext {
    /// The token of the declaration before the hole, comments aside.
    pub before: Option<Range<usize>>,
    /// The token of the declaration after the hole, comments aside.
    pub after: Option<Range<usize>>,
    /// The column at which the block that the hole's line belongs to starts: the line's indentation, or
    /// what follows the last `·`, `=>`, `by` or the like on it. A block nested in it has to stand
    /// right of that.
    pub block_column: usize,
}

/// The holes of `text`, in order. One outside every declaration (`#eval sorry`) is none.
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
            && is_hole(token.text(text))
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
                insertion: InsertionContext {
                    before: before.filter(inside).map(|before| before.range.clone()),
                    after: code
                        .peek()
                        .copied()
                        .filter(inside)
                        .map(|after| after.range.clone()),
                    block_column: line.block,
                },
            });
        }
        before = Some(token);
    }
    found
}

/// The words for a hole in `text` that stand in code and are none of its `holes`, as they are outside of every
/// declaration: in a command like `#eval`, a macro, the default value of a variable.
pub fn strays(text: &str, tokens: &[Token], holes: &[Hole]) -> Vec<Range<usize>> {
    let mut holes = holes.iter().peekable();
    let mut before: Option<&Token> = None;
    let mut found = Vec::new();
    for token in tokens.iter().filter(|token| token.is_code()) {
        let is_known = holes.next_if(|hole| hole.range == token.range).is_some();
        if !is_known && is_hole(token.text(text)) && !is_field(text, before, token) {
            found.push(token.range.clone());
        }
        before = Some(token);
    }
    found
}

/// Whether a word stands for what is missing. Both are words of Lean's language, and no names.
pub fn is_hole(word: &str) -> bool {
    matches!(word, "sorry" | "admit")
}

/// Whether a word is a field's name, as in `(f x).sorry`.
fn is_field(text: &str, before: Option<&Token>, token: &Token) -> bool {
    before.is_some_and(|before| {
        before.range.end == token.range.start && matches!(before.text(text), "." | "|>.")
    })
}

/// The state of reading a line.
#[derive(Default)]
struct Line {
    column: usize,
    indent: usize,
    block: usize,
    /// The next token starts a block.
    opens: bool,
    /// A `fun` whose `=>` is yet to come.
    fun: bool,
    /// The blocks around the brackets that are open on this line.
    outer: Vec<usize>,
}

impl Line {
    /// Moves on to the start of `token`.
    fn read(&mut self, text: &str, before: Option<&Token>, token: &Token) {
        self.column = token.column;
        if token.first_on_line {
            let line = &text[..token.range.start];
            let line = &line[line.rfind('\n').map_or(0, |newline| newline + 1)..];
            self.indent = line.chars().take_while(|c| c.is_whitespace()).count();
            (self.block, self.opens, self.fun) = (self.column, false, false);
            self.outer.clear();
        }

        let word = token.text(text);
        let starts_block = std::mem::take(&mut self.opens);
        if starts_block && word != "by" && !is_hole(word) {
            self.block = self.column;
        }
        match word {
            "fun" | "λ" => self.fun = true,
            "=>" | "↦" => self.opens = !std::mem::take(&mut self.fun),
            "." => self.opens = text[token.range.end..].starts_with(' '),
            "(" => self.opens = starts_block || before.is_some_and(|b| is_combinator(b.text(text))),
            "by" | "do" | "·" | "{" | "where" | "calc" => self.opens = true,
            _ => self.opens = is_combinator(word) && token.kind == TokenKind::Word,
        }
        match word
            .chars()
            .next_back()
            .filter(|_| token.kind == TokenKind::Symbol)
        {
            Some('(' | '[' | '{' | '⟨') => self.outer.push(self.block),
            Some(')' | ']' | '}' | '⟩') => self.block = self.outer.pop().unwrap_or(self.block),
            _ => {}
        }
    }
}

/// Whether a block of tactics, one in parentheses for some, follows the token.
fn is_combinator(word: &str) -> bool {
    matches!(
        word,
        "<;>" | ";" | "try" | "repeat" | "repeat'" | "all_goals" | "any_goals" | "focus"
    )
}

#[cfg(test)]
mod tests {
    use super::super::Outline;
    use super::is_hole;
    use expect_test::{Expect, expect};

    /// A line a hole: its columns, and the tokens around it.
    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let outline = Outline::of(text);
        let mut shown = String::new();
        for hole in &outline.holes {
            assert!(is_hole(&text[hole.range.clone()]));
            let token = |range: &Option<std::ops::Range<usize>>| {
                range.clone().map_or("", |range| &text[range])
            };
            shown.push_str(&format!(
                "{}:{} in {} line {} block {} ⟦{}⟧ ⟦{}⟧\n",
                outline.lines.position(hole.range.start).line,
                hole.indent,
                hole.declaration,
                hole.line_indent,
                hole.insertion.block_column,
                token(&hole.insertion.before),
                token(&hole.insertion.after),
            ));
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn every_sorry_in_code_is_one() {
        check(
            "theorem a : T := by sorry\ntheorem b : T := by\n  · sorry -- sorry\n  · exact foo (sorry) \"sorry\" s!\"{sorry}\"\n\
             theorem c := ⟨sorry, @sorry, x.sorry, (x).sorry, sorry.1, sorry', `sorry⟩",
            expect![[r#"
                0:20 in 0 line 0 block 0 ⟦by⟧ ⟦⟧
                2:4 in 1 line 2 block 2 ⟦·⟧ ⟦·⟧
                3:15 in 1 line 2 block 4 ⟦(⟧ ⟦)⟧
                3:34 in 1 line 2 block 4 ⟦"{⟧ ⟦}"⟧
                4:14 in 2 line 0 block 0 ⟦⟨⟧ ⟦,⟧
                4:22 in 2 line 0 block 0 ⟦@⟧ ⟦,⟧
                4:49 in 2 line 0 block 0 ⟦,⟧ ⟦.⟧
            "#]],
        );
    }

    #[test]
    fn another_word_for_it() {
        check(
            "theorem a : T := by\n  have h : T := by admit\n  first | admit | exact admit' x.admit «admit»\n  · admit",
            expect![[r#"
                1:19 in 0 line 2 block 2 ⟦by⟧ ⟦first⟧
                2:10 in 0 line 2 block 2 ⟦|⟧ ⟦|⟧
                3:4 in 0 line 2 block 2 ⟦·⟧ ⟦⟧
            "#]],
        );
    }

    #[test]
    fn outside_declarations_there_is_none() {
        check(
            "#eval sorry\n#check (sorry : Nat)\ntheorem a : T := x\nvariable (x : T := sorry)\n/-- sorry -/\ndef b := sorry\nexample := sorry -- sorry",
            expect![[r#"
                5:9 in 1 line 0 block 0 ⟦:=⟧ ⟦⟧
                6:11 in 2 line 0 block 0 ⟦:=⟧ ⟦⟧
            "#]],
        );
        let strays = |text: &str| {
            let outline = Outline::of(text);
            let strays = super::strays(text, &outline.tokens, &outline.holes);
            strays
                .into_iter()
                .map(|stray| stray.start)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            strays(
                "#eval sorry\ndef a := sorry\nmacro \"b\" : tactic => `(tactic| admit) -- sorry\nvariable (x : T := sorry)"
            ),
            [6, 59, 94]
        );
    }

    #[test]
    fn blocks() {
        check(
            "theorem a : T := by\n  cases x with\n  | zero => have h : T := by sorry\n  | αβ => sorry\n  · · intro x; have : T := by sorry\n\
             \x20 have h : T := fun x => by sorry\n  simp <;> (have : T := by sorry)\n  try have {x} [y] : T := by sorry\n  exact { x := (fun | a => b), y := by sorry }\n  exact s!\"a\n b\" sorry",
            expect![[r#"
                2:29 in 0 line 2 block 12 ⟦by⟧ ⟦|⟧
                3:10 in 0 line 2 block 2 ⟦=>⟧ ⟦·⟧
                4:30 in 0 line 2 block 6 ⟦by⟧ ⟦have⟧
                5:28 in 0 line 2 block 2 ⟦by⟧ ⟦simp⟧
                6:27 in 0 line 2 block 12 ⟦by⟧ ⟦)⟧
                7:29 in 0 line 2 block 6 ⟦by⟧ ⟦exact⟧
                8:39 in 0 line 2 block 10 ⟦by⟧ ⟦}⟧
                10:4 in 0 line 2 block 2 ⟦"a
                 b"⟧ ⟦⟧
            "#]],
        );
    }
}
