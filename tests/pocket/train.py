"""Makes the pocket prover: generate goals, have Lean check their proofs, write prompts, train, write a GGUF.

    python tests/pocket/train.py             all of it; what is done in target/pocket already is not done again
    python tests/pocket/train.py --random    only pocket-random.gguf there: the same shape, never trained

See README.md.
"""

import argparse
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import torch
from gguf import GGMLQuantizationType
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

import corpus

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "reference"))

from gguf_file import write_gguf  # noqa: E402

BEGIN, END = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"
SPECIAL = [BEGIN, END, "<｜User｜>", "<｜Assistant｜>"]
VOCABULARY = 768
CONTEXT = 512
ANSWER = 112
FILE = 448
# What a token that is not of a proof counts in the loss.
GIVEN = 0.05
SEED = 1
# YaRN from the start, over contexts that are longer than its "original": the formula is the 7B's, at a smaller scale.
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 5,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": CONTEXT,
    "rms_norm_eps": 1e-6,
    "rope_theta": 10000.0,
    "rope_scaling": {
        "type": "yarn",
        "factor": 4.0,
        "original_max_position_embeddings": CONTEXT // 4,
        "beta_fast": 32,
        "beta_slow": 1,
    },
    "tie_word_embeddings": False,
    "attention_bias": False,
    "mlp_bias": False,
    "hidden_act": "silu",
    "initializer_range": 0.06,
}


# ---- tokenizer ------------------------------------------------------------------------------------------------------

# As llama.cpp's `deepseek-llm` has them; escaped, since some of them do not outlive Unicode normalisation.
LETTERS = (
    "A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u01bc-\u01bf\u01c4-\u0293\u0295-\u02af\u0370-"
    "\u0373\u0376\u0377\u037b-\u037d\u037f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03f5\u03f7-"
    "\u0481\u048a-\u052f\u0531-\u0556\u10a0-\u10c5\u13a0-\u13f5\u13f8-\u13fd\u1c90-\u1cba\u1cbd-\u1cbf"
    "\u1d00-\u1d2b\u1d6b-\u1d77\u1d79-\u1d9a\u1e00-\u1f15\u1f18-\u1f1d\u1f20-\u1f45\u1f48-\u1f4d\u1f50-"
    "\u1f57\u1f59\u1f5b\u1f5d\u1f5f-\u1f7d\u1f80-\u1fb4\u1fb6-\u1fbc\u1fbe\u1fc2-\u1fc4\u1fc6-\u1fcc"
    "\u1fd0-\u1fd3\u1fd6-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ff4\u1ff6-\u1ffc\u2102\u2107\u210a-\u2113\u2115"
    "\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2134\u2139\u213c-\u213f\u2145-\u2149\u214e"
    "\u2183\u2184\u2c00-\u2c7b\u2c7e-\u2ce4\u2ceb-\u2cee\u2cf2\u2cf3\ua640-\ua66d\ua680-\ua69b\ua722-"
    "\ua76f\ua771-\ua787\ua78b-\ua78e\uab70-\uabbf\ufb00-\ufb06\ufb13-\ufb17\uff21-\uff3a\uff41-\uff5a"
    "\U00010400-\U0001044f\U000104b0-\U000104d3\U000104d8-\U000104fb\U00010c80-\U00010cb2\U00010cc0-"
    "\U00010cf2\U000118a0-\U000118df\U0001e900-\U0001e943"
)
SIGNS = "!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002"
SPLITS = [r"[\r\n]", rf"\s?[{LETTERS}]+", rf"\s?[{SIGNS}]+", r"\s+$", "[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+"]


def make_tokenizer(samples):
    tokenizer = Tokenizer(models.BPE())
    splits = [pre_tokenizers.Split(Regex(split), "isolated") for split in SPLITS]
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [*splits, pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY - len(SPECIAL), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    fixed = "Complete the following Lean 4 code:\n\n```lean4\n"
    texts = [f"{fixed}namespace G012\n{corpus.open_hole(one['text'])}{corpus.proved(one['text'])}" for one in samples]
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(SPECIAL)
    if tokenizer.get_vocab_size() != VOCABULARY:
        sys.exit(f"error: the tokenizer has {tokenizer.get_vocab_size()} tokens, not {VOCABULARY}")
    return tokenizer


# ---- prompts --------------------------------------------------------------------------------------------------------


def split_at_hole(text):
    """Up to the hole, the start of its declaration in that (characters), the proof, and the rest."""
    before, rest = text.split(corpus.goals.OPEN)
    proof, after = rest.split(corpus.goals.CLOSE)
    start = max(before.rfind("\ntheorem "), before.rfind("\nexample ")) + 1
    return before, start, proof, after


def asked(one, prelude, budget):
    before, start, proof, after = split_at_hole(one["text"])
    declaration = len((prelude + before[:start]).encode())
    return {"before": prelude + before, "declaration": declaration, "after": after, "budget": budget}


def prelude(rng, samples):
    """What stands before in the file: nothing, a few neighbours, or much of a file like heldout.lean."""
    kind = rng.random()
    if kind < 0.5:
        return ""
    chosen = [rng.choice(samples)["text"] for _ in range(1 if kind < 0.75 else rng.randint(2, 5))]
    shown = [(corpus.open_hole if rng.random() < 0.6 else corpus.proved)(text) for text in chosen]
    if kind < 0.75:
        return "".join(text + "\n" for text in shown if text.startswith(("theorem", "example")))
    at = rng.randint(1, 300)
    before = [f"namespace G{i:03}\n\n{text}\nend G{i:03}\n\n" for i, text in enumerate(shown, at)]
    return "".join(before) + f"namespace G{at + len(shown):03}\n\n"


def prompts(tokenizer_path, questions):
    """The product's own prompts; `None` for what does not fit."""
    command = ["cargo", "run", "-q", "-p", "unsorry-model", "--example", "prompts", "--", str(tokenizer_path)]
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in questions)
    answer = subprocess.run(command, input=lines, stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    return [json.loads(line) for line in answer.stdout.splitlines()]


def answer_of(one, question, prompt):
    """What is to be written after the prefill: blanks that it lacks, the proof, the end of the fence."""
    before, _, proof, _ = split_at_hole(one["text"])
    blanks = before[len(before.rstrip()) :]
    if not prompt["prefill"].endswith(before.rstrip()[-8:]):
        raise ValueError(f"the prefill ends elsewhere: {prompt['prefill']!r}")
    return f"{blanks}{proof}\n```"


def encode(tokenizer, prompt, answer):
    """Tokens, and what each counts in the loss."""
    parts = [prompt["message"], prompt["prefill"], answer]
    message, prefill, written = (tokenizer.encode(part).ids for part in parts)
    written = written + [tokenizer.token_to_id(END)]
    return message + prefill + written, [GIVEN] * (len(message) + len(prefill)) + [1.0] * len(written)


def render(samples, tokenizer, tokenizer_path, seed, times):
    rng = random.Random(seed)
    several = [one for one in samples for _ in range(times)]
    questions = [asked(one, prelude(rng, samples), rng.choice([CONTEXT - ANSWER, 300, 350])) for one in several]
    encoded = []
    for one, question, prompt in zip(several, questions, prompts(tokenizer_path, questions)):
        if prompt:
            tokens, weights = encode(tokenizer, prompt, answer_of(one, question, prompt))
            if len(tokens) <= CONTEXT:
                encoded.append((tokens, weights))
    return encoded


def files(samples, tokenizer, seed, times):
    """Files of several theorems with their proofs: more of these to learn from in as many tokens than in prompts."""
    rng = random.Random(seed)
    encoded, tokens, weights = [], [], []
    for _ in range(times):
        for one in rng.sample(samples, len(samples)):
            before, _, proof, after = split_at_hole(one["text"])
            given = before.rstrip()
            parts = [(given, GIVEN), (before[len(given) :] + proof + "\n", 1.0), (after[1:] + "\n", GIVEN)]
            theorem = [(tokenizer.encode(text).ids, weight) for text, weight in parts]
            if len(tokens) + sum(len(ids) for ids, _ in theorem) > FILE:
                encoded.append((tokens, weights))
                tokens, weights = [], []
            if not tokens:
                tokens, weights = [tokenizer.token_to_id(BEGIN)], [0.0]
            for ids, weight in theorem:
                tokens = tokens + ids
                weights = weights + [weight] * len(ids)
    return encoded


# ---- training -------------------------------------------------------------------------------------------------------


def new_model(seed, tokenizer):
    torch.manual_seed(seed)
    ids = {"bos_token_id": tokenizer.token_to_id(BEGIN), "eos_token_id": tokenizer.token_to_id(END)}
    return LlamaForCausalLM(LlamaConfig(**{**CONFIG, **ids}))


def batches(encoded, rng, tokens):
    """Of samples of about the same length, at most `tokens` in each, in random order."""
    order = sorted(range(len(encoded)), key=lambda i: (len(encoded[i][0]) // 16, rng.random()))
    made, batch = [], []
    for i in order:
        if batch and (len(batch) + 1) * (len(encoded[i][0]) // 16 + 1) * 16 > tokens:
            made.append(batch)
            batch = []
        batch.append(encoded[i])
    made.append(batch)
    rng.shuffle(made)
    return made


def loss_of(model, batch):
    """Weighted, and the mean of that of the proofs alone."""
    length = max(len(tokens) for tokens, _ in batch)
    tokens = torch.zeros(len(batch), length, dtype=torch.long)
    weights = torch.zeros(len(batch), length)
    for row, (ids, counts) in enumerate(batch):
        tokens[row, : len(ids)] = torch.tensor(ids)
        weights[row, : len(ids)] = torch.tensor(counts)
    logits = model(tokens, use_cache=False).logits[:, :-1]
    losses = torch.nn.functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), reduction="none")
    weights = weights[:, 1:].flatten()
    answers = weights == 1.0
    return (losses * weights).sum() / weights.sum(), losses[answers].mean().item()


def train(model, lessons, checkpoint, seed, steps, batch_tokens, rate, resumed):
    """`lessons`: what to learn from, and up to which part of the steps. What was resumed is only brought to rest."""
    rng = random.Random(seed)
    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "layers" in n]
    others = [p for n, p in model.named_parameters() if not (p.ndim == 2 and "layers" in n)]
    optimizers = [
        torch.optim.Muon(matrices, lr=rate, weight_decay=0.05, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(others, lr=rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]

    def scale(step):
        """Up, along, and down over the last third, or all the way."""
        return min(1.0, (step + 1) / 50, (1 if resumed else 3) * (steps - step) / steps)

    schedules = [torch.optim.lr_scheduler.LambdaLR(optimizer, scale) for optimizer in optimizers]
    queue, lesson, began, seen, recent = [], 0, time.time(), 0, []
    for step in range(steps):
        if step >= lessons[lesson][1] * steps:
            queue, lesson = [], lesson + 1
        queue = queue or batches(lessons[lesson][0], rng, batch_tokens)
        batch = queue.pop()
        loss, answers = loss_of(model, batch)
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer, schedule in zip(optimizers, schedules):
            optimizer.step()
            schedule.step()
        seen += sum(len(tokens) for tokens, _ in batch)
        recent.append(answers)
        if (step + 1) % 50 == 0:
            spent = time.time() - began
            mean = sum(recent) / len(recent)
            print(f"step {step + 1}/{steps}: loss of answers {mean:.3f}, {seen / spent:.0f} tokens/s", flush=True)
            recent = []
        if (step + 1) % 400 == 0:
            torch.save(model.state_dict(), checkpoint)


def write(path, model, tokenizer):
    config = CONFIG | {"bos_token_id": tokenizer.token_to_id(BEGIN), "eos_token_id": tokenizer.token_to_id(END)}
    weights = {name: weight.detach() for name, weight in model.state_dict().items()}
    write_gguf(path, config, weights, tokenizer.to_str(), GGMLQuantizationType.Q8_0)
    print(f"{path}: {sum(p.numel() for p in model.parameters())} parameters, {path.stat().st_size / 1e6:.2f} MB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--random", action="store_true")
    parser.add_argument("--work", type=Path, default=ROOT / "target" / "pocket")
    parser.add_argument("--samples", type=int, default=16000)
    parser.add_argument("--practice", type=int, default=2000)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch-tokens", type=int, default=4096)
    parser.add_argument("--rate", type=float, default=4e-3)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--resume", type=Path, help="weights to go on from, with prompts only")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    work = options.work
    work.mkdir(parents=True, exist_ok=True)
    shipped = HERE / "tokenizer.json"

    if options.random:
        tokenizer = Tokenizer.from_file(str(shipped))
        return write(work / "pocket-random.gguf", new_model(options.seed, tokenizer), tokenizer)

    checked, practice = work / "corpus.jsonl", work / "practice.jsonl"
    for path, count, family in [(checked, options.samples, None), (practice, options.practice, corpus.goals.gather)]:
        if not path.exists():
            corpus.make(work / "part", count, options.seed, family)
            (work / "part").rename(path)
    samples, practice = corpus.read(checked), corpus.read(practice)
    training, practice = ([one for one in some if not one["held_out"]] for some in (samples, practice))
    chosen = corpus.held_out(samples)
    (HERE / "heldout.lean").write_text(corpus.held_out_file(chosen))
    print(f"{len(training)} to train with, {len(practice)} to practise with, {len(chosen)} held out")

    tokenizer = make_tokenizer(training)
    tokenizer.save(str(shipped))
    lessons = [
        (files(practice, tokenizer, options.seed, times=2), 0.2),
        (files(training + practice, tokenizer, options.seed, times=4), 0.65),
        (render(training + [one for one in practice if "have k1" not in one["text"]], tokenizer, shipped, options.seed, times=1), 1.0),
    ]
    if options.resume:
        lessons = lessons[-1:]
    for encoded, _ in lessons:
        print(f"{len(encoded)} texts of {sum(len(tokens) for tokens, _ in encoded)} tokens in all", flush=True)

    model = new_model(options.seed, tokenizer)
    if options.resume:
        model.load_state_dict(torch.load(options.resume))
    resumed = options.resume is not None
    train(model, lessons, work / "weights.pt", options.seed, options.steps, options.batch_tokens, options.rate, resumed)
    torch.save(model.state_dict(), work / "weights.pt")
    write(HERE / "pocket.gguf", model, tokenizer)


if __name__ == "__main__":
    main()
