//! `aggregate_temporal_period`: temporal aggregations based on calendar hierarchies.

use super::aggregate_temporal::{grouped, time_dimension};
use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::extent::instant;
use crate::value::{Label, Value};
use jiff::civil::{Date, DateTime};

pub(super) static PROCESS: Process = Process {
    id: "aggregate_temporal_period",
    definition: official!("aggregate_temporal_period"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let along = time_dimension(cube, arguments.optional_text("dimension")?)?;
    let period = Period::read(arguments)?;
    let own = &cube.dimensions()[along];
    let places = own
        .labels
        .iter()
        .map(|label| {
            instant(&label.to_string())
                .map(|time| period.place(jiff::tz::Offset::UTC.to_datetime(time)))
                .ok_or_else(|| {
                    arguments.invalid("data", format!("the label \"{label}\" is no date"))
                })
        })
        .collect::<Result<Vec<i64>, _>>()?;
    let (Some(first), Some(last)) = (places.iter().min(), places.iter().max()) else {
        return Err(arguments.invalid("data", "the temporal dimension has no labels"));
    };
    // Hours and days of centuries would be millions of labels without data.
    if last - first >= LABELS_MAX {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!("there would be more than {LABELS_MAX} periods"),
        ));
    }
    let all: Vec<i64> = (*first..=*last).collect();
    let groups: Vec<Vec<usize>> = all
        .iter()
        .map(|place| {
            (0..own.len())
                .filter(|step| places[*step] == *place)
                .collect()
        })
        .collect();
    let labels = all
        .iter()
        .map(|place| Label::Text(period.label(*place)))
        .collect();
    grouped(cube, along, &groups, labels, arguments, context)
}

/// Most periods of one aggregation.
const LABELS_MAX: i64 = 100_000;

/// Calendar periods, counted from a far past.
#[derive(Debug, Clone, Copy)]
pub(super) enum Period {
    Hour,
    Day,
    Week,
    Dekad,
    Month,
    Season,
    TropicalSeason,
    Year,
    Decade,
    DecadeAd,
}

impl Period {
    pub(super) fn read(arguments: &Arguments) -> Result<Self, GraphError> {
        Ok(match arguments.text("period")? {
            "hour" => Period::Hour,
            "day" => Period::Day,
            "week" => Period::Week,
            "dekad" => Period::Dekad,
            "month" => Period::Month,
            "season" => Period::Season,
            "tropical-season" => Period::TropicalSeason,
            "year" => Period::Year,
            "decade" => Period::Decade,
            "decade-ad" => Period::DecadeAd,
            other => return Err(arguments.invalid("period", format!("{other:?} is not known"))),
        })
    }

    /// Number of the period that a date and time lies in.
    pub(super) fn place(self, time: DateTime) -> i64 {
        let (year, month) = (i64::from(time.year()), i64::from(time.month()));
        let days = days_since_1970(time.date());
        match self {
            Period::Hour => days * 24 + i64::from(time.hour()),
            Period::Day => days,
            // 1970-01-01 was a Thursday; weeks begin on Monday.
            Period::Week => (days + 3).div_euclid(7),
            Period::Dekad => (year * 12 + month - 1) * 3 + i64::from((time.day() - 1) / 10).min(2),
            Period::Month => year * 12 + month - 1,
            Period::Season => (year * 12 + month).div_euclid(3),
            Period::TropicalSeason => (year * 12 + month + 1).div_euclid(6),
            Period::Year => year,
            Period::Decade => year.div_euclid(10),
            Period::DecadeAd => (year - 1).div_euclid(10),
        }
    }

    /// Label of a period.
    pub(super) fn label(self, place: i64) -> String {
        match self {
            Period::Hour => format!("{}-{:02}", date(place.div_euclid(24)), place.rem_euclid(24)),
            Period::Day => {
                let date = date(place);
                format!("{:04}-{:03}", date.year(), date.day_of_year())
            }
            Period::Week => {
                let week = date(place * 7 - 3).iso_week_date();
                format!("{:04}-{:02}", week.year(), week.week())
            }
            Period::Dekad => format!(
                "{:04}-{:02}",
                place.div_euclid(36),
                place.rem_euclid(36) + 1
            ),
            Period::Month => format!(
                "{:04}-{:02}",
                place.div_euclid(12),
                place.rem_euclid(12) + 1
            ),
            // A winter is named for the year of its December.
            Period::Season => {
                let name = ["djf", "mam", "jja", "son"][place.rem_euclid(4) as usize];
                let year = place.div_euclid(4) - i64::from(name == "djf");
                format!("{year:04}-{name}")
            }
            Period::TropicalSeason => {
                let name = ["ndjfma", "mjjaso"][place.rem_euclid(2) as usize];
                let year = place.div_euclid(2) - i64::from(name == "ndjfma");
                format!("{year:04}-{name}")
            }
            Period::Year => format!("{place:04}"),
            Period::Decade => format!("{:04}", place * 10),
            Period::DecadeAd => format!("{:04}", place * 10 + 1),
        }
    }
}

/// The day this many days after 1970-01-01.
fn date(days: i64) -> Date {
    let epoch = Date::constant(1970, 1, 1);
    let span = jiff::Span::new().try_days(days);
    span.and_then(|span| epoch.checked_add(span))
        .unwrap_or(epoch)
}

fn days_since_1970(date: Date) -> i64 {
    let midnight = date.at(0, 0, 0, 0);
    jiff::tz::Offset::UTC
        .to_timestamp(midnight)
        .map_or(0, |time| time.as_second().div_euclid(86_400))
}
