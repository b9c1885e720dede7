//! `create_data_cube`: create an empty data cube.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Samples};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "create_data_cube",
    definition: official!("create_data_cube"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let _ = arguments;
    Cube::new(Vec::new(), Samples::F64(vec![f64::NAN]), None).map(Value::cube)
}
