//! Pictures as bytes: PNG, WebP, JPEG, raw.

use std::str::FromStr;

use crate::RasterError;

/// Quality of JPEG, 1 to 100: the usual choice of tile servers.
const JPEG_QUALITY: u8 = 75;

/// Red, green, blue, opacity of each pixel, row by row from the top.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Four bytes a pixel.
    pub rgba: Vec<u8>,
}

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// PNG with opacity.
    #[default]
    Png,
    /// WebP without loss, with opacity.
    Webp,
    /// JPEG; what is transparent becomes black.
    Jpeg,
    /// The four bytes of each pixel as they are.
    Raw,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Png, Self::Webp, Self::Jpeg, Self::Raw];

    /// Ending of a file's name.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Jpeg => "jpg",
            Self::Raw => "raw",
        }
    }

    /// Media type, as HTTP names it.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Jpeg => "image/jpeg",
            Self::Raw => "application/octet-stream",
        }
    }
}

impl FromStr for Format {
    type Err = RasterError;

    /// By the ending of a file's name.
    fn from_str(ending: &str) -> Result<Self, RasterError> {
        match ending.to_ascii_lowercase().as_str() {
            "png" => Ok(Self::Png),
            "webp" => Ok(Self::Webp),
            "jpg" | "jpeg" => Ok(Self::Jpeg),
            "raw" | "rgba" => Ok(Self::Raw),
            other => Err(RasterError::argument(
                "format",
                format!("{other:?} is none of png, webp, jpg, raw"),
            )),
        }
    }
}

impl Picture {
    /// Whether every pixel is opaque.
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        self.rgba.chunks_exact(4).all(|p| p[3] == 255)
    }

    /// The picture as a file.
    ///
    /// # Errors
    /// When the encoder refuses it (a JPEG or WebP of more than 16,383 pixels a side).
    pub fn encode(&self, format: Format) -> Result<Vec<u8>, RasterError> {
        let fail = |e: String| RasterError::malformed("picture", "encoding", e);
        match format {
            Format::Png => crate::picture::encode(self.width, self.height, &self.rgba),
            Format::Raw => Ok(self.rgba.clone()),
            Format::Webp => {
                let mut bytes = Vec::with_capacity(self.rgba.len() / 4);
                image_webp::WebPEncoder::new(&mut bytes)
                    .encode(
                        &self.rgba,
                        self.width as u32,
                        self.height as u32,
                        image_webp::ColorType::Rgba8,
                    )
                    .map_err(|e| fail(e.to_string()))?;
                Ok(bytes)
            }
            Format::Jpeg => {
                let rgb: Vec<u8> = self
                    .rgba
                    .chunks_exact(4)
                    .flat_map(|p| {
                        if p[3] == 0 {
                            [0; 3]
                        } else {
                            [p[0], p[1], p[2]]
                        }
                    })
                    .collect();
                super::jpeg::encode(self.width, self.height, &rgb, JPEG_QUALITY).map_err(fail)
            }
        }
    }
}
