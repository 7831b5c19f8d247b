//! The words of a prompt, around whatever code there is room for.

use std::borrow::Cow;

use unsorry_syntax::lex;

use super::pieces::{Piece, Prompt};
use crate::ask::{Ask, Attempt};
use crate::generation::Mode;
use crate::text::split;

const BEGIN: &str = "<｜begin▁of▁sentence｜>";
const USER: &str = "<｜User｜>";
const ASSISTANT: &str = "<｜Assistant｜>";

const TASK: &str = "Complete the following Lean 4 code:\n\n";
const REFUSED: &str = "\n\nThis was tried in the place of `sorry`, and Lean 4 refused it:\n\n";
const SAYS: &str = "\n\nLean 4 says:\n\n";
const MEND_IT: &str = "\n\nWrite a proof that Lean 4 accepts.";

/// The most bytes of Lean's words on a proof that it refused.
const MAX_ERROR_BYTES: usize = 1200;

const PLAN: &str = "\n\nBefore producing the Lean 4 code to formally prove the given theorem, \
    provide a detailed proof plan outlining the main proof steps and strategies.\n\
    The plan should highlight key ideas, intermediate lemmas, and proof structures that will guide \
    the construction of the final formal proof.";

/// The parts of a prompt that stand whatever comes before the declaration.
pub(super) struct Message {
    mode: Mode,
    /// The declaration up to its hole.
    head: String,
    /// The whole declaration, with `sorry` at its hole.
    pub(super) declaration: String,
    /// The words on a proof that was refused; empty where there is none.
    repair: String,
}

impl Message {
    /// The message for what is asked, where `prelude` stands before the declaration and `head` before its
    /// hole.
    pub(super) fn new(ask: &Ask, mode: Mode, prelude: &str, head: &str) -> Self {
        // Columns stay as they are in the file.
        let line = prelude.rfind('\n').map_or(0, |newline| newline + 1);
        let indent = Some(&prelude[line..]).filter(|indent| indent.trim().is_empty());
        let head = format!("{}{}", indent.unwrap_or_default(), plain(head));
        let declaration = format!("{head}sorry{}", plain(&ask.goal.context.after));
        Self {
            mode,
            head,
            declaration: declaration.trim_end().to_owned(),
            repair: ask.attempt.as_ref().map(repair).unwrap_or_default(),
        }
    }

    /// The prompt with `before` in front of the declaration, of which `repeated` is repeated in the
    /// prefill.
    pub(super) fn prompt(&self, before: &str, repeated: &str) -> Prompt {
        let Self {
            head,
            declaration,
            repair,
            ..
        } = self;
        let message = format!("{TASK}```lean4\n{before}{declaration}\n```{repair}");
        let (message, prefill) = match self.mode {
            Mode::Fast => {
                let turn = format!("```lean4\n{}", code(&format!("{repeated}{head}")));
                (message, turn.trim_end().to_owned())
            }
            Mode::Reasoning => (message + PLAN, String::new()),
        };
        let pieces = vec![
            Piece::Marker(BEGIN),
            Piece::Marker(USER),
            Piece::Text(message),
            Piece::Marker(ASSISTANT),
        ];
        Prompt { pieces, prefill }
    }
}

/// The request to repair a proof that Lean refused. It comes after the code, so that the prompt begins as the
/// one before it did.
fn repair(attempt: &Attempt) -> String {
    let (error, rest) = split(&attempt.error, MAX_ERROR_BYTES);
    let dots = if rest.is_empty() { "" } else { "…" };
    let (text, error) = (plain(attempt.text.trim_end()), plain(error.trim_end()));
    format!("{REFUSED}```lean4\n{text}\n```{SAYS}```\n{error}{dots}\n```{MEND_IT}")
}

/// Lines that end in `\n`, and no fence but the prompt's own (documentation is Markdown).
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    match text.contains("```") || text.contains('\r') {
        true => text.replace("\r\n", "\n").replace("```", "~~~").into(),
        false => text.into(),
    }
}

/// `text` without the blanks and comments that it ends in.
fn code(text: &str) -> &str {
    let last = lex(text).into_iter().rfind(|token| token.is_code());
    &text[..last.map_or(0, |token| token.range.end)]
}
