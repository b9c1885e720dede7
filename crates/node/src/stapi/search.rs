//! Records of searches that are answered later.

use super::document::{Documents, found_path, interval, search_path};
use super::opportunity::parameters;
use super::page::Wanted;
use super::{GEOJSON, JSON, StapiVersion};
use crate::Node;
use crate::problem::Problem;
use crate::query::{At, Parameters};
use axum::Json;
use axum::extract::State;
use corridor_watch::search::SearchRecord;
use serde_json::{Value, json};

/// Lets a search run that has not ended; one that runs already is not run twice.
pub(super) fn run(node: &Node, record: &SearchRecord) {
    if record.ended.is_some() {
        return;
    }
    let (node, chain, id) = (node.clone(), node.chain().clone(), record.id.clone());
    tokio::spawn(async move {
        let ran = node.work(async move { chain.run_search(&id).await }).await;
        match ran {
            Ok(Err(error)) => tracing::error!(%error, "a search failed"),
            Err(problem) => tracing::error!(problem = problem.detail(), "a search failed"),
            Ok(Ok(())) => {}
        }
    });
}

/// The statuses a search has had, the newest first.
fn all_statuses(record: &SearchRecord) -> Vec<Value> {
    let status =
        |timestamp, code| json!({ "timestamp": timestamp, "status_code": code, "links": [] });
    let mut all = vec![
        status(record.created, "in_progress"),
        status(record.created, "received"),
    ];
    if let Some(ended) = record.ended {
        all.insert(
            0,
            match &record.failure {
                None => status(ended, "completed"),
                Some(reason) => {
                    let mut failed = status(ended, "failed");
                    failed["reason_code"] = "not_computed".into();
                    failed["reason_text"] = reason.clone().into();
                    failed
                }
            },
        );
    }
    all
}

/// A search as it is shown.
pub(super) fn document(documents: &Documents, record: &SearchRecord) -> Value {
    let path = search_path(&record.id);
    let product = &record.request.instrument;
    let mut links = vec![
        documents.link("self", &path, JSON),
        documents.link("root", "/stapi", JSON),
        documents.link("monitor", &format!("{path}/statuses"), JSON),
    ];
    if record.found.is_some() {
        let found = found_path(product, &record.id);
        links.push(documents.link("opportunities", &found, GEOJSON));
    }
    let asked = parameters(
        &record.request,
        interval(record.request.from, record.request.to),
    );
    let mut document = json!({
        "id": record.id,
        "product_id": product,
        "status": all_statuses(record).swap_remove(0),
        "links": links,
    });
    match documents.version {
        StapiVersion::V0_1_0 => document["opportunity_request"] = asked,
        StapiVersion::V0_2_0 => {
            document["stapi_type"] = "OpportunitySearchRecord".into();
            document["stapi_version"] = documents.version.as_str().into();
            document["search_parameters"] = asked;
        }
    }
    document
}

pub(super) async fn list(
    State(node): State<Node>,
    documents: Documents,
    mut query: Parameters,
) -> Result<Json<Value>, Problem> {
    let wanted = Wanted::from_query(&mut query)?;
    query.finish()?;
    let mut records = node.chain().searches(wanted.skip, wanted.limit + 1).await?;
    let next = wanted.cut(&mut records);
    let records: Vec<Value> = records.iter().map(|r| document(&documents, r)).collect();
    let path = "/stapi/searches/opportunities";
    let links = documents.page_links(path, JSON, wanted.limit, next);
    let members = match documents.version {
        StapiVersion::V0_1_0 => json!({ "search_records": records }),
        StapiVersion::V0_2_0 => json!({ "records": records }),
    };
    Ok(Json(documents.collection(
        "OpportunitySearchRecordCollection",
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
    let record = node.chain().search(&id).await?;
    // One that a restart cut off goes on when somebody asks for it.
    run(&node, &record);
    Ok(Json(document(&documents, &record)))
}

pub(super) async fn statuses(
    State(node): State<Node>,
    documents: Documents,
    At(id): At<String>,
    mut query: Parameters,
) -> Result<Json<Value>, Problem> {
    let wanted = Wanted::from_query(&mut query)?;
    query.finish()?;
    let record = node.chain().search(&id).await?;
    run(&node, &record);
    let (page, next) = wanted.of(all_statuses(&record).into_iter());
    let path = format!("{}/statuses", search_path(&id));
    let mut links = documents.page_links(&path, JSON, wanted.limit, next);
    links.push(documents.link("search-record", &search_path(&id), JSON));
    Ok(Json(documents.collection(
        "OpportunitySearchStatusCollection",
        json!({ "statuses": page }),
        links,
    )))
}
