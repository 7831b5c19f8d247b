//! The outline of a text: everything that is read off it at once.

use super::{Declaration, Hole, LineIndex, Token, declarations, holes, lex};

/// A text's tokens and what was found among them, made in one pass over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// All tokens, comments included.
    pub tokens: Vec<Token>,
    /// The declarations, in order.
    pub declarations: Vec<Declaration>,
    /// The holes, in order.
    pub holes: Vec<Hole>,
    /// Offsets to positions and back.
    pub lines: LineIndex,
}

impl Outline {
    /// The outline of `text`.
    pub fn of(text: &str) -> Self {
        let tokens = lex(text);
        let declarations = declarations(text, &tokens);
        let holes = holes(text, &tokens, &declarations);
        Self {
            tokens,
            declarations,
            holes,
            lines: LineIndex::new(text),
        }
    }

    /// The declaration that a hole stands in.
    pub fn declaration_of(&self, hole: &Hole) -> &Declaration {
        &self.declarations[hole.declaration]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scraps::text;
    use crate::{Scopes, commands};
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]
        /// Tokens cover the text, commands cover the tokens from the first of them on, and what is read
        /// off both agrees.
        #[test]
        fn every_reader_agrees(text in text(60)) {
            let outline = Outline::of(&text);
            let tokens = &outline.tokens;
            let mut end = 0;
            for token in tokens {
                prop_assert!(end <= token.range.start && token.range.start < token.range.end);
                prop_assert!(text[end..token.range.start].trim().is_empty());
                end = token.range.end;
            }
            prop_assert!(text[end..].trim().is_empty());

            let commands = commands(&text, tokens);
            for pair in commands.windows(2) {
                prop_assert_eq!(pair[0].tokens.end, pair[1].tokens.start);
            }
            let declared = |command: &&crate::Command| {
                matches!(command.kind, crate::keyword::CommandKind::Declaration(_))
            };
            let declared: Vec<_> = commands.iter().filter(declared).collect();
            prop_assert_eq!(declared.len(), outline.declarations.len());
            for (command, declaration) in declared.iter().zip(&outline.declarations) {
                prop_assert!(command.tokens.contains(&command.keyword));
                prop_assert_eq!(command.extent(tokens), declaration.extent.clone());
                prop_assert_eq!(&tokens[command.keyword].range, &declaration.keyword);
                let name = declaration.name.clone().map_or("", |name| &text[name]);
                prop_assert_eq!(command.name(&text, tokens), name);
                let Declaration { block, extent, .. } = declaration;
                prop_assert!(block.start <= extent.start && extent.end <= block.end);
            }
            for hole in &outline.holes {
                let home = &outline.declaration_of(hole).extent;
                prop_assert!(home.start <= hole.range.start && hole.range.end <= home.end);
                let token = tokens.iter().find(|token| token.range == hole.range);
                prop_assert!(token.is_some_and(|token| crate::hole::is_hole(token.word(&text))));
            }

            let scopes = Scopes::of(&text, tokens, &commands);
            for (at, scope) in scopes.scopes.iter().enumerate() {
                prop_assert!(scope.parent.is_none_or(|parent| parent < at));
                prop_assert!(scope.end.is_none_or(|end| scope.opener < end));
                prop_assert_eq!(scopes.inside[scope.opener], scope.parent);
                for command in 0..commands.len() {
                    let inside = scope.opener < command && scope.end.is_none_or(|end| command < end);
                    prop_assert_eq!(scopes.around(command).any(|one| one == at), inside);
                }
            }
        }
    }

    #[test]
    fn a_long_file_is_read_in_one_go() {
        let mut text = String::from("import Foo\n\nnamespace Long\n");
        for n in 0..500 {
            text.push_str(&format!(
                "\n/-- About {n}. -/\n@[simp] theorem t{n} : True := by\n"
            ));
            for step in 0..34 {
                text.push_str(&format!(
                    "  have h{step} (x : Nat) : x + {step} = {step} + x := by omega\n"
                ));
            }
            text.push_str("  sorry\n");
        }
        text.push_str("\nend Long\n");
        let outline = Outline::of(&text);
        assert!(outline.lines.lines() > 18_000);
        assert_eq!(
            (outline.declarations.len(), outline.holes.len()),
            (500, 500)
        );
        let hole = &outline.holes[499];
        assert!(
            outline
                .declaration_of(hole)
                .extent
                .contains(&hole.range.start)
        );
    }
}
