//! A timeline: lanes down, hours across; waits as lines, things done as bars.

use super::canvas::{Anchor, Canvas, FAINT, INK, PAPER, RULE, Rgb};
use jiff::{SignedDuration, Timestamp};
use std::io;

const WIDTH: f32 = 1400.0;
const ROW: f32 = 22.0;
const TOP: f32 = 84.0;
const NAMES_WIDTH: f32 = 210.0;
const RIGHT: f32 = 28.0;
/// Rows that the waits of one lane may take.
const ROWS_MAX: usize = 12;
const WAIT: Rgb = [31, 119, 180];
const DONE: Rgb = [44, 140, 80];
const NONE: Rgb = [200, 60, 50];

/// One lane, times in hours from the start.
pub(crate) struct Lane {
    name: String,
    /// From and to.
    pub(crate) waits: Vec<(f64, f64)>,
    /// From and to.
    pub(crate) bars: Vec<(f64, f64)>,
    /// Instants that came to nothing.
    pub(crate) none: Vec<f64>,
}

impl Lane {
    /// An empty lane.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            waits: Vec::new(),
            bars: Vec::new(),
            none: Vec::new(),
        }
    }

    /// Rows for the waits, so that those at one time stand below one another.
    fn rows(&self) -> Vec<usize> {
        let mut free: Vec<f64> = Vec::new();
        let mut order: Vec<usize> = (0..self.waits.len()).collect();
        order.sort_by(|a, b| self.waits[*a].0.total_cmp(&self.waits[*b].0));
        let mut rows = vec![0; self.waits.len()];
        for i in order {
            let (start, end) = self.waits[i];
            let row = free.iter().position(|until| *until <= start);
            let row = row.unwrap_or_else(|| {
                if free.len() < ROWS_MAX {
                    free.push(0.0);
                }
                free.len() - 1
            });
            free[row] = end;
            rows[i] = row;
        }
        rows
    }
}

/// All lanes.
pub(crate) struct Timeline {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) from: Timestamp,
    pub(crate) hours: f64,
    pub(crate) lanes: Vec<Lane>,
}

impl Timeline {
    /// The picture, as PNG.
    pub(crate) fn png(&self) -> io::Result<Vec<u8>> {
        let rows: Vec<Vec<usize>> = self.lanes.iter().map(Lane::rows).collect();
        let heights: Vec<f32> = rows
            .iter()
            .map(|rows| (rows.iter().max().map_or(1, |m| m + 1) as f32 * 7.0 + 8.0).max(ROW))
            .collect();
        let bottom = TOP + heights.iter().sum::<f32>();
        let (left, right) = (24.0 + NAMES_WIDTH + 10.0, WIDTH - RIGHT);
        let mut canvas = Canvas::new(WIDTH, bottom + 24.0)?;
        let x = |hour: f64| {
            left + (right - left) * (hour / self.hours.max(1e-9)).clamp(0.0, 1.0) as f32
        };
        canvas.text([24.0, 26.0], 20.0, Anchor::Left, INK, &self.title);
        let subtitle = canvas.shortened(14.0, &self.subtitle, WIDTH - 48.0);
        canvas.text([24.0, 48.0], 14.0, Anchor::Left, FAINT, &subtitle);
        let step = [3.0, 6.0, 12.0, 24.0, 48.0, 120.0]
            .into_iter()
            .find(|s| self.hours / s <= 14.0)
            .unwrap_or(240.0);
        let mut hour = 0.0;
        while hour <= self.hours {
            canvas.line(&[[x(hour), TOP - 8.0], [x(hour), bottom]], RULE, 1.0);
            let at = SignedDuration::try_from_secs_f64(hour * 3_600.0).ok();
            let at = at
                .and_then(|d| self.from.checked_add(d).ok())
                .unwrap_or(self.from);
            let text = at.strftime("%d %b %H:%M").to_string();
            canvas.text([x(hour), TOP - 14.0], 11.0, Anchor::Middle, INK, &text);
            hour += step;
        }
        let mut top = TOP;
        for ((lane, rows), height) in self.lanes.iter().zip(&rows).zip(&heights) {
            canvas.line(&[[24.0, top], [right, top]], RULE, 1.0);
            let name = canvas.shortened(13.0, &lane.name, NAMES_WIDTH);
            canvas.text([left - 10.0, top + 15.5], 13.0, Anchor::Right, INK, &name);
            for (start, end) in &lane.bars {
                let (a, b) = (x(*start), x(*end));
                canvas.rect([a, top + 5.0, b.max(a + 2.0), top + height - 5.0], DONE);
            }
            for ((start, end), row) in lane.waits.iter().zip(rows) {
                let y = top + 7.0 + *row as f32 * 7.0;
                canvas.line(&[[x(*start), y], [x(*end), y]], WAIT, 2.0);
                canvas.dot([x(*end), y], 2.6, WAIT, PAPER);
            }
            for at in &lane.none {
                canvas.dot([x(*at), top + height - 4.0], 2.6, NONE, PAPER);
            }
            top += height;
        }
        canvas.png()
    }
}
