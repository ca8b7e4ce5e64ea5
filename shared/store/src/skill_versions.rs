//! Versions of skills, and operators' words on which of them is served. They belong to no tenant.

use chrono::{DateTime, Utc};
use domain::WorkspaceId;
use serde_json::Value;
use uuid::Uuid;

use crate::{Result, Tx};

/// One version to keep.
#[derive(Debug, Clone)]
pub struct NewVersion {
    pub skill_id: String,
    pub content_hash: String,
    pub version: String,
    /// The skill's own file, `campaign/diwali/SKILL.md`.
    pub file: String,
    /// `[{path, text}]`: the files it is compiled from.
    pub sources: Value,
}

/// A kept version.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Version {
    pub skill_id: String,
    pub content_hash: String,
    pub version: String,
    pub created_at: DateTime<Utc>,
    /// When it last became what the folder or bucket has.
    pub published_at: Option<DateTime<Utc>>,
}

/// Who gets a version other than the published one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "label", rename_all = "snake_case")]
pub enum Rule {
    /// Everyone, for as long as the published version is this one.
    Production { instead_of: String },
    /// These workspaces, and this share of the others, 0 to 100.
    Canary {
        workspaces: Vec<WorkspaceId>,
        percent: u8,
    },
}

/// A version by its label.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Label {
    pub skill_id: String,
    pub content_hash: String,
    #[serde(flatten)]
    pub rule: Rule,
    pub note: String,
    pub set_at: DateTime<Utc>,
}

impl Rule {
    fn name(&self) -> &'static str {
        match self {
            Self::Production { .. } => "production",
            Self::Canary { .. } => "canary",
        }
    }
}

/// Keeps versions that are not kept yet. `published` ones are noted as what the files have now, unless
/// they are that already. 1 round trip, and no write when all is known.
pub async fn keep(
    tx: &mut Tx,
    versions: &[NewVersion],
    published: bool,
    now: DateTime<Utc>,
) -> Result<()> {
    let ids: Vec<String> = versions.iter().map(|v| v.skill_id.clone()).collect();
    let hashes: Vec<String> = versions.iter().map(|v| v.content_hash.clone()).collect();
    let names: Vec<String> = versions.iter().map(|v| v.version.clone()).collect();
    let files: Vec<String> = versions.iter().map(|v| v.file.clone()).collect();
    let sources: Vec<Value> = versions.iter().map(|v| v.sources.clone()).collect();
    sqlx::query!(
        "WITH latest AS (
           SELECT DISTINCT ON (skill_id) skill_id, content_hash FROM agent_skills
           WHERE skill_id = ANY($1) AND published_at IS NOT NULL ORDER BY skill_id, published_at DESC)
         INSERT INTO agent_skills AS known (skill_id, content_hash, version, file, sources, created_at, published_at)
         SELECT new.skill_id, new.content_hash, new.version, new.file, new.sources, $5::timestamptz, CASE WHEN $6 THEN $5::timestamptz END
         FROM unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $7::text[])
           AS new (skill_id, content_hash, version, sources, file)
         LEFT JOIN latest ON latest.skill_id = new.skill_id
         WHERE NOT EXISTS (SELECT FROM agent_skills a
                           WHERE a.skill_id = new.skill_id AND a.content_hash = new.content_hash
                             AND (NOT $6 OR latest.content_hash = new.content_hash))
         ORDER BY new.skill_id
         ON CONFLICT (skill_id, content_hash) DO UPDATE SET published_at = coalesce(excluded.published_at, known.published_at)",
        &ids,
        &hashes,
        &names,
        &sources,
        now,
        published,
        &files,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The files of one version, if it was ever kept.
pub async fn sources(tx: &mut Tx, skill_id: &str, content_hash: &str) -> Result<Option<Value>> {
    let sources = sqlx::query_scalar!(
        "SELECT sources FROM agent_skills WHERE skill_id = $1 AND content_hash = $2",
        skill_id,
        content_hash
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(sources)
}

/// The files of what each of these files last published, when it was still good.
pub async fn last_of(tx: &mut Tx, files: &[String]) -> Result<Vec<Value>> {
    let sources = sqlx::query_scalar!(
        "SELECT DISTINCT ON (file) sources FROM agent_skills
         WHERE file = ANY($1) AND published_at IS NOT NULL ORDER BY file, published_at DESC",
        files
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(sources)
}

/// The versions of one skill, the last published first.
pub async fn history(tx: &mut Tx, skill_id: &str) -> Result<Vec<Version>> {
    let versions = sqlx::query_as!(
        Version,
        "SELECT skill_id, content_hash, version, created_at, published_at FROM agent_skills
         WHERE skill_id = $1 ORDER BY published_at DESC NULLS LAST, created_at DESC",
        skill_id
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(versions)
}

/// All labels there are. A few rows.
pub async fn labels(tx: &mut Tx) -> Result<Vec<Label>> {
    let rows = sqlx::query!(
        "SELECT skill_id, label, content_hash, instead_of, workspaces, percent, note, set_at FROM skill_labels
         ORDER BY skill_id, label"
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Label {
            skill_id: row.skill_id,
            content_hash: row.content_hash,
            rule: match row.instead_of {
                Some(instead_of) => Rule::Production { instead_of },
                None => Rule::Canary {
                    workspaces: row.workspaces.into_iter().map(WorkspaceId).collect(),
                    percent: u8::try_from(row.percent).unwrap_or(100),
                },
            },
            note: row.note,
            set_at: row.set_at,
        })
        .collect())
}

/// Sets a label; one that is there is replaced.
///
/// # Errors
/// `Conflict` when the version is not kept.
pub async fn set_label(tx: &mut Tx, label: &Label) -> Result<()> {
    let (instead_of, workspaces, percent) = match &label.rule {
        Rule::Production { instead_of } => (Some(instead_of.clone()), vec![], 0),
        Rule::Canary {
            workspaces,
            percent,
        } => (
            None,
            workspaces.iter().map(|id| id.0).collect::<Vec<Uuid>>(),
            i32::from(*percent),
        ),
    };
    sqlx::query!(
        "INSERT INTO skill_labels (skill_id, label, content_hash, instead_of, workspaces, percent, note, set_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (skill_id, label) DO UPDATE SET content_hash = excluded.content_hash, instead_of = excluded.instead_of,
           workspaces = excluded.workspaces, percent = excluded.percent, note = excluded.note, set_at = excluded.set_at",
        label.skill_id,
        label.rule.name(),
        label.content_hash,
        instead_of,
        &workspaces,
        percent,
        label.note,
        label.set_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes a skill's label away; answers whether there was one.
pub async fn clear_label(tx: &mut Tx, skill_id: &str, canary: bool) -> Result<bool> {
    let label = if canary { "canary" } else { "production" };
    let done = sqlx::query!(
        "DELETE FROM skill_labels WHERE skill_id = $1 AND label = $2",
        skill_id,
        label
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}
