//! Tasking: which satellite observes which target when, for the greatest profit.
//!
//! A [`problem::Problem`] has satellites with their limits (agility, images, duty cycle, memory), targets
//! with profits, and timed candidates. [`solve()`] anneals schedules and, beside that, bounds what any
//! schedule can reach; it stops where the two meet. [`check`] tests a schedule against the rules with
//! none of the solver's code. [`acquisition`] makes a problem of opportunities and reads the schedule
//! back; [`instance`] reads one from a file.

pub mod acquisition;
mod anneal;
mod bound;
pub mod check;
pub mod instance;
mod limit;
mod line;
mod master;
mod path;
mod price;
pub mod problem;
mod solve;

pub use solve::{Schedule, solve};
