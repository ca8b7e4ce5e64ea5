//! Typed records of a workspace: kinds with known fields, never SQL.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{ExecutionId, Usd, WorkspaceId};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{Rate, Spec, Tool, ToolContext, ToolError};

/// The database, as the tools see it.
#[async_trait]
pub trait Records: Send + Sync {
    /// The id of the record, and whether it is new.
    async fn upsert(
        &self,
        workspace: WorkspaceId,
        execution: Option<ExecutionId>,
        kind: &str,
        natural_key: &str,
        data: &Value,
    ) -> Result<(Uuid, bool), RecordsError>;

    /// Records whose data contains `equals` and whose text holds `text`, newest first.
    async fn find(
        &self,
        workspace: WorkspaceId,
        kind: &str,
        equals: &Value,
        text: Option<&str>,
        limit: i64,
    ) -> Result<Vec<StoredRecord>, RecordsError>;
}

/// The database does not answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("records: {0}")]
pub struct RecordsError(pub String);

#[derive(Debug, Clone)]
pub struct StoredRecord {
    pub id: Uuid,
    pub kind: String,
    pub natural_key: String,
    pub data: Value,
    pub updated_at: DateTime<Utc>,
}

/// A kind of record.
pub struct RecordKind {
    pub name: &'static str,
    /// Fields it may have; all are short texts, numbers or lists of texts.
    pub fields: &'static [&'static str],
    /// The fields that make two records one; the first that is there counts.
    pub key: &'static [&'static str],
}

pub const RECORD_KINDS: &[RecordKind] = &[
    RecordKind {
        name: "lead",
        fields: &[
            "name",
            "company",
            "city",
            "state",
            "phone",
            "email",
            "need",
            "budget_inr",
            "timeline",
            "grade",
            "source",
            "notes",
        ],
        key: &["phone", "email", "name"],
    },
    RecordKind {
        name: "contact",
        fields: &[
            "name", "company", "city", "phone", "email", "language", "consent", "notes",
        ],
        key: &["phone", "email", "name"],
    },
    RecordKind {
        name: "company",
        fields: &[
            "name", "website", "city", "state", "gstin", "category", "size", "notes",
        ],
        key: &["gstin", "website", "name"],
    },
    RecordKind {
        name: "competitor_profile",
        fields: &[
            "name",
            "website",
            "summary",
            "positioning",
            "strengths",
            "weaknesses",
            "pricing",
            "india_notes",
        ],
        key: &["website", "name"],
    },
    RecordKind {
        name: "finding",
        fields: &["title", "text", "source", "date"],
        key: &["title"],
    },
    RecordKind {
        name: "campaign_idea",
        fields: &["title", "festival", "channel", "text", "date"],
        key: &["title"],
    },
    RecordKind {
        name: "cleaned_record",
        fields: &["name", "phone", "email", "city", "notes"],
        key: &["phone", "email", "name"],
    },
];

/// The largest record, as JSON.
const MAX_BYTES: usize = 16 * 1024;
/// The longest natural key, in bytes: an index of PostgreSQL holds no more than about 2,700.
const MAX_KEY: usize = 1_024;
const MAX_FOUND: u64 = 50;

fn kind(args: &Value) -> Result<&'static RecordKind, ToolError> {
    let name = args["kind"].as_str().unwrap_or_default();
    RECORD_KINDS
        .iter()
        .find(|kind| kind.name == name)
        .ok_or_else(|| {
            let known: Vec<&str> = RECORD_KINDS.iter().map(|kind| kind.name).collect();
            ToolError::new(
                "kind.unknown",
                format!("there is no kind {name:?}; known are {}", known.join(", ")),
            )
        })
}

fn known_fields(kind: &RecordKind, given: &Map<String, Value>) -> Result<(), ToolError> {
    match given
        .keys()
        .find(|key| !kind.fields.contains(&key.as_str()))
    {
        None => Ok(()),
        Some(key) => Err(ToolError::new(
            "field.unknown",
            format!(
                "a {} has no field {key:?}; it has {}",
                kind.name,
                kind.fields.join(", ")
            ),
        )),
    }
}

fn kinds() -> Value {
    json!(
        RECORD_KINDS
            .iter()
            .map(|kind| kind.name)
            .collect::<Vec<_>>()
    )
}

/// Every field of any kind, so that a caller sees the names; which kind has which is in the description.
fn fields() -> Value {
    let names = RECORD_KINDS.iter().flat_map(|kind| kind.fields);
    Value::Object(names.map(|name| ((*name).to_owned(), json!({}))).collect())
}

/// `lead: name, company; contact: name, phone`
fn fields_of_kinds() -> String {
    let kinds = RECORD_KINDS
        .iter()
        .map(|kind| format!("{}: {}", kind.name, kind.fields.join(", ")));
    kinds.collect::<Vec<_>>().join("; ")
}

fn unavailable(error: RecordsError) -> ToolError {
    tracing::error!(%error, "records are unavailable");
    ToolError::new(
        "database.unavailable",
        "the records can't be reached just now",
    )
    .retryable()
}

/// `database_reader`
pub struct Reader {
    spec: Spec,
    records: Arc<dyn Records>,
}

impl Reader {
    pub fn new(records: Arc<dyn Records>) -> Self {
        let parameters = json!({
            "type": "object", "additionalProperties": false, "required": ["kind"],
            "properties": {
                "kind": { "enum": kinds(), "description": "What to look for" },
                "equals": { "type": "object", "description": "Fields that must have these values" },
                "text": { "type": "string", "maxLength": 200, "description": "A text that must occur in the record" },
                "limit": { "type": "integer", "minimum": 1, "maximum": MAX_FOUND }
            }
        });
        let description = "Finds records this workspace keeps: leads, contacts, companies, competitor profiles, findings.";
        Self {
            spec: spec("database_reader", description, parameters),
            records,
        }
    }
}

/// `database_writer`
pub struct Writer {
    spec: Spec,
    records: Arc<dyn Records>,
}

impl Writer {
    pub fn new(records: Arc<dyn Records>) -> Self {
        let parameters = json!({
            "type": "object", "additionalProperties": false, "required": ["kind", "data"],
            "properties": {
                "kind": { "enum": kinds(), "description": "What it is" },
                "data": {
                    "type": "object", "minProperties": 1, "properties": fields(),
                    "description": format!("The record's fields; a known phone, e-mail, website or name replaces the record that has it. {}", fields_of_kinds())
                }
            }
        });
        let description =
            "Keeps one record for this workspace. The same record twice is one record.";
        Self {
            spec: spec("database_writer", description, parameters),
            records,
        }
    }
}

fn spec(name: &'static str, description: &'static str, parameters: Value) -> Spec {
    Spec {
        name,
        description,
        parameters,
        cost: Usd::ZERO,
        timeout: Duration::from_secs(5),
        rate: Rate {
            calls: 300,
            per: Duration::from_secs(60),
        },
    }
}

#[async_trait]
impl Tool for Reader {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, context: &ToolContext, args: Value) -> Result<Value, ToolError> {
        let kind = kind(&args)?;
        let empty = Map::new();
        let equals = args["equals"].as_object().unwrap_or(&empty);
        known_fields(kind, equals)?;
        let limit = args["limit"].as_u64().unwrap_or(20).min(MAX_FOUND);
        let found = self
            .records
            .find(
                context.workspace_id,
                kind.name,
                &json!(equals),
                args["text"].as_str(),
                i64::try_from(limit).unwrap_or(20),
            )
            .await
            .map_err(unavailable)?;
        let records: Vec<Value> = found.into_iter().map(|record| record.data).collect();
        Ok(json!({ "kind": kind.name, "count": records.len(), "records": records }))
    }
}

#[async_trait]
impl Tool for Writer {
    fn spec(&self) -> &Spec {
        &self.spec
    }

    async fn call(&self, context: &ToolContext, args: Value) -> Result<Value, ToolError> {
        let kind = kind(&args)?;
        let empty = Map::new();
        let data = args["data"].as_object().unwrap_or(&empty);
        known_fields(kind, data)?;
        if args["data"].to_string().len() > MAX_BYTES {
            return Err(ToolError::new(
                "record.too_large",
                format!("a record has at most {MAX_BYTES} bytes: keep a summary"),
            ));
        }
        let key = kind.key.iter().find_map(|field| {
            let text = match data.get(*field)? {
                Value::String(text) => text.trim().to_lowercase(),
                Value::Number(number) => number.to_string(),
                _ => return None,
            };
            (!text.is_empty()).then(|| format!("{field}:{text}"))
        });
        let key = key.ok_or_else(|| {
            ToolError::new(
                "record.no_key",
                format!("a {} needs one of {}", kind.name, kind.key.join(", ")),
            )
        })?;
        if key.len() > MAX_KEY {
            let field = key.split(':').next().unwrap_or_default();
            let message = format!("the {field} of a {} has at most {MAX_KEY} bytes", kind.name);
            return Err(ToolError::new("record.key_too_long", message));
        }
        let (id, new) = self
            .records
            .upsert(
                context.workspace_id,
                context.execution_id,
                kind.name,
                &key,
                &args["data"],
            )
            .await
            .map_err(unavailable)?;
        Ok(json!({ "kind": kind.name, "id": id, "new": new }))
    }
}
