//! States as columns, which is how lanes write them.

use super::lanes::BLOCK;

/// Positions, velocities and error codes. Every column has room for whole blocks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Columns {
    pub(crate) r_m: [Vec<f64>; 3],
    pub(crate) v_m_s: [Vec<f64>; 3],
    /// Numbers of [`super::Sgp4Error`]; 0 where there is a state.
    pub(crate) codes: Vec<u8>,
    len: usize,
}

impl Columns {
    /// Makes room for `len` states, whose numbers are then any.
    pub(crate) fn resize(&mut self, len: usize) {
        let room = len.next_multiple_of(BLOCK);
        for column in self.r_m.iter_mut().chain(&mut self.v_m_s) {
            column.resize(room, f64::NAN);
        }
        self.codes.clear();
        self.codes.resize(room, 0);
        self.len = len;
    }

    /// Number of states.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Sets one state, or its error.
    pub(crate) fn set(&mut self, at: usize, state: Result<([f64; 3], [f64; 3]), u8>) {
        let (r_m, v_m_s, code) = match state {
            Ok((r_m, v_m_s)) => (r_m, v_m_s, 0),
            Err(code) => ([f64::NAN; 3], [f64::NAN; 3], code),
        };
        for k in 0..3 {
            self.r_m[k][at] = r_m[k];
            self.v_m_s[k][at] = v_m_s[k];
        }
        self.codes[at] = code;
    }
}
