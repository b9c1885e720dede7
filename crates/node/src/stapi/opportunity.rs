//! Opportunities: asked for and answered at once, or later.

use super::document::{Documents, bounds, found_path, interval, product_path, search_path};
use super::page::Wanted;
use super::product::check;
use super::request::AskedSearch;
use super::{GEOJSON, JSON, StapiVersion, search};
use crate::Node;
use crate::problem::Problem;
use crate::query::{At, Body, Parameters, quoted};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use corridor_watch::opportunity::{Opportunity, OpportunityRequest, properties};
use serde_json::{Map, Value, json};

/// What the request prefers (RFC 7240).
const PREFER: HeaderName = HeaderName::from_static("prefer");
/// Which preference was followed.
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// `POST /products/{product}/opportunities`.
pub(super) async fn search(
    State(node): State<Node>,
    documents: Documents,
    At(product): At<String>,
    headers: HeaderMap,
    mut query: Parameters,
    Body(body): Body<Map<String, Value>>,
) -> Result<Response, Problem> {
    // The published document writes the header as a query parameter by mistake; it is read, and the
    // header alone decides.
    if let Some(value) = query.take("prefer")?
        && !["respond-async", "wait", "null"].contains(&value.as_str())
    {
        return Err(Problem::invalid(format!(
            "prefer: {} is neither respond-async nor wait",
            quoted(&value)
        )));
    }
    query.finish()?;
    check(&node.chain().register(), &product)?;
    let asked = AskedSearch::read(&product, &body, node.chain().status().forecast_epoch)?;
    if prefers_async(&headers) {
        let record = node.chain().begin_search(&asked.request).await?;
        search::run(&node, &record);
        let place = documents.address(&search_path(&record.id));
        return Ok((
            StatusCode::CREATED,
            [
                (header::LOCATION, place),
                (PREFERENCE_APPLIED, "respond-async".into()),
                (header::VARY, "Prefer".into()),
            ],
            Json(search::document(&documents, &record)),
        )
            .into_response());
    }
    let (chain, request) = (node.chain().clone(), asked.request.clone());
    let found = node
        .work(async move { chain.opportunities(&request).await })
        .await??;
    let matched = found.opportunities.len();
    let (page, next) = asked.wanted.of(found.opportunities.into_iter());
    let path = format!("{}/opportunities", product_path(&product));
    let mut links = vec![
        documents.link("root", "/stapi", JSON),
        order_link(&documents, &asked.request),
    ];
    if let Some(token) = next {
        let mut body = body;
        body.insert("next".into(), token.into());
        links.push(documents.post("next", &path, body.into()));
    }
    let document = listed(&documents, &asked.request, &page, matched, None, links);
    Ok((
        [
            (header::CONTENT_TYPE, GEOJSON),
            (PREFERENCE_APPLIED, "wait"),
            (header::VARY, "Prefer"),
        ],
        Json(document),
    )
        .into_response())
}

/// What a search that was answered later found.
pub(super) async fn collection_of_search(
    node: &Node,
    documents: &Documents,
    product: &str,
    id: &str,
    wanted: Wanted,
) -> Result<Value, Problem> {
    let not_there = |why: &str| Problem::not_found(format!("opportunities {id:?} {why}"));
    let record = node.chain().search(id).await?;
    if record.request.instrument != product {
        return Err(not_there("are of another product"));
    }
    search::run(node, &record);
    let Some(found) = record.found else {
        return Err(match record.failure {
            Some(failure) => not_there(&format!("could not be found: {failure}")),
            None => not_there("are not found yet; see the search"),
        });
    };
    let path = found_path(product, id);
    let matched = found.opportunities.len();
    let (page, next) = wanted.of(found.opportunities.into_iter());
    let mut links = documents.page_links(&path, GEOJSON, wanted.limit, next);
    links.push(documents.link("search-record", &search_path(id), JSON));
    links.push(order_link(documents, &record.request));
    Ok(listed(
        documents,
        &record.request,
        &page,
        matched,
        Some(id),
        links,
    ))
}

/// `GET /products/{product}/opportunities/{collection}`.
pub(super) async fn collection(
    State(node): State<Node>,
    documents: Documents,
    At((product, id)): At<(String, String)>,
    mut query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    let wanted = Wanted::from_query(&mut query)?;
    query.finish()?;
    check(&node.chain().register(), &product)?;
    let document = collection_of_search(&node, &documents, &product, &id, wanted).await?;
    Ok(([(header::CONTENT_TYPE, GEOJSON)], Json(document)))
}

fn prefers_async(headers: &HeaderMap) -> bool {
    let mut preferences = headers
        .get_all(PREFER)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(','))
        .filter_map(|part| part.split([';', '=']).next())
        .map(|name| name.trim().to_ascii_lowercase());
    // Where both are there, the first counts (RFC 7240, section 2).
    preferences.find(|name| name == "respond-async" || name == "wait")
        == Some("respond-async".into())
}

/// What was asked, to be ordered as it is.
fn order_link(documents: &Documents, request: &OpportunityRequest) -> Value {
    let path = format!("{}/orders", product_path(&request.instrument));
    let body = order_body(
        documents.version,
        request,
        interval(request.from, request.to),
    );
    documents.post("create-order", &path, body)
}

fn order_body(version: StapiVersion, request: &OpportunityRequest, datetime: String) -> Value {
    let mut body = parameters(request, datetime);
    if version == StapiVersion::V0_2_0 {
        body = json!({ "search_parameters": body });
    }
    body["order_parameters"] = json!({});
    body
}

/// What is searched, as documents repeat it.
pub(super) fn parameters(request: &OpportunityRequest, datetime: String) -> Value {
    let mut parameters = json!({ "datetime": datetime, "geometry": request.geometry });
    if let Some(filter) = &request.filter {
        parameters["filter"] = filter.clone();
    }
    parameters
}

fn listed(
    documents: &Documents,
    request: &OpportunityRequest,
    opportunities: &[Opportunity],
    matched: usize,
    id: Option<&str>,
    links: Vec<Value>,
) -> Value {
    let bounds = bounds(&request.geometry);
    let features: Vec<Value> = opportunities
        .iter()
        .map(|opportunity| feature(documents, request, opportunity, bounds))
        .collect();
    let mut members = json!({
        "type": "FeatureCollection",
        "features": features,
        "numberMatched": matched,
    });
    if let Some(id) = id {
        members["id"] = id.into();
    }
    documents.collection("OpportunityCollection", members, links)
}

fn feature(
    documents: &Documents,
    request: &OpportunityRequest,
    opportunity: &Opportunity,
    bounds: Option<[f64; 4]>,
) -> Value {
    let datetime = interval(opportunity.start, opportunity.end);
    let mut properties = properties(opportunity);
    properties.insert("datetime".into(), datetime.clone().into());
    properties.insert("product_id".into(), request.instrument.clone().into());
    let orders = format!("{}/orders", product_path(&request.instrument));
    let mut links = Vec::new();
    // Only what flies can be ordered.
    if !opportunity.planned {
        let body = order_body(documents.version, request, datetime);
        links.push(documents.post("create-order", &orders, body));
    }
    let mut feature = json!({
        "type": "Feature",
        "geometry": request.geometry,
        "properties": properties,
        "links": links,
    });
    if let Some(bounds) = bounds {
        feature["bbox"] = json!(bounds);
    }
    if documents.version == StapiVersion::V0_2_0 {
        feature["stapi_type"] = "Opportunity".into();
        feature["stapi_version"] = documents.version.as_str().into();
    }
    feature
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_first_preference_counts() {
        for (text, later) in [
            ("respond-async", true),
            ("Respond-Async, wait=10", true),
            ("wait=10, respond-async", false),
            ("return=minimal, respond-async; x=1", true),
            ("return=minimal", false),
            ("respond-asynchronously", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(PREFER, HeaderValue::from_static(text));
            assert_eq!(prefers_async(&headers), later, "{text}");
        }
        assert!(!prefers_async(&HeaderMap::new()));
    }
}
