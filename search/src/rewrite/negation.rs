//! The negation of a goal, as a theorem of its own in front of the goal's declaration. Pure.
//!
//! The goal's whole context is generalised, so that a proof of the negation says: there are values for
//! which the hypotheses hold and the goal does not. The statement is made of what Lean shows, which
//! need not mean the same when it is read again. So a proof of it says nothing yet: in
//! [`Negation::linked`] Lean itself compares it with the goal.

use std::sync::Arc;

use unsorry_prover::{Goal, HoleKind, Hypothesis};

use crate::referee::{Claim, Claimed};
use crate::target::Target;
use unsorry_syntax::{Change, Outline};

/// The theorem's name.
pub const NAME: &str = "unsorry_false";

/// The text that a proof of the goal's negation would be put into, and its bearing upon the goal.
#[derive(Debug)]
pub struct Negation {
    target: Target,
    statement: String,
    kind: HoleKind,
    context: String,
}

/// A goal's context with a name for everything in it.
struct Named {
    hypotheses: Vec<Hypothesis>,
    target: String,
    /// The names given to what had none that can be written, in the context's order.
    given: Vec<String>,
}

impl Negation {
    /// The negation of `goal`, which is the goal of `target`; none where that can't be written down.
    pub fn of(target: &Target, goal: &Goal) -> Option<Negation> {
        if goal.count != 1 {
            return None;
        }
        let named = Named::of(goal);
        let statement = format!("¬ ({})", named.generalised());
        if statement.contains('✝') || statement.contains('⋯') {
            return None;
        }
        let universes = universes(&statement);
        let start = target.declaration().block.start;
        let mut text = target.text[..start].to_owned();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text += &format!("theorem {NAME}{universes} : {statement} := by\n  sorry\n");
        let outline = Outline::of(&text);
        let hole = outline.holes.len().checked_sub(1)?;
        let own = &outline.holes[hole];
        if own.range.start < start {
            return None;
        }
        Some(Negation {
            target: Target {
                uri: target.uri.clone(),
                outline: Arc::new(outline),
                text: text.into(),
                hole,
            },
            statement: statement.split_whitespace().collect::<Vec<_>>().join(" "),
            kind: goal.kind,
            context: named.context(),
        })
    }

    /// The hole of the theorem.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The statement of the theorem.
    pub fn statement(&self) -> &str {
        &self.statement
    }

    /// What is claimed of the goal of `target`, which was negated, where `proof` (a change of the theorem's own
    /// text) proves the negation: the theorem stands in front of its declaration.
    pub fn claim(&self, target: &Target, proof: &Change) -> Claim {
        let start = target.declaration().block.start;
        let theorem = proof.apply(&self.target.text);
        Claim {
            hole: target.hole,
            is: Claimed::Contrary {
                theorem: theorem.get(start..).unwrap_or_default().to_owned(),
                name: NAME.to_owned(),
            },
        }
    }

    /// The tactics that bring the goal's context back into it, and then `last`, as text for the hole.
    fn in_the_holes_place(&self, last: &str) -> String {
        let tactics = format!("{}{last}", self.context);
        match self.kind {
            HoleKind::Tactic => tactics,
            HoleKind::Term => format!("by\n  {}", tactics.replace('\n', "\n  ")),
        }
    }

    /// The text of `target`, whose goal was negated, with the theorem in front of its declaration,
    /// proved by `proof` (a change of the theorem's own text), and with its hole filled by a `sorry`
    /// for the goal beside `theorem`, by name, as the proof of its negation: Lean takes that only where
    /// they are one another's contrary. On the way the goal is printed whole.
    pub fn linked(&self, target: &Target, proof: &Change, theorem: &str) -> String {
        let start = target.declaration().block.start;
        let link = self.in_the_holes_place(&format!(
            "set_option pp.explicit true in trace_state\n\
             exact (fun (p : Prop) (positive : p) (_ : ¬ p) => positive) _ sorry {theorem}"
        ));
        let declaration = target.spliced(self.kind, &link).text;
        let theorem = proof.apply(&self.target.text);
        format!("{}\n{}", theorem, &declaration[start..])
    }
}

impl Named {
    fn of(goal: &Goal) -> Named {
        let mut hypotheses = goal.hypotheses.clone();
        let mut target = goal.target.clone();
        let mut given = Vec::new();
        let mut renamed: Vec<(String, String)> = Vec::new();
        for hypothesis in &mut hypotheses {
            for name in &mut hypothesis.names {
                if name.contains('✝') {
                    let kind = if name.starts_with("inst✝") {
                        "inst"
                    } else {
                        "x"
                    };
                    let new = format!("unsorry_{kind}{}", given.len());
                    renamed.push((name.clone(), new.clone()));
                    given.push(new.clone());
                    *name = new;
                }
            }
        }
        // `x✝` is the beginning of `x✝¹`.
        renamed.sort_by_key(|(old, _)| std::cmp::Reverse(old.len()));
        let rename = |text: &mut String| {
            for (old, new) in &renamed {
                if text.contains(old.as_str()) {
                    *text = text.replace(old.as_str(), new);
                }
            }
        };
        for hypothesis in &mut hypotheses {
            rename(&mut hypothesis.ty);
            hypothesis.value.as_mut().map(rename);
        }
        rename(&mut target);
        Named {
            hypotheses,
            target,
            given,
        }
    }

    /// `∀ (a b : Nat) (h : a < b), a = b`
    fn generalised(&self) -> String {
        let mut text = String::new();
        let mut open = false;
        for Hypothesis { names, ty, value } in &self.hypotheses {
            let ty = ty.replace('\n', "\n    ");
            let names = names.join(" ");
            if let Some(value) = value {
                let comma = if open { ", " } else { "" };
                text += &format!("{comma}let {names} : {ty} := {value}; ");
                open = false;
                continue;
            }
            text += if open { " " } else { "∀ " };
            open = true;
            text += &match names.starts_with("unsorry_inst") {
                true => format!("[{names} : {ty}]"),
                false => format!("({names} : {ty})"),
            };
        }
        let comma = if open { ", " } else { "" };
        format!("{text}{comma}{}", self.target.replace('\n', "\n    "))
    }

    /// Tactics that bring all of the context back into the goal.
    fn context(&self) -> String {
        let mut lines = String::new();
        if !self.given.is_empty() {
            lines += &format!("rename_i {}\n", self.given.join(" "));
        }
        let names = self.hypotheses.iter().flat_map(|h| &h.names);
        let names: Vec<&str> = names.map(String::as_str).collect();
        if !names.is_empty() {
            lines += &format!("revert {}\n", names.join(" "));
        }
        lines
    }
}

/// A goal as a theorem states it, such as `(a b : Nat) (h : a < b) : a = b`. None where it has what
/// can't be written so.
pub fn generalised(goal: &Goal) -> Option<String> {
    let mut text = String::new();
    for Hypothesis { names, ty, value } in &goal.hypotheses {
        let names = names.join(" ");
        if value.is_some() || goal.count != 1 {
            return None;
        }
        text += &format!("({names} : {}) ", ty.replace('\n', "\n    "));
    }
    text += &format!(": {}", goal.target.replace('\n', "\n    "));
    (!text.contains('✝') && !text.contains('⋯')).then_some(text)
}

/// `.{u_1, u_2}` for the universes that Lean has named itself.
fn universes(statement: &str) -> String {
    let words = statement.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    let mut own: Vec<&str> = words
        .filter(|word| {
            let number = word.strip_prefix("u_").unwrap_or_default();
            !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
        })
        .collect();
    own.sort_unstable();
    own.dedup();
    match own.is_empty() {
        true => String::new(),
        false => format!(".{{{}}}", own.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use unsorry_prover::Context;

    /// The text that Lean would be asked about, for the hole of `text` with the goal `shown`.
    fn check(text: &str, kind: HoleKind, shown: &str, expected: Expect) {
        let outline = Outline::of(text);
        let target = Target {
            uri: "file:///A.lean".into(),
            outline: Arc::new(outline),
            text: text.into(),
            hole: 0,
        };
        let goal = Goal::parse(kind, &[shown.to_owned()], Vec::new(), Context::default());
        let negation = Negation::of(&target, &goal.expect("a goal"));
        let text = negation.map_or("none".into(), |negation| {
            let proof = negation.target().spliced(HoleKind::Tactic, "decide").change;
            negation.linked(&target, &proof, NAME)
        });
        expected.assert_eq(&text);
    }

    #[test]
    fn the_theorem_stands_in_front() {
        check(
            "variable (n : Nat)\n/-- T. -/\ntheorem t (a b : Nat) (h : a < b) : a = b := by\n  sorry\n",
            HoleKind::Tactic,
            "a b : Nat\nh : a < b\n⊢ a = b",
            expect![[r#"
                variable (n : Nat)
                theorem unsorry_false : ¬ (∀ (a b : Nat) (h : a < b), a = b) := by
                  decide

                /-- T. -/
                theorem t (a b : Nat) (h : a < b) : a = b := by
                  revert a b h
                  set_option pp.explicit true in trace_state
                  exact (fun (p : Prop) (positive : p) (_ : ¬ p) => positive) _ sorry unsorry_false"#]],
        );
    }

    #[test]
    fn what_has_no_name_gets_one() {
        check(
            "example : T := ⟨sorry, rfl⟩",
            HoleKind::Term,
            "α✝ : Type u_1\ninst✝ : Add α✝\nx✝¹ x✝ : α✝\nn : Nat := 3\nh : x✝¹ = x✝\n⊢ x✝ = x✝¹",
            expect![[r#"
                theorem unsorry_false.{u_1} : ¬ (∀ (unsorry_x0 : Type u_1) [unsorry_inst1 : Add unsorry_x0] (unsorry_x2 unsorry_x3 : unsorry_x0), let n : Nat := 3; ∀ (h : unsorry_x2 = unsorry_x3), unsorry_x3 = unsorry_x2) := by
                  decide

                example : T := ⟨by
                  rename_i unsorry_x0 unsorry_inst1 unsorry_x2 unsorry_x3
                  revert unsorry_x0 unsorry_inst1 unsorry_x2 unsorry_x3 n h
                  set_option pp.explicit true in trace_state
                  exact (fun (p : Prop) (positive : p) (_ : ¬ p) => positive) _ sorry unsorry_false, rfl⟩"#]],
        );
    }

    #[test]
    fn without_a_context() {
        check(
            "theorem t : 1 = 2 := by sorry",
            HoleKind::Tactic,
            "⊢ 1 = 2",
            expect![[r#"
                theorem unsorry_false : ¬ (1 = 2) := by
                  decide

                theorem t : 1 = 2 := by
                  set_option pp.explicit true in trace_state
                  exact (fun (p : Prop) (positive : p) (_ : ¬ p) => positive) _ sorry unsorry_false"#]],
        );
        check(
            "theorem t : p := by sorry",
            HoleKind::Tactic,
            "h : f ⋯ = 1\n⊢ p",
            expect!["none"],
        );
    }
}
