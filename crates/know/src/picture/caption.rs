//! What stands in a picture, in the language asked for where its letters can be drawn.

use super::letters::drawable;
use crate::product::{LegendClass, Product, ProductKind, figure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The language of recipes, and of pictures where no other can be drawn.
const ENGLISH: &str = "en";

/// The days an answer is of, as its picture says them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    kind: ProductKind,
    /// First and last day that the earliest scene may be of.
    first: [Option<String>; 2],
    /// The same of the latest.
    last: [Option<String>; 2],
    /// Start of the time judged, of a series.
    since: Option<String>,
}

impl Dates {
    /// Of the scenes an answer is made from: start and end of each.
    pub fn of(
        kind: ProductKind,
        since: Option<Timestamp>,
        scenes: impl Iterator<Item = (Option<Timestamp>, Option<Timestamp>)>,
    ) -> Self {
        let day = |time: Option<Timestamp>| time.map(|t| t.strftime("%Y-%m-%d").to_string());
        let days = |scene: Option<(Option<Timestamp>, Option<Timestamp>)>| {
            let (start, end) = scene.unwrap_or_default();
            [day(start), day(end.or(start))]
        };
        let all: Vec<_> = scenes.collect();
        Self {
            kind,
            first: days(all.iter().copied().min_by_key(|scene| scene.0)),
            last: days(all.iter().copied().max_by_key(|scene| scene.0)),
            since: day(since),
        }
    }

    /// In words. A scene whose date is known to lie between two days only is of no single day.
    fn say(&self, words: &Phrases) -> String {
        let day = |day: &Option<String>| day.clone().unwrap_or_else(|| "?".into());
        let days = |[start, end]: &[Option<String>; 2]| match start == end {
            true => day(start),
            false => filled(words.between, [&day(start), &day(end)]),
        };
        let (first, last) = (days(&self.first), days(&self.last));
        match self.kind {
            ProductKind::Date => first,
            ProductKind::Change => filled(words.to, [&first, &last]),
            ProductKind::Series => {
                let judged = filled(words.to, [&day(&self.since), &day(&self.last[0])]);
                filled(words.history, [&judged, &day(&self.first[0])])
            }
        }
    }
}

/// What stands in every picture: `{}` is filled in.
struct Phrases {
    language: &'static str,
    no_data: &'static str,
    between: &'static str,
    to: &'static str,
    history: &'static str,
    /// What stands before decimals.
    point: char,
}

const PHRASES: [Phrases; 7] = [
    Phrases {
        language: ENGLISH,
        no_data: "no data",
        between: "between {} and {}",
        to: "{} to {}",
        history: "{}, history from {}",
        point: '.',
    },
    Phrases {
        language: "es",
        no_data: "sin datos",
        between: "entre {} y {}",
        to: "{} a {}",
        history: "{}, historia desde {}",
        point: ',',
    },
    Phrases {
        language: "fr",
        no_data: "pas de données",
        between: "entre {} et {}",
        to: "{} à {}",
        history: "{}, historique depuis {}",
        point: ',',
    },
    Phrases {
        language: "pt",
        no_data: "sem dados",
        between: "entre {} e {}",
        to: "{} a {}",
        history: "{}, histórico desde {}",
        point: ',',
    },
    Phrases {
        language: "ro",
        no_data: "fără date",
        between: "între {} și {}",
        to: "{} – {}",
        history: "{}, istoric din {}",
        point: ',',
    },
    Phrases {
        language: "zh",
        no_data: "无数据",
        between: "{} 与 {} 之间",
        to: "{} 至 {}",
        history: "{}，历史自 {} 起",
        point: '.',
    },
    Phrases {
        language: "ar",
        no_data: "لا بيانات",
        between: "بين {} و{}",
        to: "من {} إلى {}",
        history: "{}، والتاريخ منذ {}",
        point: '.',
    },
];

fn filled<const N: usize>(phrase: &str, values: [&str; N]) -> String {
    values.iter().fold(phrase.to_string(), |text, value| {
        text.replacen("{}", value, 1)
    })
}

/// The texts of one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Caption {
    /// Tag of the language they are in.
    pub language: String,
    pub(super) title: String,
    pub(super) time: String,
    /// Entries of the legend, in the order of the classes.
    pub(super) classes: Vec<String>,
    pub(super) no_data: String,
}

impl Caption {
    /// The texts in a language that the product has words of; `None` where it has none.
    fn of(
        product: &Product,
        classes: &[LegendClass],
        statistics: &Map<String, Value>,
        dates: &Dates,
        language: &str,
    ) -> Option<Self> {
        let phrases = PHRASES.iter().find(|p| p.language == language)?;
        let words = product.words.get(language);
        if words.is_none() && language != ENGLISH {
            return None;
        }
        let label = |class: &LegendClass| {
            let own = words.and_then(|words| words.classes.get(&class.value.to_string()));
            // Classes of an older answer may mean something else than the product's today.
            let mut today = product.style.classes.iter();
            let same = today.any(|c| c.value == class.value && c.label == class.label);
            let own = own.filter(|_| same);
            own.unwrap_or(&class.label).clone()
        };
        let classes = classes
            .iter()
            .map(|class| {
                let key = format!("area_km2_{}", crate::product::word(&class.label));
                match statistics.get(&key).and_then(Value::as_f64) {
                    Some(km2) => {
                        let figure = figure(km2).replace('.', &phrases.point.to_string());
                        format!("{}  {figure} km²", label(class))
                    }
                    None => label(class),
                }
            })
            .collect();
        Some(Self {
            language: language.to_string(),
            title: words.map_or(&product.title, |words| &words.title).clone(),
            time: dates.say(phrases),
            classes,
            no_data: phrases.no_data.to_string(),
        })
    }

    fn drawable(&self) -> bool {
        let all = [&self.title, &self.time, &self.no_data].into_iter();
        all.chain(&self.classes).all(|text| drawable(text))
    }

    /// Title, time and legend in a sentence, for people who do not see the picture.
    pub(super) fn sentence(&self) -> String {
        let classes: Vec<String> = self.classes.iter().map(|c| c.replace("  ", " ")).collect();
        format!("{}, {}: {}", self.title, self.time, classes.join("; "))
    }
}

/// The texts of a picture, drawn and told.
#[derive(Debug, Clone, PartialEq)]
pub struct Captions {
    /// What is drawn.
    pub drawn: Caption,
    /// What is told beside the picture: in the language asked for, also where that is not drawn.
    pub told: Caption,
}

impl Captions {
    /// The texts in a language (`ro`, `pt-BR`); in English where the product has no words of it, and
    /// drawn in English where its letters cannot be drawn.
    pub(crate) fn of(
        product: &Product,
        classes: &[LegendClass],
        statistics: &Map<String, Value>,
        dates: &Dates,
        language: &str,
    ) -> Option<Self> {
        let base = language.split('-').next().unwrap_or_default();
        let base = base.to_ascii_lowercase();
        let of = |language| Caption::of(product, classes, statistics, dates, language);
        let english = of(ENGLISH)?;
        let told = of(&base).unwrap_or_else(|| english.clone());
        let drawn = match told.drawable() {
            true => told.clone(),
            false => english,
        };
        Some(Self { drawn, told })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(kind: ProductKind, scenes: &[(&str, &str)]) -> Dates {
        let times = scenes.iter().map(|(s, e)| (s.parse().ok(), e.parse().ok()));
        Dates::of(kind, "2020-01-01T00:00:00Z".parse().ok(), times)
    }

    #[test]
    fn an_answer_says_its_dates() {
        let day = ("2020-06-30T09:10:00Z", "2020-06-30T09:10:20Z");
        let early = ("2019-07-01T09:10:00Z", "");
        let unsure = ("1999-04-15T00:00:00Z", "2022-11-20T22:06:09Z");
        let say = |kind, scenes: &[_], phrases: usize| dates(kind, scenes).say(&PHRASES[phrases]);
        assert_eq!(say(ProductKind::Date, &[day], 0), "2020-06-30");
        let between = "between 1999-04-15 and 2022-11-20";
        assert_eq!(say(ProductKind::Date, &[unsure], 0), between);
        let entre = "entre 1999-04-15 et 2022-11-20";
        assert_eq!(say(ProductKind::Date, &[unsure], 2), entre);
        let both = [early, day];
        let change = "2019-07-01 to 2020-06-30";
        assert_eq!(say(ProductKind::Change, &both, 0), change);
        assert_eq!(
            say(ProductKind::Series, &both, 0),
            "2020-01-01 to 2020-06-30, history from 2019-07-01"
        );
    }

    #[test]
    fn every_language_says_everything() {
        for phrases in &PHRASES {
            for (phrase, places) in [
                (phrases.no_data, 0),
                (phrases.between, 2),
                (phrases.to, 2),
                (phrases.history, 2),
            ] {
                let found = phrase.matches("{}").count();
                assert_eq!(found, places, "{}: {phrase}", phrases.language);
            }
        }
    }
}
