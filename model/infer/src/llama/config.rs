//! The hyperparameters of a LLaMA model, whichever file format they come from.

/// The hyperparameters of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct LlamaConfig {
    /// Rows of the embedding: at least as many as the tokenizer has tokens.
    pub vocab: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Width of the feed-forward layers.
    pub feed_forward: usize,
    /// Number of transformer layers.
    pub layers: usize,
    /// Number of query heads.
    pub heads: usize,
    /// Number of key and value heads; divides [`LlamaConfig::heads`].
    pub kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// The ε that RMSNorm adds to the mean square.
    pub rms_eps: f32,
    /// The longest sequence that the model was trained for, in tokens, RoPE scaling included.
    pub context: usize,
    /// The rotary position embedding.
    pub rope: Rope,
}

/// A rotary position embedding.
#[derive(Debug, Clone, PartialEq)]
pub struct Rope {
    /// The base of the frequencies.
    pub theta: f64,
    /// The number of dimensions of a head that are rotated; the rest are unchanged. Even.
    pub dims: usize,
    /// The dimensions that are rotated together.
    pub pairs: RopePairs,
    /// The extension beyond the original context length.
    pub scaling: RopeScaling,
}

/// The pairs of dimensions that a rotary embedding rotates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RopePairs {
    /// `2i` with `2i + 1`: GGUF files of architecture `llama`, whose rows were permuted so.
    Interleaved,
    /// `i` with `i + dims/2`: Hugging Face safetensors.
    Halves,
}

/// The extension of a rotary embedding to longer contexts.
#[derive(Debug, Clone, PartialEq)]
pub enum RopeScaling {
    /// No scaling.
    None,
    /// Positions divided by `factor`.
    Linear {
        /// The divisor of positions, at least 1.
        factor: f64,
    },
    /// Llama 3's scaling, by the keys of `config.json`.
    Llama3 {
        /// The divisor of the low frequencies.
        factor: f64,
        /// A wavelength above `original_context / low_freq_factor` is scaled in full.
        low_freq_factor: f64,
        /// A wavelength below `original_context / high_freq_factor` is not scaled.
        high_freq_factor: f64,
        /// The context length before the extension, in tokens.
        original_context: usize,
    },
    /// A divisor for the frequency of each pair: GGUF's `rope_freqs.weight`.
    Factors(Vec<f32>),
    /// YaRN (Peng et al. 2023, <https://arxiv.org/abs/2309.00071>).
    Yarn {
        /// The ratio of the extended context to the original one.
        factor: f64,
        /// The context length before the extension, in tokens.
        original_context: usize,
        /// Rotations within the original context above which a dimension is not interpolated.
        beta_fast: f64,
        /// Rotations within the original context below which a dimension is interpolated in full.
        beta_slow: f64,
        /// The factor on both cosine and sine: `0.1·ln(factor) + 1` unless the file has another.
        attention_factor: f64,
    },
}
