//! The supplier's logo.

use typst::foundations::Bytes;
use typst::visualize::{
    ExchangeFormat, ImageFormat, RasterFormat, RasterImage, SvgImage, VectorFormat,
};

/// It goes into every invoice whole.
const MOST_BYTES: usize = 300_000;
/// In either direction, of a raster image. On the page it is at most 52 mm wide.
const MOST_PIXELS: u32 = 2_000;

/// A PNG, JPEG or SVG that can be drawn.
#[derive(Debug, Clone)]
pub struct Logo(Bytes);

#[derive(Debug, thiserror::Error)]
pub enum LogoError {
    #[error("the logo has {0} bytes; at most {MOST_BYTES} are taken")]
    Size(usize),
    #[error("the logo has {0} × {1} pixels; at most {MOST_PIXELS} in either direction are taken")]
    Pixels(u32, u32),
    #[error("the logo is neither PNG, JPEG nor SVG")]
    Format,
    #[error("the logo can't be read: {0}")]
    Broken(String),
}

impl Logo {
    /// # Errors
    /// It is too large, of another format, or broken.
    pub fn read(file: Vec<u8>) -> Result<Self, LogoError> {
        if file.len() > MOST_BYTES {
            return Err(LogoError::Size(file.len()));
        }
        let bytes = Bytes::new(file);
        match ImageFormat::detect(&bytes) {
            Some(ImageFormat::Raster(RasterFormat::Exchange(
                format @ (ExchangeFormat::Png | ExchangeFormat::Jpg),
            ))) => {
                let image = RasterImage::plain(bytes.clone(), format)
                    .map_err(|error| LogoError::Broken(error.to_string()))?;
                let (width, height) = (image.width(), image.height());
                if width.max(height) > MOST_PIXELS {
                    return Err(LogoError::Pixels(width, height));
                }
            }
            Some(ImageFormat::Vector(VectorFormat::Svg)) => {
                SvgImage::new(bytes.clone())
                    .map_err(|_| LogoError::Broken("it is no valid SVG".into()))?;
            }
            _ => return Err(LogoError::Format),
        }
        Ok(Self(bytes))
    }

    pub(super) fn bytes(&self) -> Bytes {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_images_that_can_be_drawn_are_logos() {
        let svg = br#"<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>"#;
        assert!(Logo::read(svg.to_vec()).is_ok());
        assert!(matches!(
            Logo::read(b"GIF89a....".to_vec()),
            Err(LogoError::Format)
        ));
        assert!(matches!(
            Logo::read(b"%PDF-1.7".to_vec()),
            Err(LogoError::Format)
        ));
        assert!(matches!(
            Logo::read(vec![0; MOST_BYTES + 1]),
            Err(LogoError::Size(_))
        ));
        let cut = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0";
        assert!(matches!(
            Logo::read(cut.to_vec()),
            Err(LogoError::Broken(_))
        ));
        let open = br#"<svg xmlns="http://www.w3.org/2000/svg"><path"#;
        assert!(matches!(
            Logo::read(open.to_vec()),
            Err(LogoError::Broken(_))
        ));
    }
}
