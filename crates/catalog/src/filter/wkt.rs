//! Well-known text of geometries inside CQL2 text.

use geojson::{GeometryValue, Position};

use super::spatial::Shape;
use super::{DEPTH_MAX, Expr};

/// One word; names are upper case.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    Name(String),
    Number(f64),
    Open,
    Close,
    Comma,
}

/// True for the names that begin a geometry.
pub(super) fn is_type(name: &str) -> bool {
    matches!(
        name,
        "POINT"
            | "LINESTRING"
            | "POLYGON"
            | "MULTIPOINT"
            | "MULTILINESTRING"
            | "MULTIPOLYGON"
            | "GEOMETRYCOLLECTION"
    )
}

/// Read one geometry from all the words.
pub(super) fn read(words: Vec<Word>) -> Result<Expr, String> {
    let mut reader = Reader {
        words: words.into_iter().peekable(),
    };
    let value = reader.geometry(0)?;
    if reader.words.next().is_some() {
        return Err("words follow the geometry".to_owned());
    }
    let shape = Shape::of(geojson::Geometry::new(value)).map_err(|e| e.to_string())?;
    Ok(Expr::Geometry(Box::new(shape)))
}

struct Reader {
    words: std::iter::Peekable<std::vec::IntoIter<Word>>,
}

impl Reader {
    fn geometry(&mut self, depth: usize) -> Result<GeometryValue, String> {
        if depth > DEPTH_MAX {
            return Err("geometry collections are nested too deep".to_owned());
        }
        let Some(Word::Name(name)) = self.words.next() else {
            return Err("a geometry begins with its type".to_owned());
        };
        if self.words.peek() == Some(&Word::Name("Z".to_owned())) {
            self.words.next();
        }
        Ok(match &name[..] {
            "POINT" => {
                self.expect(&Word::Open)?;
                let coordinates = self.position()?;
                self.expect(&Word::Close)?;
                GeometryValue::Point { coordinates }
            }
            "LINESTRING" => GeometryValue::LineString {
                coordinates: self.positions()?,
            },
            "POLYGON" => GeometryValue::Polygon {
                coordinates: self.list(Self::positions)?,
            },
            "MULTIPOINT" => GeometryValue::MultiPoint {
                coordinates: self.list(Self::point)?,
            },
            "MULTILINESTRING" => GeometryValue::MultiLineString {
                coordinates: self.list(Self::positions)?,
            },
            "MULTIPOLYGON" => GeometryValue::MultiPolygon {
                coordinates: self.list(|reader| reader.list(Self::positions))?,
            },
            "GEOMETRYCOLLECTION" => GeometryValue::GeometryCollection {
                geometries: self
                    .list(|reader| Ok(geojson::Geometry::new(reader.geometry(depth + 1)?)))?,
            },
            _ => return Err(format!("{name} is no geometry type")),
        })
    }

    fn list<T>(&mut self, part: impl Fn(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        self.expect(&Word::Open)?;
        let mut list = vec![part(self)?];
        loop {
            match self.words.next() {
                Some(Word::Comma) => list.push(part(self)?),
                Some(Word::Close) => return Ok(list),
                _ => return Err("a comma or closing parenthesis is missing".to_owned()),
            }
        }
    }

    fn positions(&mut self) -> Result<Vec<Position>, String> {
        self.list(Self::position)
    }

    /// A point of a multipoint, with or without parentheses of its own.
    fn point(&mut self) -> Result<Position, String> {
        if self.words.peek() != Some(&Word::Open) {
            return self.position();
        }
        self.expect(&Word::Open)?;
        let position = self.position()?;
        self.expect(&Word::Close)?;
        Ok(position)
    }

    fn position(&mut self) -> Result<Position, String> {
        let mut numbers = Vec::with_capacity(2);
        while let Some(Word::Number(number)) = self.words.peek() {
            if numbers.len() == 4 {
                return Err("a position has more than four numbers".to_owned());
            }
            numbers.push(*number);
            self.words.next();
        }
        if numbers.len() < 2 {
            return Err("a position needs longitude and latitude".to_owned());
        }
        Ok(Position::from(numbers))
    }

    fn expect(&mut self, word: &Word) -> Result<(), String> {
        if self.words.next().as_ref() == Some(word) {
            Ok(())
        } else {
            Err("a parenthesis is missing in well-known text".to_owned())
        }
    }
}
