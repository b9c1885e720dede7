//! Bands: what each channel of a file measures.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One band of an asset (STAC 1.1 common band object).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Name as the data's producer gives it, such as `B03` or `VV`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Value of pixels without a measurement: a number, or `"nan"`, `"inf"`, `"-inf"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nodata: Option<Value>,
    /// Sample type: `uint8`, `int16`, `float32`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// Unit of the physical value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Statistics of the valid samples (`minimum`, `maximum`, `mean`, `stddev`, `count`,
    /// `valid_percent`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistics: Option<Map<String, Value>>,
    /// All other members (`eo:common_name`, `raster:scale`, …).
    #[serde(flatten)]
    pub additional: Map<String, Value>,
}

impl Band {
    /// A band with a name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..Self::default()
        }
    }

    /// The same band with one more member, such as `raster:scale`.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.additional.insert(key.into(), value.into());
        self
    }

    /// The same band with its sample type, such as `uint16`.
    #[must_use]
    pub fn with_data_type(mut self, data_type: impl Into<String>) -> Self {
        self.data_type = Some(data_type.into());
        self
    }

    /// The same band with its unit.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// The same band with its nodata value; what is not finite becomes STAC's `"nan"`, `"inf"` or
    /// `"-inf"`.
    #[must_use]
    pub fn with_nodata(mut self, nodata: f64) -> Self {
        self.nodata = Some(match serde_json::Number::from_f64(nodata) {
            Some(number) => Value::Number(number),
            None if nodata.is_nan() => Value::from("nan"),
            None if nodata > 0.0 => Value::from("inf"),
            None => Value::from("-inf"),
        });
        self
    }

    /// The nodata value as a number, when the band states one.
    pub fn nodata_value(&self) -> Option<f64> {
        match self.nodata.as_ref()? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => match text.as_str() {
                "nan" => Some(f64::NAN),
                "inf" => Some(f64::INFINITY),
                "-inf" => Some(f64::NEG_INFINITY),
                _ => None,
            },
            _ => None,
        }
    }

    /// `eo:common_name`, such as `green` or `nir`.
    pub fn common_name(&self) -> Option<&str> {
        self.additional.get(super::eo::COMMON_NAME)?.as_str()
    }

    /// `raster:scale` and `raster:offset`, 1 and 0 where the band states none:
    /// physical = stored × scale + offset.
    pub fn scale_and_offset(&self) -> (f64, f64) {
        let number = |key: &str| self.additional.get(key).and_then(Value::as_f64);
        (
            number(super::raster::SCALE).unwrap_or(1.0),
            number(super::raster::OFFSET).unwrap_or(0.0),
        )
    }
}
