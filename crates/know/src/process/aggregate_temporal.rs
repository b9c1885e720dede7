//! `aggregate_temporal`: temporal aggregations.

use super::filter_temporal::read_interval;
use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, DimensionKind, reduce};
use crate::error::GraphError;
use crate::extent::{TemporalExtent, instant};
use crate::value::{Label, Value};
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

pub(super) static PROCESS: Process = Process {
    id: "aggregate_temporal",
    definition: official!("aggregate_temporal"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let along = time_dimension(cube, arguments.optional_text("dimension")?)?;
    let empty = || {
        GraphError::new(
            "TemporalExtentEmpty",
            "at least one of the intervals is empty: its second instant must be later than its first",
        )
    };
    let mut intervals = Vec::new();
    let mut labels = arguments.labels("labels")?;
    let named = !labels.is_empty();
    for pair in &arguments.array("intervals")?.values {
        let interval = Interval::read(pair)
            .map_err(|reason| reason.map_or_else(empty, |r| arguments.invalid("intervals", r)))?;
        if !named {
            let Value::Array(pair) = pair else { continue };
            labels.push(match pair.values.first() {
                Some(Value::Text(start)) => Label::Text(start.clone()),
                _ => Label::Text("..".to_string()),
            });
        }
        intervals.push(interval);
    }
    let distinct = (1..labels.len()).all(|i| !labels[..i].contains(&labels[i]));
    if !distinct {
        return Err(GraphError::new(
            "DistinctDimensionLabelsRequired",
            "the dimension labels have duplicate values; give distinct labels",
        ));
    }
    if labels.len() != intervals.len() {
        return Err(arguments.invalid(
            "labels",
            format!("{} labels for {} intervals", labels.len(), intervals.len()),
        ));
    }
    let own = &cube.dimensions()[along];
    let instants: Vec<_> = own
        .labels
        .iter()
        .map(|label| instant(&label.to_string()))
        .collect();
    let groups: Vec<Vec<usize>> = intervals
        .iter()
        .map(|interval| {
            let inside = |step: &usize| instants[*step].is_some_and(|t| interval.contains(t));
            (0..own.len()).filter(inside).collect()
        })
        .collect();
    grouped(cube, along, &groups, labels, arguments, context)
}

/// What an element of `intervals` covers.
enum Interval {
    /// From one instant to another.
    Extent(TemporalExtent),
    /// From one time to another of every day (UTC), over midnight where the second is not later.
    OfDay(Time, Time),
}

impl Interval {
    /// Reads a left-closed interval; `Err(None)` where it is empty.
    fn read(pair: &Value) -> Result<Self, Option<String>> {
        let times = match pair {
            Value::Array(pair) => match &pair.values[..] {
                [Value::Text(start), Value::Text(end)] => time_of_day(start).zip(time_of_day(end)),
                _ => None,
            },
            _ => None,
        };
        match times {
            Some((start, end)) if start == end => Err(None),
            Some((start, end)) => Ok(Self::OfDay(start, end)),
            None => read_interval(pair).map(Self::Extent),
        }
    }

    fn contains(&self, instant: Timestamp) -> bool {
        match self {
            Self::Extent(extent) => extent.contains(instant),
            Self::OfDay(start, end) => {
                let time = TimeZone::UTC.to_datetime(instant).time();
                match start < end {
                    true => *start <= time && time < *end,
                    false => *start <= time || time < *end,
                }
            }
        }
    }
}

/// The time of `HH:MM:SS`.
fn time_of_day(text: &str) -> Option<Time> {
    let digits = text.bytes().enumerate().all(|(at, byte)| match at {
        2 | 5 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    if text.len() != 8 || !digits {
        return None;
    }
    text.parse().ok()
}

/// The named temporal dimension, or the only one.
pub(super) fn time_dimension(cube: &Cube, name: Option<&str>) -> Result<usize, GraphError> {
    if let Some(name) = name {
        let index = cube.require_dimension(name)?;
        if cube.dimensions()[index].kind == DimensionKind::Time {
            return Ok(index);
        }
        return Err(GraphError::new(
            "DimensionNotAvailable",
            format!("the dimension {name:?} is not temporal"),
        ));
    }
    let mut all = cube.all(DimensionKind::Time);
    match (all.next(), all.next()) {
        (Some(index), None) => Ok(index),
        (None, _) => Err(GraphError::new(
            "DimensionNotAvailable",
            "the cube has no temporal dimension",
        )),
        _ => Err(GraphError::new(
            "TooManyDimensions",
            "the data cube contains multiple temporal dimensions; the parameter \"dimension\" must be specified",
        )),
    }
}

/// Reduces groups of steps of the temporal dimension to one step each.
pub(super) fn grouped(
    cube: &Cube,
    along: usize,
    groups: &[Vec<usize>],
    labels: Vec<Label>,
    arguments: &Arguments,
    context: &Context<'_>,
) -> Result<Value, GraphError> {
    let reducer = arguments.graph("reducer")?;
    let passed = arguments.value("context");
    let samples = reduce(cube, along, groups, reducer, &passed, context)?;
    let mut dimensions = cube.dimensions().to_vec();
    dimensions[along] = dimensions[along].with_labels(labels);
    let result = Cube::new(dimensions, samples, cube.crs().cloned())?;
    Ok(Value::cube(result.keep_grid_of(cube)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(start: &str, end: &str) -> Result<Interval, Option<String>> {
        Interval::read(&Value::array(vec![
            Value::Text(start.into()),
            Value::Text(end.into()),
        ]))
    }

    #[test]
    fn times_of_day_hold_for_every_day_and_go_over_midnight() {
        let night = interval("18:00:00", "06:00:00").unwrap();
        let day = interval("06:00:00", "18:00:00").unwrap();
        for (text, dark) in [
            ("2020-06-01T00:00:00Z", true),
            ("2020-06-02T05:59:59Z", true),
            ("2020-06-02T06:00:00Z", false),
            ("2020-06-03T17:59:59Z", false),
            ("2020-06-03T18:00:00Z", true),
        ] {
            let at = text.parse().unwrap();
            assert_eq!(
                (night.contains(at), day.contains(at)),
                (dark, !dark),
                "{text}"
            );
        }
    }

    #[test]
    fn wrong_times_of_day_are_refused() {
        assert!(matches!(interval("06:00:00", "06:00:00"), Err(None)));
        for (start, end) in [
            ("25:00:00", "26:00:00"),
            ("06:00", "18:00"),
            ("06:00:00", "2020-06-01"),
            ("+6:00:00", "18:00:00"),
        ] {
            assert!(matches!(interval(start, end), Err(Some(_))), "{start}");
        }
    }
}
