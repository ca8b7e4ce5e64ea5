use crate::Skill;

impl Skill {
    /// The text with its partials taken in where they are named, unrendered: all that the skill says.
    pub fn inlined(&self) -> String {
        self.expand(&self.body)
    }

    fn expand(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("{%") {
            let Some(length) = rest[start..].find("%}") else {
                break;
            };
            let end = start + length + 2;
            let partial = included(&rest[start + 2..end - 2])
                .and_then(|name| self.template.environment.get_template(name).ok());
            out.push_str(&rest[..start]);
            match partial {
                // No partial takes in itself, not even through another.
                Some(partial) => out.push_str(self.expand(partial.source()).trim_end()),
                None => out.push_str(&rest[start..end]),
            }
            rest = &rest[end..];
        }
        out.push_str(rest);
        out
    }
}

/// `include "partials/a.md"` -> `partials/a.md`
fn included(tag: &str) -> Option<&str> {
    let tag = tag.trim_matches(['-', '+']).trim();
    let mut quoted = tag
        .strip_prefix("include")?
        .trim_start()
        .splitn(3, ['"', '\'']);
    quoted.next().filter(|before| before.is_empty())?;
    quoted.next()
}
