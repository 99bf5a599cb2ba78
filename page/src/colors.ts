/** One colour a service; where there is only one service, one a name. The stylesheet has them as `.c0` to `.c9`. */
import type { Model } from "./model";
import type { Span } from "./otlp";

export const COLORS = 10;

export interface Colors {
  by: "service" | "name";
  of(span: Span): number;
  ofService(service: string): number;
}

export function colorsOf(model: Model): Colors {
  const services = new Map(model.services.map((service, i) => [service, i % COLORS]));
  const ofService = (service: string) => services.get(service) ?? 0;
  if (model.services.length > 1) return { by: "service", of: (span) => ofService(span.resource.service), ofService };
  const names = new Map<string, number>();
  const of = (span: Span) => {
    let color = names.get(span.name);
    if (color === undefined) {
      color = names.size % COLORS;
      names.set(span.name, color);
    }
    return color;
  };
  // In the order of the file, so that a name has its colour whichever trace is looked at first.
  for (const span of model.spans) {
    of(span);
    if (names.size > 5000) break;
  }
  return { by: "name", of, ofService };
}
