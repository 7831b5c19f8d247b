//! A declaration above a hole, as far as a candidate may use it.

use unsorry_syntax::{DeclarationKind, outside_brackets};

use crate::portfolio::shape::names;

#[derive(Debug, Clone)]
pub(in crate::portfolio) struct FileDeclaration {
    pub(in crate::portfolio) kind: DeclarationKind,
    /// The name as a candidate at the hole can write it.
    pub(in crate::portfolio) name: String,
    /// The text after the keyword, without comments.
    pub(in crate::portfolio) text: String,
}

impl FileDeclaration {
    /// The name's last part.
    pub(in crate::portfolio) fn last(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    /// The text after the `:=`, or from the first `|`.
    pub(in crate::portfolio) fn body(&self) -> &str {
        let cut = outside_brackets(&self.text).find_map(|token| match token.text(&self.text) {
            ":=" => Some(token.range.end),
            "|" => Some(token.range.start),
            _ => None,
        });
        let cut = cut.unwrap_or(self.text.len());
        &self.text[cut..]
    }

    /// Whether `simp` could unfold the definition for ever: it calls itself under no pattern.
    pub(in crate::portfolio) fn loops(&self) -> bool {
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

    pub(in crate::portfolio) fn is_theorem(&self) -> bool {
        matches!(
            self.kind,
            DeclarationKind::Theorem | DeclarationKind::Example
        )
    }

    /// Whether a theorem's text has no hole of its own.
    pub(super) fn finished(&self) -> bool {
        !names(&self.text).any(|name| matches!(name, "sorry" | "admit"))
    }
}

/// Whether `name` in a goal can stand for the declaration: a namespace may be open, and
/// `t.mirror.size` may stand for `Tree.size (Tree.mirror t)`.
pub(super) fn names_it(name: &str, declaration: &FileDeclaration) -> bool {
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
