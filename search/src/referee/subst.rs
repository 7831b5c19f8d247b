//! Variables of terms, moved and replaced. Pure.

use std::collections::HashMap;

use unsorry_olean::{Expr, ExprId, Terms};

/// The most terms that are made for one.
const MAX_STEPS: usize = 200_000;

/// The term with its variables replaced: `with(terms, i, depth)` is what stands for the variable that is bound by
/// the `i`th binder outside of the term, seen from under `depth` binders of the term's own. None where that has
/// none for one of them, or the term is too large.
pub fn replaced(
    terms: &mut Terms,
    term: ExprId,
    with: &mut dyn FnMut(&mut Terms, u32, u32) -> Option<ExprId>,
) -> Option<ExprId> {
    let mut done: HashMap<(ExprId, u32), ExprId> = HashMap::new();
    let mut waiting = vec![(term, 0, false)];
    while let Some((at, depth, is_ready)) = waiting.pop() {
        if done.contains_key(&(at, depth)) {
            continue;
        }
        if done.len() > MAX_STEPS {
            return None;
        }
        let mut expr = terms.expr(at).clone();
        if !is_ready {
            waiting.push((at, depth, true));
            let inner = |child| (child, depth + 1, false);
            match &expr {
                Expr::Lam { ty, body, .. } | Expr::Forall { ty, body, .. } => {
                    waiting.extend([(*ty, depth, false), inner(*body)]);
                }
                Expr::Let {
                    ty, value, body, ..
                } => {
                    waiting.extend([(*ty, depth, false), (*value, depth, false), inner(*body)]);
                }
                other => waiting.extend(other.children().map(|child| (child, depth, false))),
            }
            continue;
        }
        let here = |child: ExprId| done.get(&(child, depth)).copied();
        let under = |child: ExprId| done.get(&(child, depth + 1)).copied();
        match &mut expr {
            Expr::BVar(index) if *index >= depth => {
                let new = with(terms, *index - depth, depth)?;
                done.insert((at, depth), new);
                continue;
            }
            Expr::App(function, argument) => {
                (*function, *argument) = (here(*function)?, here(*argument)?);
            }
            Expr::Proj(_, _, of) => *of = here(*of)?,
            Expr::Lam { ty, body, .. } | Expr::Forall { ty, body, .. } => {
                (*ty, *body) = (here(*ty)?, under(*body)?);
            }
            Expr::Let {
                ty, value, body, ..
            } => (*ty, *value, *body) = (here(*ty)?, here(*value)?, under(*body)?),
            _ => {}
        }
        let new = terms.intern_expr(expr);
        done.insert((at, depth), new);
    }
    done.get(&(term, 0)).copied()
}

/// The term as it is seen from under `by` more binders.
pub fn lifted(terms: &mut Terms, term: ExprId, by: u32) -> Option<ExprId> {
    if by == 0 {
        return Some(term);
    }
    replaced(terms, term, &mut |terms, index, depth| {
        let index = index.checked_add(depth)?.checked_add(by)?;
        Some(terms.intern_expr(Expr::BVar(index)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use unsorry_olean::BinderInfo;

    #[test]
    fn variables() {
        let mut terms = Terms::default();
        let name = terms.intern_dotted("x");
        let var = |terms: &mut Terms, index| terms.intern_expr(Expr::BVar(index));
        // `fun x => #0 #1`, which has one variable of its own.
        let term = |terms: &mut Terms, outer| {
            let (ty, own) = (var(terms, outer), var(terms, 0));
            let outer = var(terms, outer + 1);
            let body = terms.intern_expr(Expr::App(own, outer));
            let info = BinderInfo::Default;
            terms.intern_expr(Expr::Lam {
                name,
                info,
                ty,
                body,
            })
        };
        let (old, new) = (term(&mut terms, 0), term(&mut terms, 3));
        assert_eq!(lifted(&mut terms, old, 3), Some(new));
        let none = replaced(&mut terms, old, &mut |_, _, _| None);
        assert_eq!(none, None);
    }
}
