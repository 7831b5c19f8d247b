//! Lean's parser, asked about candidates. Nothing that this Lean could read goes on unread.

use std::time::Duration;

use unsorry_prover::{Candidate, HoleKind};

use super::checker::{CheckError, Checker};
use super::reading::{Read, Reading};
use crate::gate::Refusal;
use crate::target::Target;

/// Has Lean's own parser read `candidates` for a hole of `kind`, nothing of them elaborated, and each within `limit`;
/// sketches among them may leave a `sorry`. Those that get no answer beside others are read alone, and are refused if
/// they get none then. None where this Lean reads nothing: one that is too old prints no trees, and in a file that
/// begins with `prelude` the syntax may be missing.
///
/// # Errors
/// When there is no Lean to ask.
pub async fn read(
    checker: &Checker,
    (target, kind): (&Target, HoleKind),
    candidates: &[Candidate],
    sketches: bool,
    limit: Duration,
) -> Result<Option<Vec<Read>>, CheckError> {
    let asked = async |candidates: &[Candidate]| {
        let reading = Reading::of(target, kind, candidates);
        let text = reading.text.clone();
        let asked = checker.elaborate(&target.uri, text, Vec::new(), limit);
        match asked.await {
            Ok(elaboration) => Ok(Some(reading.read(&elaboration.diagnostics, sketches))),
            Err(CheckError::Unknown(why)) => {
                tracing::debug!(%why, candidates = candidates.len(), "not read");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    };
    let unread = || candidates.iter().map(|_| None).collect();
    let read: Vec<Option<Read>> = match asked(candidates).await? {
        Some(Some(read)) => read,
        Some(None) => return Ok(None),
        // Is it for one of them?
        None => match asked(&[]).await? {
            Some(None) => return Ok(None),
            Some(Some(_)) => unread(),
            None => return Ok(Some(unread().into_iter().map(or_refused).collect())),
        },
    };
    let mut all = Vec::with_capacity(read.len());
    for (read, candidate) in read.into_iter().zip(candidates) {
        let read = match read {
            None if candidates.len() > 1 => {
                let alone = asked(std::slice::from_ref(candidate)).await?;
                alone.flatten().and_then(|mut alone| alone.pop().flatten())
            }
            read => read,
        };
        all.push(or_refused(read));
    }
    Ok(Some(all))
}

fn or_refused(read: Option<Read>) -> Read {
    read.unwrap_or(Read::Harmful(Refusal::Unread))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use unsorry_prover::Engine;
    use unsorry_syntax::{LineIndex, Outline};

    use super::*;
    use crate::lean::diagnostic::{Diagnostic, Range, Severity};
    use crate::lean::elaboration::{Elaboration, Unknown};

    /// A Lean that prints a tree of each candidate, as an old one does not. It dies of a `deadly` one, says nothing of
    /// one that is `mute`, and of nothing behind one that is `muting`.
    fn lean(text: &str, is_old: bool) -> Result<Elaboration, CheckError> {
        if text.contains("deadly") {
            return Err(Unknown::Died.into());
        }
        let lines = LineIndex::new(text);
        let mut diagnostics = Vec::new();
        for (at, _) in text.match_indices("\nunsorry_begin") {
            let own = text[at + 1..]
                .split("\nunsorry_end")
                .next()
                .unwrap_or_default();
            let (begin, candidate) = own.split_once('\n').expect("a line behind the word");
            if is_old || candidate.contains("mut") {
                if candidate.contains("muting") {
                    break;
                }
                continue;
            }
            let end = begin.replace("begin", "end");
            let position = lines.position(at + 1);
            diagnostics.push(Diagnostic {
                range: Range {
                    start: position,
                    end: position,
                },
                full_range: None,
                severity: Severity::Information,
                message: format!("[Elab.command] (a \"{begin}\" [\"x\"] \"{end}\")"),
                lean_tags: Vec::new(),
            });
        }
        Ok(Elaboration {
            diagnostics,
            took: Duration::ZERO,
            answers: Vec::new(),
        })
    }

    /// A letter for each candidate: whether it is taken for a block or refused as unread; `-` where none is read. The
    /// number is how many texts it takes.
    #[track_caller]
    fn check(is_old: bool, candidates: &[&str], expected: (&str, usize)) {
        let asked = Arc::new(Mutex::new(0));
        let count = asked.clone();
        let text: Arc<str> = "theorem t : 1 = 1 := by\n  sorry\n".into();
        let target = Target {
            uri: "file:///A.lean".into(),
            outline: Arc::new(Outline::of(&text)),
            text,
            hole: 0,
        };
        let candidate = |text: &&str| Candidate::new(*text, Engine::Remote(None));
        let all: Vec<_> = candidates.iter().map(candidate).collect();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let read = runtime.block_on(async {
            let checker = Checker::scripted_with(move |text| {
                *count.lock().expect("no panic") += 1;
                lean(text, is_old)
            });
            let hole = (&target, HoleKind::Tactic);
            super::read(&checker, hole, &all, false, Duration::from_secs(9)).await
        });
        let told = read.expect("a Lean").map_or("-".to_owned(), |read| {
            let letter = |read: &Read| match read {
                Read::Block => 'b',
                Read::Harmful(Refusal::Unread) => 'u',
                _ => '?',
            };
            read.iter().map(letter).collect()
        });
        let asked = *asked.lock().expect("no panic");
        assert_eq!((told.as_str(), asked), expected, "{candidates:?}");
    }

    #[test]
    fn what_gets_no_answer_is_refused_and_nobody_else() {
        check(false, &["a", "b"], ("bb", 1));
        check(false, &["a", "deadly", "c"], ("bub", 5));
        check(false, &["a", "muting", "c"], ("bub", 3));
        check(false, &["mute"], ("u", 1));
        check(false, &["deadly"], ("u", 2));
        check(true, &["a", "b"], ("-", 1));
        check(true, &["a", "deadly"], ("-", 2));
    }
}
