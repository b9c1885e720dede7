//! Bringing two cubes onto the same dimensions.

use super::{Cube, Dimension, DimensionKind};
use crate::error::GraphError;
use crate::extent::instant;
use crate::value::Label;
use std::sync::Arc;

/// For each step of each dimension of an output cube, where an input cube's sample lies.
pub(crate) struct Offsets {
    steps: Vec<Vec<Option<usize>>>,
}

impl Offsets {
    /// Offsets of `cube` in a cube of these dimensions. Dimensions that `cube` has not are
    /// repeated; steps that it has not give `None`.
    pub(crate) fn new(output: &[Dimension], cube: &Cube) -> Self {
        let steps = output
            .iter()
            .map(|dimension| match cube.dimension_index(&dimension.name) {
                None => vec![Some(0); dimension.len()],
                Some(index) => {
                    let (_, _, stride) = cube.split(index);
                    let own = &cube.dimensions()[index];
                    if own.labels == dimension.labels {
                        return (0..own.len()).map(|step| Some(step * stride)).collect();
                    }
                    dimension
                        .labels
                        .iter()
                        .map(|label| own.position(label).map(|step| step * stride))
                        .collect()
                }
            })
            .collect();
        Self { steps }
    }

    /// Index into the input for each of `len` samples of the output from `from` on.
    pub(crate) fn range(&self, from: usize, len: usize) -> Vec<Option<usize>> {
        let mut place = vec![0; self.steps.len()];
        let mut rest = from;
        for (position, steps) in place.iter_mut().zip(&self.steps).rev() {
            *position = rest % steps.len().max(1);
            rest /= steps.len().max(1);
        }
        let Some((last_steps, outer_steps)) = self.steps.split_last() else {
            return vec![Some(0); len];
        };
        let mut out = Vec::with_capacity(len);
        while out.len() < len {
            let outer: Option<usize> = outer_steps
                .iter()
                .zip(&place)
                .map(|(steps, position)| steps[*position])
                .sum();
            let start = place[outer_steps.len()];
            let take = (last_steps.len() - start).min(len - out.len());
            out.extend(
                last_steps[start..start + take]
                    .iter()
                    .map(|step| Some(outer? + (*step)?)),
            );
            place[outer_steps.len()] = start + take;
            for dimension in (0..place.len()).rev() {
                if place[dimension] < self.steps[dimension].len() {
                    break;
                }
                place[dimension] = 0;
                if dimension > 0 {
                    place[dimension - 1] += 1;
                }
            }
        }
        out
    }
}

/// Dimensions of the merge of two cubes: shared ones hold the labels of both (time sorted, the
/// others appended), then those that only one has; `cube2`'s own come first, so that pixels stay
/// the fastest.
pub(crate) fn merge_dimensions(cube1: &Cube, cube2: &Cube) -> Result<Vec<Dimension>, GraphError> {
    let mut merged: Vec<Dimension> = cube2
        .dimensions()
        .iter()
        .filter(|d| cube1.dimension_index(&d.name).is_none())
        .cloned()
        .collect();
    for own in cube1.dimensions() {
        let other = cube2
            .dimension_index(&own.name)
            .map(|index| &cube2.dimensions()[index]);
        merged.push(match other {
            None => own.clone(),
            Some(other) if other.kind != own.kind => {
                return Err(GraphError::new(
                    "IncompatibleDataCubes",
                    format!(
                        "the dimension {:?} is {} in one cube and {} in the other",
                        own.name,
                        own.kind.openeo_type(),
                        other.kind.openeo_type()
                    ),
                ));
            }
            Some(other) if other.labels == own.labels => own.clone(),
            Some(other) => union(own, other),
        });
    }
    Ok(merged)
}

fn union(own: &Dimension, other: &Dimension) -> Dimension {
    let added: Vec<usize> = (0..other.len())
        .filter(|step| own.position(&other.labels[*step]).is_none())
        .collect();
    let mut labels = (*own.labels).clone();
    labels.extend(added.iter().map(|step| other.labels[*step].clone()));
    match own.kind {
        DimensionKind::Time => labels.sort_by_key(|label| match label {
            Label::Text(text) => (instant(text), text.clone()),
            Label::Number(_) => (None, label.to_string()),
        }),
        DimensionKind::X | DimensionKind::Y | DimensionKind::Z => labels.sort_by(number_order),
        _ => {}
    }
    if own.kind == DimensionKind::Y && own.labels.first() > own.labels.last() {
        labels.reverse();
    }
    let mut merged = own.with_labels(labels);
    merged.bands = appended(own.bands.as_ref(), other.bands.as_ref(), &added);
    merged.geometries = appended(own.geometries.as_ref(), other.geometries.as_ref(), &added);
    merged.properties = appended(own.properties.as_ref(), other.properties.as_ref(), &added);
    merged
}

/// What is known of the steps of one dimension, and of those added from another.
fn appended<T: Clone>(
    own: Option<&Arc<Vec<T>>>,
    other: Option<&Arc<Vec<T>>>,
    added: &[usize],
) -> Option<Arc<Vec<T>>> {
    let (own, other) = (own?, other?);
    let new = added.iter().map(|step| other[*step].clone());
    Some(Arc::new(own.iter().cloned().chain(new).collect()))
}

fn number_order(a: &Label, b: &Label) -> std::cmp::Ordering {
    match (a, b) {
        (Label::Number(a), Label::Number(b)) => a.total_cmp(b),
        _ => std::cmp::Ordering::Equal,
    }
}

impl PartialOrd for Label {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Label::Number(a), Label::Number(b)) => a.partial_cmp(b),
            (Label::Text(a), Label::Text(b)) => a.partial_cmp(b),
            _ => None,
        }
    }
}
