//! The two-dimensional sets of the OGC's register (17-083r4, annex D) whose rows have one width,
//! and two of Land Information New Zealand. Numbers as published; checked against morecantile.

use std::sync::LazyLock;

use super::matrix::{Matrix, STANDARD_PIXEL_M, TileMatrixSet, metres_of};
use super::{HALF_SIDE_M, TILE_SIDE_PX, ZOOM_MAX};
use crate::grid::Crs;

const OGC_SET: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/";
const OGC_CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0/";

/// A set whose cells halve from one matrix to the next.
struct Halving {
    id: &'static str,
    title: &'static str,
    /// Name in the register of the OGC, where it has one.
    registered: Option<&'static str>,
    epsg: u32,
    axes: [&'static str; 2],
    /// Easting or longitude, then northing or latitude.
    origin: [f64; 2],
    cell_size: f64,
    size: [u64; 2],
    levels: (u32, u32),
}

const HALVING: [Halving; 9] = [
    Halving {
        id: "WebMercatorQuad",
        title: "Web Mercator, one tile to four",
        registered: Some("WebMercatorQuad"),
        epsg: 3857,
        axes: ["X", "Y"],
        origin: [-HALF_SIDE_M, HALF_SIDE_M],
        cell_size: 2.0 * HALF_SIDE_M / TILE_SIDE_PX as f64,
        size: [1, 1],
        levels: (0, ZOOM_MAX as u32),
    },
    Halving {
        id: "WorldCRS84Quad",
        title: "Longitude and latitude of the world",
        registered: Some("WorldCRS84Quad"),
        // Written as CRS84.
        epsg: 4326,
        axes: ["Lon", "Lat"],
        origin: [-180.0, 90.0],
        cell_size: 0.703_125,
        size: [2, 1],
        levels: (0, 23),
    },
    Halving {
        id: "WGS1984Quad",
        title: "Latitude and longitude of the world",
        registered: Some("WorldCRS84Quad"),
        epsg: 4326,
        axes: ["Lat", "Lon"],
        origin: [-180.0, 90.0],
        cell_size: 0.703_125,
        size: [2, 1],
        levels: (0, 23),
    },
    Halving {
        id: "WorldMercatorWGS84Quad",
        title: "Mercator of the ellipsoid",
        registered: Some("WorldMercatorWGS84Quad"),
        epsg: 3395,
        axes: ["E", "N"],
        origin: [-20_037_508.342_789_2, 20_037_508.342_789_2],
        cell_size: 156_543.033_928_041,
        size: [1, 1],
        levels: (0, 24),
    },
    Halving {
        id: "UTM31WGS84Quad",
        title: "UTM zone 31",
        registered: Some("UTM31WGS84Quad"),
        epsg: 32631,
        axes: ["E", "N"],
        origin: [-9_501_965.729_312_76, 20_003_931.458_625_5],
        cell_size: 2.0 * 78_140.357_260_255_9,
        size: [1, 1],
        levels: (1, 24),
    },
    Halving {
        id: "UPSArcticWGS84Quad",
        title: "Polar stereographic, Arctic",
        registered: Some("UPSArcticWGS84Quad"),
        epsg: 5041,
        axes: ["E", "N"],
        origin: [-14_440_759.350_252, 18_440_759.350_252],
        cell_size: 128_443.432_4,
        size: [1, 1],
        levels: (0, 24),
    },
    Halving {
        id: "UPSAntarcticWGS84Quad",
        title: "Polar stereographic, Antarctic",
        registered: Some("UPSAntarcticWGS84Quad"),
        epsg: 5042,
        axes: ["E", "N"],
        origin: [-14_440_759.350_252, 18_440_759.350_252],
        cell_size: 128_443.432_4,
        size: [1, 1],
        levels: (0, 24),
    },
    Halving {
        id: "EuropeanETRS89_LAEAQuad",
        title: "Lambert azimuthal equal area, Europe",
        registered: Some("EuropeanETRS89_LAEAQuad"),
        epsg: 3035,
        axes: ["Y", "X"],
        origin: [2_000_000.0, 5_500_000.0],
        cell_size: 17_578.125,
        size: [1, 1],
        levels: (0, 15),
    },
    Halving {
        id: "NZTM2000Quad",
        title: "New Zealand Transverse Mercator 2000",
        registered: None,
        epsg: 2193,
        axes: ["Y", "X"],
        origin: [-3_260_586.728_4, 10_438_190.165_2],
        cell_size: 39_135.758_482_010_11,
        size: [1, 1],
        levels: (0, 21),
    },
];

/// Scale denominators of CanadianNAD83_LCC and its tiles each way.
const CANADIAN: [(f64, u64, u64); 26] = [
    (145e6, 5, 5),
    (85e6, 8, 8),
    (50e6, 13, 14),
    (30e6, 21, 22),
    (17.5e6, 36, 38),
    (10e6, 62, 66),
    (6e6, 103, 110),
    (3.5e6, 177, 188),
    (2e6, 309, 329),
    (1.2e6, 515, 548),
    (700e3, 882, 938),
    (420e3, 1470, 1563),
    (250e3, 2469, 2626),
    (145e3, 4257, 4528),
    (85e3, 7262, 7723),
    (50e3, 12344, 13130),
    (30e3, 20574, 21882),
    (17.5e3, 35269, 37512),
    (10e3, 61720, 65646),
    (6e3, 102_866, 109_409),
    (3.5e3, 176_341, 187_558),
    (2e3, 308_596, 328_227),
    (1.2e3, 514_327, 547_044),
    (700.0, 881_703, 937_790),
    (420.0, 1_469_505, 1_562_983),
    (250.0, 2_468_768, 2_625_811),
];
/// Pixel that its scale denominators count with: 1/96 of a United States survey inch, not the standard's 0.28 mm.
const CANADIAN_PIXEL_M: f64 = 100.0 / 3937.0 / 96.0;
/// Outer corner of its tiles.
const CANADIAN_ORIGIN: [f64; 2] = [-34_655_800.0, 39_310_000.0];

/// Tiles each way of LINZAntarticaMapTilegrid; its cells halve from 114,688 m.
const ANTARCTIC: [u64; 14] = [1, 1, 2, 4, 7, 13, 26, 52, 104, 207, 413, 826, 1652, 3303];

static REGISTERED: LazyLock<Vec<TileMatrixSet>> = LazyLock::new(|| {
    let mut sets: Vec<TileMatrixSet> = HALVING.iter().map(halving).collect();
    let canadian = CANADIAN.iter().map(|(denominator, width, height)| {
        let cell_size = denominator * CANADIAN_PIXEL_M;
        (cell_size, [*width, *height])
    });
    sets.push(listed(
        (
            "CanadianNAD83_LCC",
            "Lambert conformal conic, Canada",
            Some("CanadianNAD83_LCC"),
        ),
        3978,
        ["E", "N"],
        CANADIAN_ORIGIN,
        CANADIAN_PIXEL_M,
        canadian,
    ));
    let antarctic = ANTARCTIC
        .iter()
        .zip(0..)
        .map(|(n, level)| (114_688.0 / f64::from(1_u32 << level), [*n, *n]));
    sets.push(listed(
        (
            "LINZAntarticaMapTilegrid",
            "Ross Sea region of Antarctica",
            None,
        ),
        5482,
        ["Y", "X"],
        [-918_457.73, 6_918_457.73],
        STANDARD_PIXEL_M,
        antarctic,
    ));
    sets
});

impl TileMatrixSet {
    /// The sets that come with the crate, the square of Web Mercator first.
    #[must_use]
    pub fn registered() -> &'static [Self] {
        &REGISTERED
    }

    /// The square of Web Mercator with tiles of 256 px, from one tile on.
    #[must_use]
    pub fn web_mercator_quad() -> Self {
        halving(&HALVING[0])
    }
}

fn halving(set: &Halving) -> TileMatrixSet {
    let (first, last) = set.levels;
    let matrices = (first..=last).map(|level| {
        let parts = 1_u64 << level;
        let mut size = set.size.map(|n| n * parts);
        if set.epsg == 32631 {
            // A zone is twice as long as it is wide.
            size[0] /= 2;
        }
        (level, set.cell_size / parts as f64, size)
    });
    made(
        (set.id, set.title, set.registered),
        set.epsg,
        set.axes,
        set.origin,
        STANDARD_PIXEL_M,
        matrices,
    )
}

fn listed(
    names: (&str, &str, Option<&str>),
    epsg: u32,
    axes: [&str; 2],
    origin: [f64; 2],
    pixel_m: f64,
    matrices: impl Iterator<Item = (f64, [u64; 2])>,
) -> TileMatrixSet {
    let numbered = matrices
        .zip(0..)
        .map(|((cell_size, size), level)| (level, cell_size, size));
    made(names, epsg, axes, origin, pixel_m, numbered)
}

fn made(
    (id, title, registered): (&str, &str, Option<&str>),
    epsg: u32,
    axes: [&str; 2],
    origin: [f64; 2],
    pixel_m: f64,
    matrices: impl Iterator<Item = (u32, f64, [u64; 2])>,
) -> TileMatrixSet {
    let crs = Crs::from_code(epsg);
    let metres = metres_of(&crs);
    let matrix = |(level, cell_size, size): (u32, f64, [u64; 2])| Matrix {
        id: level.to_string(),
        cell_size,
        scale_denominator: cell_size * metres / pixel_m,
        origin,
        bottom_left: false,
        tile: [TILE_SIDE_PX; 2],
        size,
    };
    let crs_uri = if axes == ["Lon", "Lat"] {
        OGC_CRS84.to_owned()
    } else {
        format!("{EPSG}{epsg}")
    };
    TileMatrixSet {
        id: id.to_owned(),
        title: Some(title.to_owned()),
        uri: registered.map(|name| format!("{OGC_SET}{name}")),
        crs,
        crs_uri,
        y_first: matches!(axes[0], "Y" | "Lat"),
        ordered_axes: axes.map(str::to_owned),
        matrices: matrices.map(matrix).collect(),
    }
}
