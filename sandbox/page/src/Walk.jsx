import { act } from "./api.js";

/** The next thing to try. It stays, whoever acts and wherever, until it was done. */
export function Walk({ walk, state, me, onMe, onTry }) {
  const person = state.people.find((one) => one.id === walk.who);
  const mine = me === walk.who;
  return (
    <section className="hint walk" aria-label="Guided walk">
      <p>
        <b>Step {walk.number} of {walk.of}</b> {walk.say}
        {!mine && !walk.last && <button type="button" onClick={() => onMe(walk.who)}>Act as {person.real_name}</button>}
        {mine && walk.line && <button type="button" onClick={() => onTry(walk.line)}>Send it for me</button>}
        {walk.last && <button type="button" onClick={() => act(me, "walked", {})}>I have seen it</button>}
      </p>
      {(walk.line || walk.code) && <pre tabIndex={0}><code>{walk.line || walk.code}</code></pre>}
    </section>
  );
}
