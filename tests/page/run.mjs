// The drop page in Chromium, against a platform that is there:
//
//   BASE_URL=http://localhost:3000 ADDRESS=… node tests/page/run.mjs
//
// IDENTITY=AGE-SECRET-KEY-1… opens what was sent; SENT=file gets a line of JSON for each message that is left there for
// others to open; SCREENSHOTS=folder takes pictures; CHROMIUM=path is the browser if it is not /usr/bin/chromium. Needs
// `npm ci --ignore-scripts` in this folder.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { appendFile, readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Decrypter } from "age-encryption";
import { PAGE, assertFitsWidth, onPage, picture, sendText, startBrowser, stopBrowser, tabTo } from "./harness.mjs";

const MESSAGE = "The safe's number is 4711.\nGrüße, 🐦 & <b>friends</b>";

before(startBrowser);
after(stopBrowser);

test("the committed bundle is what its sources give", (t) => {
  const folder = fileURLToPath(new URL("../../functions/message-drop/page/", import.meta.url));
  const npm = (...args) => spawnSync("npm", args, { cwd: folder, encoding: "utf8" });
  if (npm("--version").error) return t.skip("there is no npm");
  if (!existsSync(`${folder}node_modules`)) {
    const { status, stderr } = npm("ci", "--ignore-scripts", "--no-audit", "--no-fund");
    if (status !== 0) return t.skip(`npm can't fetch the page's packages: ${stderr}`);
  }
  const { status, stderr } = npm("run", "--silent", "check");
  assert.equal(status, 0, stderr);
});

test("the page may load and ask nothing but this platform", () =>
  onPage(async (_, response) => {
    const policy = (await response.allHeaders())["content-security-policy"];
    const directives = policy.split(";").map((part) => part.trim());
    const none = ["default-src", "form-action", "base-uri", "frame-ancestors"].map((name) => `${name} 'none'`);
    const self = ["script-src", "connect-src", "style-src", "img-src"].map((name) => `${name} 'self'`);
    for (const directive of [...none, ...self]) assert.ok(directives.includes(directive), `${directive} is not in ${policy}`);
    assert.doesNotMatch(policy, /unsafe|data:|\*/);
  }));

test("a message is written, sent and acknowledged by keyboard alone", () =>
  onPage(async (page) => {
    const stops = await tabTo(page, "text");
    await page.keyboard.type(MESSAGE);
    const announced = await page.textContent("#size");
    stops.push(...(await tabTo(page, "ttl")));
    await page.keyboard.press("ArrowUp");
    stops.push(...(await tabTo(page, "burn")));
    await page.keyboard.press("Space");
    stops.push(...(await tabTo(page, "send")));
    assert.deepEqual(stops, ["summary", "text", "ttl", "burn", "send"]);

    const asked = page.waitForRequest((request) => request.method() === "POST");
    await page.keyboard.press("Enter");
    const request = await asked;
    const body = request.postDataBuffer();
    const answer = await (await request.response()).json();
    await page.waitForSelector("#receipt:not([hidden])");

    await opens(body);
    assert.equal((await request.response()).status(), 202);
    await leave({ id: answer.message_id, burn: true, body });
    await asTheContractHasIt(request, body);
    assert.match(announced, new RegExp(`^${body.length} bytes will be sent, of 256 KiB`), "what was announced is what was sent");

    const digest = createHash("sha256").update(body).digest("hex");
    assert.equal(await page.textContent("#receipt-id"), answer.message_id);
    assert.equal(await page.getAttribute("#receipt-expiry", "datetime"), answer.expires_at);
    assert.match(await page.textContent("#receipt-burn"), /^Yes/);
    assert.equal(await page.textContent("#receipt-digest"), digest);
    assert.equal(await page.evaluate(() => document.activeElement.id), "receipt-title");
    await leavesNothingBehind(page);

    await tabTo(page, "download-receipt");
    const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
    const receipt = await readFile(await download.path(), "utf8");
    for (const part of [answer.message_id, answer.expires_at, digest, PAGE]) assert.ok(receipt.includes(part), receipt);
    assert.ok(!receipt.includes("4711"));

    await tabTo(page, "another");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "text");
    assert.equal(await page.inputValue("#ttl"), "604800");
    assert.equal(await page.isChecked("#burn"), false);
  }));

async function leave({ id, burn, body }) {
  if (!process.env.SENT) return;
  const message = { id, burn, body: body.toString("hex"), text: MESSAGE };
  await appendFile(process.env.SENT, `${JSON.stringify(message)}\n`);
}

async function opens(body) {
  if (!process.env.IDENTITY) return;
  const decrypter = new Decrypter();
  decrypter.addIdentity(process.env.IDENTITY);
  const padded = await decrypter.decrypt(body);
  assert.equal(padded.length, 256);
  assert.equal(new TextDecoder().decode(padded).replace(/\0+$/, ""), MESSAGE);
}

async function asTheContractHasIt(request, body) {
  const url = new URL(request.url());
  assert.equal(url.origin + url.pathname, PAGE);
  assert.deepEqual(Object.fromEntries(url.searchParams), { ttl: "86400", burn: "true" });
  const headers = await request.allHeaders();
  assert.equal(headers["content-type"], "application/age");
  assert.equal(headers["x-message-padding"], "zeros");
  assert.match(headers["idempotency-key"], /^[0-9a-f-]{36}$/);
  assert.equal(headers.cookie, undefined);
  assert.match(body.toString("latin1"), /^age-encryption\.org\/v1\n-> X25519 /);
}

async function leavesNothingBehind(page) {
  assert.equal(await page.inputValue("#text"), "");
  assert.equal(page.url(), PAGE);
  assert.deepEqual(await page.evaluate(() => indexedDB.databases()), []);
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length]), [0, 0]);
  assert.ok(!(await page.content()).includes("4711"));
}

test("sending again after a failure can't make a message arrive twice", () =>
  onPage(async (page) => {
    await page.route("**/drop/*?*", (route) => route.abort(), { times: 1 });
    const first = await sendText(page, MESSAGE);
    await page.waitForSelector("#error:not(:empty)");
    assert.match(await page.textContent("#error"), /can’t be reached.*still here.*can’t arrive twice/s);
    assert.equal(await page.inputValue("#text"), MESSAGE);
    assert.equal(await page.textContent("#send"), "Try again");

    const [second] = await Promise.all([page.waitForRequest((request) => request.method() === "POST"), page.click("#send")]);
    assert.equal(second.headers()["idempotency-key"], first.headers()["idempotency-key"]);
    assert.deepEqual(second.postDataBuffer(), first.postDataBuffer());
    await page.waitForSelector("#receipt:not([hidden])");
    await leave({ id: await page.textContent("#receipt-id"), burn: false, body: second.postDataBuffer() });
  }));

test("another text after a failure is another message", () =>
  onPage(async (page) => {
    await page.route("**/drop/*?*", (route) => route.abort());
    const first = await sendText(page, "one");
    await page.waitForSelector("#error:not(:empty)");
    const second = await sendText(page, "two");
    assert.notEqual(second.headers()["idempotency-key"], first.headers()["idempotency-key"]);
    assert.notDeepEqual(second.postDataBuffer(), first.postDataBuffer());
  }));

test("what is chosen under way is not what was sent", () =>
  onPage(async (page) => {
    await page.route("**/drop/*?*", async (route) => {
      await page.check("#burn");
      await route.continue();
    });
    const request = await sendText(page, MESSAGE);
    await page.waitForSelector("#receipt:not([hidden])");
    assert.equal(new URL(request.url()).searchParams.get("burn"), "false");
    assert.equal(await page.textContent("#receipt-burn"), "No");
  }));

const REFUSALS = [
  { status: 413, words: /too long/ },
  { status: 429, headers: { "retry-after": "120" }, words: /in 2 minutes/ },
  { status: 429, headers: { "retry-after": "1" }, words: /in 1 second\./ },
  { status: 400, body: { detail: "ttl must be between 3600 and 2592000" }, words: /ttl must be between/ },
  { status: 404, words: /no such address/ },
  { status: 503, words: /right now/ },
];
for (const { status, headers, body, words } of REFUSALS) {
  test(`a ${status} ${JSON.stringify(headers ?? {})} is told in plain words, and the text stays`, () =>
    onPage(async (page) => {
      await page.route("**/drop/*?*", (route) =>
        route.fulfill({ status, headers, contentType: "application/problem+json", body: JSON.stringify(body ?? {}) }),
      );
      await sendText(page, MESSAGE);
      await page.waitForSelector("#error:not(:empty)");
      assert.match(await page.textContent("#error"), words);
      assert.equal(await page.inputValue("#text"), MESSAGE);
      assert.equal(await page.getAttribute("#send", "aria-disabled"), "false");
    }));
}

test("nothing and too much are refused before anything is sent", () =>
  onPage(async (page) => {
    let sent = 0;
    page.on("request", (request) => (sent += request.method() === "POST"));
    await page.click("#send");
    assert.match(await page.textContent("#error"), /no message yet/);
    await page.fill("#text", "x".repeat(262_144));
    assert.equal(await page.getAttribute("#text", "aria-invalid"), "true");
    assert.match(await page.textContent("#status"), /too long/);
    await page.click("#send");
    assert.match(await page.textContent("#error"), /too long/);
    assert.equal(sent, 0);
  }));

test("the longest message fills the limit to the byte, and its neighbours are as long", () =>
  onPage(async (page) => {
    await page.fill("#text", "x".repeat(261_897));
    assert.equal(await page.getAttribute("#text", "aria-invalid"), "true");
    for (const bytes of [258_049, 261_896]) {
      const request = await sendText(page, "x".repeat(bytes));
      assert.equal(request.postDataBuffer().length, 262_144);
      assert.equal((await request.response()).status(), 202);
      await page.click("#another");
    }
  }));

test("lengths are padded as Padmé says", () =>
  onPage(async (page) => {
    // Its paper's rule, worked out by hand: 257 to 272, 1,000 to 1,024, 9,000 to 9,216, and 70,000 to 71,680 in two chunks.
    const paddedOf = new Map([[1, 256], [256, 256], [257, 272], [1000, 1024], [9000, 9216], [70_000, 71_680]]);
    for (const [bytes, padded] of paddedOf) {
      const request = await sendText(page, "x".repeat(bytes));
      const tags = 16 * Math.ceil(padded / 65_536);
      assert.equal(request.postDataBuffer().length, 168 + 16 + padded + tags, `${bytes} bytes`);
      await page.click("#another");
    }
  }));

test("a key that can't be had is asked for again", () =>
  onPage(async (page) => {
    const keyOnly = (request) => request.headers().accept === "application/json" && request.method() === "GET";
    await page.route(PAGE, (route) => (keyOnly(route.request()) ? route.abort() : route.fallback()));
    await page.reload();
    await page.waitForFunction(() => document.getElementById("key-short").textContent.includes("could not"));
    await page.fill("#text", MESSAGE);
    await page.click("#send");
    await page.waitForSelector("#error:not(:empty)");
    await page.unroute(PAGE);
    await page.click("#send");
    await page.waitForSelector("#receipt:not([hidden])");
    assert.match(await page.textContent("#key"), /^age1[0-9a-z]{58}$/);
  }));

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 1200]) {
    test(`nothing is cut off at ${width} px, ${colorScheme}`, () =>
      onPage(
        async (page) => {
          const look = async (name) => {
            await assertFitsWidth(page, name);
            await picture(page, `${name}-${width}-${colorScheme}`);
          };
          await look("form");
          await page.click("#recipient summary");
          await page.click("#by-hand summary");
          await page.fill("#text", `${"Long".repeat(200)}\n${MESSAGE}`);
          await page.route("**/drop/*?*", (route) => route.abort(), { times: 1 });
          await page.click("#send");
          await page.waitForSelector("#error:not(:empty)");
          await look("open");
          await page.click("#by-hand summary");
          await page.click("#send");
          await page.waitForSelector("#receipt:not([hidden])");
          await look("receipt");
        },
        { viewport: { width, height: 800 }, colorScheme },
      ));
  }
}

test("without JavaScript the page says how to do it by hand", () =>
  onPage(
    async (page) => {
      const words = await page.innerText("main");
      assert.match(words, /needs JavaScript/);
      assert.match(words, /KEY=\$\(curl -fsS -H 'Accept: text\/plain' "\$URL"\)/);
      assert.match(words, /age -r "\$KEY" message\.txt \| curl --data-binary @- "\$URL"/);
      assert.equal(await page.isVisible("#form"), false);
      await picture(page, "no-script");
    },
    { javaScriptEnabled: false, viewport: { width: 360, height: 800 } },
  ));

test("the receipt, the key and the commands can be copied", () =>
  onPage(
    async (page) => {
      const copied = async (button) => {
        await page.click(button);
        await page.waitForFunction(() => document.getElementById("status").textContent === "Copied.");
        return page.evaluate(() => navigator.clipboard.readText());
      };
      await page.click("#recipient summary");
      assert.match(await copied("[data-copy=key]"), /^age1[0-9a-z]{58}$/);
      await sendText(page, MESSAGE);
      await page.waitForSelector("#receipt:not([hidden])");
      assert.ok((await copied("#copy-receipt")).includes(await page.textContent("#receipt-digest")));
      await page.click("#by-hand summary");
      assert.equal(await copied("[data-copy=command]"), await page.textContent("#command"));
    },
    { permissions: ["clipboard-read", "clipboard-write"] },
  ));

test("by hand it goes to this page's address", () =>
  onPage(async (page) => {
    assert.equal(await page.isVisible("#command"), false);
    assert.match(await page.textContent("#command"), new RegExp(`^URL='${PAGE}'\n`));
  }));
