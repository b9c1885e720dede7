//! What happens, as server-sent events (WHATWG HTML section 9.2).
//!
//! Each event has the node's event number as its id. A client that comes back with
//! `Last-Event-ID` is sent what it missed, from the store, also over a restart of the node. Where
//! the number is not one of this node's, it is sent an event `gap` first and should read afresh.

use crate::Node;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::route::Route;
use crate::stac::collection_of;
use crate::view::View;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use corridor_watch::notify::Event;
use futures::stream::{self, Stream};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// A comment is sent this often when nothing happens, so that proxies keep the connection.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A browser that lost the connection comes back after this.
const RETRY: Duration = Duration::from_secs(2);

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/api/events", Action::ReadEvents, events)]
}

async fn events(
    State(node): State<Node>,
    view: View,
    headers: HeaderMap,
    query: Parameters,
) -> Result<Response, Problem> {
    query.finish()?;
    let Ok(place) = node.event_places().clone().try_acquire_owned() else {
        return Err(Problem::busy("too many event streams are open"));
    };
    let mut following = Following {
        // Subscribed before the store is read, so that nothing falls between the two.
        receiver: node.chain().events(),
        // An empty first comment opens the stream at once, also through proxies that wait.
        ready: VecDeque::from([Sent::default().comment("corridor").retry(RETRY)]),
        last: 0,
        behind: false,
        view,
        node: node.clone(),
        _place: place,
    };
    if let Some(seen) = last_event_id(&headers) {
        following.resume(seen).await?;
    }
    let mut response = Sse::new(follow(following))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response();
    let out = response.headers_mut();
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    out.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

fn last_event_id(headers: &HeaderMap) -> Option<u64> {
    headers
        .get("last-event-id")?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()
}

/// One client and where it is in the stream.
struct Following {
    receiver: Receiver<Event>,
    ready: VecDeque<Sent>,
    /// Number of the last event sent; events up to it are not sent again.
    last: u64,
    /// Whether the store holds events after `last` that the channel will not bring.
    behind: bool,
    view: View,
    node: Node,
    _place: tokio::sync::OwnedSemaphorePermit,
}

impl Following {
    /// Goes on after event `seen`, or tells the client that it cannot.
    async fn resume(&mut self, seen: u64) -> Result<(), Problem> {
        let after = self
            .node
            .chain()
            .events_after(seen.saturating_sub(1))
            .await?;
        if seen == 0 || after.first().is_some_and(|event| event.id == seen) {
            self.last = seen;
            self.behind = true;
        } else {
            self.ready.push_back(gap_event());
        }
        Ok(())
    }

    /// Reads what is next; `false` where the stream is at its end.
    async fn advance(&mut self) -> bool {
        if self.behind {
            let missed = self
                .node
                .chain()
                .events_after(self.last)
                .await
                .unwrap_or_default();
            self.behind = !missed.is_empty();
            missed.iter().for_each(|event| self.take(event));
            return true;
        }
        let stopping = self.node.stopping();
        let received = tokio::select! {
            biased;
            () = stopping => return false,
            received = self.receiver.recv() => received,
        };
        match received {
            Ok(event) => self.take(&event),
            Err(RecvError::Lagged(_)) => self.behind = true,
            Err(RecvError::Closed) => return false,
        }
        true
    }

    fn take(&mut self, event: &Event) {
        if event.id > self.last {
            self.last = event.id;
            self.ready.extend(visible(&self.view, event));
        }
    }
}

/// The events of one client, until it goes or the node stops.
fn follow(following: Following) -> impl Stream<Item = Result<Sent, Infallible>> {
    stream::unfold(following, |mut following| async move {
        loop {
            if let Some(sent) = following.ready.pop_front() {
                return Some((Ok(sent), following));
            }
            if !following.advance().await {
                return None;
            }
        }
    })
}

/// The event as sent, or nothing where it is about a collection the caller does not see.
fn visible(view: &View, event: &Event) -> Option<Sent> {
    if mentions_hidden(&event.data, &|collection| view.sees(collection)) {
        return None;
    }
    let mut data = event.data.clone();
    match data.as_object_mut() {
        Some(members) => {
            members.insert("id".into(), event.id.into());
            members.insert("time".into(), event.time.to_string().into());
        }
        None => data = json!({ "id": event.id, "time": event.time, "data": data }),
    }
    // JSON of serde_json has no line breaks, which is all that a data line must not have.
    Some(
        Sent::default()
            .id(event.id.to_string())
            .event(event.kind.as_str())
            .data(data.to_string()),
    )
}

fn gap_event() -> Sent {
    Sent::default().event("gap").data("{}")
}

/// Whether any fact of an event names a collection that `sees` denies: as `collection`, as the
/// first part of `collection/item`, or in an address of this node.
fn mentions_hidden(data: &Value, sees: &dyn Fn(&str) -> bool) -> bool {
    match data {
        Value::Object(members) => members.iter().any(|(key, value)| {
            let named = match (key.as_str(), value) {
                ("collection", Value::String(text)) => Some(text.as_str()),
                ("answer" | "scene" | "item", Value::String(text)) => {
                    text.split_once('/').map(|(collection, _)| collection)
                }
                _ => None,
            };
            named.is_some_and(|collection| !sees(collection)) || mentions_hidden(value, sees)
        }),
        Value::Array(values) => values.iter().any(|value| mentions_hidden(value, sees)),
        Value::String(text) => collection_of(text).is_some_and(|collection| !sees(&collection)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_collections_are_found_wherever_they_stand() {
        let sees = |collection: &str| collection != "secret";
        for data in [
            json!({ "collection": "secret" }),
            json!({ "answer": "secret/a" }),
            json!({ "steps": [{ "href": "/stac/collections/secret/items/x" }] }),
            json!({ "href": "http://127.0.0.1/assets/scenes/secret/x/y.tif" }),
        ] {
            assert!(mentions_hidden(&data, &sees), "{data}");
        }
        assert!(!mentions_hidden(
            &json!({ "collection": "open", "n": 1 }),
            &sees
        ));
    }
}
