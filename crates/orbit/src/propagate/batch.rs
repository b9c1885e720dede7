//! Many satellites at one time.

use super::{Model, States, Trajectory, numbers};
use crate::frame::Teme;
use crate::sgp4::{self, Blocks, Satellite};
use fearless_simd::Level;
use jiff::Timestamp;

/// Satellites side by side, for states of all of them at one time; for states of one at many times
/// see [`Trajectory::fill_teme`]. Both compute as many states at once as the processor has lanes
/// (AVX-512, AVX2, SSE, NEON, found at run time), within 0.1 mm of
/// [`Trajectory::state_teme`] for times within 7 days of the epoch.
#[derive(Debug, Clone)]
pub struct Batch {
    sgp4: Blocks,
    /// Satellites that are not by SGP4, and their places.
    others: Vec<(usize, Trajectory)>,
    len: usize,
    level: Level,
}

impl Batch {
    /// Of these satellites. Their constants are copied, so that the batch stands alone.
    pub fn new<'a>(trajectories: impl IntoIterator<Item = &'a Trajectory>) -> Self {
        let (mut sgp4, mut others) = (Vec::new(), Vec::new());
        let mut len = 0;
        for (place, trajectory) in trajectories.into_iter().enumerate() {
            match &trajectory.model {
                Model::Sgp4(model) => {
                    sgp4.push(Satellite {
                        model: model.clone(),
                        epoch: seconds(trajectory.epoch),
                        place,
                    });
                }
                Model::Kepler(_) | Model::Table(_) => others.push((place, trajectory.clone())),
            }
            len = place + 1;
        }
        Self {
            sgp4: Blocks::new(sgp4),
            others,
            len,
            level: Level::new(),
        }
    }

    /// Number of satellites.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no satellites.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Position and velocity of every satellite at `t`, in the order they were given in.
    pub fn fill_teme(&self, t: Timestamp, states: &mut States<Teme>) {
        let out = &mut states.columns;
        out.resize(self.len);
        self.sgp4.at(self.level, seconds(t), out);
        for (place, trajectory) in &self.others {
            out.set(*place, numbers(trajectory.state_teme(t)));
        }
    }
}

/// Unix time as whole seconds and the rest.
fn seconds(t: Timestamp) -> sgp4::Seconds {
    (
        t.as_second() as f64,
        f64::from(t.subsec_nanosecond()) * 1e-9,
    )
}
