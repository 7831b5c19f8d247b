//! Quantised matrices laid out for AVX-512 VNNI, and their product with 8-bit activations.
//!
//! Sixteen rows stand side by side: one `vpdpbusd` multiplies four columns of all sixteen, so that
//! each lane of a register is one row and nothing is ever summed across lanes. A matrix takes as many
//! bytes as in its file (Q4_K: 3 % more, its 6-bit scales are unpacked), and there is no second copy.
//! Activations become 8 bits with a scale for every 32.

use anyhow::{Context, Result, ensure};
use candle_core::quantized::GgmlDType;
use half::f16;
use rayon::prelude::*;

use super::super::attention::round;
use super::Matrix;

/// Rows in a tile.
const ROWS: usize = 16;
/// Columns in a tile of the K-quants.
const BLOCK: usize = 256;
/// Columns that share an activation's scale.
const GROUP: usize = 32;

/// A matrix in tiles, all blocks of one group of sixteen rows after another.
#[derive(Debug)]
pub(super) struct Packed {
    tiles: Tiles,
    rows: usize,
    cols: usize,
}

#[derive(Debug)]
enum Tiles {
    Q4K(Vec<TileQ4K>),
    Q6K(Vec<TileQ6K>),
    Q8(Vec<TileQ8>),
}

/// `d · scale · q − dmin · min`, `q` of 4 bits; scale and min for every 32 columns.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
struct TileQ4K {
    d: [f16; ROWS],
    dmin: [f16; ROWS],
    scales: [[u8; ROWS]; 8],
    mins: [[u8; ROWS]; 8],
    /// For each 8 columns: each row's first four in the low nibbles, its last four in the high ones.
    quants: [[u8; 64]; 32],
}

/// `d · scale · (q − 32)`, `q` of 6 bits; scale for every 16 columns. The order keeps every 64 bytes in
/// one line of the processor's cache.
#[derive(Debug, Clone)]
#[repr(C, align(64))]
struct TileQ6K {
    /// As [`TileQ4K::quants`], the low four bits.
    low: [[u8; 64]; 32],
    /// For each 16 columns, each row's byte `i` has two bits of the columns `i`, `i+4`, `i+8`, `i+12`.
    high: [[u8; 64]; 16],
    scales: [[i8; ROWS]; 16],
    d: [f16; ROWS],
}

/// `d · (q − 128)`, `q` of 8 bits; 32 columns.
#[derive(Debug, Clone)]
#[repr(C)]
struct TileQ8 {
    d: [f16; ROWS],
    /// For each 4 columns, four of each row.
    quants: [[u8; 64]; 8],
}

/// Activations in 8 bits, token after token.
#[derive(Debug)]
pub(super) struct Activations {
    tokens: usize,
    cols: usize,
    quants: Vec<i8>,
    /// A group's scale.
    scales: Vec<f32>,
    /// A group's sum, scaled.
    sums: Vec<f32>,
    /// The sum of each half of a group, not scaled.
    halves: Vec<i32>,
}

impl Activations {
    /// Rounds each group to `scale · [-127, 127]`. `cols` is a multiple of 32.
    pub(super) fn quantise(x: &[f32], cols: usize) -> Self {
        let groups = x.len() / GROUP;
        let mut this = Self {
            tokens: x.len() / cols,
            cols,
            quants: vec![0; x.len()],
            scales: vec![0.; groups],
            sums: vec![0.; groups],
            halves: vec![0; groups * 2],
        };
        let chunk = cols / GROUP;
        let rows = x
            .par_chunks(cols)
            .zip(this.quants.par_chunks_mut(cols))
            .zip(this.scales.par_chunks_mut(chunk))
            .zip(this.sums.par_chunks_mut(chunk))
            .zip(this.halves.par_chunks_mut(chunk * 2));
        rows.for_each(|((((x, quants), scales), sums), halves)| {
            for at in 0..chunk {
                let group = at * GROUP..(at + 1) * GROUP;
                let (scale, [first, second]) =
                    quantise_group(&x[group.clone()], &mut quants[group]);
                scales[at] = scale;
                sums[at] = scale * (first + second) as f32;
                halves[at * 2] = first;
                halves[at * 2 + 1] = second;
            }
        });
        this
    }
}

/// The scale, and the sum of each half.
fn quantise_group(x: &[f32], quants: &mut [i8]) -> (f32, [i32; 2]) {
    // Bits of magnitudes are in the order of these, and a NaN is the largest: it has to reach the
    // logits, where it is an error.
    let magnitudes = x.iter().map(|x| x.abs().to_bits());
    let most = f32::from_bits(magnitudes.max().unwrap_or(0));
    let scale = most / 127.;
    let inverse = if scale > 0. { 1. / scale } else { 0. };
    for (quant, x) in quants.iter_mut().zip(x) {
        *quant = round(x * inverse) as i8;
    }
    let sum = |half: &[i8]| half.iter().map(|&q| i32::from(q)).sum();
    let (first, second) = quants.split_at(GROUP / 2);
    (scale, [sum(first), sum(second)])
}

/// Whether matrices of this type are packed on this machine; others are better served by Candle.
pub(super) fn takes(dtype: GgmlDType) -> bool {
    kernel::available() && matches!(dtype, GgmlDType::Q4K | GgmlDType::Q6K | GgmlDType::Q8_0)
}

impl Packed {
    /// `None` where Candle serves better.
    ///
    /// # Errors
    /// When there is no memory.
    pub(super) fn new(matrix: &Matrix) -> Result<Option<Self>> {
        if !takes(matrix.dtype) {
            return Ok(None);
        }
        let tiles = match matrix.dtype {
            GgmlDType::Q4K => pack(matrix, BLOCK, 144, TileQ4K::set)?.map(Tiles::Q4K),
            GgmlDType::Q6K => pack(matrix, BLOCK, 210, TileQ6K::set)?.map(Tiles::Q6K),
            _ => pack(matrix, GROUP, 34, TileQ8::set)?.map(Tiles::Q8),
        };
        Ok(tiles.map(|tiles| Self {
            tiles,
            rows: matrix.rows,
            cols: matrix.cols,
        }))
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// `[tokens, rows]`.
    pub(super) fn multiply(&self, x: &Activations) -> Result<Vec<f32>> {
        ensure!(
            x.cols == self.cols,
            "{} activations for a matrix of {} columns",
            x.cols,
            self.cols
        );
        let mut out = vec![0.; x.tokens * self.rows];
        kernel::multiply(&self.tiles, x, self.rows, &mut out);
        Ok(out)
    }
}

/// Fills tiles of `width` columns; `set(tile, row, block)` lays one block of one row. `None` for a
/// matrix that has not whole blocks of so many `bytes`.
fn pack<T: Zero + Send>(
    matrix: &Matrix,
    width: usize,
    bytes: usize,
    set: impl Fn(&mut T, usize, &[u8]) + Sync,
) -> Result<Option<Vec<T>>> {
    let blocks = matrix.cols / width;
    if !matrix.cols.is_multiple_of(width) || matrix.data.len() != matrix.rows * blocks * bytes {
        return Ok(None);
    }
    let groups = matrix.rows.div_ceil(ROWS);
    let tiles = (0..groups * blocks).into_par_iter().map(|at| {
        let mut tile = T::ZERO;
        let (group, block) = (at / blocks, at % blocks);
        for lane in 0..ROWS.min(matrix.rows - group * ROWS) {
            let start = ((group * ROWS + lane) * blocks + block) * bytes;
            set(&mut tile, lane, &matrix.data[start..start + bytes]);
        }
        tile
    });
    let mut packed = in_huge_pages(groups * blocks)?;
    tiles.collect_into_vec(&mut packed);
    Ok(Some(packed))
}

/// Room for `count` of `T`, in pages of 2 MB where the system has them: they are quicker to get, and to
/// read from one end to the other.
fn in_huge_pages<T>(count: usize) -> Result<Vec<T>> {
    let mut room = Vec::new();
    room.try_reserve_exact(count)
        .context("there is no memory for another matrix")?;
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::{Advice, madvise};
        let page = rustix::param::page_size();
        let bytes = room.spare_capacity_mut().as_mut_ptr_range();
        let start = bytes.start.cast::<u8>();
        let skipped = start.align_offset(page);
        let whole = (bytes.end as usize - start as usize).saturating_sub(skipped) / page * page;
        #[expect(unsafe_code, reason = "there is no safe form")]
        // SAFETY: the pages are within `room`, and the advice changes nothing that can be read.
        let advised = unsafe {
            madvise(
                start.wrapping_add(skipped).cast(),
                whole,
                Advice::LinuxHugepage,
            )
        };
        if let Err(error) = advised {
            tracing::debug!(%error, "no huge pages");
        }
    }
    Ok(room)
}

trait Zero {
    const ZERO: Self;
}

impl Zero for TileQ4K {
    const ZERO: Self = Self {
        d: [f16::ZERO; ROWS],
        dmin: [f16::ZERO; ROWS],
        scales: [[0; ROWS]; 8],
        mins: [[0; ROWS]; 8],
        quants: [[0; 64]; 32],
    };
}

impl Zero for TileQ6K {
    const ZERO: Self = Self {
        d: [f16::ZERO; ROWS],
        scales: [[0; ROWS]; 16],
        low: [[0; 64]; 32],
        high: [[0; 64]; 16],
    };
}

impl Zero for TileQ8 {
    const ZERO: Self = Self {
        d: [f16::ZERO; ROWS],
        quants: [[0; 64]; 8],
    };
}

fn f16_at(bytes: &[u8], at: usize) -> f16 {
    f16::from_le_bytes([bytes[at], bytes[at + 1]])
}

impl TileQ4K {
    /// `block_q4_K` of ggml: d, dmin, 12 bytes of 6-bit scales and mins, 128 of nibbles.
    fn set(&mut self, lane: usize, block: &[u8]) {
        self.d[lane] = f16_at(block, 0);
        self.dmin[lane] = f16_at(block, 2);
        let (packed, nibbles) = (&block[4..16], &block[16..]);
        for sub in 0..8 {
            let (scale, min) = if sub < 4 {
                (packed[sub] & 63, packed[sub + 4] & 63)
            } else {
                (
                    packed[sub + 4] & 15 | packed[sub - 4] >> 6 << 4,
                    packed[sub + 4] >> 4 | packed[sub] >> 6 << 4,
                )
            };
            self.scales[sub][lane] = scale;
            self.mins[sub][lane] = min;
        }
        for (at, quants) in self.quants.iter_mut().enumerate() {
            // 64 columns share 32 bytes: the first 32 their low nibbles, the others the high ones.
            let bytes = &nibbles[at / 8 * 32 + at % 4 * 8..];
            let (first, second) = (four(bytes), four(&bytes[4..]));
            let shift = at % 8 / 4 * 4;
            put(
                quants,
                lane,
                (first >> shift) & LOW | ((second >> shift) & LOW) << 4,
            );
        }
    }
}

/// The low nibble of each of four bytes.
const LOW: u32 = 0x0f0f_0f0f;

fn four(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn put(quants: &mut [u8; 64], lane: usize, bytes: u32) {
    quants[lane * 4..lane * 4 + 4].copy_from_slice(&bytes.to_le_bytes());
}

impl TileQ6K {
    /// `block_q6_K` of ggml: 128 bytes of low nibbles, 64 of high bits, 16 scales, d.
    fn set(&mut self, lane: usize, block: &[u8]) {
        self.d[lane] = f16_at(block, 208);
        for (scales, &scale) in self.scales.iter_mut().zip(&block[192..208]) {
            scales[lane] = scale.cast_signed();
        }
        // 128 columns share 64 low bytes and 32 high ones; quarter `q` of them has its own place.
        for (at, quants) in self.low.iter_mut().enumerate() {
            let (half, quarter) = (at / 16, at % 16 / 4);
            let bytes = &block[half * 64 + quarter % 2 * 32 + at % 4 * 8..];
            let (first, second) = (four(bytes), four(&bytes[4..]));
            let shift = quarter / 2 * 4;
            put(
                quants,
                lane,
                (first >> shift) & LOW | ((second >> shift) & LOW) << 4,
            );
        }
        for (at, quants) in self.high.iter_mut().enumerate() {
            let (half, quarter) = (at / 8, at % 8 / 2);
            let bytes = &block[128 + half * 32 + at % 2 * 16..];
            let pairs =
                (0..4).map(|i| (four(&bytes[i * 4..]) >> (quarter * 2) & 0x0303_0303) << (i * 2));
            put(quants, lane, pairs.sum());
        }
    }
}

impl TileQ8 {
    /// `block_q8_0` of ggml: d, 32 bytes.
    fn set(&mut self, lane: usize, block: &[u8]) {
        self.d[lane] = f16_at(block, 0);
        for (at, quants) in self.quants.iter_mut().enumerate() {
            put(quants, lane, four(&block[2 + at * 4..]) ^ 0x8080_8080);
        }
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod kernel {
    use super::{Activations, Tiles};

    pub(super) fn available() -> bool {
        false
    }

    pub(super) fn multiply(_: &Tiles, _: &Activations, _: usize, _: &mut [f32]) {
        unreachable!("nothing is packed on this architecture");
    }
}

#[cfg(target_arch = "x86_64")]
mod kernel;
