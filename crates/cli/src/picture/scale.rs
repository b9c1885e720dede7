//! Values as colours: the ramp, round steps, and the bar that says what they mean.

use super::canvas::{Anchor, Canvas, FAINT, INK, RULE, Rgb};

/// Viridis (Smith and van der Walt 2015, CC0), nine of its colours: even steps of lightness, told apart in
/// grey and by people who do not see all colours.
const VIRIDIS: [Rgb; 9] = [
    [68, 1, 84],
    [71, 45, 123],
    [59, 82, 139],
    [44, 114, 142],
    [33, 145, 140],
    [40, 174, 128],
    [94, 201, 98],
    [173, 220, 48],
    [253, 231, 37],
];

/// Where there is no value.
pub(super) const NONE: Rgb = [226, 229, 232];

/// Height of the bar with its words, pixels.
pub(super) const BAR_HEIGHT: f32 = 58.0;

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Seconds, written as minutes, hours or days.
    Time,
    /// A plain number.
    Number,
}

/// What is shown, and how its values become colours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measure {
    /// What the values are.
    pub(crate) title: String,
    /// How they are written.
    pub(crate) unit: Unit,
    /// Whether little is good: little is then bright.
    pub(crate) low_is_good: bool,
}

/// The colours over a range of values.
pub(super) struct Scale<'a> {
    measure: &'a Measure,
    low: f64,
    high: f64,
}

impl<'a> Scale<'a> {
    /// Over the values that there are.
    pub(super) fn new(measure: &'a Measure, values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = values.filter(|v| v.is_finite()).collect();
        sorted.sort_unstable_by(f64::total_cmp);
        let (least, most) = (*sorted.first()?, *sorted.last()?);
        // A few cells far beyond the others leave the others their colours.
        let reach = sorted[(sorted.len() - 1) * 98 / 100];
        let high = if most > 1.3 * reach && reach > least {
            reach
        } else {
            most
        };
        let step = round_step(
            (high - least).max(high.abs() * 1e-3).max(1e-9) / 5.0,
            measure.unit,
        );
        let low = (least / step).floor() * step;
        let high = ((high / step).ceil() * step).max(low + step);
        Some(Self { measure, low, high })
    }

    pub(super) fn color(&self, value: f64) -> Rgb {
        let part = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        ramp(if self.measure.low_is_good {
            1.0 - part
        } else {
            part
        })
    }

    /// Draws the bar with its title, steps and the mark of no value, from `left`, `top` over `width`.
    pub(super) fn bar(
        &self,
        canvas: &mut Canvas,
        [left, top]: [f32; 2],
        width: f32,
        none: Option<&str>,
    ) {
        canvas.text(
            [left, top + 12.0],
            13.0,
            Anchor::Left,
            INK,
            &self.measure.title,
        );
        let (bar_top, bar_bottom) = (top + 20.0, top + 34.0);
        let none_width = none.map_or(0.0, |word| canvas.text_width(12.0, word) + 46.0);
        let right = left + width - none_width;
        let steps = (right - left).max(1.0) as usize;
        for k in 0..steps {
            let x = left + k as f32;
            let part = k as f64 / steps as f64;
            let fill = self.color(self.low + part * (self.high - self.low));
            canvas.rect([x, bar_top, x + 1.0, bar_bottom], fill);
        }
        canvas.frame([left, bar_top, right, bar_bottom], RULE);
        let step = round_step((self.high - self.low) / 5.0, self.measure.unit);
        let mut value = self.low;
        while value <= self.high + 0.01 * step {
            let part = ((value - self.low) / (self.high - self.low)) as f32;
            let x = left + part * (right - left);
            canvas.line(&[[x, bar_bottom], [x, bar_bottom + 4.0]], FAINT, 1.0);
            let anchor = if part < 0.01 {
                Anchor::Left
            } else if part > 0.97 {
                Anchor::Right
            } else {
                Anchor::Middle
            };
            canvas.text(
                [x, bar_bottom + 18.0],
                12.0,
                anchor,
                INK,
                &written(value, self.measure.unit, self.high),
            );
            value += step;
        }
        if let Some(word) = none {
            let x = left + width - none_width + 20.0;
            canvas.rect([x, bar_top, x + 18.0, bar_bottom], NONE);
            canvas.frame([x, bar_top, x + 18.0, bar_bottom], RULE);
            canvas.text([x + 24.0, bar_bottom - 2.0], 12.0, Anchor::Left, INK, word);
        }
    }
}

fn ramp(part: f64) -> Rgb {
    let place = part * (VIRIDIS.len() - 1) as f64;
    let below = (place as usize).min(VIRIDIS.len() - 2);
    let within = place - below as f64;
    let (a, b) = (VIRIDIS[below], VIRIDIS[below + 1]);
    [0, 1, 2]
        .map(|k| (f64::from(a[k]) + within * (f64::from(b[k]) - f64::from(a[k]))).round() as u8)
}

/// The round step at or above one: of times in minutes, hours and days; else 1, 2 or 5 of a power of ten.
fn round_step(step: f64, unit: Unit) -> f64 {
    const TIMES_S: [f64; 17] = [
        1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0,
        21_600.0, 43_200.0, 86_400.0, 172_800.0,
    ];
    if unit == Unit::Time {
        if let Some(time) = TIMES_S.iter().find(|t| **t >= step) {
            return *time;
        }
        return round_step(step / 86_400.0, Unit::Number) * 86_400.0;
    }
    let power = 10_f64.powf(step.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|k| k * power >= step * 0.999_999);
    times.unwrap_or(10.0) * power
}

/// A value of the bar; its unit follows from the greatest.
fn written(value: f64, unit: Unit, greatest: f64) -> String {
    let (per, name) = match unit {
        Unit::Number => (1.0, ""),
        Unit::Time if greatest < 180.0 => (1.0, " s"),
        Unit::Time if greatest < 3.0 * 3600.0 => (60.0, " min"),
        Unit::Time if greatest < 4.0 * 86_400.0 => (3600.0, " h"),
        Unit::Time => (86_400.0, " d"),
    };
    let number = format!("{:.2}", value / per);
    let number = number.trim_end_matches('0').trim_end_matches('.');
    format!("{number}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round() {
        assert!((round_step(0.013, Unit::Number) - 0.02).abs() < 1e-12);
        assert!((round_step(5.0, Unit::Number) - 5.0).abs() < 1e-12);
        assert!((round_step(4000.0, Unit::Time) - 7200.0).abs() < 1e-9);
        assert!((round_step(3.0 * 86_400.0, Unit::Time) - 5.0 * 86_400.0).abs() < 1e-6);
    }

    #[test]
    fn values_carry_one_unit() {
        assert_eq!(written(5400.0, Unit::Time, 86_400.0), "1.5 h");
        assert_eq!(written(0.25, Unit::Number, 1.0), "0.25");
    }

    #[test]
    fn little_is_bright_where_it_is_good() {
        let measure = |low_is_good| Measure {
            title: String::new(),
            unit: Unit::Number,
            low_is_good,
        };
        let good = measure(true);
        let scale = Scale::new(&good, [1.0, 9.0].into_iter()).unwrap();
        assert_eq!(
            (scale.color(0.0), scale.color(10.0)),
            (VIRIDIS[8], VIRIDIS[0])
        );
        let bad = measure(false);
        assert_eq!(
            Scale::new(&bad, [1.0, 9.0].into_iter()).unwrap().color(0.0),
            VIRIDIS[0]
        );
        assert!(Scale::new(&good, std::iter::empty()).is_none());
    }
}
