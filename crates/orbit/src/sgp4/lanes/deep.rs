//! Deep-space orbits of lanes: the scalar path's `deep`, `third_body` and `resonance`.

use super::orbit::{self, Checks, Found, MeanLanes, TiltLanes};
use super::row::rows;
use super::trig::{atan2, sin_cos, sin_half};
use super::{M, QUARTERS, V};
use crate::sgp4::deep::{Deep, LYDDANE};
use crate::sgp4::gravity::{J3_BY_J2, ONE_PLUS_COS_MIN};
use crate::sgp4::model::{ECCENTRICITY_MIN, MINUTES_MAX};
use crate::sgp4::near::Near;
use crate::sgp4::resonance::{EARTH_RATE, Node};
use crate::sgp4::third_body::Body;
use fearless_simd::{Select, Simd, SimdBase, SimdFloat, SimdMask};

rows! {
    /// [`Near`] and [`Deep`], arranged: angles and rates in quarter turns, except inclination, what Sun
    /// and Moon do to it, and to perigee and node, in rad.
    DeepRow, DeepLanes {
        root, motion, eccentricity, anomaly, anomaly_rate, perigee, perigee_rate, node, node_rate,
        node_drag, inclination, c1, bc4, advance2, eccentricity_rate, inclination_rate, sidereal,
        sun_anomaly, sun_motion, sun_eccentricity, sun_e2, sun_e3, sun_i2, sun_i3, sun_l2, sun_l3,
        sun_l4, sun_g2, sun_g3, sun_g4, sun_h2, sun_h3,
        moon_anomaly, moon_motion, moon_eccentricity, moon_e2, moon_e3, moon_i2, moon_i3, moon_l2,
        moon_l3, moon_l4, moon_g2, moon_g3, moon_g4, moon_h2, moon_h3,
        by_mean, by_node, by_perigee,
    }
}

rows! {
    /// A step of the resonance's integration. Zero rates, and the mean motion, where there is none.
    ResonanceRow, ResonanceLanes {
        minutes, longitude, longitude_rate, motion, motion_rate, motion_rate2,
    }
}

impl DeepRow {
    pub(in crate::sgp4) fn new(near: &Near, deep: &Deep) -> Self {
        let quarters = |x: f64| x * QUARTERS;
        // The anomaly is by_mean times its own, plus the resonance's longitude and sidereal time,
        // less the node and the perigee, as often as the resonance holds them.
        let (by_mean, by_node, by_perigee) = match &deep.resonance {
            None => (1.0, 0.0, 0.0),
            Some(r) if r.is_day() => (0.0, 1.0, 1.0),
            Some(_) => (0.0, 2.0, 0.0),
        };
        let (sun, moon) = (&deep.sun, &deep.moon);
        let eccentricity = |body: &Body| quarters(body.eccentricity2);
        Self {
            root: near.axis.sqrt(),
            motion: near.motion,
            eccentricity: near.eccentricity,
            anomaly: quarters(near.anomaly),
            anomaly_rate: quarters(near.anomaly_rate + deep.anomaly_rate),
            perigee: quarters(near.perigee),
            perigee_rate: quarters(near.perigee_rate + deep.perigee_rate),
            node: quarters(near.node),
            node_rate: quarters(near.node_rate + deep.node_rate),
            node_drag: quarters(near.node_drag),
            inclination: near.inclination,
            c1: near.c1,
            bc4: near.bc4,
            advance2: quarters(near.motion * near.t2cof),
            eccentricity_rate: deep.eccentricity_rate,
            inclination_rate: deep.inclination_rate,
            sidereal: quarters(deep.sidereal),
            sun_anomaly: quarters(sun.anomaly),
            sun_motion: quarters(sun.motion),
            sun_eccentricity: eccentricity(sun),
            sun_e2: sun.e2,
            sun_e3: sun.e3,
            sun_i2: sun.i2,
            sun_i3: sun.i3,
            sun_l2: quarters(sun.l2),
            sun_l3: quarters(sun.l3),
            sun_l4: quarters(sun.l4),
            sun_g2: sun.g2,
            sun_g3: sun.g3,
            sun_g4: sun.g4,
            sun_h2: sun.h2,
            sun_h3: sun.h3,
            moon_anomaly: quarters(moon.anomaly),
            moon_motion: quarters(moon.motion),
            moon_eccentricity: eccentricity(moon),
            moon_e2: moon.e2,
            moon_e3: moon.e3,
            moon_i2: moon.i2,
            moon_i3: moon.i3,
            moon_l2: quarters(moon.l2),
            moon_l3: quarters(moon.l3),
            moon_l4: quarters(moon.l4),
            moon_g2: moon.g2,
            moon_g3: moon.g3,
            moon_g4: moon.g4,
            moon_h2: moon.h2,
            moon_h3: moon.h3,
            by_mean,
            by_node,
            by_perigee,
        }
    }
}

impl ResonanceRow {
    /// For a satellite that does not resonate: its mean motion, rad/min, stays.
    pub(in crate::sgp4) fn none(motion: f64) -> Self {
        Self {
            minutes: 0.0,
            longitude: 0.0,
            longitude_rate: 0.0,
            motion,
            motion_rate: 0.0,
            motion_rate2: 0.0,
        }
    }

    /// At a step.
    pub(in crate::sgp4) fn new(node: &Node) -> Self {
        Self {
            minutes: node.minutes,
            longitude: node.longitude * QUARTERS,
            longitude_rate: node.longitude_rate * QUARTERS,
            motion: node.motion,
            motion_rate: node.motion_rate,
            motion_rate2: node.motion_rate2,
        }
    }
}

/// Periodic changes by Sun and Moon; `l` in quarter turns, the others as they come.
struct PeriodicLanes<S: Simd> {
    e: V<S>,
    i: V<S>,
    l: V<S>,
    g: V<S>,
    h: V<S>,
}

/// Half of sin^2 f less a quarter, minus half of sin f cos f, and sin f, f the true longitude of Sun
/// or Moon.
#[inline(always)]
fn factors<S: Simd>(
    simd: S,
    t: V<S>,
    anomaly: V<S>,
    motion: V<S>,
    eccentricity: V<S>,
) -> [V<S>; 3] {
    let m = motion.mul_add(t, anomaly);
    let f = eccentricity.mul_add(sin_half(simd, m * 0.5), m);
    let (sin_f, cos_f) = sin_cos(simd, f);
    let half = sin_f * 0.5;
    [half * sin_f - 0.25, -(half * cos_f), sin_f]
}

#[inline(always)]
fn periodic<S: Simd>(simd: S, c: &DeepLanes<S>, t: V<S>) -> PeriodicLanes<S> {
    let [s2, s3, s4] = factors(simd, t, c.sun_anomaly, c.sun_motion, c.sun_eccentricity);
    let [m2, m3, m4] = factors(simd, t, c.moon_anomaly, c.moon_motion, c.moon_eccentricity);
    let l4 = c.sun_l4.mul_add(s4, c.moon_l4 * m4);
    let g4 = c.sun_g4.mul_add(s4, c.moon_g4 * m4);
    PeriodicLanes {
        e: c.sun_e2.mul_add(s2, c.sun_e3 * s3) + c.moon_e2.mul_add(m2, c.moon_e3 * m3),
        i: c.sun_i2.mul_add(s2, c.sun_i3 * s3) + c.moon_i2.mul_add(m2, c.moon_i3 * m3),
        l: c.sun_l2.mul_add(s2, c.sun_l3 * s3) + c.moon_l2.mul_add(m2, c.moon_l3.mul_add(m3, l4)),
        g: c.sun_g2.mul_add(s2, c.sun_g3 * s3) + c.moon_g2.mul_add(m2, c.moon_g3.mul_add(m3, g4)),
        h: c.sun_h2.mul_add(s2, c.sun_h3 * s3) + c.moon_h2.mul_add(m2, c.moon_h3 * m3),
    }
}

/// 1 / cbrt(x), for x near 1 by a series and two steps of Newton, else lane by lane.
#[inline(always)]
fn inverse_cbrt<S: Simd>(simd: S, x: V<S>) -> V<S> {
    let off = x - 1.0;
    if off.abs().simd_lt(0.02).all_true() {
        let mut y = off.mul_add(off.mul_add(V::<S>::splat(simd, 2.0 / 9.0), -1.0 / 3.0), 1.0);
        for _ in 0..2 {
            let miss = V::<S>::splat(simd, 1.0) - x * (y * y * y);
            y = (y * (1.0 / 3.0)).mul_add(miss, y);
        }
        y
    } else {
        V::<S>::from_fn(simd, |lane| 1.0 / x[lane].cbrt())
    }
}

/// States `t` minutes after each lane's epoch; `step` is the resonance's last step before that.
/// Compiled once, as [`near`](super::near()).
#[inline(never)]
pub(in crate::sgp4) fn deep<S: Simd>(
    simd: S,
    c: &DeepLanes<S>,
    step: &ResonanceLanes<S>,
    t: V<S>,
) -> Found<S> {
    simd.vectorize(
        #[inline(always)]
        || state(simd, c, step, t),
    )
}

#[inline(always)]
fn state<S: Simd>(simd: S, c: &DeepLanes<S>, step: &ResonanceLanes<S>, t: V<S>) -> Found<S> {
    // Secular changes, drag and resonance.
    let mut node = c.node_drag.mul_add(t, c.node_rate).mul_add(t, c.node);
    let mut perigee = c.perigee_rate.mul_add(t, c.perigee);
    let ft = t - step.minutes;
    let half = ft * 0.5;
    let longitude = step.motion_rate * QUARTERS;
    let longitude = longitude
        .mul_add(half, step.longitude_rate)
        .mul_add(ft, step.longitude);
    let motion = step
        .motion_rate2
        .mul_add(half, step.motion_rate)
        .mul_add(ft, step.motion);
    let theta = V::<S>::splat(simd, EARTH_RATE * QUARTERS).mul_add(t, c.sidereal);
    let mut anomaly = c
        .by_mean
        .mul_add(c.anomaly_rate.mul_add(t, c.anomaly), longitude);
    anomaly = c.by_node.mul_add(theta - node, anomaly);
    anomaly = c.by_perigee.mul_add(-perigee, anomaly);
    anomaly = c.advance2.mul_add(t * t, anomaly);
    let shrink = V::<S>::splat(simd, 1.0) - c.c1 * t;
    let root = (c.root * shrink).abs() * inverse_cbrt(simd, motion / c.motion);
    let mean = c.eccentricity_rate.mul_add(t, c.eccentricity) - c.bc4 * t;
    let mut inclination = c.inclination_rate.mul_add(t, c.inclination);

    // Sun and Moon.
    let by = periodic(simd, c, t);
    let eccentricity = mean.max(ECCENTRICITY_MIN) + by.e;
    inclination += by.i;
    let (sin_i, cos_i) = sin_cos(simd, inclination * QUARTERS);
    let steep: M<S> = inclination.simd_ge(LYDDANE);
    let longitude = anomaly + perigee;
    let turn = by.h / sin_i;
    let mut new_node = turn.mul_add(QUARTERS, node);
    let mut new_perigee = (by.g - cos_i * turn).mul_add(QUARTERS, perigee);
    let mut new_longitude = longitude + by.l + (new_perigee - perigee);
    if !steep.all_true() {
        let flat = lyddane(simd, node, &by, sin_i, cos_i);
        let (flat_node, before) = (flat.0, flat.1);
        let flat_longitude = by.g.mul_add(QUARTERS, longitude + by.l)
            + (cos_i - by.i * sin_i) * before
            - cos_i * flat_node;
        new_node = steep.select(new_node, flat_node);
        new_perigee = steep.select(new_perigee, flat_longitude - anomaly - by.l);
        new_longitude = steep.select(new_longitude, flat_longitude);
    }
    // A negative inclination is the same orbit from the other node.
    let below = inclination.simd_lt(0.0);
    node = below.select(new_node + 2.0, new_node);
    perigee = below.select(new_perigee - 2.0, new_perigee);
    let sin_i = below.select(-sin_i, sin_i);
    anomaly = new_longitude - new_perigee;

    let cos2 = cos_i * cos_i;
    let one_plus = cos_i + 1.0;
    let least = V::<S>::splat(simd, ONE_PLUS_COS_MIN);
    let one_plus = one_plus
        .abs()
        .simd_le(ONE_PLUS_COS_MIN)
        .select(least, one_plus);
    let aycof = sin_i * (-0.5 * J3_BY_J2);
    let x = MeanLanes {
        root,
        eccentricity,
        node,
        perigee,
        anomaly,
        tilt: TiltLanes {
            sin_i,
            cos_i,
            con41: cos2 * 3.0 - 1.0,
            x1mth2: V::<S>::splat(simd, 1.0) - cos2,
            x7thm1: cos2 * 7.0 - 1.0,
            aycof,
            xlcof: aycof * (0.5 * QUARTERS) * (cos_i * 5.0 + 3.0) / one_plus,
        },
    };
    let checks = Checks {
        time: t.abs().simd_le(MINUTES_MAX),
        motion: motion.simd_gt(0.0),
        mean_eccentricity: mean,
        eccentricity,
    };
    orbit::state(simd, &x, &checks)
}

/// Node of a small inclination after the periodic changes, and before them within a turn, quarter
/// turns.
#[inline(always)]
fn lyddane<S: Simd>(
    simd: S,
    node: V<S>,
    by: &PeriodicLanes<S>,
    sin_i: V<S>,
    cos_i: V<S>,
) -> (V<S>, V<S>) {
    let (sin_node, cos_node) = sin_cos(simd, node);
    let tilt = cos_i.mul_add(by.i, sin_i);
    let alpha = tilt.mul_add(sin_node, by.h * cos_node);
    let beta = tilt * cos_node - by.h * sin_node;
    let before = node - (node * 0.25).trunc() * 4.0;
    let after = atan2(simd, alpha, beta) * QUARTERS;
    let turn = V::<S>::splat(simd, 4.0).copysign(before - after);
    let far = (before - after).abs().simd_gt(2.0);
    (far.select(after + turn, after), before)
}
