// A browser with the page in it, and what it does that it should not.

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const ADDRESS = required("ADDRESS");
/** The page, and where it sends to. */
export const PAGE = `${required("BASE_URL").replace(/\/+$/, "")}/drop/${ADDRESS}`;

function required(name) {
  const value = process.env[name];
  if (value) return value;
  console.error(`${name} is not set: BASE_URL=http://localhost:3000 ADDRESS=… node tests/page/run.mjs`);
  process.exit(2);
}

let browser;

export async function startBrowser() {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Chromium's sandbox does not start for root.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

export async function stopBrowser() {
  await browser?.close();
}

/** Runs `test` on a fresh page, and fails also if the page broke its policy, spoke to anybody else or threw. */
export async function onPage(test, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (error) => faults.push(`threw: ${error}`));
  page.on("console", (message) => {
    if (/Content Security Policy|TrustedHTML/i.test(message.text())) faults.push(`policy: ${message.text()}`);
  });
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== "blob:" && origin !== new URL(PAGE).origin) faults.push(`asked ${request.url()}`);
  });
  try {
    const response = await page.goto(PAGE, { waitUntil: "networkidle" });
    await test(page, response);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
  }
}

/** Goes on with Tab until the element with this id has the focus, which must be visible at each stop. Gives the stops. */
export async function tabTo(page, id) {
  const stops = [];
  for (let tries = 0; tries < 30; tries++) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const { id, tagName } = document.activeElement;
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      return { name: id || tagName.toLowerCase(), visible: outlineStyle !== "none" && outlineWidth !== "0px" };
    });
    assert.ok(stop.visible || stop.name === "body", `the focus on ${stop.name} can be seen`);
    stops.push(stop.name);
    if (stop.name === id) return stops;
  }
  assert.fail(`Tab does not reach ${id}: ${stops}`);
}

/** Sends the text with a click, and gives the request. */
export async function sendText(page, text) {
  await page.fill("#text", text);
  const [request] = await Promise.all([page.waitForRequest((request) => request.method() === "POST"), page.click("#send")]);
  return request;
}

export async function assertFitsWidth(page, what) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `${what} is ${content} px wide in a window of ${window} px`);
}

/** With SCREENSHOTS=folder, pictures of the whole page. */
export async function picture(page, name) {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}
