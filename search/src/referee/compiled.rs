//! A compiled file of the referee's: its constants by name, what each is made of, and which hold a mark. Pure.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use unsorry_olean::{Constant, ConstantKind, Expr, ExprId, Module, NameId, Safety, Terms};

use super::alike::applied;
use super::names::{self, shown};

/// The most terms that are looked at in a file, the same one for each constant that has it.
const MAX_STEPS: u64 = 200_000_000;

/// The axiom behind `sorry`.
pub const SORRY: &str = "sorryAx";

/// The marks of a file, as far as a comparison needs them.
#[derive(Debug)]
pub struct Marks {
    /// The last parts of the marks' names, in the order of the file's holes.
    pub marks: Vec<String>,
    /// The number of the file's holes: the marks behind those are for what sketches leave open.
    pub holes: usize,
    /// The names of the file's declarations as they are written, by their parts.
    pub declared: Vec<Vec<String>>,
}

/// A compiled file.
pub struct Compiled<'a> {
    terms: &'a Terms,
    /// All of it.
    pub module: &'a Module,
    by_name: HashMap<NameId, &'a Constant>,
    /// The marks by their names.
    pub marks: HashMap<NameId, usize>,
    recursors: HashMap<NameId, Vec<NameId>>,
    /// What each constant names, as far as that was asked.
    used: RefCell<HashMap<NameId, Rc<[NameId]>>>,
    /// What names each constant, once that was asked.
    users: OnceCell<HashMap<NameId, Vec<NameId>>>,
    /// The terms that may still be looked at: a forged file could have each of a million constants share one of a
    /// million terms.
    steps: Cell<u64>,
}

/// The terms that say what a constant states, and what it is where it is data: a proof is neither.
pub fn statement_terms(constant: &Constant) -> impl Iterator<Item = ExprId> {
    let data = constant.value().filter(|_| !constant.is_theorem());
    [constant.ty].into_iter().chain(data)
}

/// The constants that belong to an inductive type beside those that its terms name.
pub fn kin(constant: &Constant) -> Vec<NameId> {
    match &constant.kind {
        ConstantKind::Inductive { all, ctors, .. } => all.iter().chain(ctors).copied().collect(),
        ConstantKind::Constructor { induct, .. } => vec![*induct],
        ConstantKind::Recursor { all, .. } => all.clone(),
        _ => Vec::new(),
    }
}

/// The recursors of each inductive type of a module.
pub fn recursors(module: &Module) -> HashMap<NameId, Vec<NameId>> {
    let mut recursors: HashMap<NameId, Vec<NameId>> = HashMap::new();
    for constant in &module.constants {
        if let ConstantKind::Recursor { all, .. } = &constant.kind {
            for name in all {
                recursors.entry(*name).or_default().push(constant.name);
            }
        }
    }
    recursors
}

/// Whether a name is that of the axiom behind `sorry`.
pub fn is_sorry(terms: &Terms, name: NameId) -> bool {
    names::last(terms, name) == SORRY && shown(terms, name) == SORRY
}

/// Whether Lean's kernel does not look at a constant.
pub fn is_unchecked(constant: &Constant) -> bool {
    match &constant.kind {
        ConstantKind::Definition { safety, .. } => *safety != Safety::Safe,
        ConstantKind::Opaque { is_unsafe, .. }
        | ConstantKind::Axiom { is_unsafe }
        | ConstantKind::Inductive { is_unsafe, .. }
        | ConstantKind::Constructor { is_unsafe, .. }
        | ConstantKind::Recursor { is_unsafe, .. } => *is_unsafe,
        _ => false,
    }
}

impl<'a> Compiled<'a> {
    /// The file as it stands, with these marks.
    pub fn of(terms: &'a Terms, marks: &Marks, module: &'a Module) -> Compiled<'a> {
        let numbers = marks.marks.iter().enumerate();
        let numbers: HashMap<&str, usize> = numbers
            .map(|(number, mark)| (mark.as_str(), number))
            .collect();
        let marked = module.constants.iter().filter_map(|constant| {
            let number = numbers.get(names::last(terms, constant.name))?;
            Some((constant.name, *number))
        });
        Compiled {
            marks: marked.collect(),
            ..Compiled::unmarked(terms, module)
        }
    }

    /// What became of a file whose marks are those of `before`: whoever compiled it may have called anything so.
    pub fn after(before: &Compiled<'a>, module: &'a Module) -> Compiled<'a> {
        Compiled {
            marks: before.marks.clone(),
            ..Compiled::unmarked(before.terms, module)
        }
    }

    /// A file without marks.
    pub fn unmarked(terms: &'a Terms, module: &'a Module) -> Compiled<'a> {
        let constants = module.constants.iter();
        Compiled {
            terms,
            module,
            marks: HashMap::new(),
            recursors: recursors(module),
            used: RefCell::default(),
            users: OnceCell::new(),
            steps: Cell::new(MAX_STEPS),
            by_name: constants
                .map(|constant| (constant.name, constant))
                .collect(),
        }
    }

    /// The constant of this name, if it is of this file.
    pub fn get(&self, name: NameId) -> Option<&'a Constant> {
        self.by_name.get(&name).copied()
    }

    /// Whether a constant is a theorem of this file.
    pub fn is_theorem(&self, name: NameId) -> bool {
        self.get(name).is_some_and(Constant::is_theorem)
    }

    /// All terms that a constant of this file is made of.
    fn terms_of(&self, name: NameId) -> Vec<ExprId> {
        let exprs = self.get(name).map(Constant::exprs);
        exprs.into_iter().flatten().collect()
    }

    /// Whether there was too much to look at: then nothing that was said of it counts.
    pub fn is_too_much(&self) -> bool {
        self.steps.get() == 0
    }

    /// The constants that a constant of this file names.
    pub fn used(&self, name: NameId) -> Rc<[NameId]> {
        if let Some(known) = self.used.borrow().get(&name) {
            return known.clone();
        }
        let used: Rc<[NameId]> = self.named_in(self.terms_of(name)).into();
        self.used.borrow_mut().insert(name, used.clone());
        used
    }

    /// The constants that terms name, each once.
    pub fn named_in(&self, mut waiting: Vec<ExprId>) -> Vec<NameId> {
        let mut seen: HashSet<ExprId> = HashSet::new();
        let mut found: HashSet<NameId> = HashSet::new();
        while let Some(at) = waiting.pop() {
            if !seen.insert(at) || !self.step() {
                continue;
            }
            let expr = self.terms.expr(at);
            if let Expr::Const(name, _) | Expr::Proj(name, ..) = expr {
                found.insert(*name);
            }
            waiting.extend(expr.children());
        }
        found.into_iter().collect()
    }

    /// Counts one more thing that is looked at; false where that is too much.
    pub fn step(&self) -> bool {
        let left = self.steps.get().saturating_sub(1);
        self.steps.set(left);
        left > 0
    }

    /// The constants that belong to an inductive type beside those that its terms name, its recursors among them.
    pub fn kin(&self, constant: &Constant) -> Vec<NameId> {
        let recursors = match &constant.kind {
            ConstantKind::Inductive { .. } => self.recursors.get(&constant.name),
            _ => None,
        };
        let recursors = recursors.into_iter().flatten().copied();
        kin(constant).into_iter().chain(recursors).collect()
    }

    /// The marks that a constant of this file holds.
    pub fn marks_in(&self, name: NameId) -> Vec<usize> {
        let used = self.used(name);
        let marks = used.iter().filter_map(|used| self.marks.get(used));
        marks.copied().collect()
    }

    /// The constants of this file that name a constant, but for those that no kernel sees.
    pub fn users(&self, name: NameId) -> &[NameId] {
        let users = self.users.get_or_init(|| {
            let mut users: HashMap<NameId, Vec<NameId>> = HashMap::new();
            let constants = self.module.constants.iter();
            for constant in constants.filter(|constant| !is_unchecked(constant)) {
                for &used in self.used(constant.name).iter() {
                    users.entry(used).or_default().push(constant.name);
                }
            }
            users
        });
        users.get(&name).map_or(&[], Vec::as_slice)
    }

    /// The constants of this file that hold a mark, but for those that no kernel sees.
    pub fn holders(&self, mark: usize) -> Vec<NameId> {
        let marks = self.marks.iter().filter(|(_, number)| **number == mark);
        let holders = marks.flat_map(|(name, _)| self.users(*name));
        let mut holders: Vec<NameId> = holders.copied().collect();
        holders.sort_unstable();
        holders
    }

    /// All constants of this file that `names` are made of, themselves among them.
    pub fn cone(&self, names: impl IntoIterator<Item = NameId>) -> BTreeSet<NameId> {
        self.reached(names, |name| self.used(name).to_vec())
    }

    /// All constants of this file on which the meaning of `terms` rests: proofs have none.
    pub fn meaning(&self, terms: &[ExprId]) -> BTreeSet<NameId> {
        self.reached(self.named_in(terms.to_vec()), |name| {
            match self.is_theorem(name) {
                true => Vec::new(),
                false => self.used(name).to_vec(),
            }
        })
    }

    /// The constants of this file that the proofs in some declarations are made of; what those state, which is made
    /// of the constants `stated`, is not looked into.
    pub fn reached_by_proof(
        &self,
        declarations: &BTreeSet<NameId>,
        stated: &BTreeSet<NameId>,
    ) -> BTreeSet<NameId> {
        self.reached(declarations.iter().copied(), |name| {
            let names = match self.get(name) {
                Some(Constant {
                    kind: ConstantKind::Theorem { value, .. },
                    ..
                }) if declarations.contains(&name) => self.named_in(vec![*value]),
                _ => self.used(name).to_vec(),
            };
            let beyond = names.into_iter().filter(|name| !stated.contains(name));
            beyond.collect()
        })
    }

    fn reached(
        &self,
        names: impl IntoIterator<Item = NameId>,
        next: impl Fn(NameId) -> Vec<NameId>,
    ) -> BTreeSet<NameId> {
        let mut reached = BTreeSet::new();
        let mut waiting: Vec<NameId> = names.into_iter().collect();
        while let Some(name) = waiting.pop() {
            let Some(constant) = self.get(name) else {
                continue;
            };
            if reached.insert(name) {
                waiting.extend(next(name));
                waiting.extend(self.kin(constant));
            }
        }
        reached
    }

    /// The file's axioms in a cone, and the constants of imports that it uses.
    pub fn foundations(&self, cone: &BTreeSet<NameId>) -> (BTreeSet<String>, BTreeSet<NameId>) {
        let (mut axioms, mut imported) = (BTreeSet::new(), BTreeSet::new());
        for &name in cone {
            let axiom = self.get(name).map(|constant| &constant.kind);
            if matches!(axiom, Some(ConstantKind::Axiom { .. })) && !is_sorry(self.terms, name) {
                axioms.insert(shown(self.terms, name));
            }
            let used = self.used(name);
            let others = used.iter().copied();
            imported.extend(
                others.filter(|used| self.get(*used).is_none() && !is_sorry(self.terms, *used)),
            );
        }
        (axioms, imported)
    }

    /// Whether a constant of this file holds a `sorry`, under a mark or not.
    pub fn holds_sorry(&self, name: NameId) -> bool {
        let used = self.used(name);
        used.iter()
            .any(|used| is_sorry(self.terms, *used) || self.marks.contains_key(used))
    }

    /// Whether a constant of this file holds a `sorry` that does not stand under a mark whose number `is_open`.
    pub fn has_stray_sorry(&self, name: NameId, is_open: &impl Fn(usize) -> bool) -> bool {
        if !self
            .used(name)
            .iter()
            .any(|used| is_sorry(self.terms, *used))
        {
            return false;
        }
        let mut seen: HashSet<ExprId> = HashSet::new();
        let mut waiting = self.terms_of(name);
        while let Some(at) = waiting.pop() {
            if !seen.insert(at) || !self.step() {
                continue;
            }
            if let Some(inside) = self.under_a_mark(at, is_open) {
                waiting.extend(inside);
                continue;
            }
            match self.terms.expr(at) {
                Expr::Const(name, _) if is_sorry(self.terms, *name) => return true,
                other => waiting.extend(other.children()),
            }
        }
        false
    }

    /// What is left to look at of `mark type (sorryAx …)`; none of anything else.
    fn under_a_mark(&self, at: ExprId, is_open: &impl Fn(usize) -> bool) -> Option<Vec<ExprId>> {
        let (name, _, arguments) = applied(self.terms, at)?;
        if !self.marks.get(&name).is_some_and(|mark| is_open(*mark)) {
            return None;
        }
        match applied(self.terms, *arguments.get(1)?) {
            Some((name, _, of)) if is_sorry(self.terms, name) => {
                let rest = arguments
                    .iter()
                    .enumerate()
                    .filter(|(number, _)| *number != 1);
                Some(rest.map(|(_, argument)| *argument).chain(of).collect())
            }
            _ => None,
        }
    }
}
