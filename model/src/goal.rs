//! What a prover is asked: a goal as Lean shows it, and the text around its hole.

/// Where a hole stands, and so what can fill it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HoleKind {
    /// Among tactics: filled by a tactic block.
    Tactic,
    /// In a term: filled by a term.
    Term,
}

/// One entry of a goal's context, such as `a b : Nat` or `n : Nat := 3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hypothesis {
    /// As Lean shows them; an inaccessible name ends in `✝`.
    pub names: Vec<String>,
    /// As Lean shows it, on however many lines.
    pub ty: String,
    /// The value of a `let` variable.
    pub value: Option<String>,
}

/// The text around a hole, for provers that read it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The file's text up to the hole.
    pub before: String,
    /// The rest of the hole's declaration.
    pub after: String,
}

/// A goal to prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goal {
    /// Whether tactics or a term are wanted.
    pub kind: HoleKind,
    /// The main goal's context, in Lean's order.
    pub hypotheses: Vec<Hypothesis>,
    /// What is to be proved: the text after `⊢`.
    pub target: String,
    /// How many goals the hole has to close (`all_goals sorry`, `<;> sorry`); at least one.
    pub count: usize,
    /// The modules that the file imports, such as `Mathlib.Tactic.Ring`.
    pub imports: Vec<String>,
    /// The text around the hole.
    pub context: Context,
}
