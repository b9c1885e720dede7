//! Process graphs as plans: computed chunk by chunk by DataFusion, in this process or on a cluster.
//!
//! [`Engine::plan`] looks at a graph and finds the part that can be computed on one piece of ground
//! at a time, whatever the area and the number of dates: from the loads through masks, band
//! arithmetic and reductions over time to the nodes that need the whole picture. That part becomes
//! a DataFusion plan whose leaf ([`ChunkExec`]) enumerates chunks: each is read, warped, masked,
//! computed and reduced by one kernel, and only its result is kept. What is left of the graph runs
//! on the assembled results by the interpreter ([`crate::graph::interpret`]), which also says what every
//! process means: a chunk is a small cube, and both give the same bytes.
//!
//! | file | what |
//! |---|---|
//! | `shape.rs` | which nodes can be computed by chunks, how far they look, and why others cannot |
//! | `chunk.rs` | windows of the grid, sized by the memory limit, along the blocks of the files |
//! | `job.rs` | what a chunk computes; plain data that can be sent to another process |
//! | `piece.rs` | results of chunks as record batches, and back into cubes |
//! | `fuse.rs`, `kernel.rs` | composites over time straight from the stored integers |
//! | `program.rs`, `lanes.rs` | masks, arithmetic and reductions as one program, a few hundred pixels at a time |
//! | `zones.rs`, `merge.rs` | figures under geometries: parts of them by chunk, merged by an aggregation |
//! | `sheet.rs` | planes in groups: chunks over time and bands |
//! | `spill.rs` | results larger than the memory |
//! | `exec.rs` | the DataFusion operator, and how it travels |
//! | `error.rs` | openEO errors inside of the engine's |
//! | `estimate.rs` | chunks, bytes and seconds before the run |
//! | `engine.rs` | the whole: plan, refuse, run, put together |

mod chunk;
mod engine;
mod error;
mod estimate;
mod exec;
mod fuse;
mod job;
pub mod kernel;
mod lanes;
mod merge;
mod piece;
mod program;
mod shape;
mod sheet;
mod spill;
pub(crate) mod zones;

pub use engine::{Carrier, Engine, InProcess, Plan, Progress, Ran};
pub use error::{of_engine_error, to_engine_error};
pub use estimate::{Budget, Estimate, Pace};
pub use exec::ChunkExec;
pub use piece::{Part, parts};
pub use spill::Spilled;
