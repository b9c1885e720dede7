//! Routing, timed by query: `cargo bench -p corridor-transmit --bench route`.
//!
//! Plans of the size and density of HDTN's own 25-, 50- and 100-node plans are made from the windows of
//! its 10-node plan; the plans of a constellation with inter-satellite links show how the time grows.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use corridor_transmit::plan::{self, Builder, ContactPlan};
use corridor_transmit::route::{OwltMargin, Query, Router};
use std::time::Instant;

/// Runs of which the fastest counts: other work on the machine only slows.
const RUNS: usize = 5;

/// Processor time of this thread where the kernel tells, else the clock's, seconds.
fn now_s(started: Instant) -> f64 {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok())
        .map_or_else(|| started.elapsed().as_secs_f64(), |ns| ns * 1e-9)
}

/// xorshift64*: the same plans and queries on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn shared(name: &str) -> Option<ContactPlan> {
    let root = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        Into::into,
    );
    let text = std::fs::read_to_string(root.join("transmit/contact_plans").join(name)).ok()?;
    Some(plan::read(&text, name).unwrap().plan)
}

/// A dense plan: windows drawn from a real one between any two of `nodes`.
fn dense(real: &ContactPlan, nodes: usize, contacts: usize) -> ContactPlan {
    let mut random = Random(nodes as u64 + 1);
    let mut plan = Builder::new("dense");
    for _ in 0..contacts / 2 {
        let window = real.contacts[random.below(real.contacts.len())];
        let (a, b) = (random.below(nodes), random.below(nodes - 1));
        let (a, b) = (a.to_string(), (b + usize::from(b >= a)).to_string());
        for (from, to) in [(&a, &b), (&b, &a)] {
            plan.contact(
                0,
                from,
                to,
                window.start_s,
                window.end_s,
                window.rate_bit_s,
                window.owlt_s,
            );
        }
    }
    plan.finish(None).plan
}

/// Planes of satellites, each linked to the next in its plane and, but near the poles, in the next plane;
/// stations that see each satellite six times a day for eight minutes.
fn constellation(planes: usize, each: usize, stations: usize, days: f64) -> ContactPlan {
    let mut random = Random(7);
    let mut plan = Builder::new("constellation");
    let span_s = days * 86_400.0;
    let mut both = |a: &str, b: &str, start_s: f64, end_s: f64, rate: f64, owlt_s: f64| {
        for (from, to) in [(a, b), (b, a)] {
            plan.contact(0, from, to, start_s, end_s.min(span_s), rate, owlt_s);
        }
    };
    let name = |p: usize, k: usize| format!("p{}s{}", p % planes, k % each);
    for p in 0..planes {
        for k in 0..each {
            both(&name(p, k), &name(p, k + 1), 0.0, span_s, 1e9, 0.005);
            // A link across planes breaks twice a turn of 95 minutes, over the poles.
            let mut t_s = random.unit() * 2_850.0 - 2_850.0;
            while t_s < span_s {
                both(
                    &name(p, k),
                    &name(p + 1, k),
                    t_s.max(0.0),
                    t_s + 2_100.0,
                    1e9,
                    0.008,
                );
                t_s += 2_850.0;
            }
            for g in 0..stations {
                let mut t_s = random.unit() * 14_400.0;
                while t_s < span_s {
                    both(&name(p, k), &format!("g{g}"), t_s, t_s + 480.0, 2e8, 0.004);
                    t_s += 14_400.0;
                }
            }
        }
    }
    plan.finish(None).plan
}

/// Microseconds a query the first time, and again; share of queries with a route; mean contacts of a route.
fn run(plan: &ContactPlan) -> (f64, f64, f64, f64) {
    let count = if plan.contacts.len() > 50_000 {
        200
    } else {
        2_000
    };
    let mut random = Random(99);
    let last_s = plan.contacts.iter().map(|c| c.end_s).fold(0.0, f64::max);
    let first_s = plan
        .contacts
        .iter()
        .map(|c| c.start_s)
        .fold(f64::INFINITY, f64::min);
    let sizes = [0.0, 1e3, 1.25e8, 7.5e9];
    let queries: Vec<Query<'_>> = (0..count)
        .map(|_| {
            let (from, to) = (
                random.below(plan.nodes.len()),
                random.below(plan.nodes.len() - 1),
            );
            Query {
                from: from as u32,
                to: (to + usize::from(to >= from)) as u32,
                at_s: first_s + random.unit() * (last_s - first_s),
                size_bytes: sizes[random.below(4)],
                ..Query::default()
            }
        })
        .collect();
    let mut router = Router::new(plan, OwltMargin::default()).unwrap();
    let (mut found, mut contacts) = (0, 0);
    let clock = Instant::now();
    let started_s = now_s(clock);
    for query in &queries {
        if let Some(route) = router.route(query).unwrap() {
            found += 1;
            contacts += route.hops.len();
        }
    }
    let first_s = now_s(clock) - started_s;
    let mut best_s = f64::INFINITY;
    for _ in 0..RUNS {
        let (started_s, mut rounds) = (now_s(clock), 0);
        let turn = Instant::now();
        // The kernel counts processor time in steps of a few milliseconds.
        while turn.elapsed().as_millis() < 40 {
            for query in &queries {
                std::hint::black_box(router.route(query).unwrap());
            }
            rounds += 1;
        }
        best_s = best_s.min((now_s(clock) - started_s) / f64::from(rounds));
    }
    (
        first_s * 1e6 / f64::from(count),
        best_s * 1e6 / f64::from(count),
        f64::from(found) / f64::from(count),
        contacts as f64 / f64::from(found.max(1)),
    )
}

fn print(name: &str, plan: &ContactPlan, theirs_us: Option<f64>) {
    let (first_us, us, found, contacts) = run(plan);
    let beside = theirs_us.map_or(String::new(), |theirs| {
        format!(
            "; A-SABR hybrid, measured elsewhere, {theirs} us: {:.1} times as fast",
            theirs / us
        )
    });
    println!(
        "{name}: {} nodes, {} contacts: {us:.2} us a query, {first_us:.2} us the first time ({:.0} % with a route, {contacts:.1} contacts){beside}",
        plan.nodes.len(),
        plan.contacts.len(),
        100.0 * found
    );
}

fn main() {
    if let Some(real) = shared("hdtn_10nodes.json") {
        print("HDTN 10 nodes", &real, None);
        for (nodes, contacts, theirs_us) in
            [(30, 2_224, 2.2), (54, 7_038, 86.0), (104, 27_504, 313.0)]
        {
            print(
                "dense as HDTN's",
                &dense(&real, nodes, contacts),
                Some(theirs_us),
            );
        }
    } else {
        println!("the plans of HDTN are not there; only the constellation is timed");
    }
    if let Some(real) = shared("asabr_ptvg_sample1.json") {
        print("A-SABR's tvgutil sample", &real, None);
    }
    for (planes, each, stations, days) in [
        (6, 11, 10, 0.5),
        (12, 20, 20, 1.0),
        (20, 40, 30, 1.5),
        (25, 42, 34, 2.0),
    ] {
        let started = Instant::now();
        let plan = constellation(planes, each, stations, days);
        let made_s = started.elapsed().as_secs_f64();
        let started = Instant::now();
        drop(Router::new(&plan, OwltMargin::default()));
        let ready_s = started.elapsed().as_secs_f64();
        print("constellation", &plan, None);
        println!("    made in {made_s:.2} s, ready for queries in {ready_s:.3} s");
    }
}
