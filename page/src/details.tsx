/** Everything that is known of one span. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Colors } from "./colors";
import { otlpJson } from "./copy";
import type { Findings } from "./findings";
import { clock, count, duration, line, percent, visible } from "./format";
import { type Model, type Stretch, type Trace, mainRoot, outlivesParent } from "./model";
import { type RawAttribute, type RawEvent, type Span, attribute, decode, list, text, valueText } from "./otlp";
import { Badges, CopyButton, Name, Service, SpanLink } from "./parts";
import { baseOf } from "./waterfall";

interface Props {
  span: Span;
  trace: Trace;
  model: Model;
  colors: Colors;
  found: Findings;
  onOpen: (span: Span) => void;
  onClose: () => void;
  onZoom: (from: number, to: number) => void;
}

export function Details({ span, trace, model, colors, found, onOpen, onClose, onZoom }: Props) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.scrollTo(0, 0), []);
  const length = span.end - span.start;
  const critical = sum(found.path.get(span));
  const root = mainRoot(trace);
  const at = baseOf(span);
  const events = list(span.raw.events);
  const exceptions = events.filter((event) => event?.name === "exception");
  const links = list(span.raw.links);
  const attributes = list(span.raw.attributes);
  const polls = attribute(attributes, "traced.polls");
  const longest = attribute(attributes, "traced.longest_poll_ns");
  const dropped = ["Attributes", "Events", "Links"]
    .map((what): [string, number] => [what, Number((span.raw as Record<string, unknown>)[`dropped${what}Count`] ?? 0)])
    .filter(([, n]) => n > 0);
  return (
    <aside class={`details c${colors.of(span)}`} aria-label="Details of the span" ref={panel} tabIndex={0}>
      <header>
        <h2>
          {span.error && <b class="bad-text">✗ </b>}
          <Name text={span.name} limit={400} />
        </h2>
        <button type="button" class="close" onClick={onClose} aria-label="Close details" title="close (Esc)">
          ×
        </button>
      </header>
      <p class="facts">
        <Service name={span.resource.service} colors={colors} />
        <Badges span={span} />
      </p>
      {span.error && exceptions.length === 0 && (
        <div class="exception">
          <Long value={span.message || "failed, without a message"} />
        </div>
      )}
      {exceptions.map((event, i) => (
        <Exception event={event} key={i} after={at(event.timeUnixNano)} start={span.start} status={span.message} />
      ))}
      <dl class="times">
        <dt>Duration</dt>
        <dd>
          <b>{span.open ? `still running after ${duration(length)}` : duration(length)}</b> ({percent(length, trace.end - trace.start)} of the trace)
        </dd>
        <dt>In itself</dt>
        <dd>
          {duration(span.self)} ({percent(span.self, length)})
        </dd>
        {span.busy !== undefined && (
          <>
            <dt>Busy, idle</dt>
            <dd>
              {duration(span.busy)} polled, {duration(span.idle ?? 0)} waiting
              {polls !== undefined && `, ${valueText(polls)} polls`}
              {typeof longest === "number" && `, the longest ${duration(longest)}`}
            </dd>
          </>
        )}
        {critical > 0 && (
          <>
            <dt title="what the end of the trace waited for">Critical path</dt>
            <dd>
              {duration(critical)} of {duration(root.end - root.start)}
            </dd>
          </>
        )}
        <dt>Starts</dt>
        <dd>
          {duration(span.start - trace.start)} into the trace, at {clock(model.base, span.start)}
        </dd>
        {outlivesParent(span) && (
          <>
            <dt>Outlives</dt>
            <dd>
              its parent <SpanLink span={span.parent!} onOpen={onOpen} /> by {duration(span.end - span.parent!.end)}
            </dd>
          </>
        )}
        {span.parent && (
          <>
            <dt>Parent</dt>
            <dd>
              <SpanLink span={span.parent} onOpen={onOpen} />
            </dd>
          </>
        )}
      </dl>
      <p class="actions">
        <button type="button" onClick={() => onZoom(span.start, span.end)} title="zoom to this span (z)">
          Zoom to span
        </button>
        <CopyButton what={() => location.href}>Copy link</CopyButton>
        <CopyButton what={() => otlpJson([span])}>Copy span as JSON</CopyButton>
      </p>

      <Section title="Attributes" count={attributes.length}>
        <Attributes attributes={attributes} />
      </Section>
      {events.length > exceptions.length && (
        <Section title="Events" count={events.length - exceptions.length}>
          {events
            .filter((event) => event?.name !== "exception")
            .map((event, i) => (
              <Event key={i} name={text(event?.name)} after={at(event?.timeUnixNano)} start={span.start} attributes={list(event?.attributes)} />
            ))}
        </Section>
      )}
      {span.logs.length > 0 && (
        <Section title="Log records" count={span.logs.length}>
          {span.logs.map((log, i) => (
            <Event
              key={i}
              level={log.level}
              tag={log.severity}
              name={log.body}
              after={log.time}
              start={span.start}
              attributes={list(log.raw.attributes)}
            />
          ))}
        </Section>
      )}
      {links.length > 0 && (
        <Section title="Links to" count={links.length}>
          {links.slice(0, 200).map((link, i) => {
            const target = model.byId.get(text(link?.traceId))?.spans.find((other) => other.id === link?.spanId);
            return (
              <div class="linked" key={i}>
                ⇢{" "}
                {target ? (
                  <>
                    <SpanLink span={target} onOpen={onOpen} /> {target.traceId !== span.traceId && <>in trace {line(mainRoot(model.byId.get(target.traceId)!).name, 60)}</>}
                  </>
                ) : (
                  <>
                    <code>{line(text(link?.traceId), 40)}</code> <code>{line(text(link?.spanId), 20)}</code> (not in this file)
                  </>
                )}
                {list(link?.attributes).length > 0 && <Attributes attributes={list(link?.attributes)} />}
              </div>
            );
          })}
        </Section>
      )}
      {span.linkedFrom.length > 0 && (
        <Section title="Linked from" count={span.linkedFrom.length}>
          {span.linkedFrom.slice(0, 200).map((other) => (
            <div class="linked" key={other.index}>
              ⇠ <SpanLink span={other} onOpen={onOpen} /> {other.traceId !== span.traceId && <>in trace {line(mainRoot(model.byId.get(other.traceId)!).name, 60)}</>}
            </div>
          ))}
        </Section>
      )}
      <Section title="Where it comes from">
        <table class="attributes">
          <tbody>
            <Line name="trace id" value={span.traceId} />
            <Line name="span id" value={span.id} />
            {span.parentId && <Line name="parent span id" value={span.parentId} />}
            {span.raw.traceState && <Line name="tracestate" value={text(span.raw.traceState)} />}
            <Line name="scope" value={`${span.scope.name} ${span.scope.version}`.trim()} />
            {model.documents.length > 1 && <Line name="file" value={model.documents[span.resource.file]?.name ?? ""} />}
          </tbody>
        </table>
      </Section>
      <Section title="Resource" count={span.resource.attributes.length} closed>
        <Attributes attributes={span.resource.attributes} />
      </Section>
      {dropped.length > 0 && (
        <p class="note">{dropped.map(([what, n]) => `${count(n, what.toLowerCase().slice(0, -1))} dropped by a limit`).join(", ")}</p>
      )}
    </aside>
  );
}

function sum(stretches: Stretch[] | undefined): number {
  return (stretches ?? []).reduce((total, [from, to]) => total + to - from, 0);
}

function Section({ title, count: number, closed, children }: { title: string; count?: number; closed?: boolean; children: ComponentChildren }) {
  return (
    <details open={!closed}>
      <summary>
        {title}
        {number !== undefined && <span class="count">{number}</span>}
      </summary>
      {children}
    </details>
  );
}

function Attributes({ attributes }: { attributes: RawAttribute[] }) {
  const [all, setAll] = useState(false);
  if (attributes.length === 0) return <p class="note">none</p>;
  const sorted = [...attributes].sort((a, b) => (text(a?.key) < text(b?.key) ? -1 : 1));
  const shown = all ? sorted : sorted.slice(0, 200);
  return (
    <>
      <table class="attributes">
        <tbody>
          {shown.map((pair, i) => (
            <Line name={text(pair?.key)} value={valueText(decode(pair?.value))} key={i} />
          ))}
        </tbody>
      </table>
      {shown.length < sorted.length && (
        <button type="button" onClick={() => setAll(true)}>
          Show all {sorted.length}
        </button>
      )}
    </>
  );
}

function Line({ name, value }: { name: string; value: string }) {
  return (
    <tr>
      <th scope="row">
        <bdi>{line(name, 120)}</bdi>
      </th>
      <td>
        <Long value={value} />
      </td>
    </tr>
  );
}

/** Text of any length: its beginning, and more on request. */
function Long({ value }: { value: string }) {
  const [limit, setLimit] = useState(1500);
  return (
    <>
      <bdi class="value">{visible(value, limit)}</bdi>
      {value.length > limit && (
        <button type="button" class="more" onClick={() => setLimit(limit * 20)}>
          {count(value.length - limit, "more character")}
        </button>
      )}
    </>
  );
}

interface ExceptionProps {
  event: RawEvent;
  after: number | undefined;
  start: number;
  status: string;
}

/** An error with the errors that caused it, the first cause last. */
function Exception({ event, after, start, status }: ExceptionProps) {
  const read = (key: string) => {
    const value = attribute(event.attributes, key);
    return value === undefined ? "" : valueText(value);
  };
  const type = read("exception.type");
  const message = read("exception.message");
  const [trace, causes] = chain(read("exception.stacktrace"), type, message);
  const known = new Set(["exception.type", "exception.message", "exception.stacktrace"]);
  const rest = list(event.attributes).filter((pair) => !known.has(text(pair?.key)));
  return (
    <div class="exception">
      <p class="type">
        <bdi>{line(type || "exception", 200)}</bdi>
        {after !== undefined && <span class="when">+{duration(after - start)}</span>}
      </p>
      <p>
        <Long value={message || status} />
      </p>
      {causes.map((cause, i) => (
        <p class="cause" key={i} style={{ marginLeft: `${Math.min(i, 8) * 10}px` }}>
          <span>caused by</span> <Long value={cause} />
        </p>
      ))}
      {trace && (
        <pre tabIndex={0}>
          <Long value={trace} />
        </pre>
      )}
      {rest.length > 0 && <Attributes attributes={rest} />}
    </div>
  );
}

/** What a stacktrace says beyond the message: frames or a place, and the chain of causes. */
export function chain(stacktrace: string, type: string, message: string): [string, string[]] {
  const parts = stacktrace.split(/^Caused by: ?/m);
  const causes = parts.slice(1).map((cause) => cause.trim());
  let first = (parts[0] ?? "").trim();
  for (const known of [`${type}: ${message}`, message]) {
    if (known && first.startsWith(known)) first = first.slice(known.length).trim();
  }
  return [first, causes];
}

interface EventProps {
  name: string;
  after: number | undefined;
  start: number;
  attributes: RawAttribute[];
  level?: string;
  tag?: string;
}

function Event({ name, after, start, attributes, level, tag }: EventProps) {
  return (
    <div class={`event ${level ?? ""}`}>
      <p>
        {after !== undefined && <span class="when">+{duration(after - start)}</span>}
        {tag && <b class="level">{line(tag, 12)}</b>} <Long value={name} />
      </p>
      {attributes.length > 0 && <Attributes attributes={attributes} />}
    </div>
  );
}
