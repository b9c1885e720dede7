//! Calling processes: arguments, definitions, scopes, planes of pixels.

mod argument;
mod definition;
mod invoke;
mod scope;

pub use argument::Arguments;
pub use definition::{Definition, ParameterDefinition};
pub(crate) use definition::{misfit, of as definition_of, required, unknown};
pub(crate) use invoke::each;
pub use invoke::{call, invoke};
pub use scope::{Context, Observed, Observer, STOPPED, Scope};
