//! CQL2 text (Annex B of OGC 21-065r2): words, then a descent by precedence.

use super::json::{bbox_geometry, date_literal, interval_end_literal, timestamp_literal};
use super::{DEPTH_MAX, Expr, FilterError, Kind, Op, TEXT_MAX_BYTES, wkt};
use crate::bbox::Bbox;

/// One word of the text and where it begins.
#[derive(Clone, Debug, PartialEq)]
struct Token {
    kind: Word,
    at: usize,
}

#[derive(Clone, Debug, PartialEq)]
enum Word {
    /// A name or keyword.
    Name(String),
    /// A name in double quotes: never a keyword.
    Quoted(String),
    Text(String),
    Number(f64),
    Symbol(&'static str),
    End,
}

/// Symbols, longer ones before their beginnings.
const SYMBOLS: [&str; 14] = [
    "<>", "<=", ">=", "=", "<", ">", "(", ")", ",", "+", "-", "*", "/", "%",
];

fn syntax(at: usize, reason: impl Into<String>) -> FilterError {
    FilterError::Syntax {
        at,
        reason: reason.into(),
    }
}

/// Read an expression.
pub(super) fn parse(text: &str) -> Result<Expr, FilterError> {
    if text.len() > TEXT_MAX_BYTES {
        return Err(FilterError::TooLarge {
            what: "length in bytes",
            max: TEXT_MAX_BYTES,
        });
    }
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
    };
    let expr = parser.or()?;
    match parser.peek() {
        Word::End => Ok(expr),
        _ => Err(parser.unexpected("AND, OR or the end")),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (kind, length) = if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if c == '\'' {
            let (text, length) = quoted(rest, '\'').ok_or_else(|| syntax(at, "text has no end"))?;
            (Word::Text(text), length)
        } else if c == '"' {
            let (name, length) = quoted(rest, '"').ok_or_else(|| syntax(at, "name has no end"))?;
            (Word::Quoted(name), length)
        } else if c.is_ascii_digit()
            || (c == '.' && rest[1..].starts_with(|d: char| d.is_ascii_digit()))
        {
            let length = number_length(rest.as_bytes());
            let number: f64 = rest[..length]
                .parse()
                .map_err(|_| syntax(at, "a number is not readable"))?;
            (Word::Number(number), length)
        } else if c.is_alphabetic() || matches!(c, '_' | ':') {
            let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '.');
            let length = rest.find(|c| !part(c)).unwrap_or(rest.len());
            (Word::Name(rest[..length].to_owned()), length)
        } else if c == '^' {
            (Word::Symbol("^"), 1)
        } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            (Word::Symbol(symbol), symbol.len())
        } else {
            return Err(syntax(at, format!("{c:?} is not part of CQL2")));
        };
        tokens.push(Token { kind, at });
        at += length;
    }
    tokens.push(Token {
        kind: Word::End,
        at,
    });
    Ok(tokens)
}

/// The text between quotes, which are doubled or escaped inside, and its length with them.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        let next = characters.peek().map(|(_, c)| *c);
        match (c, next) {
            (c, Some(n)) if n == quote && (c == quote || c == '\\') => {
                content.push(quote);
                characters.next();
            }
            (c, _) if c == quote => return Some((content, at + 1)),
            (c, _) => content.push(c),
        }
    }
    None
}

fn number_length(text: &[u8]) -> usize {
    let digits = |from: usize| {
        text[from..]
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .count()
    };
    let mut length = digits(0);
    if text.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
    }
    if matches!(text.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits((length + 1 + sign).min(text.len()));
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Word {
        // The list ends in `End`, which is never passed.
        self.tokens
            .get(self.next)
            .map_or(&Word::End, |token| &token.kind)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(0, |token| token.at)
    }

    fn advance(&mut self) {
        if self.next + 1 < self.tokens.len() {
            self.next += 1;
        }
    }

    fn unexpected(&self, wanted: &str) -> FilterError {
        let found = match self.peek() {
            Word::Name(name) | Word::Quoted(name) => format!("{name:?}"),
            Word::Text(text) => format!("text {text:?}"),
            Word::Number(number) => format!("number {number}"),
            Word::Symbol(symbol) => format!("{symbol:?}"),
            Word::End => "the end".to_owned(),
        };
        let found: String = found.chars().take(80).collect();
        syntax(self.at(), format!("{found} stands where {wanted} should"))
    }

    fn takes(&mut self, symbol: &str) -> bool {
        let takes = matches!(self.peek(), Word::Symbol(found) if *found == symbol);
        if takes {
            self.advance();
        }
        takes
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Word::Name(name) if name.eq_ignore_ascii_case(word))
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let takes = self.is_word(word);
        if takes {
            self.advance();
        }
        takes
    }

    fn expect(&mut self, symbol: &str) -> Result<(), FilterError> {
        if self.takes(symbol) {
            Ok(())
        } else {
            Err(self.unexpected(symbol))
        }
    }

    /// One level deeper, within the limit.
    fn deeper<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, FilterError>,
    ) -> Result<T, FilterError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(FilterError::TooLarge {
                what: "nesting",
                max: DEPTH_MAX,
            });
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn or(&mut self) -> Result<Expr, FilterError> {
        self.deeper(|parser| parser.chain(Op::Or, "OR", Self::and))
    }

    fn and(&mut self) -> Result<Expr, FilterError> {
        self.chain(Op::And, "AND", Self::not)
    }

    fn chain(
        &mut self,
        op: Op,
        word: &str,
        part: fn(&mut Self) -> Result<Expr, FilterError>,
    ) -> Result<Expr, FilterError> {
        let first = part(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.takes_word(word) {
            parts.push(part(self)?);
        }
        Ok(Expr::Op(op, parts))
    }

    fn not(&mut self) -> Result<Expr, FilterError> {
        if self.takes_word("NOT") {
            return self.deeper(|parser| Ok(Expr::Op(Op::Not, vec![parser.not()?])));
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Result<Expr, FilterError> {
        let left = self.sum()?;
        if let Word::Symbol(symbol @ ("=" | "<>" | "<" | "<=" | ">" | ">=")) = self.peek()
            && let Some(op) = Op::named(symbol)
        {
            self.advance();
            return Ok(Expr::Op(op, vec![left, self.sum()?]));
        }
        if self.takes_word("IS") {
            let negated = self.takes_word("NOT");
            if !self.takes_word("NULL") {
                return Err(self.unexpected("NULL"));
            }
            return Ok(maybe_not(negated, Expr::Op(Op::IsNull, vec![left])));
        }
        let negated = self.takes_word("NOT");
        if self.takes_word("LIKE") {
            let pattern = self.sum()?;
            return Ok(maybe_not(negated, Expr::Op(Op::Like, vec![left, pattern])));
        }
        if self.takes_word("BETWEEN") {
            let low = self.sum()?;
            if !self.takes_word("AND") {
                return Err(self.unexpected("AND"));
            }
            let high = self.sum()?;
            return Ok(maybe_not(
                negated,
                Expr::Op(Op::Between, vec![left, low, high]),
            ));
        }
        if self.takes_word("IN") {
            self.expect("(")?;
            let list = self.arguments()?;
            return Ok(maybe_not(
                negated,
                Expr::Op(Op::In, vec![left, Expr::List(list)]),
            ));
        }
        if negated {
            return Err(self.unexpected("LIKE, BETWEEN or IN"));
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Expr, FilterError> {
        let mut left = self.product()?;
        while let Word::Symbol(symbol @ ("+" | "-")) = *self.peek() {
            self.advance();
            left = binary(symbol, left, self.product()?)?;
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expr, FilterError> {
        let mut left = self.power()?;
        loop {
            let symbol = match *self.peek() {
                Word::Symbol(symbol @ ("*" | "/" | "%")) => symbol,
                _ if self.is_word("DIV") => "div",
                _ => return Ok(left),
            };
            self.advance();
            left = binary(symbol, left, self.power()?)?;
        }
    }

    fn power(&mut self) -> Result<Expr, FilterError> {
        let base = self.unary()?;
        if self.takes("^") {
            return binary("^", base, self.unary()?);
        }
        Ok(base)
    }

    fn unary(&mut self) -> Result<Expr, FilterError> {
        if !self.takes("-") {
            return self.primary();
        }
        self.deeper(|parser| match parser.unary()? {
            Expr::Number(number) => Ok(Expr::Number(-number)),
            other => Ok(Expr::Op(Op::Multiply, vec![Expr::Number(-1.0), other])),
        })
    }

    fn primary(&mut self) -> Result<Expr, FilterError> {
        let at = self.at();
        match self.peek().clone() {
            Word::Text(text) => {
                self.advance();
                Ok(Expr::Text(text))
            }
            Word::Number(number) => {
                self.advance();
                Ok(Expr::Number(number))
            }
            Word::Quoted(name) => {
                self.advance();
                Ok(Expr::Property(name))
            }
            Word::Symbol("(") => {
                self.advance();
                if self.takes(")") {
                    return Ok(Expr::List(Vec::new()));
                }
                let first = self.or()?;
                if self.takes(")") {
                    return Ok(first);
                }
                self.expect(",")?;
                let mut list = vec![first];
                list.extend(self.arguments()?);
                Ok(Expr::List(list))
            }
            Word::Name(name) => {
                self.advance();
                self.named(&name, at)
            }
            _ => Err(self.unexpected("a property, value or condition")),
        }
    }

    /// A keyword, a call, a geometry or a property.
    fn named(&mut self, name: &str, at: usize) -> Result<Expr, FilterError> {
        let upper = name.to_ascii_uppercase();
        match &upper[..] {
            "TRUE" => return Ok(Expr::Bool(true)),
            "FALSE" => return Ok(Expr::Bool(false)),
            "AND" | "OR" | "NOT" | "LIKE" | "BETWEEN" | "IN" | "IS" | "NULL" | "DIV" => {
                return Err(syntax(at, format!("{name} stands where a value should")));
            }
            _ => {}
        }
        if wkt::is_type(&upper) && (matches!(self.peek(), Word::Symbol("(")) || self.is_word("Z")) {
            return self.geometry(&upper);
        }
        if !self.takes("(") {
            return Ok(Expr::Property(name.to_owned()));
        }
        match &upper[..] {
            "TIMESTAMP" => timestamp_literal(&self.one_text()?),
            "DATE" => date_literal(&self.one_text()?),
            "INTERVAL" => {
                let args = self.arguments()?;
                let Ok([start, end]) = <[Expr; 2]>::try_from(args) else {
                    return Err(syntax(at, "INTERVAL has two ends"));
                };
                let end_of = |end: Expr| match end {
                    Expr::Text(text) => interval_end_literal(&text),
                    other => Ok(other),
                };
                Ok(Expr::Interval(Box::new([end_of(start)?, end_of(end)?])))
            }
            "BBOX" => {
                let mut numbers = Vec::new();
                for arg in self.arguments()? {
                    let Expr::Number(number) = arg else {
                        return Err(syntax(at, "BBOX has numbers only"));
                    };
                    numbers.push(number);
                }
                let bbox = Bbox::from_slice(&numbers).map_err(|e| syntax(at, e.to_string()))?;
                bbox_geometry(bbox)
            }
            _ => self.call(name, at),
        }
    }

    fn call(&mut self, name: &str, at: usize) -> Result<Expr, FilterError> {
        let op = Op::named(name).filter(|op| {
            matches!(
                op.kind(),
                Kind::Spatial | Kind::Temporal | Kind::Array | Kind::Case
            )
        });
        let Some(op) = op else {
            let name: String = name.chars().take(60).collect();
            return Err(FilterError::Unsupported(format!(
                "function {name:?} at byte {at}"
            )));
        };
        let mut args = self.arguments()?;
        if op.kind() == Kind::Array {
            // ('a') reads as 'a' in parentheses; as an argument of a list operator it is a list.
            args = args
                .into_iter()
                .map(|arg| match arg {
                    list @ (Expr::List(_) | Expr::Property(_)) => list,
                    one => Expr::List(vec![one]),
                })
                .collect();
        }
        Ok(Expr::Op(op, args))
    }

    /// What is left of `a, b, …)` after the opening parenthesis.
    fn arguments(&mut self) -> Result<Vec<Expr>, FilterError> {
        let mut args = Vec::new();
        if self.takes(")") {
            return Ok(args);
        }
        loop {
            args.push(self.or()?);
            if self.takes(")") {
                return Ok(args);
            }
            self.expect(",")?;
        }
    }

    fn one_text(&mut self) -> Result<String, FilterError> {
        let Word::Text(text) = self.peek().clone() else {
            return Err(self.unexpected("text in quotes"));
        };
        self.advance();
        self.expect(")")?;
        Ok(text)
    }

    /// Well-known text: the words up to the closing parenthesis, read on their own.
    fn geometry(&mut self, name: &str) -> Result<Expr, FilterError> {
        let at = self.at();
        let mut words = vec![wkt::Word::Name(name.to_owned())];
        let mut open = 0_usize;
        let mut negative = false;
        loop {
            match self.peek() {
                Word::Symbol("(") => {
                    open += 1;
                    words.push(wkt::Word::Open);
                }
                Word::Symbol(")") => {
                    open = open.saturating_sub(1);
                    words.push(wkt::Word::Close);
                }
                Word::Symbol(",") => words.push(wkt::Word::Comma),
                Word::Symbol("-") => negative = true,
                Word::Number(number) => {
                    words.push(wkt::Word::Number(if negative { -number } else { *number }));
                    negative = false;
                }
                Word::Name(name) => words.push(wkt::Word::Name(name.to_ascii_uppercase())),
                _ => return Err(self.unexpected("well-known text")),
            }
            let closed = open == 0 && words.last() == Some(&wkt::Word::Close);
            self.advance();
            if closed {
                return wkt::read(words).map_err(|reason| syntax(at, reason));
            }
        }
    }
}

fn maybe_not(negated: bool, expr: Expr) -> Expr {
    if negated {
        Expr::Op(Op::Not, vec![expr])
    } else {
        expr
    }
}

fn binary(symbol: &str, left: Expr, right: Expr) -> Result<Expr, FilterError> {
    let op = Op::named(symbol).ok_or_else(|| FilterError::Unsupported(symbol.to_owned()))?;
    Ok(Expr::Op(op, vec![left, right]))
}
