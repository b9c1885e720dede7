//! What an Item says of pixels, held against the files: a wrong description is refused, not stored.

use super::item::{ItemFault, ItemScene, Reader};
use super::{Base, SceneFile, footprint, outline};
use crate::error::WatchError;
use corridor_catalog::stac::Band;
use corridor_raster::dataset::Dataset;
use serde_json::{Map, Value, json};

/// What an Item says of the pixels of one file, with the place where it says so.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Claim {
    epsg: Option<(String, u32)>,
    /// Rows and columns; of the asset alone: of an Item they are those of one of its files.
    shape: Option<(String, [u64; 2])>,
    /// Where the bands are listed, else they are said of all that the file has.
    bands_at: Option<String>,
    at: String,
}

impl Claim {
    pub(super) fn read(
        reader: &Reader<'_>,
        asset: &Value,
        properties: &Map<String, Value>,
        at: &str,
    ) -> Result<Self, ItemFault> {
        let own = asset.as_object();
        let epsg = match own.map(|own| epsg(reader, own, at)).transpose()?.flatten() {
            Some(own) => Some(own),
            None if asset.get("proj:code").or(asset.get("proj:epsg")).is_some() => None,
            None => epsg(reader, properties, "/properties")?,
        };
        let shape = match &asset["proj:shape"] {
            Value::Null => None,
            value => {
                let at = format!("{at}/proj:shape");
                let shape = serde_json::from_value(value.clone());
                let right = "[rows, columns] is right";
                Some((
                    at.clone(),
                    shape.map_err(|_| reader.fault(&at, value, right))?,
                ))
            }
        };
        let bands_at = ["bands", "eo:bands", "raster:bands"]
            .into_iter()
            .find(|member| asset[*member].as_array().is_some_and(|b| !b.is_empty()))
            .map(|member| format!("{at}/{member}"));
        Ok(Self {
            epsg,
            shape,
            bands_at,
            at: at.to_string(),
        })
    }
}

/// `proj:code` of 2.0 or `proj:epsg` of 1.x; other authorities' codes say nothing here.
fn epsg(
    reader: &Reader<'_>,
    members: &Map<String, Value>,
    at: &str,
) -> Result<Option<(String, u32)>, ItemFault> {
    for (member, right) in [
        ("proj:code", "a code as \"EPSG:32633\" is right"),
        ("proj:epsg", "a code as 32633 is right"),
    ] {
        let at = format!("{at}/{member}");
        let read = match members.get(member) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) if member == "proj:code" => match text.split_once(':') {
                Some((authority, code)) if authority.eq_ignore_ascii_case("EPSG") => {
                    code.parse().ok()
                }
                Some(_) => continue,
                None => None,
            },
            Some(value) if member == "proj:epsg" => value.as_u64().and_then(|c| c.try_into().ok()),
            Some(_) => None,
        };
        let code = read.ok_or_else(|| reader.fault(&at, &members[member], right))?;
        return Ok(Some((at, code)));
    }
    Ok(None)
}

impl ItemScene {
    /// Holds what the Item says of its pixels against the files, and gives bands without a name one
    /// by their asset's key.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] names file, place, value, and what the pixels say.
    pub fn confirm(&mut self, files: &[SceneFile]) -> Result<(), WatchError> {
        let base = Base::Folder(String::new().into());
        let file = self.file.clone();
        let reader = Reader {
            file: &file,
            base: &base,
        };
        let mut met = None;
        for scene_file in files {
            let key = &scene_file.key;
            let (Some(claim), Some(text)) =
                (self.claims.get(key), self.description.assets.get_mut(key))
            else {
                continue;
            };
            let unread = |e: &dyn std::fmt::Display| {
                WatchError::Invalid(format!("{file}: {}: {}: {e}", claim.at, scene_file.name))
            };
            let dataset = Dataset::open(&scene_file.path).map_err(|e| unread(&e))?;
            let grid = dataset.grid();
            if let (Some((at, said)), Some(read)) = (&claim.epsg, grid.crs.epsg_code())
                && *said != read
            {
                let right = format!("{} is in EPSG:{read}", scene_file.name);
                return Err(reader.fault(at, &json!(said), right).into());
            }
            let shape = [grid.height as u64, grid.width as u64];
            if let Some((at, said)) = &claim.shape
                && *said != shape
            {
                let right = format!("{} has {shape:?} rows and columns", scene_file.name);
                return Err(reader.fault(at, &json!(said), right).into());
            }
            let count = dataset.bands();
            match &claim.bands_at {
                Some(at) if text.bands.len() != count => {
                    let found = json!(format!("{} bands", text.bands.len()));
                    let right = format!("{} has {count}", scene_file.name);
                    return Err(reader.fault(at, &found, right).into());
                }
                Some(_) => {}
                None => {
                    let each = text.bands.first().cloned().unwrap_or_default();
                    text.bands = vec![each; count];
                }
            }
            name(&mut text.bands, key);
            if let Some(stated) = &self.description.geometry {
                let pixels = outline(&dataset).map_err(|e| unread(&e))?;
                let away = footprint::chosen(Some(stated), &pixels).err();
                met = match (met, away) {
                    (Some(Ok(())), _) | (_, None) => Some(Ok(())),
                    (_, Some(away)) => Some(Err(away)),
                };
            }
        }
        match met {
            Some(Err(away)) => {
                let stated = json!(self.description.geometry);
                Err(reader.fault("/geometry", &stated, away).into())
            }
            _ => Ok(()),
        }
    }
}

/// Gives bands without a name one: the asset's key, numbered where there are several.
fn name(bands: &mut [Band], key: &str) {
    let several = bands.len() > 1;
    for (i, band) in bands.iter_mut().enumerate() {
        if band.name.as_deref().is_none_or(str::is_empty) {
            band.name = Some(match several {
                true => format!("{key}_{}", i + 1),
                false => key.to_string(),
            });
        }
    }
}
