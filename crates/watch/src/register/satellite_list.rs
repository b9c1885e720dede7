//! Lists of satellites: SATCAT (CelesTrak's CSV) and the UCS Satellite Database (CSV of its sheet).
//!
//! Both are made by hand and pass through spreadsheets: columns are found by name, dates may be
//! `2025-11-02` or `11/2/2025`, and what cannot be read in one cell costs that cell or that row, and is
//! named.

use super::read::{Records, fault};
use csv::{ReaderBuilder, StringRecord, Trim};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// What a list says of one satellite.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Entry {
    /// Catalogue number.
    pub norad_id: u32,
    /// International designator, where given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cospar_id: Option<String>,
    /// Name.
    pub name: String,
    /// Who runs it; in SATCAT a code of CelesTrak's list of sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Country of the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Who it works for, such as `Commercial`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<String>,
    /// What it is for, in the list's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Whether it works, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Day of launch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launched: Option<Date>,
    /// Day of its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decayed_on: Option<Date>,
    /// Whether it is no longer in orbit.
    #[serde(default)]
    pub decayed: bool,
}

/// The columns of a list by their names.
struct Sheet<'t> {
    rows: csv::StringRecordsIntoIter<&'t [u8]>,
    columns: HashMap<String, usize>,
}

impl<'t> Sheet<'t> {
    fn new(text: &'t str) -> Self {
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .trim(Trim::All)
            .from_reader(text.as_bytes());
        let header = reader.headers().cloned().unwrap_or_default();
        let columns = header.iter().enumerate();
        Self {
            columns: columns.map(|(k, name)| (name.to_string(), k)).collect(),
            rows: reader.into_records(),
        }
    }

    fn missing(&self, needed: &[&'static str]) -> Option<&'static str> {
        needed
            .iter()
            .find(|n| !self.columns.contains_key(**n))
            .copied()
    }
}

/// One row with the columns' names.
struct Row<'s> {
    record: &'s StringRecord,
    columns: &'s HashMap<String, usize>,
}

impl Row<'_> {
    fn get(&self, column: &str) -> &str {
        (self.columns.get(column))
            .and_then(|k| self.record.get(*k))
            .unwrap_or_default()
    }

    fn text(&self, column: &str) -> Option<String> {
        let text = self.get(column).replace(char::is_control, " ");
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_string())
    }
}

/// Reads SATCAT in CSV. Rocket bodies and debris are passed over.
pub fn parse_satcat(text: &str, file: &str) -> Records<Entry> {
    const NEEDED: [&str; 3] = ["OBJECT_NAME", "NORAD_CAT_ID", "OPS_STATUS_CODE"];
    parse(text, file, &NEEDED, |row, wrong| {
        if !["", "PAY"].contains(&row.get("OBJECT_TYPE")) {
            return None;
        }
        let status = row.get("OPS_STATUS_CODE");
        let decayed_on = date(row, "DECAY_DATE", wrong);
        Some(Entry {
            norad_id: number(row, "NORAD_CAT_ID", wrong)?,
            cospar_id: row.text("OBJECT_ID"),
            name: row.text("OBJECT_NAME").unwrap_or_default(),
            owner: row.text("OWNER"),
            operation: operation(status, wrong).map(str::to_string),
            launched: date(row, "LAUNCH_DATE", wrong),
            decayed: status == "D" || decayed_on.is_some(),
            decayed_on,
            ..Entry::default()
        })
    })
}

/// Reads the UCS Satellite Database as CSV.
pub fn parse_database(text: &str, file: &str) -> Records<Entry> {
    const NAME: &str = "Current Official Name of Satellite";
    const NEEDED: [&str; 3] = [NAME, "NORAD Number", "Purpose"];
    parse(text, file, &NEEDED, |row, wrong| {
        let detail = row.text("Detailed Purpose");
        let purpose = row.text("Purpose").map(|purpose| match detail {
            Some(detail) => format!("{purpose}: {detail}"),
            None => purpose,
        });
        Some(Entry {
            norad_id: number(row, "NORAD Number", wrong)?,
            cospar_id: row.text("COSPAR Number"),
            name: row.text(NAME).unwrap_or_default(),
            owner: row.text("Operator/Owner"),
            country: row.text("Country of Operator/Owner"),
            users: row.text("Users"),
            purpose,
            launched: date(row, "Date of Launch", wrong),
            ..Entry::default()
        })
    })
}

/// What a cell is off by: field, value, what would be right.
type Wrong = Vec<(&'static str, String, &'static str)>;

fn parse(
    text: &str,
    file: &str,
    needed: &[&'static str],
    read: impl Fn(&Row<'_>, &mut Wrong) -> Option<Entry>,
) -> Records<Entry> {
    let mut found = Records::new();
    let mut sheet = Sheet::new(text);
    if let Some(missing) = sheet.missing(needed) {
        let reason = "the header should have such a column";
        found.fault(fault(file, 1, missing, "", reason));
        return found;
    }
    let mut places: HashMap<u32, usize> = HashMap::new();
    for (count, record) in (2_usize..).zip(sheet.rows.by_ref()) {
        let record = match record {
            Ok(record) => record,
            Err(e) => {
                found.fault(fault(file, count, "row", "", &format!("is no CSV: {e}")));
                continue;
            }
        };
        let line = record.position().map_or(count, |p| p.line() as usize);
        if record.iter().all(str::is_empty) {
            continue;
        }
        let row = Row {
            record: &record,
            columns: &sheet.columns,
        };
        let mut wrong = Wrong::new();
        let entry = read(&row, &mut wrong);
        for (field, value, reason) in wrong {
            let fault = fault(file, line, field, &value, reason);
            if entry.is_some() {
                found.note(fault);
            } else {
                found.fault(fault);
            }
        }
        let Some(entry) = entry else { continue };
        if let Some(first) = places.get(&entry.norad_id) {
            let kept: &Entry = &found.records[*first];
            let reason = format!("stands twice, as {:?} first, which is kept", kept.name);
            let number = entry.norad_id.to_string();
            found.note(fault(file, line, "catalogue number", &number, &reason));
            continue;
        }
        places.insert(entry.norad_id, found.records.len());
        found.records.push(entry);
    }
    found
}

fn number(row: &Row<'_>, column: &'static str, wrong: &mut Wrong) -> Option<u32> {
    let text = row.get(column);
    let plain = text.replace(',', "");
    let number = plain.parse().ok().filter(|n| (1..=999_999_999).contains(n));
    if number.is_none() {
        let reason = "should be a catalogue number of up to 9 digits";
        wrong.push((column, text.to_string(), reason));
    }
    number
}

/// `2025-11-02` or `11/2/2025`; an empty cell is none.
fn date(row: &Row<'_>, column: &'static str, wrong: &mut Wrong) -> Option<Date> {
    let text = row.get(column);
    if text.is_empty() {
        return None;
    }
    let date = (text.parse().ok()).or_else(|| Date::strptime("%m/%d/%Y", text).ok());
    if date.is_none() {
        let reason = "should be a day like 2025-11-02 or 11/2/2025; it is left out";
        wrong.push((column, text.to_string(), reason));
    }
    date
}

/// CelesTrak's codes of operational status.
fn operation(code: &str, wrong: &mut Wrong) -> Option<&'static str> {
    Some(match code {
        "+" => "operational",
        "-" => "not operational",
        "P" => "partially operational",
        "B" => "backup",
        "S" => "spare",
        "X" => "extended mission",
        "D" => "decayed",
        "?" | "" => return None,
        other => {
            let reason = "should be one of + - P B S X D ?; it is left out";
            wrong.push(("OPS_STATUS_CODE", other.to_string(), reason));
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SATCAT: &str = "OBJECT_NAME,OBJECT_ID,NORAD_CAT_ID,OBJECT_TYPE,OPS_STATUS_CODE,OWNER,\
LAUNCH_DATE,LAUNCH_SITE,DECAY_DATE
ARYABHATA,1975-033A,7752,PAY,D,IND,4/19/1975,KYMSC,2/11/1992
CARTOSAT-3,2019-081A,44804,PAY,+,IND,2019-11-27,SRI,
PSLV R/B,2019-081P,44818,R/B,,IND,2019-11-27,SRI,
";

    #[test]
    fn satcat() {
        let found = parse_satcat(SATCAT, "f.csv");
        assert_eq!((found.faults, found.notes), (vec![], vec![]));
        let [a, b] = &found.records[..] else {
            panic!("{:?}", found.records)
        };
        assert_eq!((a.norad_id, a.decayed), (7_752, true));
        assert_eq!(a.decayed_on.unwrap().to_string(), "1992-02-11");
        assert_eq!((b.norad_id, b.decayed), (44_804, false));
        assert_eq!(b.operation.as_deref(), Some("operational"));
        assert_eq!(b.launched.unwrap().to_string(), "2019-11-27");
    }

    #[test]
    fn a_bad_row_is_named_and_stops_nothing() {
        let text = SATCAT
            .replace(",7752,", ",77x2,")
            .replace("2019-11-27,SRI,\nPSLV", "27.11.19,SRI,\nPSLV");
        let found = parse_satcat(&text, "f.csv");
        assert_eq!(found.records.len(), 1);
        assert_eq!(
            found.faults[0].to_string(),
            "f.csv:2: NORAD_CAT_ID reads \"77x2\": should be a catalogue number of up to 9 digits"
        );
        assert!(
            found.notes[0]
                .to_string()
                .contains("f.csv:3: LAUNCH_DATE reads \"27.11.19\"")
        );
        let found = parse_satcat("OBJECT_NAME,OPS_STATUS_CODE\n", "f.csv");
        assert_eq!(found.faults[0].field, "NORAD_CAT_ID");
    }

    #[test]
    fn database_with_a_number_that_stands_twice() {
        let text = "\"Name of Satellite, Alternate Names\",Current Official Name of Satellite,\
Country of Operator/Owner,Operator/Owner,Users,Purpose,Detailed Purpose,Date of Launch,COSPAR Number,\
NORAD Number
\"One (1, first)\",One,Finland,\"Uni, of\",Civil,Earth Observation,Optical,6/23/2017,2017-036L,\"42,775\"
Two,Two,Finland,Uni,Civil,Communications,,6/23/2017,2017-036M,42775
";
        let found = parse_database(text, "f.csv");
        assert_eq!(found.faults, []);
        let [one] = &found.records[..] else {
            panic!("{:?}", found.records)
        };
        assert_eq!(
            (one.norad_id, one.owner.as_deref()),
            (42_775, Some("Uni, of"))
        );
        assert_eq!(one.purpose.as_deref(), Some("Earth Observation: Optical"));
        assert_eq!(
            found.notes[0].to_string(),
            "f.csv:3: catalogue number reads \"42775\": stands twice, as \"One\" first, which is kept"
        );
    }
}
