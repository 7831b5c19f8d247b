//! The conditions for a candidate to be a proof, one by one.

use unsorry_syntax::Position;

use super::context::CheckContext;
use super::dependencies::dependencies;
use super::evidence::Evidence;
use super::level::Level;
use super::rejection::Rejection;
use crate::check::axioms::AxiomReport;
use crate::check::reader;
use crate::check::reading::Read;
use crate::check::verdict::{Verdict, verdict};
use crate::rewrite::closed::{closed, theorems, with_axiom};
use unsorry_prover::{Candidate, HoleKind};

/// Lean takes the declaration, and has run the candidate, which starts at `first_token`.
pub fn is_accepted(
    cx: CheckContext<'_>,
    evidence: &Evidence<'_>,
    first_token: Position,
) -> Result<(), Rejection> {
    let said: Vec<_> = evidence.said().collect();
    match verdict(cx.target, cx.baseline, first_token.line, &said) {
        Verdict::Passed { .. } => {}
        Verdict::Failed(errors) => return Err(Rejection::Lean(errors)),
        Verdict::OutOfHeartbeats => {
            return Err(Rejection::because("it runs out of heartbeats"));
        }
    }
    if cx.baseline.goal.kind == HoleKind::Tactic && !evidence.shows_a_goal() {
        return Err(Rejection::because("Lean did not run it"));
    }
    Ok(())
}

/// Lean says of what stands behind the declaration what it said before: the candidate does not go on with it, as the
/// steps of a `calc` do with what could be a term.
pub fn ends_where_it_should(
    cx: CheckContext<'_>,
    evidence: &Evidence<'_>,
) -> Result<(), Rejection> {
    match evidence.behind().differs(&cx.baseline.behind) {
        Some(what) => Err(Rejection::because(&format!(
            "Lean takes what stands behind the declaration for a part of it, or reads it otherwise: {what}"
        ))),
        None => Ok(()),
    }
}

/// The declaration states what it stated before.
pub fn keeps_its_statement(cx: CheckContext<'_>, evidence: &Evidence<'_>) -> Result<(), Rejection> {
    let before = &cx.baseline.statement;
    let statement = evidence.statement();
    if statement.is_none() && before.is_some() {
        return Err(Rejection::because(
            "Lean reads what stands behind the declaration as part of it",
        ));
    }
    // A theorem's type is settled before its proof; a variable that only a proof uses becomes part of a
    // definition's.
    if statement != *before || statement.is_none() && theorems(cx.target).is_none() {
        return Err(Rejection::because("it changes the type of its declaration"));
    }
    Ok(())
}

/// Lean's parser says that the candidate is one block, with nothing in it that does harm. Returns whether this Lean
/// reads candidates at all.
pub async fn is_read(cx: CheckContext<'_>, candidate: &Candidate) -> Result<bool, Rejection> {
    let hole = (cx.target, cx.baseline.goal.kind);
    let (one, sketch) = (std::slice::from_ref(candidate), candidate.is_sketch());
    let read = reader::read(cx.checker, hole, one, sketch, cx.limit).await?;
    match read.and_then(|mut read| read.pop()) {
        Some(Read::Block) => Ok(true),
        Some(Read::Harmful(refusal)) => Err(Rejection::Gate(refusal)),
        Some(Read::Error(complaint)) => Err(Rejection::Lean(vec![complaint])),
        None => Ok(false),
    }
}

/// Lean takes the candidate in parentheses, too: nothing in it is a command of its own, with whatever word an import
/// has made one.
pub async fn is_one_block(cx: CheckContext<'_>, candidate: &Candidate) -> Result<(), Rejection> {
    let enclosed = format!("(\n{}\n)", candidate.text);
    let enclosed = cx.target.spliced(cx.baseline.goal.kind, &enclosed).text;
    let evidence = Evidence::of(cx, enclosed).await?;
    match evidence.errors().next() {
        Some(error) => Err(Rejection::because(&format!(
            "it is not one block: {}",
            error.first_line()
        ))),
        None => Ok(()),
    }
}

/// Lean says of the declaration in `text`, its other holes filled by an axiom, that it is whole: a theorem
/// is reported as accomplished, anything else is printed without a `sorry`.
pub async fn is_whole(cx: CheckContext<'_>, text: &str) -> Result<(), Rejection> {
    let target = &with_axiom(cx.target);
    let evidence = Evidence::of(CheckContext { target, ..cx }, closed(cx.target, text));
    let evidence = evidence.await?;
    if let Some(error) = evidence.errors().next() {
        return Err(Rejection::because(error.first_line()));
    }
    if evidence.says_sorry() {
        return Err(Rejection::because("it leaves a sorry"));
    }
    let accomplished = evidence.accomplished();
    match theorems(cx.target).filter(|_| cx.baseline.reports_accomplished) {
        Some((theorems, examples)) if accomplished >= theorems + examples => Ok(()),
        // Of an example that is none Lean does not say so.
        Some((theorems, examples)) if examples == 0 || accomplished < theorems => Err(
            Rejection::because("Lean does not report the goals as accomplished"),
        ),
        _ => {
            let dependencies = evidence.dependencies().await?;
            match (dependencies.holds_sorry, dependencies.hidden) {
                (true, _) => Err(Rejection::because("it leaves a sorry")),
                (_, true) => Err(Rejection::because(
                    "Lean does not show its term, which has other holes",
                )),
                (false, false) => Ok(()),
            }
        }
    }
}

/// A proof brings no axiom of its own. Returns the level that follows from what Lean says of axioms.
pub fn level(axioms: &AxiomReport, before: &AxiomReport) -> Result<Level, Rejection> {
    let foreign = axioms.foreign(before);
    if !foreign.is_empty() {
        return Err(Rejection::Axioms(foreign.join(", ")));
    }
    match axioms.is_clean() {
        true => Ok(Level::AxiomsClean),
        false => Ok(Level::LeanChecked),
    }
}

/// A proof leaves no `sorry` and trusts no compiled code. Returns the unproved declarations of the file
/// that it depends on, and its declaration without it does not.
pub async fn unproved(
    cx: CheckContext<'_>,
    evidence: &Evidence<'_>,
) -> Result<Vec<String>, Rejection> {
    let after = evidence.dependencies().await?;
    if let Some(native) = after.native {
        return Err(Rejection::Axioms(native));
    }
    if after.holds_sorry && cx.target.siblings().next().is_none() {
        return Err(Rejection::because("it leaves a sorry"));
    }
    if after.unproved.is_empty() && after.axioms.is_empty() && !after.hidden {
        return Ok(Vec::new());
    }
    let before = dependencies(cx, cx.target.head()).await?;
    if let Some(axiom) = after.axioms.difference(&before.axioms).next() {
        return Err(Rejection::Axioms(axiom.clone()));
    }
    let names = after.unproved.difference(&before.unproved);
    let mut names: Vec<String> = names.cloned().collect();
    if after.hidden && !before.hidden {
        names.push("something that Lean does not show".into());
    }
    Ok(names)
}
