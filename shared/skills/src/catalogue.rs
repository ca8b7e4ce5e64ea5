use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::compile::{Known, Shared, compile};
use crate::problem::{Findings, SkillError, Warning};
use crate::skill::strip_version;
use crate::source::{Kind, MAX_BYTES, normalised};
use crate::{Skill, Source};

/// All skills by id. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    skills: Arc<BTreeMap<String, Arc<Skill>>>,
}

/// What reading files came to.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The good skills; a bad file disturbs no other.
    pub catalogue: Catalogue,
    pub errors: Vec<SkillError>,
    pub warnings: Vec<Warning>,
    /// Files of skills that have mistakes, in them or in what they take in.
    pub failed: Vec<String>,
}

impl Catalogue {
    /// The skills below a folder.
    pub fn load_dir(folder: &Path, known: Known<'_>) -> Loaded {
        match Source::below(folder) {
            Ok(sources) => Self::from_sources(sources, known),
            Err(error) => Loaded {
                errors: vec![unreadable(folder, &error)],
                ..Loaded::default()
            },
        }
    }

    /// From texts, wherever they came from. Of two skills with one id the first stays, and the second is
    /// an error.
    pub fn from_sources(sources: Vec<Source>, known: Known<'_>) -> Loaded {
        let mut loaded = Loaded::default();
        let (files, shared) = sort(sources, &mut loaded.errors);
        let mut skills: BTreeMap<String, Arc<Skill>> = BTreeMap::new();
        for source in files {
            let mut findings = Findings::of(&source.path);
            let skill = compile(&source, &shared, known, &mut findings);
            if skill.is_none() {
                loaded.failed.push(source.path.clone());
            }
            if let Some(skill) = skill {
                if let Some(first) = skills.get(&skill.id) {
                    let said = format!(
                        "{} is already defined in {}: give one of them another name",
                        skill.id, first.file
                    );
                    findings.error((2, 1), "duplicate-id", said);
                } else {
                    skills.insert(skill.id.clone(), Arc::new(skill));
                }
            }
            loaded.errors.append(&mut findings.errors);
            loaded.warnings.append(&mut findings.warnings);
        }
        // A mistake in a partial is found once for each skill that takes it in.
        let mut seen = Vec::new();
        loaded.errors.retain(|error| {
            let new = !seen.contains(error);
            if new {
                seen.push(error.clone());
            }
            new
        });
        loaded.catalogue = Self {
            skills: Arc::new(skills),
        };
        loaded
    }

    /// These skills; of two with one id the later one.
    pub fn of(skills: impl IntoIterator<Item = Arc<Skill>>) -> Self {
        Self {
            skills: Arc::new(
                skills
                    .into_iter()
                    .map(|skill| (skill.id.clone(), skill))
                    .collect(),
            ),
        }
    }

    /// A skill that can be run, by its id, with or without a version suffix (`campaign.diwali.v1`).
    pub fn get(&self, id: &str) -> Option<&Arc<Skill>> {
        self.any(id).filter(|skill| skill.enabled)
    }

    /// The same, switched off or not.
    pub fn any(&self, id: &str) -> Option<&Arc<Skill>> {
        self.skills
            .get(id)
            .or_else(|| self.skills.get(&strip_version(id)))
    }

    /// Those that can be run, in order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Skill>> {
        self.all().filter(|skill| skill.enabled)
    }

    /// The same, with those that are switched off.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Skill>> {
        self.skills.values()
    }

    pub fn len(&self) -> usize {
        self.skills.len()
    }

    pub fn is_empty(&self) -> bool {
        self.skills.is_empty()
    }
}

fn unreadable(folder: &Path, error: &std::io::Error) -> SkillError {
    SkillError {
        file: folder.display().to_string(),
        line: 1,
        column: 1,
        code: "unreadable",
        message: format!(
            "the skills can't be read: {error}; set SKILLS_DIR to the folder that has them"
        ),
    }
}

/// Skills on one side, what they share on the other.
fn sort(sources: Vec<Source>, errors: &mut Vec<SkillError>) -> (Vec<Source>, Shared) {
    let (mut files, mut shared) = (Vec::new(), Shared::default());
    for source in sources {
        let mut findings = Findings::of(&source.path);
        match source.kind() {
            Kind::Skill => {
                files.push(source);
                continue;
            }
            _ if source.text.len() > MAX_BYTES => {
                let said = format!("the file has more than {MAX_BYTES} bytes, which is the most");
                findings.error((1, 1), "too-long", said);
            }
            Kind::Examples(folder) => {
                let lines = source.text.lines().map(str::trim);
                let lines = lines.filter(|line| !line.is_empty()).map(str::to_owned);
                shared.examples.insert(folder, lines.collect());
            }
            Kind::Partial(name) => {
                let text = normalised(&source.text);
                shared.partials.insert(name, Source { text, ..source });
            }
            Kind::Schema(name) => match serde_json::from_str::<serde_json::Value>(&source.text) {
                Ok(mut schema) => {
                    if let Some(object) = schema.as_object_mut() {
                        // It becomes a part of others.
                        object.remove("$schema");
                        object.remove("$id");
                    }
                    shared.schemas.insert(name, schema);
                }
                Err(error) => {
                    let place = (error.line().max(1), error.column().max(1));
                    findings.error(
                        place,
                        "invalid-json",
                        format!("the schema is not JSON: {error}"),
                    );
                }
            },
        }
        errors.append(&mut findings.errors);
    }
    (files, shared)
}
