//! Compiled files as nobody would write them, by hand.

use unsorry_olean::{
    Constant, ConstantKind, Expr, ExprId, Hints, Level, Module, NameId, Safety, Terms, Word,
};

use super::*;

/// Two files over one store of terms.
pub(super) struct Files {
    pub(super) terms: Terms,
    pub(super) before: Vec<Constant>,
    pub(super) after: Vec<Constant>,
    pub(super) declared: Vec<Vec<String>>,
}

impl Files {
    pub(super) fn new() -> Files {
        Files {
            terms: Terms::default(),
            before: Vec::new(),
            after: Vec::new(),
            declared: vec![vec!["t".into()]],
        }
    }

    pub(super) fn name(&mut self, name: &str) -> NameId {
        self.terms.intern_dotted(name)
    }

    pub(super) fn constant(&mut self, name: &str) -> ExprId {
        let name = self.name(name);
        self.terms.intern_expr(Expr::Const(name, Box::new([])))
    }

    /// `mark type (sorryAx type)`, a proof.
    pub(super) fn hole(&mut self, mark: usize, ty: ExprId) -> ExprId {
        let zero = self.terms.intern_level(Level::Zero);
        let mark = self.name(&format!("secret_{mark}"));
        let mark = self.terms.intern_expr(Expr::Const(mark, Box::new([zero])));
        let sorry = self.constant("sorryAx");
        let sorry = self.terms.intern_expr(Expr::App(sorry, ty));
        let marked = self.terms.intern_expr(Expr::App(mark, ty));
        self.terms.intern_expr(Expr::App(marked, sorry))
    }

    pub(super) fn theorem(&mut self, name: &str, ty: ExprId, value: ExprId) -> Constant {
        let name = self.name(name);
        let kind = ConstantKind::Theorem {
            value,
            all: vec![name],
        };
        Constant {
            name,
            level_params: Vec::new(),
            ty,
            kind,
        }
    }

    pub(super) fn definition(&mut self, name: &str, ty: ExprId, value: ExprId) -> Constant {
        let name = self.name(name);
        let (hints, safety, all) = (Hints::Opaque, Safety::Safe, vec![name]);
        let kind = ConstantKind::Definition {
            value,
            hints,
            safety,
            all,
        };
        Constant {
            name,
            level_params: Vec::new(),
            ty,
            kind,
        }
    }

    /// The marks' declarations and those that every file here has.
    pub(super) fn common(&mut self) -> Vec<Constant> {
        let (prop, value) = (self.constant("Prop"), self.constant("identity"));
        (0..3)
            .map(|mark| self.definition(&format!("secret_{mark}"), prop, value))
            .collect()
    }

    /// What both files hold beside the marks.
    fn hold(&mut self, before: &[Constant], after: &[Constant]) {
        let common = self.common();
        self.before = [&common, before].concat();
        self.after = [&common, after].concat();
    }

    pub(super) fn judged(&self, hole: usize) -> Result<Vec<String>, Difference> {
        let judged = self.judged_with(hole, &[hole], false);
        judged.map(|(unproved, _)| unproved)
    }

    /// Judges `hole` with all that were `filled`, with sketches if something `leaves_open`: what it leans on, and
    /// what the kernel is given.
    pub(super) fn judged_with(
        &self,
        hole: usize,
        filled: &[usize],
        leaves_open: bool,
    ) -> Result<(Vec<String>, BTreeSet<NameId>), Difference> {
        let module = |constants: &[Constant]| Module {
            lean_version: "4.0.0".into(),
            githash: String::new(),
            word: Word::Eight,
            is_module: false,
            imports: Vec::new(),
            constants: constants.to_vec(),
        };
        let marks = Marks {
            marks: (0..3).map(|mark| format!("secret_{mark}")).collect(),
            holes: 2,
            declared: self.declared.clone(),
        };
        let (before, after) = (module(&self.before), module(&self.after));
        let comparison = Comparison::new(&self.terms, &marks, &before, &after);
        let changed = comparison.compare(filled, leaves_open, &[])?;
        for other in filled.iter().filter(|other| **other != hole) {
            comparison.finding(*other, leaves_open, filled)?;
        }
        let finding = comparison.finding(hole, leaves_open, filled)?;
        let mut given = comparison.checked(&changed);
        given.extend(&finding.cone);
        Ok((finding.unproved.into_iter().collect(), given))
    }
}

/// A theorem `t : P`, its hole the second, and a neighbour of this name, with the first; the proof is `by`.
fn beside(neighbour: &str, by: &str) -> Result<Vec<String>, Difference> {
    let mut files = Files::new();
    files
        .declared
        .push(neighbour.rsplit('.').take(1).map(str::to_owned).collect());
    let p = files.constant("P");
    let (first, second, by) = (files.hole(0, p), files.hole(1, p), files.constant(by));
    let one = files.theorem(neighbour, p, first);
    let (old, new) = (files.theorem("t", p, second), files.theorem("t", p, by));
    files.hold(&[one.clone(), old], &[one, new]);
    files.judged(1)
}

#[test]
fn neighbours_by_whatever_name() {
    for name in [
        "gap",
        "t.gap",
        "t.match_1",
        "t._proof_1",
        "t.rec",
        "_private.A.gap",
        "a.b",
    ] {
        assert_eq!(beside(name, name), Ok(vec![name.to_owned()]), "{name}");
        assert_eq!(beside(name, "imported"), Ok(Vec::new()), "{name}");
    }
}

/// What `t : S` states rests on a definition of this name, which the second file changes.
fn stated_by(name: &str) -> Result<Vec<String>, Difference> {
    let mut files = Files::new();
    let (p, other) = (files.constant("P"), files.constant("Q"));
    let stated = files.constant(name);
    let (hole, by) = (files.hole(1, stated), files.constant("imported"));
    let before = [
        files.definition(name, p, p),
        files.theorem("t", stated, hole),
    ];
    let after = [
        files.definition(name, p, other),
        files.theorem("t", stated, by),
    ];
    files.hold(&before, &after);
    files.judged(1)
}

#[test]
fn what_a_statement_means_stays() {
    for name in ["d", "t.d", "t.match_1", "t._d", "t.rec", "t.match_1.d"] {
        assert!(stated_by(name).is_err(), "{name}: {:?}", stated_by(name));
    }
}

/// `t : P`, of which `hole` was filled: its value before is `of`, and after that `by`.
fn filled(
    hole: usize,
    of: impl Fn(&mut Files, ExprId) -> ExprId,
    by: impl Fn(&mut Files, ExprId) -> ExprId,
) -> Result<Vec<String>, Difference> {
    let mut files = Files::new();
    let p = files.constant("P");
    let (old, new) = (of(&mut files, p), by(&mut files, p));
    let (old, new) = (files.theorem("t", p, old), files.theorem("t", p, new));
    files.hold(&[old], &[new]);
    files.judged(hole)
}

#[test]
fn a_sorry_counts_wherever_it_stands() {
    let check = |by: fn(&mut Files, ExprId) -> ExprId, expected| {
        assert_eq!(filled(1, |files, p| files.hole(1, p), by), expected);
    };
    check(|files, _| files.constant("sorryAx"), Err(Difference::Sorry));
    // Under its own mark, or one that nobody made.
    check(|files, p| files.hole(1, p), Err(Difference::Sorry));
    check(|files, p| files.hole(7, p), Err(Difference::Sorry));
    // Under that of sketches, of which this is none.
    check(|files, p| files.hole(2, p), Err(Difference::Sorry));
    // Under that of another declaration's hole.
    check(|files, p| files.hole(0, p), Err(Difference::Sorry));
    check(|files, _| files.constant("imported"), Ok(Vec::new()));
}

#[test]
fn data_stays() {
    let check = |of: &dyn Fn(&mut Files, ExprId) -> ExprId, is_right: bool| {
        let mut files = Files::new();
        let p = files.constant("P");
        let pair = |files: &mut Files, value: &str, proof| {
            let value = files.constant(value);
            files.terms.intern_expr(Expr::App(value, proof))
        };
        let hole = files.hole(1, p);
        let (old, new) = (pair(&mut files, "two", hole), of(&mut files, p));
        let (old, new) = (files.definition("t", p, old), files.definition("t", p, new));
        files.hold(&[old], &[new]);
        assert_eq!(files.judged(1).is_ok(), is_right, "{:?}", files.judged(1));
    };
    let with = |files: &mut Files, value: &str| {
        let (value, proof) = (files.constant(value), files.constant("proof"));
        files.terms.intern_expr(Expr::App(value, proof))
    };
    check(&|files, _| with(files, "two"), true);
    check(&|files, _| with(files, "three"), false);
    check(&|files, _| files.constant("proof"), false);
}

pub(super) fn pair(files: &mut Files, left: ExprId, right: ExprId) -> ExprId {
    let and = files.constant("and");
    let left = files.terms.intern_expr(Expr::App(and, left));
    files.terms.intern_expr(Expr::App(left, right))
}

#[test]
fn a_proof_stands_apart_from_the_holes_beside_it() {
    let both = |files: &mut Files, p| {
        let (left, right) = (files.hole(0, p), files.hole(1, p));
        pair(files, left, right)
    };
    let with = |left: &'static dyn Fn(&mut Files, ExprId) -> ExprId| {
        move |files: &mut Files, p| {
            let (left, right) = (left(files, p), files.hole(1, p));
            pair(files, left, right)
        }
    };
    let honest = with(&|files, _| files.constant("proof"));
    assert_eq!(filled(0, both, honest), Ok(Vec::new()));
    let on_the_other = with(&|files, p| files.hole(1, p));
    assert_eq!(filled(0, both, on_the_other), Err(Difference::Siblings));
    let moved = |files: &mut Files, p| {
        let (left, right) = (files.hole(1, p), files.constant("proof"));
        pair(files, left, right)
    };
    assert_eq!(filled(0, both, moved), Err(Difference::Siblings));
}

/// `t : P` under a name that Lean could have made, with what is after in its place.
fn named(name: &str, after: Option<&str>) -> Result<Vec<String>, Difference> {
    let mut files = Files::new();
    files
        .declared
        .push(name.split('.').map(str::to_owned).collect());
    let p = files.constant("P");
    let hole = files.hole(1, p);
    let common = files.common();
    files.before = common.clone();
    files.after = common;
    // Of what it would have been made, were it made.
    if let Some((of, _)) = name.rsplit_once('.') {
        let value = files.constant("two");
        let one = files.definition(of, p, value);
        files.before.push(one.clone());
        files.after.push(one);
    }
    let one = files.theorem(name, p, hole);
    files.before.push(one);
    if let Some(ty) = after {
        let (ty, value) = (files.constant(ty), files.constant("proof"));
        let one = files.theorem(name, ty, value);
        files.after.push(one);
    }
    files.judged(1)
}

#[test]
fn what_is_declared_is_nothing_that_lean_makes() {
    for name in ["t", "_t", "proof_1", "A.match_1", "Foo.proof_1", "b._spec"] {
        assert_eq!(named(name, Some("P")), Ok(Vec::new()), "{name}");
        assert_eq!(named(name, None), Err(Difference::Gone), "{name}");
        assert_eq!(named(name, Some("Q")), Err(Difference::Statement), "{name}");
    }
}

/// `gap` has a hole, and `five`, of which `t` states something, a proof by it.
fn on_a_gap(by: &str) -> Result<Vec<String>, Difference> {
    let mut files = Files::new();
    let p = files.constant("P");
    let (gap_hole, hole) = (files.hole(0, p), files.hole(1, p));
    let common = files.common();
    files.before = common;
    let gap = files.theorem("gap", p, gap_hole);
    let gap_by = files.constant("gap");
    let lemma = files.theorem("five._proof_1", p, gap_by);
    let lemma_by = files.constant("five._proof_1");
    let value = pair(&mut files, p, lemma_by);
    let five = files.definition("five", p, value);
    files.before.extend([gap, lemma, five]);
    files.after = files.before.clone();
    let stated = files.constant("five");
    let stated = pair(&mut files, stated, p);
    let one = files.theorem("t", stated, hole);
    files.before.push(one);
    let by = files.constant(by);
    let value = pair(&mut files, stated, by);
    let one = files.theorem("t", stated, value);
    files.after.push(one);
    files.judged(1)
}

#[test]
fn what_a_proof_leans_on_is_told_though_its_statement_rests_on_it() {
    assert_eq!(on_a_gap("proof"), Ok(Vec::new()));
    assert_eq!(on_a_gap("five"), Ok(Vec::new()));
    assert_eq!(on_a_gap("gap"), Ok(vec!["gap".to_owned()]));
    assert_eq!(on_a_gap("five._proof_1"), Ok(vec!["gap".to_owned()]));
}

/// `t : P`, proved by what is declared with it under this name, `of` a `sorry`.
fn by_what_is_new(
    name: &str,
    is_data: bool,
    of: impl Fn(&mut Files, ExprId) -> ExprId,
) -> Result<Vec<String>, Difference> {
    let mut files = Files::new();
    let p = files.constant("P");
    let (hole, value, by) = (files.hole(1, p), of(&mut files, p), files.constant(name));
    let new = match is_data {
        true => files.definition(name, p, value),
        false => files.theorem(name, p, value),
    };
    let before = [files.theorem("t", p, hole)];
    let after = [new, files.theorem("t", p, by)];
    files.hold(&before, &after);
    files.judged(1)
}

#[test]
fn what_is_new_is_no_mark_whatever_it_is_called() {
    let names = [
        "secret_2",
        "t.secret_0",
        "t.secret_1",
        "t.secret_2",
        "t._x.secret_2",
        "t.secret_2._x",
        "secret_2.x",
        "secret_2.eq_1",
        "_private.A.secret_2",
        "t._x",
        "t.x",
    ];
    let sorry: fn(&mut Files, ExprId) -> ExprId = |files, _| files.constant("sorryAx");
    for name in names {
        for is_data in [false, true] {
            for of in [
                sorry,
                |files, p| files.hole(0, p),
                |files, p| files.hole(1, p),
                |files, p| files.hole(2, p),
                |files, p| files.hole(7, p),
            ] {
                let found = by_what_is_new(name, is_data, of);
                assert_ne!(found, Ok(Vec::new()), "{name}, {is_data}");
            }
        }
    }
}

/// Two theorems that Lean has made of one mutual block.
fn mutual(mut theorems: [Constant; 2]) -> [Constant; 2] {
    let names = theorems.each_ref().map(|one| one.name);
    for theorem in &mut theorems {
        if let ConstantKind::Theorem { all, .. } = &mut theorem.kind {
            *all = names.to_vec();
        }
    }
    theorems
}

/// `t : P` beside `u : Q`, which is another theorem afterwards.
fn beside_another(is_mutual: bool, ty: &str, by: &str) -> Result<Vec<String>, Difference> {
    let mut files = Files::new();
    files.declared.push(vec!["u".into()]);
    let (p, q) = (files.constant("P"), files.constant("Q"));
    let (hole, proof) = (files.hole(1, p), files.constant("proof"));
    let (ty, value, by_u) = (files.constant(ty), files.constant(by), files.constant("u"));
    let before = [files.theorem("t", p, hole), files.theorem("u", q, proof)];
    let after = [files.theorem("t", p, by_u), files.theorem("u", ty, value)];
    files.hold(&before, &if is_mutual { mutual(after) } else { after });
    files.judged(1)
}

#[test]
fn theorems_may_begin_to_recurse_through_one_another() {
    assert_eq!(beside_another(true, "Q", "recursion"), Ok(Vec::new()));
    assert!(beside_another(true, "P", "recursion").is_err());
    assert!(beside_another(false, "Q", "recursion").is_err());
    assert_eq!(beside_another(true, "Q", "sorryAx"), Ok(vec!["u".into()]));
}

#[test]
fn a_variable_that_only_the_proof_uses_is_named() {
    let mut files = Files::new();
    let (p, q) = (files.constant("P"), files.constant("Q"));
    let (hole, proof, name) = (files.hole(1, p), files.constant("proof"), files.name("hq"));
    let more = files.terms.intern_expr(Expr::Forall {
        name,
        info: unsorry_olean::BinderInfo::Default,
        ty: q,
        body: p,
    });
    let (old, new) = (files.theorem("t", p, hole), files.theorem("t", more, proof));
    files.hold(&[old], &[new]);
    assert_eq!(files.judged(1), Err(Difference::Variable("hq".into())));
}

/// `t : P` and `u : P`, both of which Lean has made of `t._mutual`, where the hole is; afterwards that is gone, and `u`
/// is `by`.
fn of_one_that_was_made(by: &str) -> Result<Vec<String>, Difference> {
    let mut files = Files::new();
    files.declared.push(vec!["u".into()]);
    let p = files.constant("P");
    let (hole, made, by) = (
        files.hole(1, p),
        files.constant("t._mutual"),
        files.constant(by),
    );
    let proof = files.constant("proof");
    let before = [("t._mutual", hole), ("t", made), ("u", made)];
    let before = before.map(|(name, value)| files.theorem(name, p, value));
    let after = [("t", proof), ("u", by)].map(|(name, value)| files.theorem(name, p, value));
    files.hold(&before, &mutual(after));
    files.judged(1)
}

#[test]
fn what_is_made_of_what_holds_a_hole_holds_it() {
    assert_eq!(of_one_that_was_made("proof"), Ok(Vec::new()));
    assert_eq!(of_one_that_was_made("sorryAx"), Err(Difference::Sorry));
}
