// `cargo traced view` in Chromium: what is sent to it appears in the page that is open, and a page of another site can neither
// send spans nor read them.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { DEADLINE, sees } from "./sees";

const here = new URL(".", import.meta.url);
const { launch, slowed } = await import(new URL("../test/chromium.mjs", here).href);

let view: ChildProcess;
let browser: Browser;
let url: string;

before(async () => {
  const program = process.env.CARGO_TRACED;
  assert.ok(program, "CARGO_TRACED names the program cargo-traced");
  view = spawn(program, ["traced", "view", "--http-port", "0", "--grpc-port", "0"], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface(view.stdout!)) {
    url = line.split(" ").at(-1)!;
    break;
  }
  browser = await launch();
});
after(async () => {
  await browser.close();
  view.kill();
});

async function newPage(of = browser): Promise<Page> {
  const page = await slowed(await of.newPage());
  page.setDefaultTimeout(DEADLINE);
  return page;
}

/** A message with one span of this name. */
function message(name: string, number: number, trace = number): string {
  const id = number.toString(16);
  const start = BigInt(Date.now()) * 1_000_000n;
  const span = {
    traceId: trace.toString(16).padStart(32, "0"),
    spanId: id.padStart(16, "0"),
    name,
    kind: 1,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_000_000n),
  };
  return JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
}

const headers = { "Content-Type": "application/json" };
const send = async (name: string, number: number, trace = number) =>
  assert.equal((await fetch(`${url}v1/traces`, { method: "POST", headers, body: message(name, number, trace) })).status, 200);

test("a span that is sent appears in the open page, which is not loaded again", async () => {
  const page = await newPage();
  const said: string[] = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(String(error)));
  let loads = 0;
  page.on("load", () => (loads += 1));
  await page.goto(url);
  await page.evaluate(() => ((globalThis as any).mark = "the same page"));
  for (const [index, name] of ["first order", "second order", "third order"].entries()) {
    assert.equal(await page.getByText(name).count(), 0);
    await send(name, index + 1);
    await page.locator("[data-trace-id], [data-span-id]").filter({ hasText: name }).first().waitFor();
  }
  assert.equal(await page.evaluate(() => (globalThis as any).mark), "the same page");
  assert.equal(loads, 1);
  assert.deepEqual(said, []);
  await page.close();
});

test("a trace that grows while it is read takes nothing from the reader", async () => {
  const page = await newPage();
  await page.goto(`${url}#/trace/${"20".padStart(32, "0")}`);
  for (let number = 0x20; number < 0x60; number += 1) await send(`row ${number}`, number, 0x20);
  const rows = page.locator("[role=treegrid]");
  await sees(() => rows.getAttribute("aria-rowcount"), "64");
  await page.locator("[data-span-id]").first().click();
  await rows.evaluate((grid) => void (grid.scrollTop = 500));
  await page.keyboard.press("/");
  await page.keyboard.type("row 9");
  await send("one more", 0x60, 0x20);
  await sees(() => rows.getAttribute("aria-rowcount"), "65");
  // Until all is done that is left to be done after a frame.
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100)))));
  const state = () => page.evaluate(() => {
    const field = document.activeElement as HTMLInputElement;
    return [field.id, field.value, document.querySelector("[role=treegrid]")!.scrollTop];
  });
  await sees(state, ["search", "row 9", 500]);
  await page.close();
});

test("a page of another site sends nothing and reads nothing", async () => {
  // Another port is another origin, and `evil.example` a name that somebody made to resolve to the loopback.
  const server = createServer((_, response) => response.setHeader("Content-Type", "text/html").end("<p>another site</p>"));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const port = (server.address() as AddressInfo).port;
  const page = await newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  const tried = await page.evaluate(
    async ([url, body]) => {
      const attempt = async (path: string, init: RequestInit) => {
        try {
          const response = await fetch(url + path, init);
          return `${response.type} ${response.status}`;
        } catch {
          return "refused";
        }
      };
      const json = { "Content-Type": "application/json" };
      const form = { "Content-Type": "text/plain" };
      return [
        await attempt("v1/traces", { method: "POST", headers: json, body }),
        await attempt("v1/traces", { method: "POST", headers: form, body }),
        await attempt("live", {}),
      ];
    },
    [url, message("of another site", 99)] as const,
  );
  assert.deepEqual(tried, ["refused", "refused", "refused"]);
  // Without being asked for it, a page can send this, and sees nothing of the answer.
  await page.evaluate(([url, body]) => fetch(`${url}v1/traces`, { method: "POST", mode: "no-cors", body }).catch(() => {}), [
    url,
    message("of another site", 98),
  ] as const);
  await page.setContent(`<iframe src="${url}"></iframe><img src="${url}live">`);
  await page.close();
  await new Promise((done) => server.close(done));
  const kept = await (await fetch(`${url}live`)).text();
  assert.match(kept, /third order/);
  assert.doesNotMatch(kept, /of another site/);
});

test("a name that was made to resolve to the loopback is refused", async () => {
  const rebound: Browser = await launch(["--host-resolver-rules=MAP evil.example 127.0.0.1"]);
  const page = await newPage(rebound);
  const port = new URL(url).port;
  const answer = await page.goto(`http://evil.example:${port}/`);
  assert.equal(answer!.status(), 403);
  const status = await page.evaluate(async (body) => {
    const headers = { "Content-Type": "application/json" };
    return (await fetch("/v1/traces", { method: "POST", headers, body })).status;
  }, message("rebound", 97));
  assert.equal(status, 403);
  await rebound.close();
  assert.doesNotMatch(await (await fetch(`${url}live`)).text(), /rebound/);
});
