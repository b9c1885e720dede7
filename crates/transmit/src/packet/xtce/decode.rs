//! Packets by their definitions.

use super::{Comparison, Definitions, Encoding, Entry, Operator, Parameter};
use serde::Serialize;

/// Containers inside one another.
pub(super) const DEPTH_MAX: usize = 32;

/// Parameters of one packet.
pub(super) const FIELDS_MAX: usize = 20_000;

/// A decoded value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Integer as sent.
    Integer(i128),
    /// Float, or a calibrated value.
    Float(f64),
    /// Name of a value, or text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// Why a packet cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeFault {
    /// The packet ends inside a parameter.
    #[error("the packet of {len} bytes ends inside {parameter}")]
    Short {
        /// Parameter.
        parameter: String,
        /// Bytes of the packet.
        len: usize,
    },
    /// No definition matches.
    #[error("no container that is not abstract matches this packet")]
    NoMatch,
    /// Definitions that go around in a circle or are too large.
    #[error("definitions nest deeper than {DEPTH_MAX} or have more than {FIELDS_MAX} parameters")]
    Depth,
}

/// A packet's parameters with their values, in the order they are sent.
pub type Fields<'a> = Vec<(&'a Parameter, Value)>;

struct Reading<'a> {
    packet: &'a [u8],
    bit: usize,
    raw: Vec<Option<Value>>,
    fields: Vec<(usize, Value)>,
}

impl Definitions {
    /// Name of the container that matches a packet, and its parameters with their values, in order.
    pub fn decode<'a>(&'a self, packet: &[u8]) -> Result<(&'a str, Fields<'a>), DecodeFault> {
        let mut reading = Reading {
            packet,
            bit: 0,
            raw: vec![None; self.parameters.len()],
            fields: Vec::new(),
        };
        let roots = (0..self.containers.len()).filter(|c| self.containers[*c].base.is_none());
        let mut last = DecodeFault::NoMatch;
        for root in roots {
            // A container that others only refer to is no packet.
            if !self.containers.iter().any(|c| c.base == Some(root))
                && self.containers[root].is_abstract
            {
                continue;
            }
            reading.bit = 0;
            reading.fields.clear();
            reading.raw.fill(None);
            match self.descend(root, &mut reading, 0) {
                Ok(container) => {
                    let fields = reading
                        .fields
                        .into_iter()
                        .map(|(p, v)| (&self.parameters[p], v))
                        .collect();
                    return Ok((&self.containers[container].name, fields));
                }
                Err(fault) => last = fault,
            }
        }
        Err(last)
    }

    /// Reads a container, then the one based on it whose criteria match.
    fn descend(
        &self,
        container: usize,
        reading: &mut Reading<'_>,
        depth: usize,
    ) -> Result<usize, DecodeFault> {
        self.entries(container, reading, depth)?;
        if depth > DEPTH_MAX {
            return Err(DecodeFault::Depth);
        }
        let next = (0..self.containers.len()).find(|c| {
            let c = &self.containers[*c];
            c.base == Some(container) && c.criteria.iter().all(|x| self.holds(x, reading))
        });
        match next {
            Some(next) => self.descend(next, reading, depth + 1),
            None if self.containers[container].is_abstract => Err(DecodeFault::NoMatch),
            None => Ok(container),
        }
    }

    fn entries(
        &self,
        container: usize,
        reading: &mut Reading<'_>,
        depth: usize,
    ) -> Result<(), DecodeFault> {
        if depth > DEPTH_MAX {
            return Err(DecodeFault::Depth);
        }
        for entry in &self.containers[container].entries {
            match entry {
                Entry::Container(c) => self.entries(*c, reading, depth + 1)?,
                Entry::Parameter(p) => {
                    if reading.fields.len() >= FIELDS_MAX {
                        return Err(DecodeFault::Depth);
                    }
                    let parameter = &self.parameters[*p];
                    let raw = read(parameter, reading.packet, reading.bit).ok_or_else(|| {
                        DecodeFault::Short {
                            parameter: parameter.name.clone(),
                            len: reading.packet.len(),
                        }
                    })?;
                    reading.bit += parameter.size_bits;
                    reading.fields.push((*p, shown(parameter, raw.clone())));
                    reading.raw[*p] = Some(raw);
                }
            }
        }
        Ok(())
    }

    fn holds(&self, comparison: &Comparison, reading: &Reading<'_>) -> bool {
        let order = match &reading.raw[comparison.parameter] {
            Some(Value::Integer(n)) => {
                let wanted = comparison.value.parse::<i128>().ok().or_else(|| {
                    let labels = &self.parameters[comparison.parameter].labels;
                    labels
                        .iter()
                        .find(|(_, l)| *l == comparison.value)
                        .map(|(v, _)| i128::from(*v))
                });
                wanted.map(|w| n.cmp(&w))
            }
            Some(Value::Float(x)) => comparison
                .value
                .parse()
                .ok()
                .and_then(|w| x.partial_cmp(&w)),
            Some(Value::Text(text)) => Some(text.as_str().cmp(comparison.value.as_str())),
            Some(Value::Bytes(_)) | None => None,
        };
        order.is_some_and(|order| match comparison.operator {
            Operator::Equal => order.is_eq(),
            Operator::NotEqual => order.is_ne(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            Operator::GreaterOrEqual => order.is_ge(),
        })
    }
}

/// The bits of a parameter as its encoding says.
fn read(parameter: &Parameter, packet: &[u8], bit: usize) -> Option<Value> {
    let size = parameter.size_bits;
    let end = bit.checked_add(size)?;
    if end > packet.len() * 8 {
        return None;
    }
    if matches!(parameter.encoding, Encoding::Binary | Encoding::Text) {
        let bytes: Vec<u8> = (bit..end)
            .step_by(8)
            .map(|b| number(packet, b, (end - b).min(8)) as u8)
            .collect();
        return Some(if parameter.encoding == Encoding::Binary {
            Value::Bytes(bytes)
        } else {
            let text = String::from_utf8_lossy(&bytes);
            Value::Text(text.trim_end_matches('\0').to_string())
        });
    }
    let mut bits = number(packet, bit, size);
    if parameter.little_endian && size.is_multiple_of(8) {
        bits = bits.swap_bytes() >> (64 - size);
    }
    Some(match parameter.encoding {
        Encoding::Float if size == 32 => Value::Float(f64::from(f32::from_bits(bits as u32))),
        Encoding::Float => Value::Float(f64::from_bits(bits)),
        Encoding::Signed if size < 64 && bits >> (size - 1) & 1 == 1 => {
            Value::Integer(i128::from(bits) - (1_i128 << size))
        }
        Encoding::Signed => Value::Integer(i128::from(bits as i64)),
        _ => Value::Integer(i128::from(bits)),
    })
}

/// Up to 64 bits from any bit on; the caller has checked the end.
fn number(packet: &[u8], bit: usize, size: usize) -> u64 {
    let mut value = 0_u128;
    let last = (bit + size).div_ceil(8);
    for byte in &packet[bit / 8..last] {
        value = value << 8 | u128::from(*byte);
    }
    let value = value >> (last * 8 - bit - size);
    (value & ((1_u128 << size) - 1)) as u64
}

/// What people are shown: calibrated, or by name.
fn shown(parameter: &Parameter, raw: Value) -> Value {
    if let Value::Integer(n) = raw
        && let Some((_, label)) = parameter.labels.iter().find(|(v, _)| i128::from(*v) == n)
    {
        return Value::Text(label.clone());
    }
    let Some(polynomial) = &parameter.polynomial else {
        return raw;
    };
    let x = match raw {
        Value::Integer(n) => n as f64,
        Value::Float(x) => x,
        other => return other,
    };
    Value::Float(polynomial.iter().rev().fold(0.0, |sum, c| sum * x + c))
}
