//! `apply_kernel`: apply a spatial convolution with a kernel.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "apply_kernel",
    definition: official!("apply_kernel"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let kernel = kernel(arguments)?;
    let factor = arguments.number_or("factor", 1.0)?;
    let replace = arguments.number_or("replace_invalid", 0.0)?;
    let border = border(arguments)?;
    super::focal::each_plane(cube, |plane, width, height| {
        let clean: Vec<f64> = plane
            .iter()
            .map(|v| if v.is_finite() { *v } else { replace })
            .collect();
        let (rows, cols) = (kernel.len() as isize, kernel[0].len() as isize);
        let mut out = Vec::with_capacity(clean.len());
        for row in 0..height as isize {
            for col in 0..width as isize {
                let mut sum = 0.0;
                for (i, weights) in kernel.iter().enumerate() {
                    let r = border.place(row + i as isize - rows / 2, height);
                    for (j, weight) in weights.iter().enumerate() {
                        let c = border.place(col + j as isize - cols / 2, width);
                        sum += weight
                            * match (r, c, &border) {
                                (Some(r), Some(c), _) => clean[r * width + c],
                                (_, _, Border::Value(value)) => *value,
                                _ => 0.0,
                            };
                    }
                }
                out.push(sum * factor);
            }
        }
        out
    })
    .map(Value::cube)
}

/// Most weights of a kernel.
const WEIGHTS_MAX: usize = 10_000;

fn kernel(arguments: &Arguments) -> Result<Vec<Vec<f64>>, GraphError> {
    let rows = arguments
        .array("kernel")?
        .values
        .iter()
        .map(|row| match row {
            Value::Array(row) => row
                .values
                .iter()
                .map(|weight| match weight {
                    Value::Number(weight) => Ok(*weight),
                    _ => Err(arguments.invalid("kernel", "weights must be numbers")),
                })
                .collect::<Result<Vec<_>, _>>(),
            _ => Err(arguments.invalid("kernel", "an array of arrays is needed")),
        });
    let rows: Vec<Vec<f64>> = rows.collect::<Result<_, _>>()?;
    let width = rows.first().map_or(0, Vec::len);
    if rows.len().is_multiple_of(2)
        || width.is_multiple_of(2)
        || rows.iter().any(|row| row.len() != width)
    {
        return Err(GraphError::new(
            "KernelDimensionsUneven",
            "each dimension of the kernel must have an uneven number of elements",
        ));
    }
    if rows.len() * width > WEIGHTS_MAX {
        return Err(arguments.invalid("kernel", format!("more than {WEIGHTS_MAX} weights")));
    }
    Ok(rows)
}

/// How pixels beyond the edge are made up.
enum Border {
    Value(f64),
    Replicate,
    Reflect,
    ReflectPixel,
    Wrap,
}

fn border(arguments: &Arguments) -> Result<Border, GraphError> {
    Ok(match arguments.get("border") {
        None => Border::Value(0.0),
        Some(Value::Number(value)) => Border::Value(*value),
        Some(Value::Text(text)) => match text.as_str() {
            "replicate" => Border::Replicate,
            "reflect" => Border::Reflect,
            "reflect_pixel" => Border::ReflectPixel,
            "wrap" => Border::Wrap,
            other => return Err(arguments.invalid("border", format!("{other:?} is not known"))),
        },
        Some(_) => return Err(arguments.invalid("border", "a number or a text is needed")),
    })
}

impl Border {
    /// The pixel that stands at a place, `None` for the constant value.
    fn place(&self, place: isize, length: usize) -> Option<usize> {
        let n = length as isize;
        if (0..n).contains(&place) {
            return usize::try_from(place).ok();
        }
        let inside = match self {
            Border::Value(_) => return None,
            Border::Replicate => place.clamp(0, n - 1),
            Border::Wrap => place.rem_euclid(n),
            Border::Reflect => {
                let turn = place.rem_euclid(2 * n);
                turn.min(2 * n - 1 - turn)
            }
            Border::ReflectPixel if n == 1 => 0,
            Border::ReflectPixel => {
                let turn = place.rem_euclid(2 * n - 2);
                turn.min(2 * n - 2 - turn)
            }
        };
        usize::try_from(inside).ok()
    }
}
