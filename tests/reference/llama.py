"""llama.cpp as a reference: logits of a GGUF file, and its quantiser."""

import ctypes

import llama_cpp as c
import numpy as np

_SILENT = c.llama_log_callback(lambda level, text, data: None)
c.llama_log_set(_SILENT, None)
c.llama_backend_init()


def logits(path, tokens, f16_kv=False):
    """Logits after each of `tokens`: CPU, no flash attention, KV cache in f32 unless `f16_kv`."""
    model = c.llama_model_load_from_file(str(path).encode(), c.llama_model_default_params())
    if not model:
        raise RuntimeError(f"llama.cpp can't load {path}")
    params = c.llama_context_default_params()
    params.n_ctx = params.n_batch = params.n_ubatch = max(64, len(tokens))
    params.type_k = params.type_v = c.GGML_TYPE_F16 if f16_kv else c.GGML_TYPE_F32
    params.flash_attn_type = c.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = c.llama_init_from_model(model, params)
    batch = c.llama_batch_init(len(tokens), 0, 1)
    for at, token in enumerate(tokens):
        batch.token[at] = token
        batch.pos[at] = at
        batch.n_seq_id[at] = 1
        batch.seq_id[at][0] = 0
        batch.logits[at] = True
    batch.n_tokens = len(tokens)
    if c.llama_decode(context, batch) != 0:
        raise RuntimeError(f"llama.cpp can't run {path}")
    vocab = c.llama_vocab_n_tokens(c.llama_model_get_vocab(model))
    rows = [np.ctypeslib.as_array(c.llama_get_logits_ith(context, at), (vocab,)).copy() for at in range(len(tokens))]
    c.llama_batch_free(batch)
    c.llama_free(context)
    c.llama_model_free(model)
    return np.stack(rows)


def quantise(source, target, kind, embedding=None):
    """Writes the f32 file `source` as `kind` (`Q4_K_M`, `Q8_0`), its embedding as another type if one is named."""
    params = c.llama_model_quantize_default_params()
    params.nthread = 1
    params.ftype = getattr(c, f"LLAMA_FTYPE_MOSTLY_{kind}")
    if embedding:
        params.token_embedding_type = getattr(c, f"GGML_TYPE_{embedding}")
    if c.llama_model_quantize(str(source).encode(), str(target).encode(), ctypes.byref(params)) != 0:
        raise RuntimeError(f"llama.cpp can't quantise {source}")
