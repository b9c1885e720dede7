//! `corridor transmit`: how bytes get home.

mod budget;
mod carrying;
mod cfdp;
mod contacts;
mod decode;
mod inspect;
mod lines;
mod plan_file;
mod receive;
mod route;
mod schedule;
mod send;

pub(crate) use carrying::{Carrying, keyring};
pub(crate) use contacts::read_stations;
pub(crate) use plan_file::text;

use super::Outcome;
use clap::Subcommand;
use std::path::Path;

/// How bytes get home.
#[derive(Debug, Subcommand)]
pub(crate) enum Transmit {
    /// What the air takes from a link, and what is left of it
    Budget(budget::Budget),
    /// What captures of a downlink hold: frames, spacecraft, channels, packets, gaps
    Decode(decode::Decode),
    /// Who can send to whom, from orbits and stations
    Contacts(contacts::Contacts),
    /// The earliest way of a bundle through a contact plan
    Route(route::Route),
    /// Which passes each station takes
    Schedule(schedule::Schedule),
    /// Bundles, taken or refused and by which clause
    Inspect(inspect::Inspect),
    /// Send files or described scenes to a node as bundles (BPv7 over TCPCLv4)
    Send(send::Send),
    /// Take files that come as bundles, and pass on those for other nodes
    Receive(receive::Receive),
    /// Files by CFDP, class 1 and 2
    #[command(subcommand)]
    Cfdp(cfdp::Cfdp),
}

impl Transmit {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        match self {
            Self::Budget(budget) => budget.run(),
            Self::Decode(decode) => decode.run(),
            Self::Contacts(contacts) => contacts.run(),
            Self::Route(route) => route.run(),
            Self::Schedule(schedule) => schedule.run(),
            Self::Inspect(inspect) => inspect.run(),
            Self::Send(send) => send.run(data_dir).await,
            Self::Receive(receive) => receive.run().await,
            Self::Cfdp(cfdp) => cfdp.run().await,
        }
    }
}
