//! Whether a declaration is the one that it was. Pure.

use std::collections::HashSet;

use unsorry_olean::{Constant, ConstantKind, Expr, ExprId, NameId, Safety, Terms, Uses};

use super::super::alike::{Step, alike, applied, of_a_proof, spine};
use super::super::compiled::is_sorry;
use super::detail::Details;
use super::graph::Graph;

/// The declarations of a file, to be found in another.
pub struct Statements<'a> {
    pub terms: &'a Terms,
    pub before: &'a Graph<'a>,
    pub after: &'a Graph<'a>,
    /// What of the first Lean has made by itself.
    pub details: &'a Details,
}

/// What two terms are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Type,
    Value,
}

impl Statements<'_> {
    /// The constant of the first file of this name, if Lean has made it by itself. Such a one may have another name
    /// in another file, where others need it, too; so it is compared where it is used.
    fn detail(&self, name: NameId) -> Option<&Constant> {
        let detail = self.before.get(name)?;
        self.details.is_detail(name).then_some(detail)
    }

    /// What of a declaration is not what it was; none where all is but for proofs, and for what stands in the
    /// place of a `sorry`. Of one that is `unnamed` the value is nobody's.
    pub fn change(&self, old: &Constant, new: &Constant, unnamed: bool) -> Option<String> {
        let is = |constant: &Constant| kind(constant);
        if is(old) != is(new) {
            return Some(format!("it is {} now, not {}", article(new), article(old)));
        }
        if old.level_params != new.level_params {
            return Some("its universe parameters are others".into());
        }
        if !self.alike(Place::Type, old.ty, new.ty) {
            let what = match old.kind {
                ConstantKind::Theorem { .. } => "its statement",
                _ => "its type",
            };
            return Some(format!("{what} is another"));
        }
        let value_kept = match (&old.kind, &new.kind) {
            (ConstantKind::Theorem { .. }, _) => true,
            (
                ConstantKind::Definition { value: old, .. },
                ConstantKind::Definition { value: new, .. },
            )
            | (ConstantKind::Opaque { value: old, .. }, ConstantKind::Opaque { value: new, .. }) => {
                unnamed || self.alike(Place::Value, *old, *new)
            }
            (old_kind, new_kind) => {
                let mut pairs = old.exprs().zip(new.exprs());
                old_kind == new_kind && pairs.all(|(old, new)| self.alike(Place::Type, old, new))
            }
        };
        (!value_kept).then(|| match old.kind {
            ConstantKind::Definition { .. } | ConstantKind::Opaque { .. } => {
                "its value is another, and not only where a sorry was".into()
            }
            _ => "it is made of something else".into(),
        })
    }

    fn alike(&self, place: Place, old: ExprId, new: ExprId) -> bool {
        let mut uses = Uses::default();
        let mut seen: HashSet<(NameId, NameId)> = HashSet::new();
        alike(self.terms, (old, new), |old, new| {
            if !self.after.file().step() {
                return Step::Differs;
            }
            if self.is_proof_or_hole(place, old) {
                return Step::Same;
            }
            if old == new {
                let named = uses.of(self.terms, old).into_iter();
                let mut pairs = Vec::new();
                for name in named.filter(|name| seen.insert((*name, *name))) {
                    match self.inside((name, name)) {
                        Some(inside) => pairs.extend(inside),
                        None => return Step::Differs,
                    }
                }
                return Step::Instead(pairs);
            }
            match (self.terms.expr(old), self.terms.expr(new)) {
                (Expr::Const(a, us), Expr::Const(b, vs)) if us == vs => {
                    if self.detail(*a).is_none() || !self.after.has(*b) {
                        return Step::Differs;
                    }
                    if !seen.insert((*a, *b)) {
                        return Step::Same;
                    }
                    self.inside((*a, *b)).map_or(Step::Differs, Step::Instead)
                }
                (Expr::Lam { info: a, .. }, Expr::Lam { info: b, .. })
                | (Expr::Forall { info: a, .. }, Expr::Forall { info: b, .. })
                    if a != b =>
                {
                    Step::Differs
                }
                (Expr::App(..), Expr::App(..)) if self.is_same_sorry(old, new) => Step::Same,
                _ => Step::Look,
            }
        })
    }

    /// What two constants that stand at one place are the same by, where the old one is Lean's own; nothing for
    /// any other, which is compared on its own. None where they are not the same.
    fn inside(&self, (old, new): (NameId, NameId)) -> Option<Vec<(ExprId, ExprId)>> {
        let Some(old) = self.detail(old) else {
            return Some(Vec::new());
        };
        // Of proofs it is for the kernel to say whether they are any.
        if old.is_theorem() {
            return Some(Vec::new());
        }
        let new = self.after.get(new)?;
        if old.level_params != new.level_params || kind(old) != kind(new) {
            return None;
        }
        match (&old.kind, &new.kind) {
            (
                ConstantKind::Definition { value: v, .. },
                ConstantKind::Definition { value: w, .. },
            )
            | (ConstantKind::Opaque { value: v, .. }, ConstantKind::Opaque { value: w, .. }) => {
                Some(vec![(old.ty, new.ty), (*v, *w)])
            }
            (old_kind, new_kind) => (old.name == new.name && old_kind == new_kind)
                .then(|| old.exprs().zip(new.exprs()).collect()),
        }
    }

    /// Whether a term is a proof that Lean has made a theorem of, a `sorry` in the place of a proof, or, in a
    /// value, any `sorry`, as a function or not: what stands there instead is for the kernel to say.
    fn is_proof_or_hole(&self, place: Place, mut at: ExprId) -> bool {
        if place == Place::Value {
            while let Expr::Lam { body, .. } = self.terms.expr(at) {
                at = *body;
            }
        }
        let Some((name, levels, _)) = applied(self.terms, at) else {
            return false;
        };
        if is_sorry(self.terms, name) {
            return place == Place::Value || of_a_proof(self.terms, levels);
        }
        self.detail(name).is_some_and(Constant::is_theorem)
    }

    /// Whether both are a `sorry` of one type: where it stands is in it, and says nothing.
    fn is_same_sorry(&self, old: ExprId, new: ExprId) -> bool {
        let (old, new) = (spine(self.terms, old), spine(self.terms, new));
        let is_sorry = |head: ExprId| match self.terms.expr(head) {
            Expr::Const(name, _) => is_sorry(self.terms, *name),
            _ => false,
        };
        old.0 == new.0 && is_sorry(old.0) && old.1.first() == new.1.first()
    }
}

/// The name of a constant's kind, where two that have the same may be the same.
pub fn kind(constant: &Constant) -> &'static str {
    match &constant.kind {
        ConstantKind::Axiom { is_unsafe: false } => "axiom",
        ConstantKind::Axiom { is_unsafe: true } => "unsafe axiom",
        ConstantKind::Definition { safety, .. } => match safety {
            Safety::Safe => "definition",
            Safety::Unsafe => "unsafe definition",
            Safety::Partial => "partial definition",
        },
        ConstantKind::Theorem { .. } => "theorem",
        ConstantKind::Opaque { is_unsafe, .. } => match is_unsafe {
            false => "opaque constant",
            true => "unsafe opaque constant",
        },
        ConstantKind::Quot { .. } => "quotient",
        ConstantKind::Inductive { .. } => "inductive type",
        ConstantKind::Constructor { .. } => "constructor",
        ConstantKind::Recursor { .. } => "recursor",
    }
}

fn article(constant: &Constant) -> String {
    let kind = kind(constant);
    let article = match kind.starts_with(['a', 'i', 'o', 'u']) {
        true => "an",
        false => "a",
    };
    format!("{article} {kind}")
}
