//! Calling a process, on single values and on planes of pixels.

use super::{Arguments, Context, definition};
use crate::error::GraphError;
use crate::process::{self, Process, Run};
use crate::value::{Array, Value};
use std::sync::Arc;

/// Calls the process of this name.
///
/// # Errors
/// `ProcessUnsupported`, or the process's own errors.
pub fn call(
    id: &str,
    arguments: Vec<(&str, Value)>,
    context: &Context<'_>,
) -> Result<Value, GraphError> {
    let process = process::find(id).ok_or_else(|| {
        GraphError::new(
            "ProcessUnsupported",
            format!("the process {id:?} is not known here"),
        )
    })?;
    let mut all = Arguments::new(process.id);
    for (name, value) in arguments {
        all.set(name, value);
    }
    invoke(process, all, context)
}

/// Calls a process: checks its arguments against its definition, then computes.
///
/// # Errors
/// `ProcessParameterRequired`, `ProcessParameterInvalid`, `ProcessParameterUnsupported`, or the
/// process's own errors.
pub fn invoke(
    process: &'static Process,
    arguments: Arguments,
    context: &Context<'_>,
) -> Result<Value, GraphError> {
    context.begin(process.id)?;
    let definition = definition::of(process);
    definition.check_arguments(&arguments)?;
    let first = |index: usize| definition.parameters[index].name.as_str();
    match process.run {
        Run::Unary(function) => unary(&arguments, first(0), function),
        Run::Binary(function) => binary(&arguments, first(0), first(1), function),
        Run::Compare(function) => compare(&arguments, first(0), first(1), function),
        Run::Logic(function) => logic(&arguments, first(0), first(1), function),
        Run::Reduce(function) => reduce(&arguments, function),
        Run::Single(function) => match plane_length(&arguments)? {
            None => function(&arguments, context),
            Some(length) => each_pixel(&arguments, length, |single| function(single, context)),
        },
        Run::Whole(function) => function(&arguments, context),
        Run::Load(_) => Err(GraphError::new(
            "ProcessUnsupported",
            format!(
                "process {:?} loads scenes and cannot stand in a nested process graph",
                process.id
            ),
        )),
    }
}

fn unary(arguments: &Arguments, x: &str, function: fn(f64) -> f64) -> Result<Value, GraphError> {
    if let Some(Value::Plane(plane)) = arguments.get(x) {
        return Ok(plane_of(plane.iter().map(|v| function(*v)).collect()));
    }
    Ok(match arguments.optional_number(x)? {
        None => Value::Null,
        Some(number) => Value::Number(function(number)),
    })
}

fn binary(
    arguments: &Arguments,
    x: &str,
    y: &str,
    function: fn(f64, f64) -> f64,
) -> Result<Value, GraphError> {
    // A NaN on one side alone may not be lost (NaN^0 is 1): for pixels NaN is no data.
    let pixel = |a: f64, b: f64| {
        if a.is_nan() || b.is_nan() {
            f64::NAN
        } else {
            function(a, b)
        }
    };
    if let Some(plane) = zip_planes(arguments, x, y, pixel)? {
        return Ok(plane);
    }
    Ok(
        match (arguments.optional_number(x)?, arguments.optional_number(y)?) {
            (Some(a), Some(b)) => Value::Number(function(a, b)),
            _ => Value::Null,
        },
    )
}

/// Numbers of an argument for each pixel, NaN for no data.
fn column<'a>(value: Option<&'a Value>) -> Option<Column<'a>> {
    match value {
        Some(Value::Plane(plane)) => Some(Column::Plane(plane)),
        Some(Value::Number(number)) => Some(Column::Same(*number)),
        Some(Value::Boolean(truth)) => Some(Column::Same(f64::from(u8::from(*truth)))),
        Some(Value::Null) | None => Some(Column::Same(f64::NAN)),
        Some(_) => None,
    }
}

/// Combines two arguments pixel by pixel; `None` where neither is a plane.
fn zip_planes(
    arguments: &Arguments,
    x: &str,
    y: &str,
    function: impl Fn(f64, f64) -> f64,
) -> Result<Option<Value>, GraphError> {
    let (a, b) = (arguments.get(x), arguments.get(y));
    let length = match (a, b) {
        (Some(Value::Plane(a)), Some(Value::Plane(b))) => {
            same_length(a, b)?;
            a.len()
        }
        (Some(Value::Plane(a)), _) => a.len(),
        (_, Some(Value::Plane(b))) => b.len(),
        _ => return Ok(None),
    };
    let a = column(a).ok_or_else(|| arguments.invalid(x, "a number is needed"))?;
    let b = column(b).ok_or_else(|| arguments.invalid(y, "a number is needed"))?;
    let pixels = (0..length).map(|i| function(a.at(i), b.at(i))).collect();
    Ok(Some(plane_of(pixels)))
}

fn compare(
    arguments: &Arguments,
    x: &str,
    y: &str,
    function: fn(f64, f64) -> bool,
) -> Result<Value, GraphError> {
    let pixel = |a: f64, b: f64| {
        if a.is_nan() || b.is_nan() {
            f64::NAN
        } else {
            f64::from(u8::from(function(a, b)))
        }
    };
    if let Some(plane) = zip_planes(arguments, x, y, pixel)? {
        return Ok(plane);
    }
    Ok(match (arguments.value(x), arguments.value(y)) {
        (Value::Null, _) | (_, Value::Null) => Value::Null,
        (Value::Number(a), Value::Number(b)) => Value::Boolean(function(a, b)),
        _ => Value::Boolean(false),
    })
}

fn logic(
    arguments: &Arguments,
    x: &str,
    y: &str,
    function: fn(Option<bool>, Option<bool>) -> Option<bool>,
) -> Result<Value, GraphError> {
    let truth = |number: f64| (!number.is_nan()).then(|| number.abs() > 0.0);
    let pixel = |a: f64, b: f64| {
        function(truth(a), truth(b)).map_or(f64::NAN, |truth| f64::from(u8::from(truth)))
    };
    if let Some(plane) = zip_planes(arguments, x, y, pixel)? {
        return Ok(plane);
    }
    Ok(function(arguments.truth(x)?, arguments.truth(y)?).map_or(Value::Null, Value::Boolean))
}

fn reduce(
    arguments: &Arguments,
    function: fn(&mut [f64]) -> Option<f64>,
) -> Result<Value, GraphError> {
    let data = arguments.array("data")?;
    let ignore_nodata = arguments.boolean_or("ignore_nodata", true)?;
    let mut numbers = Vec::with_capacity(data.values.len());
    let Some(length) = longest_plane(&data.values)? else {
        for value in &data.values {
            match value {
                Value::Number(number) => numbers.push(*number),
                Value::Null if ignore_nodata => {}
                Value::Null => return Ok(Value::Null),
                other => {
                    return Err(
                        arguments.invalid("data", format!("{} among numbers", other.type_name()))
                    );
                }
            }
        }
        return Ok(function(&mut numbers).map_or(Value::Null, Value::Number));
    };
    let columns = data
        .values
        .iter()
        .map(|value| {
            column(Some(value)).ok_or_else(|| {
                arguments.invalid("data", format!("{} among numbers", value.type_name()))
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut out = Vec::with_capacity(length);
    for pixel in 0..length {
        numbers.clear();
        let mut missing = false;
        for column in &columns {
            let number = column.at(pixel);
            if number.is_nan() {
                missing = true;
            } else {
                numbers.push(number);
            }
        }
        let value = if missing && !ignore_nodata {
            None
        } else {
            function(&mut numbers)
        };
        out.push(value.unwrap_or(f64::NAN));
    }
    Ok(plane_of(out))
}

enum Column<'a> {
    Plane(&'a [f64]),
    Same(f64),
}

impl Column<'_> {
    fn at(&self, pixel: usize) -> f64 {
        match self {
            Column::Plane(plane) => plane[pixel],
            Column::Same(number) => *number,
        }
    }
}

/// Calls a function of single values once for each pixel of the planes among the arguments.
pub(crate) fn each(
    arguments: &Arguments,
    function: impl Fn(&Arguments) -> Result<Value, GraphError>,
) -> Result<Value, GraphError> {
    match plane_length(arguments)? {
        Some(length) => each_pixel(arguments, length, function),
        None => function(arguments),
    }
}

fn each_pixel(
    arguments: &Arguments,
    length: usize,
    function: impl Fn(&Arguments) -> Result<Value, GraphError>,
) -> Result<Value, GraphError> {
    let mut single = arguments.clone();
    let planes: Vec<(&String, &Value)> = arguments
        .values()
        .iter()
        .filter(|(_, value)| has_plane(value))
        .collect();
    let mut outputs = Vec::with_capacity(length);
    for pixel in 0..length {
        for (name, value) in &planes {
            single.set(name, at_pixel(value, pixel));
        }
        outputs.push(function(&single)?);
    }
    gather(outputs)
}

/// Turns one value a pixel into planes.
fn gather(outputs: Vec<Value>) -> Result<Value, GraphError> {
    if let Some(Value::Array(first)) = outputs.first() {
        let count = first.values.len();
        let mut columns: Vec<Vec<Value>> = vec![Vec::with_capacity(outputs.len()); count];
        let labels = first.labels.clone();
        for output in outputs {
            match output {
                Value::Array(array) if array.values.len() == count => {
                    for (column, value) in columns.iter_mut().zip(array.values) {
                        column.push(value);
                    }
                }
                _ => {
                    return Err(GraphError::new(
                        "ProcessGraphInvalid",
                        "a nested process graph gives arrays of different lengths for different pixels",
                    ));
                }
            }
        }
        let values = columns.into_iter().map(gather).collect::<Result<_, _>>()?;
        return Ok(Value::Array(Array { values, labels }));
    }
    let plane = outputs
        .into_iter()
        .map(|value| match value {
            Value::Null => Ok(f64::NAN),
            Value::Number(number) => Ok(number),
            Value::Boolean(truth) => Ok(f64::from(u8::from(truth))),
            other => Err(GraphError::new(
                "ProcessGraphInvalid",
                format!(
                    "a nested process graph gives a {} for a pixel",
                    other.type_name()
                ),
            )),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(plane_of(plane))
}

fn at_pixel(value: &Value, pixel: usize) -> Value {
    match value {
        Value::Plane(plane) if plane[pixel].is_nan() => Value::Null,
        Value::Plane(plane) => Value::Number(plane[pixel]),
        Value::Array(array) => Value::Array(Array {
            values: array.values.iter().map(|v| at_pixel(v, pixel)).collect(),
            labels: array.labels.clone(),
        }),
        other => other.clone(),
    }
}

fn has_plane(value: &Value) -> bool {
    match value {
        Value::Plane(_) => true,
        Value::Array(array) => array.values.iter().any(has_plane),
        _ => false,
    }
}

fn plane_length(arguments: &Arguments) -> Result<Option<usize>, GraphError> {
    let mut all = Vec::new();
    for value in arguments.values().values() {
        match value {
            Value::Array(array) => all.extend(array.values.iter().cloned()),
            other => all.push(other.clone()),
        }
    }
    longest_plane(&all)
}

fn longest_plane(values: &[Value]) -> Result<Option<usize>, GraphError> {
    let mut length = None;
    for value in values {
        if let Value::Plane(plane) = value {
            match length {
                None => length = Some(plane.len()),
                Some(known) if known == plane.len() => {}
                Some(_) => return Err(unequal()),
            }
        }
    }
    Ok(length)
}

fn same_length(a: &[f64], b: &[f64]) -> Result<(), GraphError> {
    if a.len() == b.len() {
        Ok(())
    } else {
        Err(unequal())
    }
}

fn unequal() -> GraphError {
    GraphError::new("Internal", "chunks of pixels of different lengths met")
}

fn plane_of(values: Vec<f64>) -> Value {
    Value::Plane(Arc::new(values))
}
