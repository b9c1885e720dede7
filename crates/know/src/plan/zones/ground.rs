//! Geometries on the grid of the pixels.

use super::{Partial, ZoneCut, constant};
use crate::cube::Samples;
use crate::error::GraphError;
use crate::geometry::{Feature, covered_part, features_of_value, to_crs};
use crate::graph::ProcessGraph;
use crate::plan::piece::{Planes, changed};
use crate::process::{aggregate_spatial, zonal_statistics};
use crate::value::Value;
use crate::zones::Layer;
use corridor_raster::dataset::Window;
use corridor_raster::grid::{Crs, Grid};
use corridor_raster::zonal::Zone;
use geo::{BoundingRect, Geometry, MultiPolygon};
use std::collections::BTreeMap;
use std::ops::Range;

/// One geometry on the grid.
#[derive(Debug)]
enum Ground {
    /// No pixel.
    Nothing,
    /// Pixels whose centre lies inside or on the edge.
    Centres(MultiPolygon<f64>, Window),
    /// Single pixels as column and row.
    Pixels(Vec<(usize, usize)>, Window),
    /// Parts of pixels.
    Parts(Zone),
}

impl Ground {
    fn window(&self) -> Option<Window> {
        match self {
            Ground::Nothing => None,
            Ground::Centres(_, window) | Ground::Pixels(_, window) => Some(*window),
            Ground::Parts(zone) => Some(zone.window()),
        }
    }

    /// Weights of the pixels of a window of the grid, row by row.
    fn weights(&self, grid: &Grid, window: Window) -> Vec<f64> {
        match self {
            Ground::Nothing => vec![0.0; window.pixels()],
            Ground::Centres(polygons, _) => {
                covered_part(std::slice::from_ref(polygons), grid, window)
                    .into_iter()
                    .map(|inside| f64::from(u8::from(inside)))
                    .collect()
            }
            Ground::Pixels(pixels, _) => {
                let mut weights = vec![0.0; window.pixels()];
                for (col, row) in pixels {
                    if let (Some(col), Some(row)) =
                        (col.checked_sub(window.col), row.checked_sub(window.row))
                        && col < window.width
                        && row < window.height
                    {
                        weights[row * window.width + col] = 1.0;
                    }
                }
                weights
            }
            Ground::Parts(zone) => {
                let mut rows = zone.rows_in(window);
                let mut weights = Vec::with_capacity(window.pixels());
                while let Some(row) = rows.next_row() {
                    weights.extend_from_slice(row);
                }
                weights
            }
        }
    }
}

/// The geometries of a node of figures, laid on the grid of its pixels.
#[derive(Debug)]
pub(crate) struct Grounds {
    grid: Grid,
    grounds: Vec<Ground>,
}

impl Grounds {
    /// Reads the geometries of a cut and lays them on a grid.
    pub(crate) fn new(
        cut: &ZoneCut,
        graph: &ProcessGraph,
        scope: &BTreeMap<String, Value>,
        grid: &Grid,
    ) -> Result<Self, GraphError> {
        let node = &graph.nodes()[&cut.node];
        let geometries = constant(node, "geometries", graph, scope)?;
        let features = features_of_value(&node.process_id, "geometries", &geometries)?;
        let weighted = node.process_id == "zonal_statistics";
        let grounds = features
            .iter()
            .map(|feature| match weighted {
                true => parts(feature, grid),
                false => centres(feature, grid),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            grid: grid.clone(),
            grounds,
        })
    }

    /// Whether any geometry may have pixels in a window.
    pub(crate) fn meet(&self, window: Window) -> bool {
        let meets = |ground: &Ground| ground.window()?.intersection(&window);
        self.grounds.iter().any(|ground| meets(ground).is_some())
    }

    /// Adds the pixels `keep` of some planes of a result that were computed on the window
    /// `computed`.
    pub(crate) fn add(
        &self,
        cut: &ZoneCut,
        (planes, samples): (&Planes, &Samples),
        chosen: Range<usize>,
        (computed, keep): (Window, Window),
        found: &mut BTreeMap<(usize, usize), Partial>,
    ) -> Result<(), GraphError> {
        let fits = planes.size() == (computed.width, computed.height);
        if !fits || planes.count() != chosen.len() || chosen.end > cut.planes {
            return Err(changed(&cut.data));
        }
        let mut values = Vec::new();
        for (index, ground) in self.grounds.iter().enumerate() {
            let Some(window) = ground.window().and_then(|own| own.intersection(&keep)) else {
                continue;
            };
            let weights = ground.weights(&self.grid, window);
            if !weights.iter().any(|weight| *weight > 0.0) {
                continue;
            }
            for plane in chosen.clone() {
                let partial = found
                    .entry((index, plane))
                    .or_insert_with(|| Partial::new(cut.keep));
                for row in 0..window.height {
                    let line = row * window.width..(row + 1) * window.width;
                    let (y, x) = (window.row + row - computed.row, window.col - computed.col);
                    let own = plane - chosen.start;
                    planes.line(samples, own, (y, x), window.width, &mut values);
                    let place = (window.row + row) * self.grid.width + window.col;
                    partial.add(&values, &weights[line], place as u64)?;
                }
            }
        }
        Ok(())
    }
}

fn centres(feature: &Feature, grid: &Grid) -> Result<Ground, GraphError> {
    let polygons = match &feature.geometry {
        Geometry::Polygon(polygon) => MultiPolygon(vec![polygon.clone()]),
        Geometry::MultiPolygon(several) => several.clone(),
        Geometry::Point(point) => return pixels(&[*point], grid),
        Geometry::MultiPoint(several) => return pixels(&several.0, grid),
        _ => return Err(aggregate_spatial::no_area()),
    };
    let moved = to_crs(&polygons, &grid.crs)?;
    let Some(bounds) = moved.bounding_rect() else {
        return Ok(Ground::Nothing);
    };
    let (low, high) = (bounds.min(), bounds.max());
    let corners = [
        (low.x, low.y),
        (high.x, low.y),
        (low.x, high.y),
        (high.x, high.y),
    ];
    let mut span = [
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    ];
    for (x, y) in corners {
        let Some((col, row)) = grid.pixel_of(x, y) else {
            return Ok(Ground::Nothing);
        };
        span = [
            span[0].min(col),
            span[1].min(row),
            span[2].max(col),
            span[3].max(row),
        ];
    }
    // A pixel more on each side: the window only says where to look.
    let side = |low: f64, high: f64, size: usize| {
        let first = (low.floor() - 1.0).clamp(0.0, size as f64) as usize;
        let end = (high.ceil() + 1.0).clamp(0.0, size as f64) as usize;
        (first < end).then_some((first, end - first))
    };
    let across = side(span[0], span[2], grid.width);
    let down = side(span[1], span[3], grid.height);
    Ok(match (across, down) {
        (Some((col, width)), Some((row, height))) => {
            Ground::Centres(moved, Window::new(col, row, width, height))
        }
        _ => Ground::Nothing,
    })
}

fn pixels(points: &[geo::Point<f64>], grid: &Grid) -> Result<Ground, GraphError> {
    let found = aggregate_spatial::points(points, grid)?;
    let found: Vec<(usize, usize)> = found
        .into_iter()
        .map(|pixel| (pixel % grid.width, pixel / grid.width))
        .collect();
    let window = found
        .iter()
        .map(|(col, row)| Window::new(*col, *row, 1, 1))
        .reduce(|a, b| {
            let (col, row) = (a.col.min(b.col), a.row.min(b.row));
            let right = (a.col + a.width).max(b.col + 1);
            let bottom = (a.row + a.height).max(b.row + 1);
            Window::new(col, row, right - col, bottom - row)
        });
    Ok(match window {
        Some(window) => Ground::Pixels(found, window),
        None => Ground::Nothing,
    })
}

fn parts(feature: &Feature, grid: &Grid) -> Result<Ground, GraphError> {
    let layer = Layer::new(&Crs::wgs84(), grid).map_err(crate::geometry::projection)?;
    let rings = zonal_statistics::rings(&feature.geometry)?;
    let zone = layer.zone(&rings).map_err(crate::geometry::projection)?;
    Ok(zone.map_or(Ground::Nothing, Ground::Parts))
}
