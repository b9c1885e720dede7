//! `load_stac`: scenes of this node's own STAC API, by address.
//!
//! Addresses of other servers are refused: a graph cannot make the node fetch from elsewhere.

use super::{Process, Run};
use crate::call::Arguments;
use crate::error::GraphError;
use crate::source::LoadRequest;

pub(super) static PROCESS: Process = Process {
    id: "load_stac",
    definition: own!("load_stac"),
    run: Run::Load(request),
};

fn request(arguments: &Arguments) -> Result<LoadRequest, GraphError> {
    let url = arguments.text("url")?;
    let refused = || {
        GraphError::new(
            "FeatureUnsupported",
            format!(
                "load_stac reads collections and items of this node's own STAC API \
                 (…/stac/collections/ID or …/stac/collections/ID/items/ITEM), not {url:?}"
            ),
        )
    };
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let (_, place) = path.split_once("/stac/collections/").ok_or_else(refused)?;
    let parts: Vec<&str> = place.trim_end_matches('/').split('/').collect();
    let (collection, items) = match parts[..] {
        [collection] if !collection.is_empty() => (collection, None),
        [collection, "items", item] if !item.is_empty() => (collection, Some(vec![plain(item)?])),
        _ => return Err(refused()),
    };
    let mut request = super::load_collection::read(arguments)?;
    request.collection = plain(collection)?;
    request.items = items;
    Ok(request)
}

/// A part of a path, without its escapes.
fn plain(part: &str) -> Result<String, GraphError> {
    let broken = || {
        GraphError::argument(
            "load_stac",
            "url",
            format!("{part:?} is no part of an address"),
        )
    };
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next(), rest.next()].map(|d| d.unwrap_or(b'.'));
        let code = std::str::from_utf8(&digits)
            .ok()
            .and_then(|d| u8::from_str_radix(d, 16).ok());
        bytes.push(code.ok_or_else(broken)?);
    }
    String::from_utf8(bytes).map_err(|_| broken())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn asked(url: &str) -> Result<LoadRequest, GraphError> {
        let mut arguments = Arguments::new("load_stac");
        arguments.set("url", Value::Text(url.into()));
        request(&arguments)
    }

    #[test]
    fn own_collections_and_items_are_read_and_others_refused() {
        let one = asked("http://127.0.0.1:8080/stac/collections/s2%20l2a/items/a").unwrap();
        assert_eq!(one.collection, "s2 l2a");
        assert_eq!(one.items, Some(vec!["a".to_string()]));
        assert!(asked("/stac/collections/s2").unwrap().items.is_none());
        for url in [
            "https://example.org/item.json",
            "/stac/collections/",
            "/stac/collections/a/b",
        ] {
            assert_eq!(asked(url).unwrap_err().code, "FeatureUnsupported", "{url}");
        }
        assert!(asked("/stac/collections/%zz").is_err());
    }
}
