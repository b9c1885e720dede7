//! Results of batch jobs: a STAC Collection whose assets are the files, with signed links.
//!
//! A link is good for a day, for its job's run and file alone: HMAC-SHA-256 (RFC 2104) over job,
//! run, file and expiry with the node's own key. Who asks with a token needs no signature.

use super::error::Refusal;
use super::identity::hex;
use super::jobs::{find, not_found, second};
use super::store::{Job, ResultFile, Results, Status};
use super::{At, BASE, batch, cors};
use crate::Node;
use crate::assets::range::{self, Wanted};
use crate::guard::BaseUrl;
use crate::openeo::identity::Caller;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::stac::path_part;
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use corridor_catalog::digest;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sha2::Sha256;

/// How long a signed link is good.
const LINK_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// What a link is for: a file, or the document where there is none.
struct Signed<'a> {
    job: &'a str,
    run: &'a str,
    file: &'a str,
    expires_s: i64,
}

impl Signed<'_> {
    fn mac(&self, secret: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
        let expires = self.expires_s.to_string();
        for part in [self.job, self.run, self.file, expires.as_str()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Some(mac)
    }

    fn query(&self, secret: &[u8]) -> String {
        let tag = self
            .mac(secret)
            .map(|mac| hex(&mac.finalize().into_bytes()));
        format!(
            "expires={}&signature={}",
            self.expires_s,
            tag.unwrap_or_default()
        )
    }

    fn is_right(&self, secret: &[u8], signature: &str) -> bool {
        let bytes: Option<Vec<u8>> = (0..signature.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(signature.get(at..at + 2)?, 16).ok())
            .collect();
        // Compared in constant time.
        match (bytes, self.mac(secret)) {
            (Some(bytes), Some(mac)) => mac.verify_slice(&bytes).is_ok(),
            _ => false,
        }
    }
}

pub(crate) async fn document(
    State(node): State<Node>,
    Caller(user): Caller,
    BaseUrl(base): BaseUrl,
    At(id): At<String>,
    mut query: Parameters,
) -> Result<Response, Refusal> {
    // Some clients ask for partial results; there are none before the end.
    query.take_parsed::<bool>("partial", "is neither true nor false")?;
    query.finish()?;
    let job = find(&node, &user, &id)?;
    of(&node, &base, &job)
}

/// The document at its signed address.
pub(crate) async fn signed_document(
    State(node): State<Node>,
    BaseUrl(base): BaseUrl,
    At(id): At<String>,
    query: Parameters,
) -> Result<Response, Refusal> {
    allowed(&node, &id, "", "", query)?;
    let job = node
        .openeo()
        .store()
        .any_job(&id)?
        .ok_or_else(|| not_found(&id))?;
    of(&node, &base, &job)
}

fn of(node: &Node, base: &str, job: &Job) -> Result<Response, Refusal> {
    let results = match (job.status, &job.results) {
        (Status::Finished, Some(results)) => results,
        (Status::Error, _) => {
            let last = node.openeo().store().logs(&job.id, 0, usize::MAX)?;
            let failed = last
                .into_iter()
                .rev()
                .find(|(_, _, entry)| entry["level"] == "error");
            let (number, time, mut entry) = failed.unwrap_or((
                0,
                job.updated,
                json!({"level": "error", "message": "the job failed"}),
            ));
            entry["id"] = number.to_string().into();
            entry["time"] = second(time).into();
            return Ok((StatusCode::FAILED_DEPENDENCY, Json(entry)).into_response());
        }
        (status, _) if status.is_active() => {
            return Err(Refusal::new(
                "JobNotFinished",
                "Batch job has not finished computing the results yet. Please try again later.",
            ));
        }
        _ => {
            return Err(Refusal::new(
                "JobNotStarted",
                "Batch job must be started first.",
            ));
        }
    };
    let document = collection(node, base, job, results);
    Ok(Json(document).into_response())
}

fn collection(node: &Node, base: &str, job: &Job, results: &Results) -> Value {
    let secret = node.openeo().store().secret();
    let expires_s = (Timestamp::now() + LINK_LIFE).as_second();
    let assets: Map<String, Value> = results
        .files
        .iter()
        .map(|file| {
            let signed = Signed {
                job: &job.id,
                run: &results.folder,
                file: &file.name,
                expires_s,
            };
            let href = format!(
                "{base}{BASE}/results/{}/{}/{}?{}",
                job.id,
                results.folder,
                path_part(&file.name),
                signed.query(secret)
            );
            (file.name.clone(), asset(file, href))
        })
        .collect();
    let boxes: Vec<[f64; 4]> = results.files.iter().filter_map(|file| file.bbox).collect();
    let bbox = boxes.iter().copied().reduce(|a, b| {
        [
            a[0].min(b[0]),
            a[1].min(b[1]),
            a[2].max(b[2]),
            a[3].max(b[3]),
        ]
    });
    let starts = results.files.iter().filter_map(|file| file.start).min();
    let ends = results.files.iter().filter_map(|file| file.end).max();
    let text = |name: &str| job.asked[name].as_str().filter(|text| !text.is_empty());
    let canonical = Signed {
        job: &job.id,
        run: "",
        file: "",
        expires_s,
    };
    let own = format!("{base}{BASE}/jobs/{}/results", job.id);
    let by_link = format!(
        "{base}{BASE}/results/{}?{}",
        job.id,
        canonical.query(secret)
    );
    let mut document = json!({
        "type": "Collection",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": job.id,
        "description": text("description").unwrap_or("Results of an openEO batch job."),
        "license": "other",
        "extent": {
            "spatial": {"bbox": [bbox.unwrap_or([-180.0, -90.0, 180.0, 90.0])]},
            "temporal": {"interval": [[starts.map(second), ends.map(second)]]},
        },
        "openeo:status": job.status.word(),
        "assets": assets,
        "links": [
            {"rel": "self", "href": own, "type": "application/json"},
            {"rel": "canonical", "href": by_link, "type": "application/json"},
        ],
    });
    if let Some(title) = text("title") {
        document["title"] = title.into();
    }
    document
}

fn asset(file: &ResultFile, href: String) -> Value {
    let mut asset = json!({
        "href": href,
        "type": file.media_type,
        "title": file.name,
        "roles": ["data"],
        "file:size": file.size_bytes,
        "file:checksum": digest::multihash_sha256(&file.sha256),
    });
    let members = [
        (
            "bands",
            (!file.bands.is_empty()).then(|| {
                file.bands
                    .iter()
                    .map(|name| json!({ "name": name }))
                    .collect::<Value>()
            }),
        ),
        ("proj:epsg", file.epsg.map(Value::from)),
        ("proj:shape", file.shape.map(|shape| json!(shape))),
        (
            "proj:transform",
            file.transform
                .map(|[x, dx, rx, y, ry, dy]| json!([dx, rx, x, ry, dy, y])),
        ),
        (
            "datetime",
            file.start
                .filter(|start| file.end == Some(*start))
                .map(|t| second(t).into()),
        ),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            asset[name] = value;
        }
    }
    asset
}

/// Whether the link may be followed: a right signature that has not expired.
fn allowed(
    node: &Node,
    job: &str,
    run: &str,
    file: &str,
    mut query: Parameters,
) -> Result<(), Refusal> {
    let expires_s = query.take_parsed::<i64>("expires", "is not a time in seconds")?;
    let signature = query.take("signature")?;
    query.finish()?;
    let (Some(expires_s), Some(signature)) = (expires_s, signature) else {
        return Err(Refusal::new("NotFound", "Resource not found."));
    };
    let signed = Signed {
        job,
        run,
        file,
        expires_s,
    };
    if !signed.is_right(node.openeo().store().secret(), &signature) {
        return Err(Refusal::new("NotFound", "Resource not found."));
    }
    if expires_s <= Timestamp::now().as_second() {
        return Err(Refusal::new(
            "ResultLinkExpired",
            "The link to the batch job result has expired. Please request the results again.",
        ));
    }
    Ok(())
}

pub(crate) async fn file(
    State(node): State<Node>,
    At((id, run, name)): At<(String, String, String)>,
    headers: HeaderMap,
    query: Parameters,
) -> Result<Response, Refusal> {
    allowed(&node, &id, &run, &name, query)?;
    let gone = || Refusal::new("FileNotFound", format!("File '{name}' does not exist."));
    let job = node.openeo().store().any_job(&id)?.ok_or_else(gone)?;
    let results = job
        .results
        .filter(|results| results.folder == run)
        .ok_or_else(gone)?;
    let file = results
        .files
        .iter()
        .find(|file| file.name == name)
        .ok_or_else(gone)?;
    let path = batch::folder(&node, &id).join(&run).join(&file.name);
    let etag = format!("\"{}\"", file.sha256);
    let (part, status) = match range::wanted(&headers, &etag, file.size_bytes) {
        Wanted::All => (0..file.size_bytes, StatusCode::OK),
        Wanted::Part(part) => (part, StatusCode::PARTIAL_CONTENT),
        Wanted::Nothing => return Ok(Problem::range(file.size_bytes).into_response()),
    };
    let length = part.end - part.start;
    let content_range = format!(
        "bytes {}-{}/{}",
        part.start,
        part.end.saturating_sub(1),
        file.size_bytes
    );
    let body = Body::from_stream(crate::assets::local_chunks(path, part).await?);
    let mut response = (status, body).into_response();
    cors::embeddable(&mut response);
    let out = response.headers_mut();
    let mut insert = |name, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            out.insert(name, value);
        }
    };
    insert(header::CONTENT_TYPE, &file.media_type);
    insert(header::CONTENT_LENGTH, &length.to_string());
    insert(header::ACCEPT_RANGES, "bytes");
    insert(header::ETAG, &etag);
    insert(header::CACHE_CONTROL, "private, no-cache");
    insert(
        header::CONTENT_DISPOSITION,
        &format!("attachment; filename=\"{}\"", file.name),
    );
    if status == StatusCode::PARTIAL_CONTENT {
        insert(header::CONTENT_RANGE, &content_range);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_for_one_file_and_time() {
        let signed = |file, expires_s| Signed {
            job: "j",
            run: "r",
            file,
            expires_s,
        };
        let query = signed("a.tif", 5).query(b"secret");
        let signature = query.split_once("signature=").unwrap().1;
        assert!(signed("a.tif", 5).is_right(b"secret", signature));
        assert!(!signed("b.tif", 5).is_right(b"secret", signature));
        assert!(!signed("a.tif", 6).is_right(b"secret", signature));
        assert!(!signed("a.tif", 5).is_right(b"other", signature));
        for wrong in ["", "é", "zz", "0"] {
            assert!(!signed("a.tif", 5).is_right(b"secret", wrong));
        }
    }
}
