// depends: poem
//! Closures and functions that macros make handlers.

use poem::handler;

#[traced]
async fn load(pool: &Pool) -> String {
    String::new()
}

async fn log(body: String) {
    info!("{body}");
}

#[utoipa::path(get, path = "/orders")]
async fn list() -> String { //~ entry_point
    load().await
}

#[handler]
async fn of_poem() -> String { //~ entry_point
    load().await
}

fn router(pool: Pool) -> Router {
    Router::new()
        .route("/orders", get(|State(pool): State<Pool>| async move { load(&pool).await })) //~ entry_point
        .routes(routes!(list))
        .fallback(async |body| log(body).await) //~ entry_point
}

fn main() {
    serve();
}
