//! `corridor transmit route`: the earliest way through a contact plan.

use super::plan_file::{self, node};
use crate::output::{Format, Listing, listing};
use crate::verb::{Failure, Outcome};
use clap::Args;
use corridor_transmit::plan::{ContactPlan, NodeIndex};
use corridor_transmit::route::{self, OwltMargin, Query, Router};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Largest file of queries, bytes: about a million.
const QUERIES_MAX_BYTES: u64 = 256 << 20;

/// The earliest way through a contact plan; of equal ones that with the fewest contacts.
///
/// Plans: HDTN, tvgutil and Corridor JSON, ION, DtnSim, A-SABR. Contacts that cannot be (an end before
/// the start, a rate of nothing) are dropped and named on standard error. A way by which the bundle
/// does not arrive is null.
#[derive(Debug, Args)]
pub(crate) struct Route {
    /// The contact plan
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// Node that has the bundle
    #[arg(long, value_name = "NODE", required_unless_present = "queries")]
    from: Option<String>,
    /// Node it goes to; several: to each of them
    #[arg(long, value_name = "NODE", required_unless_present = "queries")]
    to: Vec<String>,
    /// From when: seconds on the plan's clock, or a time (RFC 3339)
    #[arg(
        long,
        value_name = "SECONDS|TIME",
        required_unless_present = "queries",
        allow_hyphen_values = true
    )]
    at: Option<At>,
    /// Its bytes
    #[arg(long, value_name = "BYTES", default_value_t = 0.0, value_parser = bytes, allow_negative_numbers = true)]
    size: f64,
    /// Of several nodes, only to that which is reached first
    #[arg(long)]
    any: bool,
    /// Nodes it may not pass
    #[arg(long, value_name = "NODE")]
    without: Vec<String>,
    /// Let it go in fragments of at least so many bytes where that brings it sooner
    #[arg(long, value_name = "BYTES", value_parser = bytes, allow_negative_numbers = true, conflicts_with_all = ["any", "queries"])]
    part_min: Option<f64>,
    /// Queries in JSON: an array, or a file with `queries`, of src, dst, t0, size_bytes
    #[arg(long, value_name = "FILE", conflicts_with_all = ["from", "to", "at", "size", "any"])]
    queries: Option<PathBuf>,
    /// Book each route of the queries before the next is looked for
    #[arg(long, requires = "queries")]
    book: bool,
    /// Added to each light time, s
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    owlt_margin: f64,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// `--at`: seconds or a time.
#[derive(Debug, Clone, Copy)]
enum At {
    Seconds(f64),
    Time(Timestamp),
}

impl std::str::FromStr for At {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse::<f64>() {
            Ok(seconds) if seconds.is_finite() => Ok(Self::Seconds(seconds)),
            Ok(_) => Err("should be a finite number of seconds".into()),
            Err(_) => text
                .parse()
                .map(Self::Time)
                .map_err(|_| "should be seconds or a time as 2026-08-22T05:30:00Z".into()),
        }
    }
}

fn bytes(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(bytes) if (0.0..=1e18).contains(&bytes) => Ok(bytes),
        _ => Err("should be 0 to 1e18 bytes".into()),
    }
}

/// One query of a file.
#[derive(Deserialize)]
struct Entry {
    src: serde_json::Value,
    dst: serde_json::Value,
    t0: f64,
    #[serde(alias = "size")]
    size_bytes: f64,
    #[serde(default)]
    priority: u8,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Entries {
    File { queries: Vec<Entry> },
    Bare(Vec<Entry>),
}

/// One answer. `arrival` is null and `contacts` too where there is no route.
#[derive(Serialize)]
struct Answer {
    to: String,
    arrival: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arrival_time: Option<Timestamp>,
    contacts: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<f64>,
    route: Option<Vec<Leg>>,
}

/// One contact of a route; times in seconds on the plan's clock.
#[derive(Serialize)]
struct Leg {
    from: String,
    to: String,
    start: f64,
    end: f64,
    arrival: f64,
}

impl Route {
    pub(crate) fn run(self) -> Outcome {
        let plan = plan_file::read(&self.plan)?;
        let margin = OwltMargin {
            fixed_s: self.owlt_margin,
            share: 0.0,
        };
        let mut router = Router::new(&plan, margin).map_err(|e| Failure::Usage(e.to_string()))?;
        let without: Vec<NodeIndex> = self
            .without
            .iter()
            .map(|name| node(&plan, name))
            .collect::<Result<_, _>>()?;
        if let Some(file) = &self.queries {
            let answers = self.all(file, &plan, &mut router, &without)?;
            return print(self.format, &answers, &answers);
        }
        let answers = self.one(&plan, &mut router, &without)?;
        match answers.as_slice() {
            [answer] => print(self.format, &answers, answer),
            _ => print(self.format, &answers, &answers),
        }
    }

    fn one(
        &self,
        plan: &ContactPlan,
        router: &mut Router,
        without: &[NodeIndex],
    ) -> Result<Vec<Answer>, Failure> {
        let to: Vec<NodeIndex> = self
            .to
            .iter()
            .map(|name| node(plan, name))
            .collect::<Result<_, _>>()?;
        let query = Query {
            from: node(plan, self.from.as_deref().unwrap_or(""))?,
            to: to.first().copied().unwrap_or(0),
            at_s: match self.at {
                Some(At::Seconds(seconds)) => seconds,
                Some(At::Time(time)) => plan.seconds(time),
                None => 0.0,
            },
            size_bytes: self.size,
            priority: 0,
            without,
        };
        let failed = |e: route::RouteError| Failure::Failed(e.to_string());
        if let Some(part_min) = self.part_min {
            let [to] = to[..] else {
                return Err(Failure::Usage("--part-min takes one --to".into()));
            };
            let parts = router.route_in_parts(&query, part_min).map_err(failed)?;
            let Some(parts) = parts else {
                return Ok(vec![answer(plan, to, None)]);
            };
            return Ok(parts
                .into_iter()
                .map(|part| Answer {
                    size_bytes: Some(part.size_bytes),
                    ..answer(plan, to, Some(part.route))
                })
                .collect());
        }
        if self.any {
            let found = router.route_to_any(&query, &to).map_err(failed)?;
            return Ok(vec![match found {
                Some((reached, route)) => answer(plan, reached, Some(route)),
                None => answer(plan, query.to, None),
            }]);
        }
        if let [to] = to[..] {
            return Ok(vec![answer(
                plan,
                to,
                router.route(&query).map_err(failed)?,
            )]);
        }
        let found = router.route_to_all(&query, &to).map_err(failed)?;
        Ok(to
            .iter()
            .zip(found)
            .map(|(to, route)| answer(plan, *to, route))
            .collect())
    }

    fn all(
        &self,
        file: &std::path::Path,
        plan: &ContactPlan,
        router: &mut Router,
        without: &[NodeIndex],
    ) -> Result<Vec<Answer>, Failure> {
        let failed =
            |e: &dyn std::fmt::Display| Failure::Failed(format!("{}: {e}", file.display()));
        let text = plan_file::text(file, QUERIES_MAX_BYTES)?;
        let entries: Entries = serde_json::from_str(&text).map_err(|e| {
            failed(&format!(
                "{e}; expected queries of src, dst, t0, size_bytes"
            ))
        })?;
        let (Entries::File { queries } | Entries::Bare(queries)) = entries;
        let mut answers = Vec::with_capacity(queries.len());
        for (i, entry) in queries.iter().enumerate() {
            let named = |value: &serde_json::Value| match value {
                serde_json::Value::String(text) => node(plan, text),
                other => node(plan, &other.to_string()),
            };
            let place = |e: Failure| match e {
                Failure::Failed(text) | Failure::Usage(text) => {
                    failed(&format!("query {i}: {text}"))
                }
            };
            let query = Query {
                from: named(&entry.src).map_err(place)?,
                to: named(&entry.dst).map_err(place)?,
                at_s: entry.t0,
                size_bytes: entry.size_bytes,
                priority: entry.priority,
                without,
            };
            let wrong = |e: route::RouteError| failed(&format!("query {i}: {e}"));
            let route = router.route(&query).map_err(wrong)?;
            if let (true, Some(route)) = (self.book, &route) {
                let (_, displaced) = router.book(&query, route.clone()).map_err(wrong)?;
                router.replan(displaced).map_err(wrong)?;
            }
            answers.push(answer(plan, query.to, route));
        }
        Ok(answers)
    }
}

fn answer(plan: &ContactPlan, to: NodeIndex, route: Option<route::Route>) -> Answer {
    let leg = |hop: &route::Hop| Leg {
        from: plan.name(hop.from).into(),
        to: plan.name(hop.to).into(),
        start: hop.start_s,
        end: hop.end_s,
        arrival: hop.arrival_s,
    };
    let arrival = route.as_ref().map(|r| r.arrival_s);
    Answer {
        to: plan.name(to).into(),
        arrival,
        arrival_time: plan
            .epoch
            .zip(arrival)
            .map(|(epoch, s)| corridor_orbit::window::offset(epoch, s)),
        contacts: route.as_ref().map(|r| r.hops.len()),
        size_bytes: None,
        route: route.map(|r| r.hops.iter().map(leg).collect()),
    }
}

fn print<T: Serialize>(format: Format, answers: &[Answer], records: &T) -> Outcome {
    let rows = answers.iter().map(|a| {
        let way = a.route.iter().flatten().map(|leg| leg.to.as_str());
        let start = a.route.iter().flatten().next().map(|leg| leg.from.as_str());
        let way: Vec<&str> = start.into_iter().chain(way).collect();
        let count = a.contacts.map_or("no route".into(), |n| n.to_string());
        let arrival = a.arrival.map_or(String::new(), |s| s.to_string());
        vec![a.to.clone(), arrival, count, way.join(" > ")]
    });
    Ok(listing(
        format,
        &Listing {
            columns: &["to", "arrival (s)", "contacts", "way"],
            rows: rows.collect(),
            records,
            empty: "no queries",
        },
    )?)
}
