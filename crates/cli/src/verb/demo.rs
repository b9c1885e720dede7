//! `corridor demo`: one watch from question to answer, on the ordinary program and data folder.

use super::serve::{config_on, serve};
use super::{Failure, Outcome, open};
use crate::output::{Format, counted, duration, say, time};
use crate::progress::Step;
use clap::Args;
use corridor_transmit::bundle::receiver::Carriage;
use corridor_watch::answers::AnswerSummary;
use corridor_watch::chain::Chain;
use corridor_watch::forecast::Forecast;
use corridor_watch::request::NewWatch;
use corridor_watch::send::{ReplayContact, send_scenes};
use corridor_watch::trace::Trace;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

#[derive(rust_embed::RustEmbed)]
#[folder = "../../demo"]
#[include = "watches.toml"]
#[include = "scenes/*"]
struct Shipped;

/// Answers of the forecast that the summary shows.
const SHOWN_MAX: usize = 5;

/// Run one watch from question to answer.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// End after the summary instead of serving the page
    #[arg(long)]
    no_serve: bool,
    /// Port of the page on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Watches {
    watch: Vec<DemoWatch>,
}

/// One watch of the demo, and which scenes are replayed for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DemoWatch {
    name: String,
    product: String,
    title: String,
    bbox: [f64; 4],
    /// Beginning of the ids of the scenes that are replayed for it.
    scenes: String,
}

impl Demo {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        let kept = data_dir != Path::new("corridor-data");
        let temporary = tempfile::Builder::new()
            .prefix("corridor-demo-")
            .tempdir()?;
        let folder = if kept { data_dir } else { temporary.path() };
        let began = Instant::now();
        say("Corridor: one question, from the satellite to the answer\n\n")?;
        let chain = prepare(folder).await?;
        let watches = read_watches()?;
        let spacecraft = tempfile::tempdir()?;
        let scenes = unpack(spacecraft.path())?;
        let (receiver, node) = chain
            .listen_for_bundles(
                std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
                Carriage::default(),
            )
            .await?;
        let mut told = Vec::new();
        for watch in &watches {
            told.push(one_watch(&chain, watch, &scenes, node).await?);
        }
        receiver.shutdown().await;
        let worker = chain.worker()?.ok_or_else(|| {
            Failure::Failed(format!("another process works on {}", folder.display()))
        })?;
        let step = Step::start("Know: products on the scenes");
        let counter = step.counter();
        let worked = chain
            .run_open_jobs(&worker, &move |done, all| counter(done as u64, all as u64))
            .await?;
        step.done(format!(
            "{}, {} without one",
            counted(worked.answers.len(), "answer", "answers"),
            counted(worked.without.len(), "scene", "scenes")
        ));
        drop(worker);
        for (watch, forecast) in &told {
            summary(&chain, watch, forecast).await?;
        }
        say(&format!(
            "\nFrom question to answer in {:.1} s.\n",
            began.elapsed().as_secs_f64()
        ))?;
        if kept {
            say(&format!("Data folder: {}\n", folder.display()))?;
        }
        if self.no_serve {
            return Ok(());
        }
        serve(chain, config_on(self.port)).await
    }
}

async fn prepare(folder: &Path) -> Result<Arc<Chain>, Failure> {
    let step = Step::start("Register: satellites, instruments, stations");
    let chain = open(folder).await?;
    let register = chain.register();
    let planned = register.satellites().iter().filter(|s| s.planned).count();
    step.done(format!(
        "{}, {} in orbit, {planned} planned, {}, {}",
        counted(register.missions().len(), "mission", "missions"),
        counted(
            register.satellites().len() - planned,
            "satellite",
            "satellites"
        ),
        counted(register.instruments().count(), "instrument", "instruments"),
        counted(register.stations().count(), "station", "stations"),
    ));
    Ok(chain)
}

fn read_watches() -> Result<Vec<DemoWatch>, Failure> {
    let file = Shipped::get("watches.toml")
        .ok_or_else(|| Failure::Failed("demo/watches.toml is missing".into()))?;
    let text = String::from_utf8_lossy(&file.data);
    let watches: Watches =
        toml::from_str(&text).map_err(|e| Failure::Failed(format!("demo/watches.toml: {e}")))?;
    Ok(watches.watch)
}

/// Puts the shipped scenes into the spacecraft's folder; gives their descriptions.
fn unpack(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut descriptions = Vec::new();
    for path in Shipped::iter() {
        let Some(name) = path.strip_prefix("scenes/") else {
            continue;
        };
        let Some(file) = Shipped::get(&path) else {
            continue;
        };
        let target = folder.join(name);
        std::fs::write(&target, &file.data)?;
        if name.ends_with(".scene.json") {
            descriptions.push(target);
        }
    }
    descriptions.sort();
    Ok(descriptions)
}

/// Watch, forecast and delivery of one of the demo's questions.
async fn one_watch(
    chain: &Arc<Chain>,
    asked: &DemoWatch,
    scenes: &[PathBuf],
    node: std::net::SocketAddr,
) -> Result<(String, Forecast), Failure> {
    let step = Step::start(format!("Watch: {}, product {}", asked.name, asked.product));
    let watch = chain
        .add_watch(NewWatch {
            name: asked.name.clone(),
            product: asked.product.clone(),
            area: None,
            bbox: Some(asked.bbox),
            priority: None,
            deadline: None,
            notify: vec![],
        })
        .await?;
    step.done(&asked.title);
    let step = Step::start("Sense, transmit: forecast of the next 72 hours");
    let counter = step.counter();
    let progress = Arc::new(move |done: usize, all: usize| counter(done as u64, all as u64));
    let forecast = chain
        .forecast_with_progress(&watch.id, None, None, progress)
        .await?;
    step.done(format!(
        "{} to expect from {}",
        counted(forecast.entries.len(), "answer", "answers"),
        counted(forecast.satellites, "instrument", "instruments")
    ));
    let contact = ReplayContact::first_optical_of(&forecast).ok_or_else(|| {
        Failure::Failed(format!(
            "{}: no satellite in orbit brings an answer",
            watch.id
        ))
    })?;
    let sent: Vec<PathBuf> = scenes
        .iter()
        .filter(|p| {
            p.file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with(asked.scenes.as_str()))
        })
        .cloned()
        .collect();
    let step = Step::start(format!(
        "Delivery: {} replayed, {} to {}",
        counted(sent.len(), "real scene", "real scenes"),
        contact.satellite,
        contact.station
    ));
    let report = send_scenes(&sent, node, Some(contact), step.counter()).await?;
    step.done(format!(
        "{}, {:.1} MB in {}, stored whole",
        counted(report.files.len(), "file", "files"),
        report.files.iter().map(|f| f.size_bytes).sum::<u64>() as f64 / 1e6,
        counted(report.bundles, "bundle", "bundles")
    ));
    Ok((watch.id, forecast))
}

async fn summary(chain: &Arc<Chain>, id: &str, forecast: &Forecast) -> Outcome {
    let watch = chain.watch(id).await?;
    say(&format!(
        "\n{}: {}\n",
        watch.name,
        chain.product(&watch.product)?.title
    ))?;
    let mut first = forecast.clone();
    first.entries.truncate(SHOWN_MAX);
    say(&format!(
        "  The first {} of {} to expect (UTC):\n",
        first.entries.len(),
        counted(forecast.entries.len(), "answer", "answers")
    ))?;
    super::watch::print_forecast(Format::Table, &first)?;
    for answer in chain.answers(id).await? {
        say(&answer_text(&answer))?;
        let trace = chain.trace(&answer.collection, &answer.item_id).await?;
        say(&trace_text(&trace))?;
    }
    let without = chain.without_answer(id).await?;
    if !without.is_empty() {
        say("  No answer from:\n")?;
        for (job, reason) in without {
            say(&format!("    {}: {reason}\n", job.item))?;
        }
    }
    Ok(())
}

fn answer_text(answer: &AnswerSummary) -> String {
    let replay = if answer.replay {
        "replay of a real scene, "
    } else {
        ""
    };
    format!(
        "  Answer: {}\n    ({replay}acquired {})\n",
        answer.headline, answer.observed
    )
}

/// The last promised step, held against what happened.
fn trace_text(trace: &Trace) -> String {
    let mut text = String::new();
    for step in &trace.steps {
        if let (Some(planned), Some(actual), Some(difference)) =
            (step.planned, step.actual, step.difference_s)
        {
            let when = if difference <= 0.0 {
                "earlier"
            } else {
                "later"
            };
            text.push_str(&format!(
                "    {}\n      promised {}, was {}: {} {when}\n",
                step.title,
                time(planned),
                time(actual),
                duration(difference.abs()),
            ));
        }
    }
    text
}
