//! One bundle, judged: taken or refused, and by which clause.

use super::message::hex;
use crc::{CRC_16_IBM_SDLC, CRC_32_ISCSI, Crc};
use hardy_bpv7::Error;
use hardy_bpv7::block::{BibCoverage, Type};
use hardy_bpv7::bpsec;
pub use hardy_bpv7::bpsec::key::KeySet;
use hardy_bpv7::bundle::{Bundle, ParsedBundle};
use hardy_bpv7::crc::CrcType;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Unix time of 2000-01-01T00:00:00Z, where DTN time starts (RFC 9171 §4.2.6).
const DTN_EPOCH_UNIX_S: i64 = 946_684_800;

/// What security says of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Secured {
    /// Checked with a key, and right.
    Verified,
    /// There is such an operation, and no key to check it with.
    NoKey,
    /// Checked, and wrong.
    Failed,
}

/// One block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockSummary {
    /// Number.
    pub number: u64,
    /// Type code.
    pub type_code: u64,
    /// Type in words.
    pub kind: &'static str,
    /// Bytes of the whole block.
    pub bytes: usize,
    /// CRC: `none`, `crc-16` or `crc-32c`; those that are there were checked.
    pub crc: &'static str,
    /// Integrity block over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub integrity: Option<Secured>,
    /// Confidentiality block over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidentiality: Option<Secured>,
}

/// What the primary block and the known extension blocks say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BundleSummary {
    /// Source endpoint.
    pub source: String,
    /// Destination endpoint.
    pub destination: String,
    /// Where reports go.
    pub report_to: String,
    /// Creation; none where the source had no clock.
    pub created: Option<Timestamp>,
    /// Sequence number of the creation timestamp.
    pub sequence: u64,
    /// Lifetime.
    pub lifetime_ms: u64,
    /// When it ends, as far as it can be known.
    pub expires: Option<Timestamp>,
    /// Offset of a fragment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragment_offset: Option<u64>,
    /// Length of all fragments together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_length: Option<u64>,
    /// Hops made and allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop_count: Option<u64>,
    /// Hops allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop_limit: Option<u64>,
    /// Bytes of the payload, in clear where it could be decrypted.
    pub payload_bytes: usize,
    /// Digest of the payload, where it is in clear.
    pub payload_sha256: Option<String>,
    /// All blocks by number.
    pub blocks: Vec<BlockSummary>,
}

/// A bundle, judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inspection {
    /// Bytes.
    pub bytes: usize,
    /// Taken or refused.
    pub accepted: bool,
    /// Clause it is refused by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<&'static str>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether its CBOR is not as short as it must be; such bundles are taken and would be rewritten.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub not_canonical: bool,
    /// What it says, where it could be read.
    #[serde(flatten)]
    pub bundle: Option<BundleSummary>,
}

/// Judges a bundle as one that arrives at `now`.
pub fn inspect(bytes: &[u8], keys: &KeySet, now: Timestamp) -> Inspection {
    let mut inspection = Inspection {
        bytes: bytes.len(),
        accepted: false,
        clause: None,
        reason: None,
        not_canonical: false,
        bundle: None,
    };
    let parsed = match ParsedBundle::parse_with_keys(bytes, keys) {
        Ok(parsed) => parsed,
        Err(error) => {
            (inspection.clause, inspection.reason) =
                (Some(clause(&error)), Some(error.to_string()));
            return inspection;
        }
    };
    inspection.not_canonical = parsed.non_canonical;
    let summary = summarise(&parsed.bundle, bytes, keys);
    let refused = refuse(&parsed.bundle, &summary, bytes, now);
    inspection.accepted = refused.is_none();
    if let Some((clause, reason)) = refused {
        (inspection.clause, inspection.reason) = (Some(clause), Some(reason));
    }
    inspection.bundle = Some(summary);
    inspection
}

/// The first clause that a bundle which could be read breaks.
fn refuse(
    bundle: &Bundle,
    summary: &BundleSummary,
    bytes: &[u8],
    now: Timestamp,
) -> Option<(&'static str, String)> {
    let mut numbers: Vec<u64> = bundle.blocks.keys().copied().collect();
    numbers.sort_unstable();
    for number in numbers {
        let block = &bundle.blocks[&number];
        if bytes
            .get(block.extent.clone())
            .is_none_or(|b| !crc_matches(b, block.crc_type))
        {
            return Some((
                "RFC 9171 §4.2.2",
                format!("the CRC of block {number} does not match its bytes"),
            ));
        }
    }
    for block in &summary.blocks {
        if block.integrity == Some(Secured::Failed) {
            return Some((
                "RFC 9172 §3.7",
                format!("the integrity check of block {} fails", block.number),
            ));
        }
        if block.confidentiality == Some(Secured::Failed) {
            return Some((
                "RFC 9172 §3.8",
                format!("block {} cannot be decrypted with its key", block.number),
            ));
        }
    }
    if let (Some(count), Some(limit)) = (summary.hop_count, summary.hop_limit)
        && count > limit
    {
        return Some((
            "RFC 9171 §4.4.3",
            format!("{count} hops, {limit} are allowed"),
        ));
    }
    // What is still encrypted may be longer than what it hides.
    let readable = |b: &BlockSummary| b.number == 1 && b.confidentiality != Some(Secured::NoKey);
    if let (Some(offset), Some(total)) = (summary.fragment_offset, summary.total_length)
        && summary.blocks.iter().any(readable)
        && offset.saturating_add(summary.payload_bytes as u64) > total
    {
        return Some((
            "RFC 9171 §4.3.1",
            format!(
                "a fragment of {} bytes from byte {offset} is longer than the {total} bytes it is of",
                summary.payload_bytes
            ),
        ));
    }
    if let Some(expires) = summary.expires.filter(|e| *e < now) {
        return Some((
            "RFC 9171 §5.5",
            format!("its lifetime ended {expires}, it is {now}"),
        ));
    }
    let lifetime_ms = u128::from(summary.lifetime_ms);
    if let Some(age) = bundle
        .age
        .filter(|a| summary.created.is_none() && a.as_millis() > lifetime_ms)
    {
        return Some((
            "RFC 9171 §5.5",
            format!(
                "it is {} ms old, its lifetime is {lifetime_ms} ms",
                age.as_millis()
            ),
        ));
    }
    None
}

fn summarise(bundle: &Bundle, bytes: &[u8], keys: &KeySet) -> BundleSummary {
    let created = bundle.id.timestamp.creation_time().and_then(|t| {
        let since = SignedDuration::from_millis(i64::try_from(t.millisecs()).ok()?);
        Timestamp::from_second(DTN_EPOCH_UNIX_S)
            .ok()?
            .checked_add(since)
            .ok()
    });
    let lifetime_ms = u64::try_from(bundle.lifetime.as_millis()).unwrap_or(u64::MAX);
    let lifetime = i64::try_from(lifetime_ms)
        .ok()
        .map(SignedDuration::from_millis);
    let mut blocks: Vec<BlockSummary> = bundle
        .blocks
        .iter()
        .map(|(number, block)| BlockSummary {
            number: *number,
            type_code: block.block_type.into(),
            kind: kind(block.block_type),
            bytes: block.extent.len(),
            crc: match block.crc_type {
                CrcType::None => "none",
                CrcType::CRC16_X25 => "crc-16",
                CrcType::CRC32_CASTAGNOLI => "crc-32c",
                CrcType::Unrecognised(_) => "unknown",
            },
            integrity: match block.bib {
                BibCoverage::None => None,
                BibCoverage::Maybe => Some(Secured::NoKey),
                BibCoverage::Some(_) => Some(secured(
                    bundle.verify_block(*number, bytes, keys).map(|_| ()),
                )),
            },
            confidentiality: block
                .bcb
                .map(|_| secured(bundle.block_data(*number, bytes, keys).map(|_| ()))),
        })
        .collect();
    blocks.sort_by_key(|b| b.number);
    let payload = bundle.block_data(1, bytes, keys).ok();
    BundleSummary {
        source: bundle.id.source.to_string(),
        destination: bundle.destination.to_string(),
        report_to: bundle.report_to.to_string(),
        created,
        sequence: bundle.id.timestamp.sequence_number(),
        lifetime_ms,
        expires: created
            .zip(lifetime)
            .and_then(|(c, l)| c.checked_add(l).ok()),
        fragment_offset: bundle.id.fragment_info.as_ref().map(|f| f.offset),
        total_length: bundle.id.fragment_info.as_ref().map(|f| f.total_adu_length),
        hop_count: bundle.hop_count.as_ref().map(|h| h.count),
        hop_limit: bundle.hop_count.as_ref().map(|h| h.limit),
        payload_bytes: match &payload {
            Some(data) => data.as_ref().len(),
            None => bundle.blocks.get(&1).map_or(0, |b| b.data.len()),
        },
        payload_sha256: payload.map(|data| hex(&Sha256::digest(data.as_ref()))),
        blocks,
    }
}

fn secured(done: Result<(), Error>) -> Secured {
    match done {
        Ok(()) => Secured::Verified,
        Err(Error::InvalidBPSec(bpsec::Error::NoKey | bpsec::Error::MaybeHasBib(_))) => {
            Secured::NoKey
        }
        Err(_) => Secured::Failed,
    }
}

/// Whether a block's CRC is that of its bytes with zeros in its place (RFC 9171 §4.2.2). This repeats what the
/// parser does: a payload is never passed off as right because a parser stopped looking.
fn crc_matches(block: &[u8], kind: CrcType) -> bool {
    let len = match kind {
        CrcType::None => return true,
        CrcType::CRC16_X25 => 2,
        CrcType::CRC32_CASTAGNOLI => 4,
        CrcType::Unrecognised(_) => return false,
    };
    let Some((body, check)) = block.split_at_checked(block.len().wrapping_sub(len)) else {
        return false;
    };
    let zeros = [0; 4];
    if len == 2 {
        static X25: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_SDLC);
        let mut digest = X25.digest();
        digest.update(body);
        digest.update(&zeros[..2]);
        digest.finalize().to_be_bytes() == check
    } else {
        static CASTAGNOLI: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);
        let mut digest = CASTAGNOLI.digest();
        digest.update(body);
        digest.update(&zeros);
        digest.finalize().to_be_bytes() == check
    }
}

fn kind(block: Type) -> &'static str {
    match block {
        Type::Primary => "primary",
        Type::Payload => "payload",
        Type::PreviousNode => "previous node",
        Type::BundleAge => "bundle age",
        Type::HopCount => "hop count",
        Type::BlockIntegrity => "integrity",
        Type::BlockSecurity => "confidentiality",
        Type::Unrecognised(_) => "unknown",
    }
}

/// The clause that an error of the parser is about.
pub(super) fn clause(error: &Error) -> &'static str {
    match error {
        Error::AdditionalData | Error::MissingPayload | Error::PayloadNotFinal => "RFC 9171 §4.1",
        Error::NotCanonical | Error::InvalidCBOR(_) => "RFC 9171 §4.1",
        Error::InvalidVersion(_) | Error::InvalidFragmentInfo(..) => "RFC 9171 §4.3.1",
        Error::InvalidPayloadBlockNumber
        | Error::DuplicateBlockNumber(_)
        | Error::InvalidBlockNumber(..)
        | Error::DuplicateBlocks(_)
        | Error::Unsupported(_) => "RFC 9171 §4.3.2",
        Error::InvalidHopLimit(_) => "RFC 9171 §4.4.3",
        Error::InvalidFlags => "RFC 9171 §4.2.3",
        Error::InvalidCrc(_) => "RFC 9171 §4.2.2",
        Error::InvalidEid(_) => "RFC 9171 §4.2.5.1",
        Error::InvalidBPSec(bpsec::Error::IntegrityCheckFailed) => "RFC 9172 §3.7",
        Error::InvalidBPSec(bpsec::Error::DecryptionFailed) => "RFC 9172 §3.8",
        Error::InvalidBPSec(_) => "RFC 9172 §3",
        Error::InvalidField { source, .. } => source.downcast_ref().map_or("RFC 9171 §4.3", clause),
        Error::Altered | Error::MissingBlock(_) => "RFC 9171 §4.3",
    }
}
