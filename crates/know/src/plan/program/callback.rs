//! Callbacks of processes as operations: planes of pixels stand for single values.

use super::compiler::Compiler;
use super::{Fold, Id, Operation};
use crate::call::{Arguments, Context};
use crate::graph::{Argument, ProcessGraph};
use crate::process::{self, Run};
use crate::value::{Array, Label, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value inside a callback.
#[derive(Debug, Clone)]
pub(super) enum Symbol {
    Plane(Id),
    Array(Vec<Symbol>, Option<Arc<Vec<Label>>>),
    Value(Value),
}

impl Compiler<'_> {
    /// What a callback gives, as a plane.
    pub(super) fn plane(&mut self, symbol: &Symbol) -> Option<Id> {
        match symbol {
            Symbol::Plane(plane) => Some(*plane),
            Symbol::Value(Value::Number(number)) => self.number(*number),
            Symbol::Value(Value::Boolean(truth)) => self.number(f64::from(u8::from(*truth))),
            Symbol::Value(Value::Null) => self.number(f64::NAN),
            Symbol::Value(_) | Symbol::Array(..) => None,
        }
    }

    pub(super) fn call(
        &mut self,
        graph: &ProcessGraph,
        parameters: &[(&str, Symbol)],
    ) -> Option<Symbol> {
        let mut made: BTreeMap<&str, Symbol> = BTreeMap::new();
        for id in graph.order() {
            let node = &graph.nodes()[id];
            let mut arguments = BTreeMap::new();
            for (name, argument) in &node.arguments {
                let symbol = self.symbol(argument, &made, parameters)?;
                arguments.insert(name.as_str(), symbol);
            }
            let symbol = self.process(&node.process_id, &arguments)?;
            if id == graph.result() {
                return Some(symbol);
            }
            made.insert(id, symbol);
        }
        None
    }

    fn symbol(
        &self,
        argument: &Argument,
        made: &BTreeMap<&str, Symbol>,
        parameters: &[(&str, Symbol)],
    ) -> Option<Symbol> {
        Some(match argument {
            Argument::Literal(json) => Symbol::Value(Value::from_json(json)),
            Argument::FromNode(id) => made.get(id.as_str())?.clone(),
            Argument::FromParameter(name) => {
                let own = parameters.iter().find(|(own, _)| own == name);
                match own {
                    Some((_, symbol)) => symbol.clone(),
                    None => Symbol::Value(self.scope.get(name)?.clone()),
                }
            }
            Argument::Array(items) => {
                let items = items.iter().map(|item| self.symbol(item, made, parameters));
                Symbol::Array(items.collect::<Option<_>>()?, None)
            }
            // Callbacks inside of callbacks see planes of their own.
            Argument::Graph(_) | Argument::Object(_) => return None,
        })
    }

    fn process(&mut self, id: &str, arguments: &BTreeMap<&str, Symbol>) -> Option<Symbol> {
        let process = process::find(id)?;
        if let Some(known) = known(process, arguments) {
            // Where it fails, the interpreter says so.
            let value = crate::call::invoke(process, known, &Context::new(&self.limits));
            return value.ok().map(Symbol::Value);
        }
        let definition = crate::call::definition_of(process);
        let first = |index: usize| definition.parameters.get(index).map(|p| p.name.as_str());
        let given = |name: &str| arguments.get(name);
        let plane = match process.run {
            Run::Unary(_) => {
                let x = self.operand(given(first(0)?))?;
                self.add(Operation::Unary(process.id, x))
            }
            Run::Binary(_) | Run::Compare(_) | Run::Logic(_) => {
                let x = self.operand(given(first(0)?))?;
                let y = self.operand(given(first(1)?))?;
                self.add(match process.run {
                    Run::Binary(_) => Operation::Binary(process.id, x, y),
                    Run::Compare(_) => Operation::Compare(process.id, x, y),
                    _ => Operation::Logic(process.id, x, y),
                })
            }
            Run::Reduce(_) => self.reduction(process.id, arguments),
            _ => match process.id {
                "array_element" => return element(arguments),
                "first" | "last" | "count" | "any" | "all" => self.reduction(process.id, arguments),
                "eq" | "neq" if !arguments.contains_key("delta") => {
                    // A truth value is no number there.
                    let truth =
                        |symbol: &Symbol| matches!(symbol, Symbol::Value(Value::Boolean(_)));
                    if arguments.values().any(truth) {
                        return None;
                    }
                    let (x, y) = (self.operand(given("x"))?, self.operand(given("y"))?);
                    self.add(Operation::Equal(process.id == "eq", x, y))
                }
                "is_nodata" => {
                    let x = self.operand(given("x"))?;
                    self.add(Operation::IsNodata(x))
                }
                "if" => {
                    let condition = self.operand(given("value"))?;
                    let yes = self.operand(given("accept"))?;
                    let no = match given("reject") {
                        Some(no) => self.operand(Some(no))?,
                        None => self.number(f64::NAN)?,
                    };
                    self.add(Operation::If(condition, yes, no))
                }
                "between" => {
                    let x = self.operand(given("x"))?;
                    let (min, max) = (number(given("min")?)?, number(given("max")?)?);
                    let open = match given("exclude_max") {
                        None => false,
                        Some(Symbol::Value(Value::Boolean(open))) => *open,
                        Some(_) => return None,
                    };
                    self.add(Operation::Between(x, min.to_bits(), max.to_bits(), open))
                }
                "linear_scale_range" => {
                    let x = self.operand(given("x"))?;
                    let or = |name: &str, default: f64| match given(name) {
                        None | Some(Symbol::Value(Value::Null)) => Some(default),
                        Some(symbol) => number(symbol),
                    };
                    let ranges = [
                        number(given("inputMin")?)?,
                        number(given("inputMax")?)?,
                        or("outputMin", 0.0)?,
                        or("outputMax", 1.0)?,
                    ];
                    self.add(Operation::Scale(x, ranges.map(f64::to_bits)))
                }
                _ => None,
            },
        };
        plane.map(Symbol::Plane)
    }

    /// A number of each pixel; truth is 1 and 0, null is no data.
    fn operand(&mut self, symbol: Option<&Symbol>) -> Option<Id> {
        match symbol {
            None => self.number(f64::NAN),
            Some(symbol) => self.plane(symbol),
        }
    }

    fn reduction(&mut self, id: &'static str, arguments: &BTreeMap<&str, Symbol>) -> Option<Id> {
        let Some(Symbol::Array(items, _)) = arguments.get("data") else {
            return None;
        };
        let ignores = match arguments.get("ignore_nodata") {
            None | Some(Symbol::Value(Value::Null)) => true,
            Some(Symbol::Value(Value::Boolean(ignores))) => *ignores,
            Some(_) => return None,
        };
        let plain = |name: &&str| ["data", "ignore_nodata"].contains(name);
        if !arguments.keys().all(plain) {
            return None;
        }
        let planes = items
            .iter()
            .map(|item| self.plane(item))
            .collect::<Option<Vec<_>>>()?;
        let fold = match (id, ignores) {
            ("mean", true) => Some(Fold::Mean),
            ("sum", true) => Some(Fold::Sum),
            ("min", true) => Some(Fold::Min),
            ("max", true) => Some(Fold::Max),
            ("first", true) => Some(Fold::First),
            ("last", true) => Some(Fold::Last),
            ("any", true) => Some(Fold::Any),
            ("all", true) => Some(Fold::All),
            ("count", _) => Some(Fold::Count),
            ("first" | "last" | "any" | "all", false) => return None,
            _ => None,
        };
        self.add(match fold {
            Some(fold) => Operation::Fold(fold, planes),
            None => Operation::Reduce(id, ignores, planes),
        })
    }
}

/// The arguments of a call where none depends on pixels.
fn known(
    process: &'static process::Process,
    arguments: &BTreeMap<&str, Symbol>,
) -> Option<Arguments> {
    let mut known = Arguments::new(process.id);
    for (name, symbol) in arguments {
        known.set(name, value_of(symbol)?);
    }
    Some(known)
}

/// The element of an array that is named by place or label.
fn element(arguments: &BTreeMap<&str, Symbol>) -> Option<Symbol> {
    let Some(Symbol::Array(items, labels)) = arguments.get("data") else {
        return None;
    };
    let place = match (arguments.get("index"), arguments.get("label")) {
        (Some(Symbol::Value(Value::Number(index))), None) => {
            (index.fract().abs() <= 0.0 && *index >= 0.0).then_some(*index as usize)?
        }
        (None, Some(Symbol::Value(label))) => {
            let label = match label {
                Value::Text(text) => Label::Text(text.clone()),
                Value::Number(number) => Label::Number(*number),
                _ => return None,
            };
            labels.as_ref()?.iter().position(|own| own.same(&label))?
        }
        _ => return None,
    };
    items.get(place).cloned()
}

fn number(symbol: &Symbol) -> Option<f64> {
    match symbol {
        Symbol::Value(Value::Number(number)) => Some(*number),
        _ => None,
    }
}

fn value_of(symbol: &Symbol) -> Option<Value> {
    match symbol {
        Symbol::Plane(_) => None,
        Symbol::Value(value) => Some(value.clone()),
        Symbol::Array(items, labels) => Some(Value::Array(Array {
            values: items.iter().map(value_of).collect::<Option<_>>()?,
            labels: labels.clone(),
        })),
    }
}
