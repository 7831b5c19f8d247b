//! Values for which a goal may fail, to be tried by Lean.

use super::shape::head;
use crate::goal::{Goal, Hypothesis};

/// The most assignments that are tried.
const MAX_ASSIGNMENTS: usize = 48;

/// Values of a goal's variables, as a proof that the goal fails for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterexample {
    /// The values as a reader wants them: `a = 0, b = 1`.
    pub values: String,
    /// A proof, by tactics, of the negation of the goal with its context generalised.
    pub proof: String,
}

/// Assignments of small values to the variables of `goal`, smallest first; none if it has a variable
/// whose type has no values known here.
pub fn counterexamples(goal: &Goal) -> Vec<Counterexample> {
    let mut variables: Vec<(&str, &[&str])> = Vec::new();
    // In the context's order: a variable, or a fact about those before it.
    let mut arguments: Vec<Option<usize>> = Vec::new();
    let mut types: Vec<&str> = Vec::new();
    for Hypothesis { names, ty, value } in &goal.hypotheses {
        if value.is_some() {
            return Vec::new();
        }
        // Lean finds instances itself.
        if names.iter().all(|name| name.starts_with("inst✝")) {
            continue;
        }
        if ty == "Type" {
            types.extend(names.iter().map(String::as_str));
        }
        let ty = if types.contains(&ty.as_str()) {
            "Nat"
        } else {
            ty
        };
        let data = values(ty);
        for name in names {
            arguments.push(data.map(|_| variables.len()));
            variables.extend(data.map(|values| (name.as_str(), values)));
        }
    }
    if variables.is_empty() {
        return Vec::new();
    }
    let by = "(by first | decide | simp | omega)";
    let assignment = |chosen: Vec<usize>| {
        let value = |variable: usize| variables[variable].1[chosen[variable]];
        let arguments = arguments.iter().map(|argument| match argument {
            Some(variable) => value(*variable),
            None => by,
        });
        let arguments = arguments.collect::<Vec<_>>().join(" ");
        let shown = variables.iter().enumerate();
        let shown = shown.map(|(at, (name, _))| format!("{name} = {}", plain(value(at))));
        Counterexample {
            values: shown.collect::<Vec<_>>().join(", "),
            proof: format!("intro h\nexact absurd (h {arguments}) {by}"),
        }
    };
    let sizes: Vec<usize> = variables.iter().map(|(_, values)| values.len()).collect();
    smallest(&sizes).into_iter().map(assignment).collect()
}

/// A value without the parentheses that it may need as an argument.
fn plain(value: &str) -> &str {
    let inner = value
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    inner.map_or(value, |inner| inner.split(" :").next().unwrap_or(inner))
}

/// Values of a type, smallest first, as arguments are written.
fn values(ty: &str) -> Option<&'static [&'static str]> {
    Some(match (ty, head(ty)) {
        ("Nat" | "ℕ", _) => &["0", "1", "2", "3", "4", "5"],
        ("Int" | "ℤ", _) => &["0", "1", "(-1)", "2", "(-2)", "3"],
        ("Bool", _) => &["false", "true"],
        ("Prop", _) => &["False", "True"],
        ("String", _) => &["\"\"", "\"a\""],
        ("List Nat" | "List ℕ", _) => &["[]", "[0]", "[1]", "[0, 1]", "[1, 0]"],
        ("Rat" | "ℚ" | "Real" | "ℝ", _) => &["0", "1", "(-1)", "2"],
        (_, "Fin") => &["0", "1"],
        (_, "List" | "Array") => &["[]"],
        (_, "Option") => &["none"],
        ("Nat → Nat" | "ℕ → ℕ", _) => &["(fun _ => 0)", "(fun n => n)", "(fun n => n + 1)"],
        ("Nat → Prop" | "ℕ → Prop", _) => &["(fun _ => False)", "(fun _ => True)"],
        ("Type", _) => &["Nat"],
        _ => return None,
    })
}

/// The first [`MAX_ASSIGNMENTS`] choices of one out of each of `sizes`, smallest sums first.
fn smallest(sizes: &[usize]) -> Vec<Vec<usize>> {
    let most: usize = sizes.iter().map(|size| size - 1).sum();
    let mut found = Vec::new();
    for sum in 0..=most {
        if found.len() >= MAX_ASSIGNMENTS {
            break;
        }
        fill(sizes, sum, &mut Vec::new(), &mut found);
    }
    found.truncate(MAX_ASSIGNMENTS);
    found
}

fn fill(sizes: &[usize], sum: usize, chosen: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
    if found.len() >= MAX_ASSIGNMENTS {
        return;
    }
    let Some((size, rest)) = sizes.split_first() else {
        if sum == 0 {
            found.push(chosen.clone());
        }
        return;
    };
    for choice in 0..(*size).min(sum + 1) {
        chosen.push(choice);
        fill(rest, sum - choice, chosen, found);
        chosen.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goal::{Context, HoleKind};
    use expect_test::{Expect, expect};

    fn check(goal: &str, expected: Expect) {
        let shown = [goal.to_owned()];
        let goal = Goal::parse(HoleKind::Tactic, &shown, Vec::new(), Context::default());
        let all = counterexamples(&goal.expect("a goal"));
        let first = all
            .iter()
            .take(4)
            .map(|one| format!("{}\n{}\n", one.values, one.proof));
        expected.assert_eq(&format!(
            "{}{} in all\n",
            first.collect::<String>(),
            all.len()
        ));
    }

    #[test]
    fn small_values_in_the_contexts_order() {
        check(
            "a : Int\nh : 0 < a\nb : Bool\n⊢ a = 2",
            expect![[r#"
                a = 0, b = false
                intro h
                exact absurd (h 0 (by first | decide | simp | omega) false) (by first | decide | simp | omega)
                a = 0, b = true
                intro h
                exact absurd (h 0 (by first | decide | simp | omega) true) (by first | decide | simp | omega)
                a = 1, b = false
                intro h
                exact absurd (h 1 (by first | decide | simp | omega) false) (by first | decide | simp | omega)
                a = 1, b = true
                intro h
                exact absurd (h 1 (by first | decide | simp | omega) true) (by first | decide | simp | omega)
                12 in all
            "#]],
        );
    }

    #[test]
    fn not_of_everything() {
        check("⊢ 1 = 2", expect!["0 in all\n"]);
        check("n : Nat := 3\n⊢ n = 2", expect!["0 in all\n"]);
        check(
            "a b c d e : Nat\n⊢ a = b",
            expect![[r#"
                a = 0, b = 0, c = 0, d = 0, e = 0
                intro h
                exact absurd (h 0 0 0 0 0) (by first | decide | simp | omega)
                a = 0, b = 0, c = 0, d = 0, e = 1
                intro h
                exact absurd (h 0 0 0 0 1) (by first | decide | simp | omega)
                a = 0, b = 0, c = 0, d = 1, e = 0
                intro h
                exact absurd (h 0 0 0 1 0) (by first | decide | simp | omega)
                a = 0, b = 0, c = 1, d = 0, e = 0
                intro h
                exact absurd (h 0 0 1 0 0) (by first | decide | simp | omega)
                48 in all
            "#]],
        );
    }
}
