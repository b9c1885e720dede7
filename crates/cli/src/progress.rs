//! Progress on standard error: a bar on a terminal, a plain line a step in a pipe.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Instant;

/// One step of long work.
pub(crate) struct Step {
    bar: ProgressBar,
    title: String,
    started: Instant,
    terminal: bool,
}

impl Step {
    /// Starts a step.
    pub(crate) fn start(title: impl Into<String>) -> Self {
        let title = title.into();
        let terminal = std::io::stderr().is_terminal();
        let bar = if terminal {
            ProgressBar::new(0)
        } else {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
        };
        if let Ok(style) =
            ProgressStyle::with_template("  {spinner} {msg:44} {wide_bar} {pos}/{len}")
        {
            bar.set_style(style);
        }
        bar.set_message(title.clone());
        if terminal {
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
        }
        Self {
            bar,
            title,
            started: Instant::now(),
            terminal,
        }
    }

    /// A handle other threads can report `done` of `all` to.
    pub(crate) fn counter(&self) -> impl Fn(u64, u64) + Send + Sync + 'static {
        let bar = self.bar.clone();
        move |done, all| {
            bar.set_length(all);
            bar.set_position(done.max(bar.position()));
        }
    }

    /// Ends the step with what came of it.
    #[allow(clippy::print_stderr, reason = "progress belongs on standard error")]
    pub(crate) fn done(self, outcome: impl AsRef<str>) {
        self.bar.finish_and_clear();
        let mark = if self.terminal { "\u{2713}" } else { "done:" };
        eprintln!(
            "  {mark} {:44} {} ({:.1} s)",
            self.title,
            outcome.as_ref(),
            self.started.elapsed().as_secs_f64()
        );
    }
}
