//! Pictures: a map of figures of merit, a heat map over place and hour, a timeline.

mod canvas;
mod heat;
mod map;
mod scale;
mod timeline;

pub(crate) use heat::Heat;
pub(crate) use map::{Dot, Map, Patch};
pub(crate) use scale::{Measure, Unit};
pub(crate) use timeline::{Lane, Timeline};
