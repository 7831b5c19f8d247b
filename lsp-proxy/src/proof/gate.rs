//! What a candidate must be before Lean sees it: one block of tactics or one term, and no command.
//!
//! Elaborating runs code, so what could run a program, change the meaning of the statement or get
//! out of the hole is refused by its tokens, not found out afterwards. This is the first of several
//! lines: what passes here is no proof, and what is a proof Lean decides.

use unsorry_model::HoleKind;

use crate::document::keyword;
use crate::document::lexer::{Token, TokenKind, lex};

/// The longest candidate, in bytes.
pub const LONGEST: usize = 64 * 1024;

/// Why a candidate is not tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is longer than [`LONGEST`].
    #[error("it is longer than {LONGEST} bytes")]
    TooLong,
    /// A string, comment or quoted name in it is never closed.
    #[error("`{0}` is never closed")]
    Unclosed(String),
    /// A bracket has no partner.
    #[error("the bracket `{0}` has no partner")]
    Unbalanced(char),
    /// It holds a comment, which could hide what comes after it.
    #[error("it holds a comment")]
    Comment,
    /// It holds a word or symbol of the table.
    #[error("it holds `{word}`: {reason}")]
    Forbidden {
        /// As it is written in the candidate.
        word: String,
        /// What it could do.
        reason: &'static str,
    },
    /// It holds a character that can't be seen, or that changes how text is seen.
    #[error("it holds the invisible character U+{0:04X}")]
    Invisible(u32),
    /// A line in it stands left of its first line.
    #[error("line {0} stands left of the first line and so outside the hole")]
    Dedented(usize),
    /// As a term, it goes on after the term's end.
    #[error("`{0}` does not belong to a single term")]
    NotOneTerm(String),
}

const UNFINISHED: &str = "it leaves the goal unproved";
const RUNS_CODE: &str = "it runs code while Lean elaborates";
const NATIVE: &str = "it trusts compiled code, not Lean's kernel";
const UNCHECKED: &str = "it swaps or skips what the kernel checks";
const COMMAND: &str = "it is a command, and a proof holds none";
const SYNTAX: &str = "it changes Lean's syntax";
const OPTION: &str = "it changes how Lean checks";
const SUFFIX: &str = "it belongs to the declaration around the hole";
const READS_FILE: &str = "it reads a file";
const QUOTATION: &str = "it is a quotation";
const ATTRIBUTE: &str = "it gives an attribute";

/// Words that no candidate may hold, wherever they stand as a token of their own.
const WORDS: &[(&str, &str)] = &[
    ("sorry", UNFINISHED),
    ("admit", UNFINISHED),
    ("stop", UNFINISHED),
    ("native_decide", NATIVE),
    ("bv_decide", NATIVE),
    ("bv_decide?", NATIVE),
    ("bv_check", NATIVE),
    ("run_tac", RUNS_CODE),
    ("run_conv", RUNS_CODE),
    ("run_cmd", RUNS_CODE),
    ("run_meta", RUNS_CODE),
    ("run_elab", RUNS_CODE),
    ("by_elab", RUNS_CODE),
    ("eval%", RUNS_CODE),
    ("initialize", RUNS_CODE),
    ("builtin_initialize", RUNS_CODE),
    ("include_str", READS_FILE),
    ("unsafe", UNCHECKED),
    ("implemented_by", UNCHECKED),
    ("extern", UNCHECKED),
    ("csimp", UNCHECKED),
    ("set_option", OPTION),
    ("elab", SYNTAX),
    ("elab_rules", SYNTAX),
    ("macro", SYNTAX),
    ("macro_rules", SYNTAX),
    ("syntax", SYNTAX),
    ("declare_syntax_cat", SYNTAX),
    ("notation", SYNTAX),
    ("infix", SYNTAX),
    ("infixl", SYNTAX),
    ("infixr", SYNTAX),
    ("prefix", SYNTAX),
    ("postfix", SYNTAX),
    ("private", COMMAND),
    ("protected", COMMAND),
    ("noncomputable", COMMAND),
    ("nonrec", COMMAND),
    ("partial", COMMAND),
    ("local", COMMAND),
    ("where", SUFFIX),
    ("termination_by", SUFFIX),
    ("termination_by?", SUFFIX),
    ("decreasing_by", SUFFIX),
    ("deriving", SUFFIX),
];

/// Names that stand for a hole or for compiled code, by their last part and with or without `«»`.
const NAMES: &[(&str, &str)] = &[
    ("sorryAx", UNFINISHED),
    ("ofReduceBool", NATIVE),
    ("ofReduceNat", NATIVE),
    ("reduceBool", NATIVE),
    ("reduceNat", NATIVE),
    ("trustCompiler", NATIVE),
    ("unsafeCast", UNCHECKED),
];

/// Checks one candidate for a hole of `kind`.
pub fn gate(kind: HoleKind, candidate: &str) -> Result<(), Refusal> {
    if candidate.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    if candidate.len() > LONGEST {
        return Err(Refusal::TooLong);
    }
    let tokens = lex(candidate);
    visible(candidate, &tokens)?;
    closed(candidate, &tokens)?;
    balanced(candidate, &tokens)?;
    words(candidate, &tokens)?;
    indented(candidate, &tokens)?;
    if kind == HoleKind::Term {
        single_term(candidate, &tokens)?;
    }
    Ok(())
}

/// The candidate without its comments, which the gate refuses: a model's remarks are not part of
/// its proof. A line that held nothing else goes.
pub fn without_comments(candidate: &str) -> String {
    let mut kept = String::with_capacity(candidate.len());
    let mut from = 0;
    let tokens = lex(candidate);
    for token in tokens.iter().filter(|token| !token.is_code()) {
        kept.push_str(&candidate[from..token.range.start]);
        from = token.range.end;
        let alone = kept
            .rsplit('\n')
            .next()
            .is_none_or(|line| line.trim().is_empty());
        let rest = &candidate[from..];
        let line_end = rest.find('\n').unwrap_or(rest.len());
        if rest[..line_end].trim().is_empty() {
            if alone {
                kept.truncate(kept.rfind('\n').map_or(0, |newline| newline + 1));
                from += (line_end + 1).min(rest.len());
            } else {
                kept.truncate(kept.trim_end().len());
                from += line_end;
            }
        } else if !alone {
            kept.push(' ');
        }
    }
    kept.push_str(&candidate[from..]);
    kept
}

/// Nothing that hides text or shows it in another order, but within strings.
fn visible(candidate: &str, tokens: &[Token]) -> Result<(), Refusal> {
    let hides = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{61c}')
    };
    for (at, c) in candidate.char_indices().filter(|(_, c)| hides(*c)) {
        let line_end = c == '\r' && candidate[at + 1..].starts_with('\n');
        let after = tokens.partition_point(|token| token.range.end <= at);
        let in_string = tokens
            .get(after)
            .is_some_and(|token| token.range.start < at && token.kind == TokenKind::String);
        if !line_end && !in_string {
            return Err(Refusal::Invisible(c.into()));
        }
    }
    Ok(())
}

fn closed(candidate: &str, tokens: &[Token]) -> Result<(), Refusal> {
    for token in tokens {
        if !token.terminated {
            let start = token.text(candidate).chars().take(2).collect();
            return Err(Refusal::Unclosed(start));
        }
        if !token.is_code() {
            return Err(Refusal::Comment);
        }
        if token.kind == TokenKind::Symbol && matches!(token.text(candidate), "-/" | "»") {
            return Err(Refusal::Comment);
        }
    }
    if candidate.contains("-/")
        && tokens
            .windows(2)
            .any(|pair| closes_comment(candidate, pair))
    {
        return Err(Refusal::Comment);
    }
    Ok(())
}

/// A `-/` with nothing to close would close a comment that the user is in the midst of.
fn closes_comment(candidate: &str, pair: &[Token]) -> bool {
    pair[0].range.end == pair[1].range.start
        && pair[0].text(candidate).ends_with('-')
        && pair[1].text(candidate).starts_with('/')
}

fn balanced(candidate: &str, tokens: &[Token]) -> Result<(), Refusal> {
    let mut open = Vec::new();
    for token in tokens {
        for c in delimiters(candidate, token) {
            match c {
                '(' | '[' | '{' | '⟨' | '⦃' | '⟦' | '‹' => open.push(c),
                ')' | ']' | '}' | '⟩' | '⦄' | '⟧' | '›' => {
                    if open.pop() != partner(c) {
                        return Err(Refusal::Unbalanced(c));
                    }
                }
                _ => {}
            }
        }
    }
    open.pop()
        .map_or(Ok(()), |open| Err(Refusal::Unbalanced(open)))
}

/// The characters of a token that may be brackets: of a piece of an interpolated string its ends.
fn delimiters(candidate: &str, token: &Token) -> impl Iterator<Item = char> {
    let text = token.text(candidate);
    let piece = token.kind == TokenKind::String;
    let first = text.chars().next().filter(|c| piece && *c == '}');
    let last = text.chars().next_back().filter(|c| match token.kind {
        TokenKind::String => *c == '{',
        TokenKind::Symbol => true,
        _ => false,
    });
    first.into_iter().chain(last)
}

fn partner(closer: char) -> Option<char> {
    Some(match closer {
        ')' => '(',
        ']' => '[',
        '}' => '{',
        '⟩' => '⟨',
        '⦄' => '⦃',
        '⟧' => '⟦',
        '›' => '‹',
        _ => return None,
    })
}

fn words(candidate: &str, tokens: &[Token]) -> Result<(), Refusal> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text(candidate));
    let forbidden = |word: &str, reason| {
        let word = word.to_owned();
        Err(Refusal::Forbidden { word, reason })
    };
    for (at, token) in tokens.iter().enumerate() {
        let word = token.text(candidate);
        let touches = |first: usize| {
            tokens
                .get(first)
                .zip(tokens.get(first + 1))
                .is_some_and(|(a, b)| a.range.end == b.range.start)
        };
        let before = at.checked_sub(1).map_or("", &text);
        match token.kind {
            TokenKind::Symbol if word.starts_with('`') => return forbidden(word, QUOTATION),
            TokenKind::Symbol if word == "@[" => return forbidden(word, ATTRIBUTE),
            TokenKind::Symbol if word == "#" => {
                let name = text(at + 1);
                let command =
                    keyword::HASH_COMMANDS.contains(&name) || leads(candidate, tokens, at);
                if command && touches(at) && tokens[at + 1].kind == TokenKind::Word {
                    return forbidden(&format!("#{name}"), COMMAND);
                }
            }
            TokenKind::Word => {
                if let Some((_, reason)) = NAMES.iter().find(|(name, _)| *name == last_part(word)) {
                    return forbidden(word, reason);
                }
                let field = at > 0 && touches(at - 1) && matches!(before, "." | "|>.");
                if field {
                    continue;
                }
                if let Some((_, reason)) = WORDS.iter().find(|(banned, _)| *banned == word) {
                    return forbidden(word, reason);
                }
                // `decide +native`, `(config := { native := true })`, `(native := true)`
                if word == "native" && (before == "+" || text(at + 1) == ":=") {
                    return forbidden(word, NATIVE);
                }
                let command = match keyword::reserved(word) {
                    Some(keyword::Command::Local) => !opens_for_a_proof(candidate, tokens, at),
                    Some(_) => true,
                    None => {
                        let leading =
                            keyword::leading(word).is_some() || keyword::MODIFIERS.contains(&word);
                        leading && before != "open" && leads(candidate, tokens, at)
                    }
                };
                if command {
                    return forbidden(word, COMMAND);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The last part of a dotted name, without `«»`.
fn last_part(name: &str) -> &str {
    let name = name.trim_start_matches('`');
    match name.strip_suffix('»') {
        Some(quoted) => quoted.rsplit('«').next().unwrap_or(quoted),
        None => name.rsplit(['.', '»']).next().unwrap_or(name),
    }
}

/// Whether an `open` is one of a tactic or term: `open Foo in` and then no command.
fn opens_for_a_proof(candidate: &str, tokens: &[Token], open: usize) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text(candidate));
    let names = tokens[open + 1..].iter().take_while(|token| {
        let word = token.text(candidate);
        match token.kind {
            TokenKind::Word => {
                word == "scoped" || (word != "in" && keyword::reserved(word).is_none())
            }
            TokenKind::Symbol => matches!(word, "(" | ")" | "→" | "->" | ","),
            _ => false,
        }
    });
    let end = open + 1 + names.count();
    let next = text(end + 1);
    text(end) == "in"
        && !next.is_empty()
        && !keyword::MODIFIERS.contains(&next)
        && !matches!(keyword::reserved(next), Some(command) if command != keyword::Command::Local)
}

/// Whether a token is the first of its line.
fn leads(candidate: &str, tokens: &[Token], at: usize) -> bool {
    let from = at
        .checked_sub(1)
        .map_or(0, |before| tokens[before].range.end);
    at == 0 || candidate[from..tokens[at].range.start].contains('\n')
}

/// No line left of the first one, or it would end the block that the hole stands in.
fn indented(candidate: &str, tokens: &[Token]) -> Result<(), Refusal> {
    let column = |token: &Token| {
        let start = candidate[..token.range.start]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        candidate[start..token.range.start].chars().count()
    };
    let Some(first) = tokens.first().map(&column) else {
        return Err(Refusal::Empty);
    };
    for (at, token) in tokens.iter().enumerate().skip(1) {
        if leads(candidate, tokens, at) && column(token) < first {
            let line = candidate[..token.range.start].matches('\n').count() + 1;
            return Err(Refusal::Dedented(line));
        }
    }
    Ok(())
}

/// Outside brackets and blocks, nothing that ends a term.
fn single_term(candidate: &str, tokens: &[Token]) -> Result<(), Refusal> {
    let mut depth = 0usize;
    for token in tokens {
        for c in delimiters(candidate, token) {
            match c {
                '(' | '[' | '{' | '⟨' | '⦃' | '⟦' | '‹' => depth += 1,
                ')' | ']' | '}' | '⟩' | '⦄' | '⟧' | '›' => depth -= 1,
                _ => {}
            }
        }
        let word = token.text(candidate);
        if depth == 0 {
            match word {
                // What comes after these is a block, with separators of its own.
                "by" | "do" | "let" | "have" | "calc" | "haveI" | "letI" | "show" | "let_fun"
                | "suffices" | "match" => return Ok(()),
                ";" | ":=" | "<;>" => return Err(Refusal::NotOneTerm(word.to_owned())),
                _ => {}
            }
        }
    }
    Ok(())
}
