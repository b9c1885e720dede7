//! Operations in order, each in a slot that is free again after its last reader.

use super::{Slot, Step, Two};
use crate::plan::program::{Fold, Id, Operation, Output};
use crate::process::{self, Run};

/// Puts operations in order and gives them slots.
pub(super) struct Order<'a> {
    operations: &'a [Operation],
    /// Readers left of each operation.
    uses: Vec<usize>,
    slot_of: Vec<Option<Slot>>,
    free: Vec<Slot>,
    pub(super) slots: usize,
    pub(super) steps: Vec<Step>,
}

impl<'a> Order<'a> {
    pub(super) fn new(operations: &'a [Operation], outputs: &[Output]) -> Self {
        let mut uses = vec![0; operations.len()];
        for plane in outputs.iter().flat_map(|output| &output.planes) {
            uses[*plane as usize] += 1;
        }
        // An operation stands after those it reads.
        for id in (0..operations.len()).rev() {
            if uses[id] > 0 {
                for read in operations[id].reads() {
                    uses[read as usize] += 1;
                }
            }
        }
        Self {
            slot_of: vec![None; operations.len()],
            operations,
            uses,
            free: Vec::new(),
            slots: 0,
            steps: Vec::new(),
        }
    }

    fn slot(&mut self) -> Slot {
        self.free.pop().unwrap_or_else(|| {
            self.slots += 1;
            self.slots - 1
        })
    }

    pub(super) fn release(&mut self, id: Id) {
        let id = id as usize;
        self.uses[id] -= 1;
        if self.uses[id] == 0
            && let Some(slot) = self.slot_of[id]
        {
            self.free.push(slot);
        }
    }

    /// Folds of planes that hang on no other reduction go side by side: what they share is
    /// computed once and let go.
    pub(super) fn folds(&mut self) -> Option<()> {
        let mut plain = vec![true; self.operations.len()];
        for (id, operation) in self.operations.iter().enumerate() {
            let reduces = matches!(operation, Operation::Fold(..) | Operation::Reduce(..));
            plain[id] = !reduces && operation.reads().iter().all(|read| plain[*read as usize]);
        }
        let mut folds = Vec::new();
        for (id, operation) in self.operations.iter().enumerate() {
            if let Operation::Fold(fold, all) = operation
                && self.uses[id] > 0
                && all.iter().all(|read| plain[*read as usize])
            {
                folds.push((id, *fold, all));
            }
        }
        let mut held = Vec::with_capacity(folds.len());
        for (_, fold, _) in &folds {
            held.push(self.begin(*fold));
        }
        let longest = folds.iter().map(|(_, _, all)| all.len()).max().unwrap_or(0);
        for step in 0..longest {
            for ((_, fold, all), held) in folds.iter().zip(&held) {
                if let Some(read) = all.get(step) {
                    self.take(*fold, *held, *read)?;
                }
            }
        }
        for ((id, fold, _), held) in folds.iter().zip(held) {
            self.end(*id, *fold, held);
        }
        Some(())
    }

    fn begin(&mut self, fold: Fold) -> (Slot, Slot) {
        let folded = self.slot();
        let count = if fold.counts() { self.slot() } else { folded };
        self.steps.push(Step::Begin(fold, folded, count));
        (folded, count)
    }

    fn take(&mut self, fold: Fold, (folded, count): (Slot, Slot), read: Id) -> Option<()> {
        let value = self.emit(read)?;
        self.steps.push(Step::Take(fold, folded, count, value));
        self.release(read);
        Some(())
    }

    fn end(&mut self, id: usize, fold: Fold, (folded, count): (Slot, Slot)) {
        self.steps.push(Step::End(fold, folded, count));
        if fold.counts() {
            self.free.push(count);
        }
        self.slot_of[id] = Some(folded);
    }

    /// The slot of an operation's plane, computed before where it is not yet.
    pub(super) fn emit(&mut self, id: Id) -> Option<Slot> {
        if let Some(slot) = self.slot_of[id as usize] {
            return Some(slot);
        }
        let operations = self.operations;
        let operation = &operations[id as usize];
        if let Operation::Fold(fold, all) = operation {
            let held = self.begin(*fold);
            for read in all {
                self.take(*fold, held, *read)?;
            }
            self.end(id as usize, *fold, held);
            return self.slot_of[id as usize];
        }
        let reads = operation.reads();
        let mut from = Vec::with_capacity(reads.len());
        for read in &reads {
            from.push(self.emit(*read)?);
        }
        let to = self.slot();
        let step = step(operation, &from, to)?;
        self.steps.push(step);
        reads.iter().for_each(|read| self.release(*read));
        self.slot_of[id as usize] = Some(to);
        Some(to)
    }
}

fn step(operation: &Operation, from: &[Slot], to: Slot) -> Option<Step> {
    let number = f64::from_bits;
    let run = |id: &str| Some(process::find(id)?.run);
    Some(match operation {
        Operation::Load { load, plane } => Step::Load(*load, *plane, to),
        Operation::Constant(bits) => Step::Constant(number(*bits), to),
        Operation::Unary(id, _) => match run(id)? {
            Run::Unary(function) => Step::Unary(function, from[0], to),
            _ => return None,
        },
        Operation::Binary(id, ..) | Operation::Compare(id, ..) | Operation::Logic(id, ..) => {
            let how = match (*id, run(id)?) {
                ("add", _) => Two::Add,
                ("subtract", _) => Two::Subtract,
                ("multiply", _) => Two::Multiply,
                ("divide", _) => Two::Divide,
                (_, Run::Binary(function)) => Two::Binary(function),
                (_, Run::Compare(function)) => Two::Compare(function),
                (_, Run::Logic(function)) => Two::Logic(function),
                _ => return None,
            };
            Step::Binary(how, from[0], from[1], to)
        }
        Operation::Equal(wanted, ..) => Step::Equal(*wanted, from[0], from[1], to),
        Operation::Ndvi(..) => Step::Ndvi(from[0], from[1], to),
        Operation::Mask(_, _, replacement) => {
            Step::Mask(from[0], from[1], number(*replacement), to)
        }
        Operation::If(..) => Step::If(from[0], from[1], from[2], to),
        Operation::Between(_, min, max, open) => {
            Step::Between(from[0], [number(*min), number(*max)], *open, to)
        }
        Operation::Scale(_, ranges) => Step::Scale(from[0], ranges.map(number), to),
        Operation::IsNodata(_) => Step::IsNodata(from[0], to),
        Operation::Narrow(_) => Step::Narrow(from[0], to),
        Operation::Reduce(id, ignores, _) => match run(id)? {
            Run::Reduce(function) => Step::Reduce(function, *ignores, from.to_vec(), to),
            _ => return None,
        },
        // Folds are put in order by themselves.
        Operation::Fold(..) => return None,
    })
}
