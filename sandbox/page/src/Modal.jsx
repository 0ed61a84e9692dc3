import { useEffect, useRef, useState } from "react";
import { act, SILENT } from "./api.js";
import { Blocks } from "./Blocks.jsx";
import { Field } from "./Fields.jsx";
import { Tick } from "./Icons.jsx";
import { useTrouble } from "./trouble.js";

const FOCUSABLE = "button:not(:disabled),input,textarea,select,a[href]";

/** What opened the form gets the focus back; the composer does where that is gone by now. */
function giveBack(opener) {
  const there = opener?.isConnected && opener !== document.body;
  (there ? opener : document.getElementById("composer"))?.focus({ preventScroll: true });
}

export function Modal({ view, state, me, names, typed }) {
  const [values, setValues] = useState(typed[view.id] ?? {});
  useEffect(() => { typed[view.id] = values; }, [values]);
  const [errors, setErrors] = useState({});
  const [general, setGeneral] = useState("");
  const [said, tell, calm] = useTrouble(state.bot.real_name);
  const [busy, setBusy] = useState(false);
  const box = useRef(null);
  // Noted while rendering: the first field takes the focus before an effect here could look.
  const opener = useRef(document.activeElement);
  useEffect(() => {
    if (!box.current.contains(document.activeElement)) box.current.querySelector(FOCUSABLE)?.focus();
    return () => giveBack(opener.current);
  }, []);

  /** What stands in the form now: a block that an update took away takes its value along. */
  const filled = () => {
    const there = new Set(view.blocks.map((block) => block.block_id));
    return Object.fromEntries(Object.entries(values).filter(([id, one]) => one !== undefined && there.has(id)));
  };
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setErrors({});
    setGeneral("");
    calm();
    const outcome = await act(me, "submit", { values: filled() });
    setBusy(false);
    const { "": whole, ...below } = outcome.errors ?? {};
    setErrors(below);
    setGeneral(whole ?? "");
    tell(outcome);
    const wrong = Object.keys(below)[0];
    if (wrong) box.current?.querySelector(`[data-block="${CSS.escape(wrong)}"]`)?.querySelector(FOCUSABLE)?.focus();
  };
  const mend = (block) => setErrors((held) => ({ ...held, [block]: undefined }));
  const close = async () => {
    const outcome = await act(me, "close", {});
    if (outcome.error === SILENT) tell(outcome);
  };
  const press = async (block, element) => {
    tell(await act(me, "press_in_view", { action_id: element.action_id, block_id: block.block_id }));
  };
  const change = (block, value) => {
    mend(block.block_id);
    setValues((held) => ({ ...held, [block.block_id]: value }));
    if (!block.dispatch_action || !value?.value) return;
    // Not when the update comes: a refusal that was read meanwhile would go with it.
    setErrors({});
    act(me, "choose", { block_id: block.block_id, value: value.value, values: filled() }).then(tell);
  };
  const keys = (event) => {
    if (event.key === "Escape") close();
    if (event.key !== "Tab") return;
    const held = [...box.current.querySelectorAll(FOCUSABLE)];
    const [first, last] = [held[0], held.at(-1)];
    if (event.shiftKey && document.activeElement === first) { last.focus(); event.preventDefault(); }
    if (!event.shiftKey && document.activeElement === last) { first.focus(); event.preventDefault(); }
  };
  const firstInput = view.blocks.find((one) => one.type === "input")?.block_id;
  return (
    <div className="overlay" onKeyDown={keys}>
      <div className="modal" role="dialog" aria-modal="true" aria-labelledby="modal-title" ref={box}>
      <form onSubmit={submit} noValidate>
        <header>
          <span className="avatar"><Tick /></span>
          <h2 id="modal-title">{view.title.text}</h2>
          <button type="button" className="clear" aria-label="Close this form" onClick={close}>×</button>
        </header>
        <div className="content">
          {view.blocks.map((block) =>
            block.type === "input" ? (
              <Field
                key={block.block_id} block={block} me={me} state={state} error={errors[block.block_id]}
                value={values[block.block_id]} first={block.block_id === firstInput}
                onTouch={() => mend(block.block_id)}
                onValue={(value) => change(block, value)}
              />
            ) : (
              <Blocks key={block.block_id} blocks={[block]} names={names} onPress={press} />
            ),
          )}
        </div>
        <footer>
          {(general || said) && <p className="trouble" role="alert">⚠ {general} {said}</p>}
          <button type="button" onClick={close}>{view.close?.text ?? "Cancel"}</button>
          {view.submit && <button type="submit" className="primary" aria-disabled={busy}>{busy ? "Sending…" : view.submit.text}</button>}
        </footer>
      </form>
      </div>
    </div>
  );
}
