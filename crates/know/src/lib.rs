//! What pixels mean: process graphs, processes, products, statistics.
