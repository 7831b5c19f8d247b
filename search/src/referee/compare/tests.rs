//! Compiled files as nobody would write them, by hand.

use unsorry_olean::{
    Constant, ConstantKind, Expr, ExprId, Hints, Level, Module, NameId, Safety, Terms, Word,
};

use super::*;

/// Two files over one store of terms.
struct Files {
    terms: Terms,
    before: Vec<Constant>,
    after: Vec<Constant>,
}

impl Files {
    fn new() -> Files {
        Files {
            terms: Terms::default(),
            before: Vec::new(),
            after: Vec::new(),
        }
    }

    fn name(&mut self, name: &str) -> NameId {
        self.terms.intern_dotted(name)
    }

    fn constant(&mut self, name: &str) -> ExprId {
        let name = self.name(name);
        self.terms.intern_expr(Expr::Const(name, Box::new([])))
    }

    /// `mark type (sorryAx type)`, a proof.
    fn hole(&mut self, mark: usize, ty: ExprId) -> ExprId {
        let zero = self.terms.intern_level(Level::Zero);
        let mark = self.name(&format!("secret_{mark}"));
        let mark = self.terms.intern_expr(Expr::Const(mark, Box::new([zero])));
        let sorry = self.constant("sorryAx");
        let sorry = self.terms.intern_expr(Expr::App(sorry, ty));
        let marked = self.terms.intern_expr(Expr::App(mark, ty));
        self.terms.intern_expr(Expr::App(marked, sorry))
    }

    fn theorem(&mut self, name: &str, ty: ExprId, value: ExprId) -> Constant {
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

    fn definition(&mut self, name: &str, ty: ExprId, value: ExprId) -> Constant {
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
    fn common(&mut self) -> Vec<Constant> {
        let (prop, value) = (self.constant("Prop"), self.constant("identity"));
        (0..2)
            .map(|mark| self.definition(&format!("secret_{mark}"), prop, value))
            .collect()
    }

    fn judged(&self, hole: usize) -> Result<Vec<String>, Difference> {
        let module = |constants: &[Constant]| Module {
            lean_version: "4.0.0".into(),
            githash: String::new(),
            word: Word::Eight,
            is_module: false,
            imports: Vec::new(),
            constants: constants.to_vec(),
        };
        let marks = Marks {
            marks: vec!["secret_0".into(), "secret_1".into()],
            blocks: vec![0, 10],
            link: "secret_link".into(),
            secret: "secret".into(),
        };
        let (before, after) = (module(&self.before), module(&self.after));
        let comparison = Comparison::new(&self.terms, &marks, &before, &after);
        comparison.compare(&[hole], &[])?;
        let finding = comparison.finding(hole, Wanted::Proof)?;
        Ok(finding.unproved.into_iter().collect())
    }
}

/// A theorem `t : P`, its hole the second, and a neighbour of this name, with the first; the proof is `by`.
fn beside(neighbour: &str, by: &str) -> Result<Vec<String>, Difference> {
    let mut files = Files::new();
    let p = files.constant("P");
    let (first, second, by) = (files.hole(0, p), files.hole(1, p), files.constant(by));
    let mut common = files.common();
    let one = files.theorem(neighbour, p, first);
    common.push(one);
    files.before = common.clone();
    let one = files.theorem("t", p, second);
    files.before.push(one);
    files.after = common;
    let one = files.theorem("t", p, by);
    files.after.push(one);
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
        let shown = match name {
            // What Lean could have made for a declaration is told as that.
            "t.match_1" | "t._proof_1" => "t",
            name => name,
        };
        assert_eq!(beside(name, name), Ok(vec![shown.to_owned()]), "{name}");
        assert_eq!(beside(name, "imported"), Ok(Vec::new()), "{name}");
    }
}

/// What `t : S` states rests on a definition of this name, which the second file changes.
fn stated_by(name: &str) -> Result<Vec<String>, Difference> {
    let mut files = Files::new();
    let (p, other) = (files.constant("P"), files.constant("Q"));
    let stated = files.constant(name);
    let (hole, by) = (files.hole(1, stated), files.constant("imported"));
    let common = files.common();
    files.before = common.clone();
    let one = files.definition(name, p, p);
    files.before.push(one);
    let one = files.theorem("t", stated, hole);
    files.before.push(one);
    files.after = common;
    let one = files.definition(name, p, other);
    files.after.push(one);
    let one = files.theorem("t", stated, by);
    files.after.push(one);
    files.judged(1)
}

#[test]
fn what_a_statement_means_stays() {
    for name in ["d", "t.d", "t.match_1", "t._d", "t.rec", "t.match_1.d"] {
        assert!(stated_by(name).is_err(), "{name}: {:?}", stated_by(name));
    }
}

#[test]
fn a_sorry_counts_wherever_it_stands() {
    let check = |of: fn(&mut Files, ExprId) -> ExprId, expected| {
        let mut files = Files::new();
        let p = files.constant("P");
        let hole = files.hole(1, p);
        let value = of(&mut files, p);
        let common = files.common();
        files.before = common.clone();
        let one = files.theorem("t", p, hole);
        files.before.push(one);
        files.after = common;
        let one = files.theorem("t", p, value);
        files.after.push(one);
        assert_eq!(files.judged(1), expected);
    };
    check(|files, _| files.constant("sorryAx"), Err(Difference::Sorry));
    // Under its own mark, or one that nobody made.
    check(|files, p| files.hole(1, p), Err(Difference::Sorry));
    check(|files, p| files.hole(7, p), Err(Difference::Sorry));
    // Under that of another declaration's hole.
    check(|files, p| files.hole(0, p), Ok(vec!["t".into()]));
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
        let common = files.common();
        files.before = common.clone();
        let one = files.definition("t", p, old);
        files.before.push(one);
        files.after = common;
        let one = files.definition("t", p, new);
        files.after.push(one);
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
