/-! Holes in the middle of a proof: what is left when the plan is there and the steps are not. -/

theorem have_step (a b c : Nat) (hab : a ≤ b) (hbc : b ≤ c) : a * 2 ≤ c * 2 := by
  have hac : a ≤ c := by sorry
  exact Nat.mul_le_mul_right 2 hac

theorem two_steps (a b : Nat) (h : a = b + 1) : a * a = b * b + 2 * b + 1 := by
  have expand : (b + 1) * (b + 1) = b * b + 2 * b + 1 := sorry
  rw [h]
  sorry

theorem by_calc (a b c d : Nat) (h₁ : a = b + c) (h₂ : c = d) (h₃ : b = 2 * d) : a = 3 * d := by
  calc
    a = b + c := sorry
    _ = b + d := by sorry
    _ = 3 * d := by
      sorry

theorem by_bullets (p q : Prop) : p ∧ q ↔ q ∧ p := by
  constructor
  · intro h
    sorry
  · sorry

theorem by_match (b c : Bool) : (b && c) = (c && b) :=
  match b, c with
  | true, true => rfl
  | true, false => sorry
  | false, true => by sorry
  | false, false => sorry

theorem by_cases_on (n : Nat) : n = 0 ∨ ∃ m, n = m + 1 := by
  cases n with
  | zero => sorry
  | succ m =>
    sorry

theorem by_induction (n : Nat) : n * 0 = 0 := by
  induction n with
  | zero => rfl
  | succ n ih => sorry

theorem by_pattern : ∀ n : Nat, 0 + n = n
  | 0 => rfl
  | n + 1 => by sorry

theorem with_obtain (n : Nat) (h : ∃ k, n = 4 * k) : n % 2 = 0 := by
  obtain ⟨k, hk⟩ := h
  sorry

theorem with_suffices (a b : Nat) (h : a + 0 = b) : b = a := by
  suffices a = b by
    sorry
  simpa using h

theorem with_show (xs : List Nat) (h : xs ≠ []) : 0 < xs.length := by
  show xs.length > 0
  sorry

theorem as_lambda : ∀ a b : Nat, a < b → ¬b < a :=
  fun a b h hba => sorry

theorem as_pair (p q : Prop) (hp : p) (hq : q) : p ∧ q ∧ p :=
  ⟨hp, sorry, hp⟩

theorem both_sides (a b : Nat) (h : a = b) : a ≤ b ∧ b ≤ a := by
  constructor <;> sorry

theorem uses_where (n : Nat) : n < n + 2 :=
  Nat.lt_trans (step n) (step (n + 1))
where
  step (k : Nat) : k < k + 1 := by
    sorry

/-- An index whose proof is missing. -/
def lastOf (xs : Array Nat) (h : 0 < xs.size) : Nat :=
  xs[xs.size - 1]'(by sorry)

/-- A recursion whose termination is missing. -/
def halvings (n : Nat) : Nat :=
  if h : n < 2 then 0 else halvings (n / 2) + 1
termination_by n
decreasing_by sorry

def boundedBelow (n : Nat) : { m : Nat // n ≤ m } :=
  ⟨n + 1, sorry⟩
