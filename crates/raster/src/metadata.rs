//! What a file says about itself beside its pixels.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::tiff::tag;

/// Longest GDAL metadata text that is read, in bytes.
const XML_BYTES_MAX: usize = 16 << 20;

/// Text tags and the names that GDAL gives them.
pub(crate) const TEXT_TAGS: [(u16, &str); 5] = [
    (tag::IMAGE_DESCRIPTION, "TIFFTAG_IMAGEDESCRIPTION"),
    (tag::SOFTWARE, "TIFFTAG_SOFTWARE"),
    (tag::DATE_TIME, "TIFFTAG_DATETIME"),
    (tag::ARTIST, "TIFFTAG_ARTIST"),
    (tag::COPYRIGHT, "TIFFTAG_COPYRIGHT"),
];

/// GDAL metadata and the text tags of TIFF.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Metadata {
    /// Items of the whole file, by name (with `TIFFTAG_DATETIME`, `AREA_OR_POINT`, ...).
    pub items: BTreeMap<String, String>,
    /// One entry a band.
    pub bands: Vec<BandMetadata>,
}

/// What the file says about one band.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct BandMetadata {
    /// Name of the band, for example `B03`.
    pub description: Option<String>,
    /// Factor: physical = stored x scale + offset.
    pub scale: Option<f64>,
    /// Offset: physical = stored x scale + offset.
    pub offset: Option<f64>,
    /// Unit of the physical value.
    pub unit: Option<String>,
    /// Other items of the band, by name.
    pub items: BTreeMap<String, String>,
}

/// Reads the XML of tag 42112: `<GDALMetadata><Item name= sample= role=>text</Item>...`.
///
/// Items of other domains than the default one are left out, as are bands beyond `bands`.
pub(crate) fn parse_gdal(xml: &str, bands: usize) -> Result<Metadata, String> {
    if xml.len() > XML_BYTES_MAX {
        return Err(format!(
            "{} bytes, above the limit of {XML_BYTES_MAX}",
            xml.len()
        ));
    }
    let mut metadata = Metadata::default();
    metadata.bands.resize_with(bands, Default::default);
    let mut rest = xml;
    while let Some(start) = rest.find("<Item") {
        let tail = &rest[start + 5..];
        let end = tail.find('>').ok_or("an item is not closed")?;
        let attributes = &tail[..end];
        if let Some(attributes) = attributes.strip_suffix('/') {
            store(&mut metadata, attributes, "");
            rest = &tail[end + 1..];
            continue;
        }
        let body = &tail[end + 1..];
        let close = body.find("</Item>").ok_or("an item has no </Item>")?;
        store(&mut metadata, attributes, &unescape(&body[..close]));
        rest = &body[close + 7..];
    }
    Ok(metadata)
}

fn store(metadata: &mut Metadata, attributes: &str, text: &str) {
    let Some(name) = attribute(attributes, "name") else {
        return;
    };
    if attribute(attributes, "domain").is_some_and(|d| !d.is_empty()) {
        return;
    }
    let Some(sample) = attribute(attributes, "sample") else {
        metadata.items.insert(name, text.to_owned());
        return;
    };
    let band = sample
        .parse::<usize>()
        .ok()
        .and_then(|i| metadata.bands.get_mut(i));
    let Some(band) = band else {
        return;
    };
    let number = || text.trim().parse().ok();
    match attribute(attributes, "role").as_deref() {
        Some("description") => band.description = Some(text.to_owned()),
        Some("scale") => band.scale = number(),
        Some("offset") => band.offset = number(),
        Some("unittype") => band.unit = Some(text.to_owned()),
        Some(_) => {}
        None => {
            band.items.insert(name, text.to_owned());
        }
    }
}

/// Value of an attribute inside a tag.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let mut rest = attributes;
    while let Some(equals) = rest.find('=') {
        let key = rest[..equals].trim();
        let tail = rest[equals + 1..].trim_start();
        let quote = tail.chars().next().filter(|q| matches!(q, '"' | '\''))?;
        let value_end = tail[1..].find(quote)?;
        if key == name {
            return Some(unescape(&tail[1..=value_end]));
        }
        rest = &tail[value_end + 2..];
    }
    None
}

fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut output = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        output.push_str(&rest[..start]);
        rest = &rest[start..];
        let entity = rest.find(';').filter(|e| *e <= 10).map(|e| &rest[1..e]);
        let replaced = entity.and_then(|e| match e {
            "lt" => Some('<'),
            "gt" => Some('>'),
            "amp" => Some('&'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => {
                let code = e.strip_prefix('#')?;
                let code = match code.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => code.parse().ok()?,
                };
                char::from_u32(code)
            }
        });
        match (replaced, entity) {
            (Some(c), Some(e)) => {
                output.push(c);
                rest = &rest[e.len() + 2..];
            }
            _ => {
                output.push('&');
                rest = &rest[1..];
            }
        }
    }
    output.push_str(rest);
    output
}

fn escape(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => output.push_str("&lt;"),
            '>' => output.push_str("&gt;"),
            '&' => output.push_str("&amp;"),
            '"' => output.push_str("&quot;"),
            c if c.is_control() && !matches!(c, '\n' | '\t' | '\r') => output.push(' '),
            c => output.push(c),
        }
    }
    output
}

/// Names that are written as tags of their own, not as items.
fn is_tag_item(name: &str) -> bool {
    name.starts_with("TIFFTAG_") || name == "AREA_OR_POINT"
}

/// Writes the XML of tag 42112; `None` when there is nothing to say.
pub(crate) fn write_gdal(metadata: &Metadata) -> Option<String> {
    let mut items = String::new();
    let mut item = |name: &str, more: &str, text: &str| {
        // Writing to a String cannot fail.
        let _ = writeln!(
            items,
            "  <Item name=\"{}\"{more}>{}</Item>",
            escape(name),
            escape(text)
        );
    };
    for (name, text) in metadata.items.iter().filter(|(n, _)| !is_tag_item(n)) {
        item(name, "", text);
    }
    for (i, band) in metadata.bands.iter().enumerate() {
        for (name, text) in &band.items {
            item(name, &format!(" sample=\"{i}\""), text);
        }
        let mut role = |name: &str, role: &str, text: String| {
            item(name, &format!(" sample=\"{i}\" role=\"{role}\""), &text);
        };
        if let Some(offset) = band.offset {
            role("OFFSET", "offset", offset.to_string());
        }
        if let Some(scale) = band.scale {
            role("SCALE", "scale", scale.to_string());
        }
        if let Some(unit) = &band.unit {
            role("UNITTYPE", "unittype", unit.clone());
        }
        if let Some(description) = &band.description {
            role("DESCRIPTION", "description", description.clone());
        }
    }
    (!items.is_empty()).then(|| format!("<GDALMetadata>\n{items}</GDALMetadata>\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let mut metadata = Metadata::default();
        metadata
            .items
            .insert("SOURCE".into(), "a <b> & \"c\"".into());
        metadata.bands.push(BandMetadata {
            description: Some("B03 \u{fc}".into()),
            scale: Some(0.0001),
            offset: Some(-0.1),
            unit: Some("1".into()),
            items: BTreeMap::from([("k".into(), "v".into())]),
        });
        let xml = write_gdal(&metadata).unwrap();
        assert_eq!(parse_gdal(&xml, 1).unwrap(), metadata);
    }

    #[test]
    fn survives_broken_xml() {
        for xml in [
            "<Item",
            "<Item>",
            "<Item name=\"a\">x",
            "<Item name=>x</Item>",
            "<Item name=\"",
            "&#x110000;<Item name='&#;'/>",
        ] {
            let _ = parse_gdal(xml, 1);
        }
        assert!(parse_gdal("<Item name=\"a\">x", 1).is_err());
    }
}
