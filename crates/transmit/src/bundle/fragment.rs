//! Bundles cut into fragments, and fragments made whole: in any order, doubled, overlapping (RFC 9171 §5.8, §5.9).
//!
//! A bundle is cut after it was secured and made whole before that is checked (RFC 9172 §5): security blocks
//! travel with the fragments as they are.

use bytes::Bytes;
use hardy_bpv7::{
    Error,
    block::{BibCoverage, Type},
    bpsec::no_keys,
    bundle::{Bundle, FragmentInfo, Id, ParsedBundle},
    editor::{self, Chunk, Editor},
};
use jiff::Timestamp;
use std::collections::BTreeMap;
use thiserror::Error as ThisError;

/// Most fragments of one bundle in hand: bounds what is remembered beside their bytes.
pub const FRAGMENTS_MAX: usize = 65_536;

/// A bundle that cannot be cut, or a fragment that cannot be taken.
#[derive(Debug, ThisError)]
pub enum FragmentError {
    /// Not a bundle.
    #[error("bundle cannot be read: {0}")]
    Bundle(#[from] Error),
    /// The bundle could not be rewritten.
    #[error("bundle cannot be rewritten: {0}")]
    Rewrite(String),
    /// Fragments of this size are none.
    #[error("fragment size is {0} bytes, expected 1 or more")]
    Size(usize),
    /// The bundle says that it must not be cut.
    #[error("the bundle must not be fragmented")]
    MustNot,
    /// It reaches past the end of what it is a part of.
    #[error("fragment of {length} bytes at {offset} reaches past the whole of {total} bytes")]
    Extent {
        /// Where it starts.
        offset: u64,
        /// Its bytes.
        length: u64,
        /// Bytes of the whole.
        total: u64,
    },
    /// It says another length of the whole than the fragments before it.
    #[error("fragment of a whole of {found} bytes, those before it said {expected}")]
    Total {
        /// What it says.
        found: u64,
        /// What the others said.
        expected: u64,
    },
    /// It says other bytes than a fragment that it overlaps.
    #[error("fragment at {offset} differs from one that it overlaps at byte {at}")]
    Differs {
        /// Where it starts.
        offset: u64,
        /// First byte that differs.
        at: u64,
    },
    /// The whole is larger than what is taken.
    #[error("the whole has {total} bytes, expected at most {limit}")]
    TooLarge {
        /// Bytes of the whole.
        total: u64,
        /// The limit.
        limit: usize,
    },
    /// More pieces than are remembered of one bundle.
    #[error("more than {FRAGMENTS_MAX} fragments of one bundle")]
    TooMany,
}

impl From<editor::Error> for FragmentError {
    fn from(error: editor::Error) -> Self {
        Self::Rewrite(error.to_string())
    }
}

/// Cuts a bundle into fragments of at most `payload_max_bytes` of payload; one that is small enough, empty or
/// a fragment already cut small comes back as it is.
///
/// # Errors
/// Where it is no bundle, or says that it must not be cut.
pub fn fragment(bundle: &Bytes, payload_max_bytes: usize) -> Result<Vec<Bytes>, FragmentError> {
    if payload_max_bytes == 0 {
        return Err(FragmentError::Size(0));
    }
    let parsed = ParsedBundle::parse(bundle, no_keys)?.bundle;
    let payload = payload_of(&parsed, bundle)?;
    if payload.len() <= payload_max_bytes {
        return Ok(vec![bundle.clone()]);
    }
    if parsed.flags.do_not_fragment {
        return Err(FragmentError::MustNot);
    }
    // A fragment is cut further as part of the same whole.
    let (base, total_adu_length) = match &parsed.id.fragment_info {
        Some(info) => (info.offset, info.total_adu_length),
        None => (0, payload.len() as u64),
    };
    let plain = uncovered(&parsed);
    let pieces = payload.chunks(payload_max_bytes).enumerate();
    pieces
        .map(|(i, piece)| {
            let offset = base + (i * payload_max_bytes) as u64;
            let info = FragmentInfo {
                offset,
                total_adu_length,
            };
            rewritten(&plain, bundle, Some(info), piece, i == 0)
        })
        .collect()
}

/// Cuts a bundle into this many fragments, all of one length but the last; fewer where the payload has too few
/// bytes for it.
///
/// # Errors
/// As [`fragment`].
pub fn fragment_in(bundle: &Bytes, count: usize) -> Result<Vec<Bytes>, FragmentError> {
    let parsed = ParsedBundle::parse(bundle, no_keys)?.bundle;
    let length = payload_of(&parsed, bundle)?.len();
    fragment(bundle, length.div_ceil(count.max(1)).max(1))
}

/// The bundle with another payload, as a fragment or a whole; security blocks are left alone.
fn rewritten(
    plain: &Bundle,
    data: &[u8],
    info: Option<FragmentInfo>,
    payload: &[u8],
    all_blocks: bool,
) -> Result<Bytes, FragmentError> {
    let mut editor = Editor::new(plain, data)
        .with_fragment_info(info)
        .map_err(|(_, e)| e)?;
    if !all_blocks {
        // Of the extension blocks only those that must be are in every fragment (RFC 9171 §5.8).
        for (&number, block) in &plain.blocks {
            let kept = block.flags.must_replicate
                || matches!(
                    block.block_type,
                    Type::Primary | Type::Payload | Type::BlockIntegrity | Type::BlockSecurity
                );
            if !kept {
                editor = editor.remove_block(number).map_err(|(_, e)| e)?;
            }
        }
    }
    let chunks = editor
        .update_block(1)
        .map_err(|(_, e)| e)?
        .with_data(payload.into())
        .rebuild()
        .rebuild()?;
    Ok(Bytes::from(Chunk::flatten(chunks, data)))
}

/// The bundle without a word about which security block covers which block: cutting changes the payload of
/// what is on its way, not what was secured.
fn uncovered(bundle: &Bundle) -> Bundle {
    let mut plain = bundle.clone();
    for block in plain.blocks.values_mut() {
        block.bib = BibCoverage::None;
        block.bcb = None;
    }
    plain
}

fn payload_of<'a>(bundle: &Bundle, data: &'a [u8]) -> Result<&'a [u8], FragmentError> {
    let block = bundle.blocks.get(&1).ok_or(Error::MissingBlock(1))?;
    Ok(block.payload(data).ok_or(Error::Altered)?)
}

/// The identity of the bundle that a fragment is of; of a whole its own.
pub fn whole_id(id: &Id) -> Id {
    Id {
        fragment_info: None,
        ..id.clone()
    }
}

/// What became of a fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Others are missing.
    Kept,
    /// It brought nothing that was not there.
    Known,
    /// It made the bundle whole.
    Whole(Bytes),
}

struct Set {
    total: u64,
    /// Pieces that do not overlap, by their start.
    pieces: BTreeMap<u64, Bytes>,
    there: u64,
    /// The fragment at offset 0: its blocks are those of the whole.
    first: Option<Bytes>,
    expires: Timestamp,
    last_used: u64,
}

/// Fragments on their way to become bundles, in bounded memory: when a new one does not fit, the sets that
/// were used longest ago go, and whoever sent them has to send them again.
pub struct Reassembler {
    size_max_bytes: usize,
    whole_max_bytes: usize,
    sets: BTreeMap<Id, Set>,
    held_bytes: usize,
    uses: u64,
    /// Wholes that were made not long ago, so that a late repeat does not begin them anew.
    made: BTreeMap<Id, Timestamp>,
    given_up: Vec<Id>,
}

/// Wholes remembered as made.
const MADE_MAX: usize = 4_096;

impl Reassembler {
    /// One that holds at most `size_max_bytes` of fragments and makes wholes of at most `whole_max_bytes`.
    pub fn new(size_max_bytes: usize, whole_max_bytes: usize) -> Self {
        Self {
            size_max_bytes,
            whole_max_bytes,
            sets: BTreeMap::new(),
            held_bytes: 0,
            uses: 0,
            made: BTreeMap::new(),
            given_up: Vec::new(),
        }
    }

    /// Bytes of fragments in hand.
    pub fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// Bundles begun.
    pub fn begun(&self) -> usize {
        self.sets.len()
    }

    /// Whether a fragment of this many bytes finds room without another going. The first of a bundle finds
    /// half as much, so that what is begun can end.
    pub fn has_room(&mut self, id: &Id, length_bytes: usize, now: Timestamp) -> bool {
        self.drop_expired(now);
        let begun = self.sets.contains_key(&whole_id(id));
        let limit = self.size_max_bytes / if begun { 1 } else { 2 };
        // It may be held twice: as the first of its bundle and as a piece.
        self.held_bytes.saturating_add(2 * length_bytes) <= limit
    }

    /// Forgets all of a bundle, that it was made whole included.
    pub fn forget(&mut self, id: &Id) {
        self.drop_set(id);
        self.made.remove(id);
    }

    /// Whether a bundle was made whole not long ago.
    pub fn has_made(&self, id: &Id) -> bool {
        self.made.contains_key(id)
    }

    /// Bundles that were given up since this was last asked: their time was over, or others needed the room.
    pub fn take_given_up(&mut self) -> Vec<Id> {
        std::mem::take(&mut self.given_up)
    }

    /// Takes a fragment as it came, with its parsed form and the time it expires.
    ///
    /// # Errors
    /// Where it does not fit the fragments before it; those stay as they were.
    pub fn take(
        &mut self,
        bundle: &Bundle,
        data: &Bytes,
        expires: Timestamp,
        now: Timestamp,
    ) -> Result<Outcome, FragmentError> {
        let Some(info) = bundle.id.fragment_info.clone() else {
            return Ok(Outcome::Whole(data.clone()));
        };
        self.drop_expired(now);
        let id = whole_id(&bundle.id);
        if self.made.contains_key(&id) {
            return Ok(Outcome::Known);
        }
        let piece = data.slice_ref(payload_of(bundle, data)?);
        let length = piece.len() as u64;
        let total = info.total_adu_length;
        if info
            .offset
            .checked_add(length)
            .is_none_or(|end| end > total)
        {
            return Err(FragmentError::Extent {
                offset: info.offset,
                length,
                total,
            });
        }
        if usize::try_from(total).map_or(true, |t| t > self.whole_max_bytes) {
            let limit = self.whole_max_bytes;
            return Err(FragmentError::TooLarge { total, limit });
        }
        if let Some(set) = self.sets.get(&id) {
            if set.total != total {
                let expected = set.total;
                return Err(FragmentError::Total {
                    found: total,
                    expected,
                });
            }
            agrees(set, info.offset, &piece)?;
            if set.pieces.len() >= FRAGMENTS_MAX {
                return Err(FragmentError::TooMany);
            }
        }
        self.uses += 1;
        let uses = self.uses;
        let set = self.sets.entry(id.clone()).or_insert_with(|| Set {
            total,
            pieces: BTreeMap::new(),
            there: 0,
            first: None,
            expires,
            last_used: uses,
        });
        set.last_used = uses;
        let before = set.there;
        self.held_bytes += fill(set, info.offset, &piece);
        if info.offset == 0 && set.first.is_none() {
            self.held_bytes += data.len();
            set.first = Some(data.clone());
        }
        if set.there == set.total
            && let Some(first) = set.first.clone()
        {
            let set = self.drop_set(&id).map(|s| s.pieces).unwrap_or_default();
            let whole = make_whole(&first, &set, total)?;
            if self.made.len() >= MADE_MAX {
                self.made.pop_first();
            }
            self.made.insert(id, expires);
            return Ok(Outcome::Whole(whole));
        }
        let known = set.there == before && !(info.offset == 0 && length == 0);
        self.make_room(&id);
        Ok(if known { Outcome::Known } else { Outcome::Kept })
    }

    fn give_up(&mut self, id: Id) {
        self.drop_set(&id);
        if self.given_up.len() < FRAGMENTS_MAX {
            self.given_up.push(id);
        }
    }

    fn drop_set(&mut self, id: &Id) -> Option<Set> {
        let set = self.sets.remove(id)?;
        let bytes: usize = set.pieces.values().map(Bytes::len).sum();
        self.held_bytes -= bytes + set.first.as_ref().map_or(0, Bytes::len);
        Some(set)
    }

    fn drop_expired(&mut self, now: Timestamp) {
        let over = |set: &Set| set.expires <= now;
        let ids: Vec<Id> = self
            .sets
            .iter()
            .filter(|(_, set)| over(set))
            .map(|(id, _)| id.clone())
            .collect();
        for id in ids {
            self.give_up(id);
        }
        self.made.retain(|_, expires| *expires > now);
    }

    fn make_room(&mut self, keep: &Id) {
        while self.held_bytes > self.size_max_bytes {
            let others = self.sets.iter().filter(|(id, _)| *id != keep);
            let oldest = others
                .min_by_key(|(_, set)| set.last_used)
                .map(|(id, _)| id.clone());
            // Alone it is too much as well: it goes.
            let id = oldest.unwrap_or_else(|| keep.clone());
            if !self.sets.contains_key(&id) {
                return;
            }
            self.give_up(id);
        }
    }
}

/// Whether a piece says the same as those that it overlaps.
fn agrees(set: &Set, offset: u64, piece: &[u8]) -> Result<(), FragmentError> {
    let end = offset + piece.len() as u64;
    let before = set.pieces.range(..=offset).next_back();
    let within = set.pieces.range(offset..end);
    for (&start, there) in before.into_iter().chain(within) {
        let (from, to) = (start.max(offset), (start + there.len() as u64).min(end));
        for at in from..to {
            let (a, b) = ((at - start) as usize, (at - offset) as usize);
            if there.get(a) != piece.get(b) {
                return Err(FragmentError::Differs { offset, at });
            }
        }
    }
    Ok(())
}

/// Puts what is new of a piece between those that are there; returns the bytes that are held for it.
fn fill(set: &mut Set, offset: u64, piece: &Bytes) -> usize {
    let end = offset + piece.len() as u64;
    let mut at = offset;
    let mut held = 0;
    while at < end {
        let before = set.pieces.range(..=at).next_back();
        if let Some((start, there)) = before
            && start + there.len() as u64 > at
        {
            at = start + there.len() as u64;
            continue;
        }
        let next = set.pieces.range(at..).next().map_or(end, |(s, _)| *s);
        let to = next.min(end);
        // Copied: a slice would keep the whole fragment alive for a few bytes of it.
        let new = Bytes::copy_from_slice(&piece[(at - offset) as usize..(to - offset) as usize]);
        held += new.len();
        set.there += new.len() as u64;
        set.pieces.insert(at, new);
        at = to;
    }
    held
}

fn make_whole(
    first: &Bytes,
    pieces: &BTreeMap<u64, Bytes>,
    total: u64,
) -> Result<Bytes, FragmentError> {
    let mut payload = Vec::with_capacity(usize::try_from(total).unwrap_or(0));
    for piece in pieces.values() {
        payload.extend_from_slice(piece);
    }
    let parsed = ParsedBundle::parse(first, no_keys)?.bundle;
    rewritten(&uncovered(&parsed), first, None, &payload, true)
}

#[cfg(test)]
mod tests;
