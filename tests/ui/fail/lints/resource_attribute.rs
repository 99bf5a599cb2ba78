use traced::traced;

#[traced(attributes(service.name = "shop", "deployment.environment" = "test"))]
fn at_the_start() {}

#[traced(lazy(service.instance.id = "1", telemetry.sdk.name = "traced"))]
fn later() {}

fn main() {
    at_the_start();
    later();
}
