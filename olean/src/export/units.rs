//! What is declared at once.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::constant::{Constant, ConstantKind, QuotKind};
use crate::export::error::ExportError;
use crate::{NameId, Terms};

/// Constants that are declared at once, and so written as one.
pub(crate) enum Unit<'c> {
    Single(&'c Constant),
    /// `Quot`, `Quot.mk`, `Quot.lift`, `Quot.ind`
    Quot(Vec<&'c Constant>),
    Inductive {
        types: Vec<&'c Constant>,
        ctors: Vec<&'c Constant>,
        recs: Vec<&'c Constant>,
    },
}

/// All of them, each with a number.
pub(crate) struct Units<'c> {
    units: Vec<Unit<'c>>,
    /// In which each constant is.
    of: HashMap<NameId, usize>,
}

impl<'c> Units<'c> {
    pub(crate) fn new(
        terms: &Terms,
        constants: impl IntoIterator<Item = &'c Constant>,
    ) -> Result<Units<'c>, ExportError> {
        let mut known: IndexMap<NameId, &Constant> = IndexMap::new();
        for constant in constants {
            let entry = known.entry(constant.name).or_insert(constant);
            if *entry != constant {
                *entry = either(entry, constant).ok_or_else(|| {
                    ExportError::Twice(terms.show_name(constant.name).to_string())
                })?;
            }
        }
        let given: Vec<&Constant> = known.values().copied().collect();
        let mut recursors: HashMap<NameId, Vec<&Constant>> = HashMap::new();
        for constant in &given {
            if let ConstantKind::Recursor { all, .. } = &constant.kind
                && let Some(first) = all.first()
            {
                recursors.entry(*first).or_default().push(constant);
            }
        }
        let mut units = Units {
            units: Vec::new(),
            of: HashMap::new(),
        };
        for constant in &given {
            if units.of.contains_key(&constant.name) {
                continue;
            }
            let incomplete = || ExportError::Incomplete(terms.show_name(constant.name).to_string());
            let unit = match &constant.kind {
                ConstantKind::Axiom { .. }
                | ConstantKind::Definition { .. }
                | ConstantKind::Theorem { .. }
                | ConstantKind::Opaque { .. } => Unit::Single(constant),
                ConstantKind::Quot { .. } => quotient(&given).ok_or_else(incomplete)?,
                ConstantKind::Inductive { all, .. } => {
                    inductive(all, &known, &recursors).ok_or_else(incomplete)?
                }
                // They come with their types.
                ConstantKind::Constructor { .. } | ConstantKind::Recursor { .. } => continue,
            };
            for member in unit.constants() {
                if units.of.insert(member.name, units.units.len()).is_some() {
                    return Err(incomplete());
                }
            }
            units.units.push(unit);
        }
        let lost = given.iter().find(|one| !units.of.contains_key(&one.name));
        if let Some(lost) = lost {
            let name = terms.show_name(lost.name).to_string();
            return Err(ExportError::Incomplete(name));
        }
        Ok(units)
    }

    pub(crate) fn len(&self) -> usize {
        self.units.len()
    }

    pub(crate) fn get(&self, unit: usize) -> &Unit<'c> {
        &self.units[unit]
    }

    pub(crate) fn constants(&self, unit: usize) -> impl Iterator<Item = &'c Constant> {
        self.units[unit].constants()
    }

    /// Where a constant is, if it was given.
    pub(crate) fn of(&self, name: NameId) -> Option<usize> {
        self.of.get(&name).copied()
    }
}

impl<'c> Unit<'c> {
    fn constants(&self) -> impl Iterator<Item = &'c Constant> {
        let parts: [&[&Constant]; 3] = match self {
            Unit::Single(constant) => [std::slice::from_ref(constant), &[], &[]],
            Unit::Quot(parts) => [parts, &[], &[]],
            Unit::Inductive { types, ctors, recs } => [types, ctors, recs],
        };
        parts.into_iter().flatten().copied()
    }
}

/// Of two constants of one name, the one that says more: a theorem is an axiom to importers, and may be proved in several
/// modules.
fn either<'c>(one: &'c Constant, other: &'c Constant) -> Option<&'c Constant> {
    let says_same = one.ty == other.ty && one.level_params == other.level_params;
    match (&one.kind, &other.kind) {
        _ if !says_same => None,
        (
            ConstantKind::Theorem { .. },
            ConstantKind::Theorem { .. } | ConstantKind::Axiom { .. },
        ) => Some(one),
        (ConstantKind::Axiom { .. }, ConstantKind::Theorem { .. }) => Some(other),
        _ => None,
    }
}

fn quotient<'c>(given: &[&'c Constant]) -> Option<Unit<'c>> {
    let part = |wanted| {
        let mut found = given
            .iter()
            .filter(|one| matches!(one.kind, ConstantKind::Quot { kind } if kind == wanted));
        let part = found.next()?;
        found.next().is_none().then_some(*part)
    };
    let parts = [
        QuotKind::Type,
        QuotKind::Ctor,
        QuotKind::Lift,
        QuotKind::Ind,
    ];
    Some(Unit::Quot(
        parts.into_iter().map(part).collect::<Option<_>>()?,
    ))
}

/// The types `all`, where they agree on being declared together, with their constructors, which must know them, and
/// recursors.
fn inductive<'c>(
    all: &[NameId],
    known: &IndexMap<NameId, &'c Constant>,
    recursors: &HashMap<NameId, Vec<&'c Constant>>,
) -> Option<Unit<'c>> {
    let mut types = Vec::new();
    let mut ctors = Vec::new();
    for name in all {
        let ty = *known.get(name)?;
        let ConstantKind::Inductive {
            all: own,
            ctors: names,
            ..
        } = &ty.kind
        else {
            return None;
        };
        if own != all {
            return None;
        }
        types.push(ty);
        for ctor in names {
            let ctor = *known.get(ctor)?;
            match &ctor.kind {
                ConstantKind::Constructor { induct, .. } if induct == name => ctors.push(ctor),
                _ => return None,
            }
        }
    }
    let recs = recursors.get(all.first()?).cloned().unwrap_or_default();
    let agree = |rec: &&Constant| matches!(&rec.kind, ConstantKind::Recursor { all: own, .. } if own == all);
    recs.iter()
        .all(agree)
        .then_some(Unit::Inductive { types, ctors, recs })
}
