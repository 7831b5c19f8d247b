//! Where a hole stands in what was compiled: its goal, and all that is bound around it. Pure.

use std::collections::HashSet;

use unsorry_olean::{BinderInfo, Expr, ExprId, NameId, Terms};

use super::alike::applied;
use super::compiled::Compiled;

/// The most terms that are looked at for the places of a hole.
const MAX_STEPS: usize = 2_000_000;

/// The place of a hole: its goal, and all that is bound around it, the outermost first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The universe parameters of the declaration.
    pub level_params: Vec<NameId>,
    /// What is bound around the goal.
    pub binders: Vec<Binder>,
    /// The goal.
    pub goal: ExprId,
}

impl Place {
    /// The terms that it is made of.
    pub fn terms(&self) -> Vec<ExprId> {
        let around = self.binders.iter();
        let around = around.flat_map(|binder| [Some(binder.ty), binder.value]);
        around.flatten().chain([self.goal]).collect()
    }

    /// The goal for all that is bound around it, as a term of its own.
    pub fn closed(&self, terms: &mut Terms) -> ExprId {
        let mut closed = self.goal;
        for binder in self.binders.iter().rev() {
            let Binder {
                name,
                info,
                ty,
                value,
            } = *binder;
            closed = terms.intern_expr(match value {
                None => Expr::Forall {
                    name,
                    info,
                    ty,
                    body: closed,
                },
                Some(value) => Expr::Let {
                    name,
                    ty,
                    value,
                    body: closed,
                    nondep: false,
                },
            });
        }
        closed
    }
}

/// A variable that is bound around a goal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binder {
    /// Its name.
    pub name: NameId,
    /// How it is bound.
    pub info: BinderInfo,
    /// Its type.
    pub ty: ExprId,
    /// What a `let` has.
    pub value: Option<ExprId>,
}

/// The place of the hole with this number; none where it has several, or none that a declaration of the user's
/// holds itself: what Lean makes for one leaves out what a goal does not mention.
pub fn place(
    terms: &Terms,
    before: &Compiled<'_>,
    holders: &[NameId],
    hole: usize,
) -> Option<Place> {
    let mut found: Option<Place> = None;
    let mut steps = 0;
    for &holder in holders {
        let constant = before.get(holder)?;
        let root = constant.value()?;
        let marked = holding(terms, before, root, hole);
        // Each term with the binders around it, as a list by its last.
        let mut scopes: Vec<(Option<usize>, Binder)> = Vec::new();
        let mut seen: HashSet<(ExprId, Option<usize>)> = HashSet::new();
        let mut waiting = vec![(root, None)];
        while let Some((at, scope)) = waiting.pop() {
            if !marked.contains(&at) || !seen.insert((at, scope)) {
                continue;
            }
            steps += 1;
            if steps > MAX_STEPS {
                return None;
            }
            if let Some((name, _, arguments)) = applied(terms, at)
                && before.marks.get(&name) == Some(&hole)
            {
                let place = Place {
                    level_params: constant.level_params.clone(),
                    binders: around(&scopes, scope),
                    goal: *arguments.first()?,
                };
                match &found {
                    Some(known) if *known != place => return None,
                    _ => found = Some(place),
                }
                continue;
            }
            match terms.expr(at) {
                Expr::Lam {
                    name,
                    info,
                    ty,
                    body,
                }
                | Expr::Forall {
                    name,
                    info,
                    ty,
                    body,
                } => {
                    waiting.push((*ty, scope));
                    let binder = Binder {
                        name: *name,
                        info: *info,
                        ty: *ty,
                        value: None,
                    };
                    scopes.push((scope, binder));
                    waiting.push((*body, Some(scopes.len() - 1)));
                }
                Expr::Let {
                    name,
                    ty,
                    value,
                    body,
                    ..
                } => {
                    waiting.extend([(*ty, scope), (*value, scope)]);
                    let binder = Binder {
                        name: *name,
                        info: BinderInfo::Default,
                        ty: *ty,
                        value: Some(*value),
                    };
                    scopes.push((scope, binder));
                    waiting.push((*body, Some(scopes.len() - 1)));
                }
                other => waiting.extend(other.children().map(|child| (child, scope))),
            }
        }
    }
    found
}

/// The terms within `root` that hold the mark.
fn holding(terms: &Terms, before: &Compiled<'_>, root: ExprId, hole: usize) -> HashSet<ExprId> {
    let mut holding = HashSet::new();
    let mut seen = HashSet::new();
    let mut waiting = vec![(root, false)];
    while let Some((at, is_ready)) = waiting.pop() {
        let expr = terms.expr(at);
        if is_ready {
            let is_mark =
                matches!(expr, Expr::Const(name, _) if before.marks.get(name) == Some(&hole));
            if is_mark || expr.children().any(|child| holding.contains(&child)) {
                holding.insert(at);
            }
        } else if seen.insert(at) {
            waiting.push((at, true));
            waiting.extend(expr.children().map(|child| (child, false)));
        }
    }
    holding
}

fn around(scopes: &[(Option<usize>, Binder)], mut scope: Option<usize>) -> Vec<Binder> {
    let mut binders = Vec::new();
    while let Some((outer, binder)) = scope.and_then(|at| scopes.get(at)) {
        binders.push(binder.clone());
        scope = *outer;
    }
    binders.reverse();
    binders
}
