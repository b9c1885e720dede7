//! Routes against expected values of others and against an exhaustive search of our own.
#![allow(
    clippy::float_cmp,
    reason = "figures worked out by hand are met exactly"
)]

use super::real_data::file;
use corridor_transmit::plan::{self, Builder, ContactPlan};
use corridor_transmit::route::{OwltMargin, Query, Route, RouteError, Router};
use proptest::prelude::*;
use serde_json::Value;

fn made(rows: &[[f64; 6]]) -> ContactPlan {
    let mut plan = Builder::new("made");
    for [from, to, start_s, end_s, rate_byte_s, owlt_s] in rows {
        let (from, to) = (from.to_string(), to.to_string());
        plan.contact(0, &from, &to, *start_s, *end_s, rate_byte_s * 8.0, *owlt_s);
    }
    plan.finish(None).plan
}

fn query(plan: &ContactPlan, from: &str, to: &str, at_s: f64, size_bytes: f64) -> Query<'static> {
    Query {
        from: plan.node(from).unwrap(),
        to: plan.node(to).unwrap(),
        at_s,
        size_bytes,
        ..Query::default()
    }
}

fn name(value: &Value) -> String {
    value
        .as_u64()
        .map_or_else(|| value.as_str().unwrap().into(), |n| n.to_string())
}

#[test]
fn expected_arrivals_and_fewest_contacts() {
    let Some(folder) = file("transmit/contact_plans") else {
        return;
    };
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(".expected.json"))
        .collect();
    files.sort();
    for path in files {
        let expected: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let plan_file = path.to_str().unwrap().replace(".expected.json", ".json");
        let text = std::fs::read_to_string(&plan_file).unwrap();
        let read = plan::read(&text, &plan_file).unwrap();
        assert_eq!(
            read.dropped.len() as u64,
            expected["invalid_contacts_dropped"].as_u64().unwrap()
        );
        let mut router = Router::new(&read.plan, OwltMargin::default()).unwrap();
        let queries = expected["queries"].as_array().unwrap();
        let mut fewest = 0;
        for q in queries.iter().rev().chain(queries) {
            let asked = query(
                &read.plan,
                &name(&q["src"]),
                &name(&q["dst"]),
                q["t0"].as_f64().unwrap(),
                q["size_bytes"].as_f64().unwrap(),
            );
            let found = router.route(&asked).unwrap();
            let arrival = found.as_ref().map(|r| r.arrival_s);
            match q["arrival"].as_f64() {
                // The file's figures are rounded to a microsecond.
                Some(at_s) => assert!((arrival.unwrap() - at_s).abs() < 1e-6, "{q} {found:?}"),
                None => assert_eq!(arrival, None, "{q}"),
            }
            fewest += usize::from(found.map(|r| r.hops.len() as u64) == q["min_contacts"].as_u64());
        }
        println!(
            "{}: {} queries twice, fewest contacts {fewest}",
            path.display(),
            queries.len()
        );
        assert_eq!(fewest, 2 * queries.len());
    }
}

#[test]
fn boundary_cases() {
    let Some(path) = file("transmit/contact_plans/boundary_cases.json") else {
        return;
    };
    let cases: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for case in cases["cases"].as_array().unwrap() {
        let rows: Vec<[f64; 6]> = serde_json::from_value(case["contacts"].clone()).unwrap();
        let plan = made(&rows);
        let mut router = Router::new(&plan, OwltMargin::default()).unwrap();
        let ask = |q: &Value| {
            let figure = |key: &str| q[key].as_f64().unwrap();
            query(
                &plan,
                &name(&q["src"]),
                &name(&q["dst"]),
                figure("t0"),
                figure("size"),
            )
        };
        for q in case["queries"].as_array().into_iter().flatten() {
            let found = router.route(&ask(q)).unwrap();
            let (arrival, contacts) = (q["arrival"].as_f64(), q["contacts"].as_u64());
            assert_eq!(
                found.as_ref().map(|r| r.arrival_s),
                arrival,
                "{} {q}",
                case["name"]
            );
            assert_eq!(
                found.map(|r| r.hops.len() as u64),
                contacts,
                "{} {q}",
                case["name"]
            );
        }
        for q in case["sequence"].as_array().into_iter().flatten() {
            let asked = ask(q);
            let found = router.route(&asked).unwrap().unwrap();
            assert_eq!(
                Some(found.arrival_s),
                q["arrival"].as_f64(),
                "{} {q}",
                case["name"]
            );
            router.book(&asked, found).unwrap();
        }
    }
}

/// Earliest arrivals after at most k contacts, by relaxing every contact k times: `[k][node]`.
fn exhaustive(plan: &ContactPlan, query: &Query<'_>) -> Vec<Vec<f64>> {
    let mut layers = vec![vec![f64::INFINITY; plan.nodes.len()]];
    layers[0][query.from as usize] = query.at_s;
    for _ in 0..plan.nodes.len() {
        let last = layers.last().unwrap().clone();
        let mut next = last.clone();
        for c in &plan.contacts {
            if query.without.contains(&c.from) && c.from != query.from
                || query.without.contains(&c.to) && c.to != query.to
            {
                continue;
            }
            let start_s = last[c.from as usize].max(c.start_s);
            let duration_s = query.size_bytes / (c.rate_bit_s / 8.0);
            if c.end_s - start_s >= duration_s {
                let arrival_s = start_s + duration_s + c.owlt_s;
                next[c.to as usize] = next[c.to as usize].min(arrival_s);
            }
        }
        layers.push(next);
    }
    layers
}

/// A route keeps to its contacts, and its bundle is never in two places.
fn follows(plan: &ContactPlan, query: &Query<'_>, route: &Route) {
    let (mut at, mut t_s) = (query.from, query.at_s);
    for hop in &route.hops {
        let c = plan.contacts[hop.contact as usize];
        assert_eq!((hop.from, c.from, c.to), (at, at, hop.to));
        assert!(hop.start_s >= t_s && hop.start_s >= c.start_s && hop.end_s <= c.end_s);
        assert!((hop.end_s - hop.start_s - query.size_bytes * 8.0 / c.rate_bit_s).abs() < 1e-6);
        (at, t_s) = (hop.to, hop.arrival_s);
    }
    assert_eq!((at, t_s), (query.to, route.arrival_s));
}

fn rows() -> impl Strategy<Value = Vec<[f64; 6]>> {
    // Coarse figures, so that arrivals tie often.
    let one = (0_u8..7, 0_u8..7, 0_u8..12, 1_u8..9, 1_u8..4, 0_u8..3);
    let row = |(from, to, start, length, rate, owlt): (u8, u8, u8, u8, u8, u8)| {
        let start = f64::from(start) * 10.0;
        [
            from.into(),
            to.into(),
            start,
            start + f64::from(length) * 5.0,
            f64::from(rate) * 10.0,
            owlt.into(),
        ]
    };
    prop::collection::vec(one.prop_map(row), 1..60)
}

fn all_nodes(rows: Vec<[f64; 6]>) -> ContactPlan {
    let mut plan = Builder::new("made");
    for node in 0..7 {
        plan.node(&node.to_string()).unwrap();
    }
    for [from, to, start_s, end_s, rate, owlt_s] in rows {
        plan.contact(
            0,
            &from.to_string(),
            &to.to_string(),
            start_s,
            end_s,
            rate * 8.0,
            owlt_s,
        );
    }
    plan.finish(None).plan
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_earliest_with_the_fewest_contacts(
        rows in rows(), ends in (0_u32..7, 0_u32..7), at in 0_u8..80, size in 0_u8..6, without in prop::collection::vec(0_u32..7, 0..3),
    ) {
        let plan = all_nodes(rows);
        let mut router = Router::new(&plan, OwltMargin::default()).unwrap();
        let (from, to) = ends;
        let asked = Query { from, to, at_s: at.into(), size_bytes: f64::from(size) * 50.0, priority: 0, without: &without };
        let layers = exhaustive(&plan, &asked);
        let best_s = layers.last().unwrap()[to as usize];
        let found = router.route(&asked).unwrap();
        if best_s.is_infinite() {
            prop_assert_eq!(found, None);
        } else {
            let found = found.unwrap();
            let fewest = layers.iter().position(|l| l[to as usize] <= best_s).unwrap();
            prop_assert_eq!((found.arrival_s, found.hops.len()), (best_s, fewest));
            follows(&plan, &asked, &found);
            prop_assert_eq!(router.route(&asked).unwrap().unwrap(), found, "asked again");
        }
        // To all and to any agree with one by one.
        let wanted = [0, 3, 6];
        let one_by_one: Vec<Option<f64>> = wanted.iter().map(|&to| {
            Some(layers.last().unwrap()[to as usize]).filter(|t| t.is_finite())
        }).collect();
        if without.is_empty() {
            let all = router.route_to_all(&asked, &wanted).unwrap();
            for (route, &to) in all.iter().zip(&wanted) {
                if let Some(route) = route {
                    follows(&plan, &Query { to, ..asked }, route);
                }
            }
            let arrivals: Vec<Option<f64>> = all.into_iter().map(|r| r.map(|r| r.arrival_s)).collect();
            prop_assert_eq!(&arrivals, &one_by_one);
            let any = router.route_to_any(&asked, &wanted).unwrap();
            let first = one_by_one.iter().flatten().copied().reduce(f64::min);
            prop_assert_eq!(any.as_ref().map(|(_, r)| r.arrival_s), first);
            if let Some((node, route)) = any {
                follows(&plan, &Query { to: node, ..asked }, &route);
                let fewest = |to: u32| layers.iter().position(|l| Some(l[to as usize]) <= first).unwrap_or(99);
                prop_assert_eq!(route.hops.len(), wanted.iter().map(|&to| fewest(to)).min().unwrap());
            }
        }
    }

    /// Three nodes with many contacts a pair, so that they are read by time; questions in any order of time,
    /// each several times and also by a router that was asked nothing before.
    #[test]
    fn what_was_asked_before_changes_nothing(
        rows in prop::collection::vec((0_u32..4, 0_u32..4, 0_u16..600, 1_u16..40, 1_u16..4, 0_u8..3), 40..120),
        questions in prop::collection::vec((0_u32..4, 0_u32..4, 0_u16..640, 0_u8..6), 1..20),
    ) {
        let rows = rows.into_iter().map(|(from, to, start, length, rate, owlt)| {
            let start = f64::from(start);
            let length = f64::from(length) * if length % 5 == 0 { 8.0 } else { 1.0 };
            [from.into(), to.into(), start, start + length, f64::from(rate) * 10.0, owlt.into()]
        }).collect();
        let plan = all_nodes(rows);
        let mut router = Router::new(&plan, OwltMargin::default()).unwrap();
        for (from, to, at, size) in questions.iter().chain(&questions).chain(&questions) {
            let asked = Query { from: *from, to: *to, at_s: (*at).into(), size_bytes: f64::from(*size) * 50.0, ..Query::default() };
            let found = router.route(&asked).unwrap();
            let fresh = Router::new(&plan, OwltMargin::default()).unwrap().route(&asked).unwrap();
            prop_assert_eq!(&found, &fresh);
            let layers = exhaustive(&plan, &asked);
            let best_s = layers.last().unwrap()[*to as usize];
            prop_assert_eq!(found.as_ref().map(|r| r.arrival_s), Some(best_s).filter(|s| s.is_finite()));
            if let Some(found) = found {
                let fewest = layers.iter().position(|l| l[*to as usize] <= best_s).unwrap();
                prop_assert_eq!(found.hops.len(), fewest);
                follows(&plan, &asked, &found);
            }
        }
    }

    #[test]
    fn what_is_booked_never_exceeds_a_contact(
        rows in rows(), bundles in prop::collection::vec((0_u32..7, 0_u32..7, 0_u8..80, 1_u8..6, 0_u8..3), 1..40),
        failing in (any::<prop::sample::Index>(), 0_u8..100),
    ) {
        let plan = all_nodes(rows);
        let mut router = Router::new(&plan, OwltMargin::default()).unwrap();
        let mut accepted = 0;
        let mut lost = 0;
        for (from, to, at, size, priority) in bundles {
            let asked = Query { from, to, at_s: at.into(), size_bytes: f64::from(size) * 40.0, priority, without: &[] };
            if let Some(route) = router.route(&asked).unwrap() {
                follows(&plan, &asked, &route);
                let (_, displaced) = router.book(&asked, route).unwrap();
                accepted += 1;
                for outcome in router.replan(displaced).unwrap() {
                    prop_assert!(outcome.0.booking.priority < priority);
                    lost += usize::from(outcome.1.is_none());
                }
            }
            no_overlap(&plan, &router);
            prop_assert_eq!(router.bookings().count() + lost, accepted);
        }
        if plan.contacts.is_empty() {
            return Ok(());
        }
        let (contact, at_s) = (failing.0.index(plan.contacts.len()) as u32, f64::from(failing.1));
        let displaced = router.fail(contact, at_s).unwrap();
        for outcome in router.replan(displaced).unwrap() {
            prop_assert!(outcome.0.from_s >= at_s);
            let Some(id) = outcome.1 else { continue };
            let booking = router.booking(id).unwrap();
            prop_assert_eq!(booking.from, outcome.0.at);
            prop_assert!(booking.route.hops.iter().all(|h| h.start_s >= at_s));
        }
        no_overlap(&plan, &router);
        for booking in router.bookings() {
            prop_assert!(booking.route.hops.iter().all(|h| h.contact != contact || h.end_s <= at_s));
        }
    }

    #[test]
    fn fragments_bring_all_of_it_no_later(rows in rows(), at in 0_u8..60, size in 1_u32..3_000) {
        let plan = all_nodes(rows);
        let mut router = Router::new(&plan, OwltMargin::default()).unwrap();
        let asked = Query { from: 0, to: 1, at_s: at.into(), size_bytes: size.into(), ..Query::default() };
        let whole = router.route(&asked).unwrap();
        let parts = router.route_in_parts(&asked, 10.0).unwrap();
        prop_assert!(whole.is_none() || parts.is_some());
        let Some(parts) = parts else { return Ok(()) };
        prop_assert_eq!(parts.iter().map(|p| p.size_bytes).sum::<f64>(), f64::from(size));
        let last_s = parts.iter().map(|p| p.route.arrival_s).fold(0.0, f64::max);
        prop_assert!(whole.is_none_or(|whole| last_s <= whole.arrival_s));
        for part in parts {
            let asked = Query { size_bytes: part.size_bytes, ..asked };
            follows(&plan, &asked, &part.route);
            let (_, displaced) = router.book(&asked, part.route).unwrap();
            prop_assert!(displaced.is_empty());
            no_overlap(&plan, &router);
        }
    }
}

/// No two bookings use a contact at once, and none outside its window.
fn no_overlap(plan: &ContactPlan, router: &Router) {
    let mut times: Vec<(u32, f64, f64)> = router
        .bookings()
        .flat_map(|b| b.route.hops.iter().map(|h| (h.contact, h.start_s, h.end_s)))
        .filter(|(_, start_s, end_s)| end_s > start_s)
        .collect();
    times.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    for pair in times.windows(2) {
        assert!(pair[0].0 != pair[1].0 || pair[0].2 <= pair[1].1, "{pair:?}");
    }
    for (contact, start_s, end_s) in times {
        let c = plan.contacts[contact as usize];
        assert!(c.start_s <= start_s && end_s <= c.end_s);
    }
}

#[test]
fn a_bundle_too_large_for_one_contact_goes_in_fragments() {
    let plan = made(&[
        [1.0, 2.0, 0.0, 10.0, 100.0, 0.0],
        [1.0, 2.0, 20.0, 30.0, 100.0, 0.0],
    ]);
    let mut router = Router::new(&plan, OwltMargin::default()).unwrap();
    let asked = query(&plan, "1", "2", 0.0, 1_500.0);
    assert_eq!(router.route(&asked).unwrap(), None);
    let parts = router.route_in_parts(&asked, 100.0).unwrap().unwrap();
    let by_hand: Vec<(f64, f64)> = parts
        .iter()
        .map(|p| (p.size_bytes, p.route.arrival_s))
        .collect();
    assert_eq!(by_hand, [(1_000.0, 10.0), (500.0, 25.0)]);
    assert_eq!(
        router
            .route_in_parts(&query(&plan, "1", "2", 0.0, 2_001.0), 100.0)
            .unwrap(),
        None
    );
}

#[test]
fn high_priority_takes_what_low_priority_had() {
    let plan = made(&[
        [1.0, 2.0, 0.0, 10.0, 100.0, 0.0],
        [1.0, 2.0, 20.0, 30.0, 100.0, 0.0],
    ]);
    let mut router = Router::new(&plan, OwltMargin::default()).unwrap();
    let low = query(&plan, "1", "2", 0.0, 600.0);
    let route = router.route(&low).unwrap().unwrap();
    router.book(&low, route).unwrap();
    let high = Query { priority: 1, ..low };
    let route = router.route(&high).unwrap().unwrap();
    assert_eq!(route.arrival_s, 6.0);
    let (_, displaced) = router.book(&high, route).unwrap();
    assert_eq!(displaced.len(), 1);
    let outcome = router.replan(displaced).unwrap();
    let again = router.booking(outcome[0].1.unwrap()).unwrap();
    assert_eq!((again.priority, again.route.arrival_s), (0, 26.0));
}

#[test]
fn a_failed_contact_is_planned_round_from_where_the_bundle_is() {
    let plan = made(&[
        [1.0, 2.0, 0.0, 10.0, 100.0, 0.0],
        [2.0, 3.0, 20.0, 30.0, 100.0, 0.0],
        [2.0, 4.0, 30.0, 40.0, 100.0, 0.0],
        [4.0, 3.0, 50.0, 60.0, 100.0, 0.0],
        [1.0, 3.0, 100.0, 110.0, 100.0, 0.0],
    ]);
    let mut router = Router::new(&plan, OwltMargin::default()).unwrap();
    let asked = query(&plan, "1", "3", 0.0, 500.0);
    let route = router.route(&asked).unwrap().unwrap();
    assert_eq!(route.arrival_s, 25.0);
    let failed = route.hops[1].contact;
    router.book(&asked, route.clone()).unwrap();
    // While it crosses to node 2: it arrives there and goes on by node 4.
    let mut early = router.clone();
    let displaced = early.fail(failed, 2.0).unwrap();
    assert_eq!(
        (displaced[0].at, displaced[0].from_s),
        (plan.node("2").unwrap(), 5.0)
    );
    let outcome = early.replan(displaced).unwrap();
    assert_eq!(
        early
            .booking(outcome[0].1.unwrap())
            .unwrap()
            .route
            .arrival_s,
        55.0
    );
    // Within the failing contact: the node before still holds it.
    let displaced = router.fail(failed, 22.0).unwrap();
    assert_eq!(
        (displaced[0].at, displaced[0].from_s),
        (plan.node("2").unwrap(), 22.0)
    );
}

#[test]
fn a_margin_is_added_to_each_light_time() {
    let plan = made(&[
        [1.0, 2.0, 0.0, 10.0, 100.0, 4.0],
        [2.0, 3.0, 0.0, 30.0, 100.0, 2.0],
    ]);
    let margin = OwltMargin {
        fixed_s: 0.5,
        share: 0.25,
    };
    let mut router = Router::new(&plan, margin).unwrap();
    let found = router
        .route(&query(&plan, "1", "3", 0.0, 0.0))
        .unwrap()
        .unwrap();
    assert_eq!(found.arrival_s, 4.0 + 0.5 + 1.0 + 2.0 + 0.5 + 0.5);
    assert!(
        Router::new(
            &plan,
            OwltMargin {
                fixed_s: f64::NAN,
                share: 0.0
            }
        )
        .is_err()
    );
}

#[test]
fn questions_that_are_none_are_refused() {
    let plan = made(&[[1.0, 2.0, 0.0, 10.0, 100.0, 4.0]]);
    let mut router = Router::new(&plan, OwltMargin::default()).unwrap();
    let good = query(&plan, "1", "2", 0.0, 0.0);
    let node = RouteError::Node { place: 2, nodes: 2 };
    assert_eq!(router.route(&Query { to: 2, ..good }), Err(node));
    let figures = [
        Query {
            at_s: f64::NAN,
            ..good
        },
        Query {
            size_bytes: -1.0,
            ..good
        },
        Query {
            size_bytes: f64::INFINITY,
            ..good
        },
    ];
    for asked in figures {
        assert!(matches!(
            router.route(&asked),
            Err(RouteError::Figure { .. })
        ));
    }
    assert!(router.cancel(7).is_err());
    assert!(router.fail(9, 0.0).is_err());
    assert!(router.fail(0, f64::NAN).is_err());
}
