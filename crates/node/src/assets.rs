//! Files of catalogued items, streamed, with range requests (RFC 9110 section 14).
//!
//! Only a key that an item the caller sees refers to is served; every other is 404, whether a file
//! is there or not.

pub(crate) mod range;

use crate::policy::Action;
use crate::problem::Problem;
use crate::query::{At, Parameters};
use crate::route::Route;
use crate::ui;
use crate::view::{View, VisibleAsset};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use corridor_catalog::{Asset, AssetStore};
use futures::stream::{self, Stream};
use range::Wanted;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// Bytes read and sent at a time.
const CHUNK_BYTES: u64 = 256 << 10;

/// The route of the files.
pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/assets/{*key}", Action::ReadPixels, file)]
}

async fn file(
    view: View,
    At(key): At<String>,
    headers: HeaderMap,
    query: Parameters,
) -> Result<Response, Problem> {
    query.finish()?;
    // A page that keeps its own files under the same name still finds them: keys have folders.
    if !key.contains('/')
        && let Some(page) = ui::file(&format!("assets/{key}"), &headers)
    {
        return Ok(page);
    }
    let visible = view.asset_at(&key).await?;
    let files = view.files();
    let size = files
        .head(&visible.key)
        .await
        .map_err(|e| Problem::internal("looking up a catalogued file", e))?;
    let etag = etag(&visible.asset, size);
    if ui::matches_etag(&headers, &etag) {
        return Ok(described(
            StatusCode::NOT_MODIFIED.into_response(),
            &visible,
            &etag,
        ));
    }
    let response = match range::wanted(&headers, &etag, size) {
        Wanted::All => stream(files, &visible.key, 0..size, StatusCode::OK).await?,
        Wanted::Part(part) => {
            let content_range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            let mut response =
                stream(files, &visible.key, part, StatusCode::PARTIAL_CONTENT).await?;
            insert(&mut response, header::CONTENT_RANGE, &content_range);
            response
        }
        Wanted::Nothing => {
            let mut response = Problem::range(size).into_response();
            insert(
                &mut response,
                header::CONTENT_RANGE,
                &format!("bytes */{size}"),
            );
            return Ok(response);
        }
    };
    Ok(described(response, &visible, &etag))
}

/// The tag of a file's content: its recorded digest, or nothing better than its size.
pub(crate) fn etag(asset: &Asset, size_bytes: u64) -> String {
    let digest = asset
        .additional
        .get("file:checksum")
        .and_then(|value| value.as_str());
    match digest.filter(|text| text.bytes().all(|b| b.is_ascii_alphanumeric())) {
        Some(digest) => format!("\"{digest}\""),
        None => format!("W/\"size-{size_bytes}\""),
    }
}

fn described(mut response: Response, visible: &VisibleAsset, etag: &str) -> Response {
    let media_type = visible
        .asset
        .media_type
        .as_deref()
        .unwrap_or("application/octet-stream");
    let name = visible.key.rsplit('/').next().unwrap_or("file");
    let name: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c))
        .collect();
    insert(&mut response, header::CONTENT_TYPE, media_type);
    insert(
        &mut response,
        header::CONTENT_DISPOSITION,
        &format!("inline; filename=\"{name}\""),
    );
    insert(&mut response, header::ACCEPT_RANGES, "bytes");
    insert(&mut response, header::CACHE_CONTROL, "private, no-cache");
    insert(&mut response, header::ETAG, etag);
    response
}

/// Sets a header where the text can be one; item texts are not all fit for it.
fn insert(response: &mut Response, name: header::HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().insert(name, value);
    }
}

async fn stream(
    files: &Arc<AssetStore>,
    key: &str,
    part: Range<u64>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let length = part.end - part.start;
    let local = files
        .path(key)
        .map_err(|e| Problem::internal("finding a file", e))?;
    let body = match local {
        Some(path) => Body::from_stream(local_chunks(path, part).await?),
        None => Body::from_stream(remote_chunks(files.clone(), key.to_string(), part)),
    };
    let mut response = (status, body).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

type Chunk = Result<Bytes, std::io::Error>;

/// Chunks of a local file. It is opened once: a file replaced meanwhile is not mixed with the old.
pub(crate) async fn local_chunks(
    path: PathBuf,
    part: Range<u64>,
) -> Result<impl Stream<Item = Chunk> + use<>, Problem> {
    let failed = |e: std::io::Error| Problem::internal("opening a catalogued file", e);
    let mut file = tokio::fs::File::open(path).await.map_err(failed)?;
    file.seek(std::io::SeekFrom::Start(part.start))
        .await
        .map_err(failed)?;
    let left = part.end - part.start;
    Ok(stream::try_unfold(
        (file, left),
        |(mut file, left)| async move {
            if left == 0 {
                return Ok(None);
            }
            let mut chunk = vec![0; usize::try_from(left.min(CHUNK_BYTES)).unwrap_or(0)];
            file.read_exact(&mut chunk).await?;
            let left = left - chunk.len() as u64;
            Ok(Some((Bytes::from(chunk), (file, left))))
        },
    ))
}

/// Chunks of a file in another store, by range.
fn remote_chunks(
    files: Arc<AssetStore>,
    key: String,
    part: Range<u64>,
) -> impl Stream<Item = Chunk> + use<> {
    stream::try_unfold((files, key, part), |(files, key, part)| async move {
        if part.is_empty() {
            return Ok(None);
        }
        let next = part.end.min(part.start + CHUNK_BYTES);
        let chunk = files
            .get_range(&key, part.start..next)
            .await
            .map_err(std::io::Error::other)?;
        Ok(Some((chunk, (files, key, next..part.end))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tag_is_the_recorded_digest() {
        let asset = Asset::new("x").with("file:checksum", "1220abcd");
        assert_eq!(etag(&asset, 5), "\"1220abcd\"");
        assert_eq!(etag(&Asset::new("x"), 5), "W/\"size-5\"");
        assert_eq!(
            etag(&Asset::new("x").with("file:checksum", "a\"b"), 5),
            "W/\"size-5\""
        );
    }
}
