//! What can be seen when: instruments, footprints, access, coverage, opportunities.
