//! The satellite's own axes at one instant, and how it sees points of the ground from there.

use corridor_orbit::earth::{self, cross, dot, sub, unit};
use corridor_orbit::frame::{EARTH_ROTATION_RAD_S, Itrf, State};

/// A satellite's axes: geodetic nadir, along the ground track, to the right of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axes {
    pub(super) position: [f64; 3],
    pub(super) down: [f64; 3],
    pub(super) along: [f64; 3],
    pub(super) right: [f64; 3],
    /// How fast the satellite's ground point runs, radians per second at the Earth's centre.
    pub(super) turn_rad_s: f64,
}

impl Axes {
    pub(super) fn new(state: &State<Itrf>) -> Self {
        Self::along(state, state.v_m_s)
    }

    /// With *along* on the velocity among the stars, for orbits that hardly move over the ground.
    pub(super) fn inertial(state: &State<Itrf>) -> Self {
        let turn = [0.0, 0.0, EARTH_ROTATION_RAD_S];
        let carried = cross(turn, state.r_m);
        Self::along(state, std::array::from_fn(|k| state.v_m_s[k] + carried[k]))
    }

    fn along(state: &State<Itrf>, v: [f64; 3]) -> Self {
        let down = earth::nadir(&state.position());
        let sink = dot(v, down);
        let level = [
            v[0] - sink * down[0],
            v[1] - sink * down[1],
            v[2] - sink * down[2],
        ];
        let along = unit(level);
        let turn_rad_s = dot(level, level).sqrt() / dot(state.r_m, state.r_m).sqrt().max(1.0);
        Self {
            position: state.r_m,
            down,
            along,
            right: cross(down, along),
            turn_rad_s,
        }
    }

    /// Whether the satellite stands above the horizon of a point on the ellipsoid: the point is then on
    /// the near side of the polar plane of the satellite.
    pub(super) fn sees(&self, point: [f64; 3]) -> bool {
        self.horizon(point) > 0.0
    }

    /// Positive on the near side of the horizon, negative beyond; linear in the point.
    pub(super) fn horizon(&self, point: [f64; 3]) -> f64 {
        let a2 = earth::SEMI_MAJOR_M * earth::SEMI_MAJOR_M;
        let b2 = earth::SEMI_MINOR_M * earth::SEMI_MINOR_M;
        let s = self.position;
        (s[0] * point[0] + s[1] * point[1]) / a2 + s[2] * point[2] / b2 - 1.0
    }

    /// The point on the plane one unit below the satellite: along and right, both as tangents.
    fn project(&self, point: [f64; 3]) -> [f64; 2] {
        let sight = sub(point, self.position);
        let depth = dot(sight, self.down);
        [
            dot(sight, self.along) / depth,
            dot(sight, self.right) / depth,
        ]
    }

    /// Least angle from nadir to any point of the rings, radians: zero where nadir is inside, `None`
    /// where none of it is on the near side.
    ///
    /// On the plane below the satellite straight edges stay straight, so the angle is that of the
    /// nearest point of an edge, exact for the chords that the rings are cut in.
    pub(super) fn least_off_nadir(&self, rings: &[Vec<[f64; 3]>]) -> Option<f64> {
        let mut least2 = f64::INFINITY;
        let mut winding = 0_i32;
        for ring in rings {
            let mut previous: Option<([f64; 3], [f64; 2])> = None;
            for point in ring {
                if !self.sees(*point) {
                    if let Some((last, from)) = previous.take() {
                        let edge = self.project(self.chord_at_horizon(last, *point));
                        least2 = least2.min(nearest2(from, edge));
                    }
                    continue;
                }
                let to = self.project(*point);
                match previous {
                    Some((_, from)) => {
                        least2 = least2.min(nearest2(from, to));
                        winding += turn_about_zero(from, to);
                    }
                    None => least2 = least2.min(to[0] * to[0] + to[1] * to[1]),
                }
                previous = Some((*point, to));
            }
        }
        if winding != 0 {
            return Some(0.0);
        }
        least2.is_finite().then(|| least2.sqrt().atan())
    }

    /// Where the chord from `near` to `far` meets the horizon.
    fn chord_at_horizon(&self, near: [f64; 3], far: [f64; 3]) -> [f64; 3] {
        let (a, b) = (self.horizon(near), self.horizon(far));
        let part = if a > b {
            (a / (a - b)).clamp(0.0, 1.0)
        } else {
            0.0
        };
        std::array::from_fn(|k| near[k] + (far[k] - near[k]) * part)
    }

    /// Seconds until the point is broadside, by the satellite's present turn: negative where it was.
    pub(super) fn seconds_to_broadside(&self, point: [f64; 3]) -> f64 {
        let sight = sub(point, self.position);
        dot(sight, self.along).atan2(-dot(point, self.down)) / self.turn_rad_s.max(1e-9)
    }

    /// The broadside point's place across the track: angle from nadir, radians, to the right positive
    /// (beyond the horizon it grows on by the angle at the Earth's centre), and the sine of that
    /// angle at the Earth's centre.
    pub(super) fn across(&self, point: [f64; 3]) -> (f64, f64) {
        let sight = sub(point, self.position);
        let radius = dot(point, point).sqrt();
        let sine = (dot(point, self.right) / radius).clamp(-1.0, 1.0);
        if self.sees(point) {
            return (dot(sight, self.right).atan2(dot(sight, self.down)), sine);
        }
        let ratio = (radius / dot(self.position, self.position).sqrt()).min(1.0);
        let (edge, edge_arc) = (ratio.asin(), ratio.acos());
        (
            sine.signum() * (edge + (sine.asin().abs() - edge_arc).max(0.0)),
            sine,
        )
    }

    /// Incidence angle at a point on the ellipsoid: between its vertical and the satellite, radians; to
    /// the right of the track positive, to the left negative.
    pub(super) fn incidence(&self, point: [f64; 3]) -> f64 {
        let a2 = earth::SEMI_MAJOR_M * earth::SEMI_MAJOR_M;
        let b2 = earth::SEMI_MINOR_M * earth::SEMI_MINOR_M;
        let up = [point[0] / a2, point[1] / a2, point[2] / b2];
        let angle = earth::angle_between(up, sub(self.position, point));
        angle.copysign(dot(sub(point, self.position), self.right))
    }

    /// The angle from nadir of a point `arc_rad` away at the Earth's centre, radians.
    pub(super) fn angle_of_arc(&self, arc_rad: f64) -> f64 {
        let radius = self.ground_radius();
        let r = dot(self.position, self.position).sqrt();
        (radius * arc_rad.sin()).atan2(r - radius * arc_rad.cos())
    }

    /// The angle at the Earth's centre that an angle from nadir reaches on the ground, radians; the
    /// horizon's for angles beyond it.
    pub(super) fn arc_of_angle(&self, angle: f64) -> f64 {
        // Bisection on the monotonic inverse.
        let (mut low, mut high) = (0.0, self.horizon_arc());
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if self.angle_of_arc(middle) < angle.abs() {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    }

    /// The angle from nadir across the track at which the ground is met at an incidence angle, radians,
    /// both to the right positive.
    pub(super) fn angle_of_incidence(&self, incidence: f64) -> f64 {
        let (mut low, mut high) = (0.0, std::f64::consts::FRAC_PI_2);
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            let (sin, cos) = (middle.copysign(incidence)).sin_cos();
            let ray = std::array::from_fn(|k| cos * self.down[k] + sin * self.right[k]);
            let met = self.meets(ray).map(|p| self.incidence(p).abs());
            if met.is_some_and(|met| met < incidence.abs()) {
                low = middle;
            } else {
                high = middle;
            }
        }
        (0.5 * (low + high)).copysign(incidence)
    }

    /// Where a line of sight meets the ellipsoid; `None` where it misses.
    pub(super) fn meets(&self, ray: [f64; 3]) -> Option<[f64; 3]> {
        let axes = [
            earth::SEMI_MAJOR_M,
            earth::SEMI_MAJOR_M,
            earth::SEMI_MINOR_M,
        ];
        let p: [f64; 3] = std::array::from_fn(|k| self.position[k] / axes[k]);
        let d: [f64; 3] = std::array::from_fn(|k| ray[k] / axes[k]);
        let (a, b, c) = (dot(d, d), dot(p, d), dot(p, p) - 1.0);
        let root = b * b - a * c;
        let part = (-b - root.max(0.0).sqrt()) / a;
        (root >= 0.0 && part > 0.0)
            .then(|| std::array::from_fn(|k| self.position[k] + part * ray[k]))
    }

    /// The angle at the Earth's centre from nadir to the horizon, radians.
    pub(super) fn horizon_arc(&self) -> f64 {
        (self.ground_radius() / dot(self.position, self.position).sqrt())
            .min(1.0)
            .acos()
    }

    /// Distance of the ground below from the Earth's centre, metres.
    pub(super) fn ground_radius(&self) -> f64 {
        let s = self.position;
        let a2 = earth::SEMI_MAJOR_M * earth::SEMI_MAJOR_M;
        let b2 = earth::SEMI_MINOR_M * earth::SEMI_MINOR_M;
        let scale = ((s[0] * s[0] + s[1] * s[1]) / a2 + s[2] * s[2] / b2).sqrt();
        dot(s, s).sqrt() / scale.max(1.0)
    }
}

/// Squared distance of the origin from the piece between two points.
fn nearest2(a: [f64; 2], b: [f64; 2]) -> f64 {
    let d = [b[0] - a[0], b[1] - a[1]];
    let length2 = d[0] * d[0] + d[1] * d[1];
    let part = if length2 > 0.0 {
        -(a[0] * d[0] + a[1] * d[1]) / length2
    } else {
        0.0
    };
    let part = part.clamp(0.0, 1.0);
    let p = [a[0] + d[0] * part, a[1] + d[1] * part];
    p[0] * p[0] + p[1] * p[1]
}

/// How the edge winds about the origin: +1 or -1 where it crosses the positive first axis.
pub(super) fn turn_about_zero(a: [f64; 2], b: [f64; 2]) -> i32 {
    let side = a[0] * b[1] - a[1] * b[0];
    match (a[1] <= 0.0, b[1] <= 0.0) {
        (true, false) if side > 0.0 => 1,
        (false, true) if side < 0.0 => -1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_orbit::earth::Geodetic;

    fn above(lon: f64, lat: f64) -> Axes {
        let p = earth::from_geodetic(&Geodetic {
            lon_deg: lon,
            lat_deg: lat,
            height_m: 7e5,
        });
        Axes::new(&State::new(p.r_m, [0.0, 0.0, 7e3]))
    }

    fn ring(points: &[(f64, f64)]) -> Vec<[f64; 3]> {
        points
            .iter()
            .map(|(x, y)| earth::from_geodetic(&Geodetic::on_ground(*x, *y)).r_m)
            .collect()
    }

    #[test]
    fn inside_is_nadir_and_outside_is_the_nearest_edge() {
        let square = vec![ring(&[
            (0.0, 0.0),
            (1.0, 0.0),
            (1.0, 1.0),
            (0.0, 1.0),
            (0.0, 0.0),
        ])];
        assert_eq!(above(0.5, 0.5).least_off_nadir(&square), Some(0.0));
        let beside = above(2.0, 0.5).least_off_nadir(&square).unwrap();
        // One degree of longitude is 111.3 km: atan(111.3 / 701) is 9.02 degrees.
        assert!(
            (beside.to_degrees() - 9.02).abs() < 0.03,
            "{}",
            beside.to_degrees()
        );
        assert_eq!(above(180.0, 0.5).least_off_nadir(&square), None);
    }

    #[test]
    fn right_of_a_northbound_track_is_east() {
        let axes = above(0.0, 0.0);
        let east = earth::from_geodetic(&Geodetic::on_ground(1.0, 0.0)).r_m;
        let (angle, sine) = axes.across(east);
        assert!(angle > 0.0 && (sine.asin().to_degrees() - 1.0).abs() < 1e-6);
        assert!((axes.angle_of_arc(1_f64.to_radians()) - angle).abs() < 1e-9);
        assert!(axes.seconds_to_broadside(east).abs() < 1e-6);
        let ahead = earth::from_geodetic(&Geodetic::on_ground(0.0, 1.0)).r_m;
        assert!(axes.seconds_to_broadside(ahead) > 0.0);
    }
}
