use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use domain::WorkspaceId;
use routing::Router;
use skills::{Catalogue, Skill};

use crate::Fault;

/// The skills that one workspace is served, and the router over them.
pub struct View {
    pub catalogue: Catalogue,
    /// Made when it is first asked for: who only runs skills never does.
    router: OnceLock<Router>,
}

/// A version that only some workspaces get.
pub(crate) struct Canary {
    pub skill: Arc<Skill>,
    pub workspaces: Vec<WorkspaceId>,
    /// Of the other workspaces, 0 to 100.
    pub percent: u8,
}

/// What is served at one moment.
pub(crate) struct Stock {
    pub production: Arc<View>,
    pub canaries: Vec<Canary>,
    pub faults: Vec<Fault>,
    /// Views with canaries in them, by which of the canaries; made when first asked for.
    mixed: Mutex<HashMap<Vec<usize>, Arc<View>>>,
}

impl View {
    pub fn new(catalogue: Catalogue) -> Self {
        Self {
            router: OnceLock::new(),
            catalogue,
        }
    }

    /// Whether somebody routes by it.
    pub(crate) fn routes(&self) -> bool {
        self.router.get().is_some()
    }

    pub fn router(&self) -> &Router {
        self.router.get_or_init(|| Router::new(&self.catalogue))
    }
}

impl Canary {
    /// Whether this workspace gets it. A share is always the same workspaces, and a larger share has the
    /// smaller one's in it.
    fn is_for(&self, workspace: WorkspaceId) -> bool {
        // The last bytes of a UUIDv7 are random.
        let bytes = workspace.0.into_bytes();
        let lot = u16::from_be_bytes([bytes[14], bytes[15]]) % 100;
        self.workspaces.contains(&workspace) || lot < u16::from(self.percent)
    }
}

impl Stock {
    pub fn new(catalogue: Catalogue, canaries: Vec<Canary>, faults: Vec<Fault>) -> Self {
        Self {
            production: Arc::new(View::new(catalogue)),
            canaries,
            faults,
            mixed: Mutex::default(),
        }
    }

    pub fn view(&self, workspace: WorkspaceId) -> Arc<View> {
        let mine: Vec<usize> = (0..self.canaries.len())
            .filter(|n| self.canaries[*n].is_for(workspace))
            .collect();
        if mine.is_empty() {
            return self.production.clone();
        }
        let mut mixed = self.mixed.lock().unwrap_or_else(PoisonError::into_inner);
        let view = mixed.entry(mine).or_insert_with_key(|mine| {
            let canaries = mine.iter().map(|n| self.canaries[*n].skill.clone());
            let all = self.production.catalogue.all().cloned().chain(canaries);
            Arc::new(View::new(Catalogue::of(all)))
        });
        view.clone()
    }

    /// A version that is served to anyone.
    pub fn find(&self, skill_id: &str, hash: &str) -> Option<Arc<Skill>> {
        let canaries = self.canaries.iter().map(|canary| &canary.skill);
        self.production
            .catalogue
            .any(skill_id)
            .into_iter()
            .chain(canaries.filter(|skill| skill.id == skill_id))
            .find(|skill| skill.hash == hash)
            .cloned()
    }

    pub fn skills(&self) -> impl Iterator<Item = &Arc<Skill>> {
        let canaries = self.canaries.iter().map(|canary| &canary.skill);
        self.production.catalogue.all().chain(canaries)
    }
}
