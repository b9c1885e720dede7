//! `corridor transmit decode`: what a capture of a downlink holds.

mod input;
mod keep;
mod show;

use crate::output::Format;
use crate::progress::Step;
use crate::verb::{Failure, Outcome};
use clap::{Args, ValueEnum};
use corridor_transmit::decode::{Capture, Packet, Report};
use corridor_transmit::frame::Basis;
use corridor_transmit::frame::detect::Known;
use corridor_transmit::frame::reed_solomon::Strength;
use corridor_transmit::frame::sync::{MARKER_LEN, Strictness};
use corridor_transmit::packet::merge::Policy;
use input::Input;
use keep::Keeper;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// What captures of a downlink hold: frames, spacecraft, channels, packets, and what is missing.
///
/// Takes raw bits at any offset and polarity, aligned frames, or files of space packets. How frames are coded is
/// found out by trial; every part can be forced. Frames that cannot be corrected are counted and none of
/// their bytes reaches a packet. Several inputs are copies of one pass: packets that more than one has are kept
/// once.
#[derive(Debug, Args)]
pub(crate) struct Decode {
    /// Captures: files, folders of files, or - for standard input
    #[arg(value_name = "FILE", required_unless_present = "tcp")]
    inputs: Vec<PathBuf>,
    /// Read from a TCP server until it closes
    #[arg(long, value_name = "HOST:PORT")]
    tcp: Vec<String>,
    /// The inputs are one stream cut into pieces, not copies of one pass
    #[arg(long)]
    join: bool,
    /// What is kept of a group of packets that several captures have parts of
    #[arg(long, value_enum, default_value_t)]
    merge: Merge,
    /// Write the space packets here, in order, each once, without idle ones
    #[arg(long, value_name = "OUT")]
    packets: Option<PathBuf>,
    /// Packet definitions (XTCE); needs --values
    #[arg(long, value_name = "XTCE", requires = "values")]
    definitions: Option<PathBuf>,
    /// Write the decoded parameters here, a line of JSON a packet
    #[arg(long, value_name = "OUT", requires = "definitions")]
    values: Option<PathBuf>,
    #[command(flatten)]
    framing: FramingOptions,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Merge {
    /// What the capture that began it first has of it
    #[default]
    Groups,
    /// Every packet any capture has
    Packets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Answer {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CodeName {
    /// (255,223), corrects 16 symbols
    #[value(name = "223")]
    E16,
    /// (255,239), corrects 8 symbols
    #[value(name = "239")]
    E8,
    /// No Reed-Solomon code
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BasisName {
    Dual,
    Conventional,
}

/// How the stream is framed; what is not given is found out.
#[derive(Debug, Args)]
#[command(next_help_heading = "Framing, found out where not given")]
struct FramingOptions {
    /// Bytes from one sync marker to the next
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u32).range(12..=65540))]
    cadu_length: Option<u32>,
    /// Whether the pseudo-random sequence was added
    #[arg(long, value_enum)]
    randomized: Option<Answer>,
    /// Reed-Solomon code
    #[arg(long, value_enum)]
    reed_solomon: Option<CodeName>,
    /// How Reed-Solomon symbols are written
    #[arg(long, value_enum)]
    basis: Option<BasisName>,
    /// Reed-Solomon codewords in a frame
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=8))]
    interleave: Option<u8>,
    /// Bytes of insert zone
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u16).range(0..=2048))]
    insert_zone: Option<u16>,
    /// Whether AOS frames end with an operational control field
    #[arg(long, value_enum)]
    ocf: Option<Answer>,
    /// Whether frames end with a CRC-16
    #[arg(long, value_enum)]
    crc: Option<Answer>,
    /// Wrong bits of a sync marker that are let pass once frames were found
    #[arg(long, value_name = "BITS", default_value_t = 6, value_parser = clap::value_parser!(u32).range(0..=12))]
    marker_errors: u32,
    /// Markers in a row that may be missing
    #[arg(long, value_name = "FRAMES", default_value_t = 2, value_parser = clap::value_parser!(u32).range(0..=100))]
    flywheel: u32,
}

impl FramingOptions {
    fn known(&self) -> Known {
        let yes = |a: Answer| a == Answer::Yes;
        Known {
            body_len: self.cadu_length.map(|l| l as usize - MARKER_LEN),
            randomized: self.randomized.map(yes),
            strength: self.reed_solomon.map(|c| match c {
                CodeName::E16 => Some(Strength::E16),
                CodeName::E8 => Some(Strength::E8),
                CodeName::None => None,
            }),
            basis: self.basis.map(|b| match b {
                BasisName::Dual => Basis::Dual,
                BasisName::Conventional => Basis::Conventional,
            }),
            interleave: self.interleave.map(usize::from),
            insert_zone_len: self.insert_zone.map(usize::from),
            operational_control: self.ocf.map(yes),
            error_control: self.crc.map(yes),
        }
    }

    fn strictness(&self) -> Strictness {
        Strictness {
            lock_errors: self.marker_errors,
            flywheel: self.flywheel,
            ..Strictness::default()
        }
    }
}

/// One capture and what it held.
#[derive(Debug, Serialize)]
struct Decoded {
    file: String,
    bytes: u64,
    sha256: String,
    #[serde(flatten)]
    report: Option<Report>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}

impl Decode {
    pub(crate) fn run(self) -> Outcome {
        let inputs = Input::list(&self.inputs, &self.tcp, self.join)?;
        let mut keeper = Keeper::new(
            (inputs.len() > 1).then_some(match self.merge {
                Merge::Groups => Policy::Groups,
                Merge::Packets => Policy::Packets,
            }),
            self.packets.as_deref(),
            self.definitions.as_deref(),
            self.values.as_deref(),
        )?;
        let mut decoded = Vec::new();
        for input in inputs {
            let step = Step::start(format!("Decoding {}", input.name()));
            keeper.next_input();
            let one = self.decode(input, &mut keeper, &step)?;
            step.done(match &one.fault {
                Some(_) => "failed".to_string(),
                None => format!("{} bytes", one.bytes),
            });
            decoded.push(one);
        }
        let merged = keeper.finish()?;
        show::print(self.format, &decoded, merged.as_ref())?;
        let faults: Vec<String> = decoded
            .iter()
            .filter_map(|d| d.fault.as_ref().map(|f| format!("{}: {f}", d.file)))
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Failure::Failed(faults.join("\n")))
        }
    }

    /// Reads one input to its end. A capture that makes no sense is told in the result; a disk or network
    /// that fails is an error.
    fn decode(
        &self,
        mut input: Input,
        keeper: &mut Keeper,
        step: &Step,
    ) -> Result<Decoded, Failure> {
        let mut capture = Capture::new(self.framing.known(), self.framing.strictness());
        let mut digest = Sha256::new();
        let mut bytes = 0;
        let mut piece = vec![0; 1 << 18];
        let (counter, len) = (step.counter(), input.len());
        let mut kept = Ok(());
        let mut keep = |packet: Packet<'_>| {
            if kept.is_ok() {
                kept = keeper.take(&packet);
            }
        };
        let mut fault = None;
        loop {
            let read = input.read(&mut piece)?;
            if read == 0 {
                break;
            }
            digest.update(&piece[..read]);
            bytes += read as u64;
            counter(bytes, len.max(bytes));
            if fault.is_none()
                && let Err(f) = capture.push(&piece[..read], &mut keep)
            {
                fault = Some(f.to_string());
            }
        }
        let report = match fault {
            Some(_) => Some(capture.report()),
            None => match capture.finish(&mut keep) {
                Ok(report) => Some(report),
                Err(f) => {
                    fault = Some(f.to_string());
                    None
                }
            },
        };
        kept?;
        Ok(Decoded {
            file: input.name(),
            bytes,
            sha256: digest
                .finalize()
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect(),
            report,
            fault,
        })
    }
}
