// Signs an application's calls. No dependency: Node.js 18 or newer.
//
//   import { authorization, privateKey } from "./sign.mjs";
//
// or, for one call, with APP_ID, APP_KEY (a file: JWK or PEM) and COUNTERSIGN_API_URL in the environment, and
// APP_KID where the policy calls a key otherwise than by its thumbprint and the file does not say how:
//
//   node sign.mjs METHOD URL [BODY_FILE [IDEMPOTENCY_KEY]]
import { createHash, createPrivateKey, createPublicKey, randomUUID, sign } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { fileURLToPath } from "node:url";

const LIFE = 120; // seconds; a service takes no token that lives for more than five minutes

const ALGORITHMS = { ec: "ES256", ed25519: "EdDSA", rsa: "RS256" };
const THUMBPRINT = { EC: ["crv", "kty", "x", "y"], OKP: ["crv", "kty", "x"], RSA: ["e", "kty", "n"] };

const base64url = (octets) => Buffer.from(octets).toString("base64url");
const sha256 = (octets) => createHash("sha256").update(octets).digest();

/** A private key from the text of a JWK or of PEM. `kid` is what the policy calls it. */
export function privateKey(text, kid = undefined) {
  const jwk = text.trimStart().startsWith("{") ? JSON.parse(text) : undefined;
  const key = createPrivateKey(jwk ? { key: jwk, format: "jwk" } : text);
  const alg = ALGORITHMS[key.asymmetricKeyType];
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (!alg || (alg === "ES256" && curve !== "prime256v1")) throw new Error("no P-256, Ed25519 or RSA key");
  return { key, alg, kid: kid ?? jwk?.kid ?? thumbprint(key) };
}

/** A key's thumbprint (RFC 7638), by which it goes where nobody gave it another name. */
function thumbprint(key) {
  const jwk = createPublicKey(key).export({ format: "jwk" });
  const members = THUMBPRINT[jwk.kty].map((name) => [name, jwk[name]]);
  return base64url(sha256(JSON.stringify(Object.fromEntries(members))));
}

/**
 * The value of `Authorization` for one call; make it anew for each try.
 *
 * `issuer` is the application's id in the policy, `audience` the service's address as the service has it, `url` the
 * whole address exactly as it is called, and `body` exactly what is sent (a text or bytes).
 */
export function authorization(key, { issuer, audience, method, url, body = "", idempotencyKey, now = new Date() }) {
  const iat = Math.floor(now.getTime() / 1000);
  const claims = { iss: issuer, aud: audience, iat, exp: iat + LIFE, jti: randomUUID(), htm: method, htu: url };
  claims.bsh = base64url(sha256(body));
  if (idempotencyKey !== undefined) claims.ik = idempotencyKey;
  const header = { alg: key.alg, kid: key.kid, typ: "countersign-app+jwt" };
  const signed = [header, claims].map((part) => base64url(JSON.stringify(part))).join(".");
  // Two numbers side by side, and not ASN.1, is what a token has.
  const by = key.alg === "ES256" ? { key: key.key, dsaEncoding: "ieee-p1363" } : key.key;
  return `Bearer ${signed}.${base64url(sign(key.alg === "EdDSA" ? null : "sha256", Buffer.from(signed), by))}`;
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [method, url, file, idempotencyKey] = process.argv.slice(2);
  const { APP_ID: issuer, APP_KEY, APP_KID, COUNTERSIGN_API_URL: audience } = process.env;
  const body = file ? readFileSync(file) : "";
  const key = privateKey(readFileSync(APP_KEY, "utf8"), APP_KID);
  console.log(authorization(key, { issuer, audience, method, url, body, idempotencyKey }));
}
