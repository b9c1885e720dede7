//! Deliveries: when a volume of data, ready on board at some instant, is on the ground and at the node.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
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

/// The earliest delivery of `volume_bytes` that are ready on board at `ready`; `None` when the contacts do
/// not carry it, or when no figure of the ground link makes sense (rate not above 0, delay below 0).
///
/// The contacts are those of one satellite, in any order. It sends over one at a time and never more over
/// a contact than its `volume_bytes`; at each instant over the fastest that is up (the earlier in the list
/// where two are equal), which is the earliest way to get any volume down. A contact carries data from
/// [`Contact::data_start`] to its end, whatever part of it lies after `ready`. Light time, at most tens of
/// milliseconds from a low orbit, is left out.
///
/// A station forwards what a contact brought when that is whole, one after the other; stations forward
/// beside one another.
pub fn earliest(
    ready: Timestamp,
    volume_bytes: u64,
    contacts: &[Contact],
    ground: &GroundLink,
) -> Option<Delivery> {
    let ground_ok =
        ground.rate_bit_s > 0.0 && ground.rate_bit_s.is_finite() && ground.fixed_delay_s >= 0.0;
    if !ground_ok {
        return None;
    }
    let stretches = send(ready, volume_bytes, contacts)?;
    let last = stretches.last()?;
    let last_contact = contacts.get(last.contact)?;
    let mut used: Vec<usize> = Vec::new();
    for stretch in &stretches {
        if !used.contains(&stretch.contact) {
            used.push(stretch.contact);
        }
    }
    let shares: Vec<Share> = stretches
        .iter()
        .filter_map(|s| {
            let station = contacts.get(s.contact)?.station.clone();
            Some(Share {
                station,
                start: s.start,
                end: s.end,
                volume_bytes: s.volume_bytes,
            })
        })
        .collect();
    Some(Delivery {
        satellite: last_contact.satellite.clone(),
        station: last_contact.station.clone(),
        contact_start: last_contact.start,
        down: last.end,
        at_node: at_node(&shares, ground)?,
        volume_bytes,
        contacts: used
            .into_iter()
            .filter_map(|i| contacts.get(i).cloned())
            .collect(),
        shares,
    })
}

/// Bytes sent over one contact without a break.
struct Stretch {
    contact: usize,
    start: Timestamp,
    end: Timestamp,
    volume_bytes: u64,
}

/// Sends over the fastest contact of each instant until everything is down.
fn send(ready: Timestamp, volume_bytes: u64, contacts: &[Contact]) -> Option<Vec<Stretch>> {
    let usable = |c: &Contact| c.rate_bit_s > 0.0 && c.rate_bit_s.is_finite() && c.volume_bytes > 0;
    let starts: Vec<Timestamp> = contacts.iter().map(|c| c.data_start().max(ready)).collect();
    let mut room: Vec<u64> = contacts
        .iter()
        .map(|c| if usable(c) { c.volume_bytes } else { 0 })
        .collect();
    let mut left = volume_bytes;
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut now = ready;
    loop {
        // The fastest contact that is up; when none is, the next to come up.
        let open = |i: &usize| room[*i] > 0 && contacts[*i].end > now;
        let up = (0..contacts.len()).filter(|i| open(i) && starts[*i] <= now);
        let fastest = up.reduce(|a, b| {
            if contacts[b].rate_bit_s > contacts[a].rate_bit_s {
                b
            } else {
                a
            }
        });
        let next_start = (0..contacts.len())
            .filter(|i| open(i) && starts[*i] > now)
            .map(|i| starts[i])
            .min();
        let Some(chosen) = fastest else {
            now = next_start?;
            continue;
        };
        let contact = &contacts[chosen];
        let until = next_start.map_or(contact.end, |start| start.min(contact.end));
        let fitting = (until.duration_since(now).as_secs_f64() * contact.rate_bit_s / 8.0) as u64;
        let amount = left.min(room[chosen]).min(fitting);
        let end = if amount == fitting {
            until
        } else {
            after(now, amount, contact.rate_bit_s).min(until)
        };
        let end = if amount == left {
            after(now, amount, contact.rate_bit_s).min(until)
        } else {
            end
        };
        room[chosen] -= amount;
        left -= amount;
        match stretches.last_mut() {
            Some(last) if last.contact == chosen && last.end == now => {
                last.end = end;
                last.volume_bytes += amount;
            }
            _ if amount > 0 || left == 0 => {
                stretches.push(Stretch {
                    contact: chosen,
                    start: now,
                    end,
                    volume_bytes: amount,
                });
            }
            _ => {}
        }
        if left == 0 {
            return Some(stretches);
        }
        now = end;
    }
}

/// When the last share is at the node: each station forwards its shares one after the other.
fn at_node(shares: &[Share], ground: &GroundLink) -> Option<Timestamp> {
    let mut free: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for share in shares {
        let start = free
            .get(share.station.as_str())
            .map_or(share.end, |free| share.end.max(*free));
        free.insert(
            &share.station,
            after(start, share.volume_bytes, ground.rate_bit_s),
        );
    }
    let delay = SignedDuration::try_from_secs_f64(ground.fixed_delay_s).ok()?;
    free.into_values().max()?.checked_add(delay).ok()
}

/// The instant at which `bytes` from `start` are through, rounded up to a nanosecond.
fn after(start: Timestamp, bytes: u64, rate_bit_s: f64) -> Timestamp {
    let duration_ns = (bytes as f64 * 8e9 / rate_bit_s).ceil();
    // Casts saturate; an end beyond the calendar is its end.
    let duration = SignedDuration::from_nanos(duration_ns as i64);
    start.checked_add(duration).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GROUND: GroundLink = GroundLink {
        rate_bit_s: 1e9,
        fixed_delay_s: 60.0,
    };

    fn at(seconds: f64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs_f64(seconds)
    }

    fn contact(station: &str, start_s: f64, end_s: f64, rate_bit_s: f64) -> Contact {
        let setup_s = 10.0_f64.min(end_s - start_s);
        Contact {
            satellite: "sat".into(),
            station: station.into(),
            start: at(start_s),
            end: at(end_s),
            max_elevation_deg: 45.0,
            rate_bit_s,
            setup_s,
            volume_bytes: (rate_bit_s * (end_s - start_s - setup_s) / 8.0) as u64,
        }
    }

    #[test]
    fn one_contact_by_hand() {
        // 10 MB at 8 Mbit/s take 10 s from set-up end at 110; then 0.08 s on the ground and 60 s of delay.
        let d = earliest(
            at(0.0),
            10_000_000,
            &[contact("a", 100.0, 200.0, 8e6)],
            &GROUND,
        )
        .unwrap();
        assert_eq!((d.down, d.at_node), (at(120.0), at(180.08)));
        assert_eq!(
            (d.contact_start, d.station.as_str(), d.contacts.len()),
            (at(100.0), "a", 1)
        );
    }

    #[test]
    fn ready_within_a_contact_uses_what_is_left_of_it() {
        let contacts = [
            contact("a", 100.0, 200.0, 8e6),
            contact("b", 500.0, 600.0, 8e6),
        ];
        let d = earliest(at(195.0), 10_000_000, &contacts, &GROUND).unwrap();
        assert_eq!(
            d.shares.iter().map(|s| s.volume_bytes).collect::<Vec<_>>(),
            [5_000_000, 5_000_000]
        );
        assert_eq!((d.down, d.station.as_str()), (at(515.0), "b"));
        assert_eq!(d.contacts.len(), 2);
        let late = earliest(at(600.0), 1, &contacts, &GROUND);
        assert_eq!(late, None);
    }

    #[test]
    fn a_faster_contact_takes_over_and_hands_back() {
        let contacts = [
            contact("slow", 0.0, 100.0, 8e6),
            contact("fast", 20.0, 40.0, 80e6),
        ];
        let d = earliest(at(0.0), 150_000_000, &contacts, &GROUND).unwrap();
        let by_hand: Vec<(&str, u64)> = d
            .shares
            .iter()
            .map(|s| (s.station.as_str(), s.volume_bytes))
            .collect();
        assert_eq!(
            by_hand,
            [
                ("slow", 20_000_000),
                ("fast", 100_000_000),
                ("slow", 30_000_000)
            ]
        );
        assert_eq!(d.down, at(70.0));
    }

    #[test]
    fn too_much_or_nothing_usable_is_none() {
        let contacts = [contact("a", 0.0, 20.0, 8e6)];
        assert!(earliest(at(0.0), 10_000_000, &contacts, &GROUND).is_some());
        assert_eq!(earliest(at(0.0), 10_000_001, &contacts, &GROUND), None);
        assert_eq!(earliest(at(0.0), 1, &[], &GROUND), None);
        let rates = [0.0, -1.0, f64::NAN, f64::INFINITY];
        for rate_bit_s in rates {
            assert_eq!(
                earliest(
                    at(0.0),
                    1,
                    &[Contact {
                        rate_bit_s,
                        ..contacts[0].clone()
                    }],
                    &GROUND
                ),
                None
            );
            assert_eq!(
                earliest(
                    at(0.0),
                    1,
                    &contacts,
                    &GroundLink {
                        rate_bit_s,
                        ..GROUND
                    }
                ),
                None
            );
        }
        assert_eq!(
            earliest(at(0.0), 0, &contacts, &GROUND).unwrap().down,
            at(10.0)
        );
    }

    fn any_contacts() -> impl Strategy<Value = Vec<Contact>> {
        let one = (0_u8..4, 0.0_f64..5_000.0, 11.0_f64..900.0, 1e3_f64..1e9);
        let make = |(station, start_s, length_s, rate): (u8, f64, f64, f64)| {
            contact(&station.to_string(), start_s, start_s + length_s, rate)
        };
        prop::collection::vec(one.prop_map(make), 0..12)
    }

    proptest! {
        #[test]
        fn a_delivery_keeps_to_its_contacts(contacts in any_contacts(), ready_s in 0.0_f64..6_000.0, volume in 0_u64..1 << 34) {
            let Some(d) = earliest(at(ready_s), volume, &contacts, &GROUND) else { return Ok(()) };
            prop_assert_eq!(d.shares.iter().map(|s| s.volume_bytes).sum::<u64>(), volume);
            prop_assert!(d.shares.windows(2).all(|w| w[0].end <= w[1].start), "one at a time");
            prop_assert_eq!(d.shares.last().unwrap().end, d.down);
            prop_assert!(d.at_node >= d.down);
            for share in &d.shares {
                prop_assert!(share.start >= at(ready_s));
                let within = |c: &&Contact| c.station == share.station && c.data_start() <= share.start && share.end <= c.end;
                let (low, high) = (share.start, share.end);
                let fits = d.contacts.iter().filter(within).any(|c| {
                    share.volume_bytes as f64 <= c.rate_bit_s * high.duration_since(low).as_secs_f64() / 8.0 + 1.0
                });
                prop_assert!(fits, "{share:?} in no contact");
            }
            for station in 0..4_u8 {
                let name = station.to_string();
                let carried: u64 = d.shares.iter().filter(|s| s.station == name).map(|s| s.volume_bytes).sum();
                let room: u64 = d.contacts.iter().filter(|c| c.station == name).map(|c| c.volume_bytes).sum();
                prop_assert!(carried <= room);
            }
        }

        #[test]
        fn later_or_more_never_arrives_earlier(
            contacts in any_contacts(), ready_s in 0.0_f64..5_000.0, wait_s in 0.0_f64..500.0,
            volume in 0_u64..1 << 33, more in 0_u64..1 << 30,
        ) {
            let down = |ready_s, volume| earliest(at(ready_s), volume, &contacts, &GROUND).map(|d| d.down);
            let base = down(ready_s, volume);
            let same = SignedDuration::from_secs(1);
            if let Some(more) = down(ready_s, volume + more) {
                prop_assert!(base.unwrap() <= more);
            }
            if let Some(later) = down(ready_s + wait_s, volume) {
                // Rounding to whole bytes at each change of contact may cost a byte time of the slowest link.
                prop_assert!(base.unwrap() <= later + same);
            }
        }

        #[test]
        fn one_more_contact_never_delays(contacts in any_contacts(), volume in 0_u64..1 << 33) {
            let Some(all) = earliest(at(0.0), volume, &contacts, &GROUND) else { return Ok(()) };
            for without in 0..contacts.len() {
                let mut fewer = contacts.clone();
                fewer.remove(without);
                if let Some(d) = earliest(at(0.0), volume, &fewer, &GROUND) {
                    prop_assert!(all.down <= d.down + SignedDuration::from_secs(1));
                }
            }
        }
    }
}
