//! How operators travel.

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use corridor_know::plan::{ChunkExec, to_engine_error};
use datafusion::common::Result;
use datafusion::execution::TaskContext;
use datafusion::physical_plan::ExecutionPlan;
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use std::sync::Arc;

/// First bytes of what is ours.
const MARK: &[u8] = b"corridor-chunks-1\n";

/// Carries [`ChunkExec`]s in physical plans; Ballista's own operators go to Ballista's codec.
#[derive(Debug, Default)]
pub struct PlanCodec {
    ballista: BallistaPhysicalExtensionCodec,
}

impl PhysicalExtensionCodec for PlanCodec {
    fn try_decode(
        &self,
        buf: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        ctx: &TaskContext,
        proto_converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match buf.strip_prefix(MARK) {
            Some(bytes) => {
                let exec = ChunkExec::from_bytes(bytes)?;
                Ok(Arc::new(match inputs {
                    [numbers] => exec.of_numbers(numbers.clone())?,
                    _ => exec,
                }))
            }
            None => self.ballista.try_decode(buf, inputs, ctx, proto_converter),
        }
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        buf: &mut Vec<u8>,
        proto_converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        let Some(exec) = node.downcast_ref::<ChunkExec>() else {
            return self.ballista.try_encode(node, buf, proto_converter);
        };
        let bytes = exec.to_bytes().map_err(|error| to_engine_error(&error))?;
        buf.extend_from_slice(MARK);
        buf.extend_from_slice(&bytes);
        Ok(())
    }
}
