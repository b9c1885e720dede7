//! Two-line element sets, with or without a name line (TLE, 3LE), catalogue numbers in Alpha-5.
//!
//! Columns as in Spacetrack Report 3 and the CelesTrak format description. Text after column 69 is
//! ignored, a line that starts with `#` is a comment, line ends may be LF or CRLF. Checksums are
//! checked: a line without one (68 columns) is a fault.

use super::{ElementSet, Parsed, Wrong};
use jiff::Timestamp;

/// Columns of a line, checksum included.
const COLUMNS: usize = 69;

/// What to say of elements that SGP4 must not take.
pub(super) const NOT_SGP4: &str = "is of another theory (4 is SGP4-XP, 6 is SP); should be 0";

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
        if line.starts_with("1 ") && looks_like_elements(line) {
            if let Some((at, line1)) = first.replace((number, line)) {
                parsed.fault(alone(line1).at(file, at));
            }
        } else if line.starts_with("2 ") && looks_like_elements(line) {
            let Some((at, line1)) = first.take() else {
                let wrong = Wrong::new("line 2", line, "no line 1 stands before it");
                parsed.fault(wrong.at(file, number));
                name = None;
                continue;
            };
            let title = name.take().map_or("", |(_, n)| n);
            match read(title, (at, line1), (number, line)) {
                Ok(set) => parsed.keep(set, at),
                Err((at, wrong)) => parsed.fault(wrong.at(file, at)),
            }
        } else {
            leftover(&mut parsed, file, first.take(), name);
            name = Some((number, line));
        }
    }
    leftover(&mut parsed, file, first, name);
    parsed
}

/// What stands without the lines that belong to it.
fn leftover(
    parsed: &mut Parsed,
    file: &str,
    first: Option<(usize, &str)>,
    name: Option<(usize, &str)>,
) {
    if let Some((at, line1)) = first {
        parsed.fault(alone(line1).at(file, at));
    } else if let Some((at, old)) = name {
        let wrong = Wrong::new("name", old, "should be followed by an element set");
        parsed.fault(wrong.at(file, at));
    }
}

fn alone(line1: &str) -> Wrong {
    Wrong::new("line 1", line1, "no line 2 follows it")
}

/// A name may begin with `1 ` or `2 ` too; element lines have the catalogue number there.
fn looks_like_elements(line: &str) -> bool {
    let b = line.as_bytes();
    b.len() >= 24 && (b[6].is_ascii_digit() || b[6] == b' ') && b.len() >= 60
        || b.get(2..7)
            .is_some_and(|n| n.iter().all(u8::is_ascii_digit))
}

fn read(
    name: &str,
    (at1, line1): (usize, &str),
    (at2, line2): (usize, &str),
) -> Result<ElementSet, (usize, Wrong)> {
    let one = |e| (at1, e);
    let two = |e| (at2, e);
    check_line(line1).map_err(one)?;
    check_line(line2).map_err(two)?;
    let norad_id = alpha5(&line1[2..7]).map_err(one)?;
    let again = alpha5(&line2[2..7]).map_err(two)?;
    if norad_id != again {
        let reason = format!("should be {norad_id}, as in line 1");
        return Err((at2, Wrong::new("catalogue number", again, reason)));
    }
    let name = name.strip_prefix("0 ").unwrap_or(name).trim();
    let degrees = |from, to, field| number(line2, from, to, field).map_err(two);
    let set = ElementSet {
        norad_id,
        cospar_id: super::omm::one_line(&cospar(line1[9..17].trim())),
        name: super::omm::one_line(name),
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
    ephemeris_type(&line1[62..63]).map_err(one)?;
    set.check().map_err(two)?;
    Ok(set)
}

fn check_line(line: &str) -> Result<(), Wrong> {
    if !line.is_ascii() {
        return Err(Wrong::new(
            "line",
            line,
            "should have ASCII characters only",
        ));
    }
    if line.len() < COLUMNS {
        let reason = format!("should have {COLUMNS} columns, has {}", line.len());
        return Err(Wrong::new("line", line, reason));
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
        let reason = format!("should be {sum}, as the line sums to");
        return Err(Wrong::new("checksum", char::from(stated), reason));
    }
    Ok(())
}

/// A catalogue number of five places; a letter first (not I, O) stands for 10 to 33.
///
/// # Errors
/// [`Wrong`] where it is not of that shape.
pub fn alpha5(text: &str) -> Result<u32, Wrong> {
    let wrong = || {
        let right = "should be five digits, or a letter (not I, O) and four digits";
        Wrong::new("catalogue number", text, right)
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
            let mut id = String::with_capacity(5 + rest.len());
            id.push_str(if y < 57 { "20" } else { "19" });
            id.push_str(&text[..2]);
            id.push('-');
            id.push_str(rest);
            id
        }
        _ => text.to_string(),
    }
}

/// Elements of another theory would be kilometres off in SGP4.
fn ephemeris_type(text: &str) -> Result<(), Wrong> {
    match text {
        "4" | "6" => Err(Wrong::new("ephemeris type", text, NOT_SGP4)),
        _ => Ok(()),
    }
}

/// `YYDDD.DDDDDDDD`: two-digit years below 57 are of this century.
fn epoch(text: &str) -> Result<Timestamp, Wrong> {
    let wrong = |why: &str| Wrong::new("epoch", text, why);
    let mut digits = [b'0'; 14];
    for (d, b) in digits.iter_mut().zip(text.bytes()) {
        *d = if b == b' ' { b'0' } else { b };
    }
    let shape = (digits.iter().enumerate()).all(|(k, b)| match k {
        5 => *b == b'.',
        _ => b.is_ascii_digit(),
    });
    if !shape {
        return Err(wrong("should be YYDDD.DDDDDDDD"));
    }
    let value = |part: &[u8]| part.iter().fold(0_i64, |n, b| n * 10 + i64::from(b - b'0'));
    let (year, day) = (value(&digits[..2]), value(&digits[2..5]));
    let year = if year < 57 { 2000 + year } else { 1900 + year };
    // From 1957 to 2056 every fourth year is a leap year.
    if day < 1 || day > 365 + i64::from(year % 4 == 0) {
        return Err(wrong("has no such day of the year"));
    }
    let days = (year - 1970) * 365 + (year - 1969).div_euclid(4) + day - 1;
    // Eight decimals of a day are whole multiples of 864 microseconds: no rounding.
    let nanoseconds = value(&digits[6..]) * 864_000;
    let second = days * 86_400 + nanoseconds / 1_000_000_000;
    Timestamp::new(second, (nanoseconds % 1_000_000_000) as i32)
        .map_err(|_| wrong("should be a time of this age"))
}

fn number(line: &str, from: usize, to: usize, field: &str) -> Result<f64, Wrong> {
    let text = line[from..to].trim_matches(' ');
    fixed_point(text).ok_or_else(|| {
        let reason = format!("columns {}-{to} should hold a number", from + 1);
        Wrong::new(field, text, reason)
    })
}

/// A sign, digits and a point; at most 15 digits, so that the quotient is the nearest number.
fn fixed_point(text: &str) -> Option<f64> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let (mut whole, mut count, mut decimals) = (0_u64, 0, None);
    for byte in digits {
        match byte {
            b'0'..=b'9' if count < 15 => {
                whole = whole * 10 + u64::from(byte - b'0');
                count += 1;
                decimals = decimals.map(|d: usize| d + 1);
            }
            b'.' if decimals.is_none() => decimals = Some(0),
            _ => return None,
        }
    }
    let value = whole as f64 / POWERS_OF_10[decimals.unwrap_or(0)];
    (count > 0).then_some(if negative { -value } else { value })
}

/// 10 to the power of the place; all exact.
const POWERS_OF_10: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Seven digits with the decimal point left out; blanks count as zeros.
fn eccentricity(text: &str) -> Result<f64, Wrong> {
    let mut sevenths = 0_u32;
    for b in text.bytes() {
        let digit = match b {
            b' ' => 0,
            b'0'..=b'9' => b - b'0',
            _ => {
                let right = "columns 27-33 should hold seven digits";
                return Err(Wrong::new("eccentricity", text, right));
            }
        };
        sevenths = sevenths * 10 + u32::from(digit);
    }
    // Divided, not multiplied: the quotient is the nearest number to the decimal fraction.
    Ok(f64::from(sevenths) / 1e7)
}

/// ` 12345-6`: 0.12345e-6, the decimal point and the letter left out.
fn exponent(text: &str, field: &str) -> Result<f64, Wrong> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(0.0);
    }
    let wrong = || Wrong::new(field, text, "should be a number like 12345-6");
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
    let whole: u32 = mantissa.parse().map_err(|_| wrong())?;
    let scale = mantissa.len() as i32 - power;
    // Both are exact, so that one division or product gives the nearest number.
    let power = POWERS_OF_10.get(scale.unsigned_abs() as usize);
    let power = power.ok_or_else(wrong)?;
    let value = if scale < 0 {
        f64::from(whole) * power
    } else {
        f64::from(whole) / power
    };
    Ok(if negative { -value } else { value })
}

fn whole(text: &str, field: &str) -> Result<u32, Wrong> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(0);
    }
    let plain = trimmed.bytes().all(|b| b.is_ascii_digit());
    (trimmed.parse().ok())
        .filter(|_| plain)
        .ok_or_else(|| Wrong::new(field, text, "should be a whole number"))
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
            "f.tle:2: checksum reads \"8\": should be 7, as the line sums to"
        );
        assert!(
            field("325.0288 15.72125391563537", "325.0288")
                .contains("should have 69 columns, has 51")
        );
        assert!(
            field(" 51.6416", " 6x.6416").contains(
                "f.tle:3: inclination reads \"6x.6416\": columns 9-16 should hold a number"
            )
        );
        assert!(
            field("2 25544", "2 25553")
                .contains("f.tle:3: catalogue number reads \"25553\": should be 25544")
        );
        assert!(field("\n2 25544", "\n#").contains("no line 2 follows it"));
        assert!(field("08264.5", "08462.5").contains("f.tle:2: epoch"));
        assert!(
            field(" 51.6416", "196.6416")
                .contains("inclination reads \"196.6416\": should be 0 to 180")
        );
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
