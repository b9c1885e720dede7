//! Products: the instruments of the register that some satellite carries.

use super::document::{Documents, product_path};
use super::landing::class;
use super::page::Wanted;
use super::{GEOJSON, JSON, StapiVersion};
use crate::Node;
use crate::problem::Problem;
use crate::query::{At, Parameters};
use axum::Json;
use axum::extract::State;
use corridor_watch::opportunity::{QUERYABLES, carriers};
use corridor_watch::register::Register;
use corridor_watch::request::NOTIFY_MAX;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The dialect that the standard advises.
const DIALECT: &str = "http://json-schema.org/draft-07/schema#";
/// Geometries that are taken.
const GEOMETRIES: [&str; 3] = ["Point", "Polygon", "MultiPolygon"];

/// Whether the register's instrument `id` is a product.
///
/// # Errors
/// 404 where it is none.
pub(super) fn check(register: &Register, id: &str) -> Result<(), Problem> {
    let known = register.instrument(id).is_some() && carriers(register, id).next().is_some();
    if known {
        Ok(())
    } else {
        Err(Problem::not_found(format!("product {id:?} is not there")))
    }
}

fn classes(version: StapiVersion) -> Vec<String> {
    let mut classes = vec![
        class(version, "opportunities"),
        class(version, "opportunities-async"),
    ];
    if version == StapiVersion::V0_1_0 {
        // That version has two names for the class: one in its table, one in its text.
        classes.push(class(version, "async-opportunities"));
    }
    let geometries = GEOMETRIES.iter();
    classes.extend(geometries.map(|g| format!("https://geojson.org/schema/{g}.json")));
    classes
}

fn document(documents: &Documents, register: &Register, id: &str) -> Result<Value, Problem> {
    check(register, id)?;
    let instrument = register
        .instrument(id)
        .ok_or_else(|| Problem::not_found(format!("product {id:?} is not there")))?;
    let satellites: Vec<_> = carriers(register, id).collect();
    let mut keywords: BTreeSet<String> = satellites.iter().map(|s| s.name.clone()).collect();
    keywords.insert(json!(instrument.kind).as_str().unwrap_or_default().into());
    let operators: BTreeSet<&str> = satellites.iter().map(|s| s.operator.as_str()).collect();
    let mut providers: Vec<Value> = operators
        .into_iter()
        .filter(|name| !name.is_empty())
        .map(|name| json!({ "name": name, "roles": ["producer"] }))
        .collect();
    providers.push(json!({ "name": "Corridor", "roles": ["host"] }));
    let flying = satellites.iter().filter(|s| !s.planned).count();
    let description = format!(
        "{} ({:?}, {} m at nadir, swath {} km). Satellites in orbit: {flying}, planned: {}.{}",
        instrument.name,
        instrument.kind,
        instrument.gsd_m,
        instrument.swath_km,
        satellites.len() - flying,
        instrument
            .note
            .as_ref()
            .map(|note| format!(" {note}"))
            .unwrap_or_default(),
    );
    let path = product_path(id);
    let under = |name: &str| format!("{path}/{name}");
    let mut order = documents.link("create-order", &under("orders"), GEOJSON);
    let mut search = documents.link("opportunities", &under("opportunities"), GEOJSON);
    order["method"] = "POST".into();
    search["method"] = "POST".into();
    Ok(json!({
        "type": "Collection",
        "stapi_type": "Product",
        "stapi_version": documents.version.as_str(),
        "conformsTo": classes(documents.version),
        "id": id,
        "title": instrument.name,
        "description": description,
        "keywords": keywords,
        "license": "various",
        "providers": providers,
        "links": [
            documents.link("self", &path, JSON),
            documents.link("root", "/stapi", JSON),
            documents.link("parent", "/stapi/products", JSON),
            documents.link("conformance", &under("conformance"), JSON),
            documents.link("queryables", &under("queryables"), JSON),
            documents.link("order-parameters", &under("order-parameters"), JSON),
            documents.link("orders", &under("orders"), GEOJSON),
            order,
            search,
        ],
    }))
}

pub(super) async fn list(
    State(node): State<Node>,
    documents: Documents,
    mut query: Parameters,
) -> Result<Json<Value>, Problem> {
    let wanted = Wanted::from_query(&mut query)?;
    query.finish()?;
    let register = node.chain().register();
    let carried: BTreeSet<&str> = register
        .satellites()
        .iter()
        .flat_map(|s| s.instruments.iter().map(String::as_str))
        .filter(|id| register.instrument(id).is_some())
        .collect();
    let matched = carried.len();
    let (page, next) = wanted.of(carried.into_iter());
    let products: Vec<Value> = page
        .into_iter()
        .map(|id| document(&documents, &register, id))
        .collect::<Result<_, _>>()?;
    let links = documents.page_links("/stapi/products", JSON, wanted.limit, next);
    let members = json!({ "products": products, "numberMatched": matched });
    Ok(Json(documents.collection(
        "ProductCollection",
        members,
        links,
    )))
}

pub(super) async fn one(
    State(node): State<Node>,
    documents: Documents,
    At(id): At<String>,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    query.finish()?;
    Ok(Json(document(&documents, &node.chain().register(), &id)?))
}

pub(super) async fn conformance(
    State(node): State<Node>,
    documents: Documents,
    At(id): At<String>,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    query.finish()?;
    check(&node.chain().register(), &id)?;
    Ok(Json(json!({ "conformsTo": classes(documents.version) })))
}

/// What a filter can name; a JSON Schema, sent as the JSON that the published document says.
pub(super) async fn queryables(
    State(node): State<Node>,
    documents: Documents,
    At(id): At<String>,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    query.finish()?;
    check(&node.chain().register(), &id)?;
    let mut properties = serde_json::Map::new();
    for (name, description) in QUERYABLES {
        let mut schema = match name {
            "coverage" => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
            "element_age_days" => json!({ "type": "number" }),
            "end_datetime" | "start_datetime" => {
                json!({ "type": "string", "format": "date-time" })
            }
            "instruments" => json!({ "type": "array", "items": { "type": "string" } }),
            "norad_id" => json!({ "type": ["integer", "null"], "minimum": 1 }),
            "planned" | "stale" => json!({ "type": "boolean" }),
            "cross_track_uncertainty_km" | "timing_uncertainty_s" => {
                json!({ "type": ["number", "null"], "minimum": 0 })
            }
            "view:off_nadir" => json!({ "type": "number", "minimum": 0, "maximum": 90 }),
            "view:sun_elevation" => json!({ "type": "number", "minimum": -90, "maximum": 90 }),
            _ => json!({ "type": "string" }),
        };
        schema["description"] = description.into();
        properties.insert(name.to_string(), schema);
    }
    let path = format!("{}/queryables", product_path(&id));
    let schema = json!({
        "$schema": DIALECT,
        "$id": documents.address(&path),
        "title": format!("What a filter on opportunities of {id} can name"),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    Ok(Json(schema))
}

/// What an order can say beside place, span and filter.
pub(super) async fn order_parameters(
    State(node): State<Node>,
    documents: Documents,
    At(id): At<String>,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    query.finish()?;
    let register = node.chain().register();
    check(&register, &id)?;
    let recipes = node.chain().recipes(&register, &id)?;
    let mut recipe = json!({
        "type": "string",
        "description": "Product (recipe) to compute from what is observed; the first that suits \
                        where it is not said.",
    });
    if !recipes.is_empty() {
        recipe["enum"] = json!(recipes);
    }
    let path = format!("{}/order-parameters", product_path(&id));
    let schema = json!({
        "$schema": DIALECT,
        "$id": documents.address(&path),
        "title": format!("What an order of {id} can say"),
        "type": "object",
        "properties": {
            "recipe": recipe,
            "priority": {
                "type": "integer", "minimum": 1, "maximum": 5, "default": 3,
                "description": "1 (first) to 5 (last).",
            },
            "notify": {
                "type": "array", "maxItems": NOTIFY_MAX,
                "items": { "type": "string", "format": "uri" },
                "description": "Webhook addresses that are told of what is delivered.",
            },
        },
        "additionalProperties": false,
    });
    Ok(Json(schema))
}
