//! A declaration without holes, so that Lean can say that it is whole. Pure.
//!
//! Lean's silence about a candidate means little: messages that mention a broken definition are dropped,
//! `#guard_msgs` drops what it is told to, and beside another `sorry` a theorem is never reported as
//! accomplished. So the other holes are filled by an axiom, and Lean is asked again: what it then reports
//! as accomplished has no error in it that was kept from us.

use unsorry_syntax::{DeclarationKind, Outline};

use crate::target::Target;

/// Stands for a hole, among tactics and in terms; as long as `sorry`, so that columns stay.
const HOLE: &str = "hole!";

/// The declarations that give [`HOLE`] its meaning.
const PREAMBLE: &str = "axiom unsorry_hole.{unsorry_u} {α : Sort unsorry_u} : α\n\
    local macro \"hole!\" : term => `(unsorry_hole)\n\
    local macro \"hole!\" : tactic => `(tactic| exact unsorry_hole)\n";

/// The target's text with the axiom in front of its declaration.
pub fn with_axiom(target: &Target) -> Target {
    let mut text = target.head().to_owned();
    text.insert_str(target.declaration().block.start, PREAMBLE);
    Target {
        uri: target.uri.clone(),
        outline: Outline::of(&text).into(),
        text: text.into(),
        hole: target.hole,
    }
}

/// `text`, which is the target's as far as the start of its declaration and ends with it, with the axiom
/// in front of the declaration, and in the place of every hole from there on.
pub fn closed(target: &Target, text: &str) -> String {
    let start = target.declaration().block.start;
    let mut closed = text.to_owned();
    let holes = Outline::of(text).holes;
    for hole in holes.iter().rev().filter(|hole| hole.range.start >= start) {
        closed.replace_range(hole.range.clone(), HOLE);
    }
    closed.insert_str(start, PREAMBLE);
    closed
}

/// The numbers of theorems and of examples in the target's block; none where it has something else.
pub fn theorems(target: &Target) -> Option<(usize, usize)> {
    let block = &target.declaration().block;
    let all = target.outline.declarations.iter();
    let mut own = all.filter(|declaration| block.contains(&declaration.extent.start));
    own.try_fold(
        (0, 0),
        |(theorems, examples), declaration| match declaration.kind {
            DeclarationKind::Theorem => Some((theorems + 1, examples)),
            DeclarationKind::Example => Some((theorems, examples + 1)),
            _ => None,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use std::sync::Arc;

    #[test]
    fn holes_before_the_declaration_stay() {
        let text = "theorem a : p := sorry\n/-- T. -/\ntheorem t : p ∧ q := by\n  constructor\n  · sorry\n  · exact f sorry\n";
        let target = Target {
            uri: "file:///A.lean".into(),
            outline: Arc::new(Outline::of(text)),
            text: text.into(),
            hole: 1,
        };
        expect![[r#"
            theorem a : p := sorry
            axiom unsorry_hole.{unsorry_u} {α : Sort unsorry_u} : α
            local macro "hole!" : term => `(unsorry_hole)
            local macro "hole!" : tactic => `(tactic| exact unsorry_hole)
            /-- T. -/
            theorem t : p ∧ q := by
              constructor
              · hole!
              · exact f hole!
        "#]]
        .assert_eq(&closed(&target, text));
        assert_eq!(with_axiom(&target).hole().indent, target.hole().indent);
        assert_eq!(theorems(&target), Some((1, 0)));
    }
}
