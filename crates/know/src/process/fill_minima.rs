//! `fill_minima`: hollows filled up to their rims.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub(super) static PROCESS: Process = Process {
    id: "fill_minima",
    definition: own!("fill_minima"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    super::focal::each_plane(cube, fill).map(Value::cube)
}

/// A pixel by its level, lowest first.
#[derive(PartialEq)]
struct Level(f64, usize);

impl Eq for Level {}

impl PartialOrd for Level {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Level {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then(self.1.cmp(&other.1))
    }
}

/// Floods the plane from its edges inwards, lowest level first (priority flood, Barnes et al.
/// 2014): each pixel ends no lower than the lowest pass that leads out.
fn fill(plane: &[f64], width: usize, height: usize) -> Vec<f64> {
    let mut filled = plane.to_vec();
    let mut seen: Vec<bool> = plane.iter().map(|value| value.is_nan()).collect();
    let mut open = BinaryHeap::new();
    let edge = |pixel: usize| {
        let (row, col) = (pixel / width, pixel % width);
        row == 0 || col == 0 || row + 1 == height || col + 1 == width
    };
    for pixel in 0..plane.len() {
        let drains = edge(pixel) || around(pixel, width, height).any(|p| plane[p].is_nan());
        if !seen[pixel] && drains {
            seen[pixel] = true;
            open.push(Reverse(Level(plane[pixel], pixel)));
        }
    }
    while let Some(Reverse(Level(level, pixel))) = open.pop() {
        for next in around(pixel, width, height) {
            if !seen[next] {
                seen[next] = true;
                filled[next] = plane[next].max(level);
                open.push(Reverse(Level(filled[next], next)));
            }
        }
    }
    filled
}

/// The up to eight pixels around.
fn around(pixel: usize, width: usize, height: usize) -> impl Iterator<Item = usize> {
    let (row, col) = (pixel / width, pixel % width);
    let rows = row.saturating_sub(1)..(row + 2).min(height);
    rows.flat_map(move |r| {
        let cols = col.saturating_sub(1)..(col + 2).min(width);
        cols.map(move |c| r * width + c)
    })
    .filter(move |other| *other != pixel)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// skimage.morphology.reconstruction(seed, plane, method="erosion") with the edges as seed.
    #[test]
    fn a_hollow_is_filled_to_its_lowest_pass() {
        let plane = [
            9.0, 9.0, 9.0, 9.0, 9.0, //
            9.0, 1.0, 2.0, 9.0, 9.0, //
            9.0, 2.0, 9.0, 3.0, 5.0, //
            9.0, 9.0, 9.0, 9.0, 9.0,
        ];
        let wanted = [
            9.0, 9.0, 9.0, 9.0, 9.0, //
            9.0, 5.0, 5.0, 9.0, 9.0, //
            9.0, 5.0, 9.0, 5.0, 5.0, //
            9.0, 9.0, 9.0, 9.0, 9.0,
        ];
        let filled = fill(&plane, 5, 4);
        assert!(
            filled
                .iter()
                .zip(wanted)
                .all(|(a, b)| (a - b).abs() < 1e-12),
            "{filled:?}"
        );
    }

    #[test]
    fn what_has_no_data_drains() {
        let mut plane = [9.0; 25];
        plane[12] = 1.0;
        assert!((fill(&plane, 5, 5)[12] - 9.0).abs() < 1e-12);
        plane[13] = f64::NAN;
        let filled = fill(&plane, 5, 5);
        assert!((filled[12] - 1.0).abs() < 1e-12 && filled[13].is_nan());
    }
}
