// Slack's mrkdwn is not Markdown, and its plain text is not marked up at all; the block renderer reads both as
// Markdown. So every character that Slack would show as it stands is hidden in Unicode's private use area before
// rendering, and revealed in the finished text.
const HIDDEN = 0xe000;
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
const ENTITIES = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };
const TOKENS = /(```[\s\S]+?```|`[^`\n]+`|<[^<>\n]+>|:[a-z0-9_+-]+:|https?:\/\/[^\s<>|]+)/;
const EMOJI = /(:[a-z0-9_+-]+:)/;
const SPECIAL = /^<(@[UW]\w+|#C\w+|!(here|channel|everyone|subteam\^|date\^)|(https?|mailto|tel):)/;

const conceal = (text) => text.replace(PUNCTUATION, (one) => String.fromCharCode(HIDDEN + one.charCodeAt(0)));
const decode = (text) => text.replace(/&(lt|gt|amp);/g, (one) => ENTITIES[one]);

export function reveal(text) {
  return text.replace(/[\ue000-\ue07f]/g, (one) => String.fromCharCode(one.charCodeAt(0) - HIDDEN));
}

export function plain(text, emoji = true) {
  if (!emoji) return conceal(text);
  return text.split(EMOJI).map((part, index) => (index % 2 ? part : conceal(part))).join("");
}

function literal(text) {
  const entities = /(&(?:lt|gt|amp);)/;
  const kept = text.replace(/^(?:&gt;|>) ?/gm, "\uf000").split(entities);
  const parts = kept.map((part, index) => {
    if (index % 2) return conceal(ENTITIES[part]);
    return part.replace(PUNCTUATION, (one, at) => {
      const inWord = /\w/.test(part[at - 1] ?? "") && /\w/.test(part[at + 1] ?? "");
      return "*_~".includes(one) && !inWord ? one : conceal(one);
    });
  });
  return parts.join("").replaceAll("\uf000", "> ");
}

function special(token) {
  if (!SPECIAL.test(token)) return conceal(decode(token));
  const bar = token.indexOf("|");
  if (bar < 0 || /^<!date/.test(token)) return token;
  return `${token.slice(0, bar)}|${conceal(decode(token.slice(bar + 1, -1)))}>`;
}

export function mrkdwn(text, verbatim = false) {
  const parts = text.split(TOKENS).map((part, index) => {
    if (index % 2 === 0) return literal(part);
    if (part.startsWith("```")) return "```" + conceal(decode(part.slice(3, -3))) + "```";
    if (part.startsWith("`")) return "`" + conceal(decode(part.slice(1, -1))) + "`";
    if (part.startsWith("<")) return special(part);
    if (part.startsWith(":")) return part;
    return verbatim ? conceal(decode(part)) : part;
  });
  return parts.join("");
}

// A copy of the blocks whose text the renderer shows as Slack does. Rich text is typed already and stays.
export function exact(node) {
  if (Array.isArray(node)) return node.map(exact);
  if (node === null || typeof node !== "object" || node.type === "rich_text") return node;
  // `verbatim` stays behind: to Slack it only means that bare addresses are no links.
  if (node.type === "mrkdwn") return { type: "mrkdwn", text: mrkdwn(node.text, node.verbatim) };
  if (node.type === "plain_text") return { ...node, text: plain(node.text, node.emoji ?? true) };
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, exact(value)]));
}
