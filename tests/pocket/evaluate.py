"""How many held-out goals the pocket prover closes, and how many any single tactic does. Lean decides.

    python tests/pocket/evaluate.py [--work target/pocket] [--random] [--tactics]

Prompts are the product's, each with all of heldout.lean before its goal; weights are those that train.py kept.
"""

import argparse
import collections
from pathlib import Path

import torch
from tokenizers import Tokenizer

import corpus
import lean
import train

SAMPLES = 8
KNOWN = ["grind", "simp_all", "omega", "simp", "assumption", "decide", "rfl", "trivial", "constructor <;> assumption"]


@torch.no_grad()
def answers(model, tokenizer, tokens, temperature, count):
    """`count` answers to what is asked in `tokens`; greedy at temperature 0."""
    end = tokenizer.token_to_id(train.END)
    rows = torch.tensor([tokens] * count)
    written, cache = [[] for _ in range(count)], None
    for _ in range(train.ANSWER):
        out = model(rows, past_key_values=cache, use_cache=True)
        cache, logits = out.past_key_values, out.logits[:, -1]
        if temperature:
            rows = torch.multinomial(torch.softmax(logits / temperature, -1), 1)
        else:
            rows = logits.argmax(-1, keepdim=True)
        for row, token in zip(written, rows[:, 0].tolist()):
            if not row or row[-1] != end:
                row.append(token)
        if all(row[-1] == end for row in written):
            break
    return [tokenizer.decode(row).split("```")[0].rstrip() for row in written]


def filled(one, answer):
    """The text with `answer` after what stands before the hole; the blanks between are the answer's."""
    before, _, _, after = train.split_at_hole(one["text"])
    return before.rstrip() + (answer if answer[:1].isspace() else " " + answer) + after


def questions(chosen):
    asked, before = [], ""
    for at, one in enumerate(chosen, 1):
        start = f"namespace G{at:03}\n\n"
        asked.append(train.asked(one, before + start, train.CONTEXT - train.ANSWER))
        before += f"{start}{corpus.open_hole(one['text'])}\nend G{at:03}\n\n"
    return asked


def closed(chosen, candidates):
    """Whether one of each goal's candidates is a proof."""
    pairs = sorted({(at, text) for at, texts in enumerate(candidates) for text in texts if "sorry" not in text})
    accepted = lean.accepted([filled(chosen[at], text) for at, text in pairs])
    good = {at for (at, _), ok in zip(pairs, accepted) if ok}
    return [at in good for at in range(len(chosen))]


def report(name, chosen, ok):
    print(f"{name}: {sum(ok)} of {len(ok)} ({100 * sum(ok) / len(ok):.1f} %)", flush=True)
    all_of = collections.Counter(one["family"] for one in chosen)
    good = collections.Counter(one["family"] for one, yes in zip(chosen, ok) if yes)
    print("   " + ", ".join(f"{family} {good[family]}/{all_of[family]}" for family in all_of), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, default=train.ROOT / "target" / "pocket")
    parser.add_argument("--random", action="store_true", help="weights that were never trained")
    parser.add_argument("--tactics", action="store_true", help="single tactics instead of the model")
    parser.add_argument("--temperature", type=float, default=0.7)
    parser.add_argument("--show", action="store_true", help="what was answered where nothing was right")
    options = parser.parse_args()
    torch.set_num_threads(1)
    samples = corpus.read(options.work / "corpus.jsonl")
    chosen = corpus.held_out(samples)

    if options.tactics:
        usual = collections.Counter(train.split_at_hole(one["text"])[2] for one in samples if one["kind"] == "tactic")
        lines = list(dict.fromkeys([line for line, _ in usual.most_common(25) if "\n" not in line] + KNOWN))
        print(f"most frequent in training: {usual.most_common(3)}")
        rates = []
        for line in lines:
            ok = closed(chosen, [[f" by {line}" if one["kind"] == "term" else f" {line}"] for one in chosen])
            rates.append((sum(ok), line))
            print(f"{sum(ok):4} of {len(ok)}: {line}", flush=True)
        return

    tokenizer = Tokenizer.from_file(str(train.HERE / "tokenizer.json"))
    model = train.new_model(train.SEED, tokenizer).eval()
    if not options.random:
        model.load_state_dict(torch.load(options.work / "weights.pt"))
    torch.manual_seed(1)
    greedy, sampled = [], []
    for prompt in train.prompts(train.HERE / "tokenizer.json", questions(chosen)):
        tokens = tokenizer.encode(prompt["message"]).ids + tokenizer.encode(prompt["prefill"]).ids
        greedy.append(answers(model, tokenizer, tokens, 0, 1))
        sampled.append(answers(model, tokenizer, tokens, options.temperature, SAMPLES))
    exact = [text[0].strip() == train.split_at_hole(one["text"])[2] for one, text in zip(chosen, greedy)]
    report("greedy, word for word", chosen, exact)
    report("greedy", chosen, closed(chosen, greedy))
    ok = closed(chosen, sampled)
    report(f"{SAMPLES} at temperature {options.temperature}", chosen, ok)
    if options.show:
        for one, yes, texts in zip(chosen, ok, sampled):
            if not yes:
                print(one["text"], *sorted(set(texts)), sep="\n| ")


if __name__ == "__main__":
    main()
