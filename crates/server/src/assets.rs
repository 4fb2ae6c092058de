//! The style sheet, the script and the icon, built in and addressed by their content.

use axum::{
    Router,
    extract::Path,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

/// A file that pages load.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

/// The one style sheet.
const STYLE: &str = concat!(
    include_str!("assets/style/tokens.css"),
    include_str!("assets/style/base.css"),
    include_str!("assets/style/shell.css"),
    include_str!("assets/style/controls.css"),
    include_str!("assets/style/surfaces.css"),
    include_str!("assets/style/marks.css"),
    include_str!("assets/style/board.css"),
    include_str!("assets/style/detail.css"),
    include_str!("assets/style/query.css"),
    include_str!("assets/style/connect.css"),
    include_str!("assets/style/connections.css"),
    include_str!("assets/style/pages.css"),
    include_str!("assets/style/people.css"),
    include_str!("assets/style/narrow.css"),
);

/// The one script: `page.js` first, which the others use.
const SCRIPT: &str = concat!(
    include_str!("assets/script/page.js"),
    include_str!("assets/script/live.js"),
    include_str!("assets/script/dialogs.js"),
    include_str!("assets/script/keys.js"),
    include_str!("assets/script/tree.js"),
    include_str!("assets/script/chart.js"),
    include_str!("assets/script/connect.js"),
);

const ASSETS: [Asset; 3] = [
    Asset { name: "style.css", kind: "text/css; charset=utf-8", text: STYLE },
    Asset { name: "app.js", kind: "text/javascript; charset=utf-8", text: SCRIPT },
    Asset { name: "icon.svg", kind: "image/svg+xml", text: include_str!("assets/icon.svg") },
];

/// Changes whenever an asset does, so that browsers may keep each for good.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for asset in &ASSETS {
        hash.update(asset.text);
    }
    hex::encode(hash.finalize())[..12].to_owned()
});

/// The address of an asset.
pub(crate) fn path(name: &str) -> String {
    format!("/assets/{}/{name}", *VERSION)
}

/// Routes of assets.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{version}/{name}", get(asset))
}

async fn asset(Path((_, name)): Path<(String, String)>) -> Response {
    match ASSETS.iter().find(|asset| asset.name == name) {
        Some(asset) => {
            let headers =
                [(header::CONTENT_TYPE, asset.kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.text).into_response()
        }
        None => crate::error::ApiError::not_found("asset", name).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::SCRIPT;

    #[test]
    fn the_script_stays_small() {
        assert!(SCRIPT.len() < 40_000, "{} bytes", SCRIPT.len());
    }
}
