//! A goal as a candidate meets it: as it stands, or after its first steps.

use crate::goal::Goal;
use crate::shape::{Shape, binders, head, names, sides, tokens, unparenthesised};
use crate::surroundings::Surroundings;
use unsorry_syntax::DeclarationKind;

/// What a local is to a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    /// A hypothesis, and its outermost form.
    Fact(Shape),
    /// A value; its type's name, such as `List`, empty if it is not known.
    Value(String),
    /// A value of a type that is itself a local.
    Opaque,
    /// A type, a proposition, a predicate, a function or an instance.
    Other,
}

/// One accessible local.
#[derive(Debug, Clone)]
pub(crate) struct Local {
    pub(crate) name: String,
    pub(crate) ty: String,
    pub(crate) role: Role,
}

/// A goal, and the tactics that lead to it.
#[derive(Debug, Clone)]
pub(crate) struct View {
    pub(crate) steps: Vec<String>,
    /// The names of a first `intro`, for terms: `fun x h => …`.
    pub(crate) introduced: Vec<String>,
    /// What taking hypotheses apart has named.
    pub(crate) opened: Vec<String>,
    pub(crate) locals: Vec<Local>,
    pub(crate) target: String,
    /// The target's outermost form, through a definition of the file's own.
    pub(crate) shape: Shape,
    /// The target with that definition unfolded.
    pub(crate) unfolded: String,
}

/// More names than this are not introduced at once.
const MAX_INTRODUCED: usize = 12;
/// More hypotheses than this are not taken apart at once.
const MAX_OPENED: usize = 4;
/// Definitions unfolded one inside another: one may unfold to itself.
const MAX_UNFOLDED: usize = 6;
/// More levels than this are not taken apart.
const MAX_DEEP: usize = 64;

impl View {
    /// The goal as it stands.
    pub(crate) fn of(goal: &Goal, around: &Surroundings) -> Self {
        let mut view = Self {
            steps: Vec::new(),
            introduced: Vec::new(),
            opened: Vec::new(),
            locals: Vec::new(),
            target: String::new(),
            shape: Shape::Other,
            unfolded: String::new(),
        };
        for hypothesis in &goal.hypotheses {
            for name in &hypothesis.names {
                view.add(name, &hypothesis.ty, around);
            }
        }
        view.aim(&goal.target, around);
        view
    }

    fn aim(&mut self, target: &str, around: &Surroundings) {
        target.clone_into(&mut self.target);
        self.unfolded = unfolded(target, around).unwrap_or_else(|| target.to_owned());
        self.shape = match Shape::of(&self.unfolded) {
            Shape::Other if around.predicate(head(target)).is_some() => Shape::Inductive,
            shape => shape,
        };
    }

    fn add(&mut self, name: &str, ty: &str, around: &Surroundings) {
        let role = self.role(name, ty, around);
        self.locals.retain(|local| local.name != name);
        self.locals.push(Local {
            name: name.to_owned(),
            ty: ty.to_owned(),
            role,
        });
    }

    fn role(&self, name: &str, ty: &str, around: &Surroundings) -> Role {
        let mut core = unparenthesised(ty);
        let mut function = false;
        loop {
            match Shape::of(core) {
                Shape::Forall => match binders(core) {
                    Some((_, body)) => core = unparenthesised(body),
                    None => break,
                },
                Shape::Arrow => match sides(core, "→") {
                    Some((_, body)) => core = unparenthesised(body),
                    None => break,
                },
                _ => break,
            }
            function = true;
        }
        let sort = |text: &str| ["Prop", "Type", "Sort"].contains(&head(text));
        if sort(core) || name.starts_with("inst") {
            return Role::Other;
        }
        let shape = Shape::of(core);
        let fact = shape.is_proposition()
            || self.is_proposition(core, around).unwrap_or_else(|| {
                name.starts_with(['h', 'H']) || name.starts_with("ih") || name.ends_with("_ih")
            });
        if fact {
            let whole = unfolded(ty, around).map_or_else(|| Shape::of(ty), |text| Shape::of(&text));
            let inductive = || around.predicate(head(ty)).is_some();
            return Role::Fact(match whole {
                Shape::Other if inductive() => Shape::Inductive,
                shape => shape,
            });
        }
        if function {
            return Role::Other;
        }
        match self.local(head(core)) {
            Some(_) if type_name(core) == head(core) => Role::Opaque,
            _ => Role::Value(type_name(core)),
        }
    }

    /// Whether an application is a proposition, where that can be told.
    fn is_proposition(&self, text: &str, around: &Surroundings) -> Option<bool> {
        let head = head(text);
        if text.starts_with('{') || text.contains(['×', '⊕']) || VALUE_TYPES.contains(&head) {
            return Some(false);
        }
        if let Some(local) = self.local(head) {
            return Some(local.ty.trim_end().ends_with("Prop"));
        }
        let declaration = around.find(head)?;
        let signature = match declaration.kind {
            DeclarationKind::Inductive => declaration.text.split('|').next()?,
            DeclarationKind::Structure => declaration.text.split(" where").next()?,
            _ => declaration.text.split(":=").next()?.split('|').next()?,
        };
        Some(
            signature
                .trim_end()
                .trim_end_matches("where")
                .trim_end()
                .ends_with("Prop"),
        )
    }

    /// Whether the target is a type whose values are data: any of them would do for Lean, and
    /// hardly any for its author.
    pub(crate) fn wants_data(&self, around: &Surroundings) -> bool {
        let mut core = unparenthesised(&self.target);
        while let Shape::Arrow | Shape::Forall = Shape::of(core) {
            let body = binders(core).map(|(_, body)| body);
            match body.or_else(|| sides(core, "→").map(|(_, body)| body)) {
                Some(body) => core = unparenthesised(body),
                None => break,
            }
        }
        if Shape::of(core).is_proposition() {
            return false;
        }
        match self.is_proposition(core, around) {
            Some(proposition) => !proposition,
            None => ["Prop", "Type", "Sort"].contains(&head(core)),
        }
    }

    fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().find(|local| local.name == name)
    }

    /// Hypotheses, the latest first.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (&Local, Shape)> {
        self.locals
            .iter()
            .rev()
            .filter_map(|local| match local.role {
                Role::Fact(shape) if accessible(&local.name) => Some((local, shape)),
                _ => None,
            })
    }

    /// Values with their types' names, those that the target mentions first.
    pub(crate) fn values(&self) -> Vec<(&Local, &str)> {
        let place = |name: &str| {
            names(&self.target).position(|other| {
                other == name
                    || other
                        .strip_prefix(name)
                        .is_some_and(|rest| rest.starts_with('.'))
            })
        };
        let mut found: Vec<(&Local, &str)> = self
            .locals
            .iter()
            .filter(|local| accessible(&local.name))
            .filter_map(|local| match &local.role {
                Role::Value(ty) => Some((local, &**ty)),
                Role::Opaque => Some((local, "")),
                _ => None,
            })
            .collect();
        found.sort_by_key(|(local, _)| place(&local.name).unwrap_or(usize::MAX));
        found
    }

    /// The goal once all that it starts with is introduced; `None` if that is nothing.
    pub(crate) fn introduced(&self, around: &Surroundings) -> Option<Self> {
        let mut view = self.clone();
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
                        let name = view.fresh(base);
                        view.add(&name, &binder.ty, around);
                        new.push(name);
                        if let Some(condition) = binder.condition {
                            let name = view.fresh("h");
                            view.add(&name, &condition, around);
                            new.push(name);
                        }
                    }
                    target = body.to_owned();
                }
                Shape::Arrow => {
                    let Some((premise, body)) = sides(&text, "→") else {
                        break;
                    };
                    let fact = matches!(view.role("h", premise, around), Role::Fact(_));
                    let name = view.fresh(if fact { "h" } else { "x" });
                    view.add(&name, premise, around);
                    new.push(name);
                    target = body.to_owned();
                }
                Shape::Not => {
                    let name = view.fresh("h");
                    view.add(&name, text.trim_start_matches('¬').trim(), around);
                    new.push(name);
                    target = "False".to_owned();
                }
                Shape::Ne => {
                    let name = view.fresh("h");
                    view.add(&name, &text.replacen('≠', "=", 1), around);
                    new.push(name);
                    target = "False".to_owned();
                }
                _ => match unfolded(&text, around) {
                    Some(body) if !new.is_empty() && is_function(&body) => target = body,
                    _ => break,
                },
            }
        }
        if new.is_empty() {
            return None;
        }
        view.aim(&target, around);
        view.steps.push(format!("intro {}", new.join(" ")));
        view.introduced = new;
        Some(view)
    }

    /// The goal once hypotheses `p ∧ q` and `∃ x, p x` are taken apart; `None` if there is none.
    pub(crate) fn opened(&self, around: &Surroundings) -> Option<Self> {
        let mut view = self.clone();
        let wanted: Vec<(String, String)> = self
            .facts()
            .filter(|(_, shape)| matches!(shape, Shape::And | Shape::Exists))
            .map(|(local, _)| (local.name.clone(), local.ty.clone()))
            .collect();
        for (name, ty) in wanted.into_iter().rev().take(MAX_OPENED) {
            view.locals.retain(|local| local.name != name);
            let pattern = view.pattern(&ty, around, false);
            view.steps.push(format!("obtain {pattern} := {name}"));
        }
        let known = |local: &Local| self.locals.iter().any(|old| old.name == local.name);
        let new = view.locals.iter().filter(|local| !known(local));
        view.opened = new.map(|local| local.name.clone()).collect();
        (view.steps.len() > self.steps.len()).then_some(view)
    }

    /// An `rcases` pattern for a hypothesis; what it names becomes a local.
    pub(crate) fn pattern(&mut self, ty: &str, around: &Surroundings, split: bool) -> String {
        self.pattern_at((0, 0), ty, around, split)
    }

    /// As [`View::pattern`], within so many levels, and so many definitions among them.
    fn pattern_at(
        &mut self,
        (levels, unfoldings): (usize, usize),
        ty: &str,
        around: &Surroundings,
        split: bool,
    ) -> String {
        let mut inner = (levels + 1, unfoldings);
        let ty = match unfolded(ty, around) {
            Some(unfolded) if unfoldings < MAX_UNFOLDED => {
                inner.1 += 1;
                unfolded
            }
            _ => unparenthesised(ty).to_owned(),
        };
        match Shape::of(&ty) {
            _ if levels == MAX_DEEP => {}
            Shape::Exists => {
                if let Some((found, body)) = binders(&ty) {
                    let mut parts = Vec::new();
                    for binder in found {
                        let name = self.fresh(&binder.name);
                        self.add(&name, &binder.ty, around);
                        parts.push(name);
                    }
                    let rest = self.pattern_at(inner, body, around, split);
                    parts.push(spliced(rest));
                    return format!("⟨{}⟩", parts.join(", "));
                }
            }
            Shape::And => {
                if let Some((left, right)) = sides(&ty, "∧") {
                    let left = self.pattern_at(inner, left, around, split);
                    let left = if left.contains(" | ") {
                        format!("({left})")
                    } else {
                        left
                    };
                    let right = spliced(self.pattern_at(inner, right, around, split));
                    return format!("⟨{left}, {right}⟩");
                }
            }
            Shape::Or if split => {
                if let Some((left, right)) = sides(&ty, "∨") {
                    let left = self.pattern_at(inner, left, around, split);
                    let right = self.pattern_at(inner, right, around, split);
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
        self.add(&name, &ty, around);
        name
    }

    /// Takes a name, for a local of which nothing else matters.
    pub(crate) fn reserve(&mut self, name: &str) {
        self.locals.push(Local {
            name: name.to_owned(),
            ty: String::new(),
            role: Role::Other,
        });
    }

    /// A name like `base` that no local has.
    pub(crate) fn fresh(&self, base: &str) -> String {
        let base = base.trim_end_matches('✝');
        let base = if base.is_empty() || base == "_" {
            "x"
        } else {
            base
        };
        let taken = |name: &str| self.locals.iter().any(|local| local.name == name);
        let mut name = base.to_owned();
        let digits = ['₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];
        let mut count = 0;
        while taken(&name) {
            name = match digits.get(count) {
                Some(digit) => format!("{base}{digit}"),
                None => name + "'",
            };
            count += 1;
        }
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

pub(crate) fn accessible(name: &str) -> bool {
    !name.contains('✝')
}

fn is_function(text: &str) -> bool {
    matches!(
        Shape::of(text),
        Shape::Forall | Shape::Arrow | Shape::Not | Shape::Ne
    )
}

/// A proposition `Even n` with the file's own `def Even (n : Nat) : Prop := …` unfolded.
fn unfolded(text: &str, around: &Surroundings) -> Option<String> {
    let text = unparenthesised(text);
    if Shape::of(text) != Shape::Other {
        return None;
    }
    let words: Vec<&str> = tokens(text).map(|(_, word)| word).collect();
    let declaration = around.find(words.first()?)?;
    let body = declaration.body().trim();
    if declaration.kind != DeclarationKind::Def || body.starts_with('|') {
        return None;
    }
    let signature = declaration.text.split(":=").next()?;
    if !signature.trim_end().ends_with("Prop") {
        return None;
    }
    let mut parameters = Vec::new();
    for (_, token) in tokens(signature) {
        if token.starts_with(':') {
            break;
        }
        if let Some(inner) = token.strip_prefix('(')
            && let Some((bound, _)) = inner.split_once(" :")
        {
            parameters.extend(bound.split_whitespace());
        }
    }
    if parameters.len() > words.len() - 1 {
        return None;
    }
    let mut out = String::new();
    let mut rest = body;
    for name in names(body) {
        let at = rest.find(name)?;
        out.push_str(&rest[..at]);
        match parameters.iter().position(|parameter| *parameter == name) {
            Some(place) => out.push_str(words[place + 1]),
            None => out.push_str(name),
        }
        rest = &rest[at + name.len()..];
    }
    out.push_str(rest);
    Some(out)
}

/// `List` of `List α`, `Prod` of `α × β`.
fn type_name(ty: &str) -> String {
    let outside = |operator| sides(ty, operator).is_some();
    let name = if ty.starts_with('{') {
        "Subtype"
    } else if outside("×") {
        "Prod"
    } else if outside("⊕") {
        "Sum"
    } else {
        head(ty)
    };
    name.to_owned()
}

/// Types of data that come with Lean or Mathlib.
const VALUE_TYPES: [&str; 35] = [
    "Nat",
    "Int",
    "List",
    "Array",
    "Vector",
    "Option",
    "Bool",
    "Char",
    "String",
    "Fin",
    "BitVec",
    "Prod",
    "Sum",
    "Sigma",
    "Subtype",
    "Except",
    "Unit",
    "PUnit",
    "Empty",
    "Float",
    "UInt8",
    "UInt16",
    "UInt32",
    "UInt64",
    "USize",
    "Substring",
    "Ordering",
    "Rat",
    "Set",
    "Finset",
    "Multiset",
    "ℕ",
    "ℤ",
    "ℚ",
    "ℝ",
];
