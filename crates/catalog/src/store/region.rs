//! The place of a search: rectangles for the index, the exact shape for the answer.

use geo::{BoundingRect, Intersects};

use super::{CatalogError, Search};
use crate::bbox::shape_bounds;
use crate::shape::to_geo;

/// Where a search looks. Touching counts; planar in longitude and latitude.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    shape: geo::Geometry<f64>,
    /// One or two rectangles that cover the shape.
    pub(crate) rectangles: Vec<geo::Rect<f64>>,
    /// The shape is exactly its rectangles.
    is_box: bool,
}

impl Region {
    /// The place of a search, when it names one.
    pub(crate) fn of(search: &Search) -> Result<Option<Self>, CatalogError> {
        if let Some(bbox) = &search.bbox {
            let rectangles = bbox.rectangles();
            let polygons = rectangles.iter().map(|rect| rect.to_polygon()).collect();
            let shape = geo::Geometry::MultiPolygon(geo::MultiPolygon(polygons));
            return Ok(Some(Self {
                shape,
                rectangles,
                is_box: true,
            }));
        }
        let Some(geometry) = &search.intersects else {
            return Ok(None);
        };
        let shape = to_geo(geometry).map_err(|e| CatalogError::Intersects(e.to_string()))?;
        let bounds = shape_bounds(&shape)
            .ok_or_else(|| CatalogError::Intersects("geometry has no extent".to_owned()))?;
        Ok(Some(Self {
            shape,
            rectangles: bounds.rectangles(),
            is_box: false,
        }))
    }

    /// True when the footprint shares a point with the region.
    pub(crate) fn meets(&self, footprint: &geo::Geometry<f64>) -> bool {
        if self.is_box
            && let Some(bounds) = footprint.bounding_rect()
            && self.rectangles.iter().any(|rect| holds(rect, &bounds))
        {
            return true;
        }
        self.shape.intersects(footprint)
    }
}

fn holds(outer: &geo::Rect<f64>, inner: &geo::Rect<f64>) -> bool {
    outer.min().x <= inner.min().x
        && outer.min().y <= inner.min().y
        && outer.max().x >= inner.max().x
        && outer.max().y >= inner.max().y
}
