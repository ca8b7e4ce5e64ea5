//! JSON lines in, JSON lines out: one at a time, so that memory stays the same however many come.

use std::io::{self, BufRead, BufReader, BufWriter, ErrorKind, Read, Write};

use anyhow::{Context, Result};
use serde_json::{Value, json};

/// The longest line that is read; what is longer is no request.
const LONGEST: usize = 1 << 20;

/// A request's answer, or what is wrong with the request.
pub type Answer = fn(&[u8]) -> Result<Value, String>;

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
        if line.trim_ascii().is_empty() && fits {
            continue;
        }
        let answered = if fits {
            answer(&line)
        } else {
            Err(format!("is longer than {LONGEST} bytes"))
        };
        let said = answered.unwrap_or_else(|error| {
            all_good = false;
            json!({ "line": number, "error": error })
        });
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
pub fn read<T: serde::de::DeserializeOwned>(line: &[u8]) -> Result<T, String> {
    serde_json::from_slice(line).map_err(|error| {
        // It always is the first line of one.
        error.to_string().replace(" at line 1 column", " at column")
    })
}

/// The answer with the request's `id`, if it had one.
pub fn with_id(mut answer: Value, id: Option<Value>) -> Value {
    if let Some(id) = id {
        answer["id"] = id;
    }
    answer
}
