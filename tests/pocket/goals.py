"""Goals with the proofs that are meant for them, from several families, as far as possible each its own.

Nothing here is believed: `train.py` has Lean check every proof. A sample's text is a piece of a Lean file in which
the proof stands between the marks `⟪` and `⟫`, where a user would have `sorry`.
"""

import random
import re
from dataclasses import dataclass, field

OPEN, CLOSE = "⟪", "⟫"

WORDS = (
    "swap step main aux key last next first simple small goal fact lemma1 lemma2 claim result foo bar baz move pass "
    "turn link join split back front lift drop part whole test check round even_case thm prop_a prop_b two three"
).split()
FUNCTIONS = "f g k double triple grow walk count total size weight up jump twice scale height cost fold1 acc".split()
PREDICATES = "Good Nice Safe Big Fine Ok Odd' Ready Live Warm Near Linked Reach Step Closed Known".split()
CONSTRUCTORS = "base step start next zero one grow left right mk jump refl more init".split()
COLOURS = "red green blue on off low mid high north south east west yes no maybe a1 a2 a3".split()
NUMBERS = "x y z a b c m n k i j".split()


@dataclass
class Spec:
    """A goal: what it needs, and its proof as a term or as tactics, with `{0}` for the name of the first need."""

    binders: list
    needs: list
    goal: str
    term: str = None
    tactic: str = None
    defs: str = ""
    distract: bool = True
    world: object = field(default=None, repr=False)


def bracket(text):
    """In parentheses, unless it is one piece."""
    return text if re.fullmatch(r"[\w.'✝]+|⟨.*⟩", text) else f"({text})"


class World:
    """Variables, and formulas over them."""

    def __init__(self, rng, kind=None):
        self.rng = rng
        self.kind = kind or rng.choice(["prop", "prop", "nat", "pred"])
        if self.kind == "prop":
            names = rng.choice(["pqrst", "abcde", "PQRST", "ABCDE", "uvwxy"])
            self.names = list(names[: rng.randint(3, 5)])
            if rng.random() < 0.3:
                rng.shuffle(self.names)
            self.binders = [f"({' '.join(self.names)} : Prop)"]
        elif self.kind == "nat":
            self.type = rng.choice(["Nat", "Nat", "Int"])
            self.names = rng.sample(NUMBERS, rng.randint(2, 4))
            self.binders = [f"({' '.join(self.names)} : {self.type})"]
        else:
            alpha = rng.choice(["α", "β", "T", "X"])
            self.type = alpha
            self.names = rng.sample(NUMBERS, rng.randint(2, 3))
            self.predicates = rng.sample(["P", "Q", "R", "S"], rng.randint(2, 3))
            self.binders = [
                f"{{{alpha} : Type}}",
                f"({' '.join(self.predicates)} : {alpha} → Prop)",
                f"({' '.join(self.names)} : {alpha})",
            ]

    def term(self, depth=1):
        """A number, or an element."""
        rng = self.rng
        if self.kind == "pred" or depth == 0 or rng.random() < 0.5:
            return rng.choice(self.names)
        if rng.random() < 0.3:
            return str(rng.randint(0, 20))
        operator = rng.choice(["+", "+", "*"])
        other = str(rng.randint(1, 9)) if rng.random() < 0.5 else rng.choice(self.names)
        return f"{rng.choice(self.names)} {operator} {other}"

    def atom(self):
        rng = self.rng
        if self.kind == "prop":
            return rng.choice(self.names)
        if self.kind == "pred":
            return f"{rng.choice(self.predicates)} {rng.choice(self.names)}"
        while True:
            left, right = self.term(), self.term()
            if left != right and not (left.isdigit() and right.isdigit()):
                return f"{left} {rng.choice(['=', '<', '≤'])} {right}"

    def formula(self, depth=1):
        rng = self.rng
        if depth == 0 or rng.random() < 0.55:
            return self.atom()
        shape = rng.choice(["and", "or", "imp", "not", "iff"])
        if shape == "not":
            return f"¬ {paren(self.atom())}"
        sign = {"and": "∧", "or": "∨", "imp": "→", "iff": "↔"}[shape]
        return f"{paren(self.formula(depth - 1))} {sign} {paren(self.formula(depth - 1))}"

    def distinct(self, count, depth=1):
        found = []
        for _ in range(200):
            one = self.formula(depth)
            if one not in found:
                found.append(one)
            if len(found) == count:
                return found
        raise Retry


class Retry(Exception):
    """This draw leads nowhere."""


def paren(formula):
    return f"({formula})" if re.search(r"[∧∨→↔¬∃∀]", formula) else formula


def argument(term):
    return bracket(term)


# ---- families -------------------------------------------------------------------------------------------------------


def logic(rng):
    """A formula put together from hypotheses by a few steps."""
    world = World(rng)
    needs = []

    def hypothesis(formula):
        if formula in needs:
            return "{%d}" % needs.index(formula)
        needs.append(formula)
        return "{%d}" % (len(needs) - 1)

    def derive(depth, top=False):
        step = rng.choice(["use", "and", "or", "or", "apply", "apply", "apply2", "project", "iff"]) if depth else "use"
        if top and step == "use" and rng.random() < 0.6:
            step = "apply"
        if step == "use":
            formula = world.formula(1)
            return formula, hypothesis(formula)
        if step == "and":
            (a, s), (b, t) = derive(depth - 1), derive(depth - 1)
            return f"{paren(a)} ∧ {paren(b)}", f"⟨{s}, {t}⟩"
        if step == "or":
            a, s = derive(depth - 1)
            b = world.formula(1)
            if rng.random() < 0.5:
                return f"{paren(a)} ∨ {paren(b)}", f"Or.inl {argument(s)}"
            return f"{paren(b)} ∨ {paren(a)}", f"Or.inr {argument(s)}"
        goal = world.formula(1)
        if step == "apply":
            a, s = derive(depth - 1)
            return goal, f"{hypothesis(f'{paren(a)} → {paren(goal)}')} {argument(s)}"
        if step == "apply2":
            (a, s), (b, t) = derive(depth - 1), derive(0)
            return goal, f"{hypothesis(f'{paren(a)} → {paren(b)} → {paren(goal)}')} {argument(s)} {argument(t)}"
        if step == "project":
            other = world.formula(1)
            if rng.random() < 0.5:
                return goal, hypothesis(f"{paren(goal)} ∧ {paren(other)}") + ".1"
            return goal, hypothesis(f"{paren(other)} ∧ {paren(goal)}") + ".2"
        a, s = derive(depth - 1)
        if rng.random() < 0.5:
            return goal, f"{hypothesis(f'{paren(a)} ↔ {paren(goal)}')}.mp {argument(s)}"
        return goal, f"{hypothesis(f'{paren(goal)} ↔ {paren(a)}')}.mpr {argument(s)}"

    goal, term = derive(rng.choice([1, 1, 2, 2, 3]), top=True)
    if goal in needs and term != "{%d}" % needs.index(goal) or len(needs) > 5:
        raise Retry
    return Spec(world.binders, needs, goal, term=unbracket(term), world=world)


def unbracket(term):
    """Names in braces count as one piece."""
    return re.sub(r"\((\{\d\}(?:\.[12])?)\)", r"\1", term)


def connectives(rng):
    """One step with a connective that `logic` has not."""
    world = World(rng)
    a, b, c = world.distinct(3, depth=1)
    pa, pb, pc = paren(a), paren(b), paren(c)
    needs, goal, term, tactic = rng.choice(
        [
            ([f"{pa} ∧ {pb}"], f"{pb} ∧ {pa}", "⟨{0}.2, {0}.1⟩", None),
            ([f"{pa} ∧ {pb} ∧ {pc}"], f"{pc} ∧ {pa}", "⟨{0}.2.2, {0}.1⟩", None),
            ([f"({pa} ∧ {pb}) ∧ {pc}"], f"{pa} ∧ {pc}", "⟨{0}.1.1, {0}.2⟩", None),
            ([f"({pa} ∧ {pb}) ∧ {pc}"], f"{pa} ∧ {pb} ∧ {pc}", "⟨{0}.1.1, {0}.1.2, {0}.2⟩", None),
            ([f"{pa} ∧ {pb} ∧ {pc}"], b, "{0}.2.1", None),
            ([f"{pa} ∧ {pb} ∧ {pc}"], c, "{0}.2.2", None),
            ([f"{pa} ∨ {pb}"], f"{pb} ∨ {pa}", "{0}.symm", swap_cases()),
            ([f"{pa} ∨ {pb}", f"{pa} → {pc}", f"{pb} → {pc}"], c, "{0}.elim {1} {2}", use_cases()),
            ([f"{pa} ∨ {pb}", f"¬ {pa}"], b, "{0}.resolve_left {1}", None),
            ([f"{pa} ∨ {pb}", f"¬ {pb}"], a, "{0}.resolve_right {1}", None),
            ([a, f"¬ {pa}"], c, "absurd {0} {1}", None),
            ([a, f"¬ {pa}"], "False", "{1} {0}", None),
            (["False"], c, "{0}.elim", None),
            ([f"{pa} → {pb}", f"¬ {pb}"], f"¬ {pa}", "fun u => {1} ({0} u)", "intro u\nexact {1} ({0} u)"),
            ([a], f"¬ ¬ {pa}", "fun u => u {0}", "intro u\nexact u {0}"),
            ([f"¬ ({pa} ∨ {pb})"], f"¬ {pb}", "fun u => {0} (Or.inr u)", "intro u\nexact {0} (Or.inr u)"),
            ([f"¬ ({pa} ∨ {pb})"], f"¬ {pa}", "fun u => {0} (Or.inl u)", "intro u\nexact {0} (Or.inl u)"),
            ([f"{pa} → {pb}", f"{pb} → {pa}"], f"{pa} ↔ {pb}", "⟨{0}, {1}⟩", None),
            ([f"{pa} ↔ {pb}"], f"{pb} ↔ {pa}", "{0}.symm", None),
            ([f"{pa} ↔ {pb}", f"{pb} ↔ {pc}"], f"{pa} ↔ {pc}", "{0}.trans {1}", None),
            ([f"{pa} ↔ {pb}"], f"{pa} → {pb}", "{0}.mp", None),
            ([f"{pa} ↔ {pb}"], f"{pb} → {pa}", "{0}.mpr", None),
            ([f"{pa} ∧ {pb} → {pc}"], f"{pa} → {pb} → {pc}", "fun u v => {0} ⟨u, v⟩", "intro u v\nexact {0} ⟨u, v⟩"),
            ([f"{pa} → {pb} → {pc}"], f"{pa} ∧ {pb} → {pc}", "fun u => {0} u.1 u.2", "intro u\nexact {0} u.1 u.2"),
            ([f"{pa} → {pb}", f"{pb} → {pc}"], f"{pa} → {pc}", "fun u => {1} ({0} u)", "intro u\nexact {1} ({0} u)"),
            ([], f"{pa} → {pb} → {pa}", "fun u _ => u", "intro u v\nexact u"),
            ([], f"{pa} → {pb} → {pb}", "fun _ v => v", "intro u v\nexact v"),
            ([], f"{pa} → {pb} → {pb} ∧ {pa}", "fun u v => ⟨v, u⟩", "intro u v\nexact ⟨v, u⟩"),
            ([], f"{pa} ∧ {pb} → {pa}", "fun u => u.1", "intro u\nexact u.1"),
            ([], f"{pa} ∧ {pb} → {pb}", "fun u => u.2", "intro u\nexact u.2"),
        ]
    )
    return Spec(world.binders, needs, goal, term=term, tactic=tactic, world=world)


def swap_cases():
    return "cases {0} with\n| inl u => exact Or.inr u\n| inr u => exact Or.inl u"


def use_cases():
    return "cases {0} with\n| inl u => exact {1} u\n| inr u => exact {2} u"


def quantifiers(rng):
    """Instances and witnesses."""
    world = World(rng, "pred")
    x, y = world.names[:2]
    v = rng.choice([name for name in NUMBERS if name not in world.names])

    def body():
        letters = world.predicates
        p, q, c = rng.choice(letters), rng.choice(letters), rng.choice(world.names)
        shapes = ["{p} @", "{p} @", "{p} @", "¬ {p} @", "({p} @ ∧ {q} @)", "({p} @ ∨ {q} @)", "({p} @ → {q} {c})"]
        shapes += ["({q} {c} → {p} @)", "({p} @ ∧ {q} {c})"]
        text = rng.choice(shapes).format(p=p, q=q, c=c)
        return lambda at: text.replace("@", at)

    def bare(formula):
        """Without the outer parentheses, where they are not needed."""
        return formula[1:-1] if formula.startswith("(") else formula

    p, q = body(), body()
    if p(x) == q(x):
        raise Retry
    both, swapped = f"∃ {v}, {p(v)} ∧ {q(v)}", f"∃ {v}, {q(v)} ∧ {p(v)}"
    imply = f"∀ {v}, {p(v)} → {q(v)}"
    needs, goal, term, tactic = rng.choice(
        [
            ([f"∀ {v}, {p(v)}"], bare(p(x)), f"{{0}} {x}", None),
            ([imply, bare(p(x))], bare(q(x)), f"{{0}} {x} {{1}}", None),
            ([imply, f"∀ {v}, {p(v)}"], bare(q(y)), f"{{0}} {y} ({{1}} {y})", None),
            ([f"∀ {v}, {p(v)} ∧ {q(v)}"], bare(q(y)), f"({{0}} {y}).2", None),
            ([f"∀ {v}, {p(v)} ∧ {q(v)}"], bare(p(y)), f"({{0}} {y}).1", None),
            ([bare(p(x))], f"∃ {v}, {p(v)}", f"⟨{x}, {{0}}⟩", None),
            ([bare(p(y)), bare(q(y))], both, f"⟨{y}, {{0}}, {{1}}⟩", None),
            ([bare(p(y))], f"∃ {v}, {q(v)} ∨ {p(v)}", f"⟨{y}, Or.inr {{0}}⟩", None),
            ([bare(p(x))], f"∃ {v}, {p(v)} ∨ {q(v)}", f"⟨{x}, Or.inl {{0}}⟩", None),
            ([f"∀ {v}, {p(v)}"], f"∃ {v}, {p(v)}", f"⟨{x}, {{0}} {x}⟩", None),
            ([f"∃ {v}, {p(v)}", imply], f"∃ {v}, {q(v)}", None, "obtain ⟨u, v⟩ := {0}\nexact ⟨u, {1} u v⟩"),
            ([both], swapped, None, "obtain ⟨u, v, w⟩ := {0}\nexact ⟨u, w, v⟩"),
            ([both], f"∃ {v}, {q(v)}", None, "obtain ⟨u, v, w⟩ := {0}\nexact ⟨u, w⟩"),
            ([both], f"∃ {v}, {p(v)}", None, "obtain ⟨u, v, w⟩ := {0}\nexact ⟨u, v⟩"),
            ([imply], f"∀ {v}, ¬ {q(v)} → ¬ {p(v)}", None, "intro u v w\nexact v ({0} u w)"),
            ([f"∀ {v}, ¬ {p(v)}"], f"¬ ∃ {v}, {p(v)}", None, "intro u\nobtain ⟨v, w⟩ := u\nexact {0} v w"),
            ([f"¬ ∃ {v}, {p(v)}"], f"∀ {v}, ¬ {p(v)}", None, "intro u v\nexact {0} ⟨u, v⟩"),
            ([f"∀ {v}, {p(v)}", f"∀ {v}, {q(v)}"], f"∀ {v}, {q(v)} ∧ {p(v)}", None, "intro u\nexact ⟨{1} u, {0} u⟩"),
            ([imply], f"(∀ {v}, {p(v)}) → {q(x)}", f"fun u => {{0}} {x} (u {x})", None),
            ([f"{x} = {y}", bare(p(x))], bare(p(y)), None, "rw [← {0}]\nexact {1}"),
            ([f"{x} = {y}", bare(p(y))], bare(p(x)), None, "rw [{0}]\nexact {1}"),
        ]
    )
    return Spec(world.binders, needs, goal, term=term, tactic=tactic, world=world)



def walk(rng, stops):
    """Steps from stop to stop, each known in one direction or the other."""
    return [(a, b) if rng.random() < 0.6 else (b, a) for a, b in zip(stops, stops[1:])]


def relation(rng):
    """Steps of a relation that is known to be transitive, or symmetric."""
    t, r = rng.choice(["α", "β", "T", "X"]), rng.choice(["R", "S", "E", "L", "rel"])
    names = rng.sample(NUMBERS, rng.choice([2, 3, 3, 4, 4, 5]))
    binders = [f"{{{t} : Type}}", f"({r} : {t} → {t} → Prop)", f"({' '.join(sorted(names))} : {t})"]
    if rng.random() < 0.3:
        f = rng.choice(["f", "g"])
        binders.insert(2, f"({f} : {t} → {t})")
        names = [f"({f} {name})" if rng.random() < 0.4 else name for name in names]
    steps = walk(rng, names)
    symmetric = any(step != (a, b) for step, a, b in zip(steps, names, names[1:]))
    needs = [f"∀ {{u v}}, {r} u v → {r} v u"] * symmetric
    needs += [f"∀ {{u v w}}, {r} u v → {r} v w → {r} u w"] * (len(steps) > 1)
    trans = "{%d}" % (len(needs) - 1)
    term = None
    for (a, b), stop in zip(steps, names):
        needs.append(f"{r} {a} {b}")
        one = "{%d}" % (len(needs) - 1)
        if a != stop:
            one = f"({{0}} {one})"
        term = f"({trans} {term} {one})" if term else one
    spec = Spec(binders, needs, f"{r} {names[0]} {names[-1]}", term=trim(term))
    spec.extra = [f"{r} {x} {y}" for x, y in [rng.sample(names, 2) for _ in range(3)]]
    if len(needs) == 1:
        raise Retry
    return spec


def trim(term):
    return term[1:-1] if term.startswith("(") else term



def equations(rng):
    """Equations between elements: turned round, chained, mapped, rewritten with."""
    t = rng.choice(["Nat", "α", "Int", "β"])
    names = rng.sample([name for name in NUMBERS if name != "k"], 4)
    a, b, c, d = names
    f, g = rng.sample(["f", "g", "k", "F", "φ"], 2)
    binders = ([f"{{{t} : Type}}"] if t in "αβ" else []) + [f"({' '.join(sorted(names))} : {t})"]
    mapped = binders + [f"({f} {g} : {t} → {t})"]

    def side():
        outer, inner, name = rng.choice([f, g]), rng.choice([f, g]), rng.choice(names)
        return rng.choice([name, f"{outer} {name}", f"{outer} {name}", f"{outer} ({inner} {name})"])

    if rng.random() < 0.6:
        stops = [side() for _ in range(rng.choice([2, 3, 3, 3, 4, 4]))]
        if len(set(stops)) < len(stops):
            raise Retry
        steps = walk(rng, stops)
        one = ["{%d}" % i + (".symm" if step[0] != stop else "") for i, (step, stop) in enumerate(zip(steps, stops))]
        if one == ["{0}"]:
            raise Retry
        term = one[-1]
        for before in reversed(one[:-1]):
            term = f"{before}.trans ({term})" if ".trans" in term else f"{before}.trans {term}"
        spec = Spec(mapped, [f"{x} = {y}" for x, y in steps], f"{stops[0]} = {stops[-1]}", term=term)
        spec.extra = [f"{x} = {y}" for x, y in [rng.sample(stops, 2) for _ in range(2)]]
        return spec
    s, u = side(), side()
    if s == u:
        raise Retry
    needs, goal, term, tactic = rng.choice(
        [
            ([f"{s} = {u}"], f"{f} {argument(s)} = {f} {argument(u)}", f"congrArg {f} {{0}}", "rw [{0}]"),
            ([f"{s} = {u}"], f"{g} {argument(u)} = {g} {argument(s)}", None, "rw [{0}]"),
            ([f"{s} = {u}"], f"{g} ({f} {argument(u)}) = {g} ({f} {argument(s)})", None, "rw [{0}]"),
            ([f"{a} = {s}", f"{s} = {b}"], f"{f} {a} = {f} {b}", None, "rw [{0}, {1}]"),
            ([f"∀ u, {f} u = {g} u"], f"{f} {argument(s)} = {g} {argument(s)}", f"{{0}} {argument(s)}", None),
            ([f"∀ u, {f} u = {g} u"], f"{g} {argument(s)} = {f} {argument(s)}", f"({{0}} {argument(s)}).symm", None),
            ([f"∀ u, {f} u = {g} u"], f"{f} = {g}", "funext {0}", None),
            ([f"∀ u, {f} ({g} u) = u"], f"{f} ({g} {argument(s)}) = {s}", f"{{0}} {argument(s)}", None),
            ([f"∀ u, {f} ({g} u) = u"], f"{f} ({g} ({f} ({g} {argument(s)}))) = {s}", None, "rw [{0}, {0}]"),
            ([f"∀ u, {f} u = u"], f"{f} ({f} {argument(s)}) = {s}", None, "rw [{0}, {0}]"),
            ([f"{f} = {g}"], f"{f} {argument(s)} = {g} {argument(s)}", f"congrFun {{0}} {argument(s)}", "rw [{0}]"),
        ]
    )
    spec = Spec(mapped, needs, goal, term=term, tactic=tactic)
    spec.extra = [f"{x} = {y}" for x, y in [rng.sample(names, 2) for _ in range(3)]]
    return spec



def arithmetic(rng):
    """The right lemma of the library, with its arguments."""
    world = World(rng, "nat")
    world.type = "Nat"
    names = world.names
    binders = [f"({' '.join(names)} : Nat)"]
    def operand():
        return rng.choice(names) if rng.random() < 0.6 else world.term()
    a, b, c = operand(), operand(), operand()
    A, B, C = argument(a), argument(b), argument(c)
    def tight(x):
        return f"({x})" if " " in x else x
    ta, tb, tc = tight(a), tight(b), tight(c)
    needs, goal, term = rng.choice(
        [
            ([], f"{ta} + {tb} = {tb} + {ta}", f"Nat.add_comm {A} {B}"),
            ([], f"{ta} * {tb} = {tb} * {ta}", f"Nat.mul_comm {A} {B}"),
            ([], f"{ta} + {tb} + {tc} = {ta} + ({tb} + {tc})", f"Nat.add_assoc {A} {B} {C}"),
            ([], f"{ta} * {tb} * {tc} = {ta} * ({tb} * {tc})", f"Nat.mul_assoc {A} {B} {C}"),
            ([], f"{ta} * ({tb} + {tc}) = {ta} * {tb} + {ta} * {tc}", f"Nat.mul_add {A} {B} {C}"),
            ([], f"({ta} + {tb}) * {tc} = {ta} * {tc} + {tb} * {tc}", f"Nat.add_mul {A} {B} {C}"),
            ([], f"{ta} + ({tb} + {tc}) = {tb} + ({ta} + {tc})", f"Nat.add_left_comm {A} {B} {C}"),
            ([], f"0 + {ta} = {a}", f"Nat.zero_add {A}"),
            ([], f"1 * {ta} = {a}", f"Nat.one_mul {A}"),
            ([], f"{ta} * 1 = {a}", f"Nat.mul_one {A}"),
            ([], f"0 * {ta} = 0", f"Nat.zero_mul {A}"),
            ([], f"{ta} - {ta} = 0", f"Nat.sub_self {A}"),
            ([], f"{ta} ≤ {ta} + {tb}", f"Nat.le_add_right {A} {B}"),
            ([], f"{tb} ≤ {ta} + {tb}", f"Nat.le_add_left {B} {A}"),
            ([], f"{a} ≤ {a}", f"Nat.le_refl {A}"),
            ([], f"0 ≤ {a}", f"Nat.zero_le {A}"),
            ([], f"{ta} ≤ max {A} {B}", f"Nat.le_max_left {A} {B}"),
            ([], f"min {A} {B} ≤ {b}", f"Nat.min_le_right {A} {B}"),
            ([f"{a} ≤ {b}", f"{b} ≤ {c}"], f"{a} ≤ {c}", "Nat.le_trans {0} {1}"),
            ([f"{a} < {b}", f"{b} < {c}"], f"{a} < {c}", "Nat.lt_trans {0} {1}"),
            ([f"{a} < {b}", f"{b} ≤ {c}"], f"{a} < {c}", "Nat.lt_of_lt_of_le {0} {1}"),
            ([f"{a} ≤ {b}", f"{b} < {c}"], f"{a} < {c}", "Nat.lt_of_le_of_lt {0} {1}"),
            ([f"{a} < {b}"], f"{a} ≤ {b}", "Nat.le_of_lt {0}"),
            ([f"{a} ≤ {b}", f"{b} ≤ {a}"], f"{a} = {b}", "Nat.le_antisymm {0} {1}"),
            ([f"{a} ≤ {b}"], f"{ta} + {tc} ≤ {tb} + {tc}", f"Nat.add_le_add_right {{0}} {C}"),
            ([f"{a} ≤ {b}"], f"{tc} + {ta} ≤ {tc} + {tb}", f"Nat.add_le_add_left {{0}} {C}"),
            ([f"{a} ≤ {b}"], f"{tc} * {ta} ≤ {tc} * {tb}", f"Nat.mul_le_mul_left {C} {{0}}"),
            ([f"{a} ≠ {b}"], f"{b} ≠ {a}", "{0}.symm"),
        ]
    )
    return Spec(binders, needs, goal, term=term, world=world)


def witnesses(rng):
    """A number is to be found."""
    v = rng.choice(NUMBERS)
    n, m = rng.randint(0, 12), rng.randint(1, 9)
    w = rng.choice([name for name in NUMBERS if name != v])
    goal, term = rng.choice(
        [
            (f"∃ {v} : Nat, {v} = {n * 7 + m}", f"⟨{n * 7 + m}, rfl⟩"),
            (f"∃ {v} : Nat, {v} + {m} = {n + m}", f"⟨{n}, rfl⟩"),
            (f"∃ {v} : Nat, {m} + {v} = {n + m}", f"⟨{n}, rfl⟩"),
            (f"∃ {v} : Nat, {v} * {m} = {n * m}", f"⟨{n}, rfl⟩"),
            (f"∃ {v} {w} : Nat, {v} = {n} ∧ {w} = {m}", f"⟨{n}, {m}, rfl, rfl⟩"),
            (f"∃ {v} : Nat, {n} < {v}", f"⟨{n + 1}, by decide⟩"),
            (f"∃ {v} : Nat × Nat, {v}.1 = {n} ∧ {v}.2 = {m}", f"⟨({n}, {m}), rfl, rfl⟩"),
            (f"∃ {v} : List Nat, {v}.length = 2 ∧ {v}.head? = some {n}", f"⟨[{n}, 0], rfl, rfl⟩"),
        ]
    )
    return Spec([], [], goal, term=term, world=World(rng, "prop"))


def automatic(rng):
    """What a decision procedure closes."""
    world = World(rng, "nat")
    world.type = "Nat"
    x, y = world.names[:2]
    n, m, k = rng.randint(2, 9), rng.randint(2, 9), rng.randint(1, 9)
    binders = [f"({' '.join(world.names)} : Nat)"]
    needs, goal, tactic = rng.choice(
        [
            ([f"{x} < {n}", f"{y} < {m}"], f"{x} + {y} < {n + m}", "omega"),
            ([f"{x} + {n} = {y}"], f"{x} < {y}", "omega"),
            ([f"{n} ≤ {x}", f"{x} < {n + 1}"], f"{x} = {n}", "omega"),
            ([f"{n} * {x} = {n * m}"], f"{x} = {m}", "omega"),
            ([f"{x} < {y}"], f"{n} * {x} + {k} < {n} * {y} + {k}", "omega"),
            ([f"{x} % {n} = {n - 1}"], f"({x} + 1) % {n} = 0", "omega"),
            ([], f"{n} * {m} = {n * m}", "decide"),
            ([], f"¬ {n + m} < {n}", "decide"),
            ([], f"{n * m} % {n} = 0", "decide"),
            ([], f"[{n}, {m}, {k}].length = 3", "rfl"),
            ([], f"[{n}, {m}] ++ [{k}] = [{n}, {m}, {k}]", "rfl"),
            ([], f"[{n}, {m}, {k}].reverse = [{k}, {m}, {n}]", "rfl"),
            ([], f"({x}, {y} + {n}).2 = {y} + {n}", "rfl"),
        ]
    )
    return Spec(binders, needs, goal, tactic=tactic, world=world)


def recursion(rng):
    """A function by recursion on a number, and what it is by induction."""
    f = rng.choice(FUNCTIONS)
    n = rng.choice(["n", "m", "k", "x", "i"])
    step, start = rng.randint(1, 9), rng.choice([0, 0, 1, 2, 3, 5, 7])
    shape = rng.choice(["plus", "plus", "acc", "positive", "succ", "unfold", "zero", "value"])
    defs = f"def {f} : Nat → Nat\n  | 0 => {start}\n  | {n} + 1 => {f} {n} + {step}\n"
    closed = f"{step} * {n}" if start == 0 else f"{step} * {n} + {start}"
    induct = f"induction {n} with\n| zero => rfl\n| succ {n} ih => "
    binders = [f"({n} : Nat)"]
    if shape == "plus":
        return Spec(binders, [], f"{f} {n} = {closed}", tactic=induct + f"simp only [{f}, ih]; omega", defs=defs, distract=False)
    if shape == "acc":
        m = rng.choice(["a", "b", "c", "j"])
        goal = f"{f} ({n} + {m}) = {f} {n} + {step} * {m}"
        tactic = f"induction {m} with\n| zero => rfl\n| succ {m} ih => rw [← Nat.add_assoc]; simp only [{f}, ih]; omega"
        return Spec([f"({n} {m} : Nat)"], [], goal, tactic=tactic, defs=defs, distract=False)
    if shape == "positive":
        goal = f"{start} ≤ {f} {n}"
        tactic = f"induction {n} with\n| zero => exact Nat.le_refl {start}\n| succ {n} ih => simp only [{f}]; omega"
        return Spec(binders, [], goal, tactic=tactic, defs=defs, distract=False)
    if shape == "succ":
        return Spec(binders, [], f"{f} ({n} + 1) = {f} {n} + {step}", tactic="rfl", term="rfl", defs=defs, distract=False)
    if shape == "zero":
        return Spec([], [], f"{f} 0 = {start}", tactic="rfl", term="rfl", defs=defs, distract=False)
    if shape == "value":
        at = rng.randint(1, 5)
        return Spec([], [], f"{f} {at} = {start + at * step}", tactic="rfl", term="rfl", defs=defs, distract=False)
    value = rng.randint(1, 20)
    goal = f"{f} ({n} + 1) = {value + step}"
    return Spec(binders, [f"{f} {n} = {value}"], goal, tactic=f"rw [{f}, {{0}}]", defs=defs, distract=False)


def lists(rng):
    """A function by recursion on a list, and induction on it."""
    f = rng.choice(FUNCTIONS)
    xs, ys = rng.choice([("xs", "ys"), ("l", "r"), ("as", "bs"), ("s", "t")])
    step, start = rng.randint(1, 9), rng.choice([0, 0, 0, 1, 2, 3, 4])
    shape = rng.choice(["length", "append", "sum", "map", "cons"])
    start = 0 if shape in ("append", "sum") else start
    cons = f"| cons x {xs} ih => "
    if shape in ("length", "append", "cons"):
        defs = f"def {f} : List Nat → Nat\n  | [] => {start}\n  | _ :: {xs} => {f} {xs} + {step}\n"
        if shape == "length":
            end = "" if start == 0 else f" + {start}"
            goal = f"{f} {xs} = {step} * {xs}.length{end}"
            tactic = f"induction {xs} with\n| nil => rfl\n{cons}simp only [{f}, ih, List.length_cons]; omega"
            return Spec([f"({xs} : List Nat)"], [], goal, tactic=tactic, defs=defs, distract=False)
        if shape == "append":
            goal = f"{f} ({xs} ++ {ys}) = {f} {xs} + {f} {ys}"
            tactic = f"induction {xs} with\n| nil => simp [{f}]\n{cons}simp only [{f}, ih, List.cons_append]; omega"
            return Spec([f"({xs} {ys} : List Nat)"], [], goal, tactic=tactic, defs=defs, distract=False)
        x = rng.choice(["a", "b", "x"])
        goal = f"{f} ({x} :: {xs}) = {f} {xs} + {step}"
        return Spec([f"({x} : Nat) ({xs} : List Nat)"], [], goal, tactic="rfl", term="rfl", defs=defs, distract=False)
    if shape == "sum":
        defs = f"def {f} : List Nat → Nat\n  | [] => 0\n  | x :: {xs} => {f} {xs} + {step} * x\n"
        goal = f"{f} ({xs} ++ {ys}) = {f} {xs} + {f} {ys}"
        tactic = f"induction {xs} with\n| nil => simp [{f}]\n{cons}simp only [{f}, ih, List.cons_append]; omega"
        return Spec([f"({xs} {ys} : List Nat)"], [], goal, tactic=tactic, defs=defs, distract=False)
    defs = f"def {f} : List Nat → List Nat\n  | [] => []\n  | x :: {xs} => (x + {step}) :: {f} {xs}\n"
    goal, lemma = rng.choice(
        [
            (f"({f} {xs}).length = {xs}.length", "List.length_cons"),
            (f"{f} {xs} = {xs}.map (· + {step})", "List.map_cons"),
        ]
    )
    tactic = f"induction {xs} with\n| nil => rfl\n{cons}simp only [{f}, ih, {lemma}]"
    return Spec([f"({xs} : List Nat)"], [], goal, tactic=tactic, defs=defs, distract=False)


def rules(rng):
    """An inductive predicate on numbers, and a derivation of an instance."""
    p = rng.choice(PREDICATES)
    base, step, jump = rng.sample(CONSTRUCTORS, 3)
    start, plus, times = rng.randint(0, 9), rng.randint(1, 6), rng.choice([2, 3])
    lines = [f"  | {base} : {p} {start}", f"  | {step} (n : Nat) : {p} n → {p} (n + {plus})"]
    double = rng.random() < 0.6
    if double:
        lines.append(f"  | {jump} (n : Nat) : {p} n → {p} ({times} * n)")
    rng.shuffle(lines)
    defs = f"inductive {p} : Nat → Prop where\n" + "\n".join(lines) + "\n"
    x = rng.choice(NUMBERS)
    shape = rng.choice(["base", "number", "step", "jump", "two", "open", "mixed"])
    if shape == "base":
        return Spec([], [], f"{p} {start}", term=f"{p}.{base}", defs=defs, distract=False)
    at = rng.randint(1, 12)
    if shape == "number":
        return Spec([], [], f"{p} {start + plus}", term=f"{p}.{step} {start} {p}.{base}", defs=defs, distract=False)
    if shape == "step":
        return Spec([f"({x} : Nat)"], [f"{p} {x}"], f"{p} ({x} + {plus})", term=f"{p}.{step} {x} {{0}}", defs=defs)
    if shape == "jump" and double:
        return Spec([f"({x} : Nat)"], [f"{p} {x}"], f"{p} ({times} * {x})", term=f"{p}.{jump} {x} {{0}}", defs=defs)
    if shape == "two":
        goal = f"{p} ({x} + {plus} + {plus})"
        return Spec([f"({x} : Nat)"], [f"{p} {x}"], goal, term=f"{p}.{step} _ ({p}.{step} {x} {{0}})", defs=defs)
    if shape == "mixed" and double:
        goal = f"{p} ({times} * ({x} + {plus}))"
        return Spec([f"({x} : Nat)"], [f"{p} {x}"], goal, term=f"{p}.{jump} _ ({p}.{step} {x} {{0}})", defs=defs)
    return Spec([], [f"{p} {at}"], f"{p} {at + plus}", term=f"{p}.{step} {at} {{0}}", defs=defs)


def enumeration(rng):
    """A type of a few values, and a function between them."""
    name = rng.choice(["Color", "Switch", "Dir", "Mode", "Level", "Side"])
    values = rng.sample(COLOURS, rng.choice([2, 3, 3, 4, 4]))
    f = rng.choice(["next", "flip", "turn", "rot", "after"])
    order = len(values)
    to = [(i + 1) % order for i in range(order)] if rng.random() < 0.3 else [rng.randrange(order) for _ in values]
    arms = "".join(f"  | .{v} => .{values[i]}\n" for v, i in zip(values, to))
    defs = f"inductive {name} where\n  | {' | '.join(values)}\n\ndef {f} : {name} → {name}\n{arms}"
    x = rng.choice(["c", "s", "d", "x"])

    def times(count, inner):
        for _ in range(count):
            inner = f"{f} {argument(inner)}" if inner[0] != "." else f"{f} {inner}"
        return inner

    def after(count, value):
        for _ in range(count):
            value = to[value]
        return value

    v, count = rng.randrange(order), rng.choice([1, 2, 2, 3])
    end = values[after(count, v)]
    shape = rng.choice(["same", "value", "witness", "not", "different"])
    if shape == "same":
        pairs = [(m, k) for m in range(1, 5) for k in range(m) if all(after(m, i) == after(k, i) for i in range(order))]
        if not pairs:
            raise Retry
        m, k = pairs[0]
        goal = f"{times(m, x)} = {times(k, x)}"
        return Spec([f"({x} : {name})"], [], goal, tactic=f"cases {x} <;> rfl", defs=defs, distract=False)
    if shape == "value":
        return Spec([], [], f"{times(count, '.' + values[v])} = .{end}", tactic="rfl", term="rfl", defs=defs, distract=False)
    if shape == "witness":
        goal = f"∃ {x}, {f} {x} = .{values[to[v]]}"
        return Spec([], [], goal, term=f"⟨.{values[v]}, rfl⟩", defs=defs, distract=False)
    if shape == "not":
        goal = f"{name}.{values[v]} ≠ {name}.{values[v - 1]}"
        return Spec([], [], goal, tactic="intro u\ncases u", defs=defs, distract=False)
    if any(to[i] == i for i in range(order)):
        raise Retry
    tactic = f"cases {x} <;> intro u <;> cases u"
    return Spec([f"({x} : {name})"], [], f"{f} {x} ≠ {x}", tactic=tactic, defs=defs, distract=False)



def definitions(rng):
    """A definition to be unfolded or folded."""
    p, q = rng.sample(PREDICATES, 2)
    x = rng.choice(NUMBERS)
    n = rng.randint(1, 12)
    more = n + rng.randint(1, 9)
    shape = rng.choice(["fold", "unfold", "number", "both", "witness", "left", "right", "function"])
    defs = f"def {p} (n : Nat) : Prop := {n} < n\n"
    if shape == "fold":
        return Spec([f"({x} : Nat)"], [f"{n} < {x}"], f"{p} {x}", term="{0}", defs=defs)
    if shape == "unfold":
        return Spec([f"({x} : Nat)"], [f"{p} {x}"], f"{n} < {x}", term="{0}", defs=defs)
    if shape == "number":
        return Spec([], [], f"{p} {more}", tactic=f"unfold {p}\ndecide", defs=defs)
    if shape == "witness":
        return Spec([], [], f"∃ {x}, {p} {x}", tactic=f"exact ⟨{n + 1}, by unfold {p}; decide⟩", defs=defs)
    if shape == "function":
        f = rng.choice(FUNCTIONS)
        defs = f"def {f} (n : Nat) : Nat := n * {n} + {more}\n"
        goal, tactic = rng.choice(
            [
                (f"{f} 1 = {n + more}", "rfl"),
                (f"{more} ≤ {f} {x}", f"unfold {f}\nomega"),
                (f"{f} {x} = {more} + {n} * {x}", f"unfold {f}\nomega"),
            ]
        )
        return Spec([f"({x} : Nat)"], [], goal, tactic=tactic, defs=defs)
    y = rng.choice([name for name in NUMBERS if name != x])
    defs = f"def {p} (a b : Nat) : Prop := a < b ∧ {n} < b\n"
    binders = [f"({x} {y} : Nat)"]
    if shape == "both":
        return Spec(binders, [f"{x} < {y}", f"{n} < {y}"], f"{p} {x} {y}", term="⟨{0}, {1}⟩", defs=defs)
    if shape == "left":
        return Spec(binders, [f"{p} {x} {y}"], f"{x} < {y}", term="{0}.1", defs=defs)
    return Spec(binders, [f"{p} {x} {y}"], f"{n} < {y}", term="{0}.2", defs=defs)


def structures(rng):
    """A structure and its fields."""
    name = rng.choice(["Point", "Pair", "Box", "Span", "Entry"])
    a, b = rng.sample(["fst", "snd", "left", "right", "x", "y", "key", "val", "low", "top"], 2)
    s = rng.choice(["s", "t", "e", "w"])
    x, y = rng.sample([v for v in NUMBERS if v not in (a, b, s)], 2)
    low, gap = rng.randint(0, 9), rng.randint(0, 5)
    shift = f" + {gap}" if gap else ""
    fields = [f"  pos : {low} < {a}\n", f"  le : {a}{shift} ≤ {b}\n"]
    rng.shuffle(fields)
    defs = f"structure {name} where\n  {a} : Nat\n  {b} : Nat\n{''.join(fields)}"
    binders = [f"({s} : {name})"]
    one = binders + [f"({x} : Nat)"]
    needs, goal, binders, term, tactic = rng.choice(
        [
            ([], f"{s}.{a}{shift} ≤ {s}.{b}", binders, f"{s}.le", None),
            ([], f"{low} < {s}.{a}", binders, f"{s}.pos", None),
            ([f"{s}.{b} ≤ {x}"], f"{s}.{a}{shift} ≤ {x}", one, f"Nat.le_trans {s}.le {{0}}", None),
            ([f"{x} < {s}.{a}{shift}"], f"{x} < {s}.{b}", one, f"Nat.lt_of_lt_of_le {{0}} {s}.le", None),
            ([f"{x} ≤ {low}"], f"{x} < {s}.{a}", one, f"Nat.lt_of_le_of_lt {{0}} {s}.pos", None),
            ([f"{s}.{a} ≤ {x}"], f"{low} < {x}", one, f"Nat.lt_of_lt_of_le {s}.pos {{0}}", None),
            ([], f"{low + gap} < {s}.{b}", binders, None, f"have u := {s}.pos\nhave v := {s}.le\nomega"),
            ([f"{low} < {x}", f"{x}{shift} ≤ {y}"], f"∃ {s} : {name}, {s}.{a} = {x} ∧ {s}.{b} = {y}",
             [f"({x} {y} : Nat)"], f"⟨⟨{x}, {y}, {order(fields)}⟩, rfl, rfl⟩", None),
        ]
    )
    return Spec(binders, needs, goal, term=term, tactic=tactic, defs=defs)


def order(fields):
    return "{0}, {1}" if "pos" in fields[0] else "{1}, {0}"



def neighbour(rng):
    """The fact that is needed was proved just before."""
    f = rng.choice(FUNCTIONS)
    names = rng.sample(WORDS, 2)
    n = rng.choice(["n", "m", "k", "i"])
    x = rng.choice([v for v in NUMBERS if v != n])
    step, start = rng.randint(1, 9), rng.randint(1, 9)
    defs = f"def {f} (n : Nat) : Nat := {step} * n + {start}\n\n"
    facts = [
        f"theorem {names[0]} ({n} : Nat) : {start} ≤ {f} {n} := by\n  unfold {f}\n  omega\n",
        f"theorem {names[1]} ({n} : Nat) : {f} {n} = {start} + {step} * {n} := by\n  unfold {f}\n  omega\n",
    ]
    rng.shuffle(facts)
    defs += "\n".join(facts)
    at = rng.choice([x, str(rng.randint(0, 20)), f"{x} + {rng.randint(1, 9)}"])
    A = argument(at)
    needs, goal, term, tactic = rng.choice(
        [
            ([], f"{start} ≤ {f} {A}", f"{names[0]} {A}", None),
            ([], f"{f} {A} = {start} + {step} * {A}", f"{names[1]} {A}", None),
            ([], f"{start} + {step} * {A} = {f} {A}", f"({names[1]} {A}).symm", None),
            ([f"{f} {A} ≤ {x}"], f"{start} ≤ {x}", f"Nat.le_trans ({names[0]} {A}) {{0}}", None),
            ([f"{x} < {start}"], f"{x} < {f} {A}", f"Nat.lt_of_lt_of_le {{0}} ({names[0]} {A})", None),
            ([], f"∃ y, {f} y = {start} + {step} * {A}", f"⟨{at}, {names[1]} {A}⟩", None),
        ]
    )
    return Spec([f"({x} : Nat)"], needs, goal, term=term, tactic=tactic, defs=defs)


def gather(rng):
    """Many hypotheses, of which the right ones are to be named in the right order: practice for the other families."""
    world = World(rng)
    depth = rng.choice([0, 0, 1])
    needs, parts = [], []

    def need(formula):
        if formula in needs:
            raise Retry
        needs.append(formula)
        return "{%d}" % (len(needs) - 1)

    for _ in range(rng.choice([1, 2, 3, 3, 4])):
        goal, other = world.distinct(2, depth)
        how = rng.random()
        if how < 0.6:
            term = need(goal)
        elif how < 0.7:
            term = need(f"{paren(goal)} ∧ {paren(other)}") + ".1"
        elif how < 0.8:
            term = need(f"{paren(other)} ∧ {paren(goal)}") + ".2"
        else:
            term = f"{need(f'{paren(other)} → {paren(goal)}')} {need(other)}"
        parts.append((goal, term))
    if len(needs) > 6 or len({goal for goal, _ in parts}) < len(parts):
        raise Retry
    if len(parts) == 1:
        return Spec(world.binders, needs, parts[0][0], term=parts[0][1], world=world)
    goal = " ∧ ".join(paren(goal) for goal, _ in parts)
    return Spec(world.binders, needs, goal, term=f"⟨{', '.join(term for _, term in parts)}⟩", world=world)


FAMILIES = [
    (logic, 7),
    (connectives, 4),
    (quantifiers, 3),
    (relation, 2),
    (equations, 3),
    (arithmetic, 4),
    (witnesses, 1.5),
    (automatic, 1.5),
    (recursion, 2.5),
    (lists, 2),
    (rules, 3),
    (enumeration, 1.5),
    (definitions, 2.5),
    (structures, 1.5),
    (neighbour, 2),
]


# ---- from a goal to a text ------------------------------------------------------------------------------------------


def hypothesis_names(rng, count, taken):
    scheme = rng.choice(["h1", "h1", "h1", "pool", "pool", "letters"])
    if scheme == "h1":
        prefix = rng.choice(["h", "h", "h", "H", "hyp"])
        names = [f"{prefix}{i + 1}" for i in range(count)]
        if count == 1 and rng.random() < 0.7:
            names = [prefix]
        if rng.random() < 0.3:
            rng.shuffle(names)
    elif scheme == "pool":
        names = rng.sample("h ha hb hc hp hq hr hx hy key h' e e1 e2 hn hm".split(), count)
    else:
        names = ["h" + letter for letter in rng.sample("abcdefgpqrstxyz", count)]
    if taken & set(names):
        raise Retry
    return names


def indent(text, by):
    return text.replace("\n", "\n" + " " * by)


@dataclass
class Sample:
    family: str
    text: str
    kind: str
    statement: str


def sample(rng, family=None):
    """One text with a marked proof, of any family or this. Raises `Retry` when a draw leads nowhere."""
    family = family or rng.choices([f for f, _ in FAMILIES], [w for _, w in FAMILIES])[0]
    spec = family(rng)
    needs = list(spec.needs)
    extra = []
    if spec.distract:
        pool = list(getattr(spec, "extra", []))
        if spec.world and not pool:
            pool = [spec.world.formula(1) for _ in range(3)] if spec.world.kind == "prop" and spec.binders else []
            pool = pool or ([spec.world.atom() for _ in range(3)] if spec.binders else [])
        pool = [one for one in dict.fromkeys(pool) if one not in needs and one != spec.goal]
        extra = pool[: rng.choice([0, 0, 1, 1, 2, 3])]
        if len(needs) + len(extra) > 6:
            raise Retry
    words = set(re.findall(r"[\w']+", " ".join(spec.binders + needs + extra + [spec.goal])))
    names = hypothesis_names(rng, len(needs) + len(extra), words | set("uvw"))
    order = list(range(len(names)))
    rng.shuffle(order)
    # Names go by position in the text, so `h1` is not always the one that is needed.
    named = dict(zip(order, names))
    types = needs + extra
    binders = list(spec.binders) + [f"({named[i]} : {types[i]})" for i in order]
    fill = [named[i] for i in range(len(needs))]
    term = spec.term and spec.term.format(*fill)
    tactic = spec.tactic and spec.tactic.format(*fill)
    if term and (not tactic or rng.random() < 0.5):
        tactic = f"exact {term}"
    head = rng.choice(WORDS) + rng.choice(["", "", "'", "_1", "_2", f"_{rng.randint(1, 99)}"])
    if f"theorem {head} " in spec.defs:
        raise Retry
    goal = spec.goal
    wrapped = [named[i] for i in range(len(needs), len(types))]

    form = rng.choices(
        ["tactic", "line", "term", "have", "both", "moved", "suffices"],
        [10, 2, 4 if term else 0, 1.5, 1.5 if wrapped else 0, 1.5 if len(order) > 1 else 0, 0.7],
    )[0]
    start = f"theorem {head} " if rng.random() < 0.93 else "example "
    local = rng.choice([n for n in ["k1", "step", "res", "hk", "aux1"] if n not in names])

    def declare(shown, proof):
        left = " ".join(binders)
        statement = f"{start}{left}{' ' if left else ''}: {shown}"
        if len(statement) > 90:
            # Lines are broken between binders.
            cut = max(statement.rfind(f" ({name} : ", 0, 90) for name in named.values()) if named else -1
            if cut > 20:
                statement = statement[:cut] + "\n   " + statement[cut:]
        return f"{statement} :={proof}\n"

    def marked(text, by):
        return OPEN + indent(text, by) + CLOSE

    if form == "line" and "\n" not in tactic:
        text = declare(goal, " by " + marked(tactic, 0))
    elif form == "term":
        text = declare(goal, ("\n  " if rng.random() < 0.3 else " ") + marked(term, 4))
    elif form == "have":
        mid = f"have {local} : {goal} := "
        if term and rng.random() < 0.5:
            inner = marked(term, 4)
        elif "\n" in tactic:
            inner = "by\n    " + marked(tactic, 4)
        else:
            inner = "by " + marked(tactic, 4)
        text = declare(goal, f" by\n  {mid}{inner}\n  exact {local}")
    elif form == "both":
        i = rng.randrange(len(needs), len(types))
        if rng.random() < 0.5:
            proof = f" by\n  constructor\n  · {marked(tactic, 4)}\n  · exact {named[i]}"
            text = declare(f"{paren(goal)} ∧ {paren(types[i])}", proof)
        else:
            proof = f" by\n  refine ⟨{named[i]}, ?_⟩\n  " + marked(tactic, 2)
            text = declare(f"{paren(types[i])} ∧ {paren(goal)}", proof)
    elif form == "moved":
        i = order[-1]
        shown = f"{paren(types[i])} → {goal}"
        binders.pop()
        if term and rng.random() < 0.4:
            text = declare(shown, f" fun {named[i]} => " + marked(term, 4))
        else:
            text = declare(shown, f" by\n  intro {named[i]}\n  " + marked(tactic, 2))
    elif form == "suffices":
        text = declare(goal, f" by\n  show {goal}\n  " + marked(tactic, 2))
    else:
        text = declare(goal, " by\n  " + marked(tactic, 2))
    kind = "term" if text[: text.index(OPEN)].rstrip().endswith((":=", "=>")) else "tactic"
    text = (spec.defs + "\n" if spec.defs else "") + text
    return Sample(family.__name__, text, kind, normal(spec, needs, goal))


LIBRARY = re.compile(r"\d+|(?:Nat|List)\.[\w.]+|Prop|Nat|Int|List|Type|True|False|max|min|def|inductive|structure|where|theorem|by")


def normal(spec, needs, goal):
    """The goal with what it needs and its definitions, up to the names, the order of hypotheses, the types of plain
    variables, and distractors: what counts as the same theorem when goals are held out."""

    def masked(text):
        return re.sub(r"[^\W\d][\w'.]*", lambda word: word.group() if LIBRARY.fullmatch(word.group()) else "_", text)

    text = "\n".join([spec.defs, "⊢", goal, *sorted(needs, key=masked)])
    seen = {}

    def rename(word):
        word = word.group()
        return word if LIBRARY.fullmatch(word) else seen.setdefault(word, f"v{len(seen)}")

    return re.sub(r"[^\W\d][\w'.]*", rename, text)


def samples(seed, family=None):
    """Endless."""
    rng = random.Random(seed)
    while True:
        try:
            yield sample(rng, family)
        except Retry:
            continue
