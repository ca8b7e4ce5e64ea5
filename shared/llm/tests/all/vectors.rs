//! Texts as vectors, through the gateway.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use llm::{
    Category, Certainty, Control, Delta, EmbedRequest, Error, Gateway, ModelRow, Provider,
    RawEmbeddings, RawResponse, Request, Task, Usage,
};

use super::scripted::minute;
use super::support::{clock, usd};

/// Sends back vectors of the native length, as a server does that knows no shorter ones.
struct Vectors {
    name: &'static str,
    failures: Mutex<Vec<Category>>,
    asked: Mutex<Vec<(String, Vec<String>, Task)>>,
}

impl Vectors {
    fn new(name: &'static str, failures: &[Category]) -> Arc<Self> {
        Arc::new(Self {
            name,
            failures: Mutex::new(failures.to_vec()),
            asked: Mutex::default(),
        })
    }
}

#[async_trait]
impl Provider for Vectors {
    fn name(&self) -> &'static str {
        self.name
    }

    async fn generate(
        &self,
        _: &ModelRow,
        _: &Request,
        _: &Control,
        _: &mut (dyn FnMut(Delta) + Send),
    ) -> Result<RawResponse, Error> {
        unreachable!("only vectors are asked for")
    }

    async fn embed(
        &self,
        model: &ModelRow,
        request: &EmbedRequest<'_>,
        _: &Control,
    ) -> Result<RawEmbeddings, Error> {
        let texts: Vec<String> = request
            .texts
            .iter()
            .map(|text| (*text).to_owned())
            .collect();
        let made = texts.iter().map(|text| {
            let mut vector = vec![0.0; model.embedding.unwrap().native_dimensions];
            vector[text.len() % 3] = 3.0;
            vector[700] = 4.0;
            vector
        });
        let vectors = made.collect();
        let used = texts.len() as u64 * 100_000;
        self.asked
            .lock()
            .unwrap()
            .push((model.name(), texts, request.task));
        if let Some(category) = self.failures.lock().unwrap().pop() {
            return Err(Error::new(category, "scripted"));
        }
        Ok(RawEmbeddings {
            vectors,
            usage: Some(Usage {
                input: used,
                ..Usage::default()
            }),
        })
    }
}

fn gateway(providers: &[Arc<Vectors>]) -> Gateway {
    let builder = Gateway::builder(clock());
    let add =
        |builder: llm::GatewayBuilder, provider: &Arc<Vectors>| builder.provider(provider.clone());
    providers.iter().fold(builder, add).build()
}

#[tokio::test(start_paused = true)]
async fn vectors_are_cut_made_unit_length_and_paid_for() {
    let vertex = Vectors::new("vertex", &[Category::Transient]);
    let vectors = gateway(std::slice::from_ref(&vertex))
        .embed(&["a", "bb"], "embedding", &minute())
        .await
        .unwrap();
    assert_eq!(
        (vectors.model.as_str(), vectors.dimensions),
        ("gemini-embedding-001", 768)
    );
    for vector in &vectors.vectors {
        let length: f32 = vector.iter().map(|value| value * value).sum();
        assert!(vector.len() == 768 && (length - 1.0).abs() < 1e-5);
    }
    assert!((vectors.vectors[0][1] - 0.6).abs() < 1e-6);
    assert!((vectors.vectors[1][2] - 0.6).abs() < 1e-6);
    // One text a request, one of them made twice; two counted, at .15 per million.
    assert_eq!((vectors.attempts.len(), vectors.usage.input), (3, 200_000));
    assert_eq!(vectors.cost, usd("0.03"));
    assert_eq!(vertex.asked.lock().unwrap()[0].2, Task::Document);
}

#[tokio::test(start_paused = true)]
async fn another_provider_may_answer_but_never_another_model() {
    let gone = [Category::UnknownModel];
    let (vertex, by_key) = (
        Vectors::new("vertex", &gone),
        Vectors::new("gemini-api", &[]),
    );
    let request = EmbedRequest {
        model: "gemini-embedding-001",
        texts: &["a", "b"],
        task: Task::Query,
        dimensions: Some(1_536),
    };
    let gateway = gateway(&[vertex, by_key.clone()]);
    let vectors = gateway.embed_as(&request, &minute()).await.unwrap();
    assert_eq!(
        (vectors.provider, vectors.vectors[0].len()),
        ("gemini-api", 1_536)
    );
    let asked = by_key.asked.lock().unwrap().clone();
    assert_eq!(
        asked,
        [(
            "gemini-api/gemini-embedding-001".to_owned(),
            vec!["a".to_owned(), "b".to_owned()],
            Task::Query
        )]
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_embedded_is_refused() {
    let vertex = Vectors::new("vertex", &[]);
    let gateway = gateway(std::slice::from_ref(&vertex));
    let refused =
        async |texts: &[&str], model: &str, dimensions: Option<usize>, control: &Control| {
            let request = EmbedRequest {
                model,
                texts,
                dimensions,
                ..EmbedRequest::default()
            };
            gateway
                .embed_as(&request, control)
                .await
                .unwrap_err()
                .category
        };
    let minute = &minute();
    assert_eq!(
        refused(&["a", " "], "embedding", None, minute).await,
        Category::InvalidRequest
    );
    assert_eq!(
        refused(&["a"], "embedding", Some(4_000), minute).await,
        Category::InvalidRequest
    );
    assert_eq!(
        refused(&["a"], "embedding", Some(0), minute).await,
        Category::InvalidRequest
    );
    assert_eq!(
        refused(&["a"], "standard", None, minute).await,
        Category::UnknownModel
    );
    assert_eq!(
        refused(&["a"], "word2vec", None, minute).await,
        Category::UnknownModel
    );
    let poor = &minute.clone().max_cost(usd("0"));
    assert_eq!(
        refused(&["a"], "embedding", None, poor).await,
        Category::OverBudget
    );
    assert!(vertex.asked.lock().unwrap().is_empty());
    let none = gateway
        .embed::<&str>(&[], "embedding", minute)
        .await
        .unwrap();
    assert!(none.vectors.is_empty() && none.cost.is_zero());
}

#[tokio::test]
async fn without_a_provider_vectors_are_made_of_words() {
    let gateway = Gateway::builder(clock()).build();
    let vectors = gateway
        .embed(
            &["Diwali sale", "sale for Diwali", "GST invoice"],
            "embedding",
            &minute(),
        )
        .await
        .unwrap();
    assert_eq!(
        (vectors.provider, vectors.model.as_str()),
        ("offline", "offline")
    );
    assert_eq!(
        (vectors.dimensions, vectors.usage.certainty),
        (768, Certainty::Estimated)
    );
    let near = |a: usize, b: usize| -> f32 {
        vectors.vectors[a]
            .iter()
            .zip(&vectors.vectors[b])
            .map(|(a, b)| a * b)
            .sum()
    };
    assert!(near(0, 1) > near(0, 2) && near(0, 0) > 0.99);
}
