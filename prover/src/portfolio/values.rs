//! The values of a row's placeholders at a goal.

use super::placeholder::Slot;
use super::row::Row;
use super::shape::{Shape, binders, head, names};
use super::template::TemplateContext;

impl TemplateContext<'_> {
    /// The values that a placeholder may have, given those before it.
    pub(super) fn options(
        &self,
        slot: Slot,
        row: &Row,
        template: &str,
        bound: &[(&str, String)],
    ) -> Vec<String> {
        let value = |mark| {
            let found = bound.iter().find(|(known, _)| *known == mark);
            found.map(|(_, value)| &**value)
        };
        let joined = |all: &[String], most: usize| -> Vec<String> {
            let all = all[..all.len().min(most)].join(", ");
            if all.is_empty() { vec![] } else { vec![all] }
        };
        let facts = || {
            self.state
                .facts()
                .map(|(local, _)| local.name.clone())
                .collect::<Vec<_>>()
        };
        let simp = template.contains("simp [") || template.contains("simp_all [");
        let unfoldable = |all: &[String]| -> Vec<String> {
            let all = all
                .iter()
                .filter(|name| !simp || !self.looping.contains(name));
            all.cloned().collect()
        };
        match slot {
            Slot::Hypothesis => self.hypotheses(row),
            Slot::OtherHypothesis => facts(),
            Slot::Hypotheses => joined(&facts(), 6),
            Slot::Pattern => {
                let facts = self.state.facts();
                let fact = value("{h}").and_then(|name| {
                    facts
                        .map(|(local, _)| local)
                        .find(|local| local.name == name)
                });
                let pattern =
                    fact.map(|fact| self.state.clone().pattern(&fact.ty, self.file, true));
                pattern.into_iter().collect()
            }
            Slot::Variable | Slot::OtherVariable => self.variables(row),
            Slot::OtherVariables => {
                let own = value("{x}").unwrap_or_default();
                let ty = self.state.locals.iter().find(|local| local.name == own);
                let of_type = |name: &str| {
                    ty.is_some_and(|local| names(&local.ty).any(|other| other == name))
                };
                let values = self.state.values();
                let others: Vec<&str> = values
                    .iter()
                    .map(|(local, _)| &*local.name)
                    .filter(|name| *name != own && !of_type(name))
                    .collect();
                let others = others.join(" ");
                if others.is_empty() {
                    vec![]
                } else {
                    vec![others]
                }
            }
            Slot::Definition => unfoldable(&self.direct),
            Slot::Definitions => joined(&unfoldable(&self.definitions), 10),
            Slot::Lemma => self.lemmas.clone(),
            Slot::Lemmas => joined(&self.lemmas, 6),
            Slot::Facts => {
                let most = self.lemmas.len().min(6);
                let all = [&*unfoldable(&self.definitions), &self.lemmas[..most]].concat();
                joined(&all, all.len())
            }
            Slot::Witness => self.witnesses(),
            Slot::Rule => self.rules(head(&self.state.target)),
            Slot::Rules => {
                let all = self.predicates();
                let all: Vec<String> = all.iter().flat_map(|name| self.rules(name)).collect();
                joined(&all, 8)
            }
            Slot::Predicates => joined(&self.predicates(), 4),
            Slot::Own => self.file.own.iter().cloned().collect(),
        }
    }

    /// The terms that may be put for the `x` of `∃ x, …`: what is at hand first, then small numbers.
    fn witnesses(&self) -> Vec<String> {
        if self.state.shape != Shape::Exists {
            return Vec::new();
        }
        let Some((wanted, _)) = binders(&self.state.unfolded) else {
            return Vec::new();
        };
        let mut values = self.state.values();
        values.sort_by_key(|(local, _)| !self.state.opened.contains(&local.name));
        let at_hand: Vec<&str> = values.iter().map(|(local, _)| &*local.name).collect();
        let number = |ty: &str| matches!(ty, "" | "Nat" | "Int" | "ℕ" | "ℤ");
        let numbers: Vec<&str> = values
            .iter()
            .filter(|(_, ty)| number(ty))
            .map(|(local, _)| &*local.name)
            .collect();
        let mut single: Vec<String> = at_hand.iter().map(|name| (*name).to_owned()).collect();
        if wanted.len() > 1 {
            single.extend((0..4).map(|number| number.to_string()));
            let single = &single[..single.len().min(5)];
            let mut tuples = vec![String::new()];
            for _ in &wanted {
                let pairs = tuples.iter().flat_map(|tuple| {
                    single.iter().map(move |one| match &**tuple {
                        "" => one.clone(),
                        tuple => format!("{tuple}, {one}"),
                    })
                });
                tuples = pairs.take(64).collect();
            }
            return tuples;
        }
        single.truncate(3);
        for (place, one) in numbers.iter().enumerate().take(3) {
            single.push(format!("{one} + 1"));
            for other in numbers.iter().skip(place + 1).take(2) {
                single.push(format!("{one} + {other}"));
                single.push(format!("{one} * {other}"));
            }
            single.push(format!("2 * {one}"));
            single.push(format!("{one} / 2"));
            single.push(format!("{one} - 1"));
        }
        single.extend((0..11).map(|number| number.to_string()));
        single.extend(["[]", "none", "true", "false"].map(str::to_owned));
        single
    }

    /// The inductive predicates of the file's own that the goal mentions.
    fn predicates(&self) -> Vec<String> {
        let facts = self.state.facts().map(|(local, _)| &*local.ty);
        let texts = [&*self.state.target].into_iter().chain(facts);
        let mut found = Vec::new();
        for name in texts.flat_map(names) {
            if let Some(predicate) = self.file.predicate(name)
                && !found.contains(&predicate.name)
            {
                found.push(predicate.name.clone());
            }
        }
        found
    }

    /// The constructors of an inductive predicate of the file's own.
    fn rules(&self, head: &str) -> Vec<String> {
        let found = self.file.predicate(head);
        let constructors = found.and_then(|found| {
            let all = self.file.constructors(&found.name)?;
            Some(
                all.into_iter()
                    .map(|one| format!("{}.{}", found.name, one.name))
                    .collect(),
            )
        });
        constructors.unwrap_or_default()
    }
}
