//! A candidate that takes all its time, or kills Lean, beside others: these have their verdicts all the same.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use unsorry_tests::engine::Engine;

use crate::search::proved;

/// The number of candidates, one of which proves the goal.
const ALL: usize = 16;

/// Lean's kernel counts no heartbeats while it decides this, nor hears that nobody waits.
const HANGS: &str = "have : ∀ a b c d : Fin 60, a + b + c + d = d + c + b + a := by decide +kernel
  exact wrong";

const PROOF: &str = "have h : n % 4 = 0 ∨ n % 4 = 1 ∨ n % 4 = 2 ∨ n % 4 = 3 := by omega
  rcases h with h | h | h | h <;> simp [Nat.mul_mod, h]";

/// Has a hole proved with candidates that begin as `before` says, the fourth of which hangs. The proof is the
/// last.
fn check(source: &str, before: &str) {
    let (next, before) = (AtomicUsize::new(0), before.to_owned());
    let engine = Engine::start(Duration::ZERO, move |_| {
        let text = match next.fetch_add(1, Ordering::Relaxed) {
            3 => HANGS.to_owned(),
            at if at + 1 == ALL => PROOF.to_owned(),
            at => format!("have : n = {at} := by omega\n  exact wrong{at}"),
        };
        vec![format!("\n  {before}{text}\n```")]
    });
    let config = format!(
        "[search]\nengines = ['remote-fast']\nrefute = false\npolish = '0s'\nbudget = '120s'\n\
         [[remote]]\nname = 'script'\nurl = '{}'\ncandidates = {ALL}\nseed = 1\nconcurrency = 1\n",
        engine.address
    );
    let hole = proved(source, &config);
    assert_eq!(hole["status"], "proved", "{hole:#}");
    // That it hangs takes seconds to find out, and not the time of every text that it is in.
    assert!(hole["seconds"].as_f64() < Some(60.0), "{hole:#}");
}

#[test]
fn one_that_hangs_costs_the_others_nothing() {
    let goal = "n * n % 4 = 0 ∨ n * n % 4 = 1";
    check(
        &format!("theorem squares (n : Nat) : {goal} := by\n  sorry\n"),
        "",
    );
    // Lean says nothing there before it is done with all.
    let inside = format!("theorem squares (n : Nat) : True ∧ ({goal}) := ⟨trivial, sorry⟩\n");
    check(&inside, "by\n  ");
}
