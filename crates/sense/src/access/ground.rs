//! The ground that is taken in a window, to draw: footprints by lines of sight that meet the ellipsoid.

use super::Sensor;
use super::field::{Field, Pointed};
use super::frame::Axes;
use super::search::{axes_at, is_slow};
use crate::area::cut_at_antimeridian;
use crate::target::Target;
use corridor_orbit::earth::{self, Geodetic, cross, dot, unit};
use corridor_orbit::frame::{Itrf, Position};
use corridor_orbit::propagate::PropagateError;
use corridor_orbit::window::Window;
use geo::{
    BooleanOps, ConvexHull, Coord, LineString, MapCoords, MultiPoint, MultiPolygon, Polygon,
};

/// Positions along each edge of a strip.
const EDGE_POINTS: usize = 24;

/// Outlines of a field of view that are laid over one another for its way.
const OUTLINES: usize = 24;

/// Positions of one such outline.
const OUTLINE_POINTS: usize = 48;

/// What ground is taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ground {
    /// Between two angles from nadir across the track, to the right positive, radians.
    Strip {
        /// Its left edge.
        from: f64,
        /// Its right edge.
        to: f64,
    },
    /// The field of view on its way.
    Field(View),
    /// About a place.
    Disc {
        /// Direction from the Earth's centre, ITRF axes.
        middle: [f64; 3],
        /// Angle at the Earth's centre.
        radius_rad: f64,
    },
}

/// A fixed field of view.
#[derive(Debug, Clone, Copy)]
pub struct View(pub(super) Field);

impl PartialEq for View {
    fn eq(&self, other: &Self) -> bool {
        (self.0.far_rad() - other.0.far_rad()).abs() < 1e-12
            && (self.0.near_rad() - other.0.near_rad()).abs() < 1e-12
    }
}

/// The ground as polygons of longitude and latitude, degrees, cut at the antimeridian and led to the pole
/// where one is inside; from `margin_s` before the window to as long after it, so that a short window
/// shows too.
///
/// # Errors
/// Where the trajectory has no state.
pub fn footprint(
    sensor: &Sensor<'_>,
    target: &Target,
    window: Window,
    ground: &[Ground],
    margin_s: f64,
) -> Result<MultiPolygon<f64>, PropagateError> {
    let track = sensor.trajectory.track(window.start);
    let slow = is_slow(sensor.trajectory);
    let length_s = window.duration_s() + 2.0 * margin_s;
    let axes = |part: f64| axes_at(&track, part * length_s - margin_s, slow);
    let plane = Plane::about(earth::from_geodetic(&target.middle()).r_m);
    let mut flat = MultiPolygon::new(Vec::new());
    for ground in ground {
        match ground {
            Ground::Strip { from, to } => {
                let (mut left, mut right) = (Vec::new(), Vec::new());
                for k in 0..=EDGE_POINTS {
                    let axes = axes(k as f64 / EDGE_POINTS as f64)?;
                    left.push(plane.flat(meets_across(&axes, *from)));
                    right.push(plane.flat(meets_across(&axes, *to)));
                }
                right.extend(left.into_iter().rev());
                flat = flat.union(&ring(right));
            }
            Ground::Field(View(field)) => {
                let mut before: Option<Vec<Coord<f64>>> = None;
                for k in 0..=OUTLINES {
                    let axes = axes(k as f64 / OUTLINES as f64)?;
                    let outline = outline(&axes, &field.at(&axes));
                    let mut outline: Vec<Coord<f64>> =
                        outline.iter().map(|p| plane.flat(*p)).collect();
                    let now = outline.clone();
                    // What lies between two outlines: a narrow field of view leaves no gap on its way.
                    outline.extend(before.replace(now).into_iter().flatten());
                    let hull = MultiPoint::from(outline).convex_hull();
                    flat = flat.union(&MultiPolygon::new(vec![hull]));
                }
            }
            Ground::Disc { middle, radius_rad } => {
                let disc = Plane::about(*middle);
                let edge = (0..OUTLINE_POINTS).map(|k| {
                    let turn = std::f64::consts::TAU * k as f64 / OUTLINE_POINTS as f64;
                    let reach = 2.0 * (0.5 * radius_rad).sin();
                    let (sin, cos) = turn.sin_cos();
                    plane.flat(disc.ground(reach * cos, reach * sin))
                });
                flat = flat.union(&ring(edge.collect()));
            }
        }
    }
    // The cut leaves the seam where it is up to rounding.
    let cut = cut_at_antimeridian(&plane.to_degrees(&flat));
    Ok(cut.map_coords(|c| Coord {
        x: c.x.clamp(-180.0, 180.0),
        y: c.y.clamp(-90.0, 90.0),
    }))
}

/// Where a line of sight across the track meets the ground; the horizon's place where it misses.
fn meets_across(axes: &Axes, angle: f64) -> [f64; 3] {
    let (sin, cos) = angle.sin_cos();
    let ray = std::array::from_fn(|k| cos * axes.down[k] + sin * axes.right[k]);
    meets(axes, ray)
}

fn meets(axes: &Axes, ray: [f64; 3]) -> [f64; 3] {
    axes.meets(ray).unwrap_or_else(|| {
        // To the same side, where sight just touches the ground.
        let side = dot(ray, axes.down);
        let level: [f64; 3] = std::array::from_fn(|k| ray[k] - side * axes.down[k]);
        let (level, arc) = (unit(level), axes.horizon_arc());
        let radius = axes.ground_radius();
        std::array::from_fn(|k| radius * (level[k] * arc.sin() - axes.down[k] * arc.cos()))
    })
}

fn outline(axes: &Axes, view: &Pointed) -> Vec<[f64; 3]> {
    (0..OUTLINE_POINTS)
        .map(|k| {
            // An eighth on, so that the corners of a rectangle are among them.
            meets(axes, view.edge(0.125 + k as f64 / OUTLINE_POINTS as f64))
        })
        .collect()
}

/// A closed ring, anticlockwise; an outline that folds over itself is put right by the union.
fn ring(points: Vec<Coord<f64>>) -> MultiPolygon<f64> {
    let mut line = LineString::new(points);
    line.close();
    let doubled: f64 = line
        .0
        .windows(2)
        .map(|w| w[0].x * w[1].y - w[1].x * w[0].y)
        .sum();
    if doubled < 0.0 {
        line.0.reverse();
    }
    MultiPolygon::new(vec![Polygon::new(line, vec![])])
}

/// Lambert's azimuthal equal-area plane about a direction: no seam and no pole near a target.
struct Plane {
    out: [f64; 3],
    east: [f64; 3],
    north: [f64; 3],
}

impl Plane {
    fn about(r_m: [f64; 3]) -> Self {
        let out = unit(r_m);
        let pole = match out[2].abs() > 0.9 {
            true => [1.0, 0.0, 0.0],
            false => [0.0, 0.0, 1.0],
        };
        let east = unit(cross(pole, out));
        Self {
            out,
            east,
            north: cross(out, east),
        }
    }

    fn flat(&self, point: [f64; 3]) -> Coord<f64> {
        let p = unit(point);
        let scale = (2.0 / (1.0 + dot(p, self.out)).max(1e-9)).sqrt();
        Coord {
            x: scale * dot(p, self.east),
            y: scale * dot(p, self.north),
        }
    }

    /// The place on the ellipsoid.
    fn ground(&self, x: f64, y: f64) -> [f64; 3] {
        let rho2 = (x * x + y * y).min(4.0);
        let side = (1.0 - 0.25 * rho2).max(0.0).sqrt();
        let depth = 1.0 - 0.5 * rho2;
        let p: [f64; 3] = std::array::from_fn(|k| {
            side * (x * self.east[k] + y * self.north[k]) + depth * self.out[k]
        });
        let a2 = earth::SEMI_MAJOR_M * earth::SEMI_MAJOR_M;
        let b2 = earth::SEMI_MINOR_M * earth::SEMI_MINOR_M;
        let scale = 1.0 / ((p[0] * p[0] + p[1] * p[1]) / a2 + p[2] * p[2] / b2).sqrt();
        p.map(|x| x * scale)
    }

    fn to_degrees(&self, flat: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        let line = |line: &LineString<f64>| {
            let places = line.0.iter().map(|c| {
                let Geodetic {
                    lon_deg, lat_deg, ..
                } = earth::to_geodetic(&Position::<Itrf>::new(self.ground(c.x, c.y)));
                [lon_deg, lat_deg]
            });
            round_the_pole(&places.collect::<Vec<_>>())
        };
        flat.iter()
            .map(|polygon| {
                let holes = polygon.interiors().iter().map(line).collect();
                Polygon::new(line(polygon.exterior()), holes)
            })
            .collect()
    }
}

/// A ring with longitudes that run on past 180 degrees; one that goes round a pole is led along a meridian
/// to the pole and back.
fn round_the_pole(places: &[[f64; 2]]) -> LineString<f64> {
    let mut line: Vec<Coord<f64>> = Vec::with_capacity(places.len() + 3);
    let mut turned = 0.0;
    for (k, [lon_deg, lat_deg]) in places.iter().enumerate() {
        if k > 0 {
            let step: f64 = lon_deg - places[k - 1][0];
            turned -= 360.0 * (step / 360.0).round();
        }
        line.push(Coord {
            x: lon_deg + turned,
            y: *lat_deg,
        });
    }
    let (Some(first), Some(last)) = (line.first().copied(), line.last().copied()) else {
        return LineString::new(line);
    };
    if (last.x - first.x).abs() > 180.0 {
        let pole = 90_f64.copysign(first.y);
        line.extend([
            Coord { x: last.x, y: pole },
            Coord {
                x: first.x,
                y: pole,
            },
            first,
        ]);
    }
    // Within a turn of the Earth that the cut at the antimeridian looks at.
    let west = line.iter().map(|c| c.x).fold(f64::INFINITY, f64::min);
    let shift = -360.0 * ((west + 180.0) / 360.0).floor();
    for place in &mut line {
        place.x += shift;
    }
    LineString::new(line)
}
