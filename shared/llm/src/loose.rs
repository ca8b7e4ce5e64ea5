//! Whatever a provider sends, reading it ends in an answer or an error, never in a panic: every
//! wire's reader on events made of the words it looks for, in all the wrong places.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// JSON whose keys and texts come from `words`.
pub(crate) fn json_of(words: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let word = move || prop::sample::select(words);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0_u64..4).prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        word().prop_map(Value::from),
        "[a-zé{}\"]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            3 => prop::collection::vec((word(), inner.clone()), 0..7).prop_map(|pairs| {
                let pairs = pairs.into_iter().map(|(key, value)| (key.to_owned(), value));
                Value::from(pairs.collect::<Map<_, _>>())
            }),
            1 => prop::collection::vec(inner, 0..4).prop_map(Value::from),
        ]
    })
}
