// Says whether what came to a webhook was sent by Countersign. No dependency: Node.js 18 or newer.
//
//   import { told } from "./told.mjs";
//
//   const news = told(raw, request.headers, [jwks]); // throws where it proves nothing: answer 400, and do nothing
//
// `raw` are the octets of the body as they came. Each of the keys is the text of /.well-known/jwks.json, or a secret
// (`whsec_…`). The same message may come again, under the same `id`.
import { createHmac, createPublicKey, timingSafeEqual, verify } from "node:crypto";

const TOLERANCE = 300; // seconds, before and after
const LARGEST = 20_000; // octets
const MOST = 20; // signatures that are looked at

/** What a message says: `id`, `type`, `at`, and the `request` that came to `state` as its `version`. */
export function told(raw, headers, keys, now = Date.now() / 1000) {
  const [id, sent, signatures] = ["id", "timestamp", "signature"].map((name) => headers[`webhook-${name}`] ?? "");
  require(/^[A-Za-z0-9_-]{1,128}$/.test(id) && /^[0-9]{1,12}$/.test(sent), "its id or its time is of another form");
  require(raw.length <= LARGEST, "the body is larger than any message");
  require(Math.abs(now - Number(sent)) <= TOLERANCE, "it was not sent just now, or the clocks differ");
  const signed = Buffer.concat([Buffer.from(`${id}.${sent}.`), raw]);
  const held = keys.flatMap(read);
  require(
    signatures.split(" ").slice(0, MOST).some((each) => holds(each, signed, held)),
    "none of its signatures is one of these keys",
  );
  const { type, timestamp, data } = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw));
  const at = new Date(timestamp);
  const whole = typeof data?.request === "string" && Number.isInteger(data.version) && !Number.isNaN(at.getTime());
  require(whole && type === `request.${data.state}`, "its body is no message that this version knows");
  return { id, type, at, request: data.request, state: data.state, version: data.version };
}

function holds(signature, signed, keys) {
  const [version, text = ""] = signature.split(",", 2);
  return keys.some((key) => key.version === version && key.holds(signed, Buffer.from(text, "base64")));
}

/** The keys of a text. Of a set only those count that say that they are for webhooks. */
function read(text) {
  if (!text.startsWith("whsec_")) return JSON.parse(text).keys.filter(isForWebhooks).map(published);
  const secret = Buffer.from(text.slice("whsec_".length), "base64");
  require(secret.length >= 24 && secret.length <= 64, "a secret for webhooks has another length");
  const same = (one, other) => one.length === other.length && timingSafeEqual(one, other);
  const stamp = (signed) => createHmac("sha256", secret).update(signed).digest();
  return [{ version: "v1", holds: (signed, signature) => same(stamp(signed), signature) }];
}

const isForWebhooks = (jwk) => jwk.countersign_purpose === "webhooks" && jwk.crv === "Ed25519";

function published(jwk) {
  const key = createPublicKey({ key: jwk, format: "jwk" });
  return { version: "v1a", holds: (signed, signature) => verify(null, signed, key, signature) };
}

function require(holds, why) {
  if (!holds) throw new Error(why);
}
