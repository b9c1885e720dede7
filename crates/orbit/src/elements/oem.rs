//! What both forms of an orbit ephemeris message have in common: from keywords and states to
//! ephemerides (CCSDS 502.0-B-3, section 5).

use super::ephemeris::{Ephemeris, EphemerisFrame, Interpolation, STATES_MAX, Segment};
use super::{Parsed, Wrong, omm};
use crate::time::{TimeSystem, parse_epoch};
use jiff::Timestamp;

/// Most segments of one message.
const SEGMENTS_MAX: usize = 10_000;

/// The metadata of one segment as it stands in the message.
#[derive(Debug, Default)]
pub(super) struct Metadata<'a> {
    values: Vec<(&'a str, std::borrow::Cow<'a, str>, usize)>,
}

impl<'a> Metadata<'a> {
    pub(super) fn take(
        &mut self,
        keyword: &'a str,
        value: impl Into<std::borrow::Cow<'a, str>>,
        line: usize,
    ) -> Result<(), Wrong> {
        const READ: [&str; 12] = [
            "OBJECT_NAME",
            "OBJECT_ID",
            "CENTER_NAME",
            "REF_FRAME",
            "REF_FRAME_EPOCH",
            "TIME_SYSTEM",
            "START_TIME",
            "USEABLE_START_TIME",
            "USEABLE_STOP_TIME",
            "STOP_TIME",
            "INTERPOLATION",
            "INTERPOLATION_DEGREE",
        ];
        let value = value.into();
        if !READ.contains(&keyword) {
            return Ok(());
        }
        if self.values.iter().any(|(k, ..)| *k == keyword) {
            return Err(Wrong::new(keyword, value, "stands twice in one segment"));
        }
        self.values.push((keyword, value, line));
        Ok(())
    }

    /// Value and line; the line is `otherwise` where there is none.
    fn get(&self, keyword: &str, otherwise: usize) -> (&str, usize) {
        (self.values.iter())
            .find(|(k, ..)| *k == keyword)
            .map_or(("", otherwise), |(_, value, line)| (value.trim(), *line))
    }
}

/// A segment whose metadata has been read and whose states are coming in.
#[derive(Debug)]
pub(super) struct Draft {
    name: String,
    object_id: String,
    system: TimeSystem,
    segment: Segment,
    /// Where the segment begins.
    line: usize,
    useable: [Option<(Timestamp, usize)>; 2],
}

impl Draft {
    pub(super) fn new(metadata: &Metadata<'_>, line: usize) -> Result<Self, (Wrong, usize)> {
        let get = |keyword| metadata.get(keyword, line);
        let refuse = |keyword: &'static str, reason: &str| {
            let (value, line) = get(keyword);
            Err((Wrong::new(keyword, value, reason), line))
        };
        for keyword in ["OBJECT_NAME", "OBJECT_ID", "REF_FRAME", "TIME_SYSTEM"] {
            if get(keyword).0.is_empty() {
                return refuse(keyword, "is missing");
            }
        }
        if !["", "EARTH"].contains(&get("CENTER_NAME").0.to_ascii_uppercase().as_str()) {
            return refuse("CENTER_NAME", "should be EARTH");
        }
        let Some(frame) = EphemerisFrame::from_name(get("REF_FRAME").0) else {
            return refuse("REF_FRAME", "should be GCRF, ICRF, EME2000, TEME or ITRF");
        };
        let Some(system) = TimeSystem::from_name(get("TIME_SYSTEM").0) else {
            return refuse("TIME_SYSTEM", "should be UTC, TAI, TT, TDB or GPS");
        };
        let (degree, degree_line) = get("INTERPOLATION_DEGREE");
        let degree = match degree {
            "" => None,
            text => match text.parse() {
                Ok(degree) => Some(degree),
                Err(_) => return refuse("INTERPOLATION_DEGREE", "should be a whole number"),
            },
        };
        let interpolation = Interpolation::from_name(get("INTERPOLATION").0, degree)
            .map_err(|wrong| (wrong, degree_line))?;
        let mut useable = [None; 2];
        for (place, [keyword, otherwise]) in [
            ["USEABLE_START_TIME", "START_TIME"],
            ["USEABLE_STOP_TIME", "STOP_TIME"],
        ]
        .into_iter()
        .enumerate()
        {
            let keyword = if get(keyword).0.is_empty() {
                otherwise
            } else {
                keyword
            };
            let (text, line) = get(keyword);
            if text.is_empty() {
                continue;
            }
            let Some(t) = parse_epoch(text).and_then(|t| system.to_utc(t)) else {
                return refuse(keyword, "should be a time like 2026-08-22T12:34:56.789");
            };
            useable[place] = Some((t, line));
        }
        Ok(Self {
            name: get("OBJECT_NAME").0.to_string(),
            object_id: get("OBJECT_ID").0.to_string(),
            system,
            line,
            useable,
            segment: Segment {
                frame,
                interpolation,
                useable_start: Timestamp::UNIX_EPOCH,
                useable_stop: Timestamp::UNIX_EPOCH,
                origin: Timestamp::UNIX_EPOCH,
                t_s: Vec::new(),
                r_m: Vec::new(),
                v_m_s: Vec::new(),
            },
        })
    }

    /// Takes one state: its epoch, then position in km and velocity in km/s; accelerations may follow
    /// and are passed over.
    pub(super) fn state<'t>(
        &mut self,
        epoch: &str,
        mut figures: impl Iterator<Item = &'t str>,
    ) -> Result<(), Wrong> {
        let t = parse_epoch(epoch)
            .and_then(|t| self.system.to_utc(t))
            .ok_or_else(|| {
                let right = "should be a time like 2026-08-22T12:34:56.789";
                Wrong::new("EPOCH", epoch, right)
            })?;
        let mut state = [0.0; 6];
        for (value, field) in state
            .iter_mut()
            .zip(["X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"])
        {
            let text = figures.next().unwrap_or_default();
            *value = omm::number(text)
                .filter(|x| x.abs() < 1e9)
                .ok_or_else(|| Wrong::new(field, text, "should be a number"))?;
        }
        if self.segment.t_s.len() >= STATES_MAX {
            let reason = format!("should be one of at most {STATES_MAX} states");
            return Err(Wrong::new("EPOCH", epoch, reason));
        }
        if self.segment.t_s.is_empty() {
            self.segment.origin = t;
        }
        let t_s = t.duration_since(self.segment.origin).as_secs_f64();
        if self.segment.t_s.last().is_some_and(|last| t_s <= *last) {
            return Err(Wrong::new("EPOCH", epoch, "should follow the one before"));
        }
        let [x, y, z, vx, vy, vz] = state.map(|km| km * 1e3);
        self.segment.t_s.push(t_s);
        self.segment.r_m.push([x, y, z]);
        self.segment.v_m_s.push([vx, vy, vz]);
        Ok(())
    }
}

/// The ephemerides of one message, one an object.
#[derive(Debug, Default)]
pub(super) struct Message {
    found: Vec<Ephemeris>,
    segments: usize,
}

impl Message {
    /// Ends a segment; a wrong one is left out.
    pub(super) fn end(&mut self, draft: Draft) -> Result<(), (Wrong, usize)> {
        let Draft {
            name,
            object_id,
            mut segment,
            line,
            useable,
            ..
        } = draft;
        let Some(last_s) = segment.t_s.last() else {
            return Err((Wrong::new("segment", name, "should have states"), line));
        };
        let last = crate::window::offset(segment.origin, *last_s);
        let [start, stop] = useable;
        segment.useable_start = start.map_or(segment.origin, |(t, _)| t);
        segment.useable_stop = stop.map_or(last, |(t, _)| t);
        segment.check().map_err(|wrong| {
            let at = match wrong.field.as_str() {
                "USEABLE_START_TIME" => start.map(|(_, line)| line),
                "USEABLE_STOP_TIME" => stop.map(|(_, line)| line),
                _ => None,
            };
            (wrong, at.unwrap_or(line))
        })?;
        self.segments += 1;
        if self.segments > SEGMENTS_MAX {
            let reason = format!("should be one of at most {SEGMENTS_MAX} segments");
            return Err((Wrong::new("segment", name, reason), line));
        }
        let same = (self.found.iter_mut()).find(|e| e.object_id == object_id);
        let Some(ephemeris) = same else {
            self.found.push(Ephemeris {
                name,
                object_id,
                segments: vec![segment],
            });
            return Ok(());
        };
        let before = ephemeris.segments.last().map(|s| s.useable_stop);
        if before.is_some_and(|stop| segment.useable_start < stop) {
            let right = "should not be before the end of the segment before";
            let wrong = Wrong::new("USEABLE_START_TIME", segment.useable_start, right);
            return Err((wrong, start.map_or(line, |(_, line)| line)));
        }
        ephemeris.segments.push(segment);
        Ok(())
    }

    pub(super) fn into(self, parsed: &mut Parsed) {
        parsed.ephemerides.extend(self.found);
    }
}
