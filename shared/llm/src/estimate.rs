//! Token counts made here: before a call, and after one whose own count never arrived.

use std::io::{self, Write};

use serde::Serialize;

use crate::{Request, Turn};

/// One token for every three UTF-8 bytes, rounded up. English runs at about four characters a
/// token; Indic scripts take three bytes a character and about a token each, so this errs high for
/// both.
const BYTES_PER_TOKEN: u64 = 3;

/// What a turn, a tool or a schema costs beyond its text.
const OVERHEAD: u64 = 16;

pub(crate) fn text_tokens(text: &str) -> u64 {
    (text.len() as u64).div_ceil(BYTES_PER_TOKEN)
}

/// A high estimate of what the prompt of `request` counts.
pub(crate) fn prompt_tokens(request: &Request) -> u64 {
    let mut bytes = request.system.len() as u64;
    for turn in &request.turns {
        bytes += match turn {
            Turn::User { text } => text.len() as u64,
            // What of it goes back, whichever wire it came from.
            Turn::Model { raw: Some(raw), .. } => {
                let said = raw.get("content").or_else(|| raw.get("message"));
                json_bytes(said.unwrap_or(raw))
            }
            Turn::Model {
                text, tool_calls, ..
            } => text.len() as u64 + json_bytes(tool_calls),
            Turn::ToolResults(results) => json_bytes(results),
        };
    }
    bytes += json_bytes(&request.tools) + request.output_schema.as_ref().map_or(0, json_bytes);
    let items = 2 + request.turns.len() + request.tools.len();
    bytes.div_ceil(BYTES_PER_TOKEN) + OVERHEAD * items as u64
}

fn json_bytes(value: &impl Serialize) -> u64 {
    struct Counter(u64);
    impl Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    serde_json::to_writer(&mut counter, value).expect("counting can't fail");
    counter.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_errs_high_in_every_script() {
        assert_eq!(text_tokens("handloom"), 3);
        assert_eq!(text_tokens("दीवाली"), 6);
        let request = Request {
            system: "x".repeat(300),
            ..Request::default()
        };
        assert!(prompt_tokens(&request) >= 100);
    }
}
