//! Deliveries by the router against a stream over the fastest contact up, and by hand over relays.

use corridor_transmit::contact::Contact;
use corridor_transmit::delivery::{Delivery, GroundLink, Relayed, Ways};
use corridor_transmit::sky::SkyContact;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;

const GROUND: GroundLink = GroundLink {
    rate_bit_s: 1e9,
    fixed_delay_s: 60.0,
};

/// A line on which nothing waits. Stations forward what came over one way when it is whole: where they take long
/// over it, data that waits until a second station shares the work can be at the node earlier, and what is best
/// for one part is not always best for all.
const AT_ONCE: GroundLink = GroundLink {
    rate_bit_s: 1e15,
    fixed_delay_s: 60.0,
};

/// Light time to the relay and down, s.
const OWLT_S: f64 = 0.125;

fn at(seconds: f64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs_f64(seconds)
}

fn seconds(t: Timestamp) -> f64 {
    t.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64()
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

fn sky(from: &str, to: &str, (start_s, end_s): (f64, f64), setup_s: f64, rate: f64) -> SkyContact {
    SkyContact {
        from: from.into(),
        to: to.into(),
        start: at(start_s),
        end: at(end_s),
        setup_s,
        rate_bit_s: rate,
        back_rate_bit_s: 0.0,
        max_elevation_deg: None,
        profile: None,
        owlt_s: OWLT_S,
    }
}

fn earliest(ready_s: f64, volume_bytes: u64, contacts: &[Contact]) -> Option<Delivery> {
    earliest_by(&GROUND, ready_s, volume_bytes, contacts)
}

fn earliest_by(
    line: &GroundLink,
    ready_s: f64,
    volume_bytes: u64,
    contacts: &[Contact],
) -> Option<Delivery> {
    let mut ways = Ways::new(contacts, &[], line).unwrap();
    ways.earliest(at(ready_s), volume_bytes).unwrap()
}

fn near(t: Timestamp, expected_s: f64) -> bool {
    (seconds(t) - expected_s).abs() < 1e-6
}

#[test]
fn one_contact_by_hand() {
    // 10 MB at 8 Mbit/s take 10 s from set-up end at 110; then 0.08 s on the ground and 60 s of delay.
    let d = earliest(0.0, 10_000_000, &[contact("a", 100.0, 200.0, 8e6)]).unwrap();
    assert!(near(d.down, 120.0) && near(d.at_node, 180.08), "{d:?}");
    assert_eq!((d.contact_start, d.contact_end), (at(100.0), at(200.0)));
    assert_eq!((d.station.as_str(), d.shares.len()), ("a", 1));
}

#[test]
fn ready_within_a_contact_uses_what_is_left_of_it() {
    let contacts = [
        contact("a", 100.0, 200.0, 8e6),
        contact("b", 500.0, 600.0, 8e6),
    ];
    let d = earliest(195.0, 10_000_000, &contacts).unwrap();
    let bytes: Vec<u64> = d.shares.iter().map(|s| s.volume_bytes).collect();
    assert_eq!(bytes, [5_000_000, 5_000_000]);
    assert!(near(d.down, 515.0) && d.station == "b", "{d:?}");
    assert_eq!(earliest(600.0, 1, &contacts), None);
}

#[test]
fn a_faster_contact_takes_over_and_hands_back() {
    let contacts = [
        contact("slow", 0.0, 100.0, 8e6),
        contact("fast", 20.0, 40.0, 80e6),
    ];
    let d = earliest(0.0, 150_000_000, &contacts).unwrap();
    let shares = d.shares.iter();
    let found: Vec<(&str, u64)> = shares
        .map(|s| (s.station.as_str(), s.volume_bytes))
        .collect();
    let by_hand = [
        ("slow", 20_000_000),
        ("fast", 100_000_000),
        ("slow", 30_000_000),
    ];
    assert_eq!(found, by_hand);
    assert!(near(d.down, 70.0), "{d:?}");
}

#[test]
fn too_much_or_nothing_usable_is_none() {
    let contacts = [contact("a", 0.0, 20.0, 8e6)];
    assert!(earliest(0.0, 10_000_000, &contacts).is_some());
    assert_eq!(earliest(0.0, 10_000_001, &contacts), None);
    assert_eq!(earliest(0.0, 1, &[]), None);
    for rate_bit_s in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let unusable = [Contact {
            rate_bit_s,
            ..contacts[0].clone()
        }];
        assert_eq!(earliest(0.0, 1, &unusable), None);
        let ground = GroundLink {
            rate_bit_s,
            ..GROUND
        };
        let mut ways = Ways::new(&contacts, &[], &ground).unwrap();
        assert_eq!(ways.earliest(at(0.0), 1).unwrap(), None);
    }
}

/// Across at 160 after the set-up, 80 Mbit/s; down at 40 Mbit/s when it is there whole; then the line.
#[test]
fn over_a_relay_by_hand() {
    let crossings = [sky("sat", "geo", (100.0, 1_000.0), 60.0, 80e6)];
    let feeders = [sky("geo", "g", (0.0, 10_000.0), 0.0, 40e6)];
    let relayed = [Relayed {
        name: "geo",
        crossings: &crossings,
        feeders: &feeders,
    }];
    let direct = [contact("a", 5_000.0, 5_500.0, 80e6)];
    let mut ways = Ways::new(&direct, &relayed, &GROUND).unwrap();
    let d = ways.earliest(at(0.0), 100_000_000).unwrap().unwrap();
    let down_s = 160.0 + 10.0 + OWLT_S + 20.0 + OWLT_S;
    assert!(near(d.down, down_s), "{d:?}");
    assert!(near(d.at_node, down_s + 0.8 + 60.0), "{d:?}");
    assert_eq!((d.station.as_str(), d.relay.as_deref()), ("g", Some("geo")));
    assert_eq!((d.contact_start, d.contact_end), (at(100.0), at(1_000.0)));
    // A relay that reaches no station leads nowhere.
    let lost = [Relayed {
        feeders: &[],
        ..relayed[0]
    }];
    let mut ways = Ways::new(&direct, &lost, &GROUND).unwrap();
    let d = ways.earliest(at(0.0), 100_000_000).unwrap().unwrap();
    assert!(d.relay.is_none() && near(d.down, 5_020.0), "{d:?}");
}

/// The terminal is held by one relay until it sets: the other begins its set-up then.
#[test]
fn a_terminal_holds_one_relay_at_a_time() {
    let east = [sky("sat", "east", (0.0, 100.0), 50.0, 8e6)];
    let west = [sky("sat", "west", (10.0, 1_000.0), 50.0, 8e6)];
    let feeders = [
        [sky("east", "g", (0.0, 10_000.0), 0.0, 1e9)],
        [sky("west", "g", (0.0, 10_000.0), 0.0, 1e9)],
    ];
    let relayed = [("east", &east, &feeders[0]), ("west", &west, &feeders[1])].map(
        |(name, crossings, feeders)| Relayed {
            name,
            crossings,
            feeders,
        },
    );
    let mut ways = Ways::new(&[], &relayed, &GROUND).unwrap();
    // 50 s over the first from 50, then 50 s of set-up, then the rest from 150.
    let d = ways.earliest(at(0.0), 60_000_000).unwrap().unwrap();
    let left: Vec<(f64, u64)> = d
        .shares
        .iter()
        .map(|s| (seconds(s.start), s.volume_bytes))
        .collect();
    assert_eq!(left, [(50.0, 50_000_000), (150.0, 10_000_000)]);
}

/// Bytes sent over one contact without a break.
struct Stretch {
    contact: usize,
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

/// When the last stretch is at the node: each station forwards its stretches one after the other.
fn at_node(sent: &[Stretch], contacts: &[Contact], ground: &GroundLink) -> Option<Timestamp> {
    let mut free: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for share in sent {
        let station = contacts[share.contact].station.as_str();
        let start = free
            .get(station)
            .map_or(share.end, |free| share.end.max(*free));
        free.insert(station, after(start, share.volume_bytes, ground.rate_bit_s));
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

/// When a stream over the fastest contact up is down and at the node.
fn stream(ready_s: f64, volume_bytes: u64, contacts: &[Contact]) -> Option<(Timestamp, Timestamp)> {
    let stretches = send(at(ready_s), volume_bytes, contacts)?;
    let down = stretches.last()?.end;
    Some((down, at_node(&stretches, contacts, &AT_ONCE)?))
}

fn any_contacts() -> impl Strategy<Value = Vec<Contact>> {
    let one = (0_u8..4, 0.0_f64..5_000.0, 11.0_f64..900.0, 1e3_f64..1e9);
    let make = |(station, start_s, length_s, rate): (u8, f64, f64, f64)| {
        contact(&station.to_string(), start_s, start_s + length_s, rate)
    };
    prop::collection::vec(one.prop_map(make), 0..12)
}

fn any_crossings(name: &'static str) -> impl Strategy<Value = Vec<SkyContact>> {
    let one = (0.0_f64..5_000.0, 11.0_f64..900.0, 1e3_f64..1e9);
    let make = move |(start_s, length_s, rate): (f64, f64, f64)| {
        sky("sat", name, (start_s, start_s + length_s), 10.0, rate)
    };
    prop::collection::vec(one.prop_map(make), 0..6)
}

proptest! {
    /// Two contacts with one station at once make one of them wait for the other's bytes on the line, which the
    /// stream does not see; contacts of one satellite with one station never overlap.
    #[test]
    fn the_router_gives_the_stream(contacts in any_contacts(), ready_s in 0.0_f64..6_000.0, volume in 1_u64..1 << 34) {
        let mut apart: Vec<Contact> = Vec::new();
        for c in contacts {
            let clash = |o: &Contact| o.station == c.station && c.start <= o.end && o.start <= c.end;
            if !apart.iter().any(clash) {
                apart.push(c);
            }
        }
        let found = earliest_by(&AT_ONCE, ready_s, volume, &apart);
        match (stream(ready_s, volume, &apart), found) {
            (None, None) => {}
            (Some((down, at_node)), Some(d)) => {
                // Whole bytes at each change of contact: a byte time of the slowest link each.
                let slack_s = 12.0 * 8.0 / 1e3;
                let off_s = [d.down.duration_since(down), d.at_node.duration_since(at_node)];
                for off in off_s {
                    prop_assert!(off.as_secs_f64().abs() < slack_s, "{off:?} {d:?} {down} {at_node}");
                }
                prop_assert_eq!(d.shares.iter().map(|s| s.volume_bytes).sum::<u64>(), volume);
            }
            // A last byte that just fits, or just not.
            (None, Some(_)) => prop_assert!(stream(ready_s, volume.saturating_sub(16), &apart).is_some()),
            (Some(_), None) => prop_assert!(earliest_by(&AT_ONCE, ready_s, volume.saturating_sub(16), &apart).is_some()),
        }
    }

    #[test]
    fn a_relay_never_delays_and_carries_within_its_windows(
        contacts in any_contacts(), crossings in any_crossings("geo"), ready_s in 0.0_f64..6_000.0, volume in 1_u64..1 << 34,
    ) {
        let feeders = [sky("geo", "g", (0.0, 100_000.0), 0.0, 5e8)];
        let relayed = [Relayed { name: "geo", crossings: &crossings, feeders: &feeders }];
        let mut ways = Ways::new(&contacts, &relayed, &GROUND).unwrap();
        let with = ways.earliest(at(ready_s), volume).unwrap();
        if let Some(direct) = earliest(ready_s, volume, &contacts) {
            // Seconds are counted from another first contact: the last nanosecond may differ.
            let rounded = SignedDuration::from_nanos(2);
            prop_assert!(with.as_ref().unwrap().at_node <= direct.at_node + rounded);
        }
        let Some(d) = with else { return Ok(()) };
        prop_assert_eq!(d.shares.iter().map(|s| s.volume_bytes).sum::<u64>(), volume);
        let mut over: BTreeMap<bool, Timestamp> = BTreeMap::new();
        for s in &d.shares {
            prop_assert!(s.start >= at(ready_s) && s.start <= s.end && s.end <= s.down && s.down < s.at_node);
            let free = over.insert(s.relay.is_some(), s.end);
            prop_assert!(free.is_none_or(|free| free <= s.start + SignedDuration::from_nanos(2)), "one at a time");
            let spans: Vec<(Timestamp, Timestamp)> = match s.relay {
                Some(_) => crossings.iter().map(|c| (c.start + SignedDuration::from_secs_f64(c.setup_s), c.end)).collect(),
                None => contacts.iter().filter(|c| c.station == s.station).map(|c| (c.data_start(), c.end)).collect(),
            };
            let slack = SignedDuration::from_micros(1);
            let inside = |(from, to): &(Timestamp, Timestamp)| *from <= s.start + slack && s.end <= *to + slack;
            prop_assert!(spans.iter().any(inside), "{s:?} in no window");
        }
    }

    #[test]
    fn later_or_more_never_arrives_earlier(
        contacts in any_contacts(), ready_s in 0.0_f64..5_000.0, wait_s in 0.0_f64..500.0,
        volume in 1_u64..1 << 33, more in 0_u64..1 << 30,
    ) {
        let down = |ready_s, volume| earliest_by(&AT_ONCE, ready_s, volume, &contacts).map(|d| d.at_node);
        let base = down(ready_s, volume);
        let same = SignedDuration::from_secs(1);
        if let Some(more) = down(ready_s, volume + more) {
            prop_assert!(base.unwrap() <= more + same);
        }
        if let Some(later) = down(ready_s + wait_s, volume) {
            prop_assert!(base.unwrap() <= later + same);
        }
    }
}
