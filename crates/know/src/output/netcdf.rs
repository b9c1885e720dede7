//! NetCDF in the classic format with 64-bit offsets ("CDF-2").
//!
//! Source: "The NetCDF Classic Format Specification", NetCDF Users Guide 4.9, appendix B: a header
//! of dimensions, attributes and variables, then the values of each variable one after the other,
//! big-endian, each padded to four bytes.

use super::cf::{Attribute, Dataset, Values, Variable};
use super::{Asked, OutputFile};
use crate::error::GraphError;

/// Most bytes of one variable: its size is a 32-bit number in the header.
const VARIABLE_BYTES_MAX: u64 = u32::MAX as u64 - 3;

/// External types by their tags.
const CHAR: u32 = 2;
const INT: u32 = 4;
const FLOAT: u32 = 5;
const DOUBLE: u32 = 6;

pub(super) fn write(asked: &Asked<'_>) -> Result<Vec<OutputFile>, GraphError> {
    let dataset = Dataset::of(asked)?;
    let file = File::of(&dataset);
    let bytes = file.to_bytes().map_err(|reason| asked.unsuitable(reason))?;
    let mut output = asked.file("", bytes);
    output.times = asked.times();
    output.bands = dataset.bands;
    output.grid = dataset.grid;
    Ok(vec![output])
}

/// A data set whose texts are arrays of letters, as this format has them.
struct File<'a> {
    dimensions: Vec<(String, usize)>,
    attributes: &'a [(&'static str, Attribute)],
    /// Each with its dimensions.
    variables: Vec<(&'a Variable, Vec<usize>)>,
}

impl<'a> File<'a> {
    fn of(dataset: &'a Dataset) -> Self {
        let mut dimensions = dataset.dimensions.clone();
        let variables = dataset
            .variables
            .iter()
            .map(|variable| {
                let mut along = variable.dimensions.clone();
                if let Values::Text(texts) = &variable.values {
                    along.push(dimensions.len());
                    let mut name = format!("{}_length", variable.name);
                    while dimensions.iter().any(|(taken, _)| *taken == name) {
                        name.push('_');
                    }
                    dimensions.push((name, width(texts)));
                }
                (variable, along)
            })
            .collect();
        Self {
            dimensions,
            attributes: &dataset.attributes,
            variables,
        }
    }
}

/// Bytes of the longest text, and at least one.
fn width(texts: &[String]) -> usize {
    texts.iter().map(String::len).max().unwrap_or(1).max(1)
}

impl Values {
    fn tag(&self) -> u32 {
        match self {
            Values::Text(_) => CHAR,
            Values::Int(_) => INT,
            Values::Float(_) => FLOAT,
            Values::Double(_) => DOUBLE,
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Values::Text(texts) => (width(texts) * texts.len()) as u64,
            Values::Int(values) => 4 * values.len() as u64,
            Values::Float(values) => 4 * values.len() as u64,
            Values::Double(values) => 8 * values.len() as u64,
        }
    }

    fn append(&self, to: &mut Vec<u8>) {
        match self {
            Values::Text(texts) => {
                let width = width(texts);
                for text in texts {
                    to.extend(text.as_bytes());
                    to.resize(to.len() + width - text.len(), 0);
                }
            }
            Values::Int(values) => values.iter().for_each(|v| to.extend(v.to_be_bytes())),
            Values::Float(values) => values.iter().for_each(|v| to.extend(v.to_be_bytes())),
            Values::Double(values) => values.iter().for_each(|v| to.extend(v.to_be_bytes())),
        }
        pad(to);
    }
}

fn pad(to: &mut Vec<u8>) {
    to.resize(to.len().next_multiple_of(4), 0);
}

fn put(to: &mut Vec<u8>, number: u32) {
    to.extend(number.to_be_bytes());
}

fn put_text(to: &mut Vec<u8>, text: &str) {
    put(to, text.len() as u32);
    to.extend(text.as_bytes());
    pad(to);
}

fn put_attributes<'a>(
    to: &mut Vec<u8>,
    attributes: impl IntoIterator<Item = &'a (&'static str, Attribute)>,
) {
    const ATTRIBUTES: u32 = 0x0C;
    let attributes: Vec<_> = attributes.into_iter().collect();
    put(to, if attributes.is_empty() { 0 } else { ATTRIBUTES });
    put(to, attributes.len() as u32);
    for (name, attribute) in attributes {
        put_text(to, name);
        match attribute {
            Attribute::Text(text) => {
                put(to, CHAR);
                put_text(to, text);
            }
            Attribute::Float(number) => {
                put(to, FLOAT);
                put(to, 1);
                to.extend(number.to_be_bytes());
            }
            Attribute::Double(number) => {
                put(to, DOUBLE);
                put(to, 1);
                to.extend(number.to_be_bytes());
            }
        }
    }
}

impl File<'_> {
    fn to_bytes(&self) -> Result<Vec<u8>, String> {
        for (variable, _) in &self.variables {
            if variable.values.bytes() > VARIABLE_BYTES_MAX {
                return Err(format!(
                    "the variable {:?} would have {} bytes; at most {VARIABLE_BYTES_MAX} fit",
                    variable.name,
                    variable.values.bytes()
                ));
            }
        }
        // The header has the same length whatever the offsets in it are.
        let length = self.header(0).len() as u64;
        let mut bytes = self.header(length);
        for (variable, _) in &self.variables {
            variable.values.append(&mut bytes);
        }
        Ok(bytes)
    }

    /// The header, where the values begin at `data`.
    fn header(&self, data: u64) -> Vec<u8> {
        const DIMENSIONS: u32 = 0x0A;
        const VARIABLES: u32 = 0x0B;
        let mut to = b"CDF\x02".to_vec();
        // No dimension grows, so there are no records.
        put(&mut to, 0);
        put(
            &mut to,
            if self.dimensions.is_empty() {
                0
            } else {
                DIMENSIONS
            },
        );
        put(&mut to, self.dimensions.len() as u32);
        for (name, length) in &self.dimensions {
            put_text(&mut to, name);
            put(&mut to, *length as u32);
        }
        put_attributes(&mut to, self.attributes);
        put(
            &mut to,
            if self.variables.is_empty() {
                0
            } else {
                VARIABLES
            },
        );
        put(&mut to, self.variables.len() as u32);
        let encoding = ("_Encoding", Attribute::Text("utf-8".into()));
        let mut begin = data;
        for (variable, along) in &self.variables {
            put_text(&mut to, &variable.name);
            put(&mut to, along.len() as u32);
            along.iter().for_each(|d| put(&mut to, *d as u32));
            let letters = matches!(variable.values, Values::Text(_)).then_some(&encoding);
            put_attributes(&mut to, variable.attributes.iter().chain(letters));
            put(&mut to, variable.values.tag());
            let size = variable.values.bytes().next_multiple_of(4);
            put(&mut to, size as u32);
            to.extend(begin.to_be_bytes());
            begin += size;
        }
        to
    }
}
