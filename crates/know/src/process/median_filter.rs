//! `median_filter`: median of the pixels around.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "median_filter",
    definition: own!("median_filter"),
    run: Run::Whole(run),
};

/// Widest window, pixels.
const SIZE_MAX: i64 = 51;

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let size = arguments.optional_integer("size")?.unwrap_or(3);
    if size % 2 == 0 || !(1..=SIZE_MAX).contains(&size) {
        return Err(arguments.invalid(
            "size",
            format!("{size} is not an odd number from 1 to {SIZE_MAX}"),
        ));
    }
    let reach = (size as usize) / 2;
    let mut window = Vec::with_capacity((size * size) as usize);
    super::focal::each_plane(cube, |plane, width, height| {
        let mut out = Vec::with_capacity(plane.len());
        for row in 0..height {
            for col in 0..width {
                if plane[row * width + col].is_nan() {
                    out.push(f64::NAN);
                    continue;
                }
                window.clear();
                for r in row.saturating_sub(reach)..(row + reach + 1).min(height) {
                    let from = r * width + col.saturating_sub(reach);
                    let to = r * width + (col + reach + 1).min(width);
                    window.extend(plane[from..to].iter().copied().filter(|v| !v.is_nan()));
                }
                out.push(super::median::median(&mut window).unwrap_or(f64::NAN));
            }
        }
        out
    })
    .map(Value::cube)
}
