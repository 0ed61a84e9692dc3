import { Lock, Tick } from "./Icons.jsx";

export const initials = (name) => name.split(" ").map((part) => part[0]).slice(0, 2).join("");
const COLOURS = ["#2b6cb0", "#276749", "#8a5a12", "#97266d", "#9c4221", "#285e61"];
const colour = (id) => COLOURS[[...id].reduce((sum, one) => sum + one.charCodeAt(0), 0) % COLOURS.length];

export function Avatar({ person, size = 36 }) {
  const mark = person.is_bot ? <Tick size={size * 0.55} /> : initials(person.real_name);
  const look = { width: size, height: size, fontSize: size * 0.4, background: person.is_bot ? "#1a202c" : colour(person.id) };
  return <span className="avatar" style={look} aria-hidden="true">{mark}</span>;
}

function kind(person) {
  if (person.deleted) return "Deactivated";
  if (person.team_id) return "Other organisation";
  return person.title || (person.is_restricted ? "Guest" : "Member");
}

export function Side({ state, me, onMe, where, onWhere, unread }) {
  const people = state.people.filter((one) => !one.is_bot && one.id !== "USLACKBOT");
  const named = (state.channels ?? []).filter((one) => one.name);
  const direct = (state.channels ?? []).filter((one) => !one.name);
  const entry = (channel, label) => (
    <li key={channel.id}>
      <button className="where" aria-current={where === channel.id ? "page" : undefined} onClick={() => onWhere(channel.id)}>
        {label}
        {unread(channel) > 0 && <span className="unread" aria-label={`${unread(channel)} new`}>{unread(channel)}</span>}
      </button>
    </li>
  );
  return (
    <nav className="side" aria-label="Workspace">
      <header>
        <strong>{state.workspace.name}</strong>
        <span className="tag">sandbox</span>
      </header>
      <h2 id="acting">Act as</h2>
      <ul aria-labelledby="acting">
        {people.map((person) => (
          <li key={person.id}>
            <button className="person" aria-pressed={me === person.id} onClick={() => onMe(person.id)}>
              <Avatar person={person} size={30} />
              <span><b>{person.real_name}</b><small>{kind(person)}</small></span>
            </button>
          </li>
        ))}
      </ul>
      <div className="group">
        <h2 id="channels">Channels</h2>
        <ul aria-labelledby="channels">
          {named.map((one) => entry(one, <><i aria-hidden="true">{one.is_private ? <Lock /> : "#"}</i><span>{one.name}</span></>))}
        </ul>
      </div>
      <div className="group">
        <h2 id="direct">Direct messages</h2>
        <ul aria-labelledby="direct">
          {direct.map((one) => entry(one, <><i aria-hidden="true"><Tick size={14} /></i><span>{state.bot.real_name}</span></>))}
        </ul>
      </div>
    </nav>
  );
}
