//! What the tests read, and how they show it.

#![allow(dead_code, reason = "each test file uses a part")]

pub mod build;

use unsorry_olean::{BinderInfo, Constant, ConstantKind, Expr, ExprId, Level, LevelId, Terms};

/// The three files of `Narrow.lean`, of the tests' Lean 4.28 with words of 4 bytes (`lean -o Narrow.olean Narrow.lean`).
pub const NARROW: [&[u8]; 3] = [
    include_bytes!("../fixtures/Narrow.olean"),
    include_bytes!("../fixtures/Narrow.olean.server"),
    include_bytes!("../fixtures/Narrow.olean.private"),
];

/// The file of `Wide.lean`, of a native Lean 4.35 with words of 8 bytes; it needs no other module, as that Lean had none.
pub const WIDE: [&[u8]; 1] = [include_bytes!("../fixtures/Wide.olean")];

/// An expression as text. Recursive, and as long as the expression without sharing: for small ones.
pub fn show(terms: &Terms, expr: ExprId) -> String {
    let go = |expr: &ExprId| show(terms, *expr);
    let binder = |info: &BinderInfo, ty: &ExprId| match info {
        BinderInfo::Default => format!("({})", go(ty)),
        BinderInfo::Implicit => format!("{{{}}}", go(ty)),
        BinderInfo::StrictImplicit => format!("⦃{}⦄", go(ty)),
        BinderInfo::InstImplicit => format!("[{}]", go(ty)),
    };
    match terms.expr(expr) {
        Expr::BVar(index) => format!("#{index}"),
        Expr::Sort(level) => format!("Sort {}", show_level(terms, *level)),
        Expr::Const(name, levels) if levels.is_empty() => terms.show_name(*name).to_string(),
        Expr::Const(name, levels) => {
            let levels = levels.iter().map(|level| show_level(terms, *level));
            let levels: Vec<String> = levels.collect();
            format!("{}.{{{}}}", terms.show_name(*name), levels.join(", "))
        }
        Expr::App(function, argument) => format!("({} {})", go(function), go(argument)),
        Expr::Lam { info, ty, body, .. } => format!("(fun {} => {})", binder(info, ty), go(body)),
        Expr::Forall { info, ty, body, .. } => format!("({} → {})", binder(info, ty), go(body)),
        Expr::Let {
            ty, value, body, ..
        } => format!("(let {} := {}; {})", go(ty), go(value), go(body)),
        Expr::NatLit(number) => number.to_string(),
        Expr::StrLit(text) => format!("{text:?}"),
        Expr::Proj(structure, field, of) => {
            format!("{}.{}.{field}", go(of), terms.show_name(*structure))
        }
    }
}

fn show_level(terms: &Terms, level: LevelId) -> String {
    match terms.level(level) {
        Level::Zero => "0".to_owned(),
        Level::Succ(of) => format!("{}+1", show_level(terms, *of)),
        Level::Max(a, b) => format!("(max {} {})", show_level(terms, *a), show_level(terms, *b)),
        Level::IMax(a, b) => format!("(imax {} {})", show_level(terms, *a), show_level(terms, *b)),
        Level::Param(name) => terms.show_name(*name).to_string(),
    }
}

/// A constant in a few lines: its kind, name, type and value.
pub fn show_constant(terms: &Terms, constant: &Constant) -> String {
    let names = |names: &[_]| -> String {
        let names = names
            .iter()
            .map(|name| terms.show_name(*name).to_string())
            .collect::<Vec<_>>();
        names.join(", ")
    };
    let kind = match &constant.kind {
        ConstantKind::Axiom { is_unsafe } => format!("axiom unsafe={is_unsafe}"),
        ConstantKind::Definition {
            hints, safety, all, ..
        } => format!("def {hints:?} {safety:?} all=[{}]", names(all)),
        ConstantKind::Theorem { all, .. } => format!("theorem all=[{}]", names(all)),
        ConstantKind::Opaque { is_unsafe, all, .. } => {
            format!("opaque unsafe={is_unsafe} all=[{}]", names(all))
        }
        ConstantKind::Quot { kind } => format!("quot {kind:?}"),
        ConstantKind::Inductive {
            num_params,
            num_indices,
            all,
            ctors,
            num_nested,
            is_rec,
            is_unsafe,
            is_reflexive,
        } => format!(
            "inductive params={num_params} indices={num_indices} all=[{}] ctors=[{}] nested={num_nested} \
             rec={is_rec} unsafe={is_unsafe} reflexive={is_reflexive}",
            names(all),
            names(ctors)
        ),
        ConstantKind::Constructor {
            induct,
            cidx,
            num_params,
            num_fields,
            is_unsafe,
        } => format!(
            "constructor {cidx} of {} params={num_params} fields={num_fields} unsafe={is_unsafe}",
            terms.show_name(*induct)
        ),
        ConstantKind::Recursor {
            all,
            num_params,
            num_indices,
            num_motives,
            num_minors,
            rules,
            k,
            is_unsafe,
        } => {
            let rules = rules.iter().map(|rule| {
                let (name, rhs) = (terms.show_name(rule.ctor), show(terms, rule.rhs));
                format!("\n  | {name}, {} fields => {rhs}", rule.nfields)
            });
            let rules: String = rules.collect();
            format!(
                "recursor all=[{}] params={num_params} indices={num_indices} motives={num_motives} \
                 minors={num_minors} k={k} unsafe={is_unsafe}{rules}",
                names(all)
            )
        }
    };
    let params = match names(&constant.level_params) {
        none if none.is_empty() => none,
        some => format!(".{{{some}}}"),
    };
    let name = terms.show_name(constant.name);
    let ty = show(terms, constant.ty);
    let value = constant.value().map(|value| show(terms, value));
    let value = value.map_or(String::new(), |value| format!("\n  := {value}"));
    format!("{name}{params} : {ty}\n  {kind}{value}\n")
}
