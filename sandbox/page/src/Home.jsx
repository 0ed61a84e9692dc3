import { useEffect, useState } from "react";
import { act } from "./api.js";
import { Blocks } from "./Blocks.jsx";
import { useTrouble } from "./trouble.js";

/** The app's Home tab as it was published to this person; the app hears that they came. */
export function Home({ home, state, me, names, leaving }) {
  const [busy, setBusy] = useState(false);
  const [said, tell, calm] = useTrouble(state.bot.real_name);
  useEffect(() => { act(me, "open_home", { tab: "home" }).then(tell); }, [me]);
  const press = async (block, element) => {
    if (element.url) window.open(element.url, "_blank", "noreferrer");
    setBusy(true);
    calm();
    tell(await act(me, "press_at_home", { action_id: element.action_id, block_id: block.block_id }));
    setBusy(false);
  };
  return (
    <div className="scroll home" inert={leaving}>
      <section aria-label={`Home of ${state.bot.real_name}`} aria-busy={busy}>
        <h2 className="hidden">Home</h2>
        {said && <p className="trouble" role="alert">⚠ {said}</p>}
        {home ? <Blocks blocks={home.blocks} names={names} onPress={press} busy={busy} /> : <p className="empty">Nothing here yet.</p>}
      </section>
    </div>
  );
}

/** The tabs of the app's own place. */
export function Tabs({ at, onAt }) {
  const tab = (name, label) => (
    <button type="button" aria-current={at === name ? "true" : undefined} onClick={() => onAt(name)}>{label}</button>
  );
  return <nav className="places" aria-label="App">{tab("messages", "Messages")}{tab("home", "Home")}</nav>;
}
