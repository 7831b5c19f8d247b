/-! Numbers: linear facts, remainders, small inductions. -/

theorem add_right_swap (a b c : Nat) : a + b + c = a + c + b := by
  sorry

theorem square_of_sum (a b : Nat) : (a + b) * (a + b) = a * a + 2 * (a * b) + b * b := by
  sorry

theorem sub_cancel (a b : Nat) (h : b ≤ a) : a - b + b = a := by
  sorry

theorem lt_double (n : Nat) (h : 0 < n) : n < 2 * n :=
  sorry

theorem between (a b c : Int) (hab : a < b) (hbc : b < c) : a + 1 < c := by
  sorry

theorem abs_nonneg_cases (x : Int) : 0 ≤ x ∨ 0 ≤ -x := by
  sorry

theorem max_of_le (a b : Nat) (h : a ≤ b) : max a b = b := by
  sorry

theorem min_add_max (a b : Nat) : min a b + max a b = a + b := by
  sorry

theorem mod_two (n : Nat) : n % 2 = 0 ∨ n % 2 = 1 := by
  sorry

theorem div_mod_four (n : Nat) : 4 * (n / 4) + n % 4 = n := by
  sorry

theorem two_pow_pos (n : Nat) : 0 < 2 ^ n := by
  sorry

/-- The sum `1 + 2 + … + n`. -/
def triangle : Nat → Nat
  | 0 => 0
  | n + 1 => triangle n + (n + 1)

theorem two_mul_triangle (n : Nat) : 2 * triangle n = n * (n + 1) := by
  sorry

theorem triangle_mono (n : Nat) : triangle n ≤ triangle (n + 1) := by
  sorry

theorem le_triangle (n : Nat) : n ≤ triangle n := by
  sorry

def IsEven (n : Nat) : Prop := ∃ k, n = 2 * k

theorem isEven_double (n : Nat) : IsEven (n + n) := by
  sorry

theorem IsEven.add {m n : Nat} (hm : IsEven m) (hn : IsEven n) : IsEven (m + n) := by
  sorry

theorem not_isEven_one : ¬IsEven 1 := by
  sorry

theorem dvd_sum (a b c : Nat) (hb : a ∣ b) (hc : a ∣ c) : a ∣ b + c := by
  sorry

theorem seventeen_prime : ∀ d, d < 17 → d ∣ 17 → d = 1 ∨ d = 0 := by
  sorry

theorem fin_bound (i : Fin 8) : i.val * 2 < 16 := by
  sorry

/-- A counter that saturates. -/
def bump (limit n : Nat) : Nat := if n < limit then n + 1 else limit

theorem bump_le (limit n : Nat) : bump limit n ≤ limit := by
  sorry

theorem even_or_odd (n : Nat) : (∃ k, n = 2 * k) ∨ ∃ k, n = 2 * k + 1 := by
  sorry
