//! Two-line element sets, with or without a name line (TLE, 3LE), catalogue numbers in Alpha-5.
//!
//! Columns as in Spacetrack Report 3 and the CelesTrak format description. Text after column 69 is
//! ignored, a line that starts with `#` is a comment, line ends may be LF or CRLF. Checksums are
//! checked: a line without one (68 columns) is a fault.

use super::{ElementSet, Fault, Parsed};
use jiff::{Timestamp, civil};

/// Columns of a line, checksum included.
const COLUMNS: usize = 69;

/// Longest piece of a bad line shown in a fault.
const SHOWN_MAX_CHARS: usize = 80;

type FieldFault = (String, String);

/// Reads TLE or 3LE text; `file` names it in faults.
pub fn parse(text: &str, file: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut name: Option<(usize, &str)> = None;
    let mut first: Option<(usize, &str)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut fault = |line, field: &str, reason: String| {
            parsed.faults.push(Fault {
                file: file.into(),
                line,
                field: field.into(),
                reason,
            });
        };
        if line.starts_with("1 ") && looks_like_elements(line) {
            if let Some((at, _)) = first.replace((number, line)) {
                fault(at, "line 1", "no line 2 follows it".into());
            }
        } else if line.starts_with("2 ") && looks_like_elements(line) {
            let Some((at, line1)) = first.take() else {
                fault(number, "line 2", "no line 1 stands before it".into());
                name = None;
                continue;
            };
            let title = name.take().map_or("", |(_, n)| n);
            match read(title, (at, line1), (number, line)) {
                Ok(set) => parsed.sets.push(set),
                Err((at, (field, reason))) => fault(at, &field, reason),
            }
        } else {
            if let Some((at, _)) = first.take() {
                fault(at, "line 1", "no line 2 follows it".into());
            } else if let Some((at, old)) = name {
                fault(
                    at,
                    "name",
                    format!("{:?} is not followed by an element set", shown(old)),
                );
            }
            name = Some((number, line));
        }
    }
    let mut fault = |line, field: &str, reason: String| {
        parsed.faults.push(Fault {
            file: file.into(),
            line,
            field: field.into(),
            reason,
        });
    };
    if let Some((at, _)) = first {
        fault(at, "line 1", "no line 2 follows it".into());
    } else if let Some((at, old)) = name {
        fault(
            at,
            "name",
            format!("{:?} is not followed by an element set", shown(old)),
        );
    }
    parsed
}

/// A name may begin with `1 ` or `2 ` too; element lines have the catalogue number there.
fn looks_like_elements(line: &str) -> bool {
    let b = line.as_bytes();
    b.len() >= 24 && (b[6].is_ascii_digit() || b[6] == b' ') && b.len() >= 60
        || b.get(2..7)
            .is_some_and(|n| n.iter().all(u8::is_ascii_digit))
}

fn shown(line: &str) -> String {
    line.chars().take(SHOWN_MAX_CHARS).collect()
}

fn read(
    name: &str,
    (at1, line1): (usize, &str),
    (at2, line2): (usize, &str),
) -> Result<ElementSet, (usize, FieldFault)> {
    let one = |e| (at1, e);
    let two = |e| (at2, e);
    check_line(line1).map_err(one)?;
    check_line(line2).map_err(two)?;
    let norad_id = alpha5(&line1[2..7]).map_err(one)?;
    let again = alpha5(&line2[2..7]).map_err(two)?;
    if norad_id != again {
        let reason = format!("line 2 is of {again}, line 1 of {norad_id}");
        return Err((at2, ("catalogue number".into(), reason)));
    }
    let name = name.strip_prefix("0 ").unwrap_or(name).trim();
    let degrees = |from, to, field| number(line2, from, to, field).map_err(two);
    let set = ElementSet {
        norad_id,
        cospar_id: cospar(line1[9..17].trim()),
        name: name.to_string(),
        epoch: epoch(&line1[18..32]).map_err(one)?,
        inclination_deg: degrees(8, 16, "inclination")?,
        raan_deg: degrees(17, 25, "right ascension")?,
        eccentricity: eccentricity(&line2[26..33]).map_err(two)?,
        argument_of_perigee_deg: degrees(34, 42, "argument of perigee")?,
        mean_anomaly_deg: degrees(43, 51, "mean anomaly")?,
        mean_motion_rev_day: degrees(52, 63, "mean motion")?,
        mean_motion_dot: number(line1, 33, 43, "mean motion derivative").map_err(one)?,
        mean_motion_ddot: exponent(&line1[44..52], "mean motion second derivative").map_err(one)?,
        bstar: exponent(&line1[53..61], "bstar").map_err(one)?,
        element_set_no: whole(&line1[64..68], "element set number").map_err(one)?,
        rev_at_epoch: whole(&line2[63..68], "revolution number").map_err(two)?,
    };
    set.check()
        .map_err(|(field, reason)| (at2, (field.to_string(), reason)))?;
    Ok(set)
}

fn check_line(line: &str) -> Result<(), FieldFault> {
    if !line.is_ascii() {
        return Err(("line".into(), "has characters that are not ASCII".into()));
    }
    if line.len() < COLUMNS {
        let reason = format!("has {} columns, not {COLUMNS}", line.len());
        return Err(("line".into(), reason));
    }
    let bytes = line.as_bytes();
    let sum = bytes[..COLUMNS - 1].iter().map(|b| match b {
        b'0'..=b'9' => u32::from(b - b'0'),
        b'-' => 1,
        _ => 0,
    });
    let sum = sum.sum::<u32>() % 10;
    let stated = bytes[COLUMNS - 1];
    if !stated.is_ascii_digit() || u32::from(stated - b'0') != sum {
        let reason = format!("reads {:?}, the line sums to {sum}", char::from(stated));
        return Err(("checksum".into(), reason));
    }
    Ok(())
}

/// A catalogue number of five places; a letter first (not I, O) stands for 10 to 33.
pub fn alpha5(text: &str) -> Result<u32, (String, String)> {
    let wrong = || {
        let reason = format!("{text:?} is not five digits, or a letter (not I, O) and four digits");
        ("catalogue number".to_string(), reason)
    };
    let trimmed = text.trim();
    let (head, rest) = trimmed.split_at_checked(1).ok_or_else(wrong)?;
    let first = head.as_bytes()[0];
    let lead = match first {
        b'A'..=b'H' => u32::from(first - b'A') + 10,
        b'J'..=b'N' => u32::from(first - b'J') + 18,
        b'P'..=b'Z' => u32::from(first - b'P') + 23,
        b'0'..=b'9' => {
            let digits = trimmed.bytes().all(|b| b.is_ascii_digit()) && trimmed.len() <= 5;
            return digits
                .then(|| trimmed.parse().ok())
                .flatten()
                .ok_or_else(wrong);
        }
        _ => return Err(wrong()),
    };
    let digits = rest.len() == 4 && rest.bytes().all(|b| b.is_ascii_digit());
    let rest: u32 = digits
        .then(|| rest.parse().ok())
        .flatten()
        .ok_or_else(wrong)?;
    Ok(lead * 10_000 + rest)
}

/// `98067A` as `1998-067A`; what does not have that shape stays as it is.
fn cospar(text: &str) -> String {
    let year = text.get(..2).and_then(|y| y.parse::<u32>().ok());
    match (year, text.get(2..)) {
        (Some(y), Some(rest)) if rest.len() >= 4 => {
            format!("{}-{rest}", if y < 57 { 2000 + y } else { 1900 + y })
        }
        _ => text.to_string(),
    }
}

/// `YYDDD.DDDDDDDD`: two-digit years below 57 are of this century.
fn epoch(text: &str) -> Result<Timestamp, FieldFault> {
    let wrong = |why: &str| ("epoch".to_string(), format!("{text:?} {why}"));
    let padded = text.replace(' ', "0");
    let (whole, fraction) = padded
        .split_once('.')
        .ok_or_else(|| wrong("has no decimal point"))?;
    let digits =
        whole.len() == 5 && (whole.bytes().chain(fraction.bytes())).all(|b| b.is_ascii_digit());
    if !digits {
        return Err(wrong("is not YYDDD.DDDDDDDD"));
    }
    let year: i16 = whole[..2].parse().map_err(|_| wrong("has no year"))?;
    let day: i64 = whole[2..]
        .parse()
        .map_err(|_| wrong("has no day of year"))?;
    let year = if year < 57 { 2000 + year } else { 1900 + year };
    let start = civil::date(year, 1, 1);
    if day < 1 || day > i64::from(start.days_in_year()) {
        return Err(wrong("has no such day of year"));
    }
    // Eight decimals of a day are whole multiples of 864 microseconds: no rounding.
    let scale = 10_i64.pow(8 - fraction.len().min(8) as u32);
    let units: i64 = fraction[..fraction.len().min(8)].parse().unwrap_or(0);
    let nanoseconds = units * scale * 864_000;
    let midnight = jiff::tz::TimeZone::UTC
        .to_timestamp(start.at(0, 0, 0, 0))
        .map_err(|_| wrong("is out of range"))?;
    midnight
        .checked_add(jiff::SignedDuration::from_hours(24 * (day - 1)))
        .and_then(|t| t.checked_add(jiff::SignedDuration::from_nanos(nanoseconds)))
        .map_err(|_| wrong("is out of range"))
}

fn number(line: &str, from: usize, to: usize, field: &str) -> Result<f64, FieldFault> {
    let text = line[from..to].trim();
    let plain = text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
    text.parse().ok().filter(|_| plain).ok_or_else(|| {
        (
            field.to_string(),
            format!("columns {}-{to} read {text:?}, not a number", from + 1),
        )
    })
}

/// Seven digits with the decimal point left out; blanks count as zeros.
fn eccentricity(text: &str) -> Result<f64, FieldFault> {
    let padded = text.replace(' ', "0");
    let digits = padded.bytes().all(|b| b.is_ascii_digit());
    padded
        .parse::<f64>()
        .ok()
        .filter(|_| digits)
        .map(|n| n * 1e-7)
        .ok_or_else(|| {
            (
                "eccentricity".to_string(),
                format!("columns 27-33 read {text:?}, not seven digits"),
            )
        })
}

/// ` 12345-6`: 0.12345e-6, the decimal point and the letter left out.
fn exponent(text: &str, field: &str) -> Result<f64, FieldFault> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(0.0);
    }
    let wrong = || {
        (
            field.to_string(),
            format!("reads {text:?}, not a number like 12345-6"),
        )
    };
    let (negative, digits) = match trimmed.split_at_checked(1) {
        Some(("-", rest)) => (true, rest),
        Some(("+", rest)) => (false, rest),
        _ => (false, trimmed),
    };
    let split = digits.rfind(['-', '+', ' ']);
    let (mantissa, power) = split.map_or((digits, "0"), |at| digits.split_at(at));
    let mantissa = mantissa.trim_start_matches('.').trim();
    if mantissa.is_empty() || !mantissa.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let power: i32 = power.trim().parse().map_err(|_| wrong())?;
    let value: f64 = format!("0.{mantissa}e{power}")
        .parse()
        .map_err(|_| wrong())?;
    Ok(if negative { -value } else { value })
}

fn whole(text: &str, field: &str) -> Result<u32, FieldFault> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(0);
    }
    trimmed.parse().map_err(|_| {
        (
            field.to_string(),
            format!("reads {text:?}, not a whole number"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ISS: &str = "ISS (ZARYA)\n\
        1 25544U 98067A   08264.51782528 -.00002182  00000-0 -11606-4 0  2927\n\
        2 25544  51.6416 247.4627 0006703 130.5360 325.0288 15.72125391563537\n";

    #[test]
    fn published_example() {
        let parsed = parse(ISS, "iss.tle");
        assert_eq!(parsed.faults, []);
        let set = &parsed.sets[0];
        assert_eq!(
            (set.norad_id, set.cospar_id.as_str()),
            (25_544, "1998-067A")
        );
        assert_eq!(set.name, "ISS (ZARYA)");
        assert_eq!(set.epoch.to_string(), "2008-09-20T12:25:40.104192Z");
        assert!((set.bstar + 0.11606e-4).abs() < 1e-12);
        assert!((set.eccentricity - 0.000_670_3).abs() < 1e-12);
        assert!((set.mean_motion_rev_day - 15.721_253_91).abs() < 1e-12);
        assert_eq!((set.element_set_no, set.rev_at_epoch), (292, 56_353));
    }

    #[test]
    fn alpha5_numbers() {
        for (text, id) in [
            ("A0000", 100_000),
            ("E8493", 148_493),
            ("J2931", 182_931),
            ("P4018", 234_018),
            ("Z9999", 339_999),
            ("    5", 5),
        ] {
            assert_eq!(alpha5(text).unwrap(), id);
        }
        for text in ["I0000", "O0000", "a0000", "A000", "", "1A000", "Ä000"] {
            assert!(alpha5(text).is_err(), "{text}");
        }
    }

    #[test]
    fn each_fault_is_named_and_stops_nothing() {
        let field = |from: &str, to: &str| {
            let text = format!("{}{ISS}", ISS.replace(from, to));
            let parsed = parse(&text, "f.tle");
            assert_eq!(parsed.sets.len(), 1, "{from} {to}");
            assert_eq!(parsed.faults.len(), 1, "{:?}", parsed.faults);
            parsed.faults[0].to_string()
        };
        assert_eq!(
            field("0  2927", "0  2928"),
            "f.tle:2: checksum: reads '8', the line sums to 7"
        );
        assert!(field("325.0288 15.72125391563537", "325.0288").contains("f.tle:3: line: has 51"));
        assert!(
            field(" 51.6416", " 6x.6416").contains("3: inclination: columns 9-16 read \"6x.6416\"")
        );
        assert!(
            field("2 25544", "2 25553").contains("f.tle:3: catalogue number: line 2 is of 25553")
        );
        assert!(field("\n2 25544", "\n#").contains("f.tle:2: line 1: no line 2 follows it"));
        assert!(field("08264.5", "08462.5").contains("f.tle:2: epoch"));
        assert!(field(" 51.6416", "196.6416").contains("inclination: 196.6416 is not between"));
    }

    #[test]
    fn lone_lines() {
        assert_eq!(parse("NAME\nOTHER\n", "f").faults.len(), 2);
        let line2 = ISS.lines().nth(2).unwrap();
        assert_eq!(parse(line2, "f").faults[0].field, "line 2");
        assert_eq!(parse("", "f"), Parsed::default());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[12 #A-Z.0-9+\\-é\n]{0,300}") {
            let _ = parse(&text, "f");
        }

        #[test]
        fn nothing_panics_near_a_good_one(at in 0_usize..150, with in any::<char>()) {
            let text: String =
                ISS.chars().enumerate().map(|(i, c)| if i == at { with } else { c }).collect();
            let parsed = parse(&text, "f");
            prop_assert!(parsed.sets.len() <= 1);
        }
    }
}
