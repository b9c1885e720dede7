//! Near-Earth orbits of lanes: the scalar path's `model` and `near`.

use super::orbit::{self, Checks, Found, MeanLanes, TiltLanes};
use super::row::rows;
use super::trig::sin_half;
use super::{QUARTERS, V};
use crate::sgp4::model::{ECCENTRICITY_MIN, MINUTES_MAX};
use crate::sgp4::near::Near;
use fearless_simd::{Simd, SimdBase, SimdFloat};

rows! {
    /// [`Near`], arranged: angles and rates in quarter turns, `advance` the drag on the longitude
    /// times the mean motion, `root` the square root of the axis.
    NearRow, NearLanes {
        root, eccentricity, anomaly, anomaly_rate, perigee, perigee_rate, node, node_rate, node_drag,
        c1, d2, d3, d4, bc4, bc5, sinmo, advance2, advance3, advance4, advance5, eta, omgcof, xmcof,
        delmo, sin_i, cos_i, con41, x1mth2, x7thm1, aycof, xlcof,
    }
}

impl NearRow {
    pub(in crate::sgp4) fn new(near: &Near) -> Self {
        let quarters = |x: f64| x * QUARTERS;
        let advance = |x: f64| quarters(near.motion * x);
        let tilt = &near.tilt;
        Self {
            root: near.axis.sqrt(),
            eccentricity: near.eccentricity,
            anomaly: quarters(near.anomaly),
            anomaly_rate: quarters(near.anomaly_rate),
            perigee: quarters(near.perigee),
            perigee_rate: quarters(near.perigee_rate),
            node: quarters(near.node),
            node_rate: quarters(near.node_rate),
            node_drag: quarters(near.node_drag),
            c1: near.c1,
            d2: near.d2,
            d3: near.d3,
            d4: near.d4,
            bc4: near.bc4,
            bc5: near.bc5,
            sinmo: near.sinmo,
            advance2: advance(near.t2cof),
            advance3: advance(near.t3cof),
            advance4: advance(near.t4cof),
            advance5: advance(near.t5cof),
            eta: near.eta,
            omgcof: quarters(near.omgcof),
            xmcof: quarters(near.xmcof),
            delmo: near.delmo,
            sin_i: tilt.sin_i,
            cos_i: tilt.cos_i,
            con41: tilt.con41,
            x1mth2: tilt.x1mth2,
            x7thm1: tilt.x7thm1,
            aycof: tilt.aycof,
            xlcof: quarters(tilt.xlcof),
        }
    }
}

/// States `t` minutes after each lane's epoch.
///
/// Compiled once for each instruction set, and called: copies of it in every loop would win little.
#[inline(never)]
pub(in crate::sgp4) fn near<S: Simd>(simd: S, c: &NearLanes<S>, t: V<S>) -> Found<S> {
    simd.vectorize(
        #[inline(always)]
        || state(simd, c, t),
    )
}

#[inline(always)]
fn state<S: Simd>(simd: S, c: &NearLanes<S>, t: V<S>) -> Found<S> {
    let t2 = t * t;
    let m = c.anomaly_rate.mul_add(t, c.anomaly);
    let cos_m = sin_half(simd, m * 0.5 + 0.5);
    let h = c.eta.mul_add(cos_m, 1.0);
    let swing = c.omgcof.mul_add(t, c.xmcof * (h * h * h - c.delmo));
    let m = m + swing;
    let perigee = c.perigee_rate.mul_add(t, c.perigee) - swing;
    let sin_m = sin_half(simd, m * 0.5);
    let shrink = t * c.d4.mul_add(t, c.d3).mul_add(t, c.d2).mul_add(t, c.c1);
    let shrink = V::<S>::splat(simd, 1.0) - shrink;
    let mean = c.eccentricity - c.bc5.mul_add(sin_m - c.sinmo, c.bc4 * t);
    let advance = c.advance5.mul_add(t, c.advance4);
    let advance = advance.mul_add(t, c.advance3).mul_add(t, c.advance2);
    let eccentricity = mean.max(ECCENTRICITY_MIN);
    let x = MeanLanes {
        root: (c.root * shrink).abs(),
        eccentricity,
        node: c.node_drag.mul_add(t, c.node_rate).mul_add(t, c.node),
        perigee,
        anomaly: advance.mul_add(t2, m),
        tilt: TiltLanes {
            sin_i: c.sin_i,
            cos_i: c.cos_i,
            con41: c.con41,
            x1mth2: c.x1mth2,
            x7thm1: c.x7thm1,
            aycof: c.aycof,
            xlcof: c.xlcof,
        },
    };
    let time = t.abs().simd_le(MINUTES_MAX);
    let checks = Checks {
        time,
        motion: time,
        mean_eccentricity: mean,
        eccentricity: V::<S>::splat(simd, 0.0),
    };
    orbit::state(simd, &x, &checks)
}
