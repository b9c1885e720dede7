#![doc = include_str!("../README.md")]

mod answers;
mod assets;
mod assumptions;
pub mod config;
mod contacts;
mod events;
mod guard;
mod listen;
mod openapi;
mod openeo;
pub mod policy;
pub mod problem;
mod products;
mod query;
mod register;
mod route;
mod stac;
pub mod stapi;
mod status;
pub mod tiles;
mod ui;
mod view;
mod watches;

pub use config::NodeConfig;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use config::ConfigError;
use corridor_watch::chain::Chain;
use policy::{LocalOperatorPolicy, Policy, Principal};
use problem::Problem;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use view::View;

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The configuration cannot be served.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The address cannot be listened on.
    #[error("listening on {bind}: {source}")]
    Bind {
        /// The address of the configuration.
        bind: SocketAddr,
        /// What the system says: most often that another program has the port.
        source: std::io::Error,
    },
    /// A tile matrix set of the data folder cannot be served.
    #[error("{reason}")]
    TileMatrixSet {
        /// The file, and what is wrong with it.
        reason: String,
    },
    /// What openEO keeps cannot be opened.
    #[error("{reason}")]
    Store {
        /// What was being done, and what the database says.
        reason: String,
    },
}

/// A node that is answering.
#[derive(Debug)]
pub struct Serving {
    local_addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Serving {
    /// The address that is listened on; with port 0 in the configuration, the port that was taken.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Waits until the node has stopped: after its shutdown signal, when open requests are done or
    /// their grace time is over.
    pub async fn finished(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the server ended abnormally");
        }
    }
}

/// Starts answering for `chain`, until `shutdown` is ready. Must be called within a tokio runtime.
///
/// Also passes the chain's recorded events on to those who listen
/// ([`Chain::run_events`]) for as long as it serves.
///
/// # Errors
/// [`ServeError`] where the configuration is not one to serve or the address cannot be had.
pub async fn serve(
    config: NodeConfig,
    chain: Arc<Chain>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<Serving, ServeError> {
    config.check()?;
    let bind = config.bind;
    let bound = TcpListener::bind(bind).await.and_then(|listener| {
        let local_addr = listener.local_addr()?;
        Ok((listener, local_addr))
    });
    let (listener, local_addr) = bound.map_err(|source| ServeError::Bind { bind, source })?;
    let limits = config.limits.clone();
    let (stop, stopping) = watch::channel(false);
    let node = Node::new(config, chain.clone(), stopping)?;
    openeo::resume(&node)?;
    let router = node.router();
    let task = tokio::spawn(async move {
        let passing_on = tokio::spawn(chain.run_events());
        let stopped = async move {
            shutdown.await;
            // Event streams have no end of their own: they are told, before others are waited for.
            let _ = stop.send(true);
        };
        listen::run(listener, router, limits, stopped).await;
        passing_on.abort();
    });
    tracing::info!(%local_addr, "serving");
    Ok(Serving { local_addr, task })
}

/// All routes over `chain` as a service, for tests and for embedding. The peer's address must be in
/// the request's extensions as [`axum::extract::ConnectInfo`]; without it nothing is permitted.
///
/// # Errors
/// [`ServeError`] where the configuration is not one to serve or the database cannot be opened.
pub fn router(config: NodeConfig, chain: Arc<Chain>) -> Result<Router, ServeError> {
    config.check()?;
    let node = Node::new(config, chain, watch::channel(false).1)?;
    openeo::resume(&node)?;
    Ok(node.router())
}

/// What every handler can reach. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Node(Arc<Inner>);

struct Inner {
    config: NodeConfig,
    chain: Arc<Chain>,
    policy: Arc<dyn Policy>,
    node_id: String,
    request_places: Semaphore,
    work_places: Arc<Semaphore>,
    opened_datasets: Arc<tiles::OpenedDatasets>,
    tile_matrix_sets: tiles::TileMatrixSets,
    event_places: Arc<Semaphore>,
    stopping: watch::Receiver<bool>,
    openeo: openeo::OpenEo,
}

impl Node {
    fn new(
        config: NodeConfig,
        chain: Arc<Chain>,
        stopping: watch::Receiver<bool>,
    ) -> Result<Self, ServeError> {
        let limits = &config.limits;
        let work_places = match limits.concurrent_work_max {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            places => places,
        };
        Ok(Self(Arc::new(Inner {
            openeo: openeo::OpenEo::open(chain.data_dir())?,
            policy: Arc::new(LocalOperatorPolicy::new(&config.policy)),
            node_id: chain.status().node_id,
            request_places: Semaphore::new(limits.concurrent_requests_max),
            work_places: Arc::new(Semaphore::new(work_places)),
            opened_datasets: Arc::default(),
            tile_matrix_sets: tiles::TileMatrixSets::read(chain.data_dir())
                .map_err(|reason| ServeError::TileMatrixSet { reason })?,
            event_places: Arc::new(Semaphore::new(limits.event_streams_max)),
            config,
            chain,
            stopping,
        })))
    }

    fn router(self) -> Router {
        let body_max_bytes = self.config().limits.body_max_bytes;
        route::router(&self)
            .layer(DefaultBodyLimit::max(body_max_bytes))
            .layer(middleware::from_fn_with_state(self.clone(), guard::bounded))
            .layer(middleware::from_fn_with_state(
                self.clone(),
                guard::addressed_and_known,
            ))
            .layer(middleware::from_fn(guard::outermost))
            .with_state(self)
    }

    pub(crate) fn config(&self) -> &NodeConfig {
        &self.0.config
    }

    pub(crate) fn chain(&self) -> &Arc<Chain> {
        &self.0.chain
    }

    pub(crate) fn openeo(&self) -> &openeo::OpenEo {
        &self.0.openeo
    }

    pub(crate) fn policy(&self) -> &Arc<dyn Policy> {
        &self.0.policy
    }

    pub(crate) fn node_id(&self) -> &str {
        &self.0.node_id
    }

    /// The catalogue as `principal` sees it.
    pub(crate) fn view(&self, principal: Principal) -> View {
        let chain = self.chain();
        View::new(
            chain.catalog(),
            chain.assets(),
            self.policy().clone(),
            principal,
        )
    }

    pub(crate) fn request_places(&self) -> &Semaphore {
        &self.0.request_places
    }

    pub(crate) fn opened_datasets(&self) -> &Arc<tiles::OpenedDatasets> {
        &self.0.opened_datasets
    }

    pub(crate) fn tile_matrix_sets(&self) -> &tiles::TileMatrixSets {
        &self.0.tile_matrix_sets
    }

    pub(crate) fn work_places(&self) -> &Arc<Semaphore> {
        &self.0.work_places
    }

    pub(crate) fn event_places(&self) -> &Arc<Semaphore> {
        &self.0.event_places
    }

    /// Ready once the node is to stop.
    pub(crate) fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stopping = self.0.stopping.clone();
        async move {
            if stopping.wait_for(|stop| *stop).await.is_err() {
                // Nobody can stop it any more (tests): never.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Runs heavy work when there is a place for it. Work whose asker has gone keeps its place
    /// until it is done, so that impatient clients do not pile work up.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Problem> {
        let failed = |e: &dyn std::fmt::Display| Problem::internal("computing", e);
        let place = self
            .work_places()
            .clone()
            .acquire_owned()
            .await
            .map_err(|e| failed(&e))?;
        let worked = tokio::spawn(async move {
            let _place = place;
            work.await
        });
        worked.await.map_err(|e| failed(&e))
    }
}

impl From<openeo::StoreError> for ServeError {
    fn from(error: openeo::StoreError) -> Self {
        Self::Store {
            reason: error.to_string(),
        }
    }
}
