//! That a theorem says the contrary of a hole's goal, which is read, with all that stands around it, from the file as
//! it stands (`place`): it is Lean's kernel that compares. Pure.

use unsorry_olean::{
    BinderInfo, Constant, ConstantKind, Expr, ExprId, Level, LevelId, NameId, Terms,
};

use super::alike::applied;
use super::names;
use super::place::Place;
use super::subst::{lifted, replaced};

/// The most ways in which a theorem's variables are fitted to those around a goal, and so the most of these.
const MAX_FITTINGS: usize = 1_000;

/// A theorem for the kernel, `name`, which holds only if `theorem` says the contrary of the goal at `place`, for
/// all that is bound around it.
pub fn contradiction(
    terms: &mut Terms,
    place: &Place,
    theorem: &Constant,
    name: NameId,
) -> Option<Constant> {
    let closed = place.closed(terms);
    let params = theorem.level_params.iter().map(|param| {
        let is_known = place.level_params.contains(param);
        is_known.then(|| terms.intern_level(Level::Param(*param)))
    });
    let levels: Option<Vec<_>> = params.collect();
    let proof = terms.intern_expr(Expr::Const(theorem.name, levels?.into()));
    let not = terms.intern_dotted("Not");
    let not = terms.intern_expr(Expr::Const(not, Box::new([])));
    let ty = terms.intern_expr(Expr::App(not, closed));
    let value = Fitting::of(terms, place, theorem.ty)
        .and_then(|fitting| fitting.term(terms, closed, proof))
        .unwrap_or(proof);
    Some(Constant {
        name,
        level_params: place.level_params.clone(),
        ty,
        kind: ConstantKind::Theorem {
            value,
            all: vec![name],
        },
    })
}

/// What stands for a variable that is bound around the goal.
#[derive(Debug, Clone, Copy)]
enum Stand {
    /// A variable of the theorem's, by its number from the outermost.
    Bound(u32),
    /// A term under so many of the theorem's binders.
    Term(ExprId, u32),
    /// To be found when all are known.
    Open,
}

/// The theorem's variables beside those around the goal, of which it may leave some out that nothing else needs:
/// where a proof goes by induction, what that was about stands around the goal as well.
struct Fitting {
    /// The theorem's binders: names, binder kinds, types.
    own: Vec<(NameId, BinderInfo, ExprId)>,
    stands: Vec<Stand>,
}

impl Fitting {
    fn of(terms: &mut Terms, place: &Place, ty: ExprId) -> Option<Fitting> {
        let Expr::App(not, body) = terms.expr(ty) else {
            return None;
        };
        let (not, rest) = (*not, *body);
        if !matches!(terms.expr(not), Expr::Const(name, _) if names::last(terms, *name) == "Not") {
            return None;
        }
        let mut fitting = Fitting {
            own: Vec::new(),
            stands: Vec::new(),
        };
        if place.binders.iter().any(|binder| binder.value.is_some()) {
            return None;
        }
        fitting.fit(terms, place, rest, &mut { MAX_FITTINGS })?;
        for at in 0..fitting.stands.len() {
            if matches!(fitting.stands[at], Stand::Open) {
                let binder = &place.binders[at];
                let outer = Fitting {
                    own: fitting.own.clone(),
                    stands: fitting.stands[..at].to_vec(),
                };
                let wanted = outer.seen(terms, binder.ty)?;
                let found = fitting.found(terms, wanted)?;
                fitting.stands[at] = Stand::Term(found, fitting.depth());
            }
        }
        Some(fitting)
    }

    /// Fits what is bound around the goal from here on, and the goal, to `rest` of what the theorem denies: each
    /// variable is one of the theorem's or is left out, whichever leads to the end.
    fn fit(
        &mut self,
        terms: &mut Terms,
        place: &Place,
        rest: ExprId,
        left: &mut usize,
    ) -> Option<()> {
        *left = left.checked_sub(1)?;
        let Some(binder) = place.binders.get(self.stands.len()) else {
            let goal = self.seen(terms, place.goal)?;
            return (goal == rest).then_some(());
        };
        let wanted = self.seen(terms, binder.ty)?;
        let next = match terms.expr(rest) {
            Expr::Forall {
                name,
                info,
                ty,
                body,
            } if *ty == wanted => Some((*name, *info, *ty, *body)),
            _ => None,
        };
        if let Some((name, info, ty, body)) = next {
            self.own.push((name, info, ty));
            self.stands.push(Stand::Bound(self.depth() - 1));
            if self.fit(terms, place, body, left).is_some() {
                return Some(());
            }
            self.own.pop();
            self.stands.pop();
        }
        let found = self.found(terms, wanted);
        let depth = self.depth();
        let stand = found.map_or(Stand::Open, |term| Stand::Term(term, depth));
        self.stands.push(stand);
        let fits = self.fit(terms, place, rest, left);
        if fits.is_none() {
            self.stands.pop();
        }
        fits
    }

    fn depth(&self) -> u32 {
        u32::try_from(self.own.len()).unwrap_or(u32::MAX)
    }

    /// A term that stands under the binders around the goal, as many as have been fitted, under the theorem's.
    fn seen(&self, terms: &mut Terms, term: ExprId) -> Option<ExprId> {
        let (stands, now) = (&self.stands, self.depth());
        replaced(terms, term, &mut |terms, index, depth| {
            let at = stands.len().checked_sub(1 + index as usize)?;
            match stands[at] {
                Stand::Bound(number) => {
                    let index = now.checked_sub(1 + number)?.checked_add(depth)?;
                    Some(terms.intern_expr(Expr::BVar(index)))
                }
                Stand::Term(term, under) => lifted(terms, term, now - under + depth),
                Stand::Open => None,
            }
        })
    }

    /// A term of this type: one of the theorem's variables, or what is put together of them.
    fn found(&self, terms: &mut Terms, wanted: ExprId) -> Option<ExprId> {
        for (number, (_, _, ty)) in self.own.iter().enumerate() {
            let number = u32::try_from(number).ok()?;
            let ty = lifted(terms, *ty, self.depth() - number)?;
            if ty == wanted {
                return Some(terms.intern_expr(Expr::BVar(self.depth() - 1 - number)));
            }
        }
        let (name, levels, arguments) = applied(terms, wanted)?;
        let levels: Box<[LevelId]> = levels.into();
        let made = |terms: &mut Terms, by: &str, arguments: &[ExprId]| {
            let by = terms.intern_dotted(by);
            let by = terms.intern_expr(Expr::Const(by, levels.clone()));
            arguments.iter().fold(by, |function, argument| {
                terms.intern_expr(Expr::App(function, *argument))
            })
        };
        match (names::shown(terms, name).as_str(), arguments.as_slice()) {
            ("Nat", []) => Some(made(terms, "Nat.zero", &[])),
            ("List", all @ [_]) => Some(made(terms, "List.nil", all)),
            ("Eq", [ty, one, other]) if one == other => Some(made(terms, "Eq.refl", &[*ty, *one])),
            ("And", [left, right]) => {
                let (one, other) = (self.found(terms, *left)?, self.found(terms, *right)?);
                Some(made(terms, "And.intro", &[*left, *right, one, other]))
            }
            _ => None,
        }
    }

    /// `fun (all : closed) => proof (fun own… => all stands…)`
    fn term(&self, terms: &mut Terms, closed: ExprId, proof: ExprId) -> Option<ExprId> {
        if self.own.len() == self.stands.len() {
            return Some(proof);
        }
        let depth = self.depth();
        let mut body = terms.intern_expr(Expr::BVar(depth));
        for stand in &self.stands {
            let argument = match *stand {
                Stand::Bound(number) => terms.intern_expr(Expr::BVar(depth - 1 - number)),
                Stand::Term(term, under) => lifted(terms, term, depth - under)?,
                Stand::Open => return None,
            };
            body = terms.intern_expr(Expr::App(body, argument));
        }
        for (name, info, ty) in self.own.iter().rev() {
            body = terms.intern_expr(Expr::Lam {
                name: *name,
                info: *info,
                ty: *ty,
                body,
            });
        }
        let applied = terms.intern_expr(Expr::App(proof, body));
        let name = terms.intern_dotted("all");
        Some(terms.intern_expr(Expr::Lam {
            name,
            info: BinderInfo::Default,
            ty: closed,
            body: applied,
        }))
    }
}
