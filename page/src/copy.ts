/** A trace as text: a tree for people, OTLP JSON for programs. */
import { duration, line } from "./format";
import { type Trace, outlivesParent } from "./model";
import type { RawResourceSpans, RawSpan, Span } from "./otlp";

// Deeper lines would be longer than what they say.
const DEEPEST = 60;

export function textTree(trace: Trace): string {
  const root = trace.roots[0]!;
  const errors = trace.errors > 0 ? ` · ${trace.errors} errors` : "";
  const lines = [`${line(root.name, 120)} · ${duration(trace.end - trace.start)} · ${trace.spans.length} spans${errors} · ${trace.id}`];
  const prefixes = new Map<Span, string>();
  for (const span of trace.spans) {
    const siblings = span.parent?.children;
    const last = !siblings || siblings[siblings.length - 1] === span;
    const above = span.parent ? (prefixes.get(span.parent) ?? "") : "";
    const shallow = span.depth <= DEEPEST;
    if (span.children.length > 0) {
      prefixes.set(span, !span.parent ? "" : shallow ? above + (last ? "   " : "│  ") : above);
    }
    const branch = !span.parent ? "" : last ? "└─ " : "├─ ";
    lines.push(`${above}${branch}${label(span)}  ${span.open ? "still running" : duration(span.end - span.start)}`);
  }
  return `${lines.join("\n")}\n`;
}

function label(span: Span): string {
  const words = [line(span.name, 120)];
  if (span.kind !== "internal") words.push(span.kind);
  if (span.cancelled) words.push("cancelled");
  if (outlivesParent(span)) words.push("↗");
  if (span.error) words.push(`✗${span.message ? ` ${line(span.message, 200)}` : ""}`);
  return words.join(" ");
}

/** The spans as the file had them, with their resources and scopes. */
export function otlpJson(spans: Span[]): string {
  const resources = new Map<object, RawResourceSpans>();
  const scopes = new Map<object, RawSpan[]>();
  for (const span of spans) {
    let resource = resources.get(span.resource);
    if (!resource) {
      resource = { resource: { attributes: span.resource.attributes }, scopeSpans: [] };
      resources.set(span.resource, resource);
    }
    let list = scopes.get(span.scope);
    if (!list) {
      list = [];
      scopes.set(span.scope, list);
      resource.scopeSpans!.push({ scope: span.scope, spans: list });
    }
    list.push(span.raw);
  }
  return JSON.stringify({ resourceSpans: [...resources.values()] }, null, 2);
}

export async function toClipboard(content: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(content);
    return true;
  } catch {
    // Not allowed, or not there on this origin: the older way needs only the click.
    const area = document.createElement("textarea");
    area.value = content;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}
