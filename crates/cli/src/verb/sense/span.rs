//! `--from`, `--to`, `--eop`, `--jobs`: the time looked at, and what it is computed with.

use crate::verb::Failure;
use clap::Args;
use corridor_orbit::frame::EarthOrientation;
use corridor_orbit::time::Days;
use corridor_sense::windows::Period;
use jiff::Timestamp;
use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Largest file of Earth orientation, bytes: finals2000A.all is below 4 MB.
const EOP_MAX_BYTES: u64 = 64 << 20;

/// The time looked at.
#[derive(Debug, Args)]
pub(crate) struct Span {
    /// Start (RFC 3339, UTC)
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Timestamp,
    /// End
    #[arg(long, value_name = "TIME")]
    pub(crate) to: Timestamp,
    /// Earth orientation: IERS finals2000A, plain or gzip; the shipped table where it is not given
    #[arg(long, value_name = "FILE")]
    eop: Option<PathBuf>,
    /// Threads; as many as the machine has where it is not said
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// Earth orientation, shipped or read.
pub(crate) type Earth = Cow<'static, EarthOrientation>;

impl Span {
    /// Checks the span.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.to > self.from {
            true => Ok(()),
            false => Err(Failure::Usage(format!(
                "--to {} is not after --from {}",
                self.to, self.from
            ))),
        }
    }

    /// Earth orientation to turn by.
    pub(crate) fn earth(&self) -> Result<Earth, Failure> {
        let Some(path) = &self.eop else {
            return Ok(Cow::Borrowed(EarthOrientation::shipped()));
        };
        let file = path.display().to_string();
        let failed = |e: &dyn std::fmt::Display| Failure::Failed(format!("{file}: {e}"));
        let size = std::fs::metadata(path).map_err(|e| failed(&e))?.len();
        if size > EOP_MAX_BYTES {
            return Err(failed(&format!("{size} bytes; at most {EOP_MAX_BYTES}")));
        }
        let bytes = std::fs::read(path).map_err(|e| failed(&e))?;
        let table =
            EarthOrientation::read(&file, &bytes).map_err(|e| Failure::Failed(e.to_string()))?;
        Ok(Cow::Owned(table))
    }

    /// Refuses an Earth orientation of one's own, for searches that turn by the shipped one.
    pub(crate) fn shipped_earth_only(&self) -> Result<(), Failure> {
        match &self.eop {
            None => Ok(()),
            Some(path) => Err(Failure::Usage(format!(
                "--eop {} has no effect where instruments look at areas, which turn by the shipped table; \
                 leave it out",
                path.display()
            ))),
        }
    }

    /// What to say of the Earth orientation over the span, where it matters.
    pub(crate) fn remark(&self, earth: &Earth) -> Option<String> {
        earth.remark(Days::utc(self.from), Days::utc(self.to))
    }

    /// The span with its Earth orientation.
    pub(crate) fn period<'a>(&self, earth: &'a Earth) -> Period<'a> {
        Period {
            from: self.from,
            to: self.to,
            earth,
        }
    }

    /// Threads to work on.
    pub(crate) fn threads(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, usize::from);
        self.jobs.map_or_else(all, usize::from)
    }
}
