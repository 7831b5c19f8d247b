//! The KV cache: keys and values of the tokens so far, in pages that sequences share.
//!
//! It is allocated at once, and the operating system provides the memory as it is first written. A fork
//! shares its origin's pages, so that a prefix is stored once however many sequences continue it; a
//! shared page that is not full is copied when one of them writes to it.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use candle_core::{DType, Device, Tensor};
use half::f16;
use half::vec::HalfBitsVecExt;

use crate::llama::config::LlamaConfig;

/// Tokens in a page.
pub const PAGE_TOKENS: usize = 32;

/// A sequence of tokens whose keys and values are in the cache: its page table. A page is free again
/// when the last sequence that holds it is dropped.
#[derive(Debug, Default)]
pub struct Sequence {
    pages: Vec<Arc<Page>>,
    len: usize,
}

/// The index of a page, which is in use while this is shared.
#[derive(Debug)]
struct Page(usize);

impl Sequence {
    /// Returns the number of tokens.
    #[expect(clippy::len_without_is_empty, reason = "unused")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Drops the tokens from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.pages.truncate(self.len.div_ceil(PAGE_TOKENS));
    }

    /// Returns the pages of the first `len` tokens: the first slot of each, and how many of the tokens
    /// are in it.
    pub fn pages(&self, len: usize) -> impl Iterator<Item = (usize, usize)> {
        let pages = self.pages.iter().enumerate();
        pages
            .map(move |(at, page)| {
                (
                    page.0 * PAGE_TOKENS,
                    len.saturating_sub(at * PAGE_TOKENS).min(PAGE_TOKENS),
                )
            })
            .take_while(|(_, len)| *len > 0)
    }

    /// Returns the slot of the token at `position`.
    pub fn slot(&self, position: usize) -> usize {
        self.pages[position / PAGE_TOKENS].0 * PAGE_TOKENS + position % PAGE_TOKENS
    }
}

/// The keys and values of all layers.
#[derive(Debug)]
pub struct KvCache {
    /// Keys and values of each layer, `[kv_heads, slots, head_dim]` in f16.
    layers: Vec<(Tensor, Tensor)>,
    /// All pages; one that nothing else shares is free.
    pages: Vec<Arc<Page>>,
}

impl KvCache {
    /// Allocates a cache for `tokens` tokens of all sequences, rounded up to whole pages.
    ///
    /// # Errors
    /// When the device has not enough memory.
    pub fn new(config: &LlamaConfig, tokens: usize, device: &Device) -> Result<Self> {
        let pages = tokens.div_ceil(PAGE_TOKENS);
        let shape = (config.kv_heads, pages * PAGE_TOKENS, config.head_dim);
        let elements = config.kv_heads * pages * PAGE_TOKENS * config.head_dim;
        let zeros = || -> Result<Tensor> {
            if device.is_cpu() {
                // Zeroed integers come lazily from the operating system; Candle writes its zeros.
                let mut probe: Vec<u16> = Vec::new();
                probe.try_reserve_exact(elements).context(
                    "there is no memory for the KV cache: a smaller `context` or `batch` needs less",
                )?;
                drop(probe);
                let zeros: Vec<f16> = vec![0u16; elements].reinterpret_into();
                return Ok(Tensor::from_vec(zeros, shape, device)?);
            }
            Ok(Tensor::zeros(shape, DType::F16, device)?)
        };
        let layers: Result<_> = (0..config.layers)
            .map(|_| Ok((zeros()?, zeros()?)))
            .collect();
        Ok(Self {
            layers: layers?,
            pages: (0..pages).map(|at| Arc::new(Page(at))).collect(),
        })
    }

    /// Returns how many tokens the free pages hold.
    pub fn free_tokens(&self) -> usize {
        let free = |page: &&Arc<Page>| Arc::strong_count(page) == 1;
        self.pages.iter().filter(free).count() * PAGE_TOKENS
    }

    /// Extends `sequence` by `tokens` tokens, whose keys and values are still to be written.
    ///
    /// # Errors
    /// When there are not enough free pages: the sequence is unchanged.
    pub fn extend(&mut self, sequence: &mut Sequence, tokens: usize) -> Result<()> {
        let wanted = (sequence.len + tokens).div_ceil(PAGE_TOKENS);
        let missing = wanted.saturating_sub(sequence.pages.len());
        // A page that other sequences hold must be copied before it is written to.
        let shared = sequence.pages.last().filter(|page| {
            tokens > 0 && !sequence.len.is_multiple_of(PAGE_TOKENS) && Arc::strong_count(page) > 2
        });
        let shared = shared.map(|page| page.0);
        let free = self
            .pages
            .iter()
            .filter(|page| Arc::strong_count(page) == 1);
        let free: Vec<Arc<Page>> = free
            .take(missing + usize::from(shared.is_some()))
            .cloned()
            .collect();
        if free.len() < missing + usize::from(shared.is_some()) {
            bail!(
                "the KV cache of {} tokens has no room for {tokens} more",
                self.pages.len() * PAGE_TOKENS
            );
        }
        let mut free = free.into_iter();
        if let Some(shared) = shared
            && let Some(page) = free.next()
        {
            self.copy_page(shared, page.0, sequence.len % PAGE_TOKENS)?;
            sequence.pages.pop();
            sequence.pages.push(page);
        }
        sequence.pages.extend(free);
        sequence.len += tokens;
        Ok(())
    }

    /// Returns a sequence that shares the pages of `sequence`.
    pub fn fork(&self, sequence: &Sequence) -> Sequence {
        Sequence {
            pages: sequence.pages.clone(),
            len: sequence.len,
        }
    }

    /// Returns the keys and the values of `layer`, each `[kv_heads, slots, head_dim]` in f16.
    pub fn layer(&self, layer: usize) -> &(Tensor, Tensor) {
        &self.layers[layer]
    }

    /// Writes `keys` and `values`, `[kv_heads, tokens, head_dim]`, to the `slots` of `layer`.
    ///
    /// # Errors
    /// When the shapes don't fit.
    pub fn write(
        &mut self,
        layer: usize,
        slots: &[usize],
        keys: &Tensor,
        values: &Tensor,
    ) -> Result<()> {
        ensure!(
            keys.dim(1)? == slots.len(),
            "{:?} keys for {} slots",
            keys.shape(),
            slots.len()
        );
        let (all_keys, all_values) = &self.layers[layer];
        for (all, new) in [(all_keys, keys), (all_values, values)] {
            let new = new.to_dtype(DType::F16)?;
            let mut start = 0;
            for run in slots.chunk_by(|a, b| a + 1 == *b) {
                let part = new.narrow(1, start, run.len())?.contiguous()?;
                all.slice_set(&part, 1, run[0])?;
                start += run.len();
            }
        }
        Ok(())
    }

    /// Copies the first `len` slots of page `from` to page `to`.
    fn copy_page(&mut self, from: usize, to: usize, len: usize) -> Result<()> {
        for (keys, values) in &self.layers {
            for tensor in [keys, values] {
                // `force_contiguous` copies: a tensor can't be read and written at once.
                let page = tensor
                    .narrow(1, from * PAGE_TOKENS, len)?
                    .force_contiguous()?;
                tensor.slice_set(&page, 1, to * PAGE_TOKENS)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::llama::config::{Rope, RopePairs, RopeScaling};

    fn cache(tokens: usize) -> KvCache {
        let config = LlamaConfig {
            vocab: 8,
            hidden: 4,
            feed_forward: 4,
            layers: 1,
            heads: 1,
            kv_heads: 1,
            head_dim: 1,
            rms_eps: 1e-6,
            context: 512,
            rope: Rope {
                theta: 10_000.,
                dims: 0,
                pairs: RopePairs::Halves,
                scaling: RopeScaling::None,
            },
        };
        KvCache::new(&config, tokens, &Device::Cpu).expect("room")
    }

    fn push(cache: &mut KvCache, sequence: &mut Sequence, values: &[f32]) {
        let start = sequence.len();
        cache.extend(sequence, values.len()).expect("room");
        let slots: Vec<usize> = (start..sequence.len())
            .map(|at| sequence.slot(at))
            .collect();
        let tensor =
            Tensor::from_slice(values, (1, values.len(), 1), &Device::Cpu).expect("tensor");
        cache.write(0, &slots, &tensor, &tensor).expect("written");
    }

    fn read(cache: &KvCache, sequence: &Sequence) -> Vec<f32> {
        let keys = cache.layer(0).0.to_dtype(DType::F32).expect("f32");
        let keys = keys.flatten_all().and_then(|keys| keys.to_vec1::<f32>());
        let keys = keys.expect("values");
        let pages = sequence.pages(sequence.len());
        pages
            .flat_map(|(start, len)| keys[start..start + len].to_vec())
            .collect()
    }

    #[test]
    fn forks_diverge_and_pages_come_back() {
        let mut cache = cache(5 * PAGE_TOKENS);
        let prompt: Vec<f32> = (0..PAGE_TOKENS + 3).map(|at| at as f32).collect();
        let mut origin = Sequence::default();
        push(&mut cache, &mut origin, &prompt);
        assert_eq!(cache.free_tokens(), 3 * PAGE_TOKENS);

        let mut forks: Vec<Sequence> = (0..2).map(|_| cache.fork(&origin)).collect();
        assert_eq!(cache.free_tokens(), 3 * PAGE_TOKENS);
        push(&mut cache, &mut forks[0], &[100.]);
        push(&mut cache, &mut forks[1], &[200., 201.]);
        push(&mut cache, &mut origin, &[300.]);
        let with = |more: &[f32]| [&prompt, more].concat();
        assert_eq!(read(&cache, &forks[0]), with(&[100.]));
        assert_eq!(read(&cache, &forks[1]), with(&[200., 201.]));
        assert_eq!(read(&cache, &origin), with(&[300.]));
        assert_eq!(cache.free_tokens(), PAGE_TOKENS);

        forks[1].truncate(PAGE_TOKENS + 1);
        push(&mut cache, &mut forks[1], &[7.]);
        assert_eq!(
            read(&cache, &forks[1]),
            [&prompt[..PAGE_TOKENS + 1], &[7.]].concat()
        );
        forks.clear();
        assert_eq!(cache.free_tokens(), 3 * PAGE_TOKENS);
        origin.truncate(0);
        assert_eq!(cache.free_tokens(), 5 * PAGE_TOKENS);
    }

    #[test]
    fn a_full_cache_says_so_and_stays_as_it_was() {
        let mut cache = cache(2 * PAGE_TOKENS);
        let mut sequence = Sequence::default();
        push(&mut cache, &mut sequence, &[1.; PAGE_TOKENS + 1]);
        assert!(cache.extend(&mut sequence, PAGE_TOKENS).is_err());
        assert_eq!(sequence.len(), PAGE_TOKENS + 1);
        push(&mut cache, &mut sequence, &[2.; PAGE_TOKENS - 1]);
        assert!(cache.extend(&mut sequence, 1).is_err());
    }
}
