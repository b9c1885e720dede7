//! The pictures: which figure, over which ground.

use super::ground::{Named, Piece};
use super::{Answer, Span};
use crate::output::counted;
use crate::picture::{Dot, Heat, Map, Measure, Patch, Unit};
use crate::verb::Failure;
use corridor_sense::merit::Found;
use corridor_sense::place::{Countries, Place};
use corridor_watch::register::shipped_countries;

/// Most rows of a heat map.
const ROWS_MAX: usize = 60;

/// Height of the bands that a grid is summed up in, degrees.
const BAND_DEG: f64 = 10.0;

/// A figure that a map can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum Figure {
    /// Mean time between accesses
    #[default]
    MeanGap,
    /// Longest time between accesses
    MaxGap,
    /// Mean time from any instant to the next access
    Response,
    /// Longest such time
    MaxResponse,
    /// Accesses a day
    Accesses,
    /// Time from the start to the first access
    FirstAccess,
}

impl Figure {
    fn measure(self) -> Measure {
        let (title, unit) = match self {
            Self::MeanGap => ("Mean time between accesses", Unit::Time),
            Self::MaxGap => ("Longest time between accesses", Unit::Time),
            Self::Response => (
                "Mean response: time from any instant to the next access",
                Unit::Time,
            ),
            Self::MaxResponse => (
                "Longest response: time from any instant to the next access",
                Unit::Time,
            ),
            Self::Accesses => ("Accesses a day", Unit::Number),
            Self::FirstAccess => ("Time from the start to the first access", Unit::Time),
        };
        Measure {
            title: title.into(),
            unit,
            low_is_good: unit == Unit::Time,
        }
    }

    fn of(self, found: &Found, days: f64) -> Option<f64> {
        let figures = &found.figures;
        match self {
            Self::MeanGap => figures.mean_gap_s,
            Self::MaxGap => figures.max_gap_s,
            Self::Response => figures.mean_response_s,
            Self::MaxResponse => figures.max_response_s,
            Self::Accesses => Some(figures.accesses as f64 / days),
            Self::FirstAccess => figures.first_access_s,
        }
    }
}

fn days(span: &Span) -> f64 {
    span.to.duration_since(span.from).as_secs_f64() / 86_400.0
}

/// `100 satellites, 2026-08-22 00:00 to 2026-08-29 00:00 UTC`, and what of the ground.
fn subtitle(answer: &Answer, span: &Span) -> String {
    let time = |t: jiff::Timestamp| t.strftime("%Y-%m-%d %H:%M").to_string();
    let ground = match (&answer.ground.pieces, answer.regions.as_slice()) {
        (Piece::Places(places), _) => counted(places.len(), "place", "places"),
        (Piece::Cells(cells), [_]) => counted(cells.len(), "cell", "cells"),
        (Piece::Cells(cells), regions) => {
            let regions = counted(regions.len(), "region", "regions");
            format!("{regions} in {}", counted(cells.len(), "cell", "cells"))
        }
    };
    let many = if answer.satellites == 1 {
        "satellite"
    } else {
        "satellites"
    };
    format!(
        "{} {many}, {ground}, {} to {} UTC",
        answer.satellites,
        time(span.from),
        time(span.to)
    )
}

fn name_of(place: &Place) -> String {
    if place.name.is_empty() {
        place.id.clone()
    } else {
        place.name.clone()
    }
}

fn title_of(region: &Named) -> &str {
    if region.name.is_empty() {
        &region.id
    } else {
        &region.name
    }
}

/// The map, as PNG.
pub(super) fn map(answer: &Answer, figure: Figure, span: &Span) -> Result<Vec<u8>, Failure> {
    let Countries {
        coasts, borders, ..
    } = shipped_countries()?;
    let measure = figure.measure();
    let days = days(span);
    let (mut patches, mut dots) = (Vec::new(), Vec::new());
    match &answer.ground.pieces {
        Piece::Places(places) => {
            dots.extend(places.iter().zip(&answer.found).map(|(place, found)| Dot {
                at: [place.position.lon_deg, place.position.lat_deg],
                name: if places.len() == 1 && place.id == "at" {
                    String::new()
                } else {
                    name_of(place)
                },
                value: figure.of(found, days),
            }))
        }
        Piece::Cells(cells) => {
            patches.extend(cells.iter().zip(&answer.found).map(|(cell, found)| Patch {
                bounds: cell.bounds,
                value: figure.of(found, days),
            }))
        }
    }
    let map = Map {
        measure: &measure,
        subtitle: subtitle(answer, span),
        patches,
        dots,
        lines: [&coasts, &borders],
    };
    Ok(map.png()?)
}

/// The heat map, as PNG.
pub(super) fn heat(answer: &Answer, span: &Span) -> Result<Vec<u8>, Failure> {
    let days = days(span);
    let mut measure = Measure {
        title: "Accesses a day that begin in each hour".into(),
        unit: Unit::Number,
        low_is_good: false,
    };
    let mut rows: Vec<(String, [f64; 24])> = match &answer.ground.pieces {
        Piece::Places(places) => {
            let rows = places.iter().zip(&answer.found);
            rows.map(|(place, found)| (name_of(place), found.by_hour.map(|n| f64::from(n) / days)))
                .collect()
        }
        Piece::Cells(_) if answer.ground.by_cell => bands(answer, days),
        Piece::Cells(_) => {
            let regions = answer.ground.regions.iter();
            regions
                .map(|region| {
                    let cells = answer.ground.cells_of(region, &answer.found);
                    let hours = mean(cells.map(|(cell, found)| (cell.area_km2, found)), days);
                    (title_of(region).to_string(), hours)
                })
                .collect()
        }
    };
    if rows.len() > ROWS_MAX {
        measure.title = format!(
            "{}: the first {ROWS_MAX} of {} rows",
            measure.title,
            rows.len()
        );
        rows.truncate(ROWS_MAX);
    }
    let heat = Heat {
        measure: &measure,
        subtitle: subtitle(answer, span),
        rows,
    };
    Ok(heat.png()?)
}

/// Means over bands of latitude, from north to south.
fn bands(answer: &Answer, days: f64) -> Vec<(String, [f64; 24])> {
    let Some(region) = answer.ground.regions.first() else {
        return vec![];
    };
    let mut rows = Vec::new();
    for band in (-9..9).rev() {
        let (south, north) = (f64::from(band) * BAND_DEG, f64::from(band + 1) * BAND_DEG);
        let cells = answer.ground.cells_of(region, &answer.found);
        let inside =
            cells.filter(|(cell, _)| cell.place.lat_deg >= south && cell.place.lat_deg < north);
        let inside: Vec<(f64, &Found)> =
            inside.map(|(cell, found)| (cell.area_km2, found)).collect();
        if inside.is_empty() {
            continue;
        }
        let side = |lat: f64| match lat {
            0.0 => "0°".to_string(),
            lat if lat > 0.0 => format!("{lat}°N"),
            lat => format!("{}°S", -lat),
        };
        let name = format!("{} to {}", side(south), side(north));
        rows.push((name, mean(inside.into_iter(), days)));
    }
    rows
}

/// Accesses a day in each hour, by area.
fn mean<'a>(cells: impl Iterator<Item = (f64, &'a Found)>, days: f64) -> [f64; 24] {
    let (mut sums, mut area) = ([0.0; 24], 0.0);
    for (area_km2, found) in cells {
        area += area_km2;
        for (sum, count) in sums.iter_mut().zip(found.by_hour) {
            *sum += area_km2 * f64::from(count);
        }
    }
    sums.map(|sum| if area > 0.0 { sum / area / days } else { 0.0 })
}
