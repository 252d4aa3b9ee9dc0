// What is asked of the service.

/** Says for people why something did not work. */
export class Refusal extends Error {
  /** Whether sending the very same again can't help. */
  final;

  constructor(message, { final = false } = {}) {
    super(message);
    this.final = final;
  }
}

const X25519_RECIPIENT = /^age1[02-9ac-hj-np-z]{58}$/;
const PATIENCE_MS = 60_000;

/** The address of this page without query and fragment: the same for reading the key and for sending. */
export const address = location.origin + location.pathname;

/** The owner's public key. */
export async function fetchRecipient() {
  // Not from the cache, where it would take the place of the page, whose address is the same.
  const response = await ask(address, { headers: { accept: "application/json" }, cache: "no-store" });
  if (!response.ok) throw await refusal(response);
  const { recipient } = await json(response);
  if (!X25519_RECIPIENT.test(recipient)) throw new Refusal("The service gave a key that this page can’t encrypt for.");
  return recipient;
}

/** Sends an age file, and gives its id and expiry. What has the same key arrives once, however often it is sent. */
export async function send({ body, ttl, burn, idempotencyKey }) {
  const url = new URL(address);
  url.search = new URLSearchParams({ ttl, burn });
  const response = await ask(url, {
    method: "POST",
    headers: {
      "content-type": "application/age",
      "idempotency-key": idempotencyKey,
      "x-message-padding": "zeros",
      accept: "application/json",
    },
    body,
  });
  if (!response.ok) throw await refusal(response);
  const { message_id: id, expires_at: expiresAt } = await json(response);
  return { id, expiresAt };
}

async function ask(url, options) {
  try {
    return await fetch(url, {
      ...options,
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch {
    throw new Refusal("The service can’t be reached.");
  }
}

async function json(response) {
  try {
    return await response.json();
  } catch {
    throw new Refusal("The service’s answer did not arrive whole.");
  }
}

async function refusal(response) {
  switch (response.status) {
    case 404:
      return new Refusal("There is no such address. Ask its owner for it again.", { final: true });
    case 413:
      return new Refusal("The message is too long for the service. Make it shorter.", { final: true });
    case 429:
      return new Refusal(`Too many messages came from your network or to this address. Try again ${later(response)}.`);
    default:
  }
  if (response.status >= 500) return new Refusal("The service can’t take the message right now.");
  const { detail } = await response.json().catch(() => ({}));
  return new Refusal(`The service did not take the message${detail ? `: ${detail}` : ""}.`, { final: true });
}

/** `Retry-After` (RFC 9110, section 10.2.3) in seconds, as people say it. */
function later(response) {
  const seconds = Number.parseInt(response.headers.get("retry-after"), 10);
  if (!(seconds > 0)) return "later";
  const [count, unit] = inUnits(seconds);
  return `in ${count} ${unit}${count === 1 ? "" : "s"}`;
}

function inUnits(seconds) {
  if (seconds < 100) return [seconds, "second"];
  if (seconds < 5400) return [Math.ceil(seconds / 60), "minute"];
  return [Math.ceil(seconds / 3600), "hour"];
}
