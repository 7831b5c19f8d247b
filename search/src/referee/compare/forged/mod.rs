//! Compiled files as whoever has taken over the compiler could write them: forged at random out of a few words, and
//! judged beside an oracle that knows nothing of how they are compared (`oracle`).
//!
//! The words are typed only as far as data and proofs go, and nothing leads to itself: what the kernel would refuse
//! for that is not made.

mod oracle;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use unsorry_olean::{Constant, ConstantKind, Expr, ExprId, Level, NameId};

use super::super::names::shown;
use super::tests::Files;
use oracle::{flaw, unseen};

/// The hole that is judged; the other is the first.
const JUDGED: usize = 1;

/// The file's constants in their order: its own, with what Lean makes for `t`, to which the hole belongs.
const NAMES: [&str; 6] = ["n", "u", "t._proof_1", "t._d", "t", "v"];

/// A sequence of decisions, the first ones for ever when it has ended.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn of(&mut self, ways: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or_default()) % ways
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.of(times) == times - 1
    }
}

/// What a term may be made of.
struct Scope {
    /// The constants that are there already, and whether each is data.
    known: Vec<(&'static str, bool)>,
    /// The holes that may be left, each under its mark.
    holes: Vec<usize>,
    /// Whether it is forged.
    is_forged: bool,
    /// Those that are filled.
    filled: &'static [usize],
}

impl Files {
    fn apply(&mut self, function: &str, arguments: &[ExprId]) -> ExprId {
        let function = self.constant(function);
        arguments.iter().fold(function, |function, argument| {
            self.terms.intern_expr(Expr::App(function, *argument))
        })
    }

    /// `mark type what`, of a proof or of data.
    fn marked(&mut self, mark: usize, is_data: bool, what: ExprId) -> ExprId {
        let mut level = self.terms.intern_level(Level::Zero);
        if is_data {
            level = self.terms.intern_level(Level::Succ(level));
        }
        let mark = self.name(&format!("secret_{mark}"));
        let mark = self.terms.intern_expr(Expr::Const(mark, [level].into()));
        let ty = self.constant(if is_data { "D" } else { "P" });
        let mark = self.terms.intern_expr(Expr::App(mark, ty));
        self.terms.intern_expr(Expr::App(mark, what))
    }

    fn sorry(&mut self, is_data: bool) -> ExprId {
        let ty = self.constant(if is_data { "D" } else { "P" });
        self.apply("sorryAx", &[ty])
    }

    /// Any term that is data, or a proof.
    fn term(&mut self, choices: &mut Choices, scope: &Scope, is_data: bool, depth: u32) -> ExprId {
        let ways = if depth == 0 { 4 } else { 6 };
        let kind = choices.of(ways);
        let mut inner = |files: &mut Files, is_data| {
            files.term(choices, scope, is_data, depth.saturating_sub(1))
        };
        match kind {
            4 if is_data => {
                let parts = [inner(self, true), inner(self, false)];
                self.apply("mk", &parts)
            }
            4 => {
                let parts = [inner(self, false), inner(self, false)];
                self.apply("and", &parts)
            }
            5 if is_data || !scope.is_forged => {
                let part = inner(self, true);
                self.apply(if is_data { "succ" } else { "by" }, &[part])
            }
            // What is no `sorry` under a mark, or a `sorry` under none.
            5 => match choices.of(3) {
                0 => self.sorry(is_data),
                number => {
                    let what = self.term(choices, scope, is_data, depth - 1);
                    self.marked(number - 1, is_data, what)
                }
            },
            2 if !scope.holes.is_empty() => {
                let hole = scope.holes[choices.of(scope.holes.len())];
                let sorry = self.sorry(is_data);
                self.marked(hole, is_data, sorry)
            }
            3 => {
                let known = scope.known.iter().filter(|known| known.1 == is_data);
                let known: Vec<&str> = known.map(|known| known.0).collect();
                match known.is_empty() {
                    true => self.constant(if is_data { "five" } else { "imported" }),
                    false => self.constant(known[choices.of(known.len())]),
                }
            }
            _ => self.constant(match (is_data, kind) {
                (true, 1) => "six",
                (true, _) => "five",
                (false, _) => "imported",
            }),
        }
    }

    /// A statement: `P`, or something that is said of data.
    fn statement(&mut self, choices: &mut Choices, scope: &Scope) -> ExprId {
        match choices.of(2) {
            0 => self.constant("P"),
            _ => {
                let of = self.term(choices, scope, true, 1);
                self.apply("is", &[of])
            }
        }
    }

    /// The term with the hole filled, and something forged in it here and there.
    fn forge(&mut self, choices: &mut Choices, scope: &Scope, at: ExprId) -> ExprId {
        if let Expr::App(function, argument) = *self.terms.expr(at) {
            let head = self.head(at);
            let is_filled = scope
                .filled
                .iter()
                .any(|hole| head == format!("secret_{hole}"));
            if is_filled || choices.once_in(8) {
                let is_data = self.is_data(&BTreeMap::new(), at);
                return match (is_data, self.head(at).as_str()) {
                    (_, "is" | "sorryAx") | (None, _) => at,
                    (Some(is_data), _) => self.term(choices, scope, is_data, 1),
                };
            }
            let function = match self.terms.expr(function) {
                Expr::App(..) if !self.head(at).starts_with("secret") => {
                    self.forge(choices, scope, function)
                }
                _ => function,
            };
            // Under the mark of another hole.
            let argument = match self.head(argument) == "sorryAx" && choices.once_in(6) {
                true => {
                    let is_data = self.is_data(&BTreeMap::new(), at);
                    self.term(choices, scope, is_data == Some(true), 0)
                }
                false => self.forge(choices, scope, argument),
            };
            return self.terms.intern_expr(Expr::App(function, argument));
        }
        at
    }

    fn head(&self, mut at: ExprId) -> String {
        while let Expr::App(function, _) = self.terms.expr(at) {
            at = *function;
        }
        match self.terms.expr(at) {
            Expr::Const(name, _) => shown(&self.terms, *name),
            _ => String::new(),
        }
    }

    /// Whether a whole term is data or a proof; none of what takes more arguments.
    fn is_data(&self, known: &BTreeMap<NameId, &Constant>, at: ExprId) -> Option<bool> {
        let head = self.head(at);
        let (mut function, mut arguments) = (at, 0);
        while let Expr::App(of, _) = self.terms.expr(function) {
            (function, arguments) = (*of, arguments + 1);
        }
        let Expr::Const(name, levels) = self.terms.expr(function) else {
            return None;
        };
        match (head.as_str(), arguments) {
            ("five" | "six", 0) | ("succ", 1) | ("mk", 2) => Some(true),
            ("imported", 0) | ("by", 1) | ("and", 2) => Some(false),
            ("sorryAx", 1) => match self.terms.expr(at) {
                Expr::App(_, ty) => Some(self.head(*ty) == "D"),
                _ => None,
            },
            (head, 2) if head.starts_with("secret") => {
                let zero = *self.terms.level(levels[0]) == Level::Zero;
                Some(!zero)
            }
            (_, 0) => known.get(name).map(|known| self.head(known.ty) == "D"),
            _ => None,
        }
    }
}

/// Two files that came of these decisions.
fn forged(bytes: &[u8], filled: &'static [usize]) -> Files {
    let mut choices = Choices(bytes.iter());
    let mut files = Files::new();
    let declared = ["n", "u", "v"].map(|name| vec![name.to_owned()]);
    files.declared.extend(declared);
    let common = files.common();
    (files.before, files.after) = (common.clone(), common);
    // The declaration of the other hole.
    let other = ["t", "n", "u"][choices.of(3)];
    let t_is_data = choices.of(2) == 1;
    let mut scope = Scope {
        known: Vec::new(),
        holes: Vec::new(),
        is_forged: false,
        filled,
    };
    let mut forged = Scope {
        known: Vec::new(),
        holes: vec![0, 1, 2],
        is_forged: true,
        filled,
    };
    for name in NAMES {
        let of_t = name.starts_with('t');
        scope.holes = Vec::new();
        if of_t {
            scope.holes.push(JUDGED);
        }
        if name.starts_with(other) {
            scope.holes.push(0);
        }
        if of_t && choices.once_in(6) {
            let of = files.term(&mut choices, &forged, false, 1);
            let new = "t._x";
            if !forged.known.contains(&(new, false)) {
                let p = files.constant("P");
                let one = files.theorem(new, p, of);
                files.after.push(one);
                forged.known.push((new, false));
            }
        }
        let is_data = matches!(name, "n" | "t._d") || name == "t" && t_is_data;
        let (ty, depth) = match is_data {
            true => (files.constant("D"), 2),
            false => (files.statement(&mut choices, &scope), 2),
        };
        let value = files.term(&mut choices, &scope, is_data, depth);
        let make = |files: &mut Files, ty, value, is_definition| match is_definition {
            true => files.definition(name, ty, value),
            false => files.theorem(name, ty, value),
        };
        let one = make(&mut files, ty, value, is_data);
        files.before.push(one);
        let of = files.forge(&mut choices, &forged, value);
        let states = match choices.once_in(8) {
            true if !is_data => files.statement(&mut choices, &forged),
            _ => files.forge(&mut choices, &forged, ty),
        };
        let is_other_kind = !is_data && choices.once_in(12);
        let mut one = make(&mut files, states, of, is_data || is_other_kind);
        if let ConstantKind::Theorem { all, .. } | ConstantKind::Definition { all, .. } =
            &mut one.kind
            && choices.once_in(5)
        {
            all.push(files.terms.intern_dotted("t"));
        }
        if one.value().is_some() && !(name != "t" && choices.once_in(16)) {
            files.after.push(one);
            forged.known.push((name, is_data));
        }
        scope.known.push((name, is_data));
    }
    files
}

/// A term as text.
fn text(files: &Files, at: ExprId) -> String {
    match files.terms.expr(at) {
        Expr::App(function, argument) => {
            format!("{}({})", text(files, *function), text(files, *argument))
        }
        _ => files.head(at),
    }
}

/// The constants, the marks left out, one a line.
fn listed(files: &Files, constants: &[Constant]) -> String {
    let lines = constants.iter().skip(3).map(|one| {
        let (name, ty) = (shown(&files.terms, one.name), text(files, one.ty));
        let value = one.value().map_or(String::new(), |at| text(files, at));
        let kind = if one.is_theorem() { "theorem" } else { "def" };
        format!("{kind} {name} : {ty} := {value}")
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The same cases each time, but for whoever asks for more.
fn config() -> ProptestConfig {
    let cases = ProptestConfig::default().cases.max(20_000);
    ProptestConfig {
        cases,
        rng_seed: match cases {
            20_000 => RngSeed::Fixed(1),
            _ => RngSeed::Random,
        },
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_is_forged_is_no_proof(
        bytes in proptest::collection::vec(any::<u8>(), 0..120),
        are_both in any::<bool>(),
        leaves_open in any::<bool>(),
    ) {
        let filled: &[usize] = if are_both { &[1, 0] } else { &[1] };
        let files = forged(&bytes, filled);
        if let Ok((unproved, given)) = files.judged_with(JUDGED, filled, leaves_open)
            && unproved.is_empty()
        {
            let flaw = flaw(&files, filled, leaves_open).or_else(|| unseen(&files, &given));
            let flaw = flaw.map(|flaw| {
                let (before, after) = (listed(&files, &files.before), listed(&files, &files.after));
                format!("{flaw}\nfilled: {filled:?}, open: {leaves_open}\nbefore:\n{before}\nafter:\n{after}")
            });
            prop_assert_eq!(flaw.unwrap_or_default(), String::new());
        }
    }
}
