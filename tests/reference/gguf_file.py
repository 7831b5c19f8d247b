"""Writes GGUF files of architecture `llama`."""

import json
import math

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter, RopeScalingType, TokenType
from gguf.quants import quantize


def write_gguf(path, c, weights, tokenizer=None, kind=GGMLQuantizationType.F32):
    """A GGUF with the keys that llama.cpp's own converter writes, for a `config.json` and weights under their Hugging
    Face names. Matrices are of type `kind`. `tokenizer` is a byte-level `tokenizer.json` of DeepSeek's, as text."""
    writer = GGUFWriter(path, "llama")
    writer.add_block_count(c["num_hidden_layers"])
    writer.add_context_length(c["max_position_embeddings"])
    writer.add_embedding_length(c["hidden_size"])
    writer.add_feed_forward_length(c["intermediate_size"])
    writer.add_head_count(c["num_attention_heads"])
    writer.add_head_count_kv(c["num_key_value_heads"])
    writer.add_rope_freq_base(c["rope_theta"])
    writer.add_rope_dimension_count(c["hidden_size"] // c["num_attention_heads"])
    writer.add_layer_norm_rms_eps(c["rms_norm_eps"])
    writer.add_vocab_size(c["vocab_size"])
    if tokenizer:
        add_tokenizer(writer, c, json.loads(tokenizer))
    else:
        writer.add_tokenizer_model("none")
    scaling = c["rope_scaling"] or {}
    stretch = scaling.get("type", scaling.get("rope_type"))
    if stretch == "linear":
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(scaling["factor"])
    elif stretch == "yarn":
        writer.add_rope_scaling_type(RopeScalingType.YARN)
        writer.add_rope_scaling_factor(scaling["factor"])
        writer.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])
        writer.add_rope_scaling_yarn_beta_fast(scaling["beta_fast"])
        writer.add_rope_scaling_yarn_beta_slow(scaling["beta_slow"])
    elif stretch == "llama3":
        writer.add_tensor("rope_freqs.weight", llama3_factors(c))
    for name, weight in weights.items():
        weight = weight.float().numpy()
        if "q_proj" in name:
            weight = interleaved(weight, c["num_attention_heads"])
        if "k_proj" in name:
            weight = interleaved(weight, c["num_key_value_heads"])
        weight = np.ascontiguousarray(weight)
        if weight.ndim == 2 and kind != GGMLQuantizationType.F32:
            writer.add_tensor(gguf_name(name), quantize(weight, kind), raw_dtype=kind)
        else:
            writer.add_tensor(gguf_name(name), weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_tokenizer(writer, c, tokenizer):
    tokens = dict(tokenizer["model"]["vocab"])
    special = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
    tokens.update(special)
    order = sorted(tokens, key=tokens.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("deepseek-llm")
    writer.add_token_list(order)
    writer.add_token_types([TokenType.CONTROL if token in special else TokenType.NORMAL for token in order])
    writer.add_token_merges([" ".join(merge) for merge in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(c["bos_token_id"])
    writer.add_eos_token_id(c["eos_token_id"])
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)


def interleaved(weight, heads):
    """Rows of a query or key matrix in the order of architecture `llama` in GGUF: dimension `i` of a head beside
    `i + head_dim/2`, as its rotary embedding turns neighbours."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def halves(weight, heads):
    """The way back from `interleaved`."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def llama3_factors(c):
    """What divides each pair's frequency: llama.cpp keeps Llama 3's scaling as this tensor."""
    scaling = c["rope_scaling"]
    head_dim = c["hidden_size"] // c["num_attention_heads"]
    frequencies = c["rope_theta"] ** (-np.arange(0, head_dim, 2, dtype=np.float64) / head_dim)
    original = scaling["original_max_position_embeddings"]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    rotations = original * frequencies / (2 * math.pi)
    smooth = np.clip((rotations - low) / (high - low), 0, 1)
    return (1 / ((1 - smooth) / scaling["factor"] + smooth)).astype(np.float32)


NAMES = [
    ("model.embed_tokens", "token_embd"),
    ("model.norm", "output_norm"),
    ("lm_head", "output"),
    ("model.layers.", "blk."),
    ("input_layernorm", "attn_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
]


def gguf_name(name):
    for theirs, ours in NAMES:
        name = name.replace(theirs, ours)
    return name


def hugging_face_name(name):
    *block, part, weight = name.split(".")
    part = next(theirs for theirs, ours in NAMES if ours == part)
    return ".".join(["model.layers", block[1], part, weight] if block else [part, weight])
