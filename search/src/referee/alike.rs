//! Two terms side by side. Pure.

use std::collections::HashSet;

use unsorry_olean::{Expr, ExprId, Level, LevelId, NameId, Terms};

/// What is to be done with two terms at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing: they count as the same.
    Same,
    /// They count as different.
    Differs,
    /// They are the same if what they consist of is.
    Look,
    /// They are the same if these are.
    Instead(Vec<(ExprId, ExprId)>),
}

/// Whether the one term is the other, where `step` says how any two parts at one place are compared. No pair is
/// looked at twice, and none deeper than the other: whoever wrote them is not believed.
pub fn alike(
    terms: &Terms,
    pair: (ExprId, ExprId),
    mut step: impl FnMut(ExprId, ExprId) -> Step,
) -> bool {
    let mut seen: HashSet<(ExprId, ExprId)> = HashSet::new();
    let mut waiting = vec![pair];
    while let Some((old, new)) = waiting.pop() {
        if !seen.insert((old, new)) {
            continue;
        }
        match step(old, new) {
            Step::Same => continue,
            Step::Differs => return false,
            Step::Instead(pairs) => {
                waiting.extend(pairs);
                continue;
            }
            Step::Look => {}
        }
        let (old, new) = (terms.expr(old), terms.expr(new));
        let is_of_a_kind = match (old, new) {
            (Expr::App(..), Expr::App(..))
            | (Expr::Lam { .. }, Expr::Lam { .. })
            | (Expr::Forall { .. }, Expr::Forall { .. })
            | (Expr::Let { .. }, Expr::Let { .. }) => true,
            (Expr::Proj(s, i, _), Expr::Proj(t, j, _)) => s == t && i == j,
            _ => false,
        };
        if !is_of_a_kind {
            return false;
        }
        waiting.extend(old.children().zip(new.children()));
    }
    true
}

/// The head of an application, and its arguments from left to right.
pub fn spine(terms: &Terms, mut at: ExprId) -> (ExprId, Vec<ExprId>) {
    let mut arguments = Vec::new();
    while let Expr::App(function, argument) = terms.expr(at) {
        arguments.push(*argument);
        at = *function;
    }
    arguments.reverse();
    (at, arguments)
}

/// The constant that a term is, or applies, its levels, and its arguments from left to right; none of another term.
pub fn applied(terms: &Terms, at: ExprId) -> Option<(NameId, &[LevelId], Vec<ExprId>)> {
    let (head, arguments) = spine(terms, at);
    match terms.expr(head) {
        Expr::Const(name, levels) => Some((*name, levels, arguments)),
        _ => None,
    }
}

/// Whether the levels of `sorryAx`, or of a mark, are those of a proof.
pub fn of_a_proof(terms: &Terms, levels: &[LevelId]) -> bool {
    levels.first().is_some_and(|level| is_zero(terms, *level))
}

/// Whether a level is zero whatever its parameters are.
pub fn is_zero(terms: &Terms, level: LevelId) -> bool {
    let mut seen = HashSet::new();
    let mut waiting = vec![level];
    while let Some(level) = waiting.pop() {
        if !seen.insert(level) {
            continue;
        }
        match terms.level(level) {
            Level::Zero => {}
            Level::Max(a, b) => waiting.extend([*a, *b]),
            Level::IMax(_, b) => waiting.push(*b),
            _ => return false,
        }
    }
    true
}
