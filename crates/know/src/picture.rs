//! Small pictures of answers: the mask in its colours, with legend and scale bar.

use crate::error::KnowError;
use crate::product::{LegendClass, MASK_NODATA, figure};
use corridor_raster::grid::{Crs, Grid, Transformer};
use font8x8::{BASIC_FONTS, LATIN_FONTS, UnicodeFonts};
use geographiclib_rs::{Geodesic, InverseGeodesic};
use std::collections::BTreeMap;

/// Longest side of the map part, pixels.
const MAP_PX_MAX: usize = 640;
/// Shortest side of the map part: small masks are drawn larger.
const MAP_PX_MIN: usize = 320;
/// Height of a line of text, pixels.
const LINE_PX: usize = 14;
/// Width of a letter, pixels.
const LETTER_PX: usize = 8;
/// The letter ², which the font has an acute accent for: rows from above, the lowest bit left.
const SQUARED: [u8; 8] = [0x0e, 0x18, 0x0c, 0x06, 0x1e, 0, 0, 0];
/// Empty border, pixels.
const MARGIN_PX: usize = 8;
const PAPER: [u8; 3] = [255, 255, 255];
const INK: [u8; 3] = [30, 30, 30];
const NODATA: [u8; 3] = [205, 205, 205];

/// A PNG of the mask: title, time, map, legend with areas, scale bar.
///
/// `areas_km2` holds the area of each class, by its value; a class without one has none in the
/// legend.
///
/// The scale bar is a round length on the ellipsoid along the middle row.
///
/// # Errors
/// [`KnowError::Raster`] where a colour is not `#rrggbb` or the PNG cannot be written.
pub fn render(
    mask: &[u8],
    grid: &Grid,
    classes: &[LegendClass],
    areas_km2: &BTreeMap<u8, f64>,
    [title, time]: [&str; 2],
) -> Result<Vec<u8>, KnowError> {
    let longest = grid.width.max(grid.height).max(1);
    let target = longest.clamp(MAP_PX_MIN, MAP_PX_MAX) as f64;
    let scale = target / longest as f64;
    let side = |length: usize| ((length as f64 * scale).round() as usize).max(1);
    let (map_width, map_height) = (side(grid.width), side(grid.height));
    let colors = classes
        .iter()
        .map(|class| Ok((class.value, color(&class.color)?)))
        .collect::<Result<Vec<_>, KnowError>>()?;
    let mut legend: Vec<(String, [u8; 3])> = classes
        .iter()
        .zip(&colors)
        .map(|(class, (_, color))| {
            let label = match areas_km2.get(&class.value) {
                Some(km2) => format!("{}  {} km²", class.label, figure(*km2)),
                None => class.label.clone(),
            };
            (label, *color)
        })
        .collect();
    if mask.contains(&MASK_NODATA) {
        legend.push(("no data".to_string(), NODATA));
    }
    let top = MARGIN_PX + 2 * LINE_PX + 2;
    let legend_top = top + map_height + MARGIN_PX;
    let height = legend_top + LINE_PX * legend.len() + 30 + MARGIN_PX;
    let letters = |text: &str| text.chars().count();
    let longest = legend.iter().map(|(label, _)| letters(label) + 3).max();
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
    canvas.png()
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
            let rows = match letter {
                '²' => Some(SQUARED),
                _ => BASIC_FONTS.get(letter).or_else(|| LATIN_FONTS.get(letter)),
            };
            for (row, bits) in rows.unwrap_or([0; 8]).into_iter().enumerate() {
                for col in (0..8).filter(|col| (bits >> col) & 1 == 1) {
                    self.set(x + place * LETTER_PX + col, y + row, INK);
                }
            }
        }
    }

    fn png(&self) -> Result<Vec<u8>, KnowError> {
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
        writer.write_image_data(&self.pixels).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(out)
    }
}
