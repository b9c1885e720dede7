//! CCSDS messages as XML (505.0-B): mean elements and ephemerides, alone or several in an NDM.
//!
//! Each message is cut out by its tags and read for itself, so that a broken one costs no more than
//! itself.

use super::oem::{Draft, Message, Metadata};
use super::omm::{self, Fields, Key, Source};
use super::{ElementSet, Fault, Parsed, Wrong};
use quick_xml::Reader;
use quick_xml::escape::{escape, unescape};
use quick_xml::events::Event;
use std::borrow::Cow;
use std::fmt::Write;

/// Reads OMM and OEM text in XML; `file` names it in faults.
pub fn parse(text: &str, file: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let (mut line, mut counted) = (1, 0);
    let mut at = 0;
    while let Some((from, kind)) = next_message(text, at) {
        line += text[counted..from].matches('\n').count();
        counted = from;
        let source = Source {
            file,
            text: &text[from..],
            line,
        };
        let read = match kind {
            Kind::Omm => mean_elements(&source).map(|(set, end)| {
                parsed.keep(set, line);
                end
            }),
            Kind::Oem => ephemeris(&source, &mut parsed),
        };
        let (Ok(end) | Err(end)) = read.map_err(|(fault, end)| {
            parsed.fault(fault);
            end
        });
        at = from + end.max(1);
    }
    parsed
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Omm,
    Oem,
}

impl Kind {
    fn of(tag: &str) -> Option<Self> {
        match tag {
            "omm" => Some(Self::Omm),
            "oem" => Some(Self::Oem),
            _ => None,
        }
    }
}

/// The start of the first message at or after a byte.
fn next_message(text: &str, from: usize) -> Option<(usize, Kind)> {
    let mut at = from;
    loop {
        let here = at + text.get(at..)?.find('<')?;
        if let Some(kind) = Kind::of(named(text, here + 1)) {
            return Some((here, kind));
        }
        at = here + 1;
    }
}

/// What an element says.
enum Node<'a> {
    Open(&'a str),
    /// An element without elements inside.
    Leaf {
        name: &'a str,
        value: Cow<'a, str>,
        unit: Option<String>,
        at: usize,
    },
    Close(&'a str),
}

/// A fault, and where to look on for the next message.
type Stop = (Fault, usize);

/// Walks the elements of the message that the text begins with; gives where it ends.
fn walk<'a>(
    source: &Source<'a>,
    mut visit: impl FnMut(Node<'a>) -> Result<(), Fault>,
) -> Result<usize, Stop> {
    let unclosed = |at| {
        let wrong = Wrong::new("message", "", "should end before the next begins");
        Err((source.fault(wrong, 0), at))
    };
    let mut reader = Reader::from_str(source.text);
    // Name, start of the tag, start of the content, unit.
    let mut open: Option<(&'a str, usize, usize, Option<String>)> = None;
    loop {
        let before = place(reader.buffer_position());
        let event = reader.read_event();
        let after = place(reader.buffer_position());
        let event = event.map_err(|e| {
            let at = place(reader.error_position());
            let wrong = Wrong::new("message", "", format!("is no XML: {e}"));
            (source.fault(wrong, at), after)
        })?;
        let mut tell = |node| visit(node).map_err(|fault| (fault, after));
        match event {
            Event::Start(tag) => {
                if let Some((name, ..)) = open.take() {
                    tell(Node::Open(name))?;
                }
                let name = named(source.text, before + 1);
                if before > 0 && Kind::of(name).is_some() {
                    return unclosed(before);
                }
                let unit = match tag.attributes_raw().is_empty() {
                    true => None,
                    false => tag.try_get_attribute("units").ok().flatten(),
                };
                let unit = unit.map(|a| a.value.to_string());
                open = Some((name, before, after, unit));
            }
            Event::End(_) => match open.take() {
                Some((name, at, from, unit)) => {
                    let raw = source.text.get(from..before).unwrap_or_default();
                    let value = unescape(raw).map_err(|e| {
                        let wrong = Wrong::new(name, raw, format!("is no XML text: {e}"));
                        (source.fault(wrong, at), after)
                    })?;
                    tell(Node::Leaf {
                        name,
                        value,
                        unit,
                        at,
                    })?;
                }
                None => {
                    let name = named(source.text, before + 2);
                    if Kind::of(name).is_some() {
                        return Ok(after);
                    }
                    tell(Node::Close(name))?;
                }
            },
            Event::Eof => return unclosed(after),
            _ => {}
        }
    }
}

fn place(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// The name of the tag at a byte of the text.
fn named(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = (rest.bytes()).position(|b| b.is_ascii_whitespace() || b == b'>' || b == b'/');
    &rest[..end.unwrap_or(rest.len())]
}

fn mean_elements(source: &Source<'_>) -> Result<(ElementSet, usize), Stop> {
    let mut fields = Fields::default();
    let end = walk(source, |node| {
        if let Node::Leaf {
            name,
            value,
            unit,
            at,
        } = node
        {
            let Some(key) = Key::of(name) else {
                return Ok(());
            };
            if let Some(unit) = unit {
                omm::check_unit(key, &unit).map_err(|wrong| source.fault(wrong, at))?;
            }
            fields
                .take(key, value, at)
                .map_err(|(wrong, at)| source.fault(wrong, at))?;
        }
        Ok(())
    })?;
    let set = fields.element_set(source).map_err(|fault| (fault, end))?;
    Ok((set, end))
}

/// Where a state begins, and its members.
type StateVector<'a> = (usize, Vec<(&'a str, Cow<'a, str>)>);

/// The segments of one ephemeris message; a wrong one is left out and named.
fn ephemeris(source: &Source<'_>, parsed: &mut Parsed) -> Result<usize, Stop> {
    let mut message = Message::default();
    let mut metadata: Option<(Metadata<'_>, usize)> = None;
    let mut draft: Option<Draft> = None;
    let mut state: Option<StateVector<'_>> = None;
    let line_of = |at: usize| {
        let before = source.text.get(..at).unwrap_or_default();
        source.line + before.bytes().filter(|b| *b == b'\n').count()
    };
    let mut faults = Vec::new();
    let mut here = 0;
    let walked = walk(source, |node| {
        let step = match node {
            Node::Open("metadata") => {
                metadata = Some((Metadata::default(), here));
                Ok(())
            }
            Node::Open("stateVector") => {
                state = Some((here, Vec::with_capacity(7)));
                Ok(())
            }
            Node::Close("metadata") => match metadata.take() {
                Some((read, at)) => Draft::new(&read, line_of(at)).map(|d| draft = Some(d)),
                None => Ok(()),
            },
            Node::Close("stateVector") => match (state.take(), draft.as_mut()) {
                (Some((at, values)), Some(segment)) => {
                    let get = |key: &str| {
                        let found = values.iter().find(|(k, _)| *k == key);
                        found.map_or("", |(_, value)| value.trim())
                    };
                    let figures = ["X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"].map(get);
                    segment
                        .state(get("EPOCH"), figures.into_iter())
                        .map_err(|wrong| (wrong, line_of(at)))
                }
                _ => Ok(()),
            },
            Node::Close("segment") => draft.take().map_or(Ok(()), |d| message.end(d)),
            Node::Leaf {
                name, value, at, ..
            } => {
                here = at;
                if let Some((_, values)) = &mut state {
                    if values.len() < 16 {
                        values.push((name, value));
                    }
                    Ok(())
                } else if let Some((read, _)) = &mut metadata {
                    read.take(name, value, line_of(at))
                        .map_err(|wrong| (wrong, line_of(at)))
                } else {
                    Ok(())
                }
            }
            Node::Open(_) | Node::Close(_) => Ok(()),
        };
        if let Err((wrong, line)) = step {
            faults.push(wrong.at(source.file, line));
            draft = None;
        }
        Ok(())
    });
    for fault in faults {
        parsed.fault(fault);
    }
    message.into(parsed);
    walked
}

/// Writes element sets as one NDM; reading it back gives the same sets.
pub fn write(sets: &[ElementSet], originator: &str) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ndm>\n");
    for set in sets {
        let values = omm::values(set);
        let created = &values.mean_elements[0].1;
        let _ = writeln!(
            text,
            "<omm id=\"CCSDS_OMM_VERS\" version=\"3.0\"><header><CREATION_DATE>{created}\
             </CREATION_DATE><ORIGINATOR>{}</ORIGINATOR></header><body><segment>",
            escape(originator)
        );
        for (part, members) in [
            ("metadata", &values.metadata[..]),
            ("meanElements", &values.mean_elements[..]),
            ("tleParameters", &values.tle_parameters[..]),
        ] {
            let data = if part == "meanElements" { "<data>" } else { "" };
            let _ = write!(text, "{data}<{part}>");
            for (key, value) in members {
                let _ = write!(text, "<{key}>{}</{key}>", escape(value.as_str()));
            }
            let _ = writeln!(text, "</{part}>");
        }
        text.push_str("</data></segment></body></omm>\n");
    }
    text.push_str("</ndm>\n");
    text
}
