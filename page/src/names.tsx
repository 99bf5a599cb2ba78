/** Statistics by service and name. */
import { useMemo, useState } from "preact/hooks";
import type { Colors } from "./colors";
import { count, duration, percent } from "./format";
import { type Model, mainRoot } from "./model";
import { Name, Service } from "./parts";
import type { Adjust, Go, Route } from "./route";
import { type Row, statistics } from "./stats";

type Column = "service" | "name" | "count" | "errors" | "p50" | "p95" | "max" | "self";

const COLUMNS: [Column, string, string][] = [
  ["name", "Name", ""],
  ["count", "Count", ""],
  ["errors", "Errors", ""],
  ["p50", "p50", "half of the spans took at most this long"],
  ["p95", "p95", "95 of 100 spans took at most this long"],
  ["max", "Max", "the longest; it leads to that span"],
  ["self", "In itself", "all spans together, without the time in which children ran"],
];

interface Props {
  model: Model;
  colors: Colors;
  route: Route;
  go: Go;
  adjust: Adjust;
}

export function Names({ model, colors, route, go, adjust }: Props) {
  const { q = "", by = "self", up, trace: traceId } = route.params;
  const [limit, setLimit] = useState(500);
  const trace = traceId ? model.byId.get(traceId) : undefined;
  const all = useMemo(() => statistics(trace ? trace.spans : model.spans), [model, trace]);
  const total = all.reduce((sum, row) => sum + row.self, 0);
  const rows = useMemo(() => {
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    const found = all.filter((row) => words.every((word) => `${row.service} ${row.name}`.toLowerCase().includes(word)));
    const sign = up === "1" ? 1 : -1;
    const value = (row: Row) => row[by as Column] ?? 0;
    return found.sort((a, b) => (value(a) < value(b) ? -sign : value(a) > value(b) ? sign : 0));
  }, [all, q, by, up]);
  const most = Math.max(1, ...rows.slice(0, 5000).map((row) => row.self));

  return (
    <main class="names">
      <form class="filter" role="search" onSubmit={(event) => event.preventDefault()}>
        <input
          type="search"
          id="search"
          class="grow"
          placeholder="Filter by name or service"
          aria-label="Filter by name or service"
          value={q}
          onInput={(event) => adjust({ q: event.currentTarget.value })}
        />
        {trace && (
          <span>
            only the trace <Name text={mainRoot(trace).name} limit={60} />{" "}
            <button type="button" onClick={() => adjust({ trace: undefined })}>
              All traces
            </button>
          </span>
        )}
        <span role="status">{count(rows.length, "name")}</span>
      </form>
      <div class="scroll" tabIndex={0} role="region" aria-label="Statistics by name">
        <table class="statistics">
          <thead>
            <tr>
              {COLUMNS.map(([column, label, title]) => (
                <th
                  key={column}
                  scope="col"
                  class={column === "name" ? "" : "number"}
                  aria-sort={by === column ? (up === "1" ? "ascending" : "descending") : "none"}
                >
                  <button type="button" title={title} onClick={() => adjust({ by: column, up: by === column && up !== "1" ? "1" : undefined })}>
                    {label} {by === column ? (up === "1" ? "▲" : "▼") : ""}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, limit).map((row) => (
              <tr key={row.key} class={`c${colors.of(row.slowest)}`}>
                <th scope="row">
                  <i class="dot" aria-hidden="true" />
                  <button
                    type="button"
                    class="link"
                    title="the traces with spans of this name"
                    onClick={() => go({ view: "traces", params: { q: /\s/.test(row.name) ? row.name.split(/\s+/).join(" ") : row.name } })}
                  >
                    <Name text={row.name} />
                  </button>
                  {model.services.length > 1 && <Service name={row.service} colors={colors} />}
                </th>
                <td class="number">{row.count.toLocaleString("en")}</td>
                <td class={`number ${row.errors ? "bad-text" : "quiet"}`}>
                  {row.errors ? `${row.errors.toLocaleString("en")} (${percent(row.errors, row.count)})` : "0"}
                </td>
                <td class="number">{duration(row.p50)}</td>
                <td class="number">{duration(row.p95)}</td>
                <td class="number">
                  <button
                    type="button"
                    class="link"
                    title="show the longest"
                    onClick={() => go({ view: "trace", id: row.slowest.traceId, params: { span: row.slowest.id } })}
                  >
                    {duration(row.max)}
                  </button>
                </td>
                <td class="number share">
                  <i style={{ width: `${(60 * row.self) / most}%` }} />
                  <b title={`${percent(row.self, total)} of all`}>{duration(row.self)}</b>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {rows.length > limit && (
          <p>
            <button type="button" onClick={() => setLimit(limit * 4)}>
              Show more of {rows.length.toLocaleString("en")}
            </button>
          </p>
        )}
      </div>
    </main>
  );
}

