//! The declarations of a Lean text, found by its tokens.
//!
//! Lean reserves the words that start a command, so one of them outside brackets ends whatever
//! came before, wherever it stands on its line. What takes care is told where it is done: `open`
//! and `set_option` are tactics too, `deriving` and `instance` belong to others' syntax, some words
//! are reserved only by an import, and an import's own commands are not known here at all.

mod brackets;

use std::ops::Range;

use super::keyword::{self, CommandKind};
use super::lexer::{Token, TokenKind};
use brackets::Brackets;

/// What a declaration declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeclarationKind {
    /// `theorem` or `lemma`.
    Theorem,
    /// `example`.
    Example,
    /// `def` or `abbrev`.
    Def,
    /// `instance`.
    Instance,
    /// `axiom`, `opaque`, `structure`, `class`, `inductive`, `initialize`.
    Other,
}

/// A declaration and its parts, as bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// From its doc comment, attributes, modifiers or `… in` prefix to its last token.
    pub extent: Range<usize>,
    /// The same, or the whole `mutual … end` around it: what is kept whole when the text is cut
    /// after the declaration.
    pub block: Range<usize>,
    /// `theorem`, `def`, …
    pub keyword: Range<usize>,
    /// Its name, as written.
    pub name: Option<Range<usize>>,
    /// What it declares.
    pub kind: DeclarationKind,
}

/// The declarations among the tokens of `text`, in order. None is found after an `#exit`.
pub fn declarations(text: &str, tokens: &[Token]) -> Vec<Declaration> {
    declarations_and_cuts(text, tokens).0
}

/// The declarations, and where the text can be cut: what is found between two cuts, or behind the last,
/// is found there whatever stands before. They are in order, each at the start of a line.
pub(super) fn declarations_and_cuts(
    text: &str,
    tokens: &[Token],
) -> (Vec<Declaration>, Vec<usize>) {
    let scan = Scan::new(text, tokens);
    let (commands, end) = scan.commands();
    scan.build(&commands, end)
}

/// A command that was found; numbers count the tokens that are no comments.
struct Command {
    /// Its first token, prefixes included.
    start: usize,
    keyword: usize,
    what: CommandKind,
    /// Whether it is one whatever stands before it.
    sure: bool,
}

struct Scan<'a> {
    text: &'a str,
    /// The tokens but for comments; doc comments stay.
    tokens: Vec<&'a Token>,
}

impl<'a> Scan<'a> {
    fn new(text: &'a str, tokens: &'a [Token]) -> Self {
        let tokens = tokens.iter().filter(|token| !token.is_comment()).collect();
        Self { text, tokens }
    }

    /// All commands, `… in` prefixes merged into the one they precede, and where they end.
    fn commands(&self) -> (Vec<Command>, usize) {
        let mut found: Vec<Command> = Vec::new();
        let mut brackets = Brackets::default();
        // Up to where `open … in` and `set_option … in` are known to be a command's, or a term's.
        let (mut of_command, mut of_term) = (0, 0);
        // Whether the last command goes on at the very start of lines, as some people's proofs do.
        let mut flush = false;
        // Interpolated strings that are open.
        let mut strings = 0usize;
        for at in 0..self.tokens.len() {
            let outside = brackets.open.is_empty() || self.at_line_start(at);
            let mut sure = strings == 0;
            let what = match self.command_at(at, outside, &brackets) {
                Some(CommandKind::Local) if at < of_command => Some(CommandKind::Local),
                Some(CommandKind::Local) if at < of_term => None,
                Some(CommandKind::Local) => {
                    let (end, command) = self.local_chain(at);
                    match command {
                        true => of_command = end,
                        false => of_term = end,
                    }
                    command.then_some(CommandKind::Local)
                }
                None if !flush && outside && self.may_be_an_imports(at) => {
                    sure = false;
                    Some(CommandKind::Other)
                }
                what => what,
            };
            flush = what.is_none() && (flush || self.goes_on_flush(at));
            if let Some(what) = what {
                let mut command = self.with_prefix(at, what, found.last(), &brackets);
                command.sure = sure;
                if self.text_of(at) == "#" && self.text_of(at + 1) == "exit" {
                    return (found, command.start);
                }
                if self.at_line_start(command.start) {
                    brackets.open.clear();
                }
                match found.last_mut() {
                    Some(last) if self.is_prefix(last, &command) => {
                        last.keyword = command.keyword;
                        last.what = command.what;
                    }
                    _ => found.push(command),
                }
            }
            brackets.read(at, self.tokens[at], self.text);
            if self.tokens[at].kind == TokenKind::String && self.tokens[at].terminated {
                let text = self.text_of(at);
                match (text.starts_with('}'), text.ends_with('{')) {
                    (false, true) => strings += 1,
                    (true, false) => strings = strings.saturating_sub(1),
                    _ => {}
                }
            }
        }
        (found, self.tokens.len())
    }

    /// What command's keyword stands here, if any.
    fn command_at(&self, at: usize, outside: bool, brackets: &Brackets) -> Option<CommandKind> {
        let line_start = self.at_line_start(at);
        match self.tokens[at].kind {
            TokenKind::DocComment if self.text_of(at).starts_with("/-!") => {
                outside.then_some(CommandKind::Other)
            }
            TokenKind::Symbol if self.text_of(at) == "#" && outside => {
                let name = self.text_of(at + 1);
                let joined = self.tokens.get(at + 1).is_some_and(|next| {
                    next.kind == TokenKind::Word && next.range.start == self.tokens[at].range.end
                });
                let command = keyword::HASH_COMMANDS.contains(&name) || line_start;
                (joined && command).then_some(CommandKind::Other)
            }
            TokenKind::Word if outside => {
                let word = self.word(at);
                let before = at.checked_sub(1).map_or("", |before| self.word(before));
                if let Some(command) = keyword::reserved(word) {
                    let other = match word {
                        "deriving" => self.word(at + 1) != "instance",
                        "instance" => before == "deriving",
                        "inductive" | "abbrev" => before == "class",
                        _ => false,
                    };
                    return (!other).then_some(command);
                }
                if let Some(command) = keyword::leading(word) {
                    let leads = self.first_of_line(at)
                        || before == "in"
                        || keyword::MODIFIERS.contains(&before)
                        || self.ends_attributes(at, brackets);
                    return (leads && self.opens_something(at + 1)).then_some(command);
                }
                None
            }
            _ => None,
        }
    }

    /// Whether a word at the very start of a line is no part of any command known here.
    fn is_flush(&self, at: usize) -> bool {
        let word = self.word(at);
        self.at_line_start(at)
            && !word.is_empty()
            && !keyword::MODIFIERS.contains(&word)
            && !keyword::CONTINUATIONS.contains(&word)
    }

    /// Whether a command that an import defines seems to start here: after a blank line.
    fn may_be_an_imports(&self, at: usize) -> bool {
        self.is_flush(at)
            && keyword::reserved(self.word(at)).is_none()
            && self.blank_line_before(at)
    }

    fn goes_on_flush(&self, at: usize) -> bool {
        self.is_flush(at) && !self.blank_line_before(at)
    }

    /// Where a chain of `open … in` and `set_option … in` ends, and whether it belongs to a command
    /// and not to a tactic or term.
    fn local_chain(&self, first: usize) -> (usize, bool) {
        let mut at = first;
        loop {
            let end = match self.word(at) {
                "set_option" if self.word(at + 2) == "in" => at + 2,
                "set_option" => at + 3,
                _ => self.open_end(at),
            };
            if self.word(end) != "in" {
                return (at + 1, true);
            }
            at = end + 1;
            if !matches!(keyword::reserved(self.word(at)), Some(CommandKind::Local)) {
                // A command that an import defines: no tactic starts a line at its very start.
                let command = self.starts_command(at) || self.at_line_start(first);
                return (at, command);
            }
        }
    }

    /// The token after an `open` and what it names.
    fn open_end(&self, open: usize) -> usize {
        let column = |at: usize| self.column(at);
        let mut at = open + 1;
        while at < self.tokens.len() {
            // What it names stands right of it.
            if self.first_of_line(at) && column(at) <= column(open) {
                break;
            }
            match (self.tokens[at].kind, self.text_of(at)) {
                (TokenKind::Symbol, "(" | ")" | "→" | "->" | ",") => {}
                (TokenKind::Word, "in") => break,
                (TokenKind::Word, word) if keyword::reserved(word).is_none() => {}
                _ => break,
            }
            at += 1;
        }
        at
    }

    /// Whether a command's first token stands here, for sure.
    fn starts_command(&self, at: usize) -> bool {
        let word = self.word(at);
        keyword::reserved(word).is_some()
            || keyword::leading(word).is_some()
            || keyword::MODIFIERS.contains(&word)
            || matches!(self.text_of(at), "@[" | "#")
            || self
                .tokens
                .get(at)
                .is_some_and(|token| token.kind == TokenKind::DocComment)
    }

    /// The command with what stands before its keyword.
    fn with_prefix(
        &self,
        keyword: usize,
        what: CommandKind,
        last: Option<&Command>,
        brackets: &Brackets,
    ) -> Command {
        let floor = last.map_or(0, |last| last.keyword + 1);
        let mut found = Command {
            start: keyword,
            keyword,
            what,
            sure: true,
        };
        if self.tokens[keyword].kind == TokenKind::DocComment {
            return found;
        }
        while found.start > floor {
            let before = found.start - 1;
            if keyword::MODIFIERS.contains(&self.word(before)) {
                found.start = before;
            } else if let Some(open) = brackets.attribute_before(found.start) {
                if open < floor {
                    break;
                }
                found.start = open;
            } else if self.tokens[before].kind == TokenKind::DocComment
                && self.text_of(before).starts_with("/--")
            {
                found.start = before;
            } else {
                break;
            }
        }
        found
    }

    /// Whether `first` is an `open Foo in` to `next`.
    fn is_prefix(&self, first: &Command, next: &Command) -> bool {
        matches!(first.what, CommandKind::Local | CommandKind::Other)
            && next.start > first.keyword + 1
            && self.word(next.start - 1) == "in"
    }

    fn build(&self, commands: &[Command], end: usize) -> (Vec<Declaration>, Vec<usize>) {
        let mut built: Vec<Declaration> = Vec::new();
        let mut cuts = Vec::new();
        // What is open: for a `mutual`, its first byte and its first declaration.
        let mut scopes: Vec<Option<(usize, usize)>> = Vec::new();
        for (at, command) in commands.iter().enumerate() {
            let start = self.tokens[command.start].range.start;
            let next = commands.get(at + 1).map_or(end, |next| next.start);
            if command.sure
                && self.at_line_start(command.start)
                && scopes.iter().all(Option::is_none)
            {
                cuts.push(start);
            }
            match command.what {
                CommandKind::Mutual | CommandKind::Scope => {
                    // Neither can stand in a `mutual`, which was then never closed.
                    if let Some(open) = scopes.pop_if(|open| open.is_some()) {
                        Self::close(open, None, &mut built);
                    }
                    let mutual = command.what == CommandKind::Mutual;
                    scopes.push(mutual.then_some((start, built.len())));
                }
                CommandKind::End => {
                    let named = command.keyword + 1 < next;
                    if named && matches!(scopes.last(), Some(Some(_))) {
                        // Not the end of the `mutual`, which then never ends.
                        let open = scopes.pop().flatten();
                        Self::close(open, None, &mut built);
                    }
                    let end = self.tokens[command.keyword].range.end;
                    Self::close(scopes.pop().flatten(), Some(end), &mut built);
                }
                CommandKind::Declaration(kind) => {
                    built.push(self.declaration(command, kind, next));
                }
                CommandKind::Local | CommandKind::Other => {}
            }
        }
        for scope in scopes {
            Self::close(scope, None, &mut built);
        }
        (built, cuts)
    }

    /// Gives the declarations of a `mutual` their block.
    fn close(mutual: Option<(usize, usize)>, end: Option<usize>, built: &mut [Declaration]) {
        let Some((start, first)) = mutual else { return };
        let last = built.last().map_or(start, |last| last.extent.end);
        for declaration in &mut built[first..] {
            declaration.block = start..end.unwrap_or(last);
        }
    }

    fn declaration(&self, command: &Command, kind: DeclarationKind, next: usize) -> Declaration {
        let last = (command.keyword..next)
            .rev()
            .find(|at| self.tokens[*at].is_code());
        let last = last.unwrap_or(command.keyword);
        let extent = self.tokens[command.start].range.start..self.tokens[last].range.end;
        let name = self.name(command.keyword, kind, next);
        Declaration {
            block: extent.clone(),
            extent,
            keyword: self.tokens[command.keyword].range.clone(),
            name: name.map(|name| self.tokens[name].range.clone()),
            kind,
        }
    }

    /// The token that names a declaration.
    fn name(&self, keyword: usize, kind: DeclarationKind, next: usize) -> Option<usize> {
        let mut at = keyword + 1;
        if self.word(keyword) == "class" && matches!(self.word(at), "inductive" | "abbrev") {
            at += 1;
        }
        // `instance (priority := low) foo : Foo`
        if kind == DeclarationKind::Instance
            && self.text_of(at) == "("
            && self.word(at + 1) == "priority"
        {
            let mut depth = 0usize;
            while at < next {
                match self.text_of(at) {
                    "(" => depth += 1,
                    ")" => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    break;
                }
            }
        }
        let word = self.word(at);
        let is_name = at < next && !word.is_empty() && !word.starts_with('`') && word != "where";
        let names = match self.word(keyword) {
            "example" => false,
            "initialize" | "builtin_initialize" => self.text_of(at + 1) == ":",
            _ => true,
        };
        (is_name && names).then_some(at)
    }

    fn text_of(&self, at: usize) -> &'a str {
        self.tokens
            .get(at)
            .map_or("", |token| token.text(self.text))
    }

    /// The word here; empty when there is none or it is a field's name, as in `(f x).end`.
    fn word(&self, at: usize) -> &'a str {
        match self.tokens.get(at) {
            Some(token) if token.kind == TokenKind::Word => {
                let field = at.checked_sub(1).is_some_and(|before| {
                    self.tokens[before].range.end == token.range.start
                        && matches!(self.text_of(before), "." | "|>.")
                });
                if field { "" } else { token.text(self.text) }
            }
            _ => "",
        }
    }

    fn gap(&self, at: usize) -> &'a str {
        let from = at
            .checked_sub(1)
            .map_or(0, |before| self.tokens[before].range.end);
        &self.text[from..self.tokens[at].range.start]
    }

    fn first_of_line(&self, at: usize) -> bool {
        at == 0 || self.gap(at).contains('\n')
    }

    fn blank_line_before(&self, at: usize) -> bool {
        self.gap(at).matches('\n').nth(1).is_some()
    }

    fn at_line_start(&self, at: usize) -> bool {
        let start = self.tokens[at].range.start;
        start == 0 || self.text.as_bytes()[start - 1] == b'\n'
    }

    /// In bytes, of a token that is the first of its line.
    fn column(&self, at: usize) -> usize {
        let start = self.tokens[at].range.start;
        start
            - self.text[..start]
                .rfind('\n')
                .map_or(0, |newline| newline + 1)
    }

    fn ends_attributes(&self, at: usize, brackets: &Brackets) -> bool {
        brackets.attribute_before(at).is_some()
    }

    /// Whether what stands here can be the first argument of a command: on the same line.
    fn opens_something(&self, at: usize) -> bool {
        at >= self.tokens.len()
            || match self.tokens[at].kind {
                TokenKind::Word => true,
                TokenKind::String | TokenKind::DocComment => true,
                TokenKind::Symbol => matches!(self.text_of(at), "(" | "[" | "⟨" | "{" | "%"),
                _ => false,
            }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lexer::lex;
    use super::*;
    use expect_test::{Expect, expect};

    /// A line a declaration: kind and name, its extent (the middle cut out), and its block's where that is
    /// another.
    #[track_caller]
    fn check(text: &str, expected: Expect) {
        let cut = |range: &Range<usize>| {
            let chars: Vec<char> = text[range.clone()].chars().collect();
            let cut = match chars.len() {
                0..=48 => chars.iter().collect(),
                n => chars[..22]
                    .iter()
                    .chain(&['…'])
                    .chain(&chars[n - 24..])
                    .collect::<String>(),
            };
            cut.replace('\n', "↵")
        };
        let mut shown = String::new();
        for found in declarations(text, &lex(text)) {
            let name = found.name.as_ref().map_or("-", |name| &text[name.clone()]);
            let keyword = &text[found.keyword.clone()];
            shown.push_str(&format!("{:?} {keyword} {name}", found.kind));
            shown.push_str(&format!(" ⟦{}⟧", cut(&found.extent)));
            if found.block != found.extent {
                shown.push_str(&format!(" in ⟦{}⟧", cut(&found.block)));
            }
            shown.push('\n');
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn every_kind() {
        check(
            "theorem a : T := x\nlemma b : T := x\nexample : T := x\ndef c := x\nabbrev d := x\n\
             instance : Foo T := x\ninstance e : Foo T where\n  f := x\ninstance (priority := low) g.h : T := x\n\
             structure S where\n  x : Nat := 3\nclass C (α : Type) where\n  x : α\ninductive I | a | b\n\
             class inductive K | a\naxiom m : T\nopaque n : T\ninitialize o : IO.Ref Nat ← IO.mkRef 0\n\
             initialize\n  foo\nirreducible_def p := x\ntheorem q.{u} : T.{u} := x\ntheorem «r s» : T := x",
            expect![[r#"
                Theorem theorem a ⟦theorem a : T := x⟧
                Theorem lemma b ⟦lemma b : T := x⟧
                Example example - ⟦example : T := x⟧
                Def def c ⟦def c := x⟧
                Def abbrev d ⟦abbrev d := x⟧
                Instance instance - ⟦instance : Foo T := x⟧
                Instance instance e ⟦instance e : Foo T where↵  f := x⟧
                Instance instance g.h ⟦instance (priority := low) g.h : T := x⟧
                Other structure S ⟦structure S where↵  x : Nat := 3⟧
                Other class C ⟦class C (α : Type) where↵  x : α⟧
                Other inductive I ⟦inductive I | a | b⟧
                Other class K ⟦class inductive K | a⟧
                Other axiom m ⟦axiom m : T⟧
                Other opaque n ⟦opaque n : T⟧
                Other initialize o ⟦initialize o : IO.Ref Nat ← IO.mkRef 0⟧
                Other initialize - ⟦initialize↵  foo⟧
                Def irreducible_def p ⟦irreducible_def p := x⟧
                Theorem theorem q ⟦theorem q.{u} : T.{u} := x⟧
                Theorem theorem «r s» ⟦theorem «r s» : T := x⟧
            "#]],
        );
    }

    #[test]
    fn prefixes_belong_to_their_declaration() {
        check(
            "/-- doc -/\n@[simp, foo [a, b]]\nprivate theorem a : T := x\n\n\
             set_option maxHeartbeats 0 in\nopen Foo Bar (baz) in\n/-- doc -/ @[simp] protected lemma b : T := x -- c\n\n\
             open scoped Foo in example : T := x\nvariable (x : T) in\nomit [Foo T] in\ntheorem c : T := x\n\
             /-- info: x -/\n#guard_msgs in\ntheorem d : T := x\n@[simp] unsafe def e := x\nattribute [simp] foo in\ntheorem f : T := x\n\
             open Foo in\nunknown_command\nlocal instance : T := x\nnoncomputable section\ntheorem g : T := x",
            expect![[r#"
                Theorem theorem a ⟦/-- doc -/↵@[simp, foo…ivate theorem a : T := x⟧
                Theorem lemma b ⟦set_option maxHeartbea…otected lemma b : T := x⟧
                Example example - ⟦open scoped Foo in example : T := x⟧
                Theorem theorem c ⟦variable (x : T) in↵om…T] in↵theorem c : T := x⟧
                Theorem theorem d ⟦/-- info: x -/↵#guard_msgs in↵theorem d : T := x⟧
                Def def e ⟦@[simp] unsafe def e := x⟧
                Theorem theorem f ⟦attribute [simp] foo in↵theorem f : T := x⟧
                Instance instance - ⟦local instance : T := x⟧
                Theorem theorem g ⟦theorem g : T := x⟧
            "#]],
        );
    }

    #[test]
    fn tactics_and_terms_may_use_the_words_of_commands() {
        check(
            "theorem a : T := by\n  open Foo in\n  set_option x true in\n  exact foo\n\ntheorem b : T := open Foo in by\n  simp\n\
             def c := (fun instance' => x).end\n  deriving Repr, BEq\nderiving instance Foo for T\n\
             theorem d : T := by\n  exact x.instance.def\ntheorem e : T :=\n  foo .end `theorem ``def\n\
             macro \"foo\" : command => `(theorem x : T := y)\nelab \"bar\" : command => do\n  elabCommand (← `(def x := y\n    instance : T := x))\n\
             def f := #[1].size + #s\ntheorem g : T := by\n  intro lemma\n  exact lemma",
            expect![[r#"
                Theorem theorem a ⟦theorem a : T := by↵  …on x true in↵  exact foo⟧
                Theorem theorem b ⟦theorem b : T := open Foo in by↵  simp⟧
                Def def c ⟦def c := (fun instance…end↵  deriving Repr, BEq⟧
                Theorem theorem d ⟦theorem d : T := by↵  exact x.instance.def⟧
                Theorem theorem e ⟦theorem e : T :=↵  foo .end `theorem ``def⟧
                Def def f ⟦def f := #[1].size + #s⟧
                Theorem theorem g ⟦theorem g : T := by↵  intro lemma↵  exact lemma⟧
            "#]],
        );
    }

    #[test]
    fn what_ends_a_declaration() {
        check(
            "theorem a : T := x\n-- comment\n/- comment -/\n/-! section -/\ntheorem b : T := x\n\n/-- doc -/\nadd_decl_doc b\n\
             theorem c : T := x\n#eval sorry\ntheorem d : T := x\n\nunknown_command foo\n\ntheorem e : T :=\nfoo where\n  foo := x\ntermination_by x\ndecreasing_by sorry\n\n\
             theorem e' : T := by\nsimp\n\nlinarith\n\nnamespace N\n  theorem f : T := x\n  theorem g : T := x\nend N\ntheorem h : T := x theorem i : T := x\n#exit\ntheorem j : T := x",
            expect![[r#"
                Theorem theorem a ⟦theorem a : T := x⟧
                Theorem theorem b ⟦theorem b : T := x⟧
                Theorem theorem c ⟦theorem c : T := x⟧
                Theorem theorem d ⟦theorem d : T := x⟧
                Theorem theorem e ⟦theorem e : T :=↵foo w…by x↵decreasing_by sorry⟧
                Theorem theorem e' ⟦theorem e' : T := by↵simp↵↵linarith⟧
                Theorem theorem f ⟦theorem f : T := x⟧
                Theorem theorem g ⟦theorem g : T := x⟧
                Theorem theorem h ⟦theorem h : T := x⟧
                Theorem theorem i ⟦theorem i : T := x⟧
            "#]],
        );
    }

    #[test]
    fn a_mutual_block_is_one_unit() {
        check(
            "mutual\n  theorem a : T := x\n  def b := x\nend\nset_option x true in\nmutual\ntheorem c : T := x\nend\nsection\ntheorem d : T := x\nend\n\
             namespace N\nmutual\nmutual\ntheorem e : T := x\nend N\ntheorem f : T := x\nmutual\ndef g := x",
            expect![[r#"
                Theorem theorem a ⟦theorem a : T := x⟧ in ⟦mutual↵  theorem a : T := x↵  def b := x↵end⟧
                Def def b ⟦def b := x⟧ in ⟦mutual↵  theorem a : T := x↵  def b := x↵end⟧
                Theorem theorem c ⟦theorem c : T := x⟧ in ⟦set_option x true in↵m…l↵theorem c : T := x↵end⟧
                Theorem theorem d ⟦theorem d : T := x⟧
                Theorem theorem e ⟦theorem e : T := x⟧ in ⟦mutual↵theorem e : T := x⟧
                Theorem theorem f ⟦theorem f : T := x⟧
                Def def g ⟦def g := x⟧ in ⟦mutual↵def g := x⟧
            "#]],
        );
    }

    #[test]
    fn a_text_being_typed() {
        check(
            "theorem",
            expect![[r#"
            Theorem theorem - ⟦theorem⟧
        "#]],
        );
        check(
            "theorem : T := x\ntheorem a (h : T := x\ntheorem b : T := (x\n  def c := x\ninstance where\n@[simp\ntheorem d : T := x",
            expect![[r#"
                Theorem theorem - ⟦theorem : T := x⟧
                Theorem theorem a ⟦theorem a (h : T := x⟧
                Theorem theorem b ⟦theorem b : T := (x↵  def c := x⟧
                Instance instance - ⟦instance where↵@[simp⟧
                Theorem theorem d ⟦theorem d : T := x⟧
            "#]],
        );
        check(
            "open\ntheorem a : T := x\nopen Foo in\n",
            expect![[r#"
                Theorem theorem a ⟦theorem a : T := x⟧
            "#]],
        );
        check("set_option", expect![]);
    }
}
