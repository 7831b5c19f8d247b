//! The first steps of a proof: introducing, and taking hypotheses apart.

use super::{GoalState, Local, Role, unfolded};
use crate::portfolio::file_context::FileContext;
use crate::portfolio::shape::{Shape, binders, sides, unparenthesised};

/// The most names that are introduced at once.
const MAX_INTRODUCED: usize = 12;
/// The most hypotheses that are taken apart at once.
const MAX_OPENED: usize = 4;
/// Definitions unfolded one inside another: one may unfold to itself.
const MAX_UNFOLDED: usize = 6;
/// The most levels that are taken apart.
const MAX_LEVELS: usize = 64;

impl GoalState {
    /// The goal once all that it starts with is introduced; `None` if that is nothing.
    pub(in crate::portfolio) fn introduced(&self, file: &FileContext) -> Option<Self> {
        let mut state = self.clone();
        let mut target = self.unfolded.clone();
        let mut new = Vec::new();
        while new.len() < MAX_INTRODUCED {
            let text = unparenthesised(&target).to_owned();
            match Shape::of(&text) {
                Shape::Forall => {
                    let Some((found, body)) = binders(&text) else {
                        break;
                    };
                    for binder in found {
                        let base = if binder.instance {
                            "inst"
                        } else {
                            &binder.name
                        };
                        let name = state.fresh(base);
                        state.add(&name, &binder.ty, file);
                        new.push(name);
                        if let Some(condition) = binder.condition {
                            let name = state.fresh("h");
                            state.add(&name, &condition, file);
                            new.push(name);
                        }
                    }
                    target = body.to_owned();
                }
                Shape::Arrow => {
                    let Some((premise, body)) = sides(&text, "→") else {
                        break;
                    };
                    let fact = matches!(state.role("h", premise, file), Role::Fact(_));
                    let name = state.fresh(if fact { "h" } else { "x" });
                    state.add(&name, premise, file);
                    new.push(name);
                    target = body.to_owned();
                }
                Shape::Not => {
                    let name = state.fresh("h");
                    state.add(&name, text.trim_start_matches('¬').trim(), file);
                    new.push(name);
                    target = "False".to_owned();
                }
                Shape::Ne => {
                    let name = state.fresh("h");
                    state.add(&name, &text.replacen('≠', "=", 1), file);
                    new.push(name);
                    target = "False".to_owned();
                }
                _ => match unfolded(&text, file) {
                    Some(body) if !new.is_empty() && is_function(&body) => target = body,
                    _ => break,
                },
            }
        }
        if new.is_empty() {
            return None;
        }
        state.aim(&target, file);
        state.steps.push(format!("intro {}", new.join(" ")));
        state.introduced = new;
        Some(state)
    }

    /// The goal once hypotheses `p ∧ q` and `∃ x, p x` are taken apart; `None` if there is none.
    pub(in crate::portfolio) fn opened(&self, file: &FileContext) -> Option<Self> {
        let mut state = self.clone();
        let wanted: Vec<(String, String)> = self
            .facts()
            .filter(|(_, shape)| matches!(shape, Shape::And | Shape::Exists))
            .map(|(local, _)| (local.name.clone(), local.ty.clone()))
            .collect();
        for (name, ty) in wanted.into_iter().rev().take(MAX_OPENED) {
            state.locals.retain(|local| local.name != name);
            let pattern = state.pattern(&ty, file, false);
            state.steps.push(format!("obtain {pattern} := {name}"));
        }
        let known = |local: &Local| self.locals.iter().any(|old| old.name == local.name);
        let new = state.locals.iter().filter(|local| !known(local));
        state.opened = new.map(|local| local.name.clone()).collect();
        (state.steps.len() > self.steps.len()).then_some(state)
    }

    /// An `rcases` pattern for a hypothesis; what it names becomes a local.
    pub(in crate::portfolio) fn pattern(
        &mut self,
        ty: &str,
        file: &FileContext,
        split: bool,
    ) -> String {
        self.pattern_at((0, 0), ty, file, split)
    }

    /// Builds [`GoalState::pattern`] from within so many levels, and so many definitions among them.
    fn pattern_at(
        &mut self,
        (levels, unfoldings): (usize, usize),
        ty: &str,
        file: &FileContext,
        split: bool,
    ) -> String {
        let mut inner = (levels + 1, unfoldings);
        let ty = match unfolded(ty, file) {
            Some(unfolded) if unfoldings < MAX_UNFOLDED => {
                inner.1 += 1;
                unfolded
            }
            _ => unparenthesised(ty).to_owned(),
        };
        match Shape::of(&ty) {
            _ if levels == MAX_LEVELS => {}
            Shape::Exists => {
                if let Some((found, body)) = binders(&ty) {
                    let mut parts = Vec::new();
                    for binder in found {
                        let name = self.fresh(&binder.name);
                        self.add(&name, &binder.ty, file);
                        parts.push(name);
                    }
                    let rest = self.pattern_at(inner, body, file, split);
                    parts.push(spliced(rest));
                    return format!("⟨{}⟩", parts.join(", "));
                }
            }
            Shape::And => {
                if let Some((left, right)) = sides(&ty, "∧") {
                    let left = self.pattern_at(inner, left, file, split);
                    let left = if left.contains(" | ") {
                        format!("({left})")
                    } else {
                        left
                    };
                    let right = spliced(self.pattern_at(inner, right, file, split));
                    return format!("⟨{left}, {right}⟩");
                }
            }
            Shape::Or if split => {
                if let Some((left, right)) = sides(&ty, "∨") {
                    let left = self.pattern_at(inner, left, file, split);
                    let right = self.pattern_at(inner, right, file, split);
                    let left = if left.contains(" | ") {
                        format!("({left})")
                    } else {
                        left
                    };
                    return format!("{left} | {right}");
                }
            }
            _ => {}
        }
        let short = ty.chars().count() <= 2 && ty.chars().all(char::is_alphabetic);
        let name = self.fresh(&if short {
            format!("h{ty}")
        } else {
            "h".to_owned()
        });
        self.add(&name, &ty, file);
        name
    }
}

/// `⟨a, b⟩` inside a longer one is written `a, b`.
fn spliced(pattern: String) -> String {
    match pattern
        .strip_prefix('⟨')
        .and_then(|rest| rest.strip_suffix('⟩'))
    {
        Some(inner) if !inner.contains('⟨') && !inner.contains(" | ") => inner.to_owned(),
        _ => pattern,
    }
}

fn is_function(text: &str) -> bool {
    matches!(
        Shape::of(text),
        Shape::Forall | Shape::Arrow | Shape::Not | Shape::Ne
    )
}
