//! The progress of a sketch, step by step.

/// The progress of a sketch.
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
    /// The state of the step.
    pub state: StepState,
}

/// The state of a step of a sketch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepState {
    /// Nothing has been found so far.
    Open,
    /// A proof is being looked for.
    Tried,
    /// Lean takes this for it.
    Proved(String),
    /// The step is false, as a proof of its contrary shows: the sketch leads nowhere.
    False,
}

impl SketchProgress {
    /// The number of steps that are proved.
    pub fn proved(&self) -> usize {
        let proved = |step: &&SketchStep| matches!(step.state, StepState::Proved(_));
        self.steps.iter().filter(proved).count()
    }
}
