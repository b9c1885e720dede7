//! CQL2 JSON (§8 of OGC 21-065r2).

use serde_json::{Map, Value, json};

use super::spatial::Shape;
use super::{DEPTH_MAX, Expr, FilterError, Op};
use crate::bbox::Bbox;
use crate::interval::parse_instant;

/// Read an expression.
pub(super) fn read(value: &Value) -> Result<Expr, FilterError> {
    expression(value, 0)
}

fn invalid(reason: impl Into<String>) -> FilterError {
    FilterError::Invalid(reason.into())
}

fn expression(value: &Value, depth: usize) -> Result<Expr, FilterError> {
    if depth > DEPTH_MAX {
        return Err(FilterError::TooLarge {
            what: "nesting",
            max: DEPTH_MAX,
        });
    }
    match value {
        Value::Bool(truth) => Ok(Expr::Bool(*truth)),
        Value::Number(number) => Ok(Expr::Number(
            number
                .as_f64()
                .ok_or_else(|| invalid("a number is too large"))?,
        )),
        Value::String(text) => Ok(Expr::Text(text.clone())),
        Value::Array(list) => {
            let list: Result<_, _> = list
                .iter()
                .map(|part| expression(part, depth + 1))
                .collect();
            Ok(Expr::List(list?))
        }
        Value::Object(members) => object(value, members, depth),
        Value::Null => Err(invalid("null is no value; use isNull")),
    }
}

fn object(value: &Value, members: &Map<String, Value>, depth: usize) -> Result<Expr, FilterError> {
    if let Some(op) = members.get("op") {
        let name = op.as_str().ok_or_else(|| invalid("op must be text"))?;
        let args = members
            .get("args")
            .and_then(Value::as_array)
            .ok_or_else(|| invalid(format!("{name} needs a list of args")))?;
        if name.eq_ignore_ascii_case("accenti") {
            return Err(FilterError::Unsupported("accenti".to_owned()));
        }
        let Some(op) = Op::named(name) else {
            let name: String = name.chars().take(60).collect();
            return Err(FilterError::Unsupported(format!(
                "operator or function {name:?}"
            )));
        };
        let args: Vec<Expr> = args
            .iter()
            .map(|arg| expression(arg, depth + 1))
            .collect::<Result<_, _>>()?;
        return Ok(Expr::Op(op, args));
    }
    if let Some(name) = members.get("property") {
        let name = name
            .as_str()
            .ok_or_else(|| invalid("property must be text"))?;
        return Ok(Expr::Property(name.to_owned()));
    }
    if let Some(instant) = members.get("timestamp") {
        return timestamp(instant);
    }
    if let Some(date) = members.get("date") {
        let text = date.as_str().ok_or_else(|| invalid("date must be text"))?;
        return date_literal(text);
    }
    if let Some(ends) = members.get("interval") {
        let Some([start, end]) = ends.as_array().map(Vec::as_slice) else {
            return Err(invalid("interval needs a list of two ends"));
        };
        return Ok(Expr::Interval(Box::new([
            interval_end(start)?,
            interval_end(end)?,
        ])));
    }
    if let Some(numbers) = members
        .get("bbox")
        .filter(|_| !members.contains_key("type"))
    {
        let bbox: Bbox =
            serde_json::from_value(numbers.clone()).map_err(|e| invalid(e.to_string()))?;
        return bbox_geometry(bbox);
    }
    if members.contains_key("type") {
        let geometry: geojson::Geometry =
            serde_json::from_value(value.clone()).map_err(|e| invalid(e.to_string()))?;
        return Ok(Expr::Geometry(Box::new(Shape::of(geometry)?)));
    }
    if members.contains_key("function") {
        return Err(FilterError::Unsupported("function".to_owned()));
    }
    let names: Vec<&str> = members.keys().take(5).map(String::as_str).collect();
    Err(invalid(format!(
        "an object with members {names:?} is no expression"
    )))
}

fn timestamp(value: &Value) -> Result<Expr, FilterError> {
    let text = value
        .as_str()
        .ok_or_else(|| invalid("timestamp must be text"))?;
    timestamp_literal(text)
}

/// `TIMESTAMP('…')`.
pub(super) fn timestamp_literal(text: &str) -> Result<Expr, FilterError> {
    parse_instant(text)
        .map(Expr::Instant)
        .map_err(|e| invalid(e.to_string()))
}

/// `DATE('…')`.
pub(super) fn date_literal(text: &str) -> Result<Expr, FilterError> {
    let fault = || {
        invalid(format!(
            "{:?} is no date",
            text.chars().take(40).collect::<String>()
        ))
    };
    if text.len() != "2026-11-23".len() {
        return Err(fault());
    }
    text.parse().map(Expr::Date).map_err(|_| fault())
}

/// One end of an interval: an instant, a date, `..`, or a property.
fn interval_end(value: &Value) -> Result<Expr, FilterError> {
    match value {
        Value::String(text) => interval_end_literal(text),
        other => expression(other, 0),
    }
}

pub(super) fn interval_end_literal(text: &str) -> Result<Expr, FilterError> {
    match text {
        ".." | "" => Ok(Expr::Open),
        text => date_literal(text).or_else(|_| timestamp_literal(text)),
    }
}

/// `BBOX(…)` as a geometry.
pub(super) fn bbox_geometry(bbox: Bbox) -> Result<Expr, FilterError> {
    let rectangles = bbox.rectangles();
    let polygons: Vec<_> = rectangles.iter().map(|rect| rect.to_polygon()).collect();
    let geometry = match &polygons[..] {
        [one] => geojson::Geometry::from(one),
        many => geojson::Geometry::from(&geo::MultiPolygon(many.to_vec())),
    };
    Ok(Expr::Geometry(Box::new(Shape::of(geometry)?)))
}

/// Write an expression.
pub(super) fn write(expr: &Expr) -> Value {
    match expr {
        Expr::Text(text) => json!(text),
        Expr::Number(number) => json!(number),
        Expr::Bool(truth) => json!(truth),
        Expr::Instant(instant) => json!({ "timestamp": instant }),
        Expr::Date(date) => json!({ "date": date }),
        Expr::Open => json!(".."),
        Expr::Interval(ends) => {
            let end = |end: &Expr| match end {
                Expr::Instant(instant) => json!(instant),
                Expr::Date(date) => json!(date),
                other => write(other),
            };
            json!({ "interval": [end(&ends[0]), end(&ends[1])] })
        }
        Expr::Geometry(shape) => serde_json::to_value(&shape.geojson).unwrap_or_default(),
        Expr::Property(name) => json!({ "property": name }),
        Expr::List(list) => Value::Array(list.iter().map(write).collect()),
        Expr::Op(op, args) => {
            json!({ "op": op.name(), "args": args.iter().map(write).collect::<Vec<_>>() })
        }
    }
}
