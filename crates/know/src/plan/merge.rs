//! Partial figures of chunks merged by a DataFusion aggregation.
//!
//! The rows of the chunks are sorted by node, geometry, plane and chunk and then grouped by the
//! first three, so that sums are always added in the same order: the same bytes, whichever process
//! or machine computed which chunk first.

use super::error::{of_engine_error, to_engine_error};
use super::piece;
use super::zones::Partial;
use crate::error::GraphError;
use arrow_array::{Array, ArrayRef, BinaryArray, RecordBatch, UInt32Array};
use arrow_schema::{DataType, SchemaRef};
use datafusion_common::{DataFusionError, Result, ScalarValue};
use datafusion_execution::{SendableRecordBatchStream, TaskContext};
use datafusion_expr::function::AccumulatorArgs;
use datafusion_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};
use datafusion_physical_expr::aggregate::AggregateExprBuilder;
use datafusion_physical_expr::expressions::col;
use datafusion_physical_expr::{LexOrdering, PhysicalExpr, PhysicalSortExpr};
use datafusion_physical_plan::aggregates::{AggregateExec, AggregateMode, PhysicalGroupBy};
use datafusion_physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion_physical_plan::sorts::sort::SortExec;
use datafusion_physical_plan::stream::RecordBatchStreamAdapter;
use datafusion_physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion_physical_plan::{ExecutionPlan, execute_stream};
use futures::StreamExt;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Columns of a row of figures: node, geometry, plane.
const GROUP: [&str; 3] = ["cut", "row", "plane"];
/// The column of the chunk.
const CHUNK: &str = "col";

/// Merged figures by node (counted as rows count them), geometry and plane.
pub(crate) type Merged = BTreeMap<usize, BTreeMap<(usize, usize), Partial>>;

/// Partial figures, one after the other.
#[derive(Debug, PartialEq, Eq, Hash)]
struct MergePartials {
    signature: Signature,
}

impl AggregateUDFImpl for MergePartials {
    fn name(&self) -> &'static str {
        "merge_figures"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Merging(None)))
    }
}

#[derive(Debug)]
struct Merging(Option<Partial>);

impl Accumulator for Merging {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let states = values
            .first()
            .and_then(|column| column.as_any().downcast_ref::<BinaryArray>())
            .ok_or_else(foreign)?;
        for state in states.iter().flatten() {
            let partial = Partial::from_bytes(state).ok_or_else(foreign)?;
            match &mut self.0 {
                None => self.0 = Some(partial),
                Some(own) => own.merge(&partial).map_err(|e| to_engine_error(&e))?,
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Binary(self.0.as_mut().map(Partial::bytes)))
    }

    fn size(&self) -> usize {
        self.0.as_ref().map_or(0, Partial::size)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }
}

fn foreign() -> DataFusionError {
    DataFusionError::Internal("these are no partial figures".to_string())
}

/// Rows that are here already.
#[derive(Debug)]
struct Rows {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl PartitionStream for Rows {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = futures::stream::iter(self.batches.clone().into_iter().map(Ok));
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), rows))
    }
}

/// The aggregation over an operator that gives rows of figures.
pub(crate) fn over(input: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = input.schema();
    let column = |name: &str| col(name, &schema);
    let sorted = GROUP
        .iter()
        .chain(&[CHUNK])
        .map(|name| Ok(PhysicalSortExpr::new_default(column(name)?)))
        .collect::<Result<Vec<_>>>()?;
    let order = LexOrdering::new(sorted).ok_or_else(foreign)?;
    let one: Arc<dyn ExecutionPlan> = Arc::new(CoalescePartitionsExec::new(input));
    let sorted: Arc<dyn ExecutionPlan> = Arc::new(SortExec::new(order, one));
    let group = GROUP
        .iter()
        .map(|name| Ok((column(name)?, (*name).to_string())))
        .collect::<Result<Vec<(Arc<dyn PhysicalExpr>, String)>>>()?;
    let merge = AggregateUDF::from(MergePartials {
        signature: Signature::exact(vec![DataType::Binary], Volatility::Immutable),
    });
    let merge = AggregateExprBuilder::new(Arc::new(merge), vec![column("samples")?])
        .schema(schema.clone())
        .alias("figures")
        .build()?;
    Ok(Arc::new(AggregateExec::try_new(
        AggregateMode::Single,
        PhysicalGroupBy::new_single(group),
        vec![Arc::new(merge)],
        vec![None],
        sorted,
        schema,
    )?))
}

/// Merges rows of figures.
pub(crate) async fn merged(batches: Vec<RecordBatch>) -> Result<Merged, GraphError> {
    let mut found = Merged::new();
    if batches.is_empty() {
        return Ok(found);
    }
    let failed = |error: DataFusionError| of_engine_error(&error);
    let schema = piece::schema();
    let rows = Rows {
        schema: schema.clone(),
        batches,
    };
    let rows = StreamingTableExec::try_new(schema, vec![Arc::new(rows)], None, [], false, None);
    let plan = over(Arc::new(rows.map_err(failed)?)).map_err(failed)?;
    let mut groups = execute_stream(plan, Arc::new(TaskContext::default())).map_err(failed)?;
    while let Some(batch) = groups.next().await {
        let batch = batch.map_err(failed)?;
        let read = (|| {
            let number = |index: usize| batch.column(index).as_any().downcast_ref::<UInt32Array>();
            let (cuts, zones, planes) = (number(0)?, number(1)?, number(2)?);
            let figures = batch.column(3).as_any().downcast_ref::<BinaryArray>()?;
            for row in 0..batch.num_rows() {
                let partial = Partial::from_bytes(figures.value(row))?;
                let place = (zones.value(row) as usize, planes.value(row) as usize);
                let of_cut = found.entry(cuts.value(row) as usize).or_default();
                of_cut.insert(place, partial);
            }
            Some(())
        })();
        read.ok_or_else(|| failed(foreign()))?;
    }
    Ok(found)
}
