//! Finding frames in a stream of bits: any bit offset, either polarity, with a flywheel.

/// The attached sync marker of CCSDS 131.0-B-5 §9.3.3 for Reed-Solomon and uncoded frames.
pub const MARKER: u32 = 0x1acf_fc1d;

/// Bytes of the marker.
pub const MARKER_LEN: usize = 4;

/// How strict the search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strictness {
    /// Wrong bits of a marker where none is expected.
    pub search_errors: u32,
    /// Wrong bits of a marker where one is expected.
    pub lock_errors: u32,
    /// Markers in a row that may be missing before the lock is given up.
    pub flywheel: u32,
}

impl Default for Strictness {
    /// An exact marker, confirmed by the next, opens the lock; six wrong bits of 32 pass inside it (noise does
    /// so once in 3,500), and two frames whose markers are lost still come out.
    fn default() -> Self {
        Self {
            search_errors: 0,
            lock_errors: 6,
            flywheel: 2,
        }
    }
}

/// A channel access data unit without its marker.
#[derive(Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The bytes after the marker, aligned and of right polarity; free to be changed.
    pub body: &'a mut [u8],
    /// Wrong bits of the marker.
    pub marker_errors: u32,
    /// Whether it is here only because the flywheel expected it.
    pub by_flywheel: bool,
    /// Whether the bits came inverted.
    pub inverted: bool,
    /// Where its marker starts, bits from the start of the stream.
    pub at_bit: u64,
}

/// What the search has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct SyncCounts {
    /// Frames found.
    pub frames: u64,
    /// Where the marker of the first frame starts, bits from the start of the stream.
    pub first_at_bit: Option<u64>,
    /// Frames whose marker had wrong bits.
    pub marker_errors: u64,
    /// Frames that came out only by the flywheel.
    pub by_flywheel: u64,
    /// Frames whose bits came inverted.
    pub inverted: u64,
    /// Times the lock was lost or moved.
    pub slips: u64,
    /// Bits that belong to no frame, before, between and after.
    pub skipped_bits: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Search,
    Lock { inverted: bool, missed: u32 },
}

/// Finds frames in bytes that come in pieces of any size; holds about three frames.
#[derive(Debug)]
pub struct Synchronizer {
    body_len: usize,
    strictness: Strictness,
    state: State,
    buffer: Vec<u8>,
    /// Bit of the buffer that is looked at next.
    cursor: usize,
    /// Bits of the stream before the buffer.
    before: u64,
    frame: Vec<u8>,
    counts: SyncCounts,
}

impl Synchronizer {
    /// Frames of `body_len` bytes, each after a marker. A length of zero finds nothing.
    pub fn new(body_len: usize, strictness: Strictness) -> Self {
        Self {
            body_len,
            strictness,
            state: State::Search,
            buffer: Vec::new(),
            cursor: 0,
            before: 0,
            frame: vec![0; body_len],
            counts: SyncCounts::default(),
        }
    }

    /// What has been seen so far.
    pub fn counts(&self) -> &SyncCounts {
        &self.counts
    }

    /// Takes more of the stream; frames that are whole now go to `each`.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(Found<'_>)) {
        for piece in bytes.chunks(1 << 16) {
            self.buffer.extend_from_slice(piece);
            self.advance(false, &mut each);
            let used = self.cursor / 8;
            self.buffer.drain(..used);
            self.cursor -= used * 8;
            self.before += used as u64 * 8;
        }
    }

    /// Ends the stream; the last frames go to `each`.
    pub fn finish(&mut self, mut each: impl FnMut(Found<'_>)) {
        self.advance(true, &mut each);
        self.counts.skipped_bits += (self.buffer.len() * 8 - self.cursor) as u64;
        self.cursor = self.buffer.len() * 8;
    }

    /// Bits of a marker and its frame.
    fn unit(&self) -> usize {
        (self.body_len + MARKER_LEN) * 8
    }

    fn advance(&mut self, ended: bool, each: &mut impl FnMut(Found<'_>)) {
        if self.body_len == 0 {
            return;
        }
        loop {
            let bits = self.buffer.len() * 8 - self.cursor;
            // The marker after a frame must be in sight, unless none can come.
            let enough = self.unit() + if ended { 0 } else { self.unit() + 64 };
            if bits < enough {
                return;
            }
            match self.state {
                State::Search => match self.search(self.cursor, self.buffer.len() * 8, ended) {
                    Search::At(at, inverted) => {
                        self.skip_to(at);
                        self.state = State::Lock {
                            inverted,
                            missed: 0,
                        };
                    }
                    Search::NotBefore(at) if at > self.cursor => self.skip_to(at),
                    Search::NotBefore(_) => return,
                },
                State::Lock { inverted, missed } => self.locked(inverted, missed, ended, each),
            }
        }
    }

    fn skip_to(&mut self, bit: usize) {
        self.counts.skipped_bits += (bit - self.cursor) as u64;
        self.cursor = bit;
    }

    /// In lock, with a whole unit at the cursor.
    fn locked(
        &mut self,
        inverted: bool,
        missed: u32,
        ended: bool,
        each: &mut impl FnMut(Found<'_>),
    ) {
        let next = self.cursor + self.unit();
        let (wrong, as_before) = self.marker_at(self.cursor, inverted);
        if wrong <= self.strictness.lock_errors {
            // Bits were lost in this frame when the next marker starts before its end.
            let sooner = if self.marker_at(next, inverted).0 > self.strictness.lock_errors {
                self.search(self.cursor + 32, next, ended)
            } else {
                Search::NotBefore(next)
            };
            let mut inverted = inverted == as_before;
            self.counts.slips += u64::from(!as_before);
            self.emit(inverted, wrong, false, each);
            if let Search::At(at, polarity) = sooner {
                self.counts.slips += 1;
                self.cursor = at;
                inverted = polarity;
            }
            self.state = State::Lock {
                inverted,
                missed: 0,
            };
            return;
        }
        // Bits were added when a confirmed marker starts after the expected one.
        if let Search::At(at, inverted) = self.search(self.cursor + 1, next, ended) {
            self.counts.slips += 1;
            self.skip_to(at);
            self.state = State::Lock {
                inverted,
                missed: 0,
            };
        } else if missed < self.strictness.flywheel {
            let (errors, _) = self.marker_at(self.cursor, inverted);
            self.emit(inverted, errors, true, each);
            self.state = State::Lock {
                inverted,
                missed: missed + 1,
            };
        } else {
            self.counts.slips += 1;
            self.state = State::Search;
        }
    }

    /// Wrong bits of a marker here in the likelier polarity, and whether that is `inverted` or not as asked.
    fn marker_at(&self, bit: usize, inverted: bool) -> (u32, bool) {
        let wrong = (self.word(bit) ^ MARKER).count_ones();
        let wrong = if inverted { 32 - wrong } else { wrong };
        if wrong <= 16 {
            (wrong, true)
        } else {
            (32 - wrong, false)
        }
    }

    /// Takes the frame behind the marker at the cursor.
    fn emit(
        &mut self,
        inverted: bool,
        errors: u32,
        by_flywheel: bool,
        each: &mut impl FnMut(Found<'_>),
    ) {
        let from = self.cursor + MARKER_LEN * 8;
        align(&self.buffer, from, &mut self.frame);
        if inverted {
            for byte in &mut self.frame {
                *byte = !*byte;
            }
        }
        let at_bit = self.before + self.cursor as u64;
        self.counts.frames += 1;
        self.counts.first_at_bit.get_or_insert(at_bit);
        self.counts.marker_errors += u64::from(errors > 0 && !by_flywheel);
        self.counts.by_flywheel += u64::from(by_flywheel);
        self.counts.inverted += u64::from(inverted);
        self.cursor += self.unit();
        each(Found {
            body: &mut self.frame,
            marker_errors: errors,
            by_flywheel,
            inverted,
            at_bit,
        });
    }

    /// The 32 bits from a bit on; zeros after the end.
    fn word(&self, bit: usize) -> u32 {
        let mut eight = [0; 8];
        let rest = self.buffer.get(bit / 8..).unwrap_or_default();
        let len = rest.len().min(8);
        eight[..len].copy_from_slice(&rest[..len]);
        (u64::from_be_bytes(eight) << (bit % 8) >> 32) as u32
    }

    /// The first confirmed marker that starts in `from..to`.
    fn search(&self, from: usize, to: usize, ended: bool) -> Search {
        let all = self.buffer.len() * 8;
        let limit = self.strictness.search_errors;
        let mut byte = from / 8;
        // Markers start where a whole frame can follow.
        let last = to.min((all + 1).saturating_sub(self.unit()));
        while byte * 8 < last {
            let mut eight = [0; 8];
            let rest = &self.buffer[byte..];
            let len = rest.len().min(8);
            eight[..len].copy_from_slice(&rest[..len]);
            let window = u64::from_be_bytes(eight);
            for shift in 0..8 {
                let wrong = ((window << shift >> 32) as u32 ^ MARKER).count_ones();
                let bit = byte * 8 + shift;
                if wrong.min(32 - wrong) > limit || bit < from || bit >= last {
                    continue;
                }
                let next = bit + self.unit();
                if next + 32 > all && !ended {
                    return Search::NotBefore(bit);
                }
                let confirmed = next + 32 > all || {
                    let wrong = (self.word(next) ^ MARKER).count_ones();
                    wrong.min(32 - wrong) <= self.strictness.lock_errors
                };
                if confirmed {
                    return Search::At(bit, wrong > 16);
                }
            }
            byte += 1;
        }
        Search::NotBefore(last.max(from))
    }
}

enum Search {
    /// A marker starts here; its bits are inverted or not.
    At(usize, bool),
    /// None starts before this bit.
    NotBefore(usize),
}

/// Copies bits from any offset into whole bytes.
fn align(from: &[u8], bit: usize, to: &mut [u8]) {
    let (start, shift) = (bit / 8, bit % 8);
    if shift == 0 {
        to.copy_from_slice(&from[start..start + to.len()]);
        return;
    }
    let source = &from[start..=start + to.len()];
    let whole = to.len() / 8 * 8;
    for (i, eight) in to.chunks_exact_mut(8).enumerate() {
        let mut word = [0; 8];
        word.copy_from_slice(&source[i * 8..i * 8 + 8]);
        let after = u64::from(source[i * 8 + 8]);
        let word = (u64::from_be_bytes(word) << shift) | (after >> (8 - shift));
        eight.copy_from_slice(&word.to_be_bytes());
    }
    for i in whole..to.len() {
        to[i] = (source[i] << shift) | (source[i + 1] >> (8 - shift));
    }
}

#[cfg(test)]
mod tests;
