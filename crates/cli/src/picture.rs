//! Pictures of figures of merit: a map, and a heat map over place and hour.

mod canvas;
mod heat;
mod map;
mod scale;

pub(crate) use heat::Heat;
pub(crate) use map::{Dot, Map, Patch};
pub(crate) use scale::{Measure, Unit};
