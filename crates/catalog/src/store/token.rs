//! Page tokens: where the page before ended, so that a page never depends on how many Items came
//! or went meanwhile.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CatalogError, SortKey};
use crate::digest::hex;

/// Longest token read, bytes.
const TOKEN_MAX_BYTES: usize = 64 * 1024;

/// Longest text of a sort value that a token carries whole, bytes; what is longer cannot be paged
/// over and says so.
const TEXT_MAX_BYTES: usize = 2048;

/// The last Item of a page in the order of the search.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Token {
    /// The order that the token belongs to.
    #[serde(rename = "s")]
    order: String,
    /// Values of the sort keys: null, number or text.
    #[serde(rename = "v")]
    pub(crate) values: Vec<Value>,
    /// Collection of the Item.
    #[serde(rename = "c")]
    pub(crate) collection: String,
    /// Id of the Item.
    #[serde(rename = "i")]
    pub(crate) id: String,
}

impl Token {
    pub(crate) fn new(
        keys: &[SortKey],
        values: Vec<Value>,
        collection: String,
        id: String,
    ) -> Result<Self, CatalogError> {
        if values
            .iter()
            .any(|v| v.as_str().is_some_and(|text| text.len() > TEXT_MAX_BYTES))
        {
            let reason = format!("a value to sort by is longer than {TEXT_MAX_BYTES} bytes");
            return Err(CatalogError::Sort(reason));
        }
        Ok(Self {
            order: order_text(keys),
            values,
            collection,
            id,
        })
    }

    /// The opaque text.
    pub(crate) fn encode(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        hex(&json)
    }

    /// Read a token that was given out for the same order.
    pub(crate) fn decode(text: &str, keys: &[SortKey]) -> Result<Self, CatalogError> {
        let fault = |reason: &str| CatalogError::Token(reason.to_owned());
        if text.len() > TOKEN_MAX_BYTES {
            return Err(fault("is too long"));
        }
        let bytes = from_hex(text).ok_or_else(|| fault("is not one of this catalogue"))?;
        let token: Self =
            serde_json::from_slice(&bytes).map_err(|_| fault("is not one of this catalogue"))?;
        if token.order != order_text(keys) || token.values.len() != keys.len() {
            return Err(fault(
                "belongs to another order; start again from the first page",
            ));
        }
        if token
            .values
            .iter()
            .any(|v| v.is_array() || v.is_object() || v.is_boolean())
        {
            return Err(fault("is not one of this catalogue"));
        }
        Ok(token)
    }
}

fn order_text(keys: &[SortKey]) -> String {
    keys.iter()
        .map(SortKey::to_string)
        .collect::<Vec<_>>()
        .join(",")
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    let value = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    digits
        .chunks_exact(2)
        .map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_back_and_refuses_other_orders_and_noise() {
        let keys = [SortKey::desc("datetime"), SortKey::asc("eo:cloud_cover")];
        let values = vec![json!("2026-11-23T00:00:00Z"), json!(0.1)];
        let token = Token::new(&keys, values, "c".into(), "i".into()).unwrap();
        let text = token.encode();
        assert_eq!(Token::decode(&text, &keys).unwrap(), token);
        assert!(Token::decode(&text, &keys[..1]).is_err());
        for noise in [
            "",
            "zz",
            "7b",
            "é",
            "7b7d",
            &text[1..],
            &"0".repeat(100_000),
        ] {
            assert!(
                matches!(Token::decode(noise, &keys), Err(CatalogError::Token(_))),
                "{noise}"
            );
        }
    }
}
