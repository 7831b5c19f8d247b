//! How Lean shows names.

use std::fmt;

use crate::{Name, NameId, Terms};

impl Terms {
    /// The name as Lean shows it: parts with dots between, in guillemets where they are no identifiers. What is in
    /// guillemets is shown as it is, control characters too, and two names may look the same.
    pub fn show_name(&self, name: NameId) -> impl fmt::Display {
        Shown { terms: self, name }
    }
}

struct Shown<'t> {
    terms: &'t Terms,
    name: NameId,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut rest = self.name;
        loop {
            let name = self.terms.name(rest);
            match name {
                Name::Anonymous => break,
                Name::Str(prefix, _) | Name::Num(prefix, _) => rest = *prefix,
            }
            parts.push(name);
        }
        if parts.is_empty() {
            return f.write_str("[anonymous]");
        }
        for (index, part) in parts.iter().rev().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            match part {
                Name::Str(_, text) if is_plain(text) => f.write_str(text)?,
                Name::Str(_, text) => write!(f, "«{text}»")?,
                Name::Num(_, number) => write!(f, "{number}")?,
                Name::Anonymous => {}
            }
        }
        Ok(())
    }
}

/// Whether Lean reads a part of a name without guillemets.
fn is_plain(text: &str) -> bool {
    let mut rest = text.chars();
    rest.next().is_some_and(begins_identifier) && rest.all(continues_identifier)
}

fn begins_identifier(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || is_letter_like(c)
}

fn continues_identifier(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '_' | '\'' | '!' | '?')
        || is_letter_like(c)
        || is_subscript(c)
}

/// Lean's `isLetterLike`.
fn is_letter_like(c: char) -> bool {
    match c {
        'λ' | 'Π' | 'Σ' | '×' | '÷' => false,
        'α'..='ω' | 'Α'..='Ω' | '\u{3ca}'..='\u{3fb}' | '\u{1f00}'..='\u{1ffe}' => true,
        '\u{2100}'..='\u{214f}' | '\u{1d49c}'..='\u{1d59f}' | 'À'..='ÿ' | 'Ā'..='ſ' => true,
        _ => false,
    }
}

/// Lean's `isSubScriptAlnum`.
fn is_subscript(c: char) -> bool {
    matches!(c, '₀'..='₉' | '\u{2090}'..='\u{209c}' | '\u{1d62}'..='\u{1d6a}' | '\u{2c7c}')
}

#[cfg(test)]
mod tests {
    use crate::{Name, NameId, Terms};

    #[test]
    fn names_are_shown_as_lean_shows_them() {
        let mut terms = Terms::default();
        let check = |terms: &Terms, name: NameId, expected: &str| {
            assert_eq!(terms.show_name(name).to_string(), expected);
        };
        check(&terms, NameId::ANONYMOUS, "[anonymous]");
        let name = terms.intern_dotted("Foo.bar'");
        check(&terms, name, "Foo.bar'");
        let number = terms.intern_name(Name::Num(name, Box::new(7_u32.into())));
        check(&terms, number, "Foo.bar'.7");
        for (text, expected) in [
            ("α₁", "α₁"),
            ("é!", "é!"),
            ("x y", "«x y»"),
            ("1", "«1»"),
            ("", "«»"),
            ("a.b", "«a.b»"),
            ("λ", "«λ»"),
        ] {
            let name = terms.intern_str(NameId::ANONYMOUS, text);
            check(&terms, name, expected);
        }
    }
}
