//! Which constants expressions name.

use std::collections::HashSet;

use crate::{Expr, ExprId, NameId, Terms};

/// The constants that several expressions name. What they share is visited once, so that all a constant leads to can be
/// followed in linear time.
#[derive(Debug, Default)]
pub struct Uses {
    seen: HashSet<ExprId>,
    found: HashSet<NameId>,
    /// What has been seen, and not been looked at.
    rest: Vec<ExprId>,
}

impl Uses {
    /// The constants that an expression names, or of which it takes a field, and none before it did of which this was
    /// asked; each once.
    pub fn of(&mut self, terms: &Terms, expr: ExprId) -> Vec<NameId> {
        self.add(expr);
        std::iter::from_fn(|| self.next(terms)).collect()
    }

    fn add(&mut self, expr: ExprId) {
        if self.seen.insert(expr) {
            self.rest.push(expr);
        }
    }

    fn next(&mut self, terms: &Terms) -> Option<NameId> {
        while let Some(id) = self.rest.pop() {
            let expr = terms.expr(id);
            let children = expr.children().filter(|child| self.seen.insert(*child));
            self.rest.extend(children);
            if let Expr::Const(name, _) | Expr::Proj(name, ..) = expr
                && self.found.insert(*name)
            {
                return Some(*name);
            }
        }
        None
    }
}

impl Terms {
    /// The constants that an expression names, or of which it takes a field, each once. Each part of it is visited once,
    /// however often it occurs; see [`Uses`] for several expressions.
    pub fn constants_in(&self, expr: ExprId) -> impl Iterator<Item = NameId> {
        let mut uses = Uses::default();
        uses.add(expr);
        std::iter::from_fn(move || uses.next(self))
    }
}
