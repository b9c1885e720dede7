//! Values as numpy reads them (NPY format 1.0).

use crate::RasterError;
use crate::band::{Band, BandData, DataType};

/// Media type, for want of a registered one.
pub const MEDIA_TYPE: &str = "application/x-npy";

/// Bytes that the header is filled up to a multiple of.
const ALIGNMENT: usize = 64;
/// Bytes before the text of the header.
const PREAMBLE: usize = 10;

/// Bands of one size and type as an array of (bands + 1, rows, columns), little-endian: the
/// last is 255 (127 for `int8`) where all bands have a measurement, else 0, as titiler writes it.
///
/// # Errors
/// When there is no band, or they differ in size or type.
pub fn encode(bands: &[Band]) -> Result<Vec<u8>, RasterError> {
    let Some(first) = bands.first() else {
        return Err(RasterError::argument("bands", "there is none"));
    };
    let (width, height, dtype) = (first.width(), first.height(), first.data().dtype());
    let alike = |b: &Band| (b.width(), b.height(), b.data().dtype()) == (width, height, dtype);
    if !bands.iter().all(alike) {
        return Err(RasterError::argument(
            "bands",
            "they differ in size or type",
        ));
    }
    let mut bytes = header(dtype, [bands.len() + 1, height, width]);
    bytes.reserve((bands.len() + 1) * width * height * dtype.size_bytes());
    let mut valid = vec![true; width * height];
    for band in bands {
        append(&mut bytes, band.data());
        for (all, own) in valid.iter_mut().zip(band.validity()) {
            *all = *all && own;
        }
    }
    append_mask(&mut bytes, dtype, &valid);
    Ok(bytes)
}

fn header(dtype: DataType, shape: [usize; 3]) -> Vec<u8> {
    let kind = match dtype {
        DataType::U8 | DataType::U16 | DataType::U32 | DataType::U64 => 'u',
        DataType::I8 | DataType::I16 | DataType::I32 | DataType::I64 => 'i',
        DataType::F32 | DataType::F64 => 'f',
    };
    let size = dtype.size_bytes();
    let order = if size == 1 { '|' } else { '<' };
    let [bands, rows, columns] = shape;
    let mut text = format!(
        "{{'descr': '{order}{kind}{size}', 'fortran_order': False, 'shape': ({bands}, {rows}, {columns}), }}"
    );
    let filled = (PREAMBLE + text.len() + 1).next_multiple_of(ALIGNMENT);
    text.extend(std::iter::repeat_n(' ', filled - PREAMBLE - text.len() - 1));
    text.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    // Three numbers and a name: far below 65535 bytes.
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.bytes());
    bytes
}

fn append(bytes: &mut Vec<u8>, data: &BandData) {
    crate::band::each_type!(data, v => {
        for x in v {
            bytes.extend(x.to_le_bytes());
        }
    });
}

fn append_mask(bytes: &mut Vec<u8>, dtype: DataType, valid: &[bool]) {
    use crate::band::Sample;
    let top = if dtype == DataType::I8 { 127.0 } else { 255.0 };
    let mut mask = BandData::zeros(dtype, valid.len());
    crate::band::each_type!(&mut mask, v => {
        for (x, ok) in v.iter_mut().zip(valid) {
            if *ok {
                *x = Sample::from_f64(top);
            }
        }
    });
    append(bytes, &mask);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_that_of_numpy() {
        let data = BandData::U16(vec![1, 2, 3, 4, 5, 6]);
        let mask = Some(vec![true, true, true, true, true, false]);
        let band = Band::new(3, 2, data, None, mask).unwrap();
        let bytes = encode(&[band]).unwrap();
        // numpy.save of an array of that kind (numpy 2.4).
        let text =
            b"\x93NUMPY\x01\x00v\x00{'descr': '<u2', 'fortran_order': False, 'shape': (2, 2, 3), }";
        assert_eq!(&bytes[..text.len()], text);
        assert_eq!(bytes[127], b'\n');
        assert_eq!(&bytes[128..132], [1, 0, 2, 0]);
        assert_eq!(
            &bytes[140..],
            [255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 0, 0]
        );
        assert!(encode(&[]).is_err());
    }
}
