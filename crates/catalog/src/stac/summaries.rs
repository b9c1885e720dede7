//! Summaries of a collection: which values its Items' properties take.

use serde_json::{Map, Value, json};

use super::Item;

/// More distinct values than this are left out of the summaries: they describe nothing.
const VALUES_MAX: usize = 64;

/// Properties that describe one Item only and never help to choose a collection.
const NOT_SUMMARISED: [&str; 4] = ["created", "updated", "title", "description"];

/// Summaries (STAC Collection `summaries`) of these Items: numbers as `{minimum, maximum}`, texts,
/// truth values and lists of texts as the distinct values in order; everything else is left out.
pub fn summarise<'a>(items: impl IntoIterator<Item = &'a Item>) -> Map<String, Value> {
    let mut found: std::collections::BTreeMap<String, Summary> = Default::default();
    for item in items {
        for (key, value) in &item.properties.fields {
            if !NOT_SUMMARISED.contains(&key.as_str()) {
                found.entry(key.clone()).or_default().add(value);
            }
        }
    }
    found
        .into_iter()
        .filter_map(|(key, summary)| Some((key, summary.finish()?)))
        .collect()
}

#[derive(Default)]
struct Summary {
    range: Option<(f64, f64)>,
    values: std::collections::BTreeSet<String>,
    unusable: bool,
}

impl Summary {
    fn add(&mut self, value: &Value) {
        match value {
            Value::Null => {}
            Value::Number(number) => {
                if let Some(x) = number.as_f64() {
                    let (low, high) = self.range.unwrap_or((x, x));
                    self.range = Some((low.min(x), high.max(x)));
                }
            }
            Value::String(_) | Value::Bool(_) => self.add_value(value),
            Value::Array(list) if list.iter().all(Value::is_string) => {
                list.iter().for_each(|v| self.add_value(v));
            }
            Value::Array(_) | Value::Object(_) => self.unusable = true,
        }
    }

    fn add_value(&mut self, value: &Value) {
        if self.values.len() <= VALUES_MAX {
            self.values.insert(value.to_string());
        }
    }

    fn finish(self) -> Option<Value> {
        let too_many = self.values.len() > VALUES_MAX;
        match (
            self.unusable || too_many,
            self.range,
            self.values.is_empty(),
        ) {
            (false, Some((minimum, maximum)), true) => {
                Some(json!({ "minimum": minimum, "maximum": maximum }))
            }
            (false, None, false) => Some(Value::Array(
                self.values
                    .iter()
                    .filter_map(|text| serde_json::from_str(text).ok())
                    .collect(),
            )),
            _ => None,
        }
    }
}
