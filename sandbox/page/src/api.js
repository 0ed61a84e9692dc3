// Longer than the sandbox itself waits for the app, even where one act asks the app twice.
const PATIENCE = 15_000;
export const SILENT = "sandbox_silent";

async function asked(path, options) {
  const response = await fetch(path, options);
  return response.json();
}

export const look = (path) => asked(`/sandbox/${path}`);

/** Tell the sandbox something that nobody in the workspace does. */
export const order = (path, told) => asked(`/sandbox/${path}`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(told),
}).catch(() => null);

/** What came of an act. A sandbox that does not answer is an outcome too, so that nothing waits for ever. */
export async function act(who, verb, details) {
  try {
    return await asked("/sandbox/act", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ as: who, do: verb, ...details }),
      signal: AbortSignal.timeout(PATIENCE),
    });
  } catch {
    return { ok: false, error: SILENT };
  }
}
