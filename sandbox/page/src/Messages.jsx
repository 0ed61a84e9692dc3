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
  const drawn = [message.blocks ?? (message.text ? section(message.text) : [])];
  return (
    <li className={message.is_ephemeral ? "message ephemeral" : "message"} data-ts={message.ts} ref={item} tabIndex={-1}>
      <Avatar person={person} />
      <div className="body">
        {message.is_ephemeral && <p className="only"><Eye /> Only visible to you</p>}
        <p className="by">
          <b>{person.real_name}</b>
          {message.app_id && <span className="app">APP</span>}
          <time>{clock(message.ts)}</time>
          {message.edited && <span className="edited">updated {clock(message.edited.ts)}</span>}
        </p>
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

/** Holds a pane at its bottom while what is in it grows, as long as the person is there. */
function usePinned(pane, content, renewed) {
  const pinned = useRef(true);
  const toEnd = () => { pane.current.scrollTop = pane.current.scrollHeight; };
  useLayoutEffect(() => { pinned.current = true; toEnd(); }, renewed);
  useEffect(() => {
    const watch = new ResizeObserver(() => { if (pinned.current) toEnd(); });
    watch.observe(pane.current);
    watch.observe(content.current);
    return () => watch.disconnect();
  }, []);
  return () => {
    const { scrollHeight, scrollTop, clientHeight } = pane.current;
    pinned.current = scrollHeight - scrollTop - clientHeight < NEAR;
  };
}

export function Messages({ channel, state, me, names }) {
  const pane = useRef(null);
  const log = useRef(null);
  const count = channel.messages.length;
  const scrolled = usePinned(pane, log, [channel.id, count, me]);
  return (
    <div className="scroll" ref={pane} onScroll={scrolled}>
      {/* The role stands around the list: on it, its items would be items of no list. */}
      <div className="messages" role="log" ref={log} aria-label={`Messages in ${channel.name || state.bot.real_name}`}>
        <ol>
          {channel.messages.map((one) => <Bubble key={`${me}${one.ts}`} message={one} state={state} me={me} names={names} />)}
        </ol>
      </div>
      {count === 0 && <p className="empty">Nothing here yet.</p>}
    </div>
  );
}
