//! What the forms of an orbit mean-elements message have in common: keywords, units, and the way from
//! one message's fields to an element set (CCSDS 502.0-B-3, section 4).

use super::{ElementSet, Fault, NORAD_ID_MAX, Wrong, tle};
use crate::time::{TimeSystem, parse_epoch};
use jiff::Timestamp;
use std::borrow::Cow;

/// Keywords that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    ObjectName,
    ObjectId,
    CenterName,
    RefFrame,
    TimeSystem,
    MeanElementTheory,
    Epoch,
    MeanMotion,
    SemiMajorAxis,
    Eccentricity,
    Inclination,
    RaOfAscNode,
    ArgOfPericenter,
    MeanAnomaly,
    EphemerisType,
    NoradCatId,
    ElementSetNo,
    RevAtEpoch,
    Bstar,
    MeanMotionDot,
    MeanMotionDdot,
}

/// Number of keywords.
const KEYS: usize = Key::MeanMotionDdot as usize + 1;

/// Keywords without which there is no element set.
pub(super) const NEEDED: [Key; 8] = [
    Key::Epoch,
    Key::MeanMotion,
    Key::Eccentricity,
    Key::Inclination,
    Key::RaOfAscNode,
    Key::ArgOfPericenter,
    Key::MeanAnomaly,
    Key::NoradCatId,
];

impl Key {
    /// The keyword of that name; `None` for those that are passed over.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "OBJECT_NAME" => Self::ObjectName,
            "OBJECT_ID" => Self::ObjectId,
            "CENTER_NAME" => Self::CenterName,
            "REF_FRAME" => Self::RefFrame,
            "TIME_SYSTEM" => Self::TimeSystem,
            "MEAN_ELEMENT_THEORY" => Self::MeanElementTheory,
            "EPOCH" => Self::Epoch,
            "MEAN_MOTION" => Self::MeanMotion,
            "SEMI_MAJOR_AXIS" => Self::SemiMajorAxis,
            "ECCENTRICITY" => Self::Eccentricity,
            "INCLINATION" => Self::Inclination,
            "RA_OF_ASC_NODE" => Self::RaOfAscNode,
            "ARG_OF_PERICENTER" => Self::ArgOfPericenter,
            "MEAN_ANOMALY" => Self::MeanAnomaly,
            "EPHEMERIS_TYPE" => Self::EphemerisType,
            "NORAD_CAT_ID" => Self::NoradCatId,
            "ELEMENT_SET_NO" => Self::ElementSetNo,
            "REV_AT_EPOCH" => Self::RevAtEpoch,
            "BSTAR" => Self::Bstar,
            "MEAN_MOTION_DOT" => Self::MeanMotionDot,
            "MEAN_MOTION_DDOT" => Self::MeanMotionDdot,
            _ => return None,
        })
    }

    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ObjectName => "OBJECT_NAME",
            Self::ObjectId => "OBJECT_ID",
            Self::CenterName => "CENTER_NAME",
            Self::RefFrame => "REF_FRAME",
            Self::TimeSystem => "TIME_SYSTEM",
            Self::MeanElementTheory => "MEAN_ELEMENT_THEORY",
            Self::Epoch => "EPOCH",
            Self::MeanMotion => "MEAN_MOTION",
            Self::SemiMajorAxis => "SEMI_MAJOR_AXIS",
            Self::Eccentricity => "ECCENTRICITY",
            Self::Inclination => "INCLINATION",
            Self::RaOfAscNode => "RA_OF_ASC_NODE",
            Self::ArgOfPericenter => "ARG_OF_PERICENTER",
            Self::MeanAnomaly => "MEAN_ANOMALY",
            Self::EphemerisType => "EPHEMERIS_TYPE",
            Self::NoradCatId => "NORAD_CAT_ID",
            Self::ElementSetNo => "ELEMENT_SET_NO",
            Self::RevAtEpoch => "REV_AT_EPOCH",
            Self::Bstar => "BSTAR",
            Self::MeanMotionDot => "MEAN_MOTION_DOT",
            Self::MeanMotionDdot => "MEAN_MOTION_DDOT",
        }
    }

    /// The unit it must have where one is given.
    fn unit(self) -> &'static str {
        match self {
            Self::MeanMotion => "rev/day",
            Self::SemiMajorAxis => "km",
            Self::Inclination | Self::RaOfAscNode | Self::ArgOfPericenter | Self::MeanAnomaly => {
                "deg"
            }
            Self::Bstar => "1/er",
            Self::MeanMotionDot => "rev/day**2",
            Self::MeanMotionDdot => "rev/day**3",
            _ => "",
        }
    }
}

/// The text of one message and the line it begins in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
    pub(super) line: usize,
}

impl Source<'_> {
    /// The fault of something at a byte of the text.
    pub(super) fn fault(&self, wrong: Wrong, at: usize) -> Fault {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        let line = self.line + before.iter().filter(|b| **b == b'\n').count();
        wrong.at(self.file, line)
    }
}

/// What is wrong and the byte of the text it stands at.
type Misplaced = (Wrong, usize);

/// The fields of one message, as text.
#[derive(Debug, Default)]
pub(super) struct Fields<'a> {
    cells: [Option<(Cow<'a, str>, usize)>; KEYS],
}

impl<'a> Fields<'a> {
    /// Takes a value that stands at a byte of the text.
    pub(super) fn take(
        &mut self,
        key: Key,
        value: impl Into<Cow<'a, str>>,
        at: usize,
    ) -> Result<(), Misplaced> {
        let (cell, value) = (&mut self.cells[key as usize], value.into());
        if cell.is_some() {
            let wrong = Wrong::new(key.name(), value, "stands twice in one message");
            return Err((wrong, at));
        }
        *cell = Some((value, at));
        Ok(())
    }

    /// Whether a value of the keyword is there.
    pub(super) fn has(&self, key: Key) -> bool {
        self.cells[key as usize].is_some()
    }

    fn text(&self, key: Key) -> &str {
        (self.cells[key as usize].as_ref()).map_or("", |(text, _)| text.trim())
    }

    fn wrong(&self, key: Key, reason: impl Into<String>) -> Misplaced {
        let at = self.cells[key as usize].as_ref().map_or(0, |(_, at)| *at);
        (Wrong::new(key.name(), self.text(key), reason), at)
    }

    fn number(&self, key: Key) -> Result<f64, Misplaced> {
        number(self.text(key)).ok_or_else(|| self.wrong(key, "should be a number"))
    }

    fn whole(&self, key: Key, max: u32) -> Result<u32, Misplaced> {
        let text = self.text(key);
        let plain = text.bytes().all(|b| b.is_ascii_digit());
        (text.parse().ok())
            .filter(|n| plain && *n <= max)
            .ok_or_else(|| self.wrong(key, format!("should be a whole number up to {max}")))
    }

    fn number_or_0(&self, key: Key) -> Result<f64, Misplaced> {
        match self.text(key) {
            "" => Ok(0.0),
            _ => self.number(key),
        }
    }

    fn whole_or_0(&self, key: Key) -> Result<u32, Misplaced> {
        match self.text(key) {
            "" => Ok(0),
            _ => self.whole(key, u32::MAX),
        }
    }

    fn one_of(&self, key: Key, allowed: &[&str]) -> Result<(), Misplaced> {
        let text = self.text(key);
        if text.is_empty() || allowed.iter().any(|a| a.eq_ignore_ascii_case(text)) {
            return Ok(());
        }
        Err(self.wrong(key, format!("should be {}", allowed.join(" or "))))
    }

    /// The element set of the message.
    pub(super) fn element_set(&self, source: &Source<'_>) -> Result<ElementSet, Fault> {
        self.check_kind()
            .and_then(|()| self.read())
            .map_err(|(wrong, at)| source.fault(wrong, at))
    }

    /// That they are SGP4 elements of the Earth, and all there.
    fn check_kind(&self) -> Result<(), Misplaced> {
        self.one_of(Key::CenterName, &["EARTH"])?;
        self.one_of(Key::RefFrame, &["TEME"])?;
        self.one_of(Key::MeanElementTheory, &["SGP4", "SGP/SGP4", "SDP4"])?;
        if matches!(self.text(Key::EphemerisType), "4" | "6") {
            return Err(self.wrong(Key::EphemerisType, tle::NOT_SGP4));
        }
        if self.text(Key::MeanMotion).is_empty() && self.has(Key::SemiMajorAxis) {
            let reason = "SGP4 elements are given by MEAN_MOTION, not by the semi-major axis";
            return Err(self.wrong(Key::SemiMajorAxis, reason));
        }
        match NEEDED.iter().find(|n| self.text(**n).is_empty()) {
            Some(missing) => Err((Wrong::new(missing.name(), "", "is missing"), 0)),
            None => Ok(()),
        }
    }

    fn epoch(&self) -> Result<Timestamp, Misplaced> {
        let system = match self.text(Key::TimeSystem) {
            "" => TimeSystem::Utc,
            name => TimeSystem::from_name(name)
                .ok_or_else(|| self.wrong(Key::TimeSystem, "should be UTC, TAI, TT, TDB or GPS"))?,
        };
        parse_epoch(self.text(Key::Epoch))
            .and_then(|t| system.to_utc(t))
            .ok_or_else(|| {
                let right = "should be a time like 2026-08-22T12:34:56.789012";
                self.wrong(Key::Epoch, right)
            })
    }

    fn read(&self) -> Result<ElementSet, Misplaced> {
        let set = ElementSet {
            norad_id: self.whole(Key::NoradCatId, NORAD_ID_MAX)?,
            cospar_id: one_line(self.text(Key::ObjectId)),
            name: one_line(self.text(Key::ObjectName)),
            epoch: self.epoch()?,
            inclination_deg: self.number(Key::Inclination)?,
            raan_deg: self.number(Key::RaOfAscNode)?,
            eccentricity: self.number(Key::Eccentricity)?,
            argument_of_perigee_deg: self.number(Key::ArgOfPericenter)?,
            mean_anomaly_deg: self.number(Key::MeanAnomaly)?,
            mean_motion_rev_day: self.number(Key::MeanMotion)?,
            mean_motion_dot: self.number_or_0(Key::MeanMotionDot)?,
            mean_motion_ddot: self.number_or_0(Key::MeanMotionDdot)?,
            bstar: self.number_or_0(Key::Bstar)?,
            element_set_no: self.whole_or_0(Key::ElementSetNo)?,
            rev_at_epoch: self.whole_or_0(Key::RevAtEpoch)?,
        };
        set.check().map_err(|wrong| {
            let key = match wrong.field.as_str() {
                "inclination" => Key::Inclination,
                "right ascension" => Key::RaOfAscNode,
                "argument of perigee" => Key::ArgOfPericenter,
                "mean anomaly" => Key::MeanAnomaly,
                "eccentricity" => Key::Eccentricity,
                "mean motion" => Key::MeanMotion,
                _ => Key::NoradCatId,
            };
            self.wrong(key, wrong.reason)
        })?;
        Ok(set)
    }
}

/// A text as it is kept: control characters become blanks, and none stand around it.
pub(super) fn one_line(text: &str) -> String {
    // Control characters beyond ASCII begin with a byte that other characters have too.
    let plain = text.bytes().all(|b| (0x20..0x7f).contains(&b));
    if !plain && text.contains(char::is_control) {
        text.replace(char::is_control, " ").trim().to_string()
    } else {
        text.to_string()
    }
}

/// A finite decimal number; no `inf`, no `nan`.
pub(super) fn number(text: &str) -> Option<f64> {
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    (text.parse().ok()).filter(|x: &f64| plain && x.is_finite())
}

/// Checks the unit that a message gives for a keyword.
pub(super) fn check_unit(key: Key, unit: &str) -> Result<(), Wrong> {
    let right = key.unit();
    if right.is_empty() || unit.trim().eq_ignore_ascii_case(right) {
        return Ok(());
    }
    let reason = format!("should be in {right}");
    Err(Wrong::new(key.name(), format!("[{unit}]"), reason))
}

/// Keywords and values of an element set, in the order of the standard.
pub(super) fn values(set: &ElementSet) -> Values {
    let epoch = set.epoch.to_string();
    Values {
        metadata: [
            ("OBJECT_NAME", one_line(&set.name)),
            ("OBJECT_ID", one_line(&set.cospar_id)),
            ("CENTER_NAME", "EARTH".into()),
            ("REF_FRAME", "TEME".into()),
            ("TIME_SYSTEM", "UTC".into()),
            ("MEAN_ELEMENT_THEORY", "SGP4".into()),
        ],
        mean_elements: [
            ("EPOCH", epoch.trim_end_matches('Z').to_string()),
            ("MEAN_MOTION", set.mean_motion_rev_day.to_string()),
            ("ECCENTRICITY", set.eccentricity.to_string()),
            ("INCLINATION", set.inclination_deg.to_string()),
            ("RA_OF_ASC_NODE", set.raan_deg.to_string()),
            ("ARG_OF_PERICENTER", set.argument_of_perigee_deg.to_string()),
            ("MEAN_ANOMALY", set.mean_anomaly_deg.to_string()),
        ],
        tle_parameters: [
            ("EPHEMERIS_TYPE", "0".into()),
            ("CLASSIFICATION_TYPE", "U".into()),
            ("NORAD_CAT_ID", set.norad_id.to_string()),
            ("ELEMENT_SET_NO", set.element_set_no.to_string()),
            ("REV_AT_EPOCH", set.rev_at_epoch.to_string()),
            ("BSTAR", set.bstar.to_string()),
            ("MEAN_MOTION_DOT", set.mean_motion_dot.to_string()),
            ("MEAN_MOTION_DDOT", set.mean_motion_ddot.to_string()),
        ],
    }
}

/// The three parts of a message.
pub(super) struct Values {
    pub(super) metadata: [(&'static str, String); 6],
    pub(super) mean_elements: [(&'static str, String); 7],
    pub(super) tle_parameters: [(&'static str, String); 8],
}
