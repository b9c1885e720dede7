//! Where to look: places, or the cells of a grid, of polygons or of countries.

use crate::verb::Failure;
use crate::verb::sense::places::Places;
use clap::Args;
use corridor_orbit::earth::Geodetic;
use corridor_sense::merit::{
    CELLS_MAX, Cell, Found, GridError, Region, cells_in_box, cells_of_polygons, check_step,
};
use corridor_sense::place::Place;
use corridor_watch::register::shipped_countries;
use geo::MultiPolygon;

/// Cells of countries where no step is given, degrees.
const COUNTRY_STEP_DEG: f64 = 1.0;

/// Grids and countries.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct Wanted {
    /// Cells of this many degrees: of the world, of --bbox, or of the polygons of --places
    #[arg(long, value_name = "DEG", allow_hyphen_values = true)]
    grid: Option<f64>,
    /// The box of the grid; west above east crosses the antimeridian
    #[arg(long, value_name = "W,S,E,N", allow_hyphen_values = true, value_parser = bounds, requires = "grid")]
    bbox: Option<[f64; 4]>,
    /// Every country, by cells of a degree or of --grid
    #[arg(long, conflicts_with_all = ["bbox", "where"])]
    countries: bool,
}

/// `W,S,E,N`.
fn bounds(text: &str) -> Result<[f64; 4], String> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
    numbers
        .and_then(|n| <[f64; 4]>::try_from(n).ok())
        .ok_or_else(|| "should be west,south,east,north in degrees".into())
}

/// The pieces that are looked at.
pub(super) enum Piece {
    /// Places as they are.
    Places(Vec<Place>),
    /// Cells, those of one region after those of another.
    Cells(Vec<Cell>),
}

/// A region of cells.
pub(super) struct Named {
    pub(super) id: String,
    pub(super) name: String,
    /// Its cells, by their numbers.
    cells: std::ops::Range<usize>,
    /// Its outline; none of a box.
    pub(super) outline: Option<MultiPolygon<f64>>,
}

/// Where to look.
pub(super) struct Ground {
    pub(super) pieces: Piece,
    pub(super) regions: Vec<Named>,
    /// Whether the cells themselves are the answer, rather than the regions.
    pub(super) by_cell: bool,
}

fn grid_usage(error: &GridError) -> Failure {
    Failure::Usage(error.to_string())
}

impl Ground {
    /// Reads what was asked for.
    pub(super) fn new(places: &Places, wanted: &Wanted) -> Result<Self, Failure> {
        if wanted.countries {
            let step_deg = wanted.grid.unwrap_or(COUNTRY_STEP_DEG);
            let countries = shipped_countries()?.all.into_iter();
            return Self::of_regions(countries.map(|c| (c.id, c.name, c.land)), step_deg);
        }
        let Some(step_deg) = wanted.grid else {
            if !places.any() {
                return Err(Failure::Usage(
                    "--at, --places, --stations, --grid or --countries should say where".into(),
                ));
            }
            let pieces = Piece::Places(places.read()?);
            return Ok(Self {
                pieces,
                regions: vec![],
                by_cell: false,
            });
        };
        check_step(step_deg).map_err(|e| grid_usage(&e))?;
        if !places.any() {
            let bounds = wanted.bbox.unwrap_or([-180.0, -90.0, 180.0, 90.0]);
            let cells = cells_in_box(bounds, step_deg).map_err(|e| grid_usage(&e))?;
            let name = if wanted.bbox.is_some() {
                "box"
            } else {
                "world"
            };
            let region = Named {
                id: name.into(),
                name: name.into(),
                cells: 0..cells.len(),
                outline: None,
            };
            return Ok(Self {
                pieces: Piece::Cells(cells),
                regions: vec![region],
                by_cell: true,
            });
        }
        if wanted.bbox.is_some() {
            return Err(Failure::Usage(
                "--bbox goes with --grid alone, not with places".into(),
            ));
        }
        let mut regions = Vec::new();
        for place in places.read()? {
            let Some(area) = place.area() else {
                return Err(Failure::Usage(format!(
                    "place {} has no inside: --grid needs polygons, and points need no --grid",
                    place.id
                )));
            };
            regions.push((place.id.clone(), place.name.clone(), area.polygon().clone()));
        }
        Self::of_regions(regions.into_iter(), step_deg)
    }

    fn of_regions(
        regions: impl Iterator<Item = (String, String, MultiPolygon<f64>)>,
        step_deg: f64,
    ) -> Result<Self, Failure> {
        let mut cells = Vec::new();
        let mut named = Vec::new();
        for (id, name, outline) in regions {
            let part = cells_of_polygons(&outline, step_deg).map_err(|e| grid_usage(&e))?;
            let first = cells.len();
            cells.extend(part);
            if cells.len() > CELLS_MAX {
                return Err(grid_usage(&GridError::TooMany(cells.len())));
            }
            named.push(Named {
                id,
                name,
                cells: first..cells.len(),
                outline: Some(outline),
            });
        }
        Ok(Self {
            pieces: Piece::Cells(cells),
            regions: named,
            by_cell: false,
        })
    }

    /// The places that stand for the pieces.
    pub(super) fn positions(&self) -> Vec<Geodetic> {
        match &self.pieces {
            Piece::Places(places) => places.iter().map(|p| p.position).collect(),
            Piece::Cells(cells) => cells.iter().map(|c| c.place).collect(),
        }
    }

    /// The cells of a region with what was found in each.
    pub(super) fn cells_of<'a>(
        &'a self,
        region: &'a Named,
        found: &'a [Found],
    ) -> impl Iterator<Item = (&'a Cell, &'a Found)> {
        let cells: &[Cell] = match &self.pieces {
            Piece::Places(_) => &[],
            Piece::Cells(cells) => cells,
        };
        cells[region.cells.clone()]
            .iter()
            .zip(&found[region.cells.clone()])
    }

    /// The figures of each region.
    pub(super) fn regions(&self, found: &[Found], duration_s: f64) -> Vec<Region> {
        let of = |region| {
            let cells = self
                .cells_of(region, found)
                .map(|(cell, found)| (cell.area_km2, found));
            Region::new(cells, duration_s)
        };
        self.regions.iter().map(of).collect()
    }
}
