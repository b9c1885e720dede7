//! Orbit mean-elements messages in keyword = value notation (CCSDS 502.0-B-3, section 4), one message
//! after the other.
//!
//! A message begins with `CCSDS_OMM_VERS`, or where its `OBJECT_NAME` repeats. Units are checked
//! where they are given.

use super::kvn::{Entry, entry};
use super::omm::{self, Fields, Key, Source};
use super::{ElementSet, Fault, Parsed, Wrong};
use std::fmt::Write;

/// Reads OMM text in keyword = value notation; `file` names it in faults.
pub fn parse(text: &str, file: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut from = (0, 1);
    let mut named = false;
    let mut at = 0;
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let says = line.trim_start();
        let names = says.starts_with("OBJECT_NAME");
        if says.starts_with("CCSDS_OMM_VERS") || (names && named) {
            message(&mut parsed, file, &text[from.0..at], from.1);
            from = (at, number);
            named = false;
        }
        named |= names;
        at += line.len();
    }
    message(&mut parsed, file, &text[from.0..], from.1);
    parsed
}

fn message(parsed: &mut Parsed, file: &str, text: &str, line: usize) {
    match read(&Source { file, text, line }) {
        Ok(Some(set)) => parsed.keep(set, line),
        Ok(None) => {}
        Err(fault) => parsed.fault(fault),
    }
}

fn read(source: &Source<'_>) -> Result<Option<ElementSet>, Fault> {
    let mut fields = Fields::default();
    let mut empty = true;
    let mut at = 0;
    for line in source.text.split_inclusive('\n') {
        let here = at;
        at += line.len();
        match entry(line) {
            None => continue,
            Some(Entry::Line(other)) => {
                let wrong = Wrong::new("line", other, "should be KEYWORD = value");
                return Err(source.fault(wrong, here));
            }
            Some(Entry::Pair { key, value, unit }) => {
                empty = false;
                let Some(key) = Key::of(key) else { continue };
                if let Some(unit) = unit {
                    omm::check_unit(key, unit).map_err(|w| source.fault(w, here))?;
                }
                fields
                    .take(key, value, here)
                    .map_err(|(wrong, at)| source.fault(wrong, at))?;
            }
        }
    }
    if empty {
        return Ok(None);
    }
    fields.element_set(source).map(Some)
}

/// Writes element sets as messages one after the other; reading it back gives the same sets.
pub fn write(sets: &[ElementSet], originator: &str) -> String {
    let mut text = String::new();
    for set in sets {
        let values = omm::values(set);
        let created = &values.mean_elements[0].1;
        let _ = writeln!(text, "CCSDS_OMM_VERS = 3.0\nCREATION_DATE = {created}");
        let _ = writeln!(
            text,
            "ORIGINATOR = {}",
            originator.replace(['\n', '\r'], " ")
        );
        let all = (values.metadata.iter())
            .chain(&values.mean_elements)
            .chain(&values.tle_parameters);
        for (key, value) in all {
            let _ = writeln!(text, "{key} = {value}");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keywords and figures of the standard's first example (502.0-B-3, annex G, GOES 9).
    const GOES: &str = "CCSDS_OMM_VERS = 3.0
CREATION_DATE = 2020-065T16:00:00
ORIGINATOR = NOAA
MESSAGE_ID = OMM 202013719185
OBJECT_NAME = GOES 9
OBJECT_ID = 1995-025A
CENTER_NAME = EARTH
REF_FRAME = TEME
TIME_SYSTEM = UTC
MEAN_ELEMENT_THEORY = SGP/SGP4
COMMENT no unit is given = none is checked
EPOCH = 2020-064T10:34:41.4264
MEAN_MOTION = 1.00273272 [rev/day]
ECCENTRICITY = 0.0005013
INCLINATION = 3.0539 [deg]
RA_OF_ASC_NODE = 81.7939
ARG_OF_PERICENTER = 249.2363
MEAN_ANOMALY = 150.1602
GM = 398600.8
EPHEMERIS_TYPE = 0
CLASSIFICATION_TYPE = U
NORAD_CAT_ID = 23581
ELEMENT_SET_NO = 0925
REV_AT_EPOCH = 4316
BSTAR = 0.0001
MEAN_MOTION_DOT = -0.00000113 [rev/day**2]
MEAN_MOTION_DDOT = 0.0
USER_DEFINED_EARTH_MODEL = WGS-84
";

    #[test]
    fn the_example_of_the_standard() {
        let parsed = parse(GOES, "goes.omm");
        assert_eq!(parsed.faults, []);
        let set = &parsed.sets[0];
        assert_eq!((set.norad_id, set.name.as_str()), (23_581, "GOES 9"));
        assert_eq!(set.epoch.to_string(), "2020-03-04T10:34:41.4264Z");
        assert_eq!((set.element_set_no, set.rev_at_epoch), (925, 4_316));
        assert_eq!(
            (set.mean_motion_rev_day, set.bstar, set.mean_motion_dot),
            (1.002_732_72, 0.0001, -0.000_001_13)
        );
        assert_eq!(parse(&write(&parsed.sets, "X"), "f").sets, parsed.sets);
        // Two messages, and two without a first line of their own.
        assert_eq!(parse(&format!("{GOES}\n{GOES}"), "f").sets.len(), 2);
        let bare: String = GOES.lines().skip(4).map(|l| format!("{l}\r\n")).collect();
        assert_eq!(parse(&format!("{bare}{bare}"), "f").sets.len(), 2);
    }

    #[test]
    fn each_fault_is_named_and_stops_nothing() {
        let fault = |from: &str, to: &str| {
            let parsed = parse(&format!("{}{GOES}", GOES.replace(from, to)), "f.omm");
            assert_eq!(parsed.sets.len(), 1);
            assert_eq!(parsed.faults.len(), 1, "{:?}", parsed.faults);
            parsed.faults[0].to_string()
        };
        assert_eq!(
            fault("[deg]", "[rad]"),
            "f.omm:15: INCLINATION reads \"[rad]\": should be in deg"
        );
        assert_eq!(
            fault("= TEME", "= EME2000"),
            "f.omm:8: REF_FRAME reads \"EME2000\": should be TEME"
        );
        assert!(fault("= EARTH", "= MARS").contains("f.omm:7: CENTER_NAME reads \"MARS\""));
        assert!(fault("SGP/SGP4", "DSST").contains("MEAN_ELEMENT_THEORY reads \"DSST\""));
        assert!(fault("= UTC", "= UT1").contains("f.omm:9: TIME_SYSTEM reads \"UT1\""));
        assert!(fault("BSTAR = 0.0001", "BSTAR").contains("f.omm:25: line reads \"BSTAR\""));
        assert!(fault("MEAN_MOTION = ", "SEMI_MAJOR_AXIS = ").contains("km"));
        assert!(fault("3.0539", "nan").contains("f.omm:15: INCLINATION reads"));
    }
}
