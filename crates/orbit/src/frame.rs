//! Frames: the inertial-like TEME of SGP4 and the Earth-fixed ITRF, as types.
//!
//! A vector carries its frame, so mixing frames does not compile:
//!
//! ```compile_fail
//! use corridor_orbit::frame::{Itrf, Position, Teme};
//! let a: Position<Teme> = Position::new([7.0e6, 0.0, 0.0]);
//! let b: Position<Itrf> = a;
//! ```
//!
//! The same holds for time scales:
//!
//! ```compile_fail
//! use corridor_orbit::frame::gmst82_rad;
//! use corridor_orbit::time::{Days, Utc};
//! // Sidereal time runs on UT1.
//! let angle_rad = gmst82_rad(Days::<Utc>::since_j2000(0.0));
//! ```
//!
//! TEME to ITRF follows Vallado et al. 2006 (AIAA 2006-6753, appendix C): rotation about the pole by
//! Greenwich mean sidereal time (IAU 1982) in UT1, then polar motion.

mod celestial;
mod ecliptic;
mod orientation;

pub use celestial::{CelestialRotation, Gcrf};
pub(crate) use ecliptic::ecliptic_to_teme;
pub use orientation::{
    DAYS_MAX, EarthOrientation, FILE_MAX_BYTES, Orientation, OrientationError, Quality, REMARK_M,
};

use crate::time::{Days, Ut1, Utc};
use std::f64::consts::TAU;
use std::marker::PhantomData;

/// True equator, mean equinox of date: the frame of SGP4 output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Teme;

/// The Earth-fixed frame; within centimetres the frame of WGS 84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Itrf;

/// Mean rotation rate of the Earth, rad/s (IERS Conventions 2010, table 1.2).
pub const EARTH_ROTATION_RAD_S: f64 = 7.292_115e-5;

const ARCSEC_RAD: f64 = TAU / 1_296_000.0;

/// A position, metres from the Earth's centre along the axes of the frame `F`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position<F> {
    /// x, y, z, metres.
    pub r_m: [f64; 3],
    frame: PhantomData<F>,
}

impl<F> Position<F> {
    /// From x, y, z in metres.
    pub const fn new(r_m: [f64; 3]) -> Self {
        Self {
            r_m,
            frame: PhantomData,
        }
    }

    /// Distance from the Earth's centre, metres.
    pub fn radius_m(&self) -> f64 {
        let [x, y, z] = self.r_m;
        (x * x + y * y + z * z).sqrt()
    }
}

/// Position and velocity in the frame `F`; in [`Itrf`] the velocity is relative to the ground.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State<F> {
    /// x, y, z, metres.
    pub r_m: [f64; 3],
    /// Their rates, m/s.
    pub v_m_s: [f64; 3],
    frame: PhantomData<F>,
}

impl<F> State<F> {
    /// From position in metres and velocity in m/s.
    pub const fn new(r_m: [f64; 3], v_m_s: [f64; 3]) -> Self {
        Self {
            r_m,
            v_m_s,
            frame: PhantomData,
        }
    }

    /// The position alone.
    pub const fn position(&self) -> Position<F> {
        Position::new(self.r_m)
    }
}

/// Greenwich mean sidereal time (IAU 1982; Vallado 2013, eq. 3-47), radians in [0, 2 pi).
pub fn gmst82_rad(t: Days<Ut1>) -> f64 {
    let c = t.centuries();
    let turn_s = 86_400.0 * t.get().rem_euclid(1.0);
    let seconds = 67_310.548_41 + turn_s + ((-6.2e-6 * c + 0.093_104) * c + 8_640_184.812_866) * c;
    (seconds.rem_euclid(86_400.0)) * (TAU / 86_400.0)
}

/// The rotation from TEME to ITRF at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarthRotation {
    sin: f64,
    cos: f64,
    xp_rad: f64,
    yp_rad: f64,
}

impl EarthRotation {
    /// At `t`, with that instant's Earth orientation.
    pub fn at(t: Days<Utc>, orientation: &Orientation) -> Self {
        let (sin, cos) = gmst82_rad(t.ut1(orientation.ut1_minus_utc_s)).sin_cos();
        Self {
            sin,
            cos,
            xp_rad: orientation.xp_arcsec * ARCSEC_RAD,
            yp_rad: orientation.yp_arcsec * ARCSEC_RAD,
        }
    }

    fn spin(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        [self.cos * x + self.sin * y, self.cos * y - self.sin * x, z]
    }

    /// Polar motion to first order: the second is below 0.1 mm on the ground.
    fn wobble(&self, [x, y, z]: [f64; 3]) -> [f64; 3] {
        let (xp, yp) = (self.xp_rad, self.yp_rad);
        [x + xp * z, y - yp * z, z - xp * x + yp * y]
    }

    /// A position from TEME to ITRF.
    pub fn position(&self, p: &Position<Teme>) -> Position<Itrf> {
        Position::new(self.wobble(self.spin(p.r_m)))
    }

    fn back(&self) -> Self {
        Self {
            sin: -self.sin,
            xp_rad: -self.xp_rad,
            yp_rad: -self.yp_rad,
            ..*self
        }
    }

    /// A position from ITRF back to TEME.
    pub fn position_back(&self, p: &Position<Itrf>) -> Position<Teme> {
        let back = self.back();
        Position::new(back.spin(back.wobble(p.r_m)))
    }

    /// A state from ITRF back to TEME.
    pub fn state_back(&self, s: &State<Itrf>) -> State<Teme> {
        let back = self.back();
        let (r, v) = (back.wobble(s.r_m), back.wobble(s.v_m_s));
        let w = EARTH_ROTATION_RAD_S;
        State::new(
            back.spin(r),
            back.spin([v[0] - w * r[1], v[1] + w * r[0], v[2]]),
        )
    }

    /// A state from TEME to ITRF: the velocity becomes relative to the turning Earth.
    pub fn state(&self, s: &State<Teme>) -> State<Itrf> {
        let r = self.spin(s.r_m);
        let v = self.spin(s.v_m_s);
        let w = EARTH_ROTATION_RAD_S;
        State::new(
            self.wobble(r),
            self.wobble([v[0] + w * r[1], v[1] - w * r[0], v[2]]),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Vallado et al. 2006 (AIAA 2006-6753), appendix C: TEME example of 2004-04-06 07:51:28.386009.
    #[test]
    fn teme_to_itrf_as_published() {
        let t: jiff::Timestamp = "2004-04-06T07:51:28.386009Z".parse().unwrap();
        let published = Orientation {
            ut1_minus_utc_s: -0.439_961_9,
            xp_arcsec: -0.140_682,
            yp_arcsec: 0.333_309,
            accuracy_m: 0.0,
            quality: Quality::Measured,
        };
        let teme = State::new(
            [5_094_180.162_1, 6_127_644.659_5, 6_380_344.532_7],
            [-4_746.131_487, 785.818_041, 5_531.931_288],
        );
        let itrf = EarthRotation::at(Days::utc(t), &published).state(&teme);
        let r = [-1_033_479.383_0, 7_901_295.275_4, 6_380_356.595_8];
        let v = [-3_225.636_520, -2_872.451_450, 5_531.924_446];
        for k in 0..3 {
            assert!((itrf.r_m[k] - r[k]).abs() < 0.02, "{:?}", itrf.r_m);
            assert!((itrf.v_m_s[k] - v[k]).abs() < 2e-5, "{:?}", itrf.v_m_s);
        }
    }

    proptest! {
        #[test]
        fn there_and_back(
            r in prop::array::uniform3(-5e7_f64..5e7),
            days in -2000.0_f64..12_000.0,
        ) {
            let t = Days::<Utc>::since_j2000(days);
            let rotation = EarthRotation::at(t, &EarthOrientation::shipped().at(t));
            let p = Position::<Teme>::new(r);
            let back = rotation.position_back(&rotation.position(&p));
            for (b, a) in back.r_m.iter().zip(r) {
                prop_assert!((b - a).abs() < 1e-3);
            }
            let v = r.map(|x| x * 1e-4);
            let state = rotation.state_back(&rotation.state(&State::new(r, v)));
            for k in 0..3 {
                prop_assert!((state.r_m[k] - r[k]).abs() < 1e-3);
                prop_assert!((state.v_m_s[k] - v[k]).abs() < 1e-6);
            }
        }
    }
}
