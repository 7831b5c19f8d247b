//! The placeholders of a row's text.

/// A placeholder of a row's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Hypothesis,
    OtherHypothesis,
    Hypotheses,
    Pattern,
    Variable,
    OtherVariable,
    OtherVariables,
    Definition,
    Definitions,
    Lemma,
    Lemmas,
    Facts,
    Witness,
    Rule,
    Rules,
    Predicates,
    Own,
}

/// The placeholders that have a value of their own, each after those that it depends on.
pub(super) const SLOTS: [(&str, Slot); 17] = [
    ("{h}", Slot::Hypothesis),
    ("{g}", Slot::OtherHypothesis),
    ("{hs}", Slot::Hypotheses),
    ("{pattern}", Slot::Pattern),
    ("{x}", Slot::Variable),
    ("{y}", Slot::OtherVariable),
    ("{others}", Slot::OtherVariables),
    ("{f}", Slot::Definition),
    ("{defs}", Slot::Definitions),
    ("{lemma}", Slot::Lemma),
    ("{lemmas}", Slot::Lemmas),
    ("{facts}", Slot::Facts),
    ("{w}", Slot::Witness),
    ("{rule}", Slot::Rule),
    ("{rules}", Slot::Rules),
    ("{predicates}", Slot::Predicates),
    ("{own}", Slot::Own),
];

/// The placeholders whose line is repeated for each constructor.
pub(super) const CASES: [&str; 3] = ["{case}", "{base}", "{step}"];

/// `{word}` that no slot has. Other braces are Lean's.
pub(super) fn unknown_placeholder(text: &str) -> Option<&str> {
    text.match_indices('{').find_map(|(at, _)| {
        let end = at + text[at..].find('}')? + 1;
        let whole = &text[at..end];
        let word = whole.len() > 2 && whole[1..whole.len() - 1].chars().all(char::is_alphabetic);
        let known = CASES.contains(&whole) || SLOTS.iter().any(|(slot, _)| *slot == whole);
        (word && !known).then_some(whole)
    })
}
