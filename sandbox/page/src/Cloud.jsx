import { useEffect, useRef, useState } from "react";

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
          <pre>{one.condition.expression.replaceAll(" && ", " &&\n")}</pre>
        </>
      )}
      {left && state !== "removed" && <p className="left">{left}</p>}
    </li>
  );
}

export function Cloud({ policies }) {
  const [now, setNow] = useState(() => new Date());
  const seen = useRef(null);
  const gone = useRef(new Map());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 1000);
    return () => clearInterval(timer);
  }, []);
  const held = bindings(policies);
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
  const recent = (at) => Date.now() - at < FRESH;
  const lost = [...gone.current.values()].filter(({ at }) => recent(at)).map(({ one }) => one);
  return (
    <section className="cloud" aria-label="IAM policies" aria-live="polite">
      {Object.keys(policies).map((resource) => {
        const mine = held.filter((one) => one.resource === resource);
        const removed = lost.filter((one) => one.resource === resource);
        return (
          <article key={resource}>
            <h3>{resource}</h3>
            {mine.length + removed.length === 0 && <p className="empty">No bindings</p>}
            <ul>
              {mine.map((one) => <Binding key={one.id} one={one} now={now} state={recent(seen.current.get(one.id).at) ? "new" : ""} />)}
              {removed.map((one) => <Binding key={one.id} one={one} now={now} state="removed" />)}
            </ul>
          </article>
        );
      })}
    </section>
  );
}
