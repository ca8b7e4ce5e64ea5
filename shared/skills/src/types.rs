//! Skills as TypeScript: an interface for what each takes and one for what it answers.

use std::collections::BTreeSet;
use std::fmt::Write;

use serde_json::{Map, Value};

use crate::{Catalogue, Skill};

/// How deep references between schemas are followed; a schema may refer to itself.
const DEPTH: usize = 8;

const HEAD: &str = "// What every skill takes and answers. Written by `raptor skills types`; edit the skills, not this.\n";

/// One TypeScript file of all skills, switched off or not, in order of their ids. The same skills always
/// give the same text.
pub fn typescript(catalogue: &Catalogue) -> String {
    let mut text = HEAD.to_owned();
    let mut table = String::new();
    let mut taken = BTreeSet::new();
    for skill in catalogue.all() {
        let mut name = pascal(&skill.id);
        while !taken.insert(name.clone()) {
            // `a.b_c` and `a_b.c`.
            name.push('_');
        }
        declare(
            &mut text,
            &format!("{name}Input"),
            &about(skill),
            &skill.input_schema,
        );
        let answer = format!("What {} answers.", skill.id);
        declare(
            &mut text,
            &format!("{name}Output"),
            &[answer],
            &skill.output_schema,
        );
        let id = Value::from(skill.id.as_str());
        let _ = writeln!(
            table,
            "  {id}: {{ input: {name}Input; output: {name}Output }};"
        );
    }
    let _ = write!(
        text,
        "\n/** All skills by id. */\nexport interface Skills {{\n{table}}}\n\nexport type SkillId = keyof Skills;\n"
    );
    text
}

fn about(skill: &Skill) -> Vec<String> {
    let mut lines = vec![format!("{} ({} {})", skill.title, skill.id, skill.version)];
    if !skill.description.is_empty() {
        lines.push(skill.description.clone());
    }
    if !skill.enabled {
        lines.push("Switched off.".to_owned());
    }
    lines
}

fn declare(text: &mut String, name: &str, about: &[String], schema: &Value) {
    let shape = Types { root: schema }.of(schema, 0, 0);
    text.push('\n');
    comment(text, about, 0);
    let _ = match shape.form {
        Form::Object => writeln!(text, "export interface {name} {}", shape.text),
        _ => writeln!(text, "export type {name} = {};", shape.text),
    };
}

/// `content.blog` -> `ContentBlog`
fn pascal(id: &str) -> String {
    let words = id.split(['.', '_', '-']).filter(|word| !word.is_empty());
    let mut name: String = words
        .map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

fn comment(text: &mut String, lines: &[String], indent: usize) {
    let blanks = " ".repeat(indent);
    let lines: Vec<String> = lines
        .iter()
        .flat_map(|line| line.lines())
        .map(|line| line.trim_end().replace("*/", "*\\/"))
        .collect();
    match lines.as_slice() {
        [] => {}
        [line] => {
            let _ = writeln!(text, "{blanks}/** {line} */");
        }
        lines => {
            let _ = writeln!(text, "{blanks}/**");
            for line in lines {
                let _ = writeln!(text, "{}", format!("{blanks} * {line}").trim_end());
            }
            let _ = writeln!(text, "{blanks} */");
        }
    }
}

/// A type as it is written.
#[derive(Debug, PartialEq)]
struct Type {
    text: String,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    /// `{ ... }`, which an interface can have.
    Object,
    Tight,
    /// `a | b`: brackets are needed where something binds closer.
    Loose,
}

impl Type {
    fn tight(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            form: Form::Tight,
        }
    }

    fn bracketed(self) -> String {
        match self.form {
            Form::Loose => format!("({})", self.text),
            _ => self.text,
        }
    }
}

struct Types<'a> {
    /// Where references look.
    root: &'a Value,
}

impl Types<'_> {
    /// A schema as a type; its further lines are `indent` blanks in.
    fn of(&self, schema: &Value, indent: usize, depth: usize) -> Type {
        let unknown = Type::tight("unknown");
        let Some(map) = schema.as_object() else {
            return if *schema == Value::Bool(false) {
                Type::tight("never")
            } else {
                unknown
            };
        };
        let each = |kinds: &[Value]| -> Vec<Type> {
            let kinds = kinds.iter();
            kinds.map(|one| self.of(one, indent, depth)).collect()
        };
        if let Some(target) = map.get("$ref").and_then(Value::as_str) {
            let path = target.strip_prefix('#');
            return match path.and_then(|path| self.root.pointer(path)) {
                Some(found) if depth < DEPTH => self.of(found, indent, depth + 1),
                _ => unknown,
            };
        }
        if let Some(Value::Array(values)) = map.get("enum") {
            return union(values.iter().map(literal).collect());
        }
        if let Some(value) = map.get("const") {
            return literal(value);
        }
        if let Some(Value::Array(choices)) = map.get("anyOf").or_else(|| map.get("oneOf")) {
            return union(each(choices));
        }
        if let Some(Value::Array(parts)) = map.get("allOf") {
            let parts: Vec<String> = each(parts).into_iter().map(Type::bracketed).collect();
            return Type {
                text: parts.join(" & "),
                form: Form::Loose,
            };
        }
        let kind = |kind: &str| self.kind(kind, map, indent, depth);
        match map.get("type") {
            Some(Value::Array(kinds)) => {
                let kinds = kinds.iter().filter_map(Value::as_str);
                union(kinds.map(kind).collect())
            }
            Some(Value::String(text)) => kind(text),
            _ if map.contains_key("properties") => kind("object"),
            _ if map.contains_key("items") => kind("array"),
            _ => unknown,
        }
    }

    fn kind(&self, kind: &str, map: &Map<String, Value>, indent: usize, depth: usize) -> Type {
        match kind {
            "string" | "boolean" | "null" => Type::tight(kind),
            "number" | "integer" => Type::tight("number"),
            "array" => self.array(map, indent, depth),
            "object" => self.object(map, indent, depth),
            _ => Type::tight("unknown"),
        }
    }

    fn array(&self, map: &Map<String, Value>, indent: usize, depth: usize) -> Type {
        let of = |item| self.of(item, indent, depth);
        if let Some(Value::Array(first)) = map.get("prefixItems") {
            let first: Vec<String> = first.iter().map(|item| of(item).text).collect();
            return Type::tight(format!("[{}]", first.join(", ")));
        }
        let items = map.get("items").map(of);
        let items = items.unwrap_or_else(|| Type::tight("unknown"));
        Type::tight(format!("{}[]", items.bracketed()))
    }

    fn object(&self, map: &Map<String, Value>, indent: usize, depth: usize) -> Type {
        let others = map.get("additionalProperties");
        let closed = others == Some(&Value::Bool(false));
        let properties = map.get("properties").and_then(Value::as_object);
        let Some(properties) = properties.filter(|properties| !properties.is_empty()) else {
            // `false` is `never`: TypeScript's `{}` would be anything.
            let others = others.map(|others| self.of(others, indent, depth).text);
            let others = others.as_deref().unwrap_or("unknown");
            return Type::tight(format!("Record<string, {others}>"));
        };
        let required = map.get("required").and_then(Value::as_array);
        let required: BTreeSet<&str> = required
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut names: Vec<&String> = properties.keys().collect();
        names.sort_unstable();
        let blanks = " ".repeat(indent + 2);
        let mut text = "{\n".to_owned();
        for name in names {
            let property = &properties[name];
            comment(&mut text, &notes(property), indent + 2);
            let mark = if required.contains(name.as_str()) {
                ""
            } else {
                "?"
            };
            let kind = self.of(property, indent + 2, depth).text;
            let _ = writeln!(text, "{blanks}{}{mark}: {kind};", key(name));
        }
        let _ = write!(text, "{}}}", " ".repeat(indent));
        if closed {
            Type {
                text,
                form: Form::Object,
            }
        } else {
            // The named ones must fit what is said of the others, which only `unknown` grants.
            text.push_str(" & Record<string, unknown>");
            Type {
                text,
                form: Form::Loose,
            }
        }
    }
}

/// What a reader wants to know of a property besides its type.
fn notes(schema: &Value) -> Vec<String> {
    let mut notes: Vec<String> = schema["description"]
        .as_str()
        .map(str::to_owned)
        .into_iter()
        .collect();
    if let Some(default) = schema.get("default") {
        notes.push(format!("@default {default}"));
    }
    notes
}

fn literal(value: &Value) -> Type {
    Type::tight(match value {
        Value::Object(_) | Value::Array(_) => "unknown".to_owned(),
        plain => plain.to_string(),
    })
}

fn union(mut kinds: Vec<Type>) -> Type {
    let mut texts: Vec<String> = Vec::new();
    for kind in &kinds {
        if !texts.contains(&kind.text) {
            texts.push(kind.text.clone());
        }
    }
    match texts.len() {
        0 => Type::tight("never"),
        1 => kinds.swap_remove(0),
        _ => Type {
            text: texts.join(" | "),
            form: Form::Loose,
        },
    }
}

fn key(name: &str) -> String {
    let mut chars = name.chars();
    let plain = chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    if plain {
        name.to_owned()
    } else {
        Value::from(name).to_string()
    }
}
