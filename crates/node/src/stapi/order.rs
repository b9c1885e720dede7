//! Orders: placed, listed, and what came of them.

use super::document::{Documents, bounds, interval, order_path, product_path};
use super::opportunity::parameters;
use super::page::Wanted;
use super::product::check;
use super::{GEOJSON, JSON, StapiVersion, request};
use crate::Node;
use crate::problem::Problem;
use crate::query::{At, Body, Parameters};
use crate::stac::path_part;
use crate::view::View;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use corridor_watch::answers::AnswerSummary;
use corridor_watch::order::{OrderState, OrderStatus, OrderStatusCode};
use serde_json::{Map, Value, json};

pub(super) async fn place(
    State(node): State<Node>,
    documents: Documents,
    view: View,
    At(product): At<String>,
    query: Parameters,
    Body(body): Body<Map<String, Value>>,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    check(&node.chain().register(), &product)?;
    let clock = node.chain().status().forecast_epoch;
    let must_say = documents.version == StapiVersion::V0_1_0;
    let ordered = request::order(&product, &body, clock, must_say)?;
    let chain = node.chain().clone();
    let state = node
        .work(async move { chain.place_order(ordered).await })
        .await??;
    let place = documents.address(&order_path(&state.order.id));
    Ok((
        StatusCode::CREATED,
        [
            (header::LOCATION, place),
            (header::CONTENT_TYPE, GEOJSON.into()),
        ],
        Json(document(&documents, &view, &state)),
    ))
}

pub(super) async fn list(
    State(node): State<Node>,
    documents: Documents,
    view: View,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    listed(&node, &documents, &view, query, None, "/stapi/orders").await
}

pub(super) async fn of_product(
    State(node): State<Node>,
    documents: Documents,
    view: View,
    At(product): At<String>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    check(&node.chain().register(), &product)?;
    let path = format!("{}/orders", product_path(&product));
    listed(&node, &documents, &view, query, Some(product), &path).await
}

async fn listed(
    node: &Node,
    documents: &Documents,
    view: &View,
    mut query: Parameters,
    product: Option<String>,
    path: &str,
) -> Result<impl IntoResponse + use<>, Problem> {
    let wanted = Wanted::from_query(&mut query)?;
    query.finish()?;
    let mut states = node
        .chain()
        .orders(product, wanted.skip, wanted.limit + 1)
        .await?;
    let next = wanted.cut(&mut states);
    let features: Vec<Value> = states
        .iter()
        .map(|state| document(documents, view, state))
        .collect();
    let members = json!({ "type": "FeatureCollection", "features": features });
    let links = documents.page_links(path, GEOJSON, wanted.limit, next);
    let collection = documents.collection("OrderCollection", members, links);
    Ok(([(header::CONTENT_TYPE, GEOJSON)], Json(collection)))
}

pub(super) async fn one(
    State(node): State<Node>,
    documents: Documents,
    view: View,
    At(id): At<String>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    let state = node.chain().order(&id).await?;
    let document = document(&documents, &view, &state);
    Ok(([(header::CONTENT_TYPE, GEOJSON)], Json(document)))
}

pub(super) async fn statuses(
    State(node): State<Node>,
    documents: Documents,
    view: View,
    At(id): At<String>,
    mut query: Parameters,
) -> Result<Json<Value>, Problem> {
    // The published document asks for the id a second time, by mistake; the path alone decides.
    query.take("order_id")?;
    let wanted = Wanted::from_query(&mut query)?;
    query.finish()?;
    let state = node.chain().order(&id).await?;
    let delivered = delivered(&documents, &view, &state.delivered);
    let all = state.statuses.iter();
    let (page, next) = wanted.of(all.map(|status| status_document(status, &delivered)));
    let path = format!("{}/statuses", order_path(&id));
    let mut links = documents.page_links(&path, JSON, wanted.limit, next);
    links.push(documents.link("order", &order_path(&id), GEOJSON));
    Ok(Json(documents.collection(
        "OrderStatusCollection",
        json!({ "statuses": page }),
        links,
    )))
}

/// Links to the STAC Items that were delivered and that the caller may see.
fn delivered(documents: &Documents, view: &View, answers: &[AnswerSummary]) -> Vec<Value> {
    answers
        .iter()
        .filter(|answer| view.sees(&answer.collection))
        .map(|answer| {
            let mut link = documents.link("stac", &answer.links.item, GEOJSON);
            link["title"] = answer.headline.clone().into();
            link
        })
        .collect()
}

fn status_document(status: &OrderStatus, delivered: &[Value]) -> Value {
    let links = match status.code {
        OrderStatusCode::Completed => delivered.to_vec(),
        _ => Vec::new(),
    };
    let mut document = json!({
        "timestamp": status.timestamp,
        "status_code": status.code,
        "links": links,
    });
    if let Some(reason) = &status.reason {
        document["reason_code"] = reason.code.clone().into();
        document["reason_text"] = reason.text.clone().into();
    }
    document
}

fn document(documents: &Documents, view: &View, state: &OrderState) -> Value {
    let order = &state.order;
    let asked = &order.ordered.request;
    let path = order_path(&order.id);
    let delivered = delivered(documents, view, &state.delivered);
    let mut links = vec![
        documents.link("self", &path, GEOJSON),
        documents.link("root", "/stapi", JSON),
        documents.link("monitor", &format!("{path}/statuses"), JSON),
        documents.link("product", &product_path(&asked.instrument), JSON),
    ];
    if let Some(watch) = order.watch.as_ref().filter(|_| order.cancelled.is_none()) {
        let path = format!("/api/watches/{}", path_part(&watch.id));
        links.push(documents.link("watch", &path, JSON));
    }
    links.extend(delivered.iter().cloned());
    let mut ordered = Map::new();
    if let Some(recipe) = &order.ordered.recipe {
        ordered.insert("recipe".into(), recipe.clone().into());
    }
    if let Some(priority) = order.ordered.priority {
        ordered.insert("priority".into(), priority.into());
    }
    if !order.ordered.notify.is_empty() {
        ordered.insert("notify".into(), json!(order.ordered.notify));
    }
    let searched = parameters(asked, interval(asked.from, asked.to));
    let mut properties = json!({
        "product_id": asked.instrument,
        "created": order.created,
        "status": state
            .statuses
            .first()
            .map(|status| status_document(status, &delivered)),
    });
    match documents.version {
        StapiVersion::V0_1_0 => {
            properties["search_parameters"] = searched;
            properties["opportunity_properties"] = json!({});
            properties["order_parameters"] = ordered.into();
        }
        StapiVersion::V0_2_0 => {
            properties["order_request"] =
                json!({ "search_parameters": searched, "order_parameters": ordered });
        }
    }
    let mut document = json!({
        "type": "Feature",
        "stapi_type": "Order",
        "stapi_version": documents.version.as_str(),
        "id": order.id,
        "geometry": asked.geometry,
        "properties": properties,
        "links": links,
    });
    if let Some(bounds) = bounds(&asked.geometry) {
        document["bbox"] = json!(bounds);
    }
    document
}
