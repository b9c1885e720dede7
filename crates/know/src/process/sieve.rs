//! `sieve`: remove small patches.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;
use crate::vectorise::neighbours;

pub(super) static PROCESS: Process = Process {
    id: "sieve",
    definition: own!("sieve"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let least = arguments
        .optional_integer("min_pixels")?
        .unwrap_or(1)
        .max(0) as usize;
    super::focal::each_plane(cube, |plane, width, height| {
        sieve(plane, width, height, least)
    })
    .map(Value::cube)
}

/// Gives patches of fewer than `least` pixels the value that most of the pixels around them have.
fn sieve(plane: &[f64], width: usize, height: usize, least: usize) -> Vec<f64> {
    let mut out = plane.to_vec();
    let mut seen = vec![false; plane.len()];
    for start in 0..plane.len() {
        if seen[start] || plane[start].is_nan() {
            continue;
        }
        let value = plane[start];
        let same = |pixel: usize| plane[pixel].total_cmp(&value).is_eq();
        let mut patch = vec![start];
        let mut around: Vec<f64> = Vec::new();
        seen[start] = true;
        let mut done = 0;
        while let Some(pixel) = patch.get(done).copied() {
            done += 1;
            for next in neighbours(pixel, width, height).into_iter().flatten() {
                if !same(next) {
                    if patch.len() < least && !plane[next].is_nan() {
                        around.push(plane[next]);
                    }
                } else if !seen[next] {
                    seen[next] = true;
                    patch.push(next);
                }
            }
        }
        if patch.len() < least
            && let Some(most) = most_frequent(&mut around)
        {
            patch.iter().for_each(|pixel| out[*pixel] = most);
        }
    }
    out
}

fn most_frequent(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    values
        .chunk_by(|a, b| a.total_cmp(b).is_eq())
        .max_by_key(|run| run.len())
        .and_then(|run| run.first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_patches_take_the_value_around_and_nodata_stays() {
        let n = f64::NAN;
        let plane = [0.0, 0.0, 0.0, 0.0, n, 1.0, 0.0, n, n, 1.0, n, n];
        let out = sieve(&plane, 4, 3, 2);
        assert!(out[5] > 0.5 && out[9] > 0.5, "a patch of two stays");
        assert!(out[4].is_nan() && out[8].is_nan());
        let lone = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        assert!(sieve(&lone, 3, 3, 2).iter().all(|v| v.abs() < 0.5));
    }
}
