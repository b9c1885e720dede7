//! Which outline a scene has: the one stated, where its pixels bear it out, else theirs.

use corridor_catalog::Bbox;
use corridor_catalog::bbox::geometry_bounds;
use geojson::Geometry;

/// How far a stated outline may reach over the pixels, parts of their extent: outlines are drawn
/// to whole pixels and straight edges of one reference system bend in another.
const OVER_PART: f64 = 0.02;
/// The same for scenes of a few pixels, degrees.
const OVER_DEG: f64 = 1e-4;

/// The stated outline where it lies within the pixels' box, else that of the pixels: producers
/// leave out what their pixels leave empty, but nothing is seen where no pixel is.
///
/// # Errors
/// Says so where the two do not meet at all.
pub(super) fn chosen(stated: Option<&Geometry>, pixels: &[[f64; 2]]) -> Result<Geometry, String> {
    let pixels = Geometry::new_polygon([pixels.iter().map(|p| p.to_vec()).collect::<Vec<_>>()]);
    let Some(stated) = stated else {
        return Ok(pixels);
    };
    let (Some(told), Some(read)) = (geometry_bounds(stated), geometry_bounds(&pixels)) else {
        return Ok(pixels);
    };
    if !meet(&told, &read) {
        return Err(format!(
            "its box is {:?}, the pixels lie in {:?}; the two must meet",
            told.to_array(),
            read.to_array()
        ));
    }
    Ok(match within(&told, &read) {
        true => stated.clone(),
        false => pixels,
    })
}

fn meet(a: &Bbox, b: &Bbox) -> bool {
    a.rectangles().iter().any(|a| {
        b.rectangles().iter().any(|b| {
            a.min().x <= b.max().x
                && b.min().x <= a.max().x
                && a.min().y <= b.max().y
                && b.min().y <= a.max().y
        })
    })
}

fn within(told: &Bbox, read: &Bbox) -> bool {
    let over = |extent_deg: f64| (extent_deg * OVER_PART).max(OVER_DEG);
    told.rectangles().iter().all(|a| {
        read.rectangles().iter().any(|b| {
            let (x, y) = (over(b.width()), over(b.height()));
            a.min().x >= b.min().x - x
                && a.max().x <= b.max().x + x
                && a.min().y >= b.min().y - y
                && a.max().y <= b.max().y + y
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(west: f64, south: f64, side_deg: f64) -> Vec<[f64; 2]> {
        let (east, north) = (west + side_deg, south + side_deg);
        vec![
            [west, south],
            [east, south],
            [east, north],
            [west, north],
            [west, south],
        ]
    }

    fn square(west: f64, south: f64, side_deg: f64) -> Geometry {
        chosen(None, &ring(west, south, side_deg)).unwrap()
    }

    #[test]
    fn an_outline_counts_where_pixels_are() {
        let pixels = ring(10.0, 45.0, 1.0);
        let of_pixels = square(10.0, 45.0, 1.0);
        let inside = square(10.2, 45.1, 0.5);
        assert_eq!(chosen(Some(&inside), &pixels), Ok(inside));
        let larger = square(9.0, 44.0, 3.0);
        assert_eq!(chosen(Some(&larger), &pixels), Ok(of_pixels));
        let same = square(9.99, 44.99, 1.02);
        assert_eq!(chosen(Some(&same), &pixels), Ok(same));
        let away = chosen(Some(&square(-60.0, 45.0, 1.0)), &pixels).unwrap_err();
        assert!(away.contains("must meet") && away.contains("-60"), "{away}");
    }
}
