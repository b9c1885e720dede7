//! Where things are and when: time scales, frames, Earth, element sets, propagation, Sun, event search, windows.
