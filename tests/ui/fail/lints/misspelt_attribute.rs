use traced::traced;

#[traced(attributes(db.sytem.name = "sqlite", "http.reqeust.method" = "GET"))]
fn a_letter() {}

#[traced(lazy(sever.address = "localhost", htpp.response.status_code = 200))]
fn a_namespace() {}

#[traced(attributes(http.rout = "/", error.tpye = "a", http.request_method = "GET"))]
fn an_end() {}

#[traced(attributes(httpp.request.method = "GET", db.query.txt = "select"))]
fn a_letter_too_many_or_few() {}

fn main() {
    an_end();
    a_letter_too_many_or_few();
    a_letter();
    a_namespace();
}
