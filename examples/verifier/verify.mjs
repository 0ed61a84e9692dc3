// Verifies a receipt of Countersign offline: one file, Node.js 18 or later, nothing to install.
//
//     node verify.mjs receipt.jws --keys jwks.json [--issuer countersign:INSTANCE]
//     node verify.mjs --vectors vectors
//
// The first prints what was approved, by whom, how it was proven and what people were shown; exit code 0: it holds,
// 1: it does not, 2: what was given cannot be used. The second prints one line of JSON for each published case.
// docs/receipts.md has the format, and what each code means.

import { createHash, createPublicKey, verify as verified } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const LARGEST = 1 << 20;
const DAY = 86_400;
const ALONE = 5; // the version of terms that are an approval alone
const JOINED = 7; // the version of terms that are a membership of a group
const ITSELF = "whoever-wrote-the-policy@countersign.invalid"; // for whom the service asks by itself

class Fault extends Error {
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

const require = (holds, code, text) => {
  if (!holds) throw new Fault(code, text);
};

// --- JSON, read strictly: no member twice, no NaN, and integers apart from other numbers

class Float {
  constructor(value) {
    this.value = value;
  }
}

function readJson(text) {
  let at = 0;
  const fail = () => {
    throw new SyntaxError(`this is no JSON at ${at}`);
  };
  const match = (pattern) => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (!found) fail();
    at = pattern.lastIndex;
    return found[0];
  };
  const space = () => match(/[ \t\r\n]*/y);
  const next = (sign) => {
    space();
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  };
  const string = () => JSON.parse(match(/"(?:[^"\\\u0000-\u001f]|\\.)*"/y));
  const number = () => {
    const found = match(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y);
    if (/[.eE]/.test(found)) return new Float(Number(found));
    const value = Number(found);
    return Number.isSafeInteger(value) ? value + 0 : BigInt(found);
  };
  const members = () => {
    const found = Object.create(null);
    if (next("}")) return found;
    do {
      space();
      const name = string();
      if (name in found || !next(":")) fail();
      found[name] = value();
    } while (next(","));
    return next("}") ? found : fail();
  };
  const items = () => {
    const found = [];
    if (next("]")) return found;
    do found.push(value());
    while (next(","));
    return next("]") ? found : fail();
  };
  const value = () => {
    if (next("{")) return members();
    if (next("[")) return items();
    if (text[at] === '"') return string();
    for (const [word, means] of [["true", true], ["false", false], ["null", null]]) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return means;
      }
    }
    return number();
  };
  const found = value();
  space();
  return at === text.length ? found : fail();
}

const utf8 = (octets) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Float);

// --- canonical JSON (RFC 8785)

const LONE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function canonical(value) {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") {
    require(!LONE.test(value), "terms", "half a character cannot be written");
    return JSON.stringify(value);
  }
  if (typeof value === "number") return String(value === 0 ? 0 : value);
  if (value instanceof Float) {
    require(Number.isFinite(value.value), "terms", "a number is too large");
    return String(value.value === 0 ? 0 : value.value);
  }
  require(typeof value !== "bigint", "terms", "a number is too large");
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${canonical(name)}:${canonical(value[name])}`).join(",")}}`;
}

const sha256 = (text, form) => createHash("sha256").update(text).digest(form);
const digest = (value) => `sha256:${sha256(canonical(value), "hex")}`;

// --- the keys: P-256 keys of a JWK set, each by its thumbprint (RFC 7638)

const PURPOSE = "countersign_purpose";

export function readKeys(raw) {
  let found;
  try {
    found = JSON.parse(raw).keys.filter((jwk) => jwk.kty === "EC" && jwk.crv === "P-256").map(readKey);
  } catch (error) {
    throw new Fault("keys", `this is no set of public keys (JWK): ${error.message}`);
  }
  require(found.length > 0, "keys", "this set holds no P-256 key");
  require(found.some((key) => !key.unfit), "keys", "this set holds no key of receipts: save the issuer's anew");
  const keys = new Map();
  for (const key of found) {
    const twin = keys.get(key.kid);
    keys.set(key.kid, twin ? { ...key, unfit: key.unfit || twin.unfit, marked: key.marked && twin.marked } : key);
  }
  return keys;
}

function readKey(jwk) {
  const { crv, kty, x, y } = jwk;
  for (const number of [x, y]) {
    if (Buffer.from(number, "base64url").length !== 32) throw new Error("not a number of a P-256 key");
  }
  const kid = sha256(canonical({ crv, kty, x, y }), "base64url");
  return { kid, public: createPublicKey({ key: { crv, kty, x, y }, format: "jwk" }), unfit: unfit(jwk), marked: PURPOSE in jwk };
}

function unfit(jwk) {
  const { use = "sig", alg = "ES256", key_ops: operations = ["verify"], [PURPOSE]: purpose = "receipts" } = jwk;
  if (purpose !== "receipts") return `it is for ${purpose}, not for receipts`;
  if (use !== "sig") return `it is not for signatures (use: ${use})`;
  if (alg !== "ES256") return `it is for ${alg}, not for ES256`;
  return Array.isArray(operations) && operations.includes("verify") ? "" : "it may not verify";
}

// --- the signature: a compact JWS (RFC 7515) by ES256

const UNMARKED =
  "this set of keys does not say what its keys are for, as those of 0.1.0: whoever held the key of activation" +
  " tokens could have made this too. Save the issuer's /.well-known/jwks.json anew and verify again.";

function octets(part) {
  const found = Buffer.from(part, "base64url");
  require(found.toString("base64url") === part, "form", "a part of it is not base64url (RFC 7515)");
  return found;
}

function readSigned(text, keys) {
  require(text.length <= LARGEST, "form", "it is longer than any receipt");
  const parts = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "").split(".");
  require(parts.length === 3, "form", "it is no receipt: one is a line of three parts with dots between them");
  const [head, body, signature] = parts.map(octets);
  const header = orFault("form", "its first part is no JSON object", () => readJson(utf8(head)));
  require(isObject(header), "form", "its first part is no JSON object");
  const key = typeof header.kid === "string" ? keys.get(header.kid) : undefined;
  require(key, "key", "none of these keys signed it");
  require(!key.unfit, "purpose", `the key that it names is here, but ${key.unfit}`);
  const made = header.alg === "ES256" && !("crit" in header) && !("b64" in header) && signature.length === 64;
  const said = Buffer.from(`${parts[0]}.${parts[1]}`);
  const holds = made && verified("sha256", said, { key: key.public, dsaEncoding: "ieee-p1363" }, signature);
  require(holds, "signature", "its signature does not hold");
  const claims = orFault("claims", "it is not in a form that this version knows", () => readJson(utf8(body)));
  require(isObject(claims) && claims.knd === "receipt", "kind", "it is signed, but no receipt");
  return { claims, key: header.kid, warnings: key.marked ? [] : [UNMARKED] };
}

function orFault(code, text, read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof Fault ? error : new Fault(code, `${text}: ${error.message}`);
  }
}

// --- forms: each check says whether a value has it

const text = (value) => typeof value === "string";
const flag = (value) => typeof value === "boolean";
const whole = (least = -Infinity, most = Infinity) => (value) =>
  typeof value === "bigint" || typeof value === "number" ? value >= least && value <= most : false;
const one = (...values) => (value) => values.includes(value);
const many = (check, least = 0, most = Infinity) => (value) =>
  Array.isArray(value) && value.length >= least && value.length <= most && value.every(check);
const each = (check) => (value) => isObject(value) && Object.values(value).every(check);
const or = (...checks) => (value) => checks.some((check) => check(value));
const nothing = (value) => value === null;
const open = (members) => (value) =>
  isObject(value) && Object.entries(members).every(([name, check]) => name in value && check(value[name]));
const closed = (members, others = {}) => (value) =>
  open(members)(value) &&
  Object.keys(value).every((name) => Object.hasOwn(members, name) || (Object.hasOwn(others, name) && others[name](value[name])));
const moment = (value) => text(value) && instant(value) !== null;

const WINDOW = closed({ start: moment, end: moment });
const CLAIMS = closed(
  {
    v: one(1),
    knd: one("receipt"),
    iss: text,
    iat: whole(),
    jti: text,
    sub: text,
    rev: whole(),
    dig: text,
    terms: isObject,
    decision: closed(
      { outcome: one("approved", "denied", "withdrawn", "expired"), at: moment, by: many(text) },
      { reason: text, comment: text, window: or(nothing, WINDOW) },
    ),
    reviews: many(
      closed(
        { person: text, verdict: one("approve", "deny"), at: moment, channel: text, signed: flag },
        { printed_name: text, meaning: text, comment: text, behalf: text, window: flag },
      ),
    ),
    audit: closed({ seq: whole(1), head: text }),
  },
  {
    confirmed: closed({ at: moment, channel: text }, { window: flag }),
    use_by: moment,
    used: closed({ at: moment, by: text, key: text }),
    window: closed({ until: moment, uses: whole(1) }),
  },
);
const requirement = (...kinds) =>
  closed({ kind: one(...kinds), stages: many(closed({ approvers: many(text), needed: whole(1), sign: text })) });
const later = (...kinds) =>
  closed({
    kind: one(...kinds),
    approve_when: text,
    stages: many(
      closed({ approvers: many(text), needed: whole(1), sign: text, order: one("", "any"), not_same: text }),
    ),
  });
const ASKED = { id: text, revision: whole(), requester: text, policy: text };
const ACCESS = { ...ASKED, v: one(1, 2), duration: whole(1), requirement: requirement("self", "stages") };
const GRANT = closed({ kind: one("iam"), resource: text, roles: many(text, 1), condition: text });
const NOTHING = closed({ kind: one("none") });
// A group's address, in lower case.
const group = (value) => text(value) && /^[a-z0-9._'+-]{1,64}@[a-z0-9-]{1,63}(?:[.][a-z0-9-]{1,63}){1,8}$/.test(value);
const JOINING = closed({ kind: one("group"), group });
const TIMED = {
  ...ASKED,
  entitlement: text,
  title: text,
  duration: whole(1),
  justification: text,
  expires: moment,
  start: or(nothing, moment),
  extends: text,
};
const ACTION = closed({
  kind: one("action"),
  application: text,
  action: text,
  parameters: many(
    closed({ name: text, label: text, type: one("string", "money", "number", "time", "secret"), value: text }),
  ),
  key: text,
  data: text,
  metadata: each(text),
  risk: text,
});
const PERSON = closed({
  principal: text,
  proven: one("token", "iap", "asserted"),
  issuer: text,
  subject: text,
  claims: each(many(text)),
  unknown: many(text),
  acr: text,
  amr: many(text),
  auth_time: or(nothing, text),
  expires: or(nothing, text),
});
const USE = {
  ...ASKED,
  entitlement: text,
  title: text,
  targets: many(ACTION, 1, 1),
  person: PERSON,
  justification: text,
  expires: moment,
  use_by: whole(1, DAY),
  requirement: requirement("stages", "allow"),
  shown: many(many(text, 2, 2)),
};
// Base64url of 128 bits at least: without it nobody can try what was asked against the digest.
const salt = (value) => text(value) && /^[A-Za-z0-9_-]{22,}$/.test(value);
const TERMS = {
  1: open(ACCESS),
  2: open({ ...ACCESS, targets: many(GRANT, 1) }),
  3: closed({ ...USE, v: one(3) }),
  4: closed({ ...TIMED, v: one(4), targets: many(GRANT, 1), requirement: later("self", "stages", "auto", "break_glass") }),
  5: closed({ ...TIMED, v: one(5), targets: many(NOTHING, 1, 1), requirement: later("self", "stages", "auto") }),
  6: closed({ ...USE, v: one(6), salt }),
  8: closed({ ...USE, v: one(8), requirement: requirement("self"), salt }),
  9: closed({
    ...USE,
    v: one(9),
    requirement: requirement("stages", "self", "window"),
    salt,
    window: or(nothing, closed({ for: whole(), uses: whole() })),
    within: or(nothing, closed({ request: text, digest: text, number: whole() })),
  }),
  7: closed({ ...TIMED, v: one(7), targets: many(JOINING, 1, 1), requirement: later("self", "stages", "auto", "break_glass") }),
};

// --- times: RFC 3339, in microseconds since 1970

const TIME = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):?(\d\d))$/;
const FIRST = -62_135_596_800n * 1_000_000n;
const LAST = 253_402_300_800n * 1_000_000n;

function isDate(year, month, day) {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days[month - 1];
}

function instant(value) {
  const found = TIME.exec(value);
  if (!found) return null;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const [ahead, behind] = [Number(found[9] ?? 0), Number(found[10] ?? 0)];
  if (!isDate(year, month, day) || hour > 23 || minute > 59 || second > 59 || ahead > 23 || behind > 59) return null;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const offset = (ahead * 60 + behind) * 60 * (found[8] === "-" ? -1 : 1);
  const parts = (found[7] ?? "").padEnd(7, "0");
  const micros = BigInt(parts.slice(0, 6)) + (parts[6] >= "5" ? 1n : 0n);
  return (BigInt(date.getTime() / 1000) - BigInt(offset)) * 1_000_000n + micros;
}

// --- what people were shown

const HIDDEN = new RegExp(
  "^ | $|(?<= ) |[" +
    "\\u0000-\\u001f\\u007f-\\u00a0\\u00ad\\u0300-\\u036f\\u0374\\u037e\\u0387\\u0483-\\u0489\\u0590-\\u08ff\\u0958-\\u095f" +
    "\\u09dc-\\u09df\\u0a33-\\u0a36\\u0a59-\\u0a5e\\u0b5c-\\u0b5d\\u0f43-\\u0f69\\u0f71-\\u0fb9\\u1100-\\u11ff\\u1680" +
    "\\u17b4-\\u17b5\\u180b-\\u180f\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u1f70-\\u200f\\u2028-\\u202f\\u205f-\\u206f" +
    "\\u20d0-\\u20ff\\u2126-\\u212b\\u2329-\\u232a\\u276c-\\u276d\\u27e8-\\u27e9\\u2800\\u29fc-\\u29fd\\u2adc\\u3000" +
    "\\u3008-\\u3009\\u302a-\\u302f\\u3099-\\u309a\\u3164\\ua960-\\ua97f\\ud7b0-\\ufaff\\ufb1d-\\ufdff\\ufe00-\\ufe0f" +
    "\\ufe20-\\ufe2f\\ufe70-\\ufeff\\uffa0\\ufff0-\\ufffc\\ufffe-\\uffff\\u{10800}-\\u{10fff}\\u{110bd}\\u{110cd}" +
    "\\u{13430}-\\u{1345f}\\u{16fe4}\\u{1bca0}-\\u{1bca3}\\u{1d159}\\u{1d15e}-\\u{1d164}\\u{1d173}-\\u{1d17a}\\u{1d1bb}-\\u{1d1c0}" +
    "\\u{1e800}-\\u{1efff}\\u{2f800}-\\u{2fa1f}\\u{e0000}-\\u{10ffff}]",
  "gu",
);
const FROM_THE_RIGHT =
  /^(?:[\u05d0-\u05ea]+(?: [\u05d0-\u05ea]+)*|[\u0620-\u063f\u0641-\u064a\u0671-\u06d3]+(?: [\u0620-\u063f\u0641-\u064a\u0671-\u06d3]+)*)$/;
const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
  "December",
];

const numbered = (sign) => `⟨U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
const written = (value) => (value ? value.replace(HIDDEN, numbered) : "⟨nothing⟩");
export const visible = (value) => (FROM_THE_RIGHT.test(value) ? value : written(value));
export const listed = (values) =>
  values.map((value) => written(value).replaceAll(",", numbered(","))).join(", ") || "⟨none⟩";

function dated(value) {
  const found = /^(\d{4})-(\d\d)-(\d\d)T((\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?)Z$/.exec(value);
  const fits = found && isDate(...found.slice(1, 4).map(Number)) && found[5] < "24" && found[6] < "60" && found[7] < "60";
  require(fits, "terms", `${visible(value)} is no time in UTC`);
  return `${Number(found[3])} ${MONTHS[Number(found[2]) - 1]} ${found[1]}, ${found[4]} UTC`;
}

function lasting(seconds) {
  const parts = [[Math.floor(seconds / 3600), "hour"], [Math.floor((seconds % 3600) / 60), "minute"], [seconds % 60, "second"]];
  return parts.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`).join(" ");
}

export function shownLines(terms) {
  const { title, targets: [action], person } = terms;
  const found = [
    ["Action", `${visible(title)} (${visible(action.action)})`],
    ["Application", visible(action.application)],
    ...action.parameters.map((given) => [visible(given.label), shownValue(given)]),
  ];
  const add = (label, ...values) => found.push([label, ...values]);
  if (action.key) add("Key", visible(action.key));
  if (action.data) add("Data", visible(action.data));
  for (const name of Object.keys(action.metadata).sort()) add(visible(name), visible(action.metadata[name]));
  if (action.risk) add("Risk", visible(action.risk));
  add("On behalf of", visible(person.principal));
  add("Proven by", proof(person, action.application));
  if (person.auth_time !== null) add("Signed in", dated(person.auth_time));
  if (person.acr) add("Level of sign-in", visible(person.acr));
  if (person.amr.length) add("Means of sign-in", listed(person.amr));
  if (person.expires !== null) add("Proof ends", dated(person.expires));
  for (const name of Object.keys(person.claims).sort()) add(`Claim ${visible(name)}`, listed(person.claims[name]));
  if (person.unknown.length) add("Not known", listed(person.unknown));
  add("Can be used", `once, within ${lasting(terms.use_by)} of the decision`);
  const { window, within } = terms;
  if (window) {
    require(window.for >= 1, "terms", "several calls can be approved for no time");
    const calls = `${window.uses} call${window.uses === 1 ? "" : "s"} of this tool with any arguments`;
    add("Can be approved for", `${calls}, this one among them, within ${lasting(window.for)} of the decision`);
  }
  if (within) add("Taken from", `the window of ${visible(within.request)}, as its call ${within.number}`);
  return found;
}

function shownValue(given) {
  if (given.type === "secret") return "•••• (not shown)";
  return given.type === "time" ? dated(given.value) : visible(given.value);
}

function proof(person, application) {
  if (person.proven === "asserted") return `asserted by ${visible(application)}`;
  const way = person.proven === "token" ? "a token of" : "Identity-Aware Proxy, by";
  return `${way} ${visible(person.issuer)}, for its subject ${visible(person.subject)}`;
}

// --- whether it holds together

const VERDICTS = { approved: "approve", denied: "deny" };
const NOBODY = ["self", "allow", "auto", "break_glass", "window"];

export function verify(receipt, keys, issuer = null) {
  const { claims, key, warnings } = readSigned(receipt, keys);
  require(CLAIMS(claims), "claims", "it is not in a form that this version knows");
  require(issuer === null || claims.iss === issuer, "issuer", `it was made by ${claims.iss}, not by ${issuer}`);
  const { terms } = claims;
  require(digest(terms) === claims.dig, "digest", "its terms are not those that its digest covers");
  const form = typeof terms.v === "number" ? TERMS[terms.v] : undefined;
  require(form?.(terms), "terms", "its terms are not in a form that this version knows");
  requireConsistent(claims, terms);
  const issued = BigInt(claims.iat) * 1_000_000n;
  require(issued >= FIRST && issued < LAST, "time", "its time of issue is no time");
  return { claims, key, warnings, shown: isAction(terms) ? terms.shown : [] };
}

const isAction = ({ v }) => v === 3 || v === 6 || v === 8 || v === 9;
const isTimed = ({ v }) => v === 4 || v === ALONE || v === JOINED;

function requireConsistent(claims, terms) {
  const action = isAction(terms);
  if (action) {
    const same = canonical(shownLines(terms)) === canonical(terms.shown);
    require(same, "shown", "people were shown something else than what its terms say");
  }
  const own = terms.id === claims.sub && BigInt(terms.revision) === BigInt(claims.rev);
  require(own, "request", "its terms belong to another request");
  require(!isTimed(terms) || terms.extends !== terms.id, "request", "its terms continue themselves");
  const alone = NOBODY.includes(terms.requirement.kind);
  require(!alone || !terms.requirement.stages.length, "requirement", "its terms demand nobody else, and somebody");
  requirePerson(claims, terms, action);
  requirePeople(claims, terms, alone);
  requireReviews(claims, terms.requirement);
  if (action) requireUse(claims, terms);
  else requireWindow(claims, terms);
  requireCounted(claims, terms);
  const { decision, reviews, confirmed, used } = claims;
  const times = [decision, ...reviews, confirmed, used].filter(Boolean).map((said) => said.at);
  if (decision.window) times.push(decision.window.start, decision.window.end);
  if (claims.window) times.push(claims.window.until);
  if (isTimed(terms) && terms.start !== null) times.push(terms.start);
  const known = times.map(instant).every((at) => at >= FIRST && at < LAST);
  require(known, "time", "one of its times is in no calendar");
}

function requirePerson({ confirmed, decision }, terms, action) {
  // Who approves it by themselves confirms it: that is their approval.
  // What is taken from a window was confirmed with that.
  const kind = terms.requirement.kind;
  const confirms = action && (kind === "self" || (terms.person.proven === "asserted" && kind !== "window"));
  if (!confirms) {
    require(!confirmed, "person", "somebody has confirmed it whom nobody had to ask");
  } else {
    const due = decision.outcome === "approved";
    require(confirmed || !due, "person", "it says approved, but whom the application named confirmed nothing");
    const late = confirmed && instant(confirmed.at) > instant(decision.at);
    require(!late, "person", "whom the application named confirmed it after the decision");
  }
  const same = !action || terms.person.principal === terms.requester;
  require(same, "person", "it was asked on behalf of somebody else than who is its requester");
}

const total = (stages) => stages.reduce((sum, stage) => sum + Number(stage.needed), 0);

function requirePeople({ decision, reviews }, { requirement: { stages }, requester }, alone) {
  if (decision.outcome !== "approved") return;
  const enough = new Set(decision.by).size >= total(stages) && (stages.length > 0 || alone);
  const fits = enough && !decision.by.includes(requester);
  require(fits, "people", "it says approved, but not by the people that its terms demand");
  // Who stands in for another counts as one person with them, and for the requester nobody stands in.
  const stood = reviews.filter(({ person }) => decision.by.includes(person)).map(({ behalf }) => behalf);
  const apart = !stood.some((behalf) => behalf === requester || decision.by.includes(behalf));
  require(apart, "people", "it says approved, but somebody stood in for who asked or approved");
}

function requireReviews({ decision, reviews }, { stages }) {
  const votes = new Map(reviews.map((review) => [review.person, review]));
  require(votes.size === reviews.length, "reviews", "somebody has reviewed twice in it");
  const wanted = VERDICTS[decision.outcome];
  if (!wanted) return;
  const counted = [...new Set(decision.by)].map((person) => votes.get(person));
  const borne = counted.every((review) => review?.verdict === wanted);
  require(borne, "reviews", "not every one of those who decided has a review that says so");
  const late = counted.some((review) => instant(review.at) > instant(decision.at));
  require(!late, "reviews", "its decision is of a time before a review that it counts");
  const signed = counted.filter((review) => review.signed && review.printed_name && review.meaning).length;
  const enough = decision.outcome !== "approved" || signed >= total(stages.filter((stage) => stage.sign));
  require(enough, "signatures", "it says approved, but without the signatures that its terms demand");
}

function requireWindow({ decision, used, use_by: useBy }, terms) {
  const { window, outcome } = decision;
  require(!used && !useBy, "use", "no action was approved, and yet it says that it was used");
  require(outcome === "approved" ? window : !window, "window", `it says ${outcome}, and its window does not fit that`);
  if (!window) return;
  const fits = windowFits(window, terms) && instant(window.start) >= instant(decision.at);
  require(fits, "window", "its window is not the time that was asked for");
}

function windowFits(window, terms) {
  const lasts = BigInt(terms.duration) * 1_000_000n;
  const start = isTimed(terms) && terms.start !== null ? instant(terms.start) : null;
  const [from, end] = [instant(window.start), instant(window.end)];
  if (isTimed(terms) && terms.extends) return start !== null && from < start && end - start === lasts;
  return end - from === lasts && (start === null || from >= start);
}

function requireUse({ decision, used, use_by: useBy }, terms) {
  require(!decision.window, "window", "an action was approved, and yet it names a window of access");
  const approved = decision.outcome === "approved";
  require(approved ? used && useBy : !used && !useBy, "use", "what it says of its use does not fit its decision");
  if (!approved) return;
  const [at, end, last] = [decision.at, used.at, useBy].map(instant);
  require(last - at === BigInt(terms.use_by) * 1_000_000n, "use", "the time to use it is not the one asked for");
  require(at <= end && end < last, "use", "it was used outside of the time in which it could be");
  require(used.by === terms.targets[0].application, "use", "it was used by another application");
}

// Several calls at once: offered, chosen by everybody who counts, and as narrow. Of what was taken nobody was asked.
function requireCounted({ decision, reviews, confirmed, window }, terms) {
  const counted = terms.v === 9;
  if (counted) {
    const taken = terms.requirement.kind === "window";
    const either = taken === (terms.within !== null) && taken !== (terms.window !== null);
    require(either, "counted", "its terms are of a window and for one, or for none");
    const other = !taken || (terms.within.request !== terms.id && terms.within.number >= 2);
    require(other, "counted", "it was taken from a window that it cannot have been taken from");
    const asked = decision.by.length > 0 || reviews.length > 0 || confirmed;
    const nobody = !taken || (decision.outcome === "approved" && !asked);
    require(nobody, "counted", "it was taken from a window, and yet somebody was asked");
  }
  const offered = counted ? terms.window : null;
  const several = window || confirmed?.window || reviews.some((review) => review.window);
  require(offered || !several, "counted", "several calls were approved that its terms do not offer");
  if (!window) return;
  const chose = reviews.filter(({ person }) => decision.by.includes(person)).map((review) => review.window === true);
  if (confirmed) chose.push(confirmed.window === true);
  const all = decision.outcome === "approved" && chose.length > 0 && chose.every((one) => one);
  require(all, "counted", "not everybody whose approval counts approved several calls");
  const lasts = instant(window.until) - instant(decision.at);
  const narrow = lasts > 0n && lasts <= BigInt(offered.for) * 1_000_000n && window.uses <= offered.uses;
  require(narrow, "counted", "several calls were approved for longer, or more of them, than its terms offer");
}

// --- what it says, for people

const KNOWN = { title: "What", entitlement: "Entitlement", resource: "Where", roles: "Roles", condition: "Only while" };
const TIMED_TERMS = ["targets", "start", "extends"];
const SAID = ["v", "id", "revision", "requester", "policy", "duration", "requirement", "justification", "expires"];
const ASKED_OF_NOBODY = {
  self: ["nobody else, as the policy allows", ", without other people, as the policy allows"],
  allow: ["nobody, as a guardrail of the policy allows", ", without people, as a guardrail of the policy allows"],
  auto: ["nobody else, by a rule of the policy", ", without other people, by a rule of the policy"],
  break_glass: [
    "nobody before it begins, as the policy allows in an emergency",
    ", without other people, as the policy allows in an emergency",
  ],
  window: ["nobody any more: several calls were approved at once", ", as one of several calls that were approved at once"],
};

const fit = (line) => line.replace(/[\p{C}\p{Z}]/gu, (sign) => (sign === " " ? sign : "\ufffd"));
const line = (label, said) => `${label.padEnd(16)}${said}`;

function clock(value) {
  const at = typeof value === "string" ? instant(value) : BigInt(value) * 1_000_000n;
  const seconds = at / 1_000_000n - (at % 1_000_000n < 0n ? 1n : 0n);
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

function wrapped(words, width) {
  const lines = [""];
  for (const word of words.split(" ")) {
    const last = lines[lines.length - 1];
    if (last && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last ? `${last} ${word}` : word;
  }
  return lines;
}

export function page({ claims, key, warnings }) {
  const { terms, decision, reviews, used } = claims;
  const end = used ? ", and used once" : "";
  const said = [`This receipt holds: request ${claims.sub} was ${decision.outcome}${end}.`];
  for (const warning of warnings) said.push(...wrapped(`WARNING: ${warning}`, 100));
  said.push("", ...(isAction(terms) ? actionLines(claims) : accessLines(terms)));
  said.push(line("Needs", needs(terms.requirement)), line("Decision", `${decision.outcome} ${clock(decision.at)}${by(claims)}`));
  if (decision.reason) said.push(line("Because", decision.reason));
  const { window } = decision;
  if (window) said.push(line(terms.v === ALONE ? "Stands" : "Access", `from ${clock(window.start)} to ${clock(window.end)}`));
  if (used) {
    said.push(line("Used", `${clock(used.at)} by ${used.by}, in its call ${used.key}`));
    said.push(line("Could be used", `until ${clock(claims.use_by)}`));
  }
  const { window: several } = claims;
  if (several) said.push(line("Approved", `${several.uses} call${several.uses === 1 ? "" : "s"} in all, this one among them, until ${clock(several.until)}`));
  said.push("");
  if (reviews.length) said.push("Votes", ...reviews.map((review) => `  ${vote(review)}`), "");
  said.push("Proof", ...proofLines(claims, key).map((words) => `  ${words}`));
  return said.map(fit);
}

function actionLines({ terms, confirmed }) {
  const whom = terms.requester === ITSELF ? ": who wrote the policy file is not known" : `, on behalf of ${terms.requester}`;
  const said = [line("Asked by", terms.targets[0].application + whom)];
  const several = confirmed?.window ? ", for several calls" : "";
  if (confirmed) {
    said.push(line("Confirmed", `by ${terms.requester} ${clock(confirmed.at)} in ${confirmed.channel}${several}`));
  }
  return [...said, "People were shown", ...terms.shown.map(([label, words]) => `  ${label}: ${words}`)];
}

function accessLines(terms) {
  const said = [line("Asked by", terms.requester)];
  for (const [name, label] of Object.entries(KNOWN)) {
    const value = terms[name];
    if (!isBlank(value)) said.push(line(label, termWords(value)));
  }
  const own = { 2: ["targets"], 4: TIMED_TERMS, 5: TIMED_TERMS, 7: TIMED_TERMS }[terms.v] ?? [];
  if (terms.v === ALONE) said.push(line("Gives", "nothing: it is an approval alone"));
  if (terms.v === JOINED) said.push(line("Gives", `membership of ${terms.targets[0].group}`));
  const targets = own.length && terms.v !== ALONE && terms.v !== JOINED ? terms.targets : [];
  for (const target of targets) {
    said.push(line("Gives", `${target.roles.join(", ")} on ${target.resource}`));
    if (target.condition) said.push(line("Only while", target.condition));
  }
  if (isTimed(terms) && terms.extends) said.push(line("Continues", terms.extends));
  if (isTimed(terms) && terms.start !== null) said.push(line("Not before", clock(terms.start)));
  const others = Object.keys(terms).filter((name) => !Object.hasOwn(KNOWN, name) && !SAID.includes(name));
  for (const name of others.sort()) {
    if (!own.includes(name)) said.push(line(name, termWords(terms[name])));
  }
  return [...said, line("For", lasting(Number(terms.duration)))];
}

function proofLines(claims, key) {
  const { terms, audit, used } = claims;
  const said = [
    line("Made by", `${claims.iss}, ${clock(claims.iat)}`),
    line("Signed by key", key),
    line("What was asked", `${claims.dig}, revision ${claims.rev}`),
    line("Policy", terms.policy),
    line("Audit chain", `entry ${audit.seq}, ${audit.head}`),
    "What people typed is covered by digests, and is not in the receipt.",
  ];
  if (!used) return said;
  return [
    ...said,
    "Verified offline a receipt never proves that it is shown for the first time: whoever acts on it",
    `remembers that ${claims.sub} was acted on, or consumes it by a call of its own.`,
  ];
}

function needs({ kind, stages, approve_when: condition }) {
  if (kind in ASKED_OF_NOBODY) return ASKED_OF_NOBODY[kind][0];
  const said = stages.map(stage).join(", then ");
  return condition ? `${said}; each only where ${condition}` : said;
}

function stage({ needed, approvers, sign, order, not_same: group }) {
  const apart = group ? `, nobody who shares ${group} with who asked` : "";
  return `${needed} of ${approvers.join(", ")}${sign ? ", signed" : ""}${apart}${order ? ", in any order" : ""}`;
}

function by({ decision, terms }) {
  if (decision.by.length) return ` by ${decision.by.join(", ")}`;
  return decision.outcome === "approved" ? ASKED_OF_NOBODY[terms.requirement.kind]?.[1] ?? "" : "";
}

function vote({ person, behalf, verdict, at, channel, signed, window }) {
  const how = (signed ? ", signed with a typed name and meaning" : "") + (window ? ", for several calls" : "");
  const who = behalf ? `${person} for ${behalf}` : person;
  return `${who} ${verdict === "approve" ? "approved" : "denied"} ${clock(at)} in ${channel}${how}`;
}

function isBlank(value) {
  if (value instanceof Float) return value.value === 0;
  return isObject(value) || Array.isArray(value) ? Object.keys(value).length === 0 : !value;
}

function termWords(value) {
  if (typeof value === "string") return value;
  return Array.isArray(value) && value.every(text) ? value.join(", ") : spaced(value);
}

function spaced(value) {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (isObject(value)) return `{${Object.keys(value).map((name) => `${JSON.stringify(name)}: ${spaced(value[name])}`).join(", ")}}`;
  if (value instanceof Float) return /[.e]/.test(value.value) ? String(value.value) : `${value.value}.0`;
  return JSON.stringify(value);
}

// --- the command

function answer(receipt, keys, issuer) {
  try {
    const found = verify(receipt, readKeys(keys), issuer);
    return { holds: true, shown: found.shown, page: page(found) };
  } catch (error) {
    if (error instanceof Fault) return { holds: false, code: error.code, why: error.message };
    if (error instanceof RangeError) return { holds: false, code: "claims", why: "it is too deep" };
    throw error;
  }
}

function main(given) {
  const options = {};
  const files = [];
  while (given.length) {
    const next = given.shift();
    if (next.startsWith("--")) options[next.slice(2)] = given.shift();
    else files.push(next);
  }
  if (options.vectors) {
    for (const name of readdirSync(options.vectors).filter((file) => file.endsWith(".json")).sort()) {
      const found = JSON.parse(readFileSync(join(options.vectors, name), "utf8"));
      console.log(JSON.stringify({ name: found.name, ...answer(found.receipt, JSON.stringify(found.keys), found.issuer) }));
    }
    return 0;
  }
  if (files.length !== 1 || !options.keys) {
    console.error("usage: node verify.mjs RECEIPT --keys JWKS [--issuer ISSUER]");
    return 2;
  }
  const found = answer(readFileSync(files[0], "utf8"), readFileSync(options.keys, "utf8"), options.issuer ?? null);
  if (found.holds) console.log(found.page.join("\n"));
  else console.error(fit(`verify: ${found.code}: ${found.why}`));
  return found.holds ? 0 : found.code === "keys" ? 2 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = main(process.argv.slice(2));
