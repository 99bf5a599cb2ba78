use super::super::spans::Spans;
use super::*;

fn read(body: &str) -> Accepted {
    accepted::<Spans>(body.as_bytes(), Format::Json)
}

fn rejected(count: &str) -> Accepted {
    read(&format!(
        r#"{{"partialSuccess":{{"rejectedSpans":{count}}}}}"#
    ))
}

#[test]
fn a_count_is_a_number_or_a_string() {
    for count in [
        "3", "\"3\"", "3.0", "\"3.0\"", "30e-1", "\"3e0\"", "\" 3 \"",
    ] {
        assert_eq!(rejected(count).rejected, 3, "{count}");
    }
    for count in ["0", "\"0\"", "null", "-3", "\"-3\""] {
        assert_eq!(rejected(count), Accepted::default(), "{count}");
    }
    assert_eq!(rejected("9007199254740993").rejected, 9_007_199_254_740_993);
    for count in ["\"many\"", "1.5", "true", "[3]", "{}", "\"\"", "\"NaN\""] {
        assert!(rejected(count).unread.is_some(), "{count}");
    }
}

#[test]
fn members_may_be_absent_null_or_unknown() {
    for body in [
        "",
        " \n",
        "{}",
        r#"{"partialSuccess":null}"#,
        r#"{"partialSuccess":{}}"#,
        r#"{"partialSuccess":{"rejectedSpans":null,"errorMessage":null}}"#,
        r#"{"partialSuccess":{"rejectedLogRecords":"5","more":[1]},"status":"ok"}"#,
    ] {
        assert_eq!(read(body), Accepted::default(), "{body}");
    }
    let both = r#"{"x":{},"partialSuccess":{"errorMessage":"old","rejectedSpans":"2"}}"#;
    let expected = Accepted {
        rejected: 2,
        message: "old".into(),
        unread: None,
    };
    assert_eq!(read(both), expected);
}

#[test]
fn an_unreadable_answer_is_noted() {
    for body in [
        "ok",
        "[]",
        "\"{}\"",
        "{",
        "null",
        "<html></html>",
        r#"{"partialSuccess":1}"#,
    ] {
        for format in [Format::Json, Format::Protobuf] {
            let accepted = accepted::<Spans>(body.as_bytes(), format);
            assert!(accepted.unread.is_some(), "{body}: {accepted:?}");
            assert_eq!(accepted.rejected, 0, "{body}");
        }
    }
}

#[test]
fn an_answer_in_the_other_format_is_read_too() {
    let json = br#"{"partialSuccess":{"rejectedSpans":"4"}}"#;
    assert_eq!(accepted::<Spans>(json, Format::Protobuf).rejected, 4);
    let partial = PartialSuccess {
        rejected: 4,
        error_message: b"\xff".to_vec(),
    };
    let protobuf = ExportResponse {
        partial_success: Some(partial),
    };
    let accepted = accepted::<Spans>(&protobuf.encode_to_vec(), Format::Json);
    assert_eq!((accepted.rejected, &*accepted.message), (4, "\u{fffd}"));
}

#[test]
fn the_message_of_a_refusal_is_found_in_each_format() {
    let status = RpcStatus {
        message: b"no".to_vec(),
        ..RpcStatus::default()
    };
    let protobuf = status.encode_to_vec();
    for format in [Some(Format::Protobuf), Some(Format::Json), None] {
        assert_eq!(refusal(&protobuf, format), "no", "{format:?}");
        for json in [
            r#"{"code":3,"message":"no","details":[]}"#,
            r#"{"code":"3","message":"no","x":null}"#,
            r#"{"error":{"code":400,"message":"no"}}"#,
            r#"{"error":"no"}"#,
        ] {
            assert_eq!(refusal(json.as_bytes(), format), "no", "{format:?} {json}");
        }
        assert_eq!(refusal(b"no", format), "no", "{format:?}");
        assert_eq!(refusal(b"", format), "", "{format:?}");
    }
}

#[test]
fn a_compressed_answer_is_read_up_to_the_limit() {
    use std::io::Write;

    let compressed = |length: usize| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&vec![b' '; length]).unwrap();
        Bytes::from(encoder.finish().unwrap())
    };
    let read = plain(compressed(MAX_ANSWER), Some("GZIP")).unwrap();
    assert_eq!(read.len(), MAX_ANSWER);
    let bomb = compressed(64 * MAX_ANSWER);
    assert!(bomb.len() < MAX_ANSWER);
    assert_eq!(plain(bomb, Some("gzip")).unwrap_err(), TOO_LONG);
    assert!(plain(Bytes::from_static(b"{}"), Some("gzip")).is_err());
    assert!(plain(Bytes::from_static(b"{}"), Some("br")).is_err());
    let identity = plain(Bytes::from_static(b"{}"), Some("identity"));
    assert_eq!(identity.as_deref(), Ok(&b"{}"[..]));
}

#[test]
fn the_collector_sets_the_pause() {
    let headers = |name: http::HeaderName, value: &'static str| {
        HeaderMap::from_iter([(name, http::HeaderValue::from_static(value))])
    };
    let seconds = headers(RETRY_AFTER, "7");
    assert_eq!(retry_after(&seconds), Some(Duration::from_secs(7)));
    let past = headers(RETRY_AFTER, "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_eq!(retry_after(&past), Some(Duration::ZERO));
    assert_eq!(retry_after(&headers(RETRY_AFTER, "soon")), None);
    assert_eq!(retry_after(&headers(RETRY_AFTER, "-1")), None);
    let absurd = headers(RETRY_AFTER, "99999999999999999999999");
    assert_eq!(retry_after(&absurd), Some(Duration::MAX));
}
