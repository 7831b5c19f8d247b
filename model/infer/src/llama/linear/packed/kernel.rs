//! The product of packed matrices, in AVX-512 VNNI.
#![allow(unsafe_code, reason = "vector instructions have no safe form")]

use std::arch::x86_64::*;
use std::ops::Range;
use std::sync::LazyLock;

use rayon::prelude::*;

use super::activations::Activations;
use super::tiles::{GROUP, ROWS, TileQ4K, TileQ6K, TileQ8, Tiles};

/// Tokens multiplied with a tile at once: as many sums as leave registers for the tile.
const STEP_TOKENS: usize = 8;

/// Bytes of activations that are multiplied with all tiles in turn: they stay in the second-level cache.
const CACHED_BYTES: usize = 1 << 19;

/// Returns whether this machine has the instructions.
pub(super) fn available() -> bool {
    static AVAILABLE: LazyLock<bool> = LazyLock::new(|| {
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vnni")
    });
    *AVAILABLE
}

/// Writes the product of `tiles` and `x` to `out`, `[tokens, rows]`.
pub(super) fn multiply(tiles: &Tiles, x: &Activations, rows: usize, out: &mut [f32]) {
    match tiles {
        Tiles::Q4K(tiles) => multiply_tiles(tiles, x, rows, out),
        Tiles::Q6K(tiles) => multiply_tiles(tiles, x, rows, out),
        Tiles::Q8(tiles) => multiply_tiles(tiles, x, rows, out),
    }
}

trait Tile: Sized + Sync {
    /// Returns the sums of the sixteen rows over `tiles`, for the `N` tokens from `token`.
    ///
    /// # Safety
    /// The machine must be [`available`], and `x` must have these tokens and as many columns as `tiles`.
    unsafe fn sums<const N: usize>(tiles: &[Self], x: &Activations, token: usize) -> [__m512; N];
}

/// The output, shared by threads that write different rows of the same token.
struct Out(*mut f32);

// SAFETY: each thread writes the elements of its own rows only.
unsafe impl Sync for Out {}

impl Out {
    /// Writes the first `lanes` of `sums` from element `at`.
    ///
    /// # Safety
    /// The elements must be within the output, and no other thread may write them.
    #[target_feature(enable = "avx512f")]
    unsafe fn write(&self, at: usize, lanes: usize, sums: __m512) {
        let mask = ((1u32 << lanes) - 1) as __mmask16;
        // SAFETY: as promised by the caller.
        unsafe { _mm512_mask_storeu_ps(self.0.add(at), mask, sums) }
    }
}

fn multiply_tiles<T: Tile>(tiles: &[T], x: &Activations, rows: usize, out: &mut [f32]) {
    assert_eq!(out.len(), x.tokens * rows);
    let groups = rows.div_ceil(ROWS);
    let blocks = tiles.len() / groups;
    let out = Out(out.as_mut_ptr());
    // As many tokens as the cache holds while all tiles are read.
    let chunk = (CACHED_BYTES / x.cols)
        .next_multiple_of(STEP_TOKENS)
        .max(STEP_TOKENS);
    for first in (0..x.tokens).step_by(chunk) {
        let tokens = first..x.tokens.min(first + chunk);
        tiles
            .par_chunks(blocks)
            .enumerate()
            .with_min_len(4)
            .for_each(|(group, tiles)| {
                // SAFETY: a packed matrix exists only where `available`; `out` has a place for each
                // row of each token, and this group's rows are this thread's.
                unsafe { multiply_group(tiles, x, tokens.clone(), rows, group * ROWS, &out) }
            });
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
unsafe fn multiply_group<T: Tile>(
    tiles: &[T],
    x: &Activations,
    tokens: Range<usize>,
    rows: usize,
    row: usize,
    out: &Out,
) {
    let lanes = ROWS.min(rows - row);
    let mut token = tokens.start;
    macro_rules! step {
        ($n:expr) => {
            while tokens.end - token >= $n {
                // SAFETY: the tokens are there; for the rest see `multiply_tiles`.
                let sums = unsafe { T::sums::<{ $n }>(tiles, x, token) };
                for sums in sums {
                    // SAFETY: as above.
                    unsafe { out.write(token * rows + row, lanes, sums) };
                    token += 1;
                }
            }
        };
    }
    step!(STEP_TOKENS);
    step!(4);
    step!(2);
    step!(1);
}

/// Returns four columns of one token, in each of the sixteen lanes.
///
/// # Safety
/// Four bytes from `at` must be within `quants`.
#[inline(always)]
unsafe fn four(quants: *const i8, at: usize) -> __m512i {
    // SAFETY: as promised by the caller.
    unsafe { _mm512_set1_epi32(quants.add(at).cast::<i32>().read_unaligned()) }
}

/// Returns `start + weights · x` over the columns from `at`, four for each of `weights`.
///
/// # Safety
/// The columns must be within `quants`.
#[inline(always)]
unsafe fn dot<const N: usize>(
    start: __m512i,
    weights: &[__m512i; N],
    quants: *const i8,
    at: usize,
) -> __m512i {
    // Two sums, so that neighbouring instructions don't wait for each other.
    // SAFETY: as promised by the caller.
    unsafe {
        let (mut even, mut odd) = (start, _mm512_setzero_si512());
        for i in (0..N).step_by(2) {
            even = _mm512_dpbusd_epi32(even, weights[i], four(quants, at + i * 4));
            odd = _mm512_dpbusd_epi32(odd, weights[i + 1], four(quants, at + i * 4 + 4));
        }
        _mm512_add_epi32(even, odd)
    }
}

#[inline(always)]
unsafe fn halves(values: &[half::f16; ROWS]) -> __m512 {
    // SAFETY: sixteen times two bytes.
    unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(values.as_ptr().cast())) }
}

#[inline(always)]
unsafe fn bytes(values: &[u8; ROWS]) -> __m512 {
    // SAFETY: sixteen bytes.
    unsafe {
        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(
            values.as_ptr().cast(),
        )))
    }
}

#[inline(always)]
unsafe fn signed_bytes(values: &[i8; ROWS]) -> __m512 {
    // SAFETY: sixteen bytes.
    unsafe {
        _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(
            values.as_ptr().cast(),
        )))
    }
}

#[inline(always)]
unsafe fn load(values: &[u8; 64]) -> __m512i {
    // SAFETY: 64 bytes.
    unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
}

/// The distance from a use of memory to its prefetch.
const PREFETCH_BYTES: usize = 8192;

/// Prefetches one of `parts` parts of what lies [`PREFETCH_BYTES`] after `tile`: the hardware prefetcher
/// is too late, and memory would be read after computing instead of meanwhile.
#[inline(always)]
fn prefetch<T>(tile: &T, part: usize, parts: usize) {
    let lines = size_of::<T>().div_ceil(64).div_ceil(parts);
    let start = std::ptr::from_ref(tile).cast::<i8>();
    for line in part * lines..(part + 1) * lines {
        // SAFETY: a prefetch reads nothing, so that any address is allowed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(start.wrapping_add(PREFETCH_BYTES + line * 64)) };
    }
}

impl Tile for TileQ4K {
    #[inline(always)]
    unsafe fn sums<const N: usize>(tiles: &[Self], x: &Activations, token: usize) -> [__m512; N] {
        // SAFETY: as promised by the caller.
        unsafe {
            let nibble = _mm512_set1_epi8(15);
            let mut sums = [_mm512_setzero_ps(); N];
            let groups = x.cols / GROUP;
            for (block, tile) in tiles.iter().enumerate() {
                let (d, dmin) = (halves(&tile.d), halves(&tile.dmin));
                for sub in 0..8 {
                    prefetch(tile, sub, 8);
                    let scale = _mm512_mul_ps(d, bytes(&tile.scales[sub]));
                    let min = _mm512_mul_ps(dmin, bytes(&tile.mins[sub]));
                    let mut weights = [nibble; 8];
                    for i in 0..4 {
                        let both = load(&tile.quants[sub * 4 + i]);
                        weights[i * 2] = _mm512_and_si512(both, nibble);
                        weights[i * 2 + 1] = _mm512_and_si512(_mm512_srli_epi16::<4>(both), nibble);
                    }
                    let group = block * 8 + sub;
                    for (n, sum) in sums.iter_mut().enumerate() {
                        let start = (token + n) * x.cols + group * GROUP;
                        let dots = dot(_mm512_setzero_si512(), &weights, x.quants.as_ptr(), start);
                        let at = (token + n) * groups + group;
                        let scaled =
                            _mm512_mul_ps(scale, _mm512_set1_ps(*x.scales.get_unchecked(at)));
                        *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots), scaled, *sum);
                        *sum =
                            _mm512_fnmadd_ps(min, _mm512_set1_ps(*x.sums.get_unchecked(at)), *sum);
                    }
                }
            }
            sums
        }
    }
}

impl Tile for TileQ6K {
    #[inline(always)]
    unsafe fn sums<const N: usize>(tiles: &[Self], x: &Activations, token: usize) -> [__m512; N] {
        // SAFETY: as promised by the caller.
        unsafe {
            let (nibble, pair) = (_mm512_set1_epi8(15), _mm512_set1_epi8(0x30));
            let mut sums = [_mm512_setzero_ps(); N];
            let groups = x.cols / GROUP;
            for (block, tile) in tiles.iter().enumerate() {
                let d = halves(&tile.d);
                for sub in 0..16 {
                    prefetch(tile, sub, 16);
                    let scale = _mm512_mul_ps(d, signed_bytes(&tile.scales[sub]));
                    let high = load(&tile.high[sub]);
                    let (first, second) = (load(&tile.low[sub * 2]), load(&tile.low[sub * 2 + 1]));
                    let or = |low, high| _mm512_or_si512(low, _mm512_and_si512(high, pair));
                    let lower = |both| _mm512_and_si512(both, nibble);
                    let upper = |both| _mm512_and_si512(_mm512_srli_epi16::<4>(both), nibble);
                    let weights = [
                        or(lower(first), _mm512_slli_epi16::<4>(high)),
                        or(upper(first), _mm512_slli_epi16::<2>(high)),
                        or(lower(second), high),
                        or(upper(second), _mm512_srli_epi16::<2>(high)),
                    ];
                    let group = block * 8 + sub / 2;
                    for (n, sum) in sums.iter_mut().enumerate() {
                        let start = (token + n) * x.cols + block * 256 + sub * 16;
                        let at = (token + n) * groups + group;
                        // Each quant is stored 32 too large.
                        let offset =
                            _mm512_set1_epi32(-32 * *x.halves.get_unchecked(at * 2 + sub % 2));
                        let dots = dot(offset, &weights, x.quants.as_ptr(), start);
                        let scaled =
                            _mm512_mul_ps(scale, _mm512_set1_ps(*x.scales.get_unchecked(at)));
                        *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots), scaled, *sum);
                    }
                }
            }
            sums
        }
    }
}

impl Tile for TileQ8 {
    #[inline(always)]
    unsafe fn sums<const N: usize>(tiles: &[Self], x: &Activations, token: usize) -> [__m512; N] {
        // SAFETY: as promised by the caller.
        unsafe {
            let mut sums = [_mm512_setzero_ps(); N];
            let groups = x.cols / GROUP;
            for (group, tile) in tiles.iter().enumerate() {
                prefetch(tile, 0, 1);
                let scale = halves(&tile.d);
                let mut weights = [_mm512_setzero_si512(); 8];
                for (weights, quants) in weights.iter_mut().zip(&tile.quants) {
                    *weights = load(quants);
                }
                for (n, sum) in sums.iter_mut().enumerate() {
                    let start = (token + n) * x.cols + group * GROUP;
                    let at = (token + n) * groups + group;
                    // Each quant is stored 128 too large.
                    let offset = -128
                        * (*x.halves.get_unchecked(at * 2) + *x.halves.get_unchecked(at * 2 + 1));
                    let dots = dot(
                        _mm512_set1_epi32(offset),
                        &weights,
                        x.quants.as_ptr(),
                        start,
                    );
                    let scaled = _mm512_mul_ps(scale, _mm512_set1_ps(*x.scales.get_unchecked(at)));
                    *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots), scaled, *sum);
                }
            }
            sums
        }
    }
}
