//! Where a relative reference leads: RFC 3986 §5.2, for addresses with a host.

/// Whether a text begins with a scheme (RFC 3986 §3.1) and `:`; gives it.
pub(super) fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let mut letters = scheme.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    // One letter is the drive of a path.
    let rest = scheme.len() > 1
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    (first && rest).then_some(scheme)
}

/// The address that `reference` means in a document at `base`, without its fragment.
pub(super) fn resolve(base: &str, reference: &str) -> String {
    let reference = reference.split('#').next().unwrap_or_default();
    if scheme(reference).is_some() {
        return reference.to_string();
    }
    let base = base.split('#').next().unwrap_or_default();
    let (scheme, rest) = base.split_once("://").unwrap_or(("https", base));
    if reference.starts_with("//") {
        return format!("{scheme}:{reference}");
    }
    let (path, query) = match rest.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (rest, None),
    };
    let (host, path) = path.split_at(path.find('/').unwrap_or(path.len()));
    let (wanted, wanted_query) = match reference.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (reference, None),
    };
    let (path, query) = match wanted {
        "" => (path.to_string(), wanted_query.or(query)),
        _ if wanted.starts_with('/') => (without_dots(wanted), wanted_query),
        _ => {
            let folder = &path[..path.rfind('/').map_or(0, |at| at + 1)];
            (without_dots(&format!("/{folder}{wanted}")), wanted_query)
        }
    };
    match query {
        Some(query) => format!("{scheme}://{host}{path}?{query}"),
        None => format!("{scheme}://{host}{path}"),
    }
}

/// A path that begins with `/`, its `.` and `..` worked off; it never leads above the root.
fn without_dots(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let mut open = false;
    for part in path.trim_start_matches('/').split('/') {
        open = matches!(part, "." | "..");
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let end = if open && !parts.is_empty() { "/" } else { "" };
    format!("/{}{end}", parts.join("/"))
}

/// A text with its `%` escapes worked off; `None` where they are broken or no UTF-8.
pub(super) fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_rfc_3986_section_5_4() {
        let base = "http://a/b/c/d;p?q";
        for (reference, wanted) in [
            ("gs:h", "gs:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("..g", "http://a/b/c/..g"),
            ("./../g", "http://a/b/g"),
            ("g/../h", "http://a/b/c/h"),
        ] {
            assert_eq!(resolve(base, reference), wanted, "{reference:?}");
        }
        assert_eq!(resolve("https://a", "g.tif"), "https://a/g.tif");
    }

    #[test]
    fn schemes_and_escapes() {
        assert_eq!(scheme("s3://bucket/key"), Some("s3"));
        for none in ["a/b:c", "C:\\x", "b.tif", "1a:b"] {
            assert_eq!(scheme(none), None, "{none}");
        }
        assert_eq!(unescaped("a%20b%C3%A9"), Some("a bé".into()));
        assert_eq!(unescaped("a%2"), None);
        assert_eq!(unescaped("%ff"), None);
    }
}
