//! Packets one after another in a stream of bytes, as packet files hold them.

use super::header::{HEADER_LEN, Header};

/// A place where no packet starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("byte {at_byte}: no space packet starts here (version {version}, 0 expected)")]
pub struct NoPacket {
    /// Bytes from the start of the stream.
    pub at_byte: u64,
    /// The three version bits.
    pub version: u8,
}

/// Cuts a stream into packets; holds at most one.
#[derive(Debug, Default)]
pub struct PacketStream {
    open: Vec<u8>,
    /// Bytes of the stream before the open packet.
    before: u64,
}

impl PacketStream {
    /// Takes more of the stream; whole packets go to `each`. After a fault the stream cannot go on.
    pub fn push(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(&Header, &[u8]),
    ) -> Result<(), NoPacket> {
        let mut rest = bytes;
        loop {
            if self.open.is_empty() {
                let Some(header) = self.header(rest)? else {
                    self.open.extend_from_slice(rest);
                    return Ok(());
                };
                if rest.len() < header.packet_len {
                    self.open.extend_from_slice(rest);
                    return Ok(());
                }
                let (packet, after) = rest.split_at(header.packet_len);
                each(&header, packet);
                self.before += packet.len() as u64;
                rest = after;
                continue;
            }
            let wanted = match self.header(&self.open)? {
                Some(header) => header.packet_len,
                None => HEADER_LEN,
            };
            let more = (wanted - self.open.len()).min(rest.len());
            self.open.extend_from_slice(&rest[..more]);
            rest = &rest[more..];
            match self.header(&self.open)? {
                Some(header) if header.packet_len == self.open.len() => {
                    each(&header, &self.open);
                    self.before += self.open.len() as u64;
                    self.open.clear();
                }
                _ if rest.is_empty() => return Ok(()),
                _ => {}
            }
        }
    }

    /// Bytes that the last packet lacks; 0 where the stream ended with a packet.
    pub fn missing_at_end(&self) -> u64 {
        if self.open.is_empty() {
            return 0;
        }
        let wanted = match self.open.first_chunk().and_then(Header::parse) {
            Some(header) => header.packet_len,
            None => HEADER_LEN,
        };
        (wanted - self.open.len().min(wanted)) as u64
    }

    fn header(&self, bytes: &[u8]) -> Result<Option<Header>, NoPacket> {
        let Some(first) = bytes.first() else {
            return Ok(None);
        };
        if first >> 5 != 0 {
            return Err(NoPacket {
                at_byte: self.before,
                version: first >> 5,
            });
        }
        Ok(bytes.first_chunk().and_then(Header::parse))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_cut_gives_the_same_packets(lengths in prop::collection::vec(1_u16..300, 0..20), piece in 1_usize..100, cut in 0_usize..6) {
            let mut all = Vec::new();
            for (i, len) in lengths.iter().enumerate() {
                all.extend([8, 1, 0xc0, i as u8]);
                all.extend((len - 1).to_be_bytes());
                all.extend(vec![i as u8; usize::from(*len)]);
            }
            let kept = all.len().saturating_sub(cut);
            let mut stream = PacketStream::default();
            let mut seen = Vec::new();
            for bytes in all[..kept].chunks(piece) {
                stream.push(bytes, |h, p| seen.push((h.count, p.len()))).unwrap();
            }
            let right: Vec<(u16, usize)> = lengths.iter().enumerate().map(|(i, l)| (i as u16, usize::from(*l) + 6)).collect();
            prop_assert!(right.starts_with(&seen));
            if cut == 0 || lengths.is_empty() {
                prop_assert_eq!((seen.len(), stream.missing_at_end()), (right.len(), 0));
            }
        }
    }

    #[test]
    fn a_wrong_version_names_its_place() {
        let mut stream = PacketStream::default();
        let fault = stream.push(&[8, 1, 0xc0, 0, 0, 0, 7, 0x60], |_, _| {});
        assert_eq!(
            fault,
            Err(NoPacket {
                at_byte: 7,
                version: 3
            })
        );
    }
}
