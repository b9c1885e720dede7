//! The radar way of `water` on the tiles of `asf-tools`, whose thresholds an
//! expectation-maximisation split of three classes gave.

use crate::products::{bands, run};
use crate::shared_data;
use corridor_know::product::ProductResult;
use corridor_know::source::FileSource;
use corridor_know::source::assemble::Scene;
use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::grid::{Crs, Grid};
use serde_json::json;
use std::io::Read;

/// Pixels a side.
const SIDE: usize = 100;
/// How `asf-tools` stretches: `(log10(power) + 30) × SCALING`, rounded.
const SCALING: f64 = 8.732_284_197_109_262;

/// The members of an `.npz`: names and bytes after the `.npy` header.
fn npz(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let u16_at = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let u32_at = |at: usize| u16_at(at) | (u16_at(at + 2) << 16);
    // The central directory, from the record at the end.
    let end = (0..bytes.len() - 21)
        .rev()
        .find(|at| u32_at(*at) == 0x0605_4b50);
    let end = end.unwrap();
    let mut at = u32_at(end + 16);
    let mut members = Vec::new();
    for _ in 0..u16_at(end + 10) {
        assert_eq!(u32_at(at), 0x0201_4b50);
        let (method, packed, name) = (u16_at(at + 10), u32_at(at + 20), u16_at(at + 28));
        let local = u32_at(at + 42);
        let from = local + 30 + u16_at(local + 26) + u16_at(local + 28);
        let data = &bytes[from..from + packed];
        let mut plain = Vec::new();
        match method {
            0 => plain.extend_from_slice(data),
            _ => {
                let mut inflate = flate2::read::DeflateDecoder::new(data);
                inflate.read_to_end(&mut plain).unwrap();
            }
        }
        assert!(plain.starts_with(b"\x93NUMPY\x01"));
        let header = usize::from(u16::from_le_bytes([plain[8], plain[9]]));
        let title = String::from_utf8(bytes[at + 46..at + 46 + name].to_vec()).unwrap();
        members.push((title, plain.split_off(10 + header)));
        at += 46 + name + u16_at(at + 30) + u16_at(at + 32);
    }
    members
}

/// Backscatter of each tile, dB, NaN where masked; and its threshold as expected, dB.
fn tiles() -> Option<Vec<(Vec<f64>, f64)>> {
    let folder = shared_data::folder("know/sar_em_tiles")?;
    let read = |name: &str| npz(&std::fs::read(folder.join(name)).unwrap());
    let members = read("em_tiles.npz");
    let member = |name: &str| &members.iter().find(|(own, _)| own == name).unwrap().1;
    let power = member("tiles.npy").chunks(4);
    let masked = member("mask.npy");
    let db: Vec<f64> = power
        .zip(masked)
        .map(|(bytes, masked)| {
            let power = f64::from(f32::from_le_bytes(bytes.try_into().unwrap()));
            if *masked != 0 || power <= 0.0 {
                f64::NAN
            } else {
                10.0 * power.log10()
            }
        })
        .collect();
    let thresholds = read("em_thresholds.npz").remove(0).1;
    let thresholds = thresholds
        .chunks(8)
        .map(|bytes| f64::from_le_bytes(bytes.try_into().unwrap()))
        .map(|stretched| 10.0 * (stretched / SCALING - 30.0));
    Some(
        db.chunks(SIDE * SIDE)
            .map(<[f64]>::to_vec)
            .zip(thresholds)
            .collect(),
    )
}

/// The recipe on a tile of VH alone: it stands for VV as well, whose stated value is out of reach.
fn water(tile: &[f64]) -> ProductResult {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tile.tif");
    let place = [500_000.0, 30.0, 0.0, 5_000_000.0, 0.0, -30.0];
    let grid = Grid::new(Crs::epsg(32633).unwrap(), place, SIDE, SIDE);
    let band = BandData::F32(tile.iter().map(|db| *db as f32).collect());
    cog::write(&path, &grid, &[band.clone(), band], &CogOptions::default()).unwrap();
    let scene = Scene {
        name: "tile".to_string(),
        time: "2020-06-03T00:00:00Z".parse().unwrap(),
        files: bands(&path, &[("VV", ""), ("VH", "")], 1.0),
    };
    let source = FileSource::new().with_scene("scenes", scene);
    run(
        "water",
        &source,
        &["tile"],
        None,
        json!({"vv_threshold_db": -40.0}),
    )
    .unwrap()
}

#[test]
fn water_is_where_expectation_maximisation_finds_it() {
    let Some(tiles) = tiles() else { return };
    let mut limits: Vec<f64> = tiles.iter().map(|(_, db)| *db).collect();
    limits.sort_by(f64::total_cmp);
    let [_, _, median_db, _, _] = limits[..] else {
        panic!("{} tiles", limits.len());
    };
    // Two tiles hold no water: there the split is noise, far from the median of all, which is what
    // `asf-tools` takes for a scene.
    for (tile, (db, own_db)) in tiles.iter().enumerate() {
        let result = water(db);
        let threshold_db = result.statistics["threshold_VH"].as_f64().unwrap();
        let wet_tile = (own_db - median_db).abs() < 1.0;
        let limit_db = if wet_tile { *own_db } else { median_db };
        let (mut both, mut either, mut theirs, mut own) = (0, 0, 0, 0);
        for (class, db) in result.mask.iter().zip(db).filter(|(_, db)| !db.is_nan()) {
            let (wet, expected) = (*class == 1, *db < limit_db);
            own += u32::from(wet);
            theirs += u32::from(expected);
            both += u32::from(wet && expected);
            either += u32::from(wet || expected);
        }
        let iou = f64::from(both) / f64::from(either.max(1));
        println!(
            "SAR tile {tile}: {threshold_db:.2} dB, expected {own_db:.2} dB (of all {median_db:.2}); \
             {own} and {theirs} pixels of water, intersection over union {iou:.3}"
        );
        if wet_tile {
            assert!(iou > 0.85, "tile {tile}: {iou}");
            assert!((threshold_db - own_db).abs() < 4.5, "tile {tile}");
        } else {
            assert!(own <= 10 && theirs <= 10, "tile {tile}: {own} {theirs}");
        }
    }
}
