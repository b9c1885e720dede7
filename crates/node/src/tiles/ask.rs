//! What a query asks of a tile: bands or an expression, range, colours, resampling, format.

use crate::problem::Problem;
use crate::query::{Parameters, quoted};
use axum::http::{HeaderMap, header};
use corridor_raster::expression::Expression;
use corridor_raster::picture::{Format, npy};
use corridor_raster::style::{Colors, Rgba};
use corridor_raster::warp::{self, Resampling};
use serde_json::Value;

/// Highest band number that can be asked for; files of more bands are not drawn by hand.
const BAND_MAX: usize = 1_000;
/// Most bands of a tile of values.
const BANDS_MAX: usize = 32;
/// Most colours of a colour map that is written out.
const COLORS_MAX: usize = 256;
/// Longest colour map that is written out, bytes.
const COLORMAP_BYTES_MAX: usize = 16 << 10;

/// What a tile is sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum TileFormat {
    /// Colours.
    Picture(Format),
    /// Values, for numpy.
    Npy,
}

impl TileFormat {
    /// All, the one taken when nothing is asked first.
    pub(super) const ALL: [Self; 5] = [
        Self::Picture(Format::Png),
        Self::Picture(Format::Webp),
        Self::Picture(Format::Jpeg),
        Self::Picture(Format::Raw),
        Self::Npy,
    ];

    pub(super) const fn media_type(self) -> &'static str {
        match self {
            Self::Picture(format) => format.media_type(),
            Self::Npy => npy::MEDIA_TYPE,
        }
    }

    pub(super) const fn ending(self) -> &'static str {
        match self {
            Self::Picture(format) => format.ending(),
            Self::Npy => "npy",
        }
    }

    /// By the ending of a path or the value of `f`.
    pub(super) fn of_ending(ending: &str) -> Option<Self> {
        match ending {
            "npy" => Some(Self::Npy),
            other => other.parse().ok().map(Self::Picture),
        }
    }

    /// The one that `Accept` likes best; of equals the first here. Without the header: PNG.
    pub(super) fn negotiated(headers: &HeaderMap) -> Result<Self, Problem> {
        let accepted: Vec<&str> = headers
            .get_all(header::ACCEPT)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        if accepted.is_empty() {
            return Ok(Self::ALL[0]);
        }
        let best = Self::ALL
            .into_iter()
            .rev()
            .map(|format| (quality(&accepted, format.media_type()), format))
            .filter(|(quality, _)| *quality > 0.0)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        best.map(|(_, format)| format).ok_or_else(|| {
            let types = Self::ALL.map(Self::media_type);
            Problem::not_acceptable(format!("a tile can be {}", types.join(", ")))
        })
    }
}

/// The weight of a media type under the entries of an `Accept` header (RFC 9110, 12.5.1): that of
/// the most specific entry that names it.
fn quality(accepted: &[&str], media_type: &str) -> f64 {
    let kind = media_type.split('/').next().unwrap_or_default();
    let mut best = (0, 0.0);
    for entry in accepted {
        let mut parts = entry.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let specific = match range.as_str() {
            range if range == media_type => 3,
            range if range.strip_suffix("/*") == Some(kind) => 2,
            "*/*" => 1,
            _ => continue,
        };
        let weight = parts.find_map(|p| p.strip_prefix("q=")?.parse::<f64>().ok());
        if specific > best.0 {
            best = (specific, weight.unwrap_or(1.0));
        }
    }
    best.1
}

/// What the query asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Asked {
    /// Counted from 1.
    pub(super) bands: Vec<usize>,
    pub(super) rescale: Vec<(f64, f64)>,
    pub(super) expression: Option<String>,
    pub(super) colormap: Option<Colors>,
    pub(super) resampling: Option<Resampling>,
}

impl Asked {
    pub(super) fn from_query(query: &mut Parameters) -> Result<Self, Problem> {
        let bands: Vec<usize> = match query.take("bands")? {
            None => Vec::new(),
            Some(text) => text.split(',').map(band).collect::<Result<_, _>>()?,
        };
        if bands.len() > BANDS_MAX {
            return Err(Problem::invalid(format!(
                "bands: {} given; at most {BANDS_MAX}",
                bands.len()
            )));
        }
        let rescale: Vec<(f64, f64)> = query
            .take_all("rescale")
            .iter()
            .map(|text| range(text))
            .collect::<Result<_, _>>()?;
        let expression = query.take("expression")?;
        if let Some(text) = &expression {
            // Read here too, so that what is wrong is said wherever the tile lies. A plus sign
            // that was not escaped reads as a space.
            text.parse::<Expression>().map_err(|e| {
                let hint = if text.contains(' ') {
                    "; a plus sign is written %2B in an address"
                } else {
                    ""
                };
                Problem::invalid(format!("{e}{hint}"))
            })?;
            if !bands.is_empty() {
                return Err(Problem::invalid(
                    "bands: an expression names its own bands; give one of the two",
                ));
            }
        }
        let colormap = match query.take("colormap")? {
            None => None,
            Some(text) => Some(colormap(&text)?),
        };
        let resampling = match query.take("resampling")? {
            None => None,
            Some(text) => Some(resampling(&text)?),
        };
        let drawn = match (&expression, bands.len()) {
            (Some(_), _) => 1,
            (None, 0) => 3,
            (None, count) => count,
        };
        if rescale.len() > 1 && rescale.len() != drawn {
            return Err(Problem::invalid(format!(
                "rescale: given {} times; give it once for all bands or once for each",
                rescale.len()
            )));
        }
        Ok(Self {
            bands,
            rescale,
            expression,
            colormap,
            resampling,
        })
    }

    /// Refuses what a picture cannot show; values may have any number of bands.
    pub(super) fn check_for(&self, format: TileFormat) -> Result<(), Problem> {
        match format {
            TileFormat::Npy if self.colormap.is_some() || !self.rescale.is_empty() => {
                Err(Problem::invalid(
                    "a tile of values is as stored: rescale and colormap are for pictures",
                ))
            }
            TileFormat::Picture(_) if !matches!(self.bands.len(), 0 | 1 | 3) => {
                Err(Problem::invalid(format!(
                    "bands: {} given; give one (grey or colour map) or three (red, green, blue)",
                    self.bands.len()
                )))
            }
            TileFormat::Picture(_) if self.bands.len() == 3 && self.colormap.is_some() => Err(
                Problem::invalid("colormap: it colours one band, three have their own colours"),
            ),
            _ => Ok(()),
        }
    }

    /// Whether the item alone says how it is drawn.
    pub(super) fn is_plain(&self) -> bool {
        self.bands.is_empty()
            && self.rescale.is_empty()
            && self.expression.is_none()
            && self.colormap.is_none()
    }
}

fn band(text: &str) -> Result<usize, Problem> {
    text.trim()
        .parse()
        .ok()
        .filter(|number| (1..=BAND_MAX).contains(number))
        .ok_or_else(|| {
            Problem::invalid(format!(
                "bands: {} is not a band number from 1 up",
                quoted(text)
            ))
        })
}

fn range(text: &str) -> Result<(f64, f64), Problem> {
    let read = || {
        let (low, high) = text.split_once(',')?;
        let (low, high): (f64, f64) = (low.trim().parse().ok()?, high.trim().parse().ok()?);
        (low.is_finite() && high.is_finite() && low < high).then_some((low, high))
    };
    read().ok_or_else(|| {
        Problem::invalid(format!(
            "rescale: {} is not low,high with low < high",
            quoted(text)
        ))
    })
}

/// Ways of resampling that tiles offer: of coarser copies the others would tell something else.
pub(crate) const RESAMPLINGS: [&str; 7] = [
    "nearest", "bilinear", "cubic", "average", "mode", "min", "max",
];

/// The way of resampling of this name, where tiles offer it.
pub(crate) fn resampling_named(text: &str) -> Option<Resampling> {
    let known = warp::RESAMPLINGS.iter().find(|(name, _)| *name == text)?;
    RESAMPLINGS.contains(&text).then_some(known.1)
}

fn resampling(text: &str) -> Result<Resampling, Problem> {
    resampling_named(text).ok_or_else(|| {
        Problem::invalid(format!(
            "resampling: {} is none of {}",
            quoted(text),
            RESAMPLINGS.join(", ")
        ))
    })
}

/// A name, or JSON: `{"1": "#0044ff"}` for values, `[[0, "#000000"], [1, "#ffffff"]]` for
/// positions in the range.
fn colormap(text: &str) -> Result<Colors, Problem> {
    let trimmed = text.trim_start();
    if !trimmed.starts_with(['{', '[']) {
        return Colors::named(text).map_err(|e| Problem::invalid(e.to_string()));
    }
    let wrong = |reason: &str| Problem::invalid(format!("colormap: {}: {reason}", quoted(text)));
    if text.len() > COLORMAP_BYTES_MAX {
        return Err(wrong("longer than 16 KiB"));
    }
    let color = |value: &Value| value.as_str().and_then(color_of);
    match serde_json::from_str(text).map_err(|e| wrong(&e.to_string()))? {
        Value::Object(members) if (1..=COLORS_MAX).contains(&members.len()) => {
            let class = |(key, value): (&String, &Value)| {
                Some((
                    key.parse().ok().filter(|v: &f64| v.is_finite())?,
                    color(value)?,
                ))
            };
            let classes: Option<Vec<_>> = members.iter().map(class).collect();
            let classes = classes.ok_or_else(|| wrong("not values with colours as #rrggbb"))?;
            Ok(Colors::Classes(classes))
        }
        Value::Array(entries) if (2..=COLORS_MAX).contains(&entries.len()) => {
            let stop = |entry: &Value| {
                let [position, value] = entry.as_array()?.as_slice() else {
                    return None;
                };
                Some((position.as_f64()?, color(value)?))
            };
            let stops: Option<Vec<_>> = entries.iter().map(stop).collect();
            let rising = |s: &Vec<(f64, Rgba)>| s.windows(2).all(|w| w[0].0 < w[1].0);
            let stops = stops.filter(rising);
            let stops =
                stops.ok_or_else(|| wrong("not rising positions with colours as #rrggbb"))?;
            Ok(Colors::Ramp(stops))
        }
        _ => Err(wrong(
            "give one to 256 values, or two to 256 positions, with their colours",
        )),
    }
}

/// `rrggbb` or `rrggbbaa` in hexadecimal, with or without `#`.
pub(super) fn color_of(text: &str) -> Option<Rgba> {
    let digits = text.trim_start_matches('#');
    if !digits.is_ascii() || !matches!(digits.len(), 6 | 8) {
        return None;
    }
    let part = |at: usize| match digits.get(at..at + 2) {
        Some(pair) => u8::from_str_radix(pair, 16).ok(),
        None => Some(u8::MAX),
    };
    Some([part(0)?, part(2)?, part(4)?, part(6)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn nonsense_is_named() {
        assert!(band("0").is_err() && band("x").is_err() && band("99999").is_err());
        for text in ["1", "2,1", "nan,1", "1,inf", "1,1"] {
            assert!(
                range(text).unwrap_err().detail().contains("rescale"),
                "{text}"
            );
        }
        for text in [
            "no_such_map",
            "{}",
            "[]",
            "[[0,\"#000000\"]]",
            "[[1,\"#000000\"],[0,\"#ffffff\"]]",
            "{\"a\":\"#000000\"}",
            "{\"1\":\"red\"}",
            "{\"1\":",
        ] {
            let problem = colormap(text).unwrap_err();
            assert!(problem.detail().contains("colormap"), "{text}");
        }
        assert!(resampling("lanczos").is_err());
    }

    #[test]
    fn colour_maps_are_names_values_or_positions() {
        assert_eq!(
            colormap("{\"1\":\"#0044ff80\"}").unwrap(),
            Colors::Classes(vec![(1.0, [0, 0x44, 0xff, 0x80])])
        );
        assert_eq!(
            colormap("[[0,\"000000\"],[1,\"ffffff\"]]").unwrap(),
            Colors::Ramp(vec![(0.0, [0, 0, 0, 255]), (1.0, [255; 4])])
        );
        assert!(matches!(colormap("rdylgn_r"), Ok(Colors::Ramp(stops)) if stops.len() == 256));
    }

    #[test]
    fn the_best_liked_format_is_sent() {
        let negotiated = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(text));
            TileFormat::negotiated(&headers)
                .map(TileFormat::ending)
                .ok()
        };
        assert_eq!(
            TileFormat::negotiated(&HeaderMap::new()).unwrap().ending(),
            "png"
        );
        // As browsers ask for pictures.
        assert_eq!(
            negotiated("image/avif,image/webp,image/png,image/*;q=0.8,*/*;q=0.5"),
            Some("png")
        );
        assert_eq!(negotiated("image/webp"), Some("webp"));
        assert_eq!(negotiated("image/jpeg;q=0.9, image/png;q=0.1"), Some("jpg"));
        assert_eq!(negotiated("*/*, image/png;q=0"), Some("webp"));
        assert_eq!(negotiated("application/x-npy"), Some("npy"));
        assert_eq!(negotiated("text/html"), None);
    }
}
