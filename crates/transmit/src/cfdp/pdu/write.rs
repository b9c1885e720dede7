//! Units to bytes.

use super::{Acked, Body, Condition, FileStatus, Header, Pdu, PduFault};
use crate::cfdp::Class;
use crate::frame::check;

struct Writer {
    bytes: Vec<u8>,
    large: bool,
}

impl Writer {
    fn number(&mut self, value: u64, len: u8, what: &'static str) -> Result<(), PduFault> {
        let len = usize::from(len.clamp(1, 8));
        if len < 8 && value >> (8 * len) != 0 {
            return Err(PduFault::TooLarge(what));
        }
        self.bytes
            .extend_from_slice(&value.to_be_bytes()[8 - len..]);
        Ok(())
    }

    fn size(&mut self, value: u64, what: &'static str) -> Result<(), PduFault> {
        self.number(value, if self.large { 8 } else { 4 }, what)
    }

    fn counted(&mut self, value: &[u8], what: &'static str) -> Result<(), PduFault> {
        self.bytes
            .push(u8::try_from(value.len()).map_err(|_| PduFault::TooLarge(what))?);
        self.bytes.extend_from_slice(value);
        Ok(())
    }

    /// Which entity a fault is at (§5.4.5); only where there is a fault.
    fn fault_location(&mut self, condition: Condition, header: &Header) -> Result<(), PduFault> {
        if condition != Condition::NoError && condition != Condition::UnsupportedChecksumType {
            self.bytes.push(6);
            self.bytes.push(header.entity_len);
            let entity = if header.to_sender {
                header.destination
            } else {
                header.id.source
            };
            self.number(entity, header.entity_len, "entity identifier")?;
        }
        Ok(())
    }
}

/// Bytes of a header.
pub(in crate::cfdp) fn header_len(header: &Header) -> usize {
    4 + 2 * usize::from(header.entity_len) + usize::from(header.number_len)
}

/// Writes one unit.
pub fn encode(pdu: &Pdu) -> Result<Vec<u8>, PduFault> {
    let header = &pdu.header;
    let is_data = matches!(pdu.body, Body::FileData { .. });
    let first = 0x20
        | u8::from(is_data) << 4
        | u8::from(header.to_sender) << 3
        | u8::from(header.class == Class::Unacknowledged) << 2
        | u8::from(header.crc) << 1
        | u8::from(header.large);
    let (entity_len, number_len) = (header.entity_len.clamp(1, 8), header.number_len.clamp(1, 8));
    let mut w = Writer {
        bytes: vec![first, 0, 0, (entity_len - 1) << 4 | (number_len - 1)],
        large: header.large,
    };
    w.number(header.id.source, entity_len, "entity identifier")?;
    w.number(header.id.number, number_len, "transaction number")?;
    w.number(header.destination, entity_len, "entity identifier")?;
    let start = w.bytes.len();
    body(&mut w, header, &pdu.body)?;
    let data_len = w.bytes.len() - start + 2 * usize::from(header.crc);
    let data_len = u16::try_from(data_len).map_err(|_| PduFault::TooLarge("data field"))?;
    w.bytes[1..3].copy_from_slice(&data_len.to_be_bytes());
    if header.crc {
        let check = check::of(&w.bytes);
        w.bytes.extend_from_slice(&check.to_be_bytes());
    }
    Ok(w.bytes)
}

fn body(w: &mut Writer, header: &Header, body: &Body) -> Result<(), PduFault> {
    match body {
        Body::FileData { offset, data } => {
            w.size(*offset, "offset")?;
            w.bytes.extend_from_slice(data);
        }
        Body::Eof(eof) => {
            w.bytes.extend([4, (eof.condition as u8) << 4]);
            w.bytes.extend(eof.checksum.to_be_bytes());
            w.size(eof.size, "file size")?;
            w.fault_location(eof.condition, header)?;
        }
        Body::Finished(finished) => {
            let status = match finished.status {
                FileStatus::Discarded => 0,
                FileStatus::Rejected => 1,
                FileStatus::Retained => 2,
                FileStatus::Unreported => 3,
            };
            let condition = (finished.condition as u8) << 4;
            w.bytes
                .extend([5, condition | u8::from(!finished.complete) << 2 | status]);
            w.fault_location(finished.condition, header)?;
        }
        Body::Ack {
            of,
            condition,
            status,
        } => {
            let of = match of {
                Acked::Eof => 0x40,
                Acked::Finished => 0x51,
            };
            w.bytes
                .extend([6, of, (*condition as u8) << 4 | (status & 3)]);
        }
        Body::Metadata(metadata) => {
            w.bytes.extend([
                7,
                u8::from(metadata.closure) << 6 | (metadata.checksum_id & 15),
            ]);
            w.size(metadata.size, "file size")?;
            w.counted(metadata.source_name.as_bytes(), "file name")?;
            w.counted(metadata.destination_name.as_bytes(), "file name")?;
            for option in &metadata.options {
                w.bytes.push(option.kind);
                w.counted(&option.value, "option")?;
            }
        }
        Body::Nak { from, to, requests } => {
            w.bytes.push(8);
            w.size(*from, "scope")?;
            w.size(*to, "scope")?;
            for (from, to) in requests {
                w.size(*from, "segment request")?;
                w.size(*to, "segment request")?;
            }
        }
        Body::Prompt { keep_alive } => w.bytes.extend([9, u8::from(*keep_alive) << 7]),
        Body::KeepAlive { progress } => {
            w.bytes.push(12);
            w.size(*progress, "progress")?;
        }
    }
    Ok(())
}
