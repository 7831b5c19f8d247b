//! What other kernels are given to read.

mod support;

use std::collections::HashSet;

use expect_test::expect;
use serde_json::Value;
use support::build::{File, axiom, boxed};
use support::{NARROW, WIDE};
use unsorry_olean::{
    Constant, ConstantKind, ExportError, Expr, ExprId, Hints, LeanVersion, Level, LevelId, NameId,
    Safety, Terms, export, read,
};

const LEAN: LeanVersion = LeanVersion {
    version: "4.99.0",
    githash: "",
};

fn exported<'c>(terms: &Terms, constants: impl IntoIterator<Item = &'c Constant>) -> String {
    let mut out = Vec::new();
    export(terms, constants, LEAN, &mut out).expect("exported");
    String::from_utf8(out).expect("UTF-8")
}

fn axiom_of(name: NameId, ty: ExprId) -> Constant {
    Constant {
        name,
        level_params: Vec::new(),
        ty,
        kind: ConstantKind::Axiom { is_unsafe: false },
    }
}

#[test]
fn each_kind_of_line() {
    let mut terms = Terms::default();
    let u = terms.intern_dotted("u");
    let param = terms.intern_level(Level::Param(u));
    let succ = terms.intern_level(Level::Succ(param));
    let max = terms.intern_level(Level::Max(succ, LevelId::ZERO));
    let level = terms.intern_level(Level::IMax(max, param));
    let sort = terms.intern_expr(Expr::Sort(level));
    let f = terms.intern_dotted("F.f");
    let f7 = terms.intern_name(unsorry_olean::Name::Num(f, Box::new(7_u32.into())));
    let constant = terms.intern_expr(Expr::Const(f7, [level, param].into()));
    let bvar = terms.intern_expr(Expr::BVar(0));
    let app = terms.intern_expr(Expr::App(constant, bvar));
    let info = unsorry_olean::BinderInfo::StrictImplicit;
    let (ty, body) = (sort, app);
    let forall = terms.intern_expr(Expr::Forall {
        name: u,
        info,
        ty,
        body,
    });
    let text = terms.intern_expr(Expr::StrLit("a\"ä\u{1}".into()));
    let number = terms.intern_expr(Expr::NatLit(Box::new(1_u128.into())));
    let value = terms.intern_expr(Expr::Proj(f, 3, number));
    let name = u;
    let value = terms.intern_expr(Expr::Let {
        name,
        ty: forall,
        value,
        body: text,
        nondep: true,
    });
    let info = unsorry_olean::BinderInfo::Default;
    let value = terms.intern_expr(Expr::Lam {
        name,
        info,
        ty,
        body: value,
    });
    let definition = Constant {
        name: f7,
        level_params: vec![u],
        ty: forall,
        kind: ConstantKind::Definition {
            value,
            hints: Hints::Regular(2),
            safety: Safety::Safe,
            all: vec![f7],
        },
    };
    let text = exported(&terms, [&definition, &axiom_of(f, sort)]);
    let (meta, rest) = text.split_once('\n').expect("lines");
    let meta: Value = serde_json::from_str(meta).expect("JSON");
    assert_eq!(meta["meta"]["format"]["version"], "3.1.0");
    assert_eq!(meta["meta"]["lean"]["version"], "4.99.0");
    expect![[r#"
        {"str":{"pre":0,"str":"u"},"in":1}
        {"param":1,"il":1}
        {"succ":1,"il":2}
        {"max":[2,0],"il":3}
        {"imax":[3,1],"il":4}
        {"sort":4,"ie":0}
        {"str":{"pre":0,"str":"F"},"in":2}
        {"str":{"pre":2,"str":"f"},"in":3}
        {"axiom":{"name":3,"levelParams":[],"type":0,"isUnsafe":false}}
        {"num":{"pre":3,"i":7},"in":4}
        {"const":{"name":4,"us":[4,1]},"ie":1}
        {"bvar":0,"ie":2}
        {"app":{"fn":1,"arg":2},"ie":3}
        {"forallE":{"name":1,"type":0,"body":3,"binderInfo":"strictImplicit"},"ie":4}
        {"natVal":"1","ie":5}
        {"proj":{"typeName":3,"idx":3,"struct":5},"ie":6}
        {"strVal":"a\"ä\u0001","ie":7}
        {"letE":{"name":1,"type":4,"value":6,"body":7,"nondep":false},"ie":8}
        {"lam":{"name":1,"type":0,"body":8,"binderInfo":"default"},"ie":9}
        {"def":{"name":4,"levelParams":[1],"type":4,"value":9,"hints":{"regular":2},"safety":"safe","all":[4]}}
    "#]].assert_eq(rest);
}

/// That each line is JSON and tells only of what was told before; gives the names of what it declares, in order.
fn check(text: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut declared = Vec::new();
    let (mut levels, mut exprs) = (1, 0);
    for line in text.lines().skip(1) {
        let line: Value = serde_json::from_str(line).expect(line);
        let at = |key: &str| line[key].as_u64();
        if let Some(number) = at("in") {
            assert_eq!(number, names.len() as u64);
            let of = |key: &str, last: &str| {
                let prefix = &names[line[key]["pre"].as_u64().expect("a prefix") as usize];
                format!("{prefix}.{}", line[key][last])
            };
            let name = match line["str"].is_object() {
                true => of("str", "str"),
                false => of("num", "i"),
            };
            names.push(name.replace('"', "").trim_start_matches('.').to_owned());
        } else if let Some(number) = at("il") {
            assert_eq!(number, levels);
            levels += 1;
        } else if let Some(number) = at("ie") {
            assert_eq!(number, exprs);
            exprs += 1;
            for part in ["app", "lam", "forallE", "letE", "proj"] {
                for child in ["fn", "arg", "type", "value", "body", "struct"] {
                    let child = line[part][child].as_u64();
                    assert!(child.is_none_or(|child| child < number), "{line}");
                }
            }
        } else {
            let name = |one: &Value| {
                assert!(one["type"].as_u64().expect("a type") < exprs);
                names[one["name"].as_u64().expect("a name") as usize].clone()
            };
            let kind = line
                .as_object()
                .and_then(|line| line.values().next())
                .expect("one");
            let parts = ["types", "ctors", "recs"].map(|part| kind[part].as_array());
            match parts {
                [Some(types), Some(ctors), Some(recs)] => {
                    declared.extend([types, ctors, recs].into_iter().flatten().map(name));
                }
                _ => declared.push(name(kind)),
            }
        }
    }
    declared
}

#[test]
fn real_modules() {
    for files in [&NARROW[..], &WIDE] {
        let mut terms = Terms::default();
        let module = read(files, &mut terms).expect("read");
        let declared = check(&exported(&terms, &module.constants));
        assert_eq!(declared.len(), module.constants.len());
        let mut known = HashSet::new();
        let ours = |name: &str| declared.iter().any(|one| one == name);
        for name in &declared {
            known.insert(name.as_str());
            let constant = module.constants.iter().find(|one| {
                terms
                    .show_name(one.name)
                    .to_string()
                    .replace(['«', '»'], "")
                    == *name
            });
            let constant = constant.expect(name);
            // Parts of one declaration know each other.
            if matches!(
                constant.kind,
                ConstantKind::Inductive { .. }
                    | ConstantKind::Constructor { .. }
                    | ConstantKind::Recursor { .. }
                    | ConstantKind::Quot { .. }
            ) {
                continue;
            }
            for used in constant.exprs().flat_map(|expr| terms.constants_in(expr)) {
                let used = terms.show_name(used).to_string().replace(['«', '»'], "");
                assert!(
                    known.contains(used.as_str()) || !ours(&used),
                    "{used} before {name}"
                );
            }
        }
    }
}

/// An expression that names an inductive type is used by it as well: what else it names still comes first.
#[test]
fn a_type_that_shares_an_expression_with_its_user() {
    let mut terms = Terms::default();
    let [i, z, a] = ["I", "Z", "A"].map(|name| terms.intern_dotted(name));
    let sort = terms.intern_expr(Expr::Sort(LevelId::ZERO));
    let ty = terms.intern_expr(Expr::Const(i, [].into()));
    let other = terms.intern_expr(Expr::Const(z, [].into()));
    let shared = terms.intern_expr(Expr::App(ty, other));
    let ctor = terms.intern_dotted("I.mk");
    let inductive = Constant {
        kind: ConstantKind::Inductive {
            num_params: 0,
            num_indices: 0,
            all: vec![i],
            ctors: vec![ctor],
            num_nested: 0,
            is_rec: false,
            is_unsafe: false,
            is_reflexive: false,
        },
        ..axiom_of(i, sort)
    };
    let ctor = Constant {
        kind: ConstantKind::Constructor {
            induct: i,
            cidx: 0,
            num_params: 0,
            num_fields: 0,
            is_unsafe: false,
        },
        ..axiom_of(ctor, shared)
    };
    let [user, needed] = [axiom_of(a, shared), axiom_of(z, sort)];
    let text = exported(&terms, [&user, &ctor, &inductive, &needed]);
    assert_eq!(check(&text), ["Z", "I", "I.mk", "A"]);
    let lacking = |constants: &[&Constant]| {
        let exported = export(&terms, constants.iter().copied(), LEAN, std::io::sink());
        match exported {
            Err(ExportError::Incomplete(name)) => name,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(lacking(&[&inductive]), "I");
    assert_eq!(lacking(&[&ctor]), "I.mk");
}

#[test]
fn two_constants_of_a_name() {
    let mut terms = Terms::default();
    let name = terms.intern_dotted("t");
    let ty = terms.intern_expr(Expr::Sort(LevelId::ZERO));
    let value = terms.intern_expr(Expr::BVar(0));
    let seen = axiom_of(name, ty);
    let proof = |value| Constant {
        kind: ConstantKind::Theorem {
            value,
            all: vec![name],
        },
        ..seen.clone()
    };
    let theorem = proof(value);
    assert!(exported(&terms, [&seen, &theorem, &seen, &proof(ty)]).contains(r#""value":1"#));
    let other = axiom_of(name, value);
    let twice = export(&terms, [&seen, &other], LEAN, std::io::sink());
    assert!(matches!(twice, Err(ExportError::Twice(name)) if name == "t"),);
}

#[test]
fn a_million_deep() {
    let file = axiom(8, |file: &mut File| {
        let sort = file.term(3, &[boxed(0)]);
        (0..1_000_000).fold(sort, |before, _| file.term(5, &[sort, before]))
    });
    let mut terms = Terms::default();
    let module = read(&[&file], &mut terms).expect("read");
    let mut lines = Lines(0);
    export(&terms, &module.constants, LEAN, &mut lines).expect("exported");
    assert_eq!(lines.0, 1 + 1_000_001 + 2);
}

struct Lines(usize);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.iter().filter(|byte| **byte == b'\n').count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
