//! The gRPC service `shop.v1.Orders`: its messages are in `shared/lib.rs`.

use tonic_build::manual::{Builder, Method, Service};

fn main() {
    let place = Method::builder()
        .name("place")
        .route_name("Place")
        .input_type("crate::NewOrder")
        .output_type("crate::Placed")
        .codec_path("tonic_prost::ProstCodec")
        .build();
    let orders = Service::builder()
        .package("shop.v1")
        .name("Orders")
        .method(place)
        .build();
    Builder::new().compile(&[orders]);
}
