//! Lines of CCSDS messages in keyword = value notation (502.0-B-3, section 7).

/// One line that says something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Entry<'a> {
    /// `KEYWORD = value`, with the unit in brackets taken off.
    Pair {
        /// The keyword.
        key: &'a str,
        /// The value, without blanks around it.
        value: &'a str,
        /// What stands in brackets after it.
        unit: Option<&'a str>,
    },
    /// Anything else: a data line, or `META_START` and the like.
    Line(&'a str),
}

/// One line of a message, `None` where it is blank or a comment.
pub(super) fn entry(line: &str) -> Option<Entry<'_>> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    if line == "COMMENT" || line.starts_with("COMMENT ") || line.starts_with("COMMENT\t") {
        return None;
    }
    let Some((key, value)) = line.split_once('=') else {
        return Some(Entry::Line(line));
    };
    let (key, value) = (key.trim_end(), value.trim_start());
    let (value, unit) = match value.strip_suffix(']').and_then(|v| v.rsplit_once('[')) {
        // A name may end in brackets; a unit stands after a number.
        Some((v, unit)) if super::omm::number(v.trim()).is_some() => (v.trim_end(), Some(unit)),
        _ => (value, None),
    };
    Some(Entry::Pair { key, value, unit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_names_in_brackets() {
        let pair = |key, value, unit| Some(Entry::Pair { key, value, unit });
        assert_eq!(entry(" A  =  1.5 [km] "), pair("A", "1.5", Some("km")));
        assert_eq!(entry("NAME = X [+] DEB"), pair("NAME", "X [+] DEB", None));
        assert_eq!(
            entry("NAME = ATLAS [AV-1]"),
            pair("NAME", "ATLAS [AV-1]", None)
        );
        assert_eq!(entry("META_START"), Some(Entry::Line("META_START")));
        for nothing in ["", "  ", "COMMENT a = b", "COMMENT", "# x"] {
            assert_eq!(entry(nothing), None);
        }
    }
}
