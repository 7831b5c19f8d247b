//! A proof's lines, to be laid out elsewhere.

use crate::lexer::{Token, TokenKind, lex};

/// A proof cut into lines, without the indentation they have in common.
pub(super) struct Proof<'a> {
    lines: Vec<Line<'a>>,
    /// The tokens' kinds and texts, comments aside.
    words: Vec<(TokenKind, &'a str)>,
}

struct Line<'a> {
    /// Columns right of the first line; for one within a string, none.
    indent: usize,
    text: &'a str,
    /// Whether it starts within a string, whose text stays as it is.
    literal: bool,
}

/// Words that end a tactic's fixed part: what is written after them goes on as far as it can.
const OPEN_WORDS: &[&str] = &[
    "by",
    "fun",
    "λ",
    "do",
    "calc",
    "match",
    "if",
    "let",
    "have",
    "show",
    "suffices",
    "from",
    "with",
    "first",
    "case",
    "next",
    "at",
    "∀",
    "∃",
    "∑",
    "∏",
    "try",
    "repeat",
    "all_goals",
    "any_goals",
    "conv",
    "induction",
    "cases",
    "rcases",
    "obtain",
    "rintro",
    "iterate",
    "focus",
    "on_goal",
    "nomatch",
    "using",
    "generalizing",
];

/// Tactics and terms that take a list with commas.
const COMMA_WORDS: &[&str] = &[
    "use",
    "use!",
    "exists",
    "existsi",
    "rcases",
    "cases",
    "cases'",
    "induction",
    "induction'",
    "obtain",
    "generalize",
    "match",
    "nomatch",
    "fin_cases",
    "interval_cases",
    "unfold",
    "ext",
    "injections",
    "choose",
];

impl<'a> Proof<'a> {
    pub(super) fn read(proof: &'a str) -> Self {
        let proof = proof.trim_end();
        // Blank lines before the first tactic say nothing; its own indentation does.
        let blank = proof.len() - proof.trim_start().len();
        let proof = &proof[proof[..blank].rfind('\n').map_or(0, |newline| newline + 1)..];
        let tokens = lex(proof);
        let mut lines = Vec::new();
        let mut start = 0;
        let mut strings = tokens
            .iter()
            .filter(|token| token.kind == TokenKind::String)
            .peekable();
        for raw in proof.split('\n') {
            while strings.next_if(|token| token.range.end <= start).is_some() {}
            let literal = strings
                .peek()
                .is_some_and(|token| token.range.start < start);
            // Within a string a blank at the line's end is the string's; elsewhere nobody's.
            let ends_inside = tokens_span(&strings, start + raw.len());
            let text = raw.strip_suffix('\r').unwrap_or(raw);
            let text = if ends_inside { text } else { text.trim_end() };
            let body = if literal { text } else { text.trim_start() };
            lines.push(Line {
                indent: text.len() - body.len(),
                text: body,
                literal,
            });
            start += raw.len() + 1;
        }
        Self::new(lines, code(&tokens, proof))
    }

    fn new(mut lines: Vec<Line<'a>>, words: Vec<(TokenKind, &'a str)>) -> Self {
        let base = lines.first().map_or(0, |line| line.indent);
        for line in &mut lines {
            line.indent = line.indent.saturating_sub(base);
        }
        Self { lines, words }
    }

    /// The lines with the first one's start at `column`, where it already is.
    pub(super) fn at(&self, column: usize) -> String {
        let mut laid = String::new();
        for (number, line) in self.lines.iter().enumerate() {
            if number > 0 {
                laid.push('\n');
                if !line.literal && !line.text.is_empty() {
                    laid.extend(std::iter::repeat_n(' ', column + line.indent));
                }
            }
            laid.push_str(line.text);
        }
        laid
    }

    /// Whether it has several lines.
    pub(super) fn several(&self) -> bool {
        self.lines.len() > 1
    }

    /// All on one line, where that is sure to mean the same and is no wider than `width`.
    pub(super) fn joined(&self, separator: &str, width: usize) -> Option<String> {
        let (last, rest) = self.lines.split_last()?;
        let plain = rest.iter().all(|line| {
            let tokens = lex(line.text);
            !open_ended(&code(&tokens, line.text)) && balanced(&tokens, line.text)
        });
        let even = self.lines.iter().all(|line| {
            line.indent == 0
                && !line.literal
                && !line.text.is_empty()
                && !line.text.starts_with('·')
        });
        let starts_fresh = rest.is_empty() || {
            // A line that goes on with the one before it is no tactic of its own.
            let first = |line: &Line<'_>| line.text.chars().next().is_some_and(char::is_alphabetic);
            first(last) && self.lines.iter().all(first)
        };
        let line = self
            .lines
            .iter()
            .map(|line| line.text)
            .collect::<Vec<_>>()
            .join(separator);
        (plain && even && starts_fresh && line.chars().count() <= width).then_some(line)
    }

    /// Whether text written after it would go with a part of it.
    pub(super) fn open_ended(&self) -> bool {
        open_ended(&self.words)
    }

    /// Whether it is several tactics with `;` or `<;>` between.
    pub(super) fn sequence(&self) -> bool {
        self.has(&[";", "<;>", "<|>"])
    }

    /// Whether a comma after it would go with it.
    pub(super) fn takes_commas(&self) -> bool {
        self.has(COMMA_WORDS)
    }

    /// Whether it has alternatives, so that a `|` after it would go with them.
    pub(super) fn takes_bars(&self) -> bool {
        self.has(&["|", "match", "fun", "λ", "by", "nomatch", "<|>"])
    }

    fn has(&self, words: &[&str]) -> bool {
        self.words.iter().any(|(_, word)| words.contains(word))
    }

    /// Whether it is a numeral, which a dot after it would go with.
    pub(super) fn is_number(&self) -> bool {
        matches!(self.words[..], [(TokenKind::Number, _)])
    }

    /// Whether, as a term, it can be an argument as it is: a name, a literal or one pair of
    /// brackets.
    pub(super) fn atomic(&self) -> bool {
        if self.several() {
            return false;
        }
        match self.words[..] {
            [(TokenKind::Word, word)] => !RESERVED_TERMS.contains(&word),
            [(TokenKind::Number | TokenKind::Char, _)] => true,
            [(TokenKind::String, string)] => !string.starts_with('}'),
            [(TokenKind::Symbol, "_")] => true,
            [(TokenKind::Symbol, first), .., (TokenKind::Symbol, last)] => {
                let closer = first.chars().next_back().and_then(closer_of);
                closer.is_some() && last.chars().next_back() == closer && self.closed_by_last()
            }
            _ => false,
        }
    }

    /// Whether its first bracket is closed by its last token.
    fn closed_by_last(&self) -> bool {
        let mut depth = 0usize;
        for (at, (kind, word)) in self.words.iter().enumerate() {
            if *kind == TokenKind::Symbol {
                match word.chars().next_back() {
                    Some('(' | '[' | '{' | '⟨') => depth += 1,
                    Some(')' | ']' | '}' | '⟩') => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            if depth == 0 {
                return at + 1 == self.words.len();
            }
        }
        false
    }

    /// Returns the tactics of a term `by …`.
    pub(super) fn by_block(&self) -> Option<Proof<'a>> {
        if self.words.first() != Some(&(TokenKind::Word, "by")) {
            return None;
        }
        let (first, rest) = self.lines.split_first()?;
        let after = &first.text["by".len()..];
        let tactic = after.trim_start();
        let mut lines = Vec::new();
        let base = if tactic.is_empty() {
            rest.iter().find(|line| !line.text.is_empty())?.indent
        } else {
            lines.push(Line {
                indent: 0,
                text: tactic,
                literal: false,
            });
            first.text[..first.text.len() - tactic.len()]
                .chars()
                .count()
        };
        let rest = rest
            .iter()
            .skip_while(|line| tactic.is_empty() && line.text.is_empty());
        for line in rest {
            if !line.literal && !line.text.is_empty() && line.indent < base {
                return None;
            }
            lines.push(Line {
                indent: line.indent.saturating_sub(base),
                text: line.text,
                literal: line.literal,
            });
        }
        Some(Self {
            lines,
            words: self.words[1..].to_vec(),
        })
    }

    /// Whether its further lines go with its first line as a whole and not with a column on it: they
    /// are indented, and no block starts on that line but at its end.
    pub(super) fn hangs(&self) -> bool {
        let Some((first, rest)) = self.lines.split_first() else {
            return false;
        };
        let tokens = lex(first.text);
        let words = code(&tokens, first.text);
        let block = |(_, word): &(TokenKind, &str)| {
            matches!(*word, "by" | "do" | "calc" | "·" | "|" | "let" | "have")
        };
        let before_last = words.split_last().map_or(&[][..], |(_, before)| before);
        let indented = |line: &Line<'_>| line.literal || line.text.is_empty() || line.indent >= 2;
        !before_last.iter().any(block) && rest.iter().all(indented)
    }
}

/// Words that are terms with something after them, or no terms.
const RESERVED_TERMS: &[&str] = &[
    "by", "fun", "λ", "do", "calc", "match", "if", "let", "have", "show",
];

fn code<'a>(tokens: &[Token], text: &'a str) -> Vec<(TokenKind, &'a str)> {
    let code = tokens.iter().filter(|token| token.is_code());
    code.map(|token| (token.kind, &text[token.range.clone()]))
        .collect()
}

fn open_ended(words: &[(TokenKind, &str)]) -> bool {
    words.iter().any(|(kind, word)| match kind {
        TokenKind::Word => OPEN_WORDS.contains(word),
        TokenKind::Symbol => matches!(
            *word,
            "=>" | "↦"
                | ";"
                | "<;>"
                | "<|>"
                | "·"
                | "|"
                | ":="
                | "<|"
                | "$"
                | "←"
                | "∀"
                | "∃"
                | "∑"
                | "∏"
                | "λ"
        ),
        _ => false,
    })
}

fn balanced(tokens: &[Token], text: &str) -> bool {
    let mut depth = 0i32;
    for token in tokens
        .iter()
        .filter(|token| token.kind == TokenKind::Symbol)
    {
        match token.text(text).chars().next_back() {
            Some('(' | '[' | '{' | '⟨') => depth += 1,
            Some(')' | ']' | '}' | '⟩') => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

fn closer_of(open: char) -> Option<char> {
    Some(match open {
        '(' => ')',
        '[' => ']',
        '{' => '}',
        '⟨' => '⟩',
        '‹' => '›',
        _ => return None,
    })
}

/// Whether a string goes on past `offset`.
fn tokens_span<'t>(
    strings: &std::iter::Peekable<impl Iterator<Item = &'t Token> + Clone>,
    offset: usize,
) -> bool {
    let mut strings = strings
        .clone()
        .skip_while(|token| token.range.end <= offset);
    strings
        .next()
        .is_some_and(|token| token.range.start < offset && offset < token.range.end)
}
