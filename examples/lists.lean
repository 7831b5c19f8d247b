/-! Lists, arrays, strings and options. -/

section Library

variable {α β γ : Type}

theorem length_append_swap (xs ys : List α) : (xs ++ ys).length = (ys ++ xs).length := by
  sorry

theorem reverse_involutive (xs : List α) : xs.reverse.reverse = xs := by
  sorry

theorem map_comp (f : α → β) (g : β → γ) (xs : List α) :
    xs.map (g ∘ f) = (xs.map f).map g := by
  sorry

theorem length_filter_le' (p : α → Bool) (xs : List α) : (xs.filter p).length ≤ xs.length := by
  sorry

theorem mem_append_left' (x : α) (xs ys : List α) (h : x ∈ xs) : x ∈ xs ++ ys :=
  sorry

theorem head?_eq_none (xs : List α) : xs.head? = none ↔ xs = [] := by
  sorry

theorem take_append_drop' (n : Nat) (xs : List α) : xs.take n ++ xs.drop n = xs := by
  sorry

theorem foldl_succ (xs : List α) (n : Nat) :
    xs.foldl (fun k _ => k + 1) n = n + xs.length := by
  sorry

theorem cons_injective (x y : α) (xs ys : List α) (h : x :: xs = y :: ys) : x = y ∧ xs = ys := by
  sorry

theorem size_push (xs : Array α) (x : α) : (xs.push x).size = xs.size + 1 := by
  sorry

theorem option_bind_assoc (o : Option α) (f : α → Option β) (g : β → Option γ) :
    (o.bind f).bind g = o.bind fun x => (f x).bind g := by
  sorry

theorem option_map_id (o : Option α) : o.map id = o := by
  sorry

theorem getD_of_isSome (o : Option Nat) (h : o = some 3) : o.getD 0 = 3 := by
  sorry

theorem greeting : "hello, " ++ "world" = "hello, world" := by
  sorry

theorem a_lower : 'a'.isLower = true :=
  sorry

end Library

/-! Our own versions of what the library has. -/

def total : List Nat → Nat
  | [] => 0
  | x :: xs => x + total xs

theorem total_append (xs ys : List Nat) : total (xs ++ ys) = total xs + total ys := by
  sorry

theorem total_replicate (n x : Nat) : total (List.replicate n x) = n * x := by
  sorry

theorem le_total_of_mem (x : Nat) (xs : List Nat) (h : x ∈ xs) : x ≤ total xs := by
  sorry

def double {α : Type} : List α → List α
  | [] => []
  | x :: xs => x :: x :: double xs

theorem length_double {α : Type} (xs : List α) : (double xs).length = 2 * xs.length := by
  sorry

/-- Reverses with an accumulator. -/
def revOnto {α : Type} : List α → List α → List α
  | [], acc => acc
  | x :: xs, acc => revOnto xs (x :: acc)

theorem revOnto_eq {α : Type} (xs acc : List α) : revOnto xs acc = xs.reverse ++ acc := by
  sorry

def interleave {α : Type} : List α → List α → List α
  | [], ys => ys
  | xs, [] => xs
  | x :: xs, y :: ys => x :: y :: interleave xs ys

theorem length_interleave {α : Type} (xs ys : List α) :
    (interleave xs ys).length = xs.length + ys.length := by
  sorry
