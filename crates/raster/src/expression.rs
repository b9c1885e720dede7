//! Arithmetic over bands: `(b4 - b3) / (b4 + b3)`.

use std::str::FromStr;

use crate::RasterError;
use crate::band::Band;

/// Longest expression, bytes, and how deep brackets may be nested.
const BYTES_MAX: usize = 1024;
const DEPTH_MAX: usize = 32;

/// An expression of `+ - * /`, brackets, numbers, `b1`, `b2`, ... (bands counted from 1), and
/// `sqrt`, `abs`, `log10`, `min`, `max`.
///
/// A pixel that lacks a band it needs has no value, as has one where the result is not finite.
#[derive(Debug, Clone)]
pub struct Expression {
    text: String,
    root: Node,
    /// Bands needed, counted from 0, each once.
    bands: Vec<usize>,
}

#[derive(Debug, Clone)]
enum Node {
    Number(f64),
    /// Place in the list of bands.
    Band(usize),
    Unary(fn(f64) -> f64, Box<Node>),
    Binary(fn(f64, f64) -> f64, Box<Node>, Box<Node>),
}

impl Expression {
    /// Bands needed, counted from 0.
    #[must_use]
    pub fn bands(&self) -> &[usize] {
        &self.bands
    }

    /// The values, given the bands of [`Expression::bands`] in that order, all of one size.
    ///
    /// # Errors
    /// When their number or sizes are wrong.
    pub fn evaluate(&self, bands: &[Band]) -> Result<Band, RasterError> {
        let Some(first) = bands.first().filter(|_| bands.len() == self.bands.len()) else {
            return Err(RasterError::argument(
                "expression",
                format!("{} bands for {}", bands.len(), self.text),
            ));
        };
        let (width, height) = (first.width(), first.height());
        let values: Vec<Vec<f32>> = bands.iter().map(Band::values_f32).collect();
        if values.iter().any(|v| v.len() != width * height) {
            return Err(RasterError::argument(
                "expression",
                "bands of different sizes",
            ));
        }
        let result = match run(&self.root, &values) {
            Operand::Value(value) => vec![value; width * height],
            Operand::Values(values) => values,
        };
        let finite = |v: f64| if v.is_finite() { v as f32 } else { f32::NAN };
        Band::from_f32(width, height, result.into_iter().map(finite).collect())
    }
}

/// A whole band, or one number for all of it.
enum Operand {
    Value(f64),
    Values(Vec<f64>),
}

fn run(node: &Node, bands: &[Vec<f32>]) -> Operand {
    match node {
        Node::Number(value) => Operand::Value(*value),
        Node::Band(index) => Operand::Values(bands[*index].iter().map(|v| f64::from(*v)).collect()),
        Node::Unary(f, node) => match run(node, bands) {
            Operand::Value(v) => Operand::Value(f(v)),
            Operand::Values(v) => Operand::Values(v.into_iter().map(f).collect()),
        },
        Node::Binary(f, a, b) => match (run(a, bands), run(b, bands)) {
            (Operand::Value(a), Operand::Value(b)) => Operand::Value(f(a, b)),
            (Operand::Values(a), Operand::Value(b)) => {
                Operand::Values(a.into_iter().map(|a| f(a, b)).collect())
            }
            (Operand::Value(a), Operand::Values(b)) => {
                Operand::Values(b.into_iter().map(|b| f(a, b)).collect())
            }
            (Operand::Values(a), Operand::Values(b)) => {
                Operand::Values(a.into_iter().zip(b).map(|(a, b)| f(a, b)).collect())
            }
        },
    }
}

impl FromStr for Expression {
    type Err = RasterError;

    fn from_str(text: &str) -> Result<Self, RasterError> {
        let bad =
            |reason: String| RasterError::argument("expression", format!("{text:?}: {reason}"));
        if text.len() > BYTES_MAX {
            return Err(RasterError::argument(
                "expression",
                format!("{} bytes, above the limit of {BYTES_MAX}", text.len()),
            ));
        }
        let mut parser = Parser {
            rest: text,
            bands: Vec::new(),
            depth: 0,
        };
        let root = parser.sum().map_err(bad)?;
        if !parser.rest.trim().is_empty() {
            return Err(bad(format!("{:?} is left over", parser.rest.trim())));
        }
        if parser.bands.is_empty() {
            return Err(bad("names no band".to_owned()));
        }
        Ok(Self {
            text: text.to_owned(),
            root,
            bands: parser.bands,
        })
    }
}

struct Parser<'a> {
    rest: &'a str,
    bands: Vec<usize>,
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self, wanted: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(wanted) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("nested deeper than {DEPTH_MAX}"));
        }
        let mut left = self.product()?;
        loop {
            let f: fn(f64, f64) -> f64 = if self.take('+') {
                |a, b| a + b
            } else if self.take('-') {
                |a, b| a - b
            } else {
                self.depth -= 1;
                return Ok(left);
            };
            left = Node::Binary(f, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Node, String> {
        let mut left = self.factor()?;
        loop {
            let f: fn(f64, f64) -> f64 = if self.take('*') {
                |a, b| a * b
            } else if self.take('/') {
                |a, b| a / b
            } else {
                return Ok(left);
            };
            left = Node::Binary(f, Box::new(left), Box::new(self.factor()?));
        }
    }

    fn factor(&mut self) -> Result<Node, String> {
        if self.take('-') {
            self.depth += 1;
            if self.depth > DEPTH_MAX {
                return Err(format!("nested deeper than {DEPTH_MAX}"));
            }
            let node = Node::Unary(|v| -v, Box::new(self.factor()?));
            self.depth -= 1;
            return Ok(node);
        }
        if self.take('(') {
            let node = self.sum()?;
            return self.close(node);
        }
        self.rest = self.rest.trim_start();
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        if let Ok(number) = word.parse::<f64>() {
            return Ok(Node::Number(number));
        }
        if let Some(number) = word.strip_prefix('b').and_then(|n| n.parse::<usize>().ok()) {
            let band = number.checked_sub(1).ok_or("bands count from 1")?;
            let known = self.bands.iter().position(|b| *b == band);
            return Ok(Node::Band(known.unwrap_or_else(|| {
                self.bands.push(band);
                self.bands.len() - 1
            })));
        }
        let one: Option<fn(f64) -> f64> = match word {
            "sqrt" => Some(f64::sqrt),
            "abs" => Some(f64::abs),
            "log10" => Some(f64::log10),
            _ => None,
        };
        // Unlike `f64::min`, what is not there stays so.
        let two: Option<fn(f64, f64) -> f64> = match word {
            "min" => Some(|a, b| {
                if a.is_nan() || b.is_nan() {
                    f64::NAN
                } else {
                    a.min(b)
                }
            }),
            "max" => Some(|a, b| {
                if a.is_nan() || b.is_nan() {
                    f64::NAN
                } else {
                    a.max(b)
                }
            }),
            _ => None,
        };
        if (one.is_some() || two.is_some()) && !self.take('(') {
            return Err(format!("{word} needs brackets"));
        }
        if let Some(f) = one {
            let node = Node::Unary(f, Box::new(self.sum()?));
            return self.close(node);
        }
        if let Some(f) = two {
            let first = self.sum()?;
            if !self.take(',') {
                return Err(format!("{word} needs two values"));
            }
            let node = Node::Binary(f, Box::new(first), Box::new(self.sum()?));
            return self.close(node);
        }
        Err(format!("{word:?} is no number, band or function"))
    }

    fn close(&mut self, node: Node) -> Result<Node, String> {
        if self.take(')') {
            Ok(node)
        } else {
            Err("a bracket is not closed".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, bands: &[f32]) -> Option<f64> {
        let expression: Expression = text.parse().unwrap();
        let bands: Vec<Band> = expression
            .bands()
            .iter()
            .map(|b| Band::from_f32(1, 1, vec![bands[*b]]).unwrap())
            .collect();
        expression.evaluate(&bands).unwrap().value(0, 0)
    }

    #[test]
    fn expressions_follow_the_usual_rules() {
        assert_eq!(value("(b2-b1)/(b2+b1)", &[1.0, 3.0]), Some(0.5));
        assert_eq!(value("b1 + 2 * b2 - -1", &[1.0, 3.0]), Some(8.0));
        assert_eq!(value("8/b1/b2", &[2.0, 4.0]), Some(1.0));
        assert_eq!(
            value("sqrt(abs(b1)) + max(b2, 1.5)", &[-4.0, 1.0]),
            Some(3.5)
        );
        assert_eq!(value("b1/b2", &[1.0, 0.0]), None);
        assert_eq!(value("min(b1, b2)", &[1.0, f32::NAN]), None);
    }

    #[test]
    fn wrong_expressions_are_refused() {
        let deep = "(".repeat(100) + "b1" + &")".repeat(100);
        let minus = "-".repeat(100) + "b1";
        for bad in [
            "", "1", "b0", "b1+", "(b1", "b1)", "b1 b2", "foo(b1)", "min(b1)", "sqrt b1", &deep,
            &minus,
        ] {
            assert!(bad.parse::<Expression>().is_err(), "{bad}");
        }
    }
}
