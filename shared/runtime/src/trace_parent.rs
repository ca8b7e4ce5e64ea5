use std::fmt;

use domain::Ids;

/// The W3C Trace Context `traceparent` of version 00: `00-<trace>-<parent span>-<flags>`
/// (<https://www.w3.org/TR/trace-context/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// Never zero.
    pub trace_id: u128,
    /// Never zero.
    pub span_id: u64,
    pub sampled: bool,
}

impl TraceParent {
    /// `None` unless the text is a valid header. A later version is read by its first four fields,
    /// as the specification asks.
    pub fn parse(text: &str) -> Option<Self> {
        let mut fields = text.trim().splitn(5, '-');
        let version = hex(fields.next()?, 2)?;
        let trace_id = hex(fields.next()?, 32)?;
        let span_id = hex(fields.next()?, 16)?;
        let flags = hex(fields.next()?, 2)?;
        let extra = fields.next().is_some();
        if version == 0xff || (version == 0 && extra) || trace_id == 0 || span_id == 0 {
            return None;
        }
        Some(Self {
            trace_id,
            span_id: u64::try_from(span_id).ok()?,
            sampled: flags & 1 == 1,
        })
    }

    /// From Google's older `X-Cloud-Trace-Context: TRACE_ID/SPAN_ID;o=OPTIONS`, where the span is
    /// decimal and the options may be absent.
    pub fn parse_cloud(text: &str) -> Option<Self> {
        let (trace, rest) = text.trim().split_once('/')?;
        let (span, options) = rest.split_once(';').unwrap_or((rest, ""));
        let trace_id = hex(trace, 32)?;
        let span_id: u64 = span.parse().ok()?;
        (trace_id != 0 && span_id != 0).then_some(Self {
            trace_id,
            span_id,
            sampled: options == "o=1",
        })
    }

    /// A new trace. It is not marked as sampled: no span of it is exported.
    pub fn fresh(ids: &dyn Ids) -> Self {
        Self::of_trace(ids.uuid().as_u128(), ids)
    }

    pub(crate) fn of_trace(trace_id: u128, ids: &dyn Ids) -> Self {
        let mut span = [0; 8];
        ids.fill(&mut span);
        Self {
            trace_id,
            span_id: u64::from_be_bytes(span).max(1),
            sampled: false,
        }
    }

    /// 32 lower-case hexadecimal digits.
    pub fn trace_hex(&self) -> String {
        format!("{:032x}", self.trace_id)
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(
            f,
            "00-{:032x}-{:016x}-{flags:02x}",
            self.trace_id, self.span_id
        )
    }
}

/// Exactly `digits` lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let plain =
        text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    plain.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_valid_header_survives_reading_and_writing() {
        let text = format!("00-{TRACE}-00f067aa0ba902b7-01");
        let parent = TraceParent::parse(&text).unwrap();
        assert_eq!(parent.to_string(), text);
        assert_eq!(parent.trace_hex(), TRACE);
        assert!(TraceParent::parse(&format!("cc-{TRACE}-00f067aa0ba902b7-01-what-ever")).is_some());
    }

    #[test]
    fn googles_own_header_is_the_same_trace() {
        let parent = TraceParent::parse_cloud(&format!("{TRACE}/67667974448284343;o=1")).unwrap();
        assert_eq!(
            parent.to_string(),
            format!("00-{TRACE}-00f067aa0ba902b7-01")
        );
        assert!(TraceParent::parse_cloud(&format!("{TRACE}/1")).is_some());
    }

    #[test]
    fn anything_else_is_refused() {
        let zero = "0".repeat(32);
        for bad in [
            String::new(),
            "00".into(),
            format!("00-{zero}-00f067aa0ba902b7-01"),
            format!("00-{TRACE}-0000000000000000-01"),
            format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-00f067aa0ba902b7-01-extra"),
            format!("00-{TRACE}-+0f067aa0ba902b7-01"),
        ] {
            assert_eq!(TraceParent::parse(&bad), None, "{bad}");
        }
        for bad in ["", "x/1", &format!("{TRACE}/0"), &format!("{TRACE}/x;o=1")] {
            assert_eq!(TraceParent::parse_cloud(bad), None, "{bad}");
        }
    }
}
