// Runs the tests of one kind: `unit` needs node only, `browser` a Chromium, `firefox` a Firefox, and `live` a Chromium and
// `cargo traced`.
import { spawnSync } from "node:child_process";
import { bundle } from "./build-tests.mjs";

const kind = process.argv[2] ?? "unit";
await bundle(`${kind}.test.ts`, `${kind}.test.mjs`, ["playwright-core", "puppeteer-core", "esbuild", "axe-core", "../build.mjs", "./chromium.mjs"]);
const { status } = spawnSync(process.execPath, ["--enable-source-maps", "--test", "--test-concurrency=1", "--test-reporter=./test/reporter.mjs", `out/${kind}.test.mjs`], {
  stdio: "inherit",
  cwd: new URL("..", import.meta.url).pathname,
});
process.exit(status ?? 1);
