//! Definitions from an XTCE document.

use super::{Comparison, Container, Definitions, Encoding, Entry, Operator, Parameter};
use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use std::collections::HashMap;

/// Longest document, bytes.
pub const XTCE_LEN_MAX: usize = 64 << 20;

/// Most parameters, types and containers of each kind.
const ITEMS_MAX: usize = 200_000;

/// Highest exponent of a calibrator.
const EXPONENT_MAX: usize = 16;

/// Largest binary or text parameter, bits: the longest packet.
const SIZE_BITS_MAX: usize = 8 * 65_542;

/// Elements inside one another.
const DEPTH_MAX: usize = 64;

/// Why a document gives no definitions.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XtceFault {
    /// Not XML, or nested past reason.
    #[error("byte {at_byte}: {why}")]
    Xml {
        /// Where.
        at_byte: u64,
        /// Why.
        why: String,
    },
    /// Too large.
    #[error("{0}: more than is taken")]
    TooLarge(&'static str),
    /// Something packets need that is not read here.
    #[error("{item}: {what} is not read here")]
    Unsupported {
        /// Name of the type, parameter or container.
        item: String,
        /// What it uses.
        what: String,
    },
    /// A name that nothing has.
    #[error("{item} refers to {name:?}, which the document does not define")]
    Undefined {
        /// What refers.
        item: String,
        /// To what.
        name: String,
    },
    /// An attribute that is missing or makes no sense.
    #[error("{item}: {attribute} is {value:?}, {right} expected")]
    Attribute {
        /// Element or name.
        item: String,
        /// Attribute.
        attribute: &'static str,
        /// Value.
        value: String,
        /// What would be right.
        right: &'static str,
    },
    /// No container at all.
    #[error("the document defines no sequence container")]
    Empty,
}

/// An element with what is inside it.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    fn get(&self, attribute: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(n, _)| n == attribute)
            .map(|(_, v)| v.as_str())
    }

    fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|c| c.name == name)
    }

    /// All elements of a name below this one, whatever is between.
    fn below<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            child.below(name, found);
        }
    }

    fn label(&self) -> String {
        self.get("name").unwrap_or(&self.name).to_string()
    }

    fn needs(&self, attribute: &'static str) -> Result<&str, XtceFault> {
        self.get(attribute).ok_or_else(|| XtceFault::Attribute {
            item: self.label(),
            attribute,
            value: String::new(),
            right: "a value",
        })
    }
}

fn local(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.rsplit(':').next().unwrap_or_default().to_string()
}

fn element(start: &BytesStart<'_>, at_byte: u64) -> Result<Element, XtceFault> {
    let wrong = |why: String| XtceFault::Xml { at_byte, why };
    let mut made = Element {
        name: local(start.name().as_ref().as_ref()),
        ..Element::default()
    };
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| wrong(e.to_string()))?;
        let raw: &[u8] = attribute.value.as_ref().as_ref();
        let text = std::str::from_utf8(raw).map_err(|e| wrong(e.to_string()))?;
        let value = unescape(text)
            .map_err(|e| wrong(e.to_string()))?
            .into_owned();
        made.attributes
            .push((local(attribute.key.as_ref().as_ref()), value));
    }
    Ok(made)
}

fn tree(text: &str) -> Result<Element, XtceFault> {
    if text.len() > XTCE_LEN_MAX {
        return Err(XtceFault::TooLarge("document"));
    }
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        let at_byte = reader.buffer_position();
        let wrong = |why: String| XtceFault::Xml { at_byte, why };
        match reader.read_event().map_err(|e| wrong(e.to_string()))? {
            Event::Start(start) => {
                if open.len() >= DEPTH_MAX {
                    return Err(wrong(format!(
                        "more than {DEPTH_MAX} elements inside one another"
                    )));
                }
                open.push(element(&start, at_byte)?);
            }
            Event::Empty(start) => {
                let made = element(&start, at_byte)?;
                if let Some(parent) = open.last_mut() {
                    parent.children.push(made);
                }
            }
            Event::End(_) => {
                let done = open.pop().unwrap_or_default();
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Err(wrong("an end tag without a start".into())),
                }
            }
            Event::Text(chunk) => {
                let raw: &[u8] = chunk.as_ref().as_ref();
                if let (Some(parent), Ok(text)) = (open.last_mut(), std::str::from_utf8(raw)) {
                    parent.text.push_str(text.trim());
                }
            }
            Event::Eof if open.len() == 1 => return Ok(open.pop().unwrap_or_default()),
            Event::Eof => return Err(wrong("the document ends inside an element".into())),
            _ => {}
        }
    }
}

impl Definitions {
    /// Reads a document.
    pub fn from_xtce(text: &str) -> Result<Self, XtceFault> {
        let root = tree(text)?;
        let types = types(&root)?;
        let mut parameters = Vec::new();
        let mut by_name = HashMap::new();
        let mut found = Vec::new();
        root.below("ParameterSet", &mut found);
        for element in found
            .iter()
            .flat_map(|s| &s.children)
            .filter(|e| e.name == "Parameter")
        {
            let name = element.needs("name")?.to_string();
            let type_name = element.needs("parameterTypeRef")?;
            let described =
                types
                    .get(last_part(type_name))
                    .ok_or_else(|| XtceFault::Undefined {
                        item: name.clone(),
                        name: type_name.into(),
                    })?;
            let mut parameter = described.clone()?;
            if parameters.len() >= ITEMS_MAX {
                return Err(XtceFault::TooLarge("parameters"));
            }
            parameter.description = element
                .get("shortDescription")
                .map(str::to_string)
                .or_else(|| element.child("LongDescription").map(|e| e.text.clone()));
            parameter.name.clone_from(&name);
            by_name.insert(name, parameters.len());
            parameters.push(parameter);
        }
        let containers = containers(&root, &by_name)?;
        Ok(Self {
            parameters,
            containers,
        })
    }
}

/// Names may be paths; the last part is the name.
fn last_part(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// Types that cannot be read are an error only where a parameter uses them.
type Types = HashMap<String, Result<Parameter, XtceFault>>;

fn types(root: &Element) -> Result<Types, XtceFault> {
    let mut found = Vec::new();
    root.below("ParameterTypeSet", &mut found);
    let mut types = HashMap::new();
    for element in found.iter().flat_map(|s| &s.children) {
        if types.len() >= ITEMS_MAX {
            return Err(XtceFault::TooLarge("parameter types"));
        }
        types.insert(element.needs("name")?.to_string(), parameter_type(element));
    }
    Ok(types)
}

fn parameter_type(element: &Element) -> Result<Parameter, XtceFault> {
    let item = element.label();
    let unsupported = |what: &str| XtceFault::Unsupported {
        item: item.clone(),
        what: what.into(),
    };
    let wrong = |attribute, value: &str, right| XtceFault::Attribute {
        item: item.clone(),
        attribute,
        value: value.into(),
        right,
    };
    let mut encodings = Vec::new();
    for name in [
        "IntegerDataEncoding",
        "FloatDataEncoding",
        "BinaryDataEncoding",
        "StringDataEncoding",
    ] {
        element.below(name, &mut encodings);
    }
    let data = *encodings
        .first()
        .ok_or_else(|| unsupported("a type without a data encoding"))?;
    let (encoding, default_bits) = match (data.name.as_str(), data.get("encoding")) {
        ("IntegerDataEncoding", None | Some("unsigned")) => (Encoding::Unsigned, Some(8)),
        ("IntegerDataEncoding", Some("twosComplement" | "twosCompliment")) => {
            (Encoding::Signed, Some(8))
        }
        ("FloatDataEncoding", None | Some("IEEE754" | "IEEE754_1985" | "IEEE-754")) => {
            (Encoding::Float, Some(32))
        }
        ("BinaryDataEncoding", _) => (Encoding::Binary, None),
        ("StringDataEncoding", None | Some("UTF-8" | "US-ASCII" | "ISO-8859-1")) => {
            (Encoding::Text, None)
        }
        (_, other) => {
            return Err(unsupported(&format!(
                "encoding {}",
                other.unwrap_or_default()
            )));
        }
    };
    let size_bits = match (data.get("sizeInBits"), default_bits) {
        (Some(text), _) => text
            .parse()
            .map_err(|_| wrong("sizeInBits", text, "a number of bits"))?,
        (None, Some(bits)) => bits,
        (None, None) => {
            let mut fixed = Vec::new();
            data.below("FixedValue", &mut fixed);
            let text = fixed
                .first()
                .ok_or_else(|| unsupported("a size that varies"))?
                .text
                .as_str();
            text.parse()
                .map_err(|_| wrong("FixedValue", text, "a number of bits"))?
        }
    };
    let fits = match encoding {
        Encoding::Float => size_bits == 32 || size_bits == 64,
        Encoding::Binary | Encoding::Text => (1..=SIZE_BITS_MAX).contains(&size_bits),
        _ => (1..=64).contains(&size_bits),
    };
    if !fits {
        return Err(wrong(
            "sizeInBits",
            &size_bits.to_string(),
            "1 to 64, 32 or 64 for floats, a packet's for bytes",
        ));
    }
    Ok(Parameter {
        name: item.clone(),
        description: None,
        unit: element
            .child("UnitSet")
            .and_then(|u| u.child("Unit"))
            .map(|u| u.text.clone()),
        encoding,
        size_bits,
        little_endian: data.get("byteOrder") == Some("leastSignificantByteFirst"),
        polynomial: polynomial(data, &item)?,
        labels: labels(element, &item)?,
    })
}

fn polynomial(data: &Element, item: &str) -> Result<Option<Vec<f64>>, XtceFault> {
    let Some(calibrator) = data.child("DefaultCalibrator") else {
        return Ok(None);
    };
    let Some(polynomial) = calibrator.child("PolynomialCalibrator") else {
        return Err(XtceFault::Unsupported {
            item: item.into(),
            what: "a calibrator that is no polynomial".into(),
        });
    };
    let mut terms = vec![0.0; 1];
    for term in polynomial.children.iter().filter(|c| c.name == "Term") {
        let (coefficient, exponent) = (term.needs("coefficient")?, term.needs("exponent")?);
        let at: usize = exponent
            .parse()
            .ok()
            .filter(|e| *e <= EXPONENT_MAX)
            .ok_or_else(|| XtceFault::Attribute {
                item: item.into(),
                attribute: "exponent",
                value: exponent.into(),
                right: "0 to 16",
            })?;
        if terms.len() <= at {
            terms.resize(at + 1, 0.0);
        }
        terms[at] += coefficient
            .parse::<f64>()
            .ok()
            .filter(|c| c.is_finite())
            .ok_or_else(|| XtceFault::Attribute {
                item: item.into(),
                attribute: "coefficient",
                value: coefficient.into(),
                right: "a number",
            })?;
    }
    Ok(Some(terms))
}

fn labels(element: &Element, item: &str) -> Result<Vec<(i64, String)>, XtceFault> {
    let mut found = Vec::new();
    element.below("Enumeration", &mut found);
    found
        .into_iter()
        .map(|e| {
            let value = e.needs("value")?;
            let number = value.parse().map_err(|_| XtceFault::Attribute {
                item: item.into(),
                attribute: "value",
                value: value.into(),
                right: "an integer",
            })?;
            Ok((number, e.needs("label")?.to_string()))
        })
        .collect()
}

fn containers(
    root: &Element,
    parameters: &HashMap<String, usize>,
) -> Result<Vec<Container>, XtceFault> {
    let mut sets = Vec::new();
    root.below("ContainerSet", &mut sets);
    let elements: Vec<&Element> = sets
        .iter()
        .flat_map(|s| &s.children)
        .filter(|e| e.name == "SequenceContainer")
        .collect();
    if elements.is_empty() {
        return Err(XtceFault::Empty);
    }
    if elements.len() > ITEMS_MAX {
        return Err(XtceFault::TooLarge("containers"));
    }
    let mut by_name = HashMap::new();
    for (i, element) in elements.iter().enumerate() {
        by_name.insert(element.needs("name")?.to_string(), i);
    }
    let find = |map: &HashMap<String, usize>, item: &str, name: &str| {
        map.get(last_part(name))
            .copied()
            .ok_or_else(|| XtceFault::Undefined {
                item: item.to_string(),
                name: name.to_string(),
            })
    };
    let mut made = Vec::new();
    for element in elements {
        let name = element.needs("name")?;
        let mut container = Container {
            name: name.to_string(),
            is_abstract: element.get("abstract") == Some("true"),
            ..Container::default()
        };
        for entry in element.child("EntryList").map_or(&[][..], |l| &l.children) {
            let unsupported = |what: String| XtceFault::Unsupported {
                item: name.to_string(),
                what,
            };
            if let Some(extra) = entry.children.first() {
                return Err(unsupported(format!("{} in an entry", extra.name)));
            }
            container.entries.push(match entry.name.as_str() {
                "ParameterRefEntry" => {
                    Entry::Parameter(find(parameters, name, entry.needs("parameterRef")?)?)
                }
                "ContainerRefEntry" => {
                    Entry::Container(find(&by_name, name, entry.needs("containerRef")?)?)
                }
                other => return Err(unsupported(other.to_string())),
            });
        }
        if let Some(base) = element.child("BaseContainer") {
            container.base = Some(find(&by_name, name, base.needs("containerRef")?)?);
            let mut comparisons = Vec::new();
            base.below("Comparison", &mut comparisons);
            for comparison in comparisons {
                container.criteria.push(Comparison {
                    parameter: find(parameters, name, comparison.needs("parameterRef")?)?,
                    operator: match comparison.get("comparisonOperator").unwrap_or("==") {
                        "==" => Operator::Equal,
                        "!=" => Operator::NotEqual,
                        "<" => Operator::Less,
                        "<=" => Operator::LessOrEqual,
                        ">" => Operator::Greater,
                        ">=" => Operator::GreaterOrEqual,
                        other => {
                            return Err(XtceFault::Attribute {
                                item: name.into(),
                                attribute: "comparisonOperator",
                                value: other.into(),
                                right: "one of == != < <= > >=",
                            });
                        }
                    },
                    value: comparison.needs("value")?.to_string(),
                });
            }
        }
        made.push(container);
    }
    Ok(made)
}
