import { useEffect, useRef } from "react";

/** What an app asks before a press is sent, in its own words. The dialog stays above everything, and holds the focus. */
export function Confirm({ asks, onAnswer }) {
  const dialog = useRef(null);
  useEffect(() => { dialog.current.showModal(); }, []);
  const answer = (sure) => {
    // Closed first, so that the browser gives the focus back to the button that was pressed.
    dialog.current.close();
    onAnswer(sure);
  };
  const refused = (event) => { event.preventDefault(); event.stopPropagation(); answer(false); };
  const keys = (event) => {
    // A form below would lead the focus back into itself.
    event.stopPropagation();
    if (event.key === "Escape") refused(event);
  };
  return (
    <dialog
      className="confirm" role="alertdialog" aria-labelledby="confirm-title" aria-describedby="confirm-text"
      ref={dialog} onCancel={refused} onKeyDown={keys}
    >
      <h2 id="confirm-title">{asks.title.text}</h2>
      <p id="confirm-text">{asks.text.text}</p>
      <footer>
        <button type="button" onClick={() => answer(false)}>{asks.deny.text}</button>
        <button type="button" className={asks.style === "danger" ? "danger" : "primary"} onClick={() => answer(true)}>
          {asks.confirm.text}
        </button>
      </footer>
    </dialog>
  );
}
