//! The codestream as tiles: each is decoded by itself, from a stream made of the main header and
//! the tile's own parts.

use crate::RasterError;
use crate::band::{BandData, each_type};
use crate::source::ByteSource;
use crate::tiff::codec::{BlockShape, jpeg2000};
use crate::tiff::image::Image;

use super::bytes_of;

/// Start of a codestream: the SOC and SIZ markers.
pub(super) const START: [u8; 4] = [0xff, 0x4f, 0xff, 0x51];

/// Most bytes of a main header.
const HEADER_BYTES_MAX: u64 = 1 << 20;
/// Most tiles, and parts of tiles.
const TILES_MAX: usize = 1 << 20;
/// Most bytes of all parts of one tile.
const TILE_BYTES_MAX: u64 = 1 << 30;
/// Most samples of one tile, all components.
const TILE_SAMPLES_MAX: u64 = 1 << 28;
/// Most components.
const COMPONENTS_MAX: usize = 512;

const SIZ: u8 = 0x51;
const COD: u8 = 0x52;
const COC: u8 = 0x53;
const TLM: u8 = 0x55;
const PLM: u8 = 0x57;
const PPM: u8 = 0x60;
const COM: u8 = 0x64;
const SOT: u8 = 0x90;
const EOC: [u8; 2] = [0xff, 0xd9];

/// Bytes of a SOT marker segment.
const SOT_BYTES: u64 = 12;

/// Main header and the places of all tile-parts.
#[derive(Debug)]
pub(crate) struct Codestream {
    /// Parameters of the SIZ segment.
    size: Siz,
    /// The rest of the main header, without what speaks of other tiles.
    header: Vec<u8>,
    /// Halvings that the wavelet allows.
    decompositions: u8,
    /// Offset and length of the parts of each tile.
    parts: Vec<Vec<(u64, u64)>>,
}

/// Image and tile sizes on the reference grid.
#[derive(Debug, Clone)]
struct Siz {
    profile: [u8; 2],
    end: (u32, u32),
    start: (u32, u32),
    tile: (u32, u32),
    tile_start: (u32, u32),
    /// Ssiz, XRsiz, YRsiz of each component.
    components: Vec<[u8; 3]>,
}

impl Siz {
    fn parse(body: &[u8]) -> Option<Self> {
        let number = |i: usize| -> Option<u32> {
            Some(u32::from_be_bytes(body.get(i..i + 4)?.try_into().ok()?))
        };
        let count = usize::from(u16::from_be_bytes(body.get(34..36)?.try_into().ok()?));
        let components = body.get(36..36 + 3 * count)?;
        Some(Self {
            profile: body.get(..2)?.try_into().ok()?,
            end: (number(2)?, number(6)?),
            start: (number(10)?, number(14)?),
            tile: (number(18)?, number(22)?),
            tile_start: (number(26)?, number(30)?),
            components: components.as_chunks::<3>().0.to_vec(),
        })
    }

    /// The segment for one tile alone, marker included.
    fn encode(&self, start: (u32, u32), end: (u32, u32), tile_start: (u32, u32)) -> Vec<u8> {
        let mut bytes = vec![0xff, SIZ];
        bytes.extend_from_slice(&(38 + 3 * self.components.len() as u16).to_be_bytes());
        bytes.extend_from_slice(&self.profile);
        for (x, y) in [end, start, self.tile, tile_start] {
            bytes.extend_from_slice(&x.to_be_bytes());
            bytes.extend_from_slice(&y.to_be_bytes());
        }
        bytes.extend_from_slice(&(self.components.len() as u16).to_be_bytes());
        bytes.extend(self.components.iter().flatten());
        bytes
    }
}

impl Codestream {
    /// Reads the header and finds the tile-parts of the codestream at (`offset`, `len`).
    pub(super) fn read(
        source: &dyn ByteSource,
        (offset, len): (u64, u64),
    ) -> Result<Self, RasterError> {
        let name = source.name();
        let bad = |reason: &str| RasterError::malformed(name, "codestream", reason);
        let head = bytes_of(
            source,
            "codestream",
            offset,
            len.min(HEADER_BYTES_MAX),
            u64::MAX,
        )?;
        if !head.starts_with(&START) {
            return Err(bad("does not start with SOC and SIZ"));
        }
        let mut size = None;
        let mut header = Vec::new();
        let mut decompositions = u8::MAX;
        let mut at = 2;
        loop {
            let marker = head.get(at..at + 4).ok_or_else(|| bad("has no tile"))?;
            if marker[0] != 0xff {
                return Err(bad("something stands between markers of the main header"));
            }
            if marker[1] == SOT {
                break;
            }
            let segment = usize::from(u16::from_be_bytes([marker[2], marker[3]]));
            let whole = head
                .get(at..at + 2 + segment)
                .ok_or_else(|| bad("is cut off"))?;
            let body = whole.get(4..).unwrap_or_default();
            match marker[1] {
                SIZ => size = Siz::parse(body),
                PPM => {
                    return Err(RasterError::unsupported(
                        name,
                        "JPEG 2000 packet headers packed in the main header",
                    ));
                }
                // What speaks of lengths elsewhere, or only to people.
                TLM | PLM | COM => {}
                code => {
                    let level = match code {
                        COD => body.get(5),
                        COC if size
                            .as_ref()
                            .is_some_and(|s: &Siz| s.components.len() > 256) =>
                        {
                            body.get(3)
                        }
                        COC => body.get(2),
                        _ => None,
                    };
                    decompositions = decompositions.min(level.copied().unwrap_or(u8::MAX));
                    header.extend_from_slice(whole);
                }
            }
            at += 2 + segment.max(2);
        }
        let size = size.ok_or_else(|| bad("has no SIZ segment"))?;
        check(&size, name)?;
        let mut codestream = Self {
            size,
            header,
            decompositions: if decompositions == u8::MAX {
                0
            } else {
                decompositions
            },
            parts: Vec::new(),
        };
        codestream.find_parts(source, offset + at as u64, offset + len)?;
        Ok(codestream)
    }

    fn find_parts(
        &mut self,
        source: &dyn ByteSource,
        start: u64,
        end: u64,
    ) -> Result<(), RasterError> {
        let bad = |at: u64, reason: String| {
            RasterError::malformed(source.name(), format!("tile-part at {at}"), reason)
        };
        let (across, down) = self.tiles();
        self.parts = vec![Vec::new(); across * down];
        let (mut at, mut count) = (start, 0);
        while end - at >= SOT_BYTES {
            let head = source.read_at(at, SOT_BYTES as usize)?;
            if head[..2] != [0xff, SOT] {
                break;
            }
            let tile = usize::from(u16::from_be_bytes([head[4], head[5]]));
            let stated = u64::from(u32::from_be_bytes([head[6], head[7], head[8], head[9]]));
            let length = match stated {
                // The last part runs to the end marker.
                0 => {
                    let last = source.read_at(end - 2, 2)?;
                    end - at - if last[..] == EOC { 2 } else { 0 }
                }
                stated => stated,
            };
            if length < SOT_BYTES || length > end - at {
                return Err(bad(at, format!("{length} bytes are not in the codestream")));
            }
            let parts = self.parts.len();
            let Some(own) = self.parts.get_mut(tile) else {
                return Err(bad(at, format!("tile {tile} of {parts}")));
            };
            own.push((at, length));
            count += 1;
            if count > TILES_MAX {
                return Err(bad(at, format!("there are more than {TILES_MAX}")));
            }
            at += length;
        }
        Ok(())
    }

    /// Bits of the samples and whether they are signed; all components must be alike.
    pub(super) fn sample(&self, name: &str) -> Result<(u8, bool), RasterError> {
        let first = self.size.components[0];
        if self
            .size
            .components
            .iter()
            .any(|c| *c != first || c[1] != 1 || c[2] != 1)
        {
            return Err(RasterError::unsupported(
                name,
                "JPEG 2000 components of different kinds or sizes",
            ));
        }
        Ok(((first[0] & 0x7f) + 1, first[0] & 0x80 != 0))
    }

    /// Columns and rows.
    pub(super) const fn size(&self) -> (usize, usize) {
        let s = &self.size;
        (
            (s.end.0 - s.start.0) as usize,
            (s.end.1 - s.start.1) as usize,
        )
    }

    pub(super) fn components(&self) -> usize {
        self.size.components.len()
    }

    /// Columns and rows of a tile (of the image, when there is one tile).
    pub(super) fn tile_size(&self) -> (usize, usize) {
        let (width, height) = self.size();
        (
            (self.size.tile.0 as usize).min(width),
            (self.size.tile.1 as usize).min(height),
        )
    }

    /// Tiles across and down.
    pub(super) fn tiles(&self) -> (usize, usize) {
        let (width, height) = self.size();
        let (tile_width, tile_height) = self.tile_size();
        (width.div_ceil(tile_width), height.div_ceil(tile_height))
    }

    /// Halvings for which tiles still meet without gaps.
    pub(super) fn reductions(&self) -> u8 {
        let (width, height) = self.size();
        let (tile_width, tile_height) = self.tile_size();
        let fits = |r: u8, size: usize, tile: usize| {
            let rest = if size.is_multiple_of(tile) {
                tile
            } else {
                size % tile
            };
            (rest >> r) > 0 && (size <= tile || tile.is_multiple_of(1 << r))
        };
        (1..=self.decompositions.min(16))
            .take_while(|r| fits(*r, width, tile_width) && fits(*r, height, tile_height))
            .last()
            .unwrap_or(0)
    }

    /// Decodes tile `index` to a block of `image`, zero beyond the image's edge.
    pub(crate) fn tile(
        &self,
        source: &dyn ByteSource,
        image: &Image,
        index: usize,
    ) -> Result<BandData, RasterError> {
        let fail =
            |reason: String| RasterError::malformed(source.name(), format!("tile {index}"), reason);
        let (across, _) = self.tiles();
        let place = ((index % across) as u32, (index / across) as u32);
        let s = &self.size;
        // Tiles start at the image's corner (checked when read), so none starts before it.
        let start = (
            s.start.0 + place.0 * s.tile.0,
            s.start.1 + place.1 * s.tile.1,
        );
        let end = (
            start.0.saturating_add(s.tile.0).min(s.end.0),
            start.1.saturating_add(s.tile.1).min(s.end.1),
        );
        let mut stream = START[..2].to_vec();
        stream.extend(s.encode(start, end, start));
        stream.extend_from_slice(&self.header);
        let parts = &self.parts[index];
        let total: u64 = parts.iter().map(|p| p.1).sum();
        if parts.is_empty() {
            return Err(fail("is not in the file".into()));
        }
        if total > TILE_BYTES_MAX {
            return Err(fail(format!(
                "{total} bytes, above the limit of {TILE_BYTES_MAX}"
            )));
        }
        for (offset, length) in parts {
            let bytes = source.read_at(*offset, *length as usize)?;
            let at = stream.len();
            stream.extend_from_slice(&bytes);
            // It is tile 0 of its own stream, and its length is known.
            stream[at + 4..at + 6].fill(0);
            stream[at + 6..at + 10].copy_from_slice(&(*length as u32).to_be_bytes());
        }
        stream.extend_from_slice(&EOC);
        let scaled = |n: u32| (n as usize).div_ceil(1 << image.reduction);
        let (width, rows) = (scaled(end.0 - start.0), scaled(end.1 - start.1));
        let shape = BlockShape {
            width,
            rows,
            ..image.block_shape(width, rows)
        };
        let full = ((end.0 - start.0) as usize, (end.1 - start.1) as usize);
        let signed = s.components[0][0] & 0x80 != 0;
        let data = jpeg2000::contained(&stream, &shape, full, image.reduction, signed);
        let data = data.map_err(fail)?;
        Ok(padded(&data, &shape, image))
    }
}

fn check(size: &Siz, name: &str) -> Result<(), RasterError> {
    let bad = |reason: String| RasterError::malformed(name, "codestream size", reason);
    let limit = i32::MAX as u32;
    let (end, start, tile) = (size.end, size.start, size.tile);
    if start.0 >= end.0 || start.1 >= end.1 || end.0 > limit || end.1 > limit {
        return Err(bad(format!("{start:?} to {end:?} is no image")));
    }
    if tile.0 == 0 || tile.1 == 0 {
        return Err(bad(format!("tiles of {} x {}", tile.0, tile.1)));
    }
    if size.components.is_empty() || size.components.len() > COMPONENTS_MAX {
        return Err(bad(format!("{} components", size.components.len())));
    }
    if size.tile_start != size.start {
        return Err(RasterError::unsupported(
            name,
            "JPEG 2000 tiles that do not start at the image's corner",
        ));
    }
    let (width, height) = (end.0 - start.0, end.1 - start.1);
    let tiles = u64::from(width.div_ceil(tile.0)) * u64::from(height.div_ceil(tile.1));
    // Tile numbers have 16 bits.
    if tiles > 65_535 {
        return Err(bad(format!("{tiles} tiles")));
    }
    let samples =
        u64::from(width.min(tile.0)) * u64::from(height.min(tile.1)) * size.components.len() as u64;
    if samples > TILE_SAMPLES_MAX {
        return Err(RasterError::Limit {
            name: name.to_owned(),
            what: "samples of a JPEG 2000 tile",
            value: samples,
            limit: TILE_SAMPLES_MAX,
        });
    }
    Ok(())
}

/// A decoded tile in a block of the full size.
fn padded(data: &BandData, shape: &BlockShape<'_>, image: &Image) -> BandData {
    if (shape.width, shape.rows) == (image.block_width, image.block_height) {
        return data.clone();
    }
    let n = shape.samples;
    let mut block = BandData::zeros(shape.dtype, image.block_width * image.block_height * n);
    let (line, wide) = (shape.width * n, image.block_width * n);
    macro_rules! copy {
        ($($variant:ident)*) => {
            match (data, &mut block) {
                $((BandData::$variant(from), BandData::$variant(to)) => {
                    for (row, source) in from.chunks_exact(line).enumerate() {
                        to[row * wide..row * wide + line].copy_from_slice(source);
                    }
                })*
                // The block was made with the type of the data.
                _ => {}
            }
        };
    }
    copy!(U8 I8 U16 I16);
    debug_assert!(each_type!(&block, v => !v.is_empty()));
    block
}
