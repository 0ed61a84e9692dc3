// Asks for a refund, waits for the decision, and uses it. No dependency: Node.js 18 or newer.
//
//   node refund.mjs ORDER AMOUNT CURRENCY CARD < FILE_WITH_THE_PERSONS_TOKEN
//
// with APP_ID, APP_KEY (a file: JWK or PEM) and COUNTERSIGN_API_URL in the environment. It prints the receipt and ends
// with 0 only where the refund may be paid now, once. Everything else ends with 1: nothing is allowed by an error.
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { authorization, privateKey } from "./sign.mjs";

const { APP_ID: issuer, APP_KEY, APP_KID, COUNTERSIGN_API_URL: audience } = process.env;
const key = privateKey(readFileSync(APP_KEY, "utf8"), APP_KID);

/** Make one call. The same is sent again, under its name and signed anew, where no answer came or all is busy. */
async function call(method, path, given = undefined, idempotencyKey = undefined) {
  const url = audience + path;
  const body = given === undefined ? undefined : JSON.stringify(given);
  for (let attempt = 1; ; attempt++) {
    const headers = { Authorization: authorization(key, { issuer, audience, method, url, body, idempotencyKey }) };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (idempotencyKey !== undefined) headers["Idempotency-Key"] = `"${idempotencyKey}"`;
    try {
      const signal = AbortSignal.timeout(40_000);
      const answer = await fetch(url, { method, headers, body, signal, redirect: "error" });
      if (answer.status === 200 || answer.status === 201) return await answer.json();
      const said = await answer.text();
      if (![502, 503, 504].includes(answer.status) || attempt === 4) throw new Refused(answer.status, said);
    } catch (error) {
      if (error instanceof Refused || attempt === 4) throw error;
    }
    await pause(1000 * attempt);
  }
}

class Refused extends Error {
  constructor(status, said) {
    super(`HTTP ${status} ${said}`);
  }
}

/** The receipt of what may be done now, once; throws everything else. */
async function required(action, parameters, token) {
  // Names of this one deed: who sends the same again asks once, and uses once.
  const name = randomUUID();
  let request = await call("POST", "/v1/requests", { action, parameters, on_behalf_of: { token } }, name);
  console.error(`asked as ${request.id}`); // what a program keeps, to go on after a restart
  while (request.state === "pending") request = await call("GET", `/v1/requests/${request.id}?wait=25`);
  if (request.state !== "approved") throw new Error(request.state);
  const used = await call("POST", `/v1/requests/${request.id}/consume`, { parameters }, `${name}.consume`);
  return used.receipt;
}

const [order, amount, currency, card] = process.argv.slice(2);
const token = readFileSync(0, "utf8").trim();
try {
  console.log(await required("refund", { amount: { amount, currency }, order, card }, token));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
