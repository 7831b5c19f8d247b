//! Whether what was forged is a proof, found out by unfolding everything.

use std::collections::{BTreeMap, BTreeSet};

use unsorry_olean::{Constant, Expr, ExprId, NameId};

use super::super::super::compiled::is_sorry;
use super::super::super::names::shown;
use super::super::tests::Files;
use super::{JUDGED, NAMES};

/// What is left of a file when everything is unfolded.
struct Unfolded<'a> {
    files: &'a Files,
    constants: BTreeMap<NameId, &'a Constant>,
    /// What a statement is made of is taken as it is.
    folded: BTreeSet<NameId>,
}

impl Unfolded<'_> {
    fn value(&self, name: NameId) -> Option<ExprId> {
        let is_mark = shown(&self.files.terms, name).starts_with("secret");
        self.constants.get(&name).filter(|_| !is_mark)?.value()
    }

    /// What data is, or a statement says: a mark is nothing, and one proof is another.
    fn meaning(&self, at: ExprId) -> String {
        if self.files.is_data(&self.constants, at) == Some(false) {
            return "_".to_owned();
        }
        let is_mark = self.files.head(at).starts_with("secret");
        match self.files.terms.expr(at) {
            Expr::App(_, what) if is_mark => self.meaning(*what),
            Expr::App(function, argument) => {
                format!("{}({})", self.meaning(*function), self.meaning(*argument))
            }
            Expr::Const(name, _) => match self.value(*name) {
                Some(value) => self.meaning(value),
                None => shown(&self.files.terms, *name),
            },
            other => format!("{other:?}"),
        }
    }

    /// Where a `sorry` stands, and under which mark.
    fn sorries(&self, at: ExprId, path: &str, mark: &str, found: &mut BTreeSet<(String, String)>) {
        match self.files.terms.expr(at) {
            Expr::App(function, argument) => {
                let head = self.files.head(at);
                let under = if head.starts_with("secret") {
                    &head
                } else {
                    ""
                };
                self.sorries(*function, &format!("{path}f"), mark, found);
                self.sorries(*argument, &format!("{path}a"), under, found);
            }
            Expr::Const(name, _) if is_sorry(&self.files.terms, *name) => {
                // `sorryAx P`, by its own path.
                found.insert((path.to_owned(), mark.to_owned()));
            }
            Expr::Const(name, _) if !self.folded.contains(name) => {
                if let Some(value) = self.value(*name) {
                    self.sorries(value, path, mark, found);
                }
            }
            _ => {}
        }
    }

    /// The data of which terms are made, through data; what Lean has made is no declaration, but may lead to one.
    fn data(&self, at: ExprId, found: &mut BTreeSet<NameId>) {
        if let Expr::Const(name, _) = self.files.terms.expr(at)
            && let Some(constant) = self.constants.get(name)
            && !constant.is_theorem()
            && (shown(&self.files.terms, *name).starts_with("t") || found.insert(*name))
        {
            constant.exprs().for_each(|at| self.data(at, found));
        }
        let children = self.files.terms.expr(at).children();
        children.for_each(|child| self.data(child, found));
    }
}

impl Unfolded<'_> {
    /// Whether all that a term is made of is there: the kernel refuses the rest.
    fn is_whole(&self, at: ExprId) -> bool {
        let is_there = match self.files.terms.expr(at) {
            Expr::Const(name, _) if NAMES.contains(&&*shown(&self.files.terms, *name)) => {
                let constant = self.constants.get(name);
                constant.is_some_and(|one| one.exprs().all(|at| self.is_whole(at)))
            }
            _ => true,
        };
        let mut children = self.files.terms.expr(at).children();
        is_there && children.all(|child| self.is_whole(child))
    }
}

/// Why what was forged is no proof, though the kernel may take it: of each declaration that holds the hole.
pub(super) fn flaw(files: &Files, filled: &[usize], leaves_open: bool) -> Option<String> {
    let mut names = ["t", "v"].into_iter();
    names.find_map(|name| flaw_of(files, name, filled, leaves_open))
}

fn flaw_of(files: &Files, name: &str, filled: &[usize], leaves_open: bool) -> Option<String> {
    let unfolded = |constants: &'_ [Constant]| -> BTreeMap<NameId, Constant> {
        let constants = constants.iter().map(|one| (one.name, one.clone()));
        constants.collect()
    };
    let (before, after) = (unfolded(&files.before), unfolded(&files.after));
    let name = files.terms.find_dotted(name)?;
    let (old, new) = (before.get(&name)?, after.get(&name)?);
    // What another declaration holds through this one is this one's.
    let t = files.terms.find_dotted("t");
    let beside: BTreeSet<NameId> = t.into_iter().filter(|t| *t != name).collect();
    let mut before = Unfolded {
        files,
        constants: before.iter().map(|(name, one)| (*name, one)).collect(),
        folded: beside.clone(),
    };
    let mut after = Unfolded {
        files,
        constants: after.iter().map(|(name, one)| (*name, one)).collect(),
        folded: BTreeSet::new(),
    };
    let holds = |at: ExprId| {
        let mut found = BTreeSet::new();
        before.sorries(at, "", "", &mut found);
        let mut marks = found.iter().map(|(_, mark)| mark);
        marks.any(|mark| *mark == format!("secret_{JUDGED}"))
    };
    if !old.exprs().any(holds) || !new.exprs().all(|at| after.is_whole(at)) {
        return None;
    }
    let (was, is) = (before.meaning(old.ty), after.meaning(new.ty));
    if was != is {
        return Some(format!("it stated {was}, and states {is}"));
    }
    let (of_old, of_new) = (old.value()?, new.value()?);
    if !old.is_theorem() {
        let (was, is) = (before.meaning(of_old), after.meaning(of_new));
        if was != is {
            return Some(format!("it was {was}, and is {is}"));
        }
    }
    let mut stated = beside;
    before.data(old.ty, &mut stated);
    if !old.is_theorem() {
        before.data(of_old, &mut stated);
    }
    (before.folded, after.folded) = (stated.clone(), stated);
    let (mut was, mut is) = (BTreeSet::new(), BTreeSet::new());
    before.sorries(of_old, "", "", &mut was);
    after.sorries(of_new, "", "", &mut is);
    was.retain(|(_, mark)| !filled.iter().any(|hole| *mark == format!("secret_{hole}")));
    is.retain(|(_, mark)| !(leaves_open && mark == "secret_2"));
    let new = is.difference(&was).next()?;
    Some(format!("it rests on a sorry at {new:?}"))
}

/// What the kernel is not given though it is made of what has another type now.
pub(super) fn unseen(files: &Files, given: &BTreeSet<NameId>) -> Option<String> {
    let ty = |all: &[Constant], name| {
        let mut found = all.iter().filter(|one| one.name == name);
        found.next().map(|one| one.ty)
    };
    let is_other = |name| {
        let (old, new) = (ty(&files.before, name), ty(&files.after, name));
        old.is_some() && old != new
    };
    let mut left = files.after.iter().filter(|one| !given.contains(&one.name));
    let unseen = left.find(|one| {
        let mut waiting: Vec<ExprId> = one.exprs().collect();
        while let Some(at) = waiting.pop() {
            let expr = files.terms.expr(at);
            if matches!(expr, Expr::Const(name, _) if is_other(*name)) {
                return true;
            }
            waiting.extend(expr.children());
        }
        false
    })?;
    let name = shown(&files.terms, unseen.name);
    Some(format!(
        "`{name}` is made of what has another type, and is not checked"
    ))
}
