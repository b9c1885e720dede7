//! `corridor transmit cfdp`: files by CFDP (CCSDS 727.0-B-5), over UDP or as a file of units.

mod passes;
mod receive;
mod send;

use crate::verb::Outcome;
use clap::{Args, Subcommand};
use corridor_transmit::cfdp::Settings;
use std::time::Instant;

/// Largest datagram.
const DATAGRAM_MAX: usize = 65_535;

/// Files by CFDP.
#[derive(Debug, Subcommand)]
pub(crate) enum Cfdp {
    /// Send a file
    Send(send::Send),
    /// Take files
    Receive(receive::Receive),
}

impl Cfdp {
    pub(crate) async fn run(self) -> Outcome {
        match self {
            Self::Send(send) => send.run().await,
            Self::Receive(receive) => receive.run().await,
        }
    }
}

/// Timers and sizes.
#[derive(Debug, Clone, Args)]
struct Tuning {
    /// Largest unit, bytes
    #[arg(long, value_name = "BYTES", default_value_t = 1024)]
    unit: usize,
    /// Until an end that was not acknowledged is said again, s
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    ack: f64,
    /// Until what is missing is asked for again, s
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0)]
    nak: f64,
}

impl Tuning {
    fn settings(&self) -> Settings {
        let ms = |s: f64| (s.max(0.01) * 1e3) as u64;
        Settings {
            pdu_len_max: self.unit,
            ack_ms: ms(self.ack),
            nak_ms: ms(self.nak),
            ..Settings::default()
        }
    }
}

/// Milliseconds since a start, as the state machines count.
#[derive(Debug, Clone, Copy)]
struct Stopwatch(Instant);

impl Stopwatch {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn ms(self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
