//! `filter_temporal`: temporal filter based on temporal intervals.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::DimensionKind;
use crate::error::GraphError;
use crate::extent::{TemporalExtent, instant};
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "filter_temporal",
    definition: official!("filter_temporal"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let extent = interval(arguments, "extent")?;
    let named = arguments.optional_text("dimension")?;
    let along: Vec<usize> = match named {
        Some(name) => {
            let index = cube.require_dimension(name)?;
            if cube.dimensions()[index].kind != DimensionKind::Time {
                return Err(GraphError::new(
                    "DimensionNotAvailable",
                    format!("the dimension {name:?} is not temporal"),
                ));
            }
            vec![index]
        }
        None => cube.all(DimensionKind::Time).collect(),
    };
    if along.is_empty() {
        return Err(GraphError::new(
            "DimensionNotAvailable",
            "the cube has no temporal dimension",
        ));
    }
    let mut filtered = (**cube).clone();
    for index in along {
        let labels = filtered.dimensions()[index].labels.clone();
        let inside =
            |step: &usize| instant(&labels[*step].to_string()).is_some_and(|t| extent.contains(t));
        let steps: Vec<usize> = (0..labels.len()).filter(inside).collect();
        filtered = filtered.select(index, &steps)?;
    }
    Ok(Value::cube(filtered))
}

/// Reads a left-closed interval of dates or dates and times; null is unbounded.
pub(super) fn interval(arguments: &Arguments, name: &str) -> Result<TemporalExtent, GraphError> {
    read_interval(&arguments.value(name)).map_err(|reason| match reason {
        None => GraphError::new(
            "TemporalExtentEmpty",
            "the temporal extent is empty: the second instant must be later than the first",
        ),
        Some(reason) => arguments.invalid(name, reason),
    })
}

/// As [`interval`]; `Err(None)` for an empty interval.
pub(super) fn read_interval(value: &Value) -> Result<TemporalExtent, Option<String>> {
    let Value::Array(pair) = value else {
        return Err(Some("an array of two instants is needed".to_string()));
    };
    let [start, end] = pair.values.as_slice() else {
        return Err(Some("exactly two instants are needed".to_string()));
    };
    let read = |value: &Value| match value {
        Value::Null => Ok(None),
        Value::Text(text) => instant(text)
            .map(Some)
            .ok_or_else(|| Some(format!("{text:?} is not an RFC 3339 date or date and time"))),
        other => Err(Some(format!("{} is no instant", other.type_name()))),
    };
    let extent = TemporalExtent {
        start: read(start)?,
        end: read(end)?,
    };
    match (extent.start, extent.end) {
        (Some(start), Some(end)) if end <= start => Err(None),
        _ => Ok(extent),
    }
}
