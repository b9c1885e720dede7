//! `apply`: apply a process to each value.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Output, Samples, map_chunks};
use crate::error::GraphError;
use crate::value::Value;
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "apply",
    definition: official!("apply"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let process = arguments.graph("process")?;
    let mut samples = Samples::like(cube.samples(), cube.len());
    map_chunks(cube.len(), |from, count| {
        let plane = Arc::new(cube.samples().range_f64(from, count));
        let parameters = [
            ("x", Value::Plane(plane)),
            ("context", arguments.value("context")),
        ];
        Output::read(context.call(process, &parameters)?)?.write(&mut samples, from, count)
    })?;
    Ok(Value::cube(cube.with_samples(samples)?))
}
