//! Targets: a point, lines or polygons as an instrument meets them.
//!
//! What is seen of a target is told by *samples*: points spread over it, each with the share of the target
//! that it stands for. A polygon is cut in rows of latitude and each row, where it lies inside, in
//! pieces of about a square; a line is cut in pieces of equal length. Shares are areas and lengths on the
//! ellipsoid, so sums over samples hold at the antimeridian and at the poles as anywhere. With
//! [`SAMPLES`] of them a straight edge across an area misjudges its share by about 0.1 %, at worst 0.8 %
//! (along a row).

mod sample;

use crate::area::{Area, AreaError, RADIUS_MAX_DEG};
use crate::place::{Place, Shape};
use corridor_orbit::earth::{self, Geodetic};
use std::borrow::Cow;

/// Samples that a target is given, about.
pub const SAMPLES: usize = 4_000;

/// Half the side of the square that stands for a point while a line of sight sweeps over it, km.
const POINT_HALF_KM: f64 = 0.05;

/// A point of a target and the share of the target that it stands for; shares add to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// On the ellipsoid, ITRF axes, metres.
    pub r_m: [f64; 3],
    /// In 0..=1.
    pub share: f64,
}

/// Something to be seen, prepared for geometry.
#[derive(Debug, Clone)]
pub struct Target {
    kind: Kind,
    samples: Vec<Sample>,
}

#[derive(Debug, Clone)]
enum Kind {
    Point(Box<Area>),
    Lines(Box<Lines>),
    Area(Box<Area>),
}

#[derive(Debug, Clone)]
struct Lines {
    /// Each line there and back, so that it is a closed ring without an inside.
    rings: Vec<Vec<[f64; 3]>>,
    centre: [f64; 3],
    middle: Geodetic,
    radius_rad: f64,
    length_km: f64,
}

impl Target {
    /// Of a place.
    ///
    /// # Errors
    /// [`AreaError`]: lines without length, or that reach further than [`RADIUS_MAX_DEG`].
    pub fn of_place(place: &Place) -> Result<Self, AreaError> {
        match &place.shape {
            Shape::Point => Self::point(&place.position),
            Shape::Lines(lines) => Self::lines(lines),
            Shape::Area(area) => Ok(Self::area(area)),
        }
    }

    /// Of polygons.
    pub fn area(area: &Area) -> Self {
        Self {
            samples: sample::of_area(area, SAMPLES),
            kind: Kind::Area(Box::new(area.clone())),
        }
    }

    /// Of a place on the ground; its height is not looked at. What sweeps over it sees a square of 100 m.
    ///
    /// # Errors
    /// [`AreaError`] where the place cannot be.
    pub fn point(place: &Geodetic) -> Result<Self, AreaError> {
        let ground = Geodetic::on_ground(place.lon_deg, place.lat_deg);
        Ok(Self {
            kind: Kind::Point(Box::new(Area::about(&ground, POINT_HALF_KM)?)),
            samples: vec![Sample {
                r_m: earth::from_geodetic(&ground).r_m,
                share: 1.0,
            }],
        })
    }

    /// Of lines of longitude and latitude, degrees, that run on past 180 degrees where they cross the
    /// antimeridian; straight in longitude and latitude.
    ///
    /// # Errors
    /// [`AreaError`]: no length, or further than [`RADIUS_MAX_DEG`] from the middle.
    pub fn lines(lines: &[Vec<[f64; 2]>]) -> Result<Self, AreaError> {
        let (samples, length_km) = sample::of_lines(lines, SAMPLES / 2);
        let sum = samples.iter().fold([0.0; 3], |sum: [f64; 3], sample| {
            std::array::from_fn(|k| sum[k] + sample.share * sample.r_m[k])
        });
        if length_km <= 0.0 || earth::dot(sum, sum) == 0.0 {
            return Err(AreaError::Empty);
        }
        let [x, y, z] = earth::unit(sum);
        let middle = Geodetic::on_ground(y.atan2(x).to_degrees(), z.asin().to_degrees());
        let centre = earth::unit(earth::from_geodetic(&middle).r_m);
        let rings = sample::there_and_back(lines);
        let far = rings.iter().flatten();
        let radius_rad = far
            .map(|p| earth::angle_between(*p, centre))
            .fold(0.0, f64::max);
        if radius_rad.to_degrees() > RADIUS_MAX_DEG {
            return Err(AreaError::Wide {
                radius_deg: radius_rad.to_degrees(),
            });
        }
        Ok(Self {
            samples,
            kind: Kind::Lines(Box::new(Lines {
                rings,
                centre,
                middle,
                radius_rad,
                length_km,
            })),
        })
    }

    /// The points that stand for it.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// A place in the middle.
    pub fn middle(&self) -> Geodetic {
        match &self.kind {
            Kind::Point(area) | Kind::Area(area) => area.middle(),
            Kind::Lines(lines) => lines.middle,
        }
    }

    /// Area in square kilometres of polygons, `None` for others.
    pub fn area_km2(&self) -> Option<f64> {
        match &self.kind {
            Kind::Area(area) => Some(area.area_km2()),
            Kind::Point(_) | Kind::Lines(_) => None,
        }
    }

    /// Length of lines, km; `None` for others.
    pub fn length_km(&self) -> Option<f64> {
        match &self.kind {
            Kind::Lines(lines) => Some(lines.length_km),
            Kind::Point(_) | Kind::Area(_) => None,
        }
    }

    pub(crate) fn outline(&self) -> Outline<'_> {
        match &self.kind {
            Kind::Point(area) => Outline {
                samples: Some(Cow::Borrowed(&self.samples)),
                ..Outline::of_area(area)
            },
            Kind::Area(area) => Outline {
                samples: Some(Cow::Borrowed(&self.samples)),
                area: Some(area),
                ..Outline::of_area(area)
            },
            Kind::Lines(lines) => Outline {
                rings: &lines.rings,
                centre: lines.centre,
                radius_rad: lines.radius_rad,
                middle: lines.middle,
                area: None,
                samples: Some(Cow::Borrowed(&self.samples)),
            },
        }
    }
}

/// What of a target the search for windows needs.
#[derive(Debug, Clone)]
pub(crate) struct Outline<'a> {
    /// Closed rings on the ellipsoid, metres.
    pub(crate) rings: &'a [Vec<[f64; 3]>],
    /// Direction of the middle from the Earth's centre.
    pub(crate) centre: [f64; 3],
    /// How far it reaches from there, radians at the Earth's centre.
    pub(crate) radius_rad: f64,
    /// Where daylight is asked for.
    pub(crate) middle: Geodetic,
    /// The polygons, where it has an inside.
    pub(crate) area: Option<&'a Area>,
    samples: Option<Cow<'a, [Sample]>>,
}

impl<'a> Outline<'a> {
    /// Of polygons; without samples, since few looks need them.
    pub(crate) fn of_area(area: &'a Area) -> Self {
        Self {
            rings: area.rings(),
            centre: area.centre(),
            radius_rad: area.radius_rad(),
            middle: area.middle(),
            area: Some(area),
            samples: None,
        }
    }

    /// The points that stand for it.
    pub(crate) fn samples(&self) -> Cow<'_, [Sample]> {
        match (&self.samples, self.area) {
            (Some(samples), _) => Cow::Borrowed(samples),
            (None, Some(area)) => Cow::Owned(sample::of_area(area, SAMPLES)),
            (None, None) => Cow::Borrowed(&[]),
        }
    }
}

#[cfg(test)]
mod tests;
