//! Finding out from a sample how a stream is framed.
//!
//! The distance between markers gives the length; then every code, basis and interleaving that fits the
//! length is tried on the first frames, with and without the pseudo-random sequence; what corrects most frames
//! is taken. Insert zone and trailers are those with which the pointers to first packets agree with the lengths
//! of the packets before them.

use super::decoder::{Quality, repair};
use super::field::Basis;
use super::framing::{BODY_LEN_MAX, BODY_LEN_MIN, Coding, Framing, FramingFault};
use super::reed_solomon::{INTERLEAVE_MAX, ReedSolomon, Strength};
use super::sync::{MARKER, MARKER_LEN, Strictness, Synchronizer};
use super::transfer::{Layout, Version, identity, parse};
use super::{check, spacecraft};
use crate::packet::assemble::Assembler;
use crate::packet::stream::PacketStream;
use std::collections::{BTreeMap, HashMap};

/// Frames tried for the code.
const CODE_FRAMES: usize = 24;

/// Frames tried for the fields.
const LAYOUT_FRAMES: usize = 400;

/// Longest insert zone tried, bytes: past the 9 of the longest known.
const INSERT_ZONE_MAX: usize = 16;

/// Markers looked at.
const MARKERS_MAX: usize = 100_000;

/// What is known beforehand; everything else is tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Known {
    /// Bytes after the marker.
    pub body_len: Option<usize>,
    /// Whether the pseudo-random sequence was added.
    pub randomized: Option<bool>,
    /// Error correction in use: `Some(None)` is none.
    pub strength: Option<Option<Strength>>,
    /// Basis of the symbols.
    pub basis: Option<Basis>,
    /// Codewords in a frame.
    pub interleave: Option<usize>,
    /// Bytes of insert zone.
    pub insert_zone_len: Option<usize>,
    /// Whether frames end with an operational control field.
    pub operational_control: Option<bool>,
    /// Whether frames end with a CRC-16.
    pub error_control: Option<bool>,
}

/// What a stream holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Frames, framed like this.
    Frames(Framing),
    /// Packets one after another.
    Packets,
}

/// Why a stream is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// Nothing to look at.
    #[error("it is empty")]
    Empty,
    /// No marker at equal distances, and no packets.
    #[error(
        "no frames and no packets: in {bytes} bytes the sync marker 1ACFFC1D stands {markers} times at any bit \
         offset and either polarity, never twice at a distance a frame can have, and no chain of space packets starts at byte 0"
    )]
    NoFrames {
        /// Bytes looked at.
        bytes: usize,
        /// Markers seen.
        markers: usize,
    },
    /// Markers, but nothing that decodes.
    #[error(
        "{frames} frames of {body_len} bytes after the marker were found and no code fits them: Reed-Solomon \
         (255,223) and (255,239) in both bases with interleaving 1 to {INTERLEAVE_MAX}, CRC-16, with and without \
         the pseudo-random sequence were tried; force the framing where it is known"
    )]
    NoCode {
        /// Frames tried.
        frames: usize,
        /// Bytes after the marker.
        body_len: usize,
    },
    /// What is known beforehand cannot be.
    #[error(transparent)]
    Framing(#[from] FramingFault),
}

/// Looks at the start of a stream; `ended` says that the sample is all there is.
pub fn detect(sample: &[u8], ended: bool, known: &Known) -> Result<Content, Unknown> {
    if sample.is_empty() {
        return Err(Unknown::Empty);
    }
    let markers = markers(sample);
    let body_len = known.body_len.or_else(|| {
        let found = distance(&markers)?;
        // By chance a long file of packets holds markers; frames fill most of what they are found in.
        let span = (markers.last()? - markers.first()?) as usize / 8;
        let filled = found.1 * (found.0 + MARKER_LEN);
        (filled * 4 >= span).then_some(found.0)
    });
    match body_len {
        Some(body_len) => frames(sample, body_len, known).map(Content::Frames),
        None if packets(sample, ended) => Ok(Content::Packets),
        None => Err(Unknown::NoFrames {
            bytes: sample.len(),
            markers: markers.len(),
        }),
    }
}

/// Bits at which a marker starts, at any offset, either polarity.
fn markers(sample: &[u8]) -> Vec<u64> {
    let mut found = Vec::new();
    let mut window = 0_u64;
    for (i, byte) in sample.iter().enumerate() {
        window = (window << 8) | u64::from(*byte);
        if i < MARKER_LEN {
            continue;
        }
        for shift in (0..8).rev() {
            let word = (window >> shift) as u32;
            if word == MARKER || word == !MARKER {
                found.push(i as u64 * 8 + 8 - shift - 32);
            }
        }
        if found.len() >= MARKERS_MAX {
            break;
        }
    }
    // The first four bytes have no byte before them.
    if sample.first_chunk::<4>().is_some_and(|b| {
        let word = u32::from_be_bytes(*b);
        word == MARKER || word == !MARKER
    }) && found.first() != Some(&0)
    {
        found.insert(0, 0);
    }
    found
}

/// The most frequent distance between markers a frame can have, as bytes after the marker, and how often.
fn distance(markers: &[u64]) -> Option<(usize, usize)> {
    let mut often: BTreeMap<u64, usize> = BTreeMap::new();
    for pair in markers.windows(2) {
        *often.entry(pair[1] - pair[0]).or_default() += 1;
    }
    often
        .into_iter()
        .filter(|(bits, _)| bits.is_multiple_of(8))
        .map(|(bits, count)| (bits as usize / 8, count))
        .filter(|(bytes, _)| {
            (BODY_LEN_MIN + MARKER_LEN..=BODY_LEN_MAX + MARKER_LEN).contains(bytes)
        })
        .max_by_key(|(bytes, count)| (*count, std::cmp::Reverse(*bytes)))
        .map(|(bytes, count)| (bytes - MARKER_LEN, count))
}

/// Whether a chain of packets starts at the first byte: three at least, or all there is.
fn packets(sample: &[u8], ended: bool) -> bool {
    let mut stream = PacketStream::default();
    let mut seen = 0;
    let whole = stream.push(sample, |_, _| seen += 1).is_ok();
    whole && (seen >= 3 || (ended && seen >= 1 && stream.missing_at_end() == 0))
}

fn frames(sample: &[u8], body_len: usize, known: &Known) -> Result<Framing, Unknown> {
    if !(BODY_LEN_MIN..=BODY_LEN_MAX).contains(&body_len) {
        return Err(FramingFault::Length(body_len).into());
    }
    let mut synchronizer = Synchronizer::new(body_len, Strictness::default());
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    let mut keep = |body: &[u8]| {
        if bodies.len() < LAYOUT_FRAMES {
            bodies.push(body.to_vec());
        }
    };
    synchronizer.push(sample, |f| keep(f.body));
    synchronizer.finish(|f| keep(f.body));
    let (mut framing, code) = code(&bodies, body_len, known)?;
    let good: Vec<Vec<u8>> = bodies
        .into_iter()
        .filter_map(|mut body| {
            let whole = matches!(
                repair(&framing, code.as_ref(), &mut body),
                Quality::Good { .. }
            );
            body.truncate(framing.frame_len());
            whole.then_some(body)
        })
        .collect();
    framing.layout = layout(&good, framing.layout, known);
    Ok(framing)
}

type Code = Option<(ReedSolomon, usize)>;

/// Good frames, those of them that are of one spacecraft, and symbols corrected.
type Score = (usize, usize, std::cmp::Reverse<usize>);

/// The code that corrects most of the first frames.
fn code(bodies: &[Vec<u8>], body_len: usize, known: &Known) -> Result<(Framing, Code), Unknown> {
    // From the whole sample: where a pass begins low over the horizon its first frames are the worst.
    let count = bodies.len().min(CODE_FRAMES);
    let tried: Vec<&[u8]> = (0..count)
        .map(|i| bodies[i * bodies.len() / count].as_slice())
        .collect();
    let randomized = known.randomized.map_or(vec![true, false], |r| vec![r]);
    let mut candidates = Vec::new();
    if known.strength != Some(None) {
        let strengths = known
            .strength
            .flatten()
            .map_or(vec![Strength::E16, Strength::E8], |s| vec![s]);
        let bases = known
            .basis
            .map_or(vec![Basis::Dual, Basis::Conventional], |b| vec![b]);
        // Least virtual fill first.
        let depths = known
            .interleave
            .map_or((1..=INTERLEAVE_MAX).collect(), |i| vec![i]);
        for interleave in depths {
            for strength in &strengths {
                for basis in &bases {
                    let code = ReedSolomon::new(*strength, *basis);
                    if code.fits(body_len, interleave) {
                        candidates.push(Some((code, interleave)));
                    } else if let Some(interleave) = known.interleave {
                        return Err(FramingFault::Codewords {
                            body_len,
                            interleave,
                            code: strength.name(),
                        }
                        .into());
                    }
                }
            }
        }
    }
    let framing = |code: &Code, randomized, error_control| Framing {
        body_len,
        randomized,
        coding: match code {
            None => Coding::Uncoded,
            Some((code, interleave)) => Coding::ReedSolomon {
                strength: code.strength(),
                basis: code.basis(),
                interleave: *interleave,
            },
        },
        layout: Layout {
            error_control,
            ..Layout::default()
        },
    };
    // The pseudo-random sequence can itself be a codeword: then what the frames say of themselves decides.
    let score = |framing: &Framing, code: &Code| {
        let mut good = Vec::new();
        let mut corrected = 0;
        for body in &tried {
            let mut body = body.to_vec();
            if let Quality::Good { corrected: symbols } = repair(framing, code.as_ref(), &mut body)
            {
                body.truncate(framing.frame_len());
                good.push(body);
                corrected += symbols;
            }
        }
        (
            good.len(),
            alike(&good, false),
            std::cmp::Reverse(corrected),
        )
    };
    let mut best: Option<(Score, Framing, Code)> = None;
    for code in candidates {
        for randomized in &randomized {
            let framing = framing(&code, *randomized, false);
            let score = score(&framing, &code);
            if best.as_ref().is_none_or(|(s, ..)| score > *s) {
                best = Some((score, framing, code.clone()));
            }
        }
    }
    if let Some(((good, ..), framing, code)) = best
        && (good > 0 && good * 8 >= tried.len() || known.strength.is_some())
    {
        return Ok((framing, code));
    }
    // No code: the CRC tells, or the header that every frame repeats.
    let mut best: Option<(usize, Framing)> = None;
    for randomized in randomized {
        let checked = framing(&None, randomized, true);
        let (good, ..) = score(&checked, &None);
        if known.error_control != Some(false) && good > 0 && good * 2 >= tried.len() {
            return Ok((checked, None));
        }
        let plain = framing(&None, randomized, known.error_control.unwrap_or(false));
        let alike = alike(&tried, randomized);
        if best.as_ref().is_none_or(|(s, _)| alike > *s) {
            best = Some((alike, plain));
        }
    }
    match best {
        Some((_, plain)) if known.strength == Some(None) => Ok((plain, None)),
        Some((alike, plain))
            if alike * 10 >= tried.len() * 9 && tried.len() > 2 && counted(bodies, &plain) =>
        {
            Ok((plain, None))
        }
        _ => Err(Unknown::NoCode {
            frames: tried.len(),
            body_len,
        }),
    }
}

/// Whether nine in ten frames carry on the count of their channel: coded frames with more errors than their
/// code corrects may still name one spacecraft, and are not to be taken for frames without a code.
fn counted(bodies: &[Vec<u8>], framing: &Framing) -> bool {
    let mut last: HashMap<u8, u64> = HashMap::new();
    let (mut follow, mut looked_at) = (0, 0);
    for body in bodies {
        let mut body = body.clone();
        if framing.randomized {
            super::randomizer::randomize(&mut body);
        }
        let Ok(frame) = parse(&body, &framing.layout) else {
            looked_at += 1;
            continue;
        };
        let Some(count) = frame.count else { continue };
        if let Some(before) = last.insert(frame.virtual_channel, count) {
            looked_at += 1;
            follow += usize::from((before + 1) % frame.count_modulus == count);
        }
    }
    follow * 10 >= looked_at * 9
}

/// Frames that share the most frequent spacecraft and version.
fn alike<B: AsRef<[u8]>>(bodies: &[B], randomized: bool) -> usize {
    let mut often: HashMap<(Version, u16), usize> = HashMap::new();
    for body in bodies {
        let mut frame = body.as_ref().to_vec();
        if randomized {
            super::randomizer::randomize(&mut frame);
        }
        if let Some(identity) = identity(&frame) {
            *often.entry(identity).or_default() += 1;
        }
    }
    often.into_values().max().unwrap_or(0)
}

/// The fields with which pointers and packet lengths agree.
fn layout(frames: &[Vec<u8>], found: Layout, known: &Known) -> Layout {
    let checked = frames.iter().filter(|f| check::is_whole(f)).count();
    let error_control = known
        .error_control
        .unwrap_or(found.error_control || !frames.is_empty() && checked * 10 >= frames.len() * 9);
    let usual = frames
        .iter()
        .find_map(|f| identity(f))
        .and_then(|(_, id)| spacecraft::by_id(id))
        .map_or(0, |s| s.insert_zone_len);
    let zones = match known.insert_zone_len {
        Some(len) => vec![len],
        None => std::iter::once(usual)
            .chain((0..=INSERT_ZONE_MAX).filter(|l| *l != usual))
            .collect(),
    };
    let controls = known
        .operational_control
        .map_or(vec![false, true], |c| vec![c]);
    let mut best: Option<(i64, Layout)> = None;
    for insert_zone_len in zones {
        for operational_control in &controls {
            let layout = Layout {
                insert_zone_len,
                header_error_control: false,
                operational_control: *operational_control,
                error_control,
            };
            let score = agreement(frames, &layout);
            if best.as_ref().is_none_or(|(s, _)| score > *s) {
                best = Some((score, layout));
            }
        }
    }
    best.map_or(
        Layout {
            error_control,
            ..found
        },
        |(_, layout)| layout,
    )
}

/// Pointers that agree less four times those that do not.
fn agreement(frames: &[Vec<u8>], layout: &Layout) -> i64 {
    let mut channels: HashMap<u8, (Assembler, Option<u64>)> = HashMap::new();
    let mut faults = 0;
    for bytes in frames {
        let Ok(frame) = parse(bytes, layout) else {
            faults += 1;
            continue;
        };
        let (assembler, last) = channels.entry(frame.virtual_channel).or_default();
        let follows = last
            .zip(frame.count)
            .is_some_and(|(l, c)| (l + 1) % frame.count_modulus == c);
        *last = frame.count;
        if !follows {
            assembler.gap();
        }
        assembler.push(frame.first_header, frame.data, &mut |_| {});
    }
    // A channel that never agrees carries no packets and says nothing.
    let sum: i64 = channels
        .values()
        .map(|(assembler, _)| {
            let c = assembler.counts();
            (c.pointers_right as i64 - 4 * (c.pointers_wrong + c.no_header) as i64).max(-1)
        })
        .sum();
    sum - faults
}

#[cfg(test)]
mod tests;
