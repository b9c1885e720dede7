//! A network at work: planes of bands in, a class and its probability for each pixel out.

use super::tile::{Tile, mirrored, tiles};
use super::{Description, Model, Output, TILE_PX_MAX};
use crate::error::GraphError;
use rten::{Dimension, Value};
use rten_tensor::Layout as _;
use std::path::Path;

/// Where a network has the bands in its input, and the classes in its output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    First,
    Last,
}

/// A network that was loaded.
pub(super) struct Network {
    model: rten::Model,
    order: Order,
    /// Height and width of a tile, pixels.
    tile: (usize, usize),
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network")
            .field("order", &self.order)
            .field("tile", &self.tile)
            .finish_non_exhaustive()
    }
}

/// What a network says of a picture, row by row; NaN where a band has no value, or the network gives no number.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The class, as the description names it.
    pub class: Vec<f32>,
    /// Its probability, 0 to 1; NaN everywhere where the network gives labels.
    pub confidence: Vec<f32>,
}

impl Network {
    pub(super) fn load(file: &Path, description: &Description) -> Result<Self, String> {
        let model = rten::Model::load_file(file).map_err(|error| {
            format!(
                "network {:?} cannot be loaded: {error}",
                description.network
            )
        })?;
        if model.input_ids().len() != 1 || model.output_ids().is_empty() {
            return Err(format!(
                "network {:?} has {} inputs and {} outputs; one input and an output are needed",
                description.network,
                model.input_ids().len(),
                model.output_ids().len()
            ));
        }
        let bands = description.bands.len();
        let (order, tile) = match model.input_shape(0).as_deref() {
            None => (Order::First, [None, None]),
            Some([_, first, row, col]) if fixed(first) == Some(bands) => {
                (Order::First, [fixed(row), fixed(col)])
            }
            Some([_, row, col, last]) if fixed(last) == Some(bands) => {
                (Order::Last, [fixed(row), fixed(col)])
            }
            // Any number of bands: where they are is not said, and first is what most networks have.
            Some([_, Dimension::Symbolic(_), row, col]) => (Order::First, [fixed(row), fixed(col)]),
            Some(shape) => {
                let shape: Vec<String> = shape.iter().map(length).collect();
                return Err(format!(
                    "network {:?} takes {}; 1 x {bands} x rows x columns, or with the {bands} bands last, is needed",
                    description.network,
                    shape.join(" x ")
                ));
            }
        };
        let [height, width] = tile.map(|length| length.unwrap_or(description.tile_px));
        let least = 2 * description.margin_px + 1;
        if [height, width]
            .iter()
            .any(|length| !(least..=TILE_PX_MAX).contains(length))
        {
            return Err(format!(
                "network {:?} takes tiles of {height} x {width} pixels; {least} (a margin of {} on each side) to {TILE_PX_MAX} are needed",
                description.network, description.margin_px
            ));
        }
        Ok(Self {
            model,
            order,
            tile: (height, width),
        })
    }

    /// Scores or labels of one tile, class by class, row by row.
    fn run(&self, input: Vec<f32>, bands: usize) -> Result<(usize, Vec<f32>), String> {
        let (height, width) = self.tile;
        let shape = match self.order {
            Order::First => [1, bands, height, width],
            Order::Last => [1, height, width, bands],
        };
        let failed = |error: &dyn std::fmt::Display| format!("the network failed: {error}");
        let input = Value::from_shape(shape, input).map_err(|error| failed(&error))?;
        let output = self.model.run_one(input.into(), None);
        let (shape, values) = floats(output.map_err(|error| failed(&error))?)
            .ok_or("the network gives no numbers: a tensor of floats or integers is needed")?;
        let pixels = height * width;
        match *shape.as_slice() {
            [1, h, w] if (h, w) == self.tile => Ok((1, values)),
            [1, classes, h, w] if (h, w) == self.tile => Ok((classes, values)),
            [1, h, w, classes] if (h, w) == self.tile => {
                let place = |i: usize| values[(i % pixels) * classes + i / pixels];
                Ok((classes, (0..classes * pixels).map(place).collect()))
            }
            _ => Err(format!(
                "the network gives {shape:?}; [1, classes, {height}, {width}], or with the classes last, or [1, {height}, {width}] is needed"
            )),
        }
    }
}

fn fixed(length: &Dimension) -> Option<usize> {
    match length {
        Dimension::Fixed(length) => Some(*length),
        Dimension::Symbolic(_) => None,
    }
}

fn length(length: &Dimension) -> String {
    match length {
        Dimension::Fixed(length) => length.to_string(),
        Dimension::Symbolic(name) => name.clone(),
    }
}

/// Shape and numbers of a tensor.
fn floats(value: Value) -> Option<(Vec<usize>, Vec<f32>)> {
    let to_f32 = |values: Vec<i32>| values.into_iter().map(|v| v as f32).collect();
    match value {
        Value::FloatTensor(tensor) => Some((tensor.shape().to_vec(), tensor.into_data())),
        Value::Int32Tensor(tensor) => Some((tensor.shape().to_vec(), to_f32(tensor.into_data()))),
        Value::UInt8Tensor(tensor) => {
            let shape = tensor.shape().to_vec();
            Some((
                shape,
                tensor.into_data().into_iter().map(f32::from).collect(),
            ))
        }
        _ => None,
    }
}

impl Model {
    /// Judges a picture: `bands` in the description's order, row by row, all of `height` rows and
    /// `width` columns. `go_on` is asked before each tile. A pixel that lacks a band is not judged;
    /// its neighbours see the mean in its place.
    ///
    /// # Errors
    /// `ModelFailed` where the network cannot be loaded or does not fit its description; what `go_on` says.
    pub fn judge(
        &self,
        bands: &[Vec<f32>],
        (height, width): (usize, usize),
        go_on: &dyn Fn() -> Result<(), GraphError>,
    ) -> Result<Judged, GraphError> {
        let about = &self.description;
        let failed = |reason: String| {
            GraphError::new("ModelFailed", format!("the model {:?}: {reason}", about.id))
        };
        let network = self.network().map_err(failed)?;
        let mut judged = Judged {
            class: vec![f32::NAN; height * width],
            confidence: vec![f32::NAN; height * width],
        };
        for tile in tiles((height, width), network.tile, about.margin_px) {
            go_on()?;
            let input = self.input(bands, (height, width), network, tile);
            let (count, scores) = network.run(input, bands.len()).map_err(failed)?;
            let labels = about.output == Output::Labels;
            match labels {
                true if count != 1 => {
                    let reason = format!("the network gives {count} labels a pixel; one is needed");
                    return Err(failed(reason));
                }
                false if count != about.classes.len() => {
                    return Err(failed(format!(
                        "the network gives {count} scores, its description has {} classes",
                        about.classes.len()
                    )));
                }
                _ => {}
            }
            let [rows, cols] = tile.judged;
            let pixels = network.tile.0 * network.tile.1;
            for row in rows.0..rows.1 {
                for col in cols.0..cols.1 {
                    let at = row * width + col;
                    if bands.iter().any(|band| band[at].is_nan()) {
                        continue;
                    }
                    let own_row = (row as isize - tile.origin.0) as usize;
                    let own_col = (col as isize - tile.origin.1) as usize;
                    let own = own_row * network.tile.1 + own_col;
                    let scores = (0..count).map(|class| scores[class * pixels + own]);
                    if scores.clone().any(f32::is_nan) {
                        continue;
                    }
                    let (place, confidence) = match labels {
                        true => {
                            let place = label(scores.sum(), about.classes.len()).map_err(failed)?;
                            (place, f32::NAN)
                        }
                        false => best(scores, about.output),
                    };
                    let class = about.classes[place];
                    judged.class[at] = f32::from(class);
                    judged.confidence[at] = confidence;
                }
            }
        }
        Ok(judged)
    }

    /// What the network sees of a tile.
    fn input(
        &self,
        bands: &[Vec<f32>],
        (height, width): (usize, usize),
        network: &Network,
        tile: Tile,
    ) -> Vec<f32> {
        let about = &self.description;
        let (tile_height, tile_width) = network.tile;
        let rows: Vec<usize> = (0..tile_height)
            .map(|row| mirrored(tile.origin.0 + row as isize, height))
            .collect();
        let cols: Vec<usize> = (0..tile_width)
            .map(|col| mirrored(tile.origin.1 + col as isize, width))
            .collect();
        let seen = |band: usize, row: usize, col: usize| {
            let value = bands[band][row * width + col];
            if value.is_nan() {
                return 0.0;
            }
            let mean = about.mean.get(band).copied().unwrap_or(0.0) as f32;
            let deviation = about.deviation.get(band).copied().unwrap_or(1.0) as f32;
            (value - mean) / deviation
        };
        let mut input = Vec::with_capacity(bands.len() * tile_height * tile_width);
        match network.order {
            Order::First => {
                for band in 0..bands.len() {
                    for row in &rows {
                        input.extend(cols.iter().map(|col| seen(band, *row, *col)));
                    }
                }
            }
            Order::Last => {
                for row in &rows {
                    for col in &cols {
                        input.extend((0..bands.len()).map(|band| seen(band, *row, *col)));
                    }
                }
            }
        }
        input
    }
}

/// The place among `classes` that a label names.
fn label(label: f32, classes: usize) -> Result<usize, String> {
    let place = label.round();
    match place >= 0.0 && place < classes as f32 {
        true => Ok(place as usize),
        false => Err(format!(
            "the network gives the label {label}, its description has {classes} classes"
        )),
    }
}

/// The place of the greatest score, the first among equals, and its probability.
fn best(scores: impl Iterator<Item = f32> + Clone, output: Output) -> (usize, f32) {
    let (mut place, mut greatest) = (0, f32::NEG_INFINITY);
    for (at, score) in scores.clone().enumerate() {
        if score > greatest {
            (place, greatest) = (at, score);
        }
    }
    let confidence = match output {
        Output::Logits => 1.0 / scores.map(|score| (score - greatest).exp()).sum::<f32>(),
        Output::Probabilities | Output::Labels => greatest,
    };
    (place, confidence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_one_of_the_classes_or_refused() {
        assert_eq!(label(2.0, 3), Ok(2));
        for wrong in [-1.0, 3.0, f32::INFINITY] {
            assert!(label(wrong, 3).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_greatest_score_wins_with_its_softmax() {
        // scipy.special.softmax([1, 3, 2]) = [0.09003057, 0.66524096, 0.24472847]
        let (place, confidence) = best([1.0, 3.0, 2.0].into_iter(), Output::Logits);
        assert_eq!(place, 1);
        assert!((confidence - 0.665_240_96).abs() < 1e-6);
        let (place, confidence) = best([0.2, 0.5, 0.3].into_iter(), Output::Probabilities);
        assert_eq!(place, 1);
        assert!((confidence - 0.5).abs() < 1e-6);
    }
}
