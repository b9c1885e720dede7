//! GeoKeys (OGC GeoTIFF 1.1, 19-008r4): the coordinate reference system of a file, both ways.

mod projection;
mod write;

use std::collections::BTreeMap;

use super::directory::{Container, Directory};
use super::tag;
use crate::RasterError;
use crate::grid::Crs;

const MODEL_TYPE: u16 = 1024;
const RASTER_TYPE: u16 = 1025;
const CITATION: u16 = 1026;
const GEOGRAPHIC_TYPE: u16 = 2048;
const GEOGRAPHIC_CITATION: u16 = 2049;
const GEODETIC_DATUM: u16 = 2050;
const PRIME_MERIDIAN: u16 = 2051;
const ANGULAR_UNITS: u16 = 2054;
const ELLIPSOID: u16 = 2056;
const SEMI_MAJOR_AXIS: u16 = 2057;
const SEMI_MINOR_AXIS: u16 = 2058;
const INVERSE_FLATTENING: u16 = 2059;
const PRIME_MERIDIAN_LON: u16 = 2061;
const TO_WGS84: u16 = 2062;
const PROJECTED_TYPE: u16 = 3072;
const PROJECTED_CITATION: u16 = 3073;
const PROJECTION: u16 = 3074;
const METHOD: u16 = 3075;
const LINEAR_UNITS: u16 = 3076;
const LINEAR_UNIT_SIZE: u16 = 3077;
const STANDARD_PARALLEL_1: u16 = 3078;
const STANDARD_PARALLEL_2: u16 = 3079;
const ORIGIN_LON: u16 = 3080;
const ORIGIN_LAT: u16 = 3081;
const FALSE_EASTING: u16 = 3082;
const FALSE_NORTHING: u16 = 3083;
const FALSE_ORIGIN_LON: u16 = 3084;
const FALSE_ORIGIN_LAT: u16 = 3085;
const FALSE_ORIGIN_EASTING: u16 = 3086;
const FALSE_ORIGIN_NORTHING: u16 = 3087;
const CENTER_LON: u16 = 3088;
const CENTER_LAT: u16 = 3089;
const CENTER_EASTING: u16 = 3090;
const CENTER_NORTHING: u16 = 3091;
const SCALE_AT_ORIGIN: u16 = 3092;
const SCALE_AT_CENTER: u16 = 3093;
const AZIMUTH: u16 = 3094;
const STRAIGHT_POLE_LON: u16 = 3095;
const RECTIFIED_ANGLE: u16 = 3096;

const PROJECTED: u16 = 1;
const GEOGRAPHIC: u16 = 2;
const USER_DEFINED: u16 = 32767;
const DEGREE: u16 = 9102;
const METRE: u16 = 9001;

/// How the text of such a system begins in a citation.
const ESRI_PREFIX: &str = "ESRI PE String = ";

/// Most keys a file may have; the standard knows fewer than 100.
const KEYS_MAX: usize = 1024;

/// Value of one key.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Short(u16),
    Doubles(Vec<f64>),
    Text(String),
}

/// The keys of a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct GeoKeys {
    keys: BTreeMap<u16, Value>,
}

impl GeoKeys {
    /// Reads the three tags of GeoKeys; `None` when the file has none.
    pub(crate) fn read(c: &Container<'_>, d: &Directory) -> Result<Option<Self>, RasterError> {
        let Some(directory) = c.integers(d, tag::GEO_KEY_DIRECTORY)? else {
            return Ok(None);
        };
        let doubles = c.floats(d, tag::GEO_DOUBLE_PARAMS)?.unwrap_or_default();
        let text = c.raw(d, tag::GEO_ASCII_PARAMS)?.unwrap_or_default();
        let bad = |reason: String| c.malformed("GeoKey directory", reason);
        let (header, entries) = directory
            .split_at_checked(4)
            .ok_or_else(|| bad("shorter than its header".into()))?;
        let count = header[3] as usize;
        if count > KEYS_MAX {
            return Err(c.limit("number of GeoKeys", count as u64, KEYS_MAX as u64));
        }
        if header[0] != 1 || entries.len() < count * 4 {
            return Err(bad(format!(
                "version {} with {count} keys in {} numbers",
                header[0],
                directory.len()
            )));
        }
        let mut keys = BTreeMap::new();
        for entry in entries.chunks_exact(4).take(count) {
            let [key, place, len, at] = [entry[0], entry[1], entry[2], entry[3]];
            let range = at as usize..(at as usize).saturating_add(len as usize);
            let outside = || bad(format!("key {key} points outside its parameters"));
            let value = match u16::try_from(place) {
                Ok(0) => Value::Short(at as u16),
                Ok(tag::GEO_DOUBLE_PARAMS) => {
                    Value::Doubles(doubles.get(range).ok_or_else(outside)?.to_vec())
                }
                Ok(tag::GEO_ASCII_PARAMS) => {
                    let bytes = text.get(range).ok_or_else(outside)?;
                    let text = String::from_utf8_lossy(bytes);
                    Value::Text(text.trim_end_matches(['|', '\0']).to_owned())
                }
                // Short keys of several values lie in the directory itself; none is used here.
                _ => continue,
            };
            keys.insert(key as u16, value);
        }
        Ok(Some(Self { keys }))
    }

    /// Whether coordinates are of pixel centres (else of outer corners).
    pub(crate) fn pixel_is_point(&self) -> bool {
        self.short(RASTER_TYPE) == Some(2)
    }

    fn short(&self, key: u16) -> Option<u16> {
        match self.keys.get(&key) {
            Some(Value::Short(v)) => Some(*v),
            _ => None,
        }
    }

    fn double(&self, key: u16) -> Option<f64> {
        match self.keys.get(&key) {
            Some(Value::Doubles(v)) => v.first().copied(),
            Some(Value::Short(v)) => Some(f64::from(*v)),
            _ => None,
        }
    }

    /// The first of several keys that is there, else 0.
    fn first(&self, keys: &[u16]) -> f64 {
        keys.iter().find_map(|k| self.double(*k)).unwrap_or(0.0)
    }

    fn text(&self, key: u16) -> Option<&str> {
        match self.keys.get(&key) {
            Some(Value::Text(v)) if !v.is_empty() => Some(v),
            _ => None,
        }
    }

    /// The coordinate reference system that the keys describe.
    pub(crate) fn crs(&self, name: &str) -> Result<Crs, RasterError> {
        let unsupported = |feature: String| RasterError::unsupported(name, feature);
        let projected = self.short(PROJECTED_TYPE);
        let geographic = self.short(GEOGRAPHIC_TYPE);
        let registered = projected.is_some_and(|c| c != USER_DEFINED && c != 0);
        if let Some(text) = self.esri_text()
            && !registered
        {
            return self.esri_system(text).map_err(unsupported);
        }
        let model = self.short(MODEL_TYPE).filter(|m| *m != 0).or_else(|| {
            projected
                .map(|_| PROJECTED)
                .or(geographic.map(|_| GEOGRAPHIC))
        });
        match model {
            // Neither on the Earth's surface nor around it: a drawing's own axes.
            None | Some(USER_DEFINED) => Ok(Crs::unknown()),
            Some(PROJECTED) => match projected.filter(|c| *c != USER_DEFINED && *c != 0) {
                Some(code) => Ok(Crs::from_code(u32::from(code))),
                None => self.user_projected(name),
            },
            Some(GEOGRAPHIC) => match geographic.filter(|c| *c != USER_DEFINED && *c != 0) {
                Some(code) => Ok(Crs::from_code(u32::from(code))),
                None => {
                    let datum = self.datum().map_err(unsupported)?;
                    let crs = Crs::from_proj_string(&format!("+proj=longlat {datum} +no_defs"))?;
                    Ok(named(
                        crs,
                        self.text(GEOGRAPHIC_CITATION).or(self.text(CITATION)),
                    ))
                }
            },
            Some(3) => Err(unsupported(
                "geocentric coordinates (GeoKey 1024 = 3)".into(),
            )),
            Some(other) => Err(unsupported(format!("model type {other} (GeoKey 1024)"))),
        }
    }

    /// The text by which projections are told that have no GeoKeys.
    fn esri_text(&self) -> Option<&str> {
        [PROJECTED_CITATION, GEOGRAPHIC_CITATION, CITATION]
            .iter()
            .filter_map(|key| self.text(*key))
            .find_map(|text| text.strip_prefix(ESRI_PREFIX))
    }

    /// The system of such a text, on its own datum but where the keys name a registered one: as GDAL
    /// takes it, which leaves aside a shift that stands in the keys.
    fn esri_system(&self, text: &str) -> Result<Crs, String> {
        let system = crate::crs::esri::read(text)?;
        let registered = self
            .short(GEOGRAPHIC_TYPE)
            .and_then(|code| crate::crs::datum_of(u32::from(code)));
        let datum = registered.unwrap_or(system.datum);
        let definition = format!("{} {datum} {} +no_defs", system.projection, system.unit);
        let crs = Crs::from_proj_string(&definition).map_err(|e| e.to_string())?;
        Ok(crs.with_name(system.name))
    }

    fn user_projected(&self, name: &str) -> Result<Crs, RasterError> {
        let unsupported = |feature: String| RasterError::unsupported(name, feature);
        let citation = self.text(PROJECTED_CITATION).or(self.text(CITATION));
        let projection = self.projection().map_err(unsupported)?;
        let Some(projection) = projection else {
            // Files of drawing programs say "projected" without saying how.
            return if citation.is_none() && self.keys.len() <= 3 {
                Ok(Crs::unknown())
            } else {
                Err(unsupported(format!(
                    "projected system without a projection (citation {citation:?})"
                )))
            };
        };
        let datum = self.datum().map_err(unsupported)?;
        let definition = format!(
            "{projection} {datum} {} +no_defs",
            self.units().map_err(unsupported)?.0
        );
        Ok(named(Crs::from_proj_string(&definition)?, citation))
    }

    /// PROJ words of the datum: of the geographic system, or ellipsoid and shift.
    fn datum(&self) -> Result<String, String> {
        if let Some(meridian) = self.short(PRIME_MERIDIAN)
            && !matches!(meridian, 8901 | 0)
        {
            return Err(format!("prime meridian {meridian} (GeoKey 2051)"));
        }
        if let Some(lon) = self.double(PRIME_MERIDIAN_LON)
            && lon.abs() > 0.0
        {
            return Err(format!("prime meridian at {lon} (GeoKey 2061)"));
        }
        let own_code = self
            .short(GEOGRAPHIC_TYPE)
            .filter(|c| *c != USER_DEFINED && *c != 0);
        if let Some(code) = own_code
            && let Some(datum) = crate::crs::datum_of(u32::from(code))
        {
            return Ok(datum);
        }
        let shift = match self.keys.get(&TO_WGS84) {
            Some(Value::Doubles(v)) if v.len() == 3 || v.len() == 7 => {
                let words: Vec<String> = v.iter().map(ToString::to_string).collect();
                format!(" +towgs84={}", words.join(","))
            }
            _ => String::new(),
        };
        if shift.is_empty() && self.short(GEODETIC_DATUM) == Some(6326) {
            return Ok("+datum=WGS84".to_owned());
        }
        Ok(format!("{}{shift}", self.ellipsoid(own_code)?))
    }

    fn ellipsoid(&self, geographic: Option<u16>) -> Result<String, String> {
        // GCS codes 4001 to 4036 stand for an ellipsoid alone: 7001 to 7036.
        let code = self
            .short(ELLIPSOID)
            .filter(|c| *c != USER_DEFINED)
            .or(geographic
                .filter(|g| (4001..=4036).contains(g))
                .map(|g| g + 3000));
        let name = match code {
            Some(7001) => "airy",
            Some(7003) => "aust_SA",
            Some(7004) => "bessel",
            Some(7008) => "clrk66",
            Some(7011) => "clrk80ign",
            Some(7012) => "clrk80",
            Some(7019) => "GRS80",
            Some(7022) => "intl",
            Some(7024) => "krass",
            Some(7030) => "WGS84",
            Some(7043) => "WGS72",
            _ => {
                let Some(a) = self.double(SEMI_MAJOR_AXIS) else {
                    return Err(match (geographic, code) {
                        (Some(g), _) => format!("geographic system {g} (GeoKey 2048)"),
                        (None, Some(e)) => format!("ellipsoid {e} (GeoKey 2056)"),
                        (None, None) => "datum (no ellipsoid is given)".to_owned(),
                    });
                };
                return match (
                    self.double(INVERSE_FLATTENING),
                    self.double(SEMI_MINOR_AXIS),
                ) {
                    (Some(0.0), _) => Ok(format!("+R={a}")),
                    (Some(rf), _) => Ok(format!("+a={a} +rf={rf}")),
                    (None, Some(b)) => Ok(format!("+a={a} +b={b}")),
                    (None, None) => Ok(format!("+R={a}")),
                };
            }
        };
        Ok(format!("+ellps={name}"))
    }

    /// Keys that describe `crs`, for pixel corners or (`point`) middles.
    pub(crate) fn of_crs(crs: &Crs, point: bool) -> Result<Option<Self>, RasterError> {
        if crs.is_unknown() {
            return Ok(None);
        }
        let mut keys = BTreeMap::new();
        keys.insert(RASTER_TYPE, Value::Short(if point { 2 } else { 1 }));
        if let Some(citation) = crs.name() {
            keys.insert(CITATION, Value::Text(citation.to_owned()));
        }
        let proj = crs.proj_string().ok_or_else(|| {
            RasterError::crs(
                crs.to_string(),
                "cannot be written: not in the table of supported codes",
            )
        })?;
        let geographic = crs.is_geographic();
        if crs.epsg_code().is_none() && write::by_text(&mut keys, crs, proj)? {
            return Ok(Some(Self { keys }));
        }
        keys.insert(
            MODEL_TYPE,
            Value::Short(if geographic { GEOGRAPHIC } else { PROJECTED }),
        );
        if let Some(code) = crs.epsg_code() {
            let code = u16::try_from(code).map_err(|_| {
                RasterError::crs(
                    crs.to_string(),
                    "code does not fit a GeoKey (at most 65535)",
                )
            })?;
            let (key, units, unit) = if geographic {
                (GEOGRAPHIC_TYPE, ANGULAR_UNITS, DEGREE)
            } else {
                (PROJECTED_TYPE, LINEAR_UNITS, METRE)
            };
            keys.insert(key, Value::Short(code));
            if geographic || proj.contains("+units=m ") || !proj.contains("+units=") {
                keys.insert(units, Value::Short(unit));
            }
        } else {
            write::user_defined(&mut keys, crs, proj, geographic)?;
        }
        Ok(Some(Self { keys }))
    }

    /// The three tags: directory, doubles, text.
    pub(crate) fn encode(&self) -> (Vec<u16>, Vec<f64>, String) {
        let mut directory = vec![1, 1, 0, self.keys.len() as u16];
        let mut doubles = Vec::new();
        let mut text = String::new();
        for (key, value) in &self.keys {
            let entry = match value {
                Value::Short(v) => [*key, 0, 1, *v],
                Value::Doubles(v) => {
                    let at = doubles.len() as u16;
                    doubles.extend_from_slice(v);
                    [*key, tag::GEO_DOUBLE_PARAMS, v.len() as u16, at]
                }
                Value::Text(v) => {
                    let at = text.len() as u16;
                    // Keys are kept apart by a bar; the text itself must be ASCII.
                    let long = if v.starts_with(ESRI_PREFIX) {
                        write::TEXT_CHARACTERS_MAX
                    } else {
                        200
                    };
                    let clean = v.chars().take(long).map(|c| match c {
                        '|' => '/',
                        c if c.is_ascii_graphic() || c == ' ' => c,
                        _ => '?',
                    });
                    text.extend(clean);
                    text.push('|');
                    [*key, tag::GEO_ASCII_PARAMS, text.len() as u16 - at, at]
                }
            };
            directory.extend_from_slice(&entry);
        }
        (directory, doubles, text)
    }
}

fn named(crs: Crs, citation: Option<&str>) -> Crs {
    match citation {
        Some(text) => crs.with_name(text),
        None => crs,
    }
}
