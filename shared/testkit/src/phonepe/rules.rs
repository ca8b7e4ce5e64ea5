//! What PhonePe checks of a request, and its rules of time.

use std::time::Duration;

use chrono::{DateTime, FixedOffset, TimeDelta, Timelike, Utc};
use serde_json::Value;

use super::codes::{Refusal, bad_request};

/// A debit's notice.
pub(super) const NOTICE: TimeDelta = TimeDelta::hours(24);
/// Between two attempts at a debit.
pub(super) const PAUSE: TimeDelta = TimeDelta::minutes(90);
/// Attempts at a debit in all.
pub(super) const ATTEMPTS: usize = 4;
/// A notified debit's life, unless it says another.
pub(super) const DEBIT_LIFE: TimeDelta = TimeDelta::hours(48);
/// An order's life, unless it says another. UNVERIFIED: no page gives the default.
const ORDER_LIFE: u64 = 1200;
/// A mandate's life, unless it says another.
pub(super) const MANDATE_LIFE: TimeDelta = TimeDelta::days(30 * 365);

/// Whether a debit may be made now: 21:31 to 09:59 and 13:01 to 16:59 IST, whole minutes.
pub(super) fn off_peak(at: DateTime<Utc>) -> bool {
    let ist = FixedOffset::east_opt(19_800).expect("IST is UTC+05:30");
    let local = at.with_timezone(&ist);
    let minute = (local.hour(), local.minute());
    !((10, 0)..(21, 31)).contains(&minute) || ((13, 1)..(17, 0)).contains(&minute)
}

pub(super) fn text<'a>(body: &'a Value, field: &str) -> Option<&'a str> {
    body[field].as_str()
}

/// One of the merchant's own ids.
pub(super) fn id(body: &Value, field: &str) -> Result<String, Refusal> {
    let id = text(body, field).unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if (1..=63).contains(&id.len()) && id.bytes().all(fits) {
        return Ok(id.to_owned());
    }
    Err(bad_request(&format!(
        "{field} must be 1 to 63 of letters, digits, underscores and hyphens"
    )))
}

/// Whole paise, 100 or more.
pub(super) fn amount(body: &Value, field: &str) -> Result<i64, Refusal> {
    let amount = body[field].as_i64().filter(|amount| *amount >= 100);
    amount.ok_or_else(|| {
        bad_request(&format!(
            "{field} must be a whole number of paise, 100 or more"
        ))
    })
}

/// One of these words.
pub(super) fn one_of(
    body: &Value,
    field: &str,
    words: &[&'static str],
) -> Result<&'static str, Refusal> {
    let said = text(body, field).unwrap_or_default();
    let word = words.iter().find(|word| **word == said);
    word.copied()
        .ok_or_else(|| bad_request(&format!("{field} must be one of {}", words.join(", "))))
}

/// A time in milliseconds, if there is one, which lies ahead.
pub(super) fn ahead(
    body: &Value,
    field: &str,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, Refusal> {
    let wrong = || bad_request(&format!("{field} must be milliseconds since 1970, ahead"));
    if body[field].is_null() {
        return Ok(None);
    }
    let millis = body[field].as_i64().ok_or_else(wrong)?;
    let time = DateTime::from_timestamp_millis(millis).filter(|time| *time > now);
    time.map(Some).ok_or_else(wrong)
}

/// How long the payer has.
pub(super) fn order_life(body: &Value) -> Result<TimeDelta, Refusal> {
    let seconds = match &body["expireAfter"] {
        Value::Null => Some(ORDER_LIFE),
        after => after.as_u64().filter(|after| (300..=3600).contains(after)),
    };
    let seconds = seconds.ok_or_else(|| bad_request("expireAfter must be 300 to 3600 seconds"))?;
    Ok(TimeDelta::from_std(Duration::from_secs(seconds)).unwrap_or(TimeDelta::zero()))
}

/// `metaInfo`: udf1 to udf10 of 256, udf11 to udf15 of 50 of few letters.
pub(super) fn meta(body: &Value) -> Result<Value, Refusal> {
    let Some(fields) = body["metaInfo"].as_object() else {
        return Ok(Value::Null);
    };
    for (name, value) in fields {
        if value.is_null() {
            continue;
        }
        let number = name.strip_prefix("udf").and_then(|n| n.parse::<u8>().ok());
        let text = value.as_str();
        let plain = |c: char| c.is_ascii_alphanumeric() || "_- @.+".contains(c);
        let fits = text.is_some_and(|text| match number {
            Some(1..=10) => text.chars().count() <= 256,
            Some(11..=15) => text.chars().count() <= 50 && text.chars().all(plain),
            _ => false,
        });
        if !fits {
            return Err(bad_request(&format!("metaInfo.{name} is not valid")));
        }
    }
    Ok(body["metaInfo"].clone())
}

/// `paymentModeConfig`: one list or the other.
pub(super) fn modes(flow: &Value) -> Result<(), Refusal> {
    let config = &flow["paymentModeConfig"];
    let given = |field: &str| {
        config[field]
            .as_array()
            .is_some_and(|list| !list.is_empty())
    };
    if given("enabledPaymentModes") && given("disabledPaymentModes") {
        return Err(bad_request(
            "enabledPaymentModes and disabledPaymentModes exclude each other",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debits_are_made_off_peak() {
        // 09:59:59 IST, 10:00 IST, 13:00:59 IST, 13:01 IST, 16:59 IST, 17:00 IST, 21:30 IST, 21:31 IST.
        for (time, allowed) in [
            ("2026-11-20T04:29:59Z", true),
            ("2026-11-20T04:30:00Z", false),
            ("2026-11-20T07:30:59Z", false),
            ("2026-11-20T07:31:00Z", true),
            ("2026-11-20T11:29:00Z", true),
            ("2026-11-20T11:30:00Z", false),
            ("2026-11-20T16:00:00Z", false),
            ("2026-11-20T16:01:00Z", true),
        ] {
            assert_eq!(off_peak(time.parse().unwrap()), allowed, "{time}");
        }
    }
}
