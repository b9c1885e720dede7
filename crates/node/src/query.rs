//! Query strings and JSON bodies, read strictly: what is not known is refused, not ignored.

use crate::Node;
use crate::problem::Problem;
use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::Uri;
use axum::http::request::Parts;
use corridor_catalog::interval::parse_instant;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::str::FromStr;

/// Most parameters a query may carry; a track request names up to this many satellites.
const PARAMETERS_MAX: usize = 1000;

/// The parameters of a query, taken one by one; what is left over is an error.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters {
    pairs: Vec<(String, String)>,
    taken: Vec<&'static str>,
}

impl Parameters {
    /// Those of an address.
    pub(crate) fn of(uri: &Uri) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|e| Problem::invalid(format!("query: {}", e.body_text())))?;
        if pairs.len() > PARAMETERS_MAX {
            return Err(Problem::invalid(format!(
                "query: {} parameters; at most {PARAMETERS_MAX}",
                pairs.len()
            )));
        }
        Ok(Self {
            pairs,
            taken: Vec::new(),
        })
    }

    /// All values of `name`, in order.
    pub(crate) fn take_all(&mut self, name: &'static str) -> Vec<String> {
        self.taken.push(name);
        let (found, rest) = std::mem::take(&mut self.pairs)
            .into_iter()
            .partition(|(key, _)| key == name);
        self.pairs = rest;
        Vec::into_iter(found).map(|(_, value)| value).collect()
    }

    /// The one value of `name`; an empty one counts as none.
    pub(crate) fn take(&mut self, name: &'static str) -> Result<Option<String>, Problem> {
        Ok(self.take_as_it_is(name)?.filter(|value| !value.is_empty()))
    }

    /// The one value of `name`, empty or not.
    pub(crate) fn take_as_it_is(&mut self, name: &'static str) -> Result<Option<String>, Problem> {
        let mut values = self.take_all(name);
        if values.len() > 1 {
            return Err(Problem::invalid(format!(
                "{name}: given {} times, not once",
                values.len()
            )));
        }
        Ok(values.pop())
    }

    /// The one value of `name`, read as a number or such.
    pub(crate) fn take_parsed<T: FromStr>(
        &mut self,
        name: &'static str,
        expected: &str,
    ) -> Result<Option<T>, Problem> {
        self.take_as_it_is(name)?
            .map(|text| {
                text.parse()
                    .map_err(|_| Problem::invalid(format!("{name}: {} {expected}", quoted(&text))))
            })
            .transpose()
    }

    /// The one value of `limit`; one too large for any number here is the largest.
    pub(crate) fn take_limit(&mut self) -> Result<Option<i64>, Problem> {
        self.take_as_it_is("limit")?
            .map(|text| {
                let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                let read = match text.parse() {
                    Ok(number) => Some(number).filter(|number| *number >= 1),
                    Err(_) => digits.then_some(i64::MAX),
                };
                read.ok_or_else(|| {
                    Problem::invalid(format!(
                        "limit: {} is not a whole number from 1",
                        quoted(&text)
                    ))
                })
            })
            .transpose()
    }

    /// The one value of `name`, read as an instant.
    pub(crate) fn take_instant(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Timestamp>, Problem> {
        self.take_as_it_is(name)?
            .map(|text| instant(name, &text))
            .transpose()
    }

    /// Refuses what nothing has taken.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        let Some((name, _)) = self.pairs.first() else {
            return Ok(());
        };
        let known = if self.taken.is_empty() {
            "it takes none".to_string()
        } else {
            format!("known: {}", self.taken.join(", "))
        };
        Err(Problem::invalid(format!(
            "parameter {} is not known here; {known}",
            quoted(name)
        )))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::of(&parts.uri)
    }
}

/// A JSON object as body.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Node> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, node: &Node) -> Result<Self, Problem> {
        // Read as an object first: the reader of a struct would take an array for one.
        let Json(members) = Json::<Map<String, Value>>::from_request(request, node).await?;
        serde_json::from_value(Value::Object(members))
            .map(Self)
            .map_err(|e| Problem::invalid(format!("body: {e}")))
    }
}

/// The `{parameters}` of a path.
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Node> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, node: &Node) -> Result<Self, Problem> {
        let Path(value) = Path::<T>::from_request_parts(parts, node).await?;
        Ok(Self(value))
    }
}

/// Longest part of a value that an error repeats, characters.
const QUOTED_MAX_CHARS: usize = 80;

/// A value as errors repeat it: quoted, escaped, cut short.
pub(crate) fn quoted(text: &str) -> String {
    if text.chars().count() <= QUOTED_MAX_CHARS {
        return format!("{text:?}");
    }
    let start: String = text.chars().take(QUOTED_MAX_CHARS).collect();
    format!("{start:?}…")
}

/// An instant as RFC 3339 writes it: four-digit year, `T`, seconds, and an offset or `Z`.
pub(crate) fn instant(name: &str, text: &str) -> Result<Timestamp, Problem> {
    parse_instant(&unescaped_plus(text)).map_err(|_| {
        Problem::invalid(format!(
            "{name}: {} is not a time as in 2026-11-23T12:00:00Z (RFC 3339)",
            quoted(text)
        ))
    })
}

/// A plus sign that was not escaped in a query reads as a space; times have no other spaces.
pub(crate) fn unescaped_plus(text: &str) -> String {
    text.replace(' ', "+")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        let pairs = pairs
            .iter()
            .map(|(k, v)| ((*k).to_string(), (*v).to_string()))
            .collect();
        Parameters {
            pairs,
            taken: Vec::new(),
        }
    }

    #[test]
    fn what_is_left_over_is_named_with_what_is_known() {
        let mut query = parameters(&[("limit", "3"), ("limt", "4")]);
        assert_eq!(query.take("limit").unwrap().as_deref(), Some("3"));
        let problem = query.finish().unwrap_err();
        assert!(problem.detail().contains("limt") && problem.detail().contains("known: limit"));
        let mut twice = parameters(&[("a", "1"), ("a", "2")]);
        assert!(twice.clone().take("a").is_err());
        assert_eq!(twice.take_all("a"), ["1", "2"]);
    }

    #[test]
    fn a_limit_is_lowered_however_large() {
        for (text, limit) in [
            ("1", Some(1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("2430430276021950349312", Some(i64::MAX)),
            ("0", None),
            ("-1", None),
            ("", None),
            ("1.5", None),
            ("00000000000000000000", None),
            ("x", None),
        ] {
            let read = parameters(&[("limit", text)]).take_limit();
            assert_eq!(read.ok().flatten(), limit, "{text:?}");
        }
        assert_eq!(parameters(&[]).take_limit().unwrap(), None);
    }

    #[test]
    fn instants_are_those_of_rfc_3339() {
        for text in [
            "1985-04-12T23:20:50.52Z",
            "1996-12-19T16:39:57-08:00",
            "1985-04-12t23:20:50.000z",
            "2020-07-23T00:00:00.012345678Z",
            "1996-12-19T16:39:57 08:00",
        ] {
            assert!(instant("t", text).is_ok(), "{text}");
        }
        for text in [
            "1985-04-12",
            "1937-01-01T12:00:27.87+0100",
            "37-01-01T12:00:27.87Z",
            "1985-12-12T23:20:50.52",
            "1985-13-12T23:20:50.52Z",
            "1985-12-01T25:20:50.52Z",
            "1985-12-01T00:06:61.52Z",
            "1985-04-12T23:20:50.Z",
            "1985-04-12T23:20:50,52Z",
            "",
            "2020-07-23T00:00:00Z[Europe/Berlin]",
        ] {
            assert!(instant("t", text).is_err(), "{text}");
        }
    }

    #[test]
    fn long_values_are_cut_in_errors() {
        let text = "é".repeat(500);
        assert!(quoted(&text).chars().count() < 100);
        assert_eq!(quoted("a\nb"), "\"a\\nb\"");
    }
}
