//! W3C Trace Context and Baggage through `traced::extract` and `traced::inject`: the cases of the W3C's own suite, and
//! hostile headers.

use opentelemetry::baggage::BaggageExt as _;
use opentelemetry::trace::TraceState;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId};
use opentelemetry::{Context, KeyValue};
use traced::propagation::{Carrier, use_w3c};

type Headers = Vec<(String, String)>;

const TRACE: &str = "12345678901234567890123456789012";
const SPAN: &str = "1234567890123456";
const MIB: usize = 1 << 20;

fn extract(headers: &[(&str, &str)]) -> Context {
    use_w3c();
    let headers: Vec<_> = headers.to_vec();
    traced::extract(&headers)
}

/// The remote parent that these headers name.
fn parent(headers: &[(&str, &str)]) -> Option<SpanContext> {
    let context = extract(headers);
    let span = context.span();
    let parent = span.span_context();
    assert_eq!(parent.is_valid(), parent.is_remote());
    parent.is_valid().then(|| parent.clone())
}

fn parent_of(traceparent: &str) -> Option<SpanContext> {
    parent(&[("traceparent", traceparent)])
}

#[test]
fn valid_parents_are_accepted() {
    let usual = format!("00-{TRACE}-{SPAN}-01");
    for header in [
        usual.clone(),
        // Future versions, which may add fields.
        format!("cc-{TRACE}-{SPAN}-01"),
        format!("cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like"),
        format!("01-{TRACE}-{SPAN}-01-"),
        format!("fe-{TRACE}-{SPAN}-01-é"),
        format!("01-{TRACE}-{SPAN}-01-{}", "a".repeat(MIB)),
        // HTTP allows white space around a value.
        format!(" {usual}"),
        format!("\t{usual}"),
        format!("{usual} "),
        format!("{usual}\t"),
        format!("\t {usual} \t"),
    ] {
        let parent = parent_of(&header).expect(&header);
        assert_eq!(parent.trace_id().to_string(), TRACE, "{header}");
        assert_eq!(parent.span_id().to_string(), SPAN, "{header}");
        assert!(parent.is_sampled(), "{header}");
    }
}

#[test]
fn invalid_parents_are_ignored() {
    let usual = format!("00-{TRACE}-{SPAN}-01");
    for header in [
        String::new(),
        " ".to_owned(),
        "00".to_owned(),
        "---".to_owned(),
        "-".repeat(55),
        "0".repeat(55),
        "\0".repeat(55),
        // The version.
        format!("ff-{TRACE}-{SPAN}-01"),
        format!(".0-{TRACE}-{SPAN}-01"),
        format!("0.-{TRACE}-{SPAN}-01"),
        format!("+0-{TRACE}-{SPAN}-01"),
        format!("CC-{TRACE}-{SPAN}-01"),
        format!("0-{TRACE}-{SPAN}-01"),
        format!("000-{TRACE}-{SPAN}-01"),
        format!("0000-{TRACE}-{SPAN}-01"),
        format!("-{TRACE}-{SPAN}-01"),
        format!("{TRACE}-{SPAN}-01"),
        // Version 0 ends with the flags, and other versions may only go on with a `-`.
        format!("{usual}."),
        format!("{usual}-"),
        format!("{usual}-what-the-future-will-be-like"),
        format!("cc-{TRACE}-{SPAN}-01.what-the-future-will-be-like"),
        format!("cc-{TRACE}-{SPAN}-010"),
        // The trace id.
        format!("00-{}-{SPAN}-01", "0".repeat(32)),
        format!("00-.{}-{SPAN}-01", &TRACE[1..]),
        format!("00-{}.-{SPAN}-01", &TRACE[1..]),
        format!("00-+{}-{SPAN}-01", &TRACE[1..]),
        format!("00-{TRACE}3-{SPAN}-01"),
        format!("00-{}-{SPAN}-01", &TRACE[1..]),
        format!("00-{}-{SPAN}-01", "ABCDEF7890".repeat(4).split_at(32).0),
        format!("00-{}-{SPAN}-01", "é".repeat(16)),
        // The parent id.
        format!("00-{TRACE}-0000000000000000-01"),
        format!("00-{TRACE}-.{}-01", &SPAN[1..]),
        format!("00-{TRACE}-{}.-01", &SPAN[1..]),
        format!("00-{TRACE}-{SPAN}7-01"),
        format!("00-{TRACE}-{}-01", &SPAN[1..]),
        format!("00-{TRACE}-ABCDEF7890123456-01"),
        // The flags.
        format!("00-{TRACE}-{SPAN}-.0"),
        format!("00-{TRACE}-{SPAN}-0."),
        format!("00-{TRACE}-{SPAN}-+1"),
        format!("00-{TRACE}-{SPAN}-0A"),
        format!("00-{TRACE}-{SPAN}-001"),
        format!("00-{TRACE}-{SPAN}-1"),
        format!("00-{TRACE}-{SPAN}-"),
        format!("00-{TRACE}-{SPAN}"),
        // Other separators, and two headers that a proxy joined.
        format!("00_{TRACE}_{SPAN}_01"),
        format!("00-{TRACE} {SPAN}-01"),
        format!("{usual},{usual}"),
        format!("{usual}\n"),
        format!("\u{a0}{usual}"),
        // Far too long.
        usual.clone() + &"0".repeat(MIB),
        "0".repeat(MIB),
        "é".repeat(MIB),
    ] {
        let shown: String = header.chars().take(80).collect();
        assert_eq!(parent_of(&header), None, "{shown}");
    }
}

#[test]
fn a_parent_under_another_name_is_ignored() {
    let usual = &*format!("00-{TRACE}-{SPAN}-01");
    for name in ["TraceParent", "TrAcEpArEnT", "TRACEPARENT"] {
        assert!(parent(&[(name, usual)]).is_some(), "{name}");
    }
    for name in ["trace-parent", "trace.parent", "traceparent ", ""] {
        assert_eq!(parent(&[(name, usual)]), None, "{name}");
    }
}

#[test]
fn two_parents_are_both_ignored() {
    let usual = &*format!("00-{TRACE}-{SPAN}-01");
    let other = &*format!("00-{TRACE}-{SPAN}-00");
    for second in [usual, other, "", "junk"] {
        let twice = [("traceparent", usual), ("traceparent", second)];
        assert_eq!(parent(&twice), None, "{second}");
    }
}

#[test]
fn unknown_flags_are_cleared() {
    for (flags, expected) in [
        ("00", 0),
        ("01", 1),
        ("02", 2),
        ("03", 3),
        ("04", 0),
        ("08", 0),
        ("09", 1),
        ("ff", 3),
    ] {
        for version in ["00", "01"] {
            let parent = parent_of(&format!("{version}-{TRACE}-{SPAN}-{flags}"));
            let found = parent.unwrap().trace_flags();
            assert_eq!(found, TraceFlags::new(expected), "{version} {flags}");
        }
    }
}

/// The trace state that is read from these headers, beside a valid parent.
fn state(headers: &[&str]) -> String {
    let parent_header = format!("00-{TRACE}-{SPAN}-00");
    let mut all = vec![("traceparent", &*parent_header)];
    all.extend(headers.iter().map(|header| ("tracestate", *header)));
    let parent = parent(&all).expect("a parent is valid whatever the state is");
    assert_eq!(parent.trace_id().to_string(), TRACE);
    parent.trace_state().header()
}

/// This many members of a trace state, ten in each header.
fn members(count: usize) -> Vec<String> {
    let all: Vec<_> = (1..=count).map(|n| format!("bar{n:02}={n:02}")).collect();
    all.chunks(10).map(|ten| ten.join(",")).collect()
}

#[test]
fn valid_states_are_kept() {
    let all_of_a_key = "abcdefghijklmnopqrstuvwxyz0123456789_-*/";
    let all_of_a_value: String = (' '..='~').filter(|c| !",=".contains(*c)).collect();
    let plain = &*format!("{all_of_a_key}={all_of_a_value}");
    let vendor = &*format!("{all_of_a_key}@a-z0-9_-*/={all_of_a_value}");
    for (headers, expected) in [
        (&["foo=1,bar=2"][..], "foo=1,bar=2"),
        (&["foo=1", ""], "foo=1"),
        (&["", "foo=1"], "foo=1"),
        (&[""], ""),
        (&[" , ,\t,"], ""),
        (&["foo=1,,bar=2,"], "foo=1,bar=2"),
        (
            &["foo=1,bar=2", "rojo=1,congo=2", "baz=3"],
            "foo=1,bar=2,rojo=1,congo=2,baz=3",
        ),
        (&["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3"),
        (&["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], "foo=1,bar=2,baz=3"),
        (&["\t foo=1 \t"], "foo=1"),
        (&["foo= 1"], "foo= 1"),
        (&["1foo=1"], "1foo=1"),
        (&[plain], plain),
        (&[vendor], vendor),
    ] {
        assert_eq!(state(headers), expected, "{headers:?}");
    }
}

#[test]
fn invalid_states_are_ignored_and_the_parent_is_kept() {
    let too_long = [
        "z".repeat(257) + "=1",
        "t".repeat(242) + "@v=1",
        "t@".to_owned() + &"v".repeat(15) + "=1",
        "v=".to_owned() + &"1".repeat(257),
        "v=".to_owned() + &"1".repeat(MIB),
        ",=".repeat(MIB),
        "a=1,".repeat(MIB),
    ];
    for header in [
        "foo",
        "=",
        "=1",
        "foo=",
        "foo=,bar=3",
        "foo=bar=baz",
        "foo==1",
        "foo =1",
        "FOO=1",
        "foo.bar=1",
        "_foo=1",
        "foo@=1,bar=2",
        "@foo=1,bar=2",
        "foo@@bar=1,bar=2",
        "foo@bar@baz=1,bar=2",
        "foo=é",
        "é=1",
        "foo=\u{7f}",
        "foo=1\n",
        "foo=\0",
        "foo=1,foo=1",
        "foo=1,foo=2",
        "foo=1;bar=2,baz",
    ]
    .into_iter()
    .chain(too_long.iter().map(String::as_str))
    {
        let shown: String = header.chars().take(80).collect();
        assert_eq!(state(&[header]), "", "{shown}");
        assert_eq!(state(&["ok=1", header]), "", "{shown}");
    }
    assert_eq!(state(&["foo=1", "foo=2"]), "");
}

#[test]
fn a_state_has_at_most_32_members() {
    let (fits, too_many) = (members(32), members(33));
    let fits: Vec<_> = fits.iter().map(String::as_str).collect();
    let too_many: Vec<_> = too_many.iter().map(String::as_str).collect();
    assert_eq!(state(&fits), fits.join(","));
    assert_eq!(state(&too_many), "");
}

#[test]
fn keys_may_be_long() {
    let one = "z".repeat(256) + "=1";
    let tenant = "t".repeat(241) + "@" + &"v".repeat(13) + "=1";
    for long in [one, tenant] {
        assert_eq!(state(&["foo=1", &long]), format!("foo=1,{long}"));
    }
    // The longest key of the specification is one character too long for OpenTelemetry's `TraceState`.
    let longest = "t".repeat(241) + "@" + &"v".repeat(14) + "=1";
    assert_eq!(state(&["foo=1", &longest, "bar=2"]), "foo=1,bar=2");
}

#[test]
fn past_512_characters_long_members_go_first_and_then_the_last() {
    let member = |key: &str, length: usize| {
        let value = "v".repeat(length - key.len() - 1);
        format!("{key}={value}")
    };
    // 100 + 1 + 129 + 1 + 128 + 1 + 152 = 512
    let [a, b, c, d] = [("a", 100), ("b", 129), ("c", 128), ("d", 152)];
    let [a, b, c, d] = [a, b, c, d].map(|(key, length)| member(key, length));
    let fits = [&*a, &b, &c, &d].join(",");
    assert_eq!((fits.len(), state(&[&fits])), (512, fits.clone()));
    let too_long = fits.clone() + ",e=1";
    assert_eq!(state(&[&too_long]), [&*a, &b, &c, "e=1"].join(","));
    // A member of exactly 128 characters is not long: it stays while others stand behind it.
    let last: Vec<_> = (10..16).map(|n| member(&format!("k{n}"), 80)).collect();
    let too_long = [std::slice::from_ref(&c), &*last].concat();
    assert_eq!(state(&[&too_long.join(",")]), too_long[..5].join(","));
    let short: Vec<_> = (10..20).map(|n| member(&format!("k{n}"), 60)).collect();
    assert_eq!(state(&[&short.join(",")]), short[..8].join(","));
}

#[test]
fn a_state_without_a_parent_is_ignored() {
    let junk = [("traceparent", "junk"), ("tracestate", "foo=1")];
    for headers in [&junk[..], &junk[1..]] {
        let context = extract(headers);
        assert_eq!(
            context.span().span_context().trace_state(),
            &TraceState::NONE
        );
    }
    let parent_header = &*format!("00-{TRACE}-{SPAN}-01");
    for name in ["trace-state", "trace.state"] {
        let found = parent(&[("traceparent", parent_header), (name, "foo=1")]);
        assert_eq!(found.unwrap().trace_state().header(), "");
    }
    for name in ["TraceState", "TrAcEsTaTe", "TRACESTATE"] {
        let found = parent(&[("traceparent", parent_header), (name, "foo=1")]);
        assert_eq!(found.unwrap().trace_state().header(), "foo=1", "{name}");
    }
}

fn inject(context: Context) -> Headers {
    use_w3c();
    let _attached = context.attach();
    let mut headers = Headers::new();
    traced::inject(&mut headers);
    headers
}

fn span_context(flags: u8, state: TraceState) -> SpanContext {
    let (trace_id, span_id) = (TraceId::from_hex(TRACE), SpanId::from_hex(SPAN));
    let flags = TraceFlags::new(flags);
    SpanContext::new(trace_id.unwrap(), span_id.unwrap(), flags, true, state)
}

#[test]
fn headers_are_written_as_they_were_read() {
    for flags in ["00", "01", "02", "03"] {
        let parent = &*format!("00-{TRACE}-{SPAN}-{flags}");
        let headers = [
            ("traceparent", parent),
            ("tracestate", "foo=1,t@v=2"),
            ("baggage", "a=%25,b=2;p;q=1"),
        ];
        let sent = inject(extract(&headers));
        let expected = headers.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(sent, expected);
    }
}

#[test]
fn flags_and_states_outside_the_specification_are_not_written() {
    let state = TraceState::from_key_value([("a", "1"), ("b", "é"), ("c", "2\n"), ("d", "3")]);
    let context = Context::new().with_remote_span_context(span_context(0xff, state.unwrap()));
    let sent = inject(context);
    assert_eq!(
        Carrier::get(&sent, "traceparent"),
        Some(&*format!("00-{TRACE}-{SPAN}-03"))
    );
    assert_eq!(Carrier::get(&sent, "tracestate"), Some("a=1,d=3"));
    let context = Context::new().with_remote_span_context(span_context(1, TraceState::NONE));
    assert_eq!(inject(context).len(), 1);
    assert!(inject(Context::new()).is_empty());
}

mod below {
    use super::*;
    use traced::testing::capture;
    use traced::traced;

    #[traced(kind = "server", extract = headers)]
    fn serve(headers: &Headers) -> Headers {
        let mut sent = Headers::new();
        ask(headers, &mut sent);
        sent
    }

    #[traced(kind = "client", inject = sent)]
    fn ask(headers: &Headers, sent: &mut Headers) {
        assert!(sent.len() >= headers.len());
    }

    /// The headers go from a caller through two spans of this process to the called service.
    #[test]
    fn the_random_flag_and_the_state_reach_the_called_service() {
        use_w3c();
        let parent = ("traceparent".to_owned(), format!("00-{TRACE}-{SPAN}-03"));
        let state = ("tracestate".to_owned(), "foo=1,bar=2".to_owned());
        let (sent, spans) = capture(|| serve(&vec![parent, state.clone()]));
        let id = spans.named("ask").id();
        assert_eq!(spans.named("serve").trace_id().to_string(), TRACE);
        let parent = ("traceparent".to_owned(), format!("00-{TRACE}-{id}-03"));
        assert_eq!(sent, [parent, state]);
    }

    #[traced(kind = "server", extract = headers)]
    fn serve_three(headers: &Headers) -> [Headers; 3] {
        let mut sent = <[Headers; 3]>::default();
        sent.iter_mut().for_each(|sent| ask(&Headers::new(), sent));
        sent
    }

    #[test]
    fn each_of_several_called_services_gets_its_own_parent() {
        use_w3c();
        let valid = format!("00-{TRACE}-{SPAN}-01");
        let illegal = format!("00-{}-{SPAN}-01", "0".repeat(32));
        for (header, trace) in [
            (Some(valid), Some(TRACE)),
            (Some(illegal), None),
            (None, None),
        ] {
            let header = header.map(|header| ("traceparent".to_owned(), header));
            let (sent, spans) = capture(|| serve_three(&header.into_iter().collect()));
            let own = spans.named("serve_three").trace_id().to_string();
            assert!(trace.is_none_or(|trace| trace == own));
            assert_ne!(own, "0".repeat(32));
            let asked = spans.all_named("ask");
            for (sent, span) in sent.iter().zip(&asked) {
                // A new trace has the random flag, which the caller's header has not.
                let flags = if trace.is_some() { "01" } else { "03" };
                assert_eq!(sent[0].1, format!("00-{own}-{}-{flags}", span.id()));
            }
            let mut ids: Vec<_> = asked.iter().map(|span| span.id().to_string()).collect();
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), 3);
        }
    }

    #[test]
    fn a_hostile_parent_starts_a_new_trace_each_time() {
        use_w3c();
        let hostile = vec![("traceparent".to_owned(), format!("00-{TRACE}-{SPAN}-01."))];
        let (_, spans) = capture(|| (serve(&hostile), serve(&hostile)));
        let roots = spans.all_named("serve");
        assert!(roots.iter().all(|root| root.is_root()));
        assert_ne!(roots[0].trace_id(), roots[1].trace_id());
        assert!(
            roots
                .iter()
                .all(|root| root.trace_id().to_string() != TRACE)
        );
    }
}

mod baggage {
    use super::*;

    /// Keys, values and metadata, sorted by their keys.
    fn baggage(headers: &[&str]) -> Vec<(String, String, String)> {
        let headers: Vec<_> = headers.iter().map(|header| ("baggage", *header)).collect();
        let context = extract(&headers);
        let mut members: Vec<_> = context
            .baggage()
            .iter()
            .map(|(key, (value, metadata))| {
                let metadata = metadata.as_str().to_owned();
                (key.to_string(), value.to_string(), metadata)
            })
            .collect();
        members.sort();
        members
    }

    fn pairs(headers: &[&str]) -> Vec<(String, String)> {
        let members = baggage(headers).into_iter();
        members.map(|(key, value, _)| (key, value)).collect()
    }

    #[test]
    fn members_are_read_and_malformed_ones_left_out() {
        let tokens = "!#$%&'*+-.^_`|~09azAZ";
        for (headers, expected) in [
            (&["a=1"][..], &[("a", "1")][..]),
            (&["a=1,b=2"], &[("a", "1"), ("b", "2")]),
            (&["a=1", "b=2"], &[("a", "1"), ("b", "2")]),
            (&[" a = 1 ,\tb\t=\t2\t"], &[("a", "1"), ("b", "2")]),
            (&["a=1=2"], &[("a", "1=2")]),
            (&["a="], &[("a", "")]),
            (&["a=%C3%A9%2c%3B%20"], &[("a", "é,; ")]),
            (&["a=%2525"], &[("a", "%25")]),
            // Percent signs that encode no UTF-8, or no byte.
            (&["a=%ff"], &[("a", "\u{fffd}")]),
            (
                &["a=%,b=%z0,c=%4"],
                &[("a", "%"), ("b", "%z0"), ("c", "%4")],
            ),
            // The last of two members with one key counts, and malformed members are left out.
            (&["a=1,a=2"], &[("a", "2")]),
            (
                &["a,b=2,=3,c d=4,é=5,f=\u{e9},g=\"6\",h=7"],
                &[("b", "2"), ("h", "7")],
            ),
            (&["a=1 2,b=\\,c=3"], &[("c", "3")]),
            (&["", ",,;,=,;=,"], &[]),
        ] {
            let expected: Vec<_> = expected
                .iter()
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect();
            assert_eq!(pairs(headers), expected, "{headers:?}");
        }
        assert_eq!(pairs(&[&format!("{tokens}=1")])[0].0, tokens);
    }

    #[test]
    fn metadata_is_kept_as_it_came() {
        let members = baggage(&["a=1;p;q=%2C ; r=2,b=2 ; s"]);
        let metadata: Vec<_> = members.iter().map(|(_, _, metadata)| &**metadata).collect();
        assert_eq!(metadata, ["p;q=%2C ; r=2", "s"]);
        assert_eq!(baggage(&["a=1;\"\n"])[0].2, "");
    }

    #[test]
    fn past_the_limits_whole_members_are_dropped() {
        let many: Vec<_> = (0..200).map(|n| format!("k{n:03}=v")).collect();
        let read = pairs(&[&many.join(",")]);
        assert_eq!(read.len(), 64);
        assert_eq!(read[63].0, "k063");
        let long = format!("a=1,b={},c=3", "x".repeat(8192));
        assert_eq!(pairs(&[&long]), pairs(&["a=1"]));
        let fits = format!("a=1,b={}", "x".repeat(8192 - 6));
        assert_eq!((fits.len(), pairs(&[&fits]).len()), (8192, 2));
        // The comma is of the header too.
        let one_more = format!("a=1,b={}", "x".repeat(8192 - 5));
        assert_eq!((one_more.len(), pairs(&[&one_more]).len()), (8193, 1));
    }

    #[test]
    fn hostile_baggage_is_survived() {
        for hostile in [
            "a".repeat(MIB),
            ",".repeat(MIB),
            "=".repeat(MIB),
            ";".repeat(MIB),
            "%".repeat(MIB),
            "é".repeat(MIB),
            "a=1;".repeat(MIB),
            "\0".repeat(MIB),
        ] {
            let _ = pairs(&[&hostile]);
            assert_eq!(pairs(&["ok=1", &hostile])[0].0, "ok");
        }
        assert_eq!(pairs(&["a=1,".repeat(MIB).as_str()]).len(), 1);
    }

    #[test]
    fn unreadable_baggage_leaves_the_current_one() {
        let context = Context::current_with_baggage([KeyValue::new("mine", "1")]);
        let _attached = context.attach();
        assert_eq!(pairs(&["junk"]), pairs(&["mine=1"]));
        assert_eq!(pairs(&["theirs=2"]).len(), 1);
    }

    fn written(pairs: &[(&'static str, &'static str)]) -> Option<String> {
        let pairs = pairs.iter().map(|(key, value)| KeyValue::new(*key, *value));
        let sent = inject(Context::new().with_baggage(pairs.collect::<Vec<_>>()));
        Carrier::get(&sent, "baggage").map(str::to_owned)
    }

    #[test]
    fn baggage_is_written_in_ascii_and_read_back() {
        for (value, expected) in [
            ("plain-._~!*'()/?:@", "plain-._~!*'()/?:@"),
            ("100%25", "100%2525"),
            ("a=b,c;d\\\"", "a%3Db%2Cc%3Bd%5C%22"),
            (" é\n", "%20%C3%A9%0A"),
            ("", ""),
        ] {
            let header = written(&[("k", value)]).unwrap();
            assert_eq!(header, format!("k={expected}"));
            assert!(header.bytes().all(|byte| byte.is_ascii_graphic()));
            assert_eq!(pairs(&[&header]), [("k".to_owned(), value.to_owned())]);
        }
        assert_eq!(
            written(&[("b", "2"), ("a", "1")]).as_deref(),
            Some("a=1,b=2")
        );
        assert_eq!(written(&[]), None);
    }

    #[test]
    fn metadata_cannot_break_out_of_its_header() {
        use opentelemetry::baggage::KeyValueMetadata;
        let member = KeyValueMetadata::new("k", "v", "p=1;q\r\nset-cookie: x,y=2");
        let sent = inject(Context::new().with_baggage([member]));
        let header = Carrier::get(&sent, "baggage").unwrap();
        assert_eq!(header, "k=v;p=1;q%0D%0Aset-cookie: x%2Cy=2");
    }

    #[test]
    fn a_member_that_its_encoding_makes_too_long_is_left_out() {
        let long: &'static str = "é".repeat(1400).leak();
        let header = written(&[("a", long), ("b", "2"), ("c", "3")]).unwrap();
        assert_eq!(header, "b=2,c=3");
    }

    #[test]
    fn a_written_header_is_as_long_as_it_may_be_with_its_commas() {
        for (rest, length) in [("xx", 8192), ("xxx", 3)] {
            // Each letter takes six bytes when it is encoded.
            let long: &'static str = format!("{}{rest}", "é".repeat(1364)).leak();
            let header = written(&[("a", "1"), ("b", long)]).unwrap();
            assert_eq!(header.len(), length);
        }
    }
}

/// Headers that were read and written are read as the same again, whatever came in.
#[test]
fn random_headers_survive_a_round_trip() {
    // The letters with a meaning. The generator below gives the same texts in each run.
    const LETTERS: [char; 24] = [
        '0',
        '1',
        '2',
        'a',
        'f',
        'A',
        'z',
        '-',
        '=',
        ',',
        ';',
        ' ',
        '\t',
        '@',
        '%',
        '/',
        '*',
        '_',
        '.',
        '"',
        '\n',
        '\0',
        'é',
        '\u{1f980}',
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut valid = 0;
    for _ in 0..20_000 {
        let mut text = |length: usize| -> String {
            let length = next(length);
            (0..length).map(|_| LETTERS[next(LETTERS.len())]).collect()
        };
        let (state, baggage, junk) = (text(40), text(60), text(3));
        let mut parent = format!("00-{TRACE}-{SPAN}-01");
        if !junk.is_empty() {
            let at = next(parent.len());
            parent.replace_range(at..=at, &junk);
        }
        let headers = [
            ("traceparent", &*parent),
            ("tracestate", &*state),
            ("baggage", &*baggage),
        ];
        let sent = inject(extract(&headers));
        let again: Vec<_> = sent.iter().map(|(key, value)| (&**key, &**value)).collect();
        assert_eq!(inject(extract(&again)), sent, "{headers:?}");
        valid += usize::from(Carrier::get(&sent, "traceparent").is_some());
    }
    assert!((1_000..19_000).contains(&valid), "{valid}");
}

/// What our documentation says about the propagators of the OpenTelemetry SDK. A failure means that they have changed,
/// and that the documentation has to follow.
mod of_the_sdk {
    use opentelemetry::propagation::TextMapPropagator as _;
    use opentelemetry_sdk::propagation::{BaggagePropagator, TraceContextPropagator};
    use std::collections::HashMap;

    use super::*;

    fn sdk(parent: &str, state: &str) -> SpanContext {
        let headers = HashMap::from([
            ("traceparent".to_owned(), parent.to_owned()),
            ("tracestate".to_owned(), state.to_owned()),
        ]);
        let context = TraceContextPropagator::new().extract_with_context(&Context::new(), &headers);
        context.span().span_context().clone()
    }

    #[test]
    fn the_sdk_accepts_more_parents_and_keeps_less() {
        for parent in [
            format!("0-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-01-"),
        ] {
            assert!(sdk(&parent, "").is_valid(), "{parent}");
        }
        let parent = format!("00-{TRACE}-{SPAN}-03");
        assert_eq!(sdk(&parent, "").trace_flags(), TraceFlags::SAMPLED);
        let state = |state: &str| sdk(&parent, state).trace_state().header();
        assert_eq!(state("a=é,b=1"), "a=é,b=1");
        assert_eq!(state("a=1,a=2"), "a=1,a=2");
        assert_eq!(state(&members(33).join(",")), members(32).join(","));
        let mut sent = HashMap::new();
        let context = Context::new().with_remote_span_context(span_context(1, TraceState::NONE));
        TraceContextPropagator::new().inject_context(&context, &mut sent);
        assert_eq!(sent["tracestate"], "");
    }

    #[test]
    fn the_sdk_changes_values_of_baggage() {
        let propagator = BaggagePropagator::new();
        let read = |header: &str| {
            let headers = HashMap::from([("baggage".to_owned(), header.to_owned())]);
            let context = propagator.extract_with_context(&Context::new(), &headers);
            context.baggage().get("a").map(ToString::to_string)
        };
        assert_eq!(read("a=1=2").as_deref(), Some("1"));
        assert_eq!(read(&format!("a=1,b={}", "x".repeat(8192))), None);
        let mut sent = HashMap::new();
        let context = Context::new().with_baggage([KeyValue::new("a", "100%25")]);
        propagator.inject_context(&context, &mut sent);
        assert_eq!(read(&sent["baggage"]).as_deref(), Some("100%"));
    }
}
