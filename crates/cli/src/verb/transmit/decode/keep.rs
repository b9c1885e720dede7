//! What becomes of the packets: written as they come, or merged when there are several copies of a pass.

use crate::verb::Failure;
use corridor_transmit::decode::Packet;
use corridor_transmit::packet::account::ApidCounts;
use corridor_transmit::packet::header::{HEADER_LEN, Header, Segment};
use corridor_transmit::packet::merge::{Merger, Policy};
use corridor_transmit::packet::time::cds_8_us;
use corridor_transmit::packet::xtce::{DecodeFault, Definitions, Value};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What the copies of one pass came to together.
#[derive(Debug, Serialize)]
pub(super) struct MergedReport {
    /// Packets, each once.
    pub(super) packets: u64,
    /// Packets more than one copy had.
    pub(super) duplicates: u64,
    /// Packets of one application, count and time whose bytes differ; all are kept.
    pub(super) contradictions: u64,
    /// Packets of groups that an earlier capture began: not kept unless packets are merged one by one.
    pub(super) set_aside: u64,
    /// Idle packets, dropped.
    pub(super) idle_packets: u64,
    /// By application.
    pub(super) apids: BTreeMap<u16, ApidCounts>,
}

/// A file that has its name only when it is whole.
struct Aside {
    to: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
}

impl Aside {
    fn new(to: &Path) -> Result<Self, Failure> {
        let mut part = to.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file = File::create(&part).map_err(|e| failed(&part, &e))?;
        Ok(Self {
            to: to.into(),
            part,
            file: BufWriter::with_capacity(1 << 20, file),
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file
            .write_all(bytes)
            .map_err(|e| failed(&self.part, &e))
    }

    fn finish(self) -> Result<(), Failure> {
        let file = self
            .file
            .into_inner()
            .map_err(|e| failed(&self.part, e.error()))?;
        file.sync_all().map_err(|e| failed(&self.part, &e))?;
        std::fs::rename(&self.part, &self.to).map_err(|e| failed(&self.to, &e))
    }
}

fn failed(path: &Path, e: &std::io::Error) -> Failure {
    Failure::Failed(format!("writing {}: {e}", path.display()))
}

/// Takes packets of one input after another.
pub(super) struct Keeper {
    merger: Option<Merger>,
    begun: bool,
    packets: Option<Aside>,
    /// Packets kept for the merge, in the order they came, and where each starts.
    spool: Option<(File, BufWriter<File>, Vec<u64>, u64)>,
    values: Option<(Definitions, Aside)>,
}

impl Keeper {
    pub(super) fn new(
        several: Option<Policy>,
        packets: Option<&Path>,
        definitions: Option<&Path>,
        values: Option<&Path>,
    ) -> Result<Self, Failure> {
        let packets = packets.map(Aside::new).transpose()?;
        let spool = match &packets {
            Some(_) if several.is_some() => {
                let file = tempfile::tempfile()?;
                let writer = BufWriter::with_capacity(1 << 20, file.try_clone()?);
                Some((file, writer, Vec::new(), 0))
            }
            _ => None,
        };
        let values = match (definitions, values) {
            (Some(from), Some(to)) => {
                let text = std::fs::read_to_string(from)
                    .map_err(|e| Failure::Failed(format!("reading {}: {e}", from.display())))?;
                let read = Definitions::from_xtce(&text)
                    .map_err(|e| Failure::Failed(format!("{}: {e}", from.display())))?;
                Some((read, Aside::new(to)?))
            }
            _ => None,
        };
        Ok(Self {
            merger: several.map(Merger::new),
            begun: false,
            packets,
            spool,
            values,
        })
    }

    pub(super) fn next_input(&mut self) {
        if let Some(merger) = self.merger.as_mut().filter(|_| self.begun) {
            merger.next_copy();
        }
        self.begun = true;
    }

    pub(super) fn take(&mut self, packet: &Packet<'_>) -> Result<(), Failure> {
        let Some(header) = packet.header.filter(|h| !h.is_idle()) else {
            return Ok(());
        };
        if let Some(merger) = &mut self.merger {
            let kept = merger
                .add(&header, packet.bytes, time_of(&header, packet.bytes))
                .map_err(|e| Failure::Failed(e.to_string()))?;
            if !kept {
                return Ok(());
            }
            if let Some((_, writer, starts, len)) = &mut self.spool {
                writer.write_all(packet.bytes)?;
                starts.push(*len);
                *len += packet.bytes.len() as u64;
            }
        } else if let Some(packets) = &mut self.packets {
            packets.write(packet.bytes)?;
        }
        if let Some((definitions, out)) = &mut self.values {
            out.write(line(definitions, &header, packet.bytes)?.as_bytes())?;
        }
        Ok(())
    }

    /// Writes what waited; what the copies came to, where there were several.
    pub(super) fn finish(mut self) -> Result<Option<MergedReport>, Failure> {
        let mut report = None;
        if let Some(merger) = self.merger {
            let merged = merger.finish();
            let mut apids: BTreeMap<u16, ApidCounts> = BTreeMap::new();
            for kept in &merged.kept {
                apids.entry(kept.header.apid).or_default().add(&kept.header);
            }
            if let (Some((mut file, writer, starts, _)), Some(out)) =
                (self.spool, &mut self.packets)
            {
                writer.into_inner().map_err(|e| e.into_error())?;
                let mut bytes = Vec::new();
                for kept in &merged.kept {
                    bytes.resize(kept.header.packet_len, 0);
                    file.seek(SeekFrom::Start(starts[kept.index as usize]))?;
                    file.read_exact(&mut bytes)?;
                    out.write(&bytes)?;
                }
            }
            report = Some(MergedReport {
                packets: merged.kept.len() as u64,
                duplicates: merged.duplicates,
                contradictions: merged.contradictions,
                set_aside: merged.set_aside,
                idle_packets: merged.idle,
                apids,
            });
        }
        if let Some(packets) = self.packets {
            packets.finish()?;
        }
        if let Some((_, values)) = self.values {
            values.finish()?;
        }
        Ok(report)
    }
}

/// The time at the start of a packet's data, as the missions whose copies are merged write it.
fn time_of(header: &Header, bytes: &[u8]) -> Option<u64> {
    let starts = matches!(header.segment, Segment::First | Segment::Whole);
    if header.secondary && starts {
        cds_8_us(&bytes[HEADER_LEN..])
    } else {
        None
    }
}

#[derive(Serialize)]
struct Line<'a> {
    apid: u16,
    seq: u16,
    container: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
    parameters: BTreeMap<&'a str, Value>,
}

fn line(definitions: &Definitions, header: &Header, bytes: &[u8]) -> Result<String, Failure> {
    let mut line = Line {
        apid: header.apid,
        seq: header.count,
        container: None,
        fault: None,
        parameters: BTreeMap::new(),
    };
    match definitions.decode(bytes) {
        Ok((container, fields)) => {
            line.container = Some(container);
            line.parameters = fields
                .into_iter()
                .map(|(p, v)| (p.name.as_str(), v))
                .collect();
        }
        Err(DecodeFault::NoMatch) => {}
        Err(fault) => line.fault = Some(fault.to_string()),
    }
    Ok(serde_json::to_string(&line).map_err(|e| Failure::Failed(e.to_string()))? + "\n")
}
