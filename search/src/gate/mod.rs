//! What a candidate must be before Lean sees it: one block of tactics or one term, and no command.
//!
//! Elaborating runs code, so what could run a program, change the meaning of the statement or get
//! out of the hole is refused by its tokens, not found out afterwards. This is the first of several
//! lines: what passes here is no proof, and what is a proof Lean decides.

mod table;

use unsorry_prover::HoleKind;

use table::*;

use unsorry_syntax::keyword;
use unsorry_syntax::lexer::{Token, TokenKind, is_identifier_rest, lex};

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
    /// A string or character may end elsewhere than it seems to.
    #[error("`{0}` can be read in two ways")]
    Ambiguous(String),
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

/// Checks one candidate for a hole of `kind`.
///
/// # Errors
/// When it must not be shown to Lean.
pub fn gate(kind: HoleKind, candidate: &str) -> Result<(), Refusal> {
    examine(kind, candidate, false)
}

/// The same for a sketch, which may leave a `sorry`.
///
/// # Errors
/// As [`gate`].
pub fn gate_sketch(kind: HoleKind, sketch: &str) -> Result<(), Refusal> {
    examine(kind, sketch, true)
}

fn examine(kind: HoleKind, candidate: &str, sketch: bool) -> Result<(), Refusal> {
    if candidate.trim().is_empty() {
        return Err(Refusal::Empty);
    }
    if candidate.len() > LONGEST {
        return Err(Refusal::TooLong);
    }
    let tokens = lex(candidate);
    visible(candidate, &tokens)?;
    closed(candidate, &tokens)?;
    plain_strings(candidate, &tokens)?;
    balanced(candidate, &tokens)?;
    words(candidate, &tokens, sketch)?;
    nowhere(candidate)?;
    // After an error Lean may read on within a string, or take code for one.
    if candidate.contains('"') {
        let bare = candidate.replace('"', " ");
        let tokens = lex(&bare);
        if !tokens.iter().all(Token::is_code) {
            return Err(Refusal::Comment);
        }
        words(&bare, &tokens, sketch)?;
    }
    indented(candidate, &tokens)?;
    if kind == HoleKind::Term {
        single_term(candidate, &tokens)?;
    }
    Ok(())
}

/// The candidate without its comments, which the gate refuses: a model's remarks are not part of
/// its proof. A line that held nothing else goes.
pub fn without_comments(candidate: &str) -> String {
    if candidate.len() > LONGEST {
        return candidate.to_owned(); // Nobody reads it.
    }
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

/// Whether a character can't be seen, or changes the order in which others are.
pub fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{ad}' | '\u{61c}')
}

/// Nothing that hides text or shows it in another order, but within strings.
fn visible(candidate: &str, tokens: &[Token]) -> Result<(), Refusal> {
    let hides = |c: char| (c.is_control() && c != '\n') || is_hidden(c);
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

/// Whether a `{` in a string starts code is for the word before it to say, and imports define such
/// words. Read the wrong way, a string ends elsewhere: so it needs a word of Lean's own. Likewise a
/// `'` before a quote is a character's or, with an import, an operator's.
fn plain_strings(candidate: &str, tokens: &[Token]) -> Result<(), Refusal> {
    for (at, token) in tokens.iter().enumerate() {
        let word = token.text(candidate);
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let touched = before
            .filter(|before| before.range.end == token.range.start)
            .map_or("", |before| before.text(candidate));
        let quote = matches!(token.kind, TokenKind::String | TokenKind::Char);
        let braces = word.starts_with('"') && word.contains('{');
        if (quote && touched.ends_with('\'') && before.is_some_and(|b| b.kind == TokenKind::Symbol))
            || (token.kind == TokenKind::String && braces && !matches!(touched, "s!" | "f!" | "m!"))
        {
            return Err(Refusal::Ambiguous(word.to_owned()));
        }
    }
    Ok(())
}

fn balanced(candidate: &str, tokens: &[Token]) -> Result<(), Refusal> {
    let mut open = Vec::new();
    for token in tokens {
        for c in delimiters(candidate, token) {
            match c {
                '(' | '[' | '{' | '⟨' | '⦃' | '⟦' | '‹' => open.push(c),
                ')' | ']' | '}' | '⟩' | '⦄' | '⟧' | '›' if open.pop() != partner(c) => {
                    return Err(Refusal::Unbalanced(c));
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

fn words(candidate: &str, tokens: &[Token], sketch: bool) -> Result<(), Refusal> {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text(candidate));
    let forbidden = |word: &str, reason| {
        let word = word.to_owned();
        Err(Refusal::Forbidden { word, reason })
    };
    for (at, token) in tokens.iter().enumerate() {
        let word = token.text(candidate);
        let touches = |at: usize| touches(tokens, at);
        let before = at.checked_sub(1).map_or("", &text);
        match token.kind {
            TokenKind::Symbol if word.starts_with('`') => return forbidden(word, QUOTATION),
            TokenKind::Symbol if word == "@[" => return forbidden(word, ATTRIBUTE),
            TokenKind::Symbol if word == "#" => {
                let name = text(at + 1);
                let is_name = touches(at) && tokens[at + 1].kind == TokenKind::Word;
                if is_name && leads(candidate, tokens, at) {
                    return forbidden(&format!("#{name}"), COMMAND);
                }
            }
            TokenKind::Word if cuts_a_number(candidate, tokens, at) => {
                return Err(Refusal::Ambiguous(format!("{before}{word}")));
            }
            TokenKind::Word => {
                for part in word.split(['.', '«', '»', '`']) {
                    let name = NAMES.iter().find(|(name, _)| *name == part);
                    let beginning = BEGINNINGS.iter().find(|(b, _)| part.starts_with(b));
                    if let Some((_, reason)) = name.or(beginning) {
                        return forbidden(word, reason);
                    }
                    if EFFECTS.contains(&part) {
                        return forbidden(word, EFFECT);
                    }
                }
                // What it declares stays, as data for whatever comes later.
                if word == "rec" && before == "let" {
                    return forbidden("let rec", DECLARES);
                }
                let is_command =
                    keyword::reserved(word).is_some() || keyword::leading(word).is_some();
                let is_harmless = !is_command || word == "end";
                if (is_harmless && is_field(candidate, tokens, at)) || (sketch && word == "sorry") {
                    continue;
                }
                let is_banned = |banned: &str| match banned.strip_suffix('%') {
                    Some(stem) => stem == word && touches(at) && text(at + 1).starts_with('%'),
                    None => banned == word,
                };
                if let Some((_, reason)) = WORDS.iter().find(|(banned, _)| is_banned(banned)) {
                    return forbidden(word, reason);
                }
                // Names too: a range has a `stop`, a matrix a `trace`.
                if let Some((_, reason)) = TACTICS.iter().find(|(banned, _)| *banned == word)
                    && starts_tactic(candidate, tokens, at)
                {
                    return forbidden(word, reason);
                }
                // `decide +native`, `(config := { native := true })`, `(native := true)`
                let plain = word.trim_matches(['«', '»']);
                if plain == "native" && (before == "+" || text(at + 1) == ":=") {
                    return forbidden(word, NATIVE);
                }
                if before == "(" && text(at + 1) == ":=" && !is_plain_option(candidate, tokens, at)
                {
                    return forbidden(word, COMPUTED);
                }
                let command = match keyword::reserved(word) {
                    Some(_) if keyword::also_in_proofs(word) => {
                        !opens_for_a_proof(candidate, tokens, at)
                    }
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

/// Nothing that lets Lean run code, wherever it may begin: once Lean has met an error, in the midst of a
/// number or a string perhaps, it looks for the next command from there on.
fn nowhere(candidate: &str) -> Result<(), Refusal> {
    let is_one = |(word, reason): &&(&str, &str)| {
        matches!(*reason, RUNS_CODE | READS_FILE | OPTION | NATIVE)
            || matches!(
                *word,
                "attribute" | "elab" | "elab_rules" | "macro" | "macro_rules"
            )
    };
    let mut end = 0;
    for run in candidate.split(|c: char| !is_identifier_rest(c)) {
        let start = end;
        end += run.len();
        let before = candidate[..start].chars().next_back();
        // Elsewhere Lean begins at the first letter, and takes all of them; not all of Lean's versions take the
        // same for letters.
        let is_cut = |word: &str| {
            let upto = run.strip_suffix(word).unwrap_or_default();
            before == Some('\\')
                || !run.starts_with(char::is_alphabetic)
                || upto.ends_with(|c: char| !c.is_ascii())
        };
        let found = WORDS.iter().filter(is_one).find(|(word, _)| {
            let word = word.trim_end_matches('%');
            run == word || (run.ends_with(word) && is_cut(word))
        });
        let rest = &candidate[end..];
        if let Some((word, reason)) = found
            && (!word.ends_with('%') || rest.starts_with('%'))
        {
            return Err(Refusal::Forbidden {
                word: run.to_owned(),
                reason,
            });
        }
        end += rest.chars().next().map_or(0, char::len_utf8);
    }
    // Lean takes the longest of these that is there, whatever follows.
    let mut after_hashes = candidate.split('#').skip(1);
    let command = after_hashes.find_map(|rest| {
        let names = keyword::HASH_COMMANDS.iter();
        names.copied().find(|name| rest.starts_with(name))
    });
    match command {
        Some(name) => Err(Refusal::Forbidden {
            word: format!("#{name}"),
            reason: COMMAND,
        }),
        None => Ok(()),
    }
}

/// Whether there is a token behind the one at `at`, with nothing between them.
fn touches(tokens: &[Token], at: usize) -> bool {
    let pair = tokens.get(at).zip(tokens.get(at + 1));
    pair.is_some_and(|(a, b)| a.range.end == b.range.start)
}

/// Whether the word at `at` is a field: a dot touches it and what is before the dot. Where a tactic goes, a
/// dot is a bullet.
fn is_field(candidate: &str, tokens: &[Token], at: usize) -> bool {
    let text = |at: usize| tokens[at].text(candidate);
    let touches = |at: usize| touches(tokens, at);
    if at == 0 || !touches(at - 1) {
        return false;
    }
    match text(at - 1) {
        "|>." => true,
        "." if at > 1 && touches(at - 2) => {
            let ends = |c: char| matches!(c, ')' | ']' | '}' | '⟩' | '›' | '»');
            matches!(tokens[at - 2].kind, TokenKind::Word | TokenKind::Number)
                || text(at - 2).ends_with(ends)
        }
        _ => false,
    }
}

/// Whether a number ends in the word at `at`, as in `2x` and `1.x`: Lean takes that for an error.
fn cuts_a_number(candidate: &str, tokens: &[Token], at: usize) -> bool {
    let text = |at: usize| tokens[at].text(candidate);
    let touches = |at: usize| touches(tokens, at);
    let is_number = |at: usize| tokens[at].kind == TokenKind::Number && touches(at);
    let is_projection = |at: usize| at > 0 && touches(at - 1) && text(at - 1) == ".";
    match at {
        0 => false,
        _ if is_number(at - 1) => true,
        1 => false,
        _ => text(at - 1) == "." && touches(at - 1) && is_number(at - 2) && !is_projection(at - 2),
    }
}

/// Whether what is given to the name at `at`, as in `(maxSteps := 3)`, is written out. Lean compiles and runs
/// the values of a tactic's options; an argument of a term looks the same, so that is told by the place and the name.
fn is_plain_option(candidate: &str, tokens: &[Token], at: usize) -> bool {
    if is_of_a_term(candidate, tokens, at) {
        return true;
    }
    let name = tokens[at].text(candidate).trim_matches(['«', '»']);
    let letters = name.chars().count();
    match name {
        "motive" => return true,
        // Tactics.
        "disch" | "discharger" => return true,
        "ac" | "em" => {}
        _ if letters <= 2 || (name.starts_with('h') && letters <= 4) => return true,
        _ => {}
    }
    let mut depth = 0;
    let value = tokens[at + 2..].iter().take_while(|token| {
        match token.text(candidate) {
            "(" | "{" | "[" => depth += 1,
            ")" | "}" | "]" => depth -= 1,
            _ => {}
        }
        depth >= 0
    });
    let value: Vec<&Token> = value.collect();
    let words: Vec<&str> = value.iter().map(|token| token.text(candidate)).collect();
    match words.as_slice() {
        // Fields without names would hide what they are.
        ["{", fields @ .., "}"] => is_plain_record(fields),
        _ => name != "config" && is_plain_value(&words),
    }
}

/// Whether the name at `at`, in brackets, stands for an argument of a term: the brackets do not stand behind a
/// tactic's own words.
fn is_of_a_term(candidate: &str, tokens: &[Token], at: usize) -> bool {
    let text = |at: usize| tokens[at].text(candidate);
    let mut depth = 0;
    for before in (0..at - 1).rev() {
        match text(before) {
            ")" | "]" | "}" | "⟩" => depth += 1,
            // A tactic may stand in brackets as well.
            "(" if depth == 0 => {}
            "[" if depth == 0 => return before == 0 || text(before - 1) != "<;>",
            "⟨" if depth == 0 => return true,
            "(" | "[" | "{" | "⟨" => depth -= 1,
            _ if depth == 0 && starts_tactic(candidate, tokens, before) => {
                return TERMS.contains(&text(before));
            }
            _ => {}
        }
    }
    false
}

/// `a := 1, b := true`
fn is_plain_record(fields: &[&str]) -> bool {
    fields.is_empty()
        || fields.split(|word| *word == ",").all(|field| match field {
            [] => true,
            [_, ":=", value @ ..] => is_plain_value(value),
            _ => false,
        })
}

/// A number, a string, a name without dots, or a constructor.
fn is_plain_value(words: &[&str]) -> bool {
    let is_plain = |word: &str| {
        let is_number = word.starts_with(|c: char| c.is_ascii_digit());
        is_number || word.starts_with('"') || !word.contains('.')
    };
    match words {
        [word] | ["-" | ".", word] => is_plain(word),
        // `.pos [1, 2]`
        [".", _, "[", list @ .., "]"] => list.iter().all(|word| *word == "," || is_plain(word)),
        _ => false,
    }
}

/// Whether a word can be a tactic's first: not where it can only be a name.
fn starts_tactic(candidate: &str, tokens: &[Token], at: usize) -> bool {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text(candidate));
    let argument = matches!(text(at + 1), ":=" | ":" | ")" | "," | "]");
    if leads(candidate, tokens, at) {
        return !argument;
    }
    match text(at - 1) {
        "by" | ";" | "<;>" | "·" | "." | "=>" | "|" | "in" | "then" | "else" | "do" | "try"
        | "repeat" | "all_goals" | "any_goals" | "focus" | "{" => true,
        "(" => !argument && (at == 1 || starts_tactic(candidate, tokens, at - 1)),
        _ => false,
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
        && (keyword::reserved(next).is_none() || keyword::also_in_proofs(next))
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

#[cfg(test)]
mod splicing;
#[cfg(test)]
mod tests;
