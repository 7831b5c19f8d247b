//! One pass over a file: claims for its holes, judged together.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use unsorry_olean::{Import, LeanVersion, Module, NameId, Terms};

use super::Referee;
use super::before::{Before, uncompiled};
use super::claim::{CONTRARY, Claim, Claimed, NoWord, Word};
use super::compare::{Comparison, Finding, Wanted};
use super::compiled::{Marks, SORRY};
use super::compiler::{Compiled, Source};
use super::kernel::{ImportLine, KernelAnswer};
use super::marked::Filling;
use super::names::{joined, name_json, parts_of};

/// The time that proofs may take, beside three times that of the file as it stands.
const MAX_MORE: Duration = Duration::from_secs(120);

/// The axioms that every proof may rest on.
pub(super) const STANDARD: [&str; 3] = ["propext", "Classical.choice", "Quot.sound"];

/// What the constants say of all claims, and what the kernel is asked then.
struct Read {
    terms: Terms,
    findings: Vec<Result<Finding, String>>,
    imports: Vec<ImportLine>,
    /// The declarations for the kernel.
    lines: Vec<u8>,
    /// The constants of imports whose axioms are asked for.
    used: Vec<Value>,
    version: String,
}

impl Referee {
    /// Judges claims together.
    ///
    /// # Errors
    /// When they don't hold together: why.
    pub(super) async fn pass(
        &self,
        before: &Before,
        claims: &[Claim],
        limit: Duration,
    ) -> Result<Vec<Result<Word, NoWord>>, String> {
        let compiled = before.compiled(&self.compiler, &self.warm, limit).await?;
        // What takes much longer than the file does without it has nothing to do with a proof.
        let limit = limit.min(compiled.took * 3 + MAX_MORE);
        let marked = &before.marked;
        if claims
            .iter()
            .any(|claim| marked.is_known_to(&claim.change.text))
        {
            return Err("it names what only the referee can know".into());
        }
        let fillings: Vec<Filling> = claims.iter().map(|claim| filling(before, claim)).collect();
        let edited = marked.after(&compiled.guarded, &fillings);
        let source = Source {
            path: &before.path,
            options: &compiled.options,
            text: &edited.text,
        };
        let known = &compiled.text;
        let parts = match self.warm.compile_last(known, source, limit).await? {
            Compiled::Parts(parts) => parts,
            Compiled::Errors(errors) => return Err(uncompiled(&errors)),
        };
        let outline = marked.outline();
        let blocks = outline.holes.iter();
        let marks = Marks {
            marks: (0..marked.marks()).map(|n| marked.mark(n)).collect(),
            blocks: blocks
                .map(|hole| outline.declaration_of(hole).block.start)
                .collect(),
            link: marked.link(),
            secret: marked.secret().to_owned(),
        };
        let mut terms = compiled.terms.clone();
        let read = {
            let (claims, before) = (claims.to_vec(), compiled.module.clone());
            move || -> Result<Read, String> {
                let after = parts
                    .read(&mut terms)
                    .map_err(|error| format!("what Lean compiled of it can't be read: {error}"))?;
                read(terms, &marks, &before, &after, &claims)
            }
        };
        let read = tokio::task::spawn_blocking(read)
            .await
            .map_err(|error| error.to_string())??;
        let answer = {
            let mut slot = self.kernel.lock().await;
            let mut kernel = self.taken(&mut slot).await?;
            let answer = kernel.ask(&read.imports, &read.lines, &read.used, limit);
            let answer = answer.await?;
            *slot = Some(kernel);
            answer
        };
        if let Some((name, why)) = &answer.refused {
            return Err(format!("Lean's kernel refuses `{name}`: {why}"));
        }
        let word = |finding: &Result<Finding, String>| match finding {
            Err(why) => Err(NoWord::Refused(why.clone())),
            Ok(finding) => word(&read, finding, &answer),
        };
        let words: Vec<Result<Word, NoWord>> = read.findings.iter().map(word).collect();
        // What is filled in beside a proof may be what it rests on.
        match words.iter().find_map(|word| word.as_ref().err()) {
            Some(why) if words.len() > 1 => Err(why.to_string()),
            _ => Ok(words),
        }
    }
}

fn filling(before: &Before, claim: &Claim) -> Filling {
    let mut change = claim.change.clone();
    let front = match &claim.is {
        Claimed::Contrary { theorem, name } => {
            change.text = change.text.replace(CONTRARY, &before.marked.linked(name));
            theorem.clone()
        }
        Claimed::Proof | Claimed::Sketch => String::new(),
    };
    Filling {
        hole: claim.hole,
        change,
        front,
        leaves_open: claim.is == Claimed::Sketch,
    }
}

/// Reads what the constants say of the claims.
fn read(
    terms: Terms,
    marks: &Marks,
    before: &Module,
    after: &Module,
    claims: &[Claim],
) -> Result<Read, String> {
    let comparison = Comparison::new(&terms, marks, before, after);
    let filled: Vec<usize> = claims.iter().map(|claim| claim.hole).collect();
    let new = claims.iter().filter_map(|claim| match &claim.is {
        Claimed::Contrary { name, .. } => Some(name.as_str()),
        Claimed::Proof | Claimed::Sketch => None,
    });
    let new: Vec<&str> = new.collect();
    let changed = comparison
        .compare(&filled, &new)
        .map_err(|difference| difference.to_string())?;
    let findings = claims.iter().map(|claim| {
        let wanted = match &claim.is {
            Claimed::Proof => Wanted::Proof,
            Claimed::Sketch => Wanted::Sketch,
            Claimed::Contrary { name, .. } => Wanted::Contrary(name),
        };
        comparison
            .finding(claim.hole, wanted)
            .map_err(|difference| difference.to_string())
    });
    let findings: Vec<Result<Finding, String>> = findings.collect();
    let found = || findings.iter().flatten();
    let mut cone: BTreeSet<NameId> = found()
        .flat_map(|finding| finding.cone.iter().copied())
        .collect();
    cone.extend(comparison.checked(&changed));
    let used: BTreeSet<NameId> = found()
        .flat_map(|finding| finding.imported.iter().chain(&finding.imported_before))
        .copied()
        .collect();
    let mut lines = Vec::new();
    let given = after
        .constants
        .iter()
        .filter(|constant| cone.contains(&constant.name));
    let lean = LeanVersion {
        version: &after.lean_version,
        githash: &after.githash,
    };
    unsorry_olean::export(&terms, given, lean, &mut lines).map_err(|error| error.to_string())?;
    let imports = import_lines(&terms, after);
    let used = used
        .into_iter()
        .map(|name| name_json(&terms, name))
        .collect();
    Ok(Read {
        findings,
        imports,
        lines,
        used,
        version: after.lean_version.clone(),
        terms,
    })
}

/// The imports of a module, for the kernel.
pub(super) fn import_lines(terms: &Terms, module: &Module) -> Vec<ImportLine> {
    let line = |import: &Import| ImportLine {
        module: name_json(terms, import.module),
        import_all: import.import_all,
        is_exported: import.is_exported,
        is_meta: import.is_meta,
    };
    module.imports.iter().map(line).collect()
}

/// The word on a claim of which the constants say what `finding` has, and the kernel has given `answer`.
fn word(read: &Read, finding: &Finding, answer: &KernelAnswer) -> Result<Word, NoWord> {
    let resting = |names: &BTreeSet<NameId>| -> Vec<(String, String)> {
        let wanted: BTreeSet<Vec<String>> = names
            .iter()
            .map(|name| parts_of(&read.terms, *name))
            .collect();
        let pairs = answer
            .axioms
            .iter()
            .filter(|(name, _)| wanted.contains(name));
        pairs
            .map(|(name, axiom)| (joined(name), joined(axiom)))
            .collect()
    };
    let before = resting(&finding.imported_before);
    let after = resting(&finding.imported);
    let known =
        |axiom: &str| STANDARD.contains(&axiom) || before.iter().any(|(_, known)| known == axiom);
    let mut unproved = finding.unproved.clone();
    let mut axioms = finding.axioms.clone();
    // What the file declares itself is standard under no name.
    let own = finding.axioms.difference(&finding.axioms_before).cloned();
    let mut foreign: BTreeSet<String> = own.collect();
    for pair in &after {
        let (name, axiom) = pair;
        if axiom == SORRY {
            if !before.contains(pair) {
                unproved.insert(name.clone());
            }
            continue;
        }
        axioms.insert(axiom.clone());
        if !known(axiom) {
            foreign.insert(axiom.clone());
        }
    }
    if !foreign.is_empty() {
        let foreign: Vec<String> = foreign.into_iter().collect();
        return Err(NoWord::Refused(format!(
            "it depends on {}",
            foreign.join(", ")
        )));
    }
    Ok(Word {
        unproved: unproved.into_iter().collect(),
        axioms: axioms.into_iter().collect(),
        kernel: format!("Lean {}", read.version),
    })
}
