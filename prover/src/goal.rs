//! The input of a prover: a goal as Lean shows it, and the text around its hole.

pub use unsorry_syntax::HoleKind;
use unsorry_syntax::outside_brackets;

/// One entry of a goal's context, such as `a b : Nat` or `n : Nat := 3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hypothesis {
    /// The names as Lean shows them; an inaccessible one ends in `✝`.
    pub names: Vec<String>,
    /// The type as Lean shows it, on however many lines.
    pub ty: String,
    /// The value of a `let` variable.
    pub value: Option<String>,
}

/// The text around a hole, for provers that read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The file's text up to the hole.
    pub before: String,
    /// The rest of the hole's declaration.
    pub after: String,
    /// The byte of `before` at which the hole's declaration starts.
    pub declaration: usize,
}

/// A goal to prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// Whether tactics or a term are wanted.
    pub kind: HoleKind,
    /// The main goal's context, in Lean's order.
    pub hypotheses: Vec<Hypothesis>,
    /// The statement to prove: the text after `⊢`.
    pub target: String,
    /// The number of goals that the hole has to close (`all_goals sorry`, `<;> sorry`); at least one.
    pub count: usize,
    /// The modules that the file imports, such as `Mathlib.Tactic.Ring`.
    pub imports: Vec<String>,
    /// The text around the hole.
    pub context: Context,
}

impl Goal {
    /// Reads the goals of a hole as Lean renders them (`$/lean/plainGoal`'s `goals`, or
    /// `$/lean/plainTermGoal`'s `goal` alone). The first is the one that is read; the others are
    /// only counted. `None` when there is none, or when it is no goal that a proof could close
    /// (`conv` shows its target after `|`).
    pub fn parse(
        kind: HoleKind,
        rendered_goals: &[String],
        imports: Vec<String>,
        context: Context,
    ) -> Option<Self> {
        let (hypotheses, target) = parse_rendered(rendered_goals.first()?)?;
        Some(Self {
            kind,
            hypotheses,
            target,
            count: rendered_goals.len(),
            imports,
            context,
        })
    }
}

fn parse_rendered(goal: &str) -> Option<(Vec<Hypothesis>, String)> {
    let goal = goal.strip_suffix('\n').unwrap_or(goal);
    let mark = if goal.starts_with('⊢') {
        0
    } else {
        goal.find("\n⊢")? + 1
    };
    let target = goal[mark..].trim_start_matches('⊢').trim().to_owned();
    let mut entries: Vec<String> = Vec::new();
    for line in goal[..mark].lines() {
        match entries.last_mut() {
            Some(entry) if line.starts_with(char::is_whitespace) => {
                entry.push('\n');
                entry.push_str(line);
            }
            _ => entries.push(line.to_owned()),
        }
    }
    let hypotheses = entries.iter().filter_map(|entry| hypothesis(entry));
    Some((hypotheses.collect(), target))
}

/// `a b : Nat`, `n : Nat := 3`; a `case foo` line is none.
fn hypothesis(entry: &str) -> Option<Hypothesis> {
    let colon = entry
        .match_indices(" :")
        .find(|(at, _)| entry[at + 2..].starts_with([' ', '\n']))?
        .0;
    let rest = entry[colon + 2..].trim();
    let assigned = outside_brackets(rest).find(|token| token.text(rest) == ":=");
    let (ty, value) = match assigned.map(|token| token.range.start) {
        Some(at) if !rest.starts_with("let ") && !rest.starts_with("have ") => (
            rest[..at].trim().to_owned(),
            Some(rest[at + 2..].trim().to_owned()),
        ),
        _ => (rest.to_owned(), None),
    };
    Some(Hypothesis {
        names: split_names(&entry[..colon]),
        ty,
        value,
    })
}

/// Splits at spaces, but for those inside `«…»`.
pub(crate) fn split_names(text: &str) -> Vec<String> {
    let mut quoted = false;
    text.split(|c: char| {
        quoted = match c {
            '«' => true,
            '»' => false,
            _ => quoted,
        };
        c.is_whitespace() && !quoted
    })
    .filter(|name| !name.is_empty())
    .map(str::to_owned)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check_goal(goals: &[&str], expect: Expect) {
        let goals: Vec<String> = goals.iter().map(|goal| (*goal).to_owned()).collect();
        let goal = Goal::parse(HoleKind::Tactic, &goals, Vec::new(), Context::default());
        let Some(goal) = goal else {
            return expect.assert_eq("none\n");
        };
        let mut shown = String::new();
        for Hypothesis { names, ty, value } in &goal.hypotheses {
            shown += &format!("{names:?} : {ty:?}");
            shown += &value
                .as_ref()
                .map_or("\n".into(), |value| format!(" := {value:?}\n"));
        }
        shown += &format!("{:?} of {}\n", goal.target, goal.count);
        expect.assert_eq(&shown);
    }

    #[test]
    fn reads_a_goal() {
        check_goal(
            &["a b : Nat\nh : a < b\n⊢ a < b + 1", "⊢ True"],
            expect![[r#"
                ["a", "b"] : "Nat"
                ["h"] : "a < b"
                "a < b + 1" of 2
            "#]],
        );
    }

    #[test]
    fn reads_cases_values_long_types_and_odd_names() {
        check_goal(
            &[
                "case succ.h\nα✝ : Type u_1\n«odd name» x✝ : α✝\nn : Nat := 3\nf : (k : Nat := 2) → Nat\n\
                 h :\n  ∀ (x : Nat),\n    x = x\nl : let x := 1;\n  x = 1\n⊢ ∃ x,\n    x = n\n",
            ],
            expect![[r#"
                ["α✝"] : "Type u_1"
                ["«odd name»", "x✝"] : "α✝"
                ["n"] : "Nat" := "3"
                ["f"] : "(k : Nat := 2) → Nat"
                ["h"] : "∀ (x : Nat),\n    x = x"
                ["l"] : "let x := 1;\n  x = 1"
                "∃ x,\n    x = n" of 1
            "#]],
        );
        check_goal(
            &["⊢ 1 = 1"],
            expect![[r#"
            "1 = 1" of 1
        "#]],
        );
    }

    #[test]
    fn a_conv_goal_or_no_goal_is_none() {
        check_goal(
            &["n : Nat\n| n + 0"],
            expect![[r#"
            none
        "#]],
        );
        check_goal(
            &[],
            expect![[r#"
            none
        "#]],
        );
    }
}
