//! A filter on one Item, exactly. `None` is neither true nor false: something asked for is missing
//! or of another type.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::temporal::Span;
use super::{Expr, Kind, Op, like, spatial, temporal};
use crate::interval::parse_instant;

/// A value at run time.
#[derive(Clone, Debug)]
enum Val {
    Missing,
    Bool(bool),
    Number(f64),
    Text(String),
    Instant(Timestamp),
    /// A whole day in UTC, by its civil date.
    Date(Date),
    Json(Value),
}

/// Where a property of a filter is in an Item: JSON pointer parts.
pub(crate) fn property_path(name: &str) -> (bool, &str) {
    match name.strip_prefix("properties.") {
        Some(inner) => (true, inner),
        None => (
            !matches!(name, "id" | "collection" | "geometry" | "bbox"),
            name,
        ),
    }
}

fn property<'a>(name: &str, item: &'a Value) -> &'a Value {
    match property_path(name) {
        (true, inner) => &item["properties"][inner],
        (false, top) => &item[top],
    }
}

/// The truth of a condition.
pub(super) fn truth(expr: &Expr, item: &Value) -> Option<bool> {
    match expr {
        Expr::Bool(truth) => Some(*truth),
        Expr::Property(name) => property(name, item).as_bool(),
        Expr::Op(op, args) => match op.kind() {
            Kind::Logic => logic(*op, args, item),
            Kind::Compare => compare(*op, args, item),
            Kind::Spatial => {
                let [a, b] = args.as_slice() else { return None };
                let (a, b) = (shape(a, item)?, shape(b, item)?);
                spatial::relate(*op, &a, &b)
            }
            Kind::Temporal => {
                let [a, b] = args.as_slice() else { return None };
                temporal::relate(*op, span(a, item)?, span(b, item)?)
            }
            Kind::Array => {
                let [a, b] = args.as_slice() else { return None };
                array(*op, &list(a, item)?, &list(b, item)?)
            }
            Kind::Arithmetic | Kind::Case => None,
        },
        _ => None,
    }
}

/// Three-valued: one false makes `and` false whatever else is unknown, one true makes `or` true.
fn logic(op: Op, args: &[Expr], item: &Value) -> Option<bool> {
    let decisive = match op {
        Op::Not => return truth(args.first()?, item).map(|t| !t),
        Op::And => false,
        Op::Or => true,
        _ => return None,
    };
    let mut unknown = false;
    for arg in args {
        match truth(arg, item) {
            Some(t) if t == decisive => return Some(decisive),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(!decisive) }
}

fn compare(op: Op, args: &[Expr], item: &Value) -> Option<bool> {
    match (op, args) {
        (Op::IsNull, [Expr::Property(name)]) => Some(property(name, item).is_null()),
        (Op::IsNull, [other]) => Some(matches!(scalar(other, item), Val::Missing)),
        (Op::Like, [text, pattern]) => match (scalar(text, item), scalar(pattern, item)) {
            (Val::Text(text), Val::Text(pattern)) => Some(like::like(&text, &pattern)),
            _ => None,
        },
        (Op::Between, [value, low, high]) => {
            let value = scalar(value, item);
            let above = order(&value, &scalar(low, item))?.is_ge();
            let below = order(&value, &scalar(high, item))?.is_le();
            Some(above && below)
        }
        (Op::In, [value, Expr::List(list)]) => {
            let value = scalar(value, item);
            if matches!(value, Val::Missing) {
                return None;
            }
            Some(
                list.iter()
                    .any(|one| equal(&value, &scalar(one, item)) == Some(true)),
            )
        }
        (Op::Equal, [a, b]) => equal(&scalar(a, item), &scalar(b, item)),
        (Op::NotEqual, [a, b]) => equal(&scalar(a, item), &scalar(b, item)).map(|e| !e),
        (_, [a, b]) => {
            let order = order(&scalar(a, item), &scalar(b, item))?;
            Some(match op {
                Op::Less => order.is_lt(),
                Op::LessEqual => order.is_le(),
                Op::Greater => order.is_gt(),
                Op::GreaterEqual => order.is_ge(),
                _ => return None,
            })
        }
        _ => None,
    }
}

/// Values of different types are not equal; a missing one is neither equal nor not.
fn equal(a: &Val, b: &Val) -> Option<bool> {
    match (a, b) {
        (Val::Missing, _) | (_, Val::Missing) => None,
        (Val::Bool(a), Val::Bool(b)) => Some(a == b),
        (Val::Json(a), Val::Json(b)) => Some(a == b),
        _ => Some(order(a, b).is_some_and(Ordering::is_eq)),
    }
}

fn order(a: &Val, b: &Val) -> Option<Ordering> {
    match (a, b) {
        (Val::Number(a), Val::Number(b)) => a.partial_cmp(b),
        (Val::Text(a), Val::Text(b)) => Some(a.cmp(b)),
        (Val::Instant(a), Val::Instant(b)) => Some(a.cmp(b)),
        (Val::Instant(a), Val::Text(b)) => Some(a.cmp(&parse_instant(b).ok()?)),
        (Val::Text(a), Val::Instant(b)) => Some(parse_instant(a).ok()?.cmp(b)),
        (Val::Date(a), Val::Date(b)) => Some(a.cmp(b)),
        (Val::Date(a), Val::Text(b)) => Some(a.cmp(&date_of(b)?)),
        (Val::Text(a), Val::Date(b)) => Some(date_of(a)?.cmp(b)),
        (Val::Instant(a), Val::Date(b)) => Some(utc_date(*a).cmp(b)),
        (Val::Date(a), Val::Instant(b)) => Some(a.cmp(&utc_date(*b))),
        _ => None,
    }
}

fn utc_date(instant: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(instant).date()
}

/// The date of a text that is one, or the UTC date of an instant.
fn date_of(text: &str) -> Option<Date> {
    if text.len() == "2026-11-23".len() {
        return text.parse().ok();
    }
    parse_instant(text).ok().map(utc_date)
}

fn scalar(expr: &Expr, item: &Value) -> Val {
    match expr {
        Expr::Text(text) => Val::Text(text.clone()),
        Expr::Number(number) => Val::Number(*number),
        Expr::Bool(truth) => Val::Bool(*truth),
        Expr::Instant(instant) => Val::Instant(*instant),
        Expr::Date(date) => Val::Date(*date),
        Expr::Property(name) => {
            let value = property(name, item);
            let (in_properties, inner) = property_path(name);
            // The three datetimes are instants whichever way the other side writes its own.
            let is_time =
                in_properties && matches!(inner, "datetime" | "start_datetime" | "end_datetime");
            match value.as_str().filter(|_| is_time).map(parse_instant) {
                Some(Ok(instant)) => Val::Instant(instant),
                _ => from_json(value),
            }
        }
        Expr::Op(Op::Casei, args) => match args.first().map(|arg| scalar(arg, item)) {
            Some(Val::Text(text)) => Val::Text(text.to_lowercase()),
            _ => Val::Missing,
        },
        Expr::Op(op, args) if op.kind() == Kind::Arithmetic => arithmetic(*op, args, item),
        Expr::Op(..) => truth(expr, item).map_or(Val::Missing, Val::Bool),
        Expr::Interval(_) | Expr::Open | Expr::Geometry(_) | Expr::List(_) => Val::Missing,
    }
}

fn from_json(value: &Value) -> Val {
    match value {
        Value::Null => Val::Missing,
        Value::Bool(truth) => Val::Bool(*truth),
        Value::Number(number) => number.as_f64().map_or(Val::Missing, Val::Number),
        Value::String(text) => Val::Text(text.clone()),
        other => Val::Json(other.clone()),
    }
}

fn arithmetic(op: Op, args: &[Expr], item: &Value) -> Val {
    let [a, b] = args else { return Val::Missing };
    let (Val::Number(a), Val::Number(b)) = (scalar(a, item), scalar(b, item)) else {
        return Val::Missing;
    };
    let number = match op {
        Op::Add => a + b,
        Op::Subtract => a - b,
        Op::Multiply => a * b,
        Op::Divide => a / b,
        Op::Modulo => a % b,
        Op::IntegerDivide => (a / b).trunc(),
        Op::Power => a.powf(b),
        _ => return Val::Missing,
    };
    if number.is_finite() {
        Val::Number(number)
    } else {
        Val::Missing
    }
}

fn shape(expr: &Expr, item: &Value) -> Option<geo::Geometry<f64>> {
    match expr {
        Expr::Geometry(shape) => Some(shape.geo.clone()),
        Expr::Property(name) => {
            let geometry: geojson::Geometry =
                serde_json::from_value(property(name, item).clone()).ok()?;
            crate::shape::footprint(&geometry).ok()
        }
        _ => None,
    }
}

fn span(expr: &Expr, item: &Value) -> Option<Span> {
    match expr {
        Expr::Interval(ends) => {
            let start = match &ends[0] {
                Expr::Open => Timestamp::MIN,
                end => span(end, item)?.0,
            };
            let end = match &ends[1] {
                Expr::Open => Timestamp::MAX,
                end => span(end, item)?.1,
            };
            Some((start, end))
        }
        Expr::Date(date) => day(*date),
        Expr::Instant(instant) => Some((*instant, *instant)),
        Expr::Property(_) => match scalar(expr, item) {
            Val::Instant(instant) => Some((instant, instant)),
            Val::Text(text) => match parse_instant(&text) {
                Ok(instant) => Some((instant, instant)),
                Err(_) => day(date_of(&text)?),
            },
            _ => None,
        },
        _ => None,
    }
}

/// First and last nanosecond of a day in UTC.
fn day(date: Date) -> Option<Span> {
    let midnight = |date: Date| TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok();
    let end = midnight(date.tomorrow().ok()?)?;
    Some((
        midnight(date)?,
        end.checked_sub(jiff::SignedDuration::from_nanos(1)).ok()?,
    ))
}

fn list(expr: &Expr, item: &Value) -> Option<Vec<Val>> {
    match expr {
        Expr::List(list) => Some(
            list.iter()
                .map(|part| match part {
                    Expr::List(_) => Val::Json(super::json::write(part)),
                    part => scalar(part, item),
                })
                .collect(),
        ),
        Expr::Property(name) => property(name, item)
            .as_array()
            .map(|list| list.iter().map(from_json).collect()),
        _ => None,
    }
}

fn array(op: Op, a: &[Val], b: &[Val]) -> Option<bool> {
    let holds = |list: &[Val], one: &Val| list.iter().any(|v| equal(v, one) == Some(true));
    Some(match op {
        Op::AEquals => {
            a.len() == b.len() && a.iter().zip(b).all(|(x, y)| equal(x, y) == Some(true))
        }
        Op::AContains => b.iter().all(|one| holds(a, one)),
        Op::AContainedBy => a.iter().all(|one| holds(b, one)),
        Op::AOverlaps => a.iter().any(|one| holds(b, one)),
        _ => return None,
    })
}
