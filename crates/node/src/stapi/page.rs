//! Pages: `limit` entries after a token. A token is the number of entries before it.

use crate::problem::Problem;
use crate::query::{Parameters, quoted};

/// Entries of a page where the request does not say.
const LIMIT_DEFAULT: usize = 10;
/// Most entries of a page; a larger limit is lowered to this.
const LIMIT_MAX: usize = 1_000;
/// Longest token read, characters.
const TOKEN_MAX_CHARS: usize = 9;

/// Which entries of a list are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Entries before the page.
    pub(super) skip: usize,
    /// Most entries of the page.
    pub(super) limit: usize,
}

impl Wanted {
    /// The page of a query with `limit` and `next`.
    pub(super) fn from_query(query: &mut Parameters) -> Result<Self, Problem> {
        let limit = query.take_limit()?;
        Self::read(limit, query.take_as_it_is("next")?.as_deref())
    }

    /// The page of these values.
    pub(super) fn read(limit: Option<i64>, next: Option<&str>) -> Result<Self, Problem> {
        let limit = match limit {
            None => LIMIT_DEFAULT,
            Some(limit) if limit >= 1 => {
                usize::try_from(limit).map_or(LIMIT_MAX, |l| l.min(LIMIT_MAX))
            }
            Some(limit) => return Err(not_a_limit(&limit.to_string())),
        };
        let skip = match next {
            None => 0,
            Some(token) => read_token(token)?,
        };
        Ok(Self { skip, limit })
    }

    /// Cuts a list that was asked for with one entry too many, and gives the token of the next page.
    pub(super) fn cut<T>(self, entries: &mut Vec<T>) -> Option<String> {
        let more = entries.len() > self.limit;
        entries.truncate(self.limit);
        more.then(|| (self.skip + self.limit).to_string())
    }

    /// The page of a whole list, and the token of the next.
    pub(super) fn of<T>(self, entries: impl Iterator<Item = T>) -> (Vec<T>, Option<String>) {
        let mut page: Vec<T> = entries.skip(self.skip).take(self.limit + 1).collect();
        let next = self.cut(&mut page);
        (page, next)
    }
}

fn read_token(token: &str) -> Result<usize, Problem> {
    let digits = !token.is_empty()
        && token.len() <= TOKEN_MAX_CHARS
        && token.bytes().all(|b| b.is_ascii_digit());
    let read = digits.then(|| token.parse().ok()).flatten();
    read.ok_or_else(|| {
        Problem::invalid(format!(
            "next: {} is not a token of this list; take it from the link to the next page",
            quoted(token)
        ))
    })
}

fn not_a_limit(value: &str) -> Problem {
    Problem::invalid(format!("limit: {value} is not a whole number from 1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_hold_every_entry_once() {
        let mut seen = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let wanted = Wanted::read(Some(3), token.as_deref()).unwrap();
            let (page, next) = wanted.of(0..9);
            seen.extend(page);
            match next {
                Some(next) => token = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, (0..9).collect::<Vec<_>>());
    }

    #[test]
    fn limits_and_tokens_that_cannot_be_are_named() {
        for limit in [0, -1, i64::MIN] {
            let said = Wanted::read(Some(limit), None).unwrap_err();
            assert!(said.detail().starts_with("limit: "), "{}", said.detail());
        }
        assert_eq!(Wanted::read(Some(i64::MAX), None).unwrap().limit, LIMIT_MAX);
        for token in ["", "-1", "+1", "x", "1e3", "99999999999999999999"] {
            let read = Wanted::read(None, Some(token));
            assert!(read.is_err(), "{token:?}");
        }
    }
}
