//! A reader of the part of JSON5 that the official vectors use: comments, trailing commas, bare
//! names, single quotes, NaN and infinities.

use std::collections::BTreeMap;

/// A JSON5 value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json5 {
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    Array(Vec<Json5>),
    Object(BTreeMap<String, Json5>),
}

impl Json5 {
    pub(crate) fn get(&self, name: &str) -> Option<&Json5> {
        match self {
            Json5::Object(members) => members.get(name),
            _ => None,
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Json5::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn items(&self) -> &[Json5] {
        match self {
            Json5::Array(items) => items,
            _ => &[],
        }
    }
}

pub(crate) fn parse(text: &str) -> Json5 {
    let mut reader = Reader {
        letters: text.chars().collect(),
        at: 0,
    };
    reader.value()
}

struct Reader {
    letters: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> char {
        self.letters.get(self.at).copied().unwrap_or('\0')
    }

    fn skip(&mut self) {
        loop {
            while self.peek().is_whitespace() || self.peek() == '\u{feff}' {
                self.at += 1;
            }
            let next = self.letters.get(self.at + 1).copied();
            match (self.peek(), next) {
                ('/', Some('/')) => {
                    while !matches!(self.peek(), '\n' | '\0') {
                        self.at += 1;
                    }
                }
                ('/', Some('*')) => {
                    while !(self.peek() == '*' && self.letters.get(self.at + 1) == Some(&'/')) {
                        self.at += 1;
                    }
                    self.at += 2;
                }
                _ => return,
            }
        }
    }

    fn value(&mut self) -> Json5 {
        self.skip();
        match self.peek() {
            '{' => self.object(),
            '[' => self.array(),
            quote @ ('"' | '\'') => Json5::Text(self.quoted(quote)),
            _ => match self.word().as_str() {
                "null" => Json5::Null,
                "true" => Json5::Boolean(true),
                "false" => Json5::Boolean(false),
                "NaN" => Json5::Number(f64::NAN),
                "Infinity" | "+Infinity" => Json5::Number(f64::INFINITY),
                "-Infinity" => Json5::Number(f64::NEG_INFINITY),
                number => Json5::Number(number.parse().unwrap_or_else(|_| panic!("{number:?}"))),
            },
        }
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.peek().is_alphanumeric() || matches!(self.peek(), '_' | '$' | '+' | '-' | '.') {
            self.at += 1;
        }
        self.letters[start..self.at].iter().collect()
    }

    fn quoted(&mut self, quote: char) -> String {
        self.at += 1;
        let mut text = String::new();
        while self.peek() != quote {
            let letter = self.peek();
            self.at += 1;
            if letter != '\\' {
                text.push(letter);
                continue;
            }
            let escaped = self.peek();
            self.at += 1;
            text.push(match escaped {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                'u' => {
                    let code: String = self.letters[self.at..self.at + 4].iter().collect();
                    self.at += 4;
                    char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap()
                }
                other => other,
            });
        }
        self.at += 1;
        text
    }

    fn array(&mut self) -> Json5 {
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip();
            match self.peek() {
                ']' => {
                    self.at += 1;
                    return Json5::Array(items);
                }
                ',' => self.at += 1,
                _ => items.push(self.value()),
            }
        }
    }

    fn object(&mut self) -> Json5 {
        self.at += 1;
        let mut members = BTreeMap::new();
        loop {
            self.skip();
            match self.peek() {
                '}' => {
                    self.at += 1;
                    return Json5::Object(members);
                }
                ',' => self.at += 1,
                letter => {
                    let name = if matches!(letter, '"' | '\'') {
                        self.quoted(letter)
                    } else {
                        self.word()
                    };
                    self.skip();
                    assert_eq!(self.peek(), ':', "after {name:?}");
                    self.at += 1;
                    let value = self.value();
                    members.insert(name, value);
                }
            }
        }
    }
}

#[test]
fn comments_bare_names_and_infinities_are_read() {
    let value = parse("{ // one\n a: [1, -Infinity, NaN, 'x\\n',], /* two */ \"b\": null }");
    assert_eq!(
        value.get("a").unwrap().items()[1],
        Json5::Number(f64::NEG_INFINITY)
    );
    assert_eq!(value.get("b"), Some(&Json5::Null));
}
