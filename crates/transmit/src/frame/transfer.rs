//! Transfer frames: TM (CCSDS 132.0-B-3 §4), AOS (732.0-B-4 §4) and USLP (732.1-B-2 §4).

/// What the fields around the data of a frame are; the same for all frames of a physical channel.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Layout {
    /// Bytes of the insert zone (AOS, USLP).
    pub insert_zone_len: usize,
    /// Whether an AOS header ends with its own error control (2 bytes).
    pub header_error_control: bool,
    /// Whether frames end with an operational control field (4 bytes). TM and USLP say so themselves.
    pub operational_control: bool,
    /// Whether frames end with a CRC-16 (2 bytes).
    pub error_control: bool,
}

/// The kinds of transfer frame, by the version number on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Version {
    /// Telemetry (version field 0).
    Tm,
    /// Advanced orbiting systems (version field 1).
    Aos,
    /// Unified space link protocol (version field 12).
    Uslp,
}

impl Version {
    /// The version field.
    pub fn number(self) -> u8 {
        match self {
            Self::Tm => 0,
            Self::Aos => 1,
            Self::Uslp => 12,
        }
    }

    /// `TM`, `AOS`, `USLP`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tm => "TM",
            Self::Aos => "AOS",
            Self::Uslp => "USLP",
        }
    }

    /// The virtual channel that carries only idle frames; TM has none of its own.
    pub fn idle_channel(self) -> Option<u8> {
        (self != Self::Tm).then_some(63)
    }
}

/// Where the first packet of a data field starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstHeader {
    /// Bytes into the data.
    At(usize),
    /// No packet starts here.
    None,
    /// Only idle data.
    Idle,
    /// The data are no packets (bit stream, access service, a USLP rule without packets).
    NoPackets,
}

/// A frame taken apart; the data are borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferFrame<'a> {
    /// Kind.
    pub version: Version,
    /// Spacecraft.
    pub spacecraft_id: u16,
    /// Virtual channel.
    pub virtual_channel: u8,
    /// Frame count of the virtual channel; `None` where a USLP frame carries none.
    pub count: Option<u64>,
    /// Values the count takes before it is zero again.
    pub count_modulus: u64,
    /// Played back from store (AOS).
    pub replay: bool,
    /// Insert zone (AOS, USLP).
    pub insert_zone: &'a [u8],
    /// Where the first packet starts.
    pub first_header: FirstHeader,
    /// Packets or other data.
    pub data: &'a [u8],
    /// Operational control field.
    pub operational_control: Option<[u8; 4]>,
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// Too short for its own fields.
    #[error("{len} bytes are too few for a {version} frame with these fields")]
    Short {
        /// Bytes there are.
        len: usize,
        /// Kind of frame.
        version: &'static str,
    },
    /// Version field of no kind read here.
    #[error("transfer frame version {0} is none of TM (0), AOS (1), USLP (12)")]
    Version(u8),
    /// The pointer to the first packet is past the data.
    #[error("first header pointer {pointer} is past the {len} bytes of data")]
    Pointer {
        /// Pointer.
        pointer: usize,
        /// Bytes of data.
        len: usize,
    },
    /// The frame's own length disagrees.
    #[error("the header says {said} bytes, the frame has {len}")]
    Length {
        /// Length in the header.
        said: usize,
        /// Bytes there are.
        len: usize,
    },
}

/// Takes a frame apart. A CRC is not checked here: see [`super::check::is_whole`].
pub fn parse<'a>(frame: &'a [u8], layout: &Layout) -> Result<TransferFrame<'a>, FrameFault> {
    let first = *frame.first().ok_or(FrameFault::Short {
        len: 0,
        version: "transfer",
    })?;
    match (first >> 6, first >> 4) {
        (0, _) => tm(frame, layout),
        (1, _) => aos(frame, layout),
        (_, 12) => uslp(frame, layout),
        (_, version) => Err(FrameFault::Version(version)),
    }
}

/// Kind and spacecraft by the first bytes alone.
pub fn identity(frame: &[u8]) -> Option<(Version, u16)> {
    let [b0, b1, b2, _, _, b5] = *frame.first_chunk::<6>()?;
    match (b0 >> 6, b0 >> 4) {
        (0, _) => Some((Version::Tm, u16::from_be_bytes([b0, b1]) >> 4 & 0x3ff)),
        (1, _) => Some((
            Version::Aos,
            (u16::from_be_bytes([b0, b1]) >> 6 & 0xff) | (u16::from(b5 & 0x30) << 4),
        )),
        (_, 12) => {
            let id = u32::from_be_bytes([0, b0 & 15, b1, b2]) >> 4;
            Some((Version::Uslp, id as u16))
        }
        _ => None,
    }
}

/// Bytes between a header and a trailer.
fn between(
    frame: &[u8],
    header: usize,
    trailer: usize,
    version: Version,
) -> Result<&[u8], FrameFault> {
    frame
        .len()
        .checked_sub(trailer)
        .and_then(|end| frame.get(header..end))
        .ok_or(FrameFault::Short {
            len: frame.len(),
            version: version.name(),
        })
}

fn control(frame: &[u8], at_end: usize) -> Option<[u8; 4]> {
    let end = frame.len().checked_sub(at_end)?;
    frame.get(end.checked_sub(4)?..end)?.try_into().ok()
}

fn pointer(
    value: usize,
    none: usize,
    idle: Option<usize>,
    len: usize,
) -> Result<FirstHeader, FrameFault> {
    match value {
        v if v == none => Ok(FirstHeader::None),
        v if Some(v) == idle => Ok(FirstHeader::Idle),
        v if v < len => Ok(FirstHeader::At(v)),
        pointer => Err(FrameFault::Pointer { pointer, len }),
    }
}

fn tm<'a>(frame: &'a [u8], layout: &Layout) -> Result<TransferFrame<'a>, FrameFault> {
    let version = Version::Tm;
    let header = between(frame, 0, 0, version)?
        .first_chunk::<6>()
        .ok_or(FrameFault::Short {
            len: frame.len(),
            version: version.name(),
        })?;
    let [b0, b1, _master, count, status0, status1] = *header;
    let has_control = b1 & 1 == 1;
    let check = 2 * usize::from(layout.error_control);
    let trailer = check + 4 * usize::from(has_control);
    // A secondary header gives its length less one in its first byte (132.0-B §4.1.3.2).
    let secondary = match (status0 & 0x80 != 0, frame.get(6)) {
        (true, Some(id)) => usize::from(id & 0x3f) + 1,
        _ => 0,
    };
    let data = between(frame, 6 + secondary, trailer, version)?;
    let synchronised = status0 & 0x40 == 0;
    let value = usize::from(u16::from_be_bytes([status0, status1]) & 0x7ff);
    Ok(TransferFrame {
        version,
        spacecraft_id: u16::from_be_bytes([b0, b1]) >> 4 & 0x3ff,
        virtual_channel: b1 >> 1 & 7,
        count: Some(u64::from(count)),
        count_modulus: 1 << 8,
        replay: false,
        insert_zone: &[],
        first_header: if synchronised {
            pointer(value, 0x7ff, Some(0x7fe), data.len())?
        } else {
            FirstHeader::NoPackets
        },
        data,
        operational_control: if has_control {
            control(frame, check)
        } else {
            None
        },
    })
}

fn aos<'a>(frame: &'a [u8], layout: &Layout) -> Result<TransferFrame<'a>, FrameFault> {
    let version = Version::Aos;
    let short = FrameFault::Short {
        len: frame.len(),
        version: version.name(),
    };
    let [b0, b1, c0, c1, c2, signal] = *frame.first_chunk::<6>().ok_or(short)?;
    let header = 6 + 2 * usize::from(layout.header_error_control);
    let check = 2 * usize::from(layout.error_control);
    let trailer = check + 4 * usize::from(layout.operational_control);
    let after = between(frame, header, trailer, version)?;
    let insert_zone = after.get(..layout.insert_zone_len).ok_or(short)?;
    let unit = &after[layout.insert_zone_len..];
    let (head, data) = unit.split_first_chunk::<2>().ok_or(short)?;
    let virtual_channel = b1 & 0x3f;
    let count = u64::from(u32::from_be_bytes([0, c0, c1, c2]));
    // The cycle makes 28 bits of the count where the header says that it is in use (732.0-B §4.1.2.5.4).
    let (count, count_modulus) = if signal & 0x40 != 0 {
        (u64::from(signal & 15) << 24 | count, 1 << 28)
    } else {
        (count, 1 << 24)
    };
    let value = usize::from(u16::from_be_bytes(*head) & 0x7ff);
    Ok(TransferFrame {
        version,
        spacecraft_id: (u16::from_be_bytes([b0, b1]) >> 6 & 0xff) | (u16::from(signal & 0x30) << 4),
        virtual_channel,
        count: Some(count),
        count_modulus,
        replay: signal & 0x80 != 0,
        insert_zone,
        first_header: if virtual_channel == 63 {
            FirstHeader::Idle
        } else {
            pointer(value, 0x7ff, Some(0x7fe), data.len())?
        },
        data,
        operational_control: if layout.operational_control {
            control(frame, check)
        } else {
            None
        },
    })
}

fn uslp<'a>(frame: &'a [u8], layout: &Layout) -> Result<TransferFrame<'a>, FrameFault> {
    let version = Version::Uslp;
    let short = FrameFault::Short {
        len: frame.len(),
        version: version.name(),
    };
    let id = u32::from_be_bytes(*frame.first_chunk::<4>().ok_or(short)?);
    let truncated = id & 1 == 1;
    let check = 2 * usize::from(layout.error_control);
    let (header, insert, has_control, count, modulus) = if truncated {
        (4, 0, false, None, 1)
    } else {
        let [l0, l1, flags] = *frame
            .get(4..7)
            .and_then(|b| b.first_chunk::<3>())
            .ok_or(short)?;
        let said = usize::from(u16::from_be_bytes([l0, l1])) + 1;
        if said != frame.len() {
            return Err(FrameFault::Length {
                said,
                len: frame.len(),
            });
        }
        let count_len = usize::from(flags & 7);
        let digits = frame.get(7..7 + count_len).ok_or(short)?;
        let count = digits.iter().fold(0, |n, b| n << 8 | u64::from(*b));
        let count = (count_len > 0).then_some(count);
        (
            7 + count_len,
            layout.insert_zone_len,
            flags & 8 != 0,
            count,
            1 << (8 * count_len),
        )
    };
    let trailer = check + 4 * usize::from(has_control);
    let after = between(frame, header, trailer, version)?;
    let insert_zone = after.get(..insert).ok_or(short)?;
    let (rule, zone) = after[insert..].split_first().ok_or(short)?;
    let virtual_channel = (id >> 5 & 0x3f) as u8;
    // Rules 0 to 2 point to the first packet; 3 to 7 carry no pointer, 7 whole packets (732.1-B §4.1.4.2.2).
    let (first_header, data) = match (rule >> 5, rule & 0x1f) {
        (_, 31) => (FirstHeader::Idle, zone),
        (0, 0) => {
            let (head, data) = zone.split_first_chunk::<2>().ok_or(short)?;
            let value = usize::from(u16::from_be_bytes(*head));
            (pointer(value, 0xffff, None, data.len())?, data)
        }
        (1 | 2, _) => (FirstHeader::NoPackets, zone.get(2..).ok_or(short)?),
        (7, 0) if !zone.is_empty() => (FirstHeader::At(0), zone),
        _ => (FirstHeader::NoPackets, zone),
    };
    Ok(TransferFrame {
        version,
        spacecraft_id: (id >> 12) as u16,
        virtual_channel,
        count,
        count_modulus: modulus,
        replay: false,
        insert_zone,
        first_header: if virtual_channel == 63 {
            FirstHeader::Idle
        } else {
            first_header
        },
        data,
        operational_control: if has_control {
            control(frame, check)
        } else {
            None
        },
    })
}

/// The valid bits of a bit-stream protocol data unit (AOS, 732.0-B §4.1.4.3): the data, and how many of
/// its bits are the user's.
pub fn bitstream(unit: &[u8]) -> Option<(&[u8], usize)> {
    let (head, data) = unit.split_first_chunk::<2>()?;
    match usize::from(u16::from_be_bytes(*head) & 0x3fff) {
        0x3fff => Some((data, data.len() * 8)),
        0x3ffe => Some((data, 0)),
        last => Some((data, (last + 1).min(data.len() * 8))),
    }
}

#[cfg(test)]
mod tests;
