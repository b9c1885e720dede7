//! How the outside asks and who may: one route file per standard, the UI, configuration.
