//! Baseline JPEG (ITU-T T.81), written: colours at full resolution, the tables of its annex K.

/// Quantisation of luminance and chrominance at quality 50 (tables K.1 and K.2), row by row.
const QUANTS: [[u16; 64]; 2] = [
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69,
        56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81,
        104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ],
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99,
        99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ],
];
/// Place of each coefficient in the order of the stream.
const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];
/// Codes of each length 1 to 16 of the differences of means (tables K.3 and K.4).
const DC_COUNTS: [[u8; 16]; 2] = [
    [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
    [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0],
];
const DC_VALUES: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/// A Huffman table, as it is written and as it is used.
struct Code {
    counts: [u8; 16],
    values: Vec<u8>,
    /// Code and length of each value.
    codes: Vec<(u16, u8)>,
}

impl Code {
    fn new(counts: [u8; 16], values: Vec<u8>) -> Self {
        let mut codes = vec![(0, 0); 256];
        let (mut code, mut next) = (0_u16, values.iter());
        for (length, count) in (1_u8..).zip(counts) {
            for _ in 0..count {
                if let Some(value) = next.next() {
                    codes[usize::from(*value)] = (code, length);
                }
                code = code.wrapping_add(1);
            }
            code <<= 1;
        }
        Self {
            counts,
            values,
            codes,
        }
    }

    /// The code that suits how often each value occurs (annex K.2): the lengths of a Huffman
    /// tree, none above 16, and no code of ones alone.
    fn fitted(frequencies: &[u32; 256]) -> Self {
        let mut weights: Vec<u64> = frequencies.iter().map(|f| u64::from(*f)).collect();
        // A value that never occurs takes the code of ones.
        weights.push(1);
        let mut lengths = vec![0_u8; 257];
        let mut groups: Vec<(u64, Vec<usize>)> = weights
            .iter()
            .enumerate()
            .filter(|(_, w)| **w > 0)
            .map(|(i, w)| (*w, vec![i]))
            .collect();
        while groups.len() > 1 {
            groups.sort_by_key(|group| std::cmp::Reverse(group.0));
            if let (Some(a), Some(b)) = (groups.pop(), groups.pop()) {
                let members: Vec<usize> = a.1.into_iter().chain(b.1).collect();
                for member in &members {
                    lengths[*member] += 1;
                }
                groups.push((a.0 + b.0, members));
            }
        }
        let mut bits = [0_u32; 64];
        for length in lengths.iter().filter(|l| **l > 0) {
            bits[usize::from(*length).min(63)] += 1;
        }
        // Codes above 16 bits are moved up in pairs (figure K.3).
        for length in (17..64).rev() {
            while bits[length] > 0 {
                let mut shorter = length - 2;
                while bits[shorter] == 0 {
                    shorter -= 1;
                }
                bits[length] -= 2;
                bits[length - 1] += 1;
                bits[shorter + 1] += 2;
                bits[shorter] -= 1;
            }
        }
        // The code of ones is the longest.
        if let Some(longest) = (1..=16).rev().find(|l| bits[*l] > 0) {
            bits[longest] -= 1;
        }
        let mut values: Vec<usize> = (0..256).filter(|i| lengths[*i] > 0).collect();
        values.sort_by_key(|i| (lengths[*i], *i));
        let mut counts = [0; 16];
        for (count, bits) in counts.iter_mut().zip(&bits[1..=16]) {
            *count = *bits as u8;
        }
        Self::new(counts, values.into_iter().map(|v| v as u8).collect())
    }
}

/// Quantised coefficients of one block, in the order of the stream.
type Block = [i16; 64];

/// Encodes red, green, blue of each pixel; `quality` is 1 to 100.
pub(super) fn encode(
    width: usize,
    height: usize,
    rgb: &[u8],
    quality: u8,
) -> Result<Vec<u8>, String> {
    let side = |n: usize| u16::try_from(n).map_err(|_| format!("{n} pixels a side"));
    let (columns, rows) = (side(width)?, side(height)?);
    let quants = QUANTS.map(|table| scaled(&table, quality));
    let blocks = blocks(width, height, rgb, &quants);
    let ac = [0, 1].map(|kind| Code::fitted(&frequencies(&blocks, kind)));
    let dc = DC_COUNTS.map(|counts| Code::new(counts, DC_VALUES.to_vec()));

    let mut out = vec![0xff, 0xd8];
    out.extend(b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    for (kind, table) in quants.iter().enumerate() {
        out.extend([0xff, 0xdb, 0, 67, kind as u8]);
        out.extend(ZIGZAG.iter().map(|place| table[*place] as u8));
    }
    out.extend([0xff, 0xc0, 0, 17, 8]);
    out.extend(rows.to_be_bytes());
    out.extend(columns.to_be_bytes());
    out.extend([3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1]);
    for (class, codes) in [&dc, &ac].into_iter().enumerate() {
        for (kind, code) in codes.iter().enumerate() {
            out.extend([0xff, 0xc4]);
            out.extend((19 + code.values.len() as u16).to_be_bytes());
            out.push((class << 4 | kind) as u8);
            out.extend(code.counts);
            out.extend(&code.values);
        }
    }
    out.extend([0xff, 0xda, 0, 12, 3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
    let mut bits = Bits::default();
    let mut means = [0; 3];
    for (index, block) in blocks.iter().enumerate() {
        let component = index % 3;
        let kind = usize::from(component > 0);
        let (size, rest) = sized(block[0] - means[component]);
        means[component] = block[0];
        bits.put(&mut out, dc[kind].codes[usize::from(size)]);
        bits.put(&mut out, (rest, size));
        for (symbol, rest, size) in symbols(block) {
            bits.put(&mut out, ac[kind].codes[usize::from(symbol)]);
            bits.put(&mut out, (rest, size));
        }
    }
    bits.end(&mut out);
    out.extend([0xff, 0xd9]);
    Ok(out)
}

/// A table at a quality, as libjpeg scales it.
fn scaled(table: &[u16; 64], quality: u8) -> [u16; 64] {
    let quality = u32::from(quality.clamp(1, 100));
    let percent = if quality < 50 {
        5000 / quality
    } else {
        200 - 2 * quality
    };
    table.map(|v| ((u32::from(v) * percent + 50) / 100).clamp(1, 255) as u16)
}

/// All blocks, the three components of a place one after another.
fn blocks(width: usize, height: usize, rgb: &[u8], quants: &[[u16; 64]; 2]) -> Vec<Block> {
    let cosines = cosines();
    let (across, down) = (width.div_ceil(8), height.div_ceil(8));
    let mut blocks = Vec::with_capacity(across * down * 3);
    let mut samples = [[0.0_f32; 64]; 3];
    for index in 0..across * down {
        let (col, row) = (index % across * 8, index / across * 8);
        let [luma, blue, red] = &mut samples;
        let places = luma.iter_mut().zip(blue).zip(red).enumerate();
        for (place, ((luma, blue), red)) in places {
            // Edges are repeated.
            let x = (col + place % 8).min(width - 1);
            let y = (row + place / 8).min(height - 1);
            let at = (y * width + x) * 3;
            let [r, g, b] = [rgb[at], rgb[at + 1], rgb[at + 2]].map(f32::from);
            *luma = 0.299 * r + 0.587 * g + 0.114 * b - 128.0;
            *blue = -0.168_736 * r - 0.331_264 * g + 0.5 * b;
            *red = 0.5 * r - 0.418_688 * g - 0.081_312 * b;
        }
        for (component, values) in samples.iter().enumerate() {
            let coefficients = transformed(values, &cosines);
            let quant = &quants[usize::from(component > 0)];
            blocks.push(ZIGZAG.map(|p| (coefficients[p] / f32::from(quant[p])).round() as i16));
        }
    }
    blocks
}

/// `cosines[u][x]` of the forward transform, scaled.
fn cosines() -> [[f32; 8]; 8] {
    let mut table = [[0.0; 8]; 8];
    for (u, line) in table.iter_mut().enumerate() {
        let scale = if u == 0 { 0.125_f64.sqrt() } else { 0.5 };
        for (x, value) in line.iter_mut().enumerate() {
            let angle = (2 * x + 1) as f64 * u as f64 * std::f64::consts::PI / 16.0;
            *value = (scale * angle.cos()) as f32;
        }
    }
    table
}

/// The discrete cosine transform of 8 x 8 samples, rows then columns.
fn transformed(samples: &[f32; 64], cosines: &[[f32; 8]; 8]) -> [f32; 64] {
    let (mut half, mut out) = ([0.0; 64], [0.0; 64]);
    for y in 0..8 {
        for (u, line) in cosines.iter().enumerate() {
            half[y * 8 + u] = (0..8).map(|x| samples[y * 8 + x] * line[x]).sum();
        }
    }
    for (v, line) in cosines.iter().enumerate() {
        for u in 0..8 {
            out[v * 8 + u] = (0..8).map(|y| half[y * 8 + u] * line[y]).sum();
        }
    }
    out
}

/// Number of bits of a value, and the bits.
fn sized(value: i16) -> (u8, u16) {
    let size = (16 - value.unsigned_abs().leading_zeros()) as u8;
    let bits = if value < 0 { value - 1 } else { value };
    (size, bits as u16 & ((1_u32 << size) - 1) as u16)
}

/// Symbols of the coefficients after the first: run of zeros and size; with the bits that follow.
fn symbols(block: &Block) -> Vec<(u8, u16, u8)> {
    let mut out = Vec::new();
    let mut run = 0;
    for value in &block[1..] {
        if *value == 0 {
            run += 1;
            continue;
        }
        while run > 15 {
            out.push((0xf0, 0, 0));
            run -= 16;
        }
        let (size, bits) = sized(*value);
        out.push((run << 4 | size, bits, size));
        run = 0;
    }
    if run > 0 {
        out.push((0, 0, 0));
    }
    out
}

fn frequencies(blocks: &[Block], kind: usize) -> [u32; 256] {
    let mut counts = [0; 256];
    for (index, block) in blocks.iter().enumerate() {
        if usize::from(index % 3 > 0) == kind {
            for (symbol, _, _) in symbols(block) {
                counts[usize::from(symbol)] += 1;
            }
        }
    }
    counts
}

/// Bits that do not fill a byte yet.
#[derive(Default)]
struct Bits {
    pending: u32,
    count: u8,
}

impl Bits {
    fn put(&mut self, out: &mut Vec<u8>, (bits, size): (u16, u8)) {
        self.pending = self.pending << size | u32::from(bits);
        self.count += size;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.pending >> self.count) as u8;
            out.push(byte);
            if byte == 0xff {
                out.push(0);
            }
        }
        self.pending &= (1 << self.count) - 1;
    }

    /// Fills the last byte with ones.
    fn end(&mut self, out: &mut Vec<u8>) {
        if self.count > 0 {
            let fill = 8 - self.count;
            self.put(out, ((1 << fill) - 1, fill));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use zune_jpeg::JpegDecoder;
    use zune_jpeg::zune_core::bytestream::ZCursor;

    #[test]
    fn what_is_written_is_read_again() {
        let (width, height) = (45, 37);
        let rgb: Vec<u8> = (0..width * height)
            .flat_map(|i| {
                let (x, y) = (i % width, i / width);
                [(x * 5) as u8, (y * 6) as u8, ((x + y) * 3) as u8]
            })
            .collect();
        for (quality, bound) in [(95, 8), (75, 24), (10, 110)] {
            let file = encode(width, height, &rgb, quality).unwrap();
            let mut decoder = JpegDecoder::new(ZCursor::new(file.as_slice()));
            let back = decoder.decode().unwrap();
            assert_eq!(decoder.dimensions(), Some((width, height)));
            let worst = rgb.iter().zip(&back).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(worst.unwrap() <= bound, "{quality}: {worst:?}");
        }
        assert!(encode(70_000, 1, &[], 75).is_err());
    }
}
