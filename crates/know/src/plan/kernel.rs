//! Order statistics over time straight from stored 16-bit integers.
//!
//! The two middle values of each pixel's series are found bit by bit from the highest: a value is
//! raised by a bit as long as no more than `rank` samples lie below it. Every step compares a row
//! of pixels at once, so it costs the same whatever the values and wherever the gaps are, and the
//! compiler makes vector instructions of it.

#![allow(
    clippy::needless_range_loop,
    reason = "lanes of several arrays by one index are what becomes vector instructions"
)]

/// Pixels at a time. Measured: with 16 or 32 the compiler makes vectors of rows instead of pixels
/// and the kernel is three to seven times slower.
const LANES: usize = 64;

/// Longest series, steps: counts have 16 bits.
pub const STEPS_MAX: usize = i16::MAX as usize;

/// The two middle samples of a pixel's series, equal where the number of samples is odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Middle {
    /// Lower middle.
    pub low: u16,
    /// Upper middle.
    pub high: u16,
    /// Number of samples; 0: there is no middle.
    pub count: u16,
}

/// The middle samples of many pixels.
///
/// `fill(step, from, samples, valid)` gives the samples of one step for the pixels from `from` on,
/// and which of them count (1) or not (0).
///
/// # Panics
/// Where there are more than [`STEPS_MAX`] steps.
pub fn middles(
    steps: usize,
    out: &mut [Middle],
    mut fill: impl FnMut(usize, usize, &mut [u16], &mut [u16]),
) {
    assert!(steps <= STEPS_MAX, "a series of {steps} steps");
    let mut rows = vec![[0_i16; LANES]; steps];
    for (block, out) in out.chunks_mut(LANES).enumerate() {
        let lanes = out.len();
        let mut count = [0_u16; LANES];
        let mut most = 0;
        for (step, row) in rows.iter_mut().enumerate() {
            let (mut samples, mut valid) = ([0_u16; LANES], [0_u16; LANES]);
            fill(
                step,
                block * LANES,
                &mut samples[..lanes],
                &mut valid[..lanes],
            );
            for lane in 0..LANES {
                // All ones where the sample does not count.
                let none = valid[lane].wrapping_sub(1);
                count[lane] += valid[lane];
                most |= samples[lane] & !none;
                row[lane] = signed(samples[lane] | none);
            }
        }
        let middle = middle_of(&rows, &count, most);
        out.copy_from_slice(&middle[..lanes]);
    }
}

/// Order of unsigned numbers as order of signed ones, which every vector unit compares.
fn signed(value: u16) -> i16 {
    (value ^ 0x8000).cast_signed()
}

fn middle_of(rows: &[[i16; LANES]], count: &[u16; LANES], most: u16) -> [Middle; LANES] {
    let rank: [i16; LANES] = std::array::from_fn(|lane| count[lane].saturating_sub(1) as i16 / 2);
    let mut low = [0_u16; LANES];
    for bit in (0..u16::BITS - most.leading_zeros()).rev() {
        let candidate: [u16; LANES] = std::array::from_fn(|lane| low[lane] | (1 << bit));
        let bound: [i16; LANES] = std::array::from_fn(|lane| signed(candidate[lane]));
        let mut below = [0_i16; LANES];
        for row in rows {
            for lane in 0..LANES {
                below[lane] += i16::from(row[lane] < bound[lane]);
            }
        }
        for lane in 0..LANES {
            if below[lane] <= rank[lane] {
                low[lane] = candidate[lane];
            }
        }
    }
    // The next value up, for series of even length.
    let bound: [i16; LANES] = std::array::from_fn(|lane| signed(low[lane]));
    let mut up_to = [0_i16; LANES];
    let mut next = [i16::MAX; LANES];
    for row in rows {
        for lane in 0..LANES {
            let above = row[lane] > bound[lane];
            up_to[lane] += i16::from(!above);
            next[lane] = next[lane].min(if above { row[lane] } else { i16::MAX });
        }
    }
    std::array::from_fn(|lane| {
        let even = count[lane] > 0 && count[lane].is_multiple_of(2);
        let reaches = up_to[lane] > (count[lane] / 2) as i16;
        Middle {
            low: low[lane],
            high: if even && !reaches {
                next[lane].cast_unsigned() ^ 0x8000
            } else {
                low[lane]
            },
            count: count[lane],
        }
    })
}

/// The masked median of a stack of planes: the mean of the two middle samples, NaN where none is
/// left. `masked` holds not-zero where a sample does not count.
///
/// # Panics
/// Where the planes differ in length from `out`, or are more than [`STEPS_MAX`].
pub fn masked_median_u16(stack: &[&[u16]], masked: &[&[u8]], out: &mut [f32]) {
    let mut middle = vec![Middle::default(); out.len()];
    middles(stack.len(), &mut middle, |step, from, samples, valid| {
        let end = from + samples.len();
        samples.copy_from_slice(&stack[step][from..end]);
        for (valid, masked) in valid.iter_mut().zip(&masked[step][from..end]) {
            *valid = u16::from(*masked == 0);
        }
    });
    for (out, m) in out.iter_mut().zip(middle) {
        *out = match m.count {
            0 => f32::NAN,
            _ => (f32::from(m.low) + f32::from(m.high)) / 2.0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn by_sorting(series: &[Option<u16>]) -> Middle {
        let mut values: Vec<u16> = series.iter().filter_map(|v| *v).collect();
        values.sort_unstable();
        match values.len() {
            0 => Middle::default(),
            n => Middle {
                low: values[(n - 1) / 2],
                high: values[n / 2],
                count: n as u16,
            },
        }
    }

    proptest! {
        #[test]
        fn middles_are_those_of_the_sorted_series(
            series in proptest::collection::vec(
                proptest::collection::vec(
                    prop_oneof![
                        1 => Just(None),
                        2 => (0_u16..40).prop_map(Some),
                        1 => any::<u16>().prop_map(Some),
                        1 => Just(Some(u16::MAX)),
                    ],
                    0..40,
                ),
                1..70,
            ),
        ) {
            let steps = series.iter().map(Vec::len).max().unwrap_or(0);
            let at = |pixel: usize, step: usize| series[pixel].get(step).copied().flatten();
            let mut found = vec![Middle::default(); series.len()];
            middles(steps, &mut found, |step, from, samples, valid| {
                for i in 0..samples.len() {
                    samples[i] = at(from + i, step).unwrap_or(77);
                    valid[i] = u16::from(at(from + i, step).is_some());
                }
            });
            for (found, series) in found.iter().zip(&series) {
                let truth = by_sorting(series);
                prop_assert_eq!(found.count, truth.count);
                if truth.count > 0 {
                    prop_assert_eq!(*found, truth);
                }
            }
        }
    }
}
