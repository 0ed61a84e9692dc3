import { Fragment, useState } from "react";
import { order } from "./api.js";

const LINK = /(https?:\/\/[^\s<>"')\]]+)/;
const NAMES = { html: "As a page", text: "As text", headers: "Headers" };

/** A link leads through the proxy as the person who reads, where it leads to the pages. */
function Linked({ text, opens }) {
  return text.split(LINK).map((part, index) => {
    if (index % 2 === 0) return <Fragment key={index}>{part}</Fragment>;
    const link = part.replace(/[.,;:]+$/, "");
    return (
      <Fragment key={index}>
        <a href={opens[link] ?? link} target="_blank" rel="noreferrer noopener">{link}</a>{part.slice(link.length)}
      </Fragment>
    );
  });
}

function Part({ mail, part, reader }) {
  if (part === "html") {
    const address = `/sandbox/mail/${mail.number}?as=${encodeURIComponent(reader.email)}`;
    return <iframe title={`The mail ${mail.subject}`} src={address} sandbox="allow-popups allow-popups-to-escape-sandbox" />;
  }
  const headers = Object.entries(mail.headers).map(([name, value]) => `${name}: ${value}`).join("\n");
  return <pre tabIndex={0}><Linked text={part === "text" ? mail.text : headers} opens={mail.opens} /></pre>;
}

/** One mail, opened: its parts, and as whom its links open. */
function Opened({ mail, reader, people, onMe }) {
  const parts = ["html", "text", "headers"].filter((one) => one === "headers" || mail[one]);
  const [chosen, setChosen] = useState(parts[0]);
  const other = people.find((one) => mail.to.includes(one.email));
  return (
    <div className="mail">
      <p className="parts">
        {parts.map((one) => (
          <button key={one} type="button" aria-pressed={chosen === one} onClick={() => setChosen(one)}>{NAMES[one]}</button>
        ))}
      </p>
      <p className="reader">
        Links open as {reader.real_name}.
        {other && other.id !== reader.id && <button type="button" onClick={() => onMe(other.id)}>Act as {other.real_name}</button>}
      </p>
      <Part mail={mail} part={chosen} reader={reader} />
    </div>
  );
}

function Scanner({ scanner }) {
  const opened = scanner.visits.filter((one) => one.method === "GET").length;
  const sent = scanner.visits.length - opened;
  const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;
  return (
    <div className="scanner">
      <label>
        <input type="checkbox" checked={scanner.on} onChange={(event) => order("scanner", { on: event.target.checked })} />
        <span>A mail filter opens every link and sends every form of new mail, signed in as nobody</span>
      </label>
      {(scanner.on || opened > 0) && <p role="status">It has opened {count(opened, "link")} and sent {count(sent, "form")}.</p>}
    </div>
  );
}

export function Mail({ mails, scanner, reader, people, onMe }) {
  const [open, setOpen] = useState(null);
  return (
    <>
      {mails.length === 0 && <p className="empty">No mail yet. What is sent to the sandbox by SMTP lands here.</p>}
      <ul className="mails">
        {mails.map((mail) => (
          <li key={mail.number}>
            <button aria-expanded={open === mail.number} onClick={() => setOpen(open === mail.number ? null : mail.number)}>
              <b>{mail.subject || "(no subject)"}</b>
              <small>to {mail.to.join(", ")} at {new Date(mail.at).toLocaleTimeString()}</small>
            </button>
            {open === mail.number && <Opened mail={mail} reader={reader} people={people} onMe={onMe} />}
          </li>
        )).reverse()}
      </ul>
      <Scanner scanner={scanner} />
    </>
  );
}
