//! One thread for the tasks of all nodes, and when none of them can go on.

use std::{
    future::{Future, poll_fn},
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};

use tokio::runtime::{Builder, Runtime};

use super::{failed, locked};
use crate::bundle::{agent::AgentError, store::Room};

/// Who waits for all tasks to be done.
#[derive(Default)]
pub(super) struct Idle {
    waiting: Mutex<Option<Waker>>,
}

impl Idle {
    /// Said by the runtime whenever no task can go on.
    fn reached(&self) {
        if let Some(waker) = locked(&self.waiting).take() {
            waker.wake();
        }
    }

    /// Returns when no task can go on. Only for the future that the runtime itself runs.
    pub(super) async fn settled(&self) {
        let mut asked = false;
        poll_fn(|context| {
            let mut waiting = locked(&self.waiting);
            // Taken by `reached`; any other reason to be here leaves it.
            if asked && waiting.is_none() {
                return Poll::Ready(());
            }
            asked = true;
            *waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// What nodes of one rehearsal share: one thread for all their tasks, and hardy's storage in memory, which drops
/// nothing. Not for use where a runtime is at work on the same thread.
pub struct Machine {
    runtime: Runtime,
    pub(super) idle: Arc<Idle>,
    pub(super) room: Arc<Room>,
}

impl Machine {
    /// One with nothing on it.
    ///
    /// # Errors
    /// Where the system gives no runtime.
    pub fn new() -> Result<Arc<Self>, AgentError> {
        let idle = Arc::new(Idle::default());
        let reached = idle.clone();
        let runtime = Builder::new_current_thread()
            .enable_time()
            .on_thread_park(move || reached.reached())
            .build()
            .map_err(|e| failed(&e))?;
        Ok(Arc::new(Self {
            runtime,
            idle,
            room: Room::in_memory(usize::MAX),
        }))
    }

    pub(super) fn run<F: Future>(&self, step: F) -> F::Output {
        self.runtime.block_on(step)
    }
}

impl std::fmt::Debug for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine").finish_non_exhaustive()
    }
}
