//! Who asks: local users with passwords (`/credentials/basic`), tokens, and the operator.
//!
//! A program on this machine that sends no token is the operator, as everywhere in the node; a
//! page of another origin is not, and may do little without a token. A
//! token (`Authorization: Bearer basic//TOKEN`) makes the caller the user it was given to, and no
//! more than that. Users stand in `node.toml` with Argon2id hashes; tokens are random, end after a
//! day, and only their digests are kept.

use super::NoQuery;
use super::error::Refusal;
use crate::Node;
use crate::config::UserConfig;
use crate::policy::Principal;
use argon2::Argon2;
use argon2::password_hash::PasswordVerifier;
use argon2::password_hash::phc::PasswordHash;
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// The operator's name as a user.
pub(crate) const OPERATOR: &str = "operator";
/// What tokens of basic authentication begin with in the header.
const PREFIX: &str = "basic//";
/// How long a token is good.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// Longest password and user name that are looked at, bytes.
const CREDENTIALS_MAX_BYTES: usize = 1024;

/// 32 bytes from the system's random source.
pub(crate) fn random_bytes() -> Result<[u8; 32], getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A random name that cannot be guessed: 128 bits in hex after a word.
pub(crate) fn random_name(word: &str) -> Result<String, Refusal> {
    let bytes = random_bytes().map_err(|e| Refusal::internal("making a name", e))?;
    Ok(format!("{word}-{}", hex(&bytes[..16])))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The user of a request.
pub(crate) struct Caller(pub(crate) String);

impl FromRequestParts<Node> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Node) -> Result<Self, Refusal> {
        match parts.extensions.get::<Principal>() {
            Some(Principal::LocalOperator) => Ok(Self(OPERATOR.to_string())),
            Some(Principal::User(name)) => Ok(Self(name.clone())),
            Some(Principal::ForeignPage | Principal::Stranger) | None => Err(login_needed()),
        }
    }
}

pub(crate) fn login_needed() -> Refusal {
    Refusal::new(
        "AuthenticationRequired",
        "Unauthorized: log in at /credentials/basic",
    )
}

/// Who a request with this `Authorization` header is, or why it is nobody; `None` without one.
pub(crate) fn principal(node: &Node, headers: &HeaderMap) -> Option<Result<Principal, Refusal>> {
    let given = headers.get(header::AUTHORIZATION)?;
    Some(user_of(node, given.to_str().unwrap_or_default()).map(Principal::User))
}

fn user_of(node: &Node, given: &str) -> Result<String, Refusal> {
    let scheme = || {
        Refusal::new(
            "AuthenticationSchemeInvalid",
            "Authentication method not supported: send \"Bearer basic//TOKEN\" with a token of /credentials/basic",
        )
    };
    let token = given
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| token.trim().strip_prefix(PREFIX))
        .ok_or_else(scheme)?;
    let known = node.openeo().store().user_of_token(token)?;
    // A user who was taken out of the configuration is none any more.
    known
        .filter(|name| node.config().users.iter().any(|user| user.name == *name))
        .ok_or_else(|| {
            Refusal::new(
                "TokenInvalid",
                "Authorization token has expired or is invalid. Please authenticate again.",
            )
        })
}

/// `GET /credentials/basic`: a token for a name and a password.
pub(crate) async fn basic(
    _: NoQuery,
    State(node): State<Node>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let (name, password) = credentials(&headers).ok_or_else(|| {
        Refusal::new(
            "AuthenticationRequired",
            "Unauthorized: send a user name and a password by HTTP Basic authentication (RFC 7617)",
        )
    })?;
    let user = node
        .config()
        .users
        .iter()
        .find(|user| user.name == name)
        .cloned();
    // One place at a time among the heavy work: guessing is slow, and stops nobody else.
    let right = node
        .work(async move {
            tokio::task::spawn_blocking(move || is_right(user.as_ref(), &password)).await
        })
        .await?
        .map_err(|e| Refusal::internal("checking a password", e))?;
    if !right {
        return Err(Refusal::new(
            "CredentialsInvalid",
            "Credentials are not correct.",
        ));
    }
    let token = hex(&random_bytes().map_err(|e| Refusal::internal("making a token", e))?);
    node.openeo()
        .store()
        .add_token(&token, &name, Timestamp::now() + TOKEN_LIFE)?;
    Ok(Json(json!({ "access_token": token })))
}

fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = given.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || encoded.len() > 2 * CREDENTIALS_MAX_BYTES {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    (decoded.len() <= CREDENTIALS_MAX_BYTES).then(|| (name.to_string(), password.to_string()))
}

/// Compares a password; as slow for a name that nobody has.
fn is_right(user: Option<&UserConfig>, password: &str) -> bool {
    static NOBODY: LazyLock<Option<String>> =
        LazyLock::new(|| crate::config::password_hash("nobody has this password").ok());
    let kept = user
        .map(|user| user.password_hash.clone())
        .or_else(|| NOBODY.clone());
    let fits = kept.as_deref().is_some_and(|kept| {
        PasswordHash::new(kept).is_ok_and(|kept| {
            Argon2::default()
                .verify_password(password.as_bytes(), &kept)
                .is_ok()
        })
    });
    fits && user.is_some()
}

/// `GET /me`.
pub(crate) async fn me(_: NoQuery, Caller(user): Caller) -> Json<Value> {
    Json(json!({ "user_id": user, "name": user, "links": [] }))
}
