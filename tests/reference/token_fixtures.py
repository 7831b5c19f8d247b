"""The tokens that others make of tricky texts, for the tests of the tokenizers that are built from a GGUF file.

    python tests/reference/token_fixtures.py LLAMA_CPP/models

`LLAMA_CPP/models` has `ggml-vocab-*.gguf`, whole vocabularies without weights; it is in the source
archive of llama-cpp-python too. The tokens are llama.cpp's. For one of the texts they are also those of
the model's own tokenizer, as transformers has it: llama.cpp's converter knows a model by their hash.
Qwen's texts are normalised before, which llama.cpp does not do.

A fixture has only those tokens and merges that the texts can come to, in their order, so that the
outcome is the same as with all of them.
"""

import hashlib
import json
import sys
import unicodedata
from pathlib import Path

from gguf import GGUFReader
from llama_cpp import Llama

# The text and the hashes that `convert_hf_to_gguf.py` knows tokenizers by (`get_vocab_base_pre`).
KNOWN_BY = (
    "\n \n\n \n\n\n \t \t\t \t\n  \n   \n    \n     \n🚀 (normal) 😶\u200d🌫️ (multiple emojis concatenated) ✅ 🦙🦙 "
    "3 33 333 3333 33333 333333 3333333 33333333 3.3 3..3 3...3 កាន់តែពិសេសអាច😁 ?我想在apple工作1314151天～ "
    "------======= нещо на Български ''''''```````\"\"\"\"......!!!!!!?????? I've been 'told he's there, 'RE you sure? "
    "'M not sure I'll make it, 'D you like some tea? We'Ve a'lL"
)
HASHES = {
    "deepseek-llm": "049ecf7629871e3041641907f3de7c733e4dbfdc736f57d882ba0b0845599754",
    "deepseek-coder": "347715f544604f9118bb75ed199f68779f423cabb20db6de6f31b908d04d7821",
    "llama-bpe": "0ef9807a4087ebef797fc749390439009c3b9eda9ad1a097abbe738f486c01e5",
    "gpt-2": "3ce83efda5659b07b1ad37ca97ca5797ea4285d9b9ab0dc679e4a720c9da7454",
    "qwen2": "e636dc30a262dcc0d8c323492e32ae2b70728f4df7dfe9737d9f920a282b8aea",
}

TEXTS = [
    KNOWN_BY,
    "",
    " ",
    "\n",
    "\t\r\n",
    "theorem mathd_algebra_10 : abs ((120 : ℝ) / 100 * 30 - 130 / 100 * 20) = 10 := by\n  sorry\n",
    "import Mathlib\nimport Aesop\n\nset_option maxHeartbeats 0\n\nopen BigOperators Real Nat Topology Rat\n",
    "example (f : ℕ → ℝ) (h : ∀ ε > 0, ∃ N, ∀ n ≥ N, |f n - 1| < ε) : Tendsto f atTop (𝓝 1) := by\n"
    "  refine ⟨fun x hx ↦ ?_, by simpa using h⟩\n  · rcases hx with ⟨y, rfl⟩ | ⟨-, h₂⟩ <;> nlinarith [sq_nonneg (x - y)]\n",
    "  induction' n with n ih\n  · norm_num\n  · rw [Finset.sum_range_succ, ih]; field_simp; ring_nf  \n\n\n",
    "lemma foo {α β : Type*} [AddCommGroup α] (x₁ x₂ : α) (hx : x₁ ≠ x₂) : ¬ (x₁ - x₂ = 0) := fun h => hx (sub_eq_zero.1 h)",
    "∑ i ∈ Finset.range (n+1), (i:ℝ)^2 = n*(n+1)*(2*n+1)/6 ∧ ∏ k in s, f k ≤ ⌊x⌋₊ ∨ a ∣ b ∧ a ∤ c",
    "‖x‖ ^ 2 + ⟪x, y⟫_ℝ = ∫ t in (0:ℝ)..1, ‖f t‖ ∂μ; A ⊆ B ∪ Cᶜ; f ∘ g =ᶠ[l] id; (a • b) ×ˢ c ⊢ p ↔ q; λ x ⟼ x⁻¹",
    "/-- Die Größe von `Ü` und „ß“: naïve façade, õ ö ü ÿ. -/\ndef «weird name» := 'a'.toNat + \"\\u03b1\\n\".length",
    "日本語のテキスト、中文字符。한국어 텍스트 ① ½ x² ١٢٣ １２３ Ⅻ",
    "a  b   c    d\t\te \u00a0f\u2003g \u200b h\r\n\r\ni\n \n  \n",
    "don't I'LL we've 'tis 1'000 x' x'' h.1.2 ?_ #check @foo.{u,v} %% -- !! <;> <|> |>.map ..= :=",
    "e\u0301 \u00e9 \u1e9b\u0323 \ufb01 \u212b Å",
    "🧮🧑‍🔬 ℵ₀ ≃ ℵ_0 𝔸𝕜 𝒜 ℂ ℚ ℤ ᵒᵖ ⥤ ⟶ ≫ 𝟙 _",
]


def letters():
    """GPT-2's letter for each byte."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(0x100) if byte not in shown]
    return {byte: chr(byte) for byte in shown} | {byte: chr(0x100 + i) for i, byte in enumerate(others)}


def make(name, models):
    path = models / f"ggml-vocab-{name}.gguf"
    fields = GGUFReader(path).fields
    tokens = fields["tokenizer.ggml.tokens"].contents()
    kinds = fields["tokenizer.ggml.token_type"].contents()
    merges = fields["tokenizer.ggml.merges"].contents()
    llama = Llama(str(path), vocab_only=True, verbose=False)

    texts = [unicodedata.normalize("NFC", text) if name == "qwen2" else text for text in TEXTS]

    def tokenize(text):
        return llama.tokenize(text.encode(), add_bos=False, special=False)

    add_bos = fields.get("tokenizer.ggml.add_bos_token")
    bos = [llama.token_bos()] if name == "llama-bpe" or (add_bos and add_bos.contents()) else []
    known = hashlib.sha256(str(bos + tokenize(KNOWN_BY)).encode()).hexdigest()
    assert known == HASHES[name], f"{name}: llama.cpp differs from transformers"

    spelled = letters()
    haystack = "\0".join("".join(spelled[byte] for byte in text.encode()) for text in texts)
    alphabet = set(spelled.values())

    def kept(token, kind):
        if token.startswith("[PAD"):
            return False
        return kind != 1 or token in alphabet or token in haystack

    chosen = [(token, kind) for token, kind in zip(tokens, kinds) if kept(token, kind)]
    names = {token for token, _ in chosen}
    merges = [merge for merge in merges if "".join(merge.split(" ")) in names and set(merge.split(" ")) <= names]
    return {
        "pre": name,
        "tokens": [token for token, _ in chosen],
        "kinds": [kind for _, kind in chosen],
        "merges": merges,
        "texts": [
            {"text": text, "tokens": [tokens[id] for id in tokenize(normal)]} for text, normal in zip(TEXTS, texts)
        ],
    }


def main():
    models = Path(sys.argv[1])
    out = Path(__file__).parents[1] / "fixtures" / "tokenizer"
    for name in HASHES:
        text = json.dumps(make(name, models), ensure_ascii=False, separators=(",", ":"))
        (out / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        print(name, len(text.encode()))


main()
