//! Ephemerides: states at epochs, and how to interpolate between them (CCSDS 502.0-B-3, section 5).

use super::Wrong;
use jiff::Timestamp;

/// Most states of one ephemeris: a year at one every 10 s. Bounds the memory a file can ask for.
pub const STATES_MAX: usize = 3_200_000;

/// Highest degree of interpolation; beyond it polynomials through even steps swing.
pub const DEGREE_MAX: u32 = 31;

/// Frame of an ephemeris.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EphemerisFrame {
    /// Geocentric celestial frame; ICRF with its origin at the Earth's centre.
    Gcrf,
    /// Mean equator and equinox of J2000.
    Eme2000,
    /// True equator, mean equinox of date.
    Teme,
    /// Earth-fixed; its realisations agree within centimetres.
    Itrf,
}

impl EphemerisFrame {
    /// The frame of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "GCRF" | "ICRF" => Some(Self::Gcrf),
            "EME2000" | "J2000" => Some(Self::Eme2000),
            "TEME" | "TEMEOFDATE" => Some(Self::Teme),
            _ if name.starts_with("ITRF") => Some(Self::Itrf),
            _ => None,
        }
    }
}

/// How positions between epochs are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// A polynomial of that degree through positions, another through velocities.
    Lagrange {
        /// 1 is linear.
        degree: u32,
    },
    /// A polynomial through positions and velocities at `(degree + 1) / 2` epochs, rounded up; its
    /// derivative is the velocity.
    Hermite {
        /// Odd by nature.
        degree: u32,
    },
}

impl Interpolation {
    /// What is taken where a message says nothing: good to centimetres at steps of a minute in low
    /// orbit.
    pub const UNSTATED: Self = Self::Hermite { degree: 7 };

    /// The method of that name and degree.
    ///
    /// # Errors
    /// [`Wrong`] names the keyword and what would be right.
    pub fn from_name(name: &str, degree: Option<u32>) -> Result<Self, Wrong> {
        if let Some(d) = degree.filter(|d| !(1..=DEGREE_MAX).contains(d)) {
            let reason = format!("should be 1 to {DEGREE_MAX}");
            return Err(Wrong::new("INTERPOLATION_DEGREE", d, reason));
        }
        let needed = || Wrong::new("INTERPOLATION_DEGREE", "", "is missing");
        match name.to_ascii_uppercase().as_str() {
            "" => Ok(Self::UNSTATED),
            "LINEAR" => Ok(Self::Lagrange { degree: 1 }),
            "LAGRANGE" => degree
                .map(|degree| Self::Lagrange { degree })
                .ok_or_else(needed),
            "HERMITE" => degree
                .map(|degree| Self::Hermite { degree })
                .ok_or_else(needed),
            _ => Err(Wrong::new(
                "INTERPOLATION",
                name,
                "should be HERMITE, LAGRANGE or LINEAR",
            )),
        }
    }

    /// Epochs that one interpolation takes.
    pub fn points(self) -> usize {
        match self {
            Self::Lagrange { degree } => degree as usize + 1,
            Self::Hermite { degree } => degree as usize / 2 + 1,
        }
    }
}

/// A stretch of states with one frame and one method.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Frame of the states.
    pub frame: EphemerisFrame,
    /// How to find what lies between them.
    pub interpolation: Interpolation,
    /// First instant that may be asked for (UTC).
    pub useable_start: Timestamp,
    /// Last instant that may be asked for (UTC).
    pub useable_stop: Timestamp,
    /// The epoch that `t_s` counts from (UTC).
    pub origin: Timestamp,
    /// Seconds of each state from the origin, increasing.
    pub t_s: Vec<f64>,
    /// Positions, metres.
    pub r_m: Vec<[f64; 3]>,
    /// Velocities, m/s; in ITRF relative to the ground.
    pub v_m_s: Vec<[f64; 3]>,
}

impl Segment {
    /// Checks that the states are many enough, in order, and cover the useable time.
    ///
    /// # Errors
    /// [`Wrong`] names the keyword and what would be right.
    pub fn check(&self) -> Result<(), Wrong> {
        let (states, points) = (self.t_s.len(), self.interpolation.points());
        if self.r_m.len() != states || self.v_m_s.len() != states {
            let right = "as many positions and velocities as epochs";
            return Err(Wrong::new("states", states, right));
        }
        if states < points {
            let reason = format!("the segment should have at least {points} states, has {states}");
            return Err(Wrong::new("INTERPOLATION_DEGREE", points, reason));
        }
        if let Some(k) = (1..states).find(|k| self.t_s[*k] <= self.t_s[k - 1]) {
            let wrong = crate::window::offset(self.origin, self.t_s[k]);
            return Err(Wrong::new("EPOCH", wrong, "should follow the one before"));
        }
        let seconds = |t: Timestamp| t.duration_since(self.origin).as_secs_f64();
        let (first_s, last_s) = (self.t_s[0], self.t_s[states - 1]);
        // A microsecond for epochs written with fewer digits than the times around them.
        if seconds(self.useable_start) < first_s - 1e-6 {
            let right = "should not be before the first state";
            return Err(Wrong::new("USEABLE_START_TIME", self.useable_start, right));
        }
        if seconds(self.useable_stop) > last_s + 1e-6 {
            let right = "should not be after the last state";
            return Err(Wrong::new("USEABLE_STOP_TIME", self.useable_stop, right));
        }
        if self.useable_stop < self.useable_start {
            let right = "should be after the start";
            return Err(Wrong::new("USEABLE_STOP_TIME", self.useable_stop, right));
        }
        Ok(())
    }

    /// Position in metres and velocity in m/s, `t_s` seconds after the origin, in the segment's frame.
    /// Outside the epochs the polynomial runs on: ask inside the useable time only.
    pub fn state(&self, t_s: f64) -> ([f64; 3], [f64; 3]) {
        let points = self.interpolation.points().min(self.t_s.len());
        let after = self.t_s.partition_point(|k| *k <= t_s);
        let first = if points.is_multiple_of(2) {
            after.saturating_sub(points / 2)
        } else {
            // The nearest epoch in the middle.
            let nearer_before = after > 0
                && after < self.t_s.len()
                && t_s - self.t_s[after - 1] <= self.t_s[after] - t_s;
            let middle = after - usize::from(nearer_before || after == self.t_s.len());
            middle.saturating_sub(points / 2)
        };
        let first = first.min(self.t_s.len() - points);
        let used = first..first + points;
        let (t, r, v) = (
            &self.t_s[used.clone()],
            &self.r_m[used.clone()],
            &self.v_m_s[used],
        );
        match self.interpolation {
            Interpolation::Lagrange { .. } => (lagrange(t, r, t_s), lagrange(t, v, t_s)),
            Interpolation::Hermite { .. } => hermite(t, r, v, t_s),
        }
    }
}

/// The polynomial through the values, at `at` (Neville's scheme in Lagrange's form).
fn lagrange(t: &[f64], values: &[[f64; 3]], at: f64) -> [f64; 3] {
    let mut sum = [0.0; 3];
    for (j, value) in values.iter().enumerate() {
        let mut weight = 1.0;
        for (k, tk) in t.iter().enumerate() {
            if k != j {
                weight *= (at - tk) / (t[j] - tk);
            }
        }
        for (s, x) in sum.iter_mut().zip(value) {
            *s += weight * x;
        }
    }
    sum
}

/// The polynomial through values and slopes, and its own slope, at `at`.
fn hermite(t: &[f64], values: &[[f64; 3]], slopes: &[[f64; 3]], at: f64) -> ([f64; 3], [f64; 3]) {
    let (mut r, mut v) = ([0.0; 3], [0.0; 3]);
    for j in 0..t.len() {
        // Lagrange's weight of point j, and the sum that is its logarithmic slope at t[j].
        let (mut weight, mut slope_at_j) = (1.0, 0.0);
        for (k, tk) in t.iter().enumerate() {
            if k != j {
                weight *= (at - tk) / (t[j] - tk);
                slope_at_j += 1.0 / (t[j] - tk);
            }
        }
        let mut weight_slope = 0.0;
        for (k, tk) in t.iter().enumerate() {
            if k == j {
                continue;
            }
            let mut product = 1.0 / (t[j] - tk);
            for (m, tm) in t.iter().enumerate() {
                if m != j && m != k {
                    product *= (at - tm) / (t[j] - tm);
                }
            }
            weight_slope += product;
        }
        let (away, square) = (at - t[j], weight * weight);
        let of_value = (1.0 - 2.0 * away * slope_at_j) * square;
        let of_slope = away * square;
        let of_value_slope = 2.0 * weight * weight_slope * (1.0 - 2.0 * away * slope_at_j)
            - 2.0 * slope_at_j * square;
        let of_slope_slope = square + 2.0 * away * weight * weight_slope;
        for axis in 0..3 {
            r[axis] += of_value * values[j][axis] + of_slope * slopes[j][axis];
            v[axis] += of_value_slope * values[j][axis] + of_slope_slope * slopes[j][axis];
        }
    }
    (r, v)
}

/// Where an object is, as its operator computed it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ephemeris {
    /// Name of the object.
    pub name: String,
    /// International designator, or what else the message identifies the object by.
    pub object_id: String,
    /// Stretches of states, by time.
    pub segments: Vec<Segment>,
}

impl Ephemeris {
    /// Checks every segment, and that their useable times do not overlap.
    ///
    /// # Errors
    /// [`Wrong`] names the keyword and what would be right.
    pub fn check(&self) -> Result<(), Wrong> {
        if self.segments.is_empty() {
            return Err(Wrong::new("ephemeris", "", "should have a segment"));
        }
        for (k, segment) in self.segments.iter().enumerate() {
            segment.check()?;
            if k > 0 && segment.useable_start < self.segments[k - 1].useable_stop {
                let right = "should not be before the end of the segment before";
                let start = segment.useable_start;
                return Err(Wrong::new("USEABLE_START_TIME", start, right));
            }
        }
        Ok(())
    }

    /// First and last instant that may be asked for; there may be gaps between.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let (first, last) = (self.segments.first()?, self.segments.last()?);
        Some((first.useable_start, last.useable_stop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn segment(
        interpolation: Interpolation,
        t_s: Vec<f64>,
        f: impl Fn(f64) -> (f64, f64),
    ) -> Segment {
        let origin = Timestamp::UNIX_EPOCH;
        Segment {
            frame: EphemerisFrame::Teme,
            interpolation,
            useable_start: crate::window::offset(origin, t_s[0]),
            useable_stop: crate::window::offset(origin, t_s[t_s.len() - 1]),
            origin,
            r_m: t_s.iter().map(|t| [f(*t).0, 0.0, *t]).collect(),
            v_m_s: t_s.iter().map(|t| [f(*t).1, 0.0, 1.0]).collect(),
            t_s,
        }
    }

    proptest! {
        /// A polynomial of the stated degree comes back, at uneven epochs too.
        #[test]
        fn polynomials_come_back(
            degree in 1_u32..8,
            hermite in any::<bool>(),
            steps in prop::collection::vec(0.5_f64..2.0, 12),
            factors in prop::array::uniform8(-1.0_f64..1.0),
            part in 0.0_f64..1.0,
        ) {
            let degree = if hermite { degree | 1 } else { degree };
            let f = |t: f64| {
                let (mut value, mut slope) = (0.0, 0.0);
                for a in factors[..=degree as usize].iter().rev() {
                    slope = slope * t / 10.0 + value / 10.0;
                    value = value * t / 10.0 + a;
                }
                (value, slope)
            };
            let t_s: Vec<f64> = steps.iter().scan(0.0, |t, s| { *t += s; Some(*t) }).collect();
            let (first, last) = (t_s[0], t_s[t_s.len() - 1]);
            let method = if hermite {
                Interpolation::Hermite { degree }
            } else {
                Interpolation::Lagrange { degree }
            };
            let segment = segment(method, t_s, f);
            prop_assert_eq!(segment.check(), Ok(()));
            let at = first + part * (last - first);
            let (r, v) = segment.state(at);
            prop_assert!((r[0] - f(at).0).abs() < 1e-9, "{} {}", r[0], f(at).0);
            prop_assert!((r[2] - at).abs() < 1e-9);
            if hermite {
                prop_assert!((v[0] - f(at).1).abs() < 1e-9, "{} {}", v[0], f(at).1);
            }
        }
    }

    #[test]
    fn epochs_themselves_come_back() {
        for method in [
            Interpolation::Lagrange { degree: 4 },
            Interpolation::Hermite { degree: 7 },
        ] {
            let s = segment(method, (0..9).map(f64::from).collect(), |t| {
                (t.sin(), t.cos())
            });
            for k in 0..9 {
                let (r, v) = s.state(f64::from(k));
                assert!((r[0] - f64::from(k).sin()).abs() < 1e-12);
                assert!((v[0] - f64::from(k).cos()).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let good = segment(
            Interpolation::UNSTATED,
            (0..9).map(f64::from).collect(),
            |t| (t, 1.0),
        );
        let text = |s: &Segment| s.check().unwrap_err().to_string();
        let mut short = good.clone();
        for list in [&mut short.r_m, &mut short.v_m_s] {
            list.truncate(3);
        }
        short.t_s.truncate(3);
        assert!(text(&short).contains("should have at least 4 states, has 3"));
        let mut back = good.clone();
        back.t_s[4] = 2.5;
        assert!(text(&back).contains("EPOCH reads \"1970-01-01T00:00:02.5Z\""));
        let mut long = good.clone();
        long.useable_stop = crate::window::offset(long.origin, 8.5);
        assert!(text(&long).starts_with("USEABLE_STOP_TIME"));
        let twice = Ephemeris {
            segments: vec![good.clone(), good],
            ..Ephemeris::default()
        };
        assert!(twice.check().is_err() && Ephemeris::default().check().is_err());
        let degree = Interpolation::from_name("LAGRANGE", Some(99)).unwrap_err();
        assert!(degree.to_string().contains("should be 1 to 31"));
        assert!(Interpolation::from_name("SPLINE", Some(3)).is_err());
        assert!(Interpolation::from_name("HERMITE", None).is_err());
    }
}
