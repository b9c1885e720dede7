//! LZW (compression 5), by weezl.

use weezl::decode::Configuration;
use weezl::{BitOrder, LzwStatus};

/// Decodes at most `decoded_len` bytes.
pub(super) fn decode(input: &[u8], decoded_len: usize) -> Result<Vec<u8>, String> {
    // Writers before TIFF 6.0 put codes into bytes from the low bits up:
    // a stream then starts with the clear code as 0x00 and an odd byte.
    if let [0, second, ..] = input
        && second & 1 == 1
    {
        return Err("LZW of before TIFF 6.0 (low bits first) is not supported".to_owned());
    }
    let mut decoder = Configuration::with_tiff_size_switch(BitOrder::Msb, 8)
        .with_yield_on_full_buffer(true)
        .build();
    let mut output = vec![0; decoded_len];
    let (mut read, mut written) = (0, 0);
    loop {
        let step = decoder.decode_bytes(&input[read..], &mut output[written..]);
        read += step.consumed_in;
        written += step.consumed_out;
        match step.status.map_err(|e| format!("LZW: {e}"))? {
            LzwStatus::Ok
                if written < decoded_len && (step.consumed_in > 0 || step.consumed_out > 0) => {}
            LzwStatus::Ok | LzwStatus::NoProgress | LzwStatus::Done => {
                output.truncate(written);
                return Ok(output);
            }
        }
    }
}
