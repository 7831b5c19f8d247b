//! A goal as a candidate meets it: as it stands, or after its first steps.

mod steps;

use super::file_context::FileContext;
use super::shape::{Shape, binders, head, names, sides, unparenthesised, words};
use crate::goal::Goal;
use unsorry_syntax::DeclarationKind;

/// The role of a local in a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
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
pub(super) struct Local {
    pub(super) name: String,
    pub(super) ty: String,
    pub(super) role: Role,
}

/// A goal, and the tactics that lead to it.
#[derive(Debug, Clone)]
pub(super) struct GoalState {
    pub(super) steps: Vec<String>,
    /// The names of a first `intro`, for terms: `fun x h => …`.
    pub(super) introduced: Vec<String>,
    /// The names that taking hypotheses apart has introduced.
    pub(super) opened: Vec<String>,
    pub(super) locals: Vec<Local>,
    pub(super) target: String,
    /// The target's outermost form, through a definition of the file's own.
    pub(super) shape: Shape,
    /// The target with that definition unfolded.
    pub(super) unfolded: String,
}

impl GoalState {
    /// The goal as it stands.
    pub(super) fn of(goal: &Goal, file: &FileContext) -> Self {
        let mut state = Self {
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
                state.add(name, &hypothesis.ty, file);
            }
        }
        state.aim(&goal.target, file);
        state
    }

    fn aim(&mut self, target: &str, file: &FileContext) {
        target.clone_into(&mut self.target);
        self.unfolded = unfolded(target, file).unwrap_or_else(|| target.to_owned());
        self.shape = match Shape::of(&self.unfolded) {
            Shape::Other if file.predicate(head(target)).is_some() => Shape::Inductive,
            shape => shape,
        };
    }

    fn add(&mut self, name: &str, ty: &str, file: &FileContext) {
        let role = self.role(name, ty, file);
        self.locals.retain(|local| local.name != name);
        self.locals.push(Local {
            name: name.to_owned(),
            ty: ty.to_owned(),
            role,
        });
    }

    fn role(&self, name: &str, ty: &str, file: &FileContext) -> Role {
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
            || self.is_proposition(core, file).unwrap_or_else(|| {
                name.starts_with(['h', 'H']) || name.starts_with("ih") || name.ends_with("_ih")
            });
        if fact {
            let whole = unfolded(ty, file).map_or_else(|| Shape::of(ty), |text| Shape::of(&text));
            let inductive = || file.predicate(head(ty)).is_some();
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
    fn is_proposition(&self, text: &str, file: &FileContext) -> Option<bool> {
        let head = head(text);
        if text.starts_with('{') || text.contains(['×', '⊕']) || VALUE_TYPES.contains(&head) {
            return Some(false);
        }
        if let Some(local) = self.local(head) {
            return Some(local.ty.trim_end().ends_with("Prop"));
        }
        let declaration = file.find(head)?;
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
    pub(super) fn wants_data(&self, file: &FileContext) -> bool {
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
        match self.is_proposition(core, file) {
            Some(proposition) => !proposition,
            None => ["Prop", "Type", "Sort"].contains(&head(core)),
        }
    }

    fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().find(|local| local.name == name)
    }

    /// Hypotheses, the latest first.
    pub(super) fn facts(&self) -> impl Iterator<Item = (&Local, Shape)> {
        self.locals
            .iter()
            .rev()
            .filter_map(|local| match local.role {
                Role::Fact(shape) if accessible(&local.name) => Some((local, shape)),
                _ => None,
            })
    }

    /// Values with their types' names, those that the target mentions first.
    pub(super) fn values(&self) -> Vec<(&Local, &str)> {
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

    /// Takes a name, for a local of which nothing else matters.
    pub(super) fn reserve(&mut self, name: &str) {
        self.locals.push(Local {
            name: name.to_owned(),
            ty: String::new(),
            role: Role::Other,
        });
    }

    /// A name like `base` that no local has.
    pub(super) fn fresh(&self, base: &str) -> String {
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

pub(super) fn accessible(name: &str) -> bool {
    !name.contains('✝')
}

/// A proposition `Even n` with the file's own `def Even (n : Nat) : Prop := …` unfolded.
fn unfolded(text: &str, file: &FileContext) -> Option<String> {
    let text = unparenthesised(text);
    if Shape::of(text) != Shape::Other {
        return None;
    }
    let applied: Vec<&str> = words(text).map(|(_, word)| word).collect();
    let declaration = file.find(applied.first()?)?;
    let body = declaration.body().trim();
    if declaration.kind != DeclarationKind::Def || body.starts_with('|') {
        return None;
    }
    let signature = declaration.text.split(":=").next()?;
    if !signature.trim_end().ends_with("Prop") {
        return None;
    }
    let mut parameters = Vec::new();
    for (_, word) in words(signature) {
        if word.starts_with(':') {
            break;
        }
        if let Some(inner) = word.strip_prefix('(')
            && let Some((bound, _)) = inner.split_once(" :")
        {
            parameters.extend(bound.split_whitespace());
        }
    }
    if parameters.len() > applied.len() - 1 {
        return None;
    }
    let mut out = String::new();
    let mut rest = body;
    for name in names(body) {
        let at = rest.find(name)?;
        out.push_str(&rest[..at]);
        match parameters.iter().position(|parameter| *parameter == name) {
            Some(place) => out.push_str(applied[place + 1]),
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
