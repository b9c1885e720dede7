//! Broken and hostile files: a typed error, never a panic, never a large allocation.

use std::sync::Arc;

use bytes::Bytes;
use corridor_raster::RasterError;
use corridor_raster::dataset::{Dataset, Window};
use corridor_raster::source::{ByteSource, MemorySource};
use proptest::prelude::*;

use crate::fixtures::{expected, folder};

/// Opens bytes and reads all that can be read; gives the first error.
fn read_all(bytes: Vec<u8>) -> Result<(), RasterError> {
    let dataset = Dataset::from_bytes(Bytes::from(bytes), "hostile.tif")?;
    let grid = dataset.grid();
    let _ = grid.bounds_wgs84();
    let window = Window::new(0, 0, grid.width.min(4096), grid.height.min(4096));
    for band in 0..dataset.bands().min(4) {
        dataset.read(band, window)?;
    }
    for (level, overview) in dataset.overviews().iter().enumerate().take(4) {
        dataset.read_overview(
            level,
            0,
            Window::new(0, 0, overview.width.min(4096), overview.height.min(4096)),
        )?;
    }
    Ok(())
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(format!("{name}.tif"))).unwrap()
}

#[test]
fn cut_off_at_every_byte() {
    for name in [
        "big_endian_pred3",
        "overviews",
        "tiled_planar",
        "big_tiff_big_endian",
        "metadata",
        "mask_internal",
        "pred2_uint16_lzw",
        "packbits",
    ] {
        let whole = fixture(name);
        read_all(whole.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut refused = 0;
        for len in 0..whole.len() {
            refused += usize::from(read_all(whole[..len].to_vec()).is_err());
        }
        // Only bytes that nothing points at may be missing.
        assert!(
            refused + 600 > whole.len(),
            "{name}: {refused} of {} refused",
            whole.len()
        );
        assert!(
            read_all(whole[..whole.len() / 2].to_vec()).is_err(),
            "{name}"
        );
    }
}

#[test]
fn every_byte_changed() {
    for name in [
        "overviews",
        "big_endian_pred2",
        "user_tmerc",
        "pred2_uint16_zstd",
        "palette",
    ] {
        let whole = fixture(name);
        for at in 0..whole.len().min(1500) {
            for value in [0, 0xff, whole[at] ^ 0x80, whole[at].wrapping_add(1)] {
                let mut bytes = whole.clone();
                bytes[at] = value;
                let _ = read_all(bytes);
            }
        }
    }
}

/// A little-endian TIFF: one directory of (tag, kind, count, value), then `rest`.
fn crafted(entries: &[(u16, u16, u32, u32)], next: u32, rest: &[u8]) -> Vec<u8> {
    let mut bytes = b"II\x2a\0\x08\0\0\0".to_vec();
    bytes.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        bytes.extend(tag.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        bytes.extend(count.to_le_bytes());
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend(next.to_le_bytes());
    bytes.extend(rest);
    bytes
}

/// A plain image of bytes in one strip at `offset`.
fn plain(width: u32, height: u32, offset: u32, len: u32) -> Vec<(u16, u16, u32, u32)> {
    vec![
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, offset),
        (277, 3, 1, 1),
        (278, 4, 1, height),
        (279, 4, 1, len),
    ]
}

fn message(bytes: Vec<u8>) -> String {
    read_all(bytes).unwrap_err().to_string()
}

#[test]
fn cyclic_directories() {
    let bytes = crafted(&plain(2, 2, 200, 4), 8, &[0; 200]);
    assert!(message(bytes).contains("comes back to offset 8"));
    // Two directories that point at each other.
    let mut bytes = crafted(&plain(2, 2, 0, 4), 122, &[]);
    assert_eq!(bytes.len(), 122);
    let second = crafted(&plain(1, 1, 0, 1), 8, &[]);
    bytes.extend_from_slice(&second[8..]);
    assert!(message(bytes).contains("comes back"));
}

#[test]
fn huge_dimensions_and_bad_offsets() {
    // Huge sides with one strip of four bytes.
    let text = message(crafted(
        &plain(2_000_000_000, 2_000_000_000, 130, 4),
        0,
        &[0; 64],
    ));
    assert!(
        text.contains("limit") || text.contains("outside") || text.contains("cannot decode"),
        "{text}"
    );
    let text = message(crafted(&plain(u32::MAX, 1, 130, 4), 0, &[0; 64]));
    assert!(
        text.contains("image width") && text.contains("limit"),
        "{text}"
    );
    let text = message(crafted(&plain(4, 4, u32::MAX, 16), 0, &[0; 64]));
    assert!(text.contains("outside the file"), "{text}");
    let text = message(crafted(&plain(0, 4, 130, 16), 0, &[0; 64]));
    assert!(text.contains("image width"), "{text}");
    // A tag with four billion values.
    let mut entries = plain(4, 4, 130, 16);
    entries.push((320, 3, u32::MAX, 130));
    assert!(read_all(crafted(&entries, 0, &[0; 64])).is_err());
    // Deflate that claims to decode to a gigabyte from sixteen bytes.
    let mut entries = plain(32_000, 32_000, 130, 16);
    entries[3].3 = 8;
    let text = message(crafted(&entries, 0, &[0; 64]));
    assert!(text.contains("cannot decode"), "{text}");
    // Tiles of no width.
    let mut entries = plain(4, 4, 130, 16);
    entries.push((322, 3, 1, 0));
    entries.push((323, 3, 1, 16));
    assert!(message(crafted(&entries, 0, &[0; 64])).contains("tile size"));
}

#[test]
fn not_a_tiff_is_said() {
    assert!(message(b"\x89PNG\r\n\x1a\n0000000000".to_vec()).contains("PNG"));
    assert!(message(Vec::new()).contains("too short"));
    assert!(message(b"II\x2a\0".to_vec()).contains("too short"));
    assert!(message(b"II\x2b\0\x04\0\0\0\0\0\0\0\0\0\0\0".to_vec()).contains("BigTIFF"));
}

#[test]
fn windows_and_bands_outside_are_refused() {
    let dataset = Dataset::open(&folder().join("type_uint8.tif")).unwrap();
    for window in [
        Window::new(0, 0, 0, 1),
        Window::new(18, 0, 2, 1),
        Window::new(usize::MAX, 0, 2, 2),
        Window::new(0, 0, 1, usize::MAX),
    ] {
        assert!(
            matches!(
                dataset.read(0, window),
                Err(RasterError::Argument {
                    argument: "window",
                    ..
                })
            ),
            "{window:?}"
        );
    }
    assert!(matches!(
        dataset.read(1, Window::new(0, 0, 1, 1)),
        Err(RasterError::Argument {
            argument: "band",
            ..
        })
    ));
    assert!(
        dataset
            .read_overview(0, 0, Window::new(0, 0, 1, 1))
            .is_err()
    );
    let source = MemorySource::new(Bytes::from_static(b"abc"), "x");
    assert!(source.read_at(2, 2).is_err() && source.read_at(u64::MAX, 2).is_err());
    assert!(Dataset::from_source(Arc::new(source)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn random_bytes_never_panic(body in proptest::collection::vec(any::<u8>(), 0..400), little in any::<bool>(), big in any::<bool>()) {
        let mut bytes = match (little, big) {
            (true, false) => b"II\x2a\0\x08\0\0\0".to_vec(),
            (false, false) => b"MM\0\x2a\0\0\0\x08".to_vec(),
            (true, true) => b"II\x2b\0\x08\0\0\0\x10\0\0\0\0\0\0\0".to_vec(),
            (false, true) => b"MM\0\x2b\0\x08\0\0\0\0\0\0\0\0\0\x10".to_vec(),
        };
        bytes.extend(body);
        let _ = read_all(bytes);
    }

    #[test]
    fn mixed_fixtures_never_panic(pick in 0..1000_usize, changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..12)) {
        let names: Vec<String> = expected()["files"].as_object().unwrap().keys().cloned().collect();
        let mut bytes = fixture(&names[pick % names.len()]);
        for (at, value) in changes {
            // Early bytes are the directories.
            let at = at.index(bytes.len().min(1200));
            bytes[at] = value;
        }
        let _ = read_all(bytes);
    }

    #[test]
    fn windows_are_parts_of_the_whole(col in 0..37_usize, row in 0..30_usize, width in 1..37_usize, height in 1..30_usize, planar in any::<bool>()) {
        let name = if planar { "tiled_planar" } else { "tiled_chunky" };
        let dataset = Dataset::open(&folder().join(format!("{name}.tif"))).unwrap();
        let window = Window::new(col, row, width.min(37 - col), height.min(30 - row));
        let whole = dataset.read_band(1).unwrap();
        let part = dataset.read(1, window).unwrap();
        for y in 0..window.height {
            for x in 0..window.width {
                prop_assert_eq!(part.value(x, y), whole.value(col + x, row + y));
            }
        }
    }
}
