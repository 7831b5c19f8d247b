//! The classes behind Lean's operators.

/// The operators that an instance gives a meaning to.
pub(super) fn operators(instance: &str) -> Vec<&'static str> {
    classes(instance)
        .map(|(_, operator, _)| *operator)
        .collect()
}

/// The names to unfold to get from an operator to an instance's own definition.
pub(super) fn projections(instance: &str) -> Vec<&'static str> {
    classes(instance)
        .flat_map(|(_, _, names)| names.iter().copied())
        .collect()
}

type Class = (&'static str, &'static str, &'static [&'static str]);

const CLASSES: [Class; 12] = [
    ("Add", " + ", &["HAdd.hAdd", "Add.add"]),
    ("Sub", " - ", &["HSub.hSub", "Sub.sub"]),
    ("Mul", " * ", &["HMul.hMul", "Mul.mul"]),
    ("Div", " / ", &["HDiv.hDiv", "Div.div"]),
    ("Mod", " % ", &["HMod.hMod", "Mod.mod"]),
    ("Pow", " ^ ", &["HPow.hPow", "Pow.pow"]),
    ("Append", " ++ ", &["HAppend.hAppend", "Append.append"]),
    ("Neg", "-", &["Neg.neg"]),
    ("LE", " ≤ ", &["LE.le"]),
    ("LT", " < ", &["LT.lt"]),
    ("BEq", " == ", &["BEq.beq"]),
    ("Membership", " ∈ ", &["Membership.mem"]),
];

fn classes(instance: &str) -> impl Iterator<Item = &'static Class> {
    let head = instance.split(":=").next().unwrap_or(instance);
    let head = head.split(" where").next().unwrap_or(head);
    let class = head.rsplit_once(" : ").map_or(head, |(_, class)| class);
    let class = class.trim_start_matches([':', ' ']);
    let class = class.split_whitespace().next().unwrap_or_default();
    CLASSES.iter().filter(move |(name, _, _)| *name == class)
}
