//! The celestial frame GCRF, and the way from it to TEME.
//!
//! Where the pole of the Earth's rotation stands among the stars: a short series fitted to IAU
//! 2006/2000A (ERFA `xys06a`) from 1990 to 2050 by `tests/reference/frames/fit_celestial.py`. Within
//! 1.5 milliarcseconds of it there (0.3 rms): 5 cm in low orbit, 30 cm in geostationary orbit. The
//! observed pole offsets dX and dY, below 0.5 milliarcseconds, are left out.

use super::{Position, State, Teme, gmst82_rad};
use crate::time::{Days, Ut1, Utc};
use std::f64::consts::TAU;

/// Geocentric celestial reference frame (IERS Conventions 2010).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gcrf;

const MAS_RAD: f64 = TAU / 1_296_000_000.0;

/// Rows of the pole's X and Y: milliarcseconds times 1, t, t^2, t^3 (t in Julian centuries of TT), then
/// t sin and t cos of the four arguments [`GROWING`].
const POLYNOMIAL: [[f64; 12]; 2] = [
    [
        -17.185,
        2_004_191.711_1,
        -429.897_1,
        -198.680_4,
        -2.032_6,
        205.870_7,
        0.319,
        12.822_5,
        -0.045_9,
        2.205_3,
        0.450_8,
        -2.275_6,
    ],
    [
        -5.286_6,
        -26.014_1,
        -22_407.725_6,
        3.364_7,
        153.051_7,
        0.151_8,
        11.762_3,
        -0.423_2,
        2.036_4,
        -0.001_1,
        -1.722_6,
        -0.218_3,
    ],
];

/// Arguments, as places in [`SERIES`], whose amplitudes grow.
const GROWING: [usize; 4] = [0, 1, 2, 3];

/// Multiples of the Delaunay arguments l, l', F, D, Omega, then milliarcseconds: X sine, X cosine, Y
/// sine, Y cosine.
#[rustfmt::skip]
#[allow(clippy::approx_constant, reason = "one amplitude looks like pi")]
const SERIES: [([i8; 5], [f64; 4]); 63] = [
    ([0, 0, 0, 0, 1], [-6_844.486, 1.413, 1.392, 9_205.173]),
    ([0, 0, 2, -2, 2], [-524.513, -0.204, -0.436, 573.039]),
    ([0, 0, 2, 0, 2], [-90.541, 0.117, 0.143, 97.842]),
    ([0, 0, 0, 0, 2], [82.069, 0.107, 0.034, -89.582]),
    ([0, 1, 0, 0, 0], [54.36, -3.949, -0.377, -10.272]),
    ([1, 0, 0, 0, 0], [28.294, -0.039, -0.09, -0.68]),
    ([0, -1, 2, -2, 2], [2.733, -2.08, -7.852, -25.42]),
    ([0, 1, 2, -2, 2], [-20.555, 0.086, 0.07, 22.419]),
    ([0, 0, 2, 0, 1], [-15.407, 0.106, 0.102, 20.066]),
    ([1, 0, 2, 0, 2], [-11.992, 0.097, 0.088, 12.897]),
    ([0, 0, 2, -2, 1], [5.094, -0.027, -0.019, -6.921]),
    ([1, 0, 0, -2, 0], [-6.242, -0.003, 0.015, -0.121]),
    ([-1, 0, 2, 0, 2], [4.921, -0.017, -0.016, -5.334]),
    ([1, 0, 0, 0, 1], [2.512, -0.017, -0.025, -3.325]),
    ([1, 0, 0, 0, -1], [2.312, 0.0, -0.015, 3.141]),
    ([1, 0, 2, 0, 1], [-2.052, 0.026, 0.025, 2.64]),
    ([-1, 0, 2, 2, 2], [-2.37, 0.019, 0.017, 2.553]),
    ([0, 0, 0, 2, 0], [2.519, -0.007, -0.005, -0.122]),
    ([-2, 0, 2, 0, 1], [1.823, 0.003, -0.006, -2.415]),
    ([2, 0, 0, -2, 0], [1.899, 0.004, 0.0, 0.0]),
    ([0, 0, 2, 2, 2], [-1.533, 0.014, 0.013, 1.641]),
    ([2, 0, 2, 0, 2], [-1.231, 0.008, 0.016, 1.317]),
    ([1, 0, 2, -2, 2], [1.138, -0.012, 0.0, -1.228]),
    ([2, 0, 0, 0, 0], [1.161, -0.007, 0.0, 0.0]),
    ([-1, 0, 2, 0, 1], [0.81, -0.005, -0.009, -1.079]),
    ([0, 0, 2, 0, 0], [1.034, 0.017, 0.0, 0.0]),
    ([0, 0, 2, -2, 0], [-0.868, -0.013, 0.0, 0.0]),
    ([0, 1, 0, 0, 1], [-0.55, 0.048, -0.054, 0.855]),
    ([1, 0, 0, -2, -1], [-0.6, -0.001, 0.008, -0.798]),
    ([1, 0, 0, -2, 1], [-0.516, 0.004, 0.01, 0.69]),
    ([0, 2, 2, -2, 2], [-0.629, -0.001, 0.004, 0.688]),
    ([0, -1, 2, -2, 1], [-0.647, 0.228, 0.0, 0.0]),
    ([-1, 0, 2, 2, 1], [-0.41, 0.008, 0.004, 0.524]),
    ([-2, 0, 2, 0, 0], [-0.433, 0.0, 0.0, 0.0]),
    ([0, 1, 0, 0, -1], [0.0, 0.0, 0.12, 0.404]),
    ([0, 0, 2, 2, 1], [-0.258, 0.007, 0.006, 0.336]),
    ([0, 0, 0, 2, 1], [-0.25, 0.001, -0.001, 0.328]),
    ([0, 1, 2, 0, 2], [0.298, -0.006, 0.003, -0.325]),
    ([1, 0, 2, 2, 2], [-0.302, 0.001, -0.001, 0.322]),
    ([0, -1, 2, 0, 2], [-0.254, -0.007, 0.002, 0.305]),
    ([2, 0, 0, -2, -1], [0.229, -0.013, 0.001, 0.302]),
    ([1, 0, 2, -2, 1], [0.237, -0.006, 0.0, -0.302]),
    ([1, 1, 0, -2, 0], [-0.285, -0.005, 0.0, 0.0]),
    ([2, 0, 2, -2, 2], [0.256, 0.005, 0.001, -0.279]),
    ([0, 0, 0, 2, -1], [0.193, -0.003, -0.001, 0.275]),
    ([2, 0, 2, 0, 1], [-0.213, 0.004, 0.003, 0.269]),
    ([1, 0, 0, 2, 0], [0.256, 0.001, 0.0, 0.0]),
    ([2, 0, 0, -2, 1], [0.162, 0.002, -0.009, -0.221]),
    ([0, 1, 2, -2, 1], [0.143, 0.008, 0.011, -0.195]),
    ([1, -1, 0, 0, 0], [0.191, 0.006, 0.0, 0.0]),
    ([0, 1, 0, -2, 0], [-0.174, 0.001, 0.0, 0.0]),
    ([-1, 0, 2, 0, 0], [-0.164, -0.006, 0.0, 0.0]),
    ([-2, 0, 2, 0, 2], [-0.112, 0.004, 0.0, 0.143]),
    ([1, 0, 2, 0, 0], [0.13, -0.015, 0.0, 0.0]),
    ([2, 0, 0, 0, -1], [0.0, 0.0, -0.005, 0.127]),
    ([1, -1, 2, 0, 2], [-0.112, -0.01, 0.004, 0.122]),
    ([1, -1, 2, -2, 2], [0.12, -0.058, 0.0, 0.0]),
    ([3, 0, 2, 0, 2], [-0.103, 0.001, -0.003, 0.12]),
    ([-1, -1, 2, 2, 2], [-0.106, 0.001, 0.001, 0.119]),
    ([0, -1, 2, 2, 2], [-0.102, 0.003, 0.005, 0.109]),
    ([-1, 0, 2, -2, 1], [0.0, 0.0, -0.002, 0.107]),
    ([1, 1, 2, 0, 2], [0.0, 0.0, 0.002, -0.106]),
    ([2, 0, 0, 0, 1], [0.0, 0.0, 0.006, -0.105]),
];

/// The Delaunay arguments (IERS Conventions 2010, eq. 5.43, to the square), arc seconds at J2000, a
/// century, and a century squared.
const DELAUNAY: [[f64; 3]; 5] = [
    [485_868.249_036, 1_717_915_923.217_8, 31.879_2],
    [1_287_104.793_048, 129_596_581.048_1, -0.553_2],
    [335_779.526_232, 1_739_527_262.847_8, -12.751_2],
    [1_072_260.703_692, 1_602_961_601.209, -6.370_6],
    [450_160.398_036, -6_962_890.543_1, 7.472_2],
];

/// The frame bias between GCRF and the mean equator and equinox of J2000, milliarcseconds (IERS
/// Conventions 2010, section 5.4.4): right ascension, pole x, pole y.
const BIAS_MAS: [f64; 3] = [-14.6, -16.617, -6.819_2];

/// The pole X, Y and the locator s, radians.
fn pole(centuries: f64) -> [f64; 3] {
    let t = centuries;
    let arguments = DELAUNAY.map(|[a, b, c]| (a + (b + c * t) * t) * (TAU / 1_296_000.0));
    let mut mas = POLYNOMIAL.map(|[a, b, c, d, ..]| a + (b + (c + d * t) * t) * t);
    for (place, (multiples, amplitude)) in SERIES.iter().enumerate() {
        let angle: f64 = (multiples.iter().zip(arguments))
            .map(|(n, a)| f64::from(*n) * a)
            .sum();
        let (sin, cos) = angle.sin_cos();
        mas[0] += amplitude[0] * sin + amplitude[1] * cos;
        mas[1] += amplitude[2] * sin + amplitude[3] * cos;
        if let Some(k) = GROWING.iter().position(|g| *g == place) {
            for (sum, row) in mas.iter_mut().zip(POLYNOMIAL) {
                *sum += t * (row[4 + 2 * k] * sin + row[5 + 2 * k] * cos);
            }
        }
    }
    let [x, y] = mas.map(|m| m * MAS_RAD);
    let s_mas = 0.087 + 3.841 * t - 73.497 * t * t * t - 2.642 * arguments[4].sin();
    [x, y, s_mas * MAS_RAD - x * y / 2.0]
}

type Matrix = [[f64; 3]; 3];

/// The rotation from GCRF to TEME at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CelestialRotation(Matrix);

impl CelestialRotation {
    /// At `t`. UT1 - UTC does not matter: sidereal time and the Earth's rotation angle differ by
    /// precession alone.
    pub fn at(t: Days<Utc>) -> Self {
        let [x, y, s] = pole(t.tt().centuries());
        let a = 0.5 + (x * x + y * y) / 8.0;
        let intermediate = [
            [1.0 - a * x * x, -a * x * y, -x],
            [-a * x * y, 1.0 - a * y * y, -y],
            [x, y, 1.0 - a * (x * x + y * y)],
        ];
        let ut1: Days<Ut1> = t.ut1(0.0);
        let angle = earth_rotation_angle_rad(ut1) - gmst82_rad(ut1);
        Self(about_z(angle - s, &intermediate))
    }

    /// At `t`, from the mean equator and equinox of J2000 in place of GCRF.
    pub fn from_j2000(t: Days<Utc>) -> Self {
        let [da, xi, eta] = BIAS_MAS.map(|b| b * MAS_RAD);
        let back = [[1.0, -da, xi], [da, 1.0, eta], [-xi, -eta, 1.0]];
        Self(product(&Self::at(t).0, &back))
    }

    fn turn(&self, v: [f64; 3]) -> [f64; 3] {
        self.0.map(|[a, b, c]| a * v[0] + b * v[1] + c * v[2])
    }

    fn turn_back(&self, v: [f64; 3]) -> [f64; 3] {
        let [a, b, c] = self.0;
        [0, 1, 2].map(|k| a[k] * v[0] + b[k] * v[1] + c[k] * v[2])
    }

    /// A position from GCRF to TEME.
    pub fn position(&self, p: &Position<Gcrf>) -> Position<Teme> {
        Position::new(self.turn(p.r_m))
    }

    /// A state from GCRF to TEME. TEME turns against GCRF by 8e-12 rad/s, which is left out.
    pub fn state(&self, s: &State<Gcrf>) -> State<Teme> {
        State::new(self.turn(s.r_m), self.turn(s.v_m_s))
    }

    /// A position from TEME back to GCRF.
    pub fn position_back(&self, p: &Position<Teme>) -> Position<Gcrf> {
        Position::new(self.turn_back(p.r_m))
    }
}

/// Earth rotation angle (IERS Conventions 2010, eq. 5.15), radians in [0, 2 pi).
fn earth_rotation_angle_rad(t: Days<Ut1>) -> f64 {
    let days = t.get();
    let turns = days.rem_euclid(1.0) + 0.779_057_273_264 + 0.002_737_811_911_354_48 * days;
    turns.rem_euclid(1.0) * TAU
}

/// The matrix turned about z by an angle: the axes turn, not the vectors.
fn about_z(angle: f64, m: &Matrix) -> Matrix {
    let (sin, cos) = angle.sin_cos();
    product(&[[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]], m)
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.map(|row| [0, 1, 2].map(|k| row[0] * b[0][k] + row[1] * b[1][k] + row[2] * b[2][k]))
}
