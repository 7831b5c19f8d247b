//! Activations in 8 bits.

use rayon::prelude::*;

use super::tiles::GROUP;
use crate::llama::math::round;

/// Activations of `tokens` tokens, quantised in groups of 32 columns.
#[derive(Debug)]
pub(in super::super) struct Activations {
    pub(super) tokens: usize,
    pub(super) cols: usize,
    /// `[tokens, cols]`.
    pub(super) quants: Vec<i8>,
    /// The scale of each group.
    pub(super) scales: Vec<f32>,
    /// The sum of each group, scaled.
    pub(super) sums: Vec<f32>,
    /// The sum of each half of a group, not scaled.
    pub(super) halves: Vec<i32>,
}

impl Activations {
    /// Rounds each group to multiples of a scale, from −127 to 127. `cols` must be a multiple of 32.
    pub(in super::super) fn quantise(x: &[f32], cols: usize) -> Self {
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

/// Quantises one group; returns its scale, and the sum of each half of `quants`.
fn quantise_group(x: &[f32], quants: &mut [i8]) -> (f32, [i32; 2]) {
    // Magnitudes are in the order of their bits, with NaN as the largest: so a NaN reaches the logits,
    // where it is an error.
    let magnitudes = x.iter().map(|x| x.abs().to_bits());
    let largest = f32::from_bits(magnitudes.max().unwrap_or(0));
    let scale = largest / 127.;
    let inverse = if scale > 0. { 1. / scale } else { 0. };
    for (quant, x) in quants.iter_mut().zip(x) {
        *quant = round(x * inverse) as i8;
    }
    let sum = |half: &[i8]| half.iter().map(|&q| i32::from(q)).sum();
    let (first, second) = quants.split_at(GROUP / 2);
    (scale, [sum(first), sum(second)])
}
