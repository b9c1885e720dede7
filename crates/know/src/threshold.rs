//! Automatic thresholds between two classes of pixels.

/// Bins of the histograms. scikit-image uses as many.
const BINS: usize = 256;

/// A histogram of finite values.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    counts: Vec<f64>,
    centres: Vec<f64>,
    total: f64,
}

impl Histogram {
    /// 256 equal bins from the least to the greatest finite value; `None` where there are fewer
    /// than two different values.
    pub fn new(values: &[f64]) -> Option<Self> {
        let finite = || values.iter().copied().filter(|v| v.is_finite());
        let least = finite().reduce(f64::min)?;
        let greatest = finite().reduce(f64::max)?;
        let width = (greatest - least) / BINS as f64;
        if width <= 0.0 || !width.is_finite() {
            return None;
        }
        let mut counts = vec![0.0; BINS];
        for value in finite() {
            let bin = ((value - least) / width) as usize;
            counts[bin.min(BINS - 1)] += 1.0;
        }
        let centres = (0..BINS)
            .map(|i| least + (i as f64 + 0.5) * width)
            .collect();
        let total = counts.iter().sum();
        Some(Self {
            counts,
            centres,
            total,
        })
    }

    /// Otsu's threshold (Otsu 1979): greatest variance between the classes. The centre of the last
    /// bin of the lower class, as scikit-image's `threshold_otsu`.
    pub fn otsu(&self) -> f64 {
        self.best_split(|lower, upper| {
            Some(lower.weight * upper.weight * (lower.mean - upper.mean).powi(2))
        })
    }

    /// Threshold of minimum error (Kittler and Illingworth 1986) for two normal classes.
    pub fn minimum_error(&self) -> f64 {
        self.best_split(|lower, upper| {
            let usable = |class: &Class| class.weight > 0.0 && class.variance > 0.0;
            (usable(lower) && usable(upper)).then(|| {
                let term =
                    |class: &Class| class.weight * (class.variance.ln() - 2.0 * class.weight.ln());
                -(term(lower) + term(upper))
            })
        })
    }

    /// The two classes that `threshold` splits the values into.
    pub fn halves(&self, threshold: f64) -> Halves {
        let below = self.centres.iter().take_while(|c| **c <= threshold).count();
        let lower = self.class(0, below);
        let upper = self.class(below, BINS);
        let all = self.class(0, BINS);
        let between = lower.weight * upper.weight * (lower.mean - upper.mean).powi(2);
        Halves {
            separability: between / all.variance,
            lower_part: lower.weight,
            lower_mean: lower.mean,
            upper_mean: upper.mean,
        }
    }

    fn class(&self, from: usize, to: usize) -> Class {
        let bins = || self.counts[from..to].iter().zip(&self.centres[from..to]);
        let count: f64 = bins().map(|(n, _)| n).sum();
        if count <= 0.0 {
            return Class::default();
        }
        let mean = bins().map(|(n, c)| n * c).sum::<f64>() / count;
        let variance = bins().map(|(n, c)| n * (c - mean).powi(2)).sum::<f64>() / count;
        Class {
            weight: count / self.total,
            mean,
            variance,
        }
    }

    /// Centre of the bin after which a split scores best; the first of equals.
    fn best_split(&self, score: impl Fn(&Class, &Class) -> Option<f64>) -> f64 {
        let mut best = (f64::NEG_INFINITY, self.centres[BINS / 2]);
        for split in 1..BINS {
            if let Some(score) = score(&self.class(0, split), &self.class(split, BINS))
                && score > best.0
            {
                best = (score, self.centres[split - 1]);
            }
        }
        best.1
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Class {
    /// Part of all values.
    weight: f64,
    mean: f64,
    variance: f64,
}

/// Two classes of values, split at a threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Halves {
    /// Part of the variance that lies between the classes, 0 to 1.
    pub separability: f64,
    /// Part of the values in the lower class, 0 to 1.
    pub lower_part: f64,
    /// Mean of the lower class.
    pub lower_mean: f64,
    /// Mean of the upper class.
    pub upper_mean: f64,
}

/// Which of two classes is looked for, and beyond which value its mean lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sought {
    /// Any two classes will do.
    Any,
    /// The lower one, of values below this on the whole.
    Below(f64),
    /// The upper one, of values above this on the whole.
    Above(f64),
}

impl Sought {
    fn is_in(self, halves: &Halves) -> bool {
        match self {
            Sought::Any => true,
            Sought::Below(limit) => halves.lower_mean < limit,
            Sought::Above(limit) => halves.upper_mean > limit,
        }
    }
}

/// How a threshold is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// [`Histogram::otsu`].
    Otsu,
    /// [`Histogram::minimum_error`].
    MinimumError,
}

impl Method {
    /// The threshold of a histogram.
    pub fn threshold(self, histogram: &Histogram) -> f64 {
        match self {
            Method::Otsu => histogram.otsu(),
            Method::MinimumError => histogram.minimum_error(),
        }
    }
}

/// Least part of the variance between the classes for values to count as two classes: a single
/// normal class split in its middle reaches 2/π = 0.637, a uniform one 0.75.
pub const SEPARABILITY_LEAST: f64 = 0.7;
/// Least part of the pixels in each class for a tile to count as holding both.
pub const CLASS_PART_LEAST: f64 = 0.1;
/// Smallest tile that is looked at, pixels a side.
pub const TILE_PX_LEAST: usize = 32;

/// A threshold between two classes in a plane of pixels, where there are two.
///
/// The whole plane is looked at first, then its tiles of half the side, and so on to
/// [`TILE_PX_LEAST`]; the pixels of all tiles of the first size with a tile that is bimodal
/// (both classes in it, clearly apart, and one of them the `sought`) are put together and split.
/// `None` where no tile is: then the plane holds one class, or others than the one looked for, and
/// any split would be noise. Tile selection after Chini et al. 2017 (doi
/// 10.1109/TGRS.2017.2737664), with Otsu's separability in place of Ashman's D.
pub fn bimodal(
    plane: &[f64],
    width: usize,
    height: usize,
    method: Method,
    sought: Sought,
) -> Option<f64> {
    let mut side = width.max(height);
    while side >= TILE_PX_LEAST.min(width.max(height)) {
        let mut pooled = Vec::new();
        for top in (0..height).step_by(side) {
            for left in (0..width).step_by(side) {
                let tile: Vec<f64> = (top..(top + side).min(height))
                    .flat_map(|row| {
                        &plane[row * width + left..row * width + (left + side).min(width)]
                    })
                    .copied()
                    .filter(|value| value.is_finite())
                    .collect();
                if is_bimodal(&tile, sought) {
                    pooled.extend(tile);
                }
            }
        }
        if let Some(histogram) = Histogram::new(&pooled) {
            return Some(method.threshold(&histogram));
        }
        if side == 1 {
            break;
        }
        side = side.div_ceil(2);
    }
    None
}

fn is_bimodal(values: &[f64], sought: Sought) -> bool {
    let Some(histogram) = Histogram::new(values) else {
        return false;
    };
    let halves = histogram.halves(histogram.otsu());
    halves.separability >= SEPARABILITY_LEAST
        && (CLASS_PART_LEAST..=1.0 - CLASS_PART_LEAST).contains(&halves.lower_part)
        && sought.is_in(&halves)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random and repeat: a linear congruential generator, summed to a bell.
    fn bell(count: usize, mean: f64, width: f64) -> Vec<f64> {
        let mut state = 12_345_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) as f64 / f64::from(1_u32 << 31)
        };
        (0..count)
            .map(|_| mean + width * ((0..12).map(|_| next()).sum::<f64>() - 6.0))
            .collect()
    }

    #[test]
    fn two_bells_are_split_between_their_means() {
        let values = [bell(3000, -20.0, 1.0), bell(5000, -10.0, 1.5)].concat();
        let histogram = Histogram::new(&values).unwrap();
        for threshold in [histogram.otsu(), histogram.minimum_error()] {
            assert!((-18.0..-13.0).contains(&threshold), "{threshold}");
        }
    }

    #[test]
    fn one_class_is_not_split() {
        let values = bell(128 * 128, 0.3, 0.05);
        assert_eq!(bimodal(&values, 128, 128, Method::Otsu, Sought::Any), None);
        assert_eq!(
            bimodal(&[f64::NAN; 64], 8, 8, Method::Otsu, Sought::Any),
            None
        );
        assert_eq!(bimodal(&[1.0; 64], 8, 8, Method::Otsu, Sought::Any), None);
    }

    #[test]
    fn a_small_class_is_found_in_its_tile() {
        // A lake of 2 % of the plane in one corner.
        let mut values = bell(256 * 256, -0.4, 0.02);
        let lake = bell(36 * 36, 0.5, 0.02);
        for row in 0..36 {
            for col in 0..36 {
                values[row * 256 + col] = lake[row * 36 + col];
            }
        }
        let find = |sought| bimodal(&values, 256, 256, Method::Otsu, sought);
        let threshold = find(Sought::Any).unwrap();
        assert!((-0.35..0.45).contains(&threshold), "{threshold}");
        assert_eq!(find(Sought::Above(0.0)), Some(threshold));
        assert_eq!(find(Sought::Above(0.6)), None);
        assert_eq!(find(Sought::Below(0.0)), Some(threshold));
        assert_eq!(find(Sought::Below(-0.5)), None);
    }
}
