//! Temporal operators (§7.10 of OGC 21-065r2): Allen's relations on closed intervals; an instant has
//! both ends equal, an open end lies before or after everything.

use jiff::Timestamp;

use super::Op;

/// Start and end.
pub(super) type Span = (Timestamp, Timestamp);

/// The answer of a temporal operator.
pub(super) fn relate(op: Op, (a0, a1): Span, (b0, b1): Span) -> Option<bool> {
    Some(match op {
        Op::TAfter => a0 > b1,
        Op::TBefore => a1 < b0,
        Op::TContains => a0 < b0 && a1 > b1,
        Op::TDuring => a0 > b0 && a1 < b1,
        Op::TEquals => a0 == b0 && a1 == b1,
        Op::TFinishedBy => a0 < b0 && a1 == b1,
        Op::TFinishes => a0 > b0 && a1 == b1,
        Op::TIntersects => a0 <= b1 && a1 >= b0,
        Op::TDisjoint => a0 > b1 || a1 < b0,
        Op::TMeets => a1 == b0,
        Op::TMetBy => a0 == b1,
        Op::TOverlappedBy => a0 > b0 && a0 < b1 && a1 > b1,
        Op::TOverlaps => a0 < b0 && a1 > b0 && a1 < b1,
        Op::TStartedBy => a0 == b0 && a1 > b1,
        Op::TStarts => a0 == b0 && a1 < b1,
        _ => return None,
    })
}
