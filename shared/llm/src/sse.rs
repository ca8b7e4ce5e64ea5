//! Server-sent events, cut out of chunks that may break anywhere, inside a character too.

/// Splits a byte stream into the data of its events. Lines end with LF, CR or CRLF; fields other
/// than `data` and comments are skipped (WHATWG HTML, "Interpreting an event stream").
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    after_cr: bool,
    /// The stream may begin with a byte order mark.
    begun: bool,
}

impl Splitter {
    /// The data of every event that `chunk` completes.
    pub fn push(&mut self, chunk: &[u8]) -> Vec<Vec<u8>> {
        let mut events = Vec::new();
        let mut rest = chunk;
        while let Some(&first) = rest.first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                rest = &rest[1..];
                continue;
            }
            match rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
                None => {
                    self.line.extend_from_slice(rest);
                    break;
                }
                Some(end) => {
                    self.line.extend_from_slice(&rest[..end]);
                    self.after_cr = rest[end] == b'\r';
                    rest = &rest[end + 1..];
                    events.extend(self.end_line());
                }
            }
        }
        events
    }

    /// What remains when the stream is over: perhaps a last event without its blank line, perhaps
    /// the beginning of one that was cut.
    pub fn end(mut self) -> Vec<Vec<u8>> {
        let mut events: Vec<_> = self.end_line().into_iter().collect();
        events.extend(self.data.take());
        events
    }

    fn end_line(&mut self) -> Option<Vec<u8>> {
        let taken = std::mem::take(&mut self.line);
        let mut line = taken.as_slice();
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if line.is_empty() {
            return self.data.take();
        }
        let value = match line.strip_prefix(b"data") {
            Some([]) => &[][..],
            Some([b':', b' ', value @ ..] | [b':', value @ ..]) => value,
            _ => return None,
        };
        match &mut self.data {
            Some(data) => {
                data.push(b'\n');
                data.extend_from_slice(value);
            }
            None => self.data = Some(value.to_vec()),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(chunks: &[&[u8]]) -> Vec<String> {
        let mut splitter = Splitter::default();
        let mut events: Vec<_> = chunks
            .iter()
            .flat_map(|chunk| splitter.push(chunk))
            .collect();
        events.extend(splitter.end());
        events
            .into_iter()
            .map(|event| String::from_utf8(event).unwrap())
            .collect()
    }

    #[test]
    fn other_fields_and_comments_are_skipped() {
        let stream = b"\xef\xbb\xbf: hello\r\nevent: x\r\ndata: one\r\ndata:two\r\n\r\nid: 3\n\ndata\n\ndata: last";
        assert_eq!(split(&[stream]), ["one\ntwo", "", "last"]);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_chunks_break(
            events in prop::collection::vec("[^\r\n\0]{1,20}", 1..6),
            ending in prop::sample::select(vec!["\n", "\r\n", "\r"]),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let text: String = events.iter().map(|event| format!("data: {event}{ending}{ending}")).collect();
            let bytes = text.as_bytes();
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let chunks: Vec<&[u8]> = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(split(&chunks), events);
        }
    }
}
