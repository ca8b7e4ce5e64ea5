//! Tool names for wires that take fewer characters than we do.

use std::borrow::Cow;

use crate::ToolSpec;

/// `name` with everything but letters, digits, `_` and `-` made `_`: what Claude and OpenAI take.
pub(crate) fn plain(name: &str) -> Cow<'_, str> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.chars().all(fits) {
        return Cow::Borrowed(name);
    }
    let plain = name.chars().map(|c| if fits(c) { c } else { '_' });
    Cow::Owned(plain.collect())
}

/// The tool that was declared as `sent`.
pub(crate) fn original(tools: &[ToolSpec], sent: &str) -> String {
    // One that needed no change comes first: two names may have become the same.
    tools
        .iter()
        .find(|tool| tool.name == sent)
        .or_else(|| tools.iter().find(|tool| plain(&tool.name) == sent))
        .map_or_else(|| sent.to_owned(), |tool| tool.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_back_as_it_was_declared() {
        let tool = |name: &str| ToolSpec {
            name: name.into(),
            description: String::new(),
            parameters: serde_json::json!({}),
        };
        let tools = [tool("crm.find"), tool("crm_find"), tool("mail.send")];
        assert_eq!(plain("mail.send"), "mail_send");
        assert_eq!(original(&tools, "mail_send"), "mail.send");
        assert_eq!(original(&tools, "crm_find"), "crm_find");
        assert_eq!(original(&tools, "unknown"), "unknown");
    }
}
