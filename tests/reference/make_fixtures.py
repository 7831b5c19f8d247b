"""Tiny random LLaMA models in the formats that `unsorry-infer` reads, with the logits that others compute from them.

Writes tests/fixtures/llama/NAME/: `config.json` and `model.safetensors` as on the Hugging Face hub, the same model as
`model.gguf`, and `expected.json`. Expected logits are those of Hugging Face transformers (torch, CPU, f32), for the
quantised files those of llama.cpp on the very file (f32 KV cache, no flash attention). Prints how far the two are
apart, and fails where they should agree and do not. See README.md.
"""

import json
import math
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from gguf import GGUFReader, dequantize
from safetensors.torch import save_file
from transformers import LlamaForCausalLM

import llama
from gguf_file import halves, hugging_face_name, write_gguf

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "llama"


def config(hidden, layers, heads, kv_heads, feed_forward, vocab, context, scaling=None, tied=False):
    """A `config.json` in the form that DeepSeek-Prover-V2-7B has."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": hidden,
        "intermediate_size": feed_forward,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "vocab_size": vocab,
        "max_position_embeddings": context,
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "rope_scaling": scaling,
        "tie_word_embeddings": tied,
        "attention_bias": False,
        "mlp_bias": False,
        "hidden_act": "silu",
        "bos_token_id": 0,
        "eos_token_id": 1,
        "torch_dtype": "bfloat16",
    }


YARN = {"type": "yarn", "factor": 16.0, "original_max_position_embeddings": 32, "beta_fast": 32, "beta_slow": 1}
LINEAR = {"type": "linear", "factor": 4.0}
LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}


def random_weights(c, seed, attention=1.5):
    """Weights under their Hugging Face names, each exactly representable in bf16.

    Norm weights are far from 1, and queries and keys large enough (by `attention`) for uneven attention, so that
    nothing can be left out or confused without a difference in the logits.
    """
    generator = torch.Generator().manual_seed(seed)
    head_dim = c["hidden_size"] // c["num_attention_heads"]
    hidden, ff = c["hidden_size"], c["intermediate_size"]
    kv = head_dim * c["num_key_value_heads"]

    def matrix(rows, columns, gain=1.0):
        values = torch.randn(rows, columns, generator=generator) * (gain / math.sqrt(columns))
        return values.to(torch.bfloat16)

    def norm():
        return (torch.rand(hidden, generator=generator) + 0.5).to(torch.bfloat16)

    weights = {"model.embed_tokens.weight": matrix(c["vocab_size"], hidden, math.sqrt(hidden) / 2)}
    for layer in range(c["num_hidden_layers"]):
        name = f"model.layers.{layer}."
        weights[name + "input_layernorm.weight"] = norm()
        weights[name + "self_attn.q_proj.weight"] = matrix(hidden, hidden, attention)
        weights[name + "self_attn.k_proj.weight"] = matrix(kv, hidden, attention)
        weights[name + "self_attn.v_proj.weight"] = matrix(kv, hidden)
        weights[name + "self_attn.o_proj.weight"] = matrix(hidden, hidden)
        weights[name + "post_attention_layernorm.weight"] = norm()
        weights[name + "mlp.gate_proj.weight"] = matrix(ff, hidden)
        weights[name + "mlp.up_proj.weight"] = matrix(ff, hidden)
        weights[name + "mlp.down_proj.weight"] = matrix(hidden, ff)
    weights["model.norm.weight"] = norm()
    if not c["tie_word_embeddings"]:
        weights["lm_head.weight"] = matrix(c["vocab_size"], hidden)
    return weights


def transformers_logits(folder, tokens):
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    with torch.no_grad():
        return model(torch.tensor([tokens])).logits[0].numpy()


def random_tokens(c, count, seed):
    return np.random.default_rng(seed).integers(0, c["vocab_size"], count).tolist()


def write_expected(path, source, tokens, positions, logits, exact=None):
    """`exact`, for quantised files: the logits if nothing but the weights were rounded."""

    def rows(logits):
        return [[float(f"{x:.6g}") for x in logits[p].tolist()] for p in positions]

    expected = {"source": source, "tokens": tokens, "positions": positions, "logits": rows(logits)}
    if exact is not None:
        expected["exact"] = rows(exact)
    path.write_text(json.dumps(expected) + "\n")


def apart(ours, theirs):
    return float(np.abs(ours - theirs).max())


def unquantised(name, c, seed, count, positions, dtype):
    folder = FIXTURES / name
    folder.mkdir(parents=True, exist_ok=True)
    weights = random_weights(c, seed)
    (folder / "config.json").write_text(json.dumps(c, indent=2) + "\n")
    save_file({n: w.to(dtype) for n, w in weights.items()}, folder / "model.safetensors", metadata={"format": "pt"})
    write_gguf(folder / "model.gguf", c, weights)
    tokens = random_tokens(c, count, seed)
    logits = transformers_logits(folder, tokens)
    other = llama.logits(folder / "model.gguf", tokens)
    difference = apart(logits, other)
    print(f"{name}: std of logits {logits.std():.3f}; transformers and llama.cpp differ by at most {difference:.2e}")
    write_expected(folder / "expected.json", "transformers", tokens, positions, logits)
    return difference < 2e-3


def exact_logits(path, c, tokens):
    """Logits of the dequantised weights in f32: what is left to the peer is the rounding of activations."""
    weights = {}
    for tensor in GGUFReader(path).tensors:
        values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        name = hugging_face_name(tensor.name)
        if "q_proj" in name:
            values = halves(values, c["num_attention_heads"])
        if "k_proj" in name:
            values = halves(values, c["num_key_value_heads"])
        weights[name] = torch.from_numpy(np.ascontiguousarray(values))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "config.json").write_text(json.dumps(c))
        save_file(weights, Path(folder) / "model.safetensors", metadata={"format": "pt"})
        return transformers_logits(folder, tokens)


def quantised(name, c, seed, kind, count, positions, **options):
    folder = FIXTURES / "quantised"
    folder.mkdir(parents=True, exist_ok=True)
    # Uneven attention would blow up the rounding of activations, and hide what is to be seen.
    weights = random_weights(c, seed, attention=1.0)
    target = folder / f"{name}.gguf"
    with tempfile.TemporaryDirectory() as temporary:
        plain = Path(temporary) / "plain.gguf"
        write_gguf(plain, c, weights)
        llama.quantise(plain, target, kind, **options)
    tokens = random_tokens(c, count, seed)
    logits = llama.logits(target, tokens)
    types = sorted({tensor.tensor_type.name for tensor in GGUFReader(target).tensors})
    exact = exact_logits(target, c, tokens)
    print(
        f"quantised/{name}: {', '.join(types)}; std of logits {logits.std():.3f}; f16 KV changes them by at most "
        f"{apart(logits, llama.logits(target, tokens, f16_kv=True)):.2e}, and transformers on the dequantised weights "
        f"is at most {apart(logits, exact):.2e} away (rms {np.sqrt(((logits - exact) ** 2).mean()):.2e})"
    )
    write_expected(folder / f"{name}.json", "llama.cpp", tokens, positions, logits, exact)
    return apart(logits, exact) < 0.5


def main():
    small = dict(hidden=32, heads=2, kv_heads=2, feed_forward=64, vocab=128)
    bf16, f32 = torch.bfloat16, torch.float32
    shutil.rmtree(FIXTURES, ignore_errors=True)
    agree = [
        # Up to 32 is the context of the first training, so half of the positions are beyond it.
        unquantised("yarn", config(64, 2, 4, 2, 96, 128, 512, YARN), 1, 96, [0, 7, 31, 32, 63, 95], bf16),
        unquantised("linear", config(layers=1, context=128, scaling=LINEAR, **small), 2, 48, [0, 5, 31, 47], f32),
        unquantised("llama3", config(layers=2, context=256, scaling=LLAMA3, **small), 3, 64, [0, 5, 31, 63], f32),
        unquantised("tied", config(layers=1, context=64, tied=True, **small), 4, 48, [0, 5, 31, 47], f32),
        quantised("q4_k_m", config(256, 2, 4, 2, 512, 256, 256), 5, "Q4_K_M", 40, [0, 9, 39]),
        quantised("q8_0", config(256, 1, 4, 2, 256, 256, 256), 6, "Q8_0", 40, [0, 9, 39]),
        quantised("q4_k_embedding", config(256, 1, 4, 1, 256, 256, 256), 7, "Q8_0", 40, [0, 9, 39], embedding="Q4_K"),
    ]
    size = sum(path.stat().st_size for path in FIXTURES.rglob("*") if path.is_file())
    print(f"{size / 1e6:.2f} MB in all")
    if not all(agree):
        sys.exit("error: the peers disagree; nothing of this is to be committed")


if __name__ == "__main__":
    main()
