//! The scopes of a Lean text: its namespaces, sections and `mutual` blocks.

use std::sync::Arc;

use crate::command::Command;
use crate::keyword::CommandKind;
use crate::lexer::Token;

/// A scope that a text opens. The numbers count commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The scope it stands in; none is the file itself.
    pub parent: Option<usize>,
    /// The command that opens it.
    pub opener: usize,
    /// The commands that end a part of it: `end B` leaves `A` of `namespace A.B` open.
    pub narrowed: Vec<usize>,
    /// The command that ends the whole of it.
    pub end: Option<usize>,
}

/// The scopes of a text, and where its commands stand in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes {
    /// The scopes in the order of their openers.
    pub scopes: Vec<Scope>,
    /// The scope that each command stands in. One that opens or ends a scope stands outside it.
    pub inside: Vec<Option<usize>>,
    /// The namespace that each command stands in, and then that of the text's end.
    namespaces: Vec<Arc<str>>,
    /// Whether a `mutual` is open before each command.
    in_mutual: Vec<bool>,
}

/// A scope that is still open.
struct Open<'a> {
    scope: usize,
    kind: ScopeKind,
    /// The parts of its name that are still open; one empty part if it has no name.
    parts: Vec<&'a str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ScopeKind {
    Mutual,
    Namespace,
    Section,
}

impl Scopes {
    /// The scopes that the commands of `text` open.
    pub fn of(text: &str, tokens: &[Token], commands: &[Command]) -> Scopes {
        let mut found = Scopes::default();
        let mut open: Vec<Open<'_>> = Vec::new();
        let mut namespace: Arc<str> = Arc::default();
        for (at, command) in commands.iter().enumerate() {
            let name = command.name(text, tokens);
            found.namespaces.push(Arc::clone(&namespace));
            let is_mutual = |open: &mut Open<'_>| open.kind == ScopeKind::Mutual;
            let in_mutual = open.last_mut().is_some_and(is_mutual);
            found.in_mutual.push(in_mutual);
            // No scope stands in a `mutual`, nor is its end named: it was never closed.
            let closes = match command.kind {
                CommandKind::Mutual | CommandKind::Scope => true,
                CommandKind::End => command.name.is_some(),
                _ => false,
            };
            if closes && let Some(mutual) = open.pop_if(is_mutual) {
                found.scopes[mutual.scope].end = Some(at);
            }
            if command.kind == CommandKind::End {
                found.end(at, parts(name).len(), &mut open);
            }
            let current = open.last().map(|open| open.scope);
            found.inside.push(current);
            let kind = match command.kind {
                CommandKind::Mutual => Some(ScopeKind::Mutual),
                CommandKind::Scope if tokens[command.keyword].text(text) == "namespace" => {
                    Some(ScopeKind::Namespace)
                }
                CommandKind::Scope => Some(ScopeKind::Section),
                _ => None,
            };
            if let Some(kind) = kind {
                open.push(Open {
                    scope: found.scopes.len(),
                    kind,
                    parts: parts(name),
                });
                found.scopes.push(Scope {
                    parent: current,
                    opener: at,
                    narrowed: Vec::new(),
                    end: None,
                });
            }
            if matches!(command.kind, CommandKind::Scope | CommandKind::End) {
                let named = open.iter().filter(|one| one.kind == ScopeKind::Namespace);
                let path: Vec<&str> = named.flat_map(|one| one.parts.iter().copied()).collect();
                namespace = path.join(".").into();
            }
        }
        found.namespaces.push(namespace);
        found
    }

    /// Ends `left` parts of what is open.
    fn end(&mut self, at: usize, mut left: usize, open: &mut Vec<Open<'_>>) {
        while left > 0
            && let Some(last) = open.last_mut()
        {
            let scope = &mut self.scopes[last.scope];
            match last.parts.len().checked_sub(left) {
                Some(rest) if rest > 0 => {
                    scope.narrowed.push(at);
                    last.parts.truncate(rest);
                    return;
                }
                _ => {
                    scope.end = Some(at);
                    left -= last.parts.len();
                    open.pop();
                }
            }
        }
    }

    /// The scopes around a command, the innermost first.
    pub fn around(&self, command: usize) -> impl Iterator<Item = usize> {
        let scopes = &self.scopes;
        std::iter::successors(self.inside[command], |scope| scopes[*scope].parent)
    }

    /// The scope that a command opens.
    pub fn opened_by(&self, command: usize) -> Option<usize> {
        let at = self
            .scopes
            .binary_search_by_key(&command, |scope| scope.opener);
        at.ok()
    }

    /// The namespace that a command stands in, such as `A.B`; empty outside all.
    pub fn namespace(&self, command: usize) -> &str {
        &self.namespaces[command]
    }

    /// The namespace at the text's end.
    pub fn last_namespace(&self) -> &str {
        self.namespaces.last().map_or("", |last| last)
    }

    /// Whether a `mutual` is open before a command.
    pub(crate) fn is_in_mutual(&self, command: usize) -> bool {
        self.in_mutual[command]
    }
}

/// The parts of a name, cut at its dots; a name that is empty has one.
pub fn parts(name: &str) -> Vec<&str> {
    let mut quoted = false;
    let parts = name.split(|c: char| {
        quoted = c == '«' || (quoted && c != '»');
        c == '.' && !quoted
    });
    parts.collect()
}

#[cfg(test)]
mod tests;
