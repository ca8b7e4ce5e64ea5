use crate::ModelRow;

/// Where prompts may be sent: to which providers, and to which places of inference.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Residency {
    providers: Option<Vec<String>>,
    locations: Option<Vec<String>>,
}

impl Residency {
    /// Anywhere that is configured.
    pub fn anywhere() -> Self {
        Self::default()
    }

    /// Models on Google Cloud alone, Gemini or Claude: for workspaces whose data may not go to a
    /// fallback outside it.
    pub fn google_cloud() -> Self {
        Self::anywhere().providers(["vertex", "vertex-anthropic"])
    }

    pub fn providers(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.providers = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Places as in the model rows: `global`, `us`, a region, `local`.
    pub fn locations(mut self, places: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.locations = Some(places.into_iter().map(Into::into).collect());
        self
    }

    pub fn permits(&self, row: &ModelRow) -> bool {
        let names = |list: &Option<Vec<String>>, name: &String| {
            list.as_ref().is_none_or(|list| list.contains(name))
        };
        names(&self.providers, &row.provider) && names(&self.locations, &row.location)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Models;

    #[test]
    fn both_the_provider_and_the_place_must_be_permitted() {
        let models = Models::embedded();
        let claude = models.row("claude-haiku-5-5").unwrap();
        let gpt = models.row("gpt-6.1-terra").unwrap();
        assert!(Residency::anywhere().permits(gpt));
        assert!(Residency::google_cloud().permits(claude));
        assert!(!Residency::google_cloud().permits(gpt));
        let eu = Residency::google_cloud().locations(["eu"]);
        assert!(!eu.permits(claude), "its row says global");
    }
}
