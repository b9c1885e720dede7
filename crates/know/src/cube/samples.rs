//! Sample storage.

/// Samples of a cube: 32-bit where the source has no more, 64-bit otherwise. NaN is no data.
#[derive(Debug, Clone, PartialEq)]
pub enum Samples {
    /// 32-bit floats.
    F32(Vec<f32>),
    /// 64-bit floats.
    F64(Vec<f64>),
}

impl Samples {
    /// `len` samples of no data, of the same storage as `other`.
    pub fn like(other: &Samples, len: usize) -> Self {
        match other {
            Samples::F32(_) => Samples::F32(vec![f32::NAN; len]),
            Samples::F64(_) => Samples::F64(vec![f64::NAN; len]),
        }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        match self {
            Samples::F32(values) => values.len(),
            Samples::F64(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> u64 {
        match self {
            Samples::F32(values) => 4 * values.len() as u64,
            Samples::F64(values) => 8 * values.len() as u64,
        }
    }

    /// One sample. The index is below [`Samples::len`].
    pub fn get(&self, index: usize) -> f64 {
        match self {
            Samples::F32(values) => f64::from(values[index]),
            Samples::F64(values) => values[index],
        }
    }

    /// Sets one sample. The index is below [`Samples::len`].
    pub fn set(&mut self, index: usize, value: f64) {
        match self {
            Samples::F32(values) => values[index] = value as f32,
            Samples::F64(values) => values[index] = value,
        }
    }

    /// Copies `len` samples from another store.
    pub fn copy_from(&mut self, to: usize, other: &Samples, from: usize, len: usize) {
        match (self, other) {
            (Samples::F32(own), Samples::F32(other)) => {
                own[to..to + len].copy_from_slice(&other[from..from + len]);
            }
            (Samples::F64(own), Samples::F64(other)) => {
                own[to..to + len].copy_from_slice(&other[from..from + len]);
            }
            (own, other) => (0..len).for_each(|i| own.set(to + i, other.get(from + i))),
        }
    }

    /// Samples of a run of indices.
    pub fn range_f64(&self, from: usize, len: usize) -> Vec<f64> {
        match self {
            Samples::F32(values) => values[from..from + len]
                .iter()
                .map(|v| f64::from(*v))
                .collect(),
            Samples::F64(values) => values[from..from + len].to_vec(),
        }
    }

    /// All samples as 64-bit floats.
    pub fn to_f64(&self) -> Vec<f64> {
        self.range_f64(0, self.len())
    }
}
