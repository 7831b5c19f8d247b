//! What was compiled with proofs in the place of holes, against what was compiled without them. Pure: all of it
//! is read from constants, and whoever compiled the second is not believed.

use std::collections::{BTreeSet, HashMap, HashSet};

use unsorry_olean::{Constant, ConstantKind, Expr, ExprId, Module, NameId, Safety, Terms};

use super::alike::{Step, alike, is_zero, spine};
use super::names::{self, shown};

/// The axiom behind `sorry`.
pub(super) const SORRY: &str = "sorryAx";

/// What is asked of one hole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// A proof, which leaves nothing open.
    Proof,
    /// A sketch, which leaves open what is under these marks.
    Sketch(&'a [String]),
    /// That the theorem of this name says the contrary of the goal.
    Contrary(&'a str),
}

/// The marks' names, as far as a comparison needs them.
#[derive(Debug)]
pub struct Marks {
    /// The last parts of the marks' names, in the order of the file's holes.
    pub marks: Vec<String>,
    /// The last part of the name of the link to a negation.
    pub link: String,
    /// What the last parts of all these, and of what is declared for them, begin with.
    pub secret: String,
}

/// What the constants say of a hole that was filled.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The file's declarations, not proved themselves, on which it rests, and did not before.
    pub unproved: BTreeSet<String>,
    /// The file's axioms on which it rests.
    pub axioms: BTreeSet<String>,
    /// The constants of imports on which it rests.
    pub imported: BTreeSet<NameId>,
    /// The axioms, and the constants of imports, on which its declaration rested before.
    pub axioms_before: BTreeSet<String>,
    pub imported_before: BTreeSet<NameId>,
    /// All constants of the file that it is made of: what the kernel must take.
    pub cone: BTreeSet<NameId>,
}

/// The reasons why it is no proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// A constant says something else, or is something else.
    #[error("it changes `{0}`")]
    Changed(String),
    /// The declaration states something else.
    #[error("it changes the type of its declaration")]
    Statement,
    /// More than proofs has changed in a value.
    #[error("it changes the value of `{0}`, and not only a proof in it")]
    Data(String),
    /// There is a constant that no proof makes.
    #[error("it declares `{0}`")]
    Declares(String),
    /// It is compiled on top of something else.
    #[error("it imports something else")]
    Imports,
    /// The declaration is gone.
    #[error("its declaration is not there any more")]
    Gone,
    /// The proof has a hole.
    #[error("it leaves a sorry")]
    Sorry,
    /// No constant holds the hole.
    #[error("no constant of the file holds this sorry")]
    Nowhere,
    /// A statement has the hole.
    #[error("a statement holds this sorry")]
    InStatement,
    /// The goal's contrary is not what was proved.
    #[error("what was proved is not the contrary of this goal")]
    NotContrary,
}

/// Two compiled files side by side.
pub struct Comparison<'a> {
    terms: &'a Terms,
    marks: &'a Marks,
    before: File<'a>,
    after: File<'a>,
}

struct File<'a> {
    module: &'a Module,
    by_name: HashMap<NameId, &'a Constant>,
    /// The marks' names in this file, by number.
    marks: HashMap<NameId, usize>,
    /// The recursors of each inductive type.
    recursors: HashMap<NameId, Vec<NameId>>,
}

impl<'a> File<'a> {
    fn of(terms: &Terms, marks: &Marks, module: &'a Module) -> File<'a> {
        let by_name: HashMap<NameId, &Constant> = module
            .constants
            .iter()
            .map(|constant| (constant.name, constant))
            .collect();
        let numbers = marks.marks.iter().enumerate();
        let numbers: HashMap<&str, usize> = numbers
            .map(|(number, mark)| (mark.as_str(), number))
            .collect();
        let marked = by_name.keys();
        let marked =
            marked.filter_map(|&name| Some((name, *numbers.get(names::last(terms, name))?)));
        let mut recursors: HashMap<NameId, Vec<NameId>> = HashMap::new();
        for constant in &module.constants {
            if let ConstantKind::Recursor { all, .. } = &constant.kind {
                for name in all {
                    recursors.entry(*name).or_default().push(constant.name);
                }
            }
        }
        File {
            module,
            marks: marked.collect(),
            by_name,
            recursors,
        }
    }
}

/// The value of a constant; none for what has none.
fn value(constant: &Constant) -> Option<ExprId> {
    match &constant.kind {
        ConstantKind::Definition { value, .. }
        | ConstantKind::Theorem { value, .. }
        | ConstantKind::Opaque { value, .. } => Some(*value),
        _ => None,
    }
}

/// All terms that a constant is made of.
pub(super) fn parts(constant: &Constant) -> Vec<ExprId> {
    let rules = match &constant.kind {
        ConstantKind::Recursor { rules, .. } => rules.as_slice(),
        _ => &[],
    };
    let rules = rules.iter().map(|rule| rule.rhs);
    [constant.ty]
        .into_iter()
        .chain(value(constant))
        .chain(rules)
        .collect()
}

/// The constants that belong to an inductive type beside those that its terms name.
pub(super) fn kin(constant: &Constant) -> Vec<NameId> {
    match &constant.kind {
        ConstantKind::Inductive { all, ctors, .. } => all.iter().chain(ctors).copied().collect(),
        ConstantKind::Constructor { induct, .. } => vec![*induct],
        ConstantKind::Recursor { all, .. } => all.clone(),
        _ => Vec::new(),
    }
}

/// Whether Lean's kernel does not look at a constant.
pub(super) fn is_unchecked(constant: &Constant) -> bool {
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

impl<'a> Comparison<'a> {
    /// Compares `after` with `before`.
    pub fn new(
        terms: &'a Terms,
        marks: &'a Marks,
        before: &'a Module,
        after: &'a Module,
    ) -> Comparison<'a> {
        Comparison {
            terms,
            marks,
            before: File::of(terms, marks, before),
            after: File::of(terms, marks, after),
        }
    }

    /// Whether nothing has changed but what follows from filling `holes`; `new` are the names, by their last
    /// part, of what was to be declared. Returns the constants that are not what they were.
    ///
    /// # Errors
    /// The first thing that has.
    pub fn compare(&self, holes: &[usize], new: &[&str]) -> Result<Vec<NameId>, Difference> {
        let (before, after) = (self.before.module, self.after.module);
        if before.imports != after.imports || before.is_module != after.is_module {
            return Err(Difference::Imports);
        }
        let filled: HashSet<usize> = holes.iter().copied().collect();
        let owners: HashSet<NameId> = holes.iter().flat_map(|hole| self.owners(*hole)).collect();
        let mut changed = Vec::new();
        for constant in &after.constants {
            let name = constant.name;
            let Some(old) = self.before.by_name.get(&name) else {
                self.may_be_new(constant, new)?;
                continue;
            };
            if *old == constant || (is_unchecked(old) && is_unchecked(constant)) {
                continue;
            }
            let is_own = owners.contains(&names::owner(self.terms, name));
            if is_own
                && names::is_made(self.terms, name)
                && !matches!(constant.kind, ConstantKind::Axiom { .. })
            {
                changed.push(name);
                continue;
            }
            let other = || match owners.contains(&name) {
                true => Difference::Statement,
                false => Difference::Changed(shown(self.terms, name)),
            };
            if old.level_params != constant.level_params || old.ty != constant.ty {
                return Err(other());
            }
            match (&old.kind, &constant.kind) {
                (ConstantKind::Theorem { .. }, ConstantKind::Theorem { .. }) => {}
                (
                    ConstantKind::Definition { value: old, .. },
                    ConstantKind::Definition { value: new, .. },
                )
                | (
                    ConstantKind::Opaque {
                        value: old,
                        is_unsafe: false,
                        ..
                    },
                    ConstantKind::Opaque {
                        value: new,
                        is_unsafe: false,
                        ..
                    },
                ) => {
                    if is_unchecked(constant) {
                        return Err(other());
                    }
                    if !self.alike(*old, *new, &filled) {
                        return Err(Difference::Data(shown(self.terms, name)));
                    }
                }
                _ => return Err(other()),
            }
            changed.push(name);
        }
        Ok(changed)
    }

    /// Lean itself makes theorems and functions of what is there, in whatever file they are first needed; and
    /// nobody else has a way to declare anything.
    fn may_be_new(&self, constant: &Constant, new: &[&str]) -> Result<(), Difference> {
        let (terms, name) = (self.terms, constant.name);
        let last = names::last(terms, name);
        let is_own = new.contains(&last) || last.starts_with(&self.marks.secret);
        let is_made = is_own || {
            let mut ancestors =
                std::iter::successors(names::parent(terms, name), |n| names::parent(terms, *n));
            names::is_made(terms, name)
                || ancestors.any(|name| self.before.by_name.contains_key(&name))
        };
        let is_of_a_kind = match &constant.kind {
            ConstantKind::Theorem { .. } | ConstantKind::Definition { .. } => true,
            ConstantKind::Opaque { .. } => names::is_made(terms, name),
            _ => false,
        };
        match is_made && is_of_a_kind {
            true => Ok(()),
            false => Err(Difference::Declares(shown(terms, name))),
        }
    }

    /// The declarations that hold a hole, before it was filled.
    fn owners(&self, hole: usize) -> BTreeSet<NameId> {
        let holders = self.before.module.constants.iter().filter(|constant| {
            !is_unchecked(constant)
                && parts(constant)
                    .into_iter()
                    .any(|part| self.has_mark(&self.before, part, hole))
        });
        let owners = holders.map(|constant| names::owner(self.terms, constant.name));
        owners
            .filter(|owner| self.before.by_name.contains_key(owner))
            .collect()
    }

    fn has_mark(&self, file: &File<'_>, part: ExprId, hole: usize) -> bool {
        let mut constants = self.terms.constants_in(part);
        constants.any(|name| file.marks.get(&name) == Some(&hole))
    }

    /// What the constants say of `hole`, which was filled with what was `wanted`.
    ///
    /// # Errors
    /// Why it is not that.
    pub fn finding(&self, hole: usize, wanted: Wanted<'_>) -> Result<Finding, Difference> {
        let owners = self.owners(hole);
        if owners.is_empty() {
            return Err(Difference::Nowhere);
        }
        for owner in &owners {
            let before = self.before.by_name[owner];
            if self.has_mark(&self.before, before.ty, hole) {
                return Err(Difference::InStatement);
            }
            if !self.after.by_name.contains_key(owner) {
                return Err(Difference::Gone);
            }
        }
        let mut finding = Finding::default();
        let cone = self.cone(&self.before, &owners);
        let unproved_before = self.unproved(&self.before, &cone, &[]);
        (finding.axioms_before, finding.imported_before) = self.foundations(&self.before, &cone);
        let judged: BTreeSet<NameId> = match wanted {
            Wanted::Contrary(theorem) => {
                let negation = self.contrary(&owners, theorem)?;
                // Whatever stands around the goal is no part of the proof.
                finding.cone.extend(self.cone(&self.after, &owners));
                [negation].into()
            }
            _ => owners,
        };
        let cone = self.cone(&self.after, &judged);
        let open: &[String] = match wanted {
            Wanted::Sketch(open) => open,
            _ => &[],
        };
        for &name in &cone {
            let is_own = judged.contains(&names::owner(self.terms, name));
            let filled_again = parts(self.after.by_name[&name]).into_iter();
            let filled_again = filled_again
                .filter(|part| self.has_mark(&self.after, *part, hole))
                .count()
                > 0;
            if filled_again || (is_own && self.has_stray_sorry(&self.after, name, open)) {
                return Err(Difference::Sorry);
            }
        }
        let mut unproved = self.unproved(&self.after, &cone, open);
        unproved.retain(|name| !judged.contains(name) && !unproved_before.contains(name));
        finding.unproved = unproved
            .into_iter()
            .map(|name| shown(self.terms, name))
            .collect();
        (finding.axioms, finding.imported) = self.foundations(&self.after, &cone);
        finding.cone.extend(cone);
        Ok(finding)
    }

    /// What the kernel must take beside the cones: `changed` constants, with all that they are made of.
    pub fn checked(&self, changed: &[NameId]) -> BTreeSet<NameId> {
        self.cone(&self.after, &changed.iter().copied().collect())
    }

    /// All constants of `file` that `names` are made of, themselves among them.
    fn cone(&self, file: &File<'_>, names: &BTreeSet<NameId>) -> BTreeSet<NameId> {
        let mut cone = BTreeSet::new();
        let mut waiting: Vec<NameId> = names.iter().copied().collect();
        while let Some(name) = waiting.pop() {
            let Some(constant) = file.by_name.get(&name) else {
                continue;
            };
            if cone.insert(name) {
                let used = parts(constant)
                    .into_iter()
                    .flat_map(|part| self.terms.constants_in(part));
                waiting.extend(used.chain(kin(constant)));
                waiting.extend(file.recursors.get(&name).into_iter().flatten());
            }
        }
        cone
    }

    /// The file's axioms in a cone, and the constants of imports that it uses.
    fn foundations(
        &self,
        file: &File<'_>,
        cone: &BTreeSet<NameId>,
    ) -> (BTreeSet<String>, BTreeSet<NameId>) {
        let (mut axioms, mut imported) = (BTreeSet::new(), BTreeSet::new());
        for name in cone {
            let constant = file.by_name[name];
            if matches!(constant.kind, ConstantKind::Axiom { .. }) && !self.is_sorry(*name) {
                axioms.insert(shown(self.terms, *name));
            }
            let used = parts(constant)
                .into_iter()
                .flat_map(|part| self.terms.constants_in(part));
            imported.extend(
                used.filter(|name| !file.by_name.contains_key(name) && !self.is_sorry(*name)),
            );
        }
        (axioms, imported)
    }

    fn is_sorry(&self, name: NameId) -> bool {
        shown(self.terms, name) == SORRY
    }

    /// The declarations in a cone that hold a `sorry`, under a mark or not, but for the marks that are `open`.
    fn unproved(
        &self,
        file: &File<'_>,
        cone: &BTreeSet<NameId>,
        open: &[String],
    ) -> BTreeSet<NameId> {
        let is_open = |name: &NameId| {
            let constant = file.by_name[name];
            let mut used = parts(constant)
                .into_iter()
                .flat_map(|part| self.terms.constants_in(part));
            used.any(|used| {
                let mark = file.marks.contains_key(&used);
                mark && !open
                    .iter()
                    .any(|open| open == names::last(self.terms, used))
            }) || self.has_stray_sorry(file, *name, open)
        };
        let open = cone
            .iter()
            .filter(|name| !file.marks.contains_key(name) && is_open(name));
        open.map(|name| names::owner(self.terms, *name)).collect()
    }

    /// Whether a constant of `file` holds a `sorry` that stands neither under a mark of the file before, nor
    /// under one that is `open`.
    fn has_stray_sorry(&self, file: &File<'_>, name: NameId, open: &[String]) -> bool {
        let mut seen: HashSet<ExprId> = HashSet::new();
        let mut waiting = parts(file.by_name[&name]);
        while let Some(at) = waiting.pop() {
            if !seen.insert(at) {
                continue;
            }
            if let Some(inside) = self.marked(file, at, open) {
                waiting.extend(inside);
                continue;
            }
            match self.terms.expr(at) {
                Expr::Const(name, _) if self.is_sorry(*name) => return true,
                other => waiting.extend(other.children()),
            }
        }
        false
    }

    /// What is left to look at of `mark type (sorryAx …)`, or of the link to a negation; none of anything else.
    fn marked(&self, file: &File<'_>, at: ExprId, open: &[String]) -> Option<Vec<ExprId>> {
        let (head, arguments) = spine(self.terms, at);
        let Expr::Const(name, _) = self.terms.expr(head) else {
            return None;
        };
        let last = names::last(self.terms, *name);
        let is_mark = self.before.marks.contains_key(name)
            || (file.marks.contains_key(name) && open.iter().any(|open| open == last));
        let is_link = last == self.marks.link && file.by_name.contains_key(name);
        if !is_mark && !is_link {
            return None;
        }
        let hole = *arguments.get(1)?;
        let (sorry, of) = spine(self.terms, hole);
        match self.terms.expr(sorry) {
            Expr::Const(name, _) if self.is_sorry(*name) => {
                let rest = arguments
                    .iter()
                    .enumerate()
                    .filter(|(number, _)| *number != 1);
                Some(rest.map(|(_, argument)| *argument).chain(of).collect())
            }
            _ => None,
        }
    }

    /// Whether `new` is `old` but for proofs: where the one has a proof that was to be found, or one that Lean
    /// has made a theorem of, the other has whatever is of its type, which is for the kernel to say.
    fn alike(&self, old: ExprId, new: ExprId, filled: &HashSet<usize>) -> bool {
        alike(self.terms, (old, new), |old, new| {
            match old == new || self.is_own_proof(old, filled) {
                true => Step::Same,
                false => Step::Look,
            }
        })
    }

    fn is_own_proof(&self, at: ExprId, filled: &HashSet<usize>) -> bool {
        let (head, _) = spine(self.terms, at);
        let Expr::Const(name, levels) = self.terms.expr(head) else {
            return false;
        };
        match self.before.marks.get(name) {
            Some(mark) => {
                let of_a_proof = levels
                    .first()
                    .is_some_and(|level| is_zero(self.terms, *level));
                filled.contains(mark) && of_a_proof
            }
            None => {
                let theorem = self.before.by_name.get(name);
                let theorem =
                    theorem.is_some_and(|c| matches!(c.kind, ConstantKind::Theorem { .. }));
                theorem && names::is_made(self.terms, *name)
            }
        }
    }

    /// Whether nothing in a term is bound outside of it.
    fn is_closed(&self, term: ExprId) -> bool {
        // By how many binders the variables in a term that are bound outside of it reach beyond it.
        let mut reach: HashMap<ExprId, u32> = HashMap::new();
        let mut waiting = vec![(term, false)];
        while let Some((at, is_known)) = waiting.pop() {
            if reach.contains_key(&at) {
                continue;
            }
            let expr = self.terms.expr(at);
            if !is_known {
                waiting.push((at, true));
                waiting.extend(expr.children().map(|child| (child, false)));
                continue;
            }
            let of = |child: &ExprId| reach.get(child).copied().unwrap_or_default();
            let own = match expr {
                Expr::BVar(index) => index.saturating_add(1),
                Expr::Lam { ty, body, .. } | Expr::Forall { ty, body, .. } => {
                    of(ty).max(of(body).saturating_sub(1))
                }
                Expr::Let {
                    ty, value, body, ..
                } => of(ty).max(of(value)).max(of(body).saturating_sub(1)),
                other => other
                    .children()
                    .map(|child| of(&child))
                    .max()
                    .unwrap_or_default(),
            };
            reach.insert(at, own);
        }
        reach.get(&term) == Some(&0)
    }

    /// The theorem that is called so, if a declaration says in the place of its hole that it is the contrary of
    /// the goal, whole: `link goal sorry theorem`, and nothing in the goal is bound around it.
    fn contrary(&self, owners: &BTreeSet<NameId>, theorem: &str) -> Result<NameId, Difference> {
        let cone = self.cone(&self.after, owners);
        let own = cone
            .iter()
            .filter(|name| owners.contains(&names::owner(self.terms, **name)));
        for name in own {
            let mut seen = HashSet::new();
            let mut waiting = parts(self.after.by_name[name]);
            while let Some(at) = waiting.pop() {
                if !seen.insert(at) {
                    continue;
                }
                let (head, arguments) = spine(self.terms, at);
                if let (Expr::Const(link, _), [goal, _, negation]) =
                    (self.terms.expr(head), arguments.as_slice())
                    && names::last(self.terms, *link) == self.marks.link
                    && let Expr::Const(found, _) = self.terms.expr(*negation)
                    && names::last(self.terms, *found) == theorem
                    && self.is_closed(*goal)
                {
                    return Ok(*found);
                }
                waiting.extend(self.terms.expr(at).children());
            }
        }
        Err(Difference::NotContrary)
    }
}
