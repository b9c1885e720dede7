//! Documents about tiles: lists of tilesets and tileset metadata (OGC 17-083r4, 20-057), TileJSON.

use super::ask::TileFormat;
use super::sets;
use crate::Node;
use crate::problem::Problem;
use crate::query::{Parameters, quoted};
use axum::http::Uri;
use corridor_raster::grid::{Crs, Grid};
use corridor_raster::picture::Format;
use corridor_raster::tile::{TILE_SIDE_PX, TileMatrixSet, ZOOM_MAX};
use serde_json::{Value, json};

const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const TILING_SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
/// Relation of a list of tilesets of maps.
pub(crate) const TILESETS_MAP: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-map";
/// Relation of the list of tile matrix sets.
pub(crate) const TILING_SCHEMES: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";
/// Zoom levels that a dataset is still shown at below the one where it fits in a tile.
const ZOOMS_BELOW: u8 = 3;
/// Metres of a degree along a meridian, for comparing cells.
const DEGREE_M: f64 = 111_319.5;
/// Cells on a side of the grid whose outline moves a box into another system.
const OUTLINE_CELLS: usize = 64;

/// What tiles show, as documents describe it.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) title: String,
    /// Path of the list of its tilesets.
    pub(super) path: String,
    /// West, south, east, north in degrees; west > east crosses the antimeridian.
    pub(super) bounds: [f64; 4],
    /// Columns and rows, where one file is the measure.
    pub(super) size_px: (usize, usize),
    /// The box that those columns and rows fill.
    pub(super) size_bounds: [f64; 4],
    pub(super) attribution: String,
}

/// Which form a tileset's description takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Tileset metadata of the OGC.
    Metadata,
    TileJson,
}

impl Form {
    /// The value of `f`.
    pub(super) fn from_query(query: &mut Parameters) -> Result<Self, Problem> {
        match query.take("f")?.as_deref() {
            None | Some("json") => Ok(Self::Metadata),
            Some("tilejson") => Ok(Self::TileJson),
            Some(other) => Err(Problem::invalid(format!(
                "f: {} is neither json nor tilejson",
                quoted(other)
            ))),
        }
    }
}

/// The query as it was asked, but for `f`, with the question mark; for the addresses of tiles.
pub(super) fn kept_query(uri: &Uri) -> String {
    let kept: Vec<&str> = uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && *pair != "f" && !pair.starts_with("f="))
        .collect();
    if kept.is_empty() {
        String::new()
    } else {
        format!("?{}", kept.join("&"))
    }
}

/// The list of tilesets: one for each tile matrix set.
pub(super) fn list(node: &Node, base: &str, title: &str, path: &str, query: &str) -> Value {
    let entry = |set: &TileMatrixSet| {
        let mut entry = summary(set, title);
        entry["links"] = json!([
            link(
                "self",
                "application/json",
                format!("{base}{path}/{}{query}", set.id),
            ),
            link(
                TILING_SCHEME,
                "application/json",
                format!("{base}{}", sets::path_of(set)),
            ),
        ]);
        entry
    };
    json!({
        "tilesets": node.tile_matrix_sets().all().map(entry).collect::<Vec<_>>(),
        "links": [link("self", "application/json", format!("{base}{path}{query}"))],
    })
}

/// What a tileset is, without its links.
fn summary(set: &TileMatrixSet, title: &str) -> Value {
    let mut summary = json!({
        "title": title,
        "dataType": "map",
        "crs": set.crs_uri(),
    });
    if let Some(uri) = &set.uri {
        summary["tileMatrixSetURI"] = uri.as_str().into();
    }
    summary
}

fn link(rel: &str, media_type: &str, href: String) -> Value {
    json!({"rel": rel, "type": media_type, "href": href})
}

/// The description of one tileset.
pub(super) fn describe(
    base: &str,
    set: &TileMatrixSet,
    subject: &Subject,
    query: &str,
    form: Form,
) -> Result<Value, Problem> {
    let here = format!("{base}{}/{}", subject.path, set.id);
    if form == Form::TileJson {
        if set.id != "WebMercatorQuad" {
            return Err(Problem::invalid(format!(
                "f: TileJSON knows WebMercatorQuad alone, not {}",
                set.id
            )));
        }
        let template = format!("{here}/{{z}}/{{y}}/{{x}}.png{query}");
        return Ok(tilejson(&template, subject));
    }
    let bounds = subject.bounds;
    let mut document = summary(set, &subject.title);
    let mut links = vec![
        link("self", "application/json", format!("{here}{query}")),
        link(
            TILING_SCHEME,
            "application/json",
            format!("{base}{}", sets::path_of(set)),
        ),
    ];
    for format in TileFormat::ALL {
        if format == TileFormat::Picture(Format::Raw) {
            continue;
        }
        let ending = format.ending();
        links.push(json!({
            "rel": "item",
            "type": format.media_type(),
            "templated": true,
            "href": format!("{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}.{ending}{query}"),
        }));
    }
    if set.id == "WebMercatorQuad" {
        let joint = if query.is_empty() { "?" } else { "&" };
        links.push(json!({
            "rel": "alternate",
            "type": "application/json",
            "title": "TileJSON",
            "href": format!("{here}{query}{joint}f=tilejson"),
        }));
    }
    document["links"] = links.into();
    document["boundingBox"] = json!({
        "lowerLeft": [bounds[0], bounds[1]],
        "upperRight": [bounds[2], bounds[3]],
        "crs": CRS84,
    });
    let (matrices, middle) = matrices(set, subject);
    document["centerPoint"] = json!({
        "coordinates": [middle_lon(bounds), (bounds[1] + bounds[3]) / 2.0],
        "crs": CRS84,
        "tileMatrix": middle,
    });
    if !matrices.is_empty() {
        document["tileMatrixSetLimits"] = matrices.into();
    }
    Ok(document)
}

/// The tiles of each useful matrix, and the id of the finest of them.
fn matrices(set: &TileMatrixSet, subject: &Subject) -> (Vec<Value>, String) {
    let unit_m = if set.crs().is_geographic() {
        DEGREE_M
    } else {
        1.0
    };
    let [_, south, _, north] = subject.size_bounds;
    let pixel_m = (north - south) * DEGREE_M / subject.size_px.1.max(1) as f64;
    // Down to where a cell is no larger than a pixel.
    let coarser = set
        .levels()
        .filter(|(_, cell)| cell * unit_m > pixel_m)
        .count();
    let useful: Vec<&str> = set.levels().take(coarser + 1).map(|(id, _)| id).collect();
    let finest = useful.last().copied().unwrap_or_default().to_owned();
    let ranges = box_in(subject.bounds, set.crs()).map(|bounds| set.ranges(bounds));
    let limits = ranges
        .unwrap_or_default()
        .into_iter()
        .filter(|range| useful.contains(&range.matrix.as_str()))
        .map(|range| {
            json!({
                "tileMatrix": range.matrix,
                "minTileRow": range.rows.0,
                "maxTileRow": range.rows.1,
                "minTileCol": range.cols.0,
                "maxTileCol": range.cols.1,
            })
        });
    (limits.collect(), finest)
}

/// A box of degrees in another system; `None` where it has no outline there.
fn box_in([west, south, east, north]: [f64; 4], crs: &Crs) -> Option<[f64; 4]> {
    if crs.is_geographic() {
        // Over the antimeridian all columns are named.
        let (west, east) = if west > east {
            (-180.0, 180.0)
        } else {
            (west, east)
        };
        return Some([west, south, east, north]);
    }
    if west > east {
        return None;
    }
    let cells = OUTLINE_CELLS as f64;
    let step = [(east - west) / cells, (north - south) / cells];
    let transform = [west, step[0], 0.0, north, 0.0, -step[1]];
    let grid = Grid::new(Crs::wgs84(), transform, OUTLINE_CELLS, OUTLINE_CELLS);
    grid.bounds_in(crs)
        .ok()
        .filter(|bounds| bounds.iter().all(|v| v.is_finite()))
}

/// TileJSON 3.0 of tiles in WebMercatorQuad.
pub(super) fn tilejson(template: &str, subject: &Subject) -> Value {
    let bounds = subject.bounds;
    let (_, maxzoom) = zooms(subject.size_bounds, subject.size_px);
    // The whole may be larger than the one file that says how fine it is.
    let (minzoom, _) = zooms(bounds, subject.size_px);
    json!({
        "tilejson": "3.0.0",
        "name": subject.title,
        "scheme": "xyz",
        "tiles": [template],
        "bounds": bounds,
        "center": [middle_lon(bounds), (bounds[1] + bounds[3]) / 2.0, maxzoom],
        "minzoom": minzoom.min(maxzoom),
        "maxzoom": maxzoom,
        "attribution": subject.attribution,
    })
}

fn middle_lon(bounds: [f64; 4]) -> f64 {
    let [west, _, east, _] = bounds;
    let span = if west > east {
        east + 360.0 - west
    } else {
        east - west
    };
    let middle = west + span / 2.0;
    if middle > 180.0 {
        middle - 360.0
    } else {
        middle
    }
}

/// Least and greatest useful zoom: from where the whole fits well within a tile, to where a pixel
/// of the file is about a pixel of the map.
fn zooms(bounds: [f64; 4], (width_px, height_px): (usize, usize)) -> (u8, u8) {
    let [west, south, east, north] = bounds;
    let span = if west > east {
        east + 360.0 - west
    } else {
        east - west
    };
    let longest_px = width_px.max(height_px).max(1) as f64;
    let longest_deg = span.max(north - south).max(1e-6);
    let whole = (360.0 / longest_deg).log2();
    let finest = (whole + (longest_px / TILE_SIDE_PX as f64).log2()).ceil();
    let clamp = |zoom: f64| zoom.clamp(0.0, f64::from(ZOOM_MAX)) as u8;
    (
        clamp(whole.floor()).saturating_sub(ZOOMS_BELOW),
        clamp(finest),
    )
}

pub(super) fn attribution(item: &corridor_catalog::Item) -> String {
    let providers = item.property("providers").and_then(Value::as_array);
    let names: Vec<&str> = providers
        .into_iter()
        .flatten()
        .filter_map(|provider| provider.get("name")?.as_str())
        .collect();
    // TileJSON takes HTML here; names are text.
    names
        .join(", ")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooms_follow_pixel_size() {
        // 350 pixels of about 28.5 m: 0.09 degrees.
        let (least, greatest) = zooms([-34.95, -8.05, -34.86, -7.96], (350, 350));
        assert!((11..=13).contains(&greatest), "{greatest}");
        assert!(least < greatest);
        assert_eq!(zooms([-180.0, -85.0, 180.0, 85.0], (256, 256)), (0, 0));
    }

    #[test]
    fn the_middle_of_a_box_over_the_antimeridian() {
        assert!((middle_lon([170.0, 0.0, -170.0, 1.0]).abs() - 180.0).abs() < 1e-9);
        assert!((middle_lon([10.0, 0.0, 20.0, 1.0]) - 15.0).abs() < 1e-9);
    }

    #[test]
    fn a_query_is_kept_but_for_the_form() {
        let kept = |text: &str| kept_query(&text.parse().unwrap());
        assert_eq!(kept("/a?f=tilejson&bands=1&f"), "?bands=1");
        assert_eq!(kept("/a?f=json"), "");
        assert_eq!(kept("/a?expression=b1%2Bb2"), "?expression=b1%2Bb2");
    }

    #[test]
    fn limits_end_where_a_cell_is_a_pixel() {
        let subject = Subject {
            title: "t".into(),
            path: "/p".into(),
            bounds: [-34.95, -8.05, -34.86, -7.96],
            size_px: (350, 350),
            size_bounds: [-34.95, -8.05, -34.86, -7.96],
            attribution: String::new(),
        };
        for set in TileMatrixSet::registered() {
            let document = describe("http://h", set, &subject, "?bands=1", Form::Metadata).unwrap();
            let link = document["links"][2]["href"].as_str().unwrap();
            assert!(
                link.ends_with("/{tileMatrix}/{tileRow}/{tileCol}.png?bands=1"),
                "{link}"
            );
        }
        let web = &TileMatrixSet::registered()[0];
        let (limits, finest) = matrices(web, &subject);
        assert_eq!(finest, "13");
        assert_eq!(limits.len(), 14);
        // As morecantile 7.1 counts them: tiles(*bounds, 13).
        assert_eq!(
            limits[13],
            json!({"tileMatrix": "13", "minTileRow": 4277, "maxTileRow": 4279,
                "minTileCol": 3300, "maxTileCol": 3302})
        );
        assert!(
            describe(
                "",
                &TileMatrixSet::registered()[1],
                &subject,
                "",
                Form::TileJson
            )
            .is_err()
        );
    }
}
