//! A heat map: places down, hours of the day across.

use super::canvas::{Anchor, Canvas, FAINT, INK};
use super::scale::{BAR_HEIGHT, Measure, Scale};
use std::io;

const CELL_WIDTH: f32 = 38.0;
const ROW_HEIGHT: f32 = 22.0;
const TOP: f32 = 92.0;
const RIGHT: f32 = 28.0;
/// Room for names, pixels.
const NAMES_WIDTH: (f32, f32) = (90.0, 260.0);

/// Rows of values by the hour.
pub(crate) struct Heat<'a> {
    /// What the values are.
    pub(crate) measure: &'a Measure,
    /// Of what and when.
    pub(crate) subtitle: String,
    /// Names and values, an hour of UTC each.
    pub(crate) rows: Vec<(String, [f64; 24])>,
}

impl Heat<'_> {
    /// The picture, as PNG.
    pub(crate) fn png(&self) -> io::Result<Vec<u8>> {
        let measuring = Canvas::new(1.0, 1.0)?;
        let widest = self
            .rows
            .iter()
            .map(|(name, _)| measuring.text_width(13.0, name))
            .fold(0.0, f32::max);
        let names_width = widest.clamp(NAMES_WIDTH.0, NAMES_WIDTH.1);
        let left = 24.0 + names_width + 10.0;
        let right = left + 24.0 * CELL_WIDTH;
        let bottom = TOP + self.rows.len() as f32 * ROW_HEIGHT;
        let mut canvas = Canvas::new(right + RIGHT, bottom + 28.0 + BAR_HEIGHT + 18.0)?;
        canvas.text([24.0, 26.0], 20.0, Anchor::Left, INK, &self.measure.title);
        let subtitle = canvas.shortened(14.0, &self.subtitle, right - 24.0);
        canvas.text([24.0, 48.0], 14.0, Anchor::Left, FAINT, &subtitle);
        canvas.text(
            [left, TOP - 22.0],
            12.0,
            Anchor::Left,
            FAINT,
            "hour of the day, UTC",
        );
        for hour in 0..24_u8 {
            let x = left + f32::from(hour) * CELL_WIDTH;
            canvas.text(
                [x + 0.5 * CELL_WIDTH, TOP - 6.0],
                12.0,
                Anchor::Middle,
                INK,
                &format!("{hour:02}"),
            );
        }
        let scale = Scale::new(
            self.measure,
            self.rows
                .iter()
                .flat_map(|(_, values)| *values)
                .chain([0.0]),
        );
        for (k, (name, values)) in self.rows.iter().enumerate() {
            let y = TOP + k as f32 * ROW_HEIGHT;
            let name = canvas.shortened(13.0, name, names_width);
            canvas.text([left - 10.0, y + 15.5], 13.0, Anchor::Right, INK, &name);
            for (hour, value) in values.iter().enumerate() {
                let x = left + hour as f32 * CELL_WIDTH;
                if let Some(scale) = &scale {
                    canvas.rect(
                        [x, y, x + CELL_WIDTH - 1.0, y + ROW_HEIGHT - 1.0],
                        scale.color(*value),
                    );
                }
            }
        }
        canvas.frame([left - 1.0, TOP - 1.0, right, bottom], FAINT);
        if let Some(scale) = &scale {
            scale.bar(
                &mut canvas,
                [left, bottom + 28.0],
                (right - left).min(620.0),
                None,
            );
        }
        canvas.png()
    }
}
