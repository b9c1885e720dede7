//! Tiles and pictures: colours, transparency, what is outside.

use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::dataset::Dataset;
use corridor_raster::grid::{Crs, Grid, Transformer};
use corridor_raster::style::{Colors, Style};
use corridor_raster::{picture, tile, warp};

use crate::fixtures::folder;
use crate::real_data;

/// Width, height and red, green, blue, opacity of a PNG, whichever of them it leaves out.
fn decode(png: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let samples = info.color_type.samples();
    let rgba = pixels.chunks_exact(samples).flat_map(|p| match p {
        [grey] => [*grey, *grey, *grey, 255],
        [grey, alpha] => [*grey, *grey, *grey, *alpha],
        [red, green, blue] => [*red, *green, *blue, 255],
        pixel => [pixel[0], pixel[1], pixel[2], pixel[3]],
    });
    (info.width, info.height, rgba.collect())
}

/// Tile of zoom `z` that holds a place.
fn tile_of(lon: f64, lat: f64, z: u8) -> (u32, u32) {
    let web = Transformer::new(&Crs::wgs84(), &Crs::epsg(3857).unwrap()).unwrap();
    let (x, y) = web.transform(lon, lat).unwrap();
    let half = 20_037_508.342_789_244;
    let n = f64::from(1_u32 << z);
    (
        ((x + half) / (2.0 * half) * n) as u32,
        ((half - y) / (2.0 * half) * n) as u32,
    )
}

#[test]
fn a_tile_is_the_warped_band_in_colours() {
    let Some(dir) = real_data::data_dir() else {
        return;
    };
    let dataset = real_data::open(&dir, "know/landsat_pucallpa/2005.tif");
    let bounds = dataset.grid().bounds_wgs84().unwrap();
    let (x, y) = tile_of(
        (bounds[0] + bounds[2]) / 2.0,
        (bounds[1] + bounds[3]) / 2.0,
        11,
    );
    let style = Style {
        bands: vec![0, 1, 2],
        rescale: vec![(10.0, 110.0)],
        ..Style::default()
    };
    let (width, height, pixels) =
        decode(&tile::render(&dataset, 11, x, y, &style).unwrap().unwrap());
    assert_eq!((width, height), (256, 256));
    let target = tile::grid(11, x, y).unwrap();
    let bands = warp::warp_bands(&dataset, &[0, 1, 2], &target, warp::Resampling::Nearest).unwrap();
    for (i, pixel) in pixels.chunks_exact(4).enumerate() {
        let values: Vec<Option<f64>> = bands.iter().map(|b| b.value(i % 256, i / 256)).collect();
        if values.iter().all(Option::is_some) {
            for (channel, value) in pixel.iter().zip(values.iter().flatten()) {
                let level = ((value - 10.0) / 100.0 * 255.0).clamp(0.0, 255.0);
                assert!(
                    (f64::from(*channel) - level).abs() <= 0.51,
                    "{channel} {level}"
                );
            }
            assert_eq!(pixel[3], 255);
        } else {
            assert_eq!(pixel[3], 0);
        }
    }
    // On the other side of the Earth there is nothing.
    assert!(
        tile::render(&dataset, 11, 2047 - x, y, &style)
            .unwrap()
            .is_none()
    );
    assert!(
        tile::render(&dataset, 3, 8, 0, &style).is_err()
            && tile::render(&dataset, 30, 0, 0, &style).is_err()
    );
    // The whole Earth in one tile: some pixel is drawn.
    assert!(
        tile::render(&dataset, 6, x >> 5, y >> 5, &style)
            .unwrap()
            .is_some()
    );
}

#[test]
fn overviews_serve_coarse_tiles() {
    let Some(dir) = real_data::data_dir() else {
        return;
    };
    let dataset = real_data::open(&dir, "know/l8_paraguay/LC08_224078_20200518_bgr.tif");
    let bounds = dataset.grid().bounds_wgs84().unwrap();
    // The real place, though the zone is called north.
    assert!(bounds[3] < -25.0 && bounds[1] > -26.0, "{bounds:?}");
    let style = Style {
        bands: vec![2, 1, 0],
        rescale: vec![(6000.0, 12000.0)],
        ..Style::default()
    };
    let (least, most) = tile::zoom_range(&dataset).unwrap();
    assert!(
        (8..=10).contains(&least) && (12..=13).contains(&most),
        "{least} {most}"
    );
    for z in least..=most {
        let (x, y) = tile_of(
            (bounds[0] + bounds[2]) / 2.0,
            (bounds[1] + bounds[3]) / 2.0,
            z,
        );
        let (_, _, pixels) = decode(&tile::render(&dataset, z, x, y, &style).unwrap().unwrap());
        let drawn: Vec<&[u8]> = pixels.chunks_exact(4).filter(|p| p[3] == 255).collect();
        let red = drawn.iter().map(|p| f64::from(p[0])).sum::<f64>() / drawn.len() as f64;
        assert!(
            drawn.len() > 5000 && (10.0..245.0).contains(&red),
            "{z}: {} {red}",
            drawn.len()
        );
    }
}

#[test]
fn classes_ramps_and_palettes() {
    let grid = Grid::new(Crs::wgs84(), [10.0, 0.25, 0.0, 50.0, 0.0, -0.25], 4, 2);
    let mut file = std::io::Cursor::new(Vec::new());
    let options = CogOptions {
        nodata: Some(255.0),
        ..CogOptions::default()
    };
    cog::write_to(
        &mut file,
        &grid,
        &[BandData::U8(vec![0, 1, 2, 255, 10, 20, 30, 40])],
        &options,
    )
    .unwrap();
    let dataset = Dataset::from_bytes(file.into_inner().into(), "classes").unwrap();
    let classes = Style {
        colors: Colors::Classes(vec![(1.0, [1, 2, 3, 255]), (2.0, [4, 5, 6, 128])]),
        ..Style::default()
    };
    let (width, height, pixels) = decode(&picture::render(&dataset, &classes, 100).unwrap());
    assert_eq!((width, height), (4, 2));
    assert_eq!(
        &pixels[..16],
        [0, 0, 0, 0, 1, 2, 3, 255, 4, 5, 6, 128, 0, 0, 0, 0]
    );
    let ramp = Style {
        rescale: vec![(0.0, 40.0)],
        colors: Colors::Ramp(vec![(0.0, [0, 0, 0, 255]), (1.0, [100, 200, 40, 255])]),
        ..Style::default()
    };
    let (_, _, pixels) = decode(&picture::render(&dataset, &ramp, 100).unwrap());
    assert_eq!(
        &pixels[16..32],
        [
            25, 50, 10, 255, 50, 100, 20, 255, 75, 150, 30, 255, 100, 200, 40, 255
        ]
    );
    assert_eq!(pixels[15], 0);
    // Reduced by half.
    let (width, height, _) = decode(&picture::render(&dataset, &classes, 2).unwrap());
    assert_eq!((width, height), (2, 1));
    let palette = Dataset::open(&folder().join("palette.tif")).unwrap();
    let (_, _, pixels) = decode(&picture::render(&palette, &Style::default(), 100).unwrap());
    let first = palette.read_band(0).unwrap().value(0, 0).unwrap() as usize;
    let expected = [[0, 0, 0], [255, 0, 0], [0, 128, 0], [1, 2, 250]][first];
    assert_eq!(pixels[..3], expected);
}

#[test]
fn styles_that_do_not_fit_are_refused() {
    let dataset = Dataset::open(&folder().join("type_uint16.tif")).unwrap();
    let refuse = |style: Style| {
        picture::render(&dataset, &style, 64)
            .unwrap_err()
            .to_string()
    };
    assert!(
        refuse(Style {
            bands: vec![1],
            ..Style::default()
        })
        .contains("no band 2 of 1")
    );
    assert!(
        refuse(Style {
            bands: vec![0, 0],
            ..Style::default()
        })
        .contains("one or three")
    );
    assert!(
        refuse(Style {
            rescale: vec![(5.0, 5.0)],
            ..Style::default()
        })
        .contains("no range")
    );
    assert!(
        refuse(Style {
            rescale: vec![(1.0, 2.0); 2],
            ..Style::default()
        })
        .contains("2 ranges")
    );
    assert!(
        refuse(Style {
            colors: Colors::Ramp(vec![]),
            ..Style::default()
        })
        .contains("ramp")
    );
    assert!(picture::render(&dataset, &Style::default(), 0).is_err());
    // No place, no tile; but a picture.
    let nowhere = Dataset::open(&folder().join("no_place.tif")).unwrap();
    assert!(tile::render(&nowhere, 0, 0, 0, &Style::default()).is_err());
    assert!(picture::render(&nowhere, &Style::default(), 64).is_ok());
    // A range of its own from the values.
    assert!(picture::render(&dataset, &Style::default(), 64).is_ok());
}
