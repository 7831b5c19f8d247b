/-! Holes that no automation is going to fill: what is asked is hard, or false. -/

def IsPrime (p : Nat) : Prop := 1 < p ∧ ∀ d, d ∣ p → d = 1 ∨ d = p

-- Goldbach's conjecture.
theorem goldbach (n : Nat) (h : 1 < n) : ∃ p q, IsPrime p ∧ IsPrime q ∧ 2 * n = p + q := by
  sorry

def collatz (n : Nat) : Nat := if n % 2 = 0 then n / 2 else 3 * n + 1

-- Collatz's conjecture.
theorem collatz_reaches_one (n : Nat) (h : 0 < n) : ∃ k, Nat.repeat collatz k n = 1 := by
  sorry

-- Fermat's last theorem: true, and its proof is three and a half centuries younger.
theorem fermat (a b c n : Nat) (ha : 0 < a) (hb : 0 < b) (hn : 2 < n) :
    a ^ n + b ^ n ≠ c ^ n := by
  sorry

-- True, but it takes an idea: multiply the primes below and add one.
theorem infinitely_many_primes (n : Nat) : ∃ p, n < p ∧ IsPrime p := by
  sorry

-- The drinker's paradox: true, and the proof has to ask first whether everybody drinks.
theorem drinker {α : Type} [Inhabited α] (P : α → Prop) : ∃ x, P x → ∀ y, P y := by
  sorry

def Increasing (f : Nat → Nat) : Prop := ∀ a b, a < b → f a < f b

-- True, and the proof has to compare `a` with `b` first.
theorem Increasing.injective (f : Nat → Nat) (h : Increasing f) (a b : Nat) (e : f a = f b) :
    a = b := by
  sorry

-- False at zero: subtraction on `Nat` stops there.
theorem sub_add (n : Nat) : n - 1 + 1 = n := by
  sorry

-- False: lists are not commutative.
theorem append_comm (xs ys : List Nat) : xs ++ ys = ys ++ xs := by
  sorry

-- False: `p → q` says nothing of `q → p`. It stands last, because with it one could prove anything.
theorem converse (p q : Prop) (h : p → q) : q → p := by
  sorry
