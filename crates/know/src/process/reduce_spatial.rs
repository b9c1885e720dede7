//! `reduce_spatial`: reduce spatial dimensions 'x' and 'y'.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Dimension, DimensionKind, Offsets, Output, Samples};
use crate::error::GraphError;
use crate::graph::{Argument, ProcessGraph};
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "reduce_spatial",
    definition: official!("reduce_spatial"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let reducer = arguments.graph("reducer")?;
    if let Some(function) = plain(reducer) {
        return reduce_pixels(cube, |pixels| {
            let mut numbers: Vec<f64> = pixels.iter().copied().filter(|v| !v.is_nan()).collect();
            Ok(function(&mut numbers).unwrap_or(f64::NAN))
        })
        .map(Value::cube);
    }
    reduce_pixels(cube, |pixels| {
        let data = Value::array(
            pixels
                .iter()
                .map(|v| {
                    if v.is_nan() {
                        Value::Null
                    } else {
                        Value::Number(*v)
                    }
                })
                .collect(),
        );
        let parameters = [("data", data), ("context", arguments.value("context"))];
        match Output::read(context.call(reducer, &parameters)?)? {
            Output::Same(number) => Ok(number),
            Output::Plane(_) => Err(GraphError::new("Internal", "a reducer gave a plane")),
        }
    })
    .map(Value::cube)
}

type Reducer = fn(&mut [f64]) -> Option<f64>;

/// The function of a reducer that is one process on `data` and nothing else: it needs no value of
/// its own for each pixel.
fn plain(reducer: &ProcessGraph) -> Option<Reducer> {
    let [id] = reducer.order() else {
        return None;
    };
    let node = &reducer.nodes()[id];
    let bare = node.arguments.len() == 1
        && matches!(node.arguments.get("data"), Some(Argument::FromParameter(name)) if name == "data");
    match super::find(&node.process_id)?.run {
        Run::Reduce(function) if bare => Some(function),
        _ => None,
    }
}

/// One number for the pixels of each remaining label; `x` and `y` are dropped.
pub(super) fn reduce_pixels(
    cube: &Cube,
    mut reducer: impl FnMut(&[f64]) -> Result<f64, GraphError>,
) -> Result<Cube, GraphError> {
    let spatial = |d: &Dimension| matches!(d.kind, DimensionKind::X | DimensionKind::Y);
    let kept: Vec<Dimension> = cube
        .dimensions()
        .iter()
        .filter(|d| !spatial(d))
        .cloned()
        .collect();
    let mut order = kept.clone();
    order.extend(cube.dimensions().iter().filter(|d| spatial(d)).cloned());
    let groups: usize = kept.iter().map(Dimension::len).product();
    let pixels = cube.len().checked_div(groups).unwrap_or(0);
    let offsets = Offsets::new(&order, cube);
    let mut samples = Samples::like(cube.samples(), groups);
    for group in 0..groups {
        let values: Vec<f64> = offsets
            .range(group * pixels, pixels)
            .into_iter()
            .map(|index| index.map_or(f64::NAN, |index| cube.samples().get(index)))
            .collect();
        samples.set(group, reducer(&values)?);
    }
    Cube::new(kept, samples, None)
}
