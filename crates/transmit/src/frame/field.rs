//! The field of the Reed-Solomon symbols: GF(256) over x⁸ + x⁷ + x² + x + 1 (CCSDS 131.0-B-5 §4.3.3),
//! and the two ways of writing a symbol in eight bits.

use std::sync::LazyLock;

/// The field polynomial, x⁸ + x⁷ + x² + x + 1.
const POLYNOMIAL: u16 = 0x187;

/// Logarithm of zero: any sum with it lands in the zeros at the end of the table of powers.
const LOG_ZERO: u16 = 511;

/// How a symbol is written in eight bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Powers of the primitive element, the highest first.
    Conventional,
    /// The dual basis of Berlekamp that CCSDS 131.0-B-5 §4.3.9 requires.
    Dual,
}

impl Basis {
    /// The word used in reports and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Conventional => "conventional",
            Self::Dual => "dual",
        }
    }
}

/// Powers and logarithms of the primitive element, and the maps between the bases.
pub(super) struct Field {
    /// Powers by exponent below 510; zero from 511 on, so that products need no test for zero.
    power: [u8; 1024],
    log: [u16; 256],
    dual_of: [u8; 256],
    conventional_of: [u8; 256],
}

/// The one field there is.
pub(super) static FIELD: LazyLock<Field> = LazyLock::new(Field::new);

impl Field {
    fn new() -> Self {
        let mut power = [0_u8; 1024];
        let mut log = [LOG_ZERO; 256];
        let mut value = 1_u16;
        for exponent in 0..255_u16 {
            power[usize::from(exponent)] = value as u8;
            power[usize::from(exponent) + 255] = value as u8;
            log[usize::from(value)] = exponent;
            value <<= 1;
            if value & 0x100 != 0 {
                value ^= POLYNOMIAL;
            }
        }
        let mut field = Self {
            power,
            log,
            dual_of: [0; 256],
            conventional_of: [0; 256],
        };
        for symbol in 0..=255_u8 {
            let dual = (0..8).fold(0_u8, |dual, i| {
                (dual << 1) | field.trace(field.multiply(symbol, field.power(117 * i)))
            });
            field.dual_of[usize::from(symbol)] = dual;
            field.conventional_of[usize::from(dual)] = symbol;
        }
        field
    }

    /// Power of the primitive element with any exponent.
    pub(super) fn power(&self, exponent: usize) -> u8 {
        self.power[exponent % 255]
    }

    /// Product.
    #[inline]
    pub(super) fn multiply(&self, a: u8, b: u8) -> u8 {
        self.power[usize::from(self.log[usize::from(a)] + self.log[usize::from(b)])]
    }

    /// Quotient by a divisor that is not zero.
    #[inline]
    pub(super) fn divide(&self, a: u8, b: u8) -> u8 {
        debug_assert_ne!(b, 0, "division by zero");
        let inverse = 255 - self.log[usize::from(b)] % 255;
        self.power[usize::from(self.log[usize::from(a)] + inverse % 255)]
    }

    /// Sum of the conjugates: 0 or 1.
    fn trace(&self, symbol: u8) -> u8 {
        let mut square = symbol;
        let mut sum = 0;
        for _ in 0..8 {
            sum ^= square;
            square = self.multiply(square, square);
        }
        sum & 1
    }

    /// A symbol of the conventional basis, written in `basis`.
    pub(super) fn write(&self, symbol: u8, basis: Basis) -> u8 {
        match basis {
            Basis::Conventional => symbol,
            Basis::Dual => self.dual_of[usize::from(symbol)],
        }
    }

    /// The symbol that a byte in `basis` stands for, in the conventional basis.
    pub(super) fn read(&self, byte: u8, basis: Basis) -> u8 {
        match basis {
            Basis::Conventional => byte,
            Basis::Dual => self.conventional_of[usize::from(byte)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_those_of_shift_and_add() {
        for a in 0..=255_u8 {
            for b in 0..=255_u8 {
                let mut product = 0_u16;
                for bit in (0..8).rev() {
                    product <<= 1;
                    if product & 0x100 != 0 {
                        product ^= POLYNOMIAL;
                    }
                    if b & (1 << bit) != 0 {
                        product ^= u16::from(a);
                    }
                }
                assert_eq!(u16::from(FIELD.multiply(a, b)), product);
                if b != 0 {
                    assert_eq!(FIELD.divide(FIELD.multiply(a, b), b), a);
                }
            }
        }
    }

    /// The matrix of CCSDS 131.0-B-5 §4.3.9: rows are the dual forms of α⁷ … α⁰.
    #[test]
    fn the_dual_basis_is_that_of_the_standard() {
        let rows: Vec<u8> = (0..8)
            .rev()
            .map(|k| FIELD.write(1 << k, Basis::Dual))
            .collect();
        assert_eq!(rows, [0x8d, 0xef, 0xec, 0x86, 0xfa, 0x99, 0xaf, 0x7b]);
        for byte in 0..=255_u8 {
            assert_eq!(
                FIELD.write(FIELD.read(byte, Basis::Dual), Basis::Dual),
                byte
            );
        }
    }
}
