namespace G001

theorem fact {α : Type} (a b m x : α) (f F : α → α) (hyp3 : ∀ u, f (F u) = u)
    (hyp4 : x = m) (hyp1 : x = b) (hyp2 : m = b) : f (F m) = m := by
  sorry

end G001

namespace G002

theorem lemma1_2 (a i m z : Nat) (f φ : Nat → Nat) (hm : i = a) (hn : i = m)
    (hr : f = φ) (ha : z = a) : f (φ m) = φ (φ m) := by
  sorry

end G002

namespace G003

inductive Color where
  | on | a2 | high | no

def after : Color → Color
  | .on => .high
  | .a2 => .no
  | .high => .high
  | .no => .a2

theorem swap : after (after .on) = .high := by
  sorry

end G003

namespace G004

theorem foo_28 (a m : Nat) (hy : a * a ≠ m + 2) : m + 2 ≠ a * a := by
  sorry

end G004

namespace G005

theorem prop_b_1 (k a n m : Nat) (H1 : k ≤ n) (H2 : m * m < k + 8) : 9 * k ≤ 9 * n :=
  sorry

end G005

namespace G006

inductive Switch where
  | a2 | green | yes

def turn : Switch → Switch
  | .a2 => .green
  | .green => .yes
  | .yes => .a2

theorem foo_78 (s : Switch) : turn s ≠ s := by
  sorry

end G006

namespace G007

theorem main : ∃ z : Nat, 7 + z = 14 := sorry

end G007

namespace G008

theorem prop_b_2 (n i x b : Nat) (he : i < x) (hb : 13 < b) (hs : x + 7 = 9)
    (hf : b ≤ i ∧ (2 < b + 7 ∨ n < b + b) ∧ (¬ 10 ≤ b)) : 2 < b + 7 ∨ n < b + b := by
  have res : 2 < b + 7 ∨ n < b + b := by sorry
  exact res

end G008

namespace G009

theorem goal_1 (k y z m : Nat) (h1 : z + 3 ≤ 5) (h2 : k + 6 < k + 7)
    (h3 : m * 7 < y) : y + 17 = 17 + y := sorry

end G009

namespace G010

theorem check (r p q : Prop) (key : (¬ r) ∧ r ∧ q) : q := by
  sorry

end G010

namespace G011

theorem main_53 (z n c k : Nat) (h1 : k * c = 5) (h2 : z % 3 = 2) (h3 : z ≤ 13)
    (h4 : 8 ≤ c) : (z + 1) % 3 = 0 := by
  sorry

end G011

namespace G012

theorem three_1 (z y x : Nat) (ha : 2 * z = 18) : z = 9 := by
  sorry

end G012

namespace G013

theorem thm_2 (b a : Int) (hs : a + 8 ≤ 12) (hc : a + 8 ≤ 12 → b = a) : b = a := by sorry

end G013

namespace G014

theorem lemma1_2 (c a i : Nat) (hg : c % 6 = 5) (hc : i ≤ a + 3) : (c + 1) % 6 = 0 := by
  sorry

end G014

namespace G015

structure Point where
  top : Nat
  key : Nat
  pos : 5 < top
  le : top + 2 ≤ key

theorem lemma2 (w : Point) : 7 < w.key := by
  sorry

end G015

namespace G016

theorem simple' : ∃ z a : Nat, z = 10 ∧ a = 9 := by
  show ∃ z a : Nat, z = 10 ∧ a = 9
  sorry

end G016

namespace G017

theorem aux' {β : Type} (S Q : β → Prop) (y x : β) (ht : S x)
    (hy : ∃ k, (Q y → S k) ∧ Q k) : ∃ k, (Q y → S k) := by
  have hk : ∃ k, (Q y → S k) := by
    sorry
  exact hk

end G017

namespace G018

def acc : Nat → Nat
  | 0 => 3
  | x + 1 => acc x + 1

theorem aux_1 (x : Nat) : acc (x + 1) = acc x + 1 :=
  sorry

end G018

namespace G019

inductive Step : Nat → Prop where
  | mk (n : Nat) : Step n → Step (3 * n)
  | start : Step 8
  | refl (n : Nat) : Step n → Step (n + 6)

theorem thm_2 : Step 8 := sorry

end G019

namespace G020

def weight : List Nat → Nat
  | [] => 0
  | x :: as => weight as + 4 * x

theorem lemma1 (as bs : List Nat) : weight (as ++ bs) = weight as + weight bs := by
  sorry

end G020

namespace G021

def k (n : Nat) : Nat := 6 * n + 2

theorem last (n : Nat) : 2 ≤ k n := by
  unfold k
  omega

theorem aux (n : Nat) : k n = 2 + 6 * n := by
  unfold k
  omega

theorem main_2 (b : Nat) : 2 ≤ k (b + 2) := by
  sorry

end G021

namespace G022

theorem next' : ∃ i k : Nat, i = 6 ∧ k = 3 := by
  sorry

end G022

namespace G023

theorem foo' (b x n : Nat) (e1 : n + x < x)
    (hb : x = x + b) : x = x + b ∧ ((b * n ≤ n + 3 ∨ x < n) ∧ (¬ n ≤ n + 8) → (¬ n ≤ n + 8)) := by
  refine ⟨hb, ?_⟩
  sorry

end G023

namespace G024

def grow : Nat → Nat
  | 0 => 1
  | m + 1 => grow m + 8

theorem whole (m : Nat) : grow (m + 1) = grow m + 8 := by
  sorry

end G024

namespace G025

def f : List Nat → Nat
  | [] => 0
  | _ :: l => f l + 1

theorem lift_1 (l r : List Nat) : f (l ++ r) = f l + f r := by
  sorry

end G025

namespace G026

example {α : Type} (a i n x : α) (g f : α → α) (h1 : n = a) (h2 : x = n)
    (h3 : f a = a) : g (f a) = g a := by
  sorry

end G026

namespace G027

theorem small' (b z x : Int) (key : z + b = x ∧ x * x < 0)
    (e2 : (¬ z ≤ b) → x < x + 5) (hp : (z + b = x ∧ x * x < 0) → (¬ z ≤ b)) (hr : 14 ≤ z) (hm : 9 = x + 3) : x < x + 5 := by
  have res : x < x + 5 := sorry
  exact res

end G027

namespace G028

theorem turn {α : Type} (R P : α → Prop) (b i : α) (hb : P b ↔ (¬ R b))
    (e2 : P i) : (¬ R b) ↔ P b := by
  sorry

end G028

namespace G029

theorem foo' {α : Type} (Q R : α → Prop) (z b k : α) (hq : R k ∧ Q k)
    (hx : Q z ∧ Q b) : (Q z ∧ Q b) ∧ (R k ∧ Q k) := by
  show (Q z ∧ Q b) ∧ (R k ∧ Q k)
  sorry

end G029

namespace G030

theorem link_1 (z b x : Nat) (hy : b * b ≤ b) (hc : b ≤ b * b) : b * b = b := by
  sorry

end G030

namespace G031

theorem key_2 (p q r : Prop) (ha : r) (hc : (r ↔ p) ↔ q) (hn : q ∨ p) : q ↔ (r ↔ p) := by
  sorry

end G031

namespace G032

theorem split_1 {α : Type} (P R S : α → Prop) (m z : α) (H5 : R m ∨ P z)
    (H3 : (¬ S z) → (S m ↔ R m) → R z) (H1 : ¬ S z) (H2 : S m ↔ R m) (H4 : R z → (R m ∨ P z) → R m) : R m := sorry

end G032

namespace G033

theorem fact {α : Type} (i j y z : α) (k f : α → α) (h3 : z = j) (h2 : i = k (f y))
    (h4 : k (f y) = j) (h1 : j = i) : k i = k j ∧ j = i := by
  constructor
  · sorry
  · exact h1

end G033

namespace G034

theorem foo_1 (c a i n : Nat) : 0 * c = 0 :=
  sorry

end G034

namespace G035

theorem result_1 {α : Type} (S P Q : α → Prop) (k a : α) (hyp1 : S k)
    (hyp2 : S k ↔ (P k ∨ P k)) (hyp3 : Q k) (hyp4 : P k) : P k ∨ P k := by
  sorry

end G035

namespace G036

theorem small_29 {X : Type} (rel : X → X → Prop) (g : X → X) (a j n z : X)
    (e1 : ∀ {u v}, rel u v → rel v u) (hm : rel j n) (key : rel j z) (hy : rel n (g a)) (hb : rel j (g a)) (h' : ∀ {u v w}, rel u v → rel v w → rel u w) : rel z n := by sorry

end G036

namespace G037

def g (n : Nat) : Nat := 6 * n + 5

theorem bar (n : Nat) : g n = 5 + 6 * n := by
  unfold g
  omega

theorem claim (n : Nat) : 5 ≤ g n := by
  unfold g
  omega

example (k : Nat) (H : k < 5) : k < g k := sorry

end G037

namespace G038

def scale : Nat → Nat
  | 0 => 7
  | x + 1 => scale x + 5

example (x c : Nat) : scale (x + c) = scale x + 5 * c := by
  sorry

end G038

namespace G039

theorem part_2 (n m z b : Nat) (H1 : n < m) (H2 : b = 1) : 3 * n + 2 < 3 * m + 2 := by sorry

end G039

namespace G040

def Live (a b : Nat) : Prop := a < b ∧ 10 < b

theorem drop (a m : Nat) (H1 : a < m) (H2 : 10 < m) : Live a m :=
  sorry

end G040

namespace G041

theorem part (z c : Nat) (h1 : z ≤ c) (h2 : 7 ≤ c * 4) (h3 : c ≤ c)
    (h4 : c = c * c) : z ≤ c := by
  have hk : z ≤ c := sorry
  exact hk

end G041

namespace G042

structure Entry where
  right : Nat
  top : Nat
  le : right + 3 ≤ top
  pos : 7 < right

theorem baz_2 (w : Entry) (i : Nat) (hm : i ≤ 7) : i < w.right := by sorry

end G042

namespace G043

theorem two (p q r : Prop) (hyp1 : r ∧ q) (hyp2 : (r ∧ q) → q) : q := by
  sorry

end G043

namespace G044

def triple : List Nat → List Nat
  | [] => []
  | x :: xs => (x + 9) :: triple xs

theorem main (xs : List Nat) : triple xs = xs.map (· + 9) := by
  sorry

end G044

namespace G045

theorem drop' (m k b : Int) (h : m + 5 = k + m) (e1 : k = b * 1) (hx : k = 0)
    (hc : 18 ≤ b + k) : ¬ ¬ m + 5 = k + m := by
  show ¬ ¬ m + 5 = k + m
  sorry

end G045

namespace G046

theorem move_61 (u v w x y : Prop) (hq : (u ↔ y) → (y ∧ u)) (hx : w ∧ y) (h' : u)
    (h : (w ∧ y) ↔ (u ↔ y)) : y ∧ u := by sorry

end G046

namespace G047

theorem test_1 {β : Type} (i m x y : β) (f φ : β → β) (hyp1 : φ i = m)
    (hyp2 : m = i) (hyp3 : i = φ (φ y)) : φ i = φ (φ y) := by
  sorry

end G047

namespace G048

theorem first' (A B C D : Prop) (hyp1 : (¬ A) → (B → C) → C) (hyp2 : B ∨ C)
    (hyp3 : A) (hyp4 : ¬ A) : (B → C) → C := by
  intro hyp5
  sorry

end G048

namespace G049

theorem swap_47 (A B C : Prop) (h1 : C) (h2 : ¬ B) (h3 : B ∨ A) (h4 : B) : B ∧ A := by
  refine ⟨h4, ?_⟩
  sorry

end G049

namespace G050

inductive Dir where
  | east | red | a3 | maybe

def after : Dir → Dir
  | .east => .a3
  | .red => .a3
  | .a3 => .a3
  | .maybe => .maybe

theorem even_case_63 : ∃ s, after s = .a3 := sorry

end G050

namespace G051

theorem small_98 : ∃ m : Nat, m * 6 = 6 := by sorry

end G051

namespace G052

def g (n : Nat) : Nat := 5 * n + 6

theorem result (k : Nat) : 6 ≤ g k := by
  unfold g
  omega

theorem next (k : Nat) : g k = 6 + 5 * k := by
  unfold g
  omega

example (i : Nat) (h : g 9 ≤ i) : 6 ≤ i := by sorry

end G052

namespace G053

theorem prop_b_6 (z c m : Nat) (h' : False) (hb : m < 19) : m ≤ c ∨ c = z := by
  sorry

end G053

namespace G054

theorem next_1 (a b c : Prop) (H1 : c → (¬ a)) (H2 : c → c) (H3 : c) : ¬ a := by sorry

end G054

namespace G055

theorem three {α : Type} (S P Q : α → Prop) (a m n : α)
    (e2 : Q n) : (Q n ∨ Q m) → Q n ∨ Q m := by
  intro hb
  sorry

end G055

namespace G056

def count (n : Nat) : Nat := 1 * n + 3

theorem claim (k : Nat) : count k = 3 + 1 * k := by
  unfold count
  omega

theorem key (k : Nat) : 3 ≤ count k := by
  unfold count
  omega

theorem last_62 (j : Nat) (hm : count j ≤ j) : 3 ≤ j := by
  sorry

end G056

namespace G057

theorem even_case_2 (k b z : Nat) (hp : k ≤ z + k) (hc : z + k ≤ k)
    (hr : k = k + 1) : z + k = k :=
  sorry

end G057

namespace G058

theorem join_1 : ∃ z : Nat × Nat, z.1 = 11 ∧ z.2 = 9 := by
  sorry

end G058

namespace G059

structure Box where
  left : Nat
  key : Nat
  le : left + 3 ≤ key
  pos : 2 < left

theorem test (i m : Nat) (h : i + 3 ≤ m) (ha : 2 < i) : ∃ s : Box, s.left = i ∧ s.key = m := by sorry

end G059

namespace G060

example (b y : Nat) : y * (b + (y * 2)) = y * b + y * (y * 2) := by
  sorry

end G060

namespace G061

theorem even_case' (a b c d : Prop) (hyp : (c ∧ c) ∧ d → (c ↔ c)) : (c ∧ c) → d → (c ↔ c) := by
  sorry

end G061

namespace G062

inductive Switch where
  | no | a1

def turn : Switch → Switch
  | .no => .no
  | .a1 => .a1

theorem foo_1 : turn (turn (turn .a1)) = .a1 := by sorry

end G062

namespace G063

theorem first_27 (p q r s : Prop) (H1 : r → r) (H2 : s) : (¬ s) ∨ s := by sorry

end G063

namespace G064

inductive Safe : Nat → Prop where
  | zero (n : Nat) : Safe n → Safe (n + 4)
  | base : Safe 4

theorem small : Safe 8 := by sorry

end G064

namespace G065

def triple : Nat → Nat
  | 0 => 1
  | i + 1 => triple i + 2

theorem back_14 (i : Nat) : triple i = 2 * i + 1 := by
  sorry

end G065

namespace G066

def height (n : Nat) : Nat := n * 9 + 15

theorem part' (n : Nat) : height n = 15 + 9 * n := by
  sorry

end G066

namespace G067

def walk : List Nat → List Nat
  | [] => []
  | x :: s => (x + 8) :: walk s

theorem swap_1 (s : List Nat) : walk s = s.map (· + 8) := by
  sorry

end G067

namespace G068

theorem simple (c m x : Nat) (h : c < x + c) : [4, 9, 4].length = 3 := by
  show [4, 9, 4].length = 3
  sorry

end G068

namespace G069

def Good (a b : Nat) : Prop := a < b ∧ 1 < b

theorem three_55 (j c : Nat) (hyp1 : j < c) (hyp2 : 1 < c) : Good j c := sorry

end G069

namespace G070

def weight (n : Nat) : Nat := n * 2 + 8

theorem result_2 (j : Nat) : weight 1 = 10 := by sorry

end G070

namespace G071

structure Span where
  right : Nat
  val : Nat
  le : right ≤ val
  pos : 5 < right

theorem pass (w : Span) : w.right ≤ w.val := by
  sorry

end G071

namespace G072

structure Pair where
  key : Nat
  snd : Nat
  pos : 5 < key
  le : key + 2 ≤ snd

theorem simple_62 (t : Pair) (i : Nat) (h : i < t.key + 2) : i < t.snd := by
  sorry

end G072

namespace G073

def Step (n : Nat) : Prop := 6 < n

theorem prop_a : Step 9 := by
  sorry

end G073

namespace G074

example {α : Type} (P Q R : α → Prop) (y i : α) (hn : P y) : ¬ ¬ P y :=
  sorry

end G074

namespace G075

def Safe (n : Nat) : Prop := 8 < n

theorem move : ∃ n, Safe n := by sorry

end G075

namespace G076

def double : List Nat → Nat
  | [] => 0
  | _ :: s => double s + 8

theorem part (s t : List Nat) : double (s ++ t) = double s + double t := by
  sorry

end G076

namespace G077

def cost (n : Nat) : Nat := 3 * n + 6

theorem round (n : Nat) : cost n = 6 + 3 * n := by
  unfold cost
  omega

theorem thm (n : Nat) : 6 ≤ cost n := by
  unfold cost
  omega

example (x : Nat) (ha : cost x ≤ x) : 6 ≤ x := sorry

end G077

namespace G078

theorem turn_2 (j n i : Nat) (hx : j + 2 ≤ n + 9) : 3 * (n + i) * i = 3 * ((n + i) * i) := by
  sorry

end G078

namespace G079

def Reach (n : Nat) : Prop := 10 < n

theorem prop_a_2 (c : Nat) (hz : 10 < c) : Reach c := by
  sorry

end G079

namespace G080

theorem main' {T : Type} (rel : T → T → Prop) (g : T → T) (a c z : T)
    (hyp1 : rel (g z) c) (hyp2 : rel (g z) (g a)) (hyp3 : ∀ {u v w}, rel u v → rel v w → rel u w) (hyp4 : ∀ {u v}, rel u v → rel v u) : rel c (g a) := by
  sorry

end G080

namespace G081

def grow (n : Nat) : Nat := 4 * n + 5

theorem bar (k : Nat) : grow k = 5 + 4 * k := by
  unfold grow
  omega

theorem lift (k : Nat) : 5 ≤ grow k := by
  unfold grow
  omega

theorem round' (i : Nat) : ∃ y, grow y = 5 + 4 * i :=
  sorry

end G081

namespace G082

inductive Ready : Nat → Prop where
  | zero : Ready 7
  | more (n : Nat) : Ready n → Ready (n + 3)

theorem fact_1 (H : Ready 9) : Ready 12 := sorry

end G082

namespace G083

inductive Known : Nat → Prop where
  | more (n : Nat) : Known n → Known (3 * n)
  | start (n : Nat) : Known n → Known (n + 6)
  | right : Known 6

theorem test_2 (H : Known 8) : Known 14 := by
  sorry

end G083

namespace G084

def walk : List Nat → Nat
  | [] => 0
  | _ :: l => walk l + 9

theorem whole_2 (l r : List Nat) : walk (l ++ r) = walk l + walk r := by
  sorry

end G084

namespace G085

inductive Ready : Nat → Prop where
  | step (n : Nat) : Ready n → Ready (n + 4)
  | zero : Ready 6
  | base (n : Nat) : Ready n → Ready (3 * n)

theorem lift_2 (i : Nat) (h1 : Ready i) : Ready (3 * i) := by
  sorry

end G085

namespace G086

theorem front' {X : Type} (Q S : X → Prop) (b c : X) (hs : S c)
    (hy : ∀ m, Q m → (S b → S m)) (hg : S b) : (∀ m, ¬ (S b → S m) → ¬ Q m) ∧ S b := by
  constructor
  · sorry
  · exact hg

end G086

namespace G087

theorem part {β : Type} (P Q : β → Prop) (a n : β) (H1 : Q n)
    (H2 : ∀ y, (P y → P a) → (P y ∨ P y)) (H3 : P a → P a) (H4 : P a) : P a ∨ P a := by
  sorry

end G087

namespace G088

theorem drop' (n z j k : Nat) : z * (k + k) * z = z * ((k + k) * z) := by
  sorry

end G088

namespace G089

def fold1 : List Nat → Nat
  | [] => 0
  | x :: as => fold1 as + 2 * x

example (as bs : List Nat) : fold1 (as ++ bs) = fold1 as + fold1 bs := by
  have res : fold1 (as ++ bs) = fold1 as + fold1 bs := by
    sorry
  exact res

end G089

namespace G090

def total : Nat → Nat
  | 0 => 5
  | n + 1 => total n + 3

theorem part' (n : Nat) : total n = 3 * n + 5 := by
  sorry

end G090

namespace G091

theorem main : ∃ m b : Nat, m = 8 ∧ b = 1 := by
  have aux1 : ∃ m b : Nat, m = 8 ∧ b = 1 := sorry
  exact aux1

end G091

namespace G092

structure Span where
  right : Nat
  x : Nat
  le : right ≤ x
  pos : 0 < right

theorem fact' (s : Span) (z : Nat) (hs : s.x ≤ z) : s.right ≤ z := by
  sorry

end G092

namespace G093

def Reach (n : Nat) : Prop := 8 < n

theorem check (a : Nat) (hy : Reach a) : 8 < a := by
  sorry

end G093

namespace G094

theorem drop' (m n : Nat) (H1 : n + n = m) : n + (m + n) = m + (n + n) := sorry

end G094

namespace G095

inductive Reach : Nat → Prop where
  | one (n : Nat) : Reach n → Reach (n + 1)
  | mk : Reach 7

theorem thm (H : Reach 7) : Reach 8 := sorry

end G095

namespace G096

inductive Closed : Nat → Prop where
  | one (n : Nat) : Closed n → Closed (n + 6)
  | grow : Closed 7

theorem part (e1 : Closed 6) : Closed 12 := sorry

end G096

namespace G097

theorem drop' : ∃ i : Nat × Nat, i.1 = 9 ∧ i.2 = 6 := sorry

end G097

namespace G098

structure Entry where
  fst : Nat
  y : Nat
  pos : 9 < fst
  le : fst + 5 ≤ y

theorem join (w : Entry) : 14 < w.y := by
  sorry

end G098

namespace G099

structure Pair where
  top : Nat
  snd : Nat
  le : top + 1 ≤ snd
  pos : 2 < top

theorem split (j k : Nat) (e1 : 2 < j)
    (ha : j + 1 ≤ k) : ∃ t : Pair, t.top = j ∧ t.snd = k := by
  sorry

end G099

namespace G100

theorem link_2 (c j b n : Nat) : [5, 7, 2].length = 3 := by sorry

end G100

namespace G101

inductive Level where
  | yes | a3 | a1 | east

def next : Level → Level
  | .yes => .east
  | .a3 => .east
  | .a1 => .yes
  | .east => .a3

theorem claim_38 (x : Level) : next (next (next (next x))) = next (next x) := by
  sorry

end G101

namespace G102

theorem key_23 {α : Type} (P S : α → Prop) (b j : α) (hyp4 : S b) (hyp1 : ¬ S j)
    (hyp3 : S j) (hyp2 : S j ∨ (¬ S j)) : ¬ S j := by
  sorry

end G102

namespace G103

def jump (n : Nat) : Nat := 4 * n + 4

theorem check (n : Nat) : 4 ≤ jump n := by
  unfold jump
  omega

theorem pass (n : Nat) : jump n = 4 + 4 * n := by
  unfold jump
  omega

theorem foo_1 (i : Nat) : ∃ y, jump y = 4 + 4 * 3 := by
  sorry

end G103

namespace G104

def k (n : Nat) : Nat := n * 6 + 8

theorem test_2 (z : Nat) : k z = 8 + 6 * z := by
  sorry

end G104

namespace G105

theorem link {α : Type} (R P : α → Prop) (a m : α) (hn : P m)
    (ha : ∃ z, (R z ∧ P z) ∧ P z) (e : R m) (hp : P a) : ∃ z, (R z ∧ P z) := by
  sorry

end G105

namespace G106

theorem simple' : ∃ n : List Nat, n.length = 2 ∧ n.head? = some 0 := by
  sorry

end G106

namespace G107

inductive Closed : Nat → Prop where
  | one : Closed 8
  | base (n : Nat) : Closed n → Closed (2 * n)
  | zero (n : Nat) : Closed n → Closed (n + 4)

theorem back_2 : Closed 12 := by
  sorry

end G107

namespace G108

inductive Closed : Nat → Prop where
  | grow (n : Nat) : Closed n → Closed (3 * n)
  | init (n : Nat) : Closed n → Closed (n + 4)
  | step : Closed 4

theorem front' (i : Nat) (hb : Closed i) : Closed (i + 4) := by sorry

end G108

namespace G109

def Closed (n : Nat) : Prop := 1 < n

theorem baz' : Closed 6 := by
  sorry

end G109

namespace G110

structure Box where
  val : Nat
  x : Nat
  le : val + 5 ≤ x
  pos : 7 < val

theorem simple_2 (s : Box) (a : Nat) (hy : a ≤ 7) : a < s.val := by
  sorry

end G110

namespace G111

inductive Dir where
  | north | a1 | low | maybe

def flip : Dir → Dir
  | .north => .a1
  | .a1 => .low
  | .low => .maybe
  | .maybe => .north

theorem swap : flip (flip .north) = .low := sorry

end G111

namespace G112

theorem aux_1 {α : Type} (Q S R : α → Prop) (z a i : α) (hc : ∀ y, ¬ (R i → S y))
    (e : Q a) : ¬ ∃ y, (R i → S y) := by
  sorry

end G112

namespace G113

theorem step_2 {β : Type} (a i m n : β) (g f : β → β) (hyp1 : m = a)
    (hyp2 : ∀ u, g u = f u) : f m = g m := by sorry

end G113

namespace G114

structure Pair where
  low : Nat
  fst : Nat
  pos : 0 < low
  le : low + 5 ≤ fst

example (b y : Nat) (H1 : b + 5 ≤ y) (H2 : 0 < b) : ∃ w : Pair, w.low = b ∧ w.fst = y := by
  have k1 : ∃ w : Pair, w.low = b ∧ w.fst = y := sorry
  exact k1

end G114

namespace G115

def Warm (n : Nat) : Prop := 11 < n

theorem turn_2 : ∃ a, Warm a := by
  sorry

end G115

namespace G116

inductive Big : Nat → Prop where
  | mk (n : Nat) : Big n → Big (n + 6)
  | next : Big 3

theorem front_1 (h : Big 9) : Big 15 := by sorry

end G116

namespace G117

structure Box where
  snd : Nat
  key : Nat
  pos : 2 < snd
  le : snd + 5 ≤ key

theorem foo_1 (e : Box) (i : Nat) (hyp1 : i ≤ 2) : i < e.snd := by
  sorry

end G117

namespace G118

def jump : List Nat → Nat
  | [] => 2
  | _ :: s => jump s + 2

theorem test' (a : Nat) (s : List Nat) : jump (a :: s) = jump s + 2 := sorry

end G118

namespace G119

theorem aux_95 {α : Type} (R S P : α → Prop) (z i c : α) (h' : S i)
    (hb : ∀ a, ¬ (R a → P c)) (hq : P z) (e : R c) : (¬ ∃ a, (R a → P c)) ∧ R c := by
  constructor
  · sorry
  · exact e

end G119

namespace G120

theorem aux_25 {α : Type} (R P S : α → Prop) (c m n : α) (h : S m ∨ S m)
    (hc : P n → R m) : ∃ b, (P n → R b) ∧ (S b ∨ S b) := by
  sorry

end G120

namespace G121

inductive Ok : Nat → Prop where
  | base : Ok 7
  | step (n : Nat) : Ok n → Ok (n + 2)
  | more (n : Nat) : Ok n → Ok (2 * n)

example : Ok 7 := by
  sorry

end G121

namespace G122

theorem small_78 : ∃ b : Nat, 7 < b := sorry

end G122

namespace G123

theorem lift_75 (b c i n : Nat) (F f : Nat → Nat)
    (h1 : f c = F (F n)) : F n = F (F n) → f c = F n := fun h2 => sorry

end G123

namespace G124

theorem key {T : Type} (P R : T → Prop) (a n : T)
    (hs : P a ∧ P a) : ∃ i, (P i ∧ P a) ∨ (R a → P i) := by
  sorry

end G124

namespace G125

theorem move_72 {β : Type} (P R S : β → Prop) (a m : β)
    (h1 : ∀ n, (S a → P n) ∧ (S n ∨ S n)) (h2 : P m) (h3 : R a) (h4 : S a) : S m ∨ S m := by
  sorry

end G125

namespace G126

def twice : List Nat → List Nat
  | [] => []
  | x :: l => (x + 6) :: twice l

example (l : List Nat) : twice l = l.map (· + 6) := by
  sorry

end G126

namespace G127

theorem next (a c j m : Nat) (φ F : Nat → Nat) (h : m = F j) (hm : m = F c) : F c = F j := by
  sorry

end G127

namespace G128

def weight (n : Nat) : Nat := 8 * n + 9

theorem main (k : Nat) : 9 ≤ weight k := by
  unfold weight
  omega

theorem bar (k : Nat) : weight k = 9 + 8 * k := by
  unfold weight
  omega

theorem even_case_1 (c : Nat) : 9 ≤ weight (c + 4) := by sorry

end G128

namespace G129

theorem first : ∃ c : Nat, c = 57 := by
  sorry

end G129

namespace G130

def size (n : Nat) : Nat := 9 * n + 8

theorem move (k : Nat) : 8 ≤ size k := by
  unfold size
  omega

theorem key (k : Nat) : size k = 8 + 9 * k := by
  unfold size
  omega

theorem move_37 (y : Nat) : 8 + 9 * (y + 2) = size (y + 2) := by
  sorry

end G130

namespace G131

inductive Mode where
  | blue | low | yes | a1

def next : Mode → Mode
  | .blue => .blue
  | .low => .a1
  | .yes => .a1
  | .a1 => .a1

theorem back_1 : ∃ s, next s = .a1 := by
  have step : ∃ s, next s = .a1 := by sorry
  exact step

end G131

namespace G132

def twice (n : Nat) : Nat := 3 * n + 9

theorem step (m : Nat) : twice m = 9 + 3 * m := by
  unfold twice
  omega

theorem drop (m : Nat) : 9 ≤ twice m := by
  unfold twice
  omega

theorem last_2 (b : Nat) : ∃ y, twice y = 9 + 3 * (b + 7) := by
  sorry

end G132

namespace G133

theorem back_1 {X : Type} (P Q S : X → Prop) (k i n : X) (e2 : P k)
    (hb : ∀ a, (P a ∧ P a) → (S a ∨ S a)) : ∀ a, ¬ (S a ∨ S a) → ¬ (P a ∧ P a) := by
  sorry

end G133

namespace G134

theorem two_1 (y x i : Nat) : 5 * 8 = 40 := by
  sorry

end G134

namespace G135

theorem aux_82 {X : Type} (S R P : X → Prop) (k a : X) (H1 : P k) (H2 : S a)
    (H3 : ∃ c, S c) (H4 : R a) (H5 : ∀ c, S c → (S a → S c)) : ∃ c, (S a → S c) := by
  sorry

end G135

namespace G136

def height : Nat → Nat
  | 0 => 7
  | x + 1 => height x + 5

theorem two_2 (x : Nat) : height (x + 1) = height x + 5 := sorry

end G136

namespace G137

theorem step_87 {β : Type} (a c j n : β) (φ g : β → β) (hq : j = n) (hy : φ = g)
    (hp : a = n) : c = a → φ j = g j := by
  intro hx
  sorry

end G137

namespace G138

def jump : Nat → Nat
  | 0 => 7
  | x + 1 => jump x + 8

theorem link_24 (x : Nat) : 7 ≤ jump x := by
  sorry

end G138

namespace G139

theorem split (a b m z : Nat) (g k : Nat → Nat) (h1 : ∀ u, g u = u) : g (g z) = z := by sorry

end G139

namespace G140

def height : Nat → Nat
  | 0 => 7
  | k + 1 => height k + 2

theorem lift_2 : height 4 = 15 := by
  sorry

end G140

namespace G141

inductive Switch where
  | mid | a1

def turn : Switch → Switch
  | .mid => .mid
  | .a1 => .a1

theorem back' : ∃ c, turn c = .mid := by
  have aux1 : ∃ c, turn c = .mid := by sorry
  exact aux1

end G141

namespace G142

def walk (n : Nat) : Nat := 2 * n + 2

theorem round (n : Nat) : 2 ≤ walk n := by
  unfold walk
  omega

theorem main (n : Nat) : walk n = 2 + 2 * n := by
  unfold walk
  omega

theorem back_2 (a : Nat) (ht : walk (a + 2) ≤ a) : 2 ≤ a := sorry

end G142

namespace G143

inductive Side where
  | mid | high | red | blue

def after : Side → Side
  | .mid => .blue
  | .high => .mid
  | .red => .mid
  | .blue => .red

theorem key : after (after .mid) = .red := by
  sorry

end G143

namespace G144

example (m x : Nat) : 2 * 2 = 4 := by
  sorry

end G144

namespace G145

inductive Dir where
  | off | north | no

def rot : Dir → Dir
  | .off => .north
  | .north => .no
  | .no => .no

theorem next_1 (c : Dir) : rot (rot (rot c)) = rot (rot c) := by
  sorry

end G145

namespace G146

def double : Nat → Nat
  | 0 => 1
  | k + 1 => double k + 8

theorem swap_2 (k c : Nat) : double (k + c) = double k + 8 * c := by
  sorry

end G146

namespace G147

def total : Nat → Nat
  | 0 => 2
  | m + 1 => total m + 3

theorem three_1 (m : Nat) : total m = 3 * m + 2 := by
  sorry

end G147

namespace G148

def g : Nat → Nat
  | 0 => 7
  | x + 1 => g x + 6

theorem split_36 : g 5 = 37 := by
  have aux1 : g 5 = 37 := sorry
  exact aux1

end G148

namespace G149

theorem simple (a b : Nat) (H1 : b < 2) (H2 : a < 9) (H3 : a < 1) : a + b < 11 := by sorry

end G149

namespace G150

theorem join (c n x z : Nat) (F g : Nat → Nat) (hb : F = g) : F (g (F n)) = g (g (F n)) := by
  sorry

end G150

namespace G151

theorem key' : ∃ k : Nat, k + 5 = 5 := sorry

end G151

namespace G152

theorem last {α : Type} (rel : α → α → Prop) (g : α → α) (b i x y : α)
    (h' : rel (g i) (g x)) (hr : rel (g b) (g x)) (hc : ∀ {u v}, rel u v → rel v u) (key : rel (g x) (g b)) (e1 : rel (g i) y) (hq : ∀ {u v w}, rel u v → rel v w → rel u w) : rel y (g b) :=
  sorry

end G152

namespace G153

theorem first' (z a : Nat) (H1 : z + z ≤ a + 2) (H2 : a * z = z) : [5, 2, 8].length = 3 := by
  sorry

end G153

namespace G154

theorem claim_32 (m j : Nat) (hx : m < j) (hm : m + 1 ≤ 1)
    (ha : j ≤ m) : 2 * m + 3 < 2 * j + 3 := by
  sorry

end G154

namespace G155

inductive Side where
  | red | high | east

def turn : Side → Side
  | .red => .high
  | .high => .east
  | .east => .east

theorem pass : ∃ s, turn s = .high := by
  sorry

end G155

namespace G156

theorem part_10 {β : Type} (R : β → β → Prop) (a j x y z : β) (hc : R a z)
    (hb : ∀ {u v}, R u v → R v u) (hd : R y z) (hp : R j y) (hr : ∀ {u v w}, R u v → R v w → R u w) (hg : R a x) : R j x := by
  sorry

end G156

namespace G157

example {T : Type} (S : T → T → Prop) (f : T → T) (a b c k n : T)
    (h' : ∀ {u v}, S u v → S v u) (e1 : S k (f n)) (h : S (f c) k) (hb : S (f a) (f c)) (hq : S (f a) b) (e : ∀ {u v w}, S u v → S v w → S u w) : S b (f n) := by
  sorry

end G157

namespace G158

theorem test {β : Type} (rel : β → β → Prop) (c i k x y : β) (h1 : rel x k)
    (h2 : ∀ {u v w}, rel u v → rel v w → rel u w) (h3 : rel y i) (h4 : rel i x) (h5 : rel c y) (h6 : rel y k) : rel c k := by
  show rel c k
  sorry

end G158

namespace G159

theorem claim_1 {β : Type} (E : β → β → Prop) (g : β → β) (b i j z : β)
    (h1 : ∀ {u v w}, E u v → E v w → E u w) (h2 : E (g i) (g z)) (h3 : E (g i) b) (h4 : E b (g z)) (h5 : ∀ {u v}, E u v → E v u) (h6 : E b (g j)) : E (g i) (g j) := by
  sorry

end G159

namespace G160

theorem claim_62 {X : Type} (rel : X → X → Prop) (g : X → X) (b i j z : X)
    (h1 : rel (g z) i) (h2 : ∀ {u v w}, rel u v → rel v w → rel u w) (h3 : ∀ {u v}, rel u v → rel v u) (h4 : rel i b) (h5 : rel i (g z)) (h6 : rel b j) : rel j (g z) := sorry

end G160

namespace G161

theorem two {β : Type} (E : β → β → Prop) (a b c k m : β) (hc : E a b)
    (hq : ∀ {u v w}, E u v → E v w → E u w) (h : E m c) (e1 : ∀ {u v}, E u v → E v u) (hr : E k b) (hy : E a c) : E m k := by
  sorry

end G161

namespace G162

theorem back {X : Type} (rel : X → X → Prop) (g : X → X) (i j k x : X)
    (h1 : ∀ {u v}, rel u v → rel v u) (h2 : ∀ {u v w}, rel u v → rel v w → rel u w) (h3 : rel (g x) j) (h4 : rel j (g k)) (h5 : rel (g i) (g x)) : rel (g k) (g i) := by sorry

end G162

namespace G163

example {β : Type} (rel : β → β → Prop) (g : β → β) (a c m x : β)
    (h1 : rel (g x) (g m)) (h2 : ∀ {u v w}, rel u v → rel v w → rel u w) (h3 : rel a (g x)) (h4 : rel c a) (h5 : rel (g x) a) : rel c (g m) := by
  sorry

end G163
