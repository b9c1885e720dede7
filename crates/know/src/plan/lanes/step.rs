//! Steps of a program on planes in slots.

use super::{LANES, Slot, Step, Two};
use crate::plan::program::Fold;

pub(super) type Lanes = [f64; LANES];

fn one(slots: &mut [Lanes], a: Slot, to: Slot, function: impl Fn(f64) -> f64) {
    let a = slots[a];
    for (out, a) in slots[to].iter_mut().zip(&a) {
        *out = function(*a);
    }
}

fn two(slots: &mut [Lanes], a: Slot, b: Slot, to: Slot, function: impl Fn(f64, f64) -> f64) {
    let (a, b) = (slots[a], slots[b]);
    for (lane, out) in slots[to].iter_mut().enumerate() {
        *out = function(a[lane], b[lane]);
    }
}

#[allow(clippy::float_cmp, reason = "the process asks for equality")]
fn equal(a: f64, b: f64) -> bool {
    a == b
}

/// No data on either side is no data.
fn both(a: f64, b: f64, value: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        f64::NAN
    } else {
        value
    }
}

fn truth(number: f64) -> Option<bool> {
    (!number.is_nan()).then(|| number.abs() > 0.0)
}

fn of_truth(truth: bool) -> f64 {
    f64::from(u8::from(truth))
}

impl Step {
    /// Steps of slots alone.
    pub(super) fn run(&self, slots: &mut [Lanes]) {
        match self {
            Step::Load(..) | Step::Reduce(..) | Step::Write(..) => {}
            Step::Constant(number, to) => slots[*to].fill(*number),
            Step::Unary(function, a, to) => one(slots, *a, *to, function),
            Step::Binary(how, a, b, to) => how.run(slots, *a, *b, *to),
            Step::Equal(wanted, a, b, to) => two(slots, *a, *b, *to, |a, b| {
                both(a, b, of_truth(equal(a, b) == *wanted))
            }),
            Step::Ndvi(n, r, to) => two(slots, *n, *r, *to, |n, r| (n - r) / (n + r)),
            Step::Mask(data, mask, replacement, to) => {
                two(slots, *data, *mask, *to, |data, mask| {
                    let kept = if mask.abs() > 0.0 { *replacement } else { data };
                    if mask.is_nan() { f64::NAN } else { kept }
                });
            }
            Step::If(condition, yes, no, to) => {
                let (condition, yes, no) = (slots[*condition], slots[*yes], slots[*no]);
                for (lane, out) in slots[*to].iter_mut().enumerate() {
                    let holds = condition[lane].abs() > 0.0;
                    *out = if holds { yes[lane] } else { no[lane] };
                }
            }
            Step::Between(a, [min, max], open, to) => one(slots, *a, *to, |x| {
                let below = if *open { x < *max } else { x <= *max };
                both(x, x, of_truth(*min <= x && below))
            }),
            Step::Scale(a, [in_min, in_max, out_min, out_max], to) => {
                let (low, high) = (in_min.min(*in_max), in_min.max(*in_max));
                one(slots, *a, *to, |x| {
                    let clipped = x.max(low).min(high);
                    let part = (clipped - in_min) / (in_max - in_min);
                    both(x, x, part * (out_max - out_min) + out_min)
                });
            }
            Step::IsNodata(a, to) => one(slots, *a, *to, |x| of_truth(x.is_nan())),
            Step::Narrow(a, to) => one(slots, *a, *to, |x| f64::from(x as f32)),
            Step::Begin(fold, folded, count) => {
                slots[*folded].fill(match fold {
                    // As sums of the standard library begin.
                    Fold::Mean | Fold::Sum => -0.0,
                    Fold::Min | Fold::Max | Fold::First | Fold::Last => f64::NAN,
                    Fold::Count | Fold::Any => 0.0,
                    Fold::All => 1.0,
                });
                if fold.counts() {
                    slots[*count].fill(0.0);
                }
            }
            Step::Take(fold, folded, count, value) => {
                let taken = slots[*value];
                fold.take(&mut slots[*folded], &taken);
                if fold.counts() {
                    for (count, value) in slots[*count].iter_mut().zip(&taken) {
                        *count += of_truth(!value.is_nan());
                    }
                }
            }
            Step::End(fold, folded, count) => {
                if fold.counts() {
                    let counted = slots[*count];
                    for (value, count) in slots[*folded].iter_mut().zip(&counted) {
                        let whole = if *fold == Fold::Mean {
                            *value / count
                        } else {
                            *value
                        };
                        *value = if *count > 0.0 { whole } else { f64::NAN };
                    }
                }
            }
        }
    }
}

impl Two {
    fn run(self, slots: &mut [Lanes], a: Slot, b: Slot, to: Slot) {
        match self {
            Two::Add => two(slots, a, b, to, |a, b| both(a, b, a + b)),
            Two::Subtract => two(slots, a, b, to, |a, b| both(a, b, a - b)),
            Two::Multiply => two(slots, a, b, to, |a, b| both(a, b, a * b)),
            Two::Divide => two(slots, a, b, to, |a, b| both(a, b, a / b)),
            Two::Binary(function) => two(slots, a, b, to, |a, b| both(a, b, function(a, b))),
            Two::Compare(function) => {
                two(slots, a, b, to, |a, b| both(a, b, of_truth(function(a, b))));
            }
            Two::Logic(function) => two(slots, a, b, to, |a, b| {
                function(truth(a), truth(b)).map_or(f64::NAN, of_truth)
            }),
        }
    }
}

impl Fold {
    /// Whether values are counted beside.
    pub(super) const fn counts(self) -> bool {
        matches!(self, Fold::Mean | Fold::Sum)
    }

    fn take(self, folded: &mut Lanes, taken: &Lanes) {
        let each = |folded: &mut Lanes, function: &dyn Fn(f64, f64) -> f64| {
            for (own, value) in folded.iter_mut().zip(taken) {
                *own = if value.is_nan() {
                    *own
                } else {
                    function(*own, *value)
                };
            }
        };
        match self {
            Fold::Mean | Fold::Sum => {
                for (own, value) in folded.iter_mut().zip(taken) {
                    *own = if value.is_nan() { *own } else { *own + *value };
                }
            }
            Fold::Min => {
                for (own, value) in folded.iter_mut().zip(taken) {
                    *own = if value.is_nan() || *own <= *value {
                        *own
                    } else {
                        *value
                    };
                }
            }
            Fold::Max => {
                for (own, value) in folded.iter_mut().zip(taken) {
                    *own = if value.is_nan() || *own >= *value {
                        *own
                    } else {
                        *value
                    };
                }
            }
            Fold::Count => {
                for (own, value) in folded.iter_mut().zip(taken) {
                    *own += of_truth(value.is_finite());
                }
            }
            Fold::First => each(folded, &|own, value| if own.is_nan() { value } else { own }),
            Fold::Last => each(folded, &|_, value| value),
            Fold::Any => each(folded, &|own, v| if v.abs() > 0.0 { 1.0 } else { own }),
            Fold::All => each(folded, &|own, v| if v.abs() <= 0.0 { 0.0 } else { own }),
        }
    }
}
