//! Tells Lean from the words around it, where no fence does.

use unsorry_syntax::keyword::{self, CommandKind};
use unsorry_syntax::lex;

use super::boundary::goes_on_from;
use super::parts::without_list_mark;

/// Words that a tactic begins with.
const TACTICS: &str = "\
    abel absurd ac_rfl aesop all_goals any_goals apply apply? assumption assumption_mod_cast bound \
    bv_decide bv_omega by_cases by_contra calc case case' cases cases' change choose classical clear \
    congr constructor constructor_matching contradiction contrapose contrapose! conv conv_lhs \
    conv_rhs decide delta done dsimp eq_refl erw exact exact? exact_mod_cast exacts exfalso exists \
    exists? ext fail_if_success field_simp fin_cases first focus fun_cases fun_induction funext \
    gcongr generalize grind group have induction induction' infer_instance injection interval_cases \
    intro intros iterate left let lift linarith linear_combination match measurability mod_cases \
    native_decide next nlinarith nofun nomatch nontriviality norm_cast norm_num nth_rewrite obtain \
    omega on_goal open positivity push_cast push_neg rcases refine refine' rename_i repeat replace \
    rfl right ring ring_nf rintro rotate_left rw rw? rwa set set_option show simp simp? simp_all \
    simp_arith simpa skip sorry specialize split split_ifs subst subst_vars suffices swap symm \
    symm_saturate tauto trans trivial try unfold use zify";

/// Words of English that no line of Lean has by themselves.
const ENGLISH: &str =
    "the is are that we of it you can which since because hence thus an should our";

/// Whether a word begins a tactic.
pub(super) fn is_tactic(word: &str) -> bool {
    TACTICS.split(' ').any(|tactic| tactic == word)
}

/// Whether a line reads as a sentence, or as something of Markdown.
fn is_prose(line: &str) -> bool {
    let line = line.trim();
    let code = line.split("--").next().unwrap_or(line).trim_end();
    let ends = code.ends_with('.') && !code.ends_with("..");
    let announces = code.ends_with(':') && !code.ends_with(" :");
    let mut words = code.split(|c: char| c.is_whitespace() || matches!(c, ',' | '.' | '!'));
    let english = words.any(|word| ENGLISH.split(' ').any(|english| english == word));
    let marks = ["- ", "* ", "# ", "## ", "### ", "> ", "$", "\\"];
    let marked = marks.iter().any(|mark| line.starts_with(mark));
    !line.starts_with("--") && (ends || announces || english || marked)
}

/// Whether a line that stands at the left of its code is code.
fn is_code(line: &str) -> bool {
    let tokens = lex(line);
    let Some(first) = tokens.first() else {
        return false;
    };
    let own = first.text(line);
    let word = first.word(line);
    let known = match word {
        "" => !first.is_code() || own.starts_with(|c: char| "·|@)]}⟩⟨({_".contains(c)),
        _ => keyword::starts_command(word) || is_tactic(word) || word == "by",
    };
    known || goes_on_from(own) || matches!(own, "where" | "termination_by" | "decreasing_by")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The code in words that begins with a declaration: up to the next line of words, moved to the left.
pub(super) fn declarations(words: &str) -> Vec<String> {
    let begins = |line: &str| {
        let line = unlabelled(line);
        let tokens = lex(line);
        let first = tokens.first().map_or("", |first| first.text(line));
        let declares = matches!(keyword::reserved(first), Some(CommandKind::Declaration(_)))
            || matches!(keyword::leading(first), Some(CommandKind::Declaration(_)));
        declares
            || matches!(
                first,
                "@[" | "@" | "private" | "protected" | "noncomputable"
            )
    };
    runs(words, begins)
}

/// The proofs in words that are no declarations: lines of which the first begins as tactics or a term do.
pub(super) fn proofs(words: &str) -> Vec<String> {
    let begins = |line: &str| {
        let line = unlabelled(line);
        begins_proof(line) && !is_prose(line)
    };
    runs(words, begins)
}

/// Whether a text begins with a tactic, with `by`, or with what only a term begins with.
fn begins_proof(text: &str) -> bool {
    let tokens = lex(text);
    let Some(first) = tokens.first() else {
        return false;
    };
    // No word of English has a dot and a letter behind it.
    let is_path = |name: &str| {
        let mut parts = name.split('.');
        parts.clone().count() > 1 && parts.all(|part| part.chars().count() > 1)
    };
    match first.text(text) {
        "by" | "·" | ":=" | "⟨" | "fun" | "λ" => true,
        own => is_tactic(own) || is_path(first.word(text)),
    }
}

/// `line` without what may stand before its code: a list's mark, a label.
fn unlabelled(line: &str) -> &str {
    without_label(without_list_mark(line.trim_start()))
}

/// `line` without an `Answer:` before its code.
fn without_label(line: &str) -> &str {
    let bare = line.trim_start_matches('*');
    let end = bare.find(':').filter(|end| {
        let label = &bare[..*end];
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == ' ';
        label.starts_with(|c: char| c.is_ascii_uppercase()) && label.chars().all(is_letter)
    });
    end.map_or(line, |end| bare[end + 1..].trim_start_matches(['*', ' ']))
}

/// The runs of lines of code of which the first `begins` them.
fn runs(words: &str, begins: impl Fn(&str) -> bool) -> Vec<String> {
    let mut runs: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for line in words.lines() {
        if line.trim().is_empty() {
            if let (true, Some((_, run))) = (open, runs.last_mut()) {
                run.push('\n');
            }
            continue;
        }
        let is_marked = without_list_mark(line.trim_start()).len() < line.trim_start().len();
        if let (true, false, Some((base, run))) = (open, is_marked, runs.last_mut()) {
            let goes_on = match indent(line) {
                own if own < *base => false,
                own if own == *base => is_code(line.trim_start()) && !is_prose(line),
                _ => !is_prose(line),
            };
            if goes_on {
                run.extend([&line[*base..], "\n"]);
                continue;
            }
        }
        open = begins(line);
        if open {
            runs.push((indent(line), format!("{}\n", unlabelled(line))));
        }
    }
    let runs = runs.into_iter().map(|(_, run)| run.trim_end().to_owned());
    runs.collect()
}

/// The pieces of code within lines of words: `by …` in backticks, or what is all of its line.
pub(super) fn spans(words: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in words.lines() {
        let bare = unlabelled(line);
        let whole = bare.trim_end_matches(['.', ' ']);
        let whole = whole
            .strip_prefix('`')
            .and_then(|rest| rest.strip_suffix('`'));
        let is_code = |code: &str| {
            let first = code.split_whitespace().next().unwrap_or_default();
            begins_proof(code) || keyword::starts_declaration(first)
        };
        if let Some(code) = whole.filter(|code| !code.contains('`') && is_code(code)) {
            found.push(code.to_owned());
            continue;
        }
        let odd = bare.split('`').skip(1).step_by(2);
        found.extend(
            odd.filter(|code| code.starts_with("by "))
                .map(str::to_owned),
        );
    }
    found
}
