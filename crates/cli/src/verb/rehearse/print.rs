//! The report as tables, JSON or CSV.

use crate::output::{Format, Listing, counted, duration, listing, say};
use crate::verb::Outcome;
use corridor_watch::rehearsal::{Bytes, PairOf, Report, Spread, WatchReport};
use serde::Serialize;

/// Most stations listed in a table.
const STATIONS_MAX: usize = 12;

#[derive(Serialize)]
struct Comparison<'a> {
    change: &'a str,
    before: &'a Report,
    after: &'a Report,
}

/// One figure of a watch.
struct Figure {
    what: &'static str,
    promised: Option<f64>,
    came: Option<f64>,
    unit: Unit,
}

#[derive(Clone, Copy)]
enum Unit {
    Count,
    Seconds,
    Percent,
}

impl Unit {
    fn say(self, value: Option<f64>) -> String {
        match (self, value) {
            (_, None) => String::new(),
            (Self::Count, Some(n)) => format!("{n:.0}"),
            (Self::Seconds, Some(s)) => duration(s),
            (Self::Percent, Some(share)) => format!("{:.1} %", 100.0 * share),
        }
    }

    /// In CSV: plain numbers, seconds to the millisecond.
    fn plain(self, value: Option<f64>) -> String {
        match (self, value) {
            (_, None) => String::new(),
            (Self::Count, Some(n)) => format!("{n:.0}"),
            (Self::Seconds, Some(s)) => format!("{s:.3}"),
            (Self::Percent, Some(share)) => format!("{:.3}", 100.0 * share),
        }
    }

    fn difference(self, before: Option<f64>, after: Option<f64>) -> String {
        let Some((before, after)) = before.zip(after) else {
            return String::new();
        };
        let by = after - before;
        let sign = if by > 0.0 { "+" } else { "" };
        match self {
            Self::Count if by.abs() < 0.5 => "0".into(),
            Self::Seconds if by.abs() < 0.5 => "0".into(),
            Self::Percent => format!("{sign}{:.1}", 100.0 * by),
            _ => format!("{sign}{}", self.say(Some(by))),
        }
    }
}

/// Prints one rehearsal.
pub(super) fn one(format: Format, report: &Report) -> Outcome {
    match format {
        Format::Json => Ok(json(report)?),
        Format::Csv => Ok(csv(&[report])?),
        Format::Table => Ok(tables(report)?),
    }
}

/// Prints two, and what the change changed.
pub(super) fn both(format: Format, before: &Report, after: &Report, change: &str) -> Outcome {
    match format {
        Format::Json => Ok(json(&Comparison {
            change,
            before,
            after,
        })?),
        Format::Csv => Ok(csv(&[before, after])?),
        Format::Table => {
            say(&head(before))?;
            say(&format!("{:12} {change}\n", "change"))?;
            for (a, b) in before.watches.iter().zip(&after.watches) {
                say(&format!("\nwatch {} ({})\n", a.watch, a.product))?;
                let rows = figures(a).into_iter().zip(figures(b)).map(|(a, b)| {
                    let by = a.unit.difference(a.came, b.came);
                    vec![a.what.into(), a.unit.say(a.came), a.unit.say(b.came), by]
                });
                table(&["", "as it is", "changed", "difference"], rows.collect())?;
            }
            say(&foot(before, "as it is"))?;
            Ok(say(&foot(after, "changed"))?)
        }
    }
}

fn tables(report: &Report) -> std::io::Result<()> {
    say(&head(report))?;
    for watch in &report.watches {
        say(&format!("\nwatch {} ({})\n", watch.watch, watch.product))?;
        let rows = figures(watch).into_iter();
        let rows = rows.map(|f| vec![f.what.into(), f.unit.say(f.promised), f.unit.say(f.came)]);
        table(&["", "promised", "came"], rows.collect())?;
    }
    if !report.stations.is_empty() {
        say("\n")?;
        let rows = report.stations.iter().take(STATIONS_MAX).map(|s| {
            vec![
                s.station.clone(),
                s.contacts.to_string(),
                gigabytes(s.carried_bytes),
                (s.contacts_lost + s.contacts_rained_off).to_string(),
                s.outages.to_string(),
            ]
        });
        let columns = [
            "station",
            "contacts",
            "carried (GB)",
            "broken off",
            "outages",
        ];
        table(&columns, rows.collect())?;
    }
    say(&foot(report, "bytes"))
}

fn head(report: &Report) -> String {
    let chance = match report.failures {
        true => format!("seed {}", report.seed),
        false => "nothing fails".into(),
    };
    format!(
        "{:12} {} to {}, {}, {chance}\n",
        "rehearsed",
        crate::output::time(report.from),
        crate::output::time(report.to),
        counted(report.satellites, "satellite", "satellites")
    )
}

fn foot(report: &Report, title: &str) -> String {
    let Bytes {
        observed,
        delivered,
        stored,
        lost,
    } = report.bytes;
    let failed = report.failed;
    let mut text = format!(
        "\n{title:12} observed {} GB, delivered {}, still stored {}, lost {}\n",
        gigabytes(observed),
        gigabytes(delivered),
        gigabytes(stored),
        gigabytes(lost)
    );
    let bundles = report.bundles;
    text += &format!(
        "{:12} {} made, in {};\n{:12} taken {} by the next node, {} whole at the node\n",
        "bundles",
        bundles.made,
        counted(bundles.fragments, "fragment", "fragments"),
        "",
        counted(bundles.taken, "time", "times"),
        counted(bundles.files, "file", "files")
    );
    if report.failures || failed.satellites_lost > 0 {
        text += &format!(
            "{:12} {}, {},\n{:12} {} lost, {} rained off,\n{:12} {}, {} lost, {}, {} came changed\n",
            "failures",
            counted(failed.outages, "outage of a station", "outages of stations"),
            counted(failed.line_outages, "outage of a line", "outages of lines"),
            "",
            counted(failed.contacts_lost, "contact", "contacts"),
            failed.contacts_rained_off,
            "",
            counted(failed.safe_modes, "safe mode", "safe modes"),
            counted(failed.satellites_lost, "satellite", "satellites"),
            counted(failed.slow_runs, "slow run", "slow runs"),
            counted(failed.bundles_damaged, "bundle", "bundles")
        );
    }
    for fault in &report.faults {
        text += &format!("{:12} {fault}\n", "not computed");
    }
    text
}

fn gigabytes(bytes: u64) -> String {
    format!("{:.2}", bytes as f64 / 1e9)
}

fn figures(watch: &WatchReport) -> Vec<Figure> {
    let mut found = Vec::new();
    let mut add = |what, promised, came, unit| {
        found.push(Figure {
            what,
            promised,
            came,
            unit,
        });
    };
    let count = |n: usize| Some(n as f64);
    add(
        "answers",
        count(watch.promised),
        count(watch.came),
        Unit::Count,
    );
    add(
        "observations missed",
        None,
        count(watch.missed),
        Unit::Count,
    );
    add(
        "lost with the satellite",
        None,
        count(watch.lost),
        Unit::Count,
    );
    add(
        "still on their way",
        None,
        count(watch.waiting),
        Unit::Count,
    );
    let mut spread = |names: [&'static str; 3], pair: &PairOf<Option<Spread>>| {
        let of = |pick: fn(&Spread) -> f64| {
            (
                pair.promised.as_ref().map(pick),
                pair.came.as_ref().map(pick),
            )
        };
        for (name, (promised, came)) in
            names
                .into_iter()
                .zip([of(|s| s.median_s), of(|s| s.p90_s), of(|s| s.worst_s)])
        {
            add(name, promised, came, Unit::Seconds);
        }
    };
    spread(
        [
            "observation to answer, median",
            "observation to answer, 9 of 10",
            "observation to answer, worst",
        ],
        &watch.observation_to_answer_s,
    );
    spread(
        [
            "time to answer, median",
            "time to answer, 9 of 10",
            "time to answer, worst",
        ],
        &watch.time_to_answer_s,
    );
    spread(["age, median", "age, 9 of 10", "age, worst"], &watch.age_s);
    let late = |pick: fn(&Spread) -> f64| watch.late_s.as_ref().map(pick);
    add("late, median", None, late(|s| s.median_s), Unit::Seconds);
    add("late, 9 of 10", None, late(|s| s.p90_s), Unit::Seconds);
    add("late, worst", None, late(|s| s.worst_s), Unit::Seconds);
    let untold = watch.untold_share;
    add(
        "events not told of",
        Some(untold.promised),
        Some(untold.came),
        Unit::Percent,
    );
    for (name, seconds) in watch.parts_s.named() {
        let name = match name {
            "waiting for a pass" => "  of it waiting for a pass",
            "on board" => "  on board",
            "waiting for a downlink" => "  waiting for a downlink",
            "downlink" => "  downlink",
            "on the ground" => "  on the ground",
            _ => "  processing",
        };
        let came = watch.time_to_answer_s.came.map(|_| seconds);
        add(name, None, came, Unit::Seconds);
    }
    // The parts stand below the time they are parts of: its mean.
    let place = found.len() - 6;
    let mean = |spread: &Option<Spread>| spread.as_ref().map(|s| s.mean_s);
    found.insert(
        place,
        Figure {
            what: "time to answer, mean",
            promised: mean(&watch.time_to_answer_s.promised),
            came: mean(&watch.time_to_answer_s.came),
            unit: Unit::Seconds,
        },
    );
    found
}

fn table(columns: &[&str], rows: Vec<Vec<String>>) -> std::io::Result<()> {
    listing(
        Format::Table,
        &Listing {
            columns,
            rows,
            records: &(),
            empty: "",
        },
    )
}

fn json<T: Serialize>(value: &T) -> std::io::Result<()> {
    say(&(serde_json::to_string_pretty(value).map_err(std::io::Error::other)? + "\n"))
}

/// Figures by watch; seconds and percent as plain numbers.
fn csv(reports: &[&Report]) -> std::io::Result<()> {
    let columns = ["run", "watch", "figure", "unit", "promised", "came"];
    let mut rows = Vec::new();
    for (report, run) in reports.iter().zip(["as it is", "changed"]) {
        for watch in &report.watches {
            for f in figures(watch) {
                let unit = match f.unit {
                    Unit::Count => "1",
                    Unit::Seconds => "s",
                    Unit::Percent => "%",
                };
                rows.push(vec![
                    run.into(),
                    watch.watch.clone(),
                    f.what.trim().into(),
                    unit.into(),
                    f.unit.plain(f.promised),
                    f.unit.plain(f.came),
                ]);
            }
        }
    }
    listing(
        Format::Csv,
        &Listing {
            columns: &columns,
            rows,
            records: &(),
            empty: "",
        },
    )
}
