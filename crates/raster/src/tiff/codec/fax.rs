//! CCITT fax: Modified Huffman (compression 2), Group 3 in one dimension (3), Group 4 (4); by fax.

use std::convert::Infallible;

use fax::decoder::{DecodeStatus, Group3Decoder, Group4Decoder, pels};
use fax::maps::{black, white};
use fax::{BitReader, ByteReader, Color};

/// Which of the codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fax {
    /// Runs, each row from a byte on.
    Huffman,
    /// Rows between end-of-line codes.
    Group3,
    /// Differences to the row above.
    Group4,
}

/// Decodes rows of one bit a pixel, black as 1, each row from a byte on.
pub(super) fn decode(
    input: &[u8],
    width: usize,
    rows: usize,
    code: Fax,
) -> Result<Vec<u8>, String> {
    let columns = u32::try_from(width).map_err(|_| "fax: rows are too wide".to_owned())?;
    let mut output = Vec::with_capacity(width.div_ceil(8) * rows);
    let bytes = input.iter().copied().map(Ok::<u8, Infallible>);
    let cut = |row: usize| format!("fax: row {row} of {rows} is broken");
    match code {
        Fax::Group4 => {
            let mut decoder = Group4Decoder::new(bytes, columns).map_err(|_| cut(0))?;
            for row in 0..rows {
                match decoder.advance() {
                    Ok(DecodeStatus::Incomplete) => {
                        push(&mut output, decoder.transition(), columns)
                    }
                    _ => return Err(cut(row)),
                }
            }
        }
        Fax::Group3 => {
            let mut decoder = Group3Decoder::new(bytes).map_err(|_| cut(0))?;
            for row in 0..rows {
                let status = decoder.advance();
                // The end of the last row need not be marked.
                if status.is_err() && row + 1 < rows {
                    return Err(cut(row));
                }
                if decoder.transitions().last() != Some(&columns) {
                    return Err(cut(row));
                }
                push(&mut output, decoder.transitions(), columns);
            }
        }
        Fax::Huffman => {
            let mut reader = ByteReader::new(bytes).map_err(|_| cut(0))?;
            for row in 0..rows {
                let changes = huffman_row(&mut reader, columns).ok_or_else(|| cut(row))?;
                push(&mut output, &changes, columns);
            }
        }
    }
    Ok(output)
}

/// Places where the colour changes in one row of runs, from white on.
fn huffman_row(reader: &mut impl BitReader, width: u32) -> Option<Vec<u32>> {
    let (mut changes, mut at, mut color) = (Vec::new(), 0_u32, Color::White);
    while at < width {
        loop {
            let run = match color {
                Color::White => white::decode(reader)?,
                Color::Black => black::decode(reader)?,
            };
            at = at.checked_add(u32::from(run))?;
            // Runs of 64 and more are a make-up code with another code after it.
            if run < 64 {
                break;
            }
        }
        changes.push(at);
        color = !color;
    }
    if at != width {
        return None;
    }
    let rest = reader.bits_to_byte_boundary();
    // Nothing follows the last row.
    let _ = reader.consume(rest);
    Some(changes)
}

fn push(output: &mut Vec<u8>, changes: &[u32], width: u32) {
    let mut byte = 0_u8;
    let mut count = 0;
    for color in pels(changes, width) {
        byte = (byte << 1) | u8::from(color == Color::Black);
        count += 1;
        if count == 8 {
            output.push(byte);
            (byte, count) = (0, 0);
        }
    }
    if count > 0 {
        output.push(byte << (8 - count));
    }
}
