//! `trim_cube`: remove dimension labels with no-data values.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::DimensionKind;
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "trim_cube",
    definition: official!("trim_cube"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let mut cube = (**arguments.cube("data")?).clone();
    for along in 0..cube.dimensions().len() {
        let (outer, length, inner) = cube.split(along);
        let filled = |step: usize| {
            (0..outer).any(|o| {
                let from = (o * length + step) * inner;
                (from..from + inner).any(|i| !cube.samples().get(i).is_nan())
            })
        };
        let kept: Vec<usize> = (0..length).filter(|step| filled(*step)).collect();
        // Along axes with an order only the ends are cut, so that pixels stay regular.
        let ordered = !matches!(
            cube.dimensions()[along].kind,
            DimensionKind::Bands | DimensionKind::Other
        );
        let steps = match (ordered, kept.first(), kept.last()) {
            (true, Some(first), Some(last)) => (*first..=*last).collect(),
            _ => kept,
        };
        cube = cube.select(along, &steps)?;
    }
    Ok(Value::cube(cube))
}
