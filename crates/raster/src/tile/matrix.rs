//! Tile matrix sets (OGC 17-083r4, two-dimensional): named schemes of tiles in any system.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::RasterError;
use crate::grid::{Crs, Grid};

/// Most matrices of a set.
const MATRICES_MAX: usize = 64;
/// Most tiles across a matrix: more cannot be told apart in positions of 64 bits.
const TILES_ACROSS_MAX: u64 = 1 << 40;
/// Most pixels on the side of a tile.
const TILE_SIDE_MAX: usize = 4096;
/// Metres of a pixel of the standardised rendering (OGC 17-083r4, 6.1).
pub(super) const STANDARD_PIXEL_M: f64 = 0.000_28;

/// Radius of the standardised rendering for systems in degrees, metres.
const RADIUS_M: f64 = 6_378_137.0;

/// A scheme of tiles.
#[derive(Debug, Clone, PartialEq)]
pub struct TileMatrixSet {
    /// Name of the set.
    pub id: String,
    /// The same in words for people.
    pub title: Option<String>,
    /// Identifier in the register of the OGC, or another of its maker.
    pub uri: Option<String>,
    pub(super) crs: Crs,
    /// The system as the set names it.
    pub(super) crs_uri: String,
    pub(super) ordered_axes: [String; 2],
    /// Whether origins are written northing or latitude first.
    pub(super) y_first: bool,
    pub(super) matrices: Vec<Matrix>,
}

/// The tiles of one matrix that meet an area, first and last included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TileRange {
    /// Id of the matrix.
    pub matrix: String,
    /// Columns.
    pub cols: (u64, u64),
    /// Rows.
    pub rows: (u64, u64),
}

/// One zoom level.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Matrix {
    pub(super) id: String,
    pub(super) cell_size: f64,
    pub(super) scale_denominator: f64,
    /// Outer corner of the first tile, x before y.
    pub(super) origin: [f64; 2],
    pub(super) bottom_left: bool,
    pub(super) tile: [usize; 2],
    pub(super) size: [u64; 2],
}

impl Matrix {
    /// Width and height of a tile in units of the system.
    fn span(&self) -> [f64; 2] {
        self.tile.map(|side| side as f64 * self.cell_size)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SetJson {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    uri: Option<String>,
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
        let metres = metres_of(&crs);
        let ordered_axes = match set.ordered_axes.as_slice() {
            [first, second] => [first.clone(), second.clone()],
            _ => default_axes(&crs, y_first),
        };
        let matrix = |m: MatrixJson| {
            if !m.variable_matrix_widths.is_empty() {
                return Err(bad(format!("matrix {}: rows of varying width", m.id)));
            }
            let from_scale = || m.scale_denominator.map(|s| s * STANDARD_PIXEL_M / metres);
            let cell_size = m.cell_size.or_else(from_scale).unwrap_or(0.0);
            let sides = [m.tile_width, m.tile_height];
            let size = [m.matrix_width, m.matrix_height];
            if !size.iter().all(|n| (1..=TILES_ACROSS_MAX).contains(n)) {
                return Err(bad(format!(
                    "matrix {}: {size:?} tiles, not 1 to {TILES_ACROSS_MAX} each way",
                    m.id
                )));
            }
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
                scale_denominator: m
                    .scale_denominator
                    .filter(|s| s.is_finite() && *s > 0.0)
                    .unwrap_or(cell_size * metres / STANDARD_PIXEL_M),
                origin: if y_first { [b, a] } else { [a, b] },
                bottom_left: m.corner_of_origin.as_deref() == Some("bottomLeft"),
                tile: sides,
                size,
            })
        };
        let matrices: Vec<Matrix> = set
            .tile_matrices
            .into_iter()
            .map(matrix)
            .collect::<Result<_, _>>()?;
        for (i, matrix) in matrices.iter().enumerate() {
            if matrices[..i].iter().any(|other| other.id == matrix.id) {
                return Err(bad(format!("matrix {} stands twice", matrix.id)));
            }
        }
        Ok(Self {
            id: set.id.unwrap_or_default(),
            title: set.title,
            uri: set.uri,
            crs_uri: name.to_owned(),
            crs,
            ordered_axes,
            y_first,
            matrices,
        })
    }

    /// The set in the JSON of the standard.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let matrix = |m: &Matrix| {
            let [x, y] = m.origin;
            json!({
                "id": m.id,
                "scaleDenominator": m.scale_denominator,
                "cellSize": m.cell_size,
                "cornerOfOrigin": if m.bottom_left { "bottomLeft" } else { "topLeft" },
                "pointOfOrigin": if self.y_first { [y, x] } else { [x, y] },
                "tileWidth": m.tile[0],
                "tileHeight": m.tile[1],
                "matrixWidth": m.size[0],
                "matrixHeight": m.size[1],
            })
        };
        let mut set = json!({
            "id": self.id,
            "crs": self.crs_uri,
            "orderedAxes": self.ordered_axes,
            "tileMatrices": self.matrices.iter().map(matrix).collect::<Vec<_>>(),
        });
        for (name, text) in [("title", &self.title), ("uri", &self.uri)] {
            if let Some(text) = text {
                set[name] = text.as_str().into();
            }
        }
        set
    }

    /// Reference system of the tiles.
    #[must_use]
    pub const fn crs(&self) -> &Crs {
        &self.crs
    }

    /// The system as the set names it, an address as a rule.
    #[must_use]
    pub fn crs_uri(&self) -> &str {
        &self.crs_uri
    }

    /// Ids of the matrices with the size of their cells, from coarse to fine as a rule.
    pub fn levels(&self) -> impl Iterator<Item = (&str, f64)> {
        self.matrices.iter().map(|m| (m.id.as_str(), m.cell_size))
    }

    /// The tiles of each matrix that meet a box in the set's own system (least x, least y,
    /// greatest x, greatest y); matrices that it does not meet are left out.
    #[must_use]
    pub fn ranges(&self, bounds: [f64; 4]) -> Vec<TileRange> {
        let range = |m: &Matrix| {
            let [width, height] = m.span();
            let cols = tiles_along(
                bounds[0] - m.origin[0],
                bounds[2] - m.origin[0],
                width,
                m.size[0],
            )?;
            let (near, far) = if m.bottom_left {
                (bounds[1] - m.origin[1], bounds[3] - m.origin[1])
            } else {
                (m.origin[1] - bounds[3], m.origin[1] - bounds[1])
            };
            let rows = tiles_along(near, far, height, m.size[1])?;
            Some(TileRange {
                matrix: m.id.clone(),
                cols,
                rows,
            })
        };
        self.matrices.iter().filter_map(range).collect()
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
        let span = m.span();
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

/// First and last tile of a side between two distances from the origin.
fn tiles_along(near: f64, far: f64, side: f64, tiles: u64) -> Option<(u64, u64)> {
    // What ends on the edge of a tile, but for rounding, does not reach the next.
    let slack = 1e-9 * side;
    let first = ((near + slack) / side).floor().max(0.0);
    let last = ((far - slack) / side).floor().min(tiles as f64 - 1.0);
    (near <= far && first <= last).then_some((first as u64, last as u64))
}

/// Metres of a unit of a system, as the standard counts them.
pub(super) fn metres_of(crs: &Crs) -> f64 {
    if crs.is_geographic() {
        RADIUS_M.to_radians()
    } else {
        1.0
    }
}

fn default_axes(crs: &Crs, y_first: bool) -> [String; 2] {
    let [x, y] = if crs.is_geographic() {
        ["Lon", "Lat"]
    } else {
        ["X", "Y"]
    };
    if y_first { [y, x] } else { [x, y] }.map(str::to_owned)
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
        // What is written is read back, and names its tiles.
        for set in [&lon_first, &TileMatrixSet::web_mercator_quad()] {
            let again = TileMatrixSet::from_json(&set.to_json().to_string()).unwrap();
            assert_eq!(&again, set);
        }
        let ranges = lon_first.ranges([-180.0, -0.1, -90.0, 0.0]);
        assert_eq!((ranges[0].cols, ranges[0].rows), ((0, 0), (1, 1)));
        assert!(lon_first.ranges([200.0, 0.0, 210.0, 1.0]).is_empty());
        let twice = text("OGC/1.3/CRS84", "[0, 0]").replace(
            "\"tileMatrices\": [",
            "\"tileMatrices\": [{\"id\": \"1\", \"cellSize\": 1, \"pointOfOrigin\": [0, 0], \"tileWidth\": 1,
            \"tileHeight\": 1, \"matrixWidth\": 1, \"matrixHeight\": 1},",
        );
        let message = TileMatrixSet::from_json(&twice).unwrap_err().to_string();
        assert!(message.contains("twice"), "{message}");
        for bad in ["", "{}", "{\"crs\": 3, \"tileMatrices\": []}"] {
            assert!(TileMatrixSet::from_json(bad).is_err());
        }
        assert!(TileMatrixSet::from_json(&text("EPSG/0/99999", "[0, 0]")).is_err());
    }
}
