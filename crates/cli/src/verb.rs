//! The verbs: what is typed after `corridor`.

mod demo;
mod executor;
mod ingest;
mod know;
mod raster;
mod register;
mod rehearse;
mod scheduler;
mod sense;
pub(crate) mod serve;
mod settings;
mod transmit;
mod user;
mod watch;

use clap::{Parser, Subcommand};
use corridor_watch::chain::{Chain, ChainConfig};
use corridor_watch::error::WatchError;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Ask what is happening at a place and when you can know: from satellite to answer.
///
/// Results go to standard output, progress and logs to standard error. Times are UTC.
/// Exit status: 0 done, 1 failed, 2 bad usage.
#[derive(Debug, Parser)]
#[command(name = "corridor", version, propagate_version = true)]
pub(crate) struct Arguments {
    /// Folder of this node's data: catalogue, scenes, answers, watches
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        env = "CORRIDOR_DATA_DIR",
        default_value = "corridor-data"
    )]
    data_dir: PathBuf,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run one watch from question to answer on real, shipped data, then serve the page
    Demo(demo::Demo),
    /// Serve the page, the STAC API, tiles and events; take in bundles and dropped files
    Serve(serve::Serve),
    /// Take in scenes: GeoTIFF, STAC Item, or NAME.scene.json with the files it names
    Ingest(ingest::Ingest),
    /// Places to watch, their forecasts and their answers
    #[command(subcommand)]
    Watch(watch::Watch),
    /// Satellites in orbit and planned, instruments, stations
    #[command(subcommand)]
    Register(register::Register),
    /// What can be seen when: windows, schedules, designs of constellations
    #[command(subcommand)]
    Sense(sense::Sense),
    /// Products: the recipes that turn scenes into answers
    #[command(subcommand)]
    Know(know::Know),
    /// Pixels of a file: what it holds, values at places, warps, tiles
    #[command(subcommand)]
    Raster(raster::Raster),
    /// How bytes get home: scenes sent as a spacecraft would
    #[command(subcommand)]
    Transmit(transmit::Transmit),
    /// Days of the whole chain on simulated time: what is promised, what comes, what a change would change
    Rehearse(rehearse::Rehearse),
    /// Who may log in to the openEO interface
    #[command(subcommand)]
    User(user::User),
    /// Hand out the work of process graphs to executors (Apache Ballista)
    Scheduler(scheduler::Scheduler),
    /// Compute chunks of process graphs for a scheduler (Apache Ballista)
    Executor(executor::Executor),
    /// Every figure that is an assumption: its value, unit and source
    Settings(settings::Settings),
}

/// What went wrong, by exit status.
pub(crate) enum Failure {
    /// Exit status 1.
    Failed(String),
    /// Exit status 2.
    Usage(String),
}

impl From<WatchError> for Failure {
    fn from(error: WatchError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

pub(crate) type Outcome = Result<(), Failure>;

/// Parses the arguments, runs the verb, says what went wrong.
#[allow(clippy::print_stderr, reason = "errors belong on standard error")]
pub(crate) fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(said) => return crate::output::help::answer(&said),
    };
    log_to_standard_error();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(e) => {
            eprintln!("corridor: starting: {e}");
            return ExitCode::from(1);
        }
    };
    let outcome = runtime.block_on(dispatch(arguments));
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Failed(text)) => {
            eprintln!("corridor: {text}");
            ExitCode::from(1)
        }
        Err(Failure::Usage(text)) => {
            eprintln!("corridor: {text}\n\nFor more information, try '--help'.");
            ExitCode::from(2)
        }
    }
}

/// Errors on standard error; `CORRIDOR_LOG=warn` or `info` says more.
fn log_to_standard_error() {
    let level = std::env::var("CORRIDOR_LOG")
        .ok()
        .and_then(|l| l.parse().ok())
        .unwrap_or(tracing::level_filters::LevelFilter::ERROR);
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_target(false)
        .compact()
        .init();
}

async fn dispatch(arguments: Arguments) -> Outcome {
    let Arguments { data_dir, verb } = arguments;
    match verb {
        Verb::Demo(demo) => demo.run(&data_dir).await,
        Verb::Serve(serve) => serve.run(&data_dir).await,
        Verb::Ingest(ingest) => ingest.run(&data_dir).await,
        Verb::Watch(watch) => watch.run(&data_dir).await,
        Verb::Register(register) => register.run(&data_dir).await,
        Verb::Sense(sense) => sense.run(&data_dir).await,
        Verb::Know(know) => know.run(&data_dir).await,
        Verb::Raster(raster) => raster.run().await,
        Verb::Transmit(transmit) => transmit.run(&data_dir).await,
        Verb::Rehearse(rehearse) => rehearse.run(&data_dir).await,
        Verb::User(user) => user.run(&data_dir),
        Verb::Scheduler(scheduler) => scheduler.run().await,
        Verb::Executor(executor) => executor.run().await,
        Verb::Settings(settings) => settings.run(&data_dir).await,
    }
}

/// Opens the node's data folder.
pub(crate) async fn open(data_dir: &std::path::Path) -> Result<Arc<Chain>, Failure> {
    Ok(Chain::open(ChainConfig::at(data_dir)).await?)
}
