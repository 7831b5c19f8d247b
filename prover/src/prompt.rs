//! The prompts of Prover-V2, in the words it was trained on.
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
mod message;
mod pieces;

pub use pieces::{Piece, Prompt};

use crate::ask::Ask;
use crate::generation::Mode;
use crate::text::split;
use context::File;
use message::{Message, plain};

/// The most tokens of code before the declaration that are repeated in the prefill.
pub const MAX_REPEATED_TOKENS: usize = 256;

/// The prompt for what is asked, to be answered as `mode` says, of at most `budget` tokens, the prefill
/// included. `count` gives the number of tokens of a text. `None` if not even the hole's declaration fits.
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
    let (prelude, head) = split(&context.before, context.declaration);
    let prelude = plain(prelude);
    let prelude = prelude.trim_start_matches('\u{feff}');
    let message = Message::new(ask, mode, prelude, head);
    let render = |before: &str, repeated: &str| {
        let prompt = message.prompt(before, repeated);
        (prompt.tokens(count) <= budget).then_some(prompt)
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
    let used = alone.tokens(count);
    let file = File::read(prelude);
    let mut names = format!("{} {}", goal.target, message.declaration);
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

#[cfg(test)]
mod tests;
