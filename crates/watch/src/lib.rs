//! The chain for one watch: forecast, run, trace, notify.
