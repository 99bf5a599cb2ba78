// Says little of tests that pass, and says last what failed: a log that somebody cut in the middle still ends with that.
import { inspect } from "node:util";

export default async function* report(events) {
  const failed = [];
  let passed = 0;
  const from = performance.now();
  for await (const { type, data } of events) {
    if (type === "test:stdout" || type === "test:stderr") yield data.message;
    if (type === "test:pass") passed += 1;
    if (type === "test:fail") {
      failed.push(data);
      yield `✖ ${data.name}\n`;
    }
  }
  yield `${passed} tests passed, ${failed.length} failed, in ${Math.round((performance.now() - from) / 1000)} s\n`;
  for (const { name, file, line, details } of failed) {
    const { error, duration_ms } = details;
    yield `\n✖ ${name}\n  ${file}:${line}, after ${Math.round(duration_ms)} ms\n${inspect(error.cause ?? error, { colors: false })}\n`;
  }
}
