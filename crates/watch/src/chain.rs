//! The service that joins the stages. The command line and the server call this and nothing below.

use crate::answers::{self, AnswerSummary};
use crate::contacts::KeptPlan;
use crate::error::WatchError;
use crate::forecast::{self, Forecast};
use crate::notify::{Event, EventKind, Webhooks};
use crate::order::OrderStore;
use crate::reach::{self, RevisitKey, RevisitMaps};
use crate::recipes::Recipes;
use crate::register::{self, Register};
use crate::request::{NewWatch, Watch};
use crate::search::Running;
use crate::settings::Settings;
use crate::store::sqlite::SqliteWatchStore;
use crate::store::{ElementSource, Job, WatchStore};
use crate::tasking;
use crate::trace::Trace;
use crate::tracks::{self, Tracks};
use corridor_catalog::store::SqliteCatalog;
use corridor_catalog::{AssetStore, Catalog, Intake};
use corridor_know::model::Models;
use corridor_know::product::Product;
use corridor_orbit::elements::ElementSet;
use corridor_sense::instrument::Instrument;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use tokio::sync::{Notify, broadcast};

/// Events a slow listener may lag behind before it misses some; it can read them again by number.
const EVENTS_WAITING_MAX: usize = 1_024;
/// Events read at once from the store.
const EVENTS_READ_MAX: usize = 1_000;

/// How a chain is opened.
#[derive(Debug, Clone)]
pub struct ChainConfig {
    /// The data folder.
    pub data_dir: PathBuf,
    /// Whether webhooks may go to loopback and private networks.
    pub webhooks_to_private_addresses: bool,
}

impl ChainConfig {
    /// The defaults for a data folder.
    pub fn at(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.to_path_buf(),
            webhooks_to_private_addresses: false,
        }
    }
}

/// Which clock the node's picture of the sky runs on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClockStatus {
    /// `live`, or `replay` where the elements are too old for today.
    pub mode: &'static str,
    /// The sky's time minus wall-clock time, seconds.
    pub offset_s: f64,
}

/// The node in a few figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// Version of the program.
    pub version: &'static str,
    /// This node.
    pub node_id: String,
    /// Wall-clock UTC.
    pub now: Timestamp,
    /// Which clock the sky runs on.
    pub clock: ClockStatus,
    /// Where a forecast starts by default.
    pub forecast_epoch: Timestamp,
}

/// One node's chain. Cheap to share: hold it in an [`Arc`].
pub struct Chain {
    pub(crate) config: ChainConfig,
    pub(crate) node_id: String,
    pub(crate) store: Arc<dyn WatchStore>,
    pub(crate) orders: Arc<dyn OrderStore>,
    pub(crate) searching: Running,
    pub(crate) intake: Intake,
    pub(crate) settings: Settings,
    pub(crate) webhooks: Webhooks,
    pub(crate) wake: Notify,
    revisit_maps: RevisitMaps,
    pub(crate) contact_plan: KeptPlan,
    recipes: Recipes,
    register: RwLock<Arc<Register>>,
    events: broadcast::Sender<Event>,
    newest_event_at_open: u64,
    opened: Timestamp,
}

impl Chain {
    /// Opens a data folder, or makes it.
    ///
    /// # Errors
    /// [`WatchError`] names the file or folder that cannot be used and why.
    pub async fn open(config: ChainConfig) -> Result<Arc<Self>, WatchError> {
        let dir = config.data_dir.clone();
        for folder in ["", "inbox", "pending", "spool", "work"] {
            let path = dir.join(folder);
            std::fs::create_dir_all(&path)
                .map_err(|e| WatchError::internal(format!("making {}", path.display()), e))?;
        }
        let database = dir.join("corridor.db");
        let catalog: Arc<dyn Catalog> = Arc::new(
            SqliteCatalog::open(&database)
                .await
                .map_err(|e| WatchError::internal("opening the catalogue", e))?,
        );
        let assets = Arc::new(
            AssetStore::local(&dir.join("assets"))
                .map_err(|e| WatchError::internal("opening the asset store", e))?,
        );
        let overlay = dir.clone();
        let chain = blocking(move || {
            let sqlite = Arc::new(SqliteWatchStore::open(&database)?);
            let orders: Arc<dyn OrderStore> = sqlite.clone();
            let store: Arc<dyn WatchStore> = sqlite;
            let overrides = read_optional(&overlay.join("settings.toml"))?;
            let settings = Settings::read(&register::shipped_assumptions()?, overrides.as_deref())?;
            let recipes = Recipes::read(&overlay)?;
            let register = crate::inventory::load_register(&overlay, &*store)?;
            Ok(Self {
                node_id: store.node_id()?,
                webhooks: Webhooks::new(config.webhooks_to_private_addresses),
                intake: Intake::new(catalog, assets),
                config,
                settings,
                recipes,
                register: RwLock::new(Arc::new(register)),
                events: broadcast::channel(EVENTS_WAITING_MAX).0,
                wake: Notify::new(),
                revisit_maps: RevisitMaps::default(),
                contact_plan: KeptPlan::default(),
                newest_event_at_open: store.newest_event()?,
                store,
                orders,
                searching: Running::default(),
                opened: Timestamp::now(),
            })
        })
        .await?;
        Ok(Arc::new(chain))
    }

    /// The register as it is now.
    pub fn register(&self) -> Arc<Register> {
        match self.register.read() {
            Ok(register) => register.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Keeps imported element sets and computes with them from now on. Gives their number.
    ///
    /// # Errors
    /// [`WatchError`] where the store or the new register fails; the old one stays in use.
    pub async fn import_elements(
        self: &Arc<Self>,
        sets: Vec<ElementSet>,
        source: String,
    ) -> Result<usize, WatchError> {
        let chain = self.clone();
        blocking(move || {
            let kept = chain.store.put_elements(
                &sets,
                &ElementSource {
                    source,
                    imported: Timestamp::now(),
                },
            )?;
            chain.reload_register()?;
            Ok(kept)
        })
        .await
    }

    /// The newest imported element set of each object.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the store fails.
    pub async fn imported_elements(&self) -> Result<Vec<ElementSet>, WatchError> {
        let store = self.store.clone();
        let sets = blocking(move || store.elements()).await?;
        Ok(sets.into_iter().map(|(set, _)| set).collect())
    }

    /// Computes with what the store and the data folder hold now.
    pub(crate) fn reload_register(&self) -> Result<(), WatchError> {
        let fresh = crate::inventory::load_register(&self.config.data_dir, &*self.store)?;
        match self.register.write() {
            Ok(mut register) => *register = Arc::new(fresh),
            Err(poisoned) => *poisoned.into_inner() = Arc::new(fresh),
        }
        Ok(())
    }

    /// All named settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The products, by id.
    pub fn products(&self) -> impl Iterator<Item = &Product> {
        self.recipes.products.values()
    }

    /// The networks that graphs can name.
    pub fn models(&self) -> &Models {
        &self.recipes.models
    }

    /// A product.
    ///
    /// # Errors
    /// [`WatchError::NotFound`] with the ids there are.
    pub fn product(&self, id: &str) -> Result<&Product, WatchError> {
        let products = &self.recipes.products;
        products
            .get(id)
            .ok_or_else(|| WatchError::not_found_among("product", id, products.keys().cloned()))
    }

    /// Scenes and answers.
    pub fn catalog(&self) -> Arc<dyn Catalog> {
        self.intake.catalog().clone()
    }

    /// Their files.
    pub fn assets(&self) -> Arc<AssetStore> {
        self.intake.assets().clone()
    }

    /// The data folder.
    pub fn data_dir(&self) -> &Path {
        &self.config.data_dir
    }

    /// The node in a few figures.
    pub fn status(&self) -> Status {
        let now = Timestamp::now();
        let register = self.register();
        let stale_days = self
            .settings
            .value("elements.stale_age_days")
            .unwrap_or(10.0);
        let age_days = now.duration_since(register.element_epoch()).as_secs_f64() / 86_400.0;
        let clock = if age_days.abs() <= stale_days {
            ClockStatus {
                mode: "live",
                offset_s: 0.0,
            }
        } else {
            let offset = register.epoch_day().duration_since(self.opened);
            ClockStatus {
                mode: "replay",
                offset_s: offset.as_secs_f64(),
            }
        };
        Status {
            version: env!("CARGO_PKG_VERSION"),
            node_id: self.node_id.clone(),
            now,
            clock,
            forecast_epoch: register.epoch_day(),
        }
    }

    /// All watches.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the store fails.
    pub async fn watches(&self) -> Result<Vec<Watch>, WatchError> {
        let store = self.store.clone();
        blocking(move || store.watches()).await
    }

    /// A watch by id or name.
    ///
    /// # Errors
    /// [`WatchError::NotFound`] with the ids there are.
    pub async fn watch(&self, name: &str) -> Result<Watch, WatchError> {
        let watches = self.watches().await?;
        let known = watches.iter().map(|w| w.id.clone()).collect::<Vec<_>>();
        let id = crate::request::slug(name).unwrap_or_default();
        watches
            .into_iter()
            .find(|w| w.id == id || w.name == name)
            .ok_or_else(|| WatchError::not_found_among("watch", name, known))
    }

    /// Adds a watch; scenes that are catalogued already are looked at too.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] names what is wrong in the request; [`WatchError::Conflict`] where
    /// the name is taken by another request.
    pub async fn add_watch(&self, new: NewWatch) -> Result<Watch, WatchError> {
        let products: Vec<String> = self.recipes.products.keys().cloned().collect();
        let watch = new.check(&products, Timestamp::now())?;
        let store = self.store.clone();
        let asked = watch.clone();
        if blocking(move || store.add_watch(&asked)).await? {
            self.open_jobs_of(&watch).await?;
            self.tell(EventKind::Watch, serde_json::json!({"added": watch.id}))
                .await?;
            self.wake.notify_one();
        }
        self.watch(&watch.id).await
    }

    /// Removes a watch and gives its id; answers and traces stay.
    ///
    /// # Errors
    /// [`WatchError::NotFound`] with the ids there are.
    pub async fn remove_watch(&self, name: &str) -> Result<String, WatchError> {
        let id = self.watch(name).await?.id;
        let (store, orders, gone) = (self.store.clone(), self.orders.clone(), id.clone());
        blocking(move || {
            orders.cancel_order_of(&gone, Timestamp::now())?;
            store.remove_watch(&gone)
        })
        .await?;
        self.tell(EventKind::Watch, serde_json::json!({"removed": id}))
            .await?;
        Ok(id)
    }

    /// The answers to expect for a watch; kept as its promise where no span is asked for.
    ///
    /// # Errors
    /// [`WatchError`] where the watch is not there or the span is wrong.
    pub async fn forecast(
        &self,
        name: &str,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    ) -> Result<Forecast, WatchError> {
        self.forecast_with_progress(name, from, to, Arc::new(|_, _| {}))
            .await
    }

    /// As [`Self::forecast`]; `progress` hears satellites done and all.
    ///
    /// # Errors
    /// As [`Self::forecast`].
    pub async fn forecast_with_progress(
        &self,
        name: &str,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        progress: Arc<dyn Fn(usize, usize) + Send + Sync>,
    ) -> Result<Forecast, WatchError> {
        let watch = self.watch(name).await?;
        let product = self.product(&watch.product)?.clone();
        let register = self.register();
        let span = forecast::span(&register, from, to)?;
        let promised = from.is_none() && to.is_none();
        let settings = self.settings.clone();
        let store = self.store.clone();
        blocking(move || {
            let now = Timestamp::now();
            let forecast = forecast::compute(
                &register, &settings, &watch, &product, span, now, &*progress,
            )?;
            // Another span is a question and no promise.
            if promised {
                store.put_forecast(&forecast)?;
            }
            Ok(forecast)
        })
        .await
    }

    /// An acquisition schedule for all watches.
    ///
    /// # Errors
    /// [`WatchError`] where the span is wrong or a figure of a watch or a setting cannot be.
    pub async fn schedule(
        &self,
        span: (Option<Timestamp>, Option<Timestamp>),
        effort: tasking::Effort,
    ) -> Result<tasking::TaskingPlan, WatchError> {
        let register = self.register();
        let span = forecast::span(&register, span.0, span.1)?;
        let mut wanted = Vec::new();
        for watch in self.watches().await? {
            let product = self.product(&watch.product)?.clone();
            wanted.push((watch, product));
        }
        let settings = self.settings.clone();
        blocking(move || tasking::compute(&register, &settings, &wanted, span, effort)).await
    }

    /// The forecast last computed for a watch, or a fresh one where there is none or it was
    /// computed with other elements or for another default span.
    ///
    /// # Errors
    /// As [`Self::forecast`].
    pub async fn current_forecast(&self, name: &str) -> Result<Forecast, WatchError> {
        let id = self.watch(name).await?.id;
        let register = self.register();
        let span = forecast::span(&register, None, None)?;
        let (store, asked) = (self.store.clone(), id.clone());
        let kept = blocking(move || store.latest_forecast(&asked)).await?;
        match kept {
            Some(f) if (f.from, f.to) == span && f.element_epoch == register.element_epoch() => {
                Ok(f)
            }
            _ => self.forecast(&id, None, None).await,
        }
    }

    /// The ground of the `first` next windows of a watch, as its promise has them.
    ///
    /// # Errors
    /// As [`Self::forecast`] and [`reach::footprints`].
    pub async fn footprints(
        &self,
        name: &str,
        first: usize,
    ) -> Result<geojson::FeatureCollection, WatchError> {
        let area = self.watch(name).await?.area()?;
        let forecast = self.current_forecast(name).await?;
        let register = self.register();
        blocking(move || reach::footprints(&register, &area, &forecast, first)).await
    }

    /// How often the country around a watch is seen over the span of its promise, with or without
    /// the planned satellites.
    ///
    /// # Errors
    /// As [`Self::forecast`].
    pub async fn revisit(
        &self,
        name: &str,
        planned: bool,
    ) -> Result<Arc<geojson::FeatureCollection>, WatchError> {
        let watch = self.watch(name).await?;
        let area = watch.area()?;
        let product = self.product(&watch.product)?.clone();
        let register = self.register();
        let span = forecast::span(&register, None, None)?;
        let key = RevisitKey {
            product: watch.product,
            area: area.clone(),
            span,
            planned,
        };
        if let Some(map) = self.revisit_maps.kept(&register, &key) {
            return Ok(map);
        }
        let max_gsd_m = self
            .settings
            .value(&self.settings.max_gsd_key(&product.id))?;
        let of = register.clone();
        let map = blocking(move || {
            let suits = |i: &Instrument| forecast::suits(&product, i, max_gsd_m);
            reach::revisit(&of, &area, &suits, span, planned)
        })
        .await?;
        let map = Arc::new(map);
        self.revisit_maps.keep(&register, key, map.clone());
        Ok(map)
    }

    /// The answers of a watch, newest first.
    ///
    /// # Errors
    /// [`WatchError`] where the watch is not there or the catalogue fails.
    pub async fn answers(&self, name: &str) -> Result<Vec<AnswerSummary>, WatchError> {
        let watch = self.watch(name).await?;
        answers::of_watch(&watch, &self.catalog()).await
    }

    /// Scenes of a watch that gave no answer, with the reason.
    ///
    /// # Errors
    /// [`WatchError`] where the watch is not there or the store fails.
    pub async fn without_answer(&self, name: &str) -> Result<Vec<(Job, String)>, WatchError> {
        let id = self.watch(name).await?.id;
        let store = self.store.clone();
        blocking(move || store.ended_jobs(&id)).await
    }

    /// The trace of an answer.
    ///
    /// # Errors
    /// [`WatchError::NotFound`] where there is none.
    pub async fn trace(&self, collection: &str, item: &str) -> Result<Trace, WatchError> {
        let answer = format!("{collection}/{item}");
        let (store, asked) = (self.store.clone(), answer.clone());
        blocking(move || store.trace(&asked))
            .await?
            .ok_or_else(|| WatchError::not_found("trace of an answer", answer))
    }

    /// Where satellites are, sampled; see [`tracks::sample`].
    ///
    /// # Errors
    /// As [`tracks::sample`].
    pub async fn tracks(
        &self,
        span: (Timestamp, Timestamp),
        step_s: f64,
        names: Vec<String>,
    ) -> Result<Tracks, WatchError> {
        let register = self.register();
        blocking(move || tracks::sample(&register, span, step_s, &names)).await
    }

    /// Events from now on. [`Self::run_events`] must run somewhere in the process.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Events after a number, oldest first, at most a thousand.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the store fails.
    pub async fn events_after(&self, id: u64) -> Result<Vec<Event>, WatchError> {
        let store = self.store.clone();
        blocking(move || store.events_after(id, EVENTS_READ_MAX)).await
    }

    /// Records an event; listeners hear it through [`Self::run_events`].
    pub(crate) async fn tell(
        &self,
        kind: EventKind,
        data: serde_json::Value,
    ) -> Result<Event, WatchError> {
        let store = self.store.clone();
        blocking(move || store.put_event(kind, Timestamp::now(), data)).await
    }

    /// Passes recorded events on to listeners, those of other processes on the same data folder
    /// too. Runs until dropped.
    pub async fn run_events(self: Arc<Self>) {
        const PAUSE: std::time::Duration = std::time::Duration::from_millis(250);
        let mut heard = self.newest_event_at_open;
        loop {
            match self.events_after(heard).await {
                Ok(events) if !events.is_empty() => {
                    for event in events {
                        heard = event.id;
                        // Nobody listening is no error.
                        let _ = self.events.send(event);
                    }
                }
                Ok(_) => tokio::time::sleep(PAUSE).await,
                Err(e) => {
                    tracing::warn!(error = %e, "reading events");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// A fresh folder for files under way; removed when dropped.
    pub(crate) fn workspace(&self) -> Result<tempfile::TempDir, WatchError> {
        tempfile::tempdir_in(self.config.data_dir.join("work"))
            .map_err(|e| WatchError::internal("making a work folder", e))
    }
}

/// Runs blocking work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WatchError> + Send + 'static,
) -> Result<T, WatchError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| WatchError::internal("running in the background", e))?
}

fn read_optional(path: &Path) -> Result<Option<String>, WatchError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(WatchError::Invalid(format!(
            "reading {}: {e}",
            path.display()
        ))),
    }
}

/// `t` plus `seconds`, held at the end of time.
pub(crate) fn later(t: Timestamp, seconds: f64) -> Timestamp {
    SignedDuration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|d| t.checked_add(d).ok())
        .unwrap_or(Timestamp::MAX)
}
