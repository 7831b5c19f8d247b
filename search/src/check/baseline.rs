//! The baseline of a hole: Lean's view of its declaration before anything is tried.

use std::time::Duration;

use unsorry_prover::{Context, Goal, HoleKind};

use crate::check::axioms::{self, AxiomReport};
use crate::check::behind::Behind;
use crate::check::checker::{CheckError, Checker};
use crate::lean::diagnostic::Diagnostic;
use crate::lean::elaboration::{Goals, Unknown};
use crate::target::Target;

/// The longest that Lean may take for all that stands before a hole.
pub const HEAD_LIMIT: Duration = Duration::from_secs(600);

/// A theorem that any Lean accepts, to see whether this one reports that.
const PROBE: &str = "\n\nexample : True := trivial\n";

/// A term that is accepted in the place of a hole where a proof is wanted, and refused where data is.
const PROOF_PROBE: &str = "(sorry : (_ : Prop))";

/// A term that no Lean accepts, to see whether it says so.
pub(super) const NOTHING: &str = "«unsorry: there is no such name»";

/// Lean's view of a hole.
#[derive(Debug, Clone)]
pub struct Baseline {
    /// The goal for the provers.
    pub goal: Goal,
    /// The goals as Lean shows them.
    pub rendered: String,
    /// Whether this Lean reports a theorem's goals as accomplished.
    pub reports_accomplished: bool,
    /// The axioms that the declaration depends on as it stands.
    pub axioms: AxiomReport,
    /// The declaration's type, where Lean tells it.
    pub statement: Option<String>,
    /// Lean reports an error before the declaration: what it shows may lack what the user wrote.
    pub error_before: bool,
    /// Lean's errors in [`Target::behind`].
    pub behind: Behind,
}

/// The reasons why a hole can't be worked on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoGoal {
    /// Lean does not elaborate the hole.
    #[error("Lean has no goal at this sorry: {0}")]
    Inert(String),
    /// The declaration has an error of its own.
    #[error("its declaration has an error, which must go first: line {0}: {1}")]
    Broken(u32, String),
    /// The hole stands for a value.
    #[error(
        "this sorry stands for data of type `{0}`, not for a proof: any value would be accepted, so the choice is yours"
    )]
    Data(String),
    /// Lean does not need the hole.
    #[error(
        "Lean takes its declaration whatever stands in the place of this sorry: an alternative to it (`first`, `try`) does the work, or what Lean says of it is dropped (`#guard_msgs`)"
    )]
    Unneeded,
    /// The hole belongs to no declaration.
    #[error(
        "this sorry stands in no declaration: no statement is proved by what is put there, and it is left to you"
    )]
    Outside,
    /// Lean takes anything for a proof there.
    #[error("its declaration is `unsafe`, and there Lean lets anything prove anything")]
    Unsafe,
    /// Lean's checking failed before anything was tried.
    #[error(transparent)]
    Check(#[from] CheckError),
}

/// Returns the goals that Lean shows at a hole, and the kind of text that would fill it; none where Lean
/// elaborates nothing there.
pub fn shown(
    goals: &Goals,
    hole: &std::ops::Range<unsorry_syntax::Position>,
) -> Option<(HoleKind, Vec<String>)> {
    match goals {
        Goals {
            term: Some((goal, range)),
            ..
        } if (range.start..range.end) == *hole => Some((HoleKind::Term, vec![goal.clone()])),
        Goals {
            tactic: Some(goals),
            ..
        } if !goals.is_empty() => Some((HoleKind::Tactic, goals.clone())),
        _ => None,
    }
}

/// Asks Lean about the declaration of `target` as it stands.
///
/// # Errors
/// When Lean has no goal there, or the hole is not for a proof, or Lean can't be asked.
pub async fn baseline(checker: &Checker, target: &Target) -> Result<Baseline, NoGoal> {
    if target.is_unsafe() {
        return Err(NoGoal::Unsafe);
    }
    let lines = &target.outline.lines;
    let hole = lines.positions(&target.hole().range);
    let inspection = axioms::Inspection::of(target, target.head());
    let text = format!("{}{}{PROBE}", target.head(), inspection.commands());
    let probe_line = unsorry_syntax::LineIndex::new(&text)
        .position(text.len() - PROBE.trim_start().len())
        .line;
    let elaboration = checker
        .elaborate(&target.uri, text, vec![hole.start], HEAD_LIMIT)
        .await?;
    let declaration = lines.positions(&target.declaration().block);
    let inside = declaration.start.line..=declaration.end.line;
    let error = elaboration
        .diagnostics
        .iter()
        .find(|d| d.is_error() && inside.contains(&d.start().line));
    let goals = elaboration.answers.first().cloned().unwrap_or_default();
    let Some((kind, goals)) = shown(&goals, &hole) else {
        return Err(NoGoal::Inert(why_inert(error)));
    };
    // Beside an error Lean's silence means nothing: it leaves out what may follow from the error.
    if let Some(error) = error {
        return Err(NoGoal::Broken(
            error.start().line + 1,
            error.first_line().to_owned(),
        ));
    }
    let context = Context {
        before: target.text[..target.hole().range.start].to_owned(),
        after: target.text[target.hole().range.end..target.declaration().block.end].to_owned(),
        declaration: target.declaration().block.start,
    };
    let imports = unsorry_syntax::imports(&target.text);
    let goal = Goal::parse(kind, &goals, imports, context)
        .ok_or_else(|| NoGoal::Inert("its goal can't be read".into()))?;
    let mut baseline = Baseline {
        behind: Behind::default(),
        rendered: goals.join("\n\n"),
        reports_accomplished: elaboration
            .diagnostics
            .iter()
            .any(|d| d.says_accomplished() && d.start().line == probe_line),
        axioms: inspection.report(&elaboration.diagnostics),
        statement: inspection.statement(&elaboration.diagnostics),
        error_before: elaboration
            .diagnostics
            .iter()
            .any(|d| d.is_error() && d.start().line < declaration.start.line),
        goal,
    };
    let wanted = match baseline.goal.kind {
        HoleKind::Tactic => format!("exact {PROOF_PROBE}"),
        HoleKind::Term => PROOF_PROBE.to_owned(),
    };
    match tried(checker, target, &baseline, &wanted).await? {
        Some((true, behind)) => baseline.behind = behind,
        _ => return Err(NoGoal::Data(baseline.goal.target)),
    }
    let nothing = match baseline.goal.kind {
        HoleKind::Tactic => format!("exact {NOTHING}"),
        HoleKind::Term => NOTHING.to_owned(),
    };
    let taken = tried(checker, target, &baseline, &nothing).await?;
    if matches!(taken, Some((true, _))) {
        return Err(NoGoal::Unneeded);
    }
    Ok(baseline)
}

/// Says why Lean does not get to a hole: mostly because of an `error` in its declaration.
fn why_inert(error: Option<&Diagnostic>) -> String {
    match error {
        Some(error) => format!(
            "line {} has an error: {}",
            error.start().line + 1,
            error.first_line()
        ),
        None => "it is not elaborated (part of a macro, a quotation or a branch that is never run)"
            .into(),
    }
}

/// Tries `probe` in the place of the hole: whether Lean has no error to tell of the declaration, and its errors behind
/// it. None where Lean refuses to look.
async fn tried(
    checker: &Checker,
    target: &Target,
    baseline: &Baseline,
    probe: &str,
) -> Result<Option<(bool, Behind)>, CheckError> {
    let spliced = target.spliced(baseline.goal.kind, probe);
    let lines = unsorry_syntax::LineIndex::new(&spliced.text);
    let first = lines.position(target.declaration().block.start).line;
    let end = lines.position(spliced.text.len());
    let behind = target.behind();
    let text = spliced.text + behind;
    let elaboration = match checker
        .elaborate(&target.uri, text, Vec::new(), HEAD_LIMIT)
        .await
    {
        Err(CheckError::Unknown(Unknown::Refused(_))) => return Ok(None),
        other => other?,
    };
    let own = |d: &&Diagnostic| d.start().line >= first && (behind.is_empty() || d.start() < end);
    let mut errors = elaboration.diagnostics.iter().filter(|d| d.is_error());
    let is_taken = errors.find(own).is_none();
    let behind = match behind {
        "" => Behind::default(),
        _ => Behind::of(end, &elaboration.diagnostics),
    };
    Ok(Some((is_taken, behind)))
}
