import { useEffect, useState } from "react";
import { look, SILENT } from "./api.js";

const FINE = { ok: true };
const AGAIN = 1000;

const unreachable = (outcome) => outcome.error === "dispatch_failed" && !outcome.status;

/** Slack's own words for what went wrong, as a person would read them. */
export function trouble(outcome, app) {
  if (outcome.ok || !outcome.error || outcome.error === "invalid_form") return "";
  if (outcome.error === SILENT) return "The sandbox does not answer. Try again once it runs.";
  if (unreachable(outcome)) return `${app} cannot be reached.`;
  if (outcome.error === "operation_timeout") return `${app} did not answer within 3 seconds.`;
  if (outcome.error === "dispatch_failed") return `${app} answered with an error (HTTP ${outcome.status}).`;
  return `That did not work: ${outcome.error}.`;
}

/** The trouble to show, and what tells it an outcome. What says that somebody is away goes when they are back. */
export function useTrouble(app) {
  const [outcome, tell] = useState(FINE);
  useEffect(() => {
    const silent = outcome.error === SILENT;
    if (!silent && !unreachable(outcome)) return undefined;
    let here = true;
    const timer = setInterval(async () => {
      const seen = await look("app").catch(() => null);
      if (here && seen && (silent || seen.reachable)) tell(FINE);
    }, AGAIN);
    return () => { here = false; clearInterval(timer); };
  }, [outcome]);
  return [trouble(outcome, app), tell, () => tell(FINE)];
}
