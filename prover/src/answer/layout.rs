//! An answer's lines, moved so that the first stands at column 0.

use unsorry_syntax::{Token, lex};

/// `text` without comments and empty lines, its first line at column 0 and the others where they
/// were beside it; `first` is the column that the text starts at.
///
/// Lines left of the first (it may have started in the middle of a line) are moved together, so
/// that the leftmost stands two columns right of it.
pub(super) fn laid_out(text: &str, first: usize) -> String {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut end = 0;
    let mut commented = false;
    for token in lex(text) {
        if !token.is_code() {
            commented = true;
            continue;
        }
        let gap = &text[end..token.range.start];
        match lines.last_mut() {
            Some((_, line)) if !gap.contains('\n') => {
                *line += if commented { " " } else { gap };
                *line += token.text(text);
            }
            _ => {
                let started = text[..token.range.start].contains('\n');
                let column = token.column + if started { 0 } else { first };
                lines.push((column, token.text(text).to_owned()));
            }
        }
        end = token.range.end;
        commented = false;
    }
    let column = lines.first().map_or(0, |(column, _)| *column);
    let left = lines.iter().map(|(column, _)| *column).min().unwrap_or(0);
    let mut out = String::new();
    for (at, (own, line)) in lines.iter().enumerate() {
        if at > 0 {
            out.push('\n');
            let moved = match own.checked_sub(column) {
                Some(right) => right,
                None => own - left + 2,
            };
            out.extend(std::iter::repeat_n(' ', moved));
        }
        out += line;
    }
    out
}

/// Tactics without a `:=` and the `by`s that they begin with, and whether there was one.
pub(super) fn without_by(text: &str) -> (String, bool) {
    let tokens = lex(text);
    let code = tokens.iter().filter(|token| token.is_code());
    let starts = |token: &&Token| matches!(token.text(text), ":=" | "by");
    let Some(last) = code.take_while(starts).last() else {
        return (text.to_owned(), false);
    };
    let end = last.range.end;
    let line = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
    let column = text[line..end].chars().count();
    (laid_out(&text[end..], column), last.text(text) == "by")
}
