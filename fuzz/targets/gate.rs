//! The text that the gate lets through stays in its hole.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unsorry_syntax::Outline;
use unsorry_search::gate::gate;
use unsorry_search::rewrite::comments::without_comments;
use unsorry_prover::HoleKind;

fuzz_target!(|candidate: &str| {
    let _ = gate(HoleKind::Term, candidate);
    if gate(HoleKind::Tactic, candidate).is_ok() {
        let text = format!("theorem a : T := by\n{candidate}\ntheorem b : T := x");
        let outline = Outline::of(&text);
        assert_eq!(outline.declarations.len(), 2);
        assert!(outline.holes.is_empty());
        assert!(outline.tokens.iter().all(|token| token.terminated));
        assert_eq!(without_comments(candidate), candidate);
    }
});
