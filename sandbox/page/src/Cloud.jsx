import { Fragment, useEffect, useRef, useState } from "react";

const FRESH = 12_000;
const key = (resource, one, member) => JSON.stringify([resource, one.role, member, one.condition?.expression ?? ""]);

function bindings(policies) {
  return Object.entries(policies).flatMap(([resource, policy]) =>
    (policy.bindings ?? []).flatMap((one) =>
      one.members.map((member) => ({ id: key(resource, one, member), resource, member, role: one.role, condition: one.condition })),
    ),
  );
}

function since(expression, now) {
  const end = expression?.match(/request\.time\s*<\s*timestamp\("([^"]+)"\)/)?.[1];
  const start = expression?.match(/request\.time\s*>=\s*timestamp\("([^"]+)"\)/)?.[1];
  if (start && new Date(start) > now) return `starts ${new Date(start).toLocaleTimeString()}`;
  if (!end) return "";
  const left = Math.round((new Date(end) - now) / 1000);
  if (left <= 0) return "time is over: no access, whatever the binding says";
  const words = left >= 120 ? `${Math.round(left / 60)} min` : `${left} s`;
  return `in force for another ${words}, until ${new Date(end).toLocaleTimeString()}`;
}

/** A clause a line, wrapped at its spaces; a time stays whole even where a word has no room. */
function Expression({ text }) {
  const word = (one, index) => (
    <span key={index}>
      {one.split(/("\d{4}-[^"]*")/).map((part, at) => (at % 2 ? <Fragment key={at}><wbr /><span className="time">{part}</span></Fragment> : part))}
    </span>
  );
  return (
    <pre>
      {text.split(/(?<=&& )/).map((clause, index) => (
        <span className="clause" key={index}>{clause.split(/( )/).map((one, at) => (at % 2 ? one : word(one, at)))}</span>
      ))}
    </pre>
  );
}

function Binding({ one, state, now }) {
  const left = since(one.condition?.expression, now);
  return (
    <li className={`binding ${state}`}>
      <p className="role">
        <code>{one.role}</code>
        {state && <span className="state">{state}</span>}
      </p>
      <p className="member">{one.member}</p>
      {one.condition && (
        <>
          <p className="title"><b>{one.condition.title}</b>{one.condition.description && <span> · {one.condition.description}</span>}</p>
          <Expression text={one.condition.expression} />
        </>
      )}
      {left && state !== "removed" && <p className="left">{left.split(/(until .*)/).map((part, at) => (at % 2 ? <span key={at}>{part}</span> : part))}</p>}
    </li>
  );
}

/** Every binding that is there or went a moment ago, the newest first; those of the first look are as old as the page. */
function useBindings(policies) {
  const seen = useRef(null);
  const gone = useRef(new Map());
  const held = bindings(policies).reverse();
  const first = seen.current === null;
  seen.current ??= new Map();
  for (const one of held) {
    if (!seen.current.has(one.id)) seen.current.set(one.id, { one, at: first ? 0 : Date.now() });
    gone.current.delete(one.id);
  }
  for (const [id, { one }] of seen.current) {
    if (held.some((other) => other.id === id)) continue;
    gone.current.set(id, { one, at: Date.now() });
    seen.current.delete(id);
  }
  const recent = ({ at }) => Date.now() - at < FRESH;
  const there = held.map(({ id }) => seen.current.get(id)).map((kept) => ({ ...kept, state: recent(kept) ? "new" : "" }));
  const removed = [...gone.current.values()].filter(recent).map((kept) => ({ ...kept, state: "removed" }));
  return [...there, ...removed].sort((a, b) => b.at - a.at);
}

/** For those who listen: that a binding came or went, and not each second how long it has left. */
function Said({ shown }) {
  return (
    <div className="hidden" aria-live="polite">
      {shown.filter(({ state }) => state).map(({ one, state }) => (
        <p key={`${state} ${one.id}`}>{state === "new" ? "New" : "Removed"} binding on {one.resource}: {one.role} for {one.member}</p>
      ))}
    </div>
  );
}

export function Cloud({ policies }) {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, []);
  const shown = useBindings(policies);
  const busy = [...new Set(shown.map(({ one }) => one.resource))];
  const resources = [...new Set([...busy, ...Object.keys(policies)])];
  return (
    <>
      <Said shown={shown} />
      <section className="cloud" aria-label="IAM policies">
        {resources.map((resource) => {
          const mine = shown.filter(({ one }) => one.resource === resource);
          return (
            <article key={resource}>
              <h3>{resource}</h3>
              {mine.length === 0 && <p className="empty">No bindings</p>}
              <ul>
                {mine.map(({ one, state }) => <Binding key={one.id} one={one} now={now} state={state} />)}
              </ul>
            </article>
          );
        })}
      </section>
    </>
  );
}
