//! The referee with a door: whether a file is another with its holes filled, and nothing else changed. Nobody is
//! asked what the holes were, and the second file may have anything in it.

mod detail;
mod graph;
mod rests;
mod standing;
mod statement;
mod twins;
mod verdict;
mod written;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use unsorry_olean::{LeanVersion, Module, NameId, Terms};
use unsorry_syntax::{DeclarationKind, Outline};

use super::Referee;
use super::before::{By, CompiledBefore, File, compile_with_errors};
use super::claim::Failure;
use super::compiler::{Compiled, Source};
use super::kernel::{ImportLine, Kernel};
use super::marked::{Edited, SECRET_LETTERS, guarded_command, named_example, unknown_word};
use super::names::{name_json, shown};
use super::pass::import_lines;
use rests::Foundations;
pub use standing::{Standing, Verdict, Verified};
use twins::Twins;
use verdict::verdicts;
use written::{Written, broken};

/// The most declarations of which the kernel is asked why it does not take them.
const MAX_REFUSED: usize = 8;

/// The most imports that are named as others.
const MAX_IMPORTS: usize = 8;

impl Referee {
    /// Says what became of the declarations of the text `before` in the text `after`, both of which stand for
    /// the file at `path`. Each is compiled in a process of its own, within `limit`.
    ///
    /// # Errors
    /// When that can't be said: why.
    pub async fn verify(
        &self,
        path: &Path,
        (before, after): (&str, &str),
        limit: Duration,
    ) -> Result<Verified, String> {
        let example = format!("{}_example", unknown_word(SECRET_LETTERS, &[before, after]));
        let old = Outline::of(before);
        let edited_before = |guarded: &[usize]| edited(before, &old, &example, guarded);
        let options = self.compiler.options(path, limit).await;
        let file = File {
            path,
            text: before,
            outline: &old,
            options: &options,
        };
        let by = By::Alone(&self.compiler);
        let compile_before = compile_with_errors(by, file, edited_before, limit);
        let edited_after = edited(after, &Outline::of(after), &example, &[]);
        let source = Source {
            path,
            options: &options,
            text: &edited_after.text,
        };
        let compile_after = self.compiler.compile(source, limit);
        let kernel = async {
            let mut slot = self.kernel.lock().await;
            self.start(&mut slot).await
        };
        let (first, second, kernel) = tokio::join!(compile_before, compile_after, kernel);
        kernel.map_err(|failure| failure.to_string())?;
        let first = first.map_err(|why| format!("the file before: {}", Failure::from(why)))?;
        let parts = match second.map_err(|why| format!("the file after: {why}"))? {
            Compiled::Parts(parts) => parts,
            Compiled::Errors(errors) => return Ok(Verified::Errors(errors)),
        };
        let left_out = first.guarded.iter();
        let left_out = left_out.map(|at| old.lines.position(*at).line as usize);
        let left_out: Vec<usize> = left_out.collect();
        let broken = broken(before, &old, &example, &first.guarded);
        let written = Written::of(before, &old, &example);
        let read = move || {
            let CompiledBefore {
                mut terms, module, ..
            } = first;
            let after = parts.read(&mut terms);
            let after = after.map_err(|error| {
                format!("what Lean compiled of the file after can't be read: {error}")
            })?;
            Ok::<_, String>((terms, module, after))
        };
        let (terms, first, second) = tokio::task::spawn_blocking(read)
            .await
            .map_err(|error| error.to_string())??;
        if let Some(why) = other_imports(&terms, &first, &second) {
            return Ok(Verified::Imports(why));
        }
        let twins = Twins::new(&terms, (&first, &second), &written);
        let mut slot = self.kernel.lock().await;
        let mut kernel = self
            .taken(&mut slot)
            .await
            .map_err(|failure| failure.to_string())?;
        let (known, refused) = ask(&mut kernel, &twins, &terms, &second, limit).await?;
        *slot = Some(kernel);
        let verdicts = verdicts(&twins, &known, &refused, broken);
        if twins.is_too_much() {
            return Err("what was compiled is too much to look at".into());
        }
        Ok(Verified::Declarations {
            verdicts,
            kernel: format!("Lean {}", second.lean_version),
            left_out,
        })
    }
}

/// Asks the kernel for what it does not take of the second file, and why, and for the axioms below imports.
async fn ask(
    kernel: &mut Kernel,
    twins: &Twins<'_>,
    terms: &Terms,
    after: &Module,
    limit: Duration,
) -> Result<(Foundations, HashMap<NameId, String>), String> {
    let lean = LeanVersion {
        version: &after.lean_version,
        githash: &after.githash,
    };
    let imports: Vec<ImportLine> = import_lines(terms, after);
    let mut used: Vec<Value> = twins
        .imported()
        .into_iter()
        .map(|name| name_json(terms, name))
        .collect();
    let mut known = Foundations::new();
    let mut refused: HashMap<NameId, String> = HashMap::new();
    loop {
        let wanted = twins.for_kernel(&refused.keys().copied().collect());
        let constants = after.constants.iter();
        let constants = constants.filter(|constant| wanted.contains(&constant.name));
        let mut lines = Vec::new();
        unsorry_olean::export(terms, constants, lean, &mut lines)
            .map_err(|error| format!("the file after can't be given to Lean's kernel: {error}"))?;
        let answer = kernel.ask(&imports, &lines, &used, limit).await?;
        for (name, axiom) in answer.axioms {
            known
                .entry(name)
                .or_default()
                .push(super::names::joined(&axiom));
        }
        used.clear();
        let Some((name, why)) = answer.refused else {
            return Ok((known, refused));
        };
        let culprit = twins.named(&name);
        let culprit = culprit.filter(|name| !refused.contains_key(name));
        match culprit {
            Some(culprit) if refused.len() < MAX_REFUSED => refused.insert(culprit, why),
            _ => return Err(format!("Lean's kernel refuses `{name}`: {why}")),
        };
    }
}

/// A file whose examples have names, so that they are constants, and where nothing is said of the commands that
/// are `guarded`. No line of it moves but by those.
fn edited(text: &str, outline: &Outline, example: &str, guarded: &[usize]) -> Edited {
    let mut edits: Vec<_> = guarded.iter().map(|at| guarded_command(*at)).collect();
    let examples = outline.declarations.iter();
    let examples = examples.filter(|one| one.kind == DeclarationKind::Example);
    for (number, declaration) in examples.enumerate() {
        let name = format!("{example}{number}");
        edits.push(named_example(text, declaration, &name));
    }
    Edited::of(text, text.len(), edits)
}

/// What the second file imports otherwise than the first, if anything.
fn other_imports(terms: &Terms, before: &Module, after: &Module) -> Option<String> {
    if before.imports == after.imports && before.is_module == after.is_module {
        return None;
    }
    let names = |module: &Module| -> Vec<String> {
        let imports = module.imports.iter();
        imports.map(|import| shown(terms, import.module)).collect()
    };
    let (before, after) = (names(before), names(after));
    let lacking = |these: &[String], those: &[String]| {
        let those: HashSet<&String> = those.iter().collect();
        let lacking = these.iter().filter(|name| !those.contains(name));
        let lacking = lacking.map(|name| format!("`{name}`"));
        lacking.take(MAX_IMPORTS).collect::<Vec<_>>()
    };
    let (new, gone) = (lacking(&after, &before), lacking(&before, &after));
    Some(match (new.is_empty(), gone.is_empty()) {
        (false, true) => format!("it imports {}, which it did not", new.join(", ")),
        (true, false) => format!("it does not import {} any more", gone.join(", ")),
        (false, false) => format!(
            "it imports {} instead of {}",
            new.join(", "),
            gone.join(", ")
        ),
        (true, true) => "it imports in another way, or in another order".into(),
    })
}
