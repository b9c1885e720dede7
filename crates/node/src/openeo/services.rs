//! Secondary web services: map tiles from process graphs.

use super::error::Refusal;
use super::identity::{Caller, random_name};
use super::jobs::{IDENTIFIER, log_document, second};
use super::store::Service;
use super::{At, BASE, Body, NoQuery, RUN_KINDS, changes, check_kinds, compute, limit, pick};
use crate::Node;
use crate::guard::BaseUrl;
use crate::query::Parameters;
use crate::tiles::{RESAMPLINGS, resampling_named};
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use corridor_raster::warp::Resampling;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Members of a service that its user gives, beside `type` and `enabled`.
const GIVEN: [&str; 6] = [
    "title",
    "description",
    "process",
    "configuration",
    "plan",
    "budget",
];
const EDITABLE: [&str; 7] = [
    "title",
    "description",
    "process",
    "enabled",
    "configuration",
    "plan",
    "budget",
];
const FIXED: [&str; 6] = ["id", "type", "url", "created", "attributes", "costs"];
/// Greatest zoom level of tiles.
const ZOOM_MAX: u8 = corridor_raster::tile::ZOOM_MAX;

/// Members of a configuration.
const CONFIGURABLE: [&str; 4] = ["minzoom", "maxzoom", "rescale", "resampling"];

/// What can be configured, as `/service_types` says it.
pub(crate) fn configuration_schema() -> Value {
    json!({
        "minzoom": {"type": "integer", "description": "Least zoom level that is drawn.",
                    "minimum": 0, "maximum": ZOOM_MAX, "default": 0, "required": false},
        "maxzoom": {"type": "integer", "description": "Greatest zoom level that is drawn.",
                    "minimum": 0, "maximum": ZOOM_MAX, "default": ZOOM_MAX, "required": false},
        "rescale": {"type": "array", "description": "Two values that become 0 and 255.",
                    "items": {"type": "number"}, "minItems": 2, "maxItems": 2,
                    "default": [0, 255], "required": false},
        "resampling": {"type": "string", "description": "How pixels of the result become pixels of a tile. nearest keeps values as they are, such as classes; the others see up to four times as many pixels of the result.",
                       "enum": RESAMPLINGS, "default": "nearest", "required": false},
    })
}

/// A service's configuration, read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Configuration {
    pub(crate) minzoom: u8,
    pub(crate) maxzoom: u8,
    pub(crate) rescale: (f64, f64),
    pub(crate) resampling: Resampling,
}

impl Configuration {
    pub(crate) fn read(given: &Value) -> Result<Self, Refusal> {
        let invalid = |name: &str, reason: &str| {
            Refusal::new(
                "ServiceConfigInvalid",
                format!("The value passed for the service parameter '{name}' is invalid: {reason}"),
            )
        };
        let empty = Map::new();
        let members = match given {
            Value::Null => &empty,
            Value::Object(members) => members,
            // Clients in languages without empty objects send an empty array.
            Value::Array(items) if items.is_empty() => &empty,
            _ => return Err(invalid("configuration", "it must be an object")),
        };
        if let Some(name) = members
            .keys()
            .find(|name| !CONFIGURABLE.contains(&name.as_str()))
        {
            return Err(Refusal::new(
                "ServiceConfigUnsupported",
                format!("Service parameter '{name}' is not supported."),
            ));
        }
        let zoom = |name: &str, default: u8| match members.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(value) => value
                .as_u64()
                .and_then(|zoom| u8::try_from(zoom).ok())
                .filter(|zoom| *zoom <= ZOOM_MAX)
                .ok_or_else(|| {
                    invalid(
                        name,
                        &format!("it must be a whole number from 0 to {ZOOM_MAX}"),
                    )
                }),
        };
        let rescale = match members.get("rescale") {
            None | Some(Value::Null) => (0.0, 255.0),
            Some(value) => match (value[0].as_f64(), value[1].as_f64()) {
                (Some(low), Some(high)) if low < high && value[2].is_null() => (low, high),
                _ => {
                    return Err(invalid(
                        "rescale",
                        "it must be two numbers, the first less than the second",
                    ));
                }
            },
        };
        let resampling = match members.get("resampling") {
            None | Some(Value::Null) => Resampling::Nearest,
            Some(value) => {
                let known = value.as_str().and_then(resampling_named);
                let reason = || format!("it must be one of {}", RESAMPLINGS.join(", "));
                known.ok_or_else(|| invalid("resampling", &reason()))?
            }
        };
        Ok(Self {
            resampling,
            minzoom: zoom("minzoom", 0)?,
            maxzoom: zoom("maxzoom", ZOOM_MAX)?,
            rescale,
        })
    }
}

fn find(node: &Node, user: &str, id: &str) -> Result<Service, Refusal> {
    node.openeo()
        .store()
        .service(user, id)?
        .ok_or_else(|| not_found(id))
}

pub(crate) fn not_found(id: &str) -> Refusal {
    Refusal::new("ServiceNotFound", format!("Service '{id}' does not exist."))
}

pub(crate) async fn all(
    State(node): State<Node>,
    Caller(user): Caller,
    BaseUrl(base): BaseUrl,
    mut query: Parameters,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&mut query)?;
    query.finish()?;
    let services = node.openeo().store().services(&user)?;
    let shown: Vec<Value> = services
        .iter()
        .take(limit)
        .map(|service| describe(service, &base, false))
        .collect();
    Ok(Json(json!({ "services": shown, "links": [] })))
}

pub(crate) async fn create(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    BaseUrl(base): BaseUrl,
    Body(given): Body,
) -> Result<impl IntoResponse, Refusal> {
    check_kinds(&given, &RUN_KINDS)?;
    let kind = given
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if !kind.eq_ignore_ascii_case("xyz") {
        return Err(Refusal::new(
            "ServiceUnsupported",
            format!("Service type '{kind}' is not supported."),
        ));
    }
    let missing = json!({});
    compute::read(&node, &user, given.get("process").unwrap_or(&missing))?;
    Configuration::read(given.get("configuration").unwrap_or(&Value::Null))?;
    let id = random_name("service")?;
    node.openeo().store().put_service(&Service {
        id: id.clone(),
        user,
        created: Timestamp::now(),
        enabled: given
            .get("enabled")
            .and_then(Value::as_bool)
            .unwrap_or(true),
        asked: Value::Object(pick(&given, &GIVEN)),
    })?;
    let location = format!("{base}{BASE}/services/{id}");
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location), (IDENTIFIER, id)],
    ))
}

pub(crate) async fn one(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    BaseUrl(base): BaseUrl,
    At(id): At<String>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(describe(&find(&node, &user, &id)?, &base, true)))
}

fn describe(service: &Service, base: &str, whole: bool) -> Value {
    let mut shown = Map::new();
    for (name, value) in service.asked.as_object().cloned().unwrap_or_default() {
        if !value.is_null() && (whole || !["process", "configuration"].contains(&name.as_str())) {
            shown.insert(name, value);
        }
    }
    let id = &service.id;
    shown.insert("id".into(), id.clone().into());
    shown.insert("type".into(), "xyz".into());
    shown.insert("enabled".into(), service.enabled.into());
    shown.insert("created".into(), second(service.created).into());
    shown.insert(
        "url".into(),
        format!("{base}{BASE}/xyz/{id}/{{z}}/{{x}}/{{y}}").into(),
    );
    if whole {
        shown.entry("configuration").or_insert_with(|| json!({}));
        shown.insert("attributes".into(), json!({}));
    }
    Value::Object(shown)
}

pub(crate) async fn change(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    At(id): At<String>,
    Body(given): Body,
) -> Result<StatusCode, Refusal> {
    let mut service = find(&node, &user, &id)?;
    check_kinds(&given, &RUN_KINDS)?;
    let mut changes = changes(&given, &EDITABLE, &FIXED)?;
    if let Some(process) = changes.get("process") {
        compute::read(&node, &user, process)?;
    }
    if let Some(configuration) = changes.get("configuration") {
        Configuration::read(configuration)?;
    }
    if let Some(enabled) = changes.remove("enabled") {
        service.enabled = enabled
            .as_bool()
            .ok_or_else(|| Refusal::invalid("enabled: it must be true or false"))?;
    }
    if let Some(asked) = service.asked.as_object_mut() {
        asked.extend(changes);
    }
    node.openeo().store().put_service(&service)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn remove(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    At(id): At<String>,
) -> Result<StatusCode, Refusal> {
    find(&node, &user, &id)?;
    node.openeo().store().remove_service(&id)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn logs(
    State(node): State<Node>,
    Caller(user): Caller,
    At(id): At<String>,
    query: Parameters,
) -> Result<Json<Value>, Refusal> {
    find(&node, &user, &id)?;
    log_document(&node, &id, query)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_is_read_strictly() {
        let read = |value: Value| Configuration::read(&value);
        let plain = read(json!({})).unwrap();
        assert_eq!((plain.minzoom, plain.maxzoom), (0, ZOOM_MAX));
        assert!(read(json!({"rescale": [0, 1], "minzoom": 3})).is_ok());
        assert_eq!(plain.resampling, Resampling::Nearest);
        for name in RESAMPLINGS {
            assert!(read(json!({"resampling": name})).is_ok(), "{name}");
        }
        for (given, code) in [
            (json!({"rescale": [1, 0]}), "ServiceConfigInvalid"),
            (json!({"rescale": [0, 1, 2]}), "ServiceConfigInvalid"),
            (json!({"minzoom": 99}), "ServiceConfigInvalid"),
            (json!({"minzoom": "a"}), "ServiceConfigInvalid"),
            (json!({"resampling": "lanczos"}), "ServiceConfigInvalid"),
            (json!({"colour": "red"}), "ServiceConfigUnsupported"),
            (json!(3), "ServiceConfigInvalid"),
        ] {
            assert_eq!(read(given.clone()).unwrap_err().code, code, "{given}");
        }
    }
}
