//! Which resource do spans have?

use crate::program::{Printed, run};

/// The attributes of the exported resource, as `key=value`.
#[track_caller]
fn has(printed: &Printed, attribute: &str) {
    let resource = printed.all("resource");
    assert!(
        resource.contains(&attribute),
        "expected {attribute}: {resource:#?}"
    );
}

#[test]
fn without_a_name_the_executable_has_an_unknown_service() {
    let printed = run("seen order", &[]).says_nothing();
    has(&printed, "service.name=unknown_service:settings-child");
    has(&printed, "telemetry.sdk.language=rust");
    has(&printed, "telemetry.sdk.name=opentelemetry");
}

#[test]
fn cargo_names_the_package_that_it_runs() {
    let cargo = [("CARGO_PKG_NAME", "shop"), ("CARGO_PKG_VERSION", "1.2.0")];
    let printed = run("seen order", &cargo).says_nothing();
    has(&printed, "service.name=shop");
    has(&printed, "service.version=1.2.0");
}

#[test]
fn a_package_in_code_is_what_the_environment_may_rename() {
    let printed = run("seen package order", &[]).says_nothing();
    has(&printed, "service.name=of-package");
    has(&printed, "service.version=4.5.6");
    let printed = run("seen package order", &[("OTEL_SERVICE_NAME", "shop")]).says_nothing();
    has(&printed, "service.name=shop");
    has(&printed, "service.version=4.5.6");
}

#[test]
fn otel_service_name_beats_otel_resource_attributes() {
    let listed = (
        "OTEL_RESOURCE_ATTRIBUTES",
        "service.name=listed,service.version=3",
    );
    let printed = run("seen order", &[listed]).says_nothing();
    has(&printed, "service.name=listed");
    let printed = run("seen order", &[listed, ("OTEL_SERVICE_NAME", "shop")]).says_nothing();
    has(&printed, "service.name=shop");
    has(&printed, "service.version=3");
}

#[test]
fn code_beats_both() {
    let printed = run(
        "seen name described order",
        &[
            ("OTEL_SERVICE_NAME", "shop"),
            (
                "OTEL_RESOURCE_ATTRIBUTES",
                "shop.floor=1,service.version=3,shop.door=4",
            ),
        ],
    );
    let printed = printed.says_nothing();
    has(&printed, "service.name=in-code");
    has(&printed, "service.version=9.9");
    has(&printed, "service.namespace=shops");
    has(&printed, "service.instance.id=till-4");
    has(&printed, "deployment.environment.name=staging");
    has(&printed, "shop.floor=2");
    has(&printed, "shop.door=4");
}

#[test]
fn resource_attributes_are_percent_decoded() {
    let listed = (
        "OTEL_RESOURCE_ATTRIBUTES",
        " shop.name = Caf%C3%A9%2C%20caf%C3%A9 , a=b=c",
    );
    let printed = run("seen order", &[listed]).says_nothing();
    has(&printed, "shop.name=Café, café");
    has(&printed, "a=b=c");
}

#[test]
fn one_mistake_and_none_of_the_attributes_counts() {
    for (mistaken, wrong) in [
        ("shop.floor=2,door", "pair 2 has no `=`"),
        ("a=%zz", "`%25`"),
    ] {
        let printed = run("seen order", &[("OTEL_RESOURCE_ATTRIBUTES", mistaken)]);
        printed.warns(&[
            "OTEL_RESOURCE_ATTRIBUTES: pair ",
            wrong,
            "counts as unset, write ",
        ]);
        assert_eq!(printed.all("resource").len(), 4, "{printed:#?}");
    }
}

#[test]
fn a_stray_comma_is_told_and_nothing_else_comes_of_it() {
    let printed = run(
        "seen order",
        &[("OTEL_RESOURCE_ATTRIBUTES", "shop.floor=2,,")],
    );
    printed.warns(&["OTEL_RESOURCE_ATTRIBUTES: there is a stray comma"]);
    has(&printed, "shop.floor=2");
}

#[test]
fn an_empty_name_is_none() {
    let printed = run("seen order", &[("OTEL_SERVICE_NAME", " ")]).says_nothing();
    has(&printed, "service.name=unknown_service:settings-child");
}

#[test]
fn the_macro_knows_its_package() {
    let printed = run("init! seen order", &[]).says_nothing();
    has(&printed, "service.name=traced-tests");
    has(
        &printed,
        concat!("service.version=", env!("CARGO_PKG_VERSION")),
    );
}

#[test]
fn detectors_find_what_they_can_and_the_environment_knows_better() {
    let printed = run("detected seen order", &[]).says_nothing();
    has(&printed, &format!("os.type={}", std::env::consts::OS));
    let keys: Vec<_> = printed.all("resource");
    for key in ["host.arch=", "process.pid=", "service.instance.id="] {
        assert!(
            keys.iter().any(|each| each.starts_with(key)),
            "{key}: {keys:#?}"
        );
    }
    // The arguments of a command line may hold passwords.
    assert!(
        !printed.stdout.contains("process.command_args"),
        "{keys:#?}"
    );

    let listed = ("OTEL_RESOURCE_ATTRIBUTES", "os.type=toaster");
    let printed = run("detected seen order", &[listed]).says_nothing();
    has(&printed, "os.type=toaster");
}
