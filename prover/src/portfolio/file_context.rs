//! Reads the declarations above a hole, as far as a candidate may name them.

mod classes;
mod declaration;
mod inductive;

use std::collections::HashSet;

use unsorry_syntax::keyword::CommandKind;
use unsorry_syntax::{DeclarationKind, Scopes, Token, commands, lex};

use super::shape::names;
use classes::{operators, projections};
pub(super) use declaration::FileDeclaration;
use declaration::names_it;
pub(super) use inductive::Constructor;

/// The most definitions that are looked for.
const MAX_DEFINITIONS: usize = 12;

/// The declarations above a hole, in their order.
#[derive(Debug, Clone, Default)]
pub(super) struct FileContext {
    pub(super) declarations: Vec<FileDeclaration>,
    /// The theorem that the hole is in, if it is defined by cases and so could call itself.
    pub(super) own: Option<String>,
}

impl FileContext {
    /// Reads a file's text up to a hole.
    pub(super) fn read(before: &str) -> Self {
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
            declarations.push(FileDeclaration {
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
        let recursive = |own: &FileDeclaration| own.body().trim_start().starts_with('|');
        let own = own.filter(|own| own.is_theorem() && recursive(own));
        Self {
            declarations,
            own: own.map(|own| own.name),
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<&FileDeclaration> {
        self.declarations
            .iter()
            .rev()
            .find(|declaration| names_it(name, declaration))
    }

    /// The inductive predicate with this name.
    pub(super) fn predicate(&self, name: &str) -> Option<&FileDeclaration> {
        let found = self.find(name)?;
        let signature = found.text.split('|').next().unwrap_or_default();
        let signature = signature.trim_end().trim_end_matches("where").trim_end();
        (found.kind == DeclarationKind::Inductive && signature.ends_with("Prop")).then_some(found)
    }

    /// The definitions that `text` mentions, in its order, then those that they mention in turn.
    pub(super) fn definitions(&self, text: &str) -> (Vec<String>, Vec<String>) {
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
    fn mentioned(&self, text: &str) -> Vec<&FileDeclaration> {
        let definitions = || {
            let all = self.declarations.iter();
            all.filter(|declaration| declaration.kind == DeclarationKind::Def)
        };
        let named = names(text)
            .flat_map(|name| definitions().filter(move |declaration| names_it(name, declaration)));
        let mut found: Vec<&FileDeclaration> = named.collect();
        found.extend(self.declarations.iter().filter(|declaration| {
            declaration.kind == DeclarationKind::Instance
                && operators(&declaration.text)
                    .iter()
                    .any(|operator| text.contains(operator))
        }));
        found
    }

    /// Proved theorems above the hole, those that share most names with `text` first.
    pub(super) fn lemmas(&self, text: &str) -> Vec<String> {
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

/// The text after a declaration's keyword, the first of `tokens`, without comments.
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

#[cfg(test)]
mod tests;
