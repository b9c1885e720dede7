//! Link budgets: what the air takes from a link, what is left of it, and the rate it carries.
//!
//! [`attenuation`] gives the attenuation by gases, clouds, rain and scintillation that is exceeded for a
//! share of an average year, by Recommendation ITU-R P.618-13 and those it builds on; [`climate`] holds
//! their maps; [`budget`] sets power against noise; [`coding`] says which rate a carrier-to-noise ratio
//! bears; [`pass`] follows a link over a pass, [`downlink`] a satellite's over its contacts.

pub mod attenuation;
pub mod budget;
pub mod climate;
pub mod cloud;
pub mod coding;
pub mod downlink;
pub mod gas;
pub mod pass;
pub mod rain;
pub mod scintillation;

/// A figure that a model cannot be asked for.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{field} is {value}; {right}")]
pub struct LinkError {
    /// Which figure.
    pub field: &'static str,
    /// What it is.
    pub value: f64,
    /// What would be right.
    pub right: &'static str,
}

/// Fails where `value` is not a number from `low` to `high`.
fn within(
    field: &'static str,
    value: f64,
    low: f64,
    high: f64,
    right: &'static str,
) -> Result<(), LinkError> {
    match (low..=high).contains(&value) {
        true => Ok(()),
        false => Err(LinkError {
            field,
            value,
            right,
        }),
    }
}

/// A ratio as decibels.
fn decibels(ratio: f64) -> f64 {
    10.0 * ratio.log10()
}

/// Decibels as a ratio.
fn ratio(decibels: f64) -> f64 {
    10f64.powf(decibels / 10.0)
}
