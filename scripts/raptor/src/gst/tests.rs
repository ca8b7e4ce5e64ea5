//! Golden cases: what is asked, and what must be answered.

use serde_json::Value;

use super::{check, lines, split};

/// Runs a command on lines as the program does.
fn run(answer: lines::Answer, input: &[u8]) -> (Vec<Value>, bool) {
    let mut output = Vec::new();
    let good = lines::answer_all(input, &mut output, answer).unwrap();
    let text = String::from_utf8(output).unwrap();
    let answers = text.lines().map(|line| serde_json::from_str(line).unwrap());
    (answers.collect(), good)
}

/// Whether all that `wanted` has is in `found`; objects may have more in them.
fn has(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, wanted)| found.get(key).is_some_and(|found| has(found, wanted))),
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(f, w)| has(f, w))
        }
        (Value::String(found), Value::String(wanted)) if wanted.starts_with('…') => {
            found.contains(wanted.trim_start_matches('…'))
        }
        _ => found == wanted,
    }
}

/// The cases are JSON lines of `why`, `ask` and `answer`; a text that begins with `…` need only be within
/// what is said.
fn golden(answer: lines::Answer, cases: &str) {
    let cases: Vec<Value> = cases
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    assert!(cases.len() > 10);
    let asked: Vec<String> = cases.iter().map(|case| case["ask"].to_string()).collect();
    let (answers, _) = run(answer, asked.join("\n").as_bytes());
    assert_eq!(answers.len(), cases.len());
    for (case, found) in cases.iter().zip(&answers) {
        assert!(has(found, &case["answer"]), "{case:#}\n{found:#}");
    }
}

#[test]
fn numbers_are_checked() {
    golden(check::answer, include_str!("check_cases.jsonl"));
}

#[test]
fn supplies_are_split() {
    golden(split::answer, include_str!("split_cases.jsonl"));
}

#[test]
fn a_bad_line_is_said_and_the_rest_go_on() {
    let long = format!("{{\"gstin\":\"{}\"}}", "2".repeat(2 << 20));
    let input = [
        br#"{"gstin":"27AAPFU0939F1ZV"}"#.as_slice(),
        b"{\"gstin\":",
        b"",
        b"  \r",
        b"\xff\xfe",
        b"[]",
        long.as_bytes(),
        br#"{"gstn":"27AAPFU0939F1ZV","id":"row 8"}"#,
        b"{}\r",
        br#"{"id":{"row":7},"pan":"AAPFU0939F"}"#,
    ]
    .join(&b'\n');
    let (answers, good) = run(check::answer, &input);
    assert!(!good);
    let lines: Vec<Option<u64>> = answers
        .iter()
        .map(|answer| answer["line"].as_u64())
        .collect();
    assert_eq!(
        lines,
        [
            None,
            Some(2),
            Some(5),
            Some(6),
            Some(7),
            Some(8),
            Some(9),
            None
        ]
    );
    assert_eq!(answers[0]["valid"], true);
    let said = |at: usize| answers[at]["error"].as_str().unwrap();
    assert!(
        said(1).contains("EOF") && said(1).contains("column 9"),
        "{}",
        said(1)
    );
    assert!(said(4).contains("longer"), "{}", said(4));
    assert!(said(5).contains("gstn"), "{}", said(5));
    assert_eq!(answers[5]["id"], "row 8");
    assert!(said(6).contains("give gstin"), "{}", said(6));
    assert_eq!(answers[7]["id"]["row"], 7);
    assert!(run(check::answer, b"").1 && run(check::answer, b"\n\n").1);
}

/// Editors on Windows put a byte order mark before the first line.
#[test]
fn a_byte_order_mark_is_no_part_of_the_first_line() {
    let mark = "\u{feff}{\"pan\":\"AAPFU0939F\"}\n{\"pan\":\"AAPFU0939F\"}";
    let (answers, good) = run(check::answer, mark.as_bytes());
    assert!(good);
    assert_eq!(answers[0], answers[1]);
    // Anywhere else it is none.
    assert!(!run(check::answer, "{}\n\u{feff}{}".as_bytes()).1);
    assert!(run(check::answer, "\u{feff}".as_bytes()).1);
}

/// As text: what reads it may make a fraction of a large number, as this test's own parser does.
#[test]
fn an_id_comes_back_as_it_was_written() {
    let ask = |line: &str| {
        let mut output = Vec::new();
        lines::answer_all(line.as_bytes(), &mut output, split::answer).unwrap();
        String::from_utf8(output).unwrap()
    };
    for id in [
        "18446744073709551617",
        "0.1000",
        "\"a-1\"",
        "[1, {\"b\": null}]",
        "false",
    ] {
        let good = format!(r#"{{"id":{id},"supplier_state":"29","lines":[{{"unit_price":1}}]}}"#);
        let bad = format!(r#"{{"lines":[],"id":{id}}}"#);
        for (line, what) in [(good, "\"payable\""), (bad, "\"error\"")] {
            let said = ask(&line);
            assert!(said.contains(what), "{said}");
            assert!(said.contains(&format!("\"id\":{id}")), "{said}");
        }
    }
    assert!(!ask(r#"{"id":null,"lines":[]}"#).contains("\"id\""));
    assert!(!ask(r#"{"id":7,"lines":"#).contains("\"id\""));
    assert!(!ask(r#"["a"]"#).contains("\"id\""));
}

/// Nobody outside knows what the parser calls things.
#[test]
fn errors_are_in_the_words_of_json() {
    for (line, said) in [
        (r#"[null,"29"]"#, "a request is a JSON object"),
        (
            r#"{"lines":{}}"#,
            "invalid type: an object, expected an array",
        ),
        (
            r#"{"recipient":7,"lines":[]}"#,
            "the number `7`, expected an object",
        ),
        (r#"{"lines":[7]}"#, "the number `7`, expected an object"),
        (
            r#"{"lines":[],"supplier_state":[29]}"#,
            "[29] is no state, as in",
        ),
        (
            r#"{"lines":[],"supplier_state":2.9}"#,
            "2.9 is no state, as in",
        ),
        (
            r#"{"lines":[],"supplier_state":29,"recipient":{"kind":"sezz"}}"#,
            "registered, unregistered, sez, overseas",
        ),
    ] {
        let error = run(split::answer, line.as_bytes()).0.remove(0);
        let error = error["error"].as_str().unwrap();
        assert!(error.contains(said), "{line}: {error}");
    }
}

#[test]
fn amounts_are_numbers_or_texts_and_nothing_else() {
    let ask = |price: &str| {
        let line = format!(r#"{{"supplier_state":"29","lines":[{{"unit_price":{price}}}]}}"#);
        run(split::answer, line.as_bytes()).0.remove(0)
    };
    for price in [
        "2999",
        "2999.0",
        "2.999e3",
        "\"2999\"",
        "\" 2999.00 \"",
        "\"2999.000000\"",
    ] {
        assert_eq!(ask(price)["totals"]["payable"], "3538.82", "{price}");
    }
    assert_eq!(ask("0.29")["totals"]["taxable"], "0.29");
    for price in [
        "\"2,999\"",
        "\"\"",
        "\".\"",
        "\"1_000\"",
        "\"+5\"",
        "\"NaN\"",
        "null",
        "true",
        "[1]",
        "\"1e3\"",
        "\"1.2.3\"",
        "1e300",
    ] {
        assert!(ask(price)["error"].is_string(), "{price}");
    }
}

/// Whoever asks and waits for the answer before asking again gets it.
#[test]
fn answers_come_as_lines_do() {
    use std::io::Write;
    use std::sync::mpsc;

    struct Sent(mpsc::Sender<Vec<u8>>);
    impl Write for Sent {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.send(bytes.to_vec()).unwrap();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (reader, mut writer) = std::io::pipe().unwrap();
    let (sender, answers) = mpsc::channel();
    let running =
        std::thread::spawn(move || lines::answer_all(reader, Sent(sender), check::answer).unwrap());
    for _ in 0..3 {
        writer.write_all(b"{\"pan\":\"AAPFU0939F\"}\n").unwrap();
        let answer = answers
            .recv_timeout(std::time::Duration::from_secs(30))
            .unwrap();
        assert!(answer.ends_with(b"\n"));
    }
    drop(writer);
    assert!(running.join().unwrap());
}
