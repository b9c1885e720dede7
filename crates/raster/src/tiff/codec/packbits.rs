//! PackBits (compression 32773, TIFF 6.0 section 9).

/// Decodes at most `decoded_len` bytes.
pub(super) fn decode(input: &[u8], decoded_len: usize) -> Result<Vec<u8>, String> {
    let mut output = Vec::with_capacity(decoded_len);
    let mut rest = input;
    while output.len() < decoded_len {
        let Some((&head, tail)) = rest.split_first() else {
            break;
        };
        match head {
            0..=127 => {
                let len = usize::from(head) + 1;
                let literal = tail
                    .get(..len)
                    .ok_or_else(|| format!("PackBits: a run of {len} bytes is cut off"))?;
                output.extend_from_slice(literal);
                rest = &tail[len..];
            }
            128 => rest = tail,
            129..=255 => {
                let Some((&value, after)) = tail.split_first() else {
                    return Err("PackBits: a repeated byte is cut off".to_owned());
                };
                output.resize(output.len() + 257 - usize::from(head), value);
                rest = after;
            }
        }
    }
    output.truncate(decoded_len);
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::decode;

    /// The example of Apple's technical note 1023.
    #[test]
    fn decodes_the_published_example() {
        let packed = [
            0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7,
            0xAA,
        ];
        let plain = [
            0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22,
            0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
        ];
        assert_eq!(decode(&packed, 24).unwrap(), plain);
        assert_eq!(decode(&packed, 5).unwrap(), plain[..5]);
        assert!(decode(&packed[..2], 24).unwrap().len() == 3);
        assert!(decode(&packed[..4], 24).is_err());
    }
}
