//! Deliveries: when a volume of data, ready on board at some instant, is on the ground and at the node.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::contact::Contact;

/// Link from the station to the node.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct GroundLink {
    /// Rate, bit/s.
    pub rate_bit_s: f64,
    /// Fixed delay before the first byte arrives (handling at the station, network), s.
    pub fixed_delay_s: f64,
}

/// What one contact carries of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Station of the contact.
    pub station: String,
    /// First byte leaves the satellite.
    pub start: Timestamp,
    /// Last byte is on the ground.
    pub end: Timestamp,
    /// Bytes carried.
    pub volume_bytes: u64,
}

/// A way of a volume from the satellite to the node, with its times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// Name of the satellite.
    pub satellite: String,
    /// Station that takes the last byte.
    pub station: String,
    /// Start of the contact that takes the last byte.
    pub contact_start: Timestamp,
    /// The last byte is on the ground.
    pub down: Timestamp,
    /// The last byte is at the node.
    pub at_node: Timestamp,
    /// Bytes delivered.
    pub volume_bytes: u64,
    /// Contacts used, in order of first use.
    pub contacts: Vec<Contact>,
    /// What each stretch of link time carried, in order of time.
    pub shares: Vec<Share>,
}

/// The earliest delivery of `volume_bytes` that are ready on board at `ready`.
pub fn earliest(
    ready: Timestamp,
    volume_bytes: u64,
    contacts: &[Contact],
    ground: &GroundLink,
) -> Option<Delivery> {
    let _ = (ready, volume_bytes, contacts, ground);
    None
}
