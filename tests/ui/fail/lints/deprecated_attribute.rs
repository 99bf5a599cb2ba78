use traced::traced;

#[traced(attributes(http.method = "GET", db.statement = ?sql), lazy("http.status_code" = 200))]
fn renamed(sql: &str) {}

#[traced(attributes(db.user = "shop", http.target = "/orders", gen_ai.system = "x"))]
fn removed() {}

fn main() {
    renamed("select 1");
    removed();
}
