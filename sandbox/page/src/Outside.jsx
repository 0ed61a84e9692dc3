import { useEffect, useRef, useState } from "react";
import { Cloud } from "./Cloud.jsx";
import { Mail } from "./Mail.jsx";

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/** How many mails came since the mailbox was last open; those of the first look are as old as the page. */
function useNew(count, open) {
  const [seen, setSeen] = useState(count);
  useEffect(() => { if (open) setSeen(count); }, [count, open]);
  return open ? 0 : Math.max(0, count - seen);
}

function mailbox(count, fresh) {
  const names = [`Mailbox, ${count} ${count === 1 ? "mail" : "mails"}`, ...(fresh ? [`${fresh} new`] : [])];
  return count ? { title: `Mailbox (${count})`, label: names.join(", "), fresh } : { title: "Mailbox" };
}

/** For those who listen, and for those who look elsewhere on the page. */
function Came({ mails, fresh }) {
  return (
    <div className="hidden" aria-live="polite">
      {mails.slice(mails.length - fresh).map((mail, index) => (
        <p key={mails.length - fresh + index}>New mail for {mail.to.join(", ")}: {mail.subject || "(no subject)"}</p>
      ))}
    </div>
  );
}

/** What lies outside the workspace, in tabs. */
export function Outside({ policies, mails, scanner, reader, people, onMe }) {
  const [chosen, setChosen] = useState("cloud");
  const row = useRef(null);
  const fresh = useNew(mails.length, chosen === "mail");
  const tabs = [{ id: "cloud", title: "IAM policies" }, { id: "mail", ...mailbox(mails.length, fresh) }];
  const at = Math.max(0, tabs.findIndex((one) => one.id === chosen));
  const { id } = tabs[at];
  const keys = (event) => {
    const ends = { Home: 0, End: tabs.length - 1 };
    const to = ends[event.key] ?? (at + (STEPS[event.key] ?? 0) + tabs.length) % tabs.length;
    if (to === at) return;
    event.preventDefault();
    setChosen(tabs[to].id);
    row.current.children[to].focus();
  };
  return (
    <aside>
      <div className="tabs" role="tablist" aria-label="Outside the workspace" ref={row} onKeyDown={keys}>
        {tabs.map((one) => (
          <button
            key={one.id} role="tab" id={`tab-${one.id}`} aria-controls="panel" aria-selected={one.id === id}
            aria-label={one.label} tabIndex={one.id === id ? 0 : -1} onClick={() => setChosen(one.id)}
          >
            {one.title}{one.fresh > 0 && <span className="fresh" aria-hidden="true">{one.fresh} new</span>}
          </button>
        ))}
      </div>
      <Came mails={mails} fresh={fresh} />
      <div className="panel" id="panel" role="tabpanel" aria-labelledby={`tab-${id}`} tabIndex={0}>
        <div hidden={id !== "cloud"}><Cloud policies={policies} /></div>
        {id === "mail" && <Mail mails={mails} scanner={scanner} reader={reader} people={people} onMe={onMe} />}
      </div>
    </aside>
  );
}
