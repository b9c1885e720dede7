//! Many states at a time: one satellite at many times, or many satellites at one time.

use super::columns::Columns;
use super::lanes::{
    BLOCK, DeepLanes, DeepRow, Found, NearLanes, NearRow, ResonanceLanes, ResonanceRow, deep, near,
};
use super::model::Model;
use super::resonance::{Node, Resonance};
use fearless_simd::{Level, Simd, SimdBase, dispatch};
use std::sync::Arc;

/// Minutes in a second.
const MINUTE: f64 = 1.0 / 60.0;

/// A time as whole seconds and the rest, so that differences of far times keep their digits.
pub(crate) type Seconds = (f64, f64);

/// States of one satellite at `offsets_s` seconds from an instant `after_epoch_s` after its epoch.
pub(crate) fn series(
    level: Level,
    model: &Model,
    after_epoch_s: f64,
    offsets_s: &[f64],
    out: &mut Columns,
) {
    out.resize(offsets_s.len());
    dispatch!(level, simd => series_on(simd, model, after_epoch_s, offsets_s, out));
}

#[inline(always)]
fn series_on<S: Simd>(
    simd: S,
    model: &Model,
    after_epoch_s: f64,
    offsets_s: &[f64],
    out: &mut Columns,
) {
    match &model.deep {
        None => {
            let row = NearLanes::splat(simd, &NearRow::new(&model.near));
            each_time(
                simd,
                after_epoch_s,
                offsets_s,
                out,
                #[inline(always)]
                |t| near(simd, &row, t),
            );
        }
        Some(terms) => {
            let row = DeepRow::new(&model.near, terms);
            let row = DeepLanes::splat(simd, &row);
            let none = ResonanceLanes::splat(simd, &ResonanceRow::none(model.near.motion));
            match &terms.resonance {
                None => each_time(
                    simd,
                    after_epoch_s,
                    offsets_s,
                    out,
                    #[inline(always)]
                    |t| deep(simd, &row, &none, t),
                ),
                Some(resonance) => {
                    let mut known = resonance.node(after_epoch_s / 60.0);
                    each_time(
                        simd,
                        after_epoch_s,
                        offsets_s,
                        out,
                        #[inline(always)]
                        |t| {
                            let step = steps_of(simd, resonance, &mut known, t);
                            deep(simd, &row, &step, t)
                        },
                    );
                }
            }
        }
    }
}

/// Runs over the times, as many at once as there are lanes.
#[inline(always)]
fn each_time<S: Simd>(
    simd: S,
    after_epoch_s: f64,
    offsets_s: &[f64],
    out: &mut Columns,
    mut state: impl FnMut(S::f64s) -> Found<S>,
) {
    let lanes = S::f64s::LEN;
    let whole = offsets_s.chunks_exact(lanes);
    let rest = whole.remainder();
    for (k, offsets) in whole.enumerate() {
        let found = state((S::f64s::from_slice(simd, offsets) + after_epoch_s) * MINUTE);
        store(&found, out, k * lanes);
    }
    if let Some(last) = rest.last() {
        let mut padded = [*last; BLOCK];
        padded[..rest.len()].copy_from_slice(rest);
        let found = state((S::f64s::from_slice(simd, &padded[..lanes]) + after_epoch_s) * MINUTE);
        store(&found, out, offsets_s.len() - rest.len());
    }
}

#[inline(always)]
fn store<S: Simd>(found: &Found<S>, out: &mut Columns, at: usize) {
    let to = at..at + S::f64s::LEN;
    for k in 0..3 {
        found.r_m[k].store_slice(&mut out.r_m[k][to.clone()]);
        found.v_m_s[k].store_slice(&mut out.v_m_s[k][to.clone()]);
    }
    if let Some(codes) = &found.codes {
        for (code, to) in codes.as_slice().iter().zip(&mut out.codes[to]) {
            // Numbers of errors: 0 to 7.
            *to = *code as u8;
        }
    }
}

/// The steps of one satellite's resonance before each of the times; `known` is one of them.
#[inline(always)]
fn steps_of<S: Simd>(
    simd: S,
    resonance: &Resonance,
    known: &mut Node,
    minutes: S::f64s,
) -> ResonanceLanes<S> {
    // Times mostly come in order and lie close.
    if !minutes.as_slice().iter().all(|t| known.holds(*t)) {
        *known = resonance.node_from(known, minutes[0]);
        if !minutes.as_slice().iter().all(|t| known.holds(*t)) {
            return gather(
                simd,
                #[inline(always)]
                |lane| {
                    *known = resonance.node_from(known, minutes[lane]);
                    ResonanceRow::new(known)
                },
            );
        }
    }
    ResonanceLanes::splat(simd, &ResonanceRow::new(known))
}

#[inline(always)]
fn gather<S: Simd>(simd: S, mut row: impl FnMut(usize) -> ResonanceRow) -> ResonanceLanes<S> {
    let mut block = [0.0; BLOCK * ResonanceRow::LEN];
    for lane in 0..S::f64s::LEN {
        row(lane).put(&mut block, lane);
    }
    ResonanceLanes::load(simd, &block, 0)
}

/// Satellites side by side in blocks, for states of all at one time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blocks {
    near: Group,
    deep: Group,
    /// Of each lane of the deep-space group.
    models: Vec<Arc<Model>>,
}

/// A satellite of a batch.
pub(crate) struct Satellite {
    pub(crate) model: Arc<Model>,
    /// Unix time of the elements.
    pub(crate) epoch: Seconds,
    /// Where its states belong.
    pub(crate) place: usize,
}

/// One kind of satellites: constants and epochs in blocks, and where each state belongs.
#[derive(Debug, Clone, Default)]
struct Group {
    rows: Vec<f64>,
    /// Whole seconds of the epochs of a block, then their rests.
    epochs: Vec<[[f64; BLOCK]; 2]>,
    places: Vec<[usize; BLOCK]>,
}

impl Group {
    /// Appends a block; `put` writes a satellite's row, of `numbers` numbers, as a lane. Lanes without
    /// a satellite repeat the last, and write where it does.
    fn push_block(
        &mut self,
        satellites: &[Satellite],
        numbers: usize,
        put: impl Fn(&Model, &mut [f64], usize),
    ) {
        let satellite = |lane: usize| &satellites[lane.min(satellites.len() - 1)];
        let start = self.rows.len();
        self.rows.resize(start + BLOCK * numbers, 0.0);
        for lane in 0..BLOCK {
            put(&satellite(lane).model, &mut self.rows[start..], lane);
        }
        self.epochs.push([
            std::array::from_fn(|lane| satellite(lane).epoch.0),
            std::array::from_fn(|lane| satellite(lane).epoch.1),
        ]);
        self.places
            .push(std::array::from_fn(|lane| satellite(lane).place));
    }

    #[inline(always)]
    fn minutes<S: Simd>(&self, simd: S, block: usize, first: usize, t: Seconds) -> S::f64s {
        let [whole, rest] = &self.epochs[block];
        let lanes = first..first + S::f64s::LEN;
        let whole = S::f64s::from_slice(simd, &whole[lanes.clone()]);
        let rest = S::f64s::from_slice(simd, &rest[lanes]);
        ((-whole + t.0) + (-rest + t.1)) * MINUTE
    }

    #[inline(always)]
    fn scatter<S: Simd>(&self, found: &Found<S>, block: usize, first: usize, out: &mut Columns) {
        let places = &self.places[block][first..first + S::f64s::LEN];
        if places.windows(2).all(|p| p[1] == p[0] + 1) {
            return store(found, out, places[0]);
        }
        for (lane, at) in places.iter().copied().enumerate() {
            for k in 0..3 {
                out.r_m[k][at] = found.r_m[k][lane];
                out.v_m_s[k][at] = found.v_m_s[k][lane];
            }
            // Numbers of errors: 0 to 7.
            out.codes[at] = found.codes.map_or(0, |c| c[lane] as u8);
        }
    }
}

impl Blocks {
    /// From satellites in any order.
    pub(crate) fn new(satellites: Vec<Satellite>) -> Self {
        let (mut deep, mut near): (Vec<_>, Vec<_>) =
            satellites.into_iter().partition(|s| s.model.deep.is_some());
        // Like with like, so that few blocks take the longer ways.
        near.sort_by_key(|s| s.model.path());
        deep.sort_by_key(|s| s.model.path());
        let mut blocks = Self::default();
        for block in near.chunks(BLOCK) {
            blocks
                .near
                .push_block(block, NearRow::LEN, |model, to, lane| {
                    NearRow::new(&model.near).put(to, lane);
                });
        }
        for block in deep.chunks(BLOCK) {
            blocks
                .deep
                .push_block(block, DeepRow::LEN, |model, to, lane| {
                    if let Some(deep) = &model.deep {
                        DeepRow::new(&model.near, deep).put(to, lane);
                    }
                });
            let lanes = block.iter().chain(block.last().into_iter().cycle());
            blocks
                .models
                .extend(lanes.take(BLOCK).map(|s| s.model.clone()));
        }
        blocks
    }

    /// States of all satellites at `t`.
    pub(crate) fn at(&self, level: Level, t: Seconds, out: &mut Columns) {
        dispatch!(level, simd => self.near_on(simd, t, out));
        dispatch!(level, simd => self.deep_on(simd, t, out));
    }

    #[inline(always)]
    fn near_on<S: Simd>(&self, simd: S, t: Seconds, out: &mut Columns) {
        let rows = self.near.rows.chunks_exact(BLOCK * NearRow::LEN);
        for (block, row) in rows.enumerate() {
            for first in (0..BLOCK).step_by(S::f64s::LEN) {
                let minutes = self.near.minutes(simd, block, first, t);
                let row = NearLanes::load(simd, row, first);
                let found = near(simd, &row, minutes);
                self.near.scatter(&found, block, first, out);
            }
        }
    }

    #[inline(always)]
    fn deep_on<S: Simd>(&self, simd: S, t: Seconds, out: &mut Columns) {
        let rows = self.deep.rows.chunks_exact(BLOCK * DeepRow::LEN);
        for (block, row) in rows.enumerate() {
            for first in (0..BLOCK).step_by(S::f64s::LEN) {
                let minutes = self.deep.minutes(simd, block, first, t);
                let models = &self.models[block * BLOCK + first..];
                let step = gather(
                    simd,
                    #[inline(always)]
                    |lane| resonance_of(&models[lane], minutes[lane]),
                );
                let row = DeepLanes::load(simd, row, first);
                let found = deep(simd, &row, &step, minutes);
                self.deep.scatter(&found, block, first, out);
            }
        }
    }
}

fn resonance_of(model: &Model, minutes: f64) -> ResonanceRow {
    let resonance = model.deep.as_ref().and_then(|d| d.resonance.as_ref());
    match resonance {
        Some(resonance) => ResonanceRow::new(&resonance.node(minutes)),
        None => ResonanceRow::none(model.near.motion),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elements::tle;
    use crate::sgp4::lanes::levels;

    /// Low and round, Molniya (half a day), geostationary (a day), eccentric without resonance, and
    /// in its last days (AIAA 2006-6753, the verification cases; made whole).
    const SETS: &str = "\
1 06251U 62025E   06176.82412014  .00008885  00000-0  12808-3 0  3984
2 06251  58.0579  54.0425 0030035 139.1568 221.1854 15.56387291  6774
1 08195U 75081A   06176.33215444  .00000099  00000-0  11873-3 0   813
2 08195  64.1586 279.0717 6877146 264.7651  20.2257  2.00491383225656
1 28626U 05008A   06176.46683397 -.00000205  00000-0  10000-3 0  2190
2 28626   0.0019 286.9433 0000335  13.7918  55.6504  1.00270176  4891
1 28623U 05006B   06177.81079184  .00637644  69054-6  96390-3 0  6000
2 28623  28.5200 114.9834 6249053 170.2550 212.8965  3.79477162 12753
1 28350U 04020A   06167.21788666  .16154492  76267-5  18678-3 0  8894
2 28350  64.9977 345.6130 0024870 260.7578  99.9590 16.47856722116490
";

    fn models() -> Vec<Arc<Model>> {
        let mut whole = String::new();
        for line in SETS.lines() {
            let digits = line.bytes().take(68).map(|b| match b {
                b'0'..=b'9' => u32::from(b - b'0'),
                b'-' => 1,
                _ => 0,
            });
            whole.push_str(&format!("{}{}\n", &line[..68], digits.sum::<u32>() % 10));
        }
        let parsed = tle::parse(&whole, "sets");
        assert_eq!(parsed.faults, []);
        parsed
            .sets
            .iter()
            .map(|s| Arc::new(Model::new(s)))
            .collect()
    }

    fn agrees(found: &Columns, at: usize, model: &Model, minutes: f64) {
        match model.state(minutes) {
            Err(error) => {
                assert_eq!(found.codes[at], error.code(), "{minutes}");
                assert!(found.r_m.iter().chain(&found.v_m_s).all(|c| c[at].is_nan()));
            }
            Ok((r_km, v_km_s)) => {
                assert_eq!(found.codes[at], 0, "{minutes}");
                for k in 0..3 {
                    assert!((found.r_m[k][at] - r_km[k] * 1e3).abs() < 1e-3, "{minutes}");
                    assert!((found.v_m_s[k][at] - v_km_s[k] * 1e3).abs() < 1e-6);
                }
            }
        }
    }

    /// Every instruction set the machine has, both ways round, near the epoch and years from it.
    #[test]
    fn every_level_agrees_with_scalar() {
        let minutes: Vec<f64> = (-30..=30)
            .map(|k| f64::from(k) * 777.7)
            .chain([1e6, -2e6, 1e6 + 1.0, 5e5, 6e7, f64::NAN])
            .collect();
        let offsets_s: Vec<f64> = minutes.iter().map(|m| m * 60.0).collect();
        let models = models();
        for level in levels() {
            let mut found = Columns::default();
            for model in &models {
                series(level, model, 0.0, &offsets_s, &mut found);
                assert_eq!(found.len(), minutes.len());
                for (at, offset_s) in offsets_s.iter().enumerate() {
                    agrees(&found, at, model, offset_s * MINUTE);
                }
            }
            let satellites = models.iter().enumerate().map(|(place, model)| Satellite {
                model: model.clone(),
                epoch: (1e9, 0.25),
                place,
            });
            let blocks = Blocks::new(satellites.collect());
            for offset_s in &offsets_s {
                found.resize(models.len());
                blocks.at(level, (1e9, 0.25 + offset_s), &mut found);
                for (place, model) in models.iter().enumerate() {
                    agrees(&found, place, model, offset_s * MINUTE);
                }
            }
        }
    }
}
