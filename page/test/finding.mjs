// Walks through docs/finding_a_fault.md with the spans of the shop's broken run, and looks at what each click shows.
//
//   node test/finding.mjs           fails where a click does not show what the page of the docs says
//   node test/finding.mjs --write   takes the pictures of that page too, in both themes
//
// The spans are test/shop-retry.jsonl: lines that the shop's four processes wrote (`TRACED_FILE`), of one trace and of
// the trace that links to it.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { page as build } from "../build.mjs";
import { bundle } from "./build-tests.mjs";
import { launch } from "./chromium.mjs";

const here = new URL(".", import.meta.url);
const path = (name) => new URL(name, here).pathname;
const lines = path("shop-retry.jsonl");
const docs = readFileSync(path("../../docs/finding_a_fault.md"), "utf8");
const pictures = path("../../docs/pictures/");
const writes = process.argv.includes("--write");
const MOST_BYTES = 200_000;

// Each sentence of the docs in which something is clicked, or found, is said here too; so neither is without the other.
const said = (words) => assert.ok(docs.includes(words), `docs/finding_a_fault.md does not say: ${words}`);

await bundle("samples.ts", "samples.mjs");
const { pageWith } = await import("../out/samples.mjs");
// The page of one process, as `TRACED_HTML` writes it; the lines of all four are opened in it.
const own = readFileSync(lines, "utf8").split("\n").filter((line) => line.includes('"stringValue":"customer"'));
assert.ok(own.length > 0);
const spansOf = own.flatMap((line) => JSON.parse(line).resourceSpans);
const customer = path("../out/customer.html");
writeFileSync(customer, pageWith(await build(), { resourceSpans: spansOf }));

const browser = await launch();
for (const colorScheme of ["light", "dark"]) {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  const picture = async (name) => {
    if (!writes) return;
    await page.waitForTimeout(300);
    mkdirSync(pictures, { recursive: true });
    const file = `${pictures}${name}-${colorScheme}.png`;
    await page.screenshot({ path: file });
    assert.ok(statSync(file).size < MOST_BYTES, `${file} has ${statSync(file).size} bytes`);
    said(`pictures/${name}-${colorScheme}.png`);
  };
  const region = (name) => page.getByRole("region", { name });
  const details = page.getByRole("complementary");

  await page.goto(`file://${customer}`);
  said("**Open files**");
  await page.getByRole("button", { name: "Open files" }).first().waitFor();
  await page.getByLabel("Files").setInputFiles(lines);
  await page.keyboard.press("1");
  await page.locator("[data-trace-id]").nth(1).waitFor();
  await picture("shop-list");

  // 1. Which statement failed?
  said("click the trace with a red ✗");
  await page.locator("[data-trace-id].failed").first().click();
  await region("What failed").waitFor();
  const failed = await region("What failed").textContent();
  assert.match(failed, /UPDATE products in orders/);
  assert.match(failed, /UPDATE products SET stock = stock - \$\d WHERE/);
  await picture("shop-trace");
  said("click **UPDATE products** under *What failed*");
  await region("What failed").getByRole("button", { name: "UPDATE products" }).click();
  assert.match(await details.textContent(), /55P03/);
  said("55P03");
  assert.match(await details.textContent(), /somebody else holds the lock/);
  said("somebody else holds the lock");
  await picture("shop-failed");

  // 2. What tried it again?
  said("*Tried again*");
  const again = await region("What was tried again").textContent();
  assert.match(again, /POST \/orders tried shop\.v1\.Orders\/Place 2 times: ✗✓/);
  said("`POST /orders`");
  said("`shop.v1.Orders/Place`");

  // 3. Where did the time go?
  const time = await region("Where the time went").textContent();
  const [, spent, waited] = time.match(/([\d.]+) ms \(\d+ %\) in POST \/orders itself.*?waiting ([\d.]+) ms between shop/) ?? [];
  assert.ok(Number(spent) >= 40 && Number(waited) >= 40, time);
  said("click the duration under *Where the time went*");
  await region("Where the time went").getByRole("button", { name: /ms$/ }).first().click();
  await page.waitForFunction(() => location.hash.includes("from="));
  assert.match(await details.textContent(), /retry/);
  assert.match(await details.textContent(), /wait\.ms/);
  said("`wait.ms`");
  await picture("shop-time");
  assert.deepEqual(errors, []);
  await context.close();
}
await browser.close();
console.log("docs/finding_a_fault.md: every click shows what it says");
