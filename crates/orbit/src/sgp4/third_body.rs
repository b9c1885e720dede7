//! The pull of Sun and Moon. Spacetrack Report 3, section 10; Hoots, Schumacher & Glover 2004,
//! appendix B. Names of coefficients are the report's.

use std::f64::consts::TAU;

/// Mean motions, rad/min, and eccentricities of Sun and Moon.
const SUN_MOTION: f64 = 1.194_59e-5;
const SUN_ECCENTRICITY: f64 = 0.016_75;
const MOON_MOTION: f64 = 1.583_521_8e-4;
const MOON_ECCENTRICITY: f64 = 0.054_90;
/// Strengths, rad/min.
const SUN_PULL: f64 = 2.986_479_7e-6;
const MOON_PULL: f64 = 4.796_806_5e-7;
/// Sine and cosine of the obliquity of the ecliptic, and of the Sun's perigee.
const SIN_OBLIQUITY: f64 = 0.397_854_16;
const COS_OBLIQUITY: f64 = 0.917_448_67;
const SIN_SUN_PERIGEE: f64 = -0.980_884_58;
const COS_SUN_PERIGEE: f64 = 0.194_590_5;

/// How one body's orbit lies to the satellite's equatorial node.
struct Geometry {
    sin_perigee: f64,
    cos_perigee: f64,
    sin_i: f64,
    cos_i: f64,
    sin_node: f64,
    cos_node: f64,
}

/// The satellite's orbit at its epoch.
pub(super) struct Orbit {
    pub(super) motion: f64,
    pub(super) eccentricity: f64,
    pub(super) sin_i: f64,
    pub(super) cos_i: f64,
    pub(super) node: f64,
    pub(super) perigee: f64,
}

/// One body's periodic terms: coefficients of eccentricity (e), inclination (i), mean anomaly (l),
/// perigee (g) and node (h).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Body {
    /// Mean anomaly at the epoch, rad; rate, rad/min; twice the eccentricity.
    pub(super) anomaly: f64,
    pub(super) motion: f64,
    pub(super) eccentricity2: f64,
    pub(super) e2: f64,
    pub(super) e3: f64,
    pub(super) i2: f64,
    pub(super) i3: f64,
    pub(super) l2: f64,
    pub(super) l3: f64,
    pub(super) l4: f64,
    pub(super) g2: f64,
    pub(super) g3: f64,
    pub(super) g4: f64,
    pub(super) h2: f64,
    pub(super) h3: f64,
}

/// Periodic changes at a time, in the order eccentricity, inclination, mean anomaly, and
/// the parts of perigee and node before they are divided by the inclination.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Periodic {
    pub(super) e: f64,
    pub(super) i: f64,
    pub(super) l: f64,
    pub(super) g: f64,
    pub(super) h: f64,
}

/// Secular rates by one body, a minute; `g` and `h` as in [`Periodic`].
pub(super) struct Secular {
    pub(super) e: f64,
    pub(super) i: f64,
    pub(super) l: f64,
    pub(super) g: f64,
    pub(super) h: f64,
}

impl Body {
    /// The periodic terms, `minutes` after the epoch.
    pub(super) fn periodic(&self, minutes: f64) -> Periodic {
        let m = self.anomaly + self.motion * minutes;
        let (sin_f, cos_f) = (m + self.eccentricity2 * m.sin()).sin_cos();
        let f2 = 0.5 * sin_f * sin_f - 0.25;
        let f3 = -0.5 * sin_f * cos_f;
        Periodic {
            e: self.e2 * f2 + self.e3 * f3,
            i: self.i2 * f2 + self.i3 * f3,
            l: self.l2 * f2 + self.l3 * f3 + self.l4 * sin_f,
            g: self.g2 * f2 + self.g3 * f3 + self.g4 * sin_f,
            h: self.h2 * f2 + self.h3 * f3,
        }
    }
}

/// Sun, then Moon, for a satellite whose epoch is `days` after 1949-12-31 00:00 UTC.
pub(super) fn bodies(orbit: &Orbit, days: f64) -> [(Body, Secular); 2] {
    // Days from 1899-12-31 12:00, the epoch of the mean elements of Sun and Moon.
    let day = days + 18_261.5;
    let (sin_node, cos_node) = orbit.node.sin_cos();

    let moon_node = (4.523_602_0 - 9.242_202_9e-4 * day) % TAU;
    let (stem, ctem) = moon_node.sin_cos();
    let moon_cos_i = 0.913_751_64 - 0.035_680_96 * ctem;
    let moon_sin_i = (1.0 - moon_cos_i * moon_cos_i).sqrt();
    let sin_h = 0.089_683_511 * stem / moon_sin_i;
    let cos_h = (1.0 - sin_h * sin_h).sqrt();
    let moon_perigee = 5.835_151_4 + 0.001_944_368_0 * day;
    let zx = SIN_OBLIQUITY * stem / moon_sin_i;
    let zy = cos_h * ctem + COS_OBLIQUITY * sin_h * stem;
    let (sin_perigee, cos_perigee) = (moon_perigee + zx.atan2(zy) - moon_node).sin_cos();

    let sun = Geometry {
        sin_perigee: SIN_SUN_PERIGEE,
        cos_perigee: COS_SUN_PERIGEE,
        sin_i: SIN_OBLIQUITY,
        cos_i: COS_OBLIQUITY,
        sin_node,
        cos_node,
    };
    let moon = Geometry {
        sin_perigee,
        cos_perigee,
        sin_i: moon_sin_i,
        cos_i: moon_cos_i,
        sin_node: sin_node * cos_h - cos_node * sin_h,
        cos_node: cos_h * cos_node + sin_h * sin_node,
    };
    let sun_anomaly = (6.256_583_7 + 0.017_201_977 * day) % TAU;
    let moon_anomaly = (4.719_967_2 + 0.229_971_50 * day - moon_perigee) % TAU;
    [
        sun.pull(orbit, SUN_PULL, (sun_anomaly, SUN_MOTION, SUN_ECCENTRICITY)),
        moon.pull(
            orbit,
            MOON_PULL,
            (moon_anomaly, MOON_MOTION, MOON_ECCENTRICITY),
        ),
    ]
}

impl Geometry {
    fn pull(
        &self,
        orbit: &Orbit,
        strength: f64,
        (anomaly, motion, eccentricity): (f64, f64, f64),
    ) -> (Body, Secular) {
        let g = self;
        let a1 = g.cos_perigee * g.cos_node + g.sin_perigee * g.cos_i * g.sin_node;
        let a3 = -g.sin_perigee * g.cos_node + g.cos_perigee * g.cos_i * g.sin_node;
        let a7 = -g.cos_perigee * g.sin_node + g.sin_perigee * g.cos_i * g.cos_node;
        let a8 = g.sin_perigee * g.sin_i;
        let a9 = g.sin_perigee * g.sin_node + g.cos_perigee * g.cos_i * g.cos_node;
        let a10 = g.cos_perigee * g.sin_i;
        let a2 = orbit.cos_i * a7 + orbit.sin_i * a8;
        let a4 = orbit.cos_i * a9 + orbit.sin_i * a10;
        let a5 = -orbit.sin_i * a7 + orbit.cos_i * a8;
        let a6 = -orbit.sin_i * a9 + orbit.cos_i * a10;

        let (sin_w, cos_w) = orbit.perigee.sin_cos();
        let x1 = a1 * cos_w + a2 * sin_w;
        let x2 = a3 * cos_w + a4 * sin_w;
        let x3 = -a1 * sin_w + a2 * cos_w;
        let x4 = -a3 * sin_w + a4 * cos_w;
        let x5 = a5 * sin_w;
        let x6 = a6 * sin_w;
        let x7 = a5 * cos_w;
        let x8 = a6 * cos_w;

        let e2 = orbit.eccentricity * orbit.eccentricity;
        let beta2 = 1.0 - e2;
        let beta = beta2.sqrt();
        let z31 = 12.0 * x1 * x1 - 3.0 * x3 * x3;
        let z32 = 24.0 * x1 * x2 - 6.0 * x3 * x4;
        let z33 = 12.0 * x2 * x2 - 3.0 * x4 * x4;
        let z1 = 6.0 * (a1 * a1 + a2 * a2) + (1.0 + e2) * z31;
        let z2 = 12.0 * (a1 * a3 + a2 * a4) + (1.0 + e2) * z32;
        let z3 = 6.0 * (a3 * a3 + a4 * a4) + (1.0 + e2) * z33;
        let z11 = -6.0 * a1 * a5 + e2 * (-24.0 * x1 * x7 - 6.0 * x3 * x5);
        let z12 = -6.0 * (a1 * a6 + a3 * a5)
            + e2 * (-24.0 * (x2 * x7 + x1 * x8) - 6.0 * (x3 * x6 + x4 * x5));
        let z13 = -6.0 * a3 * a6 + e2 * (-24.0 * x2 * x8 - 6.0 * x4 * x6);
        let z21 = 6.0 * a2 * a5 + e2 * (24.0 * x1 * x5 - 6.0 * x3 * x7);
        let z22 = 6.0 * (a4 * a5 + a2 * a6)
            + e2 * (24.0 * (x2 * x5 + x1 * x6) - 6.0 * (x4 * x7 + x3 * x8));
        let z23 = 6.0 * a4 * a6 + e2 * (24.0 * x2 * x6 - 6.0 * x4 * x8);
        let s3 = strength / orbit.motion;
        let s2 = -0.5 * s3 / beta;
        let s4 = s3 * beta;
        let s1 = -15.0 * orbit.eccentricity * s4;
        let s5 = x1 * x3 + x2 * x4;
        let s6 = x2 * x3 + x1 * x4;
        let s7 = x2 * x4 - x1 * x3;

        let body = Body {
            anomaly,
            motion,
            eccentricity2: 2.0 * eccentricity,
            e2: 2.0 * s1 * s6,
            e3: 2.0 * s1 * s7,
            i2: 2.0 * s2 * z12,
            i3: 2.0 * s2 * (z13 - z11),
            l2: -2.0 * s3 * z2,
            l3: -2.0 * s3 * (z3 - z1),
            l4: -2.0 * s3 * (-21.0 - 9.0 * e2) * eccentricity,
            g2: 2.0 * s4 * z32,
            g3: 2.0 * s4 * (z33 - z31),
            g4: -18.0 * s4 * eccentricity,
            h2: -2.0 * s2 * z22,
            h3: -2.0 * s2 * (z23 - z21),
        };
        let secular = Secular {
            e: s1 * motion * s5,
            i: s2 * motion * (z11 + z13),
            l: -motion * s3 * (z1 + z3 - 14.0 - 6.0 * e2),
            g: s4 * motion * (z31 + z33 - 6.0),
            h: -motion * s2 * (z21 + z23),
        };
        (body, secular)
    }
}
