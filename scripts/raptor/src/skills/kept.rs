//! What is kept of a skill, and which version labels make of it.

use anyhow::{Context, Result, bail};
use store::Tx;
use store::skill_versions::{self, Label, Rule, Version};

use crate::print;

/// So much of a hash tells two versions apart.
const HASH: usize = 12;
/// The least that is taken for the beginning of a hash.
const LEAST: usize = 6;
/// When what is said here is so.
pub const SOON: &str = "Functions serve it within 15 seconds";

/// What is kept of one skill, and what labels say of it.
pub struct Kept {
    id: String,
    /// The last published first, and last those that never were.
    pub versions: Vec<Version>,
    labels: Vec<Label>,
}

impl Kept {
    pub async fn read(tx: &mut Tx, id: &str) -> Result<Self> {
        let versions = skill_versions::history(tx, id).await?;
        if versions.is_empty() {
            bail!(
                "no version of {id:?} is kept: functions keep those they serve, and `raptor skills list` shows the ids"
            );
        }
        let mut labels = skill_versions::labels(tx).await?;
        labels.retain(|label| label.skill_id == id);
        Ok(Self {
            id: id.to_owned(),
            versions,
            labels,
        })
    }

    /// What the files last said.
    pub fn published(&self) -> Result<&Version> {
        let newest = self.versions.first();
        newest
            .filter(|version| version.published_at.is_some())
            .with_context(|| {
                format!(
                    "{} was never published: its file goes to the folder or bucket of skills first",
                    self.id
                )
            })
    }

    pub fn canary(&self) -> Option<&Label> {
        let mut labels = self.labels.iter();
        labels.find(|label| matches!(label.rule, Rule::Canary { .. }))
    }

    /// Whether a label is for the version that is published now, and not for an earlier one.
    fn applies(&self, label: &Label) -> bool {
        match &label.rule {
            Rule::Production { instead_of } => self
                .published()
                .is_ok_and(|version| version.content_hash == *instead_of),
            Rule::Canary { .. } => true,
        }
    }

    /// What everyone gets who has no canary.
    pub fn served(&self) -> Result<&Version> {
        let production = |label: &&Label| matches!(label.rule, Rule::Production { .. });
        let label = self
            .labels
            .iter()
            .filter(production)
            .find(|label| self.applies(label));
        match label {
            Some(label) => self.exact(&label.content_hash),
            None => self.published(),
        }
    }

    pub fn is_served(&self, version: &Version) -> bool {
        self.served()
            .is_ok_and(|served| served.content_hash == version.content_hash)
    }

    /// One step back: from a version that was only promoted to what is published, and from that to what was
    /// published before. Said twice, it goes no further: two operators may have the same thought.
    pub fn before(&self) -> Result<&Version> {
        let (id, served, published) = (&self.id, self.served()?, self.published()?);
        if served.published_at.is_none() {
            return Ok(published);
        }
        if served.content_hash != published.content_hash {
            bail!(
                "{id} is taken back already, to {}: --to goes to another version, `raptor skills release {id}` to {}",
                named(served),
                named(published)
            );
        }
        let earlier = self.versions.get(1);
        earlier
            .filter(|version| version.published_at.is_some())
            .with_context(|| {
                format!(
                    "{id} has nothing to go back to: {} is all that was published of it",
                    named(served)
                )
            })
    }

    pub fn exact(&self, hash: &str) -> Result<&Version> {
        let mut versions = self.versions.iter();
        versions
            .find(|version| version.content_hash == hash)
            .with_context(|| format!("version {hash} of {} is not kept", self.id))
    }

    /// The version whose hash begins like this.
    pub fn find(&self, prefix: &str) -> Result<&Version> {
        let id = &self.id;
        if prefix.len() < LEAST {
            bail!("{prefix:?} is too short: give {LEAST} characters of the hash or more");
        }
        let prefix = prefix.to_ascii_lowercase();
        let all = self.versions.iter();
        let fits: Vec<&Version> = all
            .filter(|version| version.content_hash.starts_with(&prefix))
            .collect();
        match fits[..] {
            [one] => Ok(one),
            [] => bail!("{id} has no version {prefix}: `raptor skills versions {id}` lists them"),
            [..] => bail!(
                "{prefix} is ambiguous, {} versions of {id} begin so: give more of the hash",
                fits.len()
            ),
        }
    }

    /// Gives a version to everyone: by a label, or, when its file says the same, by taking the label away.
    pub async fn produce(&self, tx: &mut Tx, version: &Version, note: &str) -> Result<()> {
        let published = self.published()?;
        if published.content_hash == version.content_hash {
            skill_versions::clear_label(tx, &self.id, false).await?;
            return Ok(());
        }
        let label = Label {
            skill_id: self.id.clone(),
            content_hash: version.content_hash.clone(),
            rule: Rule::Production {
                instead_of: published.content_hash.clone(),
            },
            note: note.to_owned(),
            set_at: runtime::system_seams().now(),
        };
        skill_versions::set_label(tx, &label).await?;
        Ok(())
    }

    /// Says what everyone got and gets.
    pub fn moved(&self, from: &Version, to: &Version) {
        let id = &self.id;
        print::line(format_args!("{id}: {} -> {}", named(from), named(to)));
        let published = self
            .published()
            .is_ok_and(|version| version.content_hash == to.content_hash);
        if published {
            print::note(format_args!("{SOON}."));
        } else {
            print::note(format_args!(
                "{SOON}, until its file changes or `raptor skills release {id}`."
            ));
        }
    }

    pub fn labels_of<'a>(&'a self, version: &'a Version) -> impl Iterator<Item = &'a Label> {
        let labels = self.labels.iter();
        labels.filter(|label| label.content_hash == version.content_hash)
    }

    pub fn row(&self, version: &Version) -> Vec<String> {
        let when =
            |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%d %H:%M:%S").to_string();
        let labels: Vec<String> = self
            .labels_of(version)
            .map(|label| self.said(label))
            .collect();
        vec![
            short(&version.content_hash),
            version.version.clone(),
            when(version.created_at),
            version
                .published_at
                .map_or_else(|| "never".to_owned(), when),
            if self.is_served(version) { "yes" } else { "-" }.to_owned(),
            labels.join(", "),
        ]
    }

    /// A label in words: `canary for 10 % (shorter posts)`.
    pub fn said(&self, label: &Label) -> String {
        let mut said = match &label.rule {
            Rule::Production { .. } if self.applies(label) => "production".to_owned(),
            Rule::Production { instead_of } => {
                format!("production, lapsed with {}", short(instead_of))
            }
            Rule::Canary {
                workspaces,
                percent,
            } => {
                let s = if workspaces.len() == 1 { "" } else { "s" };
                let named = format!("{} named workspace{s}", workspaces.len());
                let share = format!("{percent} %");
                match (workspaces.len(), percent) {
                    (0, _) => format!("canary for {share}"),
                    (_, 0) => format!("canary for {named}"),
                    _ => format!("canary for {named} and {share} of the others"),
                }
            }
        };
        if !label.note.is_empty() {
            said += &format!(" ({})", label.note);
        }
        said
    }
}

pub fn named(version: &Version) -> String {
    format!("{} ({})", version.version, short(&version.content_hash))
}

fn short(hash: &str) -> String {
    hash.chars().take(HASH).collect()
}
