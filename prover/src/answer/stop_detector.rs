//! Finds the end of the block at the hole while it is written.

use super::MAX_ANSWER_BYTES;
use super::layout::laid_out;
use super::place::{Place, goes_on, goes_on_from};
use crate::commands::starts_command;
use crate::goal::{Goal, HoleKind};
use crate::lex::{Kind, Token, lex, may_grow};

/// Reads what a model writes after a prefilled turn, and tells when the block at the hole has
/// ended: at a fence, at a line left of the block, at the next declaration, at a closing bracket
/// that was opened before the hole, or where the text goes on as it does after the hole.
#[derive(Debug, Clone)]
pub struct StopDetector {
    place: Place,
    text: String,
    /// How much of `text` is known to belong to the block: up to the end of a token.
    taken: usize,
    /// The column there.
    column: usize,
    /// The block's column, once it has started, and the column that what belongs to it is right of.
    block: Option<(usize, Option<usize>)>,
    depth: isize,
    /// The last two tokens that were taken.
    last: [String; 2],
    /// What was seen: `calc`, and what has alternatives.
    calc: bool,
    alternatives: bool,
    /// Binders whose comma is still to come.
    binders: usize,
    done: bool,
    junk: bool,
    /// A `sorry` is taken like any other word.
    sketch: bool,
}

/// What is to be done with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// It belongs to the block.
    Take,
    /// The block ended before it.
    End,
    /// That can't be told before there is more text.
    Wait,
    /// Nothing can come of the answer.
    Junk,
}

/// A token that is next to be taken.
struct Next<'a> {
    /// The text from the last token that was taken on.
    text: &'a str,
    /// The tokens of `text` from this one on.
    code: &'a [Token],
    column: usize,
    starts_line: bool,
    /// Whether no more text follows.
    last: bool,
}

impl Next<'_> {
    fn own(&self) -> &str {
        self.code[0].text(self.text)
    }

    /// Ends the block if the text goes on with these tokens, and with `whole_line` no others on their
    /// line; takes it if not.
    fn ends_at(&self, expected: &[String], whole_line: bool) -> Verdict {
        let count = expected.len().min(self.code.len());
        let (seen, more) = self.code.split_at(count);
        let Some(end) = seen.last() else {
            return Verdict::Take;
        };
        let grows = |token: &Token| !self.last && may_grow(token, self.text);
        let certain = seen.iter().position(grows).unwrap_or(count);
        let mut pairs = seen.iter().zip(expected).take(certain);
        if !pairs.all(|(token, expected)| token.text(self.text) == expected) {
            return Verdict::Take;
        }
        let line_ended = self.last || self.text[end.range.end..].contains('\n');
        match more.first() {
            _ if count < expected.len() && self.last => Verdict::Take,
            _ if certain < expected.len() => Verdict::Wait,
            // What a comment starts with may look like a token.
            Some(next) if whole_line && !next.first && grows(next) => Verdict::Wait,
            Some(next) if whole_line && !next.first => Verdict::Take,
            None if whole_line && !line_ended => Verdict::Wait,
            _ => Verdict::End,
        }
    }
}

impl StopDetector {
    /// For the answer to a prompt of `goal` with a prefilled turn.
    pub fn new(goal: &Goal) -> Self {
        Self::at(Place::of(goal.kind, &goal.context))
    }

    pub(super) fn at(place: Place) -> Self {
        Self {
            text: String::new(),
            taken: 0,
            column: place.width,
            place,
            block: None,
            depth: 0,
            last: Default::default(),
            calc: false,
            alternatives: false,
            binders: 0,
            done: false,
            junk: false,
            sketch: false,
        }
    }

    /// What is left to prove makes a sketch of the block, not junk.
    pub(super) fn takes_sorry(&mut self) {
        self.sketch = true;
    }

    /// Reads on. True once the block has ended: nothing that comes later matters.
    pub fn push(&mut self, piece: &str) -> bool {
        if !self.done {
            self.text
                .extend(piece.chars().filter(|c| *c != '\r').flat_map(|c| {
                    let (c, count) = if c == '\t' { (' ', 2) } else { (c, 1) };
                    std::iter::repeat_n(c, count)
                }));
            self.read(false);
            if !self.done && self.text.len() > MAX_ANSWER_BYTES {
                self.give_up();
            }
        }
        self.done
    }

    /// What stands in the hole's place. `complete` says that the model had ended its answer, not
    /// that it was stopped: then the last line is not whole, and what is left is tried without it.
    /// `None` if there is nothing to try: no code, a bracket left open, a `sorry`, bytes that were
    /// no text.
    pub fn finish(mut self, complete: bool) -> Option<String> {
        if !self.done && !complete {
            let whole = self.text.rfind('\n')?;
            let mut again = Self::at(self.place);
            again.push(&self.text[..whole]);
            return again.finish(true);
        }
        self.read(true);
        if self.junk || self.depth != 0 {
            return None;
        }
        let text = laid_out(&self.text[..self.taken], self.place.width);
        (!text.is_empty()).then_some(text)
    }

    /// The same, if it is all of the code that was pushed.
    pub(super) fn all(mut self) -> Option<String> {
        self.read(true);
        let all = lex(&self.text).into_iter().rfind(Token::is_code)?;
        (all.range.end == self.taken).then_some(self)?.finish(true)
    }

    fn give_up(&mut self) {
        (self.done, self.junk) = (true, true);
    }

    /// Takes the tokens that are certain; `last` says that no text follows.
    fn read(&mut self, last: bool) {
        if self.done {
            return;
        }
        let text = std::mem::take(&mut self.text);
        let (from, base) = (self.taken, self.column);
        let slice = &text[from..];
        let tokens = lex(slice);
        // No answer goes on after its fence, whatever is open there.
        let has_fence = |token: &Token| token.text(slice).contains("\n```");
        let junk =
            |token: &Token| token.kind == Kind::Text && (has_fence(token) || last && !token.closed);
        let code: Vec<Token> = tokens.into_iter().filter(Token::is_code).collect();
        for (at, token) in code.iter().enumerate() {
            if junk(token) {
                self.give_up();
                break;
            }
            if !last && may_grow(token, slice) {
                break;
            }
            let start = token.range.start;
            let own_line = slice[..start].contains('\n');
            let next = Next {
                text: slice,
                code: &code[at..],
                column: token.column + if own_line { 0 } else { base },
                starts_line: slice[self.taken - from..start].contains('\n'),
                last,
            };
            match self.verdict(&next) {
                Verdict::Take => self.take(&next),
                Verdict::End => self.done = true,
                Verdict::Wait => break,
                Verdict::Junk => self.give_up(),
            }
            if self.done {
                break;
            }
            self.taken = from + token.range.end;
        }
        self.text = text;
    }

    fn verdict(&self, next: &Next<'_>) -> Verdict {
        let own = next.own();
        let closes = next.code[0].brackets(next.text) < 0;
        if own == "```" || (self.depth == 0 && closes) {
            return Verdict::End;
        }
        let unproved = own == "admit" || (own == "sorry" && !self.sketch);
        if unproved || own.contains(char::REPLACEMENT_CHARACTER) {
            return Verdict::Junk;
        }
        if next.starts_line && next.column == 0 && starts_command(own) {
            return Verdict::End;
        }
        let Some((block, floor)) = self.block else {
            // Tactics stand before the hole: what does not stand below them is no more of them.
            let elsewhere = |block| !next.starts_line || next.column < block;
            return match self.place.block.is_some_and(elsewhere) {
                true => Verdict::End,
                false => Verdict::Take,
            };
        };
        if self.depth > 0 {
            return Verdict::Take;
        }
        if next.starts_line {
            let right = floor.is_none_or(|floor| next.column > floor);
            let inside = match self.place.kind {
                HoleKind::Tactic => next.column >= block,
                HoleKind::Term => right,
            };
            let goes_on = self.hangs(next) || (right && self.goes_on_from(own));
            let suffix = matches!(own, "where" | "termination_by" | "decreasing_by");
            if suffix || !(inside || goes_on) {
                return Verdict::End;
            }
            if let Some(line) = &self.place.next
                && line.column == next.column
            {
                let verdict = next.ends_at(&line.tokens, line.whole);
                if verdict != Verdict::Take {
                    return verdict;
                }
            }
        }
        if own == "," && self.binders > 0 {
            return Verdict::Take;
        }
        let rest = &self.place.rest;
        match rest.first() {
            // After a comma there is another term, which may be written in many ways.
            Some(first) if own == "," && first == "," => Verdict::End,
            _ => next.ends_at(rest, false),
        }
    }

    fn take(&mut self, next: &Next<'_>) {
        let own = next.own();
        let column = next.column;
        let hangs = self.depth == 0 && next.starts_line && self.hangs(next);
        self.block = Some(match self.block {
            None => {
                let indent = Some(self.place.indent);
                let left = column.checked_sub(1);
                (
                    column,
                    if next.starts_line {
                        left.min(indent)
                    } else {
                        indent
                    },
                )
            }
            // What hangs may have more lines.
            Some((block, floor)) if hangs => {
                (block.min(column), floor.map(|floor| floor.min(column - 1)))
            }
            Some(block) => block,
        });
        match own {
            "," if self.depth == 0 => self.binders = self.binders.saturating_sub(1),
            "∀" | "∃" | "∑" | "∏" | "⋃" | "⋂" if self.depth == 0 => self.binders += 1,
            "calc" => self.calc = true,
            "with" | "match" | "fun" | "λ" | "rintro" => self.alternatives = true,
            _ => {}
        }
        self.depth += next.code[0].brackets(next.text);
        self.last.swap(0, 1);
        self.last[1] = own.to_owned();
        self.column = match own.rsplit_once('\n') {
            Some((_, line)) => line.chars().count(),
            None => column + own.chars().count(),
        };
    }

    /// Whether what was taken wants a line like this after it.
    fn hangs(&self, next: &Next<'_>) -> bool {
        next.column > 0 && self.goes_on()
    }

    /// Whether what was taken wants more after it.
    fn goes_on(&self) -> bool {
        let [before, last] = &self.last;
        // `simp at *`
        goes_on(last) && !(before == "at" && last == "*")
    }

    /// Whether a line that starts with this token belongs to what was taken.
    fn goes_on_from(&self, token: &str) -> bool {
        goes_on_from(token) || (token == "_" && self.calc) || (token == "|" && self.alternatives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::goal::Context;
    use HoleKind::{Tactic, Term};
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn cutter(kind: HoleKind, file: &str) -> StopDetector {
        let (before, after) = file.split_once("⟦⟧").expect("a hole");
        StopDetector::at(Place::of(
            kind,
            &Context {
                before: before.to_owned(),
                after: after.to_owned(),
                declaration: 0,
            },
        ))
    }

    /// What is made of `answer` at the hole `⟦⟧` of `file`; `…` follows if only the answer's end ended
    /// the block. It makes no difference in which pieces the answer comes.
    #[track_caller]
    fn check(kind: HoleKind, file: &str, answer: &str, expected: Expect) {
        let mut at_once = cutter(kind, file);
        let ended = at_once.push(answer);
        let mut bit_by_bit = cutter(kind, file);
        let mut ended_bit_by_bit = false;
        for c in answer.chars() {
            ended_bit_by_bit = bit_by_bit.push(&c.to_string());
        }
        let text = at_once.finish(true);
        assert_eq!(bit_by_bit.finish(true), text);
        assert_eq!(ended_bit_by_bit, ended);
        let text = text.unwrap_or("none".into());
        expected.assert_eq(&format!("{text}{}\n", if ended { "" } else { " …" }));
    }

    const BODY: &str = "theorem t : p ∧ q := by\n  ⟦⟧\n";

    #[test]
    fn a_block_ends_at_fences_dedents_and_declarations() {
        let two = "\n  constructor\n  · simp\n    omega\n  · exact hq\n";
        check(
            Tactic,
            BODY,
            two,
            expect![[r#"
            constructor
            · simp
              omega
            · exact hq …
        "#]],
        );
        check(
            Tactic,
            BODY,
            &format!("{two}```\nText"),
            expect![[r#"
            constructor
            · simp
              omega
            · exact hq
        "#]],
        );
        check(
            Tactic,
            BODY,
            &format!("{two}\ntheorem u"),
            expect![[r#"
            constructor
            · simp
              omega
            · exact hq
        "#]],
        );
        check(
            Tactic,
            BODY,
            &format!("{two}end Foo"),
            expect![[r#"
            constructor
            · simp
              omega
            · exact hq
        "#]],
        );
        check(
            Tactic,
            BODY,
            &format!("{two}@[simp] "),
            expect![[r#"
                constructor
                · simp
                  omega
                · exact hq
            "#]],
        );
        check(
            Tactic,
            BODY,
            " simp```",
            expect![[r#"
                simp
            "#]],
        );
        check(
            Tactic,
            BODY,
            "\r\n\tsimp\r\n\tomega\r\n",
            expect![[r#"
            simp
            omega …
        "#]],
        );
        check(
            Tactic,
            BODY,
            "\nsimp\nomega\nlemma x : p",
            expect![[r#"
            simp
            omega
        "#]],
        );
        check(
            Tactic,
            "theorem t :\n    p := by sorry; ⟦⟧",
            " simp",
            expect![[r#"
                simp …
            "#]],
        );
    }

    #[test]
    fn a_block_that_starts_on_its_line() {
        let have = "theorem t : q := by\n  have h : p := by ⟦⟧\n  exact f h\n";
        check(
            Tactic,
            have,
            " simp\n  exact f h",
            expect![[r#"
                simp
            "#]],
        );
        check(
            Tactic,
            have,
            " nlinarith [a,\n    b, -- why\n    c]\n    <;> omega\n  exact",
            expect![[r#"
                nlinarith [a,
                  b,
                  c]
                  <;> omega …
            "#]],
        );
        check(
            Tactic,
            have,
            "\n    simp\n\n    omega\n  exact f h",
            expect![[r#"
                simp
                omega
            "#]],
        );
        check(
            Tactic,
            have,
            " exact fun x => by\n    intro y\n    simp\n  exact f",
            expect![[r#"
                exact fun x => by
                  intro y
                  simp
            "#]],
        );
        check(
            Tactic,
            have,
            " simp at *\n  exact f",
            expect![[r#"
                simp at *
            "#]],
        );
        check(
            Tactic,
            have,
            " cases x with\n    | inl h => rfl\n    | inr h => rfl\n  exact f h",
            expect![[r#"
                cases x with
                  | inl h => rfl
                  | inr h => rfl
            "#]],
        );
        check(
            Tactic,
            have,
            " calc a = b := h\n    _ = c := k\n  exact f h",
            expect![[r#"
                calc a = b := h
                  _ = c := k
            "#]],
        );
        check(
            Tactic,
            have,
            " simp\n    omega\n",
            expect![[r#"
            simp
        "#]],
        );
    }

    #[test]
    fn bullets_cases_and_calc_steps() {
        let bullet = "theorem t : p ∧ q := by\n  constructor\n  · ⟦⟧\n  · sorry\n";
        check(
            Tactic,
            bullet,
            " simp\n  · omega",
            expect![[r#"
            simp
        "#]],
        );
        check(
            Tactic,
            bullet,
            "\n    simp\n    omega\n  · omega",
            expect![[r#"
                simp
                omega
            "#]],
        );
        let case =
            "theorem t : p n := by\n  induction n with\n  | zero => ⟦⟧\n  | succ n ih => sorry\n";
        check(
            Tactic,
            case,
            " rfl\n  | succ n ih => simp",
            expect![[r#"
            rfl
        "#]],
        );
        check(
            Tactic,
            case,
            "\n    intro x\n    cases x with\n    | a => rfl\n    | b => rfl\n  | succ",
            expect![[r#"
                intro x
                cases x with
                | a => rfl
                | b => rfl
            "#]],
        );
        let calc = "theorem t : a = d := by\n  calc a = b := ⟦⟧\n    _ = c := by sorry\n    _ = d := sorry\n";
        check(
            Term,
            calc,
            " by\n      simp\n    _ = c := by",
            expect![[r#"
            by
              simp …
        "#]],
        );
        check(
            Term,
            calc,
            " foo\n      bar\n    _ = c := by",
            expect![[r#"
            foo
              bar …
        "#]],
        );
        let step = "theorem t : a = d :=\n  calc\n    a = b := h\n    _ = c := by ⟦⟧\n    _ = d := sorry\n";
        check(
            Tactic,
            step,
            " simp\n    _ = d := rfl",
            expect![[r#"
            simp
        "#]],
        );
        let field = "instance : Foo where\n  one := by ⟦⟧\n  mul := by sorry\n";
        check(
            Tactic,
            field,
            " simp\n  mul := by simp",
            expect![[r#"
            simp
        "#]],
        );
        let helper =
            "theorem t : p :=\n  step\nwhere\n  step : p := by\n    ⟦⟧\n  other : q := sorry";
        check(
            Tactic,
            helper,
            "\n    simp\n  other : q := h",
            expect![[r#"
            simp
        "#]],
        );
        let alternative = "theorem t : p n → q\n  | 0 => ⟦⟧\n  | n + 1 => sorry\n";
        check(
            Term,
            alternative,
            " fun h => by\n    simp\n  | n + 1",
            expect![[r#"
                fun h => by
                  simp
            "#]],
        );
    }

    #[test]
    fn what_follows_is_known_before_its_end() {
        let more = "theorem t : p := by\n  intro x\n  ⟦⟧\n  exact A.f.g x\n  rfl";
        check(
            Tactic,
            more,
            "\n  simp\n  exact A.f.g x\n  rf",
            expect![[r#"
            simp
        "#]],
        );
        check(
            Tactic,
            more,
            "\n  simp\n  exact A.f.gg x\n  rf",
            expect![[r#"
            simp
            exact A.f.gg x
            rf …
        "#]],
        );
        let bullet = "theorem t : p := by\n  intro x\n  ⟦⟧\n  · -- First\n    rfl\n  · rfl\n";
        check(
            Tactic,
            bullet,
            "\n  constructor\n  · -- First\n    rfl\n",
            expect![[r#"
                constructor
            "#]],
        );
        check(
            Tactic,
            bullet,
            "\n  exact r\n```",
            expect![[r#"
            exact r
        "#]],
        );
    }

    #[test]
    fn what_follows_the_hole_ends_the_block() {
        let more = "theorem t : p := by\n  intro x\n  ⟦⟧\n  exact f x\n";
        check(
            Tactic,
            more,
            "\n  simp\n  exact f x\n",
            expect![[r#"
                simp
            "#]],
        );
        check(
            Tactic,
            more,
            "\n  simp\n  exact f x y\n  exact f x",
            expect![[r#"
                simp
                exact f x y …
            "#]],
        );
        check(
            Tactic,
            more,
            " at h\n",
            expect![[r#"
            none
        "#]],
        );
        check(
            Tactic,
            more,
            "\nexact h\n",
            expect![[r#"
            none
        "#]],
        );
        check(
            Tactic,
            "theorem t := by\n  ⟦⟧ <;> simp\n",
            "\n  constructor <;> simp\n",
            expect![[r#"
                constructor
            "#]],
        );
        check(
            Tactic,
            "theorem t := by\n  ⟦⟧\n  <;> simp\n",
            "\n  constructor\n  <;> simp\n",
            expect![[r#"
                constructor
            "#]],
        );
        check(
            Tactic,
            "theorem t := by first | ⟦⟧ | sorry\n",
            " simp | rfl",
            expect![[r#"
                simp
            "#]],
        );
        check(
            Term,
            "def f := if h : p then ⟦⟧ else sorry",
            " foo h else bar",
            expect![[r#"
                foo h
            "#]],
        );
    }

    #[test]
    fn terms_end_where_their_brackets_do() {
        let pair = "theorem t : p ∧ q :=\n  ⟨⟦⟧, hq⟩\n";
        check(
            Term,
            pair,
            " f x (g, y), hq⟩",
            expect![[r#"
                f x (g, y)
            "#]],
        );
        check(
            Term,
            pair,
            "show ∀ x, p x from h, hq⟩",
            expect![[r#"
                show ∀ x, p x from h
            "#]],
        );
        check(
            Term,
            "theorem t : p := foo (⟦⟧)\n",
            "by\n  simp) bar",
            expect![[r#"
                by
                  simp
            "#]],
        );
        check(
            Tactic,
            "theorem t : p := foo (by ⟦⟧) b\n",
            " simp [x]) b",
            expect![[r#"
                simp [x]
            "#]],
        );
        check(
            Term,
            "theorem t : p ∧ q :=\n  ⟨hp, ⟦⟧⟩\n",
            " hq, hr⟩",
            expect![[r#"
                hq, hr
            "#]],
        );
        check(
            Tactic,
            "example := xs[i]'(by ⟦⟧)\n",
            "\n  omega)",
            expect![[r#"
                omega
            "#]],
        );
    }

    #[test]
    fn terms_span_lines() {
        let own = "theorem t : p :=\n  ⟦⟧\n";
        check(
            Term,
            own,
            "\n  fun x => by\n    simp\n    exact h\n\ntheorem",
            expect![[r#"
                fun x => by
                  simp
                  exact h …
            "#]],
        );
        check(
            Term,
            own,
            " by\n  simp\n  omega\n```",
            expect![[r#"
            by
              simp
              omega
        "#]],
        );
        check(
            Term,
            own,
            "\n  foo\n    (bar\n  baz)\n\nend",
            expect![[r#"
            foo
              (bar
            baz) …
        "#]],
        );
        check(
            Term,
            own,
            " fun\n  | 0 => rfl\n  | n + 1 => by\n    simp\n",
            expect![[r#"
                fun
                  | 0 => rfl
                  | n + 1 => by
                    simp …
            "#]],
        );
        check(
            Term,
            "theorem t :\n    p := ⟦⟧\n",
            " by\n  simp\n  omega\nend",
            expect![[r#"
                by
                  simp
                  omega …
            "#]],
        );
        check(
            Term,
            own,
            " f \"a\n b\"\n  c\nwhere\n  g",
            expect![[r#"
            f "a
             b"
              c
        "#]],
        );
    }

    #[test]
    fn comments_are_left_out() {
        check(
            Tactic,
            BODY,
            "\n  -- First ```\n  simp /- x -/ at h -- so\n  /- more\n - -/\n  omega\n-- end\n",
            expect![[r#"
                simp at h
                omega …
            "#]],
        );
        check(
            Tactic,
            BODY,
            " -- let's see\n  simp\n  omega",
            expect![[r#"
            simp
            omega …
        "#]],
        );
        check(
            Tactic,
            BODY,
            " /- see -/ simp\n  omega",
            expect![[r#"
            simp …
        "#]],
        );
    }

    #[test]
    fn junk_is_none() {
        for junk in [
            "",
            "\n\n",
            "```",
            "\n```",
            "\n  -- nothing\n",
            "\n  simp\n  sorry\n",
            " admit",
            "\n  simp [a\n```\n",
            " exact \"a\n",
            "\n  rw [a\ntheorem x",
            "\u{fffd}",
            " simp\u{fffd}",
            ")",
            "\nend",
        ] {
            let mut cutter = cutter(Tactic, BODY);
            cutter.push(junk);
            assert_eq!(cutter.finish(true), None, "{junk:?}");
        }
        let mut endless = cutter(Tactic, BODY);
        let mut pieces = 0;
        while !endless.push(" simp;") {
            pieces += 1;
        }
        assert!(pieces * 6 <= MAX_ANSWER_BYTES);
        assert_eq!(endless.finish(false), None);
    }

    #[test]
    fn an_answer_cut_off_loses_its_last_line() {
        let cut = |answer: &str| {
            let mut cutter = cutter(Tactic, BODY);
            cutter.push(answer);
            cutter.finish(false)
        };
        assert_eq!(cut("\n  simp\n  ome").as_deref(), Some("simp"));
        assert_eq!(cut("\n  simp [a,\n    b"), None);
        assert_eq!(cut(" simp"), None);
        assert_eq!(cut("\n  simp\nend").as_deref(), Some("simp"));
        assert_eq!(cut("\n  simp\n```").as_deref(), Some("simp"));
    }

    #[test]
    fn a_string_does_not_reach_beyond_the_fence() {
        let file = "theorem a : T := by\n  ⟦⟧";
        check(
            Tactic,
            file,
            "exact \"a\n```\nmore\" b",
            expect![[r#"
            none
        "#]],
        );
        check(
            Tactic,
            file,
            "exact \"a\n```",
            expect![[r#"
            none
        "#]],
        );
    }

    #[test]
    fn a_string_behind_the_block_is_not_looked_at() {
        // Whether `r#` begins a raw string is not known before more is there.
        let answer = "x r#\n=0 \"\n```\n0 0 0 0 0";
        for size in 1..answer.len() {
            let mut cutter = cutter(Term, "theorem t : p := ⟦⟧\n");
            for piece in answer.as_bytes().chunks(size) {
                cutter.push(std::str::from_utf8(piece).expect("ASCII"));
            }
            assert_eq!(cutter.finish(true).as_deref(), Some("x r#"), "{size}");
        }
    }

    #[test]
    fn a_raw_string_may_begin_with_any_number_of_signs() {
        for hashes in [1, 11, 12, 15, 40] {
            let hashes = "#".repeat(hashes);
            // As a string without the signs it would end where the signs do not.
            for end in [format!("\"{hashes} y"), "\" y".to_owned()] {
                let answer = format!("x r{hashes}\"\n0{end}\n");
                let cut = |size: usize| {
                    let mut cutter = cutter(Term, "theorem t : p := ⟦⟧\n");
                    for piece in answer.as_bytes().chunks(size) {
                        cutter.push(std::str::from_utf8(piece).expect("ASCII"));
                    }
                    cutter.finish(true)
                };
                assert_eq!(cut(answer.len()).is_some(), end.contains('#'));
                for size in 1..answer.len() {
                    assert_eq!(cut(size), cut(answer.len()), "{answer:?}, {size}");
                }
            }
        }
    }

    proptest! {
        /// No answer to any hole makes it panic, and the pieces make no difference.
        #[test]
        fn any_answer_is_read(
            file in r#"(theorem|  |\n|by|:=|\(|⟨|·|\||sorry|x|,){0,12}"#,
            after in r#"(\)|⟩|, h|\n|  |x|; |sorry| <;> |\|){0,8}"#,
            answer in r#"(simp|\n|  | |by|:=|=>|\(|\)|⟨|⟩|\[|\]|·|\||<;>|<|;|x|y|,|"|`|--|/-|-/|'|∀|end|é|\u{fffd}|\t|\r){0,24}"#,
            tactic: bool,
            complete: bool,
        ) {
            let file = format!("{file}⟦⟧{after}");
            let kind = if tactic { Tactic } else { Term };
            let mut at_once = cutter(kind, &file);
            at_once.push(&answer);
            let mut bit_by_bit = cutter(kind, &file);
            for c in answer.chars() {
                bit_by_bit.push(&c.to_string());
            }
            let text = at_once.finish(complete);
            prop_assert_eq!(&bit_by_bit.finish(complete), &text);
            if let Some(text) = text {
                prop_assert!(text.starts_with(|c: char| !c.is_whitespace()));
                prop_assert!(lex(&text).iter().all(|token| token.is_code() && token.word(&text) != "sorry"));
            }
        }
    }
}
