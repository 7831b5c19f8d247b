//! Quantised matrices laid out for AVX-512 VNNI, and their product with 8-bit activations.
//!
//! A tile has sixteen rows side by side: one `vpdpbusd` multiplies four columns of all sixteen, so that
//! each lane of a register is one row and nothing is summed across lanes. A matrix takes as many bytes
//! as in its file (Q4_K: 3 % more, as its 6-bit scales are unpacked). Activations are quantised to 8 bits
//! with a scale for every 32.

mod activations;
mod kernel;
mod tiles;

use anyhow::{Context, Result, ensure};
use candle_core::quantized::GgmlDType;
use rayon::prelude::*;

use super::matrix::Matrix;
pub(super) use activations::Activations;
use tiles::{BLOCK, GROUP, ROWS, TileQ4K, TileQ6K, TileQ8, Tiles, Zero};

/// A packed matrix: for each sixteen rows, the tiles of all blocks.
#[derive(Debug)]
pub(super) struct Packed {
    tiles: Tiles,
    rows: usize,
    cols: usize,
}

/// Returns whether matrices of `dtype` are packed on this machine.
pub(super) fn supports(dtype: GgmlDType) -> bool {
    kernel::available() && matches!(dtype, GgmlDType::Q4K | GgmlDType::Q6K | GgmlDType::Q8_0)
}

impl Packed {
    /// Packs `matrix`. Returns `None` if it is to be multiplied by Candle: its type is not supported
    /// here, or its rows are not whole blocks.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub(super) fn new(matrix: &Matrix) -> Result<Option<Self>> {
        if !supports(matrix.dtype) {
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

    /// Returns the number of outputs.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the product with `x`, `[tokens, rows]`.
    ///
    /// # Errors
    /// When `x` has another number of columns.
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

/// Fills tiles of `width` columns; `set(tile, lane, block)` sets one row of a tile from a block of
/// `bytes`. Returns `None` if the matrix is not made of whole blocks.
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

/// Allocates an empty vector for `count` elements, in huge pages where the system has them: they are
/// quicker to get and to read through.
fn in_huge_pages<T>(count: usize) -> Result<Vec<T>> {
    let mut buffer = Vec::new();
    buffer
        .try_reserve_exact(count)
        .context("there is no memory for another matrix")?;
    #[cfg(target_os = "linux")]
    {
        use rustix::mm::{Advice, madvise};
        let page = rustix::param::page_size();
        let bytes = buffer.spare_capacity_mut().as_mut_ptr_range();
        let start = bytes.start.cast::<u8>();
        let skipped = start.align_offset(page);
        let len = (bytes.end as usize - start as usize).saturating_sub(skipped) / page * page;
        #[expect(unsafe_code, reason = "there is no safe form")]
        // SAFETY: the pages are within `buffer`, and the advice changes no contents.
        let advised = unsafe {
            madvise(
                start.wrapping_add(skipped).cast(),
                len,
                Advice::LinuxHugepage,
            )
        };
        if let Err(error) = advised {
            tracing::debug!(%error, "no huge pages");
        }
    }
    Ok(buffer)
}
