//! How the steps of a sketch stand.

/// How the steps of a sketch stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SketchProgress {
    /// The steps, in the text's order.
    pub steps: Vec<SketchStep>,
}

/// A step of a sketch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SketchStep {
    /// The goal: `h₁ : a < b`.
    pub goal: String,
    /// How the step stands.
    pub state: StepState,
}

/// How a step of a sketch stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    /// Nothing has been found so far.
    Open,
    /// A proof is being looked for.
    Tried,
    /// Lean takes this for it.
    Proved(String),
    /// Its contrary is proved: the sketch leads nowhere.
    False,
}

impl SketchProgress {
    /// How many steps are proved.
    pub fn proved(&self) -> usize {
        let proved = |step: &&SketchStep| matches!(step.state, StepState::Proved(_));
        self.steps.iter().filter(proved).count()
    }
}
