//! Tests of the lexer.

use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;

/// A line a kind, its tokens apart; what the text ends in is marked with `…`.
#[track_caller]
fn check(text: &str, expected: Expect) {
    let mut shown = String::new();
    let mut kind = None;
    for token in lex(text) {
        if kind != Some(token.kind) {
            shown.push_str(if kind.is_some() { "\n" } else { "" });
            shown.push_str(&format!("{:?}", token.kind));
            kind = Some(token.kind);
        }
        let end = if token.terminated { "" } else { "…" };
        shown.push_str(&format!(" ⟦{}⟧{end}", token.text(text)));
    }
    expected.assert_eq(&shown);
}

#[test]
fn words() {
    check(
        "sorry sorry' sorry? sorry! sorry_lemma sorry.foo foo.sorry",
        expect!["Word ⟦sorry⟧ ⟦sorry'⟧ ⟦sorry?⟧ ⟦sorry!⟧ ⟦sorry_lemma⟧ ⟦sorry.foo⟧ ⟦foo.sorry⟧"],
    );
    check(
        "@sorry (sorry) ⟨sorry⟩ -sorry·sorry",
        expect![[r#"
            Symbol ⟦@⟧
            Word ⟦sorry⟧
            Symbol ⟦(⟧
            Word ⟦sorry⟧
            Symbol ⟦)⟧ ⟦⟨⟧
            Word ⟦sorry⟧
            Symbol ⟦⟩⟧ ⟦-⟧
            Word ⟦sorry⟧
            Symbol ⟦·⟧
            Word ⟦sorry⟧"#]],
    );
    check(
        "(f x).sorry x |>.sorry .sorry Nat.rec.{u} x.1.2.sorry",
        expect![[r#"
                Symbol ⟦(⟧
                Word ⟦f⟧ ⟦x⟧
                Symbol ⟦)⟧ ⟦.⟧
                Word ⟦sorry⟧ ⟦x⟧
                Symbol ⟦|>.⟧
                Word ⟦sorry⟧
                Symbol ⟦.⟧
                Word ⟦sorry⟧ ⟦Nat.rec⟧
                Symbol ⟦.{⟧
                Word ⟦u⟧
                Symbol ⟦}⟧
                Word ⟦x⟧
                Symbol ⟦.⟧
                Number ⟦1⟧
                Symbol ⟦.⟧
                Number ⟦2⟧
                Symbol ⟦.⟧
                Word ⟦sorry⟧"#]],
    );
    check(
        "«a b».c x.«sorry».y «sorry» «never\nsorry",
        expect!["Word ⟦«a b».c⟧ ⟦x.«sorry».y⟧ ⟦«sorry»⟧ ⟦«never⟧… ⟦sorry⟧"],
    );
    check(
        "`sorry ``Nat.sorry `(sorry) `[sorry]",
        expect![[r#"
            Word ⟦`sorry⟧ ⟦``Nat.sorry⟧
            Symbol ⟦`(⟧
            Word ⟦sorry⟧
            Symbol ⟦)⟧ ⟦`[⟧
            Word ⟦sorry⟧
            Symbol ⟦]⟧"#]],
    );
    check(
        "λ x ↦ α.β₁' Πx Σy 𝒜.𝓑 ℕ x₁ₐ é",
        expect![[r#"
            Symbol ⟦λ⟧
            Word ⟦x⟧
            Symbol ⟦↦⟧
            Word ⟦α.β₁'⟧
            Symbol ⟦Π⟧
            Word ⟦x⟧
            Symbol ⟦Σ⟧
            Word ⟦y⟧ ⟦𝒜.𝓑⟧ ⟦ℕ⟧ ⟦x₁ₐ⟧ ⟦é⟧"#]],
    );
}

#[test]
fn numbers() {
    check(
        "1.5e3 1e-3 0xFF 0b10 1..2 1.foo 1_000 [1:2] x.1.5 2sorry 0xg",
        expect![[r#"
                Number ⟦1.5e3⟧ ⟦1e-3⟧ ⟦0xFF⟧ ⟦0b10⟧ ⟦1⟧
                Symbol ⟦..⟧
                Number ⟦2⟧ ⟦1⟧
                Symbol ⟦.⟧
                Word ⟦foo⟧
                Number ⟦1_000⟧
                Symbol ⟦[⟧
                Number ⟦1⟧
                Symbol ⟦:⟧
                Number ⟦2⟧
                Symbol ⟦]⟧
                Word ⟦x⟧
                Symbol ⟦.⟧
                Number ⟦1⟧
                Symbol ⟦.⟧
                Number ⟦5⟧ ⟦2⟧
                Word ⟦sorry⟧
                Number ⟦0⟧
                Word ⟦xg⟧"#]],
    );
}

#[test]
fn characters() {
    check(
        r"f 'a' h' '\'' '\\' '\n' '\x41' '\u{1F600}' '😀' x'y'",
        expect![[r#"
                Word ⟦f⟧
                Char ⟦'a'⟧
                Word ⟦h'⟧
                Char ⟦'\''⟧ ⟦'\\'⟧ ⟦'\n'⟧ ⟦'\x41'⟧ ⟦'\u{1F600}'⟧ ⟦'😀'⟧
                Word ⟦x'y'⟧"#]],
    );
    check(
        "f '' s, f ⁻¹' t, f ' x '\"' sorry '\"'",
        expect![[r#"
            Word ⟦f⟧
            Symbol ⟦''⟧
            Word ⟦s⟧
            Symbol ⟦,⟧
            Word ⟦f⟧
            Symbol ⟦⁻¹'⟧
            Word ⟦t⟧
            Symbol ⟦,⟧
            Word ⟦f⟧
            Symbol ⟦'⟧
            Word ⟦x⟧
            Char ⟦'"'⟧
            Word ⟦sorry⟧
            Char ⟦'"'⟧"#]],
    );
}

#[test]
fn comments() {
    check(
        "a -- sorry\nb /- /- sorry -/ - / -/ c /-- doc -/ /-! mod -/ --",
        expect![[r#"
                Word ⟦a⟧
                LineComment ⟦-- sorry⟧
                Word ⟦b⟧
                BlockComment ⟦/- /- sorry -/ - / -/⟧
                Word ⟦c⟧
                DocComment ⟦/-- doc -/⟧ ⟦/-! mod -/⟧
                LineComment ⟦--⟧"#]],
    );
    check(
        "a -- crlf\r\nb /-/ c -/ d /--/ e -/ f /-",
        expect![[r#"
            Word ⟦a⟧
            LineComment ⟦-- crlf⟧
            Word ⟦b⟧
            BlockComment ⟦/-/ c -/⟧
            Word ⟦d⟧
            DocComment ⟦/--/ e -/⟧
            Word ⟦f⟧
            BlockComment ⟦/-⟧…"#]],
    );
    check(
        "a /- /- -/ sorry",
        expect![[r#"
            Word ⟦a⟧
            BlockComment ⟦/- /- -/ sorry⟧…"#]],
    );
}

#[test]
fn strings() {
    check(
        r#""a \" sorry" "\\" "gap \
           sorry" "{sorry}" x"#,
        expect![[r#"
                String ⟦"a \" sorry"⟧ ⟦"\\"⟧ ⟦"gap \
                           sorry"⟧ ⟦"{sorry}"⟧
                Word ⟦x⟧"#]],
    );
    check(
        r##"r"\" r#"a " sorry "# r#foo r"x" for"##,
        expect![[r##"
            String ⟦r"\"⟧ ⟦r#"a " sorry "#⟧
            Word ⟦r⟧
            Symbol ⟦#⟧
            Word ⟦foo⟧
            String ⟦r"x"⟧
            Word ⟦for⟧"##]],
    );
    check("\"never sorry", expect![[r#"String ⟦"never sorry⟧…"#]]);
}

#[test]
fn interpolated_strings() {
    check(
        r#"s!"a {f "b}" sorry} c" sorry"#,
        expect![[r#"
            Word ⟦s!⟧
            String ⟦"a {⟧
            Word ⟦f⟧
            String ⟦"b}"⟧
            Word ⟦sorry⟧
            String ⟦} c"⟧
            Word ⟦sorry⟧"#]],
    );
    check(
        r#"m!"\{ {s!"{sorry}"} {{x}}" html!"{x}""#,
        expect![[r#"
            Word ⟦m!⟧
            String ⟦"\{ {⟧
            Word ⟦s!⟧
            String ⟦"{⟧
            Word ⟦sorry⟧
            String ⟦}"⟧ ⟦} {⟧
            Symbol ⟦{⟧
            Word ⟦x⟧
            Symbol ⟦}⟧
            String ⟦}"⟧
            Word ⟦html!⟧
            String ⟦"{⟧
            Word ⟦x⟧
            String ⟦}"⟧"#]],
    );
    check(
        r#"throwError "a {x}"; panic! "a {x}"; throwErrorAt stx[1] "{y}""#,
        expect![[r#"
                Word ⟦throwError⟧
                String ⟦"a {⟧
                Word ⟦x⟧
                String ⟦}"⟧
                Symbol ⟦;⟧
                Word ⟦panic!⟧
                String ⟦"a {x}"⟧
                Symbol ⟦;⟧
                Word ⟦throwErrorAt⟧ ⟦stx⟧
                Symbol ⟦[⟧
                Number ⟦1⟧
                Symbol ⟦]⟧
                String ⟦"{⟧
                Word ⟦y⟧
                String ⟦}"⟧"#]],
    );
    check(
        r#"trace[Meta.foo] "{x}" throwErrorAt (f x) "{y}" f x "{y}""#,
        expect![[r#"
                Word ⟦trace⟧
                Symbol ⟦[⟧
                Word ⟦Meta.foo⟧
                Symbol ⟦]⟧
                String ⟦"{⟧
                Word ⟦x⟧
                String ⟦}"⟧
                Word ⟦throwErrorAt⟧
                Symbol ⟦(⟧
                Word ⟦f⟧ ⟦x⟧
                Symbol ⟦)⟧
                String ⟦"{⟧
                Word ⟦y⟧
                String ⟦}"⟧
                Word ⟦f⟧ ⟦x⟧
                String ⟦"{y}"⟧"#]],
    );
}

#[test]
fn an_interpolated_string_that_is_being_typed_ends_before_the_next_command() {
    check(
        "s!\"a {x\n  y\n\ntheorem t := sorry",
        expect![[r#"
            Word ⟦s!⟧
            String ⟦"a {x
              y⟧…
            Word ⟦theorem⟧ ⟦t⟧
            Symbol ⟦:=⟧
            Word ⟦sorry⟧"#]],
    );
    check(
        "s!\"a {x sorry",
        expect![[r#"
            Word ⟦s!⟧
            String ⟦"a {x sorry⟧…"#]],
    );
    check(
        "html!\"{\" sorry",
        expect![[r#"
                Word ⟦html!⟧
                String ⟦"{"⟧…
                Word ⟦sorry⟧"#]],
    );
}

/// A line a token: its column, marked with `|` where it is the first on its line, and its text.
#[track_caller]
fn check_columns(text: &str, expected: Expect) {
    let mut shown = String::new();
    for token in lex(text) {
        let first = if token.first_on_line { "|" } else { "" };
        let own = token.text(text);
        shown.push_str(&format!("{first}{} {own:?}\n", token.column));
    }
    expected.assert_eq(&shown);
}

#[test]
fn columns() {
    check_columns(
        "/-- d -/ theorem «a b».c' : x₁.1 ≤ λx <;> (f'') := by\n  ·  simp\n",
        expect![[r#"
            |0 "/-- d -/"
            |9 "theorem"
            17 "«a b».c'"
            26 ":"
            28 "x₁"
            30 "."
            31 "1"
            33 "≤"
            35 "λ"
            36 "x"
            38 "<;>"
            42 "("
            43 "f''"
            46 ")"
            48 ":="
            51 "by"
            |2 "·"
            5 "simp"
        "#]],
    );
    check_columns(
        "a -- b \"\n/- /- -/ \n c -/ d \"x\\\" -- \n y\" e '(' f' '\\'' r#\"\"\"#\n/-! m -/ /- open",
        expect![[r##"
            |0 "a"
            2 "-- b \""
            |0 "/- /- -/ \n c -/"
            |6 "d"
            8 "\"x\\\" -- \n y\""
            4 "e"
            6 "'('"
            10 "f'"
            13 "'\\''"
            18 "r#\"\"\"#"
            |0 "/-! m -/"
            |9 "/- open"
        "##]],
    );
}

#[test]
fn a_fence_is_one_symbol() {
    check(
        "simp\n```lean4 ``x `(y)",
        expect![[r#"
        Word ⟦simp⟧
        Symbol ⟦```⟧
        Word ⟦lean4⟧ ⟦``x⟧
        Symbol ⟦`(⟧
        Word ⟦y⟧
        Symbol ⟦)⟧"#]],
    );
}

#[test]
fn what_may_grow() {
    /// The first token of `text` that may grow.
    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        let tokens = lex(text);
        let first = tokens.iter().find(|token| may_grow(token, text));
        assert_eq!(first.map(|token| token.text(text)), expected, "{text:?}");
    }
    check("simp", Some("simp"));
    check("simp ", None);
    check("x.", Some("x"));
    check("1", Some("1"));
    check("1.", Some("1"));
    check("1e+", Some("1"));
    check("0x", Some("0"));
    check("a <;", Some("<"));
    check("a -", Some("-"));
    check("r##", Some("r"));
    check("f '", Some("'"));
    check("f 'a", Some("'"));
    check("f 'ab ", None);
    check(r"f '\u{1F", Some("'"));
    check("\"a", Some("\"a"));
    check("s!\"a {x", Some("\"a {x"));
    check("s!\"a {x}\"", None);
    check("/- a", Some("/- a"));
    check("``", Some("`"));
}

proptest! {
    #[test]
    fn only_blanks_lie_between_tokens(text in lean_like()) {
        let mut at = 0;
        for token in lex(&text) {
            prop_assert!(token.range.start >= at && token.range.start < token.range.end);
            prop_assert!(text[at..token.range.start].trim().is_empty());
            at = token.range.end;
            let before = &text[..token.range.start];
            let line = before.rfind('\n').map_or(0, |newline| newline + 1);
            prop_assert_eq!(token.column, before[line..].chars().count());
        }
        prop_assert!(text[at..].trim().is_empty());
    }

    #[test]
    fn what_is_certain_stays(text in lean_like(), more in lean_like()) {
            let mut tokens = lex(&text);
            let certain = tokens.iter().position(|token| may_grow(token, &text));
            tokens.truncate(certain.unwrap_or(tokens.len()));
            let whole = format!("{text}{more}");
            let expected = lex(&whole);
            prop_assert_eq!(&tokens[..], &expected[..tokens.len()]);
            lex_on(&whole, &mut tokens);
            prop_assert_eq!(tokens, expected);
        }

    #[test]
    fn any_text_can_be_read(text in "\\PC{0,40}") {
        lex(&text);
    }
}

fn lean_like() -> impl Strategy<Value = String> {
    let parts = r##"sorry theorem " { } s! r#" "# \ /- -/ -- - / ' « » . ` 1.5 0 1 e + α 😀 ( ) @[ trace[ ] x r # < ; > n u ⁻¹"##;
    let parts: Vec<_> = parts
        .split(' ')
        .chain([" ", "\n", "\r\n", "throwErrorAt "])
        .collect();
    proptest::collection::vec(proptest::sample::select(parts), 0..24)
        .prop_map(|parts| parts.concat())
}
