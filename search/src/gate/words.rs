//! Words and symbols that no candidate may hold.

use unsorry_syntax::keyword;
use unsorry_syntax::lexer::{TokenKind, is_identifier_rest};

use super::forbidden_words::*;
use super::options;
use super::refusal::Refusal;
use super::tokens::Tokens;

/// No token that runs code, changes the language, is a command, or leaves the goal unproved; a `sketch` may
/// leave a `sorry`.
pub(super) fn tokens(tokens: &Tokens<'_>, sketch: bool) -> Result<(), Refusal> {
    tokens
        .iter()
        .enumerate()
        .try_for_each(|(at, token)| match token.kind {
            TokenKind::Symbol => symbol(tokens, at),
            TokenKind::Word => word(tokens, at, sketch),
            _ => Ok(()),
        })
}

fn symbol(tokens: &Tokens<'_>, at: usize) -> Result<(), Refusal> {
    let symbol = tokens.word(at);
    match symbol {
        _ if symbol.starts_with('`') => forbidden(symbol, QUOTATION),
        "@[" => forbidden(symbol, ATTRIBUTE),
        "#" => {
            let is_name = tokens.touches(at) && tokens.is(at + 1, TokenKind::Word);
            match is_name && tokens.leads(at) {
                true => forbidden(&format!("#{}", tokens.word(at + 1)), COMMAND),
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn word(tokens: &Tokens<'_>, at: usize, sketch: bool) -> Result<(), Refusal> {
    let word = tokens.word(at);
    let (before, after) = (tokens.before(at), tokens.word(at + 1));
    if tokens.cuts_a_number(at) {
        return Err(Refusal::Ambiguous(format!("{before}{word}")));
    }
    if let Some(reason) = word.split(['.', '«', '»', '`']).find_map(name) {
        return forbidden(word, reason);
    }
    // What it declares stays, as data for whatever comes later.
    if word == "rec" && before == "let" {
        return forbidden("let rec", DECLARES);
    }
    let is_command = keyword::reserved(word).is_some() || keyword::leading(word).is_some();
    let is_harmless = !is_command || word == "end";
    if (is_harmless && tokens.is_field(at)) || (sketch && word == "sorry") {
        return Ok(());
    }
    let is_banned = |banned: &str| match banned.strip_suffix('%') {
        Some(stem) => stem == word && tokens.touches(at) && after.starts_with('%'),
        None => banned == word,
    };
    if let Some((_, reason)) = WORDS.iter().find(|(banned, _)| is_banned(banned)) {
        return forbidden(word, reason);
    }
    // Names too: a range has a `stop`, a matrix a `trace`.
    if let Some((_, reason)) = TACTICS.iter().find(|(banned, _)| *banned == word)
        && tokens.starts_tactic(at)
    {
        return forbidden(word, reason);
    }
    // `decide +native`, `(config := { native := true })`, `(native := true)`
    let plain = word.trim_matches(['«', '»']);
    if plain == "native" && (before == "+" || after == ":=") {
        return forbidden(word, NATIVE);
    }
    if before == "(" && after == ":=" && !options::is_plain(tokens, at) {
        return forbidden(word, COMPUTED);
    }
    match is_a_command(tokens, at) {
        true => forbidden(word, COMMAND),
        false => Ok(()),
    }
}

/// The reason why a part of a name is forbidden, if it is.
fn name(part: &str) -> Option<&'static str> {
    let name = NAMES.iter().find(|(name, _)| *name == part);
    let beginning = BEGINNINGS.iter().find(|(b, _)| part.starts_with(b));
    let effect = EFFECTS.contains(&part).then_some(EFFECT);
    name.or(beginning).map(|(_, reason)| *reason).or(effect)
}

/// Whether the word at `at` begins a command there.
fn is_a_command(tokens: &Tokens<'_>, at: usize) -> bool {
    let word = tokens.word(at);
    match keyword::reserved(word) {
        Some(_) if keyword::also_in_proofs(word) => !tokens.opens_for_a_proof(at),
        Some(_) => true,
        None => {
            let leading = keyword::leading(word).is_some() || keyword::MODIFIERS.contains(&word);
            leading && tokens.before(at) != "open" && tokens.leads(at)
        }
    }
}

fn forbidden(word: &str, reason: &'static str) -> Result<(), Refusal> {
    Err(Refusal::Forbidden {
        word: word.to_owned(),
        reason,
    })
}

/// Refuses what lets Lean run code, wherever it may begin: once Lean has met an error, in the midst of a
/// number or a string perhaps, it looks for the next command from there on.
pub(super) fn anywhere(candidate: &str) -> Result<(), Refusal> {
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
