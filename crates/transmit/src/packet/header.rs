//! The primary header of a space packet, and the length of an encapsulation packet.

/// Bytes of the primary header (CCSDS 133.0-B-2 §4.1.3).
pub const HEADER_LEN: usize = 6;

/// Longest space packet: the header and 65 536 bytes.
pub const PACKET_LEN_MAX: usize = HEADER_LEN + 65_536;

/// Values a sequence count takes.
pub const COUNT_MODULUS: u16 = 1 << 14;

/// The application of idle packets (133.0-B-2 §4.1.3.3.4.4).
pub const IDLE_APID: u16 = 2047;

/// Place of a packet in a group (133.0-B-2 §4.1.3.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// Between the first and the last.
    Continuation,
    /// First of a group.
    First,
    /// Last of a group.
    Last,
    /// In no group.
    Whole,
}

/// A primary header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Telecommand (1) or telemetry (0).
    pub telecommand: bool,
    /// Whether a secondary header follows.
    pub secondary: bool,
    /// Application process identifier, 0 to 2047.
    pub apid: u16,
    /// Place in a group.
    pub segment: Segment,
    /// Sequence count or packet name, 0 to 16383.
    pub count: u16,
    /// Bytes of the whole packet, this header included.
    pub packet_len: usize,
}

impl Header {
    /// Reads the first six bytes; `None` where the version is not that of a space packet.
    pub fn parse(bytes: &[u8; HEADER_LEN]) -> Option<Self> {
        let [id0, id1, s0, s1, l0, l1] = *bytes;
        if id0 >> 5 != 0 {
            return None;
        }
        let sequence = u16::from_be_bytes([s0, s1]);
        Some(Self {
            telecommand: id0 & 0x10 != 0,
            secondary: id0 & 0x08 != 0,
            apid: u16::from_be_bytes([id0 & 7, id1]),
            segment: match sequence >> 14 {
                0 => Segment::Continuation,
                1 => Segment::First,
                2 => Segment::Last,
                _ => Segment::Whole,
            },
            count: sequence & (COUNT_MODULUS - 1),
            packet_len: usize::from(u16::from_be_bytes([l0, l1])) + HEADER_LEN + 1,
        })
    }

    /// Whether it only fills.
    pub fn is_idle(&self) -> bool {
        self.apid == IDLE_APID
    }
}

/// What the first bytes of a packet say of its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// A space packet of this many bytes.
    Space(usize),
    /// An encapsulation packet (CCSDS 133.1-B-3) of this many bytes.
    Encapsulation(usize),
    /// This many bytes are needed to say.
    Needs(usize),
    /// No packet of a version read here, or longer than is taken.
    Not,
}

/// Length of the packet that starts with these bytes.
pub fn length(bytes: &[u8]) -> Length {
    let Some(first) = bytes.first() else {
        return Length::Needs(1);
    };
    match first >> 5 {
        0 => match bytes.first_chunk::<HEADER_LEN>() {
            Some([.., l0, l1]) => {
                Length::Space(usize::from(u16::from_be_bytes([*l0, *l1])) + HEADER_LEN + 1)
            }
            None => Length::Needs(HEADER_LEN),
        },
        7 => encapsulation(bytes, first & 3),
        _ => Length::Not,
    }
}

fn encapsulation(bytes: &[u8], length_of_length: u8) -> Length {
    let (header, len) = match length_of_length {
        0 => return Length::Encapsulation(1),
        1 => (2, bytes.get(1).map(|b| usize::from(*b))),
        2 => (
            4,
            bytes
                .get(2..4)
                .map(|b| usize::from(b[0]) << 8 | usize::from(b[1])),
        ),
        _ => (
            8,
            bytes
                .get(4..8)
                .map(|b| b.iter().fold(0, |n, b| n << 8 | usize::from(*b))),
        ),
    };
    match len {
        None => Length::Needs(header),
        Some(len) if len < header || len > PACKET_LEN_MAX => Length::Not,
        Some(len) => Length::Encapsulation(len),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_suomi_npp() {
        let header = Header::parse(&[0x0b, 0x22, 0x5f, 0x00, 0x00, 0x11]).unwrap();
        assert_eq!(
            (header.apid, header.count, header.packet_len),
            (802, 0x1f00, 24)
        );
        assert_eq!((header.secondary, header.segment), (true, Segment::First));
        assert_eq!(Header::parse(&[0x2b, 0x22, 0x5f, 0x00, 0x00, 0x11]), None);
    }

    #[test]
    fn lengths_of_encapsulation_packets() {
        assert_eq!(length(&[0xe0]), Length::Encapsulation(1));
        assert_eq!(length(&[0xe5, 9]), Length::Encapsulation(9));
        assert_eq!(length(&[0xe6, 0, 1, 2]), Length::Encapsulation(258));
        assert_eq!(
            length(&[0xe7, 0, 0, 0, 0, 0, 0, 9]),
            Length::Encapsulation(9)
        );
        assert_eq!(length(&[0xe7, 0, 0, 0]), Length::Needs(8));
        assert_eq!(length(&[0xe5, 1]), Length::Not);
        assert_eq!(length(&[0x40]), Length::Not);
    }
}
