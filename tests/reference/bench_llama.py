"""Measures llama.cpp for `cargo xtask bench infer`, which starts this.

    python bench_llama.py MODEL THREADS

Prints a line of JSON for each figure, as `model/infer/benches/infer` does. llama.cpp's own defaults: the file is
mapped, the cache is in f16, flash attention is its choice.
"""

import json
import statistics
import sys
import time

import llama_cpp as c

PROMPT, KEPT, SHORT, LONG, POSITIONS = 512, 480, 64, 2048, 4096
ROUNDS = 3

_SILENT = c.llama_log_callback(lambda level, text, data: None)


def figure(name, value):
    print(json.dumps({"figure": name, "value": value}), flush=True)


def tokens(count):
    return [(at * 7919 + 13) % 100_000 for at in range(count)]


class Model:
    def __init__(self, path, threads):
        c.llama_log_set(_SILENT, None)
        c.llama_backend_init()
        self.model = c.llama_model_load_from_file(path.encode(), c.llama_model_default_params())
        if not self.model:
            sys.exit(f"llama.cpp can't load {path}")
        params = c.llama_context_default_params()
        params.n_ctx = POSITIONS
        params.n_seq_max = 9
        # All sequences in one cache: so they can share a prompt.
        params.kv_unified = True
        params.n_threads = params.n_threads_batch = threads
        self.context = c.llama_init_from_model(self.model, params)
        self.memory = c.llama_get_memory(self.context)
        self.batch = c.llama_batch_init(params.n_batch, 0, 1)
        self.vocab = c.llama_vocab_n_tokens(c.llama_model_get_vocab(self.model))

    def decode(self, fed):
        """Feeds triples of token, position and sequence; logits after the last of each sequence. The seconds taken."""
        last = {sequence: at for at, (_, _, sequence) in enumerate(fed)}
        for at, (token, position, sequence) in enumerate(fed):
            self.batch.token[at] = token
            self.batch.pos[at] = position
            self.batch.n_seq_id[at] = 1
            self.batch.seq_id[at][0] = sequence
            self.batch.logits[at] = last[sequence] == at
        self.batch.n_tokens = len(fed)
        start = time.perf_counter()
        if c.llama_decode(self.context, self.batch) != 0:
            sys.exit("llama.cpp can't feed these tokens")
        # Waits for the result.
        c.llama_get_logits_ith(self.context, -1)
        return time.perf_counter() - start

    def feed(self, tokens, position):
        return self.decode([(token, position + at, 0) for at, token in enumerate(tokens)])

    def keep(self, sequence, count):
        """Cuts a sequence to its first `count` tokens."""
        c.llama_memory_seq_rm(self.memory, sequence, count, -1)

    def steps(self, count, rows, position):
        """The median seconds of `count` steps of one token a row, after two that don't count."""
        times = [self.decode([(17, position + at, row) for row in range(rows)]) for at in range(count + 2)]
        return statistics.median(times[2:])


def main():
    path, threads = sys.argv[1], int(sys.argv[2])
    start = time.perf_counter()
    model = Model(path, threads)
    prompt = tokens(LONG)
    model.feed(prompt[:1], 0)
    figure("load", time.perf_counter() - start)

    def decode_1():
        # Told twice, since a virtual machine's memory may be slow for a minute; the better counts.
        model.keep(0, SHORT)
        figure("decode 1", 1 / model.steps(32, 1, SHORT))

    model.keep(0, 0)
    model.feed(prompt[:SHORT], 0)
    decode_1()

    def cold():
        model.keep(0, 0)
        return model.feed(prompt[:PROMPT], 0)

    # The likeliest token would take Python longer to find than it should: logits are the end here.
    seconds = statistics.median(cold() for _ in range(ROUNDS))
    figure("prefill", PROMPT / seconds)
    figure("first token cold", seconds)

    def kept(round):
        model.keep(0, KEPT)
        return model.feed(prompt[PROMPT + round :][: PROMPT - KEPT], KEPT)

    figure("first token kept", statistics.median(kept(round) for round in range(ROUNDS)))

    for name, rows in [("decode 4", 4), ("decode 8", 8)]:
        model.keep(0, PROMPT)
        for row in range(1, rows):
            c.llama_memory_seq_cp(model.memory, 0, row, -1, -1)
        figure(name, rows / model.steps(12, rows, PROMPT))
        for row in range(1, rows):
            model.keep(row, 0)

    model.keep(0, PROMPT)
    model.feed(prompt[PROMPT:], PROMPT)
    figure("decode long", 1 / model.steps(16, 1, LONG))
    decode_1()

    with open("/proc/self/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    for name, field in [("peak memory", "VmHWM"), ("own memory", "RssAnon")]:
        figure(name, int(fields[field].split()[0]) * 1024 / 1e9)


main()
