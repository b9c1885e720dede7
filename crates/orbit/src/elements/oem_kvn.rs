//! Orbit ephemeris messages in keyword = value notation (CCSDS 502.0-B-3, section 5).
//!
//! A segment with a wrong line is left out and named; the other segments stand. Covariances are passed
//! over.

use super::kvn::{Entry, entry};
use super::oem::{Draft, Message, Metadata};
use super::{Parsed, Wrong};

/// Where in a message a line stands.
enum Part<'a> {
    /// Before, between and after segments.
    Outside,
    /// Between `META_START` (in that line) and `META_STOP`.
    Metadata(Metadata<'a>, usize),
    /// Among the states.
    States(Box<Draft>),
    /// Between `COVARIANCE_START` and `COVARIANCE_STOP`, with the segment it belongs to.
    Covariance(Option<Box<Draft>>),
    /// In a segment that is wrong: its rest is passed over.
    Wrong,
}

/// Reads OEM text in keyword = value notation; `file` names it in faults.
pub fn parse(text: &str, file: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut message = Message::default();
    let mut part = Part::Outside;
    for (number, line) in (1..).zip(text.lines()) {
        let Some(entry) = entry(line) else { continue };
        let starts = matches!(entry, Entry::Line("META_START"))
            || matches!(
                entry,
                Entry::Pair {
                    key: "CCSDS_OEM_VERS",
                    ..
                }
            );
        let step = if starts {
            let ended = std::mem::replace(&mut part, Part::Outside);
            let result = close(ended, &mut message);
            if matches!(entry, Entry::Line(_)) {
                part = Part::Metadata(Metadata::default(), number);
            } else {
                std::mem::take(&mut message).into(&mut parsed);
            }
            result
        } else {
            let (next, result) = step(std::mem::replace(&mut part, Part::Wrong), entry, number);
            part = next;
            result
        };
        if let Err((wrong, line)) = step {
            parsed.fault(wrong.at(file, line));
        }
    }
    if let Err((wrong, line)) = close(part, &mut message) {
        parsed.fault(wrong.at(file, line));
    }
    message.into(&mut parsed);
    parsed
}

type Step = Result<(), (Wrong, usize)>;

/// Ends the segment that is open.
fn close(part: Part<'_>, message: &mut Message) -> Step {
    match part {
        Part::States(draft) | Part::Covariance(Some(draft)) => message.end(*draft),
        Part::Metadata(_, line) => {
            let wrong = Wrong::new("META_START", "", "no META_STOP follows it");
            Err((wrong, line))
        }
        Part::Outside | Part::Covariance(None) | Part::Wrong => Ok(()),
    }
}

/// Goes one line on.
fn step<'a>(part: Part<'a>, entry: Entry<'a>, number: usize) -> (Part<'a>, Step) {
    let refuse = |wrong| (Part::Wrong, Err((wrong, number)));
    match (part, entry) {
        (Part::Metadata(metadata, line), Entry::Line("META_STOP")) => {
            match Draft::new(&metadata, line) {
                Ok(draft) => (Part::States(Box::new(draft)), Ok(())),
                Err(wrong) => (Part::Wrong, Err(wrong)),
            }
        }
        (Part::Metadata(mut metadata, line), Entry::Pair { key, value, .. }) => {
            match metadata.take(key, value, number) {
                Ok(()) => (Part::Metadata(metadata, line), Ok(())),
                Err(wrong) => refuse(wrong),
            }
        }
        (Part::States(draft), Entry::Line("COVARIANCE_START")) => {
            (Part::Covariance(Some(draft)), Ok(()))
        }
        (Part::Covariance(Some(draft)), Entry::Line("COVARIANCE_STOP")) => {
            (Part::States(draft), Ok(()))
        }
        (Part::Outside, Entry::Line("COVARIANCE_START")) => (Part::Covariance(None), Ok(())),
        (Part::Covariance(None), Entry::Line("COVARIANCE_STOP")) => (Part::Outside, Ok(())),
        (Part::States(mut draft), Entry::Line(line)) => {
            let mut words = line.split_ascii_whitespace();
            match draft.state(words.next().unwrap_or_default(), words) {
                Ok(()) => (Part::States(draft), Ok(())),
                Err(wrong) => refuse(wrong),
            }
        }
        (Part::States(_) | Part::Metadata(..), other) => {
            let text = match other {
                Entry::Line(line) => line,
                Entry::Pair { key, .. } => key,
            };
            refuse(Wrong::new("line", text, "has no place here"))
        }
        // A message's head, a covariance, a segment that is wrong already.
        (part, _) => (part, Ok(())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ephemeris::{EphemerisFrame, Interpolation};
    use super::*;

    const TWO: &str = "CCSDS_OEM_VERS = 3.0
CREATION_DATE = 2026-08-22T00:00:00
ORIGINATOR = X
META_START
OBJECT_NAME = SAT
OBJECT_ID = 2026-001A
CENTER_NAME = EARTH
REF_FRAME = EME2000
TIME_SYSTEM = UTC
START_TIME = 2026-08-22T00:00:00
USEABLE_START_TIME = 2026-08-22T00:01:00
STOP_TIME = 2026-234T00:03:00
INTERPOLATION = HERMITE
INTERPOLATION_DEGREE = 3
META_STOP
COMMENT states
2026-08-22T00:00:00.000 7000.0 0.0 0.0 0.0 7.5 0.0
2026-08-22T00:01:00.000 6980.0 450.0 0.0 -0.5 7.4 0.0 0.0 0.0 0.0
2026-08-22T00:03:00.000 6900.0 1300.0 0.0 -1.5 7.2 0.0
COVARIANCE_START
EPOCH = 2026-08-22T00:00:00
1.0
COVARIANCE_STOP
META_START
OBJECT_NAME = SAT
OBJECT_ID = 2026-001A
CENTER_NAME = EARTH
REF_FRAME = ITRF2014
TIME_SYSTEM = GPS
START_TIME = 2026-08-22T00:03:18
STOP_TIME = 2026-08-22T00:04:18
INTERPOLATION = LINEAR
META_STOP
2026-08-22T00:03:18 7000.0 0.0 0.0 0.0 7.5 0.0
2026-08-22T00:04:18 6980.0 450.0 0.0 -0.5 7.4 0.0
";

    #[test]
    fn two_segments_of_one_object() {
        let parsed = parse(TWO, "f.oem");
        assert_eq!(parsed.faults, []);
        let [ephemeris] = &parsed.ephemerides[..] else {
            panic!("{:?}", parsed.ephemerides)
        };
        assert_eq!(ephemeris.check(), Ok(()));
        let [a, b] = &ephemeris.segments[..] else {
            panic!("{ephemeris:?}")
        };
        assert_eq!(a.frame, EphemerisFrame::Eme2000);
        assert_eq!(a.interpolation, Interpolation::Hermite { degree: 3 });
        assert_eq!(a.t_s, [0.0, 60.0, 180.0]);
        assert!((a.r_m[1][1] - 450_000.0).abs() < 1e-6);
        assert_eq!(a.useable_start.to_string(), "2026-08-22T00:01:00Z");
        assert_eq!(a.useable_stop.to_string(), "2026-08-22T00:03:00Z");
        assert_eq!(b.frame, EphemerisFrame::Itrf);
        assert_eq!(b.origin.to_string(), "2026-08-22T00:03:00Z");
        assert_eq!(parse(&TWO.replace('\n', "\r\n"), "f.oem"), parsed);
    }

    #[test]
    fn a_wrong_segment_is_named_and_the_other_stands() {
        let fault = |from: &str, to: &str| {
            let parsed = parse(&TWO.replacen(from, to, 1), "f.oem");
            assert_eq!(parsed.faults.len(), 1, "{:?}", parsed.faults);
            assert_eq!(parsed.ephemerides[0].segments.len(), 1);
            parsed.faults[0].to_string()
        };
        assert_eq!(
            fault("EME2000", "MCI"),
            "f.oem:8: REF_FRAME reads \"MCI\": should be GCRF, ICRF, EME2000, TEME or ITRF"
        );
        assert_eq!(
            fault("6980.0", "698O.0"),
            "f.oem:18: X reads \"698O.0\": should be a number"
        );
        assert!(fault("T00:01:00.000 ", "T00:00:00.000 ").contains("18: EPOCH reads"));
        assert!(fault("= EARTH", "= MARS").contains("f.oem:7: CENTER_NAME"));
        assert!(fault("DEGREE = 3", "DEGREE = 30").contains("f.oem:4: INTERPOLATION_DEGREE"));
        assert!(fault("= HERMITE", "= SPLINE").contains("INTERPOLATION reads \"SPLINE\""));
        assert!(fault("234T00:03", "234T00:04").contains("USEABLE_STOP_TIME"));
        assert!(fault(" 7.4 0.0 0.0 0.0 0.0", " 7.4").contains("Z_DOT reads \"\""));
        assert!(fault("META_STOP\n", "").contains("16: line reads"));
        assert!(fault("START_TIME = 2026-08-22T00:03:18", "START_TIME = x").contains(":30: START"));
    }
}
