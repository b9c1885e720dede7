//! Orbit mean-elements messages as CSV: the CCSDS 502.0 keywords as header, one object a row, as
//! CelesTrak serves them. Also the format of the register's own element files.
//!
//! Lines that start with `#` are comments. Columns may stand in any order and unknown ones are
//! passed over. Numbers keep all their digits; catalogue numbers have up to nine.

use super::{ElementSet, Fault, Parsed};
use jiff::Timestamp;
use std::fmt::Write;

/// Columns written, in CelesTrak's order.
const HEADER: &str = "OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,\
RA_OF_ASC_NODE,ARG_OF_PERICENTER,MEAN_ANOMALY,EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,\
ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT";

/// Columns a row may have; more is a fault.
const COLUMNS_MAX: usize = 100;

/// Columns that must be there.
const NEEDED: [&str; 8] = [
    "EPOCH",
    "MEAN_MOTION",
    "ECCENTRICITY",
    "INCLINATION",
    "RA_OF_ASC_NODE",
    "ARG_OF_PERICENTER",
    "MEAN_ANOMALY",
    "NORAD_CAT_ID",
];

/// Reads OMM CSV text; `file` names it in faults.
pub fn parse(text: &str, file: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rows = (1..)
        .zip(text.lines())
        .filter(|(_, l)| !l.starts_with('#') && !l.trim().is_empty());
    let mut fault = |line, field: &str, reason: String| {
        parsed.faults.push(Fault {
            file: file.into(),
            line,
            field: field.into(),
            reason,
        });
    };
    let Some((header_line, header)) = rows.next() else {
        return parsed;
    };
    let columns: Vec<&str> = header
        .split(',')
        .map(|c| c.trim().trim_matches('"'))
        .collect();
    if let Some(missing) = NEEDED.iter().find(|n| !columns.contains(n)) {
        fault(header_line, missing, "the header has no such column".into());
        return parsed;
    }
    if columns.len() > COLUMNS_MAX {
        fault(
            header_line,
            "header",
            format!("has more than {COLUMNS_MAX} columns"),
        );
        return parsed;
    }
    for (line, row) in rows {
        let read = split(row).and_then(|cells| {
            if cells.len() != columns.len() {
                let reason = format!(
                    "has {} columns, the header has {}",
                    cells.len(),
                    columns.len()
                );
                return Err(("row".to_string(), reason));
            }
            read(&columns, &cells)
        });
        match read {
            Ok(set) => parsed.sets.push(set),
            Err((field, reason)) => {
                parsed.faults.push(Fault {
                    file: file.into(),
                    line,
                    field,
                    reason,
                });
            }
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

/// A cell, in quotes where it must be; line breaks become blanks.
fn quoted(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    if text.contains([',', '"']) || text.starts_with('#') || text.trim() != text {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

fn split(row: &str) -> Result<Vec<String>, (String, String)> {
    let mut cells = vec![String::new()];
    let mut inside = false;
    let mut chars = row.trim_end_matches('\r').chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if inside && chars.peek() == Some(&'"') => {
                chars.next();
                push(&mut cells, '"');
            }
            '"' => inside = !inside,
            ',' if !inside => {
                if cells.len() > COLUMNS_MAX {
                    let reason = format!("has more than {COLUMNS_MAX} columns");
                    return Err(("row".into(), reason));
                }
                cells.push(String::new());
            }
            c => push(&mut cells, c),
        }
    }
    if inside {
        return Err(("row".into(), "a quotation mark is not closed".into()));
    }
    Ok(cells)
}

fn push(cells: &mut [String], c: char) {
    if let Some(last) = cells.last_mut() {
        last.push(c);
    }
}

fn read(columns: &[&str], cells: &[String]) -> Result<ElementSet, (String, String)> {
    let cell = |name: &str| {
        columns
            .iter()
            .position(|c| *c == name)
            .and_then(|i| cells.get(i))
            .map_or("", String::as_str)
    };
    let number = |name: &str| {
        cell(name)
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|x| x.is_finite())
            .ok_or_else(|| {
                (
                    name.to_string(),
                    format!("reads {:?}, not a number", cell(name)),
                )
            })
    };
    let optional = |name: &str| {
        if cell(name).trim().is_empty() {
            Ok(0.0)
        } else {
            number(name)
        }
    };
    let whole = |name: &str| {
        let text = cell(name).trim();
        text.parse::<u32>().map_err(|_| {
            (
                name.to_string(),
                format!("reads {text:?}, not a whole number"),
            )
        })
    };
    let optional_whole = |name: &str| {
        if cell(name).trim().is_empty() {
            Ok(0)
        } else {
            whole(name)
        }
    };
    let set = ElementSet {
        norad_id: whole("NORAD_CAT_ID")?,
        cospar_id: cell("OBJECT_ID").to_string(),
        name: cell("OBJECT_NAME").to_string(),
        epoch: epoch(cell("EPOCH").trim())?,
        inclination_deg: number("INCLINATION")?,
        raan_deg: number("RA_OF_ASC_NODE")?,
        eccentricity: number("ECCENTRICITY")?,
        argument_of_perigee_deg: number("ARG_OF_PERICENTER")?,
        mean_anomaly_deg: number("MEAN_ANOMALY")?,
        mean_motion_rev_day: number("MEAN_MOTION")?,
        mean_motion_dot: optional("MEAN_MOTION_DOT")?,
        mean_motion_ddot: optional("MEAN_MOTION_DDOT")?,
        bstar: optional("BSTAR")?,
        element_set_no: optional_whole("ELEMENT_SET_NO")?,
        rev_at_epoch: optional_whole("REV_AT_EPOCH")?,
    };
    set.check()
        .map_err(|(field, reason)| (field.to_string(), reason))?;
    Ok(set)
}

/// UTC; an ending `Z` may be there or not.
fn epoch(text: &str) -> Result<Timestamp, (String, String)> {
    let zulu = if text.ends_with(['Z', 'z']) {
        text.to_string()
    } else {
        format!("{text}Z")
    };
    zulu.parse().map_err(|_| {
        let reason = format!("reads {text:?}, not a time like 2026-08-22T12:34:56.789012");
        ("EPOCH".to_string(), reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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
            "f.csv:2: eccentricity: 1.2 is not in [0, 1)"
        );
        assert_eq!(
            fault("51.6416", "x"),
            "f.csv:2: INCLINATION: reads \"x\", not a number"
        );
        assert!(fault("2026-08-22T", "2026-13-22T").contains("f.csv:2: EPOCH: reads"));
        assert!(fault(",0,U,", ",0,").contains("row: has 16 columns, the header has 17"));
        assert!(fault("ISS", "\"ISS").contains("quotation mark is not closed"));
        assert!(fault("51.6416", "NaN").contains("INCLINATION"));
        let parsed = parse("OBJECT_NAME,EPOCH\nA,B\n", "f.csv");
        assert_eq!(
            parsed.faults[0].to_string(),
            "f.csv:1: MEAN_MOTION: the header has no such column"
        );
    }

    proptest! {
        #[test]
        fn written_reads_back(
            name in "[^\r\n]{0,20}",
            norad_id in 1_u32..1_000_000_000,
            epoch_us in 0_i64..4_000_000_000_000_000,
            eccentricity in 0.0_f64..0.99,
            inclination_deg in 0.0_f64..180.0,
            mean_motion_rev_day in 0.1_f64..17.0,
            bstar in -1.0_f64..1.0,
        ) {
            let set = ElementSet {
                norad_id, name, eccentricity, inclination_deg, mean_motion_rev_day, bstar,
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
