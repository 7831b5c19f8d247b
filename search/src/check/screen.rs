//! Many candidates in one text: the hole's goal is had as often as there are candidates, and each is tried
//! on one of them. Pure.
//!
//! `ite True` of two proofs is a proof of the same goal, so `refine` with it makes two goals of one, in the
//! same context. All of them stand in the hole's own place: what is before it, Lean elaborates once. A
//! candidate that leaves no goal is followed by an error of our own: of each, Lean says something, or it has
//! not come so far. A verdict here is never the last word: winners are confirmed alone.

use std::ops::Range;

use unsorry_prover::{Candidate, HoleKind};

use crate::check::baseline::Baseline;
use crate::lean::diagnostic::{Diagnostic, Severity};
use crate::target::Target;
use unsorry_syntax::splice::moved;
use unsorry_syntax::{DeclarationKind, LineIndex, splice};

/// What Lean may spend on one text, in its own thousands of allocations. A candidate that needs more is
/// tried again alone under the user's own limit.
const HEARTBEATS: u32 = 20_000;

/// What Lean says of a candidate that leaves no goal.
const PASSED: &str = "unsorry_passed";

/// A text to elaborate, and where each candidate stands in it. Lines are counted from 0.
#[derive(Debug)]
pub struct Screen {
    /// The text.
    pub text: String,
    /// What Lean may spend on it is limited to what a screening may take.
    limited: bool,
    /// Those of the declaration, to the end of the text.
    lines: Range<u32>,
    places: Vec<Place>,
}

/// Where a candidate stands.
#[derive(Debug)]
struct Place {
    /// What Lean says of these lines is about it.
    lines: Range<u32>,
    /// The candidate itself, from the line of its first token.
    candidate: Range<u32>,
}

/// What is wrong with a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The line of the candidate that it is about, from 0, as far as that is known.
    pub line: Option<usize>,
    /// Lean's words, mostly.
    pub message: String,
}

impl Complaint {
    /// Of no line in particular.
    pub fn new(message: impl Into<String>) -> Complaint {
        Complaint {
            line: None,
            message: message.into(),
        }
    }

    /// What Lean says of a candidate that starts on `line`.
    pub fn of(diagnostic: &Diagnostic, line: u32) -> Complaint {
        let line = diagnostic.start().line.checked_sub(line);
        Complaint {
            line: line.map(|line| line as usize),
            message: diagnostic.message.clone(),
        }
    }

    /// Its first line.
    pub fn first_line(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }
}

/// What screening says of a candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No error, no `sorry`.
    Passed {
        /// What Lean suggests in the place of a `?` tactic.
        suggestions: Vec<String>,
        /// How many warnings Lean gives of it, of linters mostly; some are silent where there are errors, as
        /// there are where several stand together.
        warnings: usize,
    },
    /// Lean's errors, in the text's order; at least one.
    Failed(Vec<Complaint>),
    /// Lean ran into the limit of a screening.
    OutOfHeartbeats,
}

/// What Lean says of a text of candidates.
#[derive(Debug, PartialEq, Eq)]
pub enum Judged {
    /// Verdicts in the candidates' order; none where Lean has not come so far, or what it says may be about
    /// another one.
    Verdicts(Vec<Option<Verdict>>),
    /// What stands before the hole needs more than a screening may take.
    TooMuch,
}

/// How many of `candidates`, at least one, can stand in one text. What looks through the library takes long,
/// and stands alone.
pub fn batch(target: &Target, baseline: &Baseline, candidates: &[Candidate], most: usize) -> usize {
    if is_open(&baseline.rendered) || may_fail_on_some(target) {
        return 1;
    }
    let alone = candidates.iter().position(Candidate::searches_library);
    alone.unwrap_or(candidates.len()).clamp(1, most.max(1))
}

/// Whether goals, as Lean shows them, have a part that is still to be found: what one candidate takes for it
/// would hold for the others. A `?` that ends a name or an index is none.
fn is_open(goals: &str) -> bool {
    goals.match_indices('?').any(|(at, _)| {
        let ends = |c: char| c.is_alphanumeric() || "_'!?])»".contains(c);
        let after = goals[at + 1..].chars().next();
        !goals[..at].chars().next_back().is_some_and(ends)
            && after.is_some_and(|c| c.is_alphabetic() || "_«".contains(c))
    })
}

/// Whether the hole stands for several goals, on some of which a candidate may fail.
fn may_fail_on_some(target: &Target) -> bool {
    let before = target.text[..target.hole().range.start]
        .trim_end_matches(|c: char| c.is_whitespace() || c == '(');
    ["any_goals", "repeat'", "repeat1'"]
        .iter()
        .any(|word| before.ends_with(word))
}

impl Screen {
    /// Builds the text. What Lean may spend on it is `limited`, as long as the declaration is not too much by
    /// itself. One candidate stands there as it would be in the user's text.
    pub fn new(target: &Target, kind: HoleKind, candidates: &[Candidate], limited: bool) -> Screen {
        let block = &target.declaration().block;
        let mut text = target.text[..block.start].to_owned();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let first = text.len();
        if limited {
            text += &format!("set_option maxHeartbeats {HEARTBEATS} in\n");
        }
        let (proof, rows) = match candidates {
            [one] => (one.text.clone(), Vec::new()),
            several => branches(kind, several),
        };
        let change = splice(&target.text, target.hole(), kind, &proof);
        text += &target.text[block.start..change.range.start];
        let blanks = change.text.len() - change.text.trim_start().len();
        let start = text.len() + blanks;
        text += &change.text;
        text += &target.text[change.range.end..block.end];
        text.push('\n');

        let index = LineIndex::new(&text);
        let line = |at: usize| index.position(at).line;
        let lines = line(first)..line(text.len()) + 1;
        let start = line(start);
        let places = match rows.is_empty() {
            true => vec![Place {
                lines: lines.clone(),
                candidate: start..lines.end,
            }],
            false => rows.iter().map(|place| place.moved(start)).collect(),
        };
        Screen {
            limited,
            lines,
            places,
            text,
        }
    }

    /// The candidates, by index, that have passed while Lean is busy with others.
    pub fn passed(
        &self,
        target: &Target,
        baseline: &Baseline,
        diagnostics: &[Diagnostic],
    ) -> Vec<(usize, Verdict)> {
        let accomplished = match &self.places[..] {
            [_] => diagnostics
                .iter()
                .any(|d| self.is_about_declaration(d) && d.says_accomplished()),
            _ => true,
        };
        let verdicts = self.verdicts(target, baseline, diagnostics).enumerate();
        verdicts
            .filter(|_| accomplished)
            .filter_map(|(at, verdict)| Some((at, verdict?)))
            .filter(|(_, verdict)| matches!(verdict, Verdict::Passed { .. }))
            .collect()
    }

    /// Reads the verdicts.
    pub fn judge(
        &self,
        target: &Target,
        baseline: &Baseline,
        diagnostics: &[Diagnostic],
    ) -> Judged {
        let mut verdicts: Vec<_> = self.verdicts(target, baseline, diagnostics).collect();
        let errors = diagnostics
            .iter()
            .filter(|d| d.is_error() && self.is_about_declaration(d));
        let hole = self.places.first().map(|place| place.candidate.start);
        let before = |d: &Diagnostic| hole.is_some_and(|hole| d.start().line < hole);
        let nobody = verdicts.len() == 1 || verdicts.iter().all(Option::is_none);
        if self.limited && nobody && errors.clone().any(|d| d.ran_out() && before(d)) {
            return Judged::TooMuch;
        }
        if verdicts.len() == 1 {
            return Judged::Verdicts(verdicts);
        }
        let mut beside = errors.filter(|d| {
            let of_one = |place: &Place| place.lines.contains(&d.start().line);
            !self.places.iter().any(of_one)
        });
        // What Lean says of the declaration as a whole may be due to any that has passed.
        if beside.next().is_some() {
            for verdict in &mut verdicts {
                verdict.take_if(|verdict| matches!(verdict, Verdict::Passed { .. }));
            }
        }
        Judged::Verdicts(verdicts)
    }

    fn verdicts(
        &self,
        target: &Target,
        baseline: &Baseline,
        diagnostics: &[Diagnostic],
    ) -> impl Iterator<Item = Option<Verdict>> {
        let places = self.places.iter().enumerate();
        places.map(move |(at, place)| {
            let about = |d: &&Diagnostic| place.lines.contains(&d.start().line);
            let said: Vec<&Diagnostic> = diagnostics.iter().filter(about).collect();
            match self.places.len() {
                1 => Some(verdict(target, baseline, place.candidate.start, &said)),
                _ => one_of_several(at, &place.candidate, &said),
            }
        })
    }

    fn is_about_declaration(&self, diagnostic: &Diagnostic) -> bool {
        self.lines.contains(&diagnostic.start().line)
    }
}

impl Place {
    fn moved(&self, by: u32) -> Place {
        let moved = |lines: &Range<u32>| lines.start + by..lines.end + by;
        Place {
            lines: moved(&self.lines),
            candidate: moved(&self.candidate),
        }
    }
}

/// A proof that tries each of `candidates` on a goal of its own, and their places in it.
fn branches(kind: HoleKind, candidates: &[Candidate]) -> (String, Vec<Place>) {
    let mut proof = "refine ".to_owned();
    for _ in 1..candidates.len() {
        proof += "@_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (";
    }
    proof += "?_";
    proof.extend(std::iter::repeat_n(')', candidates.len() - 1));
    let mut places = Vec::with_capacity(candidates.len());
    let mut row = 1;
    for candidate in candidates {
        let (before, moved) = match kind {
            HoleKind::Tactic => ("\n· ", moved(&candidate.text, 2)),
            HoleKind::Term => ("\n· exact\n    ", moved(&candidate.text, 4)),
        };
        let start = row + u32::from(kind == HoleKind::Term);
        let end = start + moved.split('\n').count() as u32;
        places.push(Place {
            lines: row..end + 1,
            candidate: start..end,
        });
        row = end + 1;
        proof += before;
        proof += &moved;
        proof += &format!("\n  done; fail \"{PASSED}\"");
    }
    match kind {
        HoleKind::Tactic => (proof, places),
        HoleKind::Term => {
            // Before several tactics `by` has its line to itself, see `splice`.
            let places = places.iter().map(|place| place.moved(1)).collect();
            (format!("by\n  {}", moved(&proof, 2)), places)
        }
    }
}

/// What Lean `said` of the candidate with this index among several, which stands on `lines`; none if Lean has
/// not come to it, or ran out where those before it may have spent all.
fn one_of_several(at: usize, lines: &Range<u32>, said: &[&Diagnostic]) -> Option<Verdict> {
    let passed = |d: &Diagnostic| d.is_error() && d.message.trim_end() == PASSED;
    let others: Vec<&Diagnostic> = said.iter().copied().filter(|d| !passed(d)).collect();
    match refused(lines.start, &others) {
        Some(Verdict::Failed(complaints)) => {
            let rows = lines.len();
            let own = complaints.into_iter().map(|complaint| Complaint {
                line: complaint.line.filter(|line| *line < rows),
                message: untagged(&complaint.message, at + 1),
            });
            Some(Verdict::Failed(own.collect()))
        }
        Some(_) if at > 0 => None,
        Some(verdict) => Some(verdict),
        None => (others.len() < said.len()).then(|| accepted(&others)),
    }
}

/// A message without the name that `refine` gave to the goal of this number, from 1.
fn untagged(message: &str, number: usize) -> String {
    let tag = format!("refine_{number}");
    let lines = message.split('\n').filter_map(|line| {
        let Some(name) = line.strip_prefix("case ") else {
            return Some(line.to_owned());
        };
        let parts: Vec<&str> = name.split('.').collect();
        let Some(at) = parts.iter().position(|part| *part == tag) else {
            return Some(line.to_owned());
        };
        let rest = [&parts[..at], &parts[at + 1..]].concat();
        (!rest.is_empty()).then(|| format!("case {}", rest.join(".")))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What Lean said of one declaration, as a verdict on the candidate that starts on `line` in it.
/// Silence is not enough: a theorem must be reported as accomplished where this Lean reports that.
pub fn verdict(target: &Target, baseline: &Baseline, line: u32, said: &[&Diagnostic]) -> Verdict {
    let failed = |why: &str| Verdict::Failed(vec![Complaint::new(why)]);
    if let Some(verdict) = refused(line, said) {
        return verdict;
    }
    if target.siblings().next().is_none() {
        if said.iter().any(|d| d.says_sorry()) {
            return failed("it leaves a sorry");
        }
        let theorem = matches!(
            target.declaration().kind,
            DeclarationKind::Theorem | DeclarationKind::Example
        );
        let expected = theorem && baseline.reports_accomplished;
        if expected && !said.iter().any(|d| d.says_accomplished()) {
            return failed("Lean does not report the goals as accomplished");
        }
    }
    accepted(said)
}

/// The verdict of Lean's errors on the candidate that starts on `line`; none where there are none.
fn refused(line: u32, said: &[&Diagnostic]) -> Option<Verdict> {
    let mut errors: Vec<&&Diagnostic> = said.iter().filter(|d| d.is_error()).collect();
    errors.sort_by_key(|error| error.start());
    if errors.first()?.ran_out() {
        return Some(Verdict::OutOfHeartbeats);
    }
    // What Lean suggests beside an error may mend it.
    let suggests =
        |d: &&&Diagnostic| !d.is_error() && !unsorry_prover::suggestions(&d.message).is_empty();
    let said = errors.into_iter().chain(said.iter().filter(suggests));
    Some(Verdict::Failed(
        said.map(|d| Complaint::of(d, line)).collect(),
    ))
}

/// The verdict where Lean has no error.
fn accepted(said: &[&Diagnostic]) -> Verdict {
    let suggestions = said
        .iter()
        .flat_map(|d| unsorry_prover::suggestions(&d.message));
    let warnings = said.iter().filter(|d| d.severity == Severity::Warning);
    Verdict::Passed {
        suggestions: suggestions.collect(),
        warnings: warnings.count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::axioms::AxiomReport;
    use crate::lean::diagnostic::Range as LspRange;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use std::sync::Arc;
    use unsorry_prover::{Context, Goal};
    use unsorry_syntax::{Outline, Position};

    fn target(text: &str) -> Target {
        Target {
            uri: "file:///A.lean".into(),
            outline: Arc::new(Outline::of(text)),
            text: text.into(),
            hole: 0,
        }
    }

    fn candidates(texts: &[&str]) -> Vec<Candidate> {
        let candidate = |text: &&str| Candidate::new(*text, "tactics");
        texts.iter().map(candidate).collect()
    }

    fn baseline(rendered: &str) -> Baseline {
        Baseline {
            goal: Goal::parse(
                HoleKind::Tactic,
                &["⊢ 1 = 1".to_owned()],
                Vec::new(),
                Context::default(),
            )
            .expect("a goal"),
            rendered: rendered.to_owned(),
            reports_accomplished: true,
            axioms: AxiomReport::Axioms(Vec::new()),
            statement: None,
            error_before: false,
            compiled: Arc::default(),
        }
    }

    /// The text, the lines that are about each candidate at its left, by its number.
    #[track_caller]
    fn check(text: &str, kind: HoleKind, texts: &[&str], expected: &Expect) {
        let screen = Screen::new(&target(text), kind, &candidates(texts), true);
        let mut shown = String::new();
        for (number, line) in screen.text.lines().enumerate() {
            let number = number as u32;
            let place = screen
                .places
                .iter()
                .position(|place| place.lines.contains(&number));
            let first = screen
                .places
                .iter()
                .any(|place| place.candidate.start == number);
            let mark = place.map_or(" ".to_owned(), |place| place.to_string());
            let line = format!("{mark}{}{line}", if first { ">" } else { " " });
            shown += &format!("{}\n", line.trim_end());
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn candidates_on_goals_of_their_own() {
        check(
            "def f := 1\n\n/-- Doc. -/\n@[simp] theorem t : f = 1 := by\n  sorry\n\ntheorem after : f = 2 := sorry\n",
            HoleKind::Tactic,
            &["rfl", "unfold f\nrfl"],
            &expect![[r#"
                  def f := 1
  
                  set_option maxHeartbeats 20000 in
                  /-- Doc. -/
                  @[simp] theorem t : f = 1 := by
                    refine @_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (?_)
                0>  · rfl
                0     done; fail "unsorry_passed"
                1>  · unfold f
                1     rfl
                1     done; fail "unsorry_passed"
            "#]],
        );
        check(
            "example : 1 = 1 ∧ 2 = 2 := ⟨sorry, rfl⟩",
            HoleKind::Term,
            &["rfl", "by\n  intro x\n  rfl", "f\n  x"],
            &expect![[r#"
                  set_option maxHeartbeats 20000 in
                  example : 1 = 1 ∧ 2 = 2 := ⟨by
                    refine @_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (@_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (?_))
                0   · exact
                0>      rfl
                0     done; fail "unsorry_passed"
                1   · exact
                1>      by
                1         intro x
                1         rfl
                1     done; fail "unsorry_passed"
                2   · exact
                2>      f
                2         x
                2     done; fail "unsorry_passed", rfl⟩
            "#]],
        );
        check(
            "example : 1 = 1 := by\n  skip <;> sorry",
            HoleKind::Tactic,
            &["rfl", "simp"],
            &expect![[r#"
                  set_option maxHeartbeats 20000 in
                  example : 1 = 1 := by
                    skip <;> (refine @_root_.ite _ _root_.True _root_.instDecidableTrue ?_ (?_)
                0>            · rfl
                0               done; fail "unsorry_passed"
                1>            · simp
                1               done; fail "unsorry_passed")
            "#]],
        );
    }

    proptest! {
        /// Whatever they are made of, and wherever the hole is.
        #[test]
        fn each_has_its_lines(
            source in prop::sample::select(vec![
                "theorem t : T := by\n  sorry\n",
                "theorem 𝕋 : T := by sorry -- 𝕋\n",
                "theorem t : T := by\r\n  skip <;> sorry\r\n  done\r\n",
                "theorem t : T := ⟨f (sorry), by sorry⟩",
                "mutual\ntheorem t : T := by\n  cases h with\n  | a => sorry\n  | b => skip\nend",
            ]),
            parts in prop::collection::vec(
                prop::collection::vec(
                    prop::sample::select(vec![
                        "rfl", "\n", "  ", "\r\n", "\t", "exact \"a\n b\"", "· simp", "/- a\n-/", "-- b\n", "𝕋",
                        "\"", "by", "(", "; ", "calc a = b := c\n     _ = d := e",
                    ]),
                    1..8,
                ),
                2..6,
            ),
            kind in prop::sample::select(vec![HoleKind::Tactic, HoleKind::Term]),
        ) {
            let texts: Vec<String> = parts.iter().map(|parts| parts.concat()).collect();
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let screen = Screen::new(&target(source), kind, &candidates(&texts), true);
            let ends = screen.text.split('\n').enumerate();
            let ends = ends.filter(|(_, line)| line.contains(PASSED));
            let ends: Vec<u32> = ends.map(|(number, _)| number as u32).collect();
            let expected = screen.places.iter().map(|place| place.lines.end - 1);
            prop_assert_eq!(ends, expected.collect::<Vec<u32>>(), "{}", screen.text);
            let apart = screen.places.windows(2).all(|two| two[0].lines.end == two[1].lines.start);
            prop_assert!(apart);
        }
    }

    #[test]
    fn one_alone_stands_as_it_would_be() {
        check(
            "theorem t : f = 1 := by\n  sorry\n\ntheorem after : f = 2 := sorry\n",
            HoleKind::Tactic,
            &["unfold f\nrfl"],
            &expect![[r#"
                0 set_option maxHeartbeats 20000 in
                0 theorem t : f = 1 := by
                0>  unfold f
                0   rfl
            "#]],
        );
    }

    #[test]
    fn what_may_stand_together() {
        let together = |goals: &str, texts: &[&str]| {
            batch(
                &target("theorem t : p := by sorry"),
                &baseline(goals),
                &candidates(texts),
                3,
            )
        };
        let goal = "xs : List Nat\n⊢ xs[0]? = xs.head? ∧ «a?» = 1";
        assert_eq!(together(goal, &["rfl", "simp", "omega", "decide"]), 3);
        assert_eq!(together(goal, &["rfl", "exact?", "simp"]), 1);
        assert_eq!(together(goal, &["exact?", "simp"]), 1);
        assert_eq!(together("⊢ ?m.12 = 1", &["rfl", "simp"]), 1);
        assert_eq!(together("⊢ f (?w) 1", &["rfl", "simp"]), 1);
        assert_eq!(together("⊢ P ?_", &["rfl", "simp"]), 1);
        assert_eq!(together("⊢ ‖?x‖ = 0", &["rfl", "simp"]), 1);
        for text in ["by any_goals sorry", "by\n  repeat' (sorry)"] {
            let target = target(&format!("theorem t : p := {text}"));
            let both = candidates(&["rfl", "simp"]);
            assert_eq!(batch(&target, &baseline(goal), &both, 3), 1);
        }
    }

    #[test]
    fn the_name_of_a_goal_is_not_told() {
        let check = |message: &str, expected: &str| assert_eq!(untagged(message, 4), expected);
        check("no\ncase refine_4\n⊢ a", "no\n⊢ a");
        check(
            "case inl.refine_4.left\n⊢ case refine_4",
            "case inl.left\n⊢ case refine_4",
        );
        check("case refine_41\n⊢ a", "case refine_41\n⊢ a");
        check("case refine_4.refine_4\n⊢ a", "case refine_4\n⊢ a");
    }

    fn says(line: u32, message: &str) -> Diagnostic {
        let at = Position { line, character: 0 };
        Diagnostic {
            range: LspRange { start: at, end: at },
            full_range: None,
            severity: Severity::Error,
            message: message.to_owned(),
            lean_tags: Vec::new(),
        }
    }

    const HEAVY: &str = "(deterministic) timeout: maximum number of heartbeats";
    const DONE: &str = "unsorry_passed\n";

    #[test]
    fn silence_is_no_verdict_in_favour() {
        let target = target("theorem t : 1 = 1 := by sorry\n");
        let baseline = baseline("");
        // They stand on the lines 3, 5 and 7, each with another line behind it.
        let screen = Screen::new(
            &target,
            HoleKind::Tactic,
            &candidates(&["rfl", "simp", "omega"]),
            true,
        );
        let judge = |said: &[(u32, &str)]| {
            let said = said.iter().map(|(line, message)| says(*line, message));
            let said: Vec<_> = said.collect();
            match screen.judge(&target, &baseline, &said) {
                Judged::TooMuch => "too much".to_owned(),
                Judged::Verdicts(verdicts) => {
                    let short = |verdict: &Option<Verdict>| match verdict {
                        None => '?',
                        Some(Verdict::Passed { .. }) => '+',
                        Some(Verdict::Failed(_)) => '-',
                        Some(Verdict::OutOfHeartbeats) => 'h',
                    };
                    verdicts.iter().map(short).collect()
                }
            }
        };
        assert_eq!(judge(&[]), "???");
        assert_eq!(judge(&[(4, DONE), (6, DONE), (8, DONE)]), "+++");
        assert_eq!(judge(&[(4, DONE), (5, "no"), (8, DONE)]), "+-+");
        // Lean goes on behind an error.
        assert_eq!(judge(&[(4, DONE), (5, "no"), (6, DONE), (7, "no")]), "+--");
        // Of the declaration as a whole.
        let whole = (1, "not terminating");
        assert_eq!(judge(&[(4, DONE), (5, "no"), (8, DONE), whole]), "?-?");
        // It may have been those before it that have spent so much.
        assert_eq!(judge(&[(4, DONE), (5, HEAVY), (7, HEAVY)]), "+??");
        assert_eq!(judge(&[(3, HEAVY), (5, HEAVY)]), "h??");
        assert_eq!(judge(&[(1, HEAVY)]), "too much");

        let one = Screen::new(&target, HoleKind::Tactic, &candidates(&["rfl"]), true);
        let judge = |said: &[Diagnostic]| match one.judge(&target, &baseline, said) {
            Judged::Verdicts(verdicts) => matches!(verdicts[0], Some(Verdict::Passed { .. })),
            Judged::TooMuch => panic!("too much"),
        };
        let heavy = |line| one.judge(&target, &baseline, &[says(line, HEAVY)]);
        assert_eq!(heavy(0), Judged::TooMuch);
        let verdicts = Judged::Verdicts(vec![Some(Verdict::OutOfHeartbeats)]);
        assert_eq!(heavy(1), verdicts);
        let accomplished = Diagnostic {
            severity: Severity::Information,
            lean_tags: vec![2],
            ..says(1, "Goals accomplished!")
        };
        let sorry = Diagnostic {
            severity: Severity::Warning,
            ..says(1, "declaration uses `sorry`")
        };
        assert!(!judge(&[]));
        assert!(judge(std::slice::from_ref(&accomplished)));
        assert!(!judge(&[accomplished.clone(), says(1, "no")]));
        assert!(!judge(&[accomplished, sorry]));
    }
}
