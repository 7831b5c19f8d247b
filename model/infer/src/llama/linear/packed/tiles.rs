//! The layout of packed matrices: tiles of sixteen rows by one block of columns.

use half::f16;

/// Rows in a tile.
pub(super) const ROWS: usize = 16;
/// Columns in a tile of the K-quants.
pub(super) const BLOCK: usize = 256;
/// Columns that share a scale of the activations.
pub(super) const GROUP: usize = 32;

/// The tiles of a matrix, for each sixteen rows those of all blocks.
#[derive(Debug)]
pub(super) enum Tiles {
    Q4K(Vec<TileQ4K>),
    Q6K(Vec<TileQ6K>),
    Q8(Vec<TileQ8>),
}

/// Q4_K: `d · scale · q − dmin · min` with `q` of 4 bits; a scale and a min for every 32 columns.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct TileQ4K {
    pub(super) d: [f16; ROWS],
    pub(super) dmin: [f16; ROWS],
    pub(super) scales: [[u8; ROWS]; 8],
    pub(super) mins: [[u8; ROWS]; 8],
    /// The low four bits, a vector for every 8 columns: of each row, the first four in the low nibbles and
    /// the last four in the high ones.
    pub(super) quants: [[u8; 64]; 32],
}

/// Q6_K: `d · scale · (q − 32)` with `q` of 6 bits; a scale for every 16 columns. The order of the fields
/// aligns every 64 bytes to a cache line.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct TileQ6K {
    /// The low four bits, in the order of [`TileQ4K::quants`].
    pub(super) low: [[u8; 64]; 32],
    /// The high two bits, a vector for every 16 columns: byte `i` of each row has those of the columns `i`,
    /// `i + 4`, `i + 8` and `i + 12`.
    pub(super) high: [[u8; 64]; 16],
    pub(super) scales: [[i8; ROWS]; 16],
    pub(super) d: [f16; ROWS],
}

/// Q8_0: `d · (q − 128)` with `q` of 8 bits; 32 columns.
#[derive(Debug)]
#[repr(C)]
pub(super) struct TileQ8 {
    pub(super) d: [f16; ROWS],
    /// The values, a vector for every 4 columns: four bytes of each row.
    pub(super) quants: [[u8; 64]; 8],
}

/// A tile of zeros, to be filled.
pub(super) trait Zero {
    /// The tile.
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
    /// Sets row `lane` from a `block_q4_K` of ggml: d, dmin, 12 bytes of 6-bit scales and mins, 128 bytes
    /// of nibbles.
    pub(super) fn set(&mut self, lane: usize, block: &[u8]) {
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
            // 64 columns share 32 bytes: the first 32 have the low nibbles, the others the high ones.
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
    /// Sets row `lane` from a `block_q6_K` of ggml: 128 bytes of low nibbles, 64 of high bits, 16 scales, d.
    pub(super) fn set(&mut self, lane: usize, block: &[u8]) {
        self.d[lane] = f16_at(block, 208);
        for (scales, &scale) in self.scales.iter_mut().zip(&block[192..208]) {
            scales[lane] = scale.cast_signed();
        }
        // 128 columns share 64 low bytes and 32 high ones, each quarter of the columns by its own bits.
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
    /// Sets row `lane` from a `block_q8_0` of ggml: d, 32 bytes.
    pub(super) fn set(&mut self, lane: usize, block: &[u8]) {
        self.d[lane] = f16_at(block, 0);
        for (at, quants) in self.quants.iter_mut().enumerate() {
            put(quants, lane, four(&block[2 + at * 4..]) ^ 0x8080_8080);
        }
    }
}
