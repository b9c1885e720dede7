//! The `LIKE` pattern: `%` any text, `_` any character, `\` takes the next one as it is.

/// True when the whole text fits the pattern. Linear in memory, at most pattern × text in time.
pub(super) fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let pattern = parts(pattern);
    let (mut t, mut p) = (0, 0);
    // Where to go back to: the part after the last `%`, and the text it was tried at.
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Part::AnyText) => {
                p += 1;
                back = Some((p, t));
            }
            Some(Part::AnyCharacter) => {
                p += 1;
                t += 1;
            }
            Some(Part::Exactly(c)) if *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match &mut back {
                Some((part, tried)) => {
                    *tried += 1;
                    (p, t) = (*part, *tried);
                }
                None => return false,
            },
        }
    }
    pattern[p..]
        .iter()
        .all(|part| matches!(part, Part::AnyText))
}

enum Part {
    AnyText,
    AnyCharacter,
    Exactly(char),
}

fn parts(pattern: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        parts.push(match c {
            '%' => Part::AnyText,
            '_' => Part::AnyCharacter,
            '\\' => Part::Exactly(characters.next().unwrap_or('\\')),
            c => Part::Exactly(c),
        });
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn patterns() {
        for (text, pattern, fits) in [
            ("landsat-8", "landsat%", true),
            ("landsat-8", "%-8", true),
            ("landsat-8", "l%d%t-_", true),
            ("landsat-8", "Landsat%", false),
            ("landsat-8", "landsat", false),
            ("landsat-8", "%", true),
            ("", "%", true),
            ("", "", true),
            ("", "_", false),
            ("50%", "50\\%", true),
            ("501", "50\\%", false),
            ("aab", "%a_", true),
            ("äö", "__", true),
        ] {
            assert_eq!(like(text, pattern), fits, "{text:?} LIKE {pattern:?}");
        }
    }

    #[test]
    fn many_wildcards_end_soon() {
        assert!(!like(
            &"a".repeat(5000),
            &"%a".repeat(50).replace("%a", "%a%b")
        ));
    }
}
