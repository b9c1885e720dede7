//! Units from bytes.

use super::{
    Acked, Body, Condition, Eof, FileStatus, Finished, Header, Metadata, Pdu, PduFault, Tlv,
};
use crate::cfdp::{Class, TransactionId};
use crate::frame::check;

struct Reader<'a> {
    rest: &'a [u8],
    all: usize,
    large: bool,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8], PduFault> {
        let fault = PduFault::Short {
            len: self.all,
            what,
        };
        let (head, rest) = self.rest.split_at_checked(len).ok_or(fault)?;
        self.rest = rest;
        Ok(head)
    }

    fn byte(&mut self, what: &'static str) -> Result<u8, PduFault> {
        Ok(self.take(1, what)?[0])
    }

    fn number(&mut self, len: usize, what: &'static str) -> Result<u64, PduFault> {
        Ok(self
            .take(len, what)?
            .iter()
            .fold(0, |n, b| n << 8 | u64::from(*b)))
    }

    /// A size or offset.
    fn size(&mut self, what: &'static str) -> Result<u64, PduFault> {
        self.number(if self.large { 8 } else { 4 }, what)
    }

    fn name(&mut self, what: &'static str) -> Result<String, PduFault> {
        let len = usize::from(self.byte(what)?);
        let bytes = self.take(len, what)?;
        std::str::from_utf8(bytes)
            .map(str::to_string)
            .map_err(|_| PduFault::Name)
    }

    fn tlvs(&mut self) -> Result<Vec<Tlv>, PduFault> {
        let mut found = Vec::new();
        while !self.rest.is_empty() {
            let kind = self.byte("option")?;
            let len = usize::from(self.byte("option")?);
            found.push(Tlv {
                kind,
                value: self.take(len, "option")?.to_vec(),
            });
        }
        Ok(found)
    }
}

fn condition(byte: u8) -> Result<Condition, PduFault> {
    Condition::from_code(byte >> 4).ok_or(PduFault::Value {
        what: "condition code",
        value: u64::from(byte >> 4),
    })
}

/// Reads one unit; bytes after it are a fault.
pub fn decode(bytes: &[u8]) -> Result<Pdu, PduFault> {
    let mut reader = Reader {
        rest: bytes,
        all: bytes.len(),
        large: false,
    };
    let first = reader.byte("header")?;
    if first >> 5 > 1 {
        return Err(PduFault::Version(first >> 5));
    }
    let data_len = reader.number(2, "header")? as usize;
    let lengths = reader.byte("header")?;
    let entity_len = (lengths >> 4 & 7) + 1;
    let number_len = (lengths & 7) + 1;
    let source = reader.number(entity_len.into(), "header")?;
    let number = reader.number(number_len.into(), "header")?;
    let destination = reader.number(entity_len.into(), "header")?;
    let header = Header {
        id: TransactionId { source, number },
        destination,
        to_sender: first & 0x08 != 0,
        class: if first & 0x04 == 0 {
            Class::Acknowledged
        } else {
            Class::Unacknowledged
        },
        crc: first & 0x02 != 0,
        large: first & 0x01 != 0,
        entity_len,
        number_len,
    };
    let said = bytes.len() - reader.rest.len() + data_len;
    if said != bytes.len() {
        return Err(PduFault::Length {
            said,
            have: bytes.len(),
        });
    }
    if header.crc {
        if !check::is_whole(bytes) {
            return Err(PduFault::Crc);
        }
        let end = reader.rest.len().checked_sub(2).ok_or(PduFault::Short {
            len: bytes.len(),
            what: "CRC",
        })?;
        reader.rest = &reader.rest[..end];
    }
    reader.large = header.large;
    let body = if first & 0x10 != 0 {
        if lengths & 0x08 != 0 {
            let len = usize::from(reader.byte("segment metadata")? & 0x3f);
            reader.take(len, "segment metadata")?;
        }
        Body::FileData {
            offset: reader.size("offset")?,
            data: reader.rest.to_vec(),
        }
    } else {
        directive(&mut reader)?
    };
    Ok(Pdu { header, body })
}

fn directive(reader: &mut Reader<'_>) -> Result<Body, PduFault> {
    Ok(match reader.byte("directive code")? {
        4 => {
            let condition = condition(reader.byte("EOF")?)?;
            let checksum = reader.number(4, "EOF")? as u32;
            let size = reader.size("EOF")?;
            Body::Eof(Eof {
                condition,
                checksum,
                size,
            })
        }
        5 => {
            let byte = reader.byte("Finished")?;
            Body::Finished(Finished {
                condition: condition(byte)?,
                complete: byte & 4 == 0,
                status: [
                    FileStatus::Discarded,
                    FileStatus::Rejected,
                    FileStatus::Retained,
                    FileStatus::Unreported,
                ][usize::from(byte & 3)],
            })
        }
        6 => {
            let of = match reader.byte("ACK")? >> 4 {
                4 => Acked::Eof,
                5 => Acked::Finished,
                code => {
                    return Err(PduFault::Value {
                        what: "acknowledged directive",
                        value: code.into(),
                    });
                }
            };
            let byte = reader.byte("ACK")?;
            Body::Ack {
                of,
                condition: condition(byte)?,
                status: byte & 3,
            }
        }
        7 => {
            let byte = reader.byte("Metadata")?;
            Body::Metadata(Metadata {
                closure: byte & 0x40 != 0,
                checksum_id: byte & 15,
                size: reader.size("Metadata")?,
                source_name: reader.name("source file name")?,
                destination_name: reader.name("destination file name")?,
                options: reader.tlvs()?,
            })
        }
        8 => {
            let (from, to) = (reader.size("NAK")?, reader.size("NAK")?);
            let mut requests = Vec::new();
            while !reader.rest.is_empty() {
                requests.push((
                    reader.size("segment request")?,
                    reader.size("segment request")?,
                ));
            }
            Body::Nak { from, to, requests }
        }
        9 => Body::Prompt {
            keep_alive: reader.byte("Prompt")? & 0x80 != 0,
        },
        12 => Body::KeepAlive {
            progress: reader.size("Keep Alive")?,
        },
        code => return Err(PduFault::Directive(code)),
    })
}
