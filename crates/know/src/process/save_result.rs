//! `save_result`: save processed data.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "save_result",
    definition: official!("save_result"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let data = arguments.value("data");
    let format = arguments.text("format")?;
    crate::output::Format::find(format)?;
    if let Value::Cube(cube) = &data
        && cube.is_empty()
    {
        return Err(GraphError::new(
            "DataCubeEmpty",
            "the file cannot be saved: the data cube is empty",
        ));
    }
    // Files are written by whoever runs the graph; the value goes on.
    Ok(data)
}
