//! From GeoKeys of a projection to PROJ words.

use super::*;

impl GeoKeys {
    /// PROJ words of the linear unit, and its length in metres.
    pub(super) fn units(&self) -> Result<(String, f64), String> {
        match self.short(LINEAR_UNITS) {
            None | Some(METRE) => Ok(("+units=m".to_owned(), 1.0)),
            Some(9002) => Ok(("+units=ft".to_owned(), 0.3048)),
            Some(9003) => Ok(("+units=us-ft".to_owned(), 1200.0 / 3937.0)),
            Some(other) => match self.double(LINEAR_UNIT_SIZE) {
                Some(size) if size > 0.0 => Ok((format!("+to_meter={size}"), size)),
                _ => Err(format!("linear unit {other} (GeoKey 3076)")),
            },
        }
    }

    /// PROJ words of the projection; `None` when the keys name none.
    pub(super) fn projection(&self) -> Result<Option<String>, String> {
        match self.short(PROJECTION) {
            Some(code @ 16001..=16060) => {
                return Ok(Some(format!("+proj=utm +zone={}", code - 16000)));
            }
            Some(code @ 16101..=16160) => {
                return Ok(Some(format!("+proj=utm +zone={} +south", code - 16100)));
            }
            _ => {}
        }
        let Some(method) = self.short(METHOD) else {
            return match self.short(PROJECTION) {
                None | Some(USER_DEFINED) => Ok(None),
                Some(code) => Err(format!("projection code {code} (GeoKey 3074)")),
            };
        };
        if let Some(unit) = self.short(ANGULAR_UNITS)
            && unit != DEGREE
        {
            return Err(format!("angular unit {unit} (GeoKey 2054)"));
        }
        self.method(method).map(Some)
    }

    fn method(&self, method: u16) -> Result<String, String> {
        let metres = self.units()?.1;
        let lon = self.first(&[ORIGIN_LON, CENTER_LON, FALSE_ORIGIN_LON, STRAIGHT_POLE_LON]);
        let lat = self.first(&[ORIGIN_LAT, CENTER_LAT, FALSE_ORIGIN_LAT]);
        let x = self.first(&[FALSE_EASTING, FALSE_ORIGIN_EASTING, CENTER_EASTING]) * metres;
        let y = self.first(&[FALSE_NORTHING, FALSE_ORIGIN_NORTHING, CENTER_NORTHING]) * metres;
        let k = self
            .double(SCALE_AT_ORIGIN)
            .or(self.double(SCALE_AT_CENTER))
            .unwrap_or(1.0);
        let p1 = self.first(&[STANDARD_PARALLEL_1]);
        let p2 = self.first(&[STANDARD_PARALLEL_2]);
        let shift = format!("+x_0={x} +y_0={y}");
        let origin = format!("+lat_0={lat} +lon_0={lon} {shift}");
        Ok(match method {
            1 => format!("+proj=tmerc +k={k} {origin}"),
            7 if self.double(STANDARD_PARALLEL_1).is_some() => {
                format!("+proj=merc +lat_ts={p1} +lon_0={lon} {shift}")
            }
            7 => format!("+proj=merc +k={k} +lon_0={lon} {shift}"),
            8 => format!("+proj=lcc +lat_1={p1} +lat_2={p2} {origin}"),
            9 => format!("+proj=lcc +lat_1={lat} +k_0={k} {origin}"),
            10 => format!("+proj=laea {origin}"),
            11 => format!("+proj=aea +lat_1={p1} +lat_2={p2} {origin}"),
            12 => format!("+proj=aeqd {origin}"),
            13 => format!("+proj=eqdc +lat_1={p1} +lat_2={p2} {origin}"),
            15 => self.polar(lat, k, &shift),
            16 => format!("+proj=sterea +k={k} {origin}"),
            17 => format!("+proj=eqc +lat_ts={p1} {origin}"),
            18 => format!("+proj=cass {origin}"),
            3 => format!("+proj=omerc +no_uoff {}", self.oblique(lat, lon, k, &shift)),
            9815 if self.square_to_equator() => format!("+proj=somerc +k_0={k} {origin}"),
            9815 => format!("+proj=omerc {}", self.oblique(lat, lon, k, &shift)),
            14 => format!("+proj=stere +k={k} {origin}"),
            21 => format!("+proj=ortho {origin}"),
            22 => format!("+proj=poly {origin}"),
            23 => format!("+proj=robin +lon_0={lon} {shift}"),
            24 => format!("+proj=sinu +lon_0={lon} {shift}"),
            28 => format!("+proj=cea +lat_ts={p1} +lon_0={lon} {shift}"),
            other => {
                return Err(format!("projection method {other} (GeoKey 3075)"));
            }
        })
    }

    /// Oblique Mercator of a middle, an azimuth there and the angle of the grid.
    fn oblique(&self, lat: f64, lon: f64, k: f64, shift: &str) -> String {
        let azimuth = self.double(AZIMUTH).unwrap_or(0.0);
        let grid = self.double(RECTIFIED_ANGLE).unwrap_or(azimuth);
        format!("+lat_0={lat} +lonc={lon} +alpha={azimuth} +gamma={grid} +k={k} {shift}")
    }

    /// Whether the middle line of an oblique Mercator leaves its middle due east: the Swiss form.
    fn square_to_equator(&self) -> bool {
        let is_90 = |key| self.double(key).is_some_and(|v| (v - 90.0).abs() < 1e-12);
        is_90(AZIMUTH) && (is_90(RECTIFIED_ANGLE) || self.double(RECTIFIED_ANGLE).is_none())
    }

    /// Polar stereographic: the latitude is the one of true scale unless a pole is named.
    fn polar(&self, lat: f64, k: f64, shift: &str) -> String {
        let lon = self.first(&[STRAIGHT_POLE_LON, ORIGIN_LON]);
        let pole = if lat < 0.0 { -90 } else { 90 };
        if lat.abs() >= 90.0 {
            format!("+proj=stere +lat_0={pole} +k={k} +lon_0={lon} {shift}")
        } else {
            format!("+proj=stere +lat_0={pole} +lat_ts={lat} +lon_0={lon} {shift}")
        }
    }
}
