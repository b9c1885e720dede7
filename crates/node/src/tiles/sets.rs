//! The tile matrix sets of a node: those of the registers, and the operator's own.

use crate::Node;
use crate::guard::BaseUrl;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::{At, Parameters, quoted};
use crate::route::Route;
use axum::Json;
use axum::extract::State;
use corridor_raster::tile::TileMatrixSet;
use serde_json::{Value, json};
use std::path::Path;

/// Folder of the operator's sets, in the data folder.
const FOLDER: &str = "tile-matrix-sets";
/// Most sets that are read from it.
const OWN_SETS_MAX: usize = 64;
/// Largest file of a set.
const SET_BYTES_MAX: u64 = 1 << 20;

/// All sets that tiles can be asked for in.
#[derive(Debug, Default)]
pub(crate) struct TileMatrixSets {
    own: Vec<TileMatrixSet>,
}

impl TileMatrixSets {
    /// The registered sets, and those in `tile-matrix-sets/*.json` of the data folder. What is
    /// wrong is said with the file, as text.
    pub(crate) fn read(data_dir: &Path) -> Result<Self, String> {
        let folder = data_dir.join(FOLDER);
        if !folder.is_dir() {
            return Ok(Self::default());
        }
        let mut own = Self::default();
        let entries =
            std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let mut files: Vec<_> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "json"))
            .collect();
        files.sort();
        if files.len() > OWN_SETS_MAX {
            return Err(format!(
                "{}: {} sets; at most {OWN_SETS_MAX}",
                folder.display(),
                files.len()
            ));
        }
        for path in files {
            let wrong = |reason: String| format!("{}: {reason}", path.display());
            let size = std::fs::metadata(&path).map_err(|e| wrong(e.to_string()))?;
            if size.len() > SET_BYTES_MAX {
                return Err(wrong(format!("longer than {SET_BYTES_MAX} bytes")));
            }
            let text = std::fs::read_to_string(&path).map_err(|e| wrong(e.to_string()))?;
            let set = TileMatrixSet::from_json(&text).map_err(|e| wrong(e.to_string()))?;
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
            if set.id.is_empty() || !set.id.chars().all(plain) {
                return Err(wrong(format!(
                    "the id {:?} is not made of letters, digits, '_', '-' and '.'",
                    set.id
                )));
            }
            if own.find(&set.id).is_some() {
                return Err(wrong(format!("there is a set {:?} already", set.id)));
            }
            own.own.push(set);
        }
        Ok(own)
    }

    /// All, the square of Web Mercator first.
    pub(super) fn all(&self) -> impl Iterator<Item = &TileMatrixSet> {
        TileMatrixSet::registered().iter().chain(&self.own)
    }

    fn find(&self, id: &str) -> Option<&TileMatrixSet> {
        self.all().find(|set| set.id == id)
    }

    /// The set of an id, or a 404 that names them all.
    pub(super) fn get(&self, id: &str) -> Result<&TileMatrixSet, Problem> {
        self.find(id).ok_or_else(|| {
            let known: Vec<&str> = self.all().map(|set| set.id.as_str()).collect();
            Problem::not_found(format!(
                "no tile matrix set {}; there are {}",
                quoted(id),
                known.join(", ")
            ))
        })
    }
}

/// The routes of the sets.
pub(super) fn routes() -> Vec<Route> {
    use Action::ReadPixels as Read;
    vec![
        Route::get("/tileMatrixSets", Read, list),
        Route::get("/tileMatrixSets/{set}", Read, one),
    ]
}

/// Where a set is described.
pub(super) fn path_of(set: &TileMatrixSet) -> String {
    format!("/tileMatrixSets/{}", set.id)
}

async fn list(
    State(node): State<Node>,
    BaseUrl(base): BaseUrl,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    query.finish()?;
    let entry = |set: &TileMatrixSet| {
        let mut entry = json!({
            "id": set.id,
            "crs": set.crs_uri(),
            "links": [{
                "rel": "self",
                "type": "application/json",
                "href": format!("{base}{}", path_of(set)),
            }],
        });
        for (name, text) in [("title", &set.title), ("uri", &set.uri)] {
            if let Some(text) = text {
                entry[name] = text.as_str().into();
            }
        }
        entry
    };
    let sets: Vec<Value> = node.tile_matrix_sets().all().map(entry).collect();
    Ok(Json(json!({
        "tileMatrixSets": sets,
        "links": [{
            "rel": "self",
            "type": "application/json",
            "href": format!("{base}/tileMatrixSets"),
        }],
    })))
}

async fn one(
    State(node): State<Node>,
    At(id): At<String>,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    query.finish()?;
    Ok(Json(node.tile_matrix_sets().get(&id)?.to_json()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_the_operator_are_read_and_checked() {
        let folder = tempfile::tempdir().unwrap();
        let read = || TileMatrixSets::read(folder.path());
        assert_eq!(
            read().unwrap().all().count(),
            TileMatrixSet::registered().len()
        );
        let sets = folder.path().join(FOLDER);
        std::fs::create_dir(&sets).unwrap();
        let mut own = TileMatrixSet::web_mercator_quad().to_json();
        own["id"] = "Own-1".into();
        std::fs::write(sets.join("a.json"), own.to_string()).unwrap();
        assert_eq!(read().unwrap().get("Own-1").unwrap().id, "Own-1");
        let problem = read().unwrap().get("own").unwrap_err();
        assert!(problem.detail().contains("Own-1"), "{}", problem.detail());
        for (id, reason) in [
            ("WebMercatorQuad", "already"),
            ("a/b", "letters"),
            ("", "letters"),
        ] {
            own["id"] = id.into();
            std::fs::write(sets.join("b.json"), own.to_string()).unwrap();
            let message = read().unwrap_err();
            assert!(
                message.contains("b.json") && message.contains(reason),
                "{message}"
            );
        }
        std::fs::write(sets.join("b.json"), "{").unwrap();
        assert!(read().unwrap_err().contains("b.json"));
    }
}
