//! What the JSON formats share: values of any kind without failing the file, and the lines of elements.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// A JSON value where a number or a text should be.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Loose {
    /// Not there, or null.
    #[default]
    Missing,
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// Something else.
    Other,
}

impl Loose {
    /// As a number.
    pub(super) fn number(&self, field: &str) -> Result<f64, String> {
        match self {
            Self::Number(value) => Ok(*value),
            Self::Missing => Err(format!("{field} is missing")),
            Self::Text(text) => Err(format!("{field} is {text:?}, expected a number")),
            Self::Other => Err(format!("{field} is not a number")),
        }
    }

    /// As the name of a node: a text, or a whole number.
    pub(super) fn name(&self, field: &str) -> Result<String, String> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Number(n) if *n >= 0.0 && n.fract() == 0.0 && *n < 9e15 => {
                Ok((*n as u64).to_string())
            }
            Self::Number(n) => Err(format!("{field} is {n}, expected a whole number or a name")),
            Self::Missing => Err(format!("{field} is missing")),
            Self::Other => Err(format!("{field} is neither a number nor a name")),
        }
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Loose;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_unit<E>(self) -> Result<Loose, E> {
                Ok(Loose::Missing)
            }
            fn visit_bool<E>(self, _: bool) -> Result<Loose, E> {
                Ok(Loose::Other)
            }
            fn visit_i64<E>(self, v: i64) -> Result<Loose, E> {
                Ok(Loose::Number(v as f64))
            }
            fn visit_u64<E>(self, v: u64) -> Result<Loose, E> {
                Ok(Loose::Number(v as f64))
            }
            fn visit_f64<E>(self, v: f64) -> Result<Loose, E> {
                Ok(Loose::Number(v))
            }
            fn visit_str<E>(self, v: &str) -> Result<Loose, E> {
                Ok(Loose::Text(v.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Loose, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Loose::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Lines, from 1, at which the elements of the array under `key` of the outermost object start. The text
/// must be JSON already read.
pub(super) fn element_lines(text: &str, key: &str) -> Vec<usize> {
    let mut lines = Vec::new();
    let (mut line, mut depth, mut inside) = (1, 0_usize, false);
    let mut last_text: &str = "";
    let mut expecting = false;
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let byte = bytes[i];
        if expecting && !byte.is_ascii_whitespace() && byte != b']' {
            lines.push(line);
            expecting = false;
        }
        match byte {
            b'\n' => line += 1,
            b'"' => {
                let start = i + 1;
                i += 1;
                while i < bytes.len() && bytes[i] != b'"' {
                    if bytes[i] == b'\\' {
                        i += 1;
                    }
                    i += 1;
                }
                last_text = text.get(start..i.min(bytes.len())).unwrap_or("");
            }
            b'[' | b'{' => {
                depth += 1;
                if byte == b'[' && depth == 2 && last_text == key {
                    (inside, expecting) = (true, true);
                }
            }
            b']' | b'}' => {
                if inside && depth == 2 {
                    inside = false;
                    expecting = false;
                    last_text = "";
                }
                depth = depth.saturating_sub(1);
            }
            b',' if inside && depth == 2 => expecting = true,
            _ => {}
        }
        i += 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::element_lines;

    #[test]
    fn elements_have_their_lines() {
        let text = "{\"contacts\": 3,\n\"x\":[1,\n2],\n\"contacts\":[\n {\"a\":[1,2]},{},\n\n\"],[\"\n, 4]}";
        assert_eq!(element_lines(text, "contacts"), [5, 5, 7, 8]);
        assert!(element_lines("{\"contacts\":[ ]}", "contacts").is_empty());
    }
}
