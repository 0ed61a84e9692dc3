import { useState } from "react";

const LINK = /(https?:\/\/[^\s<>"]+)/;

function Linked({ text }) {
  return text.split(LINK).map((part, index) =>
    index % 2 ? <a key={index} href={part} target="_blank" rel="noreferrer noopener">{part}</a> : part,
  );
}

export function Mail({ mails }) {
  const [open, setOpen] = useState(null);
  if (mails.length === 0) return <p className="empty">No mail yet. What is sent to the sandbox by SMTP lands here.</p>;
  return (
    <ul className="mails">
      {mails.map((mail, index) => (
        <li key={index}>
          <button aria-expanded={open === index} onClick={() => setOpen(open === index ? null : index)}>
            <b>{mail.subject || "(no subject)"}</b>
            <small>from {mail.from} to {mail.to.join(", ")}</small>
          </button>
          {open === index && <pre><Linked text={mail.text || mail.html} /></pre>}
        </li>
      )).reverse()}
    </ul>
  );
}
