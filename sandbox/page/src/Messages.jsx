import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { act } from "./api.js";
import { Blocks } from "./Blocks.jsx";
import { Eye } from "./Icons.jsx";
import { Avatar } from "./Side.jsx";
import { useTrouble } from "./trouble.js";

const NEAR = 24;
const clock = (ts) => new Date(Number(ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const section = (text) => [{ type: "section", block_id: "text", text: { type: "mrkdwn", text } }];

function Bubble({ message, state, me, names }) {
  const [busy, setBusy] = useState(false);
  const [said, tell, calm] = useTrouble(state.bot.real_name);
  const person = state.people.find((one) => one.id === message.user);
  useEffect(calm, [message.edited?.ts]);
  const item = useRef(null);
  const press = async (block, element) => {
    // The button is about to be disabled, and the update that it brings may take it away.
    item.current.focus({ preventScroll: true });
    if (element.url) window.open(element.url, "_blank", "noreferrer");
    setBusy(true);
    calm();
    const told = { message: message.ts, action_id: element.action_id, block_id: block.block_id };
    const outcome = await act(me, "press", told);
    setBusy(false);
    tell(outcome);
  };
  const choose = async (event, shortcut) => {
    event.target.closest("details").open = false;
    calm();
    tell(await act(me, "shortcut", { callback_id: shortcut.callback_id, message: message.ts }));
  };
  const shortcuts = message.is_ephemeral ? [] : state.bot.shortcuts.filter((one) => one.type === "message");
  const drawn = [message.blocks ?? (message.text ? section(message.text) : [])];
  return (
    <li className={message.is_ephemeral ? "message ephemeral" : "message"} data-ts={message.ts} ref={item} tabIndex={-1}>
      <Avatar person={person} />
      <div className="body">
        {message.thread_ts && message.thread_ts !== message.ts && <p className="only">↳ In the thread of an earlier message</p>}
        {message.is_ephemeral && <p className="only"><Eye /> Only visible to you</p>}
        <p className="by">
          <b>{person.real_name}</b>
          {message.app_id && <span className="app">APP</span>}
          <time>{clock(message.ts)}</time>
          {message.edited && <span className="edited">updated {clock(message.edited.ts)}</span>}
        </p>
        {shortcuts.length > 0 && (
          <details className="more">
            <summary aria-label="More actions">⋮</summary>
            {shortcuts.map((one) => (
              <button type="button" key={one.callback_id} onClick={(event) => choose(event, one)}>{one.name}<small>{one.description}</small></button>
            ))}
          </details>
        )}
        {drawn.map((blocks, index) => <Blocks key={index} blocks={blocks} names={names} onPress={press} busy={busy} />)}
        {(message.attachments ?? []).map((one, index) => (
          <div className="attachment" key={index} style={{ borderColor: one.color ?? "#ddd" }}>
            <Blocks blocks={one.blocks ?? section(one.text ?? one.fallback ?? "")} names={names} onPress={press} busy={busy} />
          </div>
        ))}
        {said && <p className="trouble" role="alert">⚠ {said}</p>}
      </div>
    </li>
  );
}

/**
 * Holds a pane at its bottom while what is in it grows, as long as the person is there. A last message that is taller
 * than the pane shows from its top when it comes and when it changes.
 */
function usePinned(pane, content, renewed, changed) {
  const hold = useRef(null);
  const toEnd = () => { pane.current.scrollTop = pane.current.scrollHeight; };
  const above = () => {
    const last = content.current.querySelector("ol > .message:last-child");
    return last ? pane.current.getBoundingClientRect().top - last.getBoundingClientRect().top : 0;
  };
  const toLast = () => {
    toEnd();
    pane.current.scrollTop -= Math.max(0, above());
    scrolled();
  };
  const scrolled = () => {
    const { scrollHeight, scrollTop, clientHeight } = pane.current;
    const end = scrollHeight - scrollTop - clientHeight < NEAR ? toEnd : null;
    hold.current = end ?? (Math.abs(above()) < NEAR ? toLast : null);
  };
  useLayoutEffect(toLast, renewed);
  useLayoutEffect(() => { if (hold.current || above() > 0) toLast(); }, [changed]);
  useEffect(() => {
    const watch = new ResizeObserver(() => hold.current?.());
    watch.observe(pane.current);
    watch.observe(content.current);
    return () => watch.disconnect();
  }, []);
  return scrolled;
}

/** What `me` sees. When they are `leaving` for another person, nothing is pressed in their name any more. */
export function Messages({ channel, state, me, names, leaving }) {
  const pane = useRef(null);
  const log = useRef(null);
  const count = channel.messages.length;
  const scrolled = usePinned(pane, log, [channel.id, count, me], channel.messages.at(-1)?.edited?.ts);
  return (
    <div className="scroll" ref={pane} onScroll={scrolled} inert={leaving}>
      {/* The role stands around the list: on it, its items would be items of no list. */}
      <div className="messages" role="log" ref={log} aria-busy={leaving} aria-label={`Messages in ${channel.name || state.bot.real_name}`}>
        <h2 className="hidden">Messages</h2>
        <ol>
          {channel.messages.map((one) => <Bubble key={`${me}${one.ts}`} message={one} state={state} me={me} names={names} />)}
        </ol>
      </div>
      {count === 0 && <p className="empty">Nothing here yet.</p>}
    </div>
  );
}
