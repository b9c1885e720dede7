//! The official vectors of openEO, run in-process.

use crate::json5::{Json5, parse};
use crate::shared_data;
use corridor_know::call::{self, Context};
use corridor_know::cube::{Cube, Dimension, DimensionKind, Samples};
use corridor_know::error::GraphError;
use corridor_know::extent::{crs_of, instant};
use corridor_know::graph::{ProcessGraph, RunLimits};
use corridor_know::process;
use corridor_know::value::{Array, Label, Value};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

/// Vectors that must pass; raised when more do.
const PASSED_LEAST: usize = 969;
/// Absolute tolerance of the suite: ten decimals.
const TOLERANCE: f64 = 1e-10;

#[test]
fn official_vectors_pass() {
    let Some(folder) = shared_data::folder("know/openeo-processes/tests") else {
        return;
    };
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json5"))
        .collect();
    files.sort();
    let (mut passed, mut failures, mut unknown) = (0, String::new(), 0);
    let (mut run, mut without) = (0, Vec::new());
    for file in files {
        let suite = parse(&std::fs::read_to_string(&file).unwrap());
        let id = suite.get("id").unwrap().text().unwrap().to_string();
        let tests = suite.get("tests").unwrap().items();
        if process::find(&id).is_none() {
            unknown += tests.len();
            if !tests.is_empty() {
                without.push(format!("{id} ({})", tests.len()));
            }
            continue;
        }
        for (index, test) in tests.iter().enumerate() {
            run += 1;
            match run_vector(&id, test, &folder) {
                Ok(()) => passed += 1,
                Err(reason) => writeln!(failures, "{id} #{index}: {reason}").unwrap(),
            }
        }
    }
    println!(
        "official vectors: {run} run, {passed} passed, {unknown} of processes not implemented"
    );
    println!("not implemented: {}", without.join(", "));
    println!("{failures}");
    assert!(
        passed >= PASSED_LEAST,
        "{passed} passed, {PASSED_LEAST} did before\n{failures}"
    );
}

fn run_vector(id: &str, test: &Json5, folder: &Path) -> Result<(), String> {
    let mut arguments = Vec::new();
    let Some(Json5::Object(given)) = test.get("arguments") else {
        return Err("no arguments".into());
    };
    for (name, value) in given {
        arguments.push((name.as_str(), to_value(value, folder)?));
    }
    let limits = RunLimits::default();
    let result = call::call(id, arguments, &Context::new(&limits));
    let returns = test
        .get("returns")
        .map(|value| resolve(value, folder))
        .transpose()?;
    match (result, &returns, test.get("throws")) {
        (Ok(value), Some(expected), _) => {
            let delta = match test.get("delta") {
                Some(Json5::Number(delta)) => *delta,
                _ => TOLERANCE,
            };
            same(&value, expected, delta)
        }
        (Ok(value), None, Some(code)) => {
            Err(format!("{code:?} expected, {} came", describe(&value)))
        }
        (Err(_), _, Some(Json5::Boolean(true))) => Ok(()),
        (Err(error), _, Some(Json5::Text(code))) if error.code == code => Ok(()),
        (Err(error), _, code) => Err(format!("{error} (throws {code:?})")),
        (Ok(_), None, None) => Err("the vector expects nothing".into()),
    }
}

fn resolve(value: &Json5, folder: &Path) -> Result<Json5, String> {
    let Some(file) = value.get("$ref").and_then(Json5::text) else {
        return Ok(value.clone());
    };
    let text = std::fs::read_to_string(folder.join(file))
        .map_err(|_| format!("the vector refers to {file}, which the suite does not have"))?;
    Ok(if file.ends_with("json5") {
        parse(&text)
    } else {
        Json5::Text(text)
    })
}

fn to_value(json: &Json5, folder: &Path) -> Result<Value, String> {
    let json = &resolve(json, folder)?;
    Ok(match json {
        Json5::Null => Value::Null,
        Json5::Boolean(truth) => Value::Boolean(*truth),
        Json5::Number(number) => Value::Number(*number),
        Json5::Text(text) => Value::Text(text.clone()),
        Json5::Array(items) => Value::array(
            items
                .iter()
                .map(|item| to_value(item, folder))
                .collect::<Result<_, _>>()?,
        ),
        Json5::Object(members) => match members.get("type").and_then(Json5::text) {
            Some("nodata") => Value::Null,
            Some("datetime") => Value::Text(members["value"].text().unwrap().to_string()),
            Some("labeled-array") => labelled(members["data"].items(), folder)?,
            Some("datacube") => Value::Cube(Arc::new(to_cube(json).map_err(|e| e.to_string())?)),
            _ if members.contains_key("process_graph") => {
                let graph = repaired(&to_json(json));
                Value::Graph(Arc::new(
                    ProcessGraph::parse(&graph).map_err(|e| e.to_string())?,
                ))
            }
            _ => Value::Object(
                members
                    .iter()
                    .map(|(name, member)| Ok((name.clone(), to_value(member, folder)?)))
                    .collect::<Result<_, String>>()?,
            ),
        },
    })
}

fn labelled(items: &[Json5], folder: &Path) -> Result<Value, String> {
    let mut array = Array::default();
    let mut labels = Vec::new();
    for item in items {
        labels.push(label(item.get("key").unwrap()));
        array
            .values
            .push(to_value(item.get("value").unwrap(), folder)?);
    }
    array.labels = Some(Arc::new(labels));
    Ok(Value::Array(array))
}

fn label(json: &Json5) -> Label {
    match json {
        Json5::Number(number) => Label::Number(*number),
        Json5::Text(text) => Label::Text(text.clone()),
        other => panic!("{other:?} is no label"),
    }
}

fn to_json(json: &Json5) -> serde_json::Value {
    match json {
        Json5::Null => serde_json::Value::Null,
        Json5::Boolean(truth) => (*truth).into(),
        Json5::Number(number) => serde_json::json!(number),
        Json5::Text(text) => text.clone().into(),
        Json5::Array(items) => items.iter().map(to_json).collect::<Vec<_>>().into(),
        Json5::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), to_json(member)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
    }
}

/// Some vectors write `from_argument`, which openEO does not know: it means the node of that name,
/// else the parameter.
fn repaired(graph: &serde_json::Value) -> serde_json::Value {
    fn walk(value: &mut serde_json::Value, nodes: &[String]) {
        if let Some(name) = value
            .get("from_argument")
            .and_then(|n| n.as_str())
            .map(str::to_string)
        {
            let key = if nodes.contains(&name) {
                "from_node"
            } else {
                "from_parameter"
            };
            *value = serde_json::json!({ key: name });
        }
        match value {
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| walk(item, nodes)),
            serde_json::Value::Object(members) => {
                members.values_mut().for_each(|member| walk(member, nodes));
            }
            _ => {}
        }
    }
    let nodes: Vec<String> = graph["process_graph"]
        .as_object()
        .map(|nodes| nodes.keys().cloned().collect())
        .unwrap_or_default();
    let mut graph = graph.clone();
    walk(&mut graph, &nodes);
    graph
}

fn to_cube(json: &Json5) -> Result<Cube, GraphError> {
    let absent =
        |what: &str| GraphError::new("Internal", format!("the vector's cube has no {what}"));
    let order = json.get("order").map_or(&[][..], Json5::items);
    let mut dimensions = Vec::new();
    let mut crs = None;
    for name in order {
        let name = name.text().unwrap();
        let dimension = json
            .get("dimensions")
            .and_then(|all| all.get(name))
            .ok_or_else(|| absent(name))?;
        let kind = match (
            dimension.get("type").and_then(Json5::text).unwrap(),
            dimension.get("axis").and_then(Json5::text),
        ) {
            ("spatial", Some("x")) => DimensionKind::X,
            ("spatial", Some("y")) => DimensionKind::Y,
            ("spatial", None) if name == "x" => DimensionKind::X,
            ("spatial", None) if name == "y" => DimensionKind::Y,
            ("spatial", _) => DimensionKind::Z,
            ("temporal", _) => DimensionKind::Time,
            ("bands", _) => DimensionKind::Bands,
            ("geometry", _) => DimensionKind::Geometry,
            _ => DimensionKind::Other,
        };
        if let Some(Json5::Text(system)) = dimension.get("reference_system")
            && kind == DimensionKind::X
        {
            crs = Some(crs_of(&Value::Text(system.clone())).unwrap());
        }
        let values = dimension.get("values").ok_or_else(|| absent("labels"))?;
        let labels = values.items().iter().map(label).collect();
        dimensions.push(Dimension::new(name, kind, labels));
    }
    let nodata: Vec<f64> = match json.get("nodata") {
        Some(Json5::Array(all)) => all.iter().filter_map(number).collect(),
        Some(one) => number(one).into_iter().collect(),
        None => Vec::new(),
    };
    let len = dimensions.iter().map(Dimension::len).product();
    let mut samples = Vec::new();
    flatten(
        json.get("data").unwrap_or(&Json5::Null),
        &nodata,
        &mut samples,
    );
    if samples.is_empty() || matches!(json.get("data"), Some(Json5::Null)) {
        samples = vec![f64::NAN; len];
    }
    Cube::new(dimensions, Samples::F64(samples), crs)
}

fn number(json: &Json5) -> Option<f64> {
    match json {
        Json5::Number(number) => Some(*number),
        _ => None,
    }
}

fn flatten(json: &Json5, nodata: &[f64], samples: &mut Vec<f64>) {
    match json {
        Json5::Array(items) => items.iter().for_each(|item| flatten(item, nodata, samples)),
        Json5::Number(number) if nodata.iter().any(|n| n.total_cmp(number).is_eq()) => {
            samples.push(f64::NAN);
        }
        Json5::Number(number) => samples.push(*number),
        Json5::Boolean(truth) => samples.push(f64::from(u8::from(*truth))),
        _ => samples.push(f64::NAN),
    }
}

fn same(value: &Value, expected: &Json5, delta: f64) -> Result<(), String> {
    let differ = || Err(format!("{expected:?} expected, {} came", describe(value)));
    match (value, expected) {
        (Value::Null, Json5::Null) => Ok(()),
        (Value::Boolean(a), Json5::Boolean(b)) if a == b => Ok(()),
        (Value::Number(a), Json5::Number(b)) if near(*a, *b, delta) => Ok(()),
        (Value::Text(a), Json5::Text(b)) if a == b => Ok(()),
        (Value::Array(a), Json5::Array(b)) if a.values.len() == b.len() => a
            .values
            .iter()
            .zip(b)
            .try_for_each(|(a, b)| same(a, b, delta)),
        (value, Json5::Object(members)) => match (value, members.get("type").and_then(Json5::text))
        {
            (Value::Null, Some("nodata")) => Ok(()),
            (Value::Text(text), Some("datetime")) => {
                if instant(text) == instant(members["value"].text().unwrap()) {
                    Ok(())
                } else {
                    differ()
                }
            }
            (Value::Array(array), Some("labeled-array")) => {
                let items = members["data"].items();
                let labels = array
                    .labels
                    .as_ref()
                    .ok_or("an array without labels came")?;
                if labels.len() != items.len() {
                    return differ();
                }
                items
                    .iter()
                    .zip(labels.iter().zip(&array.values))
                    .try_for_each(|(item, (own, value))| {
                        if own.same(&label(item.get("key").unwrap())) {
                            same(value, item.get("value").unwrap(), delta)
                        } else {
                            differ()
                        }
                    })
            }
            (Value::Cube(cube), Some("datacube")) => same_cube(cube, expected, delta),
            (Value::Object(own), None) => {
                members
                    .iter()
                    .try_for_each(|(name, member)| match own.get(name) {
                        Some(value) => same(value, member, delta),
                        None => differ(),
                    })
            }
            _ => differ(),
        },
        _ => differ(),
    }
}

fn near(a: f64, b: f64, delta: f64) -> bool {
    (a.is_nan() && b.is_nan()) || a.total_cmp(&b).is_eq() || (a - b).abs() <= delta
}

fn same_cube(cube: &Cube, expected: &Json5, delta: f64) -> Result<(), String> {
    let other = to_cube(expected).map_err(|e| e.to_string())?;
    let names =
        |cube: &Cube| -> Vec<String> { cube.dimensions().iter().map(|d| d.name.clone()).collect() };
    let (mut own, mut wanted) = (names(cube), names(&other));
    own.sort();
    wanted.sort();
    if own != wanted {
        return Err(format!(
            "dimensions {:?} expected, {:?} came",
            names(&other),
            names(cube)
        ));
    }
    // The order of dimensions carries no meaning in openEO.
    let mut strides = BTreeMap::new();
    for dimension in other.dimensions() {
        let index = cube.dimension_index(&dimension.name).unwrap();
        let came = &cube.dimensions()[index];
        if came.kind != dimension.kind {
            return Err(format!(
                "{}: {:?} expected, {:?} came",
                came.name, dimension.kind, came.kind
            ));
        }
        let equal = came.labels.len() == dimension.labels.len()
            && came
                .labels
                .iter()
                .zip(dimension.labels.iter())
                .all(|(a, b)| match (a, b) {
                    (Label::Text(a), Label::Text(b)) => {
                        a == b || (instant(a).is_some() && instant(a) == instant(b))
                    }
                    (a, b) => a.same(b),
                });
        if !equal {
            return Err(format!(
                "{}: {:?} expected, {:?} came",
                came.name, dimension.labels, came.labels
            ));
        }
        strides.insert(dimension.name.clone(), cube.split(index).2);
    }
    if matches!(expected.get("data"), Some(Json5::Null)) {
        return Ok(());
    }
    for flat in 0..other.len() {
        let mut rest = flat;
        let mut index = 0;
        for dimension in other.dimensions().iter().rev() {
            index += (rest % dimension.len()) * strides[&dimension.name];
            rest /= dimension.len();
        }
        let (a, b) = (cube.samples().get(index), other.samples().get(flat));
        if !near(a, b, delta) {
            return Err(format!("sample {flat}: {b} expected, {a} came"));
        }
    }
    Ok(())
}

fn describe(value: &Value) -> String {
    match value {
        Value::Cube(cube) => format!(
            "cube {:?}",
            cube.dimensions()
                .iter()
                .map(|d| (&d.name, d.len()))
                .collect::<Vec<_>>()
        ),
        other => format!("{other:?}"),
    }
}
