import { useRef, useState } from "react";
import { Cloud } from "./Cloud.jsx";
import { Mail } from "./Mail.jsx";

const STEPS = { ArrowRight: 1, ArrowLeft: -1 };

/** What lies outside the workspace, in tabs. */
export function Outside({ policies, mails }) {
  const [chosen, setChosen] = useState("cloud");
  const row = useRef(null);
  const tabs = [
    { id: "cloud", title: "IAM policies" },
    { id: "mail", title: mails.length > 0 ? `Mailbox (${mails.length})` : "Mailbox" },
  ];
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
            tabIndex={one.id === id ? 0 : -1} onClick={() => setChosen(one.id)}
          >
            {one.title}
          </button>
        ))}
      </div>
      <div className="panel" id="panel" role="tabpanel" aria-labelledby={`tab-${id}`} tabIndex={0}>
        <div hidden={id !== "cloud"}><Cloud policies={policies} /></div>
        {id === "mail" && <Mail mails={mails} />}
      </div>
    </aside>
  );
}
