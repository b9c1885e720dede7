//! Orbit mean-elements messages as CSV: the CCSDS 502.0 keywords as header, one object a row, as
//! CelesTrak serves them. Also the format of the register's own element files.
//!
//! Lines that start with `#` are comments. Columns may stand in any order and unknown ones are
//! passed over. Numbers keep all their digits; catalogue numbers have up to nine.

use super::omm::{self, Fields, Key, NEEDED, Source};
use super::{ElementSet, Fault, Parsed, Wrong};
use std::borrow::Cow;
use std::fmt::Write;

/// Columns written, in CelesTrak's order.
const HEADER: &str = "OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,\
RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY,EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,\
ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT";

/// Columns a row may have; more is a fault.
const COLUMNS_MAX: usize = 100;

/// Reads OMM CSV text; `file` names it in faults.
pub fn parse(text: &str, file: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut rows = (1..)
        .zip(text.lines())
        .filter(|(_, l)| !l.starts_with('#') && !l.trim().is_empty());
    let Some((header_line, header)) = rows.next() else {
        return parsed;
    };
    let columns: Vec<&str> = header
        .split(',')
        .map(|c| c.trim().trim_matches('"'))
        .collect();
    if let Some(missing) = NEEDED.iter().find(|n| !columns.contains(&n.name())) {
        let wrong = Wrong::new(missing.name(), "", "the header should have such a column");
        parsed.fault(wrong.at(file, header_line));
        return parsed;
    }
    if columns.len() > COLUMNS_MAX {
        let reason = format!("should have at most {COLUMNS_MAX} columns");
        let wrong = Wrong::new("header", columns.len(), reason);
        parsed.fault(wrong.at(file, header_line));
        return parsed;
    }
    let keys: Vec<Option<Key>> = columns.iter().map(|c| Key::of(c)).collect();
    for (line, row) in rows {
        let source = Source {
            file,
            text: row,
            line,
        };
        match read(&keys, &source) {
            Ok(set) => parsed.keep(set, line),
            Err(fault) => parsed.fault(fault),
        }
    }
    parsed
}

/// Writes element sets as OMM CSV after comment lines; reading it back gives the same sets.
pub fn write(sets: &[ElementSet], comments: &[&str]) -> String {
    let mut text = String::new();
    for comment in comments {
        for line in comment.lines() {
            let _ = writeln!(text, "# {line}");
        }
    }
    text.push_str(HEADER);
    text.push('\n');
    for s in sets {
        let epoch = s.epoch.to_string();
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},0,U,{},{},{},{},{},{}",
            quoted(&s.name),
            quoted(&s.cospar_id),
            epoch.trim_end_matches('Z'),
            s.mean_motion_rev_day,
            s.eccentricity,
            s.inclination_deg,
            s.raan_deg,
            s.argument_of_perigee_deg,
            s.mean_anomaly_deg,
            s.norad_id,
            s.element_set_no,
            s.rev_at_epoch,
            s.bstar,
            s.mean_motion_dot,
            s.mean_motion_ddot,
        );
    }
    text
}

/// A cell, in quotes where it must be.
fn quoted(text: &str) -> String {
    let text = omm::one_line(text);
    if text.contains([',', '"']) || text.starts_with('#') || text.trim() != text {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn read(keys: &[Option<Key>], source: &Source<'_>) -> Result<ElementSet, Fault> {
    let mut fields = Fields::default();
    let mut count = 0;
    for cell in Cells(Some(source.text.trim_end_matches('\r'))) {
        let cell = cell.map_err(|wrong| source.fault(wrong, 0))?;
        if let Some(Some(key)) = keys.get(count) {
            fields
                .take(*key, cell, 0)
                .map_err(|(wrong, at)| source.fault(wrong, at))?;
        }
        count += 1;
        if count > COLUMNS_MAX {
            break;
        }
    }
    if count != keys.len() {
        let reason = format!(
            "should have {} columns as the header has, has {count}",
            keys.len()
        );
        return Err(source.fault(Wrong::new("row", source.text, reason), 0));
    }
    fields.element_set(source)
}

/// The cells of the rest of a row (RFC 4180 without line breaks inside cells).
struct Cells<'a>(Option<&'a str>);

impl<'a> Iterator for Cells<'a> {
    type Item = Result<Cow<'a, str>, Wrong>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.take()?;
        let Some(quoted) = rest.strip_prefix('"') else {
            return Some(Ok(match rest.split_once(',') {
                Some((cell, after)) => {
                    self.0 = Some(after);
                    cell.into()
                }
                None => rest.into(),
            }));
        };
        let mut at = 0;
        loop {
            let Some(end) = quoted[at..].find('"').map(|k| at + k) else {
                let right = "a quotation mark should be closed";
                return Some(Err(Wrong::new("row", rest, right)));
            };
            let after = &quoted[end + 1..];
            if after.starts_with('"') {
                at = end + 2;
                continue;
            }
            // What stands between the closing mark and the comma is passed over.
            self.0 = after.split_once(',').map(|(_, after)| after);
            let cell = &quoted[..end];
            return Some(Ok(match cell.contains('"') {
                true => cell.replace("\"\"", "\"").into(),
                false => cell.into(),
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;

    const ROW: &str = "ISS (ZARYA),1998-067A,2026-08-22T12:25:40.104192,15.72125391,.0006703,51.6416,\
247.4627,130.536,325.0288,0,U,100000001,999,56353,-.11606E-4,-.2182E-4,0";

    #[test]
    fn celestrak_row_and_nine_digits() {
        let parsed = parse(&format!("# from somewhere\n{HEADER}\r\n{ROW}\r\n"), "f.csv");
        assert_eq!(parsed.faults, []);
        let set = &parsed.sets[0];
        assert_eq!(
            (set.norad_id, set.name.as_str()),
            (100_000_001, "ISS (ZARYA)")
        );
        assert_eq!(set.epoch.to_string(), "2026-08-22T12:25:40.104192Z");
        assert_eq!(
            parse(&write(&parsed.sets, &["a", "b\nc"]), "f").sets,
            parsed.sets
        );
    }

    #[test]
    fn each_fault_is_named_and_stops_nothing() {
        let fault = |from: &str, to: &str| {
            let parsed = parse(
                &format!("{HEADER}\n{}\n{ROW}\n", ROW.replace(from, to)),
                "f.csv",
            );
            assert_eq!(parsed.sets.len(), 1);
            parsed.faults[0].to_string()
        };
        assert_eq!(
            fault(".0006703", "1.2"),
            "f.csv:2: ECCENTRICITY reads \"1.2\": should be at least 0 and below 1"
        );
        assert_eq!(
            fault("51.6416", "x"),
            "f.csv:2: INCLINATION reads \"x\": should be a number"
        );
        assert!(fault("2026-08-22T", "2026-13-22T").contains("f.csv:2: EPOCH reads \"2026-13-22T"));
        assert!(fault(",0,U,", ",0,").contains("should have 17 columns as the header has, has 16"));
        assert!(fault("ISS", "\"ISS").contains("quotation mark should be closed"));
        assert!(fault("51.6416", "NaN").contains("INCLINATION"));
        let parsed = parse("OBJECT_NAME,EPOCH\nA,B\n", "f.csv");
        assert_eq!(
            parsed.faults[0].to_string(),
            "f.csv:1: MEAN_MOTION reads \"\": the header should have such a column"
        );
    }

    proptest! {
        #[test]
        fn written_reads_back(
            name in "[^\\pC]{0,20}",
            norad_id in 1_u32..1_000_000_000,
            epoch_us in 0_i64..4_000_000_000_000_000,
            eccentricity in 0.0_f64..0.99,
            inclination_deg in 0.0_f64..180.0,
            mean_motion_rev_day in 0.1_f64..17.0,
            bstar in -1.0_f64..1.0,
        ) {
            let set = ElementSet {
                norad_id, name: name.trim().into(), eccentricity, inclination_deg, mean_motion_rev_day, bstar,
                epoch: Timestamp::from_microsecond(epoch_us).unwrap(),
                ..ElementSet::default()
            };
            let parsed = parse(&write(std::slice::from_ref(&set), &[]), "f");
            prop_assert_eq!(parsed.faults, vec![]);
            prop_assert_eq!(parsed.sets, vec![set]);
        }

        #[test]
        fn nothing_panics(text in "[A-Z_,\"\n0-9.#]{0,200}") {
            let _ = parse(&text, "f");
            let _ = parse(&format!("{HEADER}\n{text}"), "f");
        }
    }
}
