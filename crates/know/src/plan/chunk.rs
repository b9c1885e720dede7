//! Windows of a grid, small enough for the memory, along the blocks of the files.

use crate::source::assemble::{FileEntry, Layout};
use corridor_raster::dataset::Window;

/// Smaller chunks cost more in opening files than they gain in parallel work, pixels.
const CHUNK_PX_MIN: u64 = 65_536;
/// Chunks a partition should have at least, so that the work spreads evenly.
const CHUNKS_A_PARTITION: u64 = 4;
/// The same where chunks look at what is around them: the smaller they are, the more blocks are read twice.
const CHUNKS_A_PARTITION_AROUND: u64 = 1;

/// Cuts the grid of a layout into chunks of at most `pixels_max` pixels.
///
/// Whole blocks of the first file where they fit, about as many in each chunk, else bands of rows of one
/// block's width. `halo_px` is how far a chunk looks around itself.
pub(crate) fn cut(
    layout: &Layout,
    pixels_max: u64,
    partitions: usize,
    halo_px: usize,
) -> Vec<Window> {
    let (width, height) = (layout.grid.width, layout.grid.height);
    let all = width as u64 * height as u64;
    let a_partition = match halo_px {
        0 => CHUNKS_A_PARTITION,
        _ => CHUNKS_A_PARTITION_AROUND,
    };
    let spread = (all / (a_partition * partitions.max(1) as u64)).max(CHUNK_PX_MIN);
    let pixels = pixels_max.min(spread).max(1);
    let (block_width, block_height, col, row) = blocks(layout);
    let (chunk_width, chunk_height) = size(pixels, block_width, block_height);
    let chunk_width = even(width, chunk_width, block_width);
    let chunk_height = even(height, chunk_height, block_height);
    let columns = steps(width, chunk_width, col);
    let mut chunks = Vec::new();
    for (row, rows) in steps(height, chunk_height, row) {
        for (col, columns) in &columns {
            chunks.push(Window::new(*col, row, *columns, rows));
        }
    }
    chunks
}

/// Pixels of one of the first file's blocks.
pub(crate) fn block_px(layout: &Layout) -> u64 {
    let (width, height, ..) = blocks(layout);
    width as u64 * height as u64
}

/// The first file that is read, and the column and row of it at the corner of the layout's grid where both lie on
/// one lattice.
fn first_file(layout: &Layout) -> Option<(&FileEntry, Option<(i64, i64)>)> {
    let file = layout.reads.first().map(|read| &layout.files[read.file])?;
    Some((file, layout.offset_in(file)))
}

/// Size of the first file's blocks in pixels of the layout's grid, and the column and row at
/// which one begins.
fn blocks(layout: &Layout) -> (usize, usize, usize, usize) {
    let Some((file, place)) = first_file(layout) else {
        return (layout.grid.width, 1, 0, 0);
    };
    let (width, height) = (file.block_width.max(1), file.block_height.max(1));
    match place {
        Some((col, row)) => {
            let begin = |place: i64, size: usize| (-place).rem_euclid(size as i64) as usize;
            (width, height, begin(col, width), begin(row, height))
        }
        None => (width, height, 0, 0),
    }
}

/// Width and height of a chunk.
fn size(pixels: u64, block_width: usize, block_height: usize) -> (usize, usize) {
    let block = block_width as u64 * block_height as u64;
    if block <= pixels {
        let blocks = pixels / block;
        let across = (blocks.isqrt() as usize).max(1);
        let down = (blocks as usize / across).max(1);
        return (across * block_width, down * block_height);
    }
    if block_width as u64 <= pixels {
        let rows = (pixels / block_width as u64) as usize;
        // Rows that fill a block evenly reach into no second one.
        let parts = block_height.div_ceil(rows);
        let whole = block_height.is_multiple_of(parts);
        return (block_width, if whole { block_height / parts } else { rows });
    }
    (pixels as usize, 1)
}

/// A step of whole blocks, no longer than `step`, with which as many steps cover `length` most evenly.
fn even(length: usize, step: usize, block: usize) -> usize {
    if step <= block || !step.is_multiple_of(block) {
        return step;
    }
    let blocks = length.div_ceil(block);
    let steps = blocks.div_ceil(step / block).max(1);
    (blocks.div_ceil(steps) * block).min(step)
}

/// Pixels of the blocks of the first file that a window lies in: what is decoded of a band for it.
pub(crate) fn decoded_px(layout: &Layout, window: Window) -> u64 {
    let Some((file, Some((col, row)))) = first_file(layout) else {
        return window.pixels() as u64;
    };
    let (col, row) = (col + window.col as i64, row + window.row as i64);
    let columns = blocks_along(col, window.width, file.block_width, file.grid.width);
    let rows = blocks_along(row, window.height, file.block_height, file.grid.height);
    columns * rows
}

/// Starts and lengths of steps of `step` from 0 to `length`, the first one up to `begin`.
fn steps(length: usize, step: usize, begin: usize) -> Vec<(usize, usize)> {
    let mut steps = Vec::new();
    let mut from = 0;
    let first = begin % step;
    while from < length {
        let to = if from == 0 && first > 0 {
            first
        } else {
            from + step
        };
        let to = to.min(length);
        steps.push((from, to - from));
        from = to;
    }
    steps
}

/// A window with some pixels around it, inside a grid.
pub(crate) fn widened(window: Window, by: usize, width: usize, height: usize) -> Window {
    let (col, row) = (window.col.saturating_sub(by), window.row.saturating_sub(by));
    let end_col = (window.col + window.width + by).min(width);
    let end_row = (window.row + window.height + by).min(height);
    Window::new(col, row, end_col - col, end_row - row)
}

/// Pixels along one axis of a file of `size` pixels in whole blocks that `length` pixels from `from` lie in.
fn blocks_along(from: i64, length: usize, block: usize, size: usize) -> u64 {
    let (block, size) = (block.max(1) as i64, size as i64);
    let (from, to) = (from.max(0), (from + length as i64).min(size));
    if from >= to {
        return 0;
    }
    let end = ((to + block - 1) / block * block).min(size);
    (end - from / block * block) as u64
}

/// Cuts a window into pieces of at most `pixels` pixels: bands of rows, or parts of a row.
pub(crate) fn pieces(window: Window, pixels: usize) -> Vec<Window> {
    let pixels = pixels.max(1);
    let width = window.width.min(pixels).max(1);
    let height = (pixels / width).max(1);
    let mut pieces = Vec::new();
    for (row, rows) in steps(window.height, height, 0) {
        for (col, columns) in steps(window.width, width, 0) {
            pieces.push(Window::new(
                window.col + col,
                window.row + row,
                columns,
                rows,
            ));
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn chunks_are_whole_blocks_where_they_fit() {
        assert_eq!(size(1_000_000, 256, 256), (768, 1_280));
        assert_eq!(size(100_000, 512, 512), (512, 195));
        assert_eq!(size(100, 10_000, 1), (100, 1));
        assert_eq!(size(40_000, 256, 256), (256, 128));
        assert_eq!(even(2_048, 1_280, 256), 1_024);
        assert_eq!(even(2_000, 768, 256), 768);
        assert_eq!(even(100, 195, 256), 195);
        assert_eq!(steps(10, 4, 2), [(0, 2), (2, 4), (6, 4)]);
    }

    #[test]
    fn blocks_are_decoded_whole() {
        assert_eq!(blocks_along(256, 256, 256, 2_048), 256);
        assert_eq!(blocks_along(254, 260, 256, 2_048), 768);
        assert_eq!(blocks_along(-5, 10, 256, 100), 100);
        assert_eq!(blocks_along(2_000, 500, 256, 2_048), 256);
        assert_eq!(blocks_along(3_000, 5, 256, 2_048), 0);
    }

    proptest! {
        #[test]
        fn pieces_cover_a_window_once(
            (col, row, width, height) in (0_usize..9, 0_usize..9, 1_usize..40, 1_usize..40),
            pixels in 1_usize..300,
        ) {
            let window = Window::new(col, row, width, height);
            let mut seen = vec![0; window.pixels()];
            for piece in pieces(window, pixels) {
                prop_assert!(piece.pixels() <= pixels);
                for r in piece.row..piece.row + piece.height {
                    for c in piece.col..piece.col + piece.width {
                        seen[(r - row) * width + c - col] += 1;
                    }
                }
            }
            prop_assert!(seen.iter().all(|count| *count == 1));
        }
    }
}
