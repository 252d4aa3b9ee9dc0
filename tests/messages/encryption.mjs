// One step with the npm package age-encryption: node encryption.mjs encrypt|armor RECIPIENT, or decrypt IDENTITY, or
// unseal with the passphrase in PASSPHRASE; from standard input to standard output.
import { readFileSync, writeSync } from "node:fs";
import { Decrypter, Encrypter, armor } from "age-encryption";

const [step, key] = process.argv.slice(2);
const input = readFileSync(0);

async function encrypt() {
  const encrypter = new Encrypter();
  encrypter.addRecipient(key);
  return encrypter.encrypt(input);
}

async function decrypt(file, prepare) {
  const decrypter = new Decrypter();
  prepare(decrypter);
  return decrypter.decrypt(file);
}

const steps = {
  encrypt,
  armor: async () => armor.encode(await encrypt()),
  decrypt: () => decrypt(input, (decrypter) => decrypter.addIdentity(key)),
  unseal: () => decrypt(armor.decode(input.toString()), (decrypter) => decrypter.addPassphrase(process.env.PASSPHRASE)),
};
const output = Buffer.from(await steps[step]());
for (let written = 0; written < output.length; ) {
  written += writeSync(1, output, written);
}
