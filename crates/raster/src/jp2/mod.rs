//! JPEG 2000 files (ISO/IEC 15444-1 annex I) and bare codestreams: boxes, place, tiles.
//!
//! The place is that of a GeoJP2 box (a GeoTIFF of one pixel), else of a GML box (OGC 05-047r3).

mod boxes;
mod codestream;
mod gml;

use std::sync::Arc;

use bytes::Bytes;

use crate::RasterError;
use crate::dataset::{Dataset, Layout};
use crate::grid::{Crs, Grid};
use crate::metadata::Metadata;
use crate::source::{ByteSource, MemorySource};
use crate::tiff::codec::{Compression, jpeg2000};
use crate::tiff::directory::{ByteOrder, Container};
use crate::tiff::image::{Coding, Image, Photometric};
use crate::tiff::predictor::Predictor;
pub(crate) use codestream::Codestream;

/// Reduced sizes offered at most.
const REDUCTIONS_MAX: u8 = 8;

/// Whether bytes begin a JPEG 2000 file or codestream.
pub(crate) fn is_jpeg2000(start: &[u8]) -> bool {
    start.starts_with(&boxes::SIGNATURE) || start.starts_with(&codestream::START)
}

/// Opens a file that [`is_jpeg2000`].
pub(crate) fn open(source: Arc<dyn ByteSource>) -> Result<Dataset, RasterError> {
    let name = source.name().to_owned();
    let mut head = [0; 4];
    head.copy_from_slice(&source.read_at(0, 4)?);
    let found = if head == codestream::START {
        boxes::Found::bare(source.len_bytes())
    } else {
        boxes::read(source.as_ref())?
    };
    let codestream = Codestream::read(source.as_ref(), found.codestream)?;
    let unsupported = |what: String| RasterError::unsupported(&name, what);
    if found.colors == Some(boxes::SYCC) {
        return Err(unsupported("sYCC colours of JPEG 2000".to_owned()));
    }
    let (bits, signed) = codestream.sample(&name)?;
    let dtype = jpeg2000::dtype_of(bits, signed)
        .ok_or_else(|| unsupported(format!("JPEG 2000 samples of {bits} bits")))?;
    let (crs, transform, kind) = place(&found, &name)?;
    let (width, height) = codestream.size();
    let grid = Grid::new(crs, transform, width, height);
    let codestream = Arc::new(codestream);
    let samples = codestream.components();
    let image = |reduction: u8| -> Image {
        let scaled = |n: usize| n.div_ceil(1 << reduction);
        let (tile_width, tile_height) = codestream.tile_size();
        let (block_width, block_height) = (scaled(tile_width), scaled(tile_height));
        let (width, height) = (scaled(width), scaled(height));
        let (across, down) = codestream.tiles();
        Image {
            byte_order: ByteOrder::Big,
            width,
            height,
            samples,
            coding: Coding::Whole(dtype),
            compression: Compression::Jpeg2000,
            predictor: Predictor::None,
            photometric: match (found.palette.is_some(), samples) {
                (true, 1) => Photometric::Palette,
                (_, 3..) if found.colors == Some(boxes::SRGB) => Photometric::Rgb,
                _ => Photometric::MinIsBlack,
            },
            planar: false,
            tiled: true,
            block_width,
            block_height,
            blocks_across: across,
            blocks_down: down,
            offsets: vec![1; across * down],
            lengths: vec![1; across * down],
            mask: false,
            extra_samples: found.alpha_of(samples),
            palette: found.palette.clone().filter(|_| samples == 1),
            directory_offset: found.codestream.0,
            reversed_bits: false,
            jpeg_tables: None,
            codestream: Some(Arc::clone(&codestream)),
            reduction,
        }
    };
    let images: Vec<Image> = (0..=codestream.reductions().min(REDUCTIONS_MAX))
        .map(image)
        .collect();
    let mut metadata = Metadata::default();
    metadata.bands.resize_with(samples, Default::default);
    if let Some(kind) = kind {
        metadata
            .items
            .insert("AREA_OR_POINT".to_owned(), kind.to_owned());
    }
    let (block_width, block_height) = codestream.tile_size();
    let layout = Layout {
        tiled: codestream.tiles() != (1, 1),
        block_width,
        block_height,
        compression: Compression::Jpeg2000.name().to_owned(),
        planar: false,
        big_tiff: false,
    };
    Ok(Dataset::of_images(source, images, grid, metadata, layout))
}

/// System, transform and meaning of a pixel; GDAL's order: GeoJP2, then GML.
fn place(
    found: &boxes::Found,
    name: &str,
) -> Result<(Crs, [f64; 6], Option<&'static str>), RasterError> {
    if let Some(bytes) = &found.geotiff {
        let inner = MemorySource::new(bytes.clone(), format!("{name} (GeoJP2 box)"));
        let container = Container::read(&inner)?;
        let (crs, transform, point) = crate::dataset::place_of(&container)?;
        let kind = if point { "Point" } else { "Area" };
        return Ok((crs, transform, Some(kind)));
    }
    if let Some(text) = &found.gml
        && let Some((crs, transform)) = gml::place(text, name)?
    {
        return Ok((crs, transform, None));
    }
    Ok((Crs::unknown(), [0.0, 1.0, 0.0, 0.0, 0.0, 1.0], None))
}

/// A part of a source, checked to be inside it.
fn bytes_of(
    source: &dyn ByteSource,
    what: &str,
    offset: u64,
    len: u64,
    limit: u64,
) -> Result<Bytes, RasterError> {
    if len > limit {
        return Err(RasterError::malformed(
            source.name(),
            what,
            format!("{len} bytes, above the limit of {limit}"),
        ));
    }
    if offset
        .checked_add(len)
        .is_none_or(|end| end > source.len_bytes())
    {
        return Err(RasterError::malformed(
            source.name(),
            what,
            format!(
                "{len} bytes at {offset} are outside the file of {} bytes",
                source.len_bytes()
            ),
        ));
    }
    source.read_at(offset, len as usize)
}
