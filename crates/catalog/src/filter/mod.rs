//! CQL2 filters (OGC 21-065r2): read as text or JSON, exact on one Item; stores push down what their
//! indices can do and ask [`Filter::matches`] for the rest.
//!
//! Done: comparison, `LIKE`, `BETWEEN`, `IN`, `IS NULL`, `CASEI`, arithmetic, all spatial, temporal
//! and array operators, property against property. Refused by name: `ACCENTI` and functions.
//! A property that is missing makes a comparison neither true nor false (§6.4); a filter selects
//! only what is true.

mod evaluate;
mod json;
mod like;
mod spatial;
mod temporal;
mod text;
mod wkt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use thiserror::Error;

pub(crate) use evaluate::property_path;

/// Longest filter text, bytes; JSON filters are bounded by [`NODES_MAX`].
pub const TEXT_MAX_BYTES: usize = 64 * 1024;
/// Deepest nesting: it bounds the stack that parsing and evaluating take.
pub const DEPTH_MAX: usize = 48;
/// Most operators, properties and literals in one filter.
pub const NODES_MAX: usize = 4096;

/// A checked filter.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    root: Expr,
}

/// Why a filter is refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum FilterError {
    /// Not CQL2 text.
    #[error("filter: at byte {at}: {reason}")]
    Syntax {
        /// Where in the text, bytes from its start.
        at: usize,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// Not CQL2 JSON, or an operator with wrong arguments.
    #[error("filter: {0}")]
    Invalid(String),
    /// CQL2 that is not supported.
    #[error("filter: {0} is not supported")]
    Unsupported(String),
    /// Larger or deeper than the limits.
    #[error("filter: {what} is over the limit of {max}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit.
        max: usize,
    },
}

/// One node of a filter. Everything is an expression; [`Filter`] checks what may stand where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    Text(String),
    Number(f64),
    Bool(bool),
    Instant(Timestamp),
    Date(Date),
    /// Two ends; [`Expr::Open`] where one is open.
    Interval(Box<[Expr; 2]>),
    Open,
    Geometry(Box<spatial::Shape>),
    Property(String),
    List(Vec<Expr>),
    Op(Op, Vec<Expr>),
}

macro_rules! operators {
    ($($variant:ident $name:literal $least:literal $most:literal $kind:ident),+ $(,)?) => {
        /// An operator with its CQL2-JSON name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Op { $($variant),+ }

        impl Op {
            /// All operators, in the order of the standard.
            const ALL: &[Op] = &[$(Op::$variant),+];

            /// Name in CQL2-JSON.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Op::$variant => $name),+ }
            }

            /// Least and most arguments.
            fn arity(self) -> (usize, usize) {
                match self { $(Op::$variant => ($least, $most)),+ }
            }

            pub(crate) fn kind(self) -> Kind {
                match self { $(Op::$variant => Kind::$kind),+ }
            }
        }
    };
}

/// What an operator works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Truth values.
    Logic,
    /// Scalars; gives a truth value.
    Compare,
    /// Geometries; gives a truth value.
    Spatial,
    /// Instants and intervals; gives a truth value.
    Temporal,
    /// Lists; gives a truth value.
    Array,
    /// Numbers; gives a number.
    Arithmetic,
    /// Text; gives text.
    Case,
}

operators! {
    And "and" 1 4096 Logic,
    Or "or" 1 4096 Logic,
    Not "not" 1 1 Logic,
    Equal "=" 2 2 Compare,
    NotEqual "<>" 2 2 Compare,
    Less "<" 2 2 Compare,
    LessEqual "<=" 2 2 Compare,
    Greater ">" 2 2 Compare,
    GreaterEqual ">=" 2 2 Compare,
    IsNull "isNull" 1 1 Compare,
    Like "like" 2 2 Compare,
    Between "between" 3 3 Compare,
    In "in" 2 2 Compare,
    Casei "casei" 1 1 Case,
    SIntersects "s_intersects" 2 2 Spatial,
    SDisjoint "s_disjoint" 2 2 Spatial,
    SEquals "s_equals" 2 2 Spatial,
    STouches "s_touches" 2 2 Spatial,
    SCrosses "s_crosses" 2 2 Spatial,
    SWithin "s_within" 2 2 Spatial,
    SContains "s_contains" 2 2 Spatial,
    SOverlaps "s_overlaps" 2 2 Spatial,
    TAfter "t_after" 2 2 Temporal,
    TBefore "t_before" 2 2 Temporal,
    TContains "t_contains" 2 2 Temporal,
    TDisjoint "t_disjoint" 2 2 Temporal,
    TDuring "t_during" 2 2 Temporal,
    TEquals "t_equals" 2 2 Temporal,
    TFinishedBy "t_finishedBy" 2 2 Temporal,
    TFinishes "t_finishes" 2 2 Temporal,
    TIntersects "t_intersects" 2 2 Temporal,
    TMeets "t_meets" 2 2 Temporal,
    TMetBy "t_metBy" 2 2 Temporal,
    TOverlappedBy "t_overlappedBy" 2 2 Temporal,
    TOverlaps "t_overlaps" 2 2 Temporal,
    TStartedBy "t_startedBy" 2 2 Temporal,
    TStarts "t_starts" 2 2 Temporal,
    AEquals "a_equals" 2 2 Array,
    AContains "a_contains" 2 2 Array,
    AContainedBy "a_containedBy" 2 2 Array,
    AOverlaps "a_overlaps" 2 2 Array,
    Add "+" 2 2 Arithmetic,
    Subtract "-" 2 2 Arithmetic,
    Multiply "*" 2 2 Arithmetic,
    Divide "/" 2 2 Arithmetic,
    Modulo "%" 2 2 Arithmetic,
    IntegerDivide "div" 2 2 Arithmetic,
    Power "^" 2 2 Arithmetic,
}

impl Op {
    /// The operator of a name; CQL2 text writes them in any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|op| op.name().eq_ignore_ascii_case(name))
    }
}

impl Filter {
    /// Read CQL2 text, such as `eo:cloud_cover < 10 AND platform = 'landsat-8'`.
    pub fn from_text(text: &str) -> Result<Self, FilterError> {
        Self::checked(text::parse(text)?)
    }

    /// Read CQL2 JSON.
    pub fn from_json(value: &Value) -> Result<Self, FilterError> {
        Self::checked(json::read(value)?)
    }

    /// The filter as CQL2 JSON.
    pub fn to_json(&self) -> Value {
        json::write(&self.root)
    }

    /// True when the Item (as JSON) satisfies the filter.
    pub fn matches(&self, item: &Value) -> bool {
        evaluate::truth(&self.root, item) == Some(true)
    }

    /// Names of all properties that the filter asks for, once each, in order.
    pub fn properties(&self) -> Vec<&str> {
        fn collect<'a>(expr: &'a Expr, names: &mut Vec<&'a str>) {
            match expr {
                Expr::Property(name) => names.push(name),
                Expr::List(list) | Expr::Op(_, list) => {
                    list.iter().for_each(|part| collect(part, names));
                }
                Expr::Interval(ends) => ends.iter().for_each(|part| collect(part, names)),
                _ => {}
            }
        }
        let mut names = Vec::new();
        collect(&self.root, &mut names);
        names.sort_unstable();
        names.dedup();
        names
    }

    pub(crate) fn root(&self) -> &Expr {
        &self.root
    }

    fn checked(root: Expr) -> Result<Self, FilterError> {
        let mut nodes = 0;
        check(&root, Place::Truth, &mut nodes, 0)?;
        Ok(Self { root })
    }
}

/// What an expression must give.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Truth,
    Scalar,
    Geometry,
    Time,
    List,
    Any,
}

fn check(expr: &Expr, place: Place, nodes: &mut usize, depth: usize) -> Result<(), FilterError> {
    *nodes += 1;
    if *nodes > NODES_MAX {
        return Err(FilterError::TooLarge {
            what: "number of parts",
            max: NODES_MAX,
        });
    }
    if depth > DEPTH_MAX {
        return Err(FilterError::TooLarge {
            what: "nesting",
            max: DEPTH_MAX,
        });
    }
    let fits = match expr {
        Expr::Property(name) => !name.is_empty() && !name.contains(['"', '\0']),
        Expr::Bool(_) => matches!(place, Place::Truth | Place::Scalar | Place::Any),
        Expr::Text(_) | Expr::Number(_) => matches!(place, Place::Scalar | Place::Any),
        Expr::Instant(_) | Expr::Date(_) => {
            matches!(place, Place::Scalar | Place::Time | Place::Any)
        }
        Expr::Interval(_) => matches!(place, Place::Time | Place::Any),
        Expr::Open => false,
        Expr::Geometry(_) => matches!(place, Place::Geometry | Place::Any),
        Expr::List(_) => matches!(place, Place::List | Place::Any),
        Expr::Op(op, _) => match op.kind() {
            Kind::Arithmetic | Kind::Case => matches!(place, Place::Scalar | Place::Any),
            _ => matches!(place, Place::Truth | Place::Any),
        },
    };
    if !fits {
        let wanted = match place {
            Place::Truth => "a condition",
            Place::Scalar => "a value",
            Place::Geometry => "a geometry",
            Place::Time => "an instant or interval",
            Place::List => "a list",
            Place::Any => "something else",
        };
        return Err(FilterError::Invalid(format!(
            "{} stands where {wanted} must",
            told(expr)
        )));
    }
    match expr {
        Expr::Op(op, args) => check_operator(*op, args, nodes, depth),
        Expr::List(list) => list
            .iter()
            .try_for_each(|part| check(part, Place::Any, nodes, depth + 1)),
        Expr::Interval(ends) => ends.iter().try_for_each(|end| match end {
            Expr::Open | Expr::Instant(_) | Expr::Date(_) | Expr::Property(_) => Ok(()),
            other => Err(FilterError::Invalid(format!(
                "{} is no end of an interval",
                told(other)
            ))),
        }),
        _ => Ok(()),
    }
}

fn check_operator(
    op: Op,
    args: &[Expr],
    nodes: &mut usize,
    depth: usize,
) -> Result<(), FilterError> {
    let (least, most) = op.arity();
    if !(least..=most).contains(&args.len()) {
        let name = op.name();
        return Err(FilterError::Invalid(format!(
            "{name} has {} arguments",
            args.len()
        )));
    }
    for (i, arg) in args.iter().enumerate() {
        let place = match (op.kind(), op, i) {
            (Kind::Logic, ..) => Place::Truth,
            (Kind::Compare, Op::In, 1) | (Kind::Array, ..) => Place::List,
            (Kind::Compare, Op::IsNull, _) => Place::Any,
            (Kind::Compare | Kind::Arithmetic | Kind::Case, ..) => Place::Scalar,
            (Kind::Spatial, ..) => Place::Geometry,
            (Kind::Temporal, ..) => Place::Time,
        };
        check(arg, place, nodes, depth + 1)?;
    }
    Ok(())
}

/// Names an expression in a message.
fn told(expr: &Expr) -> String {
    match expr {
        Expr::Property(name) => format!("property {:?}", name.chars().take(60).collect::<String>()),
        Expr::Text(text) => format!("text {:?}", text.chars().take(60).collect::<String>()),
        Expr::Number(number) => format!("number {number}"),
        Expr::Bool(truth) => format!("{truth}"),
        Expr::Instant(_) | Expr::Date(_) => "an instant".to_owned(),
        Expr::Interval(_) | Expr::Open => "an interval".to_owned(),
        Expr::Geometry(_) => "a geometry".to_owned(),
        Expr::List(_) => "a list".to_owned(),
        Expr::Op(op, _) => format!("{}(…)", op.name()),
    }
}
