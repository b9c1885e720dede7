//! The answer as a table, CSV, JSON and GeoJSON.

use super::ground::Piece;
use super::{Answer, Revisit};
use crate::output::{Format, Listing, cell, counted, duration, listing, say};
use corridor_sense::merit::{Figures, Region};
use geojson::{Feature, FeatureCollection, Geometry, GeometryValue, JsonObject};
use jiff::Timestamp;
use serde::Serialize;

/// Rows of a table of cells are summed up in one row: this is where the cells are.
const CELLS_ARE: &str = "--format csv, json or geojson has every cell";

/// Countries and other regions as people see them.
const REGION_COLUMNS: [&str; 8] = [
    "region",
    "seen",
    "accesses",
    "mean gap",
    "longest gap",
    "mean response",
    "90 % response",
    "all seen after",
];

/// A place or cell.
#[derive(Serialize)]
struct PlaceRow<'a> {
    place: String,
    lon_deg: f64,
    lat_deg: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    area_km2: Option<f64>,
    #[serde(flatten)]
    figures: &'a Figures,
}

/// A region.
#[derive(Serialize)]
struct RegionRow<'a> {
    place: &'a str,
    name: &'a str,
    #[serde(flatten)]
    region: &'a Region,
}

#[derive(Serialize)]
struct Record<'a> {
    from: Timestamp,
    to: Timestamp,
    satellites: usize,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    regions: Vec<RegionRow<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    places: Vec<PlaceRow<'a>>,
}

pub(super) fn print(revisit: &Revisit, answer: &Answer) -> std::io::Result<()> {
    let by_place = answer.ground.by_cell || matches!(answer.ground.pieces, Piece::Places(_));
    let Some(format) = revisit.format.listing() else {
        return say(&geojson(answer, by_place));
    };
    let record = Record {
        from: revisit.span.from,
        to: revisit.span.to,
        satellites: answer.satellites,
        regions: region_rows(answer),
        places: if by_place { place_rows(answer) } else { vec![] },
    };
    match format {
        Format::Csv if by_place => say(&place_csv(&record.places)),
        Format::Csv => say(&region_csv(&record.regions)),
        _ if matches!(answer.ground.pieces, Piece::Places(_)) => {
            let rows = record.places.iter().map(PlaceRow::cells).collect();
            let columns = &[
                "place",
                "accesses",
                "mean gap",
                "90 % gap",
                "longest gap",
                "mean response",
                "90 % response",
                "longest response",
            ];
            listing(
                format,
                &Listing {
                    columns,
                    rows,
                    records: &record,
                    empty: "no place",
                },
            )
        }
        _ => {
            let rows = record.regions.iter().map(RegionRow::cells).collect();
            listing(
                format,
                &Listing {
                    columns: &REGION_COLUMNS,
                    rows,
                    records: &record,
                    empty: "no region",
                },
            )?;
            match (format, answer.regions.first()) {
                (Format::Table, Some(region)) if answer.ground.by_cell => say(&over_time(region)),
                _ => Ok(()),
            }
        }
    }
}

fn place_rows(answer: &Answer) -> Vec<PlaceRow<'_>> {
    let row = |place: String, at: &corridor_orbit::earth::Geodetic, area_km2, figures| PlaceRow {
        place,
        lon_deg: at.lon_deg,
        lat_deg: at.lat_deg,
        area_km2,
        figures,
    };
    let figures = answer.found.iter().map(|f| &f.figures);
    match &answer.ground.pieces {
        Piece::Places(places) => {
            let rows = places.iter().zip(figures);
            rows.map(|(place, figures)| row(place.id.clone(), &place.position, None, figures))
                .collect()
        }
        Piece::Cells(cells) => {
            let rows = cells.iter().zip(figures);
            rows.map(|(cell, figures)| {
                let id = format!(
                    "{},{}",
                    short(cell.place.lon_deg),
                    short(cell.place.lat_deg)
                );
                row(id, &cell.place, Some(cell.area_km2), figures)
            })
            .collect()
        }
    }
}

fn region_rows(answer: &Answer) -> Vec<RegionRow<'_>> {
    let rows = answer.ground.regions.iter().zip(&answer.regions);
    rows.map(|(named, region)| RegionRow {
        place: &named.id,
        name: &named.name,
        region,
    })
    .collect()
}

/// Degrees to the ten-thousandth, without trailing zeros.
fn short(degrees: f64) -> String {
    let text = format!("{degrees:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".into()
    } else {
        text.into()
    }
}

fn time(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "-".into(), duration)
}

fn share(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

impl PlaceRow<'_> {
    fn cells(&self) -> Vec<String> {
        let f = self.figures;
        vec![
            self.place.clone(),
            f.accesses.to_string(),
            time(f.mean_gap_s),
            time(f.p90_gap_s),
            time(f.max_gap_s),
            time(f.mean_response_s),
            time(f.p90_response_s),
            time(f.max_response_s),
        ]
    }
}

impl RegionRow<'_> {
    fn cells(&self) -> Vec<String> {
        let r = self.region;
        let name = if self.name.is_empty() {
            self.place
        } else {
            self.name
        };
        vec![
            name.to_string(),
            share(r.seen_share),
            format!("{:.1}", r.accesses),
            time(r.mean_gap_s),
            time(r.max_gap_s),
            time(r.mean_response_s),
            time(r.p90_response_s),
            time(r.all_covered_s),
        ]
    }
}

/// Coverage over time in a few lines.
fn over_time(region: &Region) -> String {
    let steps = region.coverage.iter().skip(1).step_by(2);
    let steps: Vec<String> = steps
        .map(|c| format!("{} {}", duration(c.after_s), share(c.share)))
        .collect();
    format!(
        "\n{}, {:.0} km\u{b2}. Seen at least once after: {}.\n{CELLS_ARE}.\n",
        counted(region.cells, "cell", "cells"),
        region.area_km2,
        steps.join(", ")
    )
}

/// Milliseconds; empty where there is none.
fn seconds(value: Option<f64>) -> String {
    value.map_or_else(String::new, |s| format!("{s:.3}"))
}

fn place_csv(rows: &[PlaceRow<'_>]) -> String {
    let mut text = "place,lon_deg,lat_deg,area_km2,accesses,access_s,mean_gap_s,median_gap_s,p90_gap_s,max_gap_s,\
                    mean_response_s,median_response_s,p90_response_s,max_response_s,first_access_s\n"
        .to_string();
    for row in rows {
        let f = row.figures;
        let times = [
            f.mean_gap_s,
            f.median_gap_s,
            f.p90_gap_s,
            f.max_gap_s,
            f.mean_response_s,
            f.median_response_s,
            f.p90_response_s,
            f.max_response_s,
            f.first_access_s,
        ];
        let times = times.map(seconds).join(",");
        let area = row.area_km2.map_or_else(String::new, |a| format!("{a:.3}"));
        let (lon, lat) = (short(row.lon_deg), short(row.lat_deg));
        text.push_str(&format!(
            "{},{lon},{lat},{area},{},{:.3},{times}\n",
            cell(&row.place),
            f.accesses,
            f.access_s
        ));
    }
    text
}

fn region_csv(rows: &[RegionRow<'_>]) -> String {
    let mut text = "place,name,cells,area_km2,seen_share,accesses,min_accesses,access_s,mean_gap_s,median_gap_s,\
                    p90_gap_s,max_gap_s,mean_response_s,median_response_s,p90_response_s,max_response_s,\
                    half_covered_s,p90_covered_s,all_covered_s\n"
        .to_string();
    for row in rows {
        let r = row.region;
        let times = [
            r.mean_gap_s,
            r.median_gap_s,
            r.p90_gap_s,
            r.max_gap_s,
            r.mean_response_s,
            r.median_response_s,
            r.p90_response_s,
            r.max_response_s,
            r.half_covered_s,
            r.p90_covered_s,
            r.all_covered_s,
        ];
        let times = times.map(seconds).join(",");
        text.push_str(&format!(
            "{},{},{},{:.3},{:.6},{:.3},{},{:.3},{times}\n",
            cell(row.place),
            cell(row.name),
            r.cells,
            r.area_km2,
            r.seen_share,
            r.accesses,
            r.min_accesses,
            r.access_s
        ));
    }
    text
}

/// Places as points, cells as boxes, regions as their outlines.
fn geojson(answer: &Answer, by_place: bool) -> String {
    let features: Vec<Feature> = if by_place {
        let rows = place_rows(answer);
        let of = |(k, row): (usize, &PlaceRow<'_>)| {
            let geometry = match &answer.ground.pieces {
                Piece::Places(_) => GeometryValue::new_point(vec![row.lon_deg, row.lat_deg]),
                Piece::Cells(cells) => {
                    let [w, s, e, n] = cells[k].bounds;
                    let ring: Vec<geojson::Position> = [[w, s], [e, s], [e, n], [w, n], [w, s]]
                        .iter()
                        .map(|p| p.to_vec().into())
                        .collect();
                    GeometryValue::new_polygon([ring])
                }
            };
            feature(Some(geometry.into()), properties(row))
        };
        rows.iter().enumerate().map(of).collect()
    } else {
        let rows = region_rows(answer);
        let of = |(row, named): (&RegionRow<'_>, &super::ground::Named)| {
            let outline = named
                .outline
                .as_ref()
                .map(|outline| Geometry::from(GeometryValue::from(outline)));
            feature(outline, properties(row))
        };
        rows.iter().zip(&answer.ground.regions).map(of).collect()
    };
    let all: FeatureCollection = features.into_iter().collect();
    format!("{all}\n")
}

fn properties(row: &impl Serialize) -> JsonObject {
    match serde_json::to_value(row) {
        Ok(serde_json::Value::Object(object)) => object,
        _ => JsonObject::new(),
    }
}

fn feature(geometry: Option<Geometry>, properties: JsonObject) -> Feature {
    Feature {
        geometry,
        properties: Some(properties),
        ..Feature::default()
    }
}
