use std::borrow::Cow;

/// Text that no spreadsheet takes for a formula. The full-width signs count as the plain ones do in East
/// Asian settings, and white space before a sign is skipped by some programs.
pub fn neutral(text: &str) -> Cow<'_, str> {
    let dangerous = text.starts_with(['\t', '\r', '\n', '\0'])
        || text
            .trim_start()
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    if dangerous {
        format!("'{text}").into()
    } else {
        text.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text() {
        for formula in [
            "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1",
        ] {
            assert_eq!(neutral(formula), format!("'{formula}"));
        }
        for plain in ["", "Sharma & Sons", "1-2", "a=b", "'quoted'"] {
            assert_eq!(neutral(plain), plain);
        }
    }
}
