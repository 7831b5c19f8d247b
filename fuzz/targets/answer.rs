//! A model's answer: the same candidate in whatever pieces it comes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use unsorry_prover::answer::{self, StopDetector};
use unsorry_prover::{Context, Goal, HoleKind};

fuzz_target!(|input: (&str, u8, bool, bool)| {
    let (text, size, tactic, complete) = input;
    let (kind, before) = match tactic {
        true => (HoleKind::Tactic, "theorem t : 1 = 1 := by\n  "),
        false => (HoleKind::Term, "theorem t : 1 = 1 := "),
    };
    let context = Context {
        before: before.to_owned(),
        after: "\n".to_owned(),
        declaration: 0,
    };
    let goal = Goal::parse(kind, &["⊢ 1 = 1".to_owned()], Vec::new(), context).expect("a goal");
    let _ = answer::whole(&goal, text);
    let _ = answer::plan_so_far(text);
    let cut = |size: usize| {
        let mut detector = StopDetector::new(&goal);
        let chars: Vec<char> = text.chars().collect();
        for piece in chars.chunks(size) {
            if detector.push(&piece.iter().collect::<String>()) {
                break;
            }
        }
        detector.finish(complete)
    };
    assert_eq!(cut(usize::from(size).max(1)), cut(1));
});
