/-! Structures, classes and inductive types of one's own. -/

@[ext] structure Point where
  x : Int
  y : Int

namespace Point

def add (a b : Point) : Point := ⟨a.x + b.x, a.y + b.y⟩

def swap (a : Point) : Point := ⟨a.y, a.x⟩

theorem add_comm (a b : Point) : a.add b = b.add a := by
  sorry

theorem swap_swap (a : Point) : a.swap.swap = a := by
  sorry

theorem swap_injective (a b : Point) (h : a.swap = b.swap) : a = b := by
  sorry

end Point

class Monoid' (α : Type) where
  one : α
  mul : α → α → α
  one_mul : ∀ a, mul one a = a
  mul_one : ∀ a, mul a one = a
  mul_assoc : ∀ a b c, mul (mul a b) c = mul a (mul b c)

/-- Points under addition. -/
instance : Monoid' Point where
  one := ⟨0, 0⟩
  mul := Point.add
  one_mul := by sorry
  mul_one := by sorry
  mul_assoc := by sorry

/-- Functions under composition. -/
instance {α : Type} : Monoid' (α → α) where
  one := fun x => x
  mul f g := fun x => f (g x)
  one_mul _ := sorry
  mul_one _ := sorry
  mul_assoc _ _ _ := sorry

/-- A number together with a bound. -/
structure Bounded where
  val : Nat
  limit : Nat
  le : val ≤ limit

def Bounded.raise (b : Bounded) : Bounded where
  val := b.val
  limit := b.limit + 1
  le := by
    sorry

inductive Colour where
  | red | green | blue
  deriving DecidableEq, BEq

def Colour.next : Colour → Colour
  | red => green
  | green => blue
  | blue => red

theorem Colour.next_next_next (c : Colour) : c.next.next.next = c := by
  sorry

theorem Colour.next_ne (c : Colour) : c.next ≠ c := by
  sorry

instance : LawfulBEq Colour where
  rfl := by sorry
  eq_of_beq := by sorry

inductive Tree (α : Type) where
  | leaf : Tree α
  | node : Tree α → α → Tree α → Tree α

namespace Tree

variable {α : Type}

def mirror : Tree α → Tree α
  | leaf => leaf
  | node l x r => node r.mirror x l.mirror

def size : Tree α → Nat
  | leaf => 0
  | node l _ r => l.size + 1 + r.size

def depth : Tree α → Nat
  | leaf => 0
  | node l _ r => max l.depth r.depth + 1

/-- The elements from left to right, in front of those of a list. -/
def onto : Tree α → List α → List α
  | leaf, xs => xs
  | node l x r, xs => l.onto (x :: r.onto xs)

theorem mirror_mirror (t : Tree α) : t.mirror.mirror = t := by
  sorry

theorem size_mirror (t : Tree α) : t.mirror.size = t.size := by
  sorry

theorem depth_le_size (t : Tree α) : t.depth ≤ t.size := by
  sorry

theorem length_onto (t : Tree α) (xs : List α) : (t.onto xs).length = t.size + xs.length := by
  sorry

theorem onto_append (t : Tree α) (xs ys : List α) : t.onto (xs ++ ys) = t.onto xs ++ ys := by
  sorry

end Tree

/-- Reachability by steps of two. -/
inductive Even : Nat → Prop
  | zero : Even 0
  | step {n : Nat} : Even n → Even (n + 2)

theorem even_four : Even 4 := by
  sorry

theorem Even.double (n : Nat) : Even (2 * n) := by
  sorry

theorem Even.mod_two {n : Nat} (h : Even n) : n % 2 = 0 := by
  sorry

theorem not_even_one : ¬Even 1 := by
  sorry
