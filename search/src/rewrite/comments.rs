//! A proof's text without its comments. Pure.

use unsorry_syntax::lex;

use crate::gate::MAX_CANDIDATE_BYTES;

/// The candidate without its comments, which the gate refuses: a model's remarks are not part of
/// its proof. A line that held nothing else goes.
pub fn without_comments(candidate: &str) -> String {
    if candidate.len() > MAX_CANDIDATE_BYTES {
        return candidate.to_owned(); // Nobody reads it.
    }
    let mut kept = String::with_capacity(candidate.len());
    let mut from = 0;
    let tokens = lex(candidate);
    for token in tokens.iter().filter(|token| !token.is_code()) {
        kept.push_str(&candidate[from..token.range.start]);
        from = token.range.end;
        let alone = kept
            .rsplit('\n')
            .next()
            .is_none_or(|line| line.trim().is_empty());
        let rest = &candidate[from..];
        let line_end = rest.find('\n').unwrap_or(rest.len());
        if rest[..line_end].trim().is_empty() {
            if alone {
                kept.truncate(kept.rfind('\n').map_or(0, |newline| newline + 1));
                from += (line_end + 1).min(rest.len());
            } else {
                kept.truncate(kept.trim_end().len());
                from += line_end;
            }
        } else if !alone {
            kept.push(' ');
        }
    }
    kept.push_str(&candidate[from..]);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unsorry_syntax::lexer::Token;

    #[test]
    fn comments_can_be_cut_out() {
        let cut = |text: &str| without_comments(text);
        assert_eq!(cut("-- first\nsimp -- why\n  -- alone\nrfl"), "simp\nrfl");
        assert_eq!(
            cut("simp /- a -/ [b]\n/- c\nd -/\nrfl -- e"),
            "simp   [b]\nrfl"
        );
        assert_eq!(cut("exact \"-- a\"\n/- b -/ rfl"), "exact \"-- a\"\n rfl");
    }

    proptest! {
        #[test]
        fn all_else_stays(candidate in candidates()) {
            let code = |text: &str| -> Vec<String> {
                let code = lex(text).into_iter().filter(Token::is_code);
                code.map(|token| token.text(text).to_owned()).collect()
            };
            prop_assert_eq!(code(&without_comments(&candidate)), code(&candidate));
        }
    }

    fn candidates() -> impl Strategy<Value = String> {
        let parts = "sorry simp by « » \" { } s! x! throwError /- -/ -- ( ) . ' ` `` # @[ ] r#\" \"# \\ open in ⁻¹'";
        let parts: Vec<_> = parts.split(' ').chain([" ", "\n"]).collect();
        proptest::collection::vec(proptest::sample::select(parts), 0..10)
            .prop_map(|parts| parts.concat())
    }
}
