//! The rows of all chunks, also when executors go down that hold some of them.
//!
//! A scheduler has lost chunks computed again as long as their job runs. Results of a job that
//! ended stay with the executors that computed them until they are fetched: those of one that is
//! gone are computed by another job.

use corridor_know::plan::{Part, parts, to_engine_error};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::future::BoxFuture;
use futures::{StreamExt as _, stream};
use std::collections::{BTreeSet, VecDeque};
use std::time::{Duration, Instant};

/// Jobs in a row that may bring no chunk before the last loss is told.
const IDLE_JOBS_MAX: usize = 3;

/// An executor that failed after a longer time than this does not answer at all: what else it holds
/// is not asked for, at a timeout each, but computed again.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Runs a job for chunks of these numbers, and gives their rows when it ended.
type Submitted = BoxFuture<'static, Result<SendableRecordBatchStream>>;

/// The rows of the chunks from 0 to `chunks`, each chunk once and whole, in any order. Rows of one
/// chunk are held until it is whole.
///
/// # Errors
/// Where a job fails, at once; in the stream, where [`IDLE_JOBS_MAX`] jobs in a row brought nothing.
pub(crate) async fn gather<F>(
    submit: F,
    schema: SchemaRef,
    chunks: usize,
) -> Result<SendableRecordBatchStream>
where
    F: Fn(Vec<usize>) -> Submitted + Send + 'static,
{
    let rows = submit((0..chunks).collect()).await?;
    let gathering = Gathering {
        submit,
        left: (0..chunks).collect(),
        rows: Some(rows),
        held: Vec::new(),
        ready: VecDeque::new(),
        brought: 0,
        idle_jobs: 0,
        lost: None,
    };
    let rows = stream::try_unfold(gathering, |mut gathering| async move {
        let batch = gathering.next().await?;
        Ok(batch.map(|batch| (batch, gathering)))
    });
    Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
}

struct Gathering<F> {
    submit: F,
    /// Chunks that are not whole yet.
    left: BTreeSet<usize>,
    /// What the last job gave, as far as it is not read.
    rows: Option<SendableRecordBatchStream>,
    /// Rows of a chunk that is not whole yet.
    held: Vec<RecordBatch>,
    ready: VecDeque<RecordBatch>,
    /// Chunks that the last job brought.
    brought: usize,
    idle_jobs: usize,
    lost: Option<DataFusionError>,
}

impl<F: Fn(Vec<usize>) -> Submitted> Gathering<F> {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            let Some(rows) = &mut self.rows else {
                if self.left.is_empty() {
                    return Ok(None);
                }
                self.submit_left().await?;
                continue;
            };
            let asked = Instant::now();
            match rows.next().await {
                Some(Ok(batch)) => self.take(&batch)?,
                Some(Err(error)) => {
                    // What other executors hold may still come.
                    self.held.clear();
                    self.lost = Some(error);
                    if asked.elapsed() > ANSWER_WITHIN {
                        self.rows = None;
                    }
                }
                None => {
                    self.held.clear();
                    self.rows = None;
                }
            }
        }
    }

    fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        for part in parts(batch).map_err(|error| to_engine_error(&error))? {
            match part {
                Part::Rows(rows) => self.held.push(rows),
                Part::Closed(chunk) => {
                    let rows = std::mem::take(&mut self.held);
                    if self.left.remove(&chunk) {
                        self.ready.extend(rows);
                        self.brought += 1;
                    }
                }
            }
        }
        Ok(())
    }

    async fn submit_left(&mut self) -> Result<()> {
        self.idle_jobs = match self.brought {
            0 => self.idle_jobs + 1,
            _ => 0,
        };
        if self.idle_jobs >= IDLE_JOBS_MAX || self.lost.is_none() {
            let missing = || DataFusionError::Execution("rows of chunks did not come".to_string());
            return Err(self.lost.take().unwrap_or_else(missing));
        }
        self.brought = 0;
        self.lost = None;
        self.rows = Some((self.submit)(self.left.iter().copied().collect()).await?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_know::plan::ChunkExec;
    use datafusion::arrow::array::{ArrayRef, BinaryArray, UInt32Array};
    use std::sync::{Arc, Mutex};

    /// The row `row` of a chunk, or its end.
    fn row(cut: u32, chunk: usize, row: u32) -> RecordBatch {
        let numbers = [cut, chunk as u32, 1, row, 0, 1, 1];
        let mut columns: Vec<ArrayRef> = Vec::new();
        for number in numbers {
            columns.push(Arc::new(UInt32Array::from(vec![number])));
        }
        columns.push(Arc::new(BinaryArray::from_iter_values([[0_u8; 4]])));
        RecordBatch::try_new(ChunkExec::full_schema(), columns).unwrap()
    }

    /// A chunk of two rows.
    fn chunk(chunk: usize) -> Vec<Result<RecordBatch>> {
        let end = row(u32::MAX, chunk, 0);
        vec![Ok(row(0, chunk, 0)), Ok(row(0, chunk, 1)), Ok(end)]
    }

    fn gone() -> Result<RecordBatch> {
        Err(DataFusionError::Execution("connection refused".to_string()))
    }

    type Jobs = Arc<Mutex<Vec<Vec<usize>>>>;

    /// Chunk and row of what comes, and the chunks that each job was for.
    async fn gathered(
        chunks: usize,
        job: fn(usize, &[usize]) -> Vec<Result<RecordBatch>>,
    ) -> (Result<Vec<(u32, u32)>>, Vec<Vec<usize>>) {
        let jobs = Jobs::default();
        let seen = jobs.clone();
        let submit = move |chunks: Vec<usize>| -> Submitted {
            let mut jobs = seen.lock().unwrap();
            let rows = stream::iter(job(jobs.len(), &chunks));
            jobs.push(chunks);
            let rows = RecordBatchStreamAdapter::new(ChunkExec::full_schema(), rows);
            Box::pin(async move { Ok(Box::pin(rows) as SendableRecordBatchStream) })
        };
        let rows = gather(submit, ChunkExec::full_schema(), chunks).await;
        let batches: Vec<Result<RecordBatch>> = rows.unwrap().collect().await;
        let places = |batch: RecordBatch| {
            let number = |name: &str| {
                let column = batch.column_by_name(name).unwrap();
                column
                    .as_any()
                    .downcast_ref::<UInt32Array>()
                    .unwrap()
                    .value(0)
            };
            (number("plane"), number("row"))
        };
        let rows = batches.into_iter().map(|batch| batch.map(places)).collect();
        let jobs = jobs.lock().unwrap().clone();
        (rows, jobs)
    }

    #[tokio::test]
    async fn what_a_lost_executor_held_is_computed_again_and_no_row_comes_twice() {
        let (rows, jobs) = gathered(4, |job, chunks| match job {
            // Chunk 1 breaks off after its first row; chunk 2 is with an executor that is there.
            0 => {
                let mut rows = chunk(0);
                rows.extend([Ok(row(0, 1, 0)), gone()]);
                rows.extend(chunk(2));
                rows.push(gone());
                rows
            }
            _ => chunks.iter().flat_map(|number| chunk(*number)).collect(),
        })
        .await;
        let mut rows = rows.unwrap();
        rows.sort_unstable();
        let all: Vec<_> = (0..4).flat_map(|chunk| [(chunk, 0), (chunk, 1)]).collect();
        assert_eq!(rows, all);
        assert_eq!(jobs, [vec![0, 1, 2, 3], vec![1, 3]]);
    }

    #[tokio::test]
    async fn a_cluster_that_brings_nothing_is_given_up_with_the_reason() {
        let (rows, jobs) = gathered(2, |_, _| vec![gone()]).await;
        assert!(rows.unwrap_err().to_string().contains("connection refused"));
        assert_eq!(jobs.len(), IDLE_JOBS_MAX);
    }

    #[tokio::test]
    async fn chunks_that_do_not_come_though_nothing_failed_are_missed() {
        let (rows, jobs) = gathered(2, |_, _| chunk(1)).await;
        assert!(rows.unwrap_err().to_string().contains("did not come"));
        assert_eq!(jobs.len(), 1);
    }
}
