//! Resonance of the Earth's tesseral harmonics with orbits of one day and of half a day: the mean
//! longitude is integrated in steps of half a day from the epoch. Spacetrack Report 3, section 10;
//! names of coefficients are the report's.
//!
//! The steps depend on the epoch alone, so a state does not depend on which was asked for before it.

use super::gravity::KE;
use super::model::MINUTES_MAX;
use super::near::Near;
use std::f64::consts::TAU;
use std::sync::OnceLock;

/// Rotation of the Earth, rad/min.
pub(super) const EARTH_RATE: f64 = 4.375_269_088_011_3e-3;
/// Length of a step, minutes.
const STEP_MIN: f64 = 720.0;
/// Half its square.
const STEP2_HALF: f64 = 259_200.0;
/// Steps kept on each side of the epoch, 32 days; those beyond are integrated again each time.
const KEPT: usize = 64;

const Q22: f64 = 1.789_167_9e-6;
const Q31: f64 = 2.146_074_8e-6;
const Q33: f64 = 2.212_301_5e-7;
const ROOT32: f64 = 3.739_379_2e-7;
const ROOT44: f64 = 7.363_695_3e-9;
const ROOT52: f64 = 1.142_863_9e-7;
const ROOT54: f64 = 2.176_580_3e-9;

/// Which tesseral terms resonate.
#[derive(Debug, Clone, PartialEq)]
enum Terms {
    /// Period about one day.
    Day { del1: f64, del2: f64, del3: f64 },
    /// Period about half a day, eccentricity 0.5 or more. In the order 2201, 2211, 3210, 3222,
    /// 4410, 4422, 5220, 5232, 5421, 5433.
    HalfDay([f64; 10]),
}

/// The state of the integration at a step, and its derivatives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Node {
    /// Minutes from the epoch.
    pub(super) minutes: f64,
    /// To the next, minutes: negative before the epoch.
    step: f64,
    /// Resonance longitude, rad, and its rate.
    pub(super) longitude: f64,
    pub(super) longitude_rate: f64,
    /// Mean motion, rad/min, and its first and second rates.
    pub(super) motion: f64,
    pub(super) motion_rate: f64,
    pub(super) motion_rate2: f64,
}

/// A resonant orbit.
#[derive(Debug, Clone)]
pub(super) struct Resonance {
    terms: Terms,
    longitude0: f64,
    motion0: f64,
    /// Rate of the longitude less the mean motion.
    drift: f64,
    perigee: f64,
    perigee_rate: f64,
    /// Nodes after the epoch and before it, made when first asked for.
    after: OnceLock<Box<[Node]>>,
    before: OnceLock<Box<[Node]>>,
}

/// Secular rates by Sun and Moon that the resonance needs, rad/min.
pub(super) struct Rates {
    pub(super) anomaly: f64,
    pub(super) perigee: f64,
    pub(super) node: f64,
}

impl Resonance {
    /// `None` where the orbit does not resonate. `sidereal` is that of the epoch, rad.
    pub(super) fn new(near: &Near, by: &Rates, sidereal: f64) -> Option<Self> {
        let n = near.motion;
        let theta = sidereal % TAU;
        let axis_inverse = (n / KE).powf(2.0 / 3.0);
        let (terms, longitude0, drift) = if n > 0.003_490_658_5 && n < 0.005_235_987_7 {
            let longitude = near.anomaly + near.node + near.perigee - theta;
            let drift = near.anomaly_rate + near.perigee_rate + near.node_rate - EARTH_RATE
                + by.anomaly
                + by.perigee
                + by.node
                - n;
            (day_terms(near, axis_inverse), longitude, drift)
        } else if (8.26e-3..=9.24e-3).contains(&n) && near.eccentricity >= 0.5 {
            let longitude = near.anomaly + 2.0 * near.node - 2.0 * theta;
            let drift =
                near.anomaly_rate + by.anomaly + 2.0 * (near.node_rate + by.node - EARTH_RATE) - n;
            (half_day_terms(near, axis_inverse), longitude, drift)
        } else {
            return None;
        };
        Some(Self {
            terms,
            longitude0: longitude0 % TAU,
            motion0: n,
            drift,
            perigee: near.perigee,
            perigee_rate: near.perigee_rate,
            after: OnceLock::new(),
            before: OnceLock::new(),
        })
    }

    /// Whether the period is about a day, and not half a day.
    pub(super) fn is_day(&self) -> bool {
        matches!(self.terms, Terms::Day { .. })
    }

    /// The last step between the epoch and `minutes`, which count to [`MINUTES_MAX`].
    pub(super) fn node(&self, minutes: f64) -> Node {
        let (kept, step) = if minutes > 0.0 {
            (&self.after, STEP_MIN)
        } else {
            (&self.before, -STEP_MIN)
        };
        let kept = kept.get_or_init(|| {
            let mut node = self.at(0.0, step, self.longitude0, self.motion0);
            let mut nodes = Vec::with_capacity(KEPT);
            for _ in 0..KEPT {
                nodes.push(node);
                node = self.next(&node);
            }
            nodes.into_boxed_slice()
        });
        let steps = (minutes.abs().min(MINUTES_MAX) / STEP_MIN) as usize;
        match kept.get(steps) {
            Some(node) => *node,
            None => self.walk(kept[KEPT - 1], steps + 1 - KEPT),
        }
    }

    /// [`Resonance::node`], knowing the step before another time.
    pub(super) fn node_from(&self, known: &Node, minutes: f64) -> Node {
        let steps = (minutes - known.minutes) / known.step;
        let near_epoch = minutes.abs() < STEP_MIN * KEPT as f64;
        if near_epoch || !(0.0..MINUTES_MAX / STEP_MIN).contains(&steps) {
            self.node(minutes)
        } else {
            self.walk(*known, steps as usize)
        }
    }

    fn walk(&self, from: Node, steps: usize) -> Node {
        (0..steps).fold(from, |node, _| self.next(&node))
    }

    fn next(&self, from: &Node) -> Node {
        let minutes = from.step;
        self.at(
            from.minutes + minutes,
            minutes,
            from.longitude + from.longitude_rate * minutes + from.motion_rate * STEP2_HALF,
            from.motion + from.motion_rate * minutes + from.motion_rate2 * STEP2_HALF,
        )
    }

    fn at(&self, minutes: f64, step: f64, longitude: f64, motion: f64) -> Node {
        let longitude_rate = motion + self.drift;
        let (motion_rate, slope) = match &self.terms {
            Terms::Day { del1, del2, del3 } => {
                let (s1, c1) = (longitude - 0.131_309_08).sin_cos();
                let (s2, c2) = (2.0 * (longitude - 2.884_319_8)).sin_cos();
                let (s3, c3) = (3.0 * (longitude - 0.374_480_87)).sin_cos();
                (
                    del1 * s1 + del2 * s2 + del3 * s3,
                    del1 * c1 + 2.0 * del2 * c2 + 3.0 * del3 * c3,
                )
            }
            Terms::HalfDay(d) => {
                let w = self.perigee + self.perigee_rate * minutes;
                let l = longitude;
                // Argument of each term, and how often it holds the longitude.
                let terms = [
                    (2.0 * w + l - 5.768_639_6, 1.0),
                    (l - 5.768_639_6, 1.0),
                    (w + l - 0.952_408_98, 1.0),
                    (-w + l - 0.952_408_98, 1.0),
                    (2.0 * w + 2.0 * l - 1.801_499_8, 2.0),
                    (2.0 * l - 1.801_499_8, 2.0),
                    (w + l - 1.050_833_0, 1.0),
                    (-w + l - 1.050_833_0, 1.0),
                    (w + 2.0 * l - 4.410_889_8, 2.0),
                    (-w + 2.0 * l - 4.410_889_8, 2.0),
                ];
                d.iter()
                    .zip(terms)
                    .fold((0.0, 0.0), |(rate, slope), (d, (x, k))| {
                        let (s, c) = x.sin_cos();
                        (rate + d * s, slope + k * d * c)
                    })
            }
        };
        Node {
            minutes,
            step,
            longitude,
            longitude_rate,
            motion,
            motion_rate,
            motion_rate2: slope * longitude_rate,
        }
    }
}

impl Node {
    /// Whether this is the last step between the epoch and `minutes`.
    pub(super) fn holds(&self, minutes: f64) -> bool {
        (0.0..1.0).contains(&((minutes - self.minutes) / self.step))
    }

    /// Minutes from this step to `minutes`.
    pub(super) fn after(&self, minutes: f64) -> f64 {
        minutes - self.minutes
    }

    /// Longitude and mean motion, `ft` minutes on.
    pub(super) fn on(&self, ft: f64) -> (f64, f64) {
        (
            self.longitude + self.longitude_rate * ft + self.motion_rate * ft * ft * 0.5,
            self.motion + self.motion_rate * ft + self.motion_rate2 * ft * ft * 0.5,
        )
    }
}

fn day_terms(near: &Near, axis_inverse: f64) -> Terms {
    let e2 = near.eccentricity * near.eccentricity;
    let (sin_i, cos_i) = (near.tilt.sin_i, near.tilt.cos_i);
    let g200 = 1.0 + e2 * (-2.5 + 0.8125 * e2);
    let g310 = 1.0 + 2.0 * e2;
    let g300 = 1.0 + e2 * (-6.0 + 6.609_37 * e2);
    let f220 = 0.75 * (1.0 + cos_i) * (1.0 + cos_i);
    let f311 = 0.9375 * sin_i * sin_i * (1.0 + 3.0 * cos_i) - 0.75 * (1.0 + cos_i);
    let f330 = 1.875 * (1.0 + cos_i).powi(3);
    let k = 3.0 * near.motion * near.motion * axis_inverse * axis_inverse;
    Terms::Day {
        del1: k * f311 * g310 * Q31 * axis_inverse,
        del2: 2.0 * k * f220 * g200 * Q22,
        del3: 3.0 * k * f330 * g300 * Q33 * axis_inverse,
    }
}

fn half_day_terms(near: &Near, axis_inverse: f64) -> Terms {
    let e = near.eccentricity;
    let (sin_i, cos_i) = (near.tilt.sin_i, near.tilt.cos_i);
    let (sin2, cos2) = (sin_i * sin_i, cos_i * cos_i);
    let poly = |c: [f64; 4]| c[0] + c[1] * e + c[2] * (e * e) + c[3] * (e * e * e);

    let g201 = -0.306 - (e - 0.64) * 0.440;
    let [g211, g310, g322, g410, g422, g520] = if e <= 0.65 {
        [
            poly([3.616, -13.247, 16.29, 0.0]),
            poly([-19.302, 117.39, -228.419, 156.591]),
            poly([-18.9068, 109.7927, -214.6334, 146.5816]),
            poly([-41.122, 242.694, -471.094, 313.953]),
            poly([-146.407, 841.88, -1629.014, 1083.435]),
            poly([-532.114, 3017.977, -5740.032, 3708.276]),
        ]
    } else {
        [
            poly([-72.099, 331.819, -508.738, 266.724]),
            poly([-346.844, 1582.851, -2415.925, 1246.113]),
            poly([-342.585, 1554.908, -2366.899, 1215.972]),
            poly([-1052.797, 4758.686, -7193.992, 3651.957]),
            poly([-3581.69, 16178.11, -24462.77, 12422.52]),
            if e > 0.715 {
                poly([-5149.66, 29936.92, -54087.36, 31324.56])
            } else {
                poly([1464.74, -4664.75, 3763.64, 0.0])
            },
        ]
    };
    let [g533, g521, g532] = if e < 0.7 {
        [
            poly([-919.2277, 4988.61, -9064.77, 5542.21]),
            poly([-822.71072, 4568.6173, -8491.4146, 5337.524]),
            poly([-853.666, 4690.25, -8624.77, 5341.4]),
        ]
    } else {
        [
            poly([-37995.78, 161616.52, -229838.2, 109377.94]),
            poly([-51752.104, 218913.95, -309468.16, 146349.42]),
            poly([-40023.88, 170470.89, -242699.48, 115605.82]),
        ]
    };
    let f220 = 0.75 * (1.0 + 2.0 * cos_i + cos2);
    let f221 = 1.5 * sin2;
    let f321 = 1.875 * sin_i * (1.0 - 2.0 * cos_i - 3.0 * cos2);
    let f322 = -1.875 * sin_i * (1.0 + 2.0 * cos_i - 3.0 * cos2);
    let f441 = 35.0 * sin2 * f220;
    let f442 = 39.375 * sin2 * sin2;
    let f522 = 9.843_75
        * sin_i
        * (sin2 * (1.0 - 2.0 * cos_i - 5.0 * cos2)
            + 0.333_333_33 * (-2.0 + 4.0 * cos_i + 6.0 * cos2));
    let f523 = sin_i
        * (4.921_875_12 * sin2 * (-2.0 - 4.0 * cos_i + 10.0 * cos2)
            + 6.562_500_12 * (1.0 + 2.0 * cos_i - 3.0 * cos2));
    let f542 = 29.531_25 * sin_i * (2.0 - 8.0 * cos_i + cos2 * (-12.0 + 8.0 * cos_i + 10.0 * cos2));
    let f543 = 29.531_25 * sin_i * (-2.0 - 8.0 * cos_i + cos2 * (12.0 + 8.0 * cos_i - 10.0 * cos2));

    let k2 = 3.0 * near.motion * near.motion * axis_inverse * axis_inverse;
    let k3 = k2 * axis_inverse;
    let k4 = k3 * axis_inverse;
    let k5 = k4 * axis_inverse;
    Terms::HalfDay([
        k2 * Q22 * f220 * g201,
        k2 * Q22 * f221 * g211,
        k3 * ROOT32 * f321 * g310,
        k3 * ROOT32 * f322 * g322,
        2.0 * k4 * ROOT44 * f441 * g410,
        2.0 * k4 * ROOT44 * f442 * g422,
        k5 * ROOT52 * f522 * g520,
        k5 * ROOT52 * f523 * g532,
        2.0 * k5 * ROOT54 * f542 * g521,
        2.0 * k5 * ROOT54 * f543 * g533,
    ])
}
