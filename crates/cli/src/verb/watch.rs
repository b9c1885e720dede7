//! `corridor watch`: places to watch, their forecasts and answers.

use super::{Failure, Outcome, open};
use crate::output::{Format, Listing, counted, duration, duration_within, listing, say, time};
use crate::progress::Step;
use clap::{Args, Subcommand};
use corridor_watch::forecast::Forecast;
use corridor_watch::request::NewWatch;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest area file, bytes.
const AREA_FILE_MAX_BYTES: u64 = 16 << 20;

/// Places to watch.
#[derive(Debug, Subcommand)]
pub(crate) enum Watch {
    /// Watch a place for a product
    Add(Add),
    /// List the watches
    List(List),
    /// Show one watch, its answers and what gave none
    Show(Show),
    /// Stop watching; answers stay
    Remove(Remove),
    /// The answers to expect, the earliest first
    Forecast(ForecastOf),
}

/// Watch a place for a product.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// GeoJSON file with polygons, or W,S,E,N in degrees
    #[arg(long, value_name = "FILE|W,S,E,N", allow_hyphen_values = true)]
    area: String,
    /// Product to compute; `corridor know products` lists them
    #[arg(long)]
    product: String,
    /// Name of the watch
    #[arg(long)]
    name: String,
    /// From 1 (first) to 5 (last)
    #[arg(long)]
    priority: Option<u8>,
    /// When the answer stops being of use (RFC 3339)
    #[arg(long)]
    deadline: Option<Timestamp>,
    /// Webhook that is told of each answer; may be given more than once
    #[arg(long, value_name = "URL")]
    notify: Vec<String>,
}

/// List the watches.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Show one watch.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Name or id of the watch
    name: String,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Stop watching.
#[derive(Debug, Args)]
pub(crate) struct Remove {
    /// Name or id of the watch
    name: String,
}

/// The answers to expect.
#[derive(Debug, Args)]
pub(crate) struct ForecastOf {
    /// Name or id of the watch
    name: String,
    /// Start of the span (RFC 3339); the day of the newest elements where it is not said
    #[arg(long)]
    from: Option<Timestamp>,
    /// End of the span (RFC 3339); 72 hours later where it is not said
    #[arg(long)]
    to: Option<Timestamp>,
    /// Print at most this many answers
    #[arg(long, value_name = "N")]
    first: Option<usize>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Watch {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        match self {
            Self::Add(add) => add.run(data_dir).await,
            Self::List(list) => list.run(data_dir).await,
            Self::Show(show) => show.run(data_dir).await,
            Self::Remove(remove) => remove.run(data_dir).await,
            Self::Forecast(forecast) => forecast.run(data_dir).await,
        }
    }
}

impl Add {
    async fn run(self, data_dir: &Path) -> Outcome {
        let (area, bbox) = read_area(&self.area)?;
        let chain = open(data_dir).await?;
        let watch = chain
            .add_watch(NewWatch {
                name: self.name,
                product: self.product,
                area,
                bbox,
                priority: self.priority,
                deadline: self.deadline,
                notify: self.notify,
            })
            .await?;
        Ok(say(&format!(
            "watching {} for {}\n",
            watch.id, watch.product
        ))?)
    }
}

/// A GeoJSON value or a box.
pub(crate) type AreaArgument = (Option<serde_json::Value>, Option<[f64; 4]>);

/// Reads `--area`: a GeoJSON file, or W,S,E,N in degrees.
pub(crate) fn read_area(argument: &str) -> Result<AreaArgument, Failure> {
    let parts: Vec<Result<f64, _>> = argument.split(',').map(|p| p.trim().parse()).collect();
    if let [Ok(w), Ok(s), Ok(e), Ok(n)] = parts[..] {
        return Ok((None, Some([w, s, e, n])));
    }
    let path = PathBuf::from(argument);
    let size = std::fs::metadata(&path)
        .map_err(|e| {
            Failure::Usage(format!(
                "--area {argument}: neither W,S,E,N nor a readable file: {e}"
            ))
        })?
        .len();
    if size > AREA_FILE_MAX_BYTES {
        return Err(Failure::Usage(format!(
            "--area {argument}: {size} bytes; at most {AREA_FILE_MAX_BYTES}"
        )));
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|e| Failure::Failed(format!("--area {argument}: {e}")))?;
    let value = serde_json::from_str(&text)
        .map_err(|e| Failure::Failed(format!("--area {argument}: not GeoJSON: {e}")))?;
    Ok((Some(value), None))
}

impl List {
    async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let watches = chain.watches().await?;
        let rows = watches
            .iter()
            .map(|w| {
                let [west, south, east, north] = w.bbox;
                vec![
                    w.id.clone(),
                    w.name.clone(),
                    w.product.clone(),
                    format!("{west:.3},{south:.3},{east:.3},{north:.3}"),
                    w.priority.to_string(),
                    time(w.created),
                ]
            })
            .collect();
        Ok(listing(
            self.format,
            &Listing {
                columns: &[
                    "id",
                    "name",
                    "product",
                    "w,s,e,n (deg)",
                    "priority",
                    "added (UTC)",
                ],
                rows,
                records: &watches,
                empty: "no watches yet; `corridor watch add` makes one",
            },
        )?)
    }
}

impl Show {
    async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let watch = chain.watch(&self.name).await?;
        let answers = chain.answers(&watch.id).await?;
        let without = chain.without_answer(&watch.id).await?;
        if self.format == Format::Table {
            say(&format!(
                "{} ({}), product {}, priority {}, added {}\n",
                watch.name,
                watch.id,
                watch.product,
                watch.priority,
                time(watch.created)
            ))?;
        }
        let rows = answers
            .iter()
            .map(|a| {
                vec![
                    a.item_id.clone(),
                    time(a.created),
                    a.observed.clone(),
                    a.headline.clone(),
                ]
            })
            .chain(without.iter().map(|(job, reason)| {
                vec![
                    String::new(),
                    String::new(),
                    job.item.clone(),
                    format!("no answer: {reason}"),
                ]
            }))
            .collect();
        let record = serde_json::json!({
            "watch": watch,
            "answers": answers,
            "without_answer": without.iter()
                .map(|(job, reason)| serde_json::json!({"scene": job.item, "reason": reason}))
                .collect::<Vec<_>>(),
        });
        Ok(listing(
            self.format,
            &Listing {
                columns: &["answer", "answered (UTC)", "observed", "what it says"],
                rows,
                records: &record,
                empty: "no answers yet",
            },
        )?)
    }
}

impl Remove {
    async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let id = chain.remove_watch(&self.name).await?;
        Ok(say(&format!(
            "no longer watching {id}; its answers stay\n"
        ))?)
    }
}

impl ForecastOf {
    async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let step = Step::start(format!("Forecast for {}", self.name));
        let counter = step.counter();
        let progress = Arc::new(move |done: usize, all: usize| counter(done as u64, all as u64));
        let mut forecast = chain
            .forecast_with_progress(&self.name, self.from, self.to, progress)
            .await?;
        step.done(format!(
            "{} to expect",
            counted(forecast.entries.len(), "answer", "answers")
        ));
        if let Some(first) = self.first {
            forecast.entries.truncate(first);
        }
        Ok(print_forecast(self.format, &forecast)?)
    }
}

/// Prints the answers to expect, the earliest first.
pub(crate) fn print_forecast(format: Format, forecast: &Forecast) -> std::io::Result<()> {
    let rows = forecast.entries.iter().map(|e| {
        let planned = if e.planned { " (planned)" } else { "" };
        vec![
            time(e.in_hands),
            e.in_hands_latest
                .map(|latest| {
                    let by_s = latest.duration_since(e.in_hands).as_secs_f64();
                    let stale = if e.stale { " (stale)" } else { "" };
                    format!("{}{stale}", duration_within(by_s))
                })
                .unwrap_or_default(),
            duration(e.time_to_answer_s),
            format!("{}{planned}", e.satellite),
            e.instrument.clone(),
            time(e.observed_start),
            format!(
                "{:.0} s",
                e.observed_end
                    .duration_since(e.observed_start)
                    .as_secs_f64()
            ),
            format!("{:.1}", e.min_off_nadir_deg),
            format!("{:.0} %", e.coverage * 100.0),
            match &e.relay {
                Some(relay) => format!("{} over {relay}", e.station),
                None => e.station.clone(),
            },
            time(e.down),
            time(e.processed),
        ]
    });
    let columns = [
        "in hands (UTC)",
        "give or take",
        "time to answer",
        "satellite",
        "instrument",
        "observed (UTC)",
        "for",
        "off-nadir (deg)",
        "covers",
        "station",
        "down (UTC)",
        "processed (UTC)",
    ];
    // People read what matters most first: a narrow table has no room for the rest.
    let order: [usize; 12] = match format {
        Format::Table => [0, 1, 2, 3, 9, 5, 4, 8, 7, 6, 10, 11],
        _ => std::array::from_fn(|i| i),
    };
    let in_order = |row: Vec<String>| order.map(|i| row[i].clone()).to_vec();
    listing(
        format,
        &Listing {
            columns: &order.map(|i| columns[i]),
            rows: rows.map(in_order).collect(),
            records: forecast,
            empty: "no answer to expect in this span",
        },
    )
}
