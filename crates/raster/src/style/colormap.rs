//! Colour maps by name, as d3-scale-chromatic draws them: viridis, magma, inferno and plasma are those of
//! matplotlib to the last step, those of ColorBrewer are smoother by up to 18 of 255, turbo is a polynomial
//! off by up to 32.

use super::{Colors, Rgba};
use crate::RasterError;

/// Colours taken from a map.
const STEPS: usize = 256;

/// Names and gradients.
const NAMED: [(&str, colorous::Gradient); 38] = [
    ("viridis", colorous::VIRIDIS),
    ("magma", colorous::MAGMA),
    ("inferno", colorous::INFERNO),
    ("plasma", colorous::PLASMA),
    ("cividis", colorous::CIVIDIS),
    ("turbo", colorous::TURBO),
    ("warm", colorous::WARM),
    ("cool", colorous::COOL),
    ("cubehelix", colorous::CUBEHELIX),
    ("rainbow", colorous::RAINBOW),
    ("sinebow", colorous::SINEBOW),
    ("brbg", colorous::BROWN_GREEN),
    ("prgn", colorous::PURPLE_GREEN),
    ("piyg", colorous::PINK_GREEN),
    ("puor", colorous::PURPLE_ORANGE),
    ("rdbu", colorous::RED_BLUE),
    ("rdgy", colorous::RED_GREY),
    ("rdylbu", colorous::RED_YELLOW_BLUE),
    ("rdylgn", colorous::RED_YELLOW_GREEN),
    ("spectral", colorous::SPECTRAL),
    ("blues", colorous::BLUES),
    ("greens", colorous::GREENS),
    ("greys", colorous::GREYS),
    ("oranges", colorous::ORANGES),
    ("purples", colorous::PURPLES),
    ("reds", colorous::REDS),
    ("bugn", colorous::BLUE_GREEN),
    ("bupu", colorous::BLUE_PURPLE),
    ("gnbu", colorous::GREEN_BLUE),
    ("orrd", colorous::ORANGE_RED),
    ("pubu", colorous::PURPLE_BLUE),
    ("pubugn", colorous::PURPLE_BLUE_GREEN),
    ("purd", colorous::PURPLE_RED),
    ("rdpu", colorous::RED_PURPLE),
    ("ylgn", colorous::YELLOW_GREEN),
    ("ylgnbu", colorous::YELLOW_GREEN_BLUE),
    ("ylorbr", colorous::YELLOW_ORANGE_BROWN),
    ("ylorrd", colorous::YELLOW_ORANGE_RED),
];

impl Colors {
    /// The ramp of a name such as `viridis` or `rdylgn`, in any case; `_r` behind it turns it round.
    ///
    /// # Errors
    /// When there is none of that name; the message lists all.
    pub fn named(name: &str) -> Result<Self, RasterError> {
        let lower = name.to_ascii_lowercase();
        let (plain, reversed) = match lower.strip_suffix("_r") {
            Some(plain) => (plain, true),
            None => (lower.as_str(), false),
        };
        let Some((_, gradient)) = NAMED.iter().find(|(known, _)| *known == plain) else {
            let known: Vec<&str> = Self::names().collect();
            let shown: String = name.chars().take(40).collect();
            return Err(RasterError::argument(
                "colormap",
                format!(
                    "{shown:?} is none of {} (with _r behind a name: turned round)",
                    known.join(", ")
                ),
            ));
        };
        let stop = |i: usize| {
            let color = gradient.eval_rational(if reversed { STEPS - 1 - i } else { i }, STEPS);
            let rgba: Rgba = [color.r, color.g, color.b, 255];
            (i as f64 / (STEPS - 1) as f64, rgba)
        };
        Ok(Self::Ramp((0..STEPS).map(stop).collect()))
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMED.iter().map(|(name, _)| *name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Colours of rio-tiler 9.4 (from matplotlib 3.10, cut to whole numbers) at 0, 64, 128, 255.
    const RIO_TILER: [(&str, [[u8; 3]; 4]); 5] = [
        (
            "viridis",
            [[68, 1, 84], [58, 82, 139], [32, 144, 140], [253, 231, 36]],
        ),
        (
            "magma",
            [[0, 0, 3], [80, 18, 123], [182, 54, 121], [251, 252, 191]],
        ),
        (
            "rdylgn",
            [[165, 0, 38], [248, 142, 82], [254, 254, 189], [0, 104, 55]],
        ),
        (
            "blues",
            [
                [247, 251, 255],
                [197, 218, 238],
                [106, 173, 213],
                [8, 48, 107],
            ],
        ),
        (
            "turbo",
            [[48, 18, 59], [40, 187, 235], [164, 252, 59], [122, 4, 2]],
        ),
    ];

    #[test]
    fn names_have_the_published_colours() {
        for (name, colours) in RIO_TILER {
            // d3 draws a smoothing spline near ColorBrewer's colours where matplotlib draws straight
            // lines through them, and approximates turbo by a polynomial, worst at its dark end.
            let tolerance = match name {
                "viridis" | "magma" => 1,
                "turbo" => 32,
                _ => 18,
            };
            let (Colors::Ramp(plain), Colors::Ramp(turned)) = (
                Colors::named(name).unwrap(),
                Colors::named(&format!("{name}_R")).unwrap(),
            ) else {
                panic!("no ramp");
            };
            for (index, rgb) in [0, 64, 128, 255].into_iter().zip(colours) {
                let own = plain[index].1;
                for (a, b) in own.iter().zip(rgb) {
                    assert!(
                        a.abs_diff(b) <= tolerance,
                        "{name} {index}: {own:?} {rgb:?}"
                    );
                }
                assert_eq!(turned[255 - index].1, own);
            }
        }
        let message = Colors::named("gist_none").unwrap_err().to_string();
        assert!(message.contains("rdylgn") && message.contains("gist_none"));
    }
}
