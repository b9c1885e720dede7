//! Planes of results in groups: chunks over time and bands where those over space would be thinner
//! than the blocks of the files.
//!
//! A long series under a small limit would leave chunks of a few rows, and each block of the files
//! would be read again for each of them. Where one program gives all that is wanted, its planes (a
//! month, a band) hang on some of the stored planes alone: those that hang on few together make a
//! sheet, and a chunk computes one sheet on one window.

use super::program::Graph;
use crate::source::assemble::Layout;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Planes that are computed together, by node.
pub(crate) type Sheet = BTreeMap<String, Range<usize>>;

/// Groups planes in their order so that the stored samples of a pixel that a group hangs on have at
/// most so many bytes, or the group is a single plane. `None` where one group would do, or where groups share
/// so much that they would read more than twice what one does.
pub(super) fn sheets(
    graph: &Graph,
    loads: &BTreeMap<String, Layout>,
    most_bytes: u64,
) -> Option<Vec<Sheet>> {
    let layouts: Vec<&Layout> = graph.loads.iter().map(|name| &loads[name]).collect();
    let bytes = |(load, plane): &(usize, usize)| -> u64 {
        let layout = layouts[*load];
        let own = layout
            .reads
            .iter()
            .filter(|read| read.time * layout.bands.len() + read.band == *plane);
        own.map(|read| layout.files[read.file].dtype.size_bytes() as u64)
            .sum()
    };
    let mut known = BTreeMap::new();
    let (mut sheets, mut sheet) = (Vec::new(), Sheet::new());
    let (mut held, mut held_bytes) = (BTreeSet::new(), 0);
    let (mut all, mut read_bytes) = (BTreeSet::new(), 0);
    for output in &graph.outputs {
        for (index, id) in output.planes.iter().enumerate() {
            let hangs_on = graph.hangs_on(*id, &mut known);
            let mut more: BTreeSet<(usize, usize)> = hangs_on.difference(&held).copied().collect();
            let mut more_bytes: u64 = more.iter().map(bytes).sum();
            if held_bytes + more_bytes > most_bytes && !sheet.is_empty() {
                sheets.push(std::mem::take(&mut sheet));
                held.clear();
                held_bytes = 0;
                more = hangs_on.clone();
                more_bytes = more.iter().map(bytes).sum();
            }
            all.extend(hangs_on.iter().copied());
            held.extend(more);
            held_bytes += more_bytes;
            read_bytes += more_bytes;
            let range = sheet.entry(output.node.clone()).or_insert(index..index);
            range.end = index + 1;
        }
    }
    sheets.push(sheet);
    let all_bytes: u64 = all.iter().map(bytes).sum();
    (sheets.len() > 1 && read_bytes <= 2 * all_bytes).then_some(sheets)
}
