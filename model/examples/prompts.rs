//! Writes the prompts of the local prover, for `tests/pocket/train.py`.
//!
//! `prompts TOKENIZER < HOLES > PROMPTS`: a line of JSON for each line. A hole has `before` (the file up to
//! the hole), `declaration` (where in it the hole's declaration starts, in bytes), `after` (the rest of
//! the declaration) and `budget` (the most tokens of the prompt); the prompt has `message` (all but the
//! assistant's turn, with its markers) and `prefill`, or is `null` if it does not fit.

use anyhow::{Context as _, Result, anyhow};
use serde::Deserialize;
use serde_json::json;
use std::io::{BufRead, BufWriter, Write, stdin, stdout};
use tokenizers::Tokenizer;
use unsorry_prover::Mode;
use unsorry_prover::prompt::{Piece, prompt};
use unsorry_prover::{Context, Goal, HoleKind};

#[derive(Deserialize)]
struct HoleLine {
    before: String,
    declaration: usize,
    after: String,
    budget: usize,
}

fn main() -> Result<()> {
    let path = std::env::args()
        .nth(1)
        .context("usage: prompts TOKENIZER")?;
    let tokenizer = Tokenizer::from_file(&path).map_err(|error| anyhow!("{path}: {error}"))?;
    // A text that the tokenizer fails on fits nowhere.
    let count = |text: &str| {
        let encoded = tokenizer.encode_fast(text, false);
        encoded.map_or(usize::MAX / 4, |tokens| tokens.len())
    };
    let mut out = BufWriter::new(stdout().lock());
    for (number, line) in (1..).zip(stdin().lock().lines()) {
        let hole: HoleLine =
            serde_json::from_str(&line?).with_context(|| format!("line {number}"))?;
        // The prompt's own view of the file has all the names that Lean's goal would add here.
        let goal = Goal {
            kind: HoleKind::Tactic,
            hypotheses: Vec::new(),
            target: String::new(),
            count: 1,
            imports: Vec::new(),
            context: Context {
                before: hole.before,
                declaration: hole.declaration,
                after: hole.after,
            },
        };
        let prompt = prompt(&goal.into(), Mode::Fast, hole.budget, &count).map(|prompt| {
            let pieces = prompt.pieces.iter().map(|piece| match piece {
                Piece::Marker(name) => *name,
                Piece::Text(text) => text,
            });
            json!({ "message": pieces.collect::<String>(), "prefill": prompt.prefill })
        });
        writeln!(out, "{}", json!(prompt))?;
    }
    Ok(out.flush()?)
}
