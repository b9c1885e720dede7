//! Tile matrix sets (OGC 17-083r4, two-dimensional): named schemes of tiles in any system.

use serde::Deserialize;

use super::{HALF_SIDE_M, TILE_SIDE_PX, ZOOM_MAX};
use crate::RasterError;
use crate::grid::{Crs, Grid};

/// Most matrices of a set.
const MATRICES_MAX: usize = 64;
/// Most pixels on the side of a tile.
const TILE_SIDE_MAX: usize = 4096;
/// Metres of a pixel of the standardised rendering (OGC 17-083r4, 6.1).
const STANDARD_PIXEL_M: f64 = 0.000_28;

/// A scheme of tiles.
#[derive(Debug, Clone, PartialEq)]
pub struct TileMatrixSet {
    /// Name of the set.
    pub id: String,
    crs: Crs,
    matrices: Vec<Matrix>,
}

/// One zoom level.
#[derive(Debug, Clone, PartialEq)]
struct Matrix {
    id: String,
    cell_size: f64,
    /// Outer corner of the first tile, x before y.
    origin: [f64; 2],
    bottom_left: bool,
    tile: [usize; 2],
    size: [u64; 2],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetJson {
    #[serde(default)]
    id: Option<String>,
    crs: serde_json::Value,
    #[serde(default)]
    ordered_axes: Vec<String>,
    tile_matrices: Vec<MatrixJson>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MatrixJson {
    id: String,
    #[serde(default)]
    scale_denominator: Option<f64>,
    #[serde(default)]
    cell_size: Option<f64>,
    #[serde(default)]
    corner_of_origin: Option<String>,
    point_of_origin: [f64; 2],
    tile_width: usize,
    tile_height: usize,
    matrix_width: u64,
    matrix_height: u64,
    #[serde(default)]
    variable_matrix_widths: Vec<serde_json::Value>,
}

impl TileMatrixSet {
    /// The square of Web Mercator with tiles of 256 px, from one tile on.
    #[must_use]
    pub fn web_mercator_quad() -> Self {
        let matrices = (0..=ZOOM_MAX).map(|z| Matrix {
            id: z.to_string(),
            cell_size: 2.0 * HALF_SIDE_M / TILE_SIDE_PX as f64 / f64::from(1_u32 << z),
            origin: [-HALF_SIDE_M, HALF_SIDE_M],
            bottom_left: false,
            tile: [TILE_SIDE_PX; 2],
            size: [1 << z; 2],
        });
        Self {
            id: "WebMercatorQuad".to_owned(),
            crs: Crs::from_code(3857),
            matrices: matrices.collect(),
        }
    }

    /// Reads a set in the JSON of the standard.
    ///
    /// # Errors
    /// When it is malformed, its system is not in the table, or its rows vary in width.
    pub fn from_json(text: &str) -> Result<Self, RasterError> {
        let bad = |reason: String| RasterError::argument("tile matrix set", reason);
        let set: SetJson = serde_json::from_str(text).map_err(|e| bad(e.to_string()))?;
        if set.tile_matrices.is_empty() || set.tile_matrices.len() > MATRICES_MAX {
            return Err(bad(format!(
                "{} matrices, not 1 to {MATRICES_MAX}",
                set.tile_matrices.len()
            )));
        }
        let name = set.crs.as_str().or_else(|| set.crs.get("uri")?.as_str());
        let name = name.ok_or_else(|| bad("the crs is no URI".to_owned()))?;
        let crs = if name.ends_with("CRS84") {
            Crs::wgs84()
        } else {
            let code = name.rsplit(['/', ':']).next().and_then(|c| c.parse().ok());
            Crs::epsg(code.ok_or_else(|| bad(format!("{name} names no EPSG code")))?)?
        };
        // Origins follow the axes of the system where the set does not say another order.
        let y_first = match set.ordered_axes.first().map(|a| a.to_ascii_lowercase()) {
            Some(axis) => matches!(axis.as_str(), "lat" | "y" | "n" | "northing"),
            None => !name.ends_with("CRS84") && (crs.is_geographic() || crs.is_north_first()),
        };
        let metres = if crs.is_geographic() {
            6_378_137.0_f64.to_radians()
        } else {
            1.0
        };
        let matrix = |m: MatrixJson| {
            if !m.variable_matrix_widths.is_empty() {
                return Err(bad(format!("matrix {}: rows of varying width", m.id)));
            }
            let from_scale = || m.scale_denominator.map(|s| s * STANDARD_PIXEL_M / metres);
            let cell_size = m.cell_size.or_else(from_scale).unwrap_or(0.0);
            let sides = [m.tile_width, m.tile_height];
            let good = cell_size > 0.0
                && cell_size.is_finite()
                && sides.iter().all(|s| (1..=TILE_SIDE_MAX).contains(s))
                && m.point_of_origin.iter().all(|v| v.is_finite());
            if !good {
                return Err(bad(format!(
                    "matrix {}: cells of {cell_size}, tiles of {sides:?} px from {:?}",
                    m.id, m.point_of_origin
                )));
            }
            let [a, b] = m.point_of_origin;
            Ok(Matrix {
                id: m.id,
                cell_size,
                origin: if y_first { [b, a] } else { [a, b] },
                bottom_left: m.corner_of_origin.as_deref() == Some("bottomLeft"),
                tile: sides,
                size: [m.matrix_width, m.matrix_height],
            })
        };
        Ok(Self {
            id: set.id.unwrap_or_default(),
            crs,
            matrices: set
                .tile_matrices
                .into_iter()
                .map(matrix)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Grid of the tile at column `x` and row `y` of a matrix.
    ///
    /// # Errors
    /// When there is no such matrix or tile.
    pub fn grid(&self, matrix: &str, x: u64, y: u64) -> Result<Grid, RasterError> {
        let found = self.matrices.iter().find(|m| m.id == matrix);
        let m = found
            .filter(|m| x < m.size[0] && y < m.size[1])
            .ok_or_else(|| {
                RasterError::argument(
                    "tile",
                    format!(
                        "{matrix}/{x}/{y} is outside the tile matrix set {}",
                        self.id
                    ),
                )
            })?;
        let span = [
            m.tile[0] as f64 * m.cell_size,
            m.tile[1] as f64 * m.cell_size,
        ];
        let west = m.origin[0] + x as f64 * span[0];
        let north = if m.bottom_left {
            m.origin[1] + (y + 1) as f64 * span[1]
        } else {
            m.origin[1] - y as f64 * span[1]
        };
        Ok(Grid::new(
            self.crs.clone(),
            [west, m.cell_size, 0.0, north, 0.0, -m.cell_size],
            m.tile[0],
            m.tile[1],
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_mercator_is_the_grid_of_z_x_y() {
        let set = TileMatrixSet::web_mercator_quad();
        for (z, x, y) in [(0, 0, 0), (7, 40, 64), (24, 3, 9)] {
            assert_eq!(
                set.grid(&z.to_string(), u64::from(x), u64::from(y))
                    .unwrap(),
                crate::tile::grid(z, x, y).unwrap()
            );
        }
        assert!(set.grid("3", 8, 0).is_err());
        assert!(set.grid("x", 0, 0).is_err());
    }

    #[test]
    fn sets_of_the_standard_are_read() {
        // WorldCRS84Quad, and the same with latitude first.
        let text = |crs: &str, origin: &str| {
            format!(
                r#"{{"id": "Q", "crs": "http://www.opengis.net/def/crs/{crs}", "tileMatrices": [
                {{"id": "1", "scaleDenominator": 139770566.007179, "cellSize": 0.3515625,
                "pointOfOrigin": {origin}, "tileWidth": 256, "tileHeight": 256,
                "matrixWidth": 4, "matrixHeight": 2}}]}}"#
            )
        };
        let lon_first = TileMatrixSet::from_json(&text("OGC/1.3/CRS84", "[-180, 90]")).unwrap();
        let lat_first = TileMatrixSet::from_json(&text("EPSG/0/4326", "[90, -180]")).unwrap();
        let grid = lon_first.grid("1", 3, 1).unwrap();
        assert_eq!(grid, lat_first.grid("1", 3, 1).unwrap());
        assert_eq!(format!("{:?}", grid.bounds()), "[90.0, -90.0, 180.0, 0.0]");
        let by_scale = text("OGC/1.3/CRS84", "[-180, 90]").replace("\"cellSize\": 0.3515625,", "");
        let cell = TileMatrixSet::from_json(&by_scale)
            .unwrap()
            .grid("1", 0, 0)
            .unwrap()
            .transform[1];
        assert!((cell - 0.351_562_5).abs() < 1e-9, "{cell}");
        for bad in ["", "{}", "{\"crs\": 3, \"tileMatrices\": []}"] {
            assert!(TileMatrixSet::from_json(bad).is_err());
        }
        assert!(TileMatrixSet::from_json(&text("EPSG/0/99999", "[0, 0]")).is_err());
    }
}
