//! Reads the declarations above a hole, as far as a candidate may name them.

use std::collections::HashSet;

use unsorry_syntax::keyword::CommandKind;
use unsorry_syntax::{DeclarationKind, Scopes, Token, commands, lex};

use crate::shape::{names, tokens};

/// More definitions than these are not looked for.
const MAX_DEFINITIONS: usize = 12;

#[derive(Debug, Clone)]
pub(crate) struct Declaration {
    pub(crate) kind: DeclarationKind,
    /// As a candidate at the hole can write it.
    pub(crate) name: String,
    /// What follows the keyword, without comments.
    pub(crate) text: String,
}

impl Declaration {
    /// The name's last part.
    pub(crate) fn last(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    /// What stands after the `:=`, or from the first `|`.
    pub(crate) fn body(&self) -> &str {
        let (mut cut, mut depth) = (self.text.len(), 0usize);
        for (at, c) in self.text.char_indices() {
            match c {
                '(' | '[' | '{' | '⟨' => depth += 1,
                ')' | ']' | '}' | '⟩' => depth = depth.saturating_sub(1),
                ':' if depth == 0 && self.text[at..].starts_with(":=") => {
                    cut = at + 2;
                    break;
                }
                '|' if depth == 0 => {
                    cut = at;
                    break;
                }
                _ => {}
            }
        }
        &self.text[cut..]
    }

    /// Whether `simp` could unfold the definition for ever: it calls itself under no pattern.
    pub(crate) fn loops(&self) -> bool {
        let body = self.body().trim_start();
        let recursive =
            |text: &str| names(text).any(|name| name.rsplit('.').next() == Some(self.last()));
        let plain = |case: &str| {
            let variable = |word: &str| {
                let mut letters = word.chars();
                !word.starts_with(|c: char| c.is_ascii_digit())
                    && letters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '\''))
            };
            match case.split_once("=>") {
                Some((patterns, value)) => {
                    recursive(value) && patterns.split(',').all(|word| variable(word.trim()))
                }
                None => false,
            }
        };
        if body.starts_with('|') {
            body.split('|').any(plain)
        } else {
            recursive(body) && !body.starts_with("match")
        }
    }

    pub(crate) fn is_theorem(&self) -> bool {
        matches!(
            self.kind,
            DeclarationKind::Theorem | DeclarationKind::Example
        )
    }

    /// Whether a theorem's text has no hole of its own.
    fn finished(&self) -> bool {
        !names(&self.text).any(|name| matches!(name, "sorry" | "admit"))
    }
}

/// A constructor: its name, and for each explicit argument whether it recurses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Constructor {
    pub(crate) name: String,
    pub(crate) arguments: Vec<Argument>,
}

impl Constructor {
    pub(crate) fn recurses(&self) -> bool {
        self.arguments.iter().any(|argument| argument.recursive)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Argument {
    pub(crate) name: Option<String>,
    pub(crate) recursive: bool,
}

/// The declarations above a hole, in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    pub(crate) declarations: Vec<Declaration>,
    /// The theorem that the hole is in, if it is defined by cases and so could call itself.
    pub(crate) own: Option<String>,
}

impl Surroundings {
    /// Reads a file's text up to a hole.
    pub(crate) fn read(before: &str) -> Self {
        let tokens = lex(before);
        let commands = commands(before, &tokens);
        let scopes = Scopes::of(before, &tokens, &commands);
        let namespace = scopes.last_namespace();
        let mut declarations = Vec::new();
        for (at, command) in commands.iter().enumerate() {
            let CommandKind::Declaration(kind) = command.kind else {
                continue;
            };
            if kind == DeclarationKind::Other {
                continue;
            }
            let name = command.name(before, &tokens);
            let full = match scopes.namespace(at) {
                "" => name.to_owned(),
                path => format!("{path}.{name}"),
            };
            let inside = full.strip_prefix(namespace);
            let inside = inside.and_then(|rest| rest.strip_prefix('.'));
            declarations.push(Declaration {
                kind,
                name: inside.map_or(full.clone(), str::to_owned),
                text: code(before, &tokens[command.keyword..command.tokens.end]),
            });
        }
        // The last command is the hole's own, where that is a declaration.
        let last = commands.last().map(|last| last.kind);
        let own = match last {
            Some(CommandKind::Declaration(kind)) if kind != DeclarationKind::Other => {
                declarations.pop()
            }
            _ => None,
        };
        let recursive = |own: &Declaration| own.body().trim_start().starts_with('|');
        let own = own.filter(|own| own.is_theorem() && recursive(own));
        Self {
            declarations,
            own: own.map(|own| own.name),
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Declaration> {
        self.declarations
            .iter()
            .rev()
            .find(|declaration| names_it(name, declaration))
    }

    /// The inductive predicate with this name.
    pub(crate) fn predicate(&self, name: &str) -> Option<&Declaration> {
        let found = self.find(name)?;
        let signature = found.text.split('|').next().unwrap_or_default();
        let signature = signature.trim_end().trim_end_matches("where").trim_end();
        (found.kind == DeclarationKind::Inductive && signature.ends_with("Prop")).then_some(found)
    }

    /// The definitions that `text` mentions, in its order, then those that they mention in turn.
    pub(crate) fn definitions(&self, text: &str) -> (Vec<String>, Vec<String>) {
        let mut direct = Vec::new();
        let mut all: Vec<String> = Vec::new();
        let mut pending = vec![text.to_owned()];
        let mut seen = HashSet::new();
        let mut first = true;
        while let Some(text) = pending.pop() {
            if all.len() >= MAX_DEFINITIONS && !first {
                break;
            }
            for declaration in self.mentioned(&text) {
                if !seen.insert(declaration.text.clone()) {
                    continue;
                }
                pending.insert(0, declaration.text.clone());
                match declaration.kind {
                    DeclarationKind::Def => {
                        if first {
                            direct.push(declaration.name.clone());
                        }
                        all.push(declaration.name.clone());
                    }
                    DeclarationKind::Instance => {
                        for projection in projections(&declaration.text) {
                            if !all.iter().any(|known| known == projection) {
                                all.push(projection.to_owned());
                            }
                        }
                    }
                    _ => {}
                }
            }
            first = false;
        }
        all.truncate(MAX_DEFINITIONS);
        (direct, all)
    }

    /// The definitions and instances that `text` may stand for, in the order of the text.
    fn mentioned(&self, text: &str) -> Vec<&Declaration> {
        let definitions = || {
            let all = self.declarations.iter();
            all.filter(|declaration| declaration.kind == DeclarationKind::Def)
        };
        let named = names(text)
            .flat_map(|name| definitions().filter(move |declaration| names_it(name, declaration)));
        let mut found: Vec<&Declaration> = named.collect();
        found.extend(self.declarations.iter().filter(|declaration| {
            declaration.kind == DeclarationKind::Instance
                && operators(&declaration.text)
                    .iter()
                    .any(|operator| text.contains(operator))
        }));
        found
    }

    /// Proved theorems above the hole, those that share most names with `text` first.
    pub(crate) fn lemmas(&self, text: &str) -> Vec<String> {
        let wanted: HashSet<&str> = vocabulary(text).collect();
        let mut scored: Vec<(usize, usize, &str)> = self
            .declarations
            .iter()
            .enumerate()
            .filter(|(_, declaration)| {
                declaration.is_theorem()
                    && !declaration.name.is_empty()
                    && Some(&declaration.name) != self.own.as_ref()
                    && declaration.finished()
            })
            .map(|(place, declaration)| {
                let statement = declaration.text.split(":=").next().unwrap_or_default();
                let statement = statement.trim_start();
                let statement = statement
                    .find(char::is_whitespace)
                    .map_or("", |at| &statement[at..]);
                let has: HashSet<&str> = vocabulary(statement).collect();
                (has.intersection(&wanted).count(), place, &*declaration.name)
            })
            .filter(|(score, _, _)| *score > 0)
            .collect();
        scored.sort_by_key(|(score, place, _)| std::cmp::Reverse((*score, *place)));
        scored
            .into_iter()
            .map(|(_, _, name)| name.to_owned())
            .collect()
    }

    /// The constructors of the type with this name, `None` if it is unknown.
    pub(crate) fn constructors(&self, ty: &str) -> Option<Vec<Constructor>> {
        let of = |list: &[(&str, &[(&str, bool)])]| {
            list.iter()
                .map(|(name, arguments)| Constructor {
                    name: (*name).to_owned(),
                    arguments: arguments
                        .iter()
                        .map(|(name, recursive)| Argument {
                            name: Some((*name).to_owned()),
                            recursive: *recursive,
                        })
                        .collect(),
                })
                .collect()
        };
        if let Some(declaration) = self.find(ty) {
            return match declaration.kind {
                DeclarationKind::Inductive => Some(constructors(declaration)),
                _ => None,
            };
        }
        Some(match ty {
            "Nat" | "ℕ" => of(&[("zero", &[]), ("succ", &[("n", true)])]),
            "List" => of(&[("nil", &[]), ("cons", &[("x", false), ("xs", true)])]),
            "Option" => of(&[("none", &[]), ("some", &[("x", false)])]),
            "Bool" => of(&[("false", &[]), ("true", &[])]),
            "Int" | "ℤ" => of(&[("ofNat", &[("n", false)]), ("negSucc", &[("n", false)])]),
            "Sum" => of(&[("inl", &[("x", false)]), ("inr", &[("x", false)])]),
            "Except" => of(&[("error", &[("e", false)]), ("ok", &[("x", false)])]),
            _ => return None,
        })
    }
}

/// Whether `name` in a goal can stand for the declaration: a namespace may be open, and
/// `t.mirror.size` may stand for `Tree.size (Tree.mirror t)`.
fn names_it(name: &str, declaration: &Declaration) -> bool {
    let (full, last) = (&*declaration.name, declaration.last());
    if full.is_empty() {
        return false;
    }
    name == full
        || full
            .strip_suffix(name)
            .is_some_and(|rest| rest.ends_with('.'))
        || name.split('.').skip(1).any(|part| part == last)
}

/// Names and operators, without what every statement has.
fn vocabulary(text: &str) -> impl Iterator<Item = &str> {
    let operators = text
        .split_whitespace()
        .map(|word| word.trim_matches(['(', ')', '[', ']', ',']))
        .filter(|word| !word.is_empty() && !word.contains(char::is_alphanumeric))
        .filter(|word| !matches!(*word, ":" | ":=" | "=" | "→" | "∀" | "↔"));
    names(text)
        .flat_map(|name| name.split('.'))
        .filter(|name| name.chars().count() > 2)
        .chain(operators)
}

/// The operators that an instance gives a meaning to.
fn operators(instance: &str) -> Vec<&'static str> {
    classes(instance)
        .map(|(_, operator, _)| *operator)
        .collect()
}

/// What has to be unfolded to get from an operator to an instance's own definition.
fn projections(instance: &str) -> Vec<&'static str> {
    classes(instance)
        .flat_map(|(_, _, names)| names.iter().copied())
        .collect()
}

type Class = (&'static str, &'static str, &'static [&'static str]);

const CLASSES: [Class; 12] = [
    ("Add", " + ", &["HAdd.hAdd", "Add.add"]),
    ("Sub", " - ", &["HSub.hSub", "Sub.sub"]),
    ("Mul", " * ", &["HMul.hMul", "Mul.mul"]),
    ("Div", " / ", &["HDiv.hDiv", "Div.div"]),
    ("Mod", " % ", &["HMod.hMod", "Mod.mod"]),
    ("Pow", " ^ ", &["HPow.hPow", "Pow.pow"]),
    ("Append", " ++ ", &["HAppend.hAppend", "Append.append"]),
    ("Neg", "-", &["Neg.neg"]),
    ("LE", " ≤ ", &["LE.le"]),
    ("LT", " < ", &["LT.lt"]),
    ("BEq", " == ", &["BEq.beq"]),
    ("Membership", " ∈ ", &["Membership.mem"]),
];

fn classes(instance: &str) -> impl Iterator<Item = &'static Class> {
    let head = instance.split(":=").next().unwrap_or(instance);
    let head = head.split(" where").next().unwrap_or(head);
    let class = head.rsplit_once(" : ").map_or(head, |(_, class)| class);
    let class = class.trim_start_matches([':', ' ']);
    let class = class.split_whitespace().next().unwrap_or_default();
    CLASSES.iter().filter(move |(name, _, _)| *name == class)
}

/// What follows a declaration's keyword, the first of `tokens`, without comments.
fn code(text: &str, tokens: &[Token]) -> String {
    let mut out = String::new();
    let Some((keyword, tokens)) = tokens.split_first() else {
        return out;
    };
    let mut end = keyword.range.end;
    for token in tokens {
        out.push_str(&text[end..token.range.start]);
        out.push_str(if token.is_code() {
            token.text(text)
        } else {
            " "
        });
        end = token.range.end;
    }
    out.truncate(out.trim_end().len());
    out
}

/// The constructors of an `inductive`.
fn constructors(declaration: &Declaration) -> Vec<Constructor> {
    let ty = declaration.last();
    let text = declaration
        .text
        .split("deriving")
        .next()
        .unwrap_or_default();
    let mut found = Vec::new();
    for part in text.split('|').skip(1) {
        let Some(name) = names(part).next() else {
            continue;
        };
        let rest = &part[part.find(name).unwrap_or(0) + name.len()..];
        let colon = tokens(rest).find(|(_, token)| token.starts_with(':'));
        let (bound, signature) = match colon {
            Some((at, _)) => (&rest[..at], &rest[at + 1..]),
            None => (rest, ""),
        };
        let mut arguments = Vec::new();
        for (_, token) in tokens(bound) {
            arguments.extend(named_arguments(token, ty).into_iter().flatten());
        }
        arguments.extend(arrow_arguments(signature, ty));
        found.push(Constructor {
            name: name.to_owned(),
            arguments,
        });
    }
    found
}

/// The arguments of `(left right : Tree α)`; `None` if it has not that form.
fn named_arguments(token: &str, ty: &str) -> Option<Vec<Argument>> {
    let inner = token.strip_prefix('(')?.strip_suffix(')')?;
    let (bound, of) = inner.split_once(" : ")?;
    let arguments = bound.split_whitespace().map(|bound| Argument {
        name: Some(bound.to_owned()),
        recursive: recurses(of, ty),
    });
    Some(arguments.collect())
}

/// Whether a type has `ty` in it; good enough to tell a recursive argument.
fn recurses(text: &str, ty: &str) -> bool {
    names(text).any(|name| name.rsplit('.').next() == Some(ty))
}

/// The arguments of `α → (left : Tree α) → Tree α`.
fn arrow_arguments(signature: &str, ty: &str) -> Vec<Argument> {
    let mut parts: Vec<String> = vec![String::new()];
    for (_, token) in tokens(signature) {
        if token == "→" || token == "->" {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(token);
            part.push(' ');
        }
    }
    parts.pop();
    let explicit = parts.iter().map(|part| part.trim());
    let explicit = explicit.filter(|part| !part.starts_with(['{', '∀', '[']));
    explicit
        .flat_map(|part| {
            named_arguments(part, ty).unwrap_or_else(|| {
                vec![Argument {
                    name: None,
                    recursive: recurses(part, ty),
                }]
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(before: &str, expect: Expect) {
        let around = Surroundings::read(before);
        let mut shown = String::new();
        for declaration in &around.declarations {
            shown += &format!("{:?} {}\n", declaration.kind, declaration.name);
        }
        shown += &format!("own: {:?}\n", around.own);
        expect.assert_eq(&shown);
    }

    #[test]
    fn declarations_as_the_hole_can_name_them() {
        check(
            "import A\n/- def no := 0 -/\nnamespace A\n@[simp] private def f := 1 -- def no\n\
             section\nnamespace B\n  def Deep.g := \"def no\"\nend B\nend\ntheorem t : f = 1 := by\n  ",
            expect![[r#"
                Def f
                Def B.Deep.g
                own: None
            "#]],
        );
        check(
            "namespace A\ninstance : Add N := ⟨f⟩\nend A\ninductive N\n#eval 1\ntheorem t : ∀ n : N, p n\n  | .z => ",
            expect![[r#"
                Instance A.
                Inductive N
                own: Some("t")
            "#]],
        );
    }

    #[test]
    fn attributes_and_scopes_end_where_lean_ends_them() {
        check(
            "namespace A.B\n@[foo (a := [1])] def f := 1\nend B\ndef g := 2 def h := 3\nnamespace B.C\n\
             instance (priority := low) i : T := 4\nend A.B.C\ndef j := \"\ndef no := 5\"\nnamespace A\nexample : T := by",
            expect![[r#"
                Def B.f
                Def g
                Def h
                Instance B.C.i
                Def j
                own: None
            "#]],
        );
    }

    #[test]
    fn constructors_of_every_form() {
        let around = Surroundings::read(
            "inductive T (α : Type) where\n  | leaf\n  | one (x : α) {y : α}\n  \
             | node : T α → (x y : α) → T α → T α\n  | many (ts : List (T α))\n  deriving Repr\n#eval 1\n",
        );
        let mut shown = String::new();
        for Constructor { name, arguments } in around.constructors("T").unwrap() {
            shown += &name;
            for Argument { name, recursive } in arguments {
                shown += &format!(
                    " {}{}",
                    name.unwrap_or("_".into()),
                    if recursive { "*" } else { "" }
                );
            }
            shown += "\n";
        }
        expect![[r#"
            leaf
            one x
            node _* x y _*
            many ts*
        "#]]
        .assert_eq(&shown);
    }

    #[test]
    fn lemmas_that_fit_and_are_proved() {
        let around = Surroundings::read(
            "def size : T → Nat := f\ntheorem a (t : T) : size t = 0 := rfl\n\
             theorem b (t : T) : size t = 1 := sorry\ntheorem c : depth t = 0 := rfl\n\
             theorem d (t : T) : size t + 0 = 0 := rfl\ntheorem e : ",
        );
        assert_eq!(around.lemmas("size x + 0 = 1"), ["d", "a"]);
        assert_eq!(around.definitions("x.size = 1").1, ["size"]);
        let both = Surroundings::read("def T.mirror := 1\ndef T.size := 2\n#eval 1\n");
        let direct = both.definitions("x.mirror.size = 1").0;
        assert_eq!(direct, ["T.mirror", "T.size"]);
    }

    #[test]
    fn definitions_that_simp_unfolds_for_ever() {
        let check = |text: &str, expected: bool| {
            let around = Surroundings::read(&format!("{text}\n#eval 1\n"));
            assert_eq!(around.declarations[0].loops(), expected, "{text}");
        };
        check(
            "def gcd (a b : Nat) : Nat := if b = 0 then a else gcd b (a % b)",
            true,
        );
        check(
            "def half : Nat → Nat\n  | n => if n < 2 then 0 else half (n - 2)",
            true,
        );
        check(
            "def sum : List Nat → Nat\n  | [] => 0\n  | x :: xs => x + sum xs",
            false,
        );
        check(
            "def ack : Nat → Nat → Nat\n  | 0, n => n + 1\n  | m + 1, n => ack m n",
            false,
        );
        check("def twice (n : Nat) : Nat := n + n", false);
    }
}
