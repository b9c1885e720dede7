use super::*;
use proptest::prelude::*;

/// The remainder by plain evaluation at every root.
fn is_codeword(code: &ReedSolomon, block: &[u8], interleave: usize) -> bool {
    (0..interleave).all(|c| {
        (0..code.strength.check_len()).all(|j| {
            let root = FIELD.power(11 * (code.strength.first_root() + j));
            block.iter().skip(c).step_by(interleave).fold(0, |sum, b| {
                FIELD.multiply(sum, root) ^ FIELD.read(*b, code.basis)
            }) == 0
        })
    })
}

fn codes() -> impl Strategy<Value = ReedSolomon> {
    (any::<bool>(), any::<bool>()).prop_map(|(strong, dual)| {
        ReedSolomon::new(
            if strong { Strength::E16 } else { Strength::E8 },
            if dual {
                Basis::Dual
            } else {
                Basis::Conventional
            },
        )
    })
}

proptest! {
    #[test]
    fn errors_within_the_strength_are_corrected(
        code in codes(), interleave in 1_usize..=8, symbols in 33_usize..=255, seed: u64, count in 0_usize..=16,
    ) {
        let mut random = Random(seed);
        let mut block: Vec<u8> = (0..symbols * interleave).map(|_| random.byte()).collect();
        code.encode(&mut block, interleave).unwrap();
        prop_assert!(is_codeword(&code, &block, interleave));
        let right = block.clone();
        prop_assert_eq!(code.correct(&mut block, interleave), Some(Correction::default()));
        let count = count.min(code.strength.correctable());
        for c in 0..interleave {
            random.hit(&mut block, interleave, c, count);
        }
        let done = code.correct(&mut block, interleave).unwrap();
        prop_assert_eq!(done, Correction { symbols: count * interleave, uncorrectable: 0 });
        prop_assert_eq!(block, right);
    }

    #[test]
    fn what_cannot_be_corrected_is_said_and_left_as_it_was(
        code in codes(), interleave in 1_usize..=8, seed: u64, over in 1_usize..=100,
    ) {
        let mut random = Random(seed);
        let mut block: Vec<u8> = (0..255 * interleave).map(|_| random.byte()).collect();
        code.encode(&mut block, interleave).unwrap();
        let count = code.strength.correctable() + over;
        random.hit(&mut block, interleave, 0, count);
        let received = block.clone();
        let done = code.correct(&mut block, interleave).unwrap();
        if done.uncorrectable == 1 {
            prop_assert_eq!(block, received);
        } else {
            // Beyond its distance the code may meet another codeword: one word in E! does.
            prop_assert!(is_codeword(&code, &block, interleave));
        }
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }

    /// Changes `count` different symbols of one codeword.
    fn hit(&mut self, block: &mut [u8], interleave: usize, codeword: usize, count: usize) {
        let symbols = block.len() / interleave;
        let mut places: Vec<usize> = (0..symbols).collect();
        for i in 0..count.min(symbols) {
            let other = i + (self.next() % (symbols - i) as u64) as usize;
            places.swap(i, other);
            block[places[i] * interleave + codeword] ^= (self.next() % 255 + 1) as u8;
        }
    }
}

#[test]
fn lengths_that_fit_no_code_are_refused() {
    let code = ReedSolomon::new(Strength::E16, Basis::Dual);
    for (len, interleave) in [
        (1020, 3),
        (1024, 4),
        (32, 1),
        (255, 0),
        (255 * 9, 9),
        (0, 1),
    ] {
        let mut block = vec![0; len];
        assert_eq!(
            code.correct(&mut block, interleave),
            None,
            "{len}/{interleave}"
        );
        assert_eq!(
            code.encode(&mut block, interleave),
            None,
            "{len}/{interleave}"
        );
    }
}
