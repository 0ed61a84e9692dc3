async function asked(path, options) {
  const response = await fetch(path, options);
  return response.json();
}

export const look = (path) => asked(`/sandbox/${path}`);

export const act = (who, verb, details) =>
  asked("/sandbox/act", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ as: who, do: verb, ...details }),
  });

/** Slack's own words for what went wrong, as a person would read them. */
export function trouble(outcome, app) {
  if (outcome.ok || !outcome.error || outcome.error === "invalid_form") return "";
  if (outcome.error === "operation_timeout") return `${app} did not answer within 3 seconds.`;
  if (outcome.error === "dispatch_failed") {
    return outcome.status ? `${app} answered with an error (HTTP ${outcome.status}).` : `${app} cannot be reached.`;
  }
  return `That did not work: ${outcome.error}.`;
}
