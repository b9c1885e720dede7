//! From directories to a dataset: which image is which, place, nodata, metadata.

use std::sync::Arc;

use super::cache::BlockCache;
use super::{Dataset, Layout, Level, Overview};
use crate::RasterError;
use crate::band::DataType;
use crate::grid::{Crs, Grid};
use crate::jp2;
use crate::metadata::{self, Metadata};
use crate::source::ByteSource;
use crate::tiff::directory::{Container, Directory};
use crate::tiff::geokey::GeoKeys;
use crate::tiff::image::Image;
use crate::tiff::tag;

pub(super) fn open(source: Arc<dyn ByteSource>) -> Result<Dataset, RasterError> {
    let start = source.len_bytes().min(12) as usize;
    if jp2::is_jpeg2000(&source.read_at(0, start)?) {
        return jp2::open(source);
    }
    let container = Container::read(source.as_ref())?;
    let first = &container.directories[0];
    let main = Image::read(&container, first)?;
    if main.mask {
        return Err(container.unsupported("file whose first image is a mask"));
    }
    let keys = GeoKeys::read(&container, first)?;
    let (crs, transform, _) = place_of(&container)?;
    let grid = Grid::new(crs, transform, main.width, main.height);
    let nodata = nodata(&container, first, main.coding.dtype())?;
    let metadata = read_metadata(&container, first, &main, keys.as_ref())?;
    let layout = Layout {
        tiled: main.tiled,
        block_width: main.block_width,
        block_height: main.block_height,
        compression: main.compression.name().to_owned(),
        planar: main.planar,
        big_tiff: container.big,
    };
    let (levels, pages) = levels(&container, main)?;
    let overviews = levels[1..]
        .iter()
        .map(|level| Overview {
            width: level.image.width,
            height: level.image.height,
            factor: grid.width as f64 / level.image.width as f64,
        })
        .collect();
    Ok(Dataset {
        levels,
        grid,
        nodata,
        metadata,
        overviews,
        pages,
        cache: BlockCache::default(),
        layout,
        ranges: Default::default(),
        source,
    })
}

/// System, transform, and whether a pixel is a point, of the first directory of a file.
pub(crate) fn place_of(c: &Container<'_>) -> Result<(Crs, [f64; 6], bool), RasterError> {
    let first = &c.directories[0];
    let keys = GeoKeys::read(c, first)?;
    let transform = transform(c, first, keys.as_ref())?;
    let crs = match &keys {
        Some(keys) => keys.crs(c.name())?,
        None => Crs::unknown(),
    };
    Ok((crs, transform, keys.is_some_and(|k| k.pixel_is_point())))
}

/// The full image, its overviews from fine to coarse, each with its mask;
/// and the number of full images.
fn levels(c: &Container<'_>, main: Image) -> Result<(Vec<Level>, usize), RasterError> {
    let mut masks = Vec::new();
    let mut images = Vec::new();
    let mut pages = 1;
    for directory in &c.directories[1..] {
        let subfile = c.integer(directory, tag::NEW_SUBFILE_TYPE)?.unwrap_or(0);
        if subfile & 5 == 0 {
            pages += 1;
            continue;
        }
        // After a second full image, reduced images may belong to that one.
        if pages > 1 {
            continue;
        }
        let image = Image::read(c, directory)?;
        if image.mask {
            masks.push(image);
        } else if image.samples == main.samples
            && image.coding == main.coding
            && image.width <= main.width
            && image.height <= main.height
        {
            images.push(image);
        }
    }
    images.sort_by_key(|i| std::cmp::Reverse(i.width));
    let mut levels = Vec::with_capacity(images.len() + 1);
    for image in std::iter::once(main).chain(images) {
        let mask = masks
            .iter()
            .position(|m| m.width == image.width && m.height == image.height)
            .map(|i| masks.swap_remove(i));
        if let Some(mask) = &mask
            && (mask.samples != 1 || mask.coding.dtype() != crate::band::DataType::U8)
        {
            return Err(c.unsupported(format!("mask of {} samples a pixel", mask.samples)));
        }
        levels.push(Level { image, mask });
    }
    Ok((levels, pages))
}

/// The affine transform in GDAL's order, for pixel corners.
fn transform(
    c: &Container<'_>,
    d: &Directory,
    keys: Option<&GeoKeys>,
) -> Result<[f64; 6], RasterError> {
    let scale = c.floats(d, tag::MODEL_PIXEL_SCALE)?;
    let tiepoints = c.floats(d, tag::MODEL_TIEPOINT)?;
    let matrix = c.floats(d, tag::MODEL_TRANSFORMATION)?;
    let mut t = match (scale, tiepoints, matrix) {
        (Some(s), Some(p), _) if s.len() >= 2 && p.len() >= 6 && s[0] != 0.0 && s[1] != 0.0 => {
            // A negative y scale is read as positive, as in GDAL.
            let (sx, sy) = (s[0], -s[1].abs());
            [p[3] - p[0] * sx, sx, 0.0, p[4] - p[1] * sy, 0.0, sy]
        }
        (_, _, Some(m)) if m.len() == 16 => [m[3], m[0], m[1], m[7], m[4], m[5]],
        (_, _, Some(m)) => {
            return Err(c.malformed(
                "model transformation",
                format!("{} numbers instead of 16", m.len()),
            ));
        }
        (_, Some(p), None) if p.len() > 6 => {
            return Err(c.unsupported(format!(
                "ground control points ({} tie points without a pixel scale)",
                p.len() / 6
            )));
        }
        (None, None, None) => return Ok([0.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
        (scale, tiepoints, None) => {
            return Err(c.malformed(
                "georeference",
                format!(
                    "pixel scale {scale:?} with tie point {tiepoints:?} do not make a transform"
                ),
            ));
        }
    };
    if t.iter().any(|v| !v.is_finite()) {
        return Err(c.malformed(
            "georeference",
            format!("{t:?} has a number that is not finite"),
        ));
    }
    if keys.is_some_and(GeoKeys::pixel_is_point) {
        t[0] -= 0.5 * (t[1] + t[2]);
        t[3] -= 0.5 * (t[4] + t[5]);
    }
    Ok(t)
}

fn nodata(c: &Container<'_>, d: &Directory, dtype: DataType) -> Result<Option<f64>, RasterError> {
    let Some(text) = c.text(d, tag::GDAL_NODATA)? else {
        return Ok(None);
    };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let number = text.parse::<f64>().ok().or_else(|| {
        // C libraries write NaN and infinity in other ways than Rust reads them.
        match text.trim_start_matches(['+', '-']).to_ascii_lowercase() {
            t if t.contains("nan") || t.contains("#ind") || t.contains("#qnan") => Some(f64::NAN),
            t if t.contains("#inf") && text.starts_with('-') => Some(f64::NEG_INFINITY),
            t if t.contains("#inf") => Some(f64::INFINITY),
            _ => None,
        }
    });
    let number =
        number.ok_or_else(|| c.malformed("nodata", format!("{text:?} is not a number")))?;
    let range = match dtype {
        DataType::I64 => i128::from(i64::MIN)..i128::from(i64::MAX),
        DataType::U64 => 0..i128::from(u64::MAX),
        _ => return Ok(Some(number)),
    };
    // The greatest of a type is what the number rounded up from it is held at.
    if let Ok(whole) = text.parse::<i128>()
        && range.contains(&whole)
        && number as i128 != whole
    {
        return Err(c.unsupported(format!("nodata {whole}, of more than 53 bits")));
    }
    Ok(Some(number))
}

fn read_metadata(
    c: &Container<'_>,
    d: &Directory,
    main: &Image,
    keys: Option<&GeoKeys>,
) -> Result<Metadata, RasterError> {
    let mut metadata = match c.text(d, tag::GDAL_METADATA)? {
        Some(xml) => metadata::parse_gdal(&xml, main.samples)
            .map_err(|reason| c.malformed("GDAL metadata", reason))?,
        None => Metadata::default(),
    };
    metadata.bands.resize_with(main.samples, Default::default);
    for (tag, name) in metadata::TEXT_TAGS {
        if let Some(text) = c.text(d, tag)? {
            metadata
                .items
                .insert(name.to_owned(), text.trim_end().to_owned());
        }
    }
    if let Some(keys) = keys {
        let kind = if keys.pixel_is_point() {
            "Point"
        } else {
            "Area"
        };
        metadata
            .items
            .insert("AREA_OR_POINT".to_owned(), kind.to_owned());
    }
    Ok(metadata)
}
