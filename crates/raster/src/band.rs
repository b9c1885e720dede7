//! One band of samples in memory, and the types of samples.

mod sample;

use serde::{Deserialize, Serialize};

use crate::window::Window;
pub(crate) use sample::Sample;
use sample::clear_nodata;

/// Type of one sample as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataType {
    /// Unsigned, 8 bits (also 1-bit images, widened).
    #[serde(rename = "uint8")]
    U8,
    /// Signed, 8 bits.
    #[serde(rename = "int8")]
    I8,
    /// Unsigned, 16 bits.
    #[serde(rename = "uint16")]
    U16,
    /// Signed, 16 bits.
    #[serde(rename = "int16")]
    I16,
    /// Unsigned, 32 bits.
    #[serde(rename = "uint32")]
    U32,
    /// Signed, 32 bits.
    #[serde(rename = "int32")]
    I32,
    /// Unsigned, 64 bits.
    #[serde(rename = "uint64")]
    U64,
    /// Signed, 64 bits.
    #[serde(rename = "int64")]
    I64,
    /// IEEE 754, 32 bits.
    #[serde(rename = "float32")]
    F32,
    /// IEEE 754, 64 bits.
    #[serde(rename = "float64")]
    F64,
}

impl DataType {
    /// Bytes of one sample.
    #[must_use]
    pub const fn size_bytes(self) -> usize {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }

    /// Name as STAC `data_type`, numpy and GDAL's Python bindings spell it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::U8 => "uint8",
            Self::I8 => "int8",
            Self::U16 => "uint16",
            Self::I16 => "int16",
            Self::U32 => "uint32",
            Self::I32 => "int32",
            Self::U64 => "uint64",
            Self::I64 => "int64",
            Self::F32 => "float32",
            Self::F64 => "float64",
        }
    }

    /// Whether samples are IEEE 754 numbers, so that NaN can stand for nodata.
    #[must_use]
    pub const fn is_float(self) -> bool {
        matches!(self, Self::F32 | Self::F64)
    }

    /// Least and greatest value as `f64` (64-bit integers are rounded).
    #[must_use]
    pub const fn range(self) -> (f64, f64) {
        match self {
            Self::U8 => (0.0, u8::MAX as f64),
            Self::I8 => (i8::MIN as f64, i8::MAX as f64),
            Self::U16 => (0.0, u16::MAX as f64),
            Self::I16 => (i16::MIN as f64, i16::MAX as f64),
            Self::U32 => (0.0, u32::MAX as f64),
            Self::I32 => (i32::MIN as f64, i32::MAX as f64),
            Self::U64 => (0.0, u64::MAX as f64),
            Self::I64 => (i64::MIN as f64, i64::MAX as f64),
            Self::F32 => (f32::MIN as f64, f32::MAX as f64),
            Self::F64 => (f64::MIN, f64::MAX),
        }
    }
}

/// Samples of one band, row by row from the top, in their stored type.
#[derive(Debug, Clone, PartialEq)]
pub enum BandData {
    /// Unsigned, 8 bits.
    U8(Vec<u8>),
    /// Signed, 8 bits.
    I8(Vec<i8>),
    /// Unsigned, 16 bits.
    U16(Vec<u16>),
    /// Signed, 16 bits.
    I16(Vec<i16>),
    /// Unsigned, 32 bits.
    U32(Vec<u32>),
    /// Signed, 32 bits.
    I32(Vec<i32>),
    /// Unsigned, 64 bits.
    U64(Vec<u64>),
    /// Signed, 64 bits.
    I64(Vec<i64>),
    /// IEEE 754, 32 bits.
    F32(Vec<f32>),
    /// IEEE 754, 64 bits.
    F64(Vec<f64>),
}

/// Runs `$body` with `$v` bound to the typed vector inside a [`BandData`].
macro_rules! each_type {
    ($data:expr, $v:ident => $body:expr) => {
        match $data {
            $crate::band::BandData::U8($v) => $body,
            $crate::band::BandData::I8($v) => $body,
            $crate::band::BandData::U16($v) => $body,
            $crate::band::BandData::I16($v) => $body,
            $crate::band::BandData::U32($v) => $body,
            $crate::band::BandData::I32($v) => $body,
            $crate::band::BandData::U64($v) => $body,
            $crate::band::BandData::I64($v) => $body,
            $crate::band::BandData::F32($v) => $body,
            $crate::band::BandData::F64($v) => $body,
        }
    };
}
pub(crate) use each_type;

impl BandData {
    /// `len` zeros of the given type.
    #[must_use]
    pub fn zeros(dtype: DataType, len: usize) -> Self {
        match dtype {
            DataType::U8 => Self::U8(vec![0; len]),
            DataType::I8 => Self::I8(vec![0; len]),
            DataType::U16 => Self::U16(vec![0; len]),
            DataType::I16 => Self::I16(vec![0; len]),
            DataType::U32 => Self::U32(vec![0; len]),
            DataType::I32 => Self::I32(vec![0; len]),
            DataType::U64 => Self::U64(vec![0; len]),
            DataType::I64 => Self::I64(vec![0; len]),
            DataType::F32 => Self::F32(vec![0.0; len]),
            DataType::F64 => Self::F64(vec![0.0; len]),
        }
    }

    /// Type of the samples.
    #[must_use]
    pub const fn dtype(&self) -> DataType {
        match self {
            Self::U8(_) => DataType::U8,
            Self::I8(_) => DataType::I8,
            Self::U16(_) => DataType::U16,
            Self::I16(_) => DataType::I16,
            Self::U32(_) => DataType::U32,
            Self::I32(_) => DataType::I32,
            Self::U64(_) => DataType::U64,
            Self::I64(_) => DataType::I64,
            Self::F32(_) => DataType::F32,
            Self::F64(_) => DataType::F64,
        }
    }

    /// A part of the samples.
    ///
    /// # Panics
    /// When the range is not inside.
    pub(crate) fn slice(&self, range: std::ops::Range<usize>) -> Self {
        macro_rules! slice {
            ($($variant:ident)*) => {
                match self {
                    $(Self::$variant(v) => Self::$variant(v[range].to_vec()),)*
                }
            };
        }
        slice!(U8 I8 U16 I16 U32 I32 U64 I64 F32 F64)
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        each_type!(self, v => v.len())
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Sample at `index` as `f64` (64-bit integers are rounded), or `None` past the end.
    #[must_use]
    pub fn get_f64(&self, index: usize) -> Option<f64> {
        each_type!(self, v => v.get(index).map(|x| x.to_f64()))
    }
}

/// A rectangle of one band: its samples, and which of them are measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    width: usize,
    height: usize,
    data: BandData,
    nodata: Option<f64>,
    mask: Option<Vec<bool>>,
}

impl Band {
    /// A band of `width` x `height` samples, row by row from the top.
    ///
    /// `nodata` marks samples that are no measurement (NaN always does for
    /// floats); `mask`, when given, has one entry a sample, `true` = valid.
    ///
    /// # Errors
    /// When `data` or `mask` has not `width * height` entries.
    pub fn new(
        width: usize,
        height: usize,
        data: BandData,
        nodata: Option<f64>,
        mask: Option<Vec<bool>>,
    ) -> Result<Self, crate::RasterError> {
        let expected = width.checked_mul(height);
        if expected != Some(data.len()) {
            return Err(crate::RasterError::argument(
                "data",
                format!(
                    "{} samples do not fill {width} x {height} pixels",
                    data.len()
                ),
            ));
        }
        if let Some(mask) = &mask
            && mask.len() != data.len()
        {
            return Err(crate::RasterError::argument(
                "mask",
                format!("{} entries for {} samples", mask.len(), data.len()),
            ));
        }
        Ok(Self {
            width,
            height,
            data,
            nodata,
            mask,
        })
    }

    /// A float band whose NaN samples are nodata.
    ///
    /// # Errors
    /// When `values` has not `width * height` entries.
    pub fn from_f32(
        width: usize,
        height: usize,
        values: Vec<f32>,
    ) -> Result<Self, crate::RasterError> {
        Self::new(width, height, BandData::F32(values), Some(f64::NAN), None)
    }

    /// This band with `other`, of the same width and type, below it.
    pub(crate) fn below(mut self, other: Self) -> Result<Self, crate::RasterError> {
        let (width, height) = (self.width, self.height + other.height);
        let mask = match (self.mask.take(), other.mask) {
            (None, None) => None,
            (upper, lower) => {
                let whole = |len: usize| vec![true; len];
                let mut mask = upper.unwrap_or_else(|| whole(self.data.len()));
                mask.extend(lower.unwrap_or_else(|| whole(other.data.len())));
                Some(mask)
            }
        };
        macro_rules! append {
            ($($variant:ident)*) => {
                match (&mut self.data, other.data) {
                    $((BandData::$variant(a), BandData::$variant(b)) => a.extend(b),)*
                    // `Band::new` finds that the sizes do not match.
                    _ => {}
                }
            };
        }
        append!(U8 I8 U16 I16 U32 I32 U64 I64 F32 F64);
        Self::new(width, height, self.data, self.nodata, mask)
    }

    /// This band as the part of a larger one that has no other measurement.
    pub(crate) fn within(
        self,
        part: Window,
        (width, height): (usize, usize),
    ) -> Result<Self, crate::RasterError> {
        if part == Window::whole(width, height) {
            return Ok(self);
        }
        part.check_inside(width, height)?;
        let rows = |row: usize| {
            let start = (part.row + row) * width + part.col;
            start..start + part.width
        };
        let fill = self.nodata.unwrap_or(0.0);
        macro_rules! place {
            ($($variant:ident)*) => {
                match &self.data {
                    $(BandData::$variant(own) => {
                        let mut all = vec![Sample::from_f64(fill); width * height];
                        for (row, line) in own.chunks_exact(part.width).enumerate() {
                            all[rows(row)].copy_from_slice(line);
                        }
                        BandData::$variant(all)
                    })*
                }
            };
        }
        let data = place!(U8 I8 U16 I16 U32 I32 U64 I64 F32 F64);
        let mut mask = vec![false; width * height];
        for row in 0..part.height {
            match &self.mask {
                Some(own) => {
                    mask[rows(row)].copy_from_slice(&own[row * part.width..(row + 1) * part.width])
                }
                None => mask[rows(row)].fill(true),
            }
        }
        Self::new(width, height, data, self.nodata, Some(mask))
    }

    /// Takes the samples of `below`, of the same size, at the places named; where its type is
    /// another, both become 64-bit floats. Validity is then what `valid` says alone.
    pub(crate) fn fill_from(
        self,
        below: &Self,
        places: &[bool],
        valid: Vec<bool>,
    ) -> Result<Self, crate::RasterError> {
        let (width, height) = (self.width, self.height);
        macro_rules! fill {
            ($($variant:ident)*) => {
                match (self.data, &below.data) {
                    $((BandData::$variant(mut own), BandData::$variant(other)) => {
                        for ((own, other), place) in own.iter_mut().zip(other).zip(places) {
                            if *place {
                                *own = *other;
                            }
                        }
                        BandData::$variant(own)
                    })*
                    (own, other) => {
                        let number = |data: &BandData, i| data.get_f64(i).unwrap_or(f64::NAN);
                        let from = |(i, place): (usize, &bool)| {
                            number(if *place { other } else { &own }, i)
                        };
                        BandData::F64(places.iter().enumerate().map(from).collect())
                    }
                }
            };
        }
        let data = fill!(U8 I8 U16 I16 U32 I32 U64 I64 F32 F64);
        Self::new(width, height, data, None, Some(valid))
    }

    /// Columns.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.height
    }

    /// Samples in their stored type.
    #[must_use]
    pub const fn data(&self) -> &BandData {
        &self.data
    }

    /// The samples, taken out.
    #[must_use]
    pub fn into_data(self) -> BandData {
        self.data
    }

    /// Value that stands for "no measurement", when there is one.
    #[must_use]
    pub const fn nodata(&self) -> Option<f64> {
        self.nodata
    }

    /// Explicit validity, one entry a sample, when there is one beside `nodata`.
    #[must_use]
    pub fn mask(&self) -> Option<&[bool]> {
        self.mask.as_deref()
    }

    /// Whether the sample at (`col`, `row`) is a measurement; `false` outside.
    #[must_use]
    pub fn is_valid(&self, col: usize, row: usize) -> bool {
        if col >= self.width || row >= self.height {
            return false;
        }
        let index = row * self.width + col;
        let mut valid = [self.mask.as_ref().is_none_or(|m| m[index])];
        let dtype = self.data.dtype();
        each_type!(&self.data, v => {
            clear_nodata(&v[index..=index], self.nodata, dtype, &mut valid);
        });
        valid[0]
    }

    /// Measurement at (`col`, `row`); `None` for nodata or outside.
    #[must_use]
    pub fn value(&self, col: usize, row: usize) -> Option<f64> {
        if self.is_valid(col, row) {
            self.data.get_f64(row * self.width + col)
        } else {
            None
        }
    }

    /// One entry a sample, `true` = a measurement.
    #[must_use]
    pub fn validity(&self) -> Vec<bool> {
        let dtype = self.data.dtype();
        let mut valid: Vec<bool> = match &self.mask {
            Some(mask) => mask.clone(),
            None => vec![true; self.data.len()],
        };
        if self.nodata.is_some() || dtype.is_float() {
            each_type!(&self.data, v => clear_nodata(v, self.nodata, dtype, &mut valid));
        }
        valid
    }

    /// [`Band::validity`] where some sample is no measurement; `None` when all are.
    pub(crate) fn gaps(&self) -> Option<Vec<bool>> {
        let may_lack = self.has_invalid_rule() || self.data.dtype().is_float();
        may_lack
            .then(|| self.validity())
            .filter(|valid| valid.contains(&false))
    }

    /// All samples as `f32`, NaN where there is no measurement.
    ///
    /// 32-bit integers and `f64` are rounded to the nearest `f32`; use
    /// [`Band::values_f64`] where 24 bits of precision are not enough.
    #[must_use]
    pub fn values_f32(&self) -> Vec<f32> {
        let mut values: Vec<f32> = match &self.data {
            BandData::F32(v) => v.clone(),
            other => each_type!(other, v => v.iter().map(|x| x.to_f32()).collect()),
        };
        if self.has_invalid_rule() {
            for (value, ok) in values.iter_mut().zip(self.validity()) {
                if !ok {
                    *value = f32::NAN;
                }
            }
        }
        values
    }

    /// All samples as `f64`, NaN where there is no measurement (64-bit integers are rounded).
    #[must_use]
    pub fn values_f64(&self) -> Vec<f64> {
        let mut values: Vec<f64> =
            each_type!(&self.data, v => v.iter().map(|x| x.to_f64()).collect());
        if self.has_invalid_rule() {
            for (value, ok) in values.iter_mut().zip(self.validity()) {
                if !ok {
                    *value = f64::NAN;
                }
            }
        }
        values
    }

    fn has_invalid_rule(&self) -> bool {
        self.mask.is_some() || self.nodata.is_some()
    }
}
