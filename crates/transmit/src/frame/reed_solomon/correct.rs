//! From a remainder to the places and values of the errors.

use super::Strength;
use crate::frame::field::FIELD;
use std::sync::LazyLock;

/// Places (power of x) and values of the errors of one codeword.
pub(super) struct Errors {
    found: [(usize, u8); 16],
    len: usize,
}

impl Errors {
    pub(super) fn iter(&self) -> std::slice::Iter<'_, (usize, u8)> {
        self.found[..self.len].iter()
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }
}

/// Rows that are added for one half byte: products of a constant with all sixteen values.
type Nibbles<const LEN: usize> = [[[u8; LEN]; 16]; 2];

/// Row of syndromes that each symbol of the remainder adds, by half byte.
struct Syndromes<const LEN: usize> {
    rows: [Nibbles<LEN>; LEN],
}

/// Row of values at all 255 places that each coefficient of the locator adds, by half byte.
struct Search {
    rows: [Nibbles<256>; 17],
}

static E16: LazyLock<Box<Syndromes<32>>> = LazyLock::new(|| Syndromes::new(Strength::E16));
static E8: LazyLock<Box<Syndromes<16>>> = LazyLock::new(|| Syndromes::new(Strength::E8));
static SEARCH: LazyLock<Box<Search>> = LazyLock::new(|| {
    let mut made = Box::new(Search {
        rows: [[[[0; 256]; 16]; 2]; 17],
    });
    for (k, halves) in made.rows.iter_mut().enumerate() {
        fill(halves, |place| FIELD.power(11 * (255 - place % 255) * k));
    }
    made
});

/// Products of both half bytes with a constant a column.
fn fill<const LEN: usize>(halves: &mut Nibbles<LEN>, constant: impl Fn(usize) -> u8) {
    for (half, rows) in halves.iter_mut().enumerate() {
        for (value, row) in (0_u8..).zip(rows.iter_mut()) {
            for (column, product) in row.iter_mut().enumerate() {
                *product = FIELD.multiply(value << (4 * half), constant(column));
            }
        }
    }
}

/// Adds the products of `symbol` with all constants of the row.
#[inline]
fn add<const LEN: usize>(sum: &mut [u8; LEN], halves: &Nibbles<LEN>, symbol: u8) {
    let low = &halves[0][usize::from(symbol & 15)];
    let high = &halves[1][usize::from(symbol >> 4)];
    for i in 0..LEN {
        sum[i] ^= low[i] ^ high[i];
    }
}

impl<const LEN: usize> Syndromes<LEN> {
    fn new(strength: Strength) -> Box<Self> {
        let mut made = Box::new(Self {
            rows: [[[[0; LEN]; 16]; 2]; LEN],
        });
        for (i, halves) in made.rows.iter_mut().enumerate() {
            // Symbol i of the remainder belongs to the power LEN - 1 - i.
            fill(halves, |j| {
                FIELD.power(11 * (strength.first_root() + j) * (LEN - 1 - i))
            });
        }
        made
    }

    fn of(&self, remainder: &[u8]) -> [u8; LEN] {
        let mut sum = [0; LEN];
        for (halves, symbol) in self.rows.iter().zip(remainder) {
            add(&mut sum, halves, *symbol);
        }
        sum
    }
}

/// The errors behind a remainder that is not zero; `None` where there are too many.
pub(super) fn find(strength: Strength, remainder: &[u8]) -> Option<Errors> {
    match strength {
        Strength::E16 => solve(strength, &E16.of(remainder)),
        Strength::E8 => solve(strength, &E8.of(remainder)),
    }
}

fn solve<const LEN: usize>(strength: Strength, syndromes: &[u8; LEN]) -> Option<Errors> {
    let (locator, degree) = locate(syndromes)?;
    let mut values = [locator[0]; 256];
    for (rows, coefficient) in SEARCH.rows.iter().zip(locator).take(degree + 1).skip(1) {
        add(&mut values, rows, coefficient);
    }
    let mut errors = Errors {
        found: [(0, 0); 16],
        len: 0,
    };
    for (place, value) in values[..255].iter().enumerate() {
        if *value == 0 {
            let slot = errors.found.get_mut(errors.len)?;
            slot.0 = place;
            errors.len += 1;
        }
    }
    if errors.len != degree {
        return None;
    }
    // Ω = S Λ mod x^degree: its terms from `degree` on are zero by construction of Λ.
    let mut evaluator = [0_u8; 16];
    for (i, term) in evaluator.iter_mut().enumerate().take(degree) {
        for k in 0..=i {
            *term ^= FIELD.multiply(syndromes[i - k], locator[k]);
        }
    }
    for (place, value) in &mut errors.found[..degree] {
        // X = α^(11 place); the value is X^(1 - first root) Ω(1/X) / Λ'(1/X).
        let inverse = 11 * (255 - *place);
        let mut above = 0;
        for (i, term) in evaluator[..degree].iter().enumerate() {
            above ^= FIELD.multiply(*term, FIELD.power(inverse * i));
        }
        let mut below = 0;
        for k in (1..=degree).step_by(2) {
            below ^= FIELD.multiply(locator[k], FIELD.power(inverse * (k - 1)));
        }
        if below == 0 {
            return None;
        }
        let scale = FIELD.power(inverse * (strength.first_root() - 1));
        *value = FIELD.multiply(FIELD.divide(above, below), scale);
    }
    Some(errors)
}

/// The shortest recurrence of the syndromes (Berlekamp and Massey); `None` past the code's strength.
fn locate<const LEN: usize>(syndromes: &[u8; LEN]) -> Option<([u8; 17], usize)> {
    let mut locator = [0_u8; 17];
    let mut before = [0_u8; 17];
    (locator[0], before[0]) = (1, 1);
    let mut degree = 0;
    let mut shift = 1;
    let mut last = 1_u8;
    for n in 0..LEN {
        let mut discrepancy = syndromes[n];
        for k in 1..=degree.min(n) {
            discrepancy ^= FIELD.multiply(locator[k], syndromes[n - k]);
        }
        if discrepancy == 0 {
            shift += 1;
            continue;
        }
        let factor = FIELD.divide(discrepancy, last);
        let kept = locator;
        for k in shift..17 {
            locator[k] ^= FIELD.multiply(factor, before[k - shift]);
        }
        if 2 * degree <= n {
            degree = n + 1 - degree;
            if degree > LEN / 2 {
                return None;
            }
            (before, last, shift) = (kept, discrepancy, 1);
        } else {
            shift += 1;
        }
    }
    Some((locator, degree))
}
