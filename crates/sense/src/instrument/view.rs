//! Angles that a look of its own kind needs: `[instrument.view]` in mission files.

use super::{InstrumentError, Look};
use serde::{Deserialize, Serialize};

/// Widest half angle and tilt, degrees: beyond it a flat field of view has no edge.
const HALF_ANGLE_MAX_DEG: f64 = 85.0;

/// Angles of a fixed field of view, of a scan, or of a radar's swath on the ground. Which of them an
/// instrument has, its look decides.
///
/// **Axes.** Down is the geodetic nadir; along lies on the velocity relative to the turning ground, level;
/// right completes them. A fixed field of view is first rolled about *along*, by `roll_deg` to the
/// right, and then pitched by `pitch_deg` ahead, within the plane that it was rolled into.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Half angle of a cone, degrees: [`Look::Conical`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_angle_deg: Option<f64>,
    /// Half angle along the track, degrees: [`Look::Rectangular`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub along_half_angle_deg: Option<f64>,
    /// Half angle across the track, degrees: [`Look::Rectangular`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub across_half_angle_deg: Option<f64>,
    /// Fixed tilt to the right, degrees, to the left negative: conical and rectangular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roll_deg: Option<f64>,
    /// Fixed tilt ahead, degrees, behind negative: conical and rectangular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pitch_deg: Option<f64>,
    /// Where a scan across the track begins, degrees from nadir to the right, to the left negative:
    /// [`Look::Scan`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_from_deg: Option<f64>,
    /// Where it ends; more than `scan_from_deg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_to_deg: Option<f64>,
    /// Least incidence angle on the ground, degrees: side-looking instruments, in place of
    /// `min_off_nadir_deg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_incidence_deg: Option<f64>,
    /// Greatest incidence angle on the ground, degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_incidence_deg: Option<f64>,
}

impl View {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Angle between nadir and the middle of a fixed field of view, radians.
    pub fn tilt_rad(&self) -> f64 {
        let (roll, pitch) = self.roll_pitch_rad();
        (roll.cos() * pitch.cos()).clamp(-1.0, 1.0).acos()
    }

    /// Roll and pitch, radians.
    pub(crate) fn roll_pitch_rad(&self) -> (f64, f64) {
        let angle = |deg: Option<f64>| deg.unwrap_or(0.0).to_radians();
        (angle(self.roll_deg), angle(self.pitch_deg))
    }

    /// Where a scan begins and ends, degrees to the right.
    pub(crate) fn scan_deg(&self) -> (f64, f64) {
        (
            self.scan_from_deg.unwrap_or(0.0),
            self.scan_to_deg.unwrap_or(0.0),
        )
    }

    /// Tangents of the half angles along and across.
    pub(crate) fn half_tangents(&self) -> [f64; 2] {
        let tangent = |deg: Option<f64>| deg.unwrap_or(0.0).to_radians().tan();
        match self.half_angle_deg {
            Some(_) => [tangent(self.half_angle_deg); 2],
            None => [
                tangent(self.along_half_angle_deg),
                tangent(self.across_half_angle_deg),
            ],
        }
    }

    /// Greatest angle between the middle of a fixed field of view and its edge, radians.
    pub(crate) fn half_widest_rad(&self) -> f64 {
        let [along, across] = self.half_tangents();
        match self.half_angle_deg {
            Some(_) => along.atan(),
            None => along.hypot(across).atan(),
        }
    }

    /// Checks that just what the look needs is there, each figure in its range.
    pub(super) fn check(&self, look: Look) -> Result<(), InstrumentError> {
        let side = matches!(look, Look::Left | Look::Right | Look::Both);
        let (cone, frame) = (look == Look::Conical, look == Look::Rectangular);
        let scan = look == Look::Scan;
        let half = (
            1e-3,
            HALF_ANGLE_MAX_DEG,
            "should be from 0.001 to 85 degrees",
        );
        let tilt = (
            -HALF_ANGLE_MAX_DEG,
            HALF_ANGLE_MAX_DEG,
            "should be from -85 to 85 degrees",
        );
        let sweep = (-89.0, 89.0, "should be from -89 to 89 degrees");
        let ground = (0.0, 89.0, "should be from 0 to 89 degrees");
        // Name, value, whether the look has it, whether it needs it, its range.
        let incidence =
            side && (self.min_incidence_deg.is_some() || self.max_incidence_deg.is_some());
        let all = [
            ("half_angle_deg", self.half_angle_deg, cone, cone, half),
            (
                "along_half_angle_deg",
                self.along_half_angle_deg,
                frame,
                frame,
                half,
            ),
            (
                "across_half_angle_deg",
                self.across_half_angle_deg,
                frame,
                frame,
                half,
            ),
            ("roll_deg", self.roll_deg, cone || frame, false, tilt),
            ("pitch_deg", self.pitch_deg, cone || frame, false, tilt),
            ("scan_from_deg", self.scan_from_deg, scan, scan, sweep),
            ("scan_to_deg", self.scan_to_deg, scan, scan, sweep),
            (
                "min_incidence_deg",
                self.min_incidence_deg,
                side,
                incidence,
                ground,
            ),
            (
                "max_incidence_deg",
                self.max_incidence_deg,
                side,
                incidence,
                ground,
            ),
        ];
        for (field, value, has, needs, (low, high, right)) in all {
            match value {
                Some(_) if !has => return Err(InstrumentError::Foreign { field, look }),
                None if needs => return Err(InstrumentError::Missing { field, look, right }),
                Some(value) if !(low..=high).contains(&value) => {
                    return Err(InstrumentError::Field {
                        field,
                        value,
                        right,
                    });
                }
                _ => {}
            }
        }
        above(
            ("scan_to_deg", self.scan_to_deg),
            self.scan_from_deg,
            "should be more than scan_from_deg",
        )?;
        above(
            ("max_incidence_deg", self.max_incidence_deg),
            self.min_incidence_deg,
            "should be more than min_incidence_deg",
        )?;
        let edge_deg = (self.tilt_rad() + self.half_widest_rad()).to_degrees();
        if (cone || frame) && edge_deg >= 89.9 {
            return Err(InstrumentError::Field {
                field: "view",
                value: edge_deg,
                right: "the far edge of the field of view should be less than 89.9 degrees from nadir",
            });
        }
        Ok(())
    }
}

fn above(
    (field, value): (&'static str, Option<f64>),
    least: Option<f64>,
    right: &'static str,
) -> Result<(), InstrumentError> {
    match (value, least) {
        (Some(value), Some(least)) if value <= least => Err(InstrumentError::Field {
            field,
            value,
            right,
        }),
        _ => Ok(()),
    }
}
