//! A STAC Item of someone else (1.0 or 1.1) as a description of a scene: what pixels cannot tell,
//! and where each file is. What the pixels tell themselves is checked against them, not believed.

use super::address;
use super::claim::Claim;
use super::item_band::bands_of;
use super::{AssetText, FILES_MAX, SceneDescription, UNDESCRIBED_COLLECTION};
use crate::error::WatchError;
use corridor_catalog::stac::Link;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Media types of files with pixels that this node reads.
const PIXEL_TYPES: [&str; 3] = ["image/tiff", "image/vnd.stac.geotiff", "image/jp2"];
/// Endings of such files, where an asset states no type.
const PIXEL_ENDINGS: [&str; 5] = [".tif", ".tiff", ".gtiff", ".jp2", ".j2k"];
/// Assets with these roles, or of this name, are pictures for people, not measurements.
const PICTURE_ROLES: [&str; 3] = ["thumbnail", "overview", "visual"];
/// Properties that are read from the pixels, or belong to assets.
const OF_THE_FILES: [&str; 4] = ["bands", "eo:bands", "raster:bands", "providers"];
/// Longest value shown in a message, characters.
const SHOWN_MAX_CHARS: usize = 80;

/// What is wrong with an Item, and where.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{file}: {pointer}: {found}; {right}")]
pub struct ItemFault {
    /// File or address of the Item.
    pub file: String,
    /// Place in it (RFC 6901); `/` for the whole.
    pub pointer: String,
    /// What stands there.
    pub found: String,
    /// What would be right.
    pub right: String,
}

impl From<ItemFault> for WatchError {
    fn from(fault: ItemFault) -> Self {
        Self::Invalid(fault.to_string())
    }
}

/// Where an Item is: its relative addresses start there.
#[derive(Debug, Clone, PartialEq)]
pub enum Base {
    /// In this folder.
    Folder(PathBuf),
    /// At this web address.
    Address(String),
}

/// Where a file of an Item is.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// On this machine.
    File(PathBuf),
    /// At a web address.
    Address(String),
}

/// An Item as this node takes it in.
#[derive(Debug, Clone)]
pub struct ItemScene {
    /// File or address of the Item, for messages.
    pub file: String,
    /// The scene, as its own description would say it.
    pub description: SceneDescription,
    /// Where the files are, by asset key.
    pub places: BTreeMap<String, Place>,
    /// Assets without pixels, which stay where they are: `KEY (why)`.
    pub left_out: Vec<String>,
    /// What the Item says of its pixels, by asset key.
    pub(super) claims: BTreeMap<String, Claim>,
}

/// Whether a file name is one of an Item, not of an own description.
pub(crate) fn is_item_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !name.ends_with(super::DESCRIPTION_ENDING)
        && (name.ends_with(".json") || name.ends_with(".geojson"))
}

impl ItemScene {
    /// Reads an Item.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] with the text of an [`ItemFault`]: file, place, value, what would be
    /// right.
    pub fn parse(text: &str, file: &str, base: &Base) -> Result<Self, WatchError> {
        let json: Value = serde_json::from_str(text)
            .map_err(|e| WatchError::Invalid(format!("{file}: not JSON: {e}")))?;
        Ok(Reader { file, base }.item(&json)?)
    }
}

/// Reads the members of one Item.
pub(super) struct Reader<'a> {
    pub(super) file: &'a str,
    pub(super) base: &'a Base,
}

impl Reader<'_> {
    pub(super) fn fault(
        &self,
        pointer: &str,
        found: &Value,
        right: impl Into<String>,
    ) -> ItemFault {
        let text = match found {
            Value::Null => "null, or not there".to_string(),
            other => other.to_string(),
        };
        let found = match text.char_indices().nth(SHOWN_MAX_CHARS) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        };
        ItemFault {
            file: self.file.to_string(),
            pointer: pointer.to_string(),
            found,
            right: right.into(),
        }
    }

    fn item(&self, json: &Value) -> Result<ItemScene, ItemFault> {
        match json["type"].as_str() {
            Some("Feature") => {}
            Some("FeatureCollection") => {
                let right = "take in the Items of a collection one by one";
                return Err(self.fault("/type", &json["type"], right));
            }
            _ => {
                let right = "\"Feature\" is right: a STAC Item, or NAME.scene.json";
                return Err(self.fault("/type", &json["type"], right));
            }
        }
        let version = json["stac_version"].as_str().unwrap_or_default();
        if !version.starts_with("1.0.") && !version.starts_with("1.1.") {
            let right = "the versions read are 1.0 and 1.1, as \"1.1.0\"";
            return Err(self.fault("/stac_version", &json["stac_version"], right));
        }
        let id = self.text(json, "", "id", "a name that is not empty is right")?;
        let collection = match &json["collection"] {
            Value::Null => UNDESCRIBED_COLLECTION.to_string(),
            _ => self.text(json, "", "collection", "the id of a collection is right")?,
        };
        let Value::Object(properties) = &json["properties"] else {
            let right = "an object with at least a datetime is right";
            return Err(self.fault("/properties", &json["properties"], right));
        };
        self.times(&json["properties"])?;
        let geometry = self.geometry(json)?;
        let mut scene = ItemScene {
            file: self.file.to_string(),
            description: SceneDescription {
                id,
                collection,
                properties: kept(properties),
                files: BTreeMap::new(),
                assets: BTreeMap::new(),
                providers: self.list(properties.get("providers"), "/properties/providers")?,
                links: self.links(json)?,
                geometry,
                source: Some(format!("STAC Item {}", self.own_name())),
            },
            places: BTreeMap::new(),
            left_out: Vec::new(),
            claims: BTreeMap::new(),
        };
        self.assets(json, properties, &mut scene)?;
        Ok(scene)
    }

    /// The Item's name without its folder, or its address without its query.
    fn own_name(&self) -> &str {
        match self.base {
            Base::Folder(_) => self.file,
            Base::Address(address) => address.split('?').next().unwrap_or(address),
        }
    }

    pub(super) fn text(
        &self,
        json: &Value,
        at: &str,
        member: &str,
        right: &str,
    ) -> Result<String, ItemFault> {
        match json[member].as_str().map(str::trim) {
            Some(text) if !text.is_empty() => Ok(text.to_string()),
            _ => Err(self.fault(&format!("{at}/{member}"), &json[member], right)),
        }
    }

    pub(super) fn list<T: serde::de::DeserializeOwned>(
        &self,
        json: Option<&Value>,
        at: &str,
    ) -> Result<Vec<T>, ItemFault> {
        let all = match json {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(all)) => all,
            Some(other) => return Err(self.fault(at, other, "a list is right")),
        };
        let one = |(i, value): (usize, &Value)| {
            serde_json::from_value(value.clone())
                .map_err(|e| self.fault(&format!("{at}/{i}"), value, e.to_string()))
        };
        all.iter().enumerate().map(one).collect()
    }

    fn times(&self, properties: &Value) -> Result<(), ItemFault> {
        let right = "a time as 2026-08-22T05:31:08Z (RFC 3339) is right";
        let read = |member: &str| {
            let (at, value) = (format!("/properties/{member}"), &properties[member]);
            match value {
                Value::Null => Ok(None),
                Value::String(text) => match text.parse::<Timestamp>() {
                    Ok(time) => Ok(Some(time)),
                    Err(_) => Err(self.fault(&at, value, right)),
                },
                other => Err(self.fault(&at, other, right)),
            }
        };
        let (start, end) = (read("start_datetime")?, read("end_datetime")?);
        let at = |member: &str, right: &str| {
            self.fault(&format!("/properties/{member}"), &properties[member], right)
        };
        match (read("datetime")?, start, end) {
            (_, Some(start), Some(end)) if start > end => Err(at(
                "end_datetime",
                &format!("an end after {start} is right"),
            )),
            (_, Some(_), Some(_)) | (Some(_), None, None) => Ok(()),
            (None, None, None) => Err(at(
                "datetime",
                "a time is right, or null with start_datetime and end_datetime",
            )),
            (_, Some(_), None) => Err(at("end_datetime", "it goes together with start_datetime")),
            (_, None, Some(_)) => Err(at("start_datetime", "it goes together with end_datetime")),
        }
    }

    fn geometry(&self, json: &Value) -> Result<Option<geojson::Geometry>, ItemFault> {
        if let Some(bbox) = json.get("bbox").filter(|b| !b.is_null()) {
            let numbers: Option<Vec<f64>> = bbox
                .as_array()
                .and_then(|all| all.iter().map(Value::as_f64).collect());
            let Some(numbers) = numbers else {
                return Err(self.fault("/bbox", bbox, "four or six numbers are right"));
            };
            corridor_catalog::Bbox::of_item(&numbers)
                .map_err(|e| self.fault("/bbox", bbox, e.to_string()))?;
        }
        let value = &json["geometry"];
        if value.is_null() {
            return Ok(None);
        }
        let read: geojson::Geometry = serde_json::from_value(value.clone())
            .map_err(|e| self.fault("/geometry", value, e.to_string()))?;
        corridor_catalog::shape::footprint(&read)
            .map_err(|e| self.fault("/geometry", value, e.to_string()))?;
        Ok(Some(read))
    }

    /// Links that mean the same elsewhere: with a web address, and not of the catalogue it comes
    /// from. The Item's own address becomes `via`.
    fn links(&self, json: &Value) -> Result<Vec<Link>, ItemFault> {
        const OF_THE_CATALOG: [&str; 8] = [
            "root",
            "parent",
            "collection",
            "item",
            "items",
            "next",
            "prev",
            "alternate",
        ];
        let mut links: Vec<Link> = self.list(json.get("links"), "/links")?;
        links.retain(|link| {
            matches!(address::scheme(&link.href), Some("http" | "https"))
                && !OF_THE_CATALOG.contains(&link.rel.as_str())
        });
        if let Base::Address(_) = self.base {
            links.retain(|link| link.rel != "self");
            links.push(Link::new("via", self.own_name()).with_type("application/geo+json"));
        }
        for link in links.iter_mut().filter(|link| link.rel == "self") {
            link.rel = "via".into();
        }
        Ok(links)
    }

    fn assets(
        &self,
        json: &Value,
        properties: &Map<String, Value>,
        scene: &mut ItemScene,
    ) -> Result<(), ItemFault> {
        let right = "an object with at least one GeoTIFF or JPEG 2000 file is right";
        let Value::Object(assets) = &json["assets"] else {
            return Err(self.fault("/assets", &json["assets"], right));
        };
        for (key, asset) in assets {
            let at = format!("/assets/{}", key.replace('~', "~0").replace('/', "~1"));
            if let Some(why) = no_pixels(key, asset) {
                scene.left_out.push(format!("{key} ({why})"));
                continue;
            }
            let right = "the file's address, absolute or relative to the Item, is right";
            let href = self.text(asset, &at, "href", right)?;
            let (place, name) = self.place(&href, &at)?;
            let files = &scene.description.files;
            let same = scene.places.iter().find(|(_, known)| **known == place);
            let name = match same {
                Some((key, _)) => files[key].clone(),
                None if files.values().any(|taken| *taken == name) => {
                    format!("{}-{name}", key.replace(['/', '\\', '\0'], "-"))
                }
                None => name,
            };
            let text = AssetText {
                title: asset["title"].as_str().map(str::to_string),
                roles: self.list(asset.get("roles"), &format!("{at}/roles"))?,
                gsd: asset["gsd"].as_f64(),
                bands: bands_of(self, asset, &at)?,
            };
            let claim = Claim::read(self, asset, properties, &at)?;
            scene.description.files.insert(key.clone(), name);
            scene.description.assets.insert(key.clone(), text);
            scene.places.insert(key.clone(), place);
            scene.claims.insert(key.clone(), claim);
        }
        let count = scene.places.len();
        if count == 0 || count > FILES_MAX {
            let found = json!(format!("{} assets, {count} with pixels", assets.len()));
            let right = format!(
                "1 to {FILES_MAX} files of type image/tiff or image/jp2 that are no pictures for people are right"
            );
            return Err(self.fault("/assets", &found, right));
        }
        Ok(())
    }

    /// Where a file is, and its name.
    fn place(&self, href: &str, at: &str) -> Result<(Place, String), ItemFault> {
        let wrong = |right: &str| self.fault(&format!("{at}/href"), &json!(href), right);
        let place = match (address::scheme(href), self.base) {
            (Some("http" | "https"), _) => Place::Address(address::resolve(href, "")),
            (Some("file"), Base::Folder(_)) => {
                let path = href.trim_start_matches("file://");
                let path =
                    address::unescaped(path).ok_or_else(|| wrong("its % escapes are broken"))?;
                Place::File(path.into())
            }
            (Some(_), _) => {
                return Err(wrong(
                    "an http or https address, or a file on disk, is right",
                ));
            }
            (None, Base::Address(base)) => Place::Address(address::resolve(base, href)),
            (None, Base::Folder(folder)) => Place::File(existing(folder, href)),
        };
        let name = match &place {
            Place::File(path) => path
                .file_name()
                .and_then(|n| n.to_str())
                .map(str::to_string),
            Place::Address(address) => {
                let path = address.split('?').next().unwrap_or_default();
                path.rsplit('/').next().and_then(address::unescaped)
            }
        };
        let name = name.filter(|n| super::is_plain_file_name(n));
        let name = name.ok_or_else(|| wrong("an address that ends with a file's name is right"))?;
        Ok((place, name))
    }
}

/// The file that a relative address means: as it is written, else with its escapes worked off.
fn existing(folder: &Path, href: &str) -> PathBuf {
    let written = folder.join(href);
    match address::unescaped(href) {
        Some(plain) if plain != href && !written.exists() => folder.join(plain),
        _ => written,
    }
}

/// The properties that an Item of this node keeps.
fn kept(properties: &Map<String, Value>) -> Map<String, Value> {
    properties
        .iter()
        .filter(|(key, value)| {
            !key.starts_with("proj:")
                && !OF_THE_FILES.contains(&key.as_str())
                && (!value.is_null() || *key == "datetime")
        })
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

/// Why an asset is not taken in; `None` where it holds pixels.
fn no_pixels(key: &str, asset: &Value) -> Option<String> {
    let roles = asset["roles"].as_array();
    let mut roles = roles.into_iter().flatten().filter_map(Value::as_str);
    if let Some(role) = roles.find(|r| PICTURE_ROLES.contains(r)) {
        return Some(format!("role {role}"));
    }
    if PICTURE_ROLES.contains(&key) {
        return Some("a picture".to_string());
    }
    match asset["type"].as_str() {
        Some(kind) => {
            let plain = kind.split(';').next().unwrap_or_default().trim();
            let pixels = PIXEL_TYPES.iter().any(|p| p.eq_ignore_ascii_case(plain));
            (!pixels).then(|| format!("type {plain}"))
        }
        None => {
            let href = asset["href"].as_str().unwrap_or_default();
            let path = href.split(['?', '#']).next().unwrap_or_default();
            let path = path.to_ascii_lowercase();
            let pixels = PIXEL_ENDINGS.iter().any(|ending| path.ends_with(ending));
            (!pixels).then(|| "no type".to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Value {
        json!({
            "type": "Feature", "stac_version": "1.1.0", "id": "a", "collection": "c",
            "geometry": null, "properties": {"datetime": "2020-01-01T00:00:00Z", "proj:code": "EPSG:32633"},
            "links": [
                {"rel": "self", "href": "https://example.org/items/a.json"},
                {"rel": "license", "href": "https://example.org/licence"},
                {"rel": "root", "href": "https://example.org/"},
            ],
            "assets": {
                "B04": {"href": "./pixels/B04.tif", "type": "image/tiff; application=geotiff"},
                "thumb": {"href": "t.png", "type": "image/png", "roles": ["thumbnail"]},
                "notes": {"href": "notes.xml"},
            },
        })
    }

    fn parse(json: &Value, base: &Base) -> Result<ItemScene, WatchError> {
        ItemScene::parse(&json.to_string(), "a.json", base)
    }

    #[test]
    fn files_are_found_from_the_place_of_the_item() {
        let folder = Base::Folder("/scenes".into());
        let scene = parse(&good(), &folder).unwrap();
        let file = Place::File("/scenes/./pixels/B04.tif".into());
        assert_eq!(scene.places, BTreeMap::from([("B04".to_string(), file)]));
        assert_eq!(scene.description.files["B04"], "B04.tif");
        assert_eq!(
            scene.left_out,
            ["notes (no type)", "thumb (role thumbnail)"]
        );
        let links: Vec<&str> = scene
            .description
            .links
            .iter()
            .map(|l| l.rel.as_str())
            .collect();
        assert_eq!(links, ["via", "license"]);
        assert!(!scene.description.properties.contains_key("proj:code"));

        let base = Base::Address("https://example.org/items/a.json?sig=secret".into());
        let scene = parse(&good(), &base).unwrap();
        assert_eq!(
            scene.places["B04"],
            Place::Address("https://example.org/items/pixels/B04.tif".into())
        );
        let kept = serde_json::to_string(&scene.description).unwrap();
        assert!(!kept.contains("secret"), "{kept}");
    }

    #[test]
    fn two_files_of_one_name_stay_apart() {
        let mut item = good();
        item["assets"]["coarse"] = json!({"href": "60m/B04.tif"});
        let scene = parse(&item, &Base::Folder(".".into())).unwrap();
        assert_eq!(scene.description.files["B04"], "B04.tif");
        assert_eq!(scene.description.files["coarse"], "coarse-B04.tif");
    }

    #[test]
    fn what_is_wrong_names_file_place_value_and_what_is_right() {
        for (pointer, value, words) in [
            ("/type", json!("Collection"), ["Collection", "Feature"]),
            (
                "/type",
                json!("FeatureCollection"),
                ["FeatureCollection", "one by one"],
            ),
            ("/stac_version", json!("0.9.0"), ["0.9.0", "1.1.0"]),
            ("/id", json!(""), ["\"\"", "not empty"]),
            ("/collection", json!(7), ["7", "id of a collection"]),
            ("/properties", json!([]), ["[]", "object"]),
            ("/properties/datetime", json!("soon"), ["soon", "RFC 3339"]),
            (
                "/properties/datetime",
                Value::Null,
                ["null", "start_datetime"],
            ),
            (
                "/bbox",
                json!([1, 2, 3]),
                ["[1,2,3]", "west,south,east,north"],
            ),
            ("/bbox", json!("all"), ["all", "numbers"]),
            ("/geometry", json!({"type": "Blob"}), ["Blob", ""]),
            (
                "/geometry",
                json!({"type": "Point", "coordinates": [400, 0]}),
                ["400", "on Earth"],
            ),
            ("/assets", json!({}), ["0 with pixels", "image/tiff"]),
            ("/assets/B04/href", json!(null), ["null", "address"]),
            ("/assets/B04/href", json!("s3://b/k.tif"), ["s3://", "http"]),
            (
                "/assets/B04/href",
                json!("pixels/.."),
                ["pixels/..", "name"],
            ),
            ("/links", json!({}), ["{}", "list"]),
        ] {
            let mut item = good();
            let (parent, member) = pointer.rsplit_once('/').unwrap();
            item.pointer_mut(parent).unwrap()[member] = value;
            let error = parse(&item, &Base::Folder(".".into())).unwrap_err();
            let text = error.to_string();
            assert!(text.starts_with(&format!("a.json: {pointer}")), "{text}");
            assert!(words.iter().all(|w| text.contains(w)), "{pointer}: {text}");
        }
        let text = ItemScene::parse("{", "a.json", &Base::Folder(".".into()));
        assert!(text.unwrap_err().to_string().contains("not JSON"));
    }

    #[test]
    fn items_are_told_from_own_descriptions_by_name() {
        assert!(is_item_name("a.json") && is_item_name("A.GeoJSON"));
        assert!(!is_item_name("a.scene.json") && !is_item_name("a.tif"));
    }
}
