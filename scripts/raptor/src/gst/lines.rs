//! JSON lines in, JSON lines out: one at a time, so that memory stays the same however many come.

use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Write};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The longest line that is read; what is longer is no request.
const LONGEST: usize = 1 << 20;

/// What some programs put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A request's answer, an object, or what is wrong with the request.
pub type Answer = fn(&[u8]) -> Result<Value, String>;

/// A request, of which the rest is not looked at.
#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

/// An answer, with the request's `id` as it was written: numbers may be larger than any of ours.
#[derive(Serialize)]
struct Said<'a> {
    #[serde(flatten)]
    answer: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
}

/// Answers each line. `false` if one of them was no request.
pub fn answer_all(input: impl Read, output: impl Write, answer: Answer) -> Result<bool> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    let mut output = BufWriter::with_capacity(1 << 16, output);
    let mut line = Vec::new();
    let mut all_good = true;
    for number in 1u64.. {
        let Some(fits) = next(&mut input, &mut line).context("the input can't be read")? else {
            break;
        };
        if number == 1 && line.starts_with(BYTE_ORDER_MARK) {
            line.drain(..BYTE_ORDER_MARK.len());
        }
        if line.trim_ascii().is_empty() && fits {
            continue;
        }
        let answered = if fits {
            answer(&line)
        } else {
            Err(format!("is longer than {LONGEST} bytes"))
        };
        let answer = answered.unwrap_or_else(|error| {
            all_good = false;
            json!({ "line": number, "error": error })
        });
        let id = read(&line).ok().and_then(|request: Named<'_>| request.id);
        let said = Said { answer, id };
        let mut written = serde_json::to_writer(&mut output, &said)
            .map_err(io::Error::from)
            .and_then(|()| output.write_all(b"\n"));
        if input.buffer().is_empty() {
            // Whoever asks line by line is waiting.
            written = written.and_then(|()| output.flush());
        }
        match written {
            // Whoever reads has seen enough, as `head` has.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(all_good),
            written => written.context("the answer can't be written")?,
        }
    }
    match output.flush() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("the answer can't be written")
        }
        _ => Ok(all_good),
    }
}

/// Reads a line without its end. `None` at the end of the input, `false` for a line that is too long, of
/// which only the beginning is kept.
fn next(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Option<bool>> {
    line.clear();
    let mut fits = true;
    let mut any = false;
    loop {
        let chunk = match input.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            chunk => chunk?,
        };
        if chunk.is_empty() {
            return Ok(any.then_some(fits));
        }
        any = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let piece = &chunk[..end.unwrap_or(chunk.len())];
        if line.len() + piece.len() <= LONGEST {
            line.extend_from_slice(piece);
        } else {
            fits = false;
        }
        let used = end.map_or(chunk.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Ok(Some(fits));
        }
    }
}

/// A request from its line.
pub fn read<'a, T: Deserialize<'a>>(line: &'a [u8]) -> Result<T, String> {
    if line.trim_ascii_start().first() != Some(&b'{') {
        return Err("a request is a JSON object, as in {\"state\":\"29\"}".into());
    }
    serde_json::from_slice(line).map_err(|error| in_words(&error.to_string()))
}

/// What the parser says, in the words of JSON.
fn in_words(error: &str) -> String {
    [
        // It always is the first line of one.
        (" at line 1 column", " at column"),
        ("invalid type: map,", "invalid type: an object,"),
        ("invalid type: sequence,", "invalid type: an array,"),
        ("invalid type: integer ", "invalid type: the number "),
        ("invalid type: floating point ", "invalid type: the number "),
        ("expected a sequence", "expected an array"),
    ]
    .into_iter()
    .fold(error.to_owned(), |text, (theirs, ours)| {
        text.replace(theirs, ours)
    })
}
