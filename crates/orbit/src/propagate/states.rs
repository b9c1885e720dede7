//! States as columns.

use crate::frame::{State, Teme};
use crate::sgp4::{Columns, Sgp4Error};
use std::marker::PhantomData;

/// Positions and velocities in the frame `F`, of many instants or of many satellites, as columns:
/// one for each axis. Where there is no state, the columns hold NaN and the code says why.
///
/// Filled by [`Trajectory::fill_teme`](super::Trajectory::fill_teme) and
/// [`Batch::fill_teme`](super::Batch::fill_teme), which reuse the memory.
#[derive(Debug, Clone)]
pub struct States<F> {
    pub(super) columns: Columns,
    frame: PhantomData<F>,
}

impl<F> Default for States<F> {
    fn default() -> Self {
        Self {
            columns: Columns::default(),
            frame: PhantomData,
        }
    }
}

impl<F> States<F> {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Columns x, y, z, metres.
    pub fn r_m(&self) -> [&[f64]; 3] {
        [0, 1, 2].map(|k| &self.columns.r_m[k][..self.len()])
    }

    /// Columns of their rates, m/s.
    pub fn v_m_s(&self) -> [&[f64]; 3] {
        [0, 1, 2].map(|k| &self.columns.v_m_s[k][..self.len()])
    }

    /// Numbers of errors as by [`Sgp4Error::code`]; 0 where there is a state.
    pub fn codes(&self) -> &[u8] {
        &self.columns.codes[..self.len()]
    }
}

impl States<Teme> {
    /// The state at `index`; `None` past the end.
    pub fn get(&self, index: usize) -> Option<Result<State<Teme>, Sgp4Error>> {
        let code = *self.codes().get(index)?;
        let at = |columns: [&[f64]; 3]| columns.map(|c| c[index]);
        Some(match Sgp4Error::from_code(code) {
            Some(error) => Err(error),
            None => Ok(State::new(at(self.r_m()), at(self.v_m_s()))),
        })
    }
}
