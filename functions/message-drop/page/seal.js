// From text to the age file that is sent, and how long that is.

import { Encrypter } from "age-encryption";

/** What the service takes at most, in bytes of the age file. */
export const LIMIT_BYTES = 256 * 1024;

/** Shorter texts are padded to this, so that a password looks like a sentence. */
const SHORTEST_PADDED_BYTES = 256;

// The age format for one X25519 recipient, as in C2SP's age specification: version line, stanza of two lines, and MAC; then a
// nonce, and the payload in chunks that have a tag each.
const HEADER_BYTES = 168;
const NONCE_BYTES = 16;
const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;

const LONGEST_PADDED_BYTES = LIMIT_BYTES - overheadBytes(LIMIT_BYTES);

function overheadBytes(payloadBytes) {
  return HEADER_BYTES + NONCE_BYTES + TAG_BYTES * Math.max(1, Math.ceil(payloadBytes / CHUNK_BYTES));
}

/**
 * The length that hides the text's: Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication
 * with PURBs", 2019), which adds 12 % at most. What would be padded beyond the limit is padded to it.
 */
function paddedBytes(textBytes) {
  if (textBytes <= SHORTEST_PADDED_BYTES) return SHORTEST_PADDED_BYTES;
  const exponent = Math.floor(Math.log2(textBytes));
  const mantissaBits = Math.floor(Math.log2(exponent)) + 1;
  const step = 2 ** (exponent - mantissaBits);
  const padded = Math.ceil(textBytes / step) * step;
  return Math.max(textBytes, Math.min(padded, LONGEST_PADDED_BYTES));
}

/** How many bytes are sent for this text. */
export function sealedBytes(text) {
  const padded = paddedBytes(new TextEncoder().encode(text).length);
  return padded + overheadBytes(padded);
}

/** The age file, as bytes. Text holds no NUL, so whoever opens it can cut the padding off, and a terminal doesn't show it. */
export async function seal(text, recipient) {
  const encoded = new TextEncoder().encode(text);
  const padded = new Uint8Array(paddedBytes(encoded.length));
  padded.set(encoded);
  encoded.fill(0);
  try {
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    return await encrypter.encrypt(padded);
  } finally {
    padded.fill(0);
  }
}

/** SHA-256 of bytes, in hexadecimal. */
export async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
