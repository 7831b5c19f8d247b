/-! Propositions and quantifiers, each with a proof still to be written. -/

variable (p q r : Prop)

theorem and_swap (h : p ∧ q) : q ∧ p := by
  sorry

theorem or_swap (h : p ∨ q) : q ∨ p := by
  sorry

theorem and_or_distrib : p ∧ (q ∨ r) ↔ (p ∧ q) ∨ (p ∧ r) := by
  sorry

theorem curry : (p ∧ q → r) ↔ (p → q → r) := by
  sorry

/-- The half of De Morgan that needs no classical logic … -/
theorem not_or_of : ¬(p ∨ q) ↔ ¬p ∧ ¬q := by
  sorry

/-- … and the half that does. -/
theorem not_and_of : ¬(p ∧ q) → ¬p ∨ ¬q := by
  sorry

theorem contrapositive (h : p → q) : ¬q → ¬p :=
  sorry

theorem peirce : ((p → q) → p) → p := by
  sorry

theorem excluded_middle_irrefutable : ¬¬(p ∨ ¬p) := by
  sorry

theorem trans_imp (hpq : p → q) (hqr : q → r) : p → r :=
  sorry

section Quantifiers

variable {α : Type} (P Q : α → Prop)

theorem forall_and_split : (∀ x, P x ∧ Q x) ↔ (∀ x, P x) ∧ ∀ x, Q x := by
  sorry

theorem exists_or_split (h : ∃ x, P x ∨ Q x) : (∃ x, P x) ∨ ∃ x, Q x := by
  sorry

theorem none_of_forall_not (h : ∀ x, ¬P x) : ¬∃ x, P x := by
  sorry

theorem some_not_of_not_forall (h : ¬∀ x, P x) : ∃ x, ¬P x := by
  sorry

theorem forall_imp_exists (a : α) (h : ∀ x, P x) : ∃ x, P x :=
  sorry

theorem swap_quantifiers (R : α → α → Prop) (h : ∃ x, ∀ y, R x y) : ∀ y, ∃ x, R x y := by
  sorry

end Quantifiers

theorem some_square : ∃ n : Nat, n * n = 49 := by
  sorry

theorem pythagoras : ∃ a b c : Nat, 0 < a ∧ 0 < b ∧ a * a + b * b = c * c :=
  ⟨3, 4, 5, sorry⟩
