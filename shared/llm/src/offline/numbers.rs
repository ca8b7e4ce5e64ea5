//! Numbers and truths: only those the request, a tool or a count over them gives.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use super::brief::{Brief, Kind};
use super::fill::{Filled, Scope, known, unknown};
use super::index::words;
use super::money::decimal;
use super::schema;

pub(super) fn number(
    brief: &Brief<'_>,
    own: &Map<String, Value>,
    name: &str,
    scope: Scope<'_>,
    integer: bool,
) -> Filled {
    match told(brief, own, name, scope) {
        // What is known is never bent to fit: a value out of bounds is no value.
        Some(value) if in_bounds(own, value, integer) => known(exact(value, integer)),
        _ => unknown(schema::within(own, 0.0, integer)),
    }
}

fn told(
    brief: &Brief<'_>,
    own: &Map<String, Value>,
    name: &str,
    scope: Scope<'_>,
) -> Option<Decimal> {
    let words = words(name);
    let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    let position = Decimal::from(scope.position + 1);
    if scope.in_list
        && is(&[
            "order", "rank", "position", "step", "number", "index", "no", "priority",
        ])
    {
        return Some(position);
    }
    if let Some(idea) = scope.idea {
        if is(&["days", "day", "offset"]) {
            let before = is(&["before", "prior", "lead"]);
            return Some(Decimal::from(if before {
                -idea.offset
            } else {
                idea.offset
            }));
        }
        return None;
    }
    if scope.in_list {
        return None;
    }
    let found = &brief.found;
    let first = || {
        brief
            .replies("lead_scorer")
            .find_map(|reply| super::sums::number(reply.pointer("/leads/0/score")?))
    };
    if is(&["score"]) && brief.kind == Kind::Lead {
        let most = own.get("maximum").and_then(Value::as_f64).unwrap_or(100.0);
        let most = Decimal::try_from(most).ok()?;
        return Some((first()? * most / Decimal::ONE_HUNDRED).round_dp(2));
    }
    if brief.kind == Kind::Cleanup {
        let counts = brief
            .replies("record_cleaner")
            .find_map(|reply| reply.get("counts"))?;
        let count = |key: &str| super::sums::number(counts.get(key)?);
        return if is(&["duplicates", "duplicate", "removed"]) {
            count("duplicate_rows")
        } else if is(&["changes", "changed", "fixes", "fixed"]) {
            count("changes")
        } else if is(&[
            "before", "input", "given", "total", "in", "after", "output", "kept", "rows",
        ]) {
            count("rows")
        } else {
            None
        };
    }
    if is(&["budget", "spend"]) {
        return found.budget();
    }
    if is(&["quantity", "qty", "units", "pieces"]) {
        return found
            .quantities
            .first()
            .map(|wanted| Decimal::from(wanted.count));
    }
    if is(&["rate", "percent", "percentage"]) && brief.kind == Kind::Tax {
        return found.percentages.first().copied();
    }
    if is(&["taxable", "base", "amount"]) && brief.kind == Kind::Tax {
        return found.amount();
    }
    if is(&["value", "deal", "opportunity"]) && brief.kind == Kind::Lead {
        return found.budget().or(found.amount());
    }
    None
}

fn in_bounds(own: &Map<String, Value>, value: Decimal, integer: bool) -> bool {
    let Some(value) = value.to_f64() else {
        return false;
    };
    let bound = |key: &str| own.get(key).and_then(Value::as_f64);
    (!integer || value.fract().abs() < f64::EPSILON)
        && bound("minimum").is_none_or(|low| value >= low)
        && bound("exclusiveMinimum").is_none_or(|low| value > low)
        && bound("maximum").is_none_or(|high| value <= high)
        && bound("exclusiveMaximum").is_none_or(|high| value < high)
        && bound("multipleOf").is_none_or(|step| (value / step).fract().abs() < 1e-9)
}

fn exact(value: Decimal, integer: bool) -> Value {
    if integer || value.fract().is_zero() {
        return value.to_i64().map_or(Value::Null, Value::from);
    }
    value.to_f64().map_or(Value::Null, Value::from)
}

/// `value` as one of the types a schema allows, when that loses nothing.
pub(super) fn coerced(value: &Value, kinds: &[&str]) -> Option<Value> {
    let numeric = kinds.contains(&"number") || kinds.contains(&"integer");
    match value {
        Value::String(text) if numeric && !kinds.contains(&"string") => {
            decimal(text).map(|value| exact(value, false))
        }
        Value::Number(number) if kinds.contains(&"string") && !numeric => {
            Some(number.to_string().into())
        }
        other => Some(other.clone()),
    }
}

/// Another value of the same schema, for lists whose items must differ.
pub(super) fn different(own: &Map<String, Value>, item: &Value, position: usize) -> Value {
    match item {
        Value::String(text) => {
            let suffix = format!(" {}", position + 1);
            let most = own
                .get("maxLength")
                .and_then(Value::as_u64)
                .and_then(|most| usize::try_from(most).ok())
                .unwrap_or(usize::MAX);
            let room = most.saturating_sub(suffix.chars().count());
            let head: String = text.chars().take(room).collect();
            format!("{head}{suffix}").into()
        }
        Value::Number(_) => {
            let step = own.get("multipleOf").and_then(Value::as_f64).unwrap_or(1.0);
            let start = item.as_f64().unwrap_or(0.0);
            let moved = start + step * position as f64;
            let integer = super::schema::types(own).contains(&"integer");
            schema::within(own, moved, integer)
        }
        Value::Bool(truth) => json!(!truth),
        Value::Object(map) => {
            let mut map = map.clone();
            for value in map.values_mut() {
                if value.is_string() || value.is_number() {
                    *value = different(&Map::new(), value, position);
                }
            }
            map.into()
        }
        other => other.clone(),
    }
}

pub(super) fn truth(brief: &Brief<'_>, name: &str) -> Filled {
    let words = words(name);
    let is = |any: &[&str]| words.iter().any(|word| any.contains(&word.as_str()));
    let found = &brief.found;
    if is(&[
        "review",
        "approval",
        "human",
        "check",
        "draft",
        "offline",
        "estimated",
    ]) {
        return known(true);
    }
    if let (Some(from), Some(to)) = (found.from, found.to) {
        let within = from.code == to.code;
        if is(&["interstate", "inter"]) {
            return known(!within);
        }
        if is(&["intrastate", "intra"]) {
            return known(within);
        }
    }
    if is(&["qualified", "hot", "pursue", "accept"])
        && let Some(reply) = brief.replies("lead_scorer").next()
    {
        return known(
            reply
                .pointer("/leads/0/grade")
                .is_some_and(|grade| grade == "hot"),
        );
    }
    // Money, health and anger are for somebody with authority.
    if is(&["person"]) && brief.kind == Kind::Support {
        return known(true);
    }
    unknown(false)
}
