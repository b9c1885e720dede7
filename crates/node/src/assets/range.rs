//! Which part of a file a request wants.

use axum::http::{HeaderMap, header};
use std::ops::Range;

/// What a request wants of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of it.
    All,
    /// One part, never empty.
    Part(Range<u64>),
    /// A part that is not there.
    Nothing,
}

/// Reads `Range` and `If-Range` against a file of `size` bytes tagged `etag`.
///
/// A range in a form not understood, or several ranges, ask for the whole file: the standard lets
/// a server do so, and clients that read COGs ask for one range at a time.
pub(crate) fn wanted(headers: &HeaderMap, etag: &str, size: u64) -> Wanted {
    let Some(text) = headers
        .get(header::RANGE)
        .and_then(|value| value.to_str().ok())
    else {
        return Wanted::All;
    };
    if let Some(held) = headers.get(header::IF_RANGE) {
        // A weak tag never matches here (RFC 9110 section 13.1.5), nor does a date.
        if etag.starts_with("W/") || held.as_bytes() != etag.as_bytes() {
            return Wanted::All;
        }
    }
    let Some((unit, spec)) = text.split_once('=') else {
        return Wanted::All;
    };
    let Some((first, last)) = spec.trim().split_once('-') else {
        return Wanted::All;
    };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Wanted::All;
    }
    match (
        number(first),
        number(last),
        first.trim().is_empty(),
        last.trim().is_empty(),
    ) {
        (Some(first), Some(last), _, _) if first <= last => {
            part(first, last.saturating_add(1), size)
        }
        (Some(first), None, _, true) => part(first, size, size),
        (None, Some(0), true, _) => Wanted::Nothing,
        (None, Some(length), true, _) => part(size.saturating_sub(length), size, size),
        _ => Wanted::All,
    }
}

fn part(start: u64, end: u64, size: u64) -> Wanted {
    let end = end.min(size);
    if start < end {
        Wanted::Part(start..end)
    } else {
        Wanted::Nothing
    }
}

/// Digits alone; a number past 64 bits is past every file.
fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    fn asked(range: &str, size: u64) -> Wanted {
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_str(range) {
            headers.insert(header::RANGE, value);
        }
        wanted(&headers, "\"x\"", size)
    }

    #[test]
    fn the_forms_of_the_standard() {
        assert_eq!(asked("bytes=0-499", 1000), Wanted::Part(0..500));
        assert_eq!(asked("bytes=500-", 1000), Wanted::Part(500..1000));
        assert_eq!(asked("bytes=-300", 1000), Wanted::Part(700..1000));
        assert_eq!(asked("bytes=-3000", 1000), Wanted::Part(0..1000));
        assert_eq!(
            asked("bytes=0-18446744073709551615", 1000),
            Wanted::Part(0..1000)
        );
        assert_eq!(asked("bytes=99999999999999999999-", 1000), Wanted::Nothing);
        assert_eq!(asked("bytes=1000-", 1000), Wanted::Nothing);
        assert_eq!(asked("bytes=-0", 1000), Wanted::Nothing);
        assert_eq!(asked("bytes=0-", 0), Wanted::Nothing);
        for all in [
            "bytes=5-1",
            "bytes=a-b",
            "bytes=0-1,3-4",
            "lines=0-1",
            "bytes",
            "bytes=-",
        ] {
            assert_eq!(asked(all, 1000), Wanted::All, "{all}");
        }
    }

    #[test]
    fn another_version_is_sent_whole() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static("bytes=0-1"));
        headers.insert(header::IF_RANGE, HeaderValue::from_static("\"old\""));
        assert_eq!(wanted(&headers, "\"new\"", 10), Wanted::All);
        assert_eq!(wanted(&headers, "\"old\"", 10), Wanted::Part(0..2));
    }

    proptest! {
        #[test]
        fn a_part_is_always_within_the_file(text in "[bytes=0-9, -]{0,40}", size in 0_u64..5000) {
            if let Wanted::Part(part) = asked(&text, size) {
                prop_assert!(part.start < part.end && part.end <= size);
            }
        }
    }
}
