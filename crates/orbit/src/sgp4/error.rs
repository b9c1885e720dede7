//! Why there is no state.

/// Why SGP4 has no state at a time. [`Sgp4Error::code`] is the number that Vallado's programs and
/// those derived from them give; 5, an orbit that starts below the ground, has not been given
/// since 2006.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Sgp4Error {
    /// The mean eccentricity is below -0.001, or 1 or more.
    #[error("the mean eccentricity has left [0, 1)")]
    MeanEccentricity,
    /// The mean motion is zero or negative.
    #[error("the mean motion is not positive")]
    MeanMotion,
    /// Sun and Moon have taken the eccentricity out of [0, 1].
    #[error("the eccentricity perturbed by Sun and Moon has left [0, 1]")]
    PerturbedEccentricity,
    /// The semi-latus rectum is negative.
    #[error("the semi-latus rectum is negative")]
    SemiLatusRectum,
    /// The satellite would be below the ground.
    #[error("the satellite has decayed")]
    Decayed,
    /// The time is more than [`MINUTES_MAX`](super::MINUTES_MAX) from the epoch, or the terms have
    /// outgrown the numbers. Not one of the published codes.
    #[error("the time is too far from the epoch")]
    Range,
}

impl Sgp4Error {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::MeanEccentricity,
        Self::MeanMotion,
        Self::PerturbedEccentricity,
        Self::SemiLatusRectum,
        Self::Decayed,
        Self::Range,
    ];

    /// The error's number: 1 to 4 and 6 as published, 7 for [`Sgp4Error::Range`].
    pub const fn code(self) -> u8 {
        match self {
            Self::MeanEccentricity => 1,
            Self::MeanMotion => 2,
            Self::PerturbedEccentricity => 3,
            Self::SemiLatusRectum => 4,
            Self::Decayed => 6,
            Self::Range => 7,
        }
    }

    /// The error of a number; `None` for 0, which is none, and for numbers never given.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.code() == code)
    }
}
