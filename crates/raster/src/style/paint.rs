//! Values to colours, pixel by pixel.

use super::{Colors, Painter, Rgba};
use crate::band::{Band, BandData, Sample, each_type};

/// Longest table of levels.
const TABLE_MAX: f64 = 65_536.0;
/// Colours that samples of 8 bits can have.
const COLORS_OF_BYTES: usize = 256;

impl Painter {
    /// Red, green, blue, opacity of every pixel; `None` when all are transparent.
    pub(crate) fn paint(&self, bands: &[Band]) -> Option<Vec<u8>> {
        let first = bands.first()?;
        let mut measured = vec![true; first.width() * first.height()];
        for gaps in bands.iter().filter_map(Band::gaps) {
            for (all, own) in measured.iter_mut().zip(gaps) {
                *all &= own;
            }
        }
        let mut rgba = vec![0; 4 * measured.len()];
        self.paint_into(bands, &measured, &mut rgba).then_some(rgba)
    }

    /// Colours the pixels named in `places`, at which all bands have a measurement; gives whether
    /// one of them can be seen.
    pub(crate) fn paint_into(&self, bands: &[Band], places: &[bool], rgba: &mut [u8]) -> bool {
        let Some(first) = bands.first() else {
            return false;
        };
        let range = self.ranges.first().copied();
        match (&self.colors, bands) {
            (Colors::Grey, [red, green, blue]) => self.three([red, green, blue], places, rgba),
            (Colors::Grey, _) => {
                let range = range.unwrap_or((0.0, 255.0));
                one(first, places, rgba, |value| {
                    let grey = level(value, range);
                    Some([grey, grey, grey, 255])
                })
            }
            (Colors::Ramp(stops), _) => {
                let (low, high) = range.unwrap_or((0.0, 1.0));
                one(first, places, rgba, |value| {
                    ramp(stops, (value - low) / (high - low))
                })
            }
            (Colors::Classes(classes), _) => {
                // Values of classes are written by people and stored in any type.
                one(first, places, rgba, |value| {
                    let near = |class: f64| (class - value).abs() <= 1e-6 * class.abs().max(1.0);
                    classes
                        .iter()
                        .find(|(class, _)| near(*class))
                        .map(|(_, color)| *color)
                })
            }
        }
    }

    /// Three bands as red, green and blue.
    fn three(&self, bands: [&Band; 3], places: &[bool], rgba: &mut [u8]) -> bool {
        let pixels = rgba.chunks_exact_mut(4).zip(places);
        let range = |i: usize| self.ranges.get(i).copied().unwrap_or((0.0, 255.0));
        macro_rules! by_tables {
            ($($variant:ident)*) => {
                match bands.map(Band::data) {
                    $([BandData::$variant(r), BandData::$variant(g), BandData::$variant(b)]
                        if (0..3).all(|i| Levels::suit(range(i))) =>
                    {
                        let [red, green, blue] = [0, 1, 2].map(|i| Levels::new(range(i)));
                        let mut any = false;
                        let samples = r.iter().zip(g).zip(b);
                        for ((pixel, place), ((r, g), b)) in pixels.zip(samples) {
                            if *place {
                                let rgb = [
                                    red.of(i32::from(*r)),
                                    green.of(i32::from(*g)),
                                    blue.of(i32::from(*b)),
                                ];
                                pixel.copy_from_slice(&[rgb[0], rgb[1], rgb[2], 255]);
                                any = true;
                            }
                        }
                        any
                    })*
                    _ => {
                        let levels = [0, 1, 2].map(|i| levels(bands[i], range(i)));
                        let mut any = false;
                        for (i, (pixel, place)) in pixels.enumerate() {
                            if *place {
                                let rgb = [0, 1, 2].map(|channel| levels[channel][i]);
                                pixel.copy_from_slice(&[rgb[0], rgb[1], rgb[2], 255]);
                                any = true;
                            }
                        }
                        any
                    }
                }
            };
        }
        by_tables!(U8 I8 U16 I16)
    }
}

/// Levels of all samples of a band.
fn levels(band: &Band, range: (f64, f64)) -> Vec<u8> {
    each_type!(band.data(), v => v.iter().map(|x| level(x.to_f64(), range)).collect())
}

/// Levels of whole numbers along a range: beyond its ends they are those of the ends.
struct Levels {
    first: i32,
    table: Vec<u8>,
}

impl Levels {
    /// Whether a table of the range pays.
    fn suit((low, high): (f64, f64)) -> bool {
        let within = |v: f64| v.abs() < f64::from(i32::MAX / 2);
        within(low) && within(high) && high - low < TABLE_MAX
    }

    fn new((low, high): (f64, f64)) -> Self {
        let (first, last) = (low.floor() as i32, high.ceil() as i32);
        let table = (first..=last).map(|v| level(f64::from(v), (low, high)));
        Self {
            first,
            table: table.collect(),
        }
    }

    #[inline]
    fn of(&self, sample: i32) -> u8 {
        let index = (sample - self.first).max(0) as usize;
        self.table[index.min(self.table.len() - 1)]
    }
}

/// Colours the places of one band; gives whether one of them can be seen.
fn one(band: &Band, places: &[bool], rgba: &mut [u8], color: impl Fn(f64) -> Option<Rgba>) -> bool {
    let mut any = false;
    let pixels = rgba.chunks_exact_mut(4).zip(places);
    if let BandData::U8(samples) = band.data()
        && samples.len() > COLORS_OF_BYTES
    {
        let table: Vec<Option<Rgba>> = (0..=u8::MAX).map(|v| color(f64::from(v))).collect();
        for ((pixel, place), sample) in pixels.zip(samples) {
            if let (true, Some(color)) = (*place, table[usize::from(*sample)]) {
                pixel.copy_from_slice(&color);
                any |= color[3] > 0;
            }
        }
        return any;
    }
    each_type!(band.data(), v => {
        for ((pixel, place), sample) in pixels.zip(v) {
            if *place && let Some(color) = color(sample.to_f64()) {
                pixel.copy_from_slice(&color);
                any |= color[3] > 0;
            }
        }
    });
    any
}

/// 0 to 255 along a range, rounded down in the middle as `u8` casts do after adding a half.
fn level(value: f64, (low, high): (f64, f64)) -> u8 {
    // `as` holds the value in 0..=255.
    ((value - low) / (high - low) * 255.0 + 0.5) as u8
}

fn ramp(stops: &[(f64, Rgba)], position: f64) -> Option<Rgba> {
    let (first, last) = (stops.first()?, stops.last()?);
    if position <= first.0 {
        return Some(first.1);
    }
    if position >= last.0 {
        return Some(last.1);
    }
    // Stops mostly lie at equal distances, so that the next one is nearly known.
    let share = (position - first.0) / (last.0 - first.0);
    let mut after = ((share * (stops.len() - 1) as f64) as usize).min(stops.len() - 1);
    while stops.get(after).is_some_and(|s| s.0 <= position) {
        after += 1;
    }
    while after > 0 && stops[after - 1].0 > position {
        after -= 1;
    }
    let (a, b) = (stops.get(after.checked_sub(1)?)?, stops.get(after)?);
    let f = (position - a.0) / (b.0 - a.0);
    let mut color = [0; 4];
    for (out, (from, to)) in color.iter_mut().zip(a.1.iter().zip(&b.1)) {
        *out = (f64::from(*from) + f * (f64::from(*to) - f64::from(*from)) + 0.5) as u8;
    }
    Some(color)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_ramps() {
        assert_eq!(level(0.0, (0.0, 10.0)), 0);
        assert_eq!(level(10.0, (0.0, 10.0)), 255);
        assert_eq!(level(-5.0, (0.0, 10.0)), 0);
        assert_eq!(level(99.0, (0.0, 10.0)), 255);
        let stops = [(0.0, [0, 0, 0, 255]), (1.0, [200, 100, 0, 255])];
        assert_eq!(ramp(&stops, 0.5), Some([100, 50, 0, 255]));
        assert_eq!(ramp(&stops, 2.0), Some([200, 100, 0, 255]));
        // Stops at unequal distances.
        let stops = [0.0, 0.01, 0.02, 0.9, 1.0].map(|at| (at, [(at * 200.0) as u8; 4]));
        for (position, grey) in [
            (0.005, 1),
            (0.01, 2),
            (0.46, 92),
            (0.895, 179),
            (0.95, 190),
            (0.999, 200),
        ] {
            assert_eq!(ramp(&stops, position), Some([grey; 4]), "{position}");
        }
    }

    #[test]
    fn tables_have_the_levels_of_the_formula() {
        for range in [
            (6000.0, 14_000.0),
            (0.0, 1.0),
            (-3.5, 12.25),
            (100.5, 100.75),
            (-40_000.0, 20_000.0),
        ] {
            assert!(Levels::suit(range));
            let table = Levels::new(range);
            for sample in -40_100..=65_535 {
                assert_eq!(
                    table.of(sample),
                    level(f64::from(sample), range),
                    "{sample} {range:?}"
                );
            }
        }
        assert!(!Levels::suit((0.0, 1e6)) && !Levels::suit((1e12, 1e12 + 1.0)));
    }
}
