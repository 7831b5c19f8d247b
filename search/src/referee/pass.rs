//! One pass over a file: claims for its holes, judged together.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;
use unsorry_olean::{Constant, Import, LeanVersion, Module, NameId, Terms};
use unsorry_syntax::name_parts;

use super::Referee;
use super::before::{Before, uncompiled};
use super::claim::{Claim, Failure, NoWord, Word};
use super::compare::{Comparison, Difference, Finding};
use super::compiled::{Marks, SORRY};
use super::compiler::{Compiled, Source};
use super::contrary::contradiction;
use super::kernel::{ImportLine, KernelAnswer};
use super::marked::Filling;
use super::names::{joined, last, name_json, parts_of};
use super::place::{Place, place};

/// The time that proofs may take, beside three times that of the file as it stands.
const MAX_MORE: Duration = Duration::from_secs(120);

/// The bytes that a file with proofs in it may be compiled to, beside four times those of the file as it stands,
/// and those for each proof: what is much more is no proof, and takes long to read.
const MAX_MORE_BYTES: usize = 16 << 20;

/// See [`MAX_MORE_BYTES`].
const MAX_PROOF_BYTES: usize = 1 << 20;

/// The axioms that every proof may rest on.
pub(super) const STANDARD: [&str; 3] = ["propext", "Classical.choice", "Quot.sound"];

/// What the theorems are called that the kernel is given against goals.
const AGAINST: &str = "unsorry_against_";

/// What the constants say of all claims, and what the kernel is asked then.
struct Read {
    terms: Terms,
    findings: Vec<Finding>,
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
    ) -> Result<Vec<Word>, NoWord> {
        let compiled = before.compiled(&self.compiler, &self.warm, limit).await;
        let compiled = compiled.map_err(Failure::of_the_file)?;
        // What takes much longer than the file does without it has nothing to do with a proof.
        let limit = limit.min(compiled.took * 3 + MAX_MORE);
        let marked = &before.marked;
        let fillings: Vec<Filling> = claims.iter().map(filling).collect();
        let is_known = |filling: &Filling| {
            let change = filling.change.iter().map(|change| change.text.as_str());
            let mut texts = change.chain([filling.front.as_str()]);
            texts.any(|text| marked.is_known_to(text))
        };
        if fillings.iter().any(is_known) {
            return Err(NoWord::Refused(
                "it names what only the referee can know".into(),
            ));
        }
        let edited = marked.after(&compiled.guarded, &fillings);
        let known = Source {
            path: &before.path,
            options: &compiled.options,
            text: &compiled.text,
        };
        let source = Source {
            text: &edited.text,
            ..known
        };
        let after = self.warm.compile_last(known, source, limit).await;
        let parts = match after.map_err(NoWord::Refused)? {
            Compiled::Parts(parts) => parts,
            Compiled::Errors(errors) => {
                let why = uncompiled(marked.text(), &edited, &errors);
                return Err(NoWord::Refused(why));
            }
        };
        if parts.size() > compiled.size * 4 + MAX_MORE_BYTES + fillings.len() * MAX_PROOF_BYTES {
            return Err(NoWord::Refused(Difference::TooMuch.to_string()));
        }
        let outline = marked.outline();
        let declared = outline.declarations.iter().filter_map(|d| d.name.clone());
        let marks = Marks {
            marks: (0..marked.marks()).map(|n| marked.mark(n)).collect(),
            holes: outline.holes.len(),
            declared: declared
                .map(|name| name_parts(&marked.text()[name]))
                .collect(),
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
        let read = tokio::task::spawn_blocking(read).await;
        let read = read.map_err(|error| NoWord::Unknown(error.to_string()))?;
        let read = read.map_err(NoWord::Refused)?;
        let answer = {
            let mut slot = self.kernel.lock().await;
            let mut kernel = self.taken(&mut slot).await.map_err(Failure::of_the_file)?;
            let answer = kernel.ask(&read.imports, &read.lines, &read.used, limit);
            // A proof may be why.
            let answer = answer.await.map_err(NoWord::Refused)?;
            *slot = Some(kernel);
            answer
        };
        match &answer.refused {
            Some((name, _)) if name.starts_with(AGAINST) => {
                Err(NoWord::Refused(Difference::NotContrary.to_string()))
            }
            Some((name, why)) => Err(NoWord::Refused(format!(
                "Lean's kernel refuses `{name}`: {why}"
            ))),
            // What is filled in beside a proof may be what it rests on: all of them hold, or none.
            None => read
                .findings
                .iter()
                .map(|finding| word(&read, finding, &answer))
                .collect(),
        }
    }
}

fn filling(claim: &Claim) -> Filling {
    Filling {
        hole: claim.hole,
        change: claim.change().cloned(),
        front: claim
            .front()
            .map_or(String::new(), |(front, _)| front.to_owned()),
        leaves_open: claim.leaves_open(),
    }
}

/// Reads what the constants say of the claims.
fn read(
    mut terms: Terms,
    marks: &Marks,
    before: &Module,
    after: &Module,
    claims: &[Claim],
) -> Result<Read, String> {
    let told = |difference: Difference| difference.to_string();
    let filled = claims.iter().filter(|claim| claim.change().is_some());
    let filled: Vec<usize> = filled.map(|claim| claim.hole).collect();
    let leaves_open = claims.iter().any(Claim::leaves_open);
    let new = claims.iter().filter_map(Claim::front);
    let new: Vec<&str> = new.map(|(_, name)| name).collect();
    let (mut cone, findings, against) = {
        let comparison = Comparison::new(&terms, marks, before, after);
        let changed = comparison
            .compare(&filled, leaves_open, &new)
            .map_err(told)?;
        let mut findings: Vec<Finding> = Vec::new();
        let mut against: Vec<(Place, Constant)> = Vec::new();
        for claim in claims {
            let Some((_, name)) = claim.front() else {
                let finding = comparison.finding(claim.hole, claim.leaves_open(), &filled);
                findings.push(finding.map_err(told)?);
                continue;
            };
            let (place, theorem) = contrary(&terms, &comparison, claim.hole, name)
                .ok_or_else(|| told(Difference::NotContrary))?;
            let named = comparison.before().named_in(place.terms());
            findings.push(comparison.foundation(theorem.name, &named));
            against.push((place, theorem));
        }
        if comparison.after().is_too_much() || comparison.before().is_too_much() {
            return Err(told(Difference::TooMuch));
        }
        (comparison.checked(&changed), findings, against)
    };
    let mut given: Vec<Constant> = Vec::new();
    for (number, (place, theorem)) in against.into_iter().enumerate() {
        let name = terms.intern_dotted(&format!("{AGAINST}{number}"));
        let contradiction = contradiction(&mut terms, &place, &theorem, name);
        given.push(contradiction.ok_or_else(|| told(Difference::NotContrary))?);
    }
    cone.extend(findings.iter().flat_map(|finding| &finding.cone));
    let of_imports = findings
        .iter()
        .flat_map(|finding| finding.imported.iter().chain(&finding.imported_before));
    let used: BTreeSet<NameId> = of_imports.copied().collect();
    let mut lines = Vec::new();
    let of_file = after.constants.iter();
    let of_file = of_file.filter(|constant| cone.contains(&constant.name));
    let lean = LeanVersion {
        version: &after.lean_version,
        githash: &after.githash,
    };
    unsorry_olean::export(&terms, of_file.chain(&given), lean, &mut lines)
        .map_err(|error| error.to_string())?;
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

/// The place of a hole, and the theorem that is said to contradict its goal.
fn contrary(
    terms: &Terms,
    comparison: &Comparison<'_>,
    hole: usize,
    name: &str,
) -> Option<(Place, Constant)> {
    let place = place(terms, comparison.before(), &comparison.holders(hole), hole)?;
    // The kernel has the file with what was filled in: there the goal must mean what it does as the file stands.
    if !comparison.has_kept_its_meaning(&place.terms()) {
        return None;
    }
    let mut constants = comparison.after().module.constants.iter();
    let theorem = constants.find(|constant| {
        last(terms, constant.name) == name
            && comparison.before().get(constant.name).is_none()
            && constant.is_theorem()
    })?;
    Some((place, theorem.clone()))
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
    let stated = resting(&finding.imported_stated);
    let known =
        |axiom: &str| STANDARD.contains(&axiom) || before.iter().any(|(_, known)| known == axiom);
    let mut word = Word {
        unproved: finding.unproved.iter().cloned().collect(),
        stated: finding.stated.iter().cloned().collect(),
        axioms: Vec::new(),
        kernel: format!("Lean {}", read.version),
    };
    let mut axioms = finding.axioms.clone();
    // What the file declares itself is standard under no name.
    let own = finding.axioms.difference(&finding.axioms_before).cloned();
    let mut foreign: BTreeSet<String> = own.collect();
    for pair in resting(&finding.imported) {
        let (name, axiom) = &pair;
        if axiom == SORRY {
            match stated.contains(&pair) {
                true => word.stated.push(name.clone()),
                false => word.unproved.push(name.clone()),
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
    word.axioms = axioms.into_iter().collect();
    Ok(word)
}
