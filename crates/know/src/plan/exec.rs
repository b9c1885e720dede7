//! The DataFusion operator that computes chunks.

use super::error::to_engine_error;
use super::job::{Job, JobData};
use super::piece;
use crate::error::GraphError;
use crate::source::assemble::Layout;
use arrow_array::{RecordBatch, UInt64Array};
use arrow_schema::{DataType, SchemaRef};
use datafusion_common::tree_node::TreeNodeRecursion;
use datafusion_common::{DataFusionError, Result, project_schema};
use datafusion_execution::{SendableRecordBatchStream, TaskContext};
use datafusion_physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion_physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion_physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion_physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use tokio::sync::mpsc::Sender;

/// Batches that may wait between a chunk and its reader.
const BATCHES_WAITING: usize = 1;

/// Computes the chunks of a job, each partition its share of them, one at a time: reads, warps,
/// masks, computes, reduces. Its rows are pieces of results.
///
/// Alone it enumerates the chunks itself. With an input ([`ChunkExec::of_numbers`]) it computes the
/// chunks whose numbers come in, so that whoever cuts a plan into tasks by its leaves needs to know
/// nothing of chunks; then a row after those of each chunk says that it is whole ([`parts`]).
///
/// [`parts`]: super::parts
#[derive(Debug, Clone)]
pub struct ChunkExec {
    job: Arc<Job>,
    partitions: usize,
    numbers: Option<Arc<dyn ExecutionPlan>>,
    projection: Option<Vec<usize>>,
    properties: Arc<PlanProperties>,
}

impl ChunkExec {
    pub(crate) fn new(
        job: Arc<Job>,
        partitions: usize,
        projection: Option<Vec<usize>>,
    ) -> Result<Self> {
        let partitions = partitions.clamp(1, job.data.chunks.len().max(1));
        let schema = project_schema(&piece::schema(), projection.as_ref())?;
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self {
            job,
            partitions,
            numbers: None,
            projection,
            properties: Arc::new(properties),
        })
    }

    /// The layouts of the loads, by node.
    pub(crate) fn loads(&self) -> &BTreeMap<String, Layout> {
        &self.job.data.loads
    }

    /// Columns of the rows of every job.
    pub fn full_schema() -> SchemaRef {
        piece::schema()
    }

    /// The same operator with only these columns, in this order.
    ///
    /// # Errors
    /// Where a column does not exist.
    pub fn projected(&self, columns: Option<Vec<usize>>) -> Result<Self> {
        Self::new(self.job.clone(), self.partitions, columns)
    }

    /// The same operator in so many partitions (at most one a chunk).
    ///
    /// # Errors
    /// None in fact; as [`ChunkExec::projected`].
    pub fn in_partitions(&self, partitions: usize) -> Result<Self> {
        Self::new(self.job.clone(), partitions, self.projection.clone())
    }

    /// Number of chunks.
    pub fn chunks(&self) -> usize {
        self.job.data.chunks.len()
    }

    /// The same operator computing the chunks whose numbers (one column of [`DataType::UInt64`],
    /// from 0) its input gives, in the input's partitions.
    ///
    /// # Errors
    /// Where the input has other columns.
    pub fn of_numbers(&self, numbers: Arc<dyn ExecutionPlan>) -> Result<Self> {
        let schema = numbers.schema();
        let types: Vec<&DataType> = schema.fields().iter().map(|f| f.data_type()).collect();
        if types != [&DataType::UInt64] {
            return Err(DataFusionError::Plan(format!(
                "numbers of chunks are one column of UInt64, not {types:?}"
            )));
        }
        let partitions = numbers.properties().partitioning.partition_count();
        let properties = PlanProperties::clone(&self.properties)
            .with_partitioning(Partitioning::UnknownPartitioning(partitions));
        Ok(Self {
            job: self.job.clone(),
            partitions,
            numbers: Some(numbers),
            projection: self.projection.clone(),
            properties: Arc::new(properties),
        })
    }

    /// The operator as bytes, without its input: it can be run by any process that can open the same files.
    ///
    /// # Errors
    /// `FeatureUnsupported` where a file is held by this process alone.
    pub fn to_bytes(&self) -> std::result::Result<Vec<u8>, GraphError> {
        if let Some(name) = self.job.bound_to_process() {
            return Err(GraphError::new(
                "FeatureUnsupported",
                format!(
                    "{name:?} is held in this process alone; only files and addresses that all machines see can be read elsewhere"
                ),
            ));
        }
        let encoded = Encoded {
            job: &self.job.data,
            partitions: self.partitions,
            projection: self.projection.clone(),
        };
        serde_json::to_vec(&encoded).map_err(|error| {
            GraphError::new("Internal", format!("the plan cannot be written: {error}"))
        })
    }

    /// The operator that [`ChunkExec::to_bytes`] wrote.
    ///
    /// # Errors
    /// Where the bytes are no such operator, or of more than 64 MiB.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if bytes.len() > JOB_BYTES_MAX {
            return Err(DataFusionError::Plan(format!(
                "a plan of {} bytes; at most {JOB_BYTES_MAX} are read",
                bytes.len()
            )));
        }
        let encoded: Encoded<JobData> = serde_json::from_slice(bytes)
            .map_err(|error| DataFusionError::Plan(format!("this is no plan: {error}")))?;
        let job = Job::new(encoded.job, BTreeMap::new()).map_err(|e| to_engine_error(&e))?;
        Self::new(Arc::new(job), encoded.partitions, encoded.projection)
    }
}

/// Largest plan that is read, bytes: thousands of scenes are a few million.
const JOB_BYTES_MAX: usize = 64 << 20;

/// What travels.
#[derive(Serialize, Deserialize)]
struct Encoded<T> {
    job: T,
    partitions: usize,
    projection: Option<Vec<usize>>,
}

impl DisplayAs for ChunkExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = &self.job.data;
        let cuts = data.cuts.iter().map(|cut| cut.node.as_str());
        let figures = data.figures.iter().map(|cut| cut.node.as_str());
        let cuts: Vec<&str> = cuts.chain(figures).collect();
        let sheets = match data.sheets.len() {
            0 => String::new(),
            sheets => format!(", sheets={sheets}"),
        };
        write!(
            f,
            "ChunkExec: chunks={}{sheets}, loads=[{}], fused=[{}], results=[{}], halo={} px",
            data.chunks.len(),
            data.loads.keys().cloned().collect::<Vec<_>>().join(", "),
            self.job.fused_nodes().join(", "),
            cuts.join(", "),
            data.halo_px
        )
    }
}

impl ExecutionPlan for ChunkExec {
    fn name(&self) -> &'static str {
        "ChunkExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        self.numbers.iter().collect()
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match (children.as_slice(), &self.numbers) {
            ([], None) => Ok(self),
            ([numbers], _) => Ok(Arc::new(self.of_numbers(numbers.clone())?)),
            _ => Err(DataFusionError::Internal(format!(
                "{} inputs of numbers of chunks; one at most",
                children.len()
            ))),
        }
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let mut builder = RecordBatchReceiverStreamBuilder::new(self.schema(), BATCHES_WAITING);
        let (job, projection, results) = (self.job.clone(), self.projection.clone(), builder.tx());
        match &self.numbers {
            None => {
                let chunks = (partition..self.chunks())
                    .step_by(self.partitions)
                    .collect();
                builder.spawn_blocking(move || compute(&job, chunks, projection, false, &results));
            }
            Some(numbers) => {
                let mut numbers = numbers.execute(partition, context)?;
                builder.spawn(async move {
                    while let Some(batch) = numbers.next().await {
                        let chunks = chunks_of(&batch?, &job)?;
                        let (job, projection, results) =
                            (job.clone(), projection.clone(), results.clone());
                        tokio::task::spawn_blocking(move || {
                            compute(&job, chunks, projection, true, &results)
                        })
                        .await
                        .map_err(|error| DataFusionError::External(Box::new(error)))??;
                    }
                    Ok(())
                });
            }
        }
        Ok(builder.build())
    }
}

/// The numbers of chunks in a batch.
fn chunks_of(batch: &RecordBatch, job: &Job) -> Result<Vec<usize>> {
    let all = job.data.chunks.len();
    let wrong = |what: String| DataFusionError::Execution(format!("numbers of chunks: {what}"));
    let column = batch
        .columns()
        .first()
        .and_then(|c| c.as_any().downcast_ref::<UInt64Array>());
    let column = column.ok_or_else(|| wrong("no column of UInt64".to_string()))?;
    column
        .iter()
        .map(|number| {
            let number = number.and_then(|n| usize::try_from(n).ok());
            number
                .filter(|n| *n < all)
                .ok_or_else(|| wrong(format!("{number:?} where there are {all}")))
        })
        .collect()
}

/// Computes chunks one after another, until nobody wants their rows any more; `closing`: and says of
/// each that it is whole.
fn compute(
    job: &Job,
    chunks: Vec<usize>,
    projection: Option<Vec<usize>>,
    closing: bool,
    results: &Sender<Result<RecordBatch>>,
) -> Result<()> {
    for chunk in chunks {
        let mut open = true;
        let mut failed = None;
        let mut give = |batch: RecordBatch| {
            let batch = match &projection {
                None => Ok(batch),
                Some(columns) => batch.project(columns),
            };
            match batch {
                Ok(batch) => open = results.blocking_send(Ok(batch)).is_ok(),
                Err(error) => failed = Some(error),
            }
            open && failed.is_none()
        };
        let ran = job.run_chunk(chunk, &mut give);
        ran.map_err(|error| to_engine_error(&error))?;
        if closing {
            give(piece::closing(chunk)?);
        }
        if let Some(error) = failed {
            return Err(error.into());
        }
        if !open {
            break;
        }
    }
    Ok(())
}
