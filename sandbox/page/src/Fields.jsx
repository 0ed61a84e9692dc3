import { useEffect, useId, useRef, useState } from "react";
import { act } from "./api.js";
import { plain, reveal } from "./exact.js";

const words = (text) => (text ? reveal(plain(text.text, false)) : "");
const offered = (element) => [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((one) => one.options)];

function TypeAhead({ element, me, state, id, value, onValue, describedBy, invalid }) {
  const chosen = value === undefined ? element.initial_option : value;
  // Null until something is typed: so long the field shows what is chosen.
  const [typed, setTyped] = useState(null);
  const query = typed ?? "";
  const [open, setOpen] = useState(false);
  const [found, setFound] = useState([]);
  const [note, setNote] = useState("");
  const [at, setAt] = useState(0);
  const list = useId();
  const input = useRef(null);
  const least = element.min_query_length ?? 3;
  useEffect(() => {
    if (!open) return undefined;
    if (query.length < least) {
      setNote(`Type ${least} characters or more`);
      setFound([]);
      return undefined;
    }
    setNote("Searching…");
    let here = true;
    const timer = setTimeout(async () => {
      const outcome = await act(me, "suggest", { action_id: element.action_id, query });
      if (!here) return;
      setFound(outcome.options ?? []);
      setAt(0);
      const none = outcome.ok ? "No results" : `${state.bot.real_name} did not answer (${outcome.error})`;
      setNote(outcome.options?.length ? "" : none);
    }, 150);
    return () => { here = false; clearTimeout(timer); };
  }, [query, open]);
  const close = () => { setTyped(null); setOpen(false); };
  const pick = (option) => { onValue(option); close(); };
  const move = (to) => {
    setAt(to);
    document.getElementById(`${list}-${to}`)?.scrollIntoView({ block: "nearest" });
  };
  const keys = (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); if (open) move(Math.max(0, Math.min(at + 1, found.length - 1))); else setOpen(true); }
    if (event.key === "ArrowUp") { event.preventDefault(); move(Math.max(at - 1, 0)); }
    if (event.key === "Enter") { event.preventDefault(); if (open && found[at]) pick(found[at]); else setOpen(true); }
    if (event.key === "Escape" && open) { event.stopPropagation(); close(); }
  };
  const clear = () => { onValue(null); input.current.focus(); };
  return (
    <div className="combo">
      <input
        id={id} ref={input} role="combobox" aria-expanded={open} aria-controls={list} aria-autocomplete="list" autoComplete="off"
        aria-describedby={describedBy} aria-invalid={invalid} aria-activedescendant={open && found[at] ? `${list}-${at}` : undefined}
        placeholder={words(element.placeholder) || "Choose an option"}
        value={typed ?? words(chosen?.text)} onFocus={(event) => event.target.select()}
        onClick={(event) => { if (!open) event.target.select(); setOpen(true); }} onBlur={close}
        onChange={(event) => { setTyped(event.target.value); setOpen(true); }} onKeyDown={keys}
      />
      {chosen && !open && <button type="button" className="clear" aria-label="Clear" onClick={clear}>×</button>}
      {open && (
        <ul id={list} role="listbox" className="options">
          {note && <li className="note">{note}</li>}
          {found.map((option, index) => (
            <li
              key={option.value} id={`${list}-${index}`} role="option" aria-selected={index === at}
              onMouseDown={(event) => { event.preventDefault(); pick(option); }} onMouseEnter={() => setAt(index)}
            >
              {words(option.text)}
              {option.description && <small>{words(option.description)}</small>}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Choice({ element, many, id, value, onValue }) {
  const start = many ? (element.initial_options ?? []).map((one) => one.value) : element.initial_option?.value;
  const held = value === undefined ? start : value;
  const change = (option, on) => {
    if (!many) onValue(option.value);
    else onValue(on ? [...held, option.value] : held.filter((one) => one !== option.value));
  };
  return offered(element).map((option) => (
    <label className="choice" key={option.value}>
      <input
        type={many ? "checkbox" : "radio"} name={id}
        checked={many ? held.includes(option.value) : held === option.value}
        onChange={(event) => change(option, event.target.checked)}
      />
      <span>{words(option.text)}{option.description && <small>{words(option.description)}</small>}</span>
    </label>
  ));
}

const HTML_TYPES = { email_text_input: "email", url_text_input: "url", number_input: "number", datepicker: "date", timepicker: "time" };

export function Field({ block, me, state, value, onValue, onTouch, error, first }) {
  const { element } = block;
  const id = useId();
  const field = useRef(null);
  useEffect(() => { if (first) field.current?.querySelector("input,textarea,select")?.focus(); }, []);
  const describedBy = `${id}-note`;
  const shared = { id, "aria-describedby": describedBy, "aria-invalid": Boolean(error) };
  const group = ["radio_buttons", "checkboxes", "multi_static_select"].includes(element.type);
  const label = (
    <>{words(block.label)}{block.optional && <span className="optional"> (optional)</span>}</>
  );
  return (
    <div className={error ? "field wrong" : "field"} ref={field} data-block={block.block_id} onChange={onTouch}>
      {group ? <span className="label" id={`${id}-label`}>{label}</span> : <label className="label" htmlFor={id}>{label}</label>}
      {group ? (
        <div role="group" aria-labelledby={`${id}-label`}>
          <Choice element={element} many={element.type !== "radio_buttons"} id={id} value={value} onValue={onValue} />
        </div>
      ) : control({ element, me, state, shared, value, onValue, describedBy, error })}
      <div id={describedBy}>
        {error && <p className="error" role="alert">{error}</p>}
        {block.hint && <p className="note">{words(block.hint)}</p>}
      </div>
    </div>
  );
}

function control({ element, me, state, shared, value, onValue, describedBy, error }) {
  if (element.type === "external_select") {
    const told = { element, me, state, id: shared.id, value, onValue, describedBy, invalid: Boolean(error) };
    return <TypeAhead {...told} />;
  }
  if (element.type === "static_select" || element.type === "users_select") {
    const people = state.people.map((one) => ({ value: one.id, text: { text: one.real_name } }));
    const options = element.type === "users_select" ? people : offered(element);
    const start = element.initial_option?.value ?? element.initial_user ?? "";
    return (
      <select {...shared} value={value ?? start} onChange={(event) => onValue(event.target.value || null)}>
        <option value="">{words(element.placeholder) || "Choose an option"}</option>
        {options.map((one) => <option key={one.value} value={one.value}>{words(one.text)}</option>)}
      </select>
    );
  }
  const start = element.initial_value ?? element.initial_date ?? element.initial_time ?? "";
  const text = {
    ...shared, value: value ?? start, placeholder: words(element.placeholder),
    onChange: (event) => onValue(event.target.value),
  };
  if (element.multiline) return <textarea rows={4} {...text} />;
  return <input type={HTML_TYPES[element.type] ?? "text"} {...text} />;
}
