//! Are attributes that are scoped to a context on every span below, whoever starts it and whichever provider it is of?

use crate::program::run;

#[test]
fn spans_by_hand_have_them_under_our_provider_and_the_sdks() {
    for words in ["seen scopes", "seen stamped scopes"] {
        let printed = run(words, &[]);
        let mut tenants = Vec::new();
        let mut name = "";
        for line in printed.stdout.lines() {
            if let Some(exported) = line.strip_prefix("exported ") {
                name = exported.rsplit_once(' ').unwrap().0;
            }
            if let Some(tenant) = line.strip_prefix("attribute tenant.id=") {
                tenants.push((name, tenant));
            }
        }
        tenants.sort_unstable();
        let expected = [
            ("block", "acme"),
            ("by hand", "acme"),
            ("by itself", "its own"),
            ("scopes", "acme"),
        ];
        assert_eq!(tenants, expected, "{words}: {printed:#?}");
    }
}
