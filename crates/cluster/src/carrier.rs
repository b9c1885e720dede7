//! A cluster in place of this process.

use crate::codec::PlanCodec;
use crate::error::ClusterError;
use crate::gather::gather;
use crate::serve::host_and_port;
use async_trait::async_trait;
use ballista_core::config::BallistaConfig;
use ballista_core::execution_plans::execute_physical_plan;
use ballista_core::extension::SessionConfigExt;
use corridor_know::error::GraphError;
use corridor_know::plan::{Carrier, ChunkExec, of_engine_error};
use datafusion::arrow::array::{RecordBatch, UInt64Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::common::Result;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures::FutureExt as _;
use std::sync::Arc;

/// Tasks that a job is cut into at most: enough that the loss of an executor costs little, few
/// enough that the plan, which travels with each, does not weigh.
const TASKS_MAX: usize = 64;

/// Runs operators on the executors of a scheduler.
#[derive(Debug, Clone)]
pub struct Ballista {
    scheduler: String,
}

impl Ballista {
    /// The cluster of the scheduler at `http://HOST:PORT`.
    ///
    /// # Errors
    /// Where the address is not right; the scheduler is not asked yet.
    pub fn at(scheduler: &str) -> std::result::Result<Self, ClusterError> {
        let (host, port) = host_and_port(scheduler)?;
        Ok(Self {
            scheduler: format!("http://{host}:{port}"),
        })
    }
}

#[async_trait]
impl Carrier for Ballista {
    async fn start(
        &self,
        exec: ChunkExec,
    ) -> std::result::Result<SendableRecordBatchStream, GraphError> {
        // Found out here rather than inside of a message.
        exec.to_bytes()?;
        let (scheduler, chunks) = (self.scheduler.clone(), exec.chunks());
        let schema = exec.schema();
        let submit =
            move |chunks: Vec<usize>| submitted(scheduler.clone(), exec.clone(), chunks).boxed();
        let rows = gather(submit, schema, chunks).await;
        rows.map_err(|error| of_engine_error(&error))
    }
}

/// A job for these chunks, when it ended: its rows are fetched from the executors as they are asked
/// for.
async fn submitted(
    scheduler: String,
    exec: ChunkExec,
    chunks: Vec<usize>,
) -> Result<SendableRecordBatchStream> {
    let exec = exec.of_numbers(numbers_of_chunks(&chunks)?)?;
    execute_physical_plan::<PhysicalPlanNode>(
        scheduler,
        &BallistaConfig::default(),
        Arc::new(exec),
        &PlanCodec::default(),
        format!("corridor-{}", uuid()),
        SessionConfig::new_with_ballista(),
    )
    .await
}

/// A table of the numbers of chunks: the scheduler gives each task its share of the partitions of a
/// leaf that it knows, and of no other.
fn numbers_of_chunks(chunks: &[usize]) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = Arc::new(Schema::new(vec![Field::new(
        "chunk",
        DataType::UInt64,
        false,
    )]));
    let tasks = chunks.len().clamp(1, TASKS_MAX);
    let partitions = (0..tasks)
        .map(|task| {
            let share = chunks.iter().skip(task).step_by(tasks);
            let numbers = share.map(|chunk| *chunk as u64);
            let column = Arc::new(UInt64Array::from_iter_values(numbers));
            Ok(vec![RecordBatch::try_new(schema.clone(), vec![column])?])
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(MemorySourceConfig::try_new_exec(&partitions, schema, None)?)
}

/// A name for a session that no other has.
fn uuid() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:x}-{since:x}-{next:x}", std::process::id())
}
