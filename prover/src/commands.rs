//! The commands of a Lean text, and the scopes they stand in.

use crate::lex::{Kind, Token};
use std::ops::Range;

/// What a command does, as far as it matters for what comes after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// `import`, `module`, `prelude`.
    Header,
    /// `namespace`, `section`.
    Scope,
    /// `mutual`.
    Mutual,
    /// `end`.
    End,
    /// Holds up to the end of its scope: `open`, `variable`, `set_option`, …
    Directive,
    /// Adds to Lean's syntax: `notation`, `macro`, …
    Syntax,
    /// `theorem`, `lemma`, `example`.
    Theorem,
    /// Any other declaration.
    Definition,
    /// Changes nothing: `#eval`, `deriving instance`, …
    Other,
}

impl What {
    pub(crate) fn is_declaration(self) -> bool {
        matches!(self, Self::Theorem | Self::Definition)
    }
}

/// A command; its numbers count tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) what: What,
    /// From its documentation, attributes, modifiers or `… in` prefix to the next command.
    pub(crate) tokens: Range<usize>,
    pub(crate) keyword: usize,
}

impl Command {
    /// The name of what it declares, opens or ends, if it has one.
    pub(crate) fn name<'a>(&self, text: &'a str, tokens: &[Token]) -> &'a str {
        let own = tokens.get(self.keyword + 1..self.tokens.end);
        let own = own.unwrap_or_default();
        // `class inductive C`
        let second = usize::from(
            own.first()
                .is_some_and(|token| matches!(token.word(text), "inductive" | "abbrev")),
        );
        own.get(second).map_or("", |token| token.word(text))
    }
}

const MODIFIERS: [&str; 10] = [
    "private",
    "protected",
    "noncomputable",
    "partial",
    "unsafe",
    "public",
    "meta",
    "local",
    "scoped",
    "nonrec",
];

/// What a word starts wherever it stands outside brackets: Lean reserves these words.
fn reserved(word: &str) -> Option<What> {
    Some(match word {
        "import" => What::Header,
        "namespace" | "section" => What::Scope,
        "mutual" => What::Mutual,
        "end" => What::End,
        "theorem" | "example" => What::Theorem,
        "def" | "abbrev" | "instance" | "axiom" | "opaque" | "structure" | "class"
        | "inductive" | "coinductive" | "initialize" => What::Definition,
        "universe" | "variable" | "export" | "attribute" => What::Directive,
        "notation" | "infix" | "infixl" | "infixr" | "prefix" | "postfix" | "macro"
        | "macro_rules" | "syntax" | "elab" | "elab_rules" | "declare_syntax_cat" => What::Syntax,
        "deriving" | "run_cmd" | "run_meta" | "run_elab" | "simproc" | "dsimproc"
        | "add_decl_doc" | "register_option" => What::Other,
        _ => return None,
    })
}

/// What a word starts only as the first of its line, or after modifiers.
fn leading(word: &str) -> Option<What> {
    Some(match word {
        "lemma" => What::Theorem,
        "irreducible_def" | "alias" => What::Definition,
        "open" | "set_option" | "include" | "omit" => What::Directive,
        "notation3" => What::Syntax,
        "module" | "prelude" => What::Header,
        "seal"
        | "unseal"
        | "grind_pattern"
        | "library_note"
        | "assert_not_exists"
        | "suppress_compilation"
        | "initialize_simps_projections"
        | "add_aesop_rules"
        | "compile_inductive"
        | "mk_iff_of_inductive_prop"
        | "proof_wanted" => What::Other,
        _ => return None,
    })
}

/// Whether a token at the very start of a line starts a command.
pub(crate) fn starts_command(own: &str) -> bool {
    reserved(own).is_some()
        || leading(own).is_some()
        || MODIFIERS.contains(&own)
        || matches!(own, "@[" | "#")
}

/// The commands of `text`, in order. What stands before the first belongs to none.
pub(crate) fn commands(text: &str, tokens: &[Token]) -> Vec<Command> {
    let mut found: Vec<Command> = Vec::new();
    let mut depth = 0;
    let mut before = "";
    // Where the documentation, attributes and modifiers before a keyword start, and what is there
    // before them.
    let mut prefix: Option<(usize, &str)> = None;
    for (at, token) in tokens.iter().enumerate() {
        if token.kind == Kind::Comment {
            continue;
        }
        let own = token.text(text);
        // Nothing that starts a line at its very start is inside brackets, closed or not.
        let flush = token.first
            && token.column == 0
            && (token.kind != Kind::Symbol || matches!(own, "@[" | "#"));
        if depth > 0 && !flush {
            depth += token.brackets(text);
        } else if token.kind == Kind::Doc || own == "@[" || MODIFIERS.contains(&own) {
            prefix.get_or_insert((at, before));
            depth = token.brackets(text);
        } else {
            let (start, ahead) = prefix.take().unwrap_or((at, before));
            let last = found.last().map(|last| last.what);
            let prefixes = matches!(last, Some(What::Directive | What::Other));
            let local = ahead == "in" && prefixes;
            let next = tokens.get(at + 1).map_or("", |next| next.text(text));
            let what = if own == "#" {
                flush.then_some(What::Other)
            } else if matches!(
                (before, own, next),
                ("deriving", "instance", _) | ("class", "inductive" | "abbrev", _)
            ) || (own == "deriving" && next != "instance")
            {
                None
            } else {
                reserved(own).or_else(|| {
                    let inside = last.is_some_and(What::is_declaration);
                    let leads = flush || local || start < at || (token.first && !inside);
                    leading(own).filter(|_| leads)
                })
            };
            depth = match what {
                Some(_) => 0,
                None => (depth + token.brackets(text)).max(0),
            };
            if let Some(what) = what {
                // `open Foo in` belongs to what follows it.
                let first = found
                    .pop_if(|_| local)
                    .map_or(start, |open| open.tokens.start);
                found.push(Command {
                    what,
                    tokens: first..tokens.len(),
                    keyword: at,
                });
            }
        }
        before = own;
    }
    let starts: Vec<usize> = found.iter().map(|command| command.tokens.start).collect();
    for (command, end) in found.iter_mut().zip(starts.into_iter().skip(1)) {
        command.tokens.end = end;
    }
    found
}

/// A scope that a text opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scope {
    /// The scope it stands in; none is the file itself.
    pub(crate) parent: Option<usize>,
    /// The command that opens it.
    pub(crate) opener: usize,
    /// The command that ends it.
    pub(crate) end: Option<usize>,
}

/// The scopes that `commands` open, and for each command the one it stands in; a command that opens
/// or ends a scope stands outside it.
pub(crate) fn scopes(
    text: &str,
    tokens: &[Token],
    commands: &[Command],
) -> (Vec<Scope>, Vec<Option<usize>>) {
    let mut scopes: Vec<Scope> = Vec::new();
    let mut current: Option<usize> = None;
    let mut inside = Vec::with_capacity(commands.len());
    for (at, command) in commands.iter().enumerate() {
        match command.what {
            What::Scope | What::Mutual => {
                inside.push(current);
                let parent = current.replace(scopes.len());
                scopes.push(Scope {
                    parent,
                    opener: at,
                    end: None,
                });
            }
            What::End => {
                // `end A.B` ends both `namespace A` and `namespace B`.
                let parts = |name: &str| name.split('.').count();
                let mut left = parts(command.name(text, tokens));
                while let Some(scope) = current
                    && left > 0
                {
                    left = left
                        .saturating_sub(parts(commands[scopes[scope].opener].name(text, tokens)));
                    scopes[scope].end = Some(at);
                    current = scopes[scope].parent;
                }
                inside.push(current);
            }
            _ => inside.push(current),
        }
    }
    (scopes, inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lex::lex;
    use expect_test::{Expect, expect};

    /// A line a command, indented by its scopes: what it does, its name, its text.
    fn check(text: &str, expected: Expect) {
        let tokens = lex(text);
        let commands = commands(text, &tokens);
        let (scopes, inside) = scopes(text, &tokens, &commands);
        let mut shown = String::new();
        for (command, scope) in commands.iter().zip(inside) {
            let mut scope = scope;
            while let Some(at) = scope {
                shown += "  ";
                scope = scopes[at].parent;
            }
            let own = &tokens[command.tokens.clone()];
            let range = own[0].range.start..own[own.len() - 1].range.end;
            let name = command.name(text, &tokens);
            shown += &format!("{:?} {name:?} {:?}\n", command.what, &text[range]);
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn scopes_and_what_stands_in_them() {
        check(
            "module\nprelude\npublic import A.B\nimport all C\n/-! theorem -/\nnamespace A.B\nsection\n\
             open Foo (bar)\nvariable {α : Type}\n  [Add α]\nnoncomputable section X\ndef f := 1\n\
             end X\nend\nnamespace C\nend A.B.C\nmutual\ndef a := 1\nend\nend\nend Foo\n",
            expect![[r#"
                Header "" "module"
                Header "" "prelude"
                Header "A.B" "public import A.B"
                Header "all" "import all C\n/-! theorem -/"
                Scope "A.B" "namespace A.B"
                  Scope "" "section"
                    Directive "Foo" "open Foo (bar)"
                    Directive "" "variable {α : Type}\n  [Add α]"
                    Scope "X" "noncomputable section X"
                      Definition "f" "def f := 1"
                    End "X" "end X"
                  End "" "end"
                  Scope "C" "namespace C"
                End "A.B.C" "end A.B.C"
                Mutual "" "mutual"
                  Definition "a" "def a := 1"
                End "" "end"
                End "" "end"
                End "Foo" "end Foo"
            "#]],
        );
    }

    #[test]
    fn what_belongs_to_a_declaration() {
        check(
            "/-- doc -/\n@[simp, foo (a := [1])] private theorem t : ∀ x, (x := by\n  open Foo in\n  simp)\n\
             @[ext] structure S where\n  /-- field -/\n  x : Nat\n  deriving Repr\n\
             deriving instance Foo for Bar\nclass inductive C\nopen A in set_option b true in\n/-- d -/\n\
             lemma l : p where\n\nopen A in theorem m : «theorem» := foo.end\n#eval 1\nlocal notation \"x\" => x\n\
             attribute [instance] foo\ngrind_pattern l => x\nunseal f in\ntheorem n : p\nexample : p := sorry",
            expect![[r##"
                Theorem "t" "/-- doc -/\n@[simp, foo (a := [1])] private theorem t : ∀ x, (x := by\n  open Foo in\n  simp)"
                Definition "S" "@[ext] structure S where\n  /-- field -/\n  x : Nat\n  deriving Repr"
                Other "instance" "deriving instance Foo for Bar"
                Definition "C" "class inductive C"
                Theorem "l" "open A in set_option b true in\n/-- d -/\nlemma l : p where"
                Theorem "m" "open A in theorem m : «theorem» := foo.end"
                Other "eval" "#eval 1"
                Syntax "" "local notation \"x\" => x"
                Directive "" "attribute [instance] foo"
                Other "l" "grind_pattern l => x"
                Theorem "n" "unseal f in\ntheorem n : p"
                Theorem "" "example : p := sorry"
            "##]],
        );
        check(
            "theorem foo (a\ntheorem bar : [\n@[simp]\nlemma",
            expect![[r#"
            Theorem "foo" "theorem foo (a"
            Theorem "bar" "theorem bar : ["
            Theorem "" "@[simp]\nlemma"
        "#]],
        );
    }
}
