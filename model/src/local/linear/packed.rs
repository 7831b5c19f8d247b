//! Quantised matrices laid out for AVX-512 VNNI, and their product with 8-bit activations.
//!
//! Sixteen rows stand side by side: one `vpdpbusd` multiplies four columns of all sixteen, so that
//! each lane of a register is one row and nothing is ever summed across lanes. A matrix takes as many
//! bytes as in its file (Q4_K: 3 % more, its 6-bit scales are unpacked), and there is no second copy.
//! Activations become 8 bits with a scale for every 32.

use anyhow::{Result, ensure};
use candle_core::quantized::GgmlDType;
use half::f16;
use rayon::prelude::*;

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
    // Not `f32::max`, which would hide a NaN: it has to reach the logits, where it is an error.
    let most = x.iter().fold(0f32, |most, &x| {
        if x.abs() > most || x.is_nan() {
            x.abs()
        } else {
            most
        }
    });
    let scale = most / 127.;
    let inverse = if scale > 0. { 1. / scale } else { 0. };
    for (quant, x) in quants.iter_mut().zip(x) {
        *quant = (x * inverse).round_ties_even() as i8;
    }
    let sum = |half: &[i8]| half.iter().map(|&q| i32::from(q)).sum();
    let (first, second) = quants.split_at(GROUP / 2);
    (scale, [sum(first), sum(second)])
}

impl Packed {
    /// `None` where this machine or the type of the elements is better served by Candle.
    pub(super) fn new(matrix: &Matrix) -> Option<Self> {
        if !kernel::available() {
            return None;
        }
        let tiles = match matrix.dtype {
            GgmlDType::Q4K => Tiles::Q4K(pack(matrix, BLOCK, 144, TileQ4K::set)?),
            GgmlDType::Q6K => Tiles::Q6K(pack(matrix, BLOCK, 210, TileQ6K::set)?),
            GgmlDType::Q8_0 => Tiles::Q8(pack(matrix, GROUP, 34, TileQ8::set)?),
            _ => return None,
        };
        Some(Self {
            tiles,
            rows: matrix.rows,
            cols: matrix.cols,
        })
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

/// Fills tiles of `width` columns; `set(tile, row, block)` lays one block of one row.
fn pack<T: Zero + Send>(
    matrix: &Matrix,
    width: usize,
    bytes: usize,
    set: impl Fn(&mut T, usize, &[u8]) + Sync,
) -> Option<Vec<T>> {
    let blocks = matrix.cols / width;
    if !matrix.cols.is_multiple_of(width) || matrix.data.len() != matrix.rows * blocks * bytes {
        return None;
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
    Some(tiles.collect())
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
        for column in 0..BLOCK {
            // 64 columns share 32 bytes: the first 32 their low nibbles, the others the high ones.
            let byte = nibbles[column / 64 * 32 + column % 32];
            let quant = if column % 64 < 32 {
                byte & 15
            } else {
                byte >> 4
            };
            set_nibble(&mut self.quants, lane, column, quant);
        }
    }
}

fn set_nibble(quants: &mut [[u8; 64]; 32], lane: usize, column: usize, quant: u8) {
    let shift = column % 8 / 4 * 4;
    quants[column / 8][lane * 4 + column % 4] |= quant << shift;
}

impl TileQ6K {
    /// `block_q6_K` of ggml: 128 bytes of low nibbles, 64 of high bits, 16 scales, d.
    fn set(&mut self, lane: usize, block: &[u8]) {
        self.d[lane] = f16_at(block, 208);
        for (scales, &scale) in self.scales.iter_mut().zip(&block[192..208]) {
            scales[lane] = scale.cast_signed();
        }
        for column in 0..BLOCK {
            // 128 columns share 64 low bytes and 32 high ones; quarter `q` of them has its own place.
            let (half, quarter, at) = (column / 128, column % 128 / 32, column % 32);
            let low = block[half * 64 + quarter % 2 * 32 + at] >> (quarter / 2 * 4) & 15;
            let high = block[128 + half * 32 + at] >> (quarter * 2) & 3;
            set_nibble(&mut self.low, lane, column, low);
            self.high[column / 16][lane * 4 + column % 4] |= high << (column % 16 / 4 * 2);
        }
    }
}

impl TileQ8 {
    /// `block_q8_0` of ggml: d, 32 bytes.
    fn set(&mut self, lane: usize, block: &[u8]) {
        self.d[lane] = f16_at(block, 0);
        for (column, &quant) in block[2..].iter().enumerate() {
            self.quants[column / 4][lane * 4 + column % 4] = quant ^ 128;
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
