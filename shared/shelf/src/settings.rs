use std::path::PathBuf;

/// Environment of every function that serves skills; flatten it into the function's own settings.
#[derive(Debug, Clone, clap::Args)]
// Two of them stand in one command: no group by the struct's name.
#[group(skip)]
pub struct Settings {
    /// The folder of skills. Changes in it are taken up at once.
    #[arg(long, env = "SKILLS_DIR", default_value = "skills")]
    pub skills_dir: PathBuf,

    /// A bucket of skills, as in raptorflow-skills or gs://raptorflow-skills/current. Its files come before
    /// the folder's of the same path.
    #[arg(long, env = "SKILLS_BUCKET")]
    pub skills_bucket: Option<String>,

    /// A stand-in for Cloud Storage on this machine, for the bucket of skills.
    #[arg(long, env = "OBJECTS_ENDPOINT")]
    pub objects_endpoint: Option<String>,

    /// Skills that are on although their file says `enabled: false`, with commas between.
    #[arg(long, env = "SKILLS_ENABLED", value_delimiter = ',')]
    pub skills_enabled: Vec<String>,
}

impl Settings {
    /// A folder alone.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self {
            skills_dir: path.into(),
            skills_bucket: None,
            objects_endpoint: None,
            skills_enabled: vec![],
        }
    }
}
