//! Orbit mean-elements messages as JSON: an array of objects with CCSDS 502.0 keywords, as CelesTrak and
//! Space-Track serve them; numbers may be in quotes.
//!
//! Every innermost object is a record, whatever it stands in; so a broken record costs no more than
//! itself. Objects without any of the needed keywords are passed over.

use super::omm::{self, Fields, Key, Source};
use super::{ElementSet, Fault, Parsed, Wrong};
use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Longest record, bytes; a hundred times what one needs.
const RECORD_MAX_BYTES: usize = 1 << 17;

/// Reads OMM JSON text; `file` names it in faults.
pub fn parse(text: &str, file: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut line = 1;
    let mut counted = 0;
    let mut records = Records::new(text);
    while let Some((from, to, closed)) = records.next() {
        line += newlines(&text[counted..from]);
        counted = from;
        let source = Source {
            file,
            text: &text[from..to],
            line,
        };
        let read = if closed {
            read(&source)
        } else if source.text.contains("\"EPOCH\"") {
            let wrong = Wrong::new("record", source.text, "should end with a brace");
            Err(source.fault(wrong, 0))
        } else {
            // The opening of an object that holds others.
            continue;
        };
        match read {
            Ok(Some(set)) => parsed.keep(set, line),
            Ok(None) => {}
            Err(fault) => parsed.fault(fault),
        }
    }
    parsed
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|b| *b == b'\n').count()
}

/// Innermost objects of a text: start, end, and whether the closing brace is there.
struct Records<'a> {
    bytes: &'a [u8],
    at: usize,
    open: Option<usize>,
}

impl<'a> Records<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            bytes: text.as_bytes(),
            at: 0,
            open: None,
        }
    }

    fn keyword_follows(&self) -> bool {
        let next = self.bytes.get(self.at..self.at + 2);
        next.is_some_and(|n| n[0] == b'"' && n[1].is_ascii_alphabetic())
    }

    fn next(&mut self) -> Option<(usize, usize, bool)> {
        let mut quoted = false;
        while let Some(byte) = self.bytes.get(self.at) {
            let here = self.at;
            self.at += 1;
            match byte {
                // A text cannot go over a line's end, nor does one hold the start of an object and a
                // keyword: a quotation mark is missing before.
                b'\n' => quoted = false,
                b'{' if !quoted || self.keyword_follows() => {
                    quoted = false;
                    if let Some(open) = self.open.replace(here) {
                        return Some((open, here, false));
                    }
                }
                b'}' if !quoted => {
                    if let Some(open) = self.open.take() {
                        return Some((open, self.at, true));
                    }
                }
                b'\\' if quoted => self.at += 1,
                b'"' => quoted = !quoted,
                _ => {}
            }
        }
        let open = self.open.take()?;
        Some((open, self.bytes.len(), false))
    }
}

fn read(source: &Source<'_>) -> Result<Option<ElementSet>, Fault> {
    if source.text.len() > RECORD_MAX_BYTES {
        let reason = format!("should have at most {RECORD_MAX_BYTES} bytes");
        return Err(source.fault(Wrong::new("record", source.text, reason), 0));
    }
    let Members(members) = serde_json::from_str(source.text).map_err(|e| {
        let wrong = Wrong::new("record", source.text, format!("is no JSON object: {e}"));
        let line = source.line + e.line().saturating_sub(1);
        wrong.at(source.file, line)
    })?;
    let mut fields = Fields::default();
    for (key, raw) in &members {
        // The member's text is a part of the record's: the distance is its place.
        let at = (raw.get().as_ptr() as usize).saturating_sub(source.text.as_ptr() as usize);
        let Some(key) = Key::of(key) else {
            continue;
        };
        let value: Cow<'_, str> = match raw.get().as_bytes().first() {
            Some(b'"') => text_of(raw).map_err(|wrong| source.fault(wrong, at))?,
            Some(b'n') => continue,
            _ => raw.get().into(),
        };
        fields
            .take(key, value, at)
            .map_err(|(wrong, at)| source.fault(wrong, at))?;
    }
    if !omm::NEEDED.iter().any(|n| fields.has(*n)) {
        return Ok(None);
    }
    fields.element_set(source).map(Some)
}

/// A text without its quotation marks.
fn text_of(raw: &RawValue) -> Result<Cow<'_, str>, Wrong> {
    let inside = &raw.get()[1..raw.get().len().saturating_sub(1)];
    if !inside.contains('\\') {
        return Ok(inside.into());
    }
    serde_json::from_str::<String>(raw.get())
        .map(Cow::from)
        .map_err(|e| Wrong::new("text", raw.get(), e.to_string()))
}

/// The members of an object in order, doubled ones too.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(24);
                while let Some(key) = map.next_key::<Name<'de>>()? {
                    members.push((key.0, map.next_value()?));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

/// A key, borrowed from the text where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a keyword")
            }

            fn visit_borrowed_str<E: de::Error>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Name(v.into()))
            }

            fn visit_str<E: de::Error>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Name(v.to_string().into()))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Writes element sets as an array of objects, one a line; reading it back gives the same sets.
pub fn write(sets: &[ElementSet]) -> String {
    let lines: Vec<String> = sets
        .iter()
        .map(|set| {
            let values = omm::values(set);
            let text = |(key, value): &(&str, String)| {
                format!("\"{key}\":{}", serde_json::Value::from(value.as_str()))
            };
            let bare = |(key, value): &(&str, String)| match *key {
                "EPOCH" | "CLASSIFICATION_TYPE" => format!("\"{key}\":\"{value}\""),
                _ => format!("\"{key}\":{value}"),
            };
            let members: Vec<String> = (values.metadata.iter().map(text))
                .chain(values.mean_elements.iter().map(bare))
                .chain(values.tle_parameters.iter().map(bare))
                .collect();
            format!("{{{}}}", members.join(","))
        })
        .collect();
    format!("[{}]\n", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"OBJECT_NAME":"ISS (ZARYA)","OBJECT_ID":"1998-067A",
"EPOCH":"2026-08-22T12:25:40.104192","MEAN_MOTION":15.72125391,"ECCENTRICITY":0.0006703,
"INCLINATION":"51.6416","RA_OF_ASC_NODE":247.4627,"ARG_OF_PERICENTER":130.536,
"MEAN_ANOMALY":325.0288,"EPHEMERIS_TYPE":0,"CLASSIFICATION_TYPE":"U",
"NORAD_CAT_ID":100000001,"ELEMENT_SET_NO":999,"REV_AT_EPOCH":56353,"BSTAR":-1.1606e-5,
"MEAN_MOTION_DOT":-2.182e-5,"MEAN_MOTION_DDOT":0,"DECAY_DATE":null}"#;

    #[test]
    fn numbers_bare_or_in_quotes() {
        let parsed = parse(&format!("[{RECORD}]"), "f.json");
        assert_eq!(parsed.faults, []);
        let set = &parsed.sets[0];
        assert_eq!((set.norad_id, set.inclination_deg), (100_000_001, 51.6416));
        assert!((set.bstar + 1.1606e-5).abs() < 1e-18);
        assert_eq!(parse(&write(&parsed.sets), "f").sets, parsed.sets);
        // Alone, inside another object, line by line: the record is what counts.
        assert_eq!(parse(RECORD, "f").sets, parsed.sets);
        let inside = format!("{{\"data\":[{RECORD}],\"page\":1}}");
        assert_eq!(parse(&inside, "f").sets, parsed.sets);
        assert_eq!(parse("[]", "f"), Parsed::default());
        assert_eq!(parse("{\"error\":\"no data\"}", "f"), Parsed::default());
    }

    #[test]
    fn each_fault_is_named_and_stops_nothing() {
        let fault = |from: &str, to: &str| {
            let bad = RECORD.replacen(from, to, 1);
            for text in [
                format!("[{bad},\n{RECORD}]"),
                format!("[{},{}]", bad.replace('\n', " "), RECORD.replace('\n', " ")),
            ] {
                let parsed = parse(&text, "f.json");
                assert_eq!(parsed.sets.len(), 1, "{text}");
                assert_eq!(parsed.faults.len(), 1, "{:?}", parsed.faults);
            }
            parse(&format!("\n[{bad},\n{RECORD}]"), "f.json").faults[0].to_string()
        };
        assert_eq!(
            fault("0.0006703", "1.5"),
            "f.json:3: ECCENTRICITY reads \"1.5\": should be at least 0 and below 1"
        );
        assert_eq!(
            fault("\"51.6416\"", "true"),
            "f.json:4: INCLINATION reads \"true\": should be a number"
        );
        assert!(fault("100000001", "1000000001").contains("f.json:6: NORAD_CAT_ID"));
        assert!(fault("\"EPOCH\":\"2026", "\"EPOCH\":\"").contains("f.json:3: EPOCH reads"));
        assert!(
            fault("\"MEAN_MOTION\"", "\"MEAN\"").contains("MEAN_MOTION reads \"\": is missing")
        );
        assert!(fault("\"EPHEMERIS_TYPE\":0", "\"EPHEMERIS_TYPE\":4").contains("SGP4-XP"));
        assert!(fault(",\"ECC", "\"ECC").contains("f.json:3: record reads"));
        assert!(fault("null}", "null").contains("should end with a brace"));
        assert!(fault("0.0006703", "0.0006703,\"ECCENTRICITY\":0").contains("stands twice"));
        assert!(fault("1998-067A\"", "1998-067A").contains("is no JSON object"));
    }
}
