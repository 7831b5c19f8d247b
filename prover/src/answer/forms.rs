//! The forms in which models answer: each content in each wrapping, and what must not be read.

use super::*;
use crate::goal::{Context, Goal, HoleKind};

const STATEMENT: &str = "theorem t (a b : Nat) (h : a ≤ b) : a < b + 1 := ";

fn goal(kind: HoleKind) -> Goal {
    let before = match kind {
        HoleKind::Tactic => format!("import A\n\n{STATEMENT}by\n  "),
        HoleKind::Term => format!("import A\n\n{STATEMENT}"),
    };
    let context = Context {
        declaration: 10,
        before,
        after: "\n".into(),
    };
    let shown = "a b : Nat\nh : a ≤ b\n⊢ a < b + 1".to_owned();
    Goal::parse(kind, &[shown], Vec::new(), context).expect("a goal")
}

/// What models write of a proof, and what that is in a tactic's hole and in a term's.
fn contents() -> Vec<(String, &'static str, &'static str)> {
    let theorem = |proof: &str| format!("{STATEMENT}{proof}");
    let simp = "simp\nomega";
    let by_simp = "by\n  simp\n  omega";
    vec![
        (theorem("by\n  omega"), "omega", "by\n  omega"),
        (theorem("by omega"), "omega", "by omega"),
        (theorem("by\n  simp\n  omega"), simp, by_simp),
        (
            format!(
                "import Mathlib\nopen Nat\n\n/-- So. -/\n{}",
                theorem("by\n  omega")
            ),
            "omega",
            "by\n  omega",
        ),
        (
            format!("namespace X\n\n{}\n\nend X", theorem("by\n  omega")),
            "omega",
            "by\n  omega",
        ),
        (
            theorem("\n  Nat.lt_succ_of_le h"),
            "exact Nat.lt_succ_of_le h",
            "Nat.lt_succ_of_le h",
        ),
        ("omega".into(), "omega", "by omega"),
        (
            "Nat.lt_succ_of_le h".into(),
            "exact Nat.lt_succ_of_le h",
            "Nat.lt_succ_of_le h",
        ),
        ("fun _ => h".into(), "exact fun _ => h", "fun _ => h"),
        (
            "⟨h,\n  by omega⟩".into(),
            "exact ⟨h,\n    by omega⟩",
            "⟨h,\n  by omega⟩",
        ),
        ("by omega".into(), "omega", "by omega"),
        ("by\n  omega".into(), "omega", "by omega"),
        (":= by\n  omega".into(), "omega", "by omega"),
        ("simp\nomega".into(), simp, by_simp),
        ("  simp\n  omega".into(), simp, by_simp),
        ("by\n  simp\n  omega".into(), simp, by_simp),
        ("simp\n  omega".into(), simp, by_simp),
        (
            "have k : a ≤ b := by\n  exact h\nomega".into(),
            "have k : a ≤ b := by\n  exact h\nomega",
            "by\n  have k : a ≤ b := by\n    exact h\n  omega",
        ),
    ]
}

/// The wrappings of a content. Those of `sure` code say that it is Lean; others leave it among words.
fn wrapped(code: &str) -> Vec<(&'static str, String)> {
    let indented = |by: &str| {
        let lines = code.lines().map(|line| format!("{by}{line}\n"));
        lines.collect::<String>()
    };
    let json = |text: &str| serde_json::to_string(text).expect("a string");
    let fenced = format!("```lean4\n{code}\n```");
    let mut all = vec![
        ("fence", fenced.clone()),
        ("fence `lean`", format!("```lean\n{code}\n```")),
        ("fence `Lean 4`", format!("```Lean 4\n{code}\n```")),
        ("fence `{.lean}`", format!("```{{.lean}}\n{code}\n```")),
        ("fence of nothing", format!("```\n{code}\n```")),
        ("fence `tactics`", format!("```tactics\n{code}\n```")),
        ("tildes", format!("~~~lean\n{code}\n~~~")),
        ("long fence", format!("````lean\n{code}\n````")),
        (
            "words around",
            format!("Here is the proof:\n\n{fenced}\n\nThis proves it."),
        ),
        (
            "words on the fence's line",
            format!("Proof: {fenced} Done."),
        ),
        ("words behind", format!("{fenced}Done.")),
        (
            "words in a row behind",
            format!("{fenced} This closes the goal."),
        ),
        ("blanks behind", format!("{fenced}   \n\n")),
        ("code closed on its line", format!("```lean\n{code}```")),
        (
            "another language behind",
            format!("{fenced}\n\nCheck it:\n```bash\nlake build\n```"),
        ),
        (
            "another language before",
            format!("```python\nprint(1)\n```\n\n{fenced}"),
        ),
        (
            "another theorem behind",
            format!("{fenced}\nA simpler one:\n```lean\nexample : 1 = 1 := rfl\n```"),
        ),
        ("not closed", format!("Here:\n```lean4\n{code}\n")),
        (
            "not closed, words behind",
            format!("Here:\n```lean4\n{code}\n\nThis is the proof."),
        ),
        ("not closed, of nothing", format!("```\n{code}")),
        ("closed only", format!("{code}\n```\nThis proves it.")),
        ("closed only, words", format!("{code}\n```Done.")),
        (
            "thinking",
            format!("<think>Let me see: `simp`?\n</think>\n\n{fenced}"),
        ),
        (
            "thinking with code",
            format!("<think>\n```lean\nsorry\n```\n</think>\n{fenced}"),
        ),
        (
            "only the end of thinking",
            format!("hm\n</think>\n{fenced}"),
        ),
        ("other thinking", format!("<Thinking>hm</Thinking>{fenced}")),
        (
            "thinking, no fence",
            format!("<think>hm</think>\n\n{code}\n"),
        ),
        (
            "harmony",
            format!(
                "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final<|message|>{fenced}<|return|>"
            ),
        ),
        ("markers", format!("{fenced}<|im_end|>")),
        ("sentence marker", format!("{fenced}<｜end▁of▁sentence｜>")),
        ("tags", format!("<answer>\n{code}\n</answer>")),
        (
            "tags on its lines",
            format!("So.\n<answer>{code}</answer>\nDone."),
        ),
        ("fence in tags", format!("<answer>\n{fenced}\n</answer>")),
        (
            "environment",
            format!("\\begin{{lean}}\n{code}\n\\end{{lean}}"),
        ),
        ("quoted", format!("> ```lean\n{}> ```", indented("> "))),
        (
            "indented fence",
            format!("1. So:\n\n   ```lean\n{}   ```", indented("   ")),
        ),
        (
            "list and fence",
            format!("1. ```lean\n{}   ```", indented("   ")),
        ),
        ("bare", code.to_owned()),
        (
            "bare, words before",
            format!("Here is the proof:\n\n{code}"),
        ),
        (
            "bare, words around",
            format!("The proof is as follows.\n\n{code}\n\nThis proves the theorem."),
        ),
        ("bare and done", format!("{code}\nDone.")),
        (
            "Markdown's code",
            format!("So:\n\n{}\nDone.", indented("    ")),
        ),
        (
            "JSON",
            format!(
                "{{\"reasoning\": \"It is easy.\", \"proof\": {}}}",
                json(code)
            ),
        ),
        (
            "JSON in a fence",
            format!("```json\n{{\"proof\": {}}}\n```", json(code)),
        ),
        (
            "fence in JSON",
            format!("{{\"answer\": {}}}", json(&fenced)),
        ),
        ("JSON string", json(code)),
        ("carriage returns", fenced.replace('\n', "\r\n")),
        ("old carriage returns", fenced.replace('\n', "\r")),
        ("old quotes", format!("'''lean\n{code}\n'''")),
        ("capital tags", format!("[ANSWER]\n{code}\n[/ANSWER]")),
        ("HTML", fenced.replace('<', "&lt;")),
        ("escaped once more", fenced.replace('\n', "\\n")),
        ("hard blanks", fenced.replace(' ', "\u{a0}")),
        ("byte order mark", format!("\u{feff}{fenced}")),
        ("twice", format!("{fenced}\n\nIn full:\n{fenced}")),
        (
            "a `sorry` first",
            format!("```lean\n{STATEMENT}by\n  sorry\n```\nNow:\n{fenced}"),
        ),
    ];
    if !code.contains('\n') {
        all.extend([
            ("fence in a line", format!("```lean {code}```")),
            (
                "words around a line",
                format!("It is ```{code}``` by arithmetic."),
            ),
            ("label", format!("Answer: {code}")),
            ("bold label", format!("**Proof:** {code}")),
            ("backticks", format!("`{code}`")),
            ("label and backticks", format!("Proof: `{code}`")),
        ]);
    }
    all
}

#[test]
fn every_content_in_every_wrapping() {
    let (mut forms, mut missed) = (0, Vec::new());
    for (code, tactics, term) in contents() {
        for (wrapping, text) in wrapped(&code) {
            for (kind, expected) in [(HoleKind::Tactic, tactics), (HoleKind::Term, term)] {
                forms += 1;
                let answer = whole(&goal(kind), &text, true);
                let read = answer.candidates.first().map(String::as_str);
                if read != Some(expected) {
                    missed.push(format!(
                        "{wrapping}, {kind:?}: {text:?}\n  gives {:?}",
                        answer
                    ));
                }
            }
        }
    }
    let many = missed.len();
    assert!(
        missed.is_empty(),
        "{many} of {forms}:\n{}",
        missed.join("\n")
    );
}

/// Checks all that is read of `text` at a tactic's hole.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let answer = whole(&goal(HoleKind::Tactic), text, true);
    assert_eq!(answer.candidates, expected, "{text:?}: {answer:?}");
}

#[test]
fn several_proofs_in_one_answer() {
    check(
        "1. ```lean\nomega\n```\n2. ```lean\nsimp\n```",
        &["simp", "omega"],
    );
    check("1. `omega`\n2. `simp [h]`\n", &["simp [h]", "omega"]);
    check(
        "1. omega\n2. exact Nat.lt_succ_of_le h",
        &["exact Nat.lt_succ_of_le h", "omega"],
    );
    check("[\"omega\", \"simp\"]", &["omega\nsimp", "simp", "omega"]);
    check(
        "Option 1:\n```lean\ntheorem t (a b : Nat) (h : a ≤ b) : a < b + 1 := by omega\n```\nOption 2:\n```lean\ntheorem t (a b : Nat) (h : a ≤ b) : a < b + 1 :=\n  Nat.lt_succ_of_le h\n```\n",
        &["exact Nat.lt_succ_of_le h", "omega"],
    );
    check(
        "This works: `by omega`, and so does `by simp`.",
        &["by simp", "by omega"].map(|text| &text[3..]),
    );
}

#[test]
fn words_are_no_proof() {
    let check = |text: &str, complete: bool, expected: Unread| {
        let answer = whole(&goal(HoleKind::Tactic), text, complete);
        let nothing = Answer {
            unread: Some(expected),
            ..Answer::default()
        };
        assert_eq!(
            Answer {
                plan: None,
                ..answer
            },
            nothing,
            "{text:?}"
        );
    };
    for words in [
        "",
        "\n\n",
        "I can't.",
        "I am sorry, but I can't prove this.",
        "By induction on n.",
        "by the definition of order, it follows",
        "Proof by induction on n",
        "We use the fact that a ≤ b.",
        "apply the lemma and simplify",
        "use the fact that n is even",
        "have a look at the documentation",
        "It follows from `h` and `Nat.lt_succ_of_le`.",
        "You can use `simp` or `omega`.",
        "1. First, intro x.\n2. Then, use omega.",
        "- simp is the tactic\n- omega is another",
        "The theorem is true since `a < b + 1`.",
        "### Plan\n\n1. **Rewrite** the goal.\n2. Use `omega`.",
        "exact: it is the same.",
        "$a < b + 1$ follows from $a \\le b$.",
        "\\boxed{proved}",
        "QED",
        "e.g. by induction",
        "i.e. a < b + 1",
        "See Mathlib.Order for more.",
        "fun fact: it is true.",
        "None",
        "```\nThis can't be proved.\n",
        "```text\n```",
        "<think>We have to show `a < b + 1`. by omega maybe?</think>",
        "{\"proof\": \"It is easy.\"}",
        "null",
        "42",
    ] {
        check(words, true, Unread::NoCode);
    }
    check("```bash\nlake build\n```", true, Unread::OtherCode);
    check(
        "```lean4\nexample : 1 = 1 := rfl\n```",
        true,
        Unread::OtherCode,
    );
    check(
        "```lean4\ntheorem t (a b : Nat) (h : a ≤ b) : a < b + 1 := by\n  sorry\n```",
        true,
        Unread::Unproved,
    );
    check("sorry", true, Unread::Unproved);
    check("<think>We have to", false, Unread::CutOff);
    check(
        "```lean4\ntheorem t (a b : Nat) (h : a ≤ b) : a < b + 1 := by\n  sim",
        false,
        Unread::CutOff,
    );
    check(
        "theorem t (a b : Nat) (h : a ≤ b) : a < b + 1 := by\n  sim",
        false,
        Unread::CutOff,
    );
}

#[test]
fn a_body_around_the_hole() {
    let before = "theorem t (a b : Nat) (h : a ≤ b) : a < b + 1 ∧ True := by\n  constructor\n  · ";
    let context = Context {
        declaration: 0,
        before: before.into(),
        after: "\n  · trivial\n".into(),
    };
    let shown = "h : a ≤ b\n⊢ a < b + 1".to_owned();
    let goal = Goal::parse(HoleKind::Tactic, &[shown], Vec::new(), context).expect("a goal");
    let check = |code: &str, expected: &[&str]| {
        for text in [format!("```lean\n{code}\n```"), code.to_owned()] {
            assert_eq!(whole(&goal, &text, true).candidates, expected, "{text:?}");
        }
    };
    let theorem = "theorem t (a b : Nat) (h : a ≤ b) : a < b + 1 ∧ True := ";
    for (by, in_front) in [("by\n", "  "), ("", "")] {
        let lines = ["constructor", "· omega", "· trivial"];
        let lines = lines.map(|line| format!("{in_front}{line}"));
        check(&format!("{by}{}", lines.join("\n")), &["omega"]);
    }
    check(
        &format!("{theorem}by\n  constructor\n  · omega\n  · trivial"),
        &["omega"],
    );
    check("omega", &["omega"]);
    check(
        "exact Nat.lt_succ_of_le h -- So it is.",
        &["exact Nat.lt_succ_of_le h"],
    );
    check(&format!("{theorem}⟨Nat.lt_succ_of_le h, trivial⟩"), &[]);
}

/// Whatever an engine repeats, it is read in a time that grows with its length and no faster.
#[test]
fn long_answers_are_read_soon() {
    let began = std::time::Instant::now();
    for scrap in [
        "<|",
        "<",
        "```",
        "```a",
        "a```",
        "```\na\n```\n",
        "`by a`",
        "`by a`\n",
        "omega\n",
        "1. ",
        "> ",
        "\\n",
        "{\"a\":",
        "\"\\\"",
        "theorem t := by\n",
        "</think>",
        "<answer>",
    ] {
        whole(&goal(HoleKind::Tactic), &scrap.repeat(20_000), true);
        let took = began.elapsed();
        assert!(took.as_secs() < 60, "{scrap:?}: {took:?}");
    }
}
