//! Words and symbols that no candidate may hold.

use unsorry_prover::HoleKind;
use unsorry_syntax::keyword;
use unsorry_syntax::lexer::TokenKind;

use super::arguments::is_in_a_term;
use super::forbidden_words::*;
use super::options;
use super::raw::{Run, runs};
use super::refusal::{Harm, Refusal};
use super::tokens::Tokens;

/// The options that a candidate may set for a part of itself, each a limit, with the most that it may ask for: of
/// heartbeats twenty times what Lean gives, of depth eight times.
const LIMITS: [(&str, u64); 2] = [("maxHeartbeats", 4_000_000), ("maxRecDepth", 4_096)];

/// Whether a candidate may set the option `name` to what is written as `number`; none where it is no option that may be
/// set, or that is no number.
pub fn is_limit(name: &str, number: &str) -> Option<bool> {
    let (_, most) = LIMITS.iter().find(|(known, _)| *known == name)?;
    let number: u64 = number.parse().ok()?;
    Some((1..=*most).contains(&number))
}

/// How a candidate is looked at.
#[derive(Clone, Copy)]
pub(super) struct View {
    /// What its hole takes.
    pub kind: HoleKind,
    /// It may leave a `sorry`.
    pub sketch: bool,
    /// Its strings are read as code.
    pub bare: bool,
}

/// No token that runs code, changes the language, is a command, or leaves the goal unproved.
pub(super) fn tokens(tokens: &Tokens<'_>, view: View) -> Result<(), Refusal> {
    tokens
        .iter()
        .enumerate()
        .try_for_each(|(at, token)| match token.kind {
            TokenKind::Symbol => symbol(tokens, at),
            TokenKind::Word => word(tokens, at, view),
            _ => Ok(()),
        })
}

fn symbol(tokens: &Tokens<'_>, at: usize) -> Result<(), Refusal> {
    let symbol = tokens.word(at);
    match symbol {
        _ if symbol.starts_with('`') => forbidden(symbol, Harm::Quotation),
        "@[" => forbidden(symbol, Harm::Attribute),
        "#" => {
            let is_name = tokens.touches(at) && tokens.is(at + 1, TokenKind::Word);
            match is_name && tokens.leads(at) {
                true => forbidden(&format!("#{}", tokens.word(at + 1)), Harm::Command),
                false => Ok(()),
            }
        }
        _ => Ok(()),
    }
}

fn word(tokens: &Tokens<'_>, at: usize, view: View) -> Result<(), Refusal> {
    let word = tokens.word(at);
    let (before, after) = (tokens.before(at), tokens.word(at + 1));
    if !view.bare && tokens.cuts_a_number(at) {
        return Err(Refusal::Ambiguous(format!("{before}{word}")));
    }
    let parts = || word.split(['.', '«', '»', '`']);
    if let Some(harm) = parts().find_map(name) {
        return forbidden(word, harm);
    }
    if parts().any(|part| EFFECTS.contains(&part)) && (word != "IO" || tokens.is_opened(at)) {
        return forbidden(word, Harm::Effect);
    }
    if let Some(harm) = percent(word, &tokens.candidate()[tokens.end(at)..]) {
        return forbidden(&format!("{word}%"), harm);
    }
    // What it declares stays, as data for whatever comes later.
    if word == "rec" && before == "let" {
        return forbidden("let rec", Harm::Declares);
    }
    let is_command = keyword::reserved(word).is_some() || keyword::leading(word).is_some();
    let is_harmless = !is_command || word == "end";
    if (is_harmless && tokens.is_field(at))
        || (view.sketch && word == "sorry")
        || sets_a_limit(tokens, at)
    {
        return Ok(());
    }
    if let Some((_, harm)) = WORDS.iter().find(|(banned, _)| *banned == word) {
        return forbidden(word, *harm);
    }
    // Names too: a range has a `stop`, a matrix a `trace`.
    if let Some((_, harm)) = TACTICS.iter().find(|(banned, _)| *banned == word)
        && may_begin_a_tactic(tokens, at, view.kind)
    {
        return forbidden(word, *harm);
    }
    // `decide +native`, `(config := { native := true })`, `(native := true)`
    let plain = word.trim_matches(['«', '»']);
    if plain == "native" && (before == "+" || after == ":=") {
        return forbidden(word, Harm::Native);
    }
    if before == "(" && after == ":=" && !options::is_plain(tokens, at, view.kind) {
        return forbidden(word, Harm::Computed);
    }
    match is_a_command(tokens, at) {
        true => forbidden(word, Harm::Command),
        false => Ok(()),
    }
}

/// Whether the word at `at` may be a tactic's first, whatever stands before it: imports define words that tactics
/// follow.
fn may_begin_a_tactic(tokens: &Tokens<'_>, at: usize, kind: HoleKind) -> bool {
    let is_argument = matches!(tokens.word(at + 1), ":=" | ":" | ")" | "," | "]");
    !is_argument && !is_in_a_term(tokens, at, kind)
}

/// The harm in a part of a name, if there is one.
fn name(part: &str) -> Option<Harm> {
    let name = NAMES.iter().find(|(name, _)| *name == part);
    let beginning = BEGINNINGS.iter().find(|(b, _)| part.starts_with(b));
    name.or(beginning).map(|(_, harm)| *harm)
}

/// The harm in a term that is a word with a `%` right behind it, if it is not only a remainder: Lean's own tell of
/// the declaration or the file around it (`decl_name%`), or run code. Those of the user's are the user's.
fn percent(word: &str, after: &str) -> Option<Harm> {
    let tells = ["decl", "name", "module", "file"];
    match word {
        _ if !after.starts_with('%') || word.contains('.') => None,
        _ if word.ends_with("eval") || word.ends_with("elab") => Some(Harm::RunsCode),
        _ if tells.iter().any(|told| word.contains(told)) => Some(Harm::TellsPlace),
        _ => None,
    }
}

/// The harm in a word of Lean's syntax, where a candidate has it as such.
pub fn harm_of_keyword(word: &str) -> Option<Harm> {
    let mut known = WORDS.iter().chain(TACTICS).chain(NAMES);
    let known = known.find(|(known, _)| *known == word);
    let of_place = || percent(word.strip_suffix('%')?, "%");
    known.map(|(_, harm)| *harm).or_else(of_place)
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

/// Whether `set_option maxHeartbeats N in` or the like begins at `at`, with a number that is a limit.
fn sets_a_limit(tokens: &Tokens<'_>, at: usize) -> bool {
    tokens.word(at) == "set_option"
        && is_limit(tokens.word(at + 1), tokens.word(at + 2)) == Some(true)
        && tokens.word(at + 3) == "in"
        && tokens.get(at + 4).is_some()
}

fn forbidden(word: &str, harm: Harm) -> Result<(), Refusal> {
    Err(Refusal::Forbidden {
        word: word.to_owned(),
        harm,
    })
}

/// Refuses the words that no proof needs and that begin a command wherever Lean could begin to read, within
/// strings and names, too; `tokens` say where an `open` or an option is a proof's.
pub(super) fn anywhere(tokens: &Tokens<'_>, sketch: bool) -> Result<(), Refusal> {
    let candidate = tokens.candidate();
    let of_proofs: Vec<usize> = tokens
        .iter()
        .enumerate()
        .filter(|(at, token)| match tokens.text(token) {
            "open" => tokens.opens_for_a_proof(*at),
            "set_option" => sets_a_limit(tokens, *at),
            _ => false,
        })
        .map(|(_, token)| token.range.start)
        .collect();
    for run in runs(candidate) {
        if let Some((word, harm)) = harm_in(run)
            && !of_proofs.contains(&run.offset_of(word))
            && !(sketch && word == "sorry")
        {
            return forbidden(run.text, harm);
        }
        if !run.goes_on
            && let Some(harm) = percent(run.text, run.after)
        {
            return forbidden(&format!("{}%", run.text), harm);
        }
    }
    // Lean takes the longest of these that is there, whatever follows.
    let mut after_hashes = candidate.split('#').skip(1);
    let command = after_hashes.find_map(|rest| {
        let names = keyword::HASH_COMMANDS.iter();
        names.copied().find(|name| rest.starts_with(name))
    });
    match command {
        Some(name) => forbidden(&format!("#{name}"), Harm::Command),
        None => Ok(()),
    }
}

/// A word that Lean could read in a run, and its harm.
fn harm_in(run: Run<'_>) -> Option<(&str, Harm)> {
    // No name ends like these: they are refused whatever Lean takes to be before them.
    let is_distinct = |word: &str, harm: Harm| {
        matches!(
            harm,
            Harm::RunsCode | Harm::ReadsFile | Harm::Option | Harm::Native | Harm::TellsPlace
        ) || matches!(
            word,
            "attribute" | "elab" | "elab_rules" | "macro" | "macro_rules"
        )
    };
    let distinct = |&&(word, harm): &&(&str, Harm)| is_distinct(word, harm);
    let mut distinct = WORDS.iter().filter(distinct);
    if let Some((word, harm)) = distinct.find(|(word, _)| run.text.ends_with(word)) {
        return Some((&run.text[run.text.len() - word.len()..], *harm));
    }
    if run.is_quoted() {
        return None;
    }
    run.words().find_map(|word| {
        let known = WORDS.iter().find(|(banned, _)| *banned == word);
        let starts = keyword::reserved(word).is_some() || keyword::leading(word).is_some();
        let of_a_term = word == "end" && run.before.ends_with('.');
        let command = (starts && !of_a_term).then_some(Harm::Command);
        Some((word, known.map(|(_, harm)| *harm).or(command)?))
    })
}
