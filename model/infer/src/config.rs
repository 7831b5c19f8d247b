//! What a LLaMA-architecture model is shaped like, however its file says it.

/// The shape of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct LlamaConfig {
    /// Tokens in the vocabulary.
    pub vocab: usize,
    /// Width of the residual stream.
    pub hidden: usize,
    /// Width of the feed-forward part.
    pub feed_forward: usize,
    /// Transformer blocks.
    pub layers: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides [`LlamaConfig::heads`].
    pub kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Added to the mean square in RMSNorm.
    pub rms_eps: f32,
    /// Most positions the model was made for, its scaling included.
    pub context: usize,
    /// Its rotary position embedding.
    pub rope: Rope,
}

/// A rotary position embedding.
#[derive(Debug, Clone, PartialEq)]
pub struct Rope {
    /// The base of the frequencies.
    pub theta: f64,
    /// How many of a head's dimensions are turned; the rest stay as they are. Even.
    pub dims: usize,
    /// Which dimensions make a pair.
    pub pairs: RopePairs,
    /// How it is stretched beyond the context of the first training.
    pub scaling: RopeScaling,
}

/// Which dimensions a rotary embedding turns together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RopePairs {
    /// `2i` with `2i + 1`: GGUF files of architecture `llama`, whose rows were permuted so.
    Interleaved,
    /// `i` with `i + dims/2`: Hugging Face safetensors.
    Halves,
}

/// How a rotary embedding is stretched.
#[derive(Debug, Clone, PartialEq)]
pub enum RopeScaling {
    /// Not at all.
    None,
    /// Positions divided by `factor`.
    Linear {
        /// At least 1.
        factor: f64,
    },
    /// Llama 3's, as `config.json` says it.
    Llama3 {
        /// For the low frequencies.
        factor: f64,
        /// Below `original / low` a wavelength counts as high frequency's end.
        low_freq_factor: f64,
        /// Above it nothing is scaled.
        high_freq_factor: f64,
        /// Context of the first training.
        original: usize,
    },
    /// Each pair's frequency divided by its own number: GGUF's `rope_freqs.weight`.
    Factors(Vec<f32>),
    /// YaRN (Peng et al. 2023, <https://arxiv.org/abs/2309.00071>).
    Yarn {
        /// How far the context is stretched.
        factor: f64,
        /// Context of the first training.
        original: usize,
        /// Rotations above which a dimension is left as it is.
        beta_fast: f64,
        /// Rotations below which a dimension is interpolated in full.
        beta_slow: f64,
        /// Multiplies both cosine and sine: `0.1·ln(factor) + 1` unless the file says otherwise.
        attention_factor: f64,
    },
}
