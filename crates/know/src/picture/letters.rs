//! Letters of 8 × 8 pixels: those of the font, and those put together from them.

use font8x8::{BASIC_FONTS, LATIN_FONTS, UnicodeFonts};

/// Rows from above, the lowest bit left.
type Rows = [u8; 8];

/// The letter ², which the font has an acute accent for.
const SQUARED: Rows = [0x0e, 0x18, 0x0c, 0x06, 0x1e, 0, 0, 0];
/// The apostrophe ’ and the dash –.
const APOSTROPHE: Rows = [0x0c, 0x0c, 0x06, 0, 0, 0, 0, 0];
const DASH: Rows = [0, 0, 0, 0x7f, 0, 0, 0, 0];
/// A breve over a small letter: the two uppermost rows.
const BREVE: [u8; 2] = [0x33, 0x1e];
/// A comma under a letter: the lowest row.
const COMMA_BELOW: u8 = 0x0c;

/// The pixels of a letter; `None` where there is none to draw.
pub(super) fn rows(letter: char) -> Option<Rows> {
    let plain = |letter: char| BASIC_FONTS.get(letter).or_else(|| LATIN_FONTS.get(letter));
    let breve = |letter: char| {
        plain(letter).map(|[_, _, below @ ..]| {
            let [a, b, c, d, e, f] = below;
            [BREVE[0], BREVE[1], a, b, c, d, e, f]
        })
    };
    let comma_below = |letter: char| {
        plain(letter).map(|mut rows| {
            rows[7] = COMMA_BELOW;
            rows
        })
    };
    match letter {
        '²' => Some(SQUARED),
        '’' => Some(APOSTROPHE),
        '–' => Some(DASH),
        '\u{a0}' | '\u{202f}' => Some([0; 8]),
        'ă' => breve('a'),
        'ș' | 'ş' => comma_below('s'),
        'ț' | 'ţ' => comma_below('t'),
        'Ș' | 'Ş' => comma_below('S'),
        'Ț' | 'Ţ' => comma_below('T'),
        // The font's tables have empty places.
        other => plain(other).filter(|rows| other == ' ' || *rows != [0; 8]),
    }
}

/// Whether every letter of a text can be drawn.
pub(super) fn drawable(text: &str) -> bool {
    text.chars().all(|letter| rows(letter).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latin_letters_are_drawn_and_others_are_said_not_to_be() {
        for text in [
            "Ape de suprafață, știință, râuri",
            "Eaux de surface d’été à l’œil".replace('œ', "oe").as_str(),
            "Água, inundações, sólo ñ",
            "12 km² – 3,5",
        ] {
            let lacking: String = text.chars().filter(|c| rows(*c).is_none()).collect();
            assert_eq!(lacking, "", "{text}");
        }
        for text in ["地表水", "المياه", "Ωλ"] {
            assert!(!drawable(text), "{text}");
        }
        assert_ne!(rows('ă'), rows('a'));
        assert_ne!(rows('ț'), rows('t'));
    }
}
