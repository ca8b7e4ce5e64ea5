//! Objects in this process's memory: for tests, and for what need not outlast it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use domain::Clock;

use crate::name;
use crate::{Meta, ObjectError, Objects, Options, Precondition};

/// Objects in memory, gone with it.
pub struct Memory {
    clock: Arc<dyn Clock>,
    options: Options,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    objects: BTreeMap<String, (Meta, Bytes)>,
    /// The last generation given.
    generation: i64,
}

impl State {
    fn generation_of(&self, name: &str) -> Option<i64> {
        self.objects.get(name).map(|(meta, _)| meta.generation)
    }
}

impl Memory {
    pub fn new(options: Options, clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            options,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Objects for Memory {
    async fn put(
        &self,
        name: &str,
        bytes: Bytes,
        content_type: &str,
        precondition: Precondition,
    ) -> Result<Meta, ObjectError> {
        name::check(name)?;
        name::check_content_type(content_type)?;
        self.options.check_size(name, bytes.len() as u64)?;
        let mut state = self.state();
        precondition.check(name, state.generation_of(name))?;
        state.generation += 1;
        let meta = Meta {
            name: name.to_owned(),
            generation: state.generation,
            size: bytes.len() as u64,
            updated: self.clock.now(),
            content_type: content_type.to_owned(),
        };
        let kept = (meta.clone(), bytes);
        state.objects.insert(name.to_owned(), kept);
        Ok(meta)
    }

    async fn get(&self, name: &str) -> Result<Option<(Meta, Bytes)>, ObjectError> {
        name::check(name)?;
        let Some((meta, bytes)) = self.state().objects.get(name).cloned() else {
            return Ok(None);
        };
        self.options.check_size(name, meta.size)?;
        Ok(Some((meta, bytes)))
    }

    async fn head(&self, name: &str) -> Result<Option<Meta>, ObjectError> {
        name::check(name)?;
        Ok(self.state().objects.get(name).map(|(meta, _)| meta.clone()))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<Meta>, ObjectError> {
        name::check_prefix(prefix)?;
        let state = self.state();
        let from = state.objects.range(prefix.to_owned()..);
        let fitting = from.take_while(|(name, _)| name.starts_with(prefix));
        Ok(fitting.map(|(_, (meta, _))| meta.clone()).collect())
    }

    async fn delete(&self, name: &str, generation: Option<i64>) -> Result<(), ObjectError> {
        name::check(name)?;
        let mut state = self.state();
        if let (Some(expected), Some(current)) = (generation, state.generation_of(name)) {
            Precondition::Generation(expected).check(name, Some(current))?;
        }
        state.objects.remove(name);
        Ok(())
    }
}
