//! The keys that say how a model is asked: the same for the local one and for remote ones.

/// The names of the keys.
pub(super) const NAMES: [&str; 8] = [
    "mode",
    "candidates",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "seed",
    "max_tokens",
];

/// Gives a table's struct these keys as well, and a method that reads them.
macro_rules! generation_keys {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$of:meta])* $vis:vis $key:ident: $ty:ty,)* }) => {
        $(#[$meta])*
        pub struct $name {
            $($(#[$of])* $vis $key: $ty,)*
            mode: Option<unsorry_prover::Mode>,
            candidates: Option<std::num::NonZeroUsize>,
            #[serde(default, deserialize_with = "crate::config::read::not_negative")]
            temperature: Option<f64>,
            #[serde(default, deserialize_with = "crate::config::read::positive_probability")]
            top_p: Option<f64>,
            top_k: Option<std::num::NonZeroUsize>,
            #[serde(default, deserialize_with = "crate::config::read::probability")]
            min_p: Option<f64>,
            seed: Option<u64>,
            max_tokens: Option<std::num::NonZeroUsize>,
        }

        impl $name {
            /// Returns how the model is asked.
            fn generation(&self) -> unsorry_prover::GenerationParams {
                let defaults = unsorry_prover::GenerationParams::default();
                unsorry_prover::GenerationParams {
                    mode: self.mode,
                    candidates: self.candidates.map_or(defaults.candidates, std::num::NonZeroUsize::get),
                    temperature: self.temperature.unwrap_or(defaults.temperature),
                    top_p: self.top_p.or(defaults.top_p),
                    top_k: self.top_k.map(std::num::NonZeroUsize::get),
                    min_p: self.min_p,
                    seed: self.seed,
                    max_tokens: self.max_tokens.map(std::num::NonZeroUsize::get),
                }
            }
        }
    };
}
pub(super) use generation_keys;
