use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use domain::{Seams, WorkspaceId};
use moka::sync::Cache;
use serde::Serialize;
use serde_json::{Value, json};
use skills::{Catalogue, Known, Loaded, Skill, SkillError, Source};
use store::skill_versions::{self, Label, NewVersion, Rule};
use store::{Store, StoreError};
use tokio::sync::Mutex;

use crate::Settings;
use crate::files::{Files, Places};
use crate::view::{Canary, Stock, View};
use crate::watch;

/// Versions that are served no more and may still be asked for.
const PAST: u64 = 500;
/// A function is ready within moments of its start, whether its database is or not.
const FIRST_LOOK: Duration = Duration::from_millis(250);

/// Something wrong with a file, and whether anybody notices.
#[derive(Debug, Clone, Serialize)]
pub struct Fault {
    #[serde(flatten)]
    pub error: SkillError,
    /// An earlier version of the file is served in its place.
    pub last_good_served: bool,
}

/// The skills that are served now. Cheap to ask; it keeps itself up to date.
pub struct Shelf {
    store: Store,
    seams: Seams,
    places: Places,
    enabled: Vec<String>,
    stock: RwLock<Arc<Stock>>,
    past: Cache<(String, String), Arc<Skill>>,
    known: Mutex<Seen>,
}

/// What the stock was made of.
#[derive(Default)]
struct Seen {
    files: Files,
    sources: Vec<Source>,
    labels: Vec<Label>,
    /// What the files say, before labels.
    published: Catalogue,
    faults: Vec<Fault>,
    /// All of `published` is in the database.
    kept: bool,
}

impl Shelf {
    /// Reads what there is, and goes on watching for as long as the shelf is held.
    ///
    /// # Errors
    /// When there is no good skill at all, or the bucket's name can't be understood.
    pub async fn open(settings: &Settings, store: Store, seams: Seams) -> Result<Arc<Self>> {
        let bucket = match settings
            .skills_bucket
            .as_deref()
            .filter(|name| !name.is_empty())
        {
            Some(name) => {
                let place = name.contains(':') || name.starts_with('/');
                let url = if place {
                    name.to_owned()
                } else {
                    format!("gs://{name}")
                };
                let options = objects::Options {
                    endpoint: settings
                        .objects_endpoint
                        .clone()
                        .filter(|url| !url.is_empty()),
                    ..objects::Options::default()
                };
                let opened = objects::open(&url, options, seams.clock.clone()).await;
                Some(opened.context("SKILLS_BUCKET")?)
            }
            None => None,
        };
        let places = Places {
            folder: settings.skills_dir.clone(),
            bucket,
        };
        Self::over(places, settings.skills_enabled.clone(), store, seams).await
    }

    async fn over(
        places: Places,
        enabled: Vec<String>,
        store: Store,
        seams: Seams,
    ) -> Result<Arc<Self>> {
        let folder = places.folder.clone();
        let shelf = Arc::new(Self {
            store,
            seams,
            places,
            enabled,
            stock: RwLock::new(Arc::new(Stock::new(Catalogue::default(), vec![], vec![]))),
            past: Cache::new(PAST),
            known: Mutex::default(),
        });
        shelf.refresh_within(FIRST_LOOK).await;
        if shelf.now().production.catalogue.is_empty() {
            // Nothing to begin with: then it is worth waiting for the bucket.
            shelf.refresh().await;
        }
        if shelf.now().production.catalogue.is_empty() {
            bail!(
                "there are no skills in {}: set SKILLS_DIR to the folder that has them, or SKILLS_BUCKET",
                folder.display()
            );
        }
        watch::start(&shelf, &folder);
        Ok(shelf)
    }

    fn now(&self) -> Arc<Stock> {
        self.stock
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// What this workspace is served.
    pub fn view(&self, workspace: WorkspaceId) -> Arc<View> {
        self.now().view(workspace)
    }

    /// Makes the router of a function that routes before its first request needs it.
    pub fn warm(self: &Arc<Self>) {
        tokio::spawn(make_router(self.production()));
    }

    /// What everyone is served who is in no canary.
    pub fn production(&self) -> Arc<View> {
        self.now().production.clone()
    }

    /// What is wrong with the files now.
    pub fn faults(&self) -> Vec<Fault> {
        self.now().faults.clone()
    }

    /// The very version that something was planned with, though it may be served no more. `None` when it
    /// was never kept, or no longer compiles (a tool it needs is gone).
    ///
    /// # Errors
    /// When it must be looked up and the database is away: ask again.
    pub async fn pinned(
        &self,
        skill_id: &str,
        hash: &str,
    ) -> Result<Option<Arc<Skill>>, StoreError> {
        if let Some(skill) = self.now().find(skill_id, hash) {
            return Ok(Some(skill));
        }
        let key = (skill_id.to_owned(), hash.to_owned());
        if let Some(skill) = self.past.get(&key) {
            return Ok(Some(skill));
        }
        let mut tx = self.store.plain().await?;
        let sources = skill_versions::sources(&mut tx, skill_id, hash).await?;
        tx.rollback().await?;
        let Some(sources) = sources else {
            return Ok(None);
        };
        // What it was planned with, whether it is on or off by now.
        let loaded = compile(read_sources(&sources), &[skill_id]);
        let found = loaded
            .catalogue
            .any(skill_id)
            .filter(|skill| skill.hash == hash)
            .cloned();
        match &found {
            Some(skill) => self.past.insert(key, skill.clone()),
            None => {
                tracing::error!(skill.id = skill_id, hash, errors = ?loaded.errors, "a kept version of a skill no longer compiles")
            }
        }
        Ok(found)
    }

    /// Looks again at files and labels; answers whether anything else is served now.
    pub async fn refresh(&self) -> bool {
        self.refresh_within(Duration::from_secs(10)).await
    }

    async fn refresh_within(&self, patience: Duration) -> bool {
        let mut seen = self.known.lock().await;
        self.places.read(&mut seen.files, patience).await;
        let labels = match tokio::time::timeout(patience, self.labels()).await {
            Ok(Ok(labels)) => labels,
            Ok(Err(error)) => {
                tracing::warn!(%error, "labels of skills can't be read: what they were stays");
                seen.labels.clone()
            }
            Err(_) => seen.labels.clone(),
        };
        let sources = seen.files.sources();
        let (new_files, new_labels) = (sources != seen.sources, labels != seen.labels);
        if new_files {
            self.compile(&mut seen, sources, patience).await;
        }
        if !seen.kept {
            seen.kept = matches!(
                tokio::time::timeout(patience, self.keep(&seen.published, &seen.sources)).await,
                Ok(Ok(()))
            );
        }
        if new_files || new_labels {
            seen.labels = labels;
            let stock = self.stock_of(&seen).await;
            if self.now().production.routes() {
                // Nobody who asks waits for it to be made anew.
                make_router(stock.production.clone()).await;
            }
            let old = std::mem::replace(
                &mut *self.stock.write().unwrap_or_else(PoisonError::into_inner),
                Arc::new(stock),
            );
            for skill in old.skills() {
                let key = (skill.id.clone(), skill.hash.clone());
                self.past.insert(key, skill.clone());
            }
        }
        new_files || new_labels
    }

    /// Compiles what the files say now. Of a file with a mistake, what it last said stays.
    async fn compile(&self, seen: &mut Seen, sources: Vec<Source>, patience: Duration) {
        let enabled: Vec<&str> = self.enabled.iter().map(String::as_str).collect();
        let loaded = compile(sources.clone(), &enabled);
        let mut skills: Vec<Arc<Skill>> = loaded.catalogue.all().cloned().collect();
        let mut missing = Vec::new();
        for file in &loaded.failed {
            match seen.published.all().find(|skill| skill.file == *file) {
                Some(skill) => skills.push(skill.clone()),
                None => missing.push(file.clone()),
            }
        }
        if !missing.is_empty()
            && let Ok(Ok(found)) = tokio::time::timeout(patience, self.last_of(&missing)).await
        {
            for sources in found {
                let kept = compile(read_sources(&sources), &enabled).catalogue;
                skills.extend(kept.all().cloned());
            }
        }
        // A file that now defines the skill itself comes before what another last said.
        skills.retain(|skill| {
            let newer = loaded.catalogue.any(&skill.id);
            newer.is_none_or(|newer| newer.file == skill.file)
        });
        for error in &loaded.errors {
            tracing::error!(%error, code = error.code, "a skill file has a mistake");
        }
        seen.faults = loaded
            .errors
            .into_iter()
            .map(|error| Fault {
                last_good_served: skills.iter().any(|skill| skill.file == error.file),
                error,
            })
            .collect();
        let published = Catalogue::of(skills);
        for skill in published.all() {
            let before = seen.published.any(&skill.id);
            if before.is_none_or(|before| before.hash != skill.hash) && !seen.published.is_empty() {
                tracing::info!(skill.id, skill.version, skill.hash, "a skill is published");
            }
        }
        seen.published = published;
        seen.sources = sources;
        seen.kept = false;
    }

    /// What labels make of what is published.
    async fn stock_of(&self, seen: &Seen) -> Stock {
        let mut skills: Vec<Arc<Skill>> = seen.published.all().cloned().collect();
        let mut canaries = Vec::new();
        for label in &seen.labels {
            let at = skills.iter().position(|skill| skill.id == label.skill_id);
            // A version that is taken back stays so only until the next one is published.
            let applies = match (&label.rule, at) {
                (Rule::Production { instead_of }, Some(at)) => skills[at].hash == *instead_of,
                (Rule::Production { .. }, None) => false,
                (Rule::Canary { .. }, _) => true,
            };
            if !applies {
                continue;
            }
            let version = match self.pinned(&label.skill_id, &label.content_hash).await {
                Ok(Some(version)) => version,
                Ok(None) => {
                    tracing::error!(
                        skill.id = label.skill_id,
                        hash = label.content_hash,
                        "a label names a version that can't be had"
                    );
                    continue;
                }
                Err(error) => {
                    tracing::error!(skill.id = label.skill_id, %error, "a label's version can't be read now");
                    continue;
                }
            };
            match &label.rule {
                Rule::Production { .. } => {
                    if let Some(at) = at {
                        skills[at] = version;
                    }
                }
                Rule::Canary {
                    workspaces,
                    percent,
                } => canaries.push(Canary {
                    skill: version,
                    workspaces: workspaces.clone(),
                    percent: *percent,
                }),
            }
        }
        Stock::new(Catalogue::of(skills), canaries, seen.faults.clone())
    }

    async fn labels(&self) -> Result<Vec<Label>, StoreError> {
        let mut tx = self.store.plain().await?;
        let labels = skill_versions::labels(&mut tx).await?;
        tx.rollback().await?;
        Ok(labels)
    }

    async fn last_of(&self, files: &[String]) -> Result<Vec<Value>, StoreError> {
        let mut tx = self.store.plain().await?;
        let found = skill_versions::last_of(&mut tx, files).await?;
        tx.rollback().await?;
        Ok(found)
    }

    async fn keep(&self, published: &Catalogue, sources: &[Source]) -> Result<(), StoreError> {
        let versions: Vec<NewVersion> = published
            .all()
            .map(|skill| version_of(skill, sources))
            .collect();
        let mut tx = self.store.plain().await?;
        skill_versions::keep(&mut tx, &versions, true, self.seams.now()).await?;
        tx.commit().await
    }
}

async fn make_router(view: Arc<View>) {
    let made = tokio::task::spawn_blocking(move || {
        view.router();
    });
    if let Err(error) = made.await {
        tracing::error!(%error, "the router could not be made");
    }
}

/// A version as it is kept: its own file, the partials it takes in, and all schemas.
pub fn version_of(skill: &Skill, sources: &[Source]) -> NewVersion {
    let files: Vec<Value> = sources
        .iter()
        .filter(|source| {
            source.path == skill.file
                || source.path.contains("schemas/")
                || skill
                    .partials()
                    .iter()
                    .any(|name| source.path.ends_with(name.as_str()))
        })
        .map(|source| json!({ "path": source.path, "text": source.text }))
        .collect();
    NewVersion {
        skill_id: skill.id.clone(),
        content_hash: skill.hash.clone(),
        version: skill.version.clone(),
        file: skill.file.clone(),
        sources: Value::Array(files),
    }
}

fn read_sources(sources: &Value) -> Vec<Source> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    sources
        .as_array()
        .into_iter()
        .flatten()
        .map(|file| Source::new(text(&file["path"]), text(&file["text"])))
        .collect()
}

fn compile(sources: Vec<Source>, enabled: &[&str]) -> Loaded {
    Catalogue::from_sources(
        sources,
        Known {
            tools: tools::STANDARD_NAMES,
            models: &[],
            enabled,
        },
    )
}
