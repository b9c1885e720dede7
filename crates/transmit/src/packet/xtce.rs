//! Packet definitions in XTCE (OMG formal/2019-07-01, CCSDS 660.0-B-2), the part that fixed packets need.
//!
//! Read: integer, float, enumerated, string and binary parameter types of fixed size with unsigned, two's
//! complement or IEEE 754 encodings and polynomial calibrators; sequence containers with parameters, other
//! containers, inheritance and comparisons. Refused with a typed error: sizes that other parameters give, algorithms,
//! arrays, splines. What is not needed to read packets (descriptions, alarms, commands) is passed over.

mod decode;
mod read;

pub use decode::{DecodeFault, Fields, Value};
pub use read::{XTCE_LEN_MAX, XtceFault};

/// How the bits of a parameter stand for its value.
#[derive(Debug, Clone, PartialEq)]
pub enum Encoding {
    /// Unsigned integer.
    Unsigned,
    /// Two's complement.
    Signed,
    /// IEEE 754 of 32 or 64 bits.
    Float,
    /// Bytes.
    Binary,
    /// Text.
    Text,
}

/// A parameter: where its bits are follows from the containers.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Name.
    pub name: String,
    /// What it is, in words.
    pub description: Option<String>,
    /// Unit.
    pub unit: Option<String>,
    /// Encoding.
    pub encoding: Encoding,
    /// Bits.
    pub size_bits: usize,
    /// Least significant byte first.
    pub little_endian: bool,
    /// Coefficients of the calibrator, by exponent.
    pub polynomial: Option<Vec<f64>>,
    /// Names of values.
    pub labels: Vec<(i64, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Parameter(usize),
    Container(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
struct Comparison {
    parameter: usize,
    operator: Operator,
    value: String,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Container {
    name: String,
    is_abstract: bool,
    entries: Vec<Entry>,
    base: Option<usize>,
    criteria: Vec<Comparison>,
}

/// Packet definitions.
#[derive(Debug, Clone, PartialEq)]
pub struct Definitions {
    parameters: Vec<Parameter>,
    containers: Vec<Container>,
}

impl Definitions {
    /// All parameters, in the order of the document.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Names of the containers that are not abstract.
    pub fn packets(&self) -> impl Iterator<Item = &str> {
        self.containers
            .iter()
            .filter(|c| !c.is_abstract)
            .map(|c| c.name.as_str())
    }

    /// The parameters of a container and of those it is based on, in the order they are sent.
    pub fn fields(&self, container: &str) -> Option<Vec<&Parameter>> {
        let at = self.containers.iter().position(|c| c.name == container)?;
        let mut line = vec![at];
        while let Some(base) = line.last().and_then(|c| self.containers[*c].base) {
            if line.contains(&base) {
                return None;
            }
            line.push(base);
        }
        let mut fields = Vec::new();
        for container in line.iter().rev() {
            self.collect(*container, 0, &mut fields)?;
        }
        Some(fields)
    }

    fn collect<'a>(
        &'a self,
        container: usize,
        depth: usize,
        fields: &mut Vec<&'a Parameter>,
    ) -> Option<()> {
        if depth > decode::DEPTH_MAX || fields.len() > decode::FIELDS_MAX {
            return None;
        }
        for entry in &self.containers[container].entries {
            match entry {
                Entry::Parameter(p) => fields.push(&self.parameters[*p]),
                Entry::Container(c) => self.collect(*c, depth + 1, fields)?,
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests;
