//! The results of a search besides proofs, for a hover: the plan, its steps, what failed and why, and what it
//! cost. Pure.

use std::sync::Arc;

use unsorry_prover::Spent;

use unsorry_search::search::wording::{cost, count};
use unsorry_search::search::{NearMiss, Outcome, Refused, SketchProgress, StepState};
use unsorry_syntax::Visible;

/// The most characters of a plan that are shown.
const MAX_PLAN_CHARS: usize = 4000;

/// The most characters of code that are shown on a line.
const MAX_LINE_CHARS: usize = 120;

/// The details of a search, while it runs and after it.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// The reason why nothing comes of an engine for now.
    pub delay: Option<String>,
    /// The plan, as a model tells it.
    pub plan: Option<Arc<str>>,
    /// The steps of a sketch.
    pub sketch: Option<Arc<SketchProgress>>,
    /// The candidates that failed but came close.
    pub near_misses: Vec<NearMiss>,
    /// The candidates that the gate refused.
    pub refused: Refused,
    /// The cost so far.
    pub spent: Spent,
}

impl Details {
    /// The details of a search that has ended.
    pub fn of(outcome: &Outcome) -> Details {
        Details {
            delay: None,
            plan: outcome.plan.clone(),
            sketch: outcome.sketch_progress.clone(),
            // What failed on the way to a proof is of no interest.
            near_misses: match outcome.proofs.is_empty() {
                true => outcome.near_misses.clone(),
                false => Vec::new(),
            },
            refused: match outcome.proofs.is_empty() {
                true => outcome.refused.clone(),
                false => Refused::default(),
            },
            spent: outcome.spent,
        }
    }

    /// Renders the details as Markdown, each part a paragraph of its own; empty where there is nothing to
    /// tell.
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        if let Some(delay) = &self.delay {
            text += &format!("\n{}\n", harmless(&cut(delay, MAX_LINE_CHARS * 4)));
        }
        if let Some(plan) = &self.plan {
            let quoted: Vec<String> = cut(plan, MAX_PLAN_CHARS)
                .lines()
                .map(|line| format!("> {}", harmless(line)))
                .collect();
            text += &format!("\nThe plan:\n\n{}\n", quoted.join("\n"));
        }
        if let Some(sketch) = &self.sketch {
            text += &format!("\n{} of its {} proved:\n\n", sketch.proved(), steps(sketch));
            for step in &sketch.steps {
                let goal = code(&step.goal);
                text += &match &step.state {
                    StepState::Proved(proof) => format!("- ✓ {goal}: {}\n", code(proof)),
                    StepState::Tried => format!("- ⋯ {goal}\n"),
                    StepState::Open => format!("- · {goal}\n"),
                    StepState::False => format!("- ✗ {goal} is false\n"),
                };
            }
        }
        if !self.near_misses.is_empty() {
            text += "\nWhat failed:\n\n";
            for one in &self.near_misses {
                let (tried, error) = (code(&one.candidate.text), code(&one.error));
                text += &format!("- {tried} ({}): {error}\n", one.candidate.engine);
            }
        }
        if let (Some(told), Some((first, refusal))) = (self.refused.told(), self.refused.first()) {
            let (tried, why) = (code(&first.text), code(&refusal.to_string()));
            text += &format!("\n{told}; the first:\n\n");
            text += &format!("- {tried} ({}): {why}\n", first.engine);
        }
        if let Some(cost) = cost(&self.spent) {
            text += &format!("\n{cost}\n");
        }
        text
    }
}

fn steps(sketch: &SketchProgress) -> String {
    count(sketch.steps.len(), "step")
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Code on one line, in a span that nothing in it can end.
fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = Visible(cut(&text, MAX_LINE_CHARS)).to_string();
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let blank = if longest > 0 { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

/// A line of a model's Markdown in which nothing is a link, an image, HTML or a heading, or changes the
/// order of what is seen.
fn harmless(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for c in Visible(line).to_string().chars() {
        match c {
            '[' | ']' | '<' | '>' | '!' | '&' | '#' => text.extend(['\\', c]),
            _ => text.push(c),
        }
    }
    // Editors make links of what looks like an address.
    text.replace("://", ": //").replace("www.", "www .")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use unsorry_prover::{Candidate, Engine, HoleKind};
    use unsorry_search::gate::gate;
    use unsorry_search::search::SketchStep;

    fn check(details: &Details, expected: Expect) {
        expected.assert_eq(&details.markdown());
    }

    #[test]
    fn plan_steps_and_cost() {
        let step = |goal: &str, state| SketchStep {
            goal: goal.into(),
            state,
        };
        let sketch = SketchProgress {
            steps: vec![
                step("h₁ : a < b", StepState::Proved("simp\nomega".into())),
                step("h₂ : b < c", StepState::Tried),
                step("h₃ : `x`", StepState::False),
                step("c < d", StepState::Open),
            ],
        };
        let details = Details {
            delay: None,
            plan: Some("1. **First**: see [this](http://evil) <b>\n\u{202e}2. Then".into()),
            sketch: Some(Arc::new(sketch)),
            near_misses: Vec::new(),
            refused: Refused::default(),
            spent: Spent {
                tokens: 1200,
                money: 0.03,
            },
        };
        check(
            &details,
            expect![[r#"

            The plan:

            > 1. **First**: see \[this\](http: //evil) \<b\>
            > \u{202e}2. Then

            1 of its 4 steps proved:

            - ✓ `h₁ : a < b`: `simp omega`
            - ⋯ `h₂ : b < c`
            - ✗ `` h₃ : `x` `` is false
            - · `c < d`

            1200 tokens written, at a price of 0.0300
        "#]],
        );
        check(&Details::default(), expect![""]);
    }

    #[test]
    fn what_was_refused() {
        let mut details = Details::default();
        for text in ["#eval 1", "simp (maxSteps := f 1)"] {
            let candidate = Candidate::new(text, Engine::Tactics);
            let refusal = gate(HoleKind::Tactic, text).expect_err("refused");
            details.refused.add(&candidate, refusal);
        }
        check(
            &details,
            expect![[r#"

                2 refused by the gate (command 1, option-value 1); the first:

                - `#eval 1` (tactics): `` it holds `#eval`: it is a command, and a proof holds none ``
            "#]],
        );
    }
}
