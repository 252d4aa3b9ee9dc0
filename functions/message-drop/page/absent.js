// In place of what age-encryption can do besides, and this page doesn't: hybrid and tag recipients, passphrases. `drop.js` takes
// no key but an X25519 one, so that nothing here is ever called.
export const MLKEM768P256 = undefined;
export const MLKEM768X25519 = undefined;
export const p256 = undefined;
export const scrypt = undefined;
