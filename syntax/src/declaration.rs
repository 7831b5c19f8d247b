//! The declarations of a Lean text.

use std::ops::Range;

use crate::command::{Command, commands};
use crate::keyword::{CommandKind, DeclarationKind};
use crate::lexer::Token;
use crate::scope::Scopes;

/// A declaration and its parts, as bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The whole of it, from its doc comment, attributes, modifiers or `… in` prefix to its last token.
    pub extent: Range<usize>,
    /// The declaration, or the whole `mutual … end` around it: what is kept whole when the text is cut after
    /// the declaration.
    pub block: Range<usize>,
    /// `theorem`, `def`, …
    pub keyword: Range<usize>,
    /// The declared name, as written.
    pub name: Option<Range<usize>>,
    /// The kind of the declaration.
    pub kind: DeclarationKind,
}

/// The declarations among the tokens of `text`, in order. None is found after an `#exit`.
pub fn declarations(text: &str, tokens: &[Token]) -> Vec<Declaration> {
    declarations_and_cuts(text, tokens).0
}

/// The declarations, and where the text can be cut: what is found between two cuts, or behind the last,
/// is found there whatever stands before. They are in order, each at the start of a line.
pub(crate) fn declarations_and_cuts(
    text: &str,
    tokens: &[Token],
) -> (Vec<Declaration>, Vec<usize>) {
    let commands = commands(text, tokens);
    let scopes = Scopes::of(text, tokens, &commands);
    let mut built: Vec<Declaration> = Vec::new();
    let mut cuts = Vec::new();
    // For each `mutual` with declarations, its scope and the first of them.
    let mut mutuals: Vec<(usize, usize)> = Vec::new();
    for (at, command) in commands.iter().enumerate() {
        let first = &tokens[command.tokens.start];
        let in_mutual = scopes.is_in_mutual(at);
        if command.sure && first.column == 0 && !in_mutual {
            cuts.push(first.range.start);
        }
        let CommandKind::Declaration(kind) = command.kind else {
            continue;
        };
        if let Some(scope) = scopes.inside[at].filter(|_| in_mutual)
            && mutuals.last().is_none_or(|(last, _)| *last != scope)
        {
            mutuals.push((scope, built.len()));
        }
        built.push(declaration(command, kind, tokens));
    }
    for (scope, first) in mutuals {
        let scope = &scopes.scopes[scope];
        let start = tokens[commands[scope.opener].tokens.start].range.start;
        let own = |declaration: &&mut Declaration| {
            let end = scope
                .end
                .map(|end| tokens[commands[end].tokens.start].range.start);
            end.is_none_or(|end| declaration.extent.start < end)
        };
        let own: Vec<&mut Declaration> = built[first..].iter_mut().take_while(own).collect();
        let last = own.last().map_or(start, |last| last.extent.end);
        // Other commands than a plain `end` only show that it was never closed.
        let end = scope.end.map(|end| &commands[end]);
        let end = end.filter(|end| end.kind == CommandKind::End && end.name.is_none());
        let end = end.map_or(last, |end| tokens[end.keyword].range.end);
        for declaration in own {
            declaration.block = start..end;
        }
    }
    (built, cuts)
}

fn declaration(command: &Command, kind: DeclarationKind, tokens: &[Token]) -> Declaration {
    let extent = command.extent(tokens);
    Declaration {
        block: extent.clone(),
        extent,
        keyword: tokens[command.keyword].range.clone(),
        name: command.name.map(|name| tokens[name].range.clone()),
        kind,
    }
}

#[cfg(test)]
mod tests;
