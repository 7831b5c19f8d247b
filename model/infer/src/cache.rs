//! Keys and values of the tokens seen so far, in pages that sequences share.
//!
//! All memory is taken at once, and the system gives it page by page as it is first written. A fork
//! shares all full pages with its origin, so that a prompt's keys are kept once however many
//! candidates follow it.

use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use candle_core::{DType, Device, Tensor};
use half::f16;
use half::vec::HalfBitsVecExt;

use super::config::LlamaConfig;

/// Positions in a page.
pub const PAGE: usize = 32;

/// A sequence of tokens whose keys and values are in the cache. Its pages are free again when the
/// last sequence that has them is gone.
#[derive(Debug, Default)]
pub struct Sequence {
    pages: Vec<Arc<Page>>,
    len: usize,
}

/// One page of the cache, held for as long as this lives.
#[derive(Debug)]
struct Page(usize);

impl Sequence {
    /// How many tokens it has.
    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Forgets the tokens from `len` on.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.pages.truncate(self.len.div_ceil(PAGE));
    }

    /// The places of its first `len` tokens, a page each: where it starts, how many are in it.
    pub fn pages(&self, len: usize) -> impl Iterator<Item = (usize, usize)> {
        let pages = self.pages.iter().enumerate();
        pages
            .map(move |(at, page)| (page.0 * PAGE, len.saturating_sub(at * PAGE).min(PAGE)))
            .take_while(|(_, len)| *len > 0)
    }

    /// The place of the token at `position`.
    pub fn slot(&self, position: usize) -> usize {
        self.pages[position / PAGE].0 * PAGE + position % PAGE
    }
}

/// The keys and values of all layers.
#[derive(Debug)]
pub struct Cache {
    /// For each layer keys and values, `[kv heads, slots, head dim]` in f16.
    layers: Vec<(Tensor, Tensor)>,
    /// One for each page; a page that nobody else holds is free.
    pages: Vec<Arc<Page>>,
}

impl Cache {
    /// Room for `positions` tokens in all.
    ///
    /// # Errors
    /// When the device has not enough memory.
    pub fn new(config: &LlamaConfig, positions: usize, device: &Device) -> Result<Self> {
        let pages = positions.div_ceil(PAGE);
        let shape = (config.kv_heads, pages * PAGE, config.head_dim);
        let numbers = config.kv_heads * pages * PAGE * config.head_dim;
        let zeros = || -> Result<Tensor> {
            if device.is_cpu() {
                // Zeros of integers come from the system, which gives memory as it is written to;
                // Candle's own are written.
                let mut room: Vec<u16> = Vec::new();
                room.try_reserve_exact(numbers)
                    .context("there is no memory for keys and values: a smaller `context` or `batch` under `[local]` needs less")?;
                drop(room);
                let zeros: Vec<f16> = vec![0u16; numbers].reinterpret_into();
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

    /// How many tokens could still be added.
    pub fn free(&self) -> usize {
        let free = |page: &&Arc<Page>| Arc::strong_count(page) == 1;
        self.pages.iter().filter(free).count() * PAGE
    }

    /// Makes `sequence` longer by `tokens`, whose keys and values are still to be written.
    ///
    /// # Errors
    /// When there is no room: the sequence is as it was.
    pub fn extend(&mut self, sequence: &mut Sequence, tokens: usize) -> Result<()> {
        let wanted = (sequence.len + tokens).div_ceil(PAGE);
        let missing = wanted.saturating_sub(sequence.pages.len());
        // A page that others hold too must not be written to.
        let shared = sequence.pages.last().filter(|page| {
            tokens > 0 && !sequence.len.is_multiple_of(PAGE) && Arc::strong_count(page) > 2
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
                "no room for {tokens} more tokens among {}",
                self.pages.len() * PAGE
            );
        }
        let mut free = free.into_iter();
        if let Some(shared) = shared
            && let Some(page) = free.next()
        {
            self.copy(shared, page.0, sequence.len % PAGE)?;
            sequence.pages.pop();
            sequence.pages.push(page);
        }
        sequence.pages.extend(free);
        sequence.len += tokens;
        Ok(())
    }

    /// A sequence that starts as `sequence` does and goes its own way.
    pub fn fork(&self, sequence: &Sequence) -> Sequence {
        Sequence {
            pages: sequence.pages.clone(),
            len: sequence.len,
        }
    }

    /// The keys and the values of `layer`.
    pub fn layer(&self, layer: usize) -> &(Tensor, Tensor) {
        &self.layers[layer]
    }

    /// Writes `keys` and `values`, `[kv heads, tokens, head dim]`, to `slots`.
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
            "{:?} keys for {} places",
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

    fn copy(&mut self, from: usize, to: usize, len: usize) -> Result<()> {
        for (keys, values) in &self.layers {
            for tensor in [keys, values] {
                // A copy of its own: one tensor can't be read and written at once.
                let page = tensor.narrow(1, from * PAGE, len)?.force_contiguous()?;
                tensor.slice_set(&page, 1, to * PAGE)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::{Rope, RopePairs, RopeScaling};
    use super::*;

    fn cache(positions: usize) -> Cache {
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
        Cache::new(&config, positions, &Device::Cpu).expect("room")
    }

    fn push(cache: &mut Cache, sequence: &mut Sequence, values: &[f32]) {
        let start = sequence.len();
        cache.extend(sequence, values.len()).expect("room");
        let slots: Vec<usize> = (start..sequence.len())
            .map(|at| sequence.slot(at))
            .collect();
        let tensor =
            Tensor::from_slice(values, (1, values.len(), 1), &Device::Cpu).expect("tensor");
        cache.write(0, &slots, &tensor, &tensor).expect("written");
    }

    fn read(cache: &Cache, sequence: &Sequence) -> Vec<f32> {
        let keys = cache.layer(0).0.to_dtype(DType::F32).expect("f32");
        let keys = keys.flatten_all().and_then(|keys| keys.to_vec1::<f32>());
        let keys = keys.expect("values");
        let pages = sequence.pages(sequence.len());
        pages
            .flat_map(|(start, len)| keys[start..start + len].to_vec())
            .collect()
    }

    #[test]
    fn forks_go_their_own_way_and_pages_come_back() {
        let mut cache = cache(5 * PAGE);
        let prompt: Vec<f32> = (0..PAGE + 3).map(|at| at as f32).collect();
        let mut origin = Sequence::default();
        push(&mut cache, &mut origin, &prompt);
        assert_eq!(cache.free(), 3 * PAGE);

        let mut forks: Vec<Sequence> = (0..2).map(|_| cache.fork(&origin)).collect();
        assert_eq!(cache.free(), 3 * PAGE);
        push(&mut cache, &mut forks[0], &[100.]);
        push(&mut cache, &mut forks[1], &[200., 201.]);
        push(&mut cache, &mut origin, &[300.]);
        let with = |more: &[f32]| [&prompt, more].concat();
        assert_eq!(read(&cache, &forks[0]), with(&[100.]));
        assert_eq!(read(&cache, &forks[1]), with(&[200., 201.]));
        assert_eq!(read(&cache, &origin), with(&[300.]));
        assert_eq!(cache.free(), PAGE);

        forks[1].truncate(PAGE + 1);
        push(&mut cache, &mut forks[1], &[7.]);
        assert_eq!(
            read(&cache, &forks[1]),
            [&prompt[..PAGE + 1], &[7.]].concat()
        );
        forks.clear();
        assert_eq!(cache.free(), 3 * PAGE);
        origin.truncate(0);
        assert_eq!(cache.free(), 5 * PAGE);
    }

    #[test]
    fn a_full_cache_says_so_and_stays_as_it_was() {
        let mut cache = cache(2 * PAGE);
        let mut sequence = Sequence::default();
        push(&mut cache, &mut sequence, &[1.; PAGE + 1]);
        assert!(cache.extend(&mut sequence, PAGE).is_err());
        assert_eq!(sequence.len(), PAGE + 1);
        push(&mut cache, &mut sequence, &[2.; PAGE - 1]);
        assert!(cache.extend(&mut sequence, 1).is_err());
    }
}
