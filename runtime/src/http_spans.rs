//! The spans of HTTP requests and gRPC calls, independent of the crate that defines the requests.
//!
//! Specification: OpenTelemetry semantic conventions, *HTTP spans* and *gRPC*.

#[cfg(feature = "tower")]
pub(crate) mod client;
pub(crate) mod exchange;
pub(crate) mod in_exchange;
pub(crate) mod server;

/// The path of a gRPC method without its first slash, `package.Service/Method`; `None` if the path
/// has another shape.
#[cfg(feature = "tower")]
fn rpc_method(path: &str) -> Option<&str> {
    let method = path.strip_prefix('/')?;
    let (service, name) = method.split_once('/')?;
    (!service.is_empty() && !name.is_empty() && !name.contains('/')).then_some(method)
}

/// Whether a request with this content type is a gRPC call. A gRPC-Web call does not count, as its
/// status is in the body.
#[cfg(feature = "tower")]
fn is_rpc(content_type: Option<&str>) -> bool {
    let rest = content_type.and_then(|it| it.strip_prefix("application/grpc"));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', ';']))
}

/// The attributes that the calls of clients and servers share.
#[cfg(feature = "tower")]
fn describe_rpc(path: &str, attributes: &mut crate::attributes::Attributes) {
    attributes.literal("rpc.system.name", "grpc");
    match rpc_method(path) {
        Some(method) => attributes.value("rpc.method", method),
        None => {
            attributes.literal("rpc.method", "_OTHER");
            attributes.value("rpc.method_original", path);
        }
    }
}

#[cfg(all(test, feature = "tower"))]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_known_by_its_content_type() {
        for content_type in [
            "application/grpc",
            "application/grpc+proto",
            "application/grpc;x",
        ] {
            assert!(is_rpc(Some(content_type)), "{content_type}");
        }
        for content_type in ["application/grpc-web+proto", "application/json", ""] {
            assert!(!is_rpc(Some(content_type)), "{content_type}");
        }
        assert!(!is_rpc(None));
    }

    #[test]
    fn a_method_has_a_service_and_a_name() {
        assert_eq!(rpc_method("/shop.Orders/Place"), Some("shop.Orders/Place"));
        for path in ["", "/", "/a", "/a/", "//b", "a/b", "/a/b/c"] {
            assert_eq!(rpc_method(path), None, "{path}");
        }
    }
}
