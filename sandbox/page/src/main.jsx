import "slack-blocks-to-jsx/dist/style.css";
import "./page.css";
import { useEffect, useMemo, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { look } from "./api.js";
import { Composer } from "./Composer.jsx";
import { Home, Tabs } from "./Home.jsx";
import { Lock } from "./Icons.jsx";
import { Messages } from "./Messages.jsx";
import { Modal } from "./Modal.jsx";
import { Outside } from "./Outside.jsx";
import { released } from "./pointer.js";
import { Side } from "./Side.jsx";

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** The workspace before one person's eyes, the policies and the mail, kept fresh by a long poll. */
function useWorld(me, address) {
  const [world, setWorld] = useState(null);
  const [lost, setLost] = useState(false);
  useEffect(() => {
    let here = true;
    const watch = async () => {
      let version = "";
      while (here) {
        try {
          const [state, policies, mail] = await Promise.all([look(`state?as=${me}`), look("google"), look(`mail?as=${address}`)]);
          await released();
          if (!here) return;
          setWorld({ state, policies, mails: mail.messages, scanner: mail.scanner, me });
          setLost(false);
          version = state.version;
          version = (await look(`events?since=${encodeURIComponent(version)}`)).version;
        } catch {
          setLost(true);
          await pause(1000);
        }
      }
    };
    watch();
    return () => { here = false; };
  }, [me]);
  return [world, lost];
}

/** Counts what came into a conversation since this person last had it open. */
function useUnread(world, where) {
  const read = useRef({});
  const of = (channel) => {
    const mark = `${world.me} ${channel.id}`;
    const last = channel.messages.at(-1)?.ts ?? "0";
    if (channel.id === where) read.current[mark] = last;
    return channel.messages.filter((one) => one.ts > (read.current[mark] ?? "0")).length;
  };
  return of;
}

function Page({ first }) {
  const [me, setMe] = useState(first.people[0].id);
  const [chosen, setChosen] = useState("");
  // What was typed into a form below another one is there again when that is closed.
  const typed = useRef({});
  const [tab, setTab] = useState("messages");
  const myself = first.people.find((one) => one.id === me);
  const [world, lost] = useWorld(me, encodeURIComponent(myself.email));
  const channels = world?.state.channels ?? [];
  const channel = channels.find((one) => one.id === chosen) ?? channels[0];
  const unread = useUnread(world, channel?.id);
  const names = useMemo(() => ({
    users: first.people.map((one) => ({ id: one.id, name: one.real_name })),
    channels: channels.map((one) => ({ id: one.id, name: one.name })),
    user_groups: [],
  }), [first, channels.length]);
  if (!world || !channel) return <p className="empty">Loading…</p>;
  const { state, policies, mails, scanner } = world;
  const seen = world.me === me;
  const atHome = state.bot.home_tab && !channel.name && tab === "home";
  const started = channels.some((one) => one.messages.some((message) => message.app_id));
  return (
    <div className="page">
      <Side state={state} me={me} onMe={setMe} where={channel.id} onWhere={setChosen} unread={unread} />
      <main>
        <header>
          <h1>{channel.name ? <>{channel.is_private ? <Lock /> : "#"} {channel.name}</> : state.bot.real_name}</h1>
          <p>{channel.name ? channel.topic : "Direct messages with the app"}</p>
          {state.bot.home_tab && !channel.name && <Tabs at={tab} onAt={setTab} />}
          {lost && <p className="trouble" role="alert">⚠ The sandbox has stopped.</p>}
        </header>
        {atHome
          ? <Home key={world.me} home={state.home} state={state} me={world.me} names={names} leaving={!seen} />
          : <Messages channel={channel} state={state} me={world.me} names={names} leaving={!seen} />}
        <Composer channel={channel} state={state} me={me} onMe={setMe} first={!started && Boolean(channel.name)} />
      </main>
      <Outside policies={policies} mails={mails} scanner={scanner} reader={myself} people={state.people} onMe={setMe} />
      {seen && state.view && <Modal key={state.view.id} view={state.view} state={state} me={me} names={names} typed={typed.current} />}
    </div>
  );
}

look("state").then((first) => createRoot(document.getElementById("root")).render(<Page first={first} />));
