//! Open jobs are run, answers published, traces kept, webhooks called.

use crate::chain::{Chain, blocking};
use crate::error::WatchError;
use crate::forecast::{Forecast, ForecastEntry};
use crate::receive::{Arrival, promise_at_intake};
use crate::request::Watch;
use crate::run::{self, Ran};
use crate::store::{Job, JobState, Told};
use crate::trace::{Digest, Step, StepKind, Title, Trace, TraceClock};
use corridor_catalog::stac::{Collection, Item, file};
use corridor_catalog::{CatalogError, IntakeError};
use corridor_know::product::Product;
use jiff::Timestamp;
use serde_json::json;
use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::time::Duration;

/// How often a job that this machine fails is tried before it is given up.
pub const JOB_TRIES: u32 = 3;
/// Longest wait between looks for jobs that another process opened.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The right to run jobs on a data folder: one process has it at a time.
#[derive(Debug)]
pub struct Worker {
    _lock: File,
}

/// What ran.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worked {
    /// Answers published, `collection/item`.
    pub answers: Vec<String>,
    /// Jobs that gave none: scene and reason.
    pub without: Vec<(String, String)>,
}

impl Chain {
    /// The right to run jobs here, or `None` while another process has it.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the lock file cannot be used.
    pub fn worker(&self) -> Result<Option<Worker>, WatchError> {
        let path = self.data_dir().join("worker.lock");
        let doing = format!("locking {}", path.display());
        let file = File::create(&path).map_err(|e| WatchError::internal(&doing, e))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Worker { _lock: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(e)) => Err(WatchError::internal(doing, e)),
        }
    }

    /// Clears what an interrupted intake left, and opens jobs that an interruption kept from
    /// being opened. The worker calls it once, before the first job.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where store or catalogue fail.
    pub async fn recover(self: &Arc<Self>, _worker: &Worker) -> Result<(), WatchError> {
        let recovered = self
            .intake
            .recover()
            .await
            .map_err(|e| WatchError::internal("recovering the intake", e))?;
        if recovered.interrupted > 0 {
            tracing::warn!(
                interrupted = recovered.interrupted,
                "cleared cut-off intakes"
            );
        }
        for watch in self.watches().await? {
            self.open_jobs_of(&watch).await?;
        }
        Ok(())
    }

    /// Runs all open jobs and calls the webhooks that wait. `progress` hears jobs done and all.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the store fails; a failing job is recorded and stops nothing.
    pub async fn run_open_jobs(
        self: &Arc<Self>,
        _worker: &Worker,
        progress: &(dyn Fn(usize, usize) + Send + Sync),
    ) -> Result<Worked, WatchError> {
        let mut worked = Worked::default();
        let mut tries: HashMap<(String, String), u32> = HashMap::new();
        let mut done = 0;
        loop {
            let store = self.store.clone();
            let open = blocking(move || store.open_jobs()).await?;
            let Some(job) = open.first().cloned() else {
                break;
            };
            progress(done, done + open.len());
            let state = match self.run_job(&job).await {
                Ok(state) => state,
                Err(e) => {
                    let tried = tries
                        .entry((job.watch.clone(), job.item.clone()))
                        .or_default();
                    *tried += 1;
                    tracing::error!(watch = job.watch, scene = job.item, error = %e, "job failed");
                    if *tried < JOB_TRIES {
                        continue;
                    }
                    JobState::Ended {
                        reason: format!("failed {JOB_TRIES} times: {e}"),
                    }
                }
            };
            match &state {
                JobState::Done { answer } => worked.answers.push(answer.clone()),
                JobState::Ended { reason } => {
                    worked.without.push((job.item.clone(), reason.clone()));
                }
                JobState::Open => {}
            }
            let store = self.store.clone();
            blocking(move || store.end_job(&job, &state)).await?;
            done += 1;
            progress(done, done + open.len() - 1);
        }
        self.make_calls().await?;
        Ok(worked)
    }

    /// Runs jobs as they open, until the future is dropped.
    pub async fn work(self: Arc<Self>, worker: Worker) {
        if let Err(e) = self.recover(&worker).await {
            tracing::error!(error = %e, "recovering");
        }
        loop {
            if let Err(e) = self.run_open_jobs(&worker, &|_, _| {}).await {
                tracing::error!(error = %e, "running jobs");
            }
            // A job opened by this process wakes; one opened by another is seen at the next look.
            let _ = tokio::time::timeout(LOOK_EVERY, self.wake.notified()).await;
        }
    }

    async fn run_job(self: &Arc<Self>, job: &Job) -> Result<JobState, WatchError> {
        let watch = match self.watch(&job.watch).await {
            Ok(watch) => watch,
            Err(WatchError::NotFound { .. }) => {
                return Ok(JobState::Ended {
                    reason: "the watch was removed".into(),
                });
            }
            Err(e) => return Err(e),
        };
        let product = self.product(&watch.product)?;
        let workspace = self.workspace()?;
        let began = Timestamp::now();
        let (catalog, assets) = (self.catalog(), self.assets());
        let ran = run::run(
            &watch,
            product,
            job,
            &catalog,
            &assets,
            workspace.path(),
            began,
        )
        .await?;
        let (scene, scenes) = match ran {
            Ran::None { reason } => return Ok(JobState::Ended { reason }),
            Ran::Answer { answer, scenes, .. } => (answer, scenes),
        };
        self.answer_collection(&watch.product).await?;
        let processed = Timestamp::now();
        let accepted = self.intake.accept(*scene).await.map_err(|e| match e {
            IntakeError::Scene { .. } => WatchError::Invalid(e.to_string()),
            other => WatchError::internal("storing the answer", other),
        })?;
        let published = Timestamp::now();
        let answer = crate::receive::scene_key(&accepted.item);
        let made = Made {
            job,
            watch: &watch,
            began,
            processed,
            published,
        };
        let kept = self.kept_trace(&answer).await?;
        if accepted.new || kept.is_none() {
            let mut trace = self
                .trace_of(&made, &answer, &scenes, &accepted.item)
                .await?;
            let time = Timestamp::now();
            trace.steps.push(told(&self.node_id, &watch, &trace, time));
            let told = Told {
                trace,
                time,
                summary: json!(crate::answers::summary(&accepted.item)),
                addresses: watch.notify.clone(),
            };
            let (store, job) = (self.store.clone(), job.clone());
            blocking(move || store.end_job_told(&job, &told)).await?;
        }
        Ok(JobState::Done { answer })
    }

    async fn kept_trace(&self, answer: &str) -> Result<Option<Trace>, WatchError> {
        let (store, answer) = (self.store.clone(), answer.to_string());
        blocking(move || store.trace(&answer)).await
    }

    async fn answer_collection(&self, product: &str) -> Result<(), WatchError> {
        let catalog = self.catalog();
        let id = run::answer_collection(product);
        match catalog.collection(&id).await {
            Ok(_) => return Ok(()),
            Err(CatalogError::UnknownCollection(_)) => {}
            Err(e) => return Err(WatchError::internal("reading the collection", e)),
        }
        let recipe = self.product(product)?;
        let text = format!("Answers of the product {product}. {}", recipe.description);
        let collection = Collection::new(id, text, "other")
            .with_title(format!("Answers: {}", recipe.title))
            .with_keywords(["answer", product]);
        catalog
            .put_collection(&collection)
            .await
            .map(drop)
            .map_err(|e| WatchError::internal("making the collection of answers", e))
    }

    /// Makes the webhook calls that wait, once each.
    async fn make_calls(self: &Arc<Self>) -> Result<(), WatchError> {
        let chain = self.clone();
        blocking(move || {
            for call in chain.store.open_calls()? {
                let outcome = chain.webhooks.post(&call.address, &call.event);
                if let Err(e) = &outcome {
                    tracing::warn!(address = call.address, error = e, "webhook");
                }
                chain.store.settle_call(call.id, outcome.err().as_deref())?;
            }
            Ok(())
        })
        .await
    }

    async fn trace_of(
        &self,
        made: &Made<'_>,
        answer: &str,
        scenes: &[Item],
        item: &Item,
    ) -> Result<Trace, WatchError> {
        let scene = scenes.last();
        let key = scene.map(crate::receive::scene_key).unwrap_or_default();
        let (store, watch) = (self.store.clone(), made.watch.id.clone());
        let (arrival, forecast) = blocking(move || {
            let arrival = store
                .arrival(&key)?
                .and_then(|a| serde_json::from_value(a).ok());
            Ok((arrival, store.latest_forecast(&watch)?))
        })
        .await?;
        let arrival: Option<Arrival> = arrival;
        let promise = promised(arrival.as_ref(), forecast.as_ref());
        let clock = arrival
            .as_ref()
            .map_or_else(TraceClock::live, Arrival::clock);
        let product = self.product(&made.watch.product)?;
        let late = arrival
            .as_ref()
            .filter(|a| a.stored_at >= made.watch.created)
            .and_then(|a| promise_at_intake(&self.settings, product, a.stored_at));
        let writer = StepWriter {
            node: &self.node_id,
            clock: &clock,
            promise: promise.as_ref(),
        };
        let mut steps = vec![writer.request(made, forecast.as_ref())];
        if let (Some(scene), Some(arrival)) = (scene, &arrival) {
            steps.extend(writer.way_in(scene, arrival));
        }
        steps.extend(writer.made(made, product, scenes, item, late));
        Ok(Trace {
            answer: answer.to_string(),
            watch: made.watch.id.clone(),
            node_id: self.node_id.clone(),
            clock,
            promise,
            steps,
        })
    }
}

/// The last step: the answer is told.
fn told(node: &str, watch: &Watch, trace: &Trace, time: Timestamp) -> Step {
    let title = Title::Told {
        calls: watch.notify.len(),
    };
    let planned = trace.promise.as_ref().map(|p| p.in_hands);
    let told = trace.clock.show(time);
    Step::new(StepKind::Notify, title, node, planned, Some(told))
}

/// When an answer was made, wall-clock.
struct Made<'a> {
    job: &'a Job,
    watch: &'a Watch,
    began: Timestamp,
    processed: Timestamp,
    published: Timestamp,
}

/// The forecast's entry that a delivery belongs to: same satellite, same contact.
fn promised(arrival: Option<&Arrival>, forecast: Option<&Forecast>) -> Option<ForecastEntry> {
    let contact = arrival?.contact.as_ref()?;
    forecast?
        .entries
        .iter()
        .find(|e| e.satellite == contact.satellite && e.contact_start == contact.start)
        .cloned()
}

/// Writes steps on one clock against one promise.
struct StepWriter<'a> {
    node: &'a str,
    clock: &'a TraceClock,
    promise: Option<&'a ForecastEntry>,
}

impl StepWriter<'_> {
    fn replay(&self) -> bool {
        matches!(self.clock, TraceClock::Replay { .. })
    }

    fn request(&self, made: &Made<'_>, forecast: Option<&Forecast>) -> Step {
        let title = Title::Asked {
            product: made.watch.product.clone(),
            watch: made.watch.name.clone(),
        };
        match forecast.filter(|_| self.replay()) {
            Some(forecast) => Step::new(
                StepKind::Request,
                title,
                self.node,
                None,
                Some(forecast.from),
            )
            .note(format!(
                "the forecast's start stands for the request on the replay's clock; it was \
                         typed at {}",
                made.watch.created
            )),
            None => Step::new(
                StepKind::Request,
                title,
                self.node,
                None,
                Some(made.watch.created),
            ),
        }
    }

    fn way_in(&self, scene: &Item, arrival: &Arrival) -> Vec<Step> {
        let show = |t| Some(self.clock.show(t));
        let observed = match scene.time_range() {
            Some((start, end)) if start == end => start.to_string(),
            Some((start, end)) => format!("between {start} and {end}"),
            None => "at a time nobody stated".into(),
        };
        let replayed = scene.property("corridor:replay") == Some(&json!(true));
        let mut steps = Vec::new();
        let planned = self.promise.map(|p| p.observed_end);
        let actual = scene.properties.datetime.filter(|_| !replayed);
        let observation = Step::new(
            StepKind::Observation,
            Title::Observed {
                scene: scene.id.clone(),
            },
            "satellite",
            planned,
            actual,
        );
        steps.push(if replayed {
            observation.note(format!(
                "replay: these pixels were acquired {observed}; the promised observation was not \
                 made, so it has no actual time"
            ))
        } else {
            observation.note(format!("acquired {observed}"))
        });
        if let Some(contact) = &arrival.contact {
            let (satellite, station) = (contact.satellite.clone(), contact.station.clone());
            steps.push(
                Step::new(
                    StepKind::Downlink,
                    match self.promise.and_then(|p| p.relay.clone()) {
                        Some(relay) => Title::SentOver {
                            satellite,
                            relay,
                            station,
                        },
                        None => Title::Sent { satellite, station },
                    },
                    &contact.station,
                    self.promise.map(|p| p.down),
                    show(arrival.whole_at),
                )
                .note(format!(
                    "{} bundles over the Bundle Protocol; the first byte came {}",
                    arrival.bundles,
                    self.clock.show(arrival.first_byte_at)
                ))
                .digests(vec![], arrival.files.clone()),
            );
            steps.push(
                Step::new(
                    StepKind::Transfer,
                    Title::Carried,
                    self.node,
                    self.promise.map(|p| p.at_node),
                    show(arrival.whole_at),
                )
                .note("in a replay station and node stand on one machine: no time is spent here"),
            );
        }
        let mut described = arrival.files.clone();
        described.push(arrival.description.clone());
        steps.push(
            Step::new(
                StepKind::Intake,
                Title::TakenIn { way: arrival.way },
                self.node,
                None,
                show(arrival.whole_at),
            )
            .digests(arrival.files.clone(), described.clone()),
        );
        steps.push(
            Step::new(
                StepKind::Catalogue,
                Title::Catalogued,
                self.node,
                None,
                show(arrival.stored_at),
            )
            .digests(described, assets_of(scene)),
        );
        steps
    }

    fn made(
        &self,
        made: &Made<'_>,
        product: &Product,
        scenes: &[Item],
        item: &Item,
        at_intake: Option<(Timestamp, Timestamp)>,
    ) -> Vec<Step> {
        let show = |t| Some(self.clock.show(t));
        let processed = self
            .promise
            .map(|p| p.processed)
            .or(at_intake.and_then(|p| show(p.0)));
        let in_hands = self
            .promise
            .map(|p| p.in_hands)
            .or(at_intake.and_then(|p| show(p.1)));
        let took = made.processed.duration_since(made.began).as_secs_f64();
        let process = Step::new(
            StepKind::Process,
            Title::Computed {
                product: product.id.clone(),
                title: product.title.clone(),
            },
            self.node,
            processed,
            show(made.processed),
        )
        .note(format!("took {took:.2} s on scene {}", made.job.item))
        .digests(scenes.iter().flat_map(assets_of).collect(), assets_of(item));
        let publish = Step::new(
            StepKind::Publish,
            Title::Published {
                answer: item.id.clone(),
            },
            self.node,
            in_hands,
            show(made.published),
        )
        .digests(assets_of(item), vec![]);
        vec![process, publish]
    }
}

fn assets_of(item: &Item) -> Vec<Digest> {
    item.assets
        .iter()
        .filter_map(|(key, asset)| {
            Some(Digest {
                name: format!("{}/{key}", item.id),
                sha256: file::sha256(asset)?.to_string(),
                size_bytes: file::size_bytes(asset),
            })
        })
        .collect()
}
