//! Fixed fields of view: what of an outline lies within a cone or a rectangle about a fixed direction.
//!
//! On a plane across the middle of the field of view straight edges stay straight, and the field of view
//! is a disc or a rectangle about the origin. The *measure* of a point is its distance from the origin,
//! 1 on the edge of the field of view: less inside, more outside.

use super::frame::{Axes, turn_about_zero};
use crate::instrument::{Instrument, Look};
use corridor_orbit::earth::{dot, sub};

/// Least cosine of the angle from the middle at which a point still lies on the plane.
const DEPTH_MIN: f64 = 1e-3;

/// A fixed field of view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    roll: (f64, f64),
    pitch: (f64, f64),
    tangents: [f64; 2],
    round: bool,
    /// Angle between nadir and the middle, radians.
    pub(super) tilt_rad: f64,
    /// Greatest angle between the middle and the edge, radians.
    pub(super) widest_rad: f64,
}

impl Field {
    /// Of a conical or rectangular look; `None` for others.
    pub(super) fn of(instrument: &Instrument) -> Option<Self> {
        if !matches!(instrument.look, Look::Conical | Look::Rectangular) {
            return None;
        }
        let view = &instrument.view;
        let (roll, pitch) = view.roll_pitch_rad();
        Some(Self {
            roll: roll.sin_cos(),
            pitch: pitch.sin_cos(),
            tangents: view.half_tangents().map(|t| t.max(1e-9)),
            round: instrument.look == Look::Conical,
            tilt_rad: view.tilt_rad(),
            widest_rad: view.half_widest_rad(),
        })
    }

    /// A cone about nadir.
    pub(super) fn about_nadir(half_rad: f64) -> Self {
        Self {
            roll: (0.0, 1.0),
            pitch: (0.0, 1.0),
            tangents: [half_rad.tan().max(1e-9); 2],
            round: true,
            tilt_rad: 0.0,
            widest_rad: half_rad,
        }
    }

    /// Angle from nadir to the far edge, radians.
    pub(super) fn far_rad(&self) -> f64 {
        self.tilt_rad + self.widest_rad
    }

    /// Angle from nadir to the near edge, radians: zero where nadir is within.
    pub(super) fn near_rad(&self) -> f64 {
        (self.tilt_rad - self.widest_rad).max(0.0)
    }

    /// Half angle along the track, radians.
    pub(super) fn along_rad(&self) -> f64 {
        self.tangents[0].atan()
    }

    /// Measure beyond which [`Pointed::least`] need not tell apart, and how fast the measure changes below
    /// it at most where lines of sight turn by one radian.
    pub(super) fn cap(&self) -> (f64, f64) {
        let widest = self.widest_rad.tan();
        let cap = f64::max(2.0, 1.0 / widest);
        let least = self.tangents[0].min(self.tangents[1]);
        (cap, (1.0 + (cap * widest).powi(2)) / least)
    }

    /// The field of view from where the satellite is.
    pub(super) fn at(&self, axes: &Axes) -> Pointed {
        let ((sr, cr), (sp, cp)) = (self.roll, self.pitch);
        let mix = |a: f64, b: f64, c: f64| -> [f64; 3] {
            std::array::from_fn(|k| a * axes.along[k] + b * axes.right[k] + c * axes.down[k])
        };
        Pointed {
            axes: *axes,
            middle: mix(sp, cp * sr, cp * cr),
            along: mix(cp, -sp * sr, -sp * cr),
            right: mix(0.0, cr, -sr),
            tangents: self.tangents,
            round: self.round,
        }
    }
}

/// A field of view at one instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pointed {
    axes: Axes,
    middle: [f64; 3],
    along: [f64; 3],
    right: [f64; 3],
    tangents: [f64; 2],
    round: bool,
}

impl Pointed {
    /// Measure of a point on the ground; infinite beyond the horizon.
    pub(super) fn measure(&self, point: [f64; 3]) -> f64 {
        if !self.axes.sees(point) || self.depth(point) <= 0.0 {
            return f64::INFINITY;
        }
        self.norm(self.project(point))
    }

    /// Direction on the edge of the field of view, `turn` in 0..1 about its middle.
    pub(super) fn edge(&self, turn: f64) -> [f64; 3] {
        let (sin, cos) = (std::f64::consts::TAU * turn).sin_cos();
        let scale = match self.round {
            true => 1.0,
            false => 1.0 / sin.abs().max(cos.abs()),
        };
        let [x, y] = [
            cos * scale * self.tangents[0],
            sin * scale * self.tangents[1],
        ];
        std::array::from_fn(|k| self.middle[k] + x * self.along[k] + y * self.right[k])
    }

    /// Least measure of any point of closed rings; infinite where none is on the near side.
    pub(super) fn least(&self, rings: &[Vec<[f64; 3]>]) -> f64 {
        let mut least = f64::INFINITY;
        let mut winding = 0_i32;
        for ring in rings {
            let all = ring
                .iter()
                .all(|p| self.axes.sees(*p) && self.depth(*p) > 0.0);
            let kept;
            let ring = match all {
                true => ring,
                false => {
                    let near = cut(ring, |p| self.axes.horizon(p));
                    kept = cut(&near, |p| self.depth(p));
                    &kept
                }
            };
            let mut points = ring.iter().map(|p| self.scaled(*p));
            let Some(mut from) = points.next() else {
                continue;
            };
            least = least.min(self.size(from));
            for to in points {
                least = least.min(self.nearest(from, to));
                winding += turn_about_zero(from, to);
                from = to;
            }
        }
        match winding {
            0 => least,
            _ => 0.0,
        }
    }

    /// Above zero where the point is well before the satellite.
    fn depth(&self, point: [f64; 3]) -> f64 {
        let sight = sub(point, self.axes.position);
        dot(sight, self.middle) - DEPTH_MIN * dot(self.axes.position, self.axes.position).sqrt()
    }

    fn project(&self, point: [f64; 3]) -> [f64; 2] {
        let sight = sub(point, self.axes.position);
        let depth = dot(sight, self.middle);
        [
            dot(sight, self.along) / depth,
            dot(sight, self.right) / depth,
        ]
    }

    fn scaled(&self, point: [f64; 3]) -> [f64; 2] {
        let [x, y] = self.project(point);
        [x / self.tangents[0], y / self.tangents[1]]
    }

    fn norm(&self, [x, y]: [f64; 2]) -> f64 {
        self.size([x / self.tangents[0], y / self.tangents[1]])
    }

    fn size(&self, [x, y]: [f64; 2]) -> f64 {
        match self.round {
            true => x.hypot(y),
            false => x.abs().max(y.abs()),
        }
    }

    /// Least size on the piece between two points.
    fn nearest(&self, a: [f64; 2], b: [f64; 2]) -> f64 {
        let d = [b[0] - a[0], b[1] - a[1]];
        let at = |part: f64| {
            let part = part.clamp(0.0, 1.0);
            self.size([a[0] + d[0] * part, a[1] + d[1] * part])
        };
        // A part where a linear function of the point is zero.
        let zero = |f: f64, slope: f64| if slope == 0.0 { 0.0 } else { -f / slope };
        if self.round {
            return at(zero(a[0] * d[0] + a[1] * d[1], d[0] * d[0] + d[1] * d[1]));
        }
        // The greater of two moduli is least at an end, on an axis, or where the two are alike.
        [
            1.0,
            zero(a[0], d[0]),
            zero(a[1], d[1]),
            zero(a[0] - a[1], d[0] - d[1]),
            zero(a[0] + a[1], d[0] + d[1]),
        ]
        .into_iter()
        .map(at)
        .fold(self.size(a), f64::min)
    }
}

/// The part of a closed ring where a linear function is above zero (Sutherland and Hodgman).
fn cut(ring: &[[f64; 3]], inside: impl Fn([f64; 3]) -> f64) -> Vec<[f64; 3]> {
    let mut kept = Vec::with_capacity(ring.len() + 4);
    for edge in ring.windows(2) {
        let (da, db) = (inside(edge[0]), inside(edge[1]));
        if da > 0.0 {
            kept.push(edge[0]);
        }
        if (da > 0.0) != (db > 0.0) {
            let part = da / (da - db);
            kept.push(std::array::from_fn(|k| {
                edge[0][k] + (edge[1][k] - edge[0][k]) * part
            }));
        }
    }
    kept.extend(kept.first().copied());
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_orbit::earth::{self, Geodetic};
    use corridor_orbit::frame::State;

    fn above_equator() -> Axes {
        let p = earth::from_geodetic(&Geodetic {
            lon_deg: 0.0,
            lat_deg: 0.0,
            height_m: 7e5,
        });
        Axes::new(&State::new(p.r_m, [0.0, 0.0, 7e3]))
    }

    fn ground(lon: f64, lat: f64) -> [f64; 3] {
        earth::from_geodetic(&Geodetic::on_ground(lon, lat)).r_m
    }

    fn square(lon: f64, lat: f64, half: f64) -> Vec<Vec<[f64; 3]>> {
        let corners = [
            (-1.0, -1.0),
            (1.0, -1.0),
            (1.0, 1.0),
            (-1.0, 1.0),
            (-1.0, -1.0),
        ];
        let ring = corners
            .iter()
            .map(|(x, y)| ground(lon + x * half, lat + y * half));
        vec![ring.collect()]
    }

    #[test]
    fn a_tilted_rectangle_lies_where_it_points() {
        // Northbound: right is east. 20 degrees to the right, 10 ahead.
        let (roll, pitch) = (20_f64.to_radians(), 10_f64.to_radians());
        let field = Field {
            roll: roll.sin_cos(),
            pitch: pitch.sin_cos(),
            tangents: [0.02, 0.1],
            round: false,
            tilt_rad: 0.0,
            widest_rad: 0.1,
        };
        let at = field.at(&above_equator());
        let east = 6_371_000.0 * 2.35_f64.to_radians();
        let near = at.middle[1] / -at.middle[0];
        assert!((near - roll.tan()).abs() < 1e-12 && east > 0.0);
        assert!(at.middle[2] > 0.17 && at.along[2] > 0.98);
        // The corners of the edge stand at measure one.
        for turn in [0.0, 0.125, 0.3, 0.8] {
            let ray = at.edge(turn);
            let [x, y] = [dot(ray, at.along), dot(ray, at.right)];
            assert!((at.norm([x, y]) - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn inside_is_nought_and_outside_the_nearest_edge() {
        let cone = Field::about_nadir(9.02_f64.to_radians()).at(&above_equator());
        assert!(cone.least(&square(0.0, 0.0, 1.0)).abs() < 1e-12);
        // One degree of longitude is 111.3 km: atan(111.3 / 701) is 9.02 degrees.
        assert!((cone.least(&square(2.0, 0.0, 1.0)) - 1.0).abs() < 0.01);
        assert!(cone.least(&square(180.0, 0.0, 1.0)).is_infinite());
        // A field of view between the vertices of one long edge.
        let slit = vec![vec![
            ground(-3.0, -3.0),
            ground(3.0, -3.0),
            ground(3.0, 0.0),
            ground(-3.0, 0.0),
            ground(-3.0, -3.0),
        ]];
        assert!(cone.least(&slit) < 0.05);
    }
}
