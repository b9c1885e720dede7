//! Reed-Solomon (255,223) and (255,239) of CCSDS 131.0-B-5 §4: symbol interleaving 1 to 8, virtual fill,
//! both bases.
//!
//! A received codeword is divided by the generator polynomial four symbols at a time with tables of
//! whole remainders, as fast checksums are computed. The tables are written in the basis of the wire, so
//! the dual basis costs nothing. A remainder of zero is a clean codeword; else syndromes come from the
//! remainder alone, the locator from Berlekamp and Massey's algorithm, its roots from tables of whole
//! rows (Chien's search for all positions at once) and the values from Forney's formula. What was
//! corrected is divided again, and put back as it was unless it is a codeword now.

mod correct;

use super::field::{Basis, FIELD};
use std::sync::{Arc, LazyLock};

/// Symbols of a whole codeword.
pub const CODEWORD_LEN: usize = 255;

/// Deepest interleaving of CCSDS 131.0-B-5 §4.3.5 (1, 2, 3, 4, 5 and 8 are named; all up to it are read).
pub const INTERLEAVE_MAX: usize = 8;

/// Errors of 16 or 8 symbols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Strength {
    /// (255,223): 32 check symbols, corrects 16.
    E16,
    /// (255,239): 16 check symbols, corrects 8.
    E8,
}

impl Strength {
    /// Symbols in error that can be put right.
    pub fn correctable(self) -> usize {
        match self {
            Self::E16 => 16,
            Self::E8 => 8,
        }
    }

    /// Check symbols of a codeword.
    pub fn check_len(self) -> usize {
        2 * self.correctable()
    }

    /// `(255,223)` or `(255,239)`.
    pub fn name(self) -> &'static str {
        match self {
            Self::E16 => "(255,223)",
            Self::E8 => "(255,239)",
        }
    }

    /// Exponent of the first root of the generator, in powers of α¹¹: 128 − E.
    fn first_root(self) -> usize {
        128 - self.correctable()
    }
}

/// What became of a block of interleaved codewords.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correction {
    /// Symbols put right.
    pub symbols: usize,
    /// Codewords with more errors than the code corrects; their bytes are as received.
    pub uncorrectable: usize,
}

impl Correction {
    /// Whether every codeword is right now.
    pub fn is_good(self) -> bool {
        self.uncorrectable == 0
    }
}

/// One code in one basis: its tables are made once and shared.
#[derive(Clone)]
pub struct ReedSolomon {
    strength: Strength,
    basis: Basis,
    tables: Arc<Tables>,
}

impl std::fmt::Debug for ReedSolomon {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.strength.name(), self.basis.name())
    }
}

enum Tables {
    E16(Box<Division<8>>),
    E8(Box<Division<4>>),
}

/// `rows[k][byte]`: the remainder of `byte · x^(check_len + k)`, in words of four symbols.
struct Division<const WORDS: usize> {
    rows: [[[u32; WORDS]; 256]; 4],
}

impl ReedSolomon {
    /// The code, from tables made once for the process.
    pub fn new(strength: Strength, basis: Basis) -> Self {
        static MADE: LazyLock<[Arc<Tables>; 4]> = LazyLock::new(|| {
            [
                Arc::new(Tables::E16(Division::new(Strength::E16, Basis::Dual))),
                Arc::new(Tables::E16(Division::new(
                    Strength::E16,
                    Basis::Conventional,
                ))),
                Arc::new(Tables::E8(Division::new(Strength::E8, Basis::Dual))),
                Arc::new(Tables::E8(Division::new(Strength::E8, Basis::Conventional))),
            ]
        });
        let place =
            usize::from(strength == Strength::E8) * 2 + usize::from(basis == Basis::Conventional);
        Self {
            strength,
            basis,
            tables: MADE[place].clone(),
        }
    }

    /// How many errors it corrects.
    pub fn strength(&self) -> Strength {
        self.strength
    }

    /// How symbols are written.
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// Corrects `interleave` interleaved codewords in place: symbol `s` of codeword `c` is
    /// `block[s * interleave + c]`. Codewords shorter than 255 symbols have virtual fill before them.
    ///
    /// `None` where the length of the block fits no such code: not a multiple of the interleaving,
    /// longer than 255 symbols a codeword, or not longer than the check symbols.
    pub fn correct(&self, block: &mut [u8], interleave: usize) -> Option<Correction> {
        if !self.fits(block.len(), interleave) {
            return None;
        }
        let mut sum = Correction::default();
        for codeword in 0..interleave {
            match self.correct_one(block, interleave, codeword) {
                Some(symbols) => sum.symbols += symbols,
                None => sum.uncorrectable += 1,
            }
        }
        Some(sum)
    }

    /// Whether a block of `len` bytes can hold `interleave` codewords.
    pub fn fits(&self, len: usize, interleave: usize) -> bool {
        (1..=INTERLEAVE_MAX).contains(&interleave)
            && len.is_multiple_of(interleave)
            && len / interleave > self.strength.check_len()
            && len / interleave <= CODEWORD_LEN
    }

    /// Writes the check symbols of `interleave` codewords at the end of the block.
    ///
    /// `None` as for [`ReedSolomon::correct`].
    pub fn encode(&self, block: &mut [u8], interleave: usize) -> Option<()> {
        if !self.fits(block.len(), interleave) {
            return None;
        }
        let message = block.len() - interleave * self.strength.check_len();
        block[message..].fill(0);
        for codeword in 0..interleave {
            let mut check = [0_u8; 32];
            let check = &mut check[..self.strength.check_len()];
            self.remainder(block, interleave, codeword, check);
            for (s, symbol) in check.iter().enumerate() {
                block[message + s * interleave + codeword] = *symbol;
            }
        }
        Some(())
    }

    /// Symbols corrected in one codeword; `None` where it cannot be corrected.
    fn correct_one(&self, block: &mut [u8], interleave: usize, codeword: usize) -> Option<usize> {
        let mut remainder = [0_u8; 32];
        let remainder = &mut remainder[..self.strength.check_len()];
        if self.remainder(block, interleave, codeword, remainder) {
            return Some(0);
        }
        for symbol in remainder.iter_mut() {
            *symbol = FIELD.read(*symbol, self.basis);
        }
        let errors = correct::find(self.strength, remainder)?;
        let len = block.len() / interleave;
        let at = |degree: usize| (len - 1 - degree) * interleave + codeword;
        if errors.iter().any(|(degree, _)| *degree >= len) {
            return None; // in the virtual fill, which is known to be zero
        }
        let flip = |block: &mut [u8]| {
            for (degree, value) in errors.iter() {
                block[at(*degree)] ^= FIELD.write(*value, self.basis);
            }
        };
        flip(block);
        if self.remainder(block, interleave, codeword, remainder) {
            Some(errors.len())
        } else {
            flip(block);
            None
        }
    }

    /// Divides one codeword by the generator; whether nothing remains.
    fn remainder(&self, block: &[u8], interleave: usize, codeword: usize, out: &mut [u8]) -> bool {
        match (&*self.tables, interleave) {
            (Tables::E16(t), 1) => t.remainder::<1>(block, 1, codeword, out),
            (Tables::E16(t), 4) => t.remainder::<4>(block, 4, codeword, out),
            (Tables::E16(t), 5) => t.remainder::<5>(block, 5, codeword, out),
            (Tables::E16(t), n) => t.remainder::<0>(block, n, codeword, out),
            (Tables::E8(t), 1) => t.remainder::<1>(block, 1, codeword, out),
            (Tables::E8(t), 4) => t.remainder::<4>(block, 4, codeword, out),
            (Tables::E8(t), n) => t.remainder::<0>(block, n, codeword, out),
        }
    }
}

impl<const WORDS: usize> Division<WORDS> {
    fn new(strength: Strength, basis: Basis) -> Box<Self> {
        let check_len = strength.check_len();
        // The generator without its leading one, highest power first.
        let mut generator = vec![0_u8; check_len + 1];
        generator[0] = 1;
        for j in 0..check_len {
            let root = FIELD.power(11 * (strength.first_root() + j));
            for i in (1..=j + 1).rev() {
                generator[i] ^= FIELD.multiply(generator[i - 1], root);
            }
        }
        let mut made = Box::new(Self {
            rows: [[[0; WORDS]; 256]; 4],
        });
        for byte in 0..=255_u8 {
            let symbol = FIELD.read(byte, basis);
            let mut row: Vec<u8> = generator[1..]
                .iter()
                .map(|g| FIELD.multiply(symbol, *g))
                .collect();
            for rows in &mut made.rows {
                for (word, four) in rows[usize::from(byte)].iter_mut().zip(row.chunks_exact(4)) {
                    let written = [0, 1, 2, 3].map(|i| FIELD.write(four[i], basis));
                    *word = u32::from_le_bytes(written);
                }
                let first = row[0];
                row.rotate_left(1);
                row[check_len - 1] = 0;
                for (symbol, g) in row.iter_mut().zip(&generator[1..]) {
                    *symbol ^= FIELD.multiply(first, *g);
                }
            }
        }
        made
    }

    /// `STRIDE` is the interleaving where it is known when compiling, 0 where not.
    #[inline]
    fn remainder<const STRIDE: usize>(
        &self,
        block: &[u8],
        interleave: usize,
        codeword: usize,
        out: &mut [u8],
    ) -> bool {
        let stride = if STRIDE == 0 { interleave } else { STRIDE };
        let symbols = block.len() / stride;
        let message = symbols - 4 * WORDS;
        let mut state = [0_u32; WORDS];
        let odd = message % 4;
        for s in 0..odd {
            let byte = state[0] as u8 ^ block[s * stride + codeword];
            for i in 0..WORDS {
                let next = if i + 1 < WORDS { state[i + 1] } else { 0 };
                state[i] = (state[i] >> 8) | (next << 24);
            }
            let row = &self.rows[0][usize::from(byte)];
            for (word, add) in state.iter_mut().zip(row) {
                *word ^= add;
            }
        }
        for group in block[odd * stride..message * stride].chunks_exact(4 * stride) {
            let four = u32::from_le_bytes([0, 1, 2, 3].map(|i| group[i * stride + codeword]));
            let [a, b, c, d] = (state[0] ^ four).to_le_bytes().map(usize::from);
            let (a, b) = (&self.rows[3][a], &self.rows[2][b]);
            let (c, d) = (&self.rows[1][c], &self.rows[0][d]);
            let mut next = [0_u32; WORDS];
            next[..WORDS - 1].copy_from_slice(&state[1..]);
            for i in 0..WORDS {
                next[i] ^= a[i] ^ b[i] ^ c[i] ^ d[i];
            }
            state = next;
        }
        let mut rest = 0;
        for (i, word) in state.iter_mut().enumerate() {
            let from = (message + 4 * i) * stride + codeword;
            *word ^= u32::from_le_bytes([0, 1, 2, 3].map(|k| block[from + k * stride]));
            rest |= *word;
        }
        for (bytes, word) in out.chunks_exact_mut(4).zip(state) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        rest == 0
    }
}

#[cfg(test)]
mod tests;
