//! What the text of a file declares. Pure.

use std::collections::HashSet;

use unsorry_olean::{NameId, Terms};
use unsorry_syntax::keyword::CommandKind;
use unsorry_syntax::{DeclarationKind, Outline, Scopes, commands, name_parts};

use super::super::names::{joined, last, own_parts};

/// The names that a file's text declares.
#[derive(Debug)]
pub struct Written<'a> {
    /// Each as it is written, by its parts, without the namespaces around it.
    names: HashSet<Vec<String>>,
    /// What the names of examples end with, but for a number.
    example: &'a str,
}

/// A command that has an error, and declares something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its line, from 0.
    pub line: usize,
    /// `theorem`, `definition`, …
    pub kind: &'static str,
    /// What it declares, as its reader knows it.
    pub name: String,
    /// The parts of the constant's name, where that can be told.
    pub constant: Option<Vec<String>>,
}

impl<'a> Written<'a> {
    /// What a text with this outline declares, whose examples have the name `example` with a number.
    pub fn of(text: &str, outline: &Outline, example: &'a str) -> Written<'a> {
        let names = outline.declarations.iter().filter_map(|one| {
            let name = text.get(one.name.clone()?)?;
            let mut parts = name_parts(name);
            parts.retain(|part| part != "_root_");
            Some(parts)
        });
        Written {
            names: names.collect(),
            example,
        }
    }

    /// Whether the text declares a constant, as an example or by a name that its own ends with.
    pub fn declares(&self, terms: &Terms, name: NameId) -> bool {
        let parts = own_parts(terms, name);
        self.example_number(terms, name).is_some()
            || (0..parts.len()).any(|from| self.names.contains(&parts[from..]))
    }

    /// The number of an example, from 0.
    pub fn example_number(&self, terms: &Terms, name: NameId) -> Option<usize> {
        last(terms, name).strip_prefix(self.example)?.parse().ok()
    }
}

/// The commands of a text that begin at these offsets and declare something; its examples have the name `example`
/// with a number.
pub fn broken(text: &str, outline: &Outline, example: &str, starts: &[usize]) -> Vec<Broken> {
    let commands = commands(text, &outline.tokens);
    let scopes = Scopes::of(text, &outline.tokens, &commands);
    let mut examples = 0;
    let broken = commands.iter().enumerate().filter_map(|(at, command)| {
        let is_example = command.kind == CommandKind::Declaration(DeclarationKind::Example);
        examples += usize::from(is_example);
        let start = outline.tokens[command.tokens.start].range.start;
        if !starts.contains(&start) {
            return None;
        }
        let written = command.name(text, &outline.tokens);
        let mut own = match is_example {
            true => vec![format!("{example}{}", examples - 1)],
            false => name_parts(written),
        };
        let namespace = match own.first().is_some_and(|first| first == "_root_") {
            true => Vec::new(),
            false => name_parts(scopes.namespace(at)),
        };
        own.retain(|part| part != "_root_");
        let kind = match command.kind {
            CommandKind::Declaration(kind) => word(kind),
            CommandKind::Alias => "alias",
            CommandKind::Other if !text[start..].starts_with('#') => "command",
            _ => return None,
        };
        let constant = (!own.is_empty()).then(|| [namespace, own].concat());
        let line = outline.lines.position(start).line as usize;
        Some(Broken {
            line,
            kind,
            name: match &constant {
                Some(_) if is_example => format!("example {examples}"),
                Some(parts) => joined(parts),
                None => format!("the {kind} in line {}", line + 1),
            },
            constant,
        })
    });
    broken.collect()
}

fn word(kind: DeclarationKind) -> &'static str {
    match kind {
        DeclarationKind::Theorem => "theorem",
        DeclarationKind::Example => "example",
        DeclarationKind::Def => "definition",
        DeclarationKind::Instance => "instance",
        DeclarationKind::Inductive => "inductive type",
        DeclarationKind::Structure => "structure",
        DeclarationKind::Other => "declaration",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_commands() {
        let text = "theorem a : 1 = 1 := nope\n\
                    namespace N.«x.y»\nexample : 1 = 1 := rfl\n\
                    /-- B. -/ theorem «b.c» : 1 = 1 := nope\n\
                    theorem _root_.d : 1 = 1 := nope\nexample : 1 = 1 := nope\n\
                    instance : Inhabited Nope := nope\nopen Nope\n#eval nope\nmade nope\nend N.«x.y»\n";
        let outline = Outline::of(text);
        let starts: Vec<usize> = commands(text, &outline.tokens)
            .iter()
            .map(|command| outline.tokens[command.tokens.start].range.start)
            .filter(|start| {
                text[*start..]
                    .lines()
                    .next()
                    .is_some_and(|line| line.contains("ope"))
            })
            .collect();
        let found = broken(text, &outline, "secret", &starts);
        let found: Vec<_> = found
            .iter()
            .map(|one| {
                (
                    one.line,
                    one.kind,
                    one.name.as_str(),
                    one.constant.as_deref().map(|parts| parts.join("/")),
                )
            })
            .collect();
        let named = |parts: &str| Some(parts.to_owned());
        let expected = [
            (0, "theorem", "a", named("a")),
            (3, "theorem", "N.«x.y».«b.c»", named("N/x.y/b.c")),
            (4, "theorem", "d", named("d")),
            (5, "example", "example 2", named("N/x.y/secret1")),
            (6, "instance", "the instance in line 7", None),
        ];
        assert_eq!(found, expected);
    }
}
