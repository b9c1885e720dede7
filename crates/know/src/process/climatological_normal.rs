//! `climatological_normal`: compute climatology normals.

use super::aggregate_temporal::time_dimension;
use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Samples};
use crate::error::GraphError;
use crate::extent::instant;
use crate::value::{Label, Value};
use jiff::civil::DateTime;

pub(super) static PROCESS: Process = Process {
    id: "climatological_normal",
    definition: official!("climatological_normal"),
    run: Run::Whole(run),
};

/// Calendar slots that a normal is computed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Day,
    Month,
    Season,
    TropicalSeason,
    Period,
}

impl Slot {
    /// Labels in order.
    fn labels(self) -> Vec<String> {
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_string()).collect();
        match self {
            Slot::Day => (1..=365).map(|day| format!("{day:03}")).collect(),
            Slot::Month => (1..=12).map(|month| format!("{month:02}")).collect(),
            Slot::Season => names(&["djf", "mam", "jja", "son"]),
            Slot::TropicalSeason => names(&["ndjfma", "mjjaso"]),
            Slot::Period => names(&["climatology-period"]),
        }
    }

    /// Slot of a date, and the year that the whole of its season counts to.
    ///
    /// The 366th day of a leap year counts to the 365th slot: the normals have 365.
    fn place(self, time: DateTime) -> (usize, i32) {
        let (year, month) = (i32::from(time.year()), usize::from(time.month() as u8));
        match self {
            Slot::Day => {
                let day = usize::from(time.date().day_of_year() as u16);
                (day.min(365) - 1, year)
            }
            Slot::Month => (month - 1, year),
            // A season that spans two years counts to the year it ends in.
            Slot::Season => ((month % 12) / 3, year + i32::from(month == 12)),
            Slot::TropicalSeason => {
                let summer = (5..=10).contains(&month);
                (usize::from(summer), year + i32::from(month >= 11))
            }
            Slot::Period => (0, year),
        }
    }
}

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let along = time_dimension(cube, None)?;
    let slot = match arguments.text("period")? {
        "day" => Slot::Day,
        "month" => Slot::Month,
        "season" => Slot::Season,
        "tropical-season" => Slot::TropicalSeason,
        "climatology-period" => Slot::Period,
        other => return Err(arguments.invalid("period", format!("{other:?} is not known"))),
    };
    let years = match arguments.get("climatology_period") {
        None | Some(Value::Null) => vec![1981.0, 2010.0],
        Some(_) => arguments.numbers("climatology_period")?,
    };
    let [first, last] = years[..] else {
        return Err(arguments.invalid("climatology_period", "two years are needed"));
    };
    if !(first <= last && (-9999.0..=9999.0).contains(&first) && last <= 9999.0) {
        return Err(arguments.invalid(
            "climatology_period",
            format!("{first} to {last}: the first year may not be after the last"),
        ));
    }
    let (first, last) = (first as i32, last as i32);
    let places = places(cube, along, slot, arguments)?;
    // A season that begins in the year before the period is taken where all its months are there.
    let labels = slot.labels();
    let mut groups: Vec<Vec<usize>> = vec![Vec::new(); labels.len()];
    for (step, (index, counted_year, time)) in places.iter().enumerate() {
        let inside = (first..=last).contains(counted_year);
        let before = i32::from(time.year()) < first;
        if inside && (!before || whole_season(&places, *index, *counted_year, slot)) {
            // The months of a first season without its start are left out as well.
            let spans = matches!(slot, Slot::Season | Slot::TropicalSeason) && *index == 0;
            if spans && *counted_year == first && !whole_season(&places, 0, first, slot) {
                continue;
            }
            groups[*index].push(step);
        }
    }
    if groups.iter().all(Vec::is_empty) {
        return Err(arguments.invalid("data", format!("there is no date from {first} to {last}")));
    }
    let mean = means(cube, along, &groups, context)?;
    let mut dimensions = cube.dimensions().to_vec();
    let labels = labels.into_iter().map(Label::Text).collect();
    dimensions[along] = dimensions[along].with_labels(labels);
    let normals = Cube::new(dimensions, mean, cube.crs().cloned())?;
    Ok(Value::cube(normals.keep_grid_of(cube)))
}

type Place = (usize, i32, DateTime);

fn places(
    cube: &Cube,
    along: usize,
    slot: Slot,
    arguments: &Arguments,
) -> Result<Vec<Place>, GraphError> {
    let utc = |label: &Label| {
        instant(&label.to_string()).map(|time| jiff::tz::Offset::UTC.to_datetime(time))
    };
    cube.dimensions()[along]
        .labels
        .iter()
        .map(|label| {
            let time = utc(label).ok_or_else(|| {
                arguments.invalid("data", format!("the label \"{label}\" is no date"))
            })?;
            let (index, year) = slot.place(time);
            Ok((index, year, time))
        })
        .collect()
}

/// Whether each month of the year before, that a season needs, has data.
fn whole_season(places: &[Place], index: usize, year: i32, slot: Slot) -> bool {
    let needed: &[i8] = match slot {
        Slot::Season => &[12],
        Slot::TropicalSeason => &[11, 12],
        _ => return true,
    };
    needed.iter().all(|month| {
        places
            .iter()
            .any(|(own, counted, time)| *own == index && *counted == year && time.month() == *month)
    })
}

/// Means over groups of steps, no data left out; no data where a group has none.
fn means(
    cube: &Cube,
    along: usize,
    groups: &[Vec<usize>],
    context: &Context<'_>,
) -> Result<Samples, GraphError> {
    let (outer, length, inner) = cube.split(along);
    context.allow_samples(outer * groups.len() * inner)?;
    let mut samples = Samples::like(cube.samples(), outer * groups.len() * inner);
    for o in 0..outer {
        for (to, group) in groups.iter().enumerate() {
            for i in 0..inner {
                let (mut sum, mut count) = (0.0, 0_u32);
                for step in group {
                    let value = cube.samples().get((o * length + step) * inner + i);
                    if !value.is_nan() {
                        sum += value;
                        count += 1;
                    }
                }
                if count > 0 {
                    samples.set((o * groups.len() + to) * inner + i, sum / f64::from(count));
                }
            }
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::call;
    use crate::cube::{Dimension, DimensionKind};
    use crate::graph::RunLimits;

    fn normals(period: &str) -> (Vec<String>, Vec<f64>) {
        // Months of 2000 and 2001, the value is the month, plus ten in the second year.
        let labels = (0..24)
            .map(|i| Label::Text(format!("{}-{:02}-15", 2000 + i / 12, i % 12 + 1)))
            .collect();
        let values = (0..24)
            .map(|i| f64::from(i % 12 + 1 + (i / 12) * 10))
            .collect();
        let time = Dimension::new("t", DimensionKind::Time, labels);
        let cube = Cube::new(vec![time], Samples::F64(values), None).unwrap();
        let limits = RunLimits::default();
        let arguments = vec![
            ("data", Value::cube(cube)),
            ("period", Value::Text(period.into())),
            ("climatology_period", Value::numbers([2000.0, 2001.0])),
        ];
        let result = call("climatological_normal", arguments, &Context::new(&limits));
        let Ok(Value::Cube(cube)) = result else {
            panic!("{result:?}")
        };
        let labels = cube.dimensions()[0].labels.iter().map(ToString::to_string);
        (labels.collect(), cube.samples().to_f64())
    }

    #[test]
    fn months_are_means_over_the_years() {
        let (labels, values) = normals("month");
        assert_eq!((labels[0].as_str(), labels.len()), ("01", 12));
        for (month, value) in (1..).zip(values) {
            assert!((value - (f64::from(month) + 5.0)).abs() < 1e-12);
        }
    }

    #[test]
    fn a_winter_without_its_december_is_left_out() {
        let (labels, values) = normals("season");
        assert_eq!(labels, ["djf", "mam", "jja", "son"]);
        // December 2000 with January and February 2001; nothing of early 2000.
        assert!((values[0] - (12.0 + 11.0 + 12.0) / 3.0).abs() < 1e-12);
        assert!((values[1] - 9.0).abs() < 1e-12);
    }
}
