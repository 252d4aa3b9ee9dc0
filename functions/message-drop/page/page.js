// The page itself: what is typed, what is shown. Text goes into it as text alone, never as markup.

import { Refusal, address, fetchRecipient, send } from "./drop.js";
import { LIMIT_BYTES, digest, seal, sealedBytes } from "./seal.js";

const element = (id) => document.getElementById(id);
const form = element("form");
const text = element("text");

/** The owner's key, once it is there. */
let recipient;
/** What was encrypted and may not have arrived: sent again as it is, it can't arrive twice. */
let sealed;
/** What the receipt says, as text. */
let receipt = "";
let busy = false;

function show(id, words) {
  element(id).textContent = words;
}

function showSize() {
  const bytes = sealedBytes(text.value);
  const over = bytes - LIMIT_BYTES;
  text.setAttribute("aria-invalid", String(over > 0));
  show("size", `${kibibytes(bytes)} will be sent, of ${kibibytes(LIMIT_BYTES)} at most. Padding hides the exact length.`);
  const warning = over > 0 ? "The message is too long. Make it shorter." : "";
  if (element("status").textContent !== warning) show("status", warning);
  return over <= 0;
}

function kibibytes(bytes) {
  return bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1).replace(".0", "")} KiB`;
}

async function learnRecipient() {
  recipient ??= await fetchRecipient();
  show("key-short", `${recipient.slice(0, 10)}…${recipient.slice(-6)}`);
  show("key", recipient);
}

async function submit(event) {
  event.preventDefault();
  if (busy) return;
  show("error", "");
  if (text.value === "") return refuse("There is no message yet.");
  if (!showSize()) return refuse("The message is too long. Make it shorter.");
  setBusy(true);
  try {
    await learnRecipient();
    sealed ??= await sealDraft();
    // Another choice made under way forgets `sealed`, and changes nothing of what is sent.
    const sent = sealed;
    showReceipt(sent, await send(sent));
  } catch (error) {
    tell(error);
  } finally {
    setBusy(false);
  }
}

async function sealDraft() {
  const body = await seal(text.value, recipient);
  return {
    body,
    digest: await digest(body),
    ttl: element("ttl").value,
    burn: element("burn").checked,
    idempotencyKey: crypto.randomUUID(),
  };
}

function forgetSealed() {
  sealed = undefined;
  show("send", "Encrypt and send");
}

function refuse(words) {
  show("error", words);
  text.focus();
}

function tell(error) {
  if (!(error instanceof Refusal)) {
    show("error", "Your browser can’t encrypt the message. Use a newer one, or send it without this page, as is told below.");
    return;
  }
  if (error.final) {
    forgetSealed();
    show("error", `${error.message} Your text is still here.`);
    return;
  }
  if (sealed) show("send", "Try again");
  const safety = sealed ? " Sent again as it is, it can’t arrive twice." : "";
  show("error", `${error.message} Your text is still here.${safety}`);
}

function setBusy(on) {
  busy = on;
  // Not `disabled`, nor for the button: who goes by keyboard would lose the place.
  text.readOnly = on;
  element("send").setAttribute("aria-disabled", String(on));
  form.setAttribute("aria-busy", String(on));
  if (on) show("status", "Encrypting and sending…");
  else if (!form.hidden) show("status", "");
}

function showReceipt({ body, digest, burn }, { id, expiresAt }) {
  const burnWords = burn ? "Yes: it can be read once" : "No";
  const expiry = element("receipt-expiry");
  expiry.dateTime = expiresAt;
  expiry.textContent = new Date(expiresAt).toLocaleString(undefined, { dateStyle: "long", timeStyle: "short" });
  show("receipt-id", id);
  show("receipt-burn", burnWords);
  show("receipt-size", `${body.length.toLocaleString()} bytes`);
  show("receipt-digest", digest);
  receipt = [
    "Receipt for a secret message",
    "",
    `Message: ${id}`,
    `Address: ${address}`,
    `Encrypted for: ${recipient}`,
    `Kept until: ${expiresAt}`,
    `Burn after reading: ${burnWords}`,
    `Size as sent: ${body.length} bytes`,
    `SHA-256 of what was sent: ${digest}`,
    "",
    "Only the owner of this address can read the message. It can't be read again by its sender, or taken back.",
    "",
  ].join("\n");

  forgetSealed();
  form.reset();
  form.hidden = true;
  element("receipt").hidden = false;
  show("status", "");
  element("receipt-title").focus();
}

function writeAnother() {
  element("receipt").hidden = true;
  receipt = "";
  form.hidden = false;
  show("status", "");
  showSize();
  text.focus();
}

async function copy(button, words) {
  const label = (button.dataset.label ??= button.textContent);
  try {
    await navigator.clipboard.writeText(words);
    show("status", "Copied.");
    // The status may be out of sight.
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), 2000);
  } catch {
    show("status", "Your browser does not let this page copy. Select the text and copy it yourself.");
  }
}

function downloadReceipt() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([receipt], { type: "text/plain" }));
  link.download = `receipt-${element("receipt-id").textContent}.txt`;
  link.click();
  URL.revokeObjectURL(link.href);
  show("status", "The receipt is among your downloads.");
}

function start() {
  show("command", element("command").textContent.replace("the address of this page", address));
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy(button, element(button.dataset.copy).textContent));
  }
  for (const part of document.querySelectorAll(".scripted")) part.hidden = false;
  if (!isSecureContext) {
    show("status", "This page can encrypt only over HTTPS. Open it with https:// in front.");
    return;
  }

  form.addEventListener("submit", submit);
  // Another text or another choice is another message.
  form.addEventListener("input", () => {
    forgetSealed();
    show("error", "");
    showSize();
  });
  element("copy-receipt").addEventListener("click", (event) => copy(event.currentTarget, receipt));
  element("download-receipt").addEventListener("click", downloadReceipt);
  element("another").addEventListener("click", writeAnother);
  addEventListener("beforeunload", (event) => {
    if (text.value !== "") event.preventDefault();
  });

  element("by-hand").open = false;
  form.hidden = false;
  showSize();
  // When sending, it is tried again.
  learnRecipient().catch(() => show("key-short", "a key that could not be fetched yet"));
}

start();
