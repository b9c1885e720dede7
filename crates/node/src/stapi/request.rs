//! The bodies of searches and orders, read.

use super::page::Wanted;
use crate::problem::Problem;
use crate::query::quoted;
use corridor_catalog::interval::parse_instant;
use corridor_watch::forecast::SPAN_MAX_H;
use corridor_watch::opportunity::OpportunityRequest;
use corridor_watch::order::NewOrder;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Where, when and what else, as a search and an order say it. Members that are not known are left
/// alone, as the standard's schema lets them stand.
#[derive(Debug, Clone, Deserialize)]
struct SearchParameters {
    datetime: Value,
    geometry: Value,
    #[serde(default)]
    filter: Option<Map<String, Value>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderParameters {
    #[serde(default)]
    recipe: Option<String>,
    #[serde(default)]
    priority: Option<Value>,
    #[serde(default)]
    notify: Vec<String>,
}

/// A search for opportunities: what is asked, and which page of the answer.
#[derive(Debug, Clone)]
pub(super) struct AskedSearch {
    /// What is asked.
    pub(super) request: OpportunityRequest,
    /// Which page.
    pub(super) wanted: Wanted,
}

impl AskedSearch {
    /// Reads a body for `product`; `clock` stands for the start of a span that has none.
    pub(super) fn read(
        product: &str,
        body: &Map<String, Value>,
        clock: Timestamp,
    ) -> Result<Self, Problem> {
        let request = request(product, body, clock)?;
        let limit = body.get("limit").map(limit).transpose()?;
        let next = match body.get("next") {
            None | Some(Value::Null) => None,
            Some(Value::String(token)) => Some(token.as_str()),
            Some(_) => return Err(Problem::invalid("next: is not text")),
        };
        let wanted = Wanted::read(limit, next)?;
        Ok(Self { request, wanted })
    }
}

/// Reads an order of `product`; `must_say` refuses one without `order_parameters`.
pub(super) fn order(
    product: &str,
    body: &Map<String, Value>,
    clock: Timestamp,
    must_say: bool,
) -> Result<NewOrder, Problem> {
    let request = request(product, body, clock)?;
    let parameters = match body.get("order_parameters") {
        None if must_say => {
            let text = "order_parameters: is missing; {} where there is nothing to say";
            return Err(Problem::invalid(text));
        }
        None => OrderParameters::default(),
        Some(Value::Object(members)) => serde_json::from_value(Value::Object(members.clone()))
            .map_err(|e| Problem::invalid(format!("order_parameters: {e}")))?,
        Some(_) => return Err(Problem::invalid("order_parameters: is not an object")),
    };
    Ok(NewOrder {
        request,
        recipe: parameters.recipe,
        priority: parameters.priority.as_ref().map(priority).transpose()?,
        notify: parameters.notify,
    })
}

/// Reads any bytes as a search and as an order, for the fuzz target.
#[doc(hidden)]
pub fn read_any(bytes: &[u8]) {
    let Ok(Value::Object(body)) = serde_json::from_slice(bytes) else {
        return;
    };
    let clock = Timestamp::UNIX_EPOCH;
    let requests = [
        AskedSearch::read("a", &body, clock).map(|asked| asked.request),
        order("a", &body, clock, true).map(|order| order.request),
    ];
    for request in requests.into_iter().flatten() {
        let _ = request.checked_filter();
        if request.area(1.0).is_ok() {
            let _ = super::document::bounds(&request.geometry);
        }
    }
}

/// The parameters stand in the body itself, or in its `search_parameters` as version 0.2.0 has it.
fn request(
    product: &str,
    body: &Map<String, Value>,
    clock: Timestamp,
) -> Result<OpportunityRequest, Problem> {
    let parameters: SearchParameters = match body.get("search_parameters") {
        Some(Value::Object(inner)) if !body.contains_key("datetime") => from_members(inner)?,
        _ => from_members(body)?,
    };
    let (from, to) = span(&parameters.datetime, clock)?;
    check_positions(&parameters.geometry["coordinates"])?;
    Ok(OpportunityRequest {
        instrument: product.to_string(),
        geometry: parameters.geometry,
        from,
        to,
        filter: parameters.filter.map(Value::Object),
    })
}

/// A position is a longitude, a latitude and perhaps a height (RFC 7946, section 3.1.1). How deep they
/// stand is for the reader of the geometry to say.
fn check_positions(coordinates: &Value) -> Result<(), Problem> {
    match coordinates.as_array().map(Vec::as_slice) {
        Some([Value::Number(_), rest @ ..]) if !(1..=2).contains(&rest.len()) => {
            Err(Problem::invalid(format!(
                "geometry: a position has {} numbers; it has a longitude, a latitude and perhaps a height",
                rest.len() + 1
            )))
        }
        Some([Value::Number(_), ..]) | None => Ok(()),
        Some(parts) => parts.iter().try_for_each(check_positions),
    }
}

fn from_members<T: for<'de> Deserialize<'de>>(members: &Map<String, Value>) -> Result<T, Problem> {
    serde_json::from_value(Value::Object(members.clone()))
        .map_err(|e| Problem::invalid(format!("body: {e}")))
}

fn priority(value: &Value) -> Result<u8, Problem> {
    whole(value)
        .and_then(|number| u8::try_from(number).ok())
        .filter(|number| (1..=5).contains(number))
        .ok_or_else(|| {
            Problem::invalid(format!(
                "order_parameters: priority {value} is not from 1 (first) to 5 (last)"
            ))
        })
}

fn limit(value: &Value) -> Result<i64, Problem> {
    let wrong = || Problem::invalid(format!("limit: {value} is not a whole number from 1"));
    whole(value).ok_or_else(wrong)
}

/// JSON numbers have no integers: `10.0` is one. What is too large for any number is the largest.
fn whole(value: &Value) -> Option<i64> {
    if let Some(number) = value.as_i64() {
        return Some(number);
    }
    match value.as_f64() {
        Some(number) if number.fract() == 0.0 && number.abs() < 1e15 =>
        {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "whole and below 2^53: exact"
            )]
            Some(number as i64)
        }
        Some(number) if number.fract() == 0.0 && number > 0.0 => Some(i64::MAX),
        _ => None,
    }
}

/// A span as text with a solidus, one end of which may be open, or as a list of two instants.
fn span(value: &Value, clock: Timestamp) -> Result<(Timestamp, Timestamp), Problem> {
    let wrong = |why: &str| {
        Problem::invalid(format!(
            "datetime: {why}; a span is written 2026-11-23T00:00:00Z/2026-11-24T00:00:00Z"
        ))
    };
    let (start, end) = match value {
        Value::String(text) => text
            .split_once('/')
            .ok_or_else(|| wrong(&format!("{} has no solidus", quoted(text))))?,
        Value::Array(ends) => match ends.as_slice() {
            [Value::String(start), Value::String(end)] => (start.as_str(), end.as_str()),
            _ => return Err(wrong("a list is of two times")),
        },
        _ => return Err(wrong("is neither text nor a list of two times")),
    };
    let read = |text: &str| match text {
        "" | ".." => Ok(None),
        text => parse_instant(text)
            .map(Some)
            .map_err(|_| wrong(&format!("{} is not a time (RFC 3339)", quoted(text)))),
    };
    let longest = SignedDuration::from_hours(SPAN_MAX_H);
    match (read(start)?, read(end)?) {
        (Some(from), Some(to)) => Ok((from, to)),
        (Some(from), None) => from
            .checked_add(longest)
            .map(|to| (from, to))
            .map_err(|_| wrong("lies too far in the future")),
        (None, Some(to)) => {
            let earliest = to.checked_sub(longest).unwrap_or(Timestamp::MIN);
            Ok((clock.max(earliest), to))
        }
        (None, None) => Err(wrong("both ends are open")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn spans_are_read_in_every_form() {
        let clock = at("2026-11-20T00:00:00Z");
        let (from, to) = (at("2026-11-23T00:00:00Z"), at("2026-11-24T00:00:00Z"));
        for form in [
            json!("2026-11-23T00:00:00Z/2026-11-24T00:00:00Z"),
            json!("2026-11-23T01:00:00+01:00/2026-11-24T00:00:00Z"),
            json!(["2026-11-23T00:00:00Z", "2026-11-24T00:00:00.000Z"]),
        ] {
            assert_eq!(span(&form, clock).unwrap(), (from, to), "{form}");
        }
        let month = SignedDuration::from_hours(SPAN_MAX_H);
        for open in ["..", ""] {
            let form = json!(format!("2026-11-23T00:00:00Z/{open}"));
            assert_eq!(span(&form, clock).unwrap(), (from, from + month));
            let form = json!(format!("{open}/2026-11-24T00:00:00Z"));
            assert_eq!(span(&form, clock).unwrap(), (clock, to));
        }
        for form in [
            json!("../.."),
            json!("/"),
            json!("2026-11-23T00:00:00Z"),
            json!("2026-11-23/2026-11-24"),
            json!(["2026-11-23T00:00:00Z"]),
            json!([1, 2]),
            json!(3),
            json!(null),
            json!("9999-12-30T22:00:00Z/.."),
        ] {
            let said = span(&form, clock).unwrap_err();
            assert!(said.detail().starts_with("datetime: "), "{form}");
        }
    }

    #[test]
    fn parameters_may_stand_in_a_member_of_their_own() {
        let clock = at("2026-11-20T00:00:00Z");
        let point = json!({"type": "Point", "coordinates": [10, 50]});
        let inner = json!({"datetime": "2026-11-23T00:00:00Z/..", "geometry": point});
        let flat = inner.as_object().unwrap().clone();
        let mut wrapped = Map::new();
        wrapped.insert("search_parameters".into(), inner.clone());
        wrapped.insert("limit".into(), json!(3.0));
        let [a, b] = [&flat, &wrapped].map(|b| AskedSearch::read("p", b, clock).unwrap());
        assert_eq!(a.request, b.request);
        assert_eq!((a.wanted.limit, b.wanted.limit), (10, 3));
        assert!(order("p", &wrapped, clock, false).is_ok());
        let said = order("p", &wrapped, clock, true).unwrap_err();
        assert!(said.detail().starts_with("order_parameters: "));
        wrapped.insert("order_parameters".into(), json!({"priority": 2.0}));
        let read = order("p", &wrapped, clock, true).unwrap();
        assert_eq!(read.priority, Some(2));
        wrapped.insert("order_parameters".into(), json!({"colour": 1}));
        let said = order("p", &wrapped, clock, true).unwrap_err();
        assert!(said.detail().contains("colour"), "{}", said.detail());
    }

    proptest! {
        #[test]
        fn a_span_reads_as_it_was_written(from in -60_000_000_000i64..200_000_000_000, hours in 1i64..700) {
            let from = Timestamp::from_second(from).unwrap();
            let to = from + SignedDuration::from_hours(hours);
            let written = super::super::document::interval(from, to);
            prop_assert_eq!(span(&json!(written), from).unwrap(), (from, to));
        }
    }
}
