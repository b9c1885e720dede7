//! Constants of satellites, one row each, and the same as lanes.

/// Rows interleave in blocks of this many satellites: the most lanes a processor has.
pub(in crate::sgp4) const BLOCK: usize = 8;

/// A struct of numbers, `$row`, and the same struct of lanes, `$lanes`.
macro_rules! rows {
    ($(#[$doc:meta])* $row:ident, $lanes:ident { $($field:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub(in crate::sgp4) struct $row {
            $(pub(in crate::sgp4) $field: f64),*
        }

        impl $row {
            /// Numbers in a row.
            pub(in crate::sgp4) const LEN: usize = [$(stringify!($field)),*].len();

            /// Writes the row as one lane of an interleaved block.
            #[inline(always)]
            pub(in crate::sgp4) fn put(&self, block: &mut [f64], lane: usize) {
                let mut numbers = block.iter_mut().skip(lane).step_by(crate::sgp4::lanes::row::BLOCK);
                $(if let Some(number) = numbers.next() { *number = self.$field; })*
            }
        }

        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub(in crate::sgp4) struct $lanes<S: fearless_simd::Simd> {
            $(pub(in crate::sgp4) $field: S::f64s),*
        }

        impl<S: fearless_simd::Simd> $lanes<S> {
            /// One satellite in every lane.
            #[inline(always)]
            pub(in crate::sgp4) fn splat(simd: S, row: &$row) -> Self {
                use fearless_simd::SimdBase;
                Self { $($field: S::f64s::splat(simd, row.$field)),* }
            }

            /// Satellites from lane `first` of an interleaved block.
            #[inline(always)]
            pub(in crate::sgp4) fn load(simd: S, block: &[f64], first: usize) -> Self {
                use fearless_simd::SimdBase;
                let mut at = first;
                let mut next = || {
                    let lanes = S::f64s::from_slice(simd, &block[at..at + S::f64s::LEN]);
                    at += crate::sgp4::lanes::row::BLOCK;
                    lanes
                };
                Self { $($field: next()),* }
            }
        }
    };
}

pub(super) use rows;
