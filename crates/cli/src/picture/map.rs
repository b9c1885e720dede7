//! A map of values: cells and points on an equirectangular sheet, with coasts, borders and degrees.

use super::canvas::{Anchor, Canvas, FAINT, INK, PAPER};
use super::scale::{BAR_HEIGHT, Measure, NONE, Scale};
use std::io;

/// Width of the sheet of the map, pixels.
const WIDTH: f32 = 1400.0;
const HEIGHT_MAX: f32 = 1000.0;
const HEIGHT_MIN: f32 = 260.0;
const LEFT: f32 = 64.0;
const RIGHT: f32 = 28.0;
const TOP: f32 = 62.0;
/// Between the map and the bar below.
const BELOW: f32 = 40.0;
/// Dots get their names up to this many.
const NAMES_MAX: usize = 40;
const PALE: [u8; 3] = [232, 236, 239];
const SEA: [u8; 3] = [246, 248, 250];

/// A cell of the ground.
pub(crate) struct Patch {
    /// West, south, east, north, degrees; east may go on past 180.
    pub(crate) bounds: [f64; 4],
    /// Its value, where it has one.
    pub(crate) value: Option<f64>,
}

/// A point.
pub(crate) struct Dot {
    /// Longitude and latitude, degrees.
    pub(crate) at: [f64; 2],
    /// What stands beside it.
    pub(crate) name: String,
    /// Its value, where it has one.
    pub(crate) value: Option<f64>,
}

/// All that is on the map.
pub(crate) struct Map<'a> {
    /// What is shown.
    pub(crate) measure: &'a Measure,
    /// Of what and when.
    pub(crate) subtitle: String,
    /// Cells, under the lines.
    pub(crate) patches: Vec<Patch>,
    /// Points, over the lines.
    pub(crate) dots: Vec<Dot>,
    /// Coasts and borders, longitude and latitude.
    pub(crate) lines: [&'a [Vec<[f64; 2]>]; 2],
}

/// Where degrees are on the sheet.
struct Frame {
    west: f64,
    north: f64,
    per_lon: f32,
    per_lat: f32,
    edges: [f32; 4],
    degrees: [f64; 4],
}

impl Frame {
    fn at(&self, lon: f64, lat: f64) -> [f32; 2] {
        [
            LEFT + (lon - self.west) as f32 * self.per_lon,
            TOP + (self.north - lat) as f32 * self.per_lat,
        ]
    }

    /// What is to be seen: all cells and points with a margin, at most the world.
    fn new(map: &Map<'_>) -> Self {
        let boxes = map.patches.iter().map(|p| p.bounds);
        let points = map
            .dots
            .iter()
            .map(|d| [d.at[0], d.at[1], d.at[0], d.at[1]]);
        let all = boxes.chain(points).reduce(|a, b| {
            [
                a[0].min(b[0]),
                a[1].min(b[1]),
                a[2].max(b[2]),
                a[3].max(b[3]),
            ]
        });
        let [mut west, mut south, mut east, mut north] =
            all.unwrap_or([-180.0, -90.0, 180.0, 90.0]);
        let margin = |length: f64| {
            if map.dots.is_empty() {
                0.03 * length
            } else {
                (0.15 * length).max(4.0)
            }
        };
        let (wide, high) = (margin(east - west), margin(north - south));
        (west, east) = (west - wide, east + wide);
        (south, north) = ((south - high).max(-90.0), (north + high).min(90.0));
        if east - west > 300.0 {
            let middle = if east > 190.0 {
                0.5 * (west + east)
            } else {
                0.0
            };
            (west, east) = (middle - 180.0, middle + 180.0);
        }
        // Degrees of longitude are as wide as they are in the middle, but for maps of the world.
        let middle = 0.5 * (south + north);
        let narrow = if east - west > 180.0 {
            1.0
        } else {
            middle.to_radians().cos().max(0.2)
        };
        let inner = WIDTH - LEFT - RIGHT;
        let mut per_lon = inner / (east - west) as f32;
        let mut per_lat = per_lon / narrow as f32;
        let mut height = (north - south) as f32 * per_lat;
        if height > HEIGHT_MAX {
            let smaller = HEIGHT_MAX / height;
            (per_lon, per_lat, height) = (per_lon * smaller, per_lat * smaller, HEIGHT_MAX);
            // The rest of the width shows more of what is beside.
            let more = 0.5 * (f64::from(inner / per_lon) - (east - west));
            (west, east) = (west - more, east + more);
        }
        if height < HEIGHT_MIN {
            let more = 0.5 * f64::from((HEIGHT_MIN - height) / per_lat);
            (south, north) = ((south - more).max(-90.0), (north + more).min(90.0));
            height = (north - south) as f32 * per_lat;
        }
        if east - west > 360.0 {
            let middle = 0.5 * (west + east);
            (west, east) = (middle - 180.0, middle + 180.0);
        }
        let right = LEFT + (east - west) as f32 * per_lon;
        Self {
            west,
            north,
            per_lon,
            per_lat,
            edges: [LEFT, TOP, right, TOP + height],
            degrees: [west, south, east, north],
        }
    }

    /// Turns of the Earth by which something between two meridians shows.
    fn turns(&self, west: f64, east: f64) -> impl Iterator<Item = f64> {
        let [left, _, right, _] = self.degrees;
        [-360.0, 0.0, 360.0]
            .into_iter()
            .filter(move |turn| east + turn > left && west + turn < right)
    }
}

impl Map<'_> {
    /// The picture, as PNG.
    pub(crate) fn png(&self) -> io::Result<Vec<u8>> {
        let frame = Frame::new(self);
        let [left, top, right, bottom] = frame.edges;
        let mut canvas = Canvas::new(WIDTH, bottom + BELOW + BAR_HEIGHT + 18.0)?;
        canvas.rect(frame.edges, SEA);
        let values = self
            .patches
            .iter()
            .map(|p| p.value)
            .chain(self.dots.iter().map(|d| d.value));
        let scale = Scale::new(self.measure, values.flatten());
        let fill = |value: Option<f64>| value.zip(scale.as_ref()).map_or(NONE, |(v, s)| s.color(v));
        for patch in &self.patches {
            let [west, south, east, north] = patch.bounds;
            for turn in frame.turns(west, east) {
                let ([x0, y1], [x1, y0]) =
                    (frame.at(west + turn, south), frame.at(east + turn, north));
                canvas.rect(
                    [x0.max(left), y0.max(top), x1.min(right), y1.min(bottom)],
                    fill(patch.value),
                );
            }
        }
        self.draw_lines(&mut canvas, &frame);
        self.draw_dots(&mut canvas, &frame, fill);
        // What lines draw beyond the map is covered, then the degrees stand there.
        let (width, height) = (WIDTH, bottom + BELOW + BAR_HEIGHT + 18.0);
        for beyond in [
            [0.0, 0.0, width, top],
            [0.0, bottom, width, height],
            [0.0, 0.0, left, height],
            [right, 0.0, width, height],
        ] {
            canvas.rect(beyond, PAPER);
        }
        draw_degrees(&mut canvas, &frame);
        canvas.frame(frame.edges, FAINT);
        canvas.text([left, 26.0], 20.0, Anchor::Left, INK, &self.measure.title);
        let subtitle = canvas.shortened(14.0, &self.subtitle, WIDTH - left - RIGHT);
        canvas.text([left, 48.0], 14.0, Anchor::Left, FAINT, &subtitle);
        let none = self
            .patches
            .iter()
            .map(|p| p.value)
            .chain(self.dots.iter().map(|d| d.value))
            .any(|v| v.is_none());
        match &scale {
            Some(scale) => {
                let width = (WIDTH - left - RIGHT).min(760.0);
                scale.bar(
                    &mut canvas,
                    [left, bottom + BELOW],
                    width,
                    none.then_some("no value"),
                );
            }
            None => canvas.text(
                [left, bottom + BELOW + 12.0],
                13.0,
                Anchor::Left,
                INK,
                "no value anywhere",
            ),
        }
        canvas.text(
            [WIDTH - RIGHT, bottom + BELOW + 12.0],
            11.0,
            Anchor::Right,
            FAINT,
            "Land: Natural Earth",
        );
        canvas.png()
    }

    fn draw_lines(&self, canvas: &mut Canvas, frame: &Frame) {
        let [coasts, borders] = self.lines;
        let wide = frame.degrees[2] - frame.degrees[0] > 180.0;
        let strokes = [
            ([86, 94, 102], if wide { 0.8 } else { 1.2 }),
            ([120, 128, 136], if wide { 0.4 } else { 0.8 }),
        ];
        // A pale edge first: lines then show on dark cells too.
        let pale = self.patches.iter().take(1).map(|_| [true, false]);
        let passes = pale
            .flatten()
            .chain(self.patches.is_empty().then_some(false));
        for (under, (lines, (stroke, width))) in passes.flat_map(|under| {
            [coasts, borders]
                .into_iter()
                .zip(strokes)
                .map(move |x| (under, x))
        }) {
            let (stroke, width) = match under {
                true => (PALE, width + 1.0),
                false => (stroke, width),
            };
            for line in lines {
                let lons = || line.iter().map(|p| p[0]);
                let (west, east) = (
                    lons().fold(f64::MAX, f64::min),
                    lons().fold(f64::MIN, f64::max),
                );
                // The seam of the world is no coast.
                if east - west < 1e-6 && east.abs() > 179.99 || line.iter().all(|p| p[1] < -89.9) {
                    continue;
                }
                for turn in frame.turns(west, east) {
                    let points: Vec<[f32; 2]> =
                        line.iter().map(|p| frame.at(p[0] + turn, p[1])).collect();
                    canvas.line(&points, stroke, width);
                }
            }
        }
    }

    fn draw_dots(&self, canvas: &mut Canvas, frame: &Frame, fill: impl Fn(Option<f64>) -> [u8; 3]) {
        let mut placed: Vec<[f32; 4]> = Vec::new();
        for dot in &self.dots {
            for turn in frame.turns(dot.at[0], dot.at[0]) {
                canvas.dot(
                    frame.at(dot.at[0] + turn, dot.at[1]),
                    6.0,
                    fill(dot.value),
                    INK,
                );
            }
        }
        for dot in self.dots.iter().take(NAMES_MAX) {
            for turn in frame.turns(dot.at[0], dot.at[0]) {
                let [x, y] = frame.at(dot.at[0] + turn, dot.at[1]);
                let name = canvas.shortened(13.0, &dot.name, 220.0);
                let width = canvas.text_width(13.0, &name);
                // Beside the dot, where no other name stands.
                let places = [
                    (x + 10.0, y + 4.5),
                    (x - 10.0 - width, y + 4.5),
                    (x - 0.5 * width, y - 11.0),
                    (x - 0.5 * width, y + 21.0),
                ];
                let free = places.into_iter().find(|(x, y)| {
                    let taken = placed.iter().any(|p| {
                        *x < p[2] && x + width > p[0] && y - 12.0 < p[3] && y + 3.0 > p[1]
                    });
                    !taken && *x > frame.edges[0] && x + width < frame.edges[2]
                });
                if let Some((x, y)) = free {
                    placed.push([x, y - 12.0, x + width, y + 3.0]);
                    canvas.label([x, y], 13.0, Anchor::Left, &name);
                }
            }
        }
    }
}

/// Marks of round degrees outside the map.
fn draw_degrees(canvas: &mut Canvas, frame: &Frame) {
    let [left, _, _, bottom] = frame.edges;
    let [west, south, east, north] = frame.degrees;
    let steps = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0];
    let step_of = |length: f64, most: f64| {
        steps
            .into_iter()
            .find(|s| length / s <= most)
            .unwrap_or(60.0)
    };
    let step = step_of(east - west, 13.0);
    for k in (west / step).ceil() as i64..=(east / step).floor() as i64 {
        let lon = k as f64 * step;
        let [x, _] = frame.at(lon, south);
        canvas.line(&[[x, bottom], [x, bottom + 5.0]], FAINT, 1.0);
        let lon = lon - 360.0 * ((lon + 180.0 - 1e-9) / 360.0).floor();
        canvas.text(
            [x, bottom + 19.0],
            12.0,
            Anchor::Middle,
            INK,
            &degrees(lon, "E", "W"),
        );
    }
    let step = step_of(north - south, 10.0);
    for k in (south / step).ceil() as i64..=(north / step).floor() as i64 {
        let lat = k as f64 * step;
        let [_, y] = frame.at(west, lat);
        canvas.line(&[[left - 5.0, y], [left, y]], FAINT, 1.0);
        canvas.text(
            [left - 9.0, y + 4.0],
            12.0,
            Anchor::Right,
            INK,
            &degrees(lat, "N", "S"),
        );
    }
}

fn degrees(value: f64, positive: &str, negative: &str) -> String {
    let number = format!("{:.1}", value.abs());
    let number = number.trim_end_matches('0').trim_end_matches('.');
    let whole = value.abs() < 1e-9 || (value.abs() - 180.0).abs() < 1e-9;
    let side = if whole {
        ""
    } else if value > 0.0 {
        positive
    } else {
        negative
    };
    format!("{number}°{side}")
}
