//! The portfolio of tactics: proposes what a person would try first, from a plain table.

mod counterexample;
mod file_context;
mod fit;
mod goal_state;
mod placeholder;
mod row;
mod shape;
mod template;
mod values;

pub use counterexample::{Counterexample, counterexamples};
pub use row::PortfolioRow;

use std::collections::HashSet;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use serde::Deserialize;

use crate::goal::Goal;
use crate::{Ask, Candidate, Engine, Proposal, Prover};
use file_context::FileContext;
use goal_state::{GoalState, accessible};
use row::{Stage, imported};
use template::TemplateContext;

/// The table that is built in. Its head says how a row is written.
pub const PORTFOLIO: &str = include_str!("portfolio/portfolio.toml");

/// The most candidates for one goal.
pub const MAX_CANDIDATES: usize = 150;

/// The portfolio as a prover: no weights, no network, always there.
#[derive(Debug, Clone)]
pub struct Tactics {
    rows: Vec<PortfolioRow>,
}

impl Tactics {
    /// The built-in table, after `extra` rows of the user's own.
    pub fn new(extra: Vec<PortfolioRow>) -> Self {
        let mut rows = extra;
        rows.extend(portfolio());
        Self { rows }
    }

    /// The candidates that the table gives for a goal, best first, each text once.
    pub fn candidates(&self, goal: &Goal) -> Vec<Candidate> {
        let file = FileContext::read(&goal.context.before);
        let stands = GoalState::of(goal, &file);
        let introduced = stands.introduced(&file);
        let opened = introduced.as_ref().unwrap_or(&stands).opened(&file);
        let data = stands.wants_data(&file);
        let template = |state| TemplateContext::new(state, &file);
        let (introduced, opened) = (introduced.map(template), opened.map(template));
        let stands = template(stands);
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for PortfolioRow { row } in &self.rows {
            if (data && !row.data) || !imported(&row.imports, &goal.imports) {
                continue;
            }
            for stage in &row.at {
                let template = match stage {
                    Stage::Goal => Some(&stands),
                    Stage::Intro => introduced.as_ref().or(Some(&stands)),
                    Stage::Open => opened.as_ref(),
                };
                let texts = template.map(|template| template.texts(row, goal.kind));
                for text in texts.into_iter().flatten() {
                    if accessible(&text) && seen.insert(text.clone()) {
                        found.push(Candidate::new(text, Engine::Tactics));
                        if found.len() == MAX_CANDIDATES {
                            return found;
                        }
                    }
                }
            }
        }
        found
    }
}

impl Default for Tactics {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Prover for Tactics {
    fn propose(&self, ask: &Ask) -> BoxStream<'static, Proposal> {
        let candidates = match ask.attempt {
            // It has tried all it knows.
            Some(_) => Vec::new(),
            None => self.candidates(&ask.goal),
        };
        stream::iter(candidates.into_iter().map(Proposal::Candidate)).boxed()
    }
}

/// The rows of the built-in table; a test sees to it that they can be read.
fn portfolio() -> Vec<PortfolioRow> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Table {
        tactics: Vec<PortfolioRow>,
    }
    match toml::from_str::<Table>(PORTFOLIO) {
        Ok(table) => table.tactics,
        Err(error) => unreachable!("the built-in portfolio cannot be read: {error}"),
    }
}

#[cfg(test)]
mod tests;
