//! Pictures as tiles that overlap: each pixel is judged once, away from the edge of its tile.

/// A tile of a picture: where it begins, which may be outside, and which pixels it judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    /// First row and column; what lies outside of the picture is its mirror image.
    pub(super) origin: (isize, isize),
    /// First row and column judged, and the rows and columns after the last.
    pub(super) judged: [(usize, usize); 2],
}

/// The tiles of a picture of `height` rows and `width` columns, row by row: their inner parts,
/// without `margin` pixels at each edge, cover it without overlap.
pub(super) fn tiles(
    (height, width): (usize, usize),
    (tile_height, tile_width): (usize, usize),
    margin: usize,
) -> Vec<Tile> {
    let starts = |length: usize, tile: usize| {
        let step = tile.saturating_sub(2 * margin).max(1);
        (0..length).step_by(step).map(move |start| {
            let origin = start as isize - margin as isize;
            (origin, (start, (start + step).min(length)))
        })
    };
    starts(height, tile_height)
        .flat_map(|(top, rows)| {
            starts(width, tile_width).map(move |(left, cols)| Tile {
                origin: (top, left),
                judged: [rows, cols],
            })
        })
        .collect()
}

/// The row or column of a picture that stands at `at`: beyond an edge it is mirrored, the edge
/// itself included, as often as needed. `length` is above 0.
pub(super) fn mirrored(at: isize, length: usize) -> usize {
    let period = 2 * length;
    let at = at.rem_euclid(period as isize) as usize;
    if at < length { at } else { period - 1 - at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn beyond_the_edge_is_the_mirror() {
        let row: Vec<usize> = (-4..8).map(|at| mirrored(at, 3)).collect();
        // numpy.pad([0, 1, 2], (4, 5), mode="symmetric")
        assert_eq!(row, [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]);
    }

    proptest! {
        #[test]
        fn every_pixel_is_judged_once_and_away_from_the_edge(
            height in 1_usize..80, width in 1_usize..80, tile in 3_usize..40, margin in 0_usize..12,
        ) {
            prop_assume!(2 * margin < tile);
            let mut judged = vec![0; height * width];
            for one in tiles((height, width), (tile, tile), margin) {
                let [rows, cols] = one.judged;
                for row in rows.0..rows.1 {
                    for col in cols.0..cols.1 {
                        judged[row * width + col] += 1;
                    }
                }
                for ((first, end), origin) in [(rows, one.origin.0), (cols, one.origin.1)] {
                    prop_assert!(first as isize - origin >= margin as isize);
                    prop_assert!(origin + tile as isize - end as isize >= margin as isize);
                }
            }
            prop_assert!(judged.iter().all(|count| *count == 1));
        }
    }
}
