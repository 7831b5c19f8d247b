//! Products against a scalar reference: ggml's block formats, read as its documentation has them, and a
//! sum in f64.

use std::io::Write;

use half::f16;

use super::*;

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn byte(&mut self) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u8
    }

    /// Returns a number from −1 to 1.
    fn unit(&mut self) -> f32 {
        let bits = u16::from_le_bytes([self.byte(), self.byte()]);
        f32::from(bits) / 32767.5 - 1.
    }

    /// Returns a block of `dtype` with random scales and quants.
    fn block(&mut self, dtype: GgmlDType) -> Vec<u8> {
        let mut block: Vec<u8> = (0..dtype.type_size()).map(|_| self.byte()).collect();
        // Scales in f16 must be finite; a float that is the whole block is a weight.
        let (scales, magnitude): (&[usize], f32) = match dtype {
            GgmlDType::F32 => {
                block.copy_from_slice(&self.unit().to_le_bytes());
                return block;
            }
            GgmlDType::F16 => (&[0], 1.),
            GgmlDType::Q4K | GgmlDType::Q5K => (&[0, 2], 1e-3),
            GgmlDType::Q6K => (&[208], 1e-3),
            _ => (&[0], 1e-2),
        };
        for &at in scales {
            let scale = f16::from_f32(self.unit() * magnitude);
            block[at..at + 2].copy_from_slice(&scale.to_le_bytes());
        }
        block
    }
}

fn half_at(block: &[u8], at: usize) -> f64 {
    f16::from_le_bytes([block[at], block[at + 1]]).to_f64()
}

/// Returns the 6-bit scale and min of the 32 columns `sub` of a `block_q4_K` or `block_q5_K`:
/// `get_scale_min_k4` in ggml-quants.c.
fn scale_and_min(packed: &[u8], sub: usize) -> (f64, f64) {
    let (scale, min) = match sub {
        0..4 => (packed[sub] & 63, packed[sub + 4] & 63),
        _ => (
            packed[sub + 4] & 15 | (packed[sub - 4] >> 6) << 4,
            packed[sub + 4] >> 4 | (packed[sub] >> 6) << 4,
        ),
    };
    (f64::from(scale), f64::from(min))
}

/// Returns the weights of a block: `dequantize_row_*` in ggml-quants.c.
fn dequantise(dtype: GgmlDType, block: &[u8]) -> Vec<f64> {
    let weight = |col: usize| match dtype {
        GgmlDType::F32 => f64::from(f32::from_le_bytes([block[0], block[1], block[2], block[3]])),
        GgmlDType::F16 => half_at(block, 0),
        GgmlDType::Q8_0 => half_at(block, 0) * f64::from(block[2 + col].cast_signed()),
        GgmlDType::Q4K | GgmlDType::Q5K => {
            let five_bits = dtype == GgmlDType::Q5K;
            let nibbles = &block[if five_bits { 48 } else { 16 }..];
            let (sub, at) = (col / 32, col % 32);
            let mut quant = nibbles[sub / 2 * 32 + at] >> (sub % 2 * 4) & 15;
            if five_bits {
                quant |= (block[16 + at] >> sub & 1) << 4;
            }
            let (scale, min) = scale_and_min(&block[4..16], sub);
            half_at(block, 0) * scale * f64::from(quant) - half_at(block, 2) * min
        }
        GgmlDType::Q6K => {
            let (half, quarter, at) = (col / 128, col % 128 / 32, col % 32);
            let low = block[half * 64 + quarter % 2 * 32 + at] >> (quarter / 2 * 4) & 15;
            let high = block[128 + half * 32 + at] >> (quarter * 2) & 3;
            let scale = f64::from(block[192 + col / 16].cast_signed());
            half_at(block, 208) * scale * (f64::from(low | high << 4) - 32.)
        }
        _ => unreachable!("no reference for {dtype:?}"),
    };
    (0..dtype.block_size()).map(weight).collect()
}

/// Returns the relative error of the product of a random `rows × cols` matrix of `dtype` with
/// `inputs`, `[tokens, cols]`.
fn error(dtype: GgmlDType, rows: usize, cols: usize, inputs: &[f32]) -> f64 {
    let mut random = Random(7);
    let blocks: Vec<Vec<u8>> = (0..rows * cols / dtype.block_size())
        .map(|_| random.block(dtype))
        .collect();
    let weights: Vec<f64> = blocks.iter().flat_map(|it| dequantise(dtype, it)).collect();
    let matrix = Matrix {
        dtype,
        rows,
        cols,
        data: &blocks.concat(),
    };
    let mut linear = Linear::default();
    linear.push(&matrix, &Device::Cpu).expect("a matrix");
    let x = Tensor::from_slice(inputs, (inputs.len() / cols, cols), &Device::Cpu);
    let outputs = linear.forward(&x.expect("inputs")).expect("outputs");
    let outputs: Vec<f32> = outputs[0]
        .flatten_all()
        .and_then(|out| out.to_vec1())
        .expect("values");
    let expected = inputs.chunks(cols).flat_map(|x| {
        weights.chunks(cols).map(move |row| {
            let products = row.iter().zip(x).map(|(w, x)| w * f64::from(*x));
            products.sum::<f64>()
        })
    });
    let expected: Vec<f64> = expected.collect();
    assert_eq!(outputs.len(), expected.len());
    let squares = outputs.iter().zip(&expected);
    let squares = squares.map(|(out, expected)| (f64::from(*out) - expected).powi(2));
    let norm = expected.iter().map(|it| it.powi(2)).sum::<f64>().sqrt();
    squares.sum::<f64>().sqrt() / norm
}

fn check(dtype: GgmlDType, rows: usize, cols: usize, tokens: usize) {
    let mut random = Random(1);
    let inputs: Vec<f32> = (0..tokens * cols).map(|_| random.unit()).collect();
    let error = error(dtype, rows, cols, &inputs);
    assert!(error < 0.01, "{dtype:?} {rows}×{cols}, {tokens}: {error}");
}

#[test]
fn products_are_as_exact_as_eight_bit_activations_allow() {
    for dtype in [GgmlDType::Q4K, GgmlDType::Q6K, GgmlDType::Q8_0] {
        for tokens in [1, 2, 3, 5, 8, 21] {
            check(dtype, 48, 512, tokens);
        }
        check(dtype, 7, 256, 9);
        check(dtype, 1000, 768, 2);
    }
    check(GgmlDType::Q8_0, 40, 96, 11);
    check(GgmlDType::Q5K, 32, 256, 3);
    check(GgmlDType::F16, 33, 100, 3);
    check(GgmlDType::F32, 33, 100, 3);
}

/// Integers with ±127 in each group are quantised exactly: nothing but the sums in f32 is rounded.
#[test]
fn packed_products_of_integers_are_exact() {
    for dtype in [GgmlDType::Q4K, GgmlDType::Q6K, GgmlDType::Q8_0] {
        if !is_packed(dtype) {
            // Not by `eprintln`, which is shown for failed tests alone.
            let _ = writeln!(
                std::io::stderr(),
                "packed_products_of_integers_are_exact: not run for {dtype:?}, as this processor has no AVX-512 VNNI"
            );
            continue;
        }
        let (cols, tokens) = (512, 13);
        let mut random = Random(3);
        let input = |at: usize| match at % 32 {
            5 => 127.,
            _ => f32::from(random.byte().cast_signed().max(-127)),
        };
        let inputs: Vec<f32> = (0..tokens * cols).map(input).collect();
        let error = error(dtype, 37, cols, &inputs);
        assert!(error < 1e-6, "{dtype:?}: {error}");
    }
}
