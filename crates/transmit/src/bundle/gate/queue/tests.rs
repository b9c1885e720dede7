//! The queue on simulated time.

use super::*;
use crate::plan::PlanContact;
use proptest::prelude::*;

fn plan(contacts: &[(u32, u32, f64, f64, f64)]) -> ContactPlan {
    let nodes = contacts.iter().map(|c| c.0.max(c.1)).max().unwrap_or(0);
    ContactPlan {
        nodes: (0..=nodes).map(|n| n.to_string()).collect(),
        contacts: contacts
            .iter()
            .map(|&(from, to, start_s, end_s, bytes_s)| PlanContact {
                from,
                to,
                start_s,
                end_s,
                rate_bit_s: bytes_s * 8.0,
                owlt_s: 0.0,
            })
            .collect(),
        epoch: None,
    }
}

fn shipment(to: u32, size_bytes: f64, priority: u8) -> Shipment {
    Shipment {
        to,
        size_bytes,
        priority,
        expires_s: f64::INFINITY,
    }
}

fn queue(contacts: &[(u32, u32, f64, f64, f64)]) -> PlanQueue<&'static str> {
    PlanQueue::new(plan(contacts), 0, OwltMargin::default()).unwrap()
}

#[test]
fn nothing_is_due_outside_a_window() {
    let mut queue = queue(&[(0, 1, 10.0, 20.0, 100.0)]);
    let id = queue.insert("a", shipment(1, 100.0, 0), 0.0).unwrap();
    assert_eq!(queue.due(1, 9.999), None);
    assert_eq!(queue.wake_s(1), Some(10.0));
    let due = queue.due(1, 10.0).unwrap();
    assert_eq!((due.id, due.contact, due.end_s), (id, 0, 20.0));
    queue.held(id, 19.5);
    assert_eq!(queue.due(1, 19.5), None, "half a second carries 50 bytes");
    assert_eq!(queue.standing().without_way, 1);
}

#[test]
fn a_higher_priority_takes_the_place_and_the_lower_waits_for_the_next_contact() {
    let mut queue = queue(&[(0, 1, 10.0, 11.0, 100.0), (0, 1, 30.0, 31.0, 100.0)]);
    let low = queue.insert("low", shipment(1, 100.0, 1), 0.0).unwrap();
    let high = queue.insert("high", shipment(1, 100.0, 7), 1.0).unwrap();
    assert_eq!(queue.due(1, 10.0).map(|d| d.id), Some(high));
    assert_eq!(queue.due(1, 10.0), None, "the contact is booked up");
    assert_eq!(queue.sent(high), Some("high"));
    assert_eq!(queue.due(1, 30.0).map(|d| d.id), Some(low));
}

#[test]
fn a_failed_contact_sends_its_load_over_another_way_and_a_restored_one_back() {
    // Straight at 10 s, over node 2 at 12 s and 20 s.
    let contacts = [
        (0, 1, 10.0, 60.0, 100.0),
        (0, 2, 12.0, 60.0, 100.0),
        (2, 1, 20.0, 60.0, 100.0),
    ];
    let mut queue = queue(&contacts);
    let id = queue.insert("a", shipment(1, 100.0, 0), 0.0).unwrap();
    assert_eq!(queue.due(1, 10.0).map(|d| d.id), Some(id));
    queue.fail(0, 11.0);
    queue.held(id, 11.0);
    assert_eq!(queue.due(1, 11.0), None);
    assert_eq!(queue.failed().collect::<Vec<_>>(), vec![(0, 60.0)]);
    assert_eq!(queue.wake_s(2), Some(12.0));
    queue.restore(0, 11.5);
    assert_eq!(queue.due(1, 11.5).map(|d| d.id), Some(id));
    assert_eq!(queue.due(2, 12.0), None);
}

#[test]
fn what_cannot_arrive_in_its_lifetime_has_no_way_and_goes() {
    let mut queue = queue(&[(0, 1, 10.0, 20.0, 100.0)]);
    let mut short = shipment(1, 100.0, 0);
    short.expires_s = 10.5;
    queue.insert("short", short, 0.0).unwrap();
    assert_eq!(queue.standing().without_way, 1);
    assert_eq!(queue.take_expired(10.0), Vec::<&str>::new());
    assert_eq!(queue.take_expired(10.5), vec!["short"]);
    assert!(queue.is_empty());
}

#[test]
fn a_freed_place_goes_to_what_had_none() {
    let mut queue = queue(&[(0, 1, 10.0, 11.0, 100.0)]);
    let first = queue.insert("first", shipment(1, 100.0, 0), 0.0).unwrap();
    let second = queue.insert("second", shipment(1, 60.0, 0), 0.0).unwrap();
    assert_eq!(queue.standing().without_way, 1);
    queue.remove(first, 1.0);
    assert_eq!(queue.due(1, 10.0).map(|d| d.id), Some(second));
}

#[test]
fn a_node_that_is_none_is_an_error_and_nothing_is_taken() {
    let mut queue = queue(&[(0, 1, 10.0, 11.0, 100.0)]);
    assert!(queue.insert("a", shipment(9, 1.0, 0), 0.0).is_err());
    assert!(queue.insert("a", shipment(1, f64::NAN, 0), 0.0).is_err());
    assert!(queue.is_empty());
    assert!(PlanQueue::<()>::new(ContactPlan::default(), 0, OwltMargin::default()).is_err());
}

#[derive(Debug, Clone)]
struct Load {
    at_s: f64,
    to: u32,
    size_bytes: f64,
    priority: u8,
}

fn loads() -> impl Strategy<Value = Vec<Load>> {
    let one =
        (0_u32..600, 1_u32..4, 1_u32..400, 0_u8..4).prop_map(|(at, to, size, priority)| Load {
            at_s: f64::from(at) / 10.0,
            to,
            size_bytes: f64::from(size),
            priority,
        });
    prop::collection::vec(one, 1..60)
}

fn windows() -> impl Strategy<Value = Vec<(u32, u32, f64, f64, f64)>> {
    let one = (0_u32..4, 0_u32..4, 0_u32..80, 1_u32..15, 10_u32..200)
        .prop_filter("two nodes", |w| w.0 != w.1)
        .prop_map(|(from, to, start, length, rate)| {
            let start_s = f64::from(start);
            (
                from,
                to,
                start_s,
                start_s + f64::from(length),
                f64::from(rate),
            )
        });
    prop::collection::vec(one, 1..12).prop_map(|mut windows| {
        windows.push((3, 0, 0.0, 1.0, 1.0)); // so that all four nodes are there
        windows
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever comes and fails: each item leaves at most once, inside a window, in time to end in it, after
    /// the one before it has crossed; a contact never carries more than its volume; nothing is lost.
    #[test]
    fn contacts_gate_and_are_not_overbooked(
        windows in windows(), mut loads in loads(), failing in 0_u32..24, fails_at in 0_u32..90,
    ) {
        loads.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        let plan = plan(&windows);
        let mut queue = PlanQueue::new(plan.clone(), 0, OwltMargin::default()).unwrap();
        let (mut next, mut sent, mut failed) = (0, 0_usize, false);
        let mut busy_until = vec![f64::NEG_INFINITY; plan.contacts.len()];
        let mut carried = vec![0.0; plan.contacts.len()];
        for tick in 0..1_000_u32 {
            let now_s = f64::from(tick) / 10.0;
            while next < loads.len() && loads[next].at_s <= now_s {
                let load = &loads[next];
                let shipment = shipment(load.to, load.size_bytes, load.priority);
                queue.insert(next, shipment, now_s).unwrap();
                next += 1;
            }
            if !failed && f64::from(fails_at) <= now_s && (failing as usize) < plan.contacts.len() {
                queue.fail(failing, now_s);
                failed = true;
            }
            for neighbour in 1..4 {
                while let Some(due) = queue.due(neighbour, now_s) {
                    let contact = plan.contacts[due.contact as usize];
                    let load = &loads[*queue.get(due.id).unwrap()];
                    prop_assert_eq!((contact.from, contact.to), (0, neighbour));
                    prop_assert!(contact.start_s <= now_s);
                    let crossing_s = load.size_bytes * 8.0 / contact.rate_bit_s;
                    prop_assert!(now_s + crossing_s <= contact.end_s + 1e-3);
                    prop_assert!(!failed || due.contact != failing, "a failed contact carries nothing");
                    // Departures come up to a tick late, so that a crossing may meet the next by that much.
                    prop_assert!(now_s + 0.1 + 1e-6 >= busy_until[due.contact as usize]);
                    busy_until[due.contact as usize] = now_s + crossing_s;
                    carried[due.contact as usize] += load.size_bytes;
                    queue.sent(due.id);
                    sent += 1;
                }
            }
        }
        prop_assert_eq!(sent + queue.len(), loads.len(), "nothing is lost");
        for (contact, carried) in plan.contacts.iter().zip(carried) {
            prop_assert!(carried <= contact.volume_bytes() + 1e-6, "{carried} over {contact:?}");
        }
    }
}
