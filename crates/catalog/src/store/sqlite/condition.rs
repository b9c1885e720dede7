//! The part of a CQL2 filter that SQL and its indices can do: a sieve that lets through everything
//! that the filter selects and perhaps more.

use rusqlite::types::Value as Sql;

use super::write::instant_text;
use crate::bbox::shape_bounds;
use crate::filter::{Expr, Filter, Kind, Op, property_path};

/// A condition with its parameters.
pub(super) struct Sieve {
    pub(super) text: String,
    pub(super) values: Vec<Sql>,
}

/// Most conditions pushed down: SQLite bounds the depth of an expression.
const PARTS_MAX: usize = 200;

/// The sieve of a filter; `None` when SQL can do nothing of it.
pub(super) fn of(filter: &Filter) -> Option<Sieve> {
    sieve(filter.root())
}

fn sieve(expr: &Expr) -> Option<Sieve> {
    let Expr::Op(op, args) = expr else {
        return None;
    };
    match (op, args.as_slice()) {
        (Op::And, parts) => join(
            parts.iter().filter_map(sieve).take(PARTS_MAX).collect(),
            " AND ",
        ),
        (Op::Or, parts) if parts.len() <= PARTS_MAX => {
            join(parts.iter().map(sieve).collect::<Option<_>>()?, " OR ")
        }
        // The opposite of a sieve is no sieve; only what SQL decides exactly may be turned round.
        (Op::Not, [Expr::Op(Op::IsNull, inner)]) => null_test(inner, "IS NOT NULL"),
        (Op::IsNull, inner) => null_test(inner, "IS NULL"),
        (Op::Between, [Expr::Property(name), low, high]) => join(
            [
                compare(Op::GreaterEqual, name, low),
                compare(Op::LessEqual, name, high),
            ]
            .into_iter()
            .flatten()
            .collect(),
            " AND ",
        ),
        (Op::In, [Expr::Property(name), Expr::List(list)]) if list.len() <= PARTS_MAX => {
            let equals = list.iter().map(|one| compare(Op::Equal, name, one));
            join(equals.collect::<Option<_>>()?, " OR ")
        }
        (op, [Expr::Property(name), literal]) if op.kind() == Kind::Compare => {
            compare(*op, name, literal)
        }
        (op, [literal, Expr::Property(name)]) if op.kind() == Kind::Compare => {
            compare(turned(*op)?, name, literal)
        }
        (op, [Expr::Property(name), Expr::Geometry(shape)])
        | (op, [Expr::Geometry(shape), Expr::Property(name)])
            if op.kind() == Kind::Spatial && *op != Op::SDisjoint && name == "geometry" =>
        {
            Some(boxes(&shape_bounds(&shape.geo)?.rectangles()))
        }
        _ => None,
    }
}

fn join(parts: Vec<Sieve>, word: &str) -> Option<Sieve> {
    if parts.is_empty() {
        return None;
    }
    let texts: Vec<String> = parts
        .iter()
        .map(|part| format!("({})", part.text))
        .collect();
    Some(Sieve {
        text: texts.join(word),
        values: parts.into_iter().flat_map(|part| part.values).collect(),
    })
}

/// A property as SQL, with the parameter that names its place in the document.
fn place(name: &str) -> Option<(&'static str, Option<Sql>)> {
    Some(match property_path(name) {
        (false, "id") => ("i.id", None),
        (false, "collection") => ("i.collection", None),
        (true, inner) if !inner.contains('"') => {
            let path = format!("$.properties.\"{inner}\"");
            ("json_extract(i.body, ?)", Some(Sql::Text(path)))
        }
        _ => return None,
    })
}

fn null_test(args: &[Expr], test: &str) -> Option<Sieve> {
    let [Expr::Property(name)] = args else {
        return None;
    };
    let (expression, path) = place(name)?;
    Some(Sieve {
        text: format!("{expression} {test}"),
        values: path.into_iter().collect(),
    })
}

/// The operator with its sides changed.
fn turned(op: Op) -> Option<Op> {
    Some(match op {
        Op::Equal => Op::Equal,
        Op::Less => Op::Greater,
        Op::LessEqual => Op::GreaterEqual,
        Op::Greater => Op::Less,
        Op::GreaterEqual => Op::LessEqual,
        _ => return None,
    })
}

/// SQLite orders numbers before texts and compares equal only within a type, so what it lets
/// through includes what the filter selects.
fn compare(op: Op, name: &str, literal: &Expr) -> Option<Sieve> {
    let symbol = match op {
        Op::Equal => "=",
        Op::Less => "<",
        Op::LessEqual => "<=",
        Op::Greater => ">",
        Op::GreaterEqual => ">=",
        _ => return None,
    };
    let (in_properties, inner) = property_path(name);
    let is_time = in_properties && matches!(inner, "datetime" | "start_datetime" | "end_datetime");
    match literal {
        Expr::Instant(instant) if in_properties && inner == "datetime" => {
            let value = Sql::Text(instant_text(*instant));
            Some(Sieve {
                text: format!("i.instant {symbol} ?"),
                values: vec![value],
            })
        }
        // Datetimes are written in several ways that are one instant.
        _ if is_time => None,
        Expr::Number(number) => scalar(symbol, name, Sql::Real(*number)),
        Expr::Text(text) => scalar(symbol, name, Sql::Text(text.clone())),
        Expr::Bool(truth) => scalar(symbol, name, Sql::Integer(i64::from(*truth))),
        _ => None,
    }
}

fn scalar(symbol: &str, name: &str, value: Sql) -> Option<Sieve> {
    let (expression, path) = place(name)?;
    Some(Sieve {
        text: format!("{expression} {symbol} ?"),
        values: path.into_iter().chain([value]).collect(),
    })
}

/// Rows whose box meets one of the rectangles, by the R*Tree.
pub(super) fn boxes(rectangles: &[geo::Rect<f64>]) -> Sieve {
    let rows = box_rows(rectangles);
    Sieve {
        text: format!("i.row IN ({})", rows.text),
        values: rows.values,
    }
}

/// The query for those rows.
pub(super) fn box_rows(rectangles: &[geo::Rect<f64>]) -> Sieve {
    let one = "SELECT box >> 1 FROM item_boxes
               WHERE west <= ? AND east >= ? AND south <= ? AND north >= ?";
    Sieve {
        text: vec![one; rectangles.len()].join(" UNION ALL "),
        values: edges(rectangles),
    }
}

/// The same by the row's own bounds, for rows that are met in another order.
pub(super) fn bounds(rectangles: &[geo::Rect<f64>]) -> Sieve {
    let one = "((i.west > i.east OR (i.west <= ? AND i.east >= ?))
               AND i.south <= ? AND i.north >= ?)";
    Sieve {
        text: vec![one; rectangles.len()].join(" OR "),
        values: edges(rectangles),
    }
}

fn edges(rectangles: &[geo::Rect<f64>]) -> Vec<Sql> {
    let edges = rectangles
        .iter()
        .flat_map(|rect| [rect.max().x, rect.min().x, rect.max().y, rect.min().y].map(Sql::Real));
    edges.collect()
}
