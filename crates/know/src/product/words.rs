//! A product's texts in other languages: `words.toml` of its folder, which may be absent.

use super::recipe::LegendClass;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Name of the file in a product's folder.
pub(super) const FILE: &str = "words.toml";

/// The texts of `product.toml` in one other language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// As [`super::Product::title`].
    pub title: String,
    /// As [`super::Product::description`].
    pub description: String,
    /// As [`super::Product::headline`], with the same figures.
    pub headline: String,
    /// Words of the legend, by the value in the mask.
    pub classes: BTreeMap<String, String>,
}

/// Reads the languages of a product, by their tag (`ar`, `pt-BR`).
///
/// # Errors
/// What is wrong: no TOML, a tag that is none, figures or classes other than the recipe's own.
pub(super) fn read(
    text: &str,
    headline: &str,
    classes: &[LegendClass],
) -> Result<BTreeMap<String, Words>, String> {
    let all: BTreeMap<String, Words> = toml::from_str(text).map_err(|e| e.to_string())?;
    let wanted = figures(headline);
    let values: BTreeSet<String> = classes.iter().map(|c| c.value.to_string()).collect();
    for (language, words) in &all {
        let parts = language.split('-').all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        if !parts {
            return Err(format!("{language:?} is no language tag such as \"ar\""));
        }
        let own = figures(&words.headline);
        if let Some(figure) = own.symmetric_difference(&wanted).next() {
            return Err(format!(
                "{language}.headline: {{{figure}}} stands in only one of it and product.toml"
            ));
        }
        let named: BTreeSet<String> = words.classes.keys().cloned().collect();
        if let Some(class) = named.symmetric_difference(&values).next() {
            return Err(format!(
                "{language}.classes: {class:?} is a class of only one of it and product.toml"
            ));
        }
    }
    Ok(all)
}

/// What stands between braces.
fn figures(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(text: &str) -> Result<BTreeMap<String, Words>, String> {
        let class = LegendClass {
            value: 1,
            label: "water".into(),
            color: "#000000".into(),
        };
        read(text, "{area_km2} km² of water", &[class])
    }

    #[test]
    fn other_figures_or_classes_are_refused() {
        let text = |tag: &str, headline: &str, class: &str| {
            format!(
                "[{tag}]\ntitle = \"Apă\"\ndescription = \"\"\nheadline = \"{headline}\"\nclasses = {{ {class} = \"apă\" }}"
            )
        };
        let read = read_one(&text("ro", "{area_km2} km² de apă", "1")).unwrap();
        assert_eq!(read["ro"].title, "Apă");
        assert_eq!(read["ro"].classes["1"], "apă");
        for (wrong, named) in [
            (text("ro", "apă", "1"), "area_km2"),
            (text("ro", "{area_km2} {years}", "1"), "years"),
            (text("ro", "{area_km2}", "2"), "classes"),
            (text("\"r o\"", "{area_km2}", "1"), "language tag"),
            (text("ro", "{area_km2}", "1") + "\nshort = 1", "short"),
            ("[ro".to_string(), "TOML"),
        ] {
            let reason = read_one(&wrong).unwrap_err();
            assert!(reason.contains(named), "{wrong}: {reason}");
        }
    }
}
