//! Pixels: open, window, warp, resample, mosaic, cut tiles, write COG.
