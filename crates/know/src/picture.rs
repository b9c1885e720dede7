//! Small pictures of answers: the mask in its colours, with legend and scale bar, in the reader's
//! language.

mod caption;
mod letters;

pub use caption::{Caption, Captions, Dates};

use crate::error::KnowError;
use crate::product::{LegendClass, MASK_NODATA, Product};
use corridor_raster::grid::{Crs, Grid, Transformer};
use geographiclib_rs::{Geodesic, InverseGeodesic};
use png::text_metadata::ITXtChunk;
use serde_json::{Map, Value};

/// Longest side of the map part, pixels.
const MAP_PX_MAX: usize = 640;
/// Shortest side of the map part: small masks are drawn larger.
const MAP_PX_MIN: usize = 320;
/// Height of a line of text, pixels.
const LINE_PX: usize = 14;
/// Width of a letter, pixels.
const LETTER_PX: usize = 8;
/// Empty border, pixels.
const MARGIN_PX: usize = 8;
const PAPER: [u8; 3] = [255, 255, 255];
const INK: [u8; 3] = [30, 30, 30];
const NODATA: [u8; 3] = [205, 205, 205];

/// What a picture shows of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The mask, row by row from the north.
    pub mask: &'a [u8],
    /// Its grid.
    pub grid: &'a Grid,
    /// Classes of the mask, with their colours.
    pub classes: &'a [LegendClass],
    /// Figures of the answer, `area_km2_<class>` among them: a class without one has no area in the
    /// legend.
    pub statistics: &'a Map<String, Value>,
    /// The days it is of.
    pub dates: &'a Dates,
}

/// A picture and its texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// The PNG. Its texts `Title` and `Description` are in the language asked for, with their tag.
    pub png: Vec<u8>,
    /// What is drawn in it, and what it is told by.
    pub captions: Captions,
}

/// A PNG of the mask: title, time, map, legend with areas, scale bar. Its words are those of the
/// product in a language (`ro`, `pt-BR`), where there are some; where the letters of it cannot be
/// drawn they are English, and the PNG's text says so.
///
/// The scale bar is a round length on the ellipsoid along the middle row.
///
/// # Errors
/// [`KnowError::Raster`] where a colour is not `#rrggbb`, the mask is not of its grid, or the PNG
/// cannot be written.
pub fn render(product: &Product, shown: &Shown<'_>, language: &str) -> Result<Picture, KnowError> {
    let failed = |reason: String| KnowError::Raster {
        doing: "drawing the picture".to_string(),
        reason,
    };
    let Shown {
        mask,
        grid,
        classes,
        statistics,
        dates,
    } = *shown;
    if mask.len() != grid.width * grid.height {
        let pixels = mask.len();
        return Err(failed(format!(
            "a mask of {pixels} pixels does not fill its grid"
        )));
    }
    let captions = Captions::of(product, classes, statistics, dates, language)
        .ok_or_else(|| failed("there are no words for it".to_string()))?;
    let caption = &captions.drawn;
    let longest = grid.width.max(grid.height).max(1);
    let target = longest.clamp(MAP_PX_MIN, MAP_PX_MAX) as f64;
    let scale = target / longest as f64;
    let side = |length: usize| ((length as f64 * scale).round() as usize).max(1);
    let (map_width, map_height) = (side(grid.width), side(grid.height));
    let colors = classes
        .iter()
        .map(|class| Ok((class.value, color(&class.color)?)))
        .collect::<Result<Vec<_>, KnowError>>()?;
    let labels = caption.classes.iter().cloned();
    let mut legend: Vec<(String, [u8; 3])> =
        labels.zip(colors.iter().map(|(_, color)| *color)).collect();
    if mask.contains(&MASK_NODATA) {
        legend.push((caption.no_data.clone(), NODATA));
    }
    let top = MARGIN_PX + 2 * LINE_PX + 2;
    let legend_top = top + map_height + MARGIN_PX;
    let height = legend_top + LINE_PX * legend.len() + 30 + MARGIN_PX;
    let letters = |text: &str| text.chars().count();
    let longest = legend.iter().map(|(label, _)| letters(label) + 3).max();
    let (title, time) = (&caption.title, &caption.time);
    let letters = letters(title).max(letters(time)).max(longest.unwrap_or(0));
    let width = map_width.max(letters * LETTER_PX);
    let mut canvas = Canvas::new(width + 2 * MARGIN_PX, height);
    canvas.text(MARGIN_PX, MARGIN_PX, title);
    canvas.text(MARGIN_PX, MARGIN_PX + LINE_PX, time);
    for row in 0..map_height {
        for col in 0..map_width {
            let from = |at: usize, length: usize| ((at as f64 / scale) as usize).min(length - 1);
            let value = mask[from(row, grid.height) * grid.width + from(col, grid.width)];
            let color = colors.iter().find(|(class, _)| *class == value);
            canvas.set(
                MARGIN_PX + col,
                top + row,
                color.map_or(NODATA, |(_, color)| *color),
            );
        }
    }
    canvas.frame(MARGIN_PX, top, map_width, map_height);
    for (line, (label, color)) in legend.iter().enumerate() {
        let y = legend_top + line * LINE_PX;
        canvas.fill(MARGIN_PX, y, 12, 10, *color);
        canvas.frame(MARGIN_PX, y, 12, 10);
        canvas.text(MARGIN_PX + 18, y + 1, label);
    }
    if let Some(pixel_m) = pixel_width_m(grid) {
        let y = legend_top + legend.len() * LINE_PX + 8;
        scale_bar(&mut canvas, y, pixel_m / scale, map_width);
    }
    let png = canvas.png(&texts(&captions))?;
    Ok(Picture { png, captions })
}

/// The texts that go with a picture (PNG, 11.3.3): title, description, and what is to be known of it.
fn texts(captions: &Captions) -> Vec<ITXtChunk> {
    let told = &captions.told;
    let mut texts = vec![
        ("Title", told.title.clone()),
        ("Description", told.sentence()),
    ];
    if captions.drawn.language != told.language {
        let comment = format!(
            "The words in the picture are English: it has no letters to draw {:?} with.",
            told.language
        );
        texts.push(("Comment", comment));
    }
    let chunk = |(keyword, text): (&str, String)| {
        let mut chunk = ITXtChunk::new(keyword, text);
        chunk.language_tag = match keyword {
            "Comment" => captions.drawn.language.clone(),
            _ => told.language.clone(),
        };
        chunk
    };
    texts.into_iter().map(chunk).collect()
}

/// Width of a pixel in the middle of the grid, metres on the ellipsoid.
fn pixel_width_m(grid: &Grid) -> Option<f64> {
    let transformer = Transformer::new(&grid.crs, &Crs::wgs84()).ok()?;
    let row = grid.height as f64 / 2.0;
    let (x1, y1) = grid.coordinate_of(0.0, row);
    let (x2, y2) = grid.coordinate_of(grid.width as f64, row);
    let (lon1, lat1) = transformer.transform(x1, y1).ok()?;
    let (lon2, lat2) = transformer.transform(x2, y2).ok()?;
    let metres: f64 = Geodesic::wgs84().inverse(lat1, lon1, lat2, lon2);
    let width = metres / grid.width as f64;
    (width > 0.0 && width.is_finite()).then_some(width)
}

fn scale_bar(canvas: &mut Canvas, y: usize, metres_per_px: f64, map_width: usize) {
    let longest_m = metres_per_px * map_width as f64 / 3.0;
    let power = 10_f64.powf(longest_m.log10().floor());
    let metres = [5.0, 2.0, 1.0]
        .into_iter()
        .map(|step| step * power)
        .find(|length| *length <= longest_m)
        .unwrap_or(power);
    let length = (metres / metres_per_px).round().max(1.0) as usize;
    canvas.fill(MARGIN_PX, y, length, 3, INK);
    canvas.fill(MARGIN_PX, y.saturating_sub(3), 1, 9, INK);
    canvas.fill(MARGIN_PX + length, y.saturating_sub(3), 1, 9, INK);
    let text = if metres >= 1000.0 {
        format!("{} km", metres / 1000.0)
    } else {
        format!("{metres} m")
    };
    canvas.text(MARGIN_PX, y + 9, &text);
}

fn color(text: &str) -> Result<[u8; 3], KnowError> {
    let bad = || KnowError::Raster {
        doing: "drawing the picture".to_string(),
        reason: format!("the colour {text:?} is not #rrggbb"),
    };
    let digits = text
        .strip_prefix('#')
        .filter(|d| d.len() == 6 && d.is_ascii())
        .ok_or_else(bad)?;
    let part = |from: usize| u8::from_str_radix(&digits[from..from + 2], 16).map_err(|_| bad());
    Ok([part(0)?, part(2)?, part(4)?])
}

struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            pixels: PAPER.repeat(width * height),
        }
    }

    fn set(&mut self, x: usize, y: usize, color: [u8; 3]) {
        if x < self.width && y < self.height {
            let at = (y * self.width + x) * 3;
            self.pixels[at..at + 3].copy_from_slice(&color);
        }
    }

    fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, color: [u8; 3]) {
        for row in y..y + height {
            for col in x..x + width {
                self.set(col, row, color);
            }
        }
    }

    fn frame(&mut self, x: usize, y: usize, width: usize, height: usize) {
        self.fill(x, y, width, 1, INK);
        self.fill(x, y + height.saturating_sub(1), width, 1, INK);
        self.fill(x, y, 1, height, INK);
        self.fill(x + width.saturating_sub(1), y, 1, height, INK);
    }

    /// Writes text of 8 × 8 letters; letters the font has not are left empty.
    fn text(&mut self, x: usize, y: usize, text: &str) {
        for (place, letter) in text.chars().enumerate() {
            let rows = letters::rows(letter).unwrap_or([0; 8]);
            for (row, bits) in rows.into_iter().enumerate() {
                for col in (0..8).filter(|col| (bits >> col) & 1 == 1) {
                    self.set(x + place * LETTER_PX + col, y + row, INK);
                }
            }
        }
    }

    fn png(&self, texts: &[ITXtChunk]) -> Result<Vec<u8>, KnowError> {
        let failed = |error: png::EncodingError| KnowError::Raster {
            doing: "writing the picture".to_string(),
            reason: error.to_string(),
        };
        let side = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, side(self.width), side(self.height));
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(failed)?;
        for text in texts {
            writer.write_text_chunk(text).map_err(failed)?;
        }
        writer.write_image_data(&self.pixels).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(out)
    }
}
