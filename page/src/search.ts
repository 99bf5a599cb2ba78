/** The filter above the list and the search in a trace. */
import type { Trace } from "./model";
import { type RawAttribute, type Span, decode, list, valueText } from "./otlp";

export interface Filter {
  text: string;
  min: number | undefined;
  max: number | undefined;
  errors: boolean;
  service: string;
}

/** Every word must be in the span: in its name, an id, an error, a value; `key=value` asks for an attribute. */
export function matcher(query: string): ((span: Span) => boolean) | undefined {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return undefined;
  return (span) => words.every((word) => matches(span, word));
}

function matches(span: Span, word: string): boolean {
  const has = (text: string) => text.toLowerCase().includes(word);
  if (has(span.name) || has(span.message) || has(span.resource.service) || has(span.kind)) return true;
  if (span.id.startsWith(word) || span.traceId.startsWith(word)) return true;
  const inAttribute = (pair: RawAttribute) => {
    const value = valueText(decode(pair?.value)).toLowerCase();
    const key = String(pair?.key ?? "").toLowerCase();
    return value.includes(word) || key.includes(word) || (word.includes("=") && `${key}=${value}`.includes(word));
  };
  if (list(span.raw.attributes).some(inAttribute)) return true;
  if (list(span.raw.events).some((e) => has(String(e?.name ?? "")) || list(e?.attributes).some(inAttribute))) return true;
  return span.logs.some((log) => has(log.body));
}

export function filterTraces(traces: Trace[], filter: Filter): Trace[] {
  const match = matcher(filter.text);
  return traces.filter((trace) => {
    const length = trace.end - trace.start;
    if (filter.min !== undefined && length < filter.min) return false;
    if (filter.max !== undefined && length > filter.max) return false;
    if (filter.errors && trace.errors === 0) return false;
    if (filter.service !== "" && !trace.services.includes(filter.service)) return false;
    return !match || trace.spans.some(match);
  });
}
