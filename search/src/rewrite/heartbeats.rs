//! A proof's text without options that would lift Lean's limits. Pure.

use unsorry_syntax::lex;

use crate::gate::{MAX_CANDIDATE_BYTES, is_limit};

/// The candidate without each `set_option maxHeartbeats N in` or `maxRecDepth` whose number is no limit that the gate
/// lets through, such as the 0 that models like to begin with: it is tried under the limits of the user's own text.
pub fn within_heartbeats(candidate: &str) -> String {
    if candidate.len() > MAX_CANDIDATE_BYTES || !candidate.contains("set_option") {
        return candidate.to_owned();
    }
    let tokens = lex(candidate);
    let mut kept = String::with_capacity(candidate.len());
    let mut from = 0;
    for part in tokens.windows(4) {
        let [option, name, number, word] = part else {
            continue;
        };
        let text = |token: &unsorry_syntax::lexer::Token| token.text(candidate);
        // Another thing altogether the gate refuses.
        let lifts =
            text(option) == "set_option" && is_limit(text(name), text(number)) == Some(false);
        if !lifts || text(word) != "in" {
            continue;
        }
        kept.push_str(&candidate[from..option.range.start]);
        let rest = &candidate[word.range.end..];
        // What stands on the next line comes to stand where the option did.
        from = candidate.len() - rest.trim_start().len();
    }
    kept.push_str(&candidate[from..]);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lifts_the_limit_goes() {
        let check = |text, expected| assert_eq!(within_heartbeats(text), expected);
        check("set_option maxHeartbeats 0 in\nsimp\nrfl", "simp\nrfl");
        check("set_option maxHeartbeats 0 in simp", "simp");
        check(
            "intro h\n· set_option maxHeartbeats 99999999 in\n  simp",
            "intro h\n· simp",
        );
        check("set_option maxRecDepth 100000 in\nsimp", "simp");
        for same in [
            "set_option maxHeartbeats 400000 in\nsimp",
            "set_option maxRecDepth 2000 in\nsimp",
            "set_option warn.sorry 0 in\nsimp",
            "exact maxHeartbeats 0",
        ] {
            check(same, same);
        }
    }
}
