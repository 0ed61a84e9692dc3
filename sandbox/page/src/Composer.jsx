import { useEffect, useRef, useState } from "react";
import { act, SILENT } from "./api.js";
import { useTrouble } from "./trouble.js";
import { Walk } from "./Walk.jsx";

export function Composer({ channel, state, me, onMe, first }) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [said, tell, calm] = useTrouble(state.bot.real_name);
  const field = useRef(null);
  const commands = state.bot.commands;
  const person = state.people.find((one) => one.id === me);
  // Where the panes stand below each other, a focus that scrolls would carry the page away under the pointer.
  useEffect(() => { field.current?.focus({ preventScroll: true }); }, [me, channel.id]);
  const send = async (line) => {
    if (!line.trim() || busy) return;
    // The button is about to be disabled, and the hint to go: neither can keep the focus.
    field.current.focus();
    setBusy(true);
    calm();
    setText("");
    const command = line.startsWith("/");
    const outcome = await act(me, command ? "command" : "say", { [command ? "line" : "text"]: line, channel: channel.id });
    setBusy(false);
    // All else that fails is told by a message of Slackbot's.
    if (outcome.error !== SILENT) return;
    tell(outcome);
    setText((typed) => typed || line);
  };
  const typed = text.startsWith("/") ? commands.filter((one) => one.command.startsWith(text.split(" ")[0])) : [];
  const where = channel.name ? `#${channel.name}` : state.bot.real_name;
  return (
    <form className="composer" onSubmit={(event) => { event.preventDefault(); send(text); }}>
      {state.walk && <Walk walk={state.walk} state={state} me={me} onMe={onMe} onTry={send} />}
      {first && !state.walk && (
        <p className="hint">
          <b>New here?</b> Type <code>{commands[0]?.command}</code> and press Enter to ask for access. Then act as an
          approver, and watch the IAM policies.
          <button type="button" onClick={() => send(commands[0].command)}>Try {commands[0]?.command}</button>
        </p>
      )}
      {typed.length > 0 && (
        <ul className="commands" aria-label="Commands">
          {typed.map((one) => (
            <li key={one.command}>
              <button type="button" onClick={() => { setText(`${one.command} `); field.current.focus(); }}>
                <b>{one.command}</b> <code>{one.usage_hint}</code><small>{one.description}</small>
              </button>
            </li>
          ))}
        </ul>
      )}
      {said && <p className="trouble" role="alert">⚠ {said}</p>}
      <div className="line">
        <label className="hidden" htmlFor="composer">Message {where}</label>
        <input
          id="composer" ref={field} value={text} autoComplete="off" onChange={(event) => setText(event.target.value)}
          placeholder={`Message ${where} as ${person.real_name}, or type ${commands[0]?.command ?? "/"}`}
        />
        <button type="submit" disabled={!text.trim() || busy}>{busy ? "Sending…" : "Send"}</button>
      </div>
    </form>
  );
}
