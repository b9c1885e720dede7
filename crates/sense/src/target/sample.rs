//! Spreading samples over polygons and lines.

use super::Sample;
use crate::area::{Area, zone_m2};
use corridor_orbit::earth::{self, Geodetic, dot, sub};
use geo::{Coord, Polygon};

/// Rows that one polygon is cut in at most.
const ROWS_MAX: f64 = 4_000.0;

/// Rows that a polygon among few has at least, however small its part of the area.
const ROWS_MIN: f64 = 4.0;

/// So many polygons are few.
const FEW: usize = 64;

/// Kilometres in a degree of latitude.
const KM_PER_DEGREE: f64 = 111.2;

/// Longest piece of a line, degrees.
const PIECE_MAX_DEG: f64 = 0.25;

/// About `wanted` samples of an area.
pub(super) fn of_area(area: &Area, wanted: usize) -> Vec<Sample> {
    let side_km = (area.area_km2() / wanted as f64).sqrt();
    let polygons = area.flat();
    let least = match polygons.0.len() {
        0..=FEW => ROWS_MIN,
        _ => 1.0,
    };
    let mut samples = Vec::with_capacity(wanted + wanted / 4);
    for polygon in polygons {
        of_polygon(polygon, side_km, least, &mut samples);
    }
    let whole: f64 = samples.iter().map(|s| s.share).sum();
    if whole <= 0.0 {
        // Thinner than any row: its middle stands for it.
        return vec![Sample {
            r_m: earth::from_geodetic(&area.middle()).r_m,
            share: 1.0,
        }];
    }
    for sample in &mut samples {
        sample.share /= whole;
    }
    samples
}

fn of_polygon(polygon: &Polygon<f64>, side_km: f64, least: f64, samples: &mut Vec<Sample>) {
    let ys = || polygon.exterior().coords().map(|c| c.y);
    let (south, north) = (ys().fold(f64::MAX, f64::min), ys().fold(f64::MIN, f64::max));
    let rows = ((north - south) * KM_PER_DEGREE / side_km)
        .ceil()
        .clamp(least, ROWS_MAX);
    let edge = |k: usize| south + (north - south) * k as f64 / rows;
    let mut crossings = Vec::new();
    for row in 0..rows as usize {
        let (low, high) = (edge(row), edge(row + 1));
        let lat_deg = 0.5 * (low + high);
        let zone = (zone_m2(high) - zone_m2(low)).abs();
        let km_per_degree = KM_PER_DEGREE * lat_deg.to_radians().cos().max(1e-6);
        crossings.clear();
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            crossings.extend(ring.0.windows(2).filter_map(|w| crossing(w, lat_deg)));
        }
        crossings.sort_by(f64::total_cmp);
        for inside in crossings.chunks_exact(2) {
            let width = inside[1] - inside[0];
            let pieces = (width * km_per_degree / side_km).round().max(1.0);
            for piece in 0..pieces as usize {
                let lon_deg = inside[0] + width * (piece as f64 + 0.5) / pieces;
                samples.push(Sample {
                    r_m: earth::from_geodetic(&Geodetic::on_ground(lon_deg, lat_deg)).r_m,
                    share: zone * (width / pieces).to_radians(),
                });
            }
        }
    }
}

/// Where an edge crosses a parallel.
fn crossing(edge: &[Coord<f64>], lat_deg: f64) -> Option<f64> {
    let (a, b) = (edge[0], edge[1]);
    let crosses = (a.y <= lat_deg) != (b.y <= lat_deg);
    crosses.then(|| a.x + (b.x - a.x) * (lat_deg - a.y) / (b.y - a.y))
}

/// About `wanted` samples of lines, and their length, km.
pub(super) fn of_lines(lines: &[Vec<[f64; 2]>], wanted: usize) -> (Vec<Sample>, f64) {
    let pieces: Vec<([f64; 2], [f64; 2], f64)> = lines
        .iter()
        .flat_map(|line| cut(line))
        .map(|(a, b)| {
            let d = sub(on_ground(b), on_ground(a));
            (a, b, dot(d, d).sqrt())
        })
        .filter(|(_, _, length_m)| *length_m > 0.0)
        .collect();
    let whole: f64 = pieces.iter().map(|(_, _, length_m)| length_m).sum();
    let mut samples = Vec::with_capacity(wanted + pieces.len());
    for (a, b, length_m) in pieces {
        let parts = (length_m / whole * wanted as f64).ceil().max(1.0);
        for part in 0..parts as usize {
            let at = (part as f64 + 0.5) / parts;
            samples.push(Sample {
                r_m: on_ground([a[0] + (b[0] - a[0]) * at, a[1] + (b[1] - a[1]) * at]),
                share: length_m / parts / whole,
            });
        }
    }
    (samples, whole / 1e3)
}

/// Each line as a closed ring: there and back.
pub(super) fn there_and_back(lines: &[Vec<[f64; 2]>]) -> Vec<Vec<[f64; 3]>> {
    let ring = |line: &Vec<[f64; 2]>| {
        let mut ring: Vec<[f64; 3]> = line.first().map(|p| on_ground(*p)).into_iter().collect();
        ring.extend(cut(line).map(|(_, b)| on_ground(b)));
        let back: Vec<[f64; 3]> = ring.iter().rev().skip(1).copied().collect();
        ring.extend(back);
        ring
    };
    lines.iter().filter(|l| l.len() > 1).map(ring).collect()
}

/// The pieces of a line, each at most [`PIECE_MAX_DEG`] long.
fn cut(line: &[[f64; 2]]) -> impl Iterator<Item = ([f64; 2], [f64; 2])> {
    line.windows(2).flat_map(|w| {
        let (a, b) = (w[0], w[1]);
        let long = (b[0] - a[0]).abs().max((b[1] - a[1]).abs());
        let n = (long / PIECE_MAX_DEG).ceil().max(1.0);
        let at = move |k: usize| -> [f64; 2] {
            std::array::from_fn(|i| a[i] + (b[i] - a[i]) * k as f64 / n)
        };
        (0..n as usize).map(move |k| (at(k), at(k + 1)))
    })
}

fn on_ground([lon_deg, lat_deg]: [f64; 2]) -> [f64; 3] {
    earth::from_geodetic(&Geodetic::on_ground(lon_deg, lat_deg)).r_m
}
