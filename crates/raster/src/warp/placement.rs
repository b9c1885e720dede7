//! A target on a dataset, found once for whatever levels and bands are then read.

use std::sync::Arc;

use super::coordinates::{Mapper, NOWHERE, Point, Remembered};
use super::extent::{self, Reach};
use super::job::Job;
use super::{Resampling, check_target, empty};
use crate::RasterError;
use crate::band::Band;
use crate::dataset::Dataset;
use crate::grid::{Crs, Grid, Transformer};
use crate::window::Window;

/// Places on each axis at which the reduction is looked for.
const PLACES: u8 = 8;
/// Share of the target above which looking for the window of a part does not pay.
const PART_MAX: f64 = 0.75;

/// A target with its places in each system that datasets under it have: scenes of a mosaic mostly
/// share theirs, and the way between two systems is the dear part of finding a place.
#[derive(Debug)]
pub(crate) struct Ground {
    target: Arc<Grid>,
    seen: Vec<Arc<Seen>>,
}

/// Places of a target in one system; NaN where there is none.
#[derive(Debug)]
struct Seen {
    crs: Crs,
    transformer: Arc<Transformer>,
    lattice: Vec<Point>,
    /// Neighbouring pixels, by which the reduction is found.
    steps: Vec<(Point, Point)>,
    /// Places that were asked for when pixels were computed.
    remembered: Arc<Remembered>,
}

impl Ground {
    /// Checks the size of the target.
    pub(crate) fn new(target: &Grid) -> Result<Self, RasterError> {
        check_target(target)?;
        Ok(Self {
            target: Arc::new(target.clone()),
            seen: Vec::new(),
        })
    }

    fn seen_in(&mut self, crs: &Crs) -> Result<Arc<Seen>, RasterError> {
        if let Some(seen) = self.seen.iter().find(|seen| seen.crs == *crs) {
            return Ok(Arc::clone(seen));
        }
        let target = &self.target;
        let transformer = Transformer::new(&target.crs, crs)?;
        let t = target.transform;
        let place = |(col, row): Point| {
            let x = t[0] + col * t[1] + row * t[2];
            let y = t[3] + col * t[4] + row * t[5];
            transformer.transform(x, y).unwrap_or(NOWHERE)
        };
        let step = |col: u8, row: u8| {
            let at = |i: u8, len: usize| (f64::from(i) + 0.5) / f64::from(PLACES) * len as f64;
            let (col, row) = (at(col, target.width), at(row, target.height));
            (place((col, row)), place((col + 1.0, row + 1.0)))
        };
        let steps = (0..PLACES).flat_map(|row| (0..PLACES).map(move |col| (col, row)));
        let seen = Arc::new(Seen {
            crs: crs.clone(),
            lattice: extent::lattice(target).map(place).collect(),
            steps: steps.map(|(col, row)| step(col, row)).collect(),
            transformer: Arc::new(transformer),
            remembered: Arc::new(Remembered::of(target)),
        });
        self.seen.push(Arc::clone(&seen));
        Ok(seen)
    }
}

/// Where a target lies on the full resolution of a dataset.
#[derive(Debug, Clone)]
pub(crate) struct Placement {
    mapper: Mapper,
    reach: Reach,
    /// The lattice of the target in pixels of the source.
    places: Vec<Point>,
    seen: Arc<Seen>,
    size: (usize, usize),
    target: Arc<Grid>,
}

impl Placement {
    /// `None` when target and source do not meet.
    pub(crate) fn new(source: &Grid, ground: &mut Ground) -> Result<Option<Self>, RasterError> {
        let seen = ground.seen_in(&source.crs)?;
        let mapper = Mapper::by(
            Arc::clone(&seen.transformer),
            source,
            &ground.target,
            Some(Arc::clone(&seen.remembered)),
        )?;
        let places: Vec<Point> = seen.lattice.iter().map(|c| mapper.pixel_of(*c)).collect();
        let Some(reach) = Reach::of_lattice(&places) else {
            return Ok(None);
        };
        let size = (source.width, source.height);
        let own = Self {
            mapper,
            reach,
            places,
            seen,
            size,
            target: Arc::clone(&ground.target),
        };
        let meets = extent::of(&own.reach, size, own.target_size(), Resampling::Nearest).is_some();
        Ok(meets.then_some(own))
    }

    fn target_size(&self) -> (usize, usize) {
        (self.target.width, self.target.height)
    }

    /// How many full-resolution source pixels a target pixel stands for along one
    /// axis, at the finest of a few places.
    pub(crate) fn reduction(&self) -> f64 {
        let size = self.target_size();
        let Some(extent) = extent::of(&self.reach, self.size, size, Resampling::Nearest) else {
            return 1.0;
        };
        let window = extent.window;
        let touches = |p: Point| {
            let (col, row) = (p.0 - window.col as f64, p.1 - window.row as f64);
            (0.0..=window.width as f64).contains(&col)
                && (0.0..=window.height as f64).contains(&row)
        };
        let mut least = f64::INFINITY;
        for (a, b) in &self.seen.steps {
            let a = self.mapper.pixel_of(*a);
            if touches(a) || least.is_infinite() {
                let b = self.mapper.pixel_of(*b);
                let length = (b.0 - a.0).abs().max((b.1 - a.1).abs());
                if length > 0.0 {
                    least = least.min(length);
                }
            }
        }
        if least.is_finite() { least } else { 1.0 }
    }

    /// The part of the target that pixels of the source may lie in.
    pub(crate) fn part(&self) -> Option<Window> {
        extent::met(&self.places, self.size, self.target_size())
    }

    /// Moves bands of one level (0 = full resolution) to a part of the target, to all its pixels
    /// or to those wanted of the target; the others are then left without a measurement. The
    /// pixels are those that the whole would have.
    pub(crate) fn warp(
        &self,
        source: &Dataset,
        (level, bands): (usize, &[usize]),
        resampling: Resampling,
        part: Window,
        wanted: Option<&[bool]>,
    ) -> Result<Vec<Band>, RasterError> {
        let size = source.level_size(level);
        let fx = size.0 as f64 / self.size.0 as f64;
        let fy = size.1 as f64 / self.size.1 as f64;
        let mapper = self.mapper.scaled(fx, fy);
        let reach = self.reach.scaled(fx, fy);
        let target_size = self.target_size();
        let nothing = || {
            let none = |_| empty(source.dtype(), source.nodata(), (part.width, part.height));
            bands.iter().map(none).collect()
        };
        let Some(mut extent) = extent::of(&reach, size, target_size, resampling) else {
            return nothing();
        };
        let most = PART_MAX * (target_size.0 * target_size.1) as f64;
        if part.pixels() as f64 <= most {
            let own = Reach::of_part(&self.places, part, target_size)
                .map(|reach| reach.scaled(fx, fy))
                .and_then(|reach| extent::of(&reach, size, target_size, resampling));
            let Some(own) = own else {
                return nothing();
            };
            // The scale stays that of the whole, so that the pixels are those of the whole.
            extent.window = extent::widened(own.window, &extent, size, resampling);
        }
        let sources = source.read_level(level, bands, extent.window)?;
        let job = Job {
            mapper: &mapper,
            extent: &extent,
            target: &self.target,
            part,
            resampling,
            wanted,
        };
        job.run(&sources, extent.origin())
    }
}
