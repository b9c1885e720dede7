//! Errors as openEO shapes them: `id`, `code`, `message`, `links`.
//!
//! Codes and HTTP statuses are those of the openEO API's list of standardised errors.

use super::store::StoreError;
use crate::problem::Problem;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use corridor_catalog::CatalogError;
use corridor_know::error::{GraphError, SCENE_UNREADABLE};
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};

/// An error of the openEO API.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// What a refused run would have cost.
    pub(crate) estimate: Option<Box<serde_json::Value>>,
}

/// HTTP status of each code that is used here; what is not listed is of the processes, and 400.
const STATUSES: [(&str, StatusCode); 27] = [
    ("Internal", StatusCode::INTERNAL_SERVER_ERROR),
    (SCENE_UNREADABLE, StatusCode::INTERNAL_SERVER_ERROR),
    ("StorageFailure", StatusCode::INTERNAL_SERVER_ERROR),
    ("EstimateComplexity", StatusCode::INTERNAL_SERVER_ERROR),
    ("NotFound", StatusCode::NOT_FOUND),
    ("UnsupportedApiVersion", StatusCode::NOT_FOUND),
    ("CollectionNotFound", StatusCode::NOT_FOUND),
    ("JobNotFound", StatusCode::NOT_FOUND),
    ("ServiceNotFound", StatusCode::NOT_FOUND),
    ("ProcessGraphNotFound", StatusCode::NOT_FOUND),
    ("FileNotFound", StatusCode::NOT_FOUND),
    ("FeatureUnsupported", StatusCode::NOT_IMPLEMENTED),
    ("InfrastructureBusy", StatusCode::SERVICE_UNAVAILABLE),
    ("RequestTimeout", StatusCode::REQUEST_TIMEOUT),
    ("ResultLinkExpired", StatusCode::GONE),
    ("AuthenticationRequired", StatusCode::UNAUTHORIZED),
    ("AuthenticationSchemeInvalid", StatusCode::FORBIDDEN),
    ("TokenInvalid", StatusCode::FORBIDDEN),
    ("CredentialsInvalid", StatusCode::FORBIDDEN),
    ("PermissionsInsufficient", StatusCode::FORBIDDEN),
    ("MethodNotAllowed", StatusCode::METHOD_NOT_ALLOWED),
    ("RequestTooLarge", StatusCode::PAYLOAD_TOO_LARGE),
    ("HostNotServed", StatusCode::MISDIRECTED_REQUEST),
    ("ContentTypeInvalid", StatusCode::BAD_REQUEST),
    ("JobLocked", StatusCode::BAD_REQUEST),
    ("JobNotFinished", StatusCode::BAD_REQUEST),
    ("RequestInvalid", StatusCode::BAD_REQUEST),
];

/// The number of an error in the log.
static NUMBER: AtomicU64 = AtomicU64::new(1);

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            estimate: None,
        }
    }

    pub(crate) fn with_estimate(mut self, estimate: serde_json::Value) -> Self {
        self.estimate = Some(Box::new(estimate));
        self
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new("RequestInvalid", message)
    }

    /// Something failed here: the reason is logged, the caller reads what was being done.
    pub(crate) fn internal(doing: &str, reason: impl std::fmt::Display) -> Self {
        tracing::error!(doing, %reason, "openEO request failed");
        Self::new(
            "Internal",
            format!("Server error: failed while {doing}; the node's log says why"),
        )
    }

    pub(crate) fn status(&self) -> StatusCode {
        STATUSES
            .iter()
            .find(|(code, _)| *code == self.code)
            .map_or(StatusCode::BAD_REQUEST, |(_, status)| *status)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let status = self.status();
        tracing::debug!(number, self.code, self.message, "openEO request refused");
        let mut body = json!({
            "id": number.to_string(),
            "code": self.code,
            "message": self.message,
            "links": [],
        });
        if let Some(estimate) = self.estimate {
            body["estimate"] = *estimate;
        }
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<GraphError> for Refusal {
    fn from(error: GraphError) -> Self {
        let place = match error.node.is_empty() {
            true => String::new(),
            false => format!(" (node {})", error.node.join(" > ")),
        };
        if error.code == "Internal" {
            let doing = format!("running the process graph{place}");
            return Self::internal(&doing, error.message);
        }
        Self::new(error.code, format!("{}{place}", error.message))
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::internal("reading or writing what openEO keeps", error)
    }
}

impl From<CatalogError> for Refusal {
    fn from(error: CatalogError) -> Self {
        match &error {
            CatalogError::UnknownCollection(id) => Self::new(
                "CollectionNotFound",
                format!("Collection '{id}' does not exist."),
            ),
            _ => Self::from(Problem::from(error)),
        }
    }
}

/// What the rest of the node says, as openEO says it.
impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let code = match problem.status() {
            StatusCode::FORBIDDEN => "PermissionsInsufficient",
            StatusCode::NOT_FOUND => "NotFound",
            StatusCode::METHOD_NOT_ALLOWED => "MethodNotAllowed",
            StatusCode::PAYLOAD_TOO_LARGE => "RequestTooLarge",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "ContentTypeInvalid",
            StatusCode::MISDIRECTED_REQUEST => "HostNotServed",
            StatusCode::SERVICE_UNAVAILABLE => "InfrastructureBusy",
            StatusCode::GATEWAY_TIMEOUT => "RequestTimeout",
            StatusCode::INTERNAL_SERVER_ERROR => "Internal",
            _ => "RequestInvalid",
        };
        Self::new(code, problem.detail())
    }
}
