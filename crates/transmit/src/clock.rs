//! Time as the agents see it: handed in, so that a contact can be simulated.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

/// Longest single wait of [`ReplayClock::sleep_until`] in real time: an hour, so that an absurd target
/// date cannot overflow a timer; the caller's loop simply waits again.
const SLEEP_MAX: Duration = Duration::from_secs(3_600);

/// Where the bundle sender and receiver take the time from.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The present instant on this clock.
    fn now(&self) -> Timestamp;

    /// Returns when this clock shows `instant` or later.
    async fn sleep_until(&self, instant: Timestamp);
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep_until(&self, instant: Timestamp) {
        loop {
            let left = instant.duration_since(self.now());
            if left <= SignedDuration::ZERO {
                return;
            }
            tokio::time::sleep(left.unsigned_abs().min(SLEEP_MAX)).await;
        }
    }
}

/// A clock that starts at a chosen instant and runs at a chosen speed: the clock of a replayed contact.
#[derive(Debug, Clone, Copy)]
pub struct ReplayClock {
    start: Timestamp,
    began: tokio::time::Instant,
    speed: f64,
}

impl ReplayClock {
    /// A clock that shows `start` now and runs `speed` times as fast as real time
    /// (values that are not finite or not above zero count as 1).
    pub fn new(start: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_finite() && speed > 0.0 {
            speed
        } else {
            1.0
        };
        Self {
            start,
            began: tokio::time::Instant::now(),
            speed,
        }
    }

    /// The same, ready for a configuration that wants a shared clock.
    pub fn shared(start: Timestamp, speed: f64) -> Arc<dyn Clock> {
        Arc::new(Self::new(start, speed))
    }
}

#[async_trait]
impl Clock for ReplayClock {
    fn now(&self) -> Timestamp {
        let elapsed_s = self.began.elapsed().as_secs_f64() * self.speed;
        SignedDuration::try_from_secs_f64(elapsed_s)
            .ok()
            .and_then(|elapsed| self.start.checked_add(elapsed).ok())
            .unwrap_or(Timestamp::MAX)
    }

    async fn sleep_until(&self, instant: Timestamp) {
        loop {
            let left_s = instant.duration_since(self.now()).as_secs_f64() / self.speed;
            if left_s <= 0.0 {
                return;
            }
            let wait = Duration::try_from_secs_f64(left_s)
                .unwrap_or(SLEEP_MAX)
                .min(SLEEP_MAX);
            // A timer may fire a little early against a fast clock: never wait less than a millisecond.
            tokio::time::sleep(wait.max(Duration::from_millis(1))).await;
        }
    }
}

/// A clock that stands still until someone waits on it, and then shows the awaited instant at once: a
/// whole contact in no time, the same at every run.
#[derive(Debug)]
pub struct SimulatedClock(Mutex<Timestamp>);

impl SimulatedClock {
    /// A clock that shows `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(Mutex::new(start))
    }

    /// Lets the clock show `instant`, unless it shows a later one.
    pub fn advance_to(&self, instant: Timestamp) {
        let mut shown = self.shown();
        *shown = instant.max(*shown);
    }

    fn shown(&self) -> MutexGuard<'_, Timestamp> {
        // A panic elsewhere leaves a plain value behind: it is as good as before.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        *self.shown()
    }

    async fn sleep_until(&self, instant: Timestamp) {
        self.advance_to(instant);
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn replay_runs_at_its_speed_and_waits() {
        let start: Timestamp = "2026-08-07T10:00:00Z".parse().unwrap();
        let clock = ReplayClock::new(start, 1_000.0);
        let target = start + SignedDuration::from_secs(60);
        let real = std::time::Instant::now();
        clock.sleep_until(target).await;
        assert!(clock.now() >= target);
        assert!(real.elapsed() >= Duration::from_millis(59));
        clock.sleep_until(start).await;
    }

    #[tokio::test]
    async fn simulated_time_jumps_and_never_falls() {
        let start: Timestamp = "2026-08-07T10:00:00Z".parse().unwrap();
        let clock = SimulatedClock::new(start);
        let later = start + SignedDuration::from_hours(9);
        clock.sleep_until(later).await;
        clock.sleep_until(start).await;
        assert_eq!(clock.now(), later);
    }
}
