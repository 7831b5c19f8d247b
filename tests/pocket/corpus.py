"""The corpus: samples whose proof Lean has accepted, apart from those held out."""

import hashlib
import json

import goals
import lean

ROUND = 2400
HELD_OUT_PER_FAMILY = 11


def is_held_out(statement):
    """A tenth of all theorems, by what they are up to renaming; see `goals.normal`."""
    return hashlib.sha256(statement.encode()).digest()[0] % 10 == 0


def proved(text):
    return text.replace(goals.OPEN, "").replace(goals.CLOSE, "")


def open_hole(text):
    return text[: text.index(goals.OPEN)] + "sorry" + text[text.index(goals.CLOSE) + 1 :]


def make(path, count, seed, family=None):
    """Writes `count` checked samples as JSON lines: half a minute for a thousand."""
    stream, seen, written = goals.samples(seed, family), set(), 0
    with open(path, "w") as out:
        while written < count:
            batch = []
            while len(batch) < ROUND:
                one = next(stream)
                if one.text not in seen:
                    seen.add(one.text)
                    batch.append(one)
            accepted = lean.accepted([proved(one.text) for one in batch])
            for one, ok in zip(batch, accepted):
                if ok:
                    held_out = is_held_out(one.statement)
                    line = {"family": one.family, "kind": one.kind, "text": one.text, "held_out": held_out}
                    out.write(json.dumps(line | {"statement": one.statement}, ensure_ascii=False) + "\n")
            out.flush()
            written += sum(accepted)
            print(f"corpus: Lean accepted {sum(accepted)} of {len(batch)}; {written} in all", flush=True)


def read(path):
    return [json.loads(line) for line in open(path)]


def held_out(samples):
    """Of each family the same number, no two the same up to renaming."""
    chosen, seen, count = [], set(), {}
    for one in samples:
        if one["held_out"] and one["statement"] not in seen and count.get(one["family"], 0) < HELD_OUT_PER_FAMILY:
            seen.add(one["statement"])
            count[one["family"]] = count.get(one["family"], 0) + 1
            chosen.append(one)
    return chosen


def held_out_file(chosen):
    """As one Lean file. Each theorem has a namespace, so that names can recur."""
    parts = [f"namespace G{at:03}\n\n{open_hole(one['text'])}\nend G{at:03}\n" for at, one in enumerate(chosen, 1)]
    return "\n".join(parts)
