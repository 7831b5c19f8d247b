//! What Prover-V2 is asked, in the words it was trained on.
//!
//! The message is the model card's
//! (<https://huggingface.co/deepseek-ai/DeepSeek-Prover-V2-7B>): the code with its `sorry` in a
//! fence, and for the reasoning mode a request for a plan. In fast mode the assistant's turn is
//! prefilled up to the hole, so that the model writes nothing but what is missing. A prefill that
//! repeats all of the code is what the model was trained on; that is done while what stands before
//! the declaration is short ([`MAX_REPEATED_TOKENS`] tokens: a usual header). Longer code is not paid for
//! twice: the turn then starts with the declaration.
//!
//! The prefill never ends in blanks or comments: a tokenizer puts blanks and the word after them
//! in one token, and a comment could go on. The answer starts with the blanks instead.

mod context;

use crate::ask::{Ask, Attempt};
use context::File;
use std::borrow::Cow;
use unsorry_syntax::lex;

/// The most tokens of code before the declaration that are repeated in the prefill.
pub const MAX_REPEATED_TOKENS: usize = 256;

const BEGIN: &str = "<｜begin▁of▁sentence｜>";
const USER: &str = "<｜User｜>";
const ASSISTANT: &str = "<｜Assistant｜>";

const TASK: &str = "Complete the following Lean 4 code:\n\n";
const REFUSED: &str = "\n\nThis was tried in the place of `sorry`, and Lean 4 refused it:\n\n";
const SAYS: &str = "\n\nLean 4 says:\n\n";
const MEND: &str = "\n\nWrite a proof that Lean 4 accepts.";

/// The most bytes of Lean's words on a proof that it refused.
const MAX_ERROR_BYTES: usize = 1200;

const PLAN: &str = "\n\nBefore producing the Lean 4 code to formally prove the given theorem, \
    provide a detailed proof plan outlining the main proof steps and strategies.\n\
    The plan should highlight key ideas, intermediate lemmas, and proof structures that will guide \
    the construction of the final formal proof.";

/// The form of a model's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The missing text alone, at once.
    Fast,
    /// A plan, a sketch, and then the whole code.
    Reasoning,
}

/// A part of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A special token, by its name in the vocabulary.
    Marker(&'static str),
    /// Text, in which nothing is a special token, whatever it looks like.
    Text(String),
}

/// A prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The prompt up to where the assistant's turn starts.
    pub pieces: Vec<Piece>,
    /// The beginning of the assistant's turn, to be made tokens apart from what comes after it; may
    /// be empty. It never ends in blanks.
    pub prefill: String,
}

/// The prompt for what is asked, to be answered as `mode` says, of at most `budget` tokens, the prefill included. `count` says how many
/// tokens a text has. `None` if not even the hole's declaration fits.
///
/// A file that does not fit is cut down to what matters, in the file's order: what is in force at
/// the hole (imports, `open`, `variable`, …), what the goal and the declaration name and what that
/// names, then what shares names with them, then what stands nearest. Theorems lose their proofs
/// first.
pub fn prompt(
    ask: &Ask,
    mode: Mode,
    budget: usize,
    count: &dyn Fn(&str) -> usize,
) -> Option<Prompt> {
    let goal = &ask.goal;
    let context = &goal.context;
    let repair = ask.attempt.as_ref().map(repair).unwrap_or_default();
    let (prelude, head) = split(&context.before, context.declaration);
    let (prelude, head, rest) = (plain(prelude), plain(head), plain(&context.after));
    let prelude = prelude.trim_start_matches('\u{feff}');
    // Columns stay as they are in the file.
    let line = prelude.rfind('\n').map_or(0, |newline| newline + 1);
    let indent = Some(&prelude[line..]).filter(|indent| indent.trim().is_empty());
    let head = format!("{}{head}", indent.unwrap_or_default());
    let declaration = format!("{head}sorry{rest}");
    let declaration = declaration.trim_end();

    let render = |before: &str, repeated: &str| {
        let message = match mode {
            Mode::Fast => format!("{TASK}```lean4\n{before}{declaration}\n```{repair}"),
            Mode::Reasoning => {
                format!("{TASK}```lean4\n{before}{declaration}\n```{repair}{PLAN}")
            }
        };
        let prefill = match mode {
            Mode::Fast => {
                let turn = format!("```lean4\n{}", code(&format!("{repeated}{head}")));
                turn.trim_end().to_owned()
            }
            Mode::Reasoning => String::new(),
        };
        let tokens = 3 + count(&message) + count(&prefill);
        let pieces = vec![
            Piece::Marker(BEGIN),
            Piece::Marker(USER),
            Piece::Text(message),
            Piece::Marker(ASSISTANT),
        ];
        (tokens <= budget).then_some(Prompt { pieces, prefill })
    };

    // No tokenizer makes a text of Lean this much shorter, so nothing that large is counted.
    let whole = prelude.trim();
    if whole.len() <= budget.saturating_mul(16) {
        let whole = match whole {
            "" => String::new(),
            _ => format!("{whole}\n\n"),
        };
        let repeated = match count(&whole) <= MAX_REPEATED_TOKENS {
            true => &*whole,
            false => "",
        };
        if let Some(prompt) = render(&whole, repeated) {
            return Some(prompt);
        }
    }
    let alone = render("", "")?;
    let used = 3
        + count(&alone.prefill)
        + alone
            .pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => count(text),
                Piece::Marker(_) => 0,
            })
            .sum::<usize>();
    let file = File::read(prelude);
    let mut names = format!("{} {declaration}", goal.target);
    for hypothesis in &goal.hypotheses {
        names.extend([" ", &hypothesis.ty]);
    }
    let mut chosen = file.choose(&names, budget.saturating_sub(used), count);
    // Tokens of the whole may be a few more than those of its parts.
    while !chosen.is_empty() {
        if let Some(prompt) = render(&file.render(&chosen), "") {
            return Some(prompt);
        }
        chosen.pop();
    }
    Some(alone)
}

/// What is said of a proof that Lean refused. It comes after the code, so that the prompt begins as the
/// one before it did.
fn repair(attempt: &Attempt) -> String {
    let (error, rest) = split(&attempt.error, MAX_ERROR_BYTES);
    let dots = if rest.is_empty() { "" } else { "…" };
    let (text, error) = (plain(attempt.text.trim_end()), plain(error.trim_end()));
    format!("{REFUSED}```lean4\n{text}\n```{SAYS}```\n{error}{dots}\n```{MEND}")
}

/// `text` cut at `at`, or at the character that is there.
pub(crate) fn split(text: &str, at: usize) -> (&str, &str) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    text.split_at(at)
}

/// Lines that end in `\n`, and no fence but the prompt's own (documentation is Markdown).
fn plain(text: &str) -> Cow<'_, str> {
    match text.contains("```") || text.contains('\r') {
        true => text.replace("\r\n", "\n").replace("```", "~~~").into(),
        false => text.into(),
    }
}

/// `text` without the blanks and comments that it ends in.
pub(crate) fn code(text: &str) -> &str {
    let last = lex(text).into_iter().rfind(|token| token.is_code());
    &text[..last.map_or(0, |token| token.range.end)]
}

#[cfg(test)]
mod tests;
