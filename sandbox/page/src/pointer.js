// A text is selected with the button down for as long as it takes.
const LONGEST = 10_000;

let pressed = null;

function over() {
  // The click is handed out right after the release, and is to be heard first.
  if (pressed) setTimeout(pressed.free);
  pressed = null;
}

function begun(event) {
  over();
  // The browser's own list of options keeps the release to itself.
  if (event.target.closest?.("select")) return;
  let free;
  const freed = new Promise((done) => { free = done; });
  pressed = { free, freed };
  setTimeout(free, LONGEST);
}

window.addEventListener("pointerdown", begun, true);
for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, over, true);
// What stands in the page loses the focus at every press; this is the window's own loss of it.
window.addEventListener("blur", over);

/** Done when no button of a mouse is down. What moves away or is drawn anew under a press never hears of the click. */
export const released = () => pressed?.freed;
