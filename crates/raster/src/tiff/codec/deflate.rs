//! Deflate in a zlib wrapper (compression 8 and 32946), by flate2 with zlib-rs.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// Decodes at most `decoded_len` bytes.
pub(super) fn decode(input: &[u8], decoded_len: usize) -> Result<Vec<u8>, String> {
    let mut output = vec![0; decoded_len];
    let mut state = Decompress::new(true);
    loop {
        let (read, written) = (state.total_in() as usize, state.total_out() as usize);
        let status = state
            .decompress(
                &input[read..],
                &mut output[written..],
                FlushDecompress::Finish,
            )
            .map_err(|e| format!("deflate: {e}"))?;
        let stuck = state.total_in() as usize == read && state.total_out() as usize == written;
        if status == Status::StreamEnd || state.total_out() as usize == decoded_len || stuck {
            output.truncate(state.total_out() as usize);
            return Ok(output);
        }
    }
}

/// Encodes `input`; `level` is 1 (fast) to 9 (small).
pub(crate) fn encode(input: &[u8], level: u32) -> Result<Vec<u8>, String> {
    let mut output = Vec::with_capacity(input.len() / 2 + 64);
    let mut state = Compress::new(Compression::new(level), true);
    loop {
        let read = state.total_in() as usize;
        let status = state
            .compress_vec(&input[read..], &mut output, FlushCompress::Finish)
            .map_err(|e| format!("deflate: {e}"))?;
        if status == Status::StreamEnd {
            return Ok(output);
        }
        output.reserve(input.len() / 4 + 64);
    }
}
