//! Which characters make an identifier.

/// Lean's `isLetterLike`.
fn is_letter_like(c: char) -> bool {
    matches!(c,
        'α'..='ω' if c != 'λ')
        || matches!(c, 'Α'..='Ω' if c != 'Π' && c != 'Σ')
        || matches!(c,
            '\u{3ca}'..='\u{3fb}'
            | '\u{1f00}'..='\u{1ffe}'
            | '\u{2100}'..='\u{214f}'
            | '\u{1d49c}'..='\u{1d59f}'
            | '\u{c0}'..='\u{ff}'
            | '\u{100}'..='\u{17f}' if c != '×' && c != '÷')
}

fn is_subscript(c: char) -> bool {
    matches!(c, '\u{2080}'..='\u{2089}' | '\u{2090}'..='\u{209c}' | '\u{1d62}'..='\u{1d6a}' | '\u{2c7c}')
}

/// Lean's `isIdFirst`.
pub(crate) fn is_identifier_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || is_letter_like(c)
}

/// Lean's `isIdRest`.
pub fn is_identifier_rest(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '_' | '\'' | '!' | '?')
        || is_letter_like(c)
        || is_subscript(c)
}
