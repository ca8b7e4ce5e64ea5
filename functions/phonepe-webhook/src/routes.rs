use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use runtime::Layers;

use crate::gate::guard;
use crate::record::record;
use crate::{Deps, Error, NAME, Result};

/// The address that is set in PhonePe's dashboard.
pub const PATH: &str = "/webhooks/phonepe";

/// Bytes of the largest body that is read. PhonePe's have about a thousand.
pub const MAX_BODY: usize = 64 << 10;

/// A body that has not arrived by then will not be waited for.
const BODY_LIMIT: Duration = Duration::from_secs(3);

/// The guard stands outside everything else, so that a forged call meets nothing but it.
pub(crate) fn webhook(deps: &Deps) -> Router {
    let route = Router::new()
        .route(PATH, post(receive))
        .with_state(deps.clone());
    Layers::new(NAME, &deps.seams)
        .body_limit(MAX_BODY)
        .around(route)
        .route_layer(from_fn_with_state(deps.gate.clone(), guard))
}

async fn receive(State(deps): State<Deps>, request: Request) -> Result<StatusCode> {
    if !is_json(request.headers()) {
        return Err(Error::MediaType);
    }
    let body = tokio::time::timeout(BODY_LIMIT, Bytes::from_request(request, &())).await;
    let body = body.map_err(|_| Error::Slow)?.map_err(unread)?;
    let callback = phonepe::callback::parse(&body)?;
    record(&deps, &body, &callback).await?;
    Ok(StatusCode::OK)
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok());
    let essence = kind.and_then(|kind| kind.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn unread(rejection: BytesRejection) -> Error {
    match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Error::TooLarge
        }
        _ => Error::Unreadable,
    }
}
