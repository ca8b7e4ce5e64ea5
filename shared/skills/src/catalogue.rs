use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::problem::{SkillError, Warning};
use crate::skill::strip_version;
use crate::{Skill, Source};

/// All skills by id. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    skills: Arc<BTreeMap<String, Arc<Skill>>>,
}

impl Catalogue {
    /// Every skill below a folder, or everything that is wrong with them.
    pub fn load_dir(path: &Path, known_tools: &[&str]) -> Result<Self, Vec<SkillError>> {
        let (catalogue, errors, _) = Self::read_dir(path, known_tools);
        if errors.is_empty() {
            Ok(catalogue)
        } else {
            Err(errors)
        }
    }

    /// The good skills below a folder; a bad file disturbs no other.
    pub fn load_dir_lenient(path: &Path, known_tools: &[&str]) -> (Self, Vec<SkillError>) {
        let (catalogue, errors, _) = Self::read_dir(path, known_tools);
        (catalogue, errors)
    }

    pub(crate) fn read_dir(
        path: &Path,
        known_tools: &[&str],
    ) -> (Self, Vec<SkillError>, Vec<Warning>) {
        match Source::below(path) {
            Ok(sources) => Self::from_sources(sources, known_tools),
            Err(error) => {
                let error = SkillError {
                    file: path.display().to_string(),
                    line: 1,
                    column: 1,
                    code: "unreadable",
                    message: format!(
                        "the skills can't be read: {error}; set SKILLS_DIR to the folder that has them"
                    ),
                };
                (Self::default(), vec![error], vec![])
            }
        }
    }

    /// From texts, wherever they came from. Of two skills with one id the first stays.
    pub fn from_sources(
        sources: Vec<Source>,
        known_tools: &[&str],
    ) -> (Self, Vec<SkillError>, Vec<Warning>) {
        let (mut skills, mut errors, mut warnings) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for source in sources {
            match Skill::compile(&source, known_tools) {
                Ok((skill, found)) => {
                    warnings.extend(found);
                    if let Some(first) = files.get(&skill.id) {
                        errors.push(SkillError {
                            message: format!(
                                "{} is already defined in {first}: give one of them another name",
                                skill.id
                            ),
                            file: source.path,
                            line: 2,
                            column: 1,
                            code: "duplicate-id",
                        });
                        continue;
                    }
                    files.insert(skill.id.clone(), source.path);
                    skills.insert(skill.id.clone(), Arc::new(skill));
                }
                Err(error) => errors.push(error),
            }
        }
        (
            Self {
                skills: Arc::new(skills),
            },
            errors,
            warnings,
        )
    }

    /// A skill by its id, with or without a version suffix (`campaign.diwali.v1`).
    pub fn get(&self, id: &str) -> Option<&Arc<Skill>> {
        self.skills
            .get(id)
            .or_else(|| self.skills.get(&strip_version(id)))
    }

    /// In order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Skill>> {
        self.skills.values()
    }

    pub fn len(&self) -> usize {
        self.skills.len()
    }

    pub fn is_empty(&self) -> bool {
        self.skills.is_empty()
    }
}
